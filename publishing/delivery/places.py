"""Where images and files are read from when they are served: where they lie, in an object store by ranges too."""

import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

from django.db import close_old_connections

from base.errors import StorageError
from base.models import StoredFile
from base.storage import S3Storage, path_of, storage_for, storage_of
from base.tiers.access import note_opened
from catalogue.models import File
from catalogue.reading.staging import set_of
from imaging.objects import ObjectFiles
from imaging.places import Files
from imaging.table import Table
from publishing.delivery.content import Content, OpenFile
from publishing.image_shapes import ImageRecord

STILL_THERE = 60.0  # seconds for which an open image is read without asking where its file lies now
BLOCK = 8 << 20  # bytes of an object asked for at once


def place_of(stored: StoredFile, table: Path | None, record: ImageRecord) -> Path | Files:
    """For imaging.source.open_source; raises StorageError, Archived.

    Images of several files that were deposited each alone are opened by the names of these; those that were never read
    by path. Archived names all of them that have to be fetched.
    """
    if table is not None and len(record.files) > 1 and not stored.is_folder:
        rows = File.everything.select_related("stored").in_bulk([uuid.UUID(one.id) for one in record.files])
        files = {one.path: rows[uuid.UUID(one.id)].stored for one in record.files if uuid.UUID(one.id) in rows}
        if found := set_of(record.id, files, table):
            return found
    storage = storage_of(stored)
    if not isinstance(storage, S3Storage) or table is None or _is_by_path(stored, table):
        return path_of(stored)
    return ObjectFiles(storage, stored.key, is_folder=stored.is_folder, local=partial(path_of, stored))


def is_copied(stored: StoredFile, table: Path | None) -> bool:
    """Whether its pixels come from a copy on this machine of what lies in an object store, since what reads them opens
    whole files. Raises StorageError, ImageError."""
    if not isinstance(storage_for(stored.backend), S3Storage):
        return False
    return table is None or _is_by_path(stored, table) or Table.open(table).header["kind"] == "planes"


def _is_by_path(stored: StoredFile, table: Path) -> bool:
    """Whether it is opened by its path, with what lies beside it."""
    return len(Table.open(table).header["identity"]) > 1 and not stored.is_folder


class Whereabouts:
    """Where the files of an open image lay when it was opened, and whether they still do, unchanged and as whole. All
    are in use: else the own file would go to the archive because only what was made of it is read."""

    def __init__(self, stored: Iterable[StoredFile], is_unchanged: Callable[[], bool]) -> None:
        self._is_unchanged = is_unchanged
        self._known = [(one.pk, one.backend, one.key, one.is_damaged) for one in stored]
        self._note()

    def are_current(self) -> bool:
        """Asks the database at most once a minute: old copies stay for longer than that."""
        if time.monotonic() < self._until:
            return True
        close_old_connections()
        self._note()
        found = StoredFile.objects.in_bulk([pk for pk, *_ in self._known]).values()
        now = {(one.pk, one.backend, one.key, one.is_damaged) for one in found}
        return now.issuperset(self._known) and self._is_unchanged()

    def _note(self) -> None:
        self._until = time.monotonic() + STILL_THERE
        for pk, *_ in self._known:
            note_opened(pk)


def content_of_object(storage: S3Storage, stored: StoredFile, *, etag: str, media_type: str, filename: str) -> Content:
    """A file of an object store, passed on as it comes."""

    def read(offset: int, length: int) -> Iterator[bytes]:
        end = offset + length
        for start in range(offset, end, BLOCK):
            yield storage.pread(stored.key, start, min(BLOCK, end - start))

    return Content(storage.size(stored.key), etag, media_type, read, unchanging=True, filename=filename)


def content_of_stored(stored: StoredFile, *, media_type: str, filename: str) -> Content:
    """A file that the site made, sent whole. Raises StorageError, Archived."""
    storage = storage_of(stored)
    stat = storage.stat(stored.key)
    if (stat.size, stat.version) != (stored.bytes, stored.version) or stored.is_damaged:
        raise StorageError("The file has changed since it was made.", file=filename)
    if isinstance(storage, S3Storage):
        found = content_of_object(storage, stored, etag=stored.sha256, media_type=media_type, filename=filename)
        return replace(found, unchanging=False)
    path = storage.local_path(stored.key)
    return Content(stat.size, stored.sha256, media_type, OpenFile(path).blocks, filename=filename, path=path)
