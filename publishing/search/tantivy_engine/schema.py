"""How a document lies in a tantivy index: its fields, its text analysis, and the way from and to Document."""

import json
import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from functools import lru_cache, partial
from typing import Any
from zlib import crc32

import tantivy

from publishing.search.document import PUBLIC, Document, FacetValue
from publishing.search.fields import ATTRIBUTES, FACETS, TEXT_FIELDS, Kind, of_kind
from publishing.search.query import clean

VERSION = 4  # part of an index's folder name: a change of fields or analysis makes a new index

SPELT = ("title", "description", "keywords", "terms", "authors", "channels", "context")  # whose words are proposed
TERM_FACETS = tuple(name for name in FACETS if name in of_kind(Kind.TERM))
VALUES = tuple(dict.fromkeys((*FACETS, *of_kind(Kind.VALUE, Kind.TERM))))
NUMBERS = of_kind(Kind.NUMBER, Kind.DATE)
SHARED = ("keywords", "terms", "authors", "channels", "instruments", "context", "audience")
PRESENT = (*ATTRIBUTES.items(), *((name, f"{name}_in") for name in VALUES if name not in FACETS))
MOST_SHARED = 1_000  # made lists that are kept while a study's documents come
STORED_TEXT = {"title", "description"}
STEMS, WORDS = "stems", "words"
SEPARATOR = "\t"  # between the parts of a term; none of them holds one, since it is a control character
NOT_PUBLIC = "-public"  # in the audience of what not everybody may find
LONGEST_TERM = 5_000  # characters of a part; the engine takes terms of 65,530 bytes

_PLACE_BITS, _HASH_BITS = 21, 11
_Filter, _Tokenizer = tantivy.Filter, tantivy.Tokenizer


def folding_analyser() -> tantivy.TextAnalyzer:
    """Words in lower case and without accents."""
    builder = tantivy.TextAnalyzerBuilder(_Tokenizer.simple())
    return builder.filter(_Filter.remove_long(80)).filter(_Filter.lowercase()).filter(_Filter.ascii_fold()).build()


def stemming_analyser() -> tantivy.TextAnalyzer:
    """The same, by their English stems."""
    builder = tantivy.TextAnalyzerBuilder(_Tokenizer.simple())
    builder = builder.filter(_Filter.remove_long(80)).filter(_Filter.lowercase()).filter(_Filter.ascii_fold())
    return builder.filter(_Filter.stemmer("english")).build()


def make_schema() -> tantivy.Schema:
    """Per facet `<facet>_counted` holds "value<TAB>label" to count, and `<field>_in` all that a value is found by.

    `<facet>_twice` holds, in one text, the terms that are above several of a document's terms, or are one of them and
    above another, once for each beyond the first. So the documents with a term or one below it are counted from the
    terms counted: the sum of theirs, less these. `lineages` holds "CURIE" and then "CURIE<TAB>label" of each above it.
    `pairs` are "name<TAB>value<TAB>Name<TAB>Value", first folded, then as given; `pair_names` "name<TAB>Name".
    """
    builder = tantivy.SchemaBuilder()
    for name in ("id", "study"):
        builder.add_text_field(name, stored=True, tokenizer_name="raw", index_option="basic")
    for name in ("identifiers", "audience", "present", "lineages", "pairs", "pair_names", "suggestions"):
        builder.add_text_field(name, tokenizer_name="raw", index_option="basic")
    for name in TEXT_FIELDS:
        builder.add_text_field(name, stored=name in STORED_TEXT, tokenizer_name=STEMS)
    builder.add_text_field("spelling", tokenizer_name=WORDS, index_option="basic")
    for name in FACETS:
        builder.add_text_field(f"{name}_counted", fast=True, tokenizer_name="raw", index_option="basic")
    for name in TERM_FACETS:
        builder.add_text_field(f"{name}_twice", fast=True, tokenizer_name="raw", index_option="basic")
    for name in VALUES:
        builder.add_text_field(f"{name}_in", tokenizer_name="raw", index_option="basic")
    for name in NUMBERS:
        builder.add_float_field(f"{name}_number", fast=True)
    builder.add_unsigned_field("place", fast=True)
    builder.add_bytes_field("card", stored=True)
    return builder.build()


