"""A Query as Elasticsearch's queries."""

import re
import sys
from collections.abc import Iterable, Sequence

from publishing.search.clauses import And, Clause, Everything, Not, OneOf, Or, Pair, Present, Range, Text
from publishing.search.elastic_engine.schema import SEPARATOR, Made, folded, name_token, pair_token
from publishing.search.fields import ATTRIBUTES, FACETS, FIELDS, TEXT_FIELDS, Kind
from publishing.search.query import Query

IDENTIFIER_WEIGHT = 1_000.0
STUDY_WEIGHT = 1.0  # a study comes before its images, whose documents hold the same words
MOST_BEGINNINGS = 500  # words that the last one of a phrase may become
EVERYTHING: Made = {"match_all": {}}
NOTHING: Made = {"match_none": {}}

_WORD = re.compile(r"[^\W_]")


def matching(query: Query, *, begun: frozenset[Text] = frozenset()) -> Made:
    """The words and every filter. `begun` are words that are taken for the beginning of one, since no document holds
    them."""
    made: Made = {"must": [translate(query.reading.clause, begun) or NOTHING], "filter": [*filters(query)]}
    if query.is_ranked:
        made["should"] = [{"constant_score": {"filter": {"term": {"type": "study"}}, "boost": STUDY_WEIGHT}}]
    return {"bool": made}


def counted(query: Query, *, without: str = "", begun: frozenset[Text] = frozenset()) -> Made:
    """What `matching` finds, but for the filter of the facet `without`, to be counted and not ranked."""
    found = translate(query.reading.clause, begun, is_ranked=False) or NOTHING
    return {"bool": {"filter": [found, *filters(query, without=without)]}}


def filters(query: Query, *, without: str = "") -> Iterable[Made]:
    yield may_find(query.audience)
    if without != "type":
        yield {"terms": {"type": list(query.types)}}
    for facet in FACETS:
        if facet not in {"type", without} and (values := query.filters.get(facet)):
            yield one_of(facet, values)


def may_find(audience: Sequence[str]) -> Made:
    return {"terms": {"audience": list(audience)}}


def one_of(field: str, values: Iterable[str]) -> Made:
    return {"terms": {f"in.{field}": [folded(value) for value in values]}}


def words_of(query: Query) -> list[Text]:
    """The texts that are marked in hits and that may be misspelt: those that a hit must or may hold."""
    return list(_texts(query.reading.clause))


def _texts(clause: Clause) -> Iterable[Text]:
    if isinstance(clause, Text):
        yield clause
    elif isinstance(clause, And | Or):
        for part in clause.parts:
            yield from _texts(part)


def translate(clause: Clause, begun: frozenset[Text] = frozenset(), *, is_ranked: bool = True) -> Made | None:
    """A clause as a query; None if it says nothing, being words without letters and digits."""

    def made_of(parts: Iterable[Clause]) -> list[Made]:
        made = (translate(part, begun, is_ranked=is_ranked) for part in parts)
        return [found for found in made if found is not None]

    match clause:
        case Everything():
            return EVERYTHING
        case Text():
            return _text(clause, is_begun=clause.begun or clause in begun, is_ranked=is_ranked)
        case And(parts):
            return _all(made) if (made := made_of(parts)) else None
        case Or(parts):
            return _any(made) if (made := made_of(parts)) else None
        case Not(Not(part)):
            return _unranked(made[0]) if (made := made_of([part])) else None
        case Not(Or(parts)):  # one level, as there is an end to how deep they may lie
            return {"bool": {"must_not": made}} if (made := made_of(parts)) else None
        case Not(part):
            return {"bool": {"must_not": made}} if (made := made_of([part])) else None
        case _:
            return _unranked(_compared(clause))


def _all(made: list[Made]) -> Made:
    return made[0] if len(made) == 1 else {"bool": {"must": made}}


def _unranked(made: Made) -> Made:
    return {"constant_score": {"filter": made, "boost": 0.0}}


