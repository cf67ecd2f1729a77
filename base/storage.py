"""Where bytes are kept. A key is a relative path with `/`; what it names may be a file or a folder."""

import errno
import os
import shutil
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Protocol

from django.conf import settings

from base.errors import StorageError
from base.ids import new_id
from base.models import StoredFile


class Storage(Protocol):
    """What each backend can do. Every method raises StorageError in plain words."""

    def local_path(self, key: str) -> Path:
        """Where the file or folder is on this machine; raises StorageError if it is not there."""

    def open(self, key: str) -> BinaryIO:
        """The file, opened for reading."""

    def pread(self, key: str, offset: int, length: int) -> bytes:
        """`length` bytes from `offset`; fewer at the end of the file."""

    def write(self, key: str, chunks: Iterable[bytes]) -> int:
        """Put a file, whole or not at all; gives its size in bytes."""

    def adopt(self, key: str, path: Path) -> None:
        """Take over a finished file or folder: it is moved, and no longer at `path`."""

    def size(self, key: str) -> int:
        """Bytes of the file."""

    def delete(self, key: str) -> None:
        """Remove a file or folder; none there is fine."""


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


class _LocalReading:
    """Reading by path, the same wherever on this machine the path comes from."""

    def local_path(self, key: str) -> Path:
        raise NotImplementedError

    def open(self, key: str) -> BinaryIO:
        path = self.local_path(key)
        try:
            return path.open("rb")
        except OSError as error:
            raise failure(error, path.name) from error

    def pread(self, key: str, offset: int, length: int) -> bytes:
        with self.open(key) as file:
            return os.pread(file.fileno(), length, offset)

    def size(self, key: str) -> int:
        path = self.local_path(key)
        try:
            return path.stat().st_size
        except OSError as error:
            raise failure(error, path.name) from error


class FolderStorage(_LocalReading):
    """Files below one folder of this machine."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def _place(self, key: str) -> Path:
        parts = PurePosixPath(key).parts
        if not parts or ".." in parts or key.startswith("/") or "\0" in key:
            raise StorageError(f"“{key}” is no key of the store.", field="key")
        return self.root.joinpath(*parts)

    def local_path(self, key: str) -> Path:
        path = self._place(key)
        if not path.exists():
            raise StorageError(f"{path.name} is no longer in the store.", file=path.name)
        return path

    def write(self, key: str, chunks: Iterable[bytes]) -> int:
        path = self._place(key)
        part = path.with_name(f".{new_id().hex}.part")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with part.open("wb") as file:
                for chunk in chunks:
                    file.write(chunk)
                file.flush()
                os.fsync(file.fileno())
                size = file.tell()
            part.replace(path)
        except OSError as error:
            raise failure(error, path.name) from error
        finally:
            with suppress(OSError):
                part.unlink()
        return size

    def adopt(self, key: str, path: Path) -> None:
        place = self._place(key)
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            try:
                path.rename(place)
            except OSError as error:
                if error.errno != errno.EXDEV:  # another file system: it has to be copied
                    raise
                part = place.with_name(f".{new_id().hex}.part")
                shutil.move(path, part)
                part.rename(place)
        except OSError as error:
            raise failure(error, place.name) from error

    def delete(self, key: str) -> None:
        path = self._place(key)
        try:
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
        except OSError as error:
            raise failure(error, path.name) from error


class InPlaceStorage(_LocalReading):
    """Files that stay where they are, below folders that the site allows. Keys are absolute paths; never written."""

    def __init__(self, roots: Iterable[Path]) -> None:
        self.roots = [root.resolve() for root in roots]

    def local_path(self, key: str) -> Path:
        path = Path(key)
        if "\0" in key or not path.is_absolute() or ".." in path.parts:
            raise StorageError(f"“{key}” is not a whole path without “..”.", field="path", file=path.name)
        try:
            real = path.resolve()
            within = any(real == root or root in real.parents for root in self.roots)
            is_there = within and real.exists()
        except (OSError, RuntimeError):  # a name that no file can have, or links in a circle
            within, is_there = True, False
        if not within:  # said before it is looked for, so that nobody learns what else this machine holds
            raise StorageError(
                f"{path.name} does not lie in a folder from which files may be registered.",
                field="path",
                file=path.name,
            )
        if not is_there:
            raise StorageError(f"{path.name} is not there: {key}.", field="path", file=path.name)
        return path

    def write(self, key: str, chunks: Iterable[bytes]) -> int:
        raise self._refusal(key)

    def adopt(self, key: str, path: Path) -> None:
        raise self._refusal(key)

    def delete(self, key: str) -> None:
        raise self._refusal(key)

    def _refusal(self, key: str) -> StorageError:
        name = Path(key).name
        return StorageError(f"{name} is registered in place and is never changed by this site.", file=name)


def storage_for(backend: str) -> Storage:
    """The storage of this name (StoredFile.Backend)."""
    if backend == StoredFile.Backend.STORE:
        return FolderStorage(settings.DATA / "store")
    if backend == StoredFile.Backend.IN_PLACE:
        return InPlaceStorage(settings.REGISTER_ROOTS)
    raise StorageError(f"There is no storage called “{backend}”.", field="backend")


def path_of(stored: StoredFile) -> Path:
    """Where a stored file or folder is on this machine; raises StorageError."""
    return storage_for(stored.backend).local_path(stored.key)