@lru_cache(maxsize=8192)
def tidy(text: str) -> str:
    """Text as it is searched: the micro sign as the Greek letter, so that “µm” is found however it was typed."""
    return clean(text).replace("µ", "μ")


@lru_cache(maxsize=65536)
def fold(text: str) -> str:
    """A value as it is compared."""
    return clean(text).strip().casefold()[:LONGEST_TERM]


class Maker:
    """Makes what the engine is given of documents that come study by study; what those of one share is made once."""

    def __init__(self) -> None:
        self._schema = make_schema()
        self._start("")

    def _start(self, study: str) -> None:
        self._study, self._place = study, 0
        self._made: dict[tuple[str, tuple[Any, ...]], dict[str, list[str]]] = {}
        self._with_lineage: set[str] = set()

    def document(self, document: Document) -> tantivy.Document:
        return tantivy.Document.from_dict(self._fields(document), self._schema)

    def _fields(self, document: Document) -> dict[str, Any]:
        if document.study != self._study:
            self._start(document.study)
        pairs = [_pair(pair.name, pair.value) for pair in document.key_values]
        fields: dict[str, Any] = {
            "id": document.id,
            "study": document.study,
            "identifiers": list({fold(name) for name in (document.id, document.accession, *document.identifiers)}),
            "place": sort_key(document, self._next_place(document)),
            "card": _card(document),
            "title": tidy(document.title),
            "description": tidy(document.description),
            "files": [tidy(text) for text in document.files],
            "key_values": [sentence for _, _, sentence in pairs],
            "pairs": [pair for pair, _, _ in pairs],
            "pair_names": list({name for _, name, _ in pairs}),
            "lineages": self._lineages(document),
            **self._shared("", tuple(getattr(document, name) for name in SHARED), _of_texts),
            **self._shared("type", (FacetValue(document.type, document.type),), partial(_of_facet, {})),
        }
        for name, values in document.facets.items():
            fields |= self._shared(name, values, partial(_of_facet, document.ancestors))
        for name, texts in {"accession": (document.accession,), **document.values}.items():
            fields[f"{name}_in"] = list(dict.fromkeys((*fields.get(f"{name}_in", ()), *map(fold, texts))))
        for name, numbers in document.numbers.items():
            fields[f"{name}_number"] = [float(number) for number in numbers if math.isfinite(number)]
        fields["present"] = [name for name, key in PRESENT if fields.get(key)]
        if document.type != "image":  # whose words are those of studies, or names of files
            fields["spelling"] = [text for name in SPELT for text in _as_list(fields.get(name, ()))]
            fields["suggestions"] = list(_suggestions(document))
        return fields

    def _next_place(self, document: Document) -> int:
        """A study's first, then its images in the order in which they come."""
        if document.type == "study":
            return 0
        self._place += 1
        return self._place

    def _shared(
        self, name: str, values: tuple[Any, ...], make: Callable[[str, Any], dict[str, list[str]]]
    ) -> dict[str, list[str]]:
        key = (name, values)
        made = self._made.get(key)
        if made is None:
            if len(self._made) > MOST_SHARED:
                self._made.clear()
            made = self._made[key] = make(name, values)
        return made

    def _lineages(self, document: Document) -> list[str]:
        """Of the terms that no document before this one of the study has."""
        found = []
        for name in TERM_FACETS:
            for value in document.facets.get(name, ()):
                if value.value not in self._with_lineage:
                    self._with_lineage.add(value.value)
                    if above := document.ancestors.get(value.value):
                        found.append(_lineage(value, above))
        return found


def _of_texts(_: str, shared: tuple[tuple[str, ...], ...]) -> dict[str, list[str]]:
    made = dict(zip(SHARED, ([tidy(text) for text in texts] for texts in shared), strict=True))
    if PUBLIC not in made["audience"]:
        made["audience"].append(NOT_PUBLIC)
    return made


