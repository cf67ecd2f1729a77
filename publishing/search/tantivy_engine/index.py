"""The embedded index: tantivy in a folder of this machine. One process writes, many read."""

import logging
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property
from html import escape
from pathlib import Path

import tantivy
from django.utils.translation import gettext

from publishing.search.document import Document
from publishing.search.index import Late, SearchUnavailable, no_index, nothing_late
from publishing.search.query import Query, clean
from publishing.search.results import Completion, Health, Hit, Results
from publishing.search.tantivy_engine.facets import Counts, Lineages, count_facets, count_of
from publishing.search.tantivy_engine.folders import Generations, is_of_this_code, open_index
from publishing.search.tantivy_engine.marks import Marker
from publishing.search.tantivy_engine.pages import ByDate, Cursor, at_edge
from publishing.search.tantivy_engine.query import Translator
from publishing.search.tantivy_engine.schema import Maker, read_card
from publishing.search.tantivy_engine.similar import like
from publishing.search.tantivy_engine.words import Vocabulary, corrected

logger = logging.getLogger(__name__)

WRITER_BYTES = 64_000_000  # memory that documents wait in before a segment is written
BUILDER_BYTES = 256_000_000  # the same, while rebuilding
KEPT = 64  # searches whose counts are kept until the next commit
FEW = 3  # hits; below, it is asked whether a word was misspelt


class _View:
    """What a search looks at: one commit of one generation."""

    def __init__(self, folder: Path, changed: int, index: tantivy.Index) -> None:
        self.folder, self.changed, self.index = folder, changed, index
        self.searcher, self.schema = index.searcher(), index.schema
        self.lineages = Lineages(self.searcher)
        self._counted: dict[object, tuple[Counts, Counts]] = {}

    @cached_property
    def vocabulary(self) -> Vocabulary:
        return Vocabulary(self.schema, self.searcher, self.lineages)

    def facets(self, query: Query, translator: Translator) -> tuple[Counts, Counts]:
        """Kept for the next page of a list, and for lists that many look at."""
        asked = (query.reading.clause, tuple(sorted(query.filters.items())), query.audience, query.counted)
        counted = self._counted.get(asked)
        if counted is None:
            if len(self._counted) >= KEPT:
                self._counted.clear()
            counted = count_facets(query, translator, self.searcher, self.lineages)
            self._counted[asked] = counted
        return counted

    def translator(self, query: Query) -> Translator:
        return Translator(query, self.schema, self.searcher)

    def count(self, query: Query) -> int:
        return count_of(self.searcher, self.translator(query).matching())


class TantivyIndex:
    """SearchIndex in a folder of this machine."""

    def __init__(self, root: Path) -> None:
        self._generations = Generations(root)
        self._opened: _View | None = None
        self._writer: tantivy.IndexWriter | None = None
        self._lock = threading.Lock()

    # Writing

    def exists(self) -> bool:
        folder = self._generations.current()
        return folder is not None and is_of_this_code(folder) and self._view() is not None

    def index(self, documents: Iterable[Document]) -> None:
        writer, maker = self._writing(), Maker()
        for document in documents:
            writer.delete_documents_by_term("id", document.id)
            writer.add_document(maker.document(document))

    def delete_study(self, study: str) -> None:
        self._writing().delete_documents_by_term("study", study)

    def commit(self) -> None:
        if self._writer is not None:
            self._writer.commit()

    def rebuild(self, documents: Iterable[Document], late: Late = nothing_late) -> int:
        fresh = self._generations.new()
        writer, maker = open_index(fresh).writer(BUILDER_BYTES, 1), Maker()
        count = 0
        for document in documents:
            writer.add_document(maker.document(document))
            count += 1
        writer.commit()
        writer.wait_merging_threads()  # before `late`, since others may wait from then on
        writer, maker = open_index(fresh).writer(WRITER_BYTES, 1), Maker()
        for study, changed in late():
            writer.delete_documents_by_term("study", study)
            for document in changed:
                writer.delete_documents_by_term("id", document.id)
                writer.add_document(maker.document(document))
        writer.commit()
        writer.wait_merging_threads()
        self.close()
        self._generations.use(fresh)
        return count

    def close(self) -> None:
        writer, self._writer = self._writer, None  # given up whatever happens: one that failed once panics from then on
        if writer is None:
            return
        try:
            writer.rollback()
            writer.wait_merging_threads()
        except (OSError, ValueError):
            logger.exception("the files that were written to are gone or damaged; what was not committed is left")

    def _writing(self) -> tantivy.IndexWriter:
        if self._writer is None:
            folder = self._generations.current()
            if folder is None or not is_of_this_code(folder):
                folder = self._generations.new()
                open_index(folder)
                self._generations.use(folder)
            self._writer = open_index(folder).writer(WRITER_BYTES, 1)
        return self._writer

    # Reading

    def _view(self) -> _View | None:
        """The last commit of the generation in use; None while there is none that can be read."""
        folder = self._generations.current()
        if folder is None:
            return None
        try:
            changed = (folder / "meta.json").stat().st_mtime_ns  # every commit replaces this file
            with self._lock:
                view = self._opened
                if view is None or view.folder != folder or view.changed != changed:
                    index = view.index if view and view.folder == folder else open_index(folder)
                    index.reload()
                    self._opened = view = _View(folder, changed, index)
        except (OSError, ValueError):
            logger.exception("the search index in %s cannot be read; manage.py reindex makes it anew", folder)
            return None
        return view

    def _present(self) -> _View:
        """What is searched. Raises SearchUnavailable."""
        view = self._view()
        if view is not None:
            return view
        if self._generations.is_any_named():
            raise SearchUnavailable(gettext("The search index is lost or damaged; the indexer makes it anew."))
        raise no_index()

    def search(self, query: Query) -> Results:
        view = self._present()
        with _reading(view):
            return _search(view, query)

    def count(self, query: Query) -> int:
        view = self._present()
        with _reading(view):
            return view.count(query)

    def scan(self, query: Query) -> Iterator[Hit]:
        view = self._present()
        with _reading(view):
            listed = ByDate(view.searcher, view.schema, view.translator(query).matching())
            for _, document in listed.all(falling=query.sort != "oldest"):
                yield _hit(document)

    def suggest(self, text: str, limit: int = 8) -> list[Completion]:
        view = self._present()
        with _reading(view):
            return view.vocabulary.suggest(text, limit)

    def keys(self, text: str, limit: int = 20) -> list[Completion]:
        view = self._present()
        with _reading(view):
            return view.vocabulary.keys(text, limit)

    def values(self, name: str, text: str, limit: int = 20) -> list[Completion]:
        view = self._present()
        with _reading(view):
            return view.vocabulary.values(name, text, limit)

    def similar(self, document: str, limit: int = 6) -> tuple[Hit, ...]:
        view = self._present()
        with _reading(view):
            found = like(view.searcher, view.schema, clean(document), limit)
            return tuple(_hit(view.searcher.doc(address)) for address in found)

    def health(self) -> Health:
        folder, view = self._generations.current(), self._view()
        if folder is None and not self._generations.is_any_named():
            return Health(False, gettext("There is no index; the indexer makes it."))
        if folder is None or view is None:
            return Health(False, gettext("The index is lost or damaged; the indexer makes it anew."))
        try:
            with _reading(view):
                _search(view, Query(size=1))
        except SearchUnavailable as error:
            return Health(False, str(error))
        count = view.searcher.num_docs
        if not is_of_this_code(folder):
            return Health(False, gettext("The index was made by another version; the indexer makes it anew."), count)
        return Health(True, gettext("It answers."), count)


