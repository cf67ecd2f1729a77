"""Elasticsearch as the search engine: for catalogues that one machine's folder no longer holds.

Documents lie in an index `<prefix>-v<VERSION>-<time>`; all reading and writing goes to the alias `<prefix>`. A rebuild
writes a further index, then moves the alias in one act, so that no search sees half of it.
"""

import logging
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

from django.utils.translation import gettext as _
from elastic_transport import TransportError
from elasticsearch import ApiError, BadRequestError, Elasticsearch, NotFoundError
from elasticsearch.helpers import streaming_bulk

from base.ids import new_id
from publishing.search.document import Document
from publishing.search.elastic_engine import results as elastic_results
from publishing.search.elastic_engine import words as elastic_words
from publishing.search.elastic_engine.client import WRITE_SECONDS, Place, answering, make_client, unavailable
from publishing.search.elastic_engine.counting import EXACTLY
from publishing.search.elastic_engine.facets import Lineages
from publishing.search.elastic_engine.schema import (
    LINEAGE,
    VERSION,
    Made,
    lineage_id,
    lineages_of,
    make_mappings,
    make_settings,
    to_elastic,
)
from publishing.search.index import Late, SearchUnavailable, nothing_late
from publishing.search.query import Query
from publishing.search.results import Completion, Health, Hit, Results

logger = logging.getLogger(__name__)

BULK_DOCUMENTS = 1_000
BULK_BYTES = 8 * 2**20
BULK_RETRIES = 6  # a minute in all: it may be short of memory
SEGMENTS = 8  # of a shard, once it is built
MERGE_SECONDS = 3_600.0
REFUSED = 400  # status of a document that will never be taken
WHILE_BUILDING = {"index": {"translog.durability": "async", "translog.flush_threshold_size": "1gb"}}
BUILT = {"index": {"translog.durability": "request", "translog.flush_threshold_size": None}}