def _compared(clause: OneOf | Range | Pair | Present) -> Made:
    match clause:
        case OneOf(field, values):
            return one_of(field, values)
        case Range(field, low, high, low_is_in, high_is_in):
            bounds = {}
            if low is not None:
                bounds["gte" if low_is_in else "gt"] = _finite(low)
            if high is not None:
                bounds["lte" if high_is_in else "lt"] = _finite(high)
            return {"range": {f"number.{field}": bounds}}
        case Pair(name, value, begun):
            return pair(name, value, begun=begun)
        case Present(field):
            return {"exists": {"field": _holder(field)}} if field in FIELDS else NOTHING


def _finite(number: float) -> float:
    """JSON has no infinity."""
    return min(max(number, -sys.float_info.max), sys.float_info.max)


def pair(name: str, value: str, *, begun: bool = False) -> Made:
    if not value:
        return {"prefix": {"keys": name_token(name)}}
    token = pair_token(name, value)
    return {"prefix": {"pairs": token[: -len(SEPARATOR)] if begun else token}}


def _holder(field: str) -> str:
    kind = FIELDS[field].kind
    if kind is Kind.TEXT:
        return f"text.{ATTRIBUTES[field]}"
    return f"number.{field}" if kind in {Kind.NUMBER, Kind.DATE} and not FIELDS[field].facet else f"in.{field}"


def _text(text: Text, *, is_begun: bool, is_ranked: bool) -> Made | None:
    pieces = [text.words] if text.phrase else text.words.split()
    telling = [piece for piece in pieces if _WORD.search(piece)]
    if not telling:
        return None
    whole = telling[:-1] if is_begun else telling
    made = [in_fields(piece, text.field) if is_ranked or text.field else _anywhere(piece) for piece in whole]
    if is_begun:
        made.append(_beginning(telling[-1], text.field, is_phrase=text.phrase))
    found = _all(made)
    if text.field or len(pieces) > 1:
        return found
    identifier = {"filter": {"term": {"identifiers": folded(text.words)}}, "boost": IDENTIFIER_WEIGHT}
    return _any([{"constant_score": identifier}, found])


def _any(made: list[Made]) -> Made:
    return {"bool": {"should": made, "minimum_should_match": 1}}


def in_fields(words: str, field: str = "") -> Made:
    """The words side by side, in one text field or any; what says more than one field says counts little more."""
    return {"multi_match": {"query": words, "type": "phrase", "fields": _fields(field), "tie_breaker": 0.2}}


def _anywhere(words: str) -> Made:
    """As `in_fields` finds them in any field; one word is looked up once."""
    return in_fields(words) if len(re.findall(r"[^\W_]+", words)) > 1 else {"match": {"stems": {"query": words}}}


def _fields(field: str) -> list[str]:
    if field in ATTRIBUTES:
        return [f"text.{ATTRIBUTES[field]}"]
    return [f"text.{name}^{weight}" for name, weight in TEXT_FIELDS.items()]


def _beginning(words: str, field: str, *, is_phrase: bool) -> Made:
    """Words of which the last may go on."""
    is_phrase = is_phrase or len(re.findall(r"[^\W_]+", words)) > 1
    if is_phrase:
        made = {"query": words, "type": "phrase_prefix", "fields": _fields(field), "max_expansions": MOST_BEGINNINGS}
        return {"multi_match": made}
    if field:
        start = {"query": words, "type": "bool_prefix", "fields": _fields(field), "analyzer": "folded"}
        return _any([{"multi_match": start}, in_fields(words, field)])
    short = [f"text.{name}^{TEXT_FIELDS[name]}" for name in ("title", "keywords", "terms", "authors")]
    return {
        "bool": {
            "must": [{"match_bool_prefix": {"words": {"query": words, "boost": 0.1}}}],
            "should": [{"multi_match": {"query": words, "type": "bool_prefix", "fields": short, "analyzer": "folded"}}],
        }
    }
