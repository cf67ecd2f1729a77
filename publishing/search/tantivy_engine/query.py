"""Clauses as tantivy's queries."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

import tantivy

from publishing.search.clauses import And, Clause, Everything, Not, OneOf, Or, Pair, Present, Range, Text
from publishing.search.document import PUBLIC
from publishing.search.fields import ATTRIBUTES, FACETS, TEXT_FIELDS
from publishing.search.query import TYPES, Query, clean
from publishing.search.tantivy_engine.schema import (
    NOT_PUBLIC,
    NUMBERS,
    SEPARATOR,
    VALUES,
    fold,
    folding_analyser,
    stemming_analyser,
    tidy,
)

MUST, SHOULD, MUST_NOT = tantivy.Occur.Must, tantivy.Occur.Should, tantivy.Occur.MustNot
IDENTIFIER_WEIGHT = 1_000.0
STUDY_WEIGHT = 1.0  # a study comes before its images, whose documents hold the same words
OTHER_FIELDS = 0.2  # how much it adds that a word is found in a second field

Made = tantivy.Query
stemming, folding = stemming_analyser(), folding_analyser()


@dataclass(frozen=True)
class Words:
    """Words to find side by side, by their stems; of the last the beginning, if `begun` is not empty."""

    stems: tuple[str, ...]
    begun: str = ""


class Translator:
    """Makes the engine's queries of one Query."""

    def __init__(self, query: Query, schema: tantivy.Schema, searcher: tantivy.Searcher) -> None:
        self._schema, self._searcher, self._query = schema, searcher, query
        self._clause = self.of(query.reading.clause) or Made.empty_query()

    def matching(self, *, without: str = "") -> Made:
        """The clause and every filter, but for that of the facet `without`, for whom the query may see it."""
        parts = [(MUST, self._clause), *self._seen(), *self._types(() if without == "type" else self._query.types)]
        for facet in FACETS:
            if facet not in (without, "type") and (values := self._query.filters.get(facet)):
                parts.append((MUST, self.one_of(facet, values)))
        return Made.boolean_query(parts)

    def ranked(self) -> Made:
        """The same, studies first."""
        study = _silent(self._term("type_in", "study"), STUDY_WEIGHT)
        return Made.boolean_query([(MUST, self.matching()), (SHOULD, study)])

    def also(self, facet: str, value: str, *, without: str = "") -> Made:
        """What matches and has this value too."""
        return Made.boolean_query([(MUST, self.matching(without=without)), (MUST, self.one_of(facet, [value]))])

    def one_of(self, field: str, values: Collection[str]) -> Made:
        """Documents with one of these values; they do not change the rank."""
        if field not in VALUES:
            return Made.empty_query()
        return _silent(Made.term_set_query(self._schema, f"{field}_in", list({fold(value) for value in values})))

    def _seen(self) -> Iterator[tuple[tantivy.Occur, Made]]:
        audience = [clean(name) for name in self._query.audience]
        named = Made.term_set_query(self._schema, "audience", audience)
        if PUBLIC not in audience:
            yield MUST, _silent(named)
        else:
            hidden = self._term("audience", NOT_PUBLIC)
            yield MUST_NOT, Made.boolean_query([(MUST, hidden), (MUST_NOT, named)])

    def _types(self, types: Collection[str]) -> Iterator[tuple[tantivy.Occur, Made]]:
        """Images are most of an index: where they are wanted, it is quicker to leave out the others."""
        others = [one for one in TYPES if one not in (types or TYPES)]
        if "image" in others:
            yield MUST, self.one_of("type", types)
        elif others:
            yield MUST_NOT, self.one_of("type", others)

    def of(self, clause: Clause) -> Made | None:
        """The engine's query of a clause; None if it says nothing, as a word without letters."""
        match clause:
            case Everything():
                return Made.all_query()
            case Text():
                return self._text(clause)
            case OneOf(field, values):
                return self.one_of(field, values)
            case Range():
                return self._range(clause)
            case Pair():
                return self._pair(clause)
            case Present(field):
                return self._present(field)
            case And(parts):
                return self._and(parts)
            case Or(parts):
                made = [(SHOULD, one) for one in map(self.of, parts) if one is not None]
                return Made.boolean_query(made) if made else None
            case Not(part):
                return self._and((Not(part),))

    def _and(self, parts: Iterable[Clause]) -> Made | None:
        made = []
        for part in parts:
            one = self.of(part.part if isinstance(part, Not) else part)
            if one is not None:
                made.append((MUST_NOT if isinstance(part, Not) else MUST, one))
        if made and all(occur == MUST_NOT for occur, _ in made):
            made.append((MUST, _silent(Made.all_query())))
        return Made.boolean_query(made) if made else None

    def _text(self, text: Text) -> Made | None:
        fields = {ATTRIBUTES[text.field]: 1.0} if text.field in ATTRIBUTES else TEXT_FIELDS
        parts = [(MUST, self._side_by_side(words, fields)) for words in self.words(text)]
        if not parts:
            return None
        found = Made.boolean_query(parts) if len(parts) > 1 else parts[0][1]
        if text.field or text.begun:
            return found
        identifier = _silent(self._term("identifiers", fold(text.words)), IDENTIFIER_WEIGHT)
        return Made.boolean_query([(SHOULD, found), (SHOULD, identifier)])

    def words(self, text: Text) -> Iterator[Words]:
        """The words of a text, and those that belong together; none if it has no letters."""
        chunks = [tidy(text.words)] if text.phrase else tidy(text.words).split()
        for number, chunk in enumerate(chunks, 1):
            stems = stemming.analyze(chunk)
            if not stems:
                continue
            is_last = number == len(chunks)
            begun = is_last and (text.begun or (text.unfinished and not self.is_word(stems[-1])))
            yield Words(tuple(stems), folding.analyze(chunk)[-1] if begun else "")

    def is_word(self, stem: str) -> bool:
        return any(self._searcher.doc_freq(field, stem) for field in TEXT_FIELDS)

    def _side_by_side(self, words: Words, fields: dict[str, float]) -> Made:
        alternatives = [
            Made.boost_query(one, weight) for field, weight in fields.items() for one in self._in(field, words)
        ]
        return alternatives[0] if len(alternatives) == 1 else Made.disjunction_max_query(alternatives, OTHER_FIELDS)

    def _in(self, field: str, words: Words) -> Iterator[Made]:
        if words.begun and len(words.stems) > 1:
            yield Made.phrase_prefix_query(self._schema, field, [*words.stems[:-1], words.begun])
        elif words.begun:
            yield self._beginning(field, words.begun)
        if len(words.stems) > 1:
            yield Made.phrase_query(self._schema, field, list(words.stems))
        else:
            yield self._term(field, words.stems[0])

    def _range(self, clause: Range) -> Made:
        if clause.field not in NUMBERS:
            return Made.empty_query()
        if clause.low is None and clause.high is None:
            return self._present(clause.field)
        return _silent(
            Made.range_query(
                self._schema,
                f"{clause.field}_number",
                tantivy.FieldType.Float,
                None if clause.low is None else float(clause.low),
                None if clause.high is None else float(clause.high),
                clause.low_is_in or clause.low is None,
                clause.high_is_in or clause.high is None,
            )
        )

    def _pair(self, pair: Pair) -> Made:
        name, value = fold(pair.name), fold(pair.value)
        if not value:
            return _silent(self._beginning("pair_names", name + SEPARATOR))
        ending = "" if pair.begun else SEPARATOR
        return _silent(self._beginning("pairs", f"{name}{SEPARATOR}{value}{ending}"))

    def _present(self, field: str) -> Made:
        if field in FACETS:
            return _silent(Made.exists_query(f"{field}_counted"))
        if field in NUMBERS:
            return _silent(Made.exists_query(f"{field}_number"))
        return _silent(self._term("present", field))

    def _term(self, field: str, value: str) -> Made:
        return Made.term_query(self._schema, field, value)

    def _beginning(self, field: str, start: str) -> Made:
        return Made.fuzzy_term_query(self._schema, field, start, distance=0, prefix=True)


def _silent(query: Made, score: float = 0.0) -> Made:
    """What is fulfilled, without a part in the rank."""
    return Made.const_score_query(query, score)
