"""The pixels of a source in other chunks, made of its own as they are asked for."""

from collections.abc import Iterable

import numpy as np

from imaging.pixels import Index5, Level, PixelSource, check_index, read_box
from imaging.sources.decoded import DecodedSource


class Recut(DecodedSource):
    """See pixels.PixelSource; levels: of the same shapes as those of `base` from `first` on."""

    def __init__(self, base: PixelSource, levels: Iterable[Level], first: int = 0) -> None:
        self._base, self._first = base, first
        self.dtype = base.dtype
        self.fill_value = base.fill_value
        self.levels = tuple(levels)

    def close(self) -> None:
        """See PixelSource."""
        self._base.close()

    def read_chunk(self, level: int, index: Index5) -> np.ndarray:
        """See PixelSource."""
        check_index(self, level, index)
        about = self.levels[level]
        (first, last), c, z, y, x = (
            (number * step, min((number + 1) * step, size))
            for number, step, size in zip(index, about.chunk, about.shape, strict=True)
        )
        chunk = np.zeros(about.chunk, self.dtype)
        inside = tuple(slice(end - start) for start, end in (c, z, y, x))
        for t in range(first, last):
            chunk[t - first][inside] = read_box(self._base, self._first + level, t, c, z, y, x)
        return chunk
