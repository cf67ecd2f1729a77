"""Where bytes are: files of this machine, each alone or together in a folder.

A store elsewhere gives its objects as the same two interfaces, so that sources read both alike.
"""

import os
from contextlib import suppress
from pathlib import Path, PurePosixPath
from threading import Lock
from typing import Protocol

from imaging.errors import ImageError

Version = int | str
"""What changes when the bytes do: the time of change of a file (ns), the ETag of an object."""


class Place(Protocol):
    """One file or object. Threads may read from it at once."""

    name: str

    def state(self) -> tuple[int, Version]:
        """Its size in bytes and its version as they are now; raises ImageError if it is not there."""

    def size_if_there(self) -> int | None:
        """Its size in bytes, None if there is no such file; raises ImageError where that cannot be told."""

    def pread(self, offset: int, length: int) -> bytes:
        """Exactly these bytes; raises ImageError if they are not all there."""

    def close(self) -> None:
        """Give back what is open. It may be read again after."""


class Files(Protocol):
    """The files an image is made of, by their names relative to its folder.

    reads_at_once: as many are read at the same time, where each is a journey; 1 where one after the other is quicker.
    """

    reads_at_once: int

    def place(self, name: str) -> Place:
        """The file of this name; raises ImageError for a name that leads out of the folder."""

    def local(self) -> Path:
        """The folder, or the only file, as a path of this machine, for readers that know only paths."""


class LocalPlace:
    """See Place: a file of this machine. It is opened for each read, or once if it `stays_open`.

    within: the real path of the folder, with its last "/", that the file must be in, whatever links lead to it.
    """

    def __init__(self, path: Path | str, *, stays_open: bool = False, within: str = "") -> None:
        self._path = path
        self._stays_open = stays_open
        self._within = within
        self.name = str(path).rpartition("/")[2]
        self._descriptor = -1
        self._lock = Lock()

    def state(self) -> tuple[int, Version]:
        """See Place."""
        try:
            stat = os.stat(self._path)  # noqa: PTH116  (a path is made for each chunk)
        except OSError as error:
            raise self._failure(error) from error
        return stat.st_size, stat.st_mtime_ns

    def size_if_there(self) -> int | None:
        """See Place."""
        try:
            return os.stat(self._path).st_size  # noqa: PTH116
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise self._failure(error) from error

    def pread(self, offset: int, length: int) -> bytes:
        """See Place."""
        try:
            data = self._read(offset, length)
        except OSError as error:
            raise self._failure(error) from error
        if len(data) != length:
            reason = f"only {len(data)} of {length} bytes are there: the file was cut off; upload or copy it again."
            raise ImageError(path=str(self._path), field=f"byte {offset}", reason=reason)
        return data

    def close(self) -> None:
        """See Place."""
        with self._lock:
            descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)

    def _read(self, offset: int, length: int) -> bytes:
        if self._stays_open:
            return os.pread(self._descriptor if self._descriptor >= 0 else self._open(), length, offset)
        descriptor = os.open(self._path, os.O_RDONLY)
        try:
            if self._within and not _real_path(descriptor, self._path).startswith(self._within):
                raise _led_out(self._within, self.name)
            return os.pread(descriptor, length, offset)
        finally:
            os.close(descriptor)

    def _open(self) -> int:
        with self._lock:
            if self._descriptor < 0:
                self._descriptor = os.open(self._path, os.O_RDONLY)
            return self._descriptor

    def _failure(self, error: OSError) -> ImageError:
        if isinstance(error, FileNotFoundError):
            return ImageError(path=str(self._path), field="file", reason="is no longer there; register it again.")
        return ImageError(path=str(self._path), field="file", reason=f"cannot be read ({error.strerror}).")

    def __del__(self) -> None:
        if getattr(self, "_descriptor", -1) >= 0:  # most of them never opened anything that stays so
            with suppress(OSError):
                self.close()


class LocalFiles:
    """See Files: those of a folder of this machine."""

    reads_at_once = 1

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._real = os.path.realpath(folder) + os.sep

    def path(self, name: str) -> str:
        """The path of a name; raises ImageError if a symbolic link or ".." leads out of the folder."""
        path = f"{self._folder}/{name}"
        if not (os.path.realpath(path) + os.sep).startswith(self._real):
            raise _led_out(str(self._folder), name)
        return path

    def place(self, name: str) -> LocalPlace:
        """See Files; a link that leads out is told when it is read."""
        if ".." in name and ".." in name.split("/"):
            raise _led_out(str(self._folder), name)
        return LocalPlace(f"{self._folder}/{name}", within=self._real)

    def local(self) -> Path:
        """See Files."""
        return self._folder


def _led_out(folder: str, name: str) -> ImageError:
    return ImageError(path=folder, field=name, reason="leads out of the folder; copy the file into it.")


def _real_path(descriptor: int, path: Path | str) -> str:
    """The path, without links, of a file that is open: one question where following each part of it takes ten."""
    try:
        return os.readlink(f"/proc/self/fd/{descriptor}")  # noqa: PTH115
    except OSError:  # a system without it
        return os.path.realpath(path)


class LocalFile:
    """See Files: one file of this machine, whatever name it is asked for; it may have been renamed since."""

    reads_at_once = 1

    def __init__(self, path: Path) -> None:
        self._path = path

    def place(self, name: str) -> LocalPlace:
        """See Files."""
        return LocalPlace(self._path, stays_open=True)

    def local(self) -> Path:
        """See Files."""
        return self._path


class FilesBeside:
    """See Files: a file of this machine, and others that are named relative to its folder."""

    reads_at_once = 1

    def __init__(self, path: Path, name: str) -> None:
        self._path = path
        self._name = name  # of the file itself, which may have been renamed since

    def place(self, name: str) -> LocalPlace:
        """See Files."""
        if name == self._name:
            return LocalPlace(self._path)
        found = beside(self._path, name)
        if found is None:
            raise ImageError(path=str(self._path), field=name, reason="is not beside it; put it there again.")
        return LocalPlace(found)

    def local(self) -> Path:
        """See Files."""
        return self._path


class AwayFiles:
    """See Files: files that cannot be read now, which reading one of them tells (ImageError)."""

    reads_at_once = 1

    def place(self, name: str) -> LocalPlace:
        """See Files."""
        return LocalPlace(Path(os.devnull, name))

    def local(self) -> Path:
        """See Files."""
        return Path(os.devnull, "away")


def beside(path: Path, name: str) -> Path | None:
    """The file of this name, relative to the folder of `path`; None if it is not there, or leads out of the folder.

    A link that leads out is followed only where `path` is a link as well: then the folder was made for the set.
    """
    parts = PurePosixPath(name).parts
    if not parts or ".." in parts or PurePosixPath(name).is_absolute() or "\0" in name:
        return None
    found = path.parent.joinpath(*parts)
    try:
        if not found.is_file():
            return None
    except OSError:  # a name that is too long
        return None
    if not path.is_symlink() and not found.resolve().is_relative_to(path.parent.resolve()):
        return None
    return found


def files_at(path: Path) -> LocalFile | LocalFiles:
    """The files of an image that is one file, or one folder."""
    return LocalFiles(path) if path.is_dir() else LocalFile(path)
