"""Lower levels for an image that has only one: each half as large, the mean of four pixels, made when asked for."""

import numpy as np

from imaging.limits import MEBI
from imaging.pixels import (
    ArrayCache,
    Index5,
    Level,
    Picture,
    PixelSource,
    RawChunk,
    StoredTiles,
    check_index,
    encode_little_endian,
    little_endian_codecs,
    read_region,
    type_json,
)
from imaging.sources.halves import half

LARGE = 1024  # an image up to this wide and high needs no lower level
SMALL = 512  # the lowest level is no wider or higher
CHUNK = 512
CACHE_BYTES = 64 * MEBI


class Pyramid:
    """See pixels.PixelSource: `base` with its one level, and virtual levels below it."""

    reads_at_once = 1  # a chunk of a virtual level reads others in its turn

    def __init__(self, base: PixelSource, *, labels: bool = False) -> None:
        self._base = base
        self._labels = labels
        self.dtype = base.dtype
        self.fill_value = base.fill_value
        self._cache = ArrayCache(CACHE_BYTES)
        levels = [base.levels[0]]
        while max(levels[-1].shape[3:]) > SMALL:
            t, c, z, y, x = levels[-1].shape
            y, x = -(-y // 2), -(-x // 2)
            levels.append(Level((t, c, z, y, x), (1, 1, 1, min(CHUNK, y), min(CHUNK, x))))
        self.levels = tuple(levels)

    def close(self) -> None:
        """See PixelSource."""
        self._base.close()

    def codecs(self, level: int) -> list[type_json]:
        """See PixelSource."""
        return self._base.codecs(0) if level == 0 else little_endian_codecs(self.dtype)

    def raw_chunk(self, level: int, index: Index5) -> RawChunk | None:
        """See PixelSource."""
        check_index(self, level, index)
        return self._base.raw_chunk(0, index) if level == 0 else None

    def encoded_chunk(self, level: int, index: Index5) -> bytes:
        """See PixelSource."""
        return self._base.encoded_chunk(0, index) if level == 0 else encode_little_endian(self.read_chunk(level, index))

    def picture(self, level: int, t: int, z: int, row: int, column: int) -> Picture | None:
        """See PixelSource."""
        return self._base.picture(0, t, z, row, column) if level == 0 else None

    def tile(self, level: int, t: int, z: int, row: int, column: int) -> np.ndarray | None:
        """See PixelSource."""
        return self._base.tile(0, t, z, row, column) if level == 0 else None

    def stored(self, level: int) -> StoredTiles | None:
        """See PixelSource."""
        return self._base.stored(0) if level == 0 else None

    def read_chunk(self, level: int, index: Index5) -> np.ndarray:
        """See PixelSource."""
        check_index(self, level, index)
        if level == 0:
            return self._base.read_chunk(0, index)
        return self._cache.get((level, index), lambda: self._make(level, index))

    def _make(self, level: int, index: Index5) -> np.ndarray:
        """A chunk of a virtual level from the pixels of the level above."""
        t, c, z, row, column = index
        _, _, _, height, width = self.levels[level].chunk
        _, _, _, above_y, above_x = self.levels[level - 1].shape
        y0, x0 = row * height * 2, column * width * 2
        y1, x1 = min(y0 + height * 2, above_y), min(x0 + width * 2, above_x)
        halved = half(read_region(self, level - 1, t, c, z, y0, y1, x0, x1), labels=self._labels)
        chunk = np.zeros((1, 1, 1, height, width), self.dtype)
        chunk[0, 0, 0, : halved.shape[0], : halved.shape[1]] = halved
        return chunk
