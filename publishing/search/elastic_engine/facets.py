"""Counts of facets' values, and of the terms above them.

A document says its own terms, and which terms stand above several of them; what stands above each lies once in the
index. So a count of those above is a sum, where a document would have a hundred terms to be counted.
"""

import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from threading import Lock

from elasticsearch import Elasticsearch

from publishing.search.elastic_engine.counting import COUNTED, Asked, aggregated, rounded, total_of
from publishing.search.elastic_engine.schema import SEPARATOR, TREES, Made, lineage_id
from publishing.search.fields import FACETS
from publishing.search.query import Query
from publishing.search.results import FacetCount

ABOVE = 300  # terms above, of a facet
_FETCHED = 1_000  # lineages asked for at once
_KEPT = 600.0  # seconds

Counted = tuple[FacetCount, ...]
Counts = dict[str, Counted]


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


def read(query: Query, answers: Mapping[Asked, Made], lineages: Lineages) -> tuple[int, Counts, Counts]:
    """How many there are; each facet's counts, and those of the terms above; none of those not asked for."""
    facets: Counts = dict.fromkeys(FACETS, ())
    above: Counts = dict.fromkeys(TREES, ())
    for facet in FACETS:
        answer = answers.get((facet, ""), answers["", ""])
        found, is_estimated = aggregated(answer)
        if facet not in found:
            continue
        known = _known(facet, answers)
        values = _values(found[facet]["buckets"])
        if facet in TREES:
            twice = _tally(found[f"{facet}/twice"]["buckets"])
            above[facet] = _above(query, facet, values, twice, lineages.of(values))
        counts = _counts(query, facet, values, above.get(facet, ()), known)
        facets[facet] = _told(counts, known) if is_estimated else counts
        if is_estimated and facet in TREES:
            above[facet] = _told(above[facet], known)
    return total_of(answers["", ""]), facets, above


def _known(facet: str, answers: Mapping[Asked, Made]) -> dict[str, int]:
    """What was counted of the facet's values that were asked for one by one; not what is too many to be counted."""
    totals = {value: answer["hits"]["total"] for (of, value), answer in answers.items() if of == facet and value}
    return {value: total["value"] for value, total in totals.items() if total["relation"] == "eq"}


def _told(counts: Counted, known: Mapping[str, int]) -> Counted:
    """Estimates as such, but for what was counted."""
    told = [
        replace(one, count=known[one.value])
        if one.value in known
        else replace(one, count=rounded(one.count), is_estimated=True)
        for one in counts
    ]
    return tuple(sorted(told, key=_most_frequent))


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
    asked = dict.fromkeys([*wanted, *(value for value, count in chosen.items() if count)])
    more = [FacetCount(value, value, chosen.get(value, 0), value in wanted) for value in asked if value not in known]
    return (*shown, *more)


def _most_frequent(count: FacetCount) -> tuple[int, str]:
    return -count.count, count.label.casefold()
