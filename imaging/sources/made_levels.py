"""An image's own file, and what was made of it and stands in for some or all of its levels."""

from collections.abc import Callable
from typing import TypeVar

import numpy as np

from imaging.errors import ImageError
from imaging.pixels import Index5, Picture, PixelSource, RawChunk, StoredTiles, type_json

T = TypeVar("T")


class MadeLevels:
    """See pixels.PixelSource: levels from `first` on are read of `made`, whose level 0 is that one of `own`; of `own`
    where `made` is damaged or gone. Both are served alike, so that no address gives other pixels for it."""

    def __init__(self, own: PixelSource, made: PixelSource, first: int = 0) -> None:
        self._own, self._made, self._first = own, made, first
        self.dtype = own.dtype
        self.fill_value = own.fill_value
        self.reads_at_once = own.reads_at_once
        self.levels = own.levels

    def close(self) -> None:
        """See PixelSource."""
        self._own.close()
        self._made.close()

    def codecs(self, level: int) -> list[type_json]:
        """See PixelSource."""
        return self._own.codecs(level)

    def read_chunk(self, level: int, index: Index5) -> np.ndarray:
        """See PixelSource."""
        return self._read(level, lambda source, number: source.read_chunk(number, index))

    def raw_chunk(self, level: int, index: Index5) -> RawChunk | None:
        """See PixelSource."""
        return self._read(level, lambda source, number: source.raw_chunk(number, index))

    def encoded_chunk(self, level: int, index: Index5) -> bytes:
        """See PixelSource."""
        return self._read(level, lambda source, number: source.encoded_chunk(number, index))

    def tile(self, level: int, t: int, z: int, row: int, column: int) -> np.ndarray | None:
        """See PixelSource."""
        return self._read(level, lambda source, number: source.tile(number, t, z, row, column))

    def picture(self, level: int, t: int, z: int, row: int, column: int) -> Picture | None:
        """See PixelSource: only the own file stores pictures."""
        return self._own.picture(level, t, z, row, column)

    def stored(self, level: int) -> StoredTiles | None:
        """See PixelSource: as the own file has them."""
        return self._own.stored(level)

    def _read(self, level: int, read: Callable[[PixelSource, int], T]) -> T:
        if level >= self._first:
            try:
                return read(self._made, level - self._first)
            except ImageError:  # fixity finds what is wrong with it, and tells
                pass
        return read(self._own, level)
