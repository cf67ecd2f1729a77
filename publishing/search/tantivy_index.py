"""The embedded index: tantivy, in a folder per generation, and a file `current` that names the one in use.

A rebuild writes a new generation and then changes the name in `current`, so that no search sees half of it.
"""

import logging
import os
import shutil
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tantivy

from base.ids import new_id
from publishing.search.document import Document
from publishing.search.fields import FACETS
from publishing.search.query import Query, clean
from publishing.search.results import FacetCount, Hit, Results
from publishing.search.tantivy_query import Marker, Translator
from publishing.search.tantivy_schema import (
    ANALYSER,
    SEPARATOR,
    VERSION,
    make_schema,
    read_card,
    stemming_analyser,
    to_tantivy,
)

logger = logging.getLogger(__name__)

WRITER_BYTES = 64_000_000  # memory that documents wait in before a segment is written
COUNTED = 100  # values counted in a facet
COMMIT_EVERY = 50_000  # documents, while rebuilding


@dataclass(frozen=True)
class _Reader:
    folder: Path
    changed: int  # ns, of meta.json, which every commit replaces
    index: tantivy.Index


def _open(folder: Path) -> tantivy.Index:
    index = tantivy.Index(make_schema(), path=str(folder))
    index.register_tokenizer(ANALYSER, stemming_analyser())
    index.config_reader("manual")
    return index


