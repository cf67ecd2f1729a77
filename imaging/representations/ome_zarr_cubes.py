"""Any volume as OME-Zarr 0.5 in small 3-D chunks, so that a part of a stack that is stored as planes is one request."""

import numpy as np

from imaging.pixels import Index5, Level, PixelSource, check_index, read_box
from imaging.representations.ome_zarr import OmeZarrView
from imaging.representations.view import About
from imaging.sources.decoded import DecodedSource

CUBE = (1, 1, 32, 64, 64)


class Cubes(DecodedSource):
    """See pixels.PixelSource: the pixels of `base` in other chunks, made of its own as they are asked for."""

    def __init__(self, base: PixelSource) -> None:
        self._base = base
        self.dtype = base.dtype
        self.fill_value = base.fill_value
        self.levels = tuple(Level(level.shape, cut(level)) for level in base.levels)

    def close(self) -> None:
        """See PixelSource."""
        self._base.close()

    def read_chunk(self, level: int, index: Index5) -> np.ndarray:
        """See PixelSource."""
        check_index(self, level, index)
        t, c, *at = index
        about = self.levels[level]
        z, y, x = (
            (number * step, min((number + 1) * step, size))
            for number, step, size in zip(at, about.chunk[2:], about.shape[2:], strict=True)
        )
        chunk = np.zeros(about.chunk, self.dtype)
        chunk[0, 0, : z[1] - z[0], : y[1] - y[0], : x[1] - x[0]] = read_box(self._base, level, t, (c, c + 1), z, y, x)
        return chunk


def cut(level: Level) -> Index5:
    """The size of a level's chunks."""
    _, _, z, y, x = (min(size, step) for size, step in zip(level.shape, CUBE, strict=True))
    return 1, 1, z, y, x


def make_cubes_view(source: PixelSource, about: About) -> OmeZarrView:
    """See View."""
    return OmeZarrView(Cubes(source), about)
