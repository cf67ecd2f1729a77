"""A Query as tantivy's queries, and what is marked in a hit."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from html import escape

import tantivy

from publishing.search.fields import FACETS
from publishing.search.query import Query, clean
from publishing.search.tantivy_schema import TEXT_FIELDS, folding_analyser, one_mu, stemming_analyser

MUST, SHOULD = tantivy.Occur.Must, tantivy.Occur.Should
IDENTIFIER_WEIGHT = 1_000.0
STUDY_WEIGHT = 1.0  # a study comes before its images, whose documents hold the same words
COMPLETIONS = 30  # words that an unfinished last word may stand for, in each field
SNIPPET = 220  # characters

_stemming, _folding = stemming_analyser(), folding_analyser()

Made = tantivy.Query

MOST_PIECES = 32
# Words that say nothing: left out unless they are all there is.
STOPWORDS = frozenset({"a", "an", "and", "at", "by", "for", "from", "in", "is", "of", "on", "or", "the", "to", "with"})
_QUOTES = str.maketrans(dict.fromkeys("“”„‟«»", '"'))
_PIECES = re.compile(r'"([^"]*)(?:"|$)|([^\s"]+)')


@dataclass(frozen=True)
class Piece:
    """A word or quoted phrase that a hit must hold."""

    text: str
    quoted: bool = False


def pieces(q: str) -> tuple[Piece, ...]:
    """The words and quoted phrases of what was typed; a quote without its end reaches to the end."""
    found = [
        Piece(quoted.strip() or word, quoted=bool(quoted.strip()))
        for quoted, word in _PIECES.findall(clean(q).translate(_QUOTES))
        if quoted.strip() or word
    ][:MOST_PIECES]
    telling = [piece for piece in found if piece.quoted or piece.text.casefold() not in STOPWORDS]
    return tuple(telling or found)


class Translator:
    """Makes the queries of one search. `words` is the text's part alone, for highlighting; None without any."""

    def __init__(self, query: Query, schema: tantivy.Schema, searcher: tantivy.Searcher) -> None:
        self._schema, self._searcher, self._query = schema, searcher, query
        typed = one_mu(query.q)
        self.words = self._words(pieces(typed))
        self._text = self._ranked(typed)

    def matching(self, *, without: str = "") -> Made:
        """The text and every filter, but for that of the facet `without`."""
        parts = [(MUST, self._text)]
        for facet in FACETS:
            if facet != without and (values := self._query.filters.get(facet)):
                parts.append((MUST, self.chosen(facet, values)))
        return Made.boolean_query(parts)

    def chosen(self, facet: str, values: Collection[str]) -> Made:
        """Documents with one of these values; they do not change the rank."""
        return Made.const_score_query(
            Made.term_set_query(self._schema, f"{facet}_in", [clean(value) for value in values]), 0.0
        )

    def _ranked(self, q: str) -> Made:
        if not q.strip():
            return Made.all_query()
        identifier = Made.term_query(self._schema, "identifiers", q.strip().casefold())
        found: list[tuple[tantivy.Occur, Made]] = [
            (SHOULD, Made.const_score_query(identifier, IDENTIFIER_WEIGHT)),
        ]
        if self.words is not None:
            found.append((SHOULD, self.words))
        study = Made.const_score_query(Made.term_query(self._schema, "type_in", "study"), STUDY_WEIGHT)
        return Made.boolean_query([(MUST, Made.boolean_query(found)), (SHOULD, study)])

    def _words(self, typed: tuple[Piece, ...]) -> Made | None:
        made = [self._piece(piece, last=piece is typed[-1]) for piece in typed]
        parts = [(MUST, part) for part in made if part is not None]
        return Made.boolean_query(parts) if parts else None

    def _piece(self, piece: Piece, *, last: bool) -> Made | None:
        tokens = _stemming.analyze(piece.text)
        if not tokens:
            return None
        if last and not piece.quoted and len(tokens) == 1 and not self._is_word(tokens[0]):
            return self._begun(_folding.analyze(piece.text)[0])
        return self._in_any_field(tokens)

    def _in_any_field(self, tokens: list[str]) -> Made:
        alternatives = []
        for field, weight in TEXT_FIELDS.items():
            if len(tokens) == 1:
                one = Made.term_query(self._schema, field, tokens[0])
            else:
                one = Made.phrase_query(self._schema, field, list(tokens))
            alternatives.append(Made.boost_query(one, weight))
        return Made.disjunction_max_query(alternatives, 0.2)

    def _is_word(self, token: str) -> bool:
        return any(self._searcher.doc_freq(field, token) for field in TEXT_FIELDS)

    def _begun(self, start: str) -> Made:
        """A last word that no document holds is taken for the beginning of one."""
        alternatives = []
        for field, weight in TEXT_FIELDS.items():
            if terms := [term for term, _ in self._searcher.terms_with_prefix(field, start, limit=COMPLETIONS)]:
                terms_query = Made.term_set_query(self._schema, field, terms)
                alternatives.append(Made.boost_query(Made.const_score_query(terms_query, 1.0), weight))
        return Made.disjunction_max_query(alternatives) if alternatives else Made.empty_query()


class Marker:
    """Marks a query's words in the stored texts of hits, as safe HTML."""

    def __init__(self, words: Made | None, schema: tantivy.Schema, searcher: tantivy.Searcher) -> None:
        self._generators: dict[str, tantivy.SnippetGenerator] = {}
        if words is not None:
            for field, length in (("title", 10_000), ("description", SNIPPET)):
                generator = tantivy.SnippetGenerator.create(searcher, words, schema, field)
                generator.set_max_num_chars(length)
                self._generators[field] = generator

    def title(self, found: tantivy.Document) -> str:
        return self._marked("title", found) or escape(found.get_first("title") or "")

    def snippet(self, found: tantivy.Document) -> str:
        """The part of the description with the words, else its beginning."""
        return self._marked("description", found) or escape(_shortened(found.get_first("description") or ""))

    def _marked(self, field: str, found: tantivy.Document) -> str:
        if field not in self._generators:
            return ""
        snippet = self._generators[field].snippet_from_doc(found)
        text, done, html = snippet.fragment().encode(), 0, ""  # the ranges count bytes
        for part in sorted(snippet.highlighted(), key=lambda part: part.start):
            if part.start >= done:
                html += escape(text[done : part.start].decode())
                html += f"<mark>{escape(text[part.start : part.end].decode())}</mark>"
                done = part.end
        return html + escape(text[done:].decode()) if done else ""


def _shortened(text: str) -> str:
    if len(text) <= SNIPPET:
        return text
    return text[:SNIPPET].rsplit(" ", 1)[0].rstrip() + " …"
