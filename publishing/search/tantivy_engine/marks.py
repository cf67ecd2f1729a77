"""What is marked in a hit: a query's words, in the stored texts, as safe HTML."""

from collections.abc import Iterator
from html import escape

import tantivy

from publishing.search.clauses import Clause, Text, parts_of
from publishing.search.fields import ATTRIBUTES
from publishing.search.tantivy_engine.query import Translator

SNIPPET = 220  # characters
COMPLETIONS = 30  # words that a beginning stands for, to mark
_LONGEST = {"title": 10_000, "description": SNIPPET}


class Marker:
    """Marks the words that a clause asks for."""

    def __init__(
        self, clause: Clause, translator: Translator, schema: tantivy.Schema, searcher: tantivy.Searcher
    ) -> None:
        self._schema, self._searcher = schema, searcher
        self._generators: dict[str, tantivy.SnippetGenerator] = {}
        texts = [part for part in parts_of(clause) if isinstance(part, Text)]
        for field, length in _LONGEST.items():
            stems = list(dict.fromkeys(stem for text in texts for stem in self._stems(text, field, translator)))
            if stems:
                query = tantivy.Query.term_set_query(schema, field, stems)
                generator = tantivy.SnippetGenerator.create(searcher, query, schema, field)
                generator.set_max_num_chars(length)
                self._generators[field] = generator

    def _stems(self, text: Text, field: str, translator: Translator) -> Iterator[str]:
        if text.field and ATTRIBUTES.get(text.field) != field:
            return
        for words in translator.words(text):
            yield from words.stems
            if words.begun:
                found = self._searcher.terms_with_prefix(field, words.begun, limit=COMPLETIONS)
                yield from (term for term, _ in found)

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
