"""Bytes to be sent: where they come from, how long they are, and by which tag they are known."""

import os
import weakref
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from base.errors import StorageError

BLOCK = 2**18  # bytes read of a file at once


@dataclass(frozen=True)
class Content:
    """`read(offset, length)` gives the bytes in blocks, in a list where all are in memory: the server sends that in one
    piece with the headers. `etag` is strong (RFC 9110 §8.8.3), without its quotes.

    A `length` of None is not known before; `read(0, -1)` then gives all.
    `unchanging`: will be the same as long as its address is public, so that it may be kept for good. `only_pixels`: is
    the same for all who may see it. `path`: is the whole of this file, which a web server in front may send by itself.
    `canonical`: the one address of several that give the same.
    `is_copy`: was read from a copy on this machine of what lies in an object store.
    """

    length: int | None
    etag: str
    media_type: str
    read: Callable[[int, int], Iterable[bytes]]
    unchanging: bool = False
    filename: str = ""  # it is to be saved under this name
    only_pixels: bool = False
    path: Path | None = None
    is_copy: bool = False
    canonical: str = ""


def content_of_bytes(
    body: bytes, *, etag: str, media_type: str, unchanging: bool = False, filename: str = ""
) -> Content:
    def read(offset: int, length: int) -> list[bytes]:
        return [body[offset : offset + length]]

    return Content(len(body), etag, media_type, read, unchanging, filename)


class OpenFile:
    """A file that is open until nobody uses this object any more; threads may read from it at once."""

    def __init__(self, path: Path) -> None:
        try:
            self._descriptor = os.open(path, os.O_RDONLY)
        except OSError as error:
            raise StorageError(f"{path.name} cannot be read ({error.strerror}).", file=path.name) from error
        weakref.finalize(self, os.close, self._descriptor)
        self._name = path.name

    def stat(self) -> os.stat_result:
        return os.fstat(self._descriptor)

    def pread(self, offset: int, length: int) -> bytes:
        """Exactly these bytes; raises StorageError where the file is shorter."""
        data = os.pread(self._descriptor, length, offset)
        if len(data) != length:
            raise StorageError(f"{self._name} is shorter than it was when it was registered.", file=self._name)
        return data

    def blocks(self, offset: int, length: int) -> Iterator[bytes]:
        """These bytes, block by block, so that memory does not grow with the file."""
        end = offset + length
        for start in range(offset, end, BLOCK):
            yield self.pread(start, min(BLOCK, end - start))
