"""Pixels of an OME-Zarr: its stored chunks with their own codecs, seen as five axes; shards seen as their chunks.

Chunks are files of a folder, or lie in one file (a zip, an HDF5 file) whose table says where each is. What is not in a
folder has the fill value only if it was not there when the table was made either, and the array still is.
"""

from typing import Any

import numcodecs
import numpy as np

from imaging.errors import ImageError
from imaging.limits import MEBI
from imaging.pixels import (
    ABSENT,
    DECODE_ERRORS,
    ArrayCache,
    Index5,
    Level,
    Picture,
    RawChunk,
    Shape5,
    StoredTiles,
    check_index,
    encode_little_endian,
    little_endian_codecs,
    type_json,
)
from imaging.places import Files, Place
from imaging.sources.zarr_array import ZarrArray, parse_array
from imaging.sources.zarr_n5 import parse_n5
from imaging.sources.zarr_store import DEFLATED, Member, inflate
from imaging.table import Table, check_identity

AXES = "tczyx"
NEVER_WRITTEN = 2**64 - 1
INDEX_CACHE = 16 * MEBI


class ZarrSource:
    """See pixels.PixelSource; made from a table of the kind "zarr" (`readers.zarr.table`)."""

    def __init__(self, files: Files, table: Table) -> None:
        self._files = files
        self.reads_at_once = files.reads_at_once
        self._zip = files.place(table.header["file"]) if table.header["file"] else None
        self._name = name = table.header["name"]
        self._axes = tuple(table.header["axes"])
        about = table.header["levels"]
        self._places = [level["path"] for level in about]
        self._arrays = [
            (parse_n5 if "blockSize" in level["metadata"] else parse_array)(level["metadata"], name, level["path"])
            for level in about
        ]
        self._members = table.arrays
        self._known = [_metadata_of(level["path"], table.header["identity"]) for level in about]
        self.levels = tuple(Level(self._five(a.shape), self._five(a.chunk)) for a in self._arrays)
        self.dtype: np.dtype[Any] = self._arrays[0].dtype.newbyteorder("=")
        self.fill_value = self._arrays[0].fill_value
        self._same_fill = [np.array_equal(a.fill_value, self.fill_value, equal_nan=True) for a in self._arrays]
        if any(array.dtype.newbyteorder("=") != self.dtype for array in self._arrays):
            raise ImageError(path=name, field="multiscales", reason="its levels differ in data type.")
        self._numbers = [AXES.index(axis) for axis in self._axes]
        present = [axis for axis in AXES if axis in self._axes]
        self._order = [self._axes.index(axis) for axis in present]
        self._indexes = ArrayCache(INDEX_CACHE)

    def close(self) -> None:
        """See PixelSource; files of a folder are opened a read at a time."""
        if self._zip is not None:
            self._zip.close()

    def codecs(self, level: int) -> list[type_json]:
        """See PixelSource."""
        stored = self._passed(level)
        return little_endian_codecs(self.dtype) if stored is None else stored

    def raw_chunk(self, level: int, index: Index5) -> RawChunk | None:
        """See PixelSource."""
        check_index(self, level, index)
        found = self._locate(level, index)
        if found is None:
            return ABSENT if self._same_fill[level] else None
        place, member = found
        if self._passed(level) is None or member.method == DEFLATED:
            return None
        return RawChunk(place, member.offset, member.length)

    def encoded_chunk(self, level: int, index: Index5) -> bytes:
        """See PixelSource."""
        found = self._locate(level, index)
        if found is not None and self._passed(level) is not None:
            return self._bytes(level, *found)
        return encode_little_endian(self.read_chunk(level, index))

    def tile(self, level: int, t: int, z: int, row: int, column: int) -> np.ndarray | None:
        """See PixelSource."""
        return None

    def stored(self, level: int) -> StoredTiles | None:
        """See PixelSource."""
        return None

    def read_chunk(self, level: int, index: Index5) -> np.ndarray:
        """See PixelSource."""
        check_index(self, level, index)
        found = self._locate(level, index)
        shape = self.levels[level].chunk
        if found is None:
            return np.full(shape, self._arrays[level].fill_value, self.dtype)
        data = self._bytes(level, *found)
        try:
            return self._arrays[level].decode(data).transpose(self._order).reshape(shape)
        except DECODE_ERRORS as error:
            reason = f"cannot be decoded ({error}); the file is damaged: upload or copy it again."
            raise ImageError(path=self._name, field=self._key(level, index), reason=reason) from error

    def picture(self, level: int, t: int, z: int, row: int, column: int) -> Picture | None:
        """See PixelSource: no codec of Zarr stores pictures."""
        return None

    def _passed(self, level: int) -> list[type_json] | None:
        """The codecs of a level whose stored chunks may be given as they are, else None."""
        return self._arrays[level].codecs if self._straight and self._same_fill[level] else None

    @property
    def _straight(self) -> bool:
        """Whether the array's own axes stand in the order t, c, z, y, x."""
        return self._order == sorted(self._order)

    def _five(self, sizes: tuple[int, ...]) -> Shape5:
        """Sizes of the array's own axes as t, c, z, y, x."""
        named = dict(zip(self._axes, sizes, strict=True))
        t, c, z, y, x = (named.get(axis, 1) for axis in AXES)
        return t, c, z, y, x

    def _own(self, index: Index5) -> tuple[int, ...]:
        """A chunk's index along the array's own axes."""
        return tuple([index[number] for number in self._numbers])

    def _outer(self, array: ZarrArray, own: tuple[int, ...]) -> tuple[int, ...]:
        """The index of the stored object that holds a chunk: its shard, or the chunk itself."""
        if array.sharding is None:
            return own
        return tuple(i * c // s for i, c, s in zip(own, array.chunk, array.sharding.shape, strict=True))

    def _key(self, level: int, index: Index5) -> str:
        """The key of the stored object that holds a chunk."""
        array = self._arrays[level]
        return f"{self._places[level]}/{array.key(self._outer(array, self._own(index)))}".lstrip("/")

    def _locate(self, level: int, index: Index5) -> tuple[Place, Member] | None:
        """The file and where in it the chunk's bytes are; None if it was never written."""
        array = self._arrays[level]
        own = self._own(index)
        outer = self._outer(array, own)
        found = self._object(level, array, outer)
        if found is None or array.sharding is None:
            return found
        per_shard = tuple(s // c for s, c in zip(array.sharding.shape, array.chunk, strict=True))
        inner = tuple(i % n for i, n in zip(own, per_shard, strict=True))
        place, shard = found
        entries = self._indexes.get((level, outer), lambda: self._shard_index(level, array, place, shard))
        offset, length = (int(value) for value in entries[inner])
        if offset == NEVER_WRITTEN:
            return None
        if offset + length > shard.size:
            reason = f"its index points behind its end ({offset + length} of {shard.size} bytes); it is damaged."
            raise ImageError(path=self._name, field=self._key(level, index), reason=reason)
        if shard.method == DEFLATED:
            raise ImageError(
                path=self._name,
                field=self._key(level, index),
                reason="is a shard packed by the zip; zip it stored.",
            )
        return place, Member(shard.offset + offset, length, length, shard.method)

    def _object(self, level: int, array: ZarrArray, outer: tuple[int, ...]) -> tuple[Place, Member] | None:
        """The stored object (chunk or shard) with this index."""
        if self._zip is None:
            place = self._files.place(f"{self._places[level]}/{array.key(outer)}".lstrip("/"))
            size = place.size_if_there()
            if size is None:
                self._check_never_written(level, array, outer)
                return None
            if not size:
                raise self._damage(level, array, outer, "is empty")
            return place, Member(0, size, size, 0)
        members = self._members[f"members{level}"]
        number = int(np.ravel_multi_index(outer, array.stored_grid))
        row = int(np.searchsorted(members[:, 0], number))
        if row == len(members) or members[row, 0] != number:
            return None
        _, offset, length, size, method = (int(value) for value in members[row])
        return self._zip, Member(offset, length, size, method)

    def _check_never_written(self, level: int, array: ZarrArray, outer: tuple[int, ...]) -> None:
        """Raise ImageError if an object that is not there was there once, or its array's metadata is not as it was."""
        stored = self._members.get(f"stored{level}")
        number = int(np.ravel_multi_index(outer, array.stored_grid))
        if stored is not None and stored[number >> 3] >> (number & 7) & 1:
            raise self._damage(level, array, outer, "is no longer there")
        check_identity({"name": self._name, "identity": self._known[level]}, self._files)

    def _damage(self, level: int, array: ZarrArray, outer: tuple[int, ...], what: str) -> ImageError:
        key = f"{self._places[level]}/{array.key(outer)}".lstrip("/")
        reason = f"{what}: the image is damaged; upload or copy it again."
        return ImageError(path=self._name, field=key, reason=reason)

    def _shard_index(self, level: int, array: ZarrArray, place: Place, shard: Member) -> np.ndarray:
        """Offset and length of each inner chunk of a shard (Zarr v3 codec sharding_indexed v1.0, §binary format)."""
        assert array.sharding is not None
        per_shard = tuple(s // c for s, c in zip(array.sharding.shape, array.chunk, strict=True))
        length = int(np.prod(per_shard)) * 16
        whole = length + (4 if array.sharding.index_checksum else 0)
        if shard.size < whole or shard.method == DEFLATED:
            reason = f"shard {place.name} is shorter than its index, or packed by the zip; copy it again, stored."
            raise ImageError(path=self._name, field=self._places[level], reason=reason)
        start = shard.offset + (shard.length - whole if array.sharding.index_at_end else 0)
        data = place.pread(start, whole)
        if array.sharding.index_checksum:
            try:
                data = bytes(numcodecs.CRC32C(location="end").decode(data))
            except DECODE_ERRORS as error:
                reason = f"the index of shard {place.name} is not what its checksum says; it is damaged: copy it again."
                raise ImageError(path=self._name, field=self._places[level], reason=reason) from error
        return np.frombuffer(data, "<u8").reshape(*per_shard, 2)

    def _bytes(self, level: int, place: Place, member: Member) -> bytes:
        """The chunk's bytes as its codecs expect them."""
        data = place.pread(member.offset, member.length)
        if member.method == DEFLATED:
            return inflate(data, member.size, self._name, self._places[level])
        return data


def _metadata_of(place: str, identity: list[list[Any]]) -> list[list[Any]]:
    """What is known of the files that describe an array at this place; of all, where none lies right there."""
    own = [one for one in identity if one[0].rpartition("/")[0] == place]
    return [one[:3] for one in own or identity]  # asked for each chunk that is not there: not what is in them
