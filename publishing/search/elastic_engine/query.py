"""A Query as Elasticsearch's queries."""

import re
import sys
from collections.abc import Iterable, Iterator, Sequence

from publishing.search.clauses import And, Clause, Everything, Not, OneOf, Or, Pair, Present, Range, Text
from publishing.search.elastic_engine.schema import SEPARATOR, Made, folded, name_token, pair_token
from publishing.search.fields import ATTRIBUTES, FACETS, FIELDS, TEXT_FIELDS, Kind
from publishing.search.query import Query

IDENTIFIER_WEIGHT = 1_000.0
STUDY_WEIGHT = 1.0  # a study comes before its images, whose documents hold the same words
MOST_BEGINNINGS = 500  # words that the last one of a phrase may become
EVERYTHING: Made = {"match_all": {}}
NOTHING: Made = {"match_none": {}}

UNRANKED = "context"
BEGUN = ("title", "keywords", "terms", "authors")  # where a word that is being typed says what comes first

_WORD, _TOKEN = re.compile(r"[^\W_]"), re.compile(r"[^\W_]+")


def matching(query: Query, *, begun: frozenset[Text] = frozenset()) -> Made:
    """What `counted` finds; if it is ranked, in the order of what its words say of it. `begun` are words that are taken
    for the beginning of one, since no document holds them.

    What finds and what ranks are apart, so that no more is ranked than what may come first: the words of a study lie
    in the context of each of its images, by which they are found and which says least of how well they fit.
    """
    made = counted(query, begun=begun)
    if query.is_ranked:
        study = {"constant_score": {"filter": {"term": {"type": "study"}}, "boost": STUDY_WEIGHT}}
        made["bool"]["should"] = [study, *(part for text in words_of(query) for part in _ranks(text, begun))]
    return made


def counted(query: Query, *, without: str = "", begun: frozenset[Text] = frozenset()) -> Made:
    """The words and every filter, but for that of the facet `without`; not ranked."""
    found = translate(query.reading.clause, begun) or NOTHING
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


def translate(clause: Clause, begun: frozenset[Text] = frozenset()) -> Made | None:
    """A clause as a query; None if it says nothing, being words without letters and digits."""

    def made_of(parts: Iterable[Clause]) -> list[Made]:
        made = (translate(part, begun) for part in parts)
        return [found for found in made if found is not None]

    match clause:
        case Everything():
            return EVERYTHING
        case Text():
            return _found(clause, is_begun=_is_begun(clause, begun))
        case And(parts):
            return _all(made) if (made := made_of(parts)) else None
        case Or(parts):
            return _any(made) if (made := made_of(parts)) else None
        case Not(Not(part)):
            return made[0] if (made := made_of([part])) else None
        case Not(Or(parts)):  # one level, as there is an end to how deep they may lie
            return {"bool": {"must_not": made}} if (made := made_of(parts)) else None
        case Not(part):
            return {"bool": {"must_not": made}} if (made := made_of([part])) else None
        case _:
            return _compared(clause)


def _all(made: list[Made]) -> Made:
    return made[0] if len(made) == 1 else {"bool": {"filter": made}}


def _any(made: list[Made]) -> Made:
    return {"bool": {"should": made, "minimum_should_match": 1}}


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


def _is_begun(text: Text, begun: frozenset[Text]) -> bool:
    return text.begun or text in begun


def _pieces(text: Text) -> list[str]:
    """What must be found of a text: a phrase whole, else each word that has letters or digits."""
    pieces = [text.words] if text.phrase else text.words.split()
    return [piece for piece in pieces if _WORD.search(piece)]


def _identifier(text: Text) -> Iterator[Made]:
    """A single word may be a document's name, such as its DOI."""
    if not text.field and (text.phrase or len(text.words.split()) == 1):
        yield {"term": {"identifiers": folded(text.words)}}


def _found(text: Text, *, is_begun: bool) -> Made | None:
    pieces = _pieces(text)
    if not pieces:
        return None
    whole = pieces[:-1] if is_begun else pieces
    made = [_anywhere(piece, text.field) for piece in whole]
    if is_begun:
        made.append(_beginning(pieces[-1], text.field, is_phrase=text.phrase))
    identifiers = [*_identifier(text)]
    return _any([*identifiers, _all(made)]) if identifiers else _all(made)


def _ranks(text: Text, begun: frozenset[Text]) -> Iterator[Made]:
    """What says how well a document fits that has the text."""
    for identifier in _identifier(text):
        yield {"constant_score": {"filter": identifier, "boost": IDENTIFIER_WEIGHT}}
    pieces, is_begun = _pieces(text), _is_begun(text, begun)
    for piece in pieces[:-1] if is_begun else pieces:
        yield _phrase(piece, _fields(text.field, leave_out=UNRANKED))
    if pieces and is_begun:
        begins = {
            "query": pieces[-1],
            "type": "bool_prefix",
            "fields": _fields(text.field, BEGUN),
            "analyzer": "folded",
        }
        yield {"multi_match": begins}


def _anywhere(words: str, field: str) -> Made:
    """The words side by side in a text field; one word in any field is looked up once."""
    if field or len(_TOKEN.findall(words)) > 1:
        return _phrase(words, _fields(field))
    return {"match": {"stems": {"query": words}}}


def _phrase(words: str, fields: list[str]) -> Made:
    """The words side by side in one of the fields; what says more than one says counts little more."""
    return {"multi_match": {"query": words, "type": "phrase", "fields": fields, "tie_breaker": 0.2}}


def _fields(field: str, only: Sequence[str] = (*TEXT_FIELDS,), leave_out: str = "") -> list[str]:
    if field in ATTRIBUTES:
        return [f"text.{ATTRIBUTES[field]}"]
    return [f"text.{name}^{TEXT_FIELDS[name]}" for name in only if name != leave_out]


def _beginning(words: str, field: str, *, is_phrase: bool) -> Made:
    """Words of which the last may go on."""
    if is_phrase or len(_TOKEN.findall(words)) > 1:
        made = {"query": words, "type": "phrase_prefix", "fields": _fields(field), "max_expansions": MOST_BEGINNINGS}
        return {"multi_match": made}
    if field:
        start = {"query": words, "type": "bool_prefix", "fields": _fields(field), "analyzer": "folded"}
        return _any([{"multi_match": start}, _phrase(words, _fields(field))])
    return {"match_bool_prefix": {"words": {"query": words}}}
