"""Where images and files are read from when they are served: where they lie, in an object store by ranges too."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from base.models import StoredFile
from base.storage import S3Storage, path_of, storage_of
from imaging.objects import ObjectFiles
from imaging.places import Files
from imaging.table import Table
from publishing.delivery.content import Content

BLOCK = 8 << 20  # bytes of an object asked for at once


def place_of(stored: StoredFile, table: Path | None) -> Path | Files:
    """For imaging.source.open_source; raises StorageError, Archived.

    Images of several files that were deposited each alone, and those that were never read, are opened by path.
    """
    storage = storage_of(stored)
    if not isinstance(storage, S3Storage) or table is None:
        return path_of(stored)
    if len(Table.open(table).header["identity"]) > 1 and not stored.is_folder:
        return path_of(stored)
    return ObjectFiles(storage, stored.key, is_folder=stored.is_folder, local=partial(path_of, stored))


def content_of_object(storage: S3Storage, stored: StoredFile, *, etag: str, media_type: str, filename: str) -> Content:
    """A file of an object store, passed on as it comes."""

    def read(offset: int, length: int) -> Iterator[bytes]:
        end = offset + length
        for start in range(offset, end, BLOCK):
            yield storage.pread(stored.key, start, min(BLOCK, end - start))

    return Content(storage.size(stored.key), etag, media_type, read, unchanging=True, filename=filename)
