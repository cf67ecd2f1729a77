"""Questions to the index of names; while there is none yet, to the tables."""

import logging
import threading
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import tantivy
from django.db.models import Q, QuerySet

from ontology.bindings import BINDINGS
from ontology.mapping.spellings import ids_in, spellings
from ontology.models import Synonym, Term
from ontology.names.comparing import Kind, Name, best_names, fold, plain, run_together
from ontology.names.store import BEGINNING, GRAM, SCHEMA, folder, open_index, read_name, stamps_of_index

logger = logging.getLogger(__name__)

_PER_TERM = 5  # names looked at for each term that is wanted, since several may be of one term
_FUZZY = 4  # letters from which a word may have a typing error
_TWICE_FUZZY = 8  # letters from which a name may have two
_WORDS = 8  # words that are compared; what has more is a sentence, not a name
_LOCAL_ID = 3  # letters of a CURIE's second part from which it is completed

Query = tantivy.Query


def _term(field: str, value: str) -> Query:
    return Query.term_query(SCHEMA, field, value, "basic")


def _all(queries: Collection[Query]) -> Query:
    return Query.boolean_query([(tantivy.Occur.Must, query) for query in queries])


def _any(queries: Collection[Query]) -> Query:
    return Query.boolean_query([(tantivy.Occur.Should, query) for query in queries])


def _grams(text: str) -> list[str]:
    return list(dict.fromkeys(text[start : start + GRAM] for start in range(len(text) - GRAM + 1)))


def _holding(text: str) -> list[Query]:
    return [_term("grams", gram) for gram in _grams(text)]


def _beginning(field: str, text: str) -> Query:
    """What begins with the text; a text longer than what is indexed of a beginning is held nearly always."""
    if len(text) <= BEGINNING:
        return _term(field, text)
    return _all([_term(field, text[:BEGINNING]), *_holding(text)])


class Names:
    """The names of one binding, or of one ontology, as of the index's last commit. Texts are as by `plain`."""

    def __init__(self, searcher: tantivy.Searcher, bound: Query) -> None:
        self._searcher = searcher
        self._bound = Query.const_score_query(bound, 0)

    def exact(self, text: str, limit: int) -> list[Name]:
        return self._rather(_any([_term("name", run_together(text)), _term("id", text)]), limit)

    def of_exact_id(self, text: str) -> list[Name]:
        return self._rather(_term("id", text), 2)

    def beginning(self, text: str, limit: int) -> list[Name]:
        return self._rather(_beginning("beginning", text), limit)

    def of_id(self, text: str, limit: int) -> list[Name]:
        """Terms whose CURIE begins with the text."""
        if len(text.rpartition(" ")[2]) < _LOCAL_ID or " " not in text:
            return []
        found = self._searcher.terms_with_prefix("id", text, limit=limit)
        return self._rather(_any([_term("id", curie) for curie, _ in found]), limit) if found else []

    def with_words(self, text: str, limit: int) -> list[Name]:
        """Names with a word beginning with each of the text's words."""
        words = text.split()[:_WORDS]
        return self._rather(_all([_beginning("word_beginnings", word) for word in words]), limit)

    def holding(self, text: str, limit: int) -> list[Name]:
        return self._rather(_all(_holding(text)), limit) if len(text) >= GRAM else []

    def like(self, text: str, limit: int) -> list[Name]:
        """Names that have or begin with the text but for a typing error or, in longer texts, two; or that have it in
        each word."""
        if len(text) < _FUZZY:
            return []
        words = text.split()[:_WORDS]
        each = _all([_word_like(word) for word in words])
        found = self._rather(_any([_like("name", run_together(text), 1), each]), limit)
        if not found and len(text) >= _TWICE_FUZZY:
            found = self._rather(_like("name", run_together(text), 2), limit)
        return found

    def alike(self, text: str, limit: int) -> list[Name]:
        """Names that share the most and the rarest trigrams with the text."""
        grams = _grams(f" {text} ")
        query = _all([_any([_term("grams", gram) for gram in grams]), self._bound]) if grams else Query.empty_query()
        return self._read(self._searcher.search(query, limit, count=False))

    def _rather(self, query: Query, limit: int) -> list[Name]:
        """Those of the binding that are rather offered."""
        within = _all([query, self._bound])
        return self._read(self._searcher.search(within, limit, count=False, order_by_field="weight"))

    def _read(self, result: tantivy.SearchResult) -> list[Name]:
        return [read_name(self._searcher.doc(address)) for _, address in result.hits]


