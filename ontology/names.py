"""The names of terms, held in memory and compared with what is being typed."""

import datetime
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.db.models import QuerySet
from rapidfuzz import fuzz, process

from ontology.models import Ontology, Synonym, Term

_LIKE = 78.0  # least similarity, of 100, for a name to be offered as meant
_SHORTEST_LIKE = 4  # characters; shorter texts are like everything
_EXACT, _PREFIX, _WORDS, _CONTAINS, _SIMILAR = range(5)

Stamp = tuple[tuple[int, datetime.datetime], ...]


@dataclass(frozen=True)
class Name:
    """One name of a term: its CURIE, its label or a synonym (then `synonym` is its text)."""

    folded: str
    plain: str  # folded, with everything but letters and digits as spaces
    synonym: str
    term: int
    obsolete: bool


@dataclass(frozen=True)
class Match:
    term: int
    synonym: str


_cache: dict[str, tuple[Stamp, list[Name]]] = {}


def fold(text: str) -> str:
    """The text as names are compared: case folded, spaces run together."""
    return " ".join(text.casefold().split())


def _plain(folded: str) -> str:
    return " ".join(re.findall(r"\w+", folded))


def names_of(binding: str, terms: Callable[[], QuerySet[Term]]) -> list[Name]:
    """The names of a binding's terms, read again whenever an ontology was loaded."""
    loaded = Ontology.objects.filter(is_current=True).order_by("pk")
    stamp: Stamp = tuple(loaded.values_list("pk", "loaded_at"))
    kept = _cache.get(binding)
    if kept is None or kept[0] != stamp:
        kept = _cache[binding] = (stamp, _read(terms()))
    return kept[1]


def _read(terms: QuerySet[Term]) -> list[Name]:
    names: list[Name] = []
    obsolete: dict[int, bool] = {}
    for pk, curie, label, is_obsolete in terms.order_by("curie").values_list("pk", "curie", "label", "obsolete"):
        obsolete[pk] = is_obsolete
        names.append(_name(label, "", pk, is_obsolete))
        names.append(_name(curie, "", pk, is_obsolete))
    for pk, text in Synonym.objects.filter(term__in=terms).values_list("term_id", "text"):
        names.append(_name(text, text, pk, obsolete.get(pk, False)))
    return names


def _name(text: str, synonym: str, term: int, obsolete: bool) -> Name:
    folded = fold(text)
    return Name(folded, _plain(folded), synonym, term, obsolete)


def best_matches(query: str, names: Sequence[Name], limit: int) -> list[Match]:
    """The terms whose names fit the folded query best, each once, by the name that fits best."""
    plain = _plain(query)
    ranked = [(rank, name) for name in names if (rank := _rank(query, plain, name)) is not None]
    if len({name.term for _, name in ranked}) < limit and len(query) >= _SHORTEST_LIKE:
        found = {name.term for _, name in ranked}
        # Longer names are compared by their beginning, since the text may not be typed to its end.
        texts = {n: name.folded[: len(query) + 1] for n, name in enumerate(names) if name.term not in found}
        for _, score, place in process.extract(query, texts, scorer=fuzz.ratio, score_cutoff=_LIKE, limit=3 * limit):
            ranked.append(((_SIMILAR, -score), names[place]))
    ranked.sort(key=lambda pair: (pair[1].obsolete, *pair[0], bool(pair[1].synonym), len(pair[1].folded)))
    best: dict[int, Match] = {}
    for _, name in ranked:
        best.setdefault(name.term, Match(name.term, name.synonym))
    return list(best.values())[:limit]


def _rank(query: str, plain: str, name: Name) -> tuple[int, float] | None:
    """How a name fits, the lower the better; None if it does not."""
    if query == name.folded or (plain and plain == name.plain):
        return _EXACT, 0
    if name.folded.startswith(query) or (plain and name.plain.startswith(plain)):
        return _PREFIX, 0
    if plain and _begin_words(plain.split(), name.plain.split()):
        return _WORDS, 0
    if query in name.folded or (plain and plain in name.plain):
        return _CONTAINS, 0
    return None


def _begin_words(typed: Sequence[str], words: Sequence[str]) -> bool:
    """Whether each typed word begins a word of the name."""
    return all(any(word.startswith(part) for word in words) for part in typed)
