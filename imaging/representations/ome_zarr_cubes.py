"""Any volume as OME-Zarr 0.5 in small 3-D chunks, so that a part of a stack that is stored as planes is one request."""

from imaging.pixels import Index5, Level, PixelSource
from imaging.representations.ome_zarr import OmeZarrView
from imaging.representations.view import About
from imaging.sources.recut import Recut

CUBE = (1, 1, 32, 64, 64)


def cut(level: Level) -> Index5:
    """The size of a level's chunks."""
    _, _, z, y, x = (min(size, step) for size, step in zip(level.shape, CUBE, strict=True))
    return 1, 1, z, y, x


def cubes(source: PixelSource) -> Recut:
    """The source in chunks of a cube."""
    return Recut(source, (Level(level.shape, cut(level)) for level in source.levels))


def make_cubes_view(source: PixelSource, about: About) -> OmeZarrView:
    """See View."""
    return OmeZarrView(cubes(source), about)
