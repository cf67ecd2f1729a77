"""How a document lies in Elasticsearch: its fields, its text analysis, and the way from Document and to Hit.

Fields are grouped by what they are for: `text.*` holds words, `in.*` what a value, a term or those above it are found
by, `facet.*` what is counted ("value<TAB>label"), `twice.*` the terms that stand above several of a document's, once
for each beyond the first ("CURIE<TAB>n"), `number.*` numbers. A key-value lies as one token, "name<TAB>value<TAB>value
as written", the first two folded, in place of a nested document: a name and a value are never asked for apart, and an
image is one document of Lucene's in place of thirteen.
"""

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from publishing.search.document import Document, FacetValue
from publishing.search.fields import FACETS, FIELDS, TEXT_FIELDS, Kind, of_kind
from publishing.search.query import clean
from publishing.search.results import Hit

VERSION = 4  # part of an index's name: a change of fields or analysis makes a new index

TREES = tuple(name for name in FACETS if FIELDS[name].kind is Kind.TERM)
NOT_PROPOSED = ("type", "year", "channels", "dimensions", "has")
SEPARATOR = "\t"  # clean() leaves none in a text
LINEAGE = "lineage:"
LONGEST_NAME, LONGEST_VALUE = 300, 600  # of a key-value: beginnings of 1,000 characters are not looked for
WORDS_OF_A_SUGGESTION = 12  # by whose beginnings it is found
NOT_SHOWN = ("in", "twice", "facet", "number", "keys", "pairs", "suggestions", "words", "stems")
TEXTS_NOT_SHOWN = ("authors", "files", "instruments", "key_values", "context")
LONGEST = 2_000  # characters of a token that is compared whole: Lucene takes 32,766 bytes

Made = dict[str, Any]
Values = Sequence[FacetValue]

_WORD_START = re.compile("(?:^|(?<=[^a-z0-9]))[^ ]")

_TOKEN: Made = {"type": "keyword", "doc_values": False}
_COUNTED: Made = {"type": "keyword"}
_NUMBER: Made = {"type": "double"}
_ANALYSIS: Made = {
    "char_filter": {"mu": {"type": "mapping", "mappings": ["µ => μ"]}},
    "tokenizer": {
        "simple": {"type": "char_group", "tokenize_on_chars": ["whitespace", "punctuation", "symbol"]},
    },
    "filter": {
        "not_long": {"type": "length", "max": 80},
        "english": {"type": "stemmer", "language": "english"},
    },
    "analyzer": {
        "folded": {
            "char_filter": ["mu"],
            "tokenizer": "simple",
            "filter": ["not_long", "lowercase", "asciifolding"],
        },
        "english": {
            "char_filter": ["mu"],
            "tokenizer": "simple",
            "filter": ["not_long", "lowercase", "asciifolding", "english"],
        },
    },
}


def make_settings(shards: int) -> Made:
    """An index's settings: it shows what was written when it is told to, not by and by."""
    return {
        "number_of_shards": shards,
        "auto_expand_replicas": "0-1",
        "refresh_interval": "-1",
        "max_result_window": 10_000,
        "max_regex_length": 10_000,  # of beginnings too: a name and a value, escaped
        "analysis": _ANALYSIS,
    }


def make_mappings() -> Made:
    text = {"type": "text", "analyzer": "english", "copy_to": ["words", "stems"]}
    marked = {**text, "index_options": "offsets"}  # in hits, without reading them again
    found = (*of_kind(Kind.VALUE, Kind.TERM), "keyword")
    return {
        "dynamic": "strict",
        # What is only found, never shown, need not be kept beside the index.
        "_source": {"excludes": [*NOT_SHOWN, *(f"text.{name}" for name in TEXTS_NOT_SHOWN)]},
        "properties": {
            "id": {"type": "keyword"},
            "study": _TOKEN,
            "type": {"type": "keyword"},
            "audience": _TOKEN,
            "identifiers": _TOKEN,
            "newest": {"type": "long"},
            "shown": {"type": "object", "enabled": False},
            "words": {"type": "text", "analyzer": "folded", "index_options": "docs", "norms": False},
            # All texts' words at once, by which documents are counted: ten fields take as many times longer.
            "stems": {"type": "text", "analyzer": "english", "index_options": "docs", "norms": False},
            "suggestions": _COUNTED,
            "keys": _COUNTED,
            "pairs": _COUNTED,
            "text": {
                "properties": {**dict.fromkeys(TEXT_FIELDS, text), **dict.fromkeys(("title", "description"), marked)}
            },
            "in": {"properties": dict.fromkeys(dict.fromkeys((*found, *FACETS)), _TOKEN)},
            "facet": {"properties": {name: _COUNTED for name in FACETS if name != "type"}},
            "twice": {"properties": dict.fromkeys(TREES, _COUNTED)},
            "number": {"properties": dict.fromkeys(of_kind(Kind.NUMBER, Kind.DATE), _NUMBER)},
        },
    }


@lru_cache(maxsize=65_536)
def folded(text: str) -> str:
    """As it is compared whole: case ignored, one mu, cut where no one types further."""
    return clean(text).replace("µ", "μ").strip().casefold()[:LONGEST]


@lru_cache(maxsize=65_536)
def shown(text: str) -> str:
    return clean(text).strip()[:LONGEST]


@lru_cache(maxsize=16_384)
def _counted(value: FacetValue) -> str:
    return f"{shown(value.value)}{SEPARATOR}{shown(value.label)}"


