"""What a text that is being typed may become, asked of Elasticsearch."""

import re
from collections.abc import Iterable
from dataclasses import replace

from elasticsearch import Elasticsearch

from publishing.search.document import PUBLIC
from publishing.search.elastic_engine import counting
from publishing.search.elastic_engine.query import may_find, one_of, pair
from publishing.search.elastic_engine.results import ask
from publishing.search.elastic_engine.schema import LONGEST_VALUE, SEPARATOR, Made, folded, name_token
from publishing.search.fields import FACETS
from publishing.search.query import FOUND_BY_DEFAULT
from publishing.search.results import Completion

MOST_KEYS = 5_000  # names of key-values
LOOKED_THROUGH = 1_000  # studies of a shard, to see which are most used: two letters begin a word in nearly all
SUGGESTED = 50  # looked at, to find those that most documents have
SOME = "some"
_BEGINNING = 100  # characters of what is typed: Elasticsearch takes regular expressions of 1,000, escaped

_SPECIAL = re.compile(r'([.?+*|{}\[\]()"\\#@&<>~^$-])')
_EVERYWHERE: Made = {"bool": {"filter": [may_find((PUBLIC,)), {"terms": {"type": list(FOUND_BY_DEFAULT)}}]}}


def _escaped(text: str) -> str:
    """The text in a regular expression of Lucene's."""
    return _SPECIAL.sub(r"\\\1", text)


def _listed(query: Made, field: str, size: int, include: str = "") -> Made:
    terms: Made = {"field": field, "size": size}
    if include:
        terms["include"] = include
    return {"query": query, "size": 0, "track_total_hits": False, "aggs": {"listed": {"terms": terms}}}


# Always the same, so that Elasticsearch remembers the answer until the index changes.
_ALL_KEYS = _listed(_EVERYWHERE, "keys", MOST_KEYS)


def _of_some(body: Made) -> Made:
    """The same of no more than LOOKED_THROUGH documents of a shard."""
    return {**body, "aggs": {SOME: {"sampler": {"shard_size": LOOKED_THROUGH}, "aggs": body["aggs"]}}}


def _entries(aggregated: Made) -> list[tuple[list[str], int]]:
    buckets = aggregated["listed"]["buckets"]
    return [(bucket["key"].split(SEPARATOR), bucket["doc_count"]) for bucket in buckets]


def suggest(client: Elasticsearch, alias: str, text: str, limit: int, exactly: int) -> list[Completion]:
    """Terms, keywords and studies, as the studies' own documents have them, and names of key-values."""
    start = folded(text)[:_BEGINNING]
    if not start:
        return []
    among = {"bool": {"filter": [may_find((PUBLIC,)), {"prefix": {"suggestions": start}}]}}
    proposed = _of_some(_listed(among, "suggestions", SUGGESTED, f"{_escaped(start)}.*"))
    answers = ask(client, alias, [proposed, _ALL_KEYS])
    found: dict[tuple[str, str], Completion] = {}
    for (_, kind, value, label, name), studies in _entries(answers[0]["aggregations"][SOME]):
        found.setdefault((kind, value or label), Completion(label, kind, studies, value, name=name))
    most = sorted(found.values(), key=_most_used)[:limit]
    values = [one for one in most if one.kind in FACETS]
    bodies = counting.each([_having(one) for one in values], exactly)
    counts = counting.read_each(ask(client, alias, bodies)) if bodies else []
    counted = [
        replace(one, count=count, is_estimated=about) for one, (count, about) in zip(values, counts, strict=False)
    ]
    others = [one for one in most if one.kind not in FACETS]
    return sorted([*counted, *others, *_keys_with(start, answers[1])], key=_most_used)[:limit]


def _having(one: Completion) -> Made:
    return {"bool": {"filter": [_EVERYWHERE, one_of(one.kind, [one.value])]}}


def _most_used(one: Completion) -> tuple[int, str, str]:
    return -one.count, one.text.casefold(), one.text


def keys(client: Elasticsearch, alias: str, text: str, limit: int) -> list[Completion]:
    answers = ask(client, alias, [_ALL_KEYS])
    return _keys_with(folded(text), answers[0])[:limit]


def _keys_with(start: str, answer: Made) -> list[Completion]:
    """Those of all names of which a word begins so."""
    fits = re.compile(rf"(?:^|.*[\W_]){re.escape(start)}", re.DOTALL)
    return _merged(
        [(typed, name, count) for (typed, name), count in _entries(answer["aggregations"]) if fits.match(typed)], "key"
    )


def values(client: Elasticsearch, alias: str, name: str, text: str, limit: int) -> list[Completion]:
    start = folded(text)[:LONGEST_VALUE]
    having = {"bool": {"filter": [_EVERYWHERE, pair(name, start, begun=True)]}}
    include = f"{_escaped(name_token(name) + start[:_BEGINNING])}.*"
    answers = ask(client, alias, [_listed(having, "pairs", limit * 2, include)])
    begun = [
        (typed, shown, count)
        for (_, typed, shown), count in _entries(answers[0]["aggregations"])
        if typed.startswith(start)
    ]
    return _merged(begun, "value")[:limit]


def _merged(entries: Iterable[tuple[str, str, int]], kind: str) -> list[Completion]:
    """Those that differ in case only are one, written as the most of them."""
    found: dict[str, Completion] = {}
    for typed, shown, count in entries:
        known = found.get(typed)
        found[typed] = Completion(known.text, kind, known.count + count) if known else Completion(shown, kind, count)
    return sorted(found.values(), key=_most_used)