class ElasticIndex:
    """SearchIndex in Elasticsearch 8. What was written shows after `commit`, and by then is on its disk."""

    def __init__(self, place: Place, exactly: int = EXACTLY) -> None:
        """More hits than `exactly` are counted by a share of them."""
        self._client = make_client(place)
        self._writer = self._client.options(request_timeout=WRITE_SECONDS)
        self._lineages = Lineages(self._client, place.prefix)
        self._shards = place.shards
        self._alias, self._exactly = place.prefix, exactly
        self._kind = f"{place.prefix}-v{VERSION}-"  # how the names of indices of this code's kind begin
        self._may_hide = True  # what was written may not show yet, such as by a process that died

    # Writing

    def exists(self) -> bool:
        with answering():
            return any(name.startswith(self._kind) for name in self._present(self._client))

    def index(self, documents: Iterable[Document]) -> None:
        with answering():
            if not self.exists():
                self._point_to(self._make())
            self._may_hide = True
            self._write(self._alias, documents)

    def delete_study(self, study: str) -> None:
        with answering():
            self._delete(self._alias, study, refresh_first=self._may_hide)
            self._may_hide = True

    def commit(self) -> None:
        with answering():
            self._writer.options(ignore_status=404).indices.refresh(index=self._alias)
        self._may_hide = False

    def rebuild(self, documents: Iterable[Document], late: Late = nothing_late) -> int:
        with answering():
            fresh = self._make()
        try:
            with answering():
                self._writer.indices.put_settings(index=fresh, settings=WHILE_BUILDING)
                count = self._write(fresh, documents)
                self._merge(fresh)
                for study, its in late():
                    self._delete(fresh, study, refresh_first=True)
                    self._write(fresh, its)
                self._writer.indices.put_settings(index=fresh, settings=BUILT)
                self._writer.indices.flush(index=fresh)
                self._writer.indices.refresh(index=fresh)
                self._point_to(fresh)
        except BaseException:
            self._forget(fresh)
            raise
        with answering():
            for name in self._indices() - {fresh}:
                self._writer.indices.delete(index=name, ignore_unavailable=True)
        return count

    def remove(self) -> None:
        """Delete all indices of this site's prefix."""
        with answering():
            for name in self._indices():
                self._writer.indices.delete(index=name, ignore_unavailable=True)

    def close(self) -> None:
        """There is no right to write that others wait for. What was not committed shows with the next commit."""

    def _make(self) -> str:
        now = datetime.now(UTC)
        name = f"{self._kind}{now:%Y%m%d-%H%M%S}-{new_id().hex[-8:]}"
        self._writer.indices.create(index=name, settings=make_settings(self._shards), mappings=make_mappings())
        return name

    def _merge(self, name: str) -> None:
        """Each search looks through every segment, of which writing in haste leaves dozens."""
        patient = self._writer.options(request_timeout=MERGE_SECONDS)
        patient.indices.forcemerge(index=name, max_num_segments=SEGMENTS)

    def _point_to(self, name: str) -> None:
        actions: list[dict[str, Any]] = [{"add": {"index": name, "alias": self._alias, "is_write_index": True}}]
        before = self._present(self._writer) - {name}
        actions += [{"remove": {"index": one, "alias": self._alias}} for one in before]
        self._writer.indices.update_aliases(actions=actions)

    def _present(self, client: Elasticsearch) -> set[str]:
        """The name of the index that is read and written, if there is one."""
        try:
            return set(client.indices.get_alias(name=self._alias).keys())
        except NotFoundError:
            return set()

    def _indices(self) -> set[str]:
        """The names of all indices of this site, of whatever version."""
        found = self._writer.indices.get(index=f"{self._alias}-v*", features="aliases")
        return set(found.keys())

    def _forget(self, name: str) -> None:
        try:
            self._client.indices.delete(index=name, ignore_unavailable=True)
        except (ApiError, TransportError):
            logger.warning("the unfinished search index %s was left; the next rebuild removes it", name)

    def _write(self, name: str, documents: Iterable[Document]) -> int:
        """Send documents in batches of bounded size; gives how many were sent. A document that Elasticsearch will never
        take is logged and left out; anything else that fails raises."""
        count = 0
        results = streaming_bulk(
            self._writer, _actions(name, documents), chunk_size=BULK_DOCUMENTS, max_chunk_bytes=BULK_BYTES,
            max_retries=BULK_RETRIES, initial_backoff=1, max_backoff=30, raise_on_error=False,
            require_alias=name == self._alias,  # one that is gone must not come back as an index of its own making
        )  # fmt: skip
        for is_written, answer in results:
            told = answer["index"]
            count += not told["_id"].startswith(LINEAGE)
            if is_written:
                continue
            if told.get("status") != REFUSED:
                raise unavailable(f"{told.get('status')} for document {told.get('_id')}: {told.get('error')}")
            logger.error("document %s is not taken by Elasticsearch, and left out: %s", told["_id"], told["error"])
        return count

    def _delete(self, name: str, study: str, *, refresh_first: bool) -> None:
        patient = self._writer.options(request_timeout=3_600)
        try:
            if refresh_first:  # only what shows is found and deleted
                patient.indices.refresh(index=name)
            answer = patient.delete_by_query(index=name, query={"term": {"study": study}}, conflicts="proceed")
        except NotFoundError:
            return
        if failures := answer.get("failures"):
            raise unavailable(str(failures[:3]))

    # Reading

    def search(self, query: Query) -> Results:
        with answering():
            return elastic_results.search(self._client, self._alias, self._lineages, query, self._exactly)

    def count(self, query: Query) -> int:
        with answering():
            return elastic_results.count(self._client, self._alias, query)

    def scan(self, query: Query) -> Iterator[Hit]:
        with answering():
            yield from elastic_results.scan(self._client, self._alias, query)

    def suggest(self, text: str, limit: int = 8) -> list[Completion]:
        with answering():
            return elastic_words.suggest(self._client, self._alias, text, limit, self._exactly)

    def keys(self, text: str, limit: int = 20) -> list[Completion]:
        with answering():
            return elastic_words.keys(self._client, self._alias, text, limit)

    def values(self, name: str, text: str, limit: int = 20) -> list[Completion]:
        with answering():
            return elastic_words.values(self._client, self._alias, name, text, limit)

    def similar(self, document: str, limit: int = 6) -> tuple[Hit, ...]:
        with answering():
            return elastic_results.similar(self._client, self._alias, document, limit)

    def health(self) -> Health:
        try:
            with answering():
                return self._health()
        except SearchUnavailable:
            return Health(False, _("Elasticsearch does not answer; its log and the site's say more."))

    def _health(self) -> Health:
        try:
            (name,) = self._client.indices.get_alias(name=self._alias).keys()
            state = self._client.cluster.health(index=name, timeout="1s")
            blocks = self._client.indices.get_settings(index=name, name="index.blocks.*")
            documents = self._client.count(index=name, query={"exists": {"field": "audience"}})["count"]
        except (NotFoundError, BadRequestError):
            return Health(False, _("There is no search index yet. The indexer makes one, or manage.py reindex."))
        if not name.startswith(self._kind):
            message = _("The index was made by another version of this site; the indexer makes it anew.")
            return Health(False, message, documents)
        if blocks.get(name):
            return Health(False, _("Elasticsearch takes no changes, as when its disk is full."), documents)
        if state["status"] == "red":
            return Health(
                False, _("A part of the search index is missing. manage.py reindex makes it anew."), documents
            )
        return Health(True, _("Elasticsearch has the search index %(name)s.") % {"name": name}, documents)


def _actions(name: str, documents: Iterable[Document]) -> Iterator[Made]:
    """What is sent: the documents, and with the first of them that has a term what stands above it."""
    sent: set[str] = set()
    for document in documents:
        yield {"_index": name, "_id": document.id, **to_elastic(document)}
        for curie, lineage in lineages_of(document):
            if curie not in sent:
                sent.add(curie)
                yield {"_index": name, "_id": lineage_id(curie), **lineage}
