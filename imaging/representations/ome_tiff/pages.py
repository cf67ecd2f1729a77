"""A BigTIFF whose every byte can be told before it is sent: pages first, then tiles (BigTIFF; OME-TIFF 6.0).

Tiles that are stored as a TIFF has them are copied as they are; others are decoded and sent uncompressed, so that their
place is known. Each plane is a page, its lower levels are its SubIFDs.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from imaging.pixels import PixelSource, StoredTiles, read_region
from imaging.representations.ome_tiff.part import Part, PartLevel
from imaging.representations.view import BadRequest

ASCII, SHORT, LONG, UNDEFINED, LONG8, IFD8 = 2, 3, 4, 7, 16, 18  # types of values
HEADER = 16
STEP = 16  # a tile's sides are multiples of it (TIFF 6.0 §15)
TILE, LARGEST_TILE = 512, 1024
MOST_TILES = 1 << 21
JPEG = 7  # Compression
FORMATS = {"u": 1, "i": 2, "f": 3}  # SampleFormat
Value = tuple[int, int, int, bytes]  # tag, type, count, data


@dataclass(frozen=True, eq=False)
class Tiles:
    """A level's tiles in the file: rows x columns pixels each, down x across a plane.

    stored: how they are copied, with `offsets` and `lengths` [plane, tile] in the source's files; else decoded.
    `begin` is where the first one lies, `ends` [plane * tile] where each ends, counted from there.
    """

    level: PartLevel
    rows: int
    columns: int
    down: int
    across: int
    begin: int = 0
    stored: StoredTiles | None = None
    offsets: np.ndarray | None = None
    ends: np.ndarray | None = None

    @property
    def count(self) -> int:
        """Tiles of a plane."""
        return self.down * self.across


class TiffPages:
    """The file of a part of an image. dtype: numpy's, with the byte order of the whole file; samples: channels that lie
    together. is_rgb: whether they are colours; None if nobody says, and then they lie as stored. Raises BadRequest for
    pixels that OME-TIFF has no type for, or too many tiles."""

    def __init__(self, source: PixelSource, part: Part, *, is_rgb: bool | None) -> None:
        self._source, self._part = source, part
        base = source.stored(part.levels[0].number)
        self.samples = _samples(part, base, source, is_rgb=is_rgb)
        is_big = base is not None and np.dtype(base.dtype).str[0] == ">"
        kind = np.dtype(np.uint8) if source.dtype.kind == "b" else source.dtype
        if kind.kind not in FORMATS or kind.itemsize > 4 + 4 * (kind.kind == "f") or kind == np.float16:
            raise BadRequest(f"OME-TIFF has no pixels of type {kind.name}; get the image as OME-Zarr.")
        self.dtype: np.dtype[Any] = kind.newbyteorder(">" if is_big else "<")
        self.planes = len(part.times) * (len(part.channels) // self.samples) * len(part.depths)
        tiles = [self._tiles(level) for level in part.levels]
        if sum(one.count for one in tiles) * self.planes > MOST_TILES:
            raise BadRequest(
                f"This is more than {MOST_TILES} tiles, too much for one file: ask for a region, for fewer channels or "
                "planes, or for a lower level; or get the image as OME-Zarr."
            )
        self._levels = tiles
        self._description = b""
        self._first_page = self._stride = self.length = 0

    def lay_out(self, description: bytes) -> None:
        """Settle where everything lies; `description` is the OME-XML."""
        self._description = description + b"\0" * (8 - len(description) % 8)
        self._first_page = HEADER + len(self._description)
        self._sizes = [len(self._page(0, level, [0] * len(self._levels))) for level in range(len(self._levels))]
        self._stride = sum(self._sizes) - 20  # only the first page has the description
        at = self._first_page + 20 + self._stride * self.planes
        placed = []
        for one in self._levels:
            placed.append(Tiles(**{**one.__dict__, "begin": at}))
            at += int(one.ends[-1]) if one.ends is not None else self.planes * one.count * self._tile_bytes(one)
        self._levels, self.length = placed, at

    @property
    def nbytes(self) -> int:
        """Memory that it takes, about."""
        arrays = [array for one in self._levels for array in (one.offsets, one.ends) if array is not None]
        return len(self._description) + sum(array.nbytes for array in arrays)

    def read(self, offset: int, length: int) -> Iterator[bytes]:
        """Any part of the file, in pieces no larger than a tile or a page. Raises ImageError."""
        end = min(offset + length, self.length)
        while offset < end:
            start, piece = self._piece(offset)
            part = piece[offset - start : end - start]
            yield part
            offset += len(part)

    def _piece(self, offset: int) -> tuple[int, bytes]:
        """Where the piece begins that holds this byte, and the piece."""
        if offset < self._first_page:
            mark = b"MM" if self.dtype.str[0] == ">" else b"II"
            return 0, mark + self._pack("HHHQ", 43, 8, 0, self._first_page) + self._description
        if offset < self._levels[0].begin:
            plane = max(0, (offset - self._first_page - 20) // self._stride)
            pages = [self._page(plane, level, self._addresses(plane)) for level in range(len(self._levels))]
            return self._address(plane), b"".join(pages)
        level = max(number for number, one in enumerate(self._levels) if one.begin <= offset)
        one = self._levels[level]
        if one.ends is None:
            size = self._tile_bytes(one)
            number = (offset - one.begin) // size
            return one.begin + number * size, self._decoded(one, number)
        number = int(np.searchsorted(one.ends, offset - one.begin, side="right"))
        start = int(one.ends[number - 1]) if number else 0
        assert one.stored is not None
        assert one.offsets is not None
        place = one.stored.place(int(self._rows(one.stored, np.array([number // one.count]))[0][0]))
        return one.begin + start, place.pread(int(one.offsets[number]), int(one.ends[number]) - start)

    def _address(self, plane: int) -> int:
        return self._first_page + plane * self._stride + (20 if plane else 0)

    def _addresses(self, plane: int) -> list[int]:
        """Of the page of each level of a plane."""
        at, found = self._address(plane), []
        for number, size in enumerate(self._sizes):
            found.append(at)
            at += size - (20 if plane and not number else 0)
        return found

    def _page(self, plane: int, level: int, addresses: list[int]) -> bytes:
        """An IFD with its values behind it."""
        one, box = self._levels[level], self._levels[level].level.box
        stored, bits = one.stored, 8 * self.dtype.itemsize
        photometric = 2 if self.samples >= 3 else 1  # values are given as they are, with no palette and not turned
        if stored and stored.compression == JPEG and self.samples >= 3:
            photometric = stored.photometric  # which says how the JPEG's colours are coded
        offsets, lengths = self._where(one, plane)
        extra = self.samples - (3 if photometric in (2, 6) else 1)
        tags = [
            self._value(254, LONG, [1 if level else 0]),
            self._value(256, LONG, [box.width]),
            self._value(257, LONG, [box.height]),
            self._value(258, SHORT, [bits] * self.samples),
            self._value(259, SHORT, [stored.compression if stored else 1]),
            self._value(262, SHORT, [photometric]),
            *([(270, ASCII, len(self._description), b"")] if plane == level == 0 else []),
            self._value(277, SHORT, [self.samples]),
            self._value(284, SHORT, [1]),
            self._value(317, SHORT, [stored.predictor if stored else 1]),
            self._value(322, LONG, [one.columns]),
            self._value(323, LONG, [one.rows]),
            self._value(324, LONG8, offsets),
            self._value(325, LONG8, lengths),
            *([self._value(330, IFD8, addresses[1:])] if level == 0 and len(addresses) > 1 else []),
            *([self._value(338, SHORT, [0] * extra)] if extra > 0 else []),
            self._value(339, SHORT, [FORMATS[self.dtype.kind]] * self.samples),
            *([(347, UNDEFINED, len(stored.jpeg_tables), stored.jpeg_tables)] if stored and stored.jpeg_tables else []),
        ]
        following = self._address(plane + 1) if level == 0 and plane + 1 < self.planes else 0
        return self._ifd(tags, addresses[level], following)

    def _ifd(self, tags: list[Value], address: int, following: int) -> bytes:
        entries, behind = [], b""
        behind_at = address + 16 + 20 * len(tags)
        for tag, kind, count, data in tags:
            if tag == 270:
                data = self._pack("Q", HEADER)
            elif len(data) > 8:
                behind += data + b"\0" * (-len(data) % 8)
                data = self._pack("Q", behind_at + len(behind) - len(data) - (-len(data) % 8))
            entries.append(self._pack("HHQ", tag, kind, count) + data.ljust(8, b"\0"))
        return self._pack("Q", len(tags)) + b"".join(entries) + self._pack("Q", following) + behind

    def _value(self, tag: int, kind: int, numbers: Any) -> Value:
        code = {SHORT: "u2", LONG: "u4", LONG8: "u8", IFD8: "u8"}[kind]
        return tag, kind, len(numbers), np.asarray(numbers, self.dtype.str[0].replace("|", "<") + code).tobytes()

    def _pack(self, codes: str, *numbers: int) -> bytes:
        return struct.pack((">" if self.dtype.str[0] == ">" else "<") + codes, *numbers)

    def _tile_bytes(self, one: Tiles) -> int:
        return one.rows * one.columns * self.samples * self.dtype.itemsize

    def _where(self, one: Tiles, plane: int) -> tuple[np.ndarray, np.ndarray]:
        """Addresses and lengths of a plane's tiles; 0 for what was never written."""
        first, last = plane * one.count, (plane + 1) * one.count
        if one.ends is None:
            size = self._tile_bytes(one)
            return one.begin + np.arange(first, last, dtype=np.uint64) * size, np.full(one.count, size, np.uint64)
        ends = one.ends[first:last]
        begins = np.concatenate([one.ends[first - 1 : first] if first else [0], ends[:-1]]).astype(np.uint64)
        lengths = ends - begins
        return np.where(lengths > 0, begins + np.uint64(one.begin), np.uint64(0)), lengths

    def _tiles(self, level: PartLevel) -> Tiles:
        described, box = self._source.levels[level.number], level.box
        rows, columns = described.chunk[3:]
        stored = self._source.stored(level.number)
        if stored is not None and self._can_copy(stored, level, rows, columns):
            return self._copied(stored, level, rows, columns)
        if rows % STEP or columns % STEP or max(rows, columns) > LARGEST_TILE:
            rows = columns = TILE
        rows, columns = min(rows, _whole_steps(box.height)), min(columns, _whole_steps(box.width))
        return Tiles(level, rows, columns, -(-box.height // rows), -(-box.width // columns))

    def _can_copy(self, stored: StoredTiles, level: PartLevel, rows: int, columns: int) -> bool:
        """Whether tiles begin where the region does, of the file's kind of pixels."""
        is_aligned = not (level.box.top % rows or level.box.left % columns or rows % STEP or columns % STEP)
        dtype = np.dtype(stored.dtype)
        return is_aligned and stored.samples == self.samples and dtype.str in (self.dtype.str, f"|{dtype.str[1:]}")

    def _copied(self, stored: StoredTiles, level: PartLevel, rows: int, columns: int) -> Tiles:
        box, wide = level.box, self._source.levels[level.number].grid[4]
        down, across = -(-box.height // rows), -(-box.width // columns)
        numbers = (box.top // rows + np.arange(down))[:, None] * wide + box.left // columns + np.arange(across)
        if down * across * self.planes > MOST_TILES:  # refused by the caller; not to be gathered before
            return Tiles(level, rows, columns, down, across)
        row, sample = self._rows(stored, np.arange(self.planes))
        at = row[:, None], sample[:, None], numbers.ravel()[None]
        ends = np.cumsum(stored.lengths[at].ravel(), dtype=np.uint64)
        return Tiles(level, rows, columns, down, across, 0, stored, stored.offsets[at].ravel(), ends)

    def _rows(self, stored: StoredTiles, planes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Row and sample plane in the source's table of planes of this file."""
        t, first, z = self._at(planes)
        _, size_c, size_z, _, _ = self._source.levels[0].shape
        separate = stored.offsets.shape[1]
        channel, sample = np.divmod(first, separate * stored.samples)
        row = (t * (size_c // (separate * stored.samples)) + channel) * size_z + z
        return row, sample if separate > 1 else np.zeros_like(sample)

    def _at(self, planes: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Time, first channel and depth in the source, of planes of this file."""
        part = self._part
        rest, z = np.divmod(planes, len(part.depths))
        t, group = np.divmod(rest, len(part.channels) // self.samples)
        return t + part.times[0], np.asarray(part.channels)[group * self.samples], z + part.depths[0]

    def _decoded(self, one: Tiles, number: int) -> bytes:
        plane, tile = divmod(number, one.count)
        t, c, z = (int(value[0]) for value in self._at(np.array([plane])))
        box = one.level.box
        top, left = box.top + tile // one.across * one.rows, box.left + tile % one.across * one.columns
        bottom, right = min(top + one.rows, box.bottom), min(left + one.columns, box.right)
        out = np.zeros((one.rows, one.columns, self.samples), self.dtype)
        for sample in range(self.samples):
            pixels = read_region(self._source, one.level.number, t, c + sample, z, top, bottom, left, right)
            out[: bottom - top, : right - left, sample] = pixels
        return out.tobytes()


def _whole_steps(pixels: int) -> int:
    return -(-pixels // STEP) * STEP


def _samples(part: Part, base: StoredTiles | None, source: PixelSource, *, is_rgb: bool | None) -> int:
    """How many channels lie together: as stored, or those of RGB pixels; 1 if only some of them are asked for, or if
    they are no colours, since OME has one channel with one name for all that lie together."""
    if is_rgb is False:
        return 1
    samples = base.samples if base is not None else len(part.channels) if is_rgb else 1
    is_all = part.channels == tuple(range(source.levels[0].shape[1]))
    starts = part.channels[::samples]
    groups = tuple(first + sample for first in starts for sample in range(samples))
    if samples == 1 or not (is_all or (groups == part.channels and all(first % samples == 0 for first in starts))):
        return 1
    return samples
