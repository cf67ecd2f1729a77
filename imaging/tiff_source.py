"""Pixels of a TIFF by its chunk table: stored bytes where they are Zarr chunks as they stand, else decoded ones."""

import os
from pathlib import Path
from typing import Any

import numpy as np

from imaging.errors import ImageError
from imaging.limits import MEBI
from imaging.pixels import (
    ABSENT,
    DECODE_ERRORS,
    ArrayCache,
    Index5,
    Level,
    RawChunk,
    bytes_codec,
    check_index,
    encode_little_endian,
    little_endian_codecs,
    native,
    type_json,
)
from imaging.table import Table
from imaging.tiff_codecs import NONE, ZARR_CODECS, Segment, decode_segment

CACHE_BYTES = 64 * MEBI
WHOLE_ROWS = 4 * MEBI  # up to this much of full rows is read at once, else only the columns wanted


class TiffSource:
    """See pixels.PixelSource; made from the table that `tiff_table.make_tiff_tables` gives."""

    def __init__(self, path: Path, table: Table) -> None:
        self._path = str(path)
        levels = table.header["levels"]
        self.levels = tuple(Level(tuple(level["shape"]), tuple(level["chunk"])) for level in levels)
        self._about = levels
        self._segments = tuple(Segment(**level["segment"]) for level in levels)
        self._offsets = [table.arrays[f"offset{number}"] for number in range(len(levels))]
        self._lengths = [table.arrays[f"length{number}"] for number in range(len(levels))]
        self.dtype: np.dtype[Any] = np.dtype(self._segments[0].dtype).newbyteorder("=")
        self.fill_value: float = 0
        self._cache = ArrayCache(CACHE_BYTES)
        self._file = os.open(path, os.O_RDONLY)

    def close(self) -> None:
        """See PixelSource."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def codecs(self, level: int) -> list[type_json]:
        """See PixelSource."""
        if not self._about[level]["raw"]:
            return little_endian_codecs(self.dtype)
        stored = np.dtype(self._segments[level].dtype)
        endian = "big" if stored.str[0] == ">" else "little"
        return [bytes_codec(stored.itemsize, endian), *ZARR_CODECS[self._segments[level].compression]]

    def raw_chunk(self, level: int, index: Index5) -> RawChunk | None:
        """See PixelSource."""
        check_index(self, level, index)
        row, plane, _ = self._row(level, index)
        if not self._about[level]["raw"]:
            return None if self._lengths[level][row, plane].any() else ABSENT
        number = index[3] * self._about[level]["across"] + index[4]
        length = int(self._lengths[level][row, plane, number])
        return RawChunk(self._path, int(self._offsets[level][row, plane, number]), length) if length else ABSENT

    def encoded_chunk(self, level: int, index: Index5) -> bytes:
        """See PixelSource."""
        return encode_little_endian(self.read_chunk(level, index))

    def read_chunk(self, level: int, index: Index5) -> np.ndarray:
        """See PixelSource."""
        check_index(self, level, index)
        row, plane, sample = self._row(level, index)
        _, _, _, height, width = self.levels[level].chunk
        _, _, _, size_y, size_x = self.levels[level].shape
        segment = self._segments[level]
        chunk = np.zeros((height, width), self.dtype)
        top, left = index[3] * height, index[4] * width
        bottom, right = min(top + height, size_y), min(left + width, size_x)
        if (segment.rows, segment.columns) == (size_y, size_x) and segment.compression == NONE and segment.plain:
            if self._lengths[level][row, plane, 0]:
                rows = self._plain_rows(level, int(self._offsets[level][row, plane, 0]), (top, bottom, left, right))
                chunk[: bottom - top, : right - left] = rows[:, :, sample]
            return chunk[None, None, None]
        for down in range(top // segment.rows, -(-bottom // segment.rows)):
            for across in range(left // segment.columns, -(-right // segment.columns)):
                y, x = down * segment.rows, across * segment.columns
                pixels = self._segment(level, row, plane, down * self._about[level]["across"] + across)
                if pixels is None:
                    continue
                ya, yb = max(top, y), min(bottom, y + len(pixels))
                xa, xb = max(left, x), min(right, x + segment.columns)
                chunk[ya - top : yb - top, xa - left : xb - left] = pixels[ya - y : yb - y, xa - x : xb - x, sample]
        return chunk[None, None, None]

    def _row(self, level: int, index: Index5) -> tuple[int, int, int]:
        """Row of the table, sample plane, and sample within an interleaved pixel, of a chunk."""
        t, c, z = index[:3]
        _, size_c, size_z, _, _ = self.levels[level].shape
        separate, samples = self._about[level]["separate"], self._segments[level].samples
        channel, sample = divmod(c, separate * samples)
        row = (t * (size_c // (separate * samples)) + channel) * size_z + z
        return (row, sample, 0) if separate > 1 else (row, 0, sample)

    def _plain_rows(self, level: int, offset: int, box: tuple[int, int, int, int]) -> np.ndarray:
        """Rows top..bottom, columns left..right of a plane that lies uncompressed in one piece."""
        top, bottom, left, right = box
        segment = self._segments[level]
        stored = np.dtype(segment.dtype)
        pixel = segment.samples * stored.itemsize
        stride = segment.columns * pixel
        if (bottom - top) * stride <= WHOLE_ROWS:
            data = self._pread(offset + top * stride, (bottom - top) * stride)
            whole = np.frombuffer(data, stored).reshape(bottom - top, segment.columns, segment.samples)
            return native(whole[:, left:right])
        wanted = (right - left) * pixel
        parts = [self._pread(offset + row * stride + left * pixel, wanted) for row in range(top, bottom)]
        return native(np.frombuffer(b"".join(parts), stored).reshape(bottom - top, right - left, segment.samples))

    def _segment(self, level: int, row: int, plane: int, number: int) -> np.ndarray | None:
        """A decoded strip or tile (rows, columns, samples), None if it was never written."""
        length = int(self._lengths[level][row, plane, number])
        if not length:
            return None

        def decode() -> np.ndarray:
            data = self._pread(int(self._offsets[level][row, plane, number]), length)
            try:
                return decode_segment(data, self._segments[level])
            except DECODE_ERRORS as error:
                field = f"level {level}, plane {row}, strip or tile {number}"
                reason = f"cannot be decoded ({error}); the file is damaged: upload or export it again."
                raise ImageError(path=self._path, field=field, reason=reason) from error

        return self._cache.get((level, row, plane, number), decode)

    def _pread(self, offset: int, length: int) -> bytes:
        """Bytes of the file; raises ImageError if they are not all there."""
        data = os.pread(self._file, length, offset)
        if len(data) != length:
            reason = f"only {len(data)} of {length} bytes are there: the file was cut off; upload or copy it again."
            raise ImageError(path=self._path, field=f"byte {offset}", reason=reason)
        return data