@contextmanager
def _reading(view: _View) -> Iterator[None]:
    """What the engine says of damaged files, as what the site knows. Raises SearchUnavailable."""
    try:
        yield
    except (OSError, ValueError) as error:
        logger.exception("the search index in %s cannot be read; manage.py reindex makes it anew", view.folder)
        raise SearchUnavailable(gettext("The search index cannot be read.")) from error


def _search(view: _View, query: Query) -> Results:
    translator = view.translator(query)
    facets, above = view.facets(query, translator)
    total = sum(count.count for count in facets["type"] if count.value in query.types)
    marker = Marker(query.reading.clause, translator, view.schema, view.searcher)
    hits, following, previous = _page(view, query, translator, marker, total)
    proposed = ""
    if total < FEW and query.reading.has_words and (typed := corrected(query, view.vocabulary, translator)):
        other = replace(query, q=typed)
        proposed = typed if view.count(other) > total else ""
    return Results(
        hits=hits,
        total=total,
        facets=facets,
        above=above,
        page=query.page,
        pages=min(query.deepest_page, max(1, -(-total // query.size))),
        next=following,
        previous=previous,
        did_you_mean=proposed,
    )


def _page(
    view: _View, query: Query, translator: Translator, marker: Marker, total: int
) -> tuple[tuple[Hit, ...], str, str]:
    """The hits, and the cursors of the pages after and before, which lists by date have."""
    offset = (query.page - 1) * query.size
    if query.is_ranked:
        if query.page > query.deepest_page:
            return (), "", ""
        found = view.searcher.search(translator.ranked(), query.size, count=False, offset=offset).hits
        return tuple(_hit(view.searcher.doc(address), marker) for _, address in found), "", ""
    falling = query.sort != "oldest"
    after, before = Cursor.read(query.after), Cursor.read(query.before)
    back = after is None and before is not None
    cursor = before if back else after
    if cursor is None and query.page > query.deepest_page:
        return (), "", ""
    listed = ByDate(view.searcher, view.schema, translator.matching())
    found = listed.listed(query.size + 1, falling=falling != back, cursor=cursor, offset=0 if cursor else offset)
    goes_on, found = len(found) > query.size, found[: query.size]
    if back:
        found.reverse()
    hits = tuple(_hit(view.searcher.doc(address), marker) for _, address in found)
    if not hits:
        return (), "", ""
    places = [(place, hit.id) for (place, _), hit in zip(found, hits, strict=True)]
    following = at_edge(places, None if back else cursor) if goes_on or back else ""
    has_previous = goes_on if back else cursor is not None or offset > 0
    previous = at_edge(places[::-1], cursor if back else None) if has_previous else ""
    return hits, following, previous


def _hit(found: tantivy.Document, marker: Marker | None = None) -> Hit:
    title = found.get_first("title") or ""
    return Hit(
        id=found.get_first("id") or "",
        study=found.get_first("study") or "",
        title=title,
        title_html=marker.title(found) if marker else escape(title),
        snippet=marker.snippet(found) if marker else "",
        **read_card(found),
    )
