"""Where the objects of a Zarr are: files of a folder, or members of a zip. Names never leave it."""

import json
import mmap
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from imaging.errors import ImageError
from imaging.limits import MAX_CHUNK_BYTES, MAX_JSON_BYTES, MAX_XML_BYTES, check_zip, file_size
from imaging.places import LocalFiles

STORED, DEFLATED = zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED
LOCAL_HEADER = struct.Struct("<4s22xHH")  # APPNOTE 4.3.7: signature, ..., length of name and of extra field


@dataclass(frozen=True)
class Member:
    """Bytes of a zip: `length` at `offset` of the archive, packed by `method` from `size`."""

    offset: int
    length: int
    size: int
    method: int


class ZarrStore(Protocol):
    """`root` is the folder or the zip; keys are relative, with "/" between their parts."""

    root: Path

    def read(self, key: str) -> bytes | None:
        """All bytes of an object, None if it is not there; raises ImageError if it cannot be read."""

    def children(self, prefix: str) -> list[str]:
        """Names of the groups and objects right below a group."""


class FolderStore:
    """A Zarr that is a folder."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._files = LocalFiles(root)

    def read(self, key: str) -> bytes | None:
        """See ZarrStore."""
        path = Path(self._files.path(key))
        if not path.is_file():
            return None
        if path.stat().st_size > max(MAX_CHUNK_BYTES, MAX_XML_BYTES):
            raise ImageError(path=str(self.root), field=key, reason=f"has more than {MAX_CHUNK_BYTES} bytes.")
        return path.read_bytes()

    def children(self, prefix: str) -> list[str]:
        """See ZarrStore."""
        folder = Path(self._files.path(prefix))
        return sorted(child.name for child in folder.iterdir()) if folder.is_dir() else []


class ZipStore:
    """A Zarr in a zip, at its top or in its only folder. The central directory is read once."""

    def __init__(self, root: Path) -> None:
        self.root = root
        size = file_size(root)
        try:
            with zipfile.ZipFile(root) as archive:
                check_zip(archive, root)
                infos = [info for info in archive.infolist() if not info.is_dir()]
        except (zipfile.BadZipFile, OSError, NotImplementedError, ValueError) as error:
            reason = f"is not a whole zip ({error}); it is truncated or no zip at all: upload it again."
            raise ImageError(path=str(root), field="zip", reason=reason) from error
        self._size = size
        with root.open("rb") as file:
            self._bytes = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        self.prefix = zarr_prefix([info.filename for info in infos])
        self._infos = {
            info.filename[len(self.prefix) :]: info for info in infos if info.filename.startswith(self.prefix)
        }

    def __iter__(self) -> Iterator[str]:
        """All keys."""
        return iter(self._infos)

    def member(self, key: str) -> Member | None:
        """Where the bytes of a key are; raises ImageError if that is outside the file."""
        info = self._infos.get(key)
        if info is None:
            return None
        start, end = max(info.header_offset, 0), 0
        header = self._bytes[start : start + LOCAL_HEADER.size]
        if len(header) == LOCAL_HEADER.size:
            signature, name_length, extra_length = LOCAL_HEADER.unpack(header)
            offset = info.header_offset + LOCAL_HEADER.size + name_length + extra_length
            end = offset + info.compress_size
        if not end or signature != b"PK\x03\x04" or end > self._size:
            raise ImageError(path=str(self.root), field=key, reason="lies outside the zip; zip it again.")
        if info.compress_type not in (STORED, DEFLATED):
            reason = "is packed by another method than store or deflate; make the zip without compression."
            raise ImageError(path=str(self.root), field=key, reason=reason)
        return Member(offset, info.compress_size, info.file_size, info.compress_type)

    def read(self, key: str) -> bytes | None:
        """See ZarrStore."""
        member = self.member(key)
        if member is None:
            return None
        if member.size > max(MAX_CHUNK_BYTES, MAX_XML_BYTES):
            raise ImageError(path=str(self.root), field=key, reason=f"has more than {MAX_CHUNK_BYTES} bytes.")
        data = self._bytes[member.offset : member.offset + member.length]
        return inflate(data, member.size, self.root, key) if member.method == DEFLATED else data

    def children(self, prefix: str) -> list[str]:
        """See ZarrStore."""
        start = prefix.strip("/") + "/" if prefix.strip("/") else ""
        return sorted({key[len(start) :].split("/")[0] for key in self._infos if key.startswith(start)})


def zarr_prefix(names: list[str]) -> str:
    """The folder of the zip in which the outermost Zarr metadata lies, "" for the top."""
    markers = [name for name in names if name.rsplit("/", 1)[-1] in ("zarr.json", ".zgroup", ".zattrs", ".zarray")]
    top = min(markers, key=lambda name: name.count("/"), default="")
    return top.rsplit("/", 1)[0] + "/" if "/" in top else ""


def inflate(data: bytes, size: int, path: Path | str, key: str) -> bytes:
    """Unpack a deflated member to no more bytes than it says it has; raises ImageError."""
    unpacker = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        out = unpacker.decompress(data, size + 1)
    except zlib.error as error:
        raise ImageError(path=str(path), field=key, reason=f"cannot be unpacked ({error}); zip it again.") from error
    if len(out) != size:
        raise ImageError(path=str(path), field=key, reason="unpacks to another size than it says; zip it again.")
    return out


def open_store(path: Path) -> FolderStore | ZipStore:
    """The store of a folder or a zip; raises ImageError."""
    return FolderStore(path) if path.is_dir() else ZipStore(path)


def read_json(store: ZarrStore, key: str) -> dict[str, Any] | None:
    """A JSON object of the store, None if it is not there; raises ImageError naming it."""
    data = store.read(key)
    if data is None:
        return None
    if len(data) > MAX_JSON_BYTES:
        raise ImageError(path=str(store.root), field=key, reason=f"has more than {MAX_JSON_BYTES} bytes.")
    try:
        value = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise ImageError(path=str(store.root), field=key, reason=f"is not JSON ({error}); write it again.") from error
    if not isinstance(value, dict):
        raise ImageError(path=str(store.root), field=key, reason="is not a JSON object; write it again.")
    return value