def _of_facet(
    ancestors: Mapping[str, tuple[FacetValue, ...]], name: str, values: tuple[FacetValue, ...]
) -> dict[str, list[str]]:
    found_by = [text for one in values for text in (fold(one.value), fold(one.label))]
    made = {f"{name}_counted": list(dict.fromkeys(_counted(one) for one in values))}
    if name in TERM_FACETS:
        lines = [ancestors.get(one.value, ()) for one in values]
        found_by += (fold(above.value) for line in lines for above in line)
        made[f"{name}_twice"] = _twice(values, lines)
    return {**made, f"{name}_in": list(dict.fromkeys(found_by))}


def _twice(values: Iterable[FacetValue], lines: Iterable[tuple[FacetValue, ...]]) -> list[str]:
    tally = Counter(
        curie
        for value, line in zip(values, lines, strict=True)
        for curie in {value.value, *(one.value for one in line)}
    )
    more = [_part(curie) for curie, count in sorted(tally.items()) for _ in range(1, count)]
    return [SEPARATOR.join(more)[:LONGEST_TERM]] if more else []


def _suggestions(document: Document) -> Iterator[str]:
    """Texts that may be typed, by each of their words: "kind<TAB>the rest, folded<TAB>text<TAB>value<TAB>tag"."""
    texts = [("keyword", text, "") for text in document.keywords]
    for tag, marker in document.tags:
        yield SEPARATOR.join(("marker", fold(tag), _part(marker.label), _part(marker.value), _part(tag)))
    if document.type == "study":
        texts.append(("study", document.title, document.accession))
        yield SEPARATOR.join(("study", fold(document.accession), _part(document.title), _part(document.accession), ""))
    for kind, text, value in texts:
        for rest in beginnings(text):
            yield SEPARATOR.join((kind, rest, _part(text), _part(value), ""))


def beginnings(text: str) -> Iterator[str]:
    """The text from each of its words on, folded; of long ones from the first words."""
    words = fold(text).split()[:20]
    for start in range(len(words)):
        yield " ".join(words[start:])


@lru_cache(maxsize=16384)
def _part(text: str) -> str:
    return clean(text).strip()[:LONGEST_TERM]


@lru_cache(maxsize=16384)
def _counted(value: FacetValue) -> str:
    return f"{_part(value.value)}{SEPARATOR}{_part(value.label)}"


def _lineage(value: FacetValue, above: tuple[FacetValue, ...]) -> str:
    """A term and those above it, as many as a term of the index takes."""
    line = _part(value.value)
    for one in above:
        if len(line) < 2 * LONGEST_TERM:
            line += SEPARATOR + _counted(one)
    return line


@lru_cache(maxsize=131072)
def _pair(name: str, value: str) -> tuple[str, str, str]:
    """A key-value, its name, and its words."""
    folded, shown = fold(name), _part(name)
    pair = SEPARATOR.join((folded, fold(value), shown, _part(value)))
    return pair, f"{folded}{SEPARATOR}{shown}", clean(f"{name} {value}").replace("µ", "μ")


def _as_list(texts: Any) -> Iterable[str]:
    return (texts,) if isinstance(texts, str) else texts


def sort_key(document: Document, place: int) -> int:
    """By the second of publication, then study by study, and in it by place: newest first is from high to low.

    64 bits: seconds since 1970, bits of the study's id, the place backwards.
    """
    seconds = min(max(int(document.published.timestamp()), 0), 2**32 - 1)
    study: int = crc32(document.study.encode(errors="replace")) >> (32 - _HASH_BITS)
    last = 2**_PLACE_BITS - 1
    key: int = (seconds << _HASH_BITS | study) << _PLACE_BITS | (last - min(place, last))
    return key


_encode = json.JSONEncoder(separators=(",", ":")).encode


def _card(document: Document) -> bytes:
    kept = {
        "type": document.type,
        "accession": document.accession,
        "published": document.published.astimezone(UTC).isoformat(),
        "thumbnail": document.thumbnail,
        "card": dict(document.card),
    }
    return _encode(kept).encode()


def read_card(found: tantivy.Document) -> dict[str, Any]:
    """What `_card` kept, `published` as a time."""
    card: dict[str, Any] = json.loads(bytes(found.get_first("card") or b"{}"))
    card["published"] = datetime.fromisoformat(card["published"])
    return card
