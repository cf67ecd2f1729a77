"""Pixels that lie in strips, tiles or planes of files, by their chunk table: those of TIFF, and of all formats alike.

Stored bytes are given as they are where they are Zarr chunks as they stand, else decoded ones.
"""

import base64
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
    Picture,
    RawChunk,
    StoredTiles,
    bytes_codec,
    check_index,
    encode_little_endian,
    little_endian_codecs,
    native,
    type_json,
)
from imaging.places import Files, Place
from imaging.sources.segment_codecs import (
    ADOBE_DEFLATE,
    DEFLATE,
    JPEG,
    LZW,
    NONE,
    PACKBITS,
    START_OF_IMAGE,
    ZARR_CODECS,
    ZSTD,
    Segment,
    decode_segment,
    jpeg_head,
)
from imaging.table import Table

CACHE_BYTES = 64 * MEBI
COMMON = (NONE, LZW, JPEG, ADOBE_DEFLATE, DEFLATE, PACKBITS, ZSTD)
QUICK = (NONE, LZW, JPEG, ADOBE_DEFLATE, DEFLATE, PACKBITS, ZSTD)  # to be decoded
WHOLE_ROWS = 4 * MEBI  # up to this much of full rows is read at once, else only the columns wanted


class SegmentSource:
    """See pixels.PixelSource; made from a table of the kind "segments" (`imaging.segment_table`)."""

    def __init__(self, files: Files, table: Table) -> None:
        self._places = [files.place(name) for name, *_ in table.header["identity"]]
        levels = table.header["levels"]
        self.levels = tuple(Level(tuple(level["shape"]), tuple(level["chunk"])) for level in levels)
        self._about = levels
        self._segments = tuple(Segment(**level["segment"]) for level in levels)
        self._offsets = [table.arrays[f"offset{number}"] for number in range(len(levels))]
        self._lengths = [table.arrays[f"length{number}"] for number in range(len(levels))]
        self.dtype: np.dtype[Any] = np.dtype(self._segments[0].dtype).newbyteorder("=")
        self.fill_value: float = 0
        self.reads_at_once = files.reads_at_once
        self._files = [table.arrays.get(f"file{number}") for number in range(len(levels))]
        self._cache = ArrayCache(CACHE_BYTES)

    def close(self) -> None:
        """See PixelSource."""
        for place in self._places:
            place.close()

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
        if not length:
            return ABSENT
        return RawChunk(self._place(level, row), int(self._offsets[level][row, plane, number]), length)

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
        top, left = index[3] * height, index[4] * width
        bottom, right = min(top + height, size_y), min(left + width, size_x)
        if (bottom - top, right - left, 1) == (segment.rows, segment.columns, segment.samples):
            number = index[3] * self._about[level]["across"] + index[4]
            whole = self._segment(level, row, plane, number, is_chunk=True)
            if whole is not None and len(whole) == height:
                whole.setflags(write=False)  # it is kept for others
                return whole[None, None, None, :, :, 0]
        chunk = np.zeros((height, width), self.dtype)
        in_one_piece = segment.rows == size_y and segment.columns >= size_x
        if in_one_piece and segment.compression == NONE and segment.plain:
            if self._lengths[level][row, plane, 0]:
                offset = int(self._offsets[level][row, plane, 0])
                rows = self._plain_rows(level, self._place(level, row), offset, (top, bottom, left, right))
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

    def picture(self, level: int, t: int, z: int, row: int, column: int) -> Picture | None:
        """See PixelSource: tiles of JPEG, but for those at the right and lower edge that are padded."""
        check_index(self, level, (t, 0, z, row, column))
        segment, about = self._segments[level], self._about[level]
        _, size_c, size_z, size_y, size_x = self.levels[level].shape
        is_whole = (row + 1) * segment.rows <= size_y and (column + 1) * segment.columns <= size_x
        if segment.compression != JPEG or segment.bits != 8 or not is_whole or size_c != segment.samples:
            return None
        if segment.samples not in (1, 3) or self.levels[level].chunk[3:] != (segment.rows, segment.columns):
            return None
        plane, number = t * size_z + z, row * about["across"] + column
        length = int(self._lengths[level][plane, 0, number])
        if not length:
            return None
        offset = int(self._offsets[level][plane, 0, number])
        stored = RawChunk(self._place(level, plane), offset + len(START_OF_IMAGE), length - len(START_OF_IMAGE))
        return Picture("image/jpeg", jpeg_head(segment), stored)

    def tile(self, level: int, t: int, z: int, row: int, column: int) -> np.ndarray | None:
        """See PixelSource: of interleaved samples, where a chunk is just one stored tile or strip."""
        check_index(self, level, (t, 0, z, row, column))
        segment = self._segments[level]
        _, size_c, size_z, _, _ = self.levels[level].shape
        if segment.samples != size_c or size_c == 1:
            return None
        if self.levels[level].chunk[3:] != (segment.rows, segment.columns):
            return None
        return self._segment(level, t * size_z + z, 0, row * self._about[level]["across"] + column, is_chunk=True)

    def stored(self, level: int) -> StoredTiles | None:
        """See PixelSource: of what programs that read TIFF know, in whole bytes."""
        one = self._segments[level]
        is_tile = self.levels[level].chunk[3:] == (one.rows, one.columns)
        is_known = one.compression in COMMON and one.bits == 8 * np.dtype(one.dtype).itemsize and one.fill_order == 1
        if not (is_tile and is_known) or one.jpeg_header:
            return None
        return StoredTiles(
            one.compression, one.predictor, one.photometric, one.samples, one.dtype, base64.b64decode(one.jpeg_tables),
            self._offsets[level], self._lengths[level], lambda row: self._place(level, row),
        )  # fmt: skip

    def _place(self, level: int, row: int) -> Place:
        """The file that holds a plane."""
        files = self._files[level]
        return self._places[0 if files is None else int(files[row])]

    def _row(self, level: int, index: Index5) -> tuple[int, int, int]:
        """Row of the table, sample plane, and sample within an interleaved pixel, of a chunk."""
        t, c, z = index[:3]
        _, size_c, size_z, _, _ = self.levels[level].shape
        separate, samples = self._about[level]["separate"], self._segments[level].samples
        channel, sample = divmod(c, separate * samples)
        row = (t * (size_c // (separate * samples)) + channel) * size_z + z
        return (row, sample, 0) if separate > 1 else (row, 0, sample)

    def _plain_rows(self, level: int, place: Place, offset: int, box: tuple[int, int, int, int]) -> np.ndarray:
        """Rows top..bottom, columns left..right of a plane that lies uncompressed in one piece."""
        top, bottom, left, right = box
        segment = self._segments[level]
        stored = np.dtype(segment.dtype)
        pixel = segment.samples * stored.itemsize
        stride = segment.columns * pixel
        if (bottom - top) * stride <= WHOLE_ROWS:
            data = place.pread(offset + top * stride, (bottom - top) * stride)
            whole = np.frombuffer(data, stored).reshape(bottom - top, segment.columns, segment.samples)
            return native(whole[:, left:right])
        wanted = (right - left) * pixel
        parts = [place.pread(offset + row * stride + left * pixel, wanted) for row in range(top, bottom)]
        return native(np.frombuffer(b"".join(parts), stored).reshape(bottom - top, right - left, segment.samples))

    def _segment(self, level: int, row: int, plane: int, number: int, *, is_chunk: bool = False) -> np.ndarray | None:
        """A decoded strip or tile (rows, columns, samples), None if it was never written.

        is_chunk: no other chunk needs it.
        """
        length = int(self._lengths[level][row, plane, number])
        if not length:
            return None

        def decode() -> np.ndarray:
            place = self._place(level, row)
            data = place.pread(int(self._offsets[level][row, plane, number]), length)
            try:
                return decode_segment(data, self._segments[level])
            except DECODE_ERRORS as error:
                field = f"level {level}, plane {row}, strip or tile {number}"
                reason = f"cannot be decoded ({error}); the file is damaged: upload or export it again."
                raise ImageError(path=place.name, field=field, reason=reason) from error

        is_quick = is_chunk and self._segments[level].compression in QUICK
        return self._cache.get((level, row, plane, number), decode, is_quick=is_quick)
