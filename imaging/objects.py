"""Images in an object store, read where they are, range by range: see places.Place and places.Files."""

from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from threading import Lock
from typing import Protocol

from imaging.errors import ImageError
from imaging.places import Version

FIRST = 256 << 10  # bytes got with the size of an object: most chunks are smaller, and so take one request
REMEMBERED = 100_000  # sizes


class ObjectStore(Protocol):
    """What is asked of a store; `first` is the one question about an object that may not be there."""

    def stat(self, key: str) -> tuple[int, int]:
        """Size and version of an object."""

    def pread(self, key: str, offset: int, length: int) -> bytes:
        """These bytes, fewer at the end."""

    def first(self, key: str, length: int) -> tuple[bytes, int] | None:
        """The first bytes of an object and its size; None if there is none."""


class ObjectFiles:
    """See places.Files: an object, or those whose keys begin with `key`. What is stored under a key never changes.

    local: makes or finds a copy on this machine, for readers that know only paths.
    """

    reads_at_once = 16

    def __init__(self, store: ObjectStore, key: str, *, is_folder: bool, local: Callable[[], Path]) -> None:
        self.store = store
        self._key = key
        self._is_folder = is_folder
        self._local = local
        self._sizes: OrderedDict[str, int | None] = OrderedDict()
        self._lock = Lock()

    def place(self, name: str) -> "ObjectPlace":
        """See places.Files."""
        if not self._is_folder:
            return ObjectPlace(self, self._key)
        if ".." in PurePosixPath(name).parts or name.startswith("/"):
            raise ImageError(path=self._key, field=name, reason="leads out of the folder; copy the file into it.")
        return ObjectPlace(self, f"{self._key}/{name}")

    def local(self) -> Path:
        """See places.Files."""
        return self._local()

    def size_of(self, key: str) -> tuple[int | None, bytes]:
        """Size of an object, None if there is none, and its first bytes where those came with it."""
        with self._lock:
            if key in self._sizes:
                self._sizes.move_to_end(key)
                return self._sizes[key], b""
        found = self.store.first(key, FIRST)
        head, size = found if found else (b"", None)
        with self._lock:
            self._sizes[key] = size
            if len(self._sizes) > REMEMBERED:
                self._sizes.popitem(last=False)
        return size, head


class ObjectPlace:
    """See places.Place: one object."""

    def __init__(self, files: ObjectFiles, key: str) -> None:
        self._files = files
        self._key = key
        self._head = b""
        self.name = key.rpartition("/")[2]

    def state(self) -> tuple[int, Version]:
        """See places.Place."""
        size, version = self._files.store.stat(self._key)
        return size, version

    def size_if_there(self) -> int | None:
        """See places.Place."""
        size, self._head = self._files.size_of(self._key)
        return size

    def pread(self, offset: int, length: int) -> bytes:
        """See places.Place."""
        if offset + length <= len(self._head):
            return self._head[offset : offset + length]
        data = self._files.store.pread(self._key, offset, length)
        if len(data) != length:
            reason = f"only {len(data)} of {length} bytes are there: the object was cut off; upload it again."
            raise ImageError(path=self.name, field=f"byte {offset}", reason=reason)
        return data

    def close(self) -> None:
        """See places.Place: nothing stays open."""