def _like(field: str, text: str, distance: int) -> Query:
    return Query.fuzzy_term_query(SCHEMA, field, text, distance, prefix=True)


def _word_like(word: str) -> Query:
    if len(word) < _FUZZY:
        return _beginning("word_beginnings", word)
    if len(word) <= BEGINNING:
        return Query.fuzzy_term_query(SCHEMA, "word_beginnings", word, 1)
    return _like("words", word, 1)


@dataclass(frozen=True)
class _Opened:
    folder: Path
    changed: int  # ns, of meta.json, which every commit replaces
    index: tantivy.Index


_opened: _Opened | None = None
_lock = threading.Lock()


def names_of(binding: str) -> Names | None:
    """The names of a binding's terms; None while there is no index. Raises KeyError if there is no such binding."""
    if binding not in BINDINGS:
        raise KeyError(binding)
    searcher = _searcher()
    return Names(searcher, _term("binding", binding)) if searcher else None


def _searcher() -> tantivy.Searcher | None:
    global _opened
    path = folder()
    try:
        if stamps_of_index() is None:
            return None
        changed = (path / "meta.json").stat().st_mtime_ns
        with _lock:
            opened = _opened
            if opened is None or opened.folder != path:
                opened = _Opened(path, 0, open_index(path))
            if opened.changed != changed:
                opened.index.reload()
                _opened = opened = _Opened(path, changed, opened.index)
    except (OSError, ValueError):
        logger.exception("the index of names in %s cannot be read; the indexer makes it anew", path)
        return None
    return opened.index.searcher()


def suggested(text: str, terms: QuerySet[Term], binding: str, limit: int) -> list[Name]:
    """The names that fit a text that is being typed, one a term, the best first; `terms` are those of the
    binding, asked while there is no index. Raises KeyError if there is no such binding."""
    return _suggested(text, terms, names_of(binding), limit)


def suggested_of(ontology: int, text: str, limit: int) -> list[Name]:
    """As `suggested`, of the ontology with this key; its table answers until the index has it."""
    searcher = _searcher() if str(ontology) in (stamps_of_index() or ()) else None
    bound = Query.term_query(SCHEMA, "ontology", ontology)
    terms = Term.objects.filter(ontology=ontology)
    return _suggested(text, terms, Names(searcher, bound) if searcher else None, limit)


def _suggested(text: str, terms: QuerySet[Term], names: Names | None, limit: int) -> list[Name]:
    typed, most = plain(text), _PER_TERM * limit
    if not typed or limit < 1:
        return []
    if names is None:
        return best_names(typed, _of_tables(text, terms, most), limit)
    for given in ids_in(text):
        if given != typed and (term := names.of_exact_id(given)):  # "http://purl.obolibrary.org/obo/GO_0005634"
            return term[:1]
    found = _fitting(names, typed, most)
    for spelling in () if found else spellings(typed):
        if found := _fitting(names, spelling, most):
            typed = spelling
            break
    for look in (names.holding, names.like):
        if len({name.curie for name in found if not name.obsolete}) < limit:
            found += look(typed, most)
    return best_names(typed, found, limit)


def _fitting(names: Names, typed: str, most: int) -> list[Name]:
    looks = (names.exact, names.beginning, names.of_id, names.with_words)
    return [name for look in looks for name in look(typed, most)]


def _of_tables(text: str, terms: QuerySet[Term], limit: int) -> list[Name]:
    """Names that begin with the text, and terms with this CURIE, by the indexes of the tables."""
    begun = fold(text)
    labels = terms.filter(Q(label_folded__startswith=begun) | Q(curie=text.strip()))
    synonyms = Synonym.objects.filter(text_folded__startswith=begun, term__in=terms)
    rows = [
        *(
            (label, curie, "label", gone)
            for label, curie, gone in labels.values_list("label", "curie", "obsolete")[:limit]
        ),
        *synonyms.values_list("text", "term__curie", "scope", "term__obsolete")[:limit],
    ]
    return [Name(name, curie, Kind[kind.upper()], gone, known=False) for name, curie, kind, gone in rows]
