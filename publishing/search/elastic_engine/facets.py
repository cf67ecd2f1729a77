"""Counts of facets' values, and of the terms above them.

A document says its own terms, and which terms stand above several of them; what stands above each lies once in the
index. So a count of those above is a sum, where a document would have a hundred terms to be counted.
"""

import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from threading import Lock

from elasticsearch import Elasticsearch

from publishing.search.clauses import Text
from publishing.search.elastic_engine.query import counted, one_of
from publishing.search.elastic_engine.schema import SEPARATOR, TREES, Made, lineage_id
from publishing.search.fields import FACETS
from publishing.search.query import Query
from publishing.search.results import FacetCount

COUNTED = 100  # values counted in a facet
LEAVES = 2_000  # terms of a facet from which those above are counted
ABOVE = 300  # terms above, of a facet
_TWICE = 5_000
_FETCHED = 1_000  # lineages asked for at once
_KEPT = 600.0  # seconds

Counts = dict[str, tuple[FacetCount, ...]]


class Lineages:
    """The terms above a term, as the documents of the index say; kept in the process for some minutes."""

    def __init__(self, client: Elasticsearch, alias: str) -> None:
        self._client, self._alias = client, alias
        self._known: dict[str, list[tuple[str, str]]] = {}
        self._since, self._lock = time.monotonic(), Lock()

    def of(self, values: Iterable[str]) -> Mapping[str, list[tuple[str, str]]]:
        """For each term its line, as values and labels."""
        with self._lock:
            if time.monotonic() - self._since > _KEPT:
                self.forget()
            unknown = [value for value in values if value not in self._known]
            for start in range(0, len(unknown), _FETCHED):
                some = unknown[start : start + _FETCHED]
                found = self._client.mget(index=self._alias, ids=list(map(lineage_id, some)))["docs"]
                for value, answer in zip(some, found, strict=True):
                    line = answer["_source"]["shown"]["above"] if answer.get("found") else []
                    self._known[value] = [(one[0], one[1]) for one in line]
            return self._known

    def forget(self) -> None:
        self._known, self._since = {}, time.monotonic()


def of_all(query: Query, facets: Sequence[str], begun: frozenset[Text]) -> Made:
    """Asks for how many documents there are, and for the counts of facets in which nothing is chosen."""
    matched = counted(query, begun=begun)
    return {"query": matched, "size": 0, "track_total_hits": True, "aggs": _aggregations(facets)}


def _aggregations(facets: Sequence[str]) -> Made:
    aggs: Made = {}
    for facet in facets:
        field = "type" if facet == "type" else f"facet.{facet}"
        aggs[facet] = {"terms": {"field": field, "size": LEAVES if facet in TREES else COUNTED}}
        if facet in TREES:
            aggs[f"{facet}/twice"] = {"terms": {"field": f"twice.{facet}", "size": _TWICE}}
    return aggs


def of_one(query: Query, facet: str, begun: frozenset[Text]) -> Made:
    """Asks for the counts of a facet in which something is chosen, without the choice; also of the values chosen, which
    may be rare ones, or none of this catalogue's."""
    aggs = _aggregations([facet])
    if values := query.filters.get(facet):
        aggs["chosen"] = {"filters": {"filters": {value: one_of(facet, [value]) for value in values}}}
    return {"query": counted(query, without=facet, begun=begun), "size": 0, "track_total_hits": False, "aggs": aggs}


def chosen_of(answer: Made) -> dict[str, int]:
    counted = answer["aggregations"].get("chosen", {}).get("buckets", {})
    return {value: bucket["doc_count"] for value, bucket in counted.items()}


def read(query: Query, answers: Mapping[str, Made], lineages: Lineages) -> tuple[Counts, Counts]:
    """Each facet's counts, of the answer that has them, and those of the terms above; none of those not asked for."""
    facets: Counts = dict.fromkeys(FACETS, ())
    above: Counts = dict.fromkeys(TREES, ())
    for facet, answer in answers.items():
        values = _values(answer["aggregations"][facet]["buckets"])
        if facet in TREES:
            twice = _tally(answer["aggregations"][f"{facet}/twice"]["buckets"])
            above[facet] = _above(query, facet, values, twice, lineages.of(values))
        facets[facet] = _counts(query, facet, values, above.get(facet, ()), chosen_of(answer))
    return facets, above


def _values(buckets: Iterable[Made]) -> dict[str, tuple[str, int]]:
    """Value: label and count; a term that was renamed has two labels."""
    found: dict[str, tuple[str, int]] = {}
    for bucket in buckets:
        value, _, label = bucket["key"].partition(SEPARATOR)
        known, before = found.get(value, (label or value, 0))
        found[value] = (known, before + bucket["doc_count"])
    return found


def _tally(buckets: Iterable[Made]) -> Counter[str]:
    found: Counter[str] = Counter()
    for bucket in buckets:
        found[bucket["key"].partition(SEPARATOR)[0]] += bucket["doc_count"]
    return found


def _above(
    query: Query,
    facet: str,
    values: Mapping[str, tuple[str, int]],
    twice: Counter[str],
    lines: Mapping[str, list[tuple[str, str]]],
) -> tuple[FacetCount, ...]:
    """How many documents have a term or one below it, for each term above one of the values: the sum of those counted
    below, less what was so counted more than once."""
    counts: Counter[str] = Counter()
    names: dict[str, str] = {}
    for value, (_, count) in values.items():
        counts[value] += count
        for term, label in lines.get(value, ()):
            counts[term] += count
            names[term] = label
    chosen = query.filters.get(facet, ())
    found = [FacetCount(term, label, counts[term] - twice[term], term in chosen) for term, label in names.items()]
    return tuple(sorted(found, key=_most_frequent)[:ABOVE])


def _counts(
    query: Query,
    facet: str,
    values: Mapping[str, tuple[str, int]],
    above: Sequence[FacetCount],
    chosen: Mapping[str, int],
) -> tuple[FacetCount, ...]:
    """The values of documents, each with what is found below it too, and what is chosen."""
    wanted, higher = query.filters.get(facet, ()), {count.value: count for count in above}
    counts = [
        higher.get(value) or FacetCount(value, label, count, value in wanted)
        for value, (label, count) in values.items()
    ]
    counts += [count for count in above if count.selected and count.value not in values]
    counts.sort(key=_most_frequent)
    shown = [*counts[:COUNTED], *(count for count in counts[COUNTED:] if count.selected)]
    known = {count.value for count in shown}
    more = [FacetCount(value, value, count, selected=True) for value, count in chosen.items() if value not in known]
    return (*shown, *more)


def _most_frequent(count: FacetCount) -> tuple[int, str]:
    return -count.count, count.label.casefold()
