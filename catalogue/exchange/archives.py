"""Zip archives as they come in: looked into with limits, so that a small file cannot fill the disk or memory."""

import unicodedata
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from catalogue.exchange.dossier import CannotRead

MAX_FILES = 20_000
MAX_BYTES = 2 * 2**30  # unpacked
MAX_RATIO = 300  # unpacked to packed, of what is larger than SMALL
SMALL = 2**20
CHUNK = 2**20


def is_zip(path: Path) -> bool:
    return zipfile.is_zipfile(path)


def entries(path: Path, name: str) -> list[zipfile.ZipInfo]:
    """The files in an archive. Raises CannotRead if it is broken, encrypted, too large, or leads out of its folder."""
    try:
        with zipfile.ZipFile(path) as archive:
            found = [one for one in archive.infolist() if not one.is_dir()]
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise CannotRead(f"This archive is broken ({error}). Make it again.", file=name) from error
    if len(found) > MAX_FILES:
        raise CannotRead(f"This archive holds {len(found)} files; at most {MAX_FILES} are taken.", file=name)
    total = sum(one.file_size for one in found)
    if total > MAX_BYTES:
        raise CannotRead(f"Unpacked, this would be {total} bytes; at most {MAX_BYTES} are taken.", file=name)
    for one in found:
        if one.flag_bits & 1:
            raise CannotRead("This archive is locked with a password. Give it without one.", file=name)
        if one.file_size > SMALL and one.file_size > MAX_RATIO * max(one.compress_size, 1):
            raise CannotRead(f"“{one.filename}” in it unpacks to far more than it should. It is not opened.", file=name)
        if ".." in PurePosixPath(one.filename).parts or one.filename.startswith("/") or "\\" in one.filename:
            raise CannotRead(f"“{one.filename}” in it would lead out of its folder.", file=name)
    return found


def contents(path: Path, name: str) -> Iterator[tuple[str, Iterator[bytes]]]:
    """The name and the bytes of each file in an archive, without what a Mac adds. Raises CannotRead."""
    for one in entries(path, name):
        if one.filename.startswith("__MACOSX/") or one.filename.rpartition("/")[2] == ".DS_Store":
            continue
        yield unicodedata.normalize("NFC", one.filename), _bytes(path, one, name)


def _bytes(path: Path, one: zipfile.ZipInfo, name: str) -> Iterator[bytes]:
    left = one.file_size
    try:
        with zipfile.ZipFile(path) as archive, archive.open(one) as stream:
            while chunk := stream.read(CHUNK):
                left -= len(chunk)
                if left < 0:
                    raise CannotRead(f"“{one.filename}” in it is larger than it says.", file=name)
                yield chunk
    except (zipfile.BadZipFile, OSError, EOFError, NotImplementedError, RuntimeError) as error:
        raise CannotRead(f"“{one.filename}” in it cannot be unpacked ({error}).", file=name) from error
