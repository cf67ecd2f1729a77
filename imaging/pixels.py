"""The pixel source every format offers: a pyramid of 5-D (t, c, z, y, x) arrays cut into equal chunks."""

import itertools
import lzma
import struct
import zlib
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property, partial
from threading import Lock
from typing import Any, Protocol

import imagecodecs
import numpy as np

from imaging.places import Place

type_json = dict[str, Any]
# What imagecodecs and numcodecs raise on bytes that are not what they should be.
DECODE_ERRORS = (
    ValueError, TypeError, RuntimeError, LookupError, OSError, EOFError, ArithmeticError, struct.error, zlib.error,
    lzma.LZMAError, imagecodecs.DelayedImportError,
)  # fmt: skip
Shape5 = tuple[int, int, int, int, int]
Index5 = tuple[int, int, int, int, int]
Span = tuple[int, int]


@dataclass(frozen=True)
class Level:
    """One resolution: `shape` and `chunk` are (t, c, z, y, x) in pixels."""

    shape: Shape5
    chunk: Shape5

    @cached_property
    def grid(self) -> Shape5:
        """Number of chunks along t, c, z, y, x."""
        t, c, z, y, x = (-(-size // step) for size, step in zip(self.shape, self.chunk, strict=True))
        return t, c, z, y, x


@dataclass(frozen=True)
class RawChunk:
    """Where a chunk's stored bytes are: `length` bytes at `offset` of a file."""

    place: Place | None
    offset: int
    length: int

    def read(self) -> bytes:
        """The bytes; raises ImageError if they are not all there."""
        return self.place.pread(self.offset, self.length) if self.place else b""


ABSENT = RawChunk(place=None, offset=0, length=0)
"""The chunk was never written: all its pixels have the fill value."""


@dataclass(frozen=True)
class Picture:
    """A tile that is stored as a picture of all its samples: `head`, then the stored bytes."""

    media_type: str
    head: bytes
    stored: RawChunk


class Described(Protocol):
    """How the pixels of a multiscale image lie. `dtype` is in native byte order; `fill_value` fills chunks that were
    never written."""

    dtype: np.dtype[Any]
    levels: tuple[Level, ...]
    fill_value: float

    def codecs(self, level: int) -> list[type_json]:
        """Zarr v3 codecs (core spec 3.1, §codecs) under which this level's chunk bytes are valid."""


@dataclass(frozen=True, eq=False)
class StoredTiles:
    """A level's tiles, each of a chunk's rows and columns, as a TIFF has them; numbers are those of its tags.

    samples: channels that lie together in a tile; dtype: with the byte order; jpeg_tables: what all tiles share;
    offsets, lengths: uint64 [row, sample plane, tile], 0 for what was never written; a row is (t, c // (sample planes *
    samples), z), z fastest; place: the file that holds a row.
    """

    compression: int
    predictor: int
    photometric: int
    samples: int
    dtype: str
    jpeg_tables: bytes
    offsets: np.ndarray
    lengths: np.ndarray
    place: Callable[[int], Place]


class PixelSource(Described, Protocol):
    """A multiscale image whose pixels can be read, by threads too. `reads_at_once`: see places.Files."""

    reads_at_once: int

    def read_chunk(self, level: int, index: Index5) -> np.ndarray:
        """The decoded chunk, always of the level's full chunk shape (edges padded), not to be written to; raises
        ImageError."""

    def raw_chunk(self, level: int, index: Index5) -> RawChunk | None:
        """The stored bytes, valid under `codecs(level)`; ABSENT if never written; None if it must be decoded."""

    def encoded_chunk(self, level: int, index: Index5) -> bytes:
        """The chunk's bytes, valid under `codecs(level)`, where `raw_chunk` is None; raises ImageError."""

    def picture(self, level: int, t: int, z: int, row: int, column: int) -> Picture | None:
        """The tile of this chunk row and column as a picture that is stored as it is, for all channels; None if there
        is none, or if it would show other pixels than decoding does."""

    def tile(self, level: int, t: int, z: int, row: int, column: int) -> np.ndarray | None:
        """The tile of this chunk row and column as (y, x, channel), where a pixel's channels lie together and are
        decoded at once, padded or not, and not to be written to; None if each channel is to be read alone."""

    def stored(self, level: int) -> StoredTiles | None:
        """The tiles of a level as they are stored, where a TIFF could hold them so; None where it could not."""

    def close(self) -> None:
        """Give back open files."""


class Planes(Protocol):
    """What a reader gives that decodes by itself. It runs in a limited process, asked by one thread at a time."""

    def read(self, level: int, t: int, c0: int, c1: int, z: int, y0: int, y1: int, x0: int, x1: int) -> np.ndarray:
        """The pixels [c0:c1, y0:y1, x0:x1] of a point in time and depth, (c, y, x); raises ImageError."""

    def close(self) -> None:
        """Give back open files."""


def check_index(source: PixelSource, level: int, index: Index5) -> None:
    """Raise IndexError if there is no such level or chunk."""
    if not 0 <= level < len(source.levels):
        raise IndexError(f"no level {level}")
    for number, count in zip(index, source.levels[level].grid, strict=True):
        if not 0 <= number < count:
            raise IndexError(f"no chunk {index} at level {level}")


def read_region(
    source: PixelSource, level: int, t: int, c: int, z: int, y0: int, y1: int, x0: int, x1: int
) -> np.ndarray:
    """The pixels [y0:y1, x0:x1] of one plane, composed of chunks; raises IndexError outside the image."""
    plane: np.ndarray = read_box(source, level, t, (c, c + 1), (z, z + 1), (y0, y1), (x0, x1))[0, 0]
    return plane


def read_box(source: PixelSource, level: int, t: int, *box: Span) -> np.ndarray:
    """The pixels of a point in time in four spans [start, end) along c, z, y and x, as (c, z, y, x).

    Each chunk is read once. Raises IndexError outside the image.
    """
    about = source.levels[level]
    for (start, end), size in zip(box, about.shape[1:], strict=True):
        if not 0 <= start <= end <= size:
            raise IndexError(f"{box} lies outside the pixels (c, z, y, x) = {about.shape[1:]}")
    out = np.empty([end - start for start, end in box], source.dtype)
    steps = about.chunk[1:]
    grids = [range(start // step, -(-end // step)) for (start, end), step in zip(box, steps, strict=True)]
    numbers = list(itertools.product(*grids))
    chunks = read_chunks(source, level, [(t // about.chunk[0], c, z, y, x) for c, z, y, x in numbers])
    for (c, z, y, x), whole in zip(numbers, chunks, strict=True):
        chunk = whole[t % about.chunk[0]]
        origins = [number * step for number, step in zip((c, z, y, x), steps, strict=True)]
        common = [
            (max(start, origin), min(end, origin + step))
            for (start, end), origin, step in zip(box, origins, steps, strict=True)
        ]
        into = tuple(slice(a - start, b - start) for (a, b), (start, _) in zip(common, box, strict=True))
        taken = tuple(slice(a - origin, b - origin) for (a, b), origin in zip(common, origins, strict=True))
        out[into] = chunk[taken]
    return out


def read_chunks(source: PixelSource, level: int, indexes: Sequence[Index5]) -> Iterator[np.ndarray]:
    """These chunks in their order; those that lie elsewhere some at once."""
    threads = min(source.reads_at_once, len(indexes))
    if threads < 2:
        yield from (source.read_chunk(level, index) for index in indexes)
        return
    with ThreadPoolExecutor(threads) as pool:
        yield from pool.map(partial(source.read_chunk, level), indexes)


def native(array: np.ndarray) -> np.ndarray:
    """The array in this machine's byte order, contiguous."""
    return np.ascontiguousarray(array, array.dtype.newbyteorder("="))


def little_endian_codecs(dtype: np.dtype[Any]) -> list[type_json]:
    """Codecs of chunks that were decoded: little endian, zstd 1 (512 x 512 uint16: 2.6 times smaller in 1.5 ms)."""
    return [bytes_codec(dtype.itemsize, "little"), {"name": "zstd", "configuration": {"level": 1, "checksum": False}}]


def bytes_codec(itemsize: int, endian: str) -> type_json:
    """Zarr v3 `bytes` codec; types of one byte have no byte order."""
    return {"name": "bytes"} if itemsize == 1 else {"name": "bytes", "configuration": {"endian": endian}}


def encode_little_endian(chunk: np.ndarray) -> bytes:
    """The chunk's bytes under `little_endian_codecs`."""
    little = np.ascontiguousarray(chunk, chunk.dtype.newbyteorder("<"))
    return bytes(imagecodecs.zstd_encode(little.tobytes(), level=1))


class ArrayCache:
    """The most recently used arrays, up to a number of bytes; safe between threads."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._bytes = self._met_bytes = 0
        self._arrays: OrderedDict[Hashable, np.ndarray] = OrderedDict()
        self._met: OrderedDict[Hashable, int] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Hashable, make: Callable[[], np.ndarray], *, is_quick: bool = False) -> np.ndarray:
        """The array kept under `key`, else the one that `make` gives.

        is_quick: to make it takes little longer than to get new memory for it, which keeping does; so it is kept only
        if it is asked for again before as much else was as there is room for, and what is asked for once goes through
        memory that was used before.
        """
        with self._lock:
            if key in self._arrays:
                self._arrays.move_to_end(key)
                return self._arrays[key]
        array = make()
        with self._lock:
            if is_quick and key not in self._met:
                self._met[key] = array.nbytes
                self._met_bytes += array.nbytes
                while self._met_bytes > self._max_bytes:
                    self._met_bytes -= self._met.popitem(last=False)[1]
                return array
            if key not in self._arrays:
                self._arrays[key] = array
                self._bytes += array.nbytes
            while self._bytes > self._max_bytes and len(self._arrays) > 1:
                self._bytes -= self._arrays.popitem(last=False)[1].nbytes
        return array
