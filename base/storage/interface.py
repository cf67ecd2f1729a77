"""What every storage promises, and how its failures are told."""

import errno
from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from typing import BinaryIO, NamedTuple, Protocol

from base.errors import StorageError


class Stat(NamedTuple):
    """Of a file: its bytes, and a number that changes when they do.

    The number is the time of the last change in ns. It goes with the file when it is moved to another storage, so that
    what was made from the file (a chunk table) still knows it.
    """

    size: int
    version: int


class Storage(Protocol):
    """What each backend can do. Every method raises StorageError in plain words."""

    def local_path(self, key: str) -> Path:
        """Where the file or folder, or a copy of it, is on this machine; raises StorageError if it is not there."""

    def open(self, key: str) -> BinaryIO:
        """The file, opened for reading."""

    def pread(self, key: str, offset: int, length: int) -> bytes:
        """`length` bytes from `offset`; fewer at the end of the file."""

    def write(self, key: str, chunks: Iterable[bytes], *, version: int | None = None, size: int = 0) -> int:
        """Put a file, whole or not at all; gives its size in bytes. `version` is that of the file it is a copy of;
        `size` is about how many bytes will come, if that is known."""

    def adopt(self, key: str, path: Path) -> None:
        """Take over a finished file or folder: it is moved, and no longer at `path`."""

    def size(self, key: str) -> int:
        """Bytes of the file."""

    def stat(self, key: str) -> Stat:
        """Size and version of the file."""

    def names(self, key: str) -> list[str]:
        """The files below a folder by their paths in it, folder by folder; [""] if the key is that of a file."""

    def delete(self, key: str) -> None:
        """Remove a file or folder; none there is fine."""

    def probe(self) -> None:
        """Raise StorageError if the storage cannot be used now."""


def parts_of(key: str) -> tuple[str, ...]:
    """The names in a key; raises StorageError for one that could lead out of the storage."""
    parts = PurePosixPath(key).parts
    if not parts or ".." in parts or key.startswith("/") or "\0" in key:
        raise StorageError(f"“{key}” is no key of the store.", field="key")
    return parts


def in_order(names: Iterable[str]) -> list[str]:
    """Folder by folder, so that every storage lists a folder alike."""
    return sorted(names, key=lambda name: name.split("/"))


def failure(error: OSError, name: str) -> StorageError:
    """The plain sentence for an error of the file system about `name`."""
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return StorageError(f"{name} could not be kept: the disk of this site is full. Nothing was lost; try again "
                            "when its administrators have made room.", file=name)  # fmt: skip
    if isinstance(error, FileNotFoundError):
        return StorageError(f"{name} is no longer where it was.", file=name)
    if isinstance(error, PermissionError):
        return StorageError(f"{name} cannot be read or written: the site lacks the permission.", file=name)
    return StorageError(f"{name} cannot be read or written ({error.strerror or error}).", file=name)
