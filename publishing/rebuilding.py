"""Making the search index anew beside the present one, while that goes on to be searched and written."""

import logging
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack

from django.db import DatabaseError, connections

from base.models import Outbox
from publishing import term_uses
from publishing.models import Publication
from publishing.queries import newest_standing
from publishing.search import Document, SearchIndex, SearchUnavailable
from publishing.search.documents.making import all_documents, documents_of

logger = logging.getLogger(__name__)

SECONDS_BETWEEN_WORDS = 2.0  # of progress


class Stopped(Exception):
    """The process was told to end."""


class Rebuild(threading.Thread):
    """One rebuild. It is done as a thread by `start`, or at once by `build`.

    Who writes into the present index meanwhile holds `writing`, and notes the studies in `changed`: they are written
    into the new one last, before it takes the place of the other. `told` is given the count of documents now and then;
    so are the outbox rows that `asked` for this rebuild, in their payload. They are deleted when it is done.
    """

    def __init__(
        self,
        index: SearchIndex,
        writing: threading.Lock,
        stop: threading.Event,
        asked: Iterable[int] = (),
        told: Callable[[int], None] | None = None,
    ) -> None:
        super().__init__(name="rebuild of the search index", daemon=True)  # what is half made is never used
        self.changed: set[uuid.UUID] = set()
        self.failed = True
        self._index, self._writing, self._stop_told, self._asked = index, writing, stop, list(asked)
        self._tell = told or self._note

    def run(self) -> None:
        try:
            self.build()
        except Stopped:
            logger.info("the rebuild of the search index was ended; it begins again with the next start")
        except (DatabaseError, OSError, ValueError, SearchUnavailable) as error:
            logger.exception("the search index could not be made anew; trying again in a moment")
            Outbox.objects.filter(pk__in=self._asked).update(payload={"failed": str(error)})
        finally:
            connections.close_all()

    def build(self) -> int:
        """Make the index anew; gives how many documents it was made of."""
        with ExitStack() as until_in_place:

            def late() -> Iterator[tuple[str, Iterable[Document]]]:
                until_in_place.enter_context(self._writing)
                yield from documents_now(self.changed)

            count = self._index.rebuild(self._watched(all_documents()), late)
            Outbox.objects.filter(pk__in=self._asked).delete()
        logger.info("the search index was made anew, of %s documents", count)
        term_uses.renew_all()
        self.failed = False
        return count

    def _watched(self, documents: Iterable[Document]) -> Iterator[Document]:
        """The same documents, with a word of progress now and then."""
        spoken = time.monotonic()
        for count, document in enumerate(documents, 1):
            if self._stop_told.is_set():
                raise Stopped
            if time.monotonic() > spoken + SECONDS_BETWEEN_WORDS:
                spoken = time.monotonic()
                self._tell(count)
            yield document

    def _note(self, count: int) -> None:
        logger.info("the search index is made anew: %s documents so far", count)
        Outbox.objects.filter(pk__in=self._asked).update(payload={"done": count})


def documents_now(studies: Iterable[uuid.UUID]) -> Iterator[tuple[str, Iterable[Document]]]:
    """Each study with the documents of what is published of it now, none if it was withdrawn."""
    wanted = set(studies)
    found = newest_standing().filter(study__in=wanted).select_related("record")
    newest = {publication.study_id: publication for publication in found}
    for study in sorted(wanted):
        yield str(study), _readable(newest[study]) if study in newest else ()


def _readable(publication: Publication) -> Iterator[Document]:
    """A study that cannot be read is left out and logged, so that it does not hold up the others."""
    try:
        yield from documents_of(publication)
    except (KeyError, TypeError, AttributeError, ValueError):
        logger.exception("%s could not be indexed; manage.py reindex tries again", publication)
