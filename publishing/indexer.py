"""The one writer of the search index, and of what uses which term: it drains the outbox, and builds the index anew if
there is none or it is asked.

An outbox row is deleted only after the index was committed, so that a crash at any point loses nothing.
"""

import fcntl
import logging
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from django.db import DatabaseError, close_old_connections

from base import outbox
from base.errors import Conflict
from base.ids import new_id
from base.models import Outbox
from publishing import term_uses
from publishing.models import Publication
from publishing.queries import newest_standing
from publishing.search import Document, SearchIndex, SearchUnavailable, search_folder, search_index
from publishing.search.documents import all_documents, documents_of
from publishing.services import TOPIC

logger = logging.getLogger(__name__)

REINDEX = "reindex"
BATCH = 500  # outbox rows that one commit of the index covers
IDLE_SECONDS = 0.5
SECONDS_AFTER_FAILURE = 5.0


@contextmanager
def writing() -> Iterator[SearchIndex]:
    """The index, for the one process that may write it. Raises Conflict while another one does."""
    with Path(search_folder() / "writer.lock").open("w") as lock:
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
        while not stop.is_set():
            close_old_connections()
            try:
                idle = update(index) == 0
                if not idle:
                    counted = None
                elif counted != (loaded := term_uses.stamp()):
                    term_uses.count()
                    counted = loaded
            except (DatabaseError, OSError, ValueError, SearchUnavailable):
                logger.exception("the search index could not be updated; trying again in a moment")
                index.close()
                stop.wait(SECONDS_AFTER_FAILURE)
                continue
            if idle:
                stop.wait(IDLE_SECONDS)


def update(index: SearchIndex) -> int:
    """Bring the index up to date by one batch of the outbox, or build it if there is none; gives how many rows."""
    if not index.exists():
        rebuild(index)
    return outbox.drain({TOPIC: lambda rows: apply(index, rows), REINDEX: lambda rows: rebuild(index)}, BATCH)


def apply(index: SearchIndex, rows: Sequence[Outbox]) -> None:
    """Write the studies of these publications as they are published now, and commit."""
    studies = Publication.objects.filter(pk__in={row.key for row in rows}).values_list("study_id", flat=True)
    standing = newest_standing().filter(study__in=list(studies)).select_related("record")
    newest = {publication.study_id: publication for publication in standing}
    for study_id in set(studies):
        index.delete_study(str(study_id))
        if study_id in newest:
            index.index(_documents(newest[study_id]))
    index.commit()
    term_uses.renew(set(studies))


def rebuild(index: SearchIndex) -> None:
    """Make the index anew from the published records; searches use the old one meanwhile."""
    logger.info("the search index was made anew, of %s documents", index.rebuild(all_documents()))
    term_uses.renew_all()


def ask_to_rebuild() -> int:
    """Have the running indexer rebuild; gives the id of the outbox row that is there until it is done."""
    key = new_id()
    outbox.put(REINDEX, key)
    return Outbox.objects.get(topic=REINDEX, key=key).pk


def _documents(publication: Publication) -> Iterator[Document]:
    """A study that cannot be read is left out and logged, so that it does not hold up the others."""
    try:
        yield from documents_of(publication)
    except (KeyError, TypeError, AttributeError):
        logger.exception("%s could not be indexed; manage.py reindex tries again", publication)
