"""An image of one level, and lower levels of it that were made and stored as an OME-Zarr of their own."""

import numpy as np

from imaging.pixels import Index5, Picture, PixelSource, RawChunk, StoredTiles, type_json


class StoredLevels:
    """See pixels.PixelSource: level 0 is `base`'s, those from 1 on are `lower`'s."""

    def __init__(self, base: PixelSource, lower: PixelSource) -> None:
        self._sources = [(base, 0), *((lower, level) for level in range(len(lower.levels)))]
        self._base, self._lower = base, lower
        self.dtype = base.dtype
        self.fill_value = base.fill_value
        self.levels = (base.levels[0], *lower.levels)

    def close(self) -> None:
        """See PixelSource."""
        self._base.close()
        self._lower.close()

    def codecs(self, level: int) -> list[type_json]:
        """See PixelSource."""
        source, own = self._sources[level]
        return source.codecs(own)

    def read_chunk(self, level: int, index: Index5) -> np.ndarray:
        """See PixelSource."""
        source, own = self._at(level)
        return source.read_chunk(own, index)

    def raw_chunk(self, level: int, index: Index5) -> RawChunk | None:
        """See PixelSource."""
        source, own = self._at(level)
        return source.raw_chunk(own, index)

    def encoded_chunk(self, level: int, index: Index5) -> bytes:
        """See PixelSource."""
        source, own = self._at(level)
        return source.encoded_chunk(own, index)

    def picture(self, level: int, t: int, z: int, row: int, column: int) -> Picture | None:
        """See PixelSource."""
        source, own = self._at(level)
        return source.picture(own, t, z, row, column)

    def tile(self, level: int, t: int, z: int, row: int, column: int) -> np.ndarray | None:
        """See PixelSource."""
        source, own = self._at(level)
        return source.tile(own, t, z, row, column)

    def stored(self, level: int) -> StoredTiles | None:
        """See PixelSource."""
        source, own = self._at(level)
        return source.stored(own)

    def _at(self, level: int) -> tuple[PixelSource, int]:
        if not 0 <= level < len(self._sources):
            raise IndexError(f"no level {level}")
        return self._sources[level]
