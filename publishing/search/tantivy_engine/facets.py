"""Counts of facets' values, and of the terms above them."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import tantivy

from publishing.search.document import FacetValue
from publishing.search.fields import FACETS
from publishing.search.query import Query
from publishing.search.results import FacetCount
from publishing.search.tantivy_engine.query import Made, Translator
from publishing.search.tantivy_engine.schema import SEPARATOR, TERM_FACETS

COUNTED = 100  # values shown of a facet
LEAVES = 3_000  # terms of a facet from which those above are counted
ABOVE = 300  # terms above, of a facet
_TWICE = 10_000

Counts = dict[str, tuple[FacetCount, ...]]


@dataclass
class _Tally:
    """What was counted of a facet: how often each value, and how often a term is above several of a document's."""

    values: dict[str, tuple[str, int]]  # value: label, count
    twice: Counter[str]


class Lineages:
    """The terms above a term, as the documents of an index say."""

    def __init__(self, searcher: tantivy.Searcher) -> None:
        self._searcher = searcher
        self._known: dict[str, tuple[FacetValue, ...]] = {}

    def above(self, value: str) -> tuple[FacetValue, ...]:
        known = self._known.get(value)
        if known is None:
            found = self._searcher.terms_with_prefix("lineages", value + SEPARATOR, limit=1)
            parts = found[0][0].split(SEPARATOR)[1:] if found else []
            known = tuple(FacetValue(*pair) for pair in zip(parts[::2], parts[1::2], strict=True))
            self._known[value] = known
        return known


def count_facets(
    query: Query, translator: Translator, searcher: tantivy.Searcher, lineages: Lineages
) -> tuple[Counts, Counts]:
    """The counts of the facets wanted and of types, as if nothing were chosen in it, and of the terms above.

    Facets without a choice are counted in one pass.
    """
    wanted = [facet for facet in FACETS if facet in query.counted or facet == "type"]
    free = [facet for facet in wanted if not query.filters.get(facet)]
    tallies = _tallies(searcher, translator.matching(), free) if free else {}
    facets: Counts = {}
    above: Counts = {}
    for facet in wanted:
        chosen = query.filters.get(facet, ())
        if chosen:
            tallies |= _tallies(searcher, translator.matching(without=facet), [facet])
        if facet in TERM_FACETS:
            above[facet] = _above(tallies[facet], lineages, chosen)
        counts = _with_those_below(tallies[facet], above.get(facet, ()), chosen)
        shown = [*counts[:COUNTED], *(count for count in counts[COUNTED:] if count.selected)]
        known = {count.value for count in shown}
        for value in chosen:
            if value not in known:  # none of this catalogue's, or left out by another choice
                count = count_of(searcher, translator.also(facet, value, without=facet))
                shown.append(FacetCount(value, value, count, selected=True))
        facets[facet] = tuple(shown)
    return facets, above


def _with_those_below(tally: _Tally, above: Iterable[FacetCount], chosen: Iterable[str]) -> list[FacetCount]:
    """The values of documents, each with what is found below it too, and the terms above that are chosen."""
    higher = {count.value: count for count in above}
    counts = [
        FacetCount(value, label, higher[value].count if value in higher else count, value in chosen)
        for value, (label, count) in tally.values.items()
    ]
    counts += [count for count in higher.values() if count.selected and count.value not in tally.values]
    return sorted(counts, key=lambda count: (-count.count, count.label.casefold()))


def count_of(searcher: tantivy.Searcher, query: Made) -> int:
    count: int | None = searcher.search(query, 1).count  # type: ignore[attr-defined]  # not in tantivy's stubs
    return count or 0


def labels(searcher: tantivy.Searcher, matching: Made, lineages: Lineages) -> Mapping[str, tuple[FacetCount, ...]]:
    """All that is counted of the facets, and the terms above, as one list a facet."""
    found = {}
    for facet, tally in _tallies(searcher, matching, [facet for facet in FACETS if facet != "type"]).items():
        higher = _above(tally, lineages, ()) if facet in TERM_FACETS else ()
        counts = {value: FacetCount(value, label, count) for value, (label, count) in tally.values.items()}
        found[facet] = tuple({**counts, **{count.value: count for count in higher}}.values())
    return found


def values_of(searcher: tantivy.Searcher, matching: Made, facets: Iterable[str]) -> Mapping[str, tuple[str, ...]]:
    """The values of each facet that documents have, the most frequent first."""
    return {facet: tuple(tally.values) for facet, tally in _tallies(searcher, matching, facets).items()}


def _tallies(searcher: tantivy.Searcher, matching: Made, facets: Iterable[str]) -> dict[str, _Tally]:
    wanted = {}
    for facet in facets:
        size = LEAVES if facet in TERM_FACETS else COUNTED
        wanted[f"{facet}_counted"] = {"terms": {"field": f"{facet}_counted", "size": size}}
        if facet in TERM_FACETS:
            wanted[f"{facet}_twice"] = {"terms": {"field": f"{facet}_twice", "size": _TWICE}}
    answer = searcher.aggregate(matching, wanted)
    found = {}
    for facet in facets:
        values: dict[str, tuple[str, int]] = {}
        for bucket in answer[f"{facet}_counted"]["buckets"]:
            value, label = bucket["key"].split(SEPARATOR, 1)
            known, before = values.get(value, (label, 0))  # a term that was renamed has two labels
            values[value] = (known, before + bucket["doc_count"])
        twice: Counter[str] = Counter()
        for bucket in answer[f"{facet}_twice"]["buckets"] if facet in TERM_FACETS else ():
            for curie in bucket["key"].split(SEPARATOR):
                twice[curie] += bucket["doc_count"]
        found[facet] = _Tally(values, twice)
    return found


def _above(tally: _Tally, lineages: Lineages, chosen: Iterable[str]) -> tuple[FacetCount, ...]:
    """How many documents have a term or one below it, for each term above one of the values."""
    counts: Counter[str] = Counter()
    names: dict[str, str] = {}
    for value, (_, count) in tally.values.items():
        counts[value] += count
        for term in lineages.above(value):
            counts[term.value] += count
            names[term.value] = term.label
    found = [FacetCount(value, label, counts[value] - tally.twice[value], value in chosen)
             for value, label in names.items()]  # fmt: skip
    found.sort(key=lambda count: (-count.count, count.label.casefold()))
    return tuple(found[:ABOVE])
