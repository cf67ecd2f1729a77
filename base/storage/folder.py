"""Storage in folders of this machine: the site's own, and files that stay where they are."""

import errno
import os
import shutil
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from base.errors import StorageAway, StorageError
from base.ids import new_id
from base.storage.interface import Stat, failure, in_order, parts_of


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
        return self.stat(key).size

    def stat(self, key: str) -> Stat:
        path = self.local_path(key)
        try:
            stat = path.stat()
        except OSError as error:
            raise failure(error, path.name) from error
        return Stat(stat.st_size, stat.st_mtime_ns)

    def names(self, key: str) -> list[str]:
        path = self.local_path(key)
        if not path.is_dir():
            return [""]
        return in_order(below.relative_to(path).as_posix() for below in path.rglob("*") if below.is_file())


class FolderStorage(_LocalReading):
    """Files below one folder of this machine. Unless it is the site's own, the folder must be there: one that is not
    mounted must not be taken for an empty one, nor be filled."""

    def __init__(self, root: Path, *, is_own: bool = True) -> None:
        self.root = root
        self._is_own = is_own

    def probe(self) -> None:
        if not self._is_own and not self.root.is_dir():
            raise StorageAway(f"The folder {self.root} is not there: is its disk mounted? Otherwise make it.",
                              file=self.root.name)  # fmt: skip
        if self.root.is_dir() and not os.access(self.root, os.W_OK):
            raise StorageError(f"The folder {self.root} cannot be written: the site lacks the permission.",
                               file=self.root.name)  # fmt: skip

    def _place(self, key: str) -> Path:
        if not self._is_own:
            self.probe()
        return self.root.joinpath(*parts_of(key))

    def local_path(self, key: str) -> Path:
        path = self._place(key)
        if not path.exists():
            if not self._is_own:
                _check_mounted(self.root)
            raise StorageError(f"{path.name} is no longer in the store.", file=path.name)
        return path

    def write(self, key: str, chunks: Iterable[bytes], *, version: int | None = None, size: int = 0) -> int:
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
            if version is not None:
                _set_version(part, version)
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


def _check_mounted(root: Path) -> None:
    """Raise StorageAway if nothing at all is there: then the disk is away, and not one file lost."""
    with suppress(PermissionError):  # it is there, whatever is in it
        if root.is_dir() and any(root.iterdir()):
            return
        raise StorageAway(f"The folder {root} is empty: is its disk mounted?", file=root.name)


def _set_version(path: Path, version: int) -> None:
    """Give a copy the time of the file that it is a copy of; raises StorageError where the file system rounds it."""
    os.utime(path, ns=(version, version))
    if path.stat().st_mtime_ns != version:
        raise StorageError(
            f"{path.parent} lies on a file system that does not keep times to the nanosecond; images that are kept "
            "there could not be told from changed ones. Use another folder for this store.",
            file=path.name,
        )


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
            real, within, is_there = path, True, False
        if not within:  # said before it is looked for, so that nobody learns what else this machine holds
            raise StorageError(
                f"{path.name} does not lie in a folder from which files may be registered.",
                field="path",
                file=path.name,
            )
        if not is_there:
            for root in self.roots:
                if root in real.parents:
                    _check_mounted(root)
            raise StorageError(f"{path.name} is not there: {key}.", field="path", file=path.name)
        return path

    def write(self, key: str, chunks: Iterable[bytes], *, version: int | None = None, size: int = 0) -> int:
        raise self._refusal(key)

    def adopt(self, key: str, path: Path) -> None:
        raise self._refusal(key)

    def delete(self, key: str) -> None:
        raise self._refusal(key)

    def probe(self) -> None:
        """See Storage: each file lies in a folder of its own choice, so that nothing can be said of all."""

    def _refusal(self, key: str) -> StorageError:
        name = Path(key).name
        return StorageError(f"{name} is registered in place and is never changed by this site.", file=name)