def to_elastic(document: Document) -> Made:
    """The document as it is sent."""
    facets = {name: values for name, values in document.facets.items() if name in FACETS and name != "type"}
    above = {name: _above(document, facets.get(name, ())) for name in TREES}
    found_by: dict[str, list[str]] = {name: list(values) for name, values in document.values.items()}
    found_by |= {"type": [document.type], "keyword": [*document.keywords]}
    found_by.setdefault("accession", [document.accession])
    for name, values in facets.items():
        own = [text for value in values for text in (value.value, value.label)]
        found_by[name] = [*own, *(term.value for term in above.get(name, ())), *found_by.get(name, ())]
    identifiers = (document.id, document.accession, *document.identifiers)
    return {
        "id": document.id,
        "study": document.study,
        "type": document.type,
        "audience": list(map(clean, document.audience)),
        "identifiers": _distinct(map(folded, identifiers)),
        # Newest first, and a study before the images published with it.
        "newest": int(document.published.timestamp() * 1000) * 2 + (document.type == "study"),
        "shown": _shown(document),
        "text": _texts(document),
        "in": {name: _distinct(map(folded, values)) for name, values in found_by.items() if values},
        "facet": {name: _distinct(map(_counted, values)) for name, values in facets.items() if values},
        "twice": {name: tokens for name in TREES if (tokens := _twice(document, facets.get(name, ())))},
        "number": {name: finite for name, values in document.numbers.items() if (finite := _finite(values))},
        "keys": _distinct(name_token(pair.name) + shown(pair.name) for pair in document.key_values),
        "pairs": _distinct(pair_token(pair.name, pair.value) + shown(pair.value) for pair in document.key_values),
        "suggestions": [] if document.type == "image" else _suggestions(document, facets, above),
    }


def _above(document: Document, values: Iterable[FacetValue]) -> list[FacetValue]:
    return [one for value in values for one in document.ancestors.get(value.value, ())]


def _twice(document: Document, values: Iterable[FacetValue]) -> list[str]:
    lines = ({value.value, *(one.value for one in _above(document, [value]))} for value in values)
    tally = Counter(curie for line in lines for curie in line)
    return [f"{shown(curie)}{SEPARATOR}{more}" for curie, count in tally.items() for more in range(1, count)]


def lineages_of(document: Document) -> Iterator[tuple[str, Made]]:
    """Each of its terms that others stand above, and the document that says which."""
    for name in TREES:
        for value in document.facets.get(name, ()):
            if above := document.ancestors.get(value.value):
                line = [(shown(one.value), shown(one.label)) for one in above]
                yield shown(value.value), {"type": "lineage", "shown": {"above": line}}


def lineage_id(curie: str) -> str:
    """Of the document that says what is above a term. Elasticsearch takes 512 bytes."""
    return LINEAGE + curie[:100]


def _finite(numbers: Iterable[float]) -> list[float]:
    return [float(number) for number in numbers if math.isfinite(number)]


def pair_token(name: str, value: str) -> str:
    """The beginning of a key-value's token: it is followed by the value as it was written."""
    return f"{name_token(name)}{folded(value)[:LONGEST_VALUE]}{SEPARATOR}"


def name_token(name: str) -> str:
    """The beginning of all tokens with this name of a key-value."""
    return folded(name)[:LONGEST_NAME] + SEPARATOR


def _distinct(texts: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(filter(None, texts)))


def _texts(document: Document) -> Made:
    texts: Made = {name: getattr(document, name) for name in TEXT_FIELDS if name != "key_values"}
    texts["key_values"] = [f"{pair.name} {pair.value}" for pair in document.key_values]
    return {name: _cleaned(value) for name, value in texts.items() if value}


def _cleaned(value: str | tuple[str, ...] | list[str]) -> str | list[str]:
    return clean(value) if isinstance(value, str) else [clean(text) for text in value]


def _suggestions(document: Document, facets: Mapping[str, Values], above: Mapping[str, Values]) -> list[str]:
    """What a text that is typed may become, once from the beginning of each of its words, so that it is found by how a
    token begins: "folded<TAB>kind<TAB>value<TAB>text<TAB>tag"."""
    found = [(keyword, "keyword", "", keyword, "") for keyword in document.keywords]
    found += [(tag, "marker", marker.value, marker.label, tag) for tag, marker in document.tags]
    if document.type == "study":
        typed_for_study = (document.accession, document.title)
        found += [(text, "study", document.accession, document.title, "") for text in typed_for_study]
        for name in FACETS:
            if name not in NOT_PROPOSED:
                for value in (*facets.get(name, ()), *above.get(name, ())):
                    found += [(text, name, value.value, value.label, "") for text in (value.value, value.label)]
    return _distinct(
        SEPARATOR.join((begun, kind, shown(value)[:200], shown(text)[:300], shown(other)))
        for typed, kind, value, text, other in found
        for begun in _from_each_word(folded(typed)[:200])
    )


@lru_cache(maxsize=65_536)
def _from_each_word(text: str) -> tuple[str, ...]:
    """The text from the beginning of each of its first words."""
    starts = [match.start() for match in _WORD_START.finditer(text)][:WORDS_OF_A_SUGGESTION]
    return tuple(text[start:] for start in starts) or (text,)


def _shown(document: Document) -> Made:
    return {
        "study": document.study,
        "accession": document.accession,
        "published": document.published.astimezone(UTC).isoformat(),
        "thumbnail": document.thumbnail,
        "card": dict(document.card),
    }


SHOWN = ["id", "type", "shown", "text.title", "text.description"]


def to_hit(source: Made, title_html: str, snippet: str) -> Hit:
    kept, text = source["shown"], source.get("text", {})
    return Hit(
        id=source["id"],
        type=source["type"],
        study=kept["study"],
        accession=kept["accession"],
        title=text.get("title", ""),
        title_html=title_html,
        snippet=snippet,
        published=datetime.fromisoformat(kept["published"]),
        thumbnail=kept["thumbnail"],
        card=kept["card"],
    )
