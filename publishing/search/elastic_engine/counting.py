"""What is asked to count hits and the values of facets.

What finds more than EXACTLY documents is counted by a share of them, so that no search takes longer as the catalogue
grows: each count is then an estimate and says so. But the values chosen, and the types, are counted one by one as far
as few documents have them, since a share says little of these.
"""

import math
from collections.abc import Mapping, Sequence

from publishing.search.clauses import Text
from publishing.search.elastic_engine.query import counted, one_of
from publishing.search.elastic_engine.schema import TREES, Made
from publishing.search.query import TYPES, Query

EXACTLY = 100_000  # documents
SAMPLED = 0.3  # of so many, by which what is more is counted
GLANCE = 0.01  # of all, to see how many there are about
COUNTED = 100  # values counted in a facet
LEAVES = 2_000  # terms of a facet from which those above are counted
_TWICE = 5_000
_SAMPLE, _ALL = "sample", "all"

Asked = tuple[str, str]
"""A facet and a value of it: what counts the value. Without a value, what counts the facet without its own choice;
with neither, what counts the hits, and the facets in which nothing is chosen."""


def glance(query: Query, begun: frozenset[Text], without: str = "") -> Made:
    """Asks about how many there are, by looking at few; without the choice in a facet."""
    return _counting(counted(query, without=without, begun=begun), {}, GLANCE)


def share_of(glanced: Made, exactly: int) -> float:
    """The share by which the rest is counted, of the answer to `glance`: all, unless that were more than `exactly`."""
    about = aggregated(glanced)[0][_ALL]["doc_count"]
    return 1.0 if about <= exactly else SAMPLED * exactly / about


def bodies(
    query: Query, facets: Sequence[str], begun: frozenset[Text], shares: Mapping[str, float], exactly: int
) -> dict[Asked, Made]:
    """What is asked to count hits and these facets. `shares` has a share for "", the hits, and for each facet that is
    counted apart, as something is chosen in it."""
    found = {
        ("", ""): _counting(counted(query, begun=begun), _values([f for f in facets if f not in shares]), shares[""])
    }
    for facet in shares:
        if not facet:
            continue
        matched = counted(query, without=facet, begun=begun)
        found[facet, ""] = _counting(matched, _values([facet]), shares[facet])
        is_sampled = shares[facet] < 1.0
        for value in TYPES if facet == "type" and is_sampled else query.filters.get(facet, ()):
            having = {"bool": {"filter": [*matched["bool"]["filter"], one_of(facet, [value])]}}
            found[facet, value] = _as_far_as(having, exactly)
    return found


def each(matched: Sequence[Made], exactly: int) -> list[Made]:
    """What is asked to count what each of these queries finds: two bodies a query."""
    return [body for one in matched for body in (_as_far_as(one, exactly), _counting(one, {}, GLANCE))]


def read_each(answers: Sequence[Made]) -> list[tuple[int, bool]]:
    """Each count, of the answers to `each`, and whether it is an estimate."""
    found = []
    for counted_few, glanced in zip(answers[::2], answers[1::2], strict=True):
        total = counted_few["hits"]["total"]
        is_known = total["relation"] == "eq"
        found.append((total["value"], False) if is_known else (total_of(glanced), True))
    return found


def _as_far_as(matched: Made, exactly: int) -> Made:
    return {"query": matched, "size": 0, "track_total_hits": exactly}


def aggregated(answer: Made) -> tuple[Made, bool]:
    """An answer's counts, and whether they are estimates."""
    found: Made = answer.get("aggregations", {})
    return (found[_SAMPLE], True) if _SAMPLE in found else (found, False)


def total_of(answer: Made) -> int:
    found, is_estimated = aggregated(answer)
    return rounded(found[_ALL]["doc_count"]) if is_estimated else int(answer["hits"]["total"]["value"])


def rounded(count: int) -> int:
    """An estimate, with no more digits than it has."""
    return round(count, 1 - math.floor(math.log10(count))) if count else 0


def _values(facets: Sequence[str]) -> Made:
    aggs: Made = {}
    for facet in facets:
        field = "type" if facet == "type" else f"facet.{facet}"
        aggs[facet] = {"terms": {"field": field, "size": LEAVES if facet in TREES else COUNTED}}
        if facet in TREES:
            aggs[f"{facet}/twice"] = {"terms": {"field": f"twice.{facet}", "size": _TWICE}}
    return aggs


def _counting(matched: Made, aggs: Made, share: float) -> Made:
    """By a share of the documents, always the same ones; Elasticsearch multiplies what it counted."""
    made: Made = {"query": matched, "size": 0, "track_total_hits": share == 1.0}
    if share == 1.0:
        return {**made, "aggs": aggs}
    aggs = {_ALL: {"filter": {"match_all": {}}}, **aggs}
    return {**made, "aggs": {_SAMPLE: {"random_sampler": {"probability": share, "seed": 1}, "aggs": aggs}}}