class TantivyIndex:
    """SearchIndex in a folder of this machine."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._pointer = root / "current"
        self._reader: _Reader | None = None
        self._writer: tantivy.IndexWriter | None = None
        self._lock = threading.Lock()

    # Writing

    def exists(self) -> bool:
        return self._searcher() is not None

    def index(self, documents: Iterable[Document]) -> None:
        writer = self._writing()
        for document in documents:
            writer.delete_documents_by_term("id", document.id)
            writer.add_document(to_tantivy(document))

    def delete_study(self, study: str) -> None:
        self._writing().delete_documents_by_term("study", study)

    def commit(self) -> None:
        if self._writer is not None:
            self._writer.commit()

    def rebuild(self, documents: Iterable[Document]) -> int:
        fresh = self._new_generation()
        writer = _open(fresh).writer(WRITER_BYTES, 1)
        count = 0
        for count, document in enumerate(documents, 1):
            writer.add_document(to_tantivy(document))
            if count % COMMIT_EVERY == 0:
                writer.commit()
        writer.commit()
        writer.wait_merging_threads()
        self.close()
        before = self._current()
        self._point_to(fresh)
        self._remove_all_but(fresh, before)  # a search may just be opening the one before
        return count

    def close(self) -> None:
        if self._writer is not None:
            self._writer.rollback()
            self._writer.wait_merging_threads()
            self._writer = None

    def _writing(self) -> tantivy.IndexWriter:
        if self._writer is None:
            folder = self._current()
            if folder is None:
                folder = self._new_generation()
                _open(folder)
                self._point_to(folder)
            self._writer = _open(folder).writer(WRITER_BYTES, 1)
        return self._writer

    def _new_generation(self) -> Path:
        folder = self._root / f"v{VERSION}-{new_id().hex}"
        folder.mkdir(parents=True)
        return folder

    def _point_to(self, folder: Path) -> None:
        part = self._pointer.with_suffix(".part")
        with part.open("w") as file:
            file.write(folder.name)
            file.flush()
            os.fsync(file.fileno())
        part.replace(self._pointer)

    def _remove_all_but(self, *kept: Path | None) -> None:
        for folder in self._root.glob("v*-*"):
            if folder not in kept:
                shutil.rmtree(folder, ignore_errors=True)

    def _current(self) -> Path | None:
        try:
            name = self._pointer.read_text().strip()
        except FileNotFoundError:
            return None
        folder = self._root / name
        usable = name.startswith(f"v{VERSION}-") and "/" not in name and tantivy.Index.exists(str(folder))
        return folder if usable else None

    # Reading

    def _searcher(self) -> tuple[tantivy.Searcher, tantivy.Schema] | None:
        """A view of the last commit of the generation in use; None while there is none that can be read."""
        folder = self._current()
        if folder is None:
            return None
        try:
            changed = (folder / "meta.json").stat().st_mtime_ns
            with self._lock:
                reader = self._reader
                if reader is None or reader.folder != folder:
                    reader = _Reader(folder, 0, _open(folder))
                if reader.changed != changed:
                    reader.index.reload()
                    self._reader = reader = _Reader(folder, changed, reader.index)
        except (OSError, ValueError):
            logger.exception("the search index in %s cannot be read; manage.py reindex makes it anew", folder)
            return None
        return reader.index.searcher(), reader.index.schema

    def count(self) -> int:
        found = self._searcher()
        return found[0].num_docs if found else 0

    def search(self, query: Query) -> Results:
        found = self._searcher()
        if found is None:
            return Results((), 0, dict.fromkeys(FACETS, ()))
        searcher, schema = found
        translator = Translator(query, schema, searcher)
        matching = translator.matching()
        order: dict[str, Any] = {}
        if query.sort != "relevance" or not query.q:
            oldest = query.sort == "oldest"
            order = {"order_by_field": "newest", "order": tantivy.Order.Asc if oldest else tantivy.Order.Desc}
        page = min(query.page, query.deepest_page)
        result = searcher.search(matching, query.size, count=True, offset=(page - 1) * query.size, **order)
        total = _total(result)
        marker = Marker(translator.words, schema, searcher)
        return Results(
            hits=tuple(_hit(searcher.doc(address), marker) for _, address in result.hits),
            total=total,
            page=page,
            pages=min(query.deepest_page, max(1, -(-total // query.size))),
            facets=_facets(query, translator, searcher),
        )

    def suggest(self, text: str, limit: int = 8) -> list[str]:
        found, start = self._searcher(), clean(text).strip().casefold()
        if found is None or not start:
            return []
        terms = found[0].terms_with_prefix("suggestions", start, limit=200)
        terms.sort(key=lambda term: (-term[1], term[0]))
        return [term.split(SEPARATOR, 1)[1] for term, _ in terms[:limit]]


def _total(result: tantivy.SearchResult) -> int:
    count: int | None = result.count  # type: ignore[attr-defined]  # it is there, but not in tantivy's stubs
    return count or 0


def _hit(found: tantivy.Document, marker: Marker) -> Hit:
    return Hit(
        id=found.get_first("id") or "",
        study=found.get_first("study") or "",
        title=found.get_first("title") or "",
        title_html=marker.title(found),
        snippet=marker.snippet(found),
        **read_card(found),
    )


def _facets(query: Query, translator: Translator, searcher: tantivy.Searcher) -> dict[str, tuple[FacetCount, ...]]:
    """Each facet's counts as if nothing were chosen in it; those without a choice are counted in one pass."""
    free = [facet for facet in FACETS if not query.filters.get(facet)]
    buckets = _buckets(searcher, translator.matching(), free) if free else {}
    for facet in FACETS:
        if facet not in buckets:
            buckets |= _buckets(searcher, translator.matching(without=facet), [facet])
    facets = {}
    for facet, counted in buckets.items():
        chosen = query.filters.get(facet, ())
        counts = [FacetCount(value, label, count, value in chosen) for value, label, count in counted]
        shown = {count.value for count in counts}
        others = translator.matching(without=facet)
        for value in chosen:
            if value not in shown:  # a term above those counted, one of the rare ones, or none of this catalogue's
                both = others.and_must_match(translator.chosen(facet, [value]))
                counts.append(FacetCount(value, value, _total(searcher.search(both, 1)), selected=True))
        facets[facet] = tuple(counts)
    return facets


def _buckets(
    searcher: tantivy.Searcher, matching: tantivy.Query, facets: list[str]
) -> dict[str, list[tuple[str, str, int]]]:
    wanted = {facet: {"terms": {"field": f"{facet}_counted", "size": COUNTED}} for facet in facets}
    counted = {}
    for facet, answer in searcher.aggregate(matching, wanted).items():
        entries = [(*bucket["key"].split(SEPARATOR, 1), bucket["doc_count"]) for bucket in answer["buckets"]]
        counted[facet] = sorted(entries, key=lambda entry: (-entry[2], entry[1].casefold()))
    return counted
