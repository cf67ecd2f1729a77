"""The one writer of the search index, and of what uses which term: it drains the outbox, and builds the index anew if
there is none, it is asked, or the index has other studies than are published.

An outbox row is deleted only after the index was committed, so that a crash at any point loses nothing.
"""

import fcntl
import logging
import math
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from django.db import DatabaseError, close_old_connections
from django.utils.translation import gettext

from base import outbox
from base.errors import Conflict
from base.ids import new_id
from base.models import Outbox
from ontology.outside import keep_imported
from publishing import term_uses
from publishing.models import Publication
from publishing.queries import newest_standing
from publishing.rebuilding import Rebuild, documents_now
from publishing.search import Health, Query, SearchIndex, SearchUnavailable, search_folder, search_index
from publishing.services import TOPIC

logger = logging.getLogger(__name__)

REINDEX = "reindex"
LOCK = "search-writer.lock"
BATCH = 500  # outbox rows that one commit of the index covers
IDLE_SECONDS = 0.5
SECONDS_AFTER_FAILURE = 5.0
SECONDS_BETWEEN_CHECKS = 600.0  # of whether the index has the studies that are published


@contextmanager
def writing() -> Iterator[SearchIndex]:
    """The index, for the one process that may write it. Raises Conflict while another one does."""
    with (search_folder().parent / LOCK).open("w") as lock:  # beside, so that it holds if the folder is lost
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Conflict("Another process is writing the search index.") from error
        index = search_index()
        try:
            yield index
        finally:
            index.close()


def run(stop: threading.Event) -> None:
    """Keep the index up to date until told to stop. Raises Conflict if another process does."""
    counted: term_uses.Stamp | None = None  # the ontologies for which uses were counted, since uses last changed
    with writing() as index:
        indexer = Indexer(index, stop)
        while not stop.is_set():
            close_old_connections()
            try:
                idle = indexer.step() == 0
                if not idle:
                    counted = None
                elif counted != term_uses.stamp():
                    keep_imported()
                    term_uses.count()
                    counted = term_uses.stamp()
            except (DatabaseError, OSError, ValueError, SearchUnavailable):
                logger.exception("the search index could not be updated; trying again in a moment")
                indexer.give_up()
                stop.wait(SECONDS_AFTER_FAILURE)
                continue
            if idle:
                stop.wait(IDLE_SECONDS)
        indexer.end()


def update(index: SearchIndex) -> int:
    """Bring the index up to date by one batch of the outbox, or build it anew first; gives how many rows."""
    return Indexer(index, threading.Event(), beside=False).step()


class Indexer:
    """Keeps an index up to date, step by step. A rebuild goes on beside, in a thread, unless not `beside`."""

    def __init__(self, index: SearchIndex, stop: threading.Event, *, beside: bool = True) -> None:
        self._index, self._stop, self._beside = index, stop, beside
        self._writing = threading.Lock()
        self._rebuild: Rebuild | None = None
        self._not_before = -math.inf  # when a rebuild may be tried again
        self._checked = -math.inf
        self._known_difference: tuple[int, int] | None = None

    def step(self) -> int:
        """Write one batch of what changed, or begin to build the index anew; gives how many rows are done."""
        if self._rebuild is not None and not self._rebuild.is_alive():
            self._finish(self._rebuild)
        done = 0
        if self._rebuild is None and time.monotonic() >= self._not_before:
            rows = list(Outbox.objects.filter(topic=REINDEX).values_list("pk", flat=True))
            if rows or self._is_due():
                done = self._begin(rows)
        if self._rebuild is not None and not self._index.exists():
            return done  # there is nothing to write to yet; what changed waits
        return done + outbox.drain({TOPIC: self._write}, BATCH)

    def give_up(self) -> None:
        """Leave what was not committed, after an error. A rebuild beside that puts its index in place just now is
        waited for."""
        with self._writing:
            self._index.close()

    def end(self) -> None:
        """Wait for a rebuild that was told to stop."""
        if self._rebuild is not None:
            self._rebuild.join()

    def _begin(self, rows: list[int]) -> int:
        rebuild = Rebuild(self._index, self._writing, self._stop, rows)
        if self._beside:
            self._rebuild = rebuild
            rebuild.start()
            return 0
        rebuild.build()
        return len(rows)

    def _finish(self, rebuild: Rebuild) -> None:
        self._rebuild = None
        self._checked = time.monotonic()
        if rebuild.failed:
            self._not_before = time.monotonic() + SECONDS_AFTER_FAILURE
        else:
            self._known_difference = difference(self._index)  # of studies that cannot be read

    def _is_due(self) -> bool:
        if not self._index.exists():
            return True
        if time.monotonic() < self._checked + SECONDS_BETWEEN_CHECKS:
            return False
        self._checked = time.monotonic()
        found = difference(self._index)
        return found is not None and found != self._known_difference

    def _write(self, rows: Sequence[Outbox]) -> None:
        """Write the studies of these publications as they are published now, and commit."""
        keys = {row.key for row in rows}
        studies = set(Publication.objects.filter(pk__in=keys).values_list("study_id", flat=True))
        with self._writing:
            for study, documents in documents_now(studies):
                self._index.delete_study(study)
                self._index.index(documents)
            self._index.commit()
            if self._rebuild is not None:
                self._rebuild.changed |= studies
        term_uses.renew(studies)


def difference(index: SearchIndex) -> tuple[int, int] | None:
    """How many studies the index has and how many are published, if those differ and no change waits to be written."""
    if Outbox.objects.filter(topic=TOPIC).exists():
        return None
    counts = index.count(Query(filters={"type": ("study",)})), newest_standing().count()
    return counts if counts[0] != counts[1] and not Outbox.objects.filter(topic=TOPIC).exists() else None


def health(index: SearchIndex) -> Health:
    """The state of the index, also as against what is published. Never raises."""
    state = index.health()
    try:
        found = difference(index) if state.is_well else None
    except (SearchUnavailable, DatabaseError) as error:
        return Health(False, str(error), state.documents)
    if found is None:
        return state
    told = gettext("The index has {found} studies, but {published} are published; the indexer makes it anew.")
    return Health(False, told.format(found=found[0], published=found[1]), state.documents)


def ask_to_rebuild() -> int:
    """Have the running indexer rebuild; gives the id of the outbox row that is there until it is done."""
    key = new_id()
    outbox.put(REINDEX, key)
    return Outbox.objects.get(topic=REINDEX, key=key).pk
