"""The images whose chunks are read at random, as in Moore et al. (Nature Methods 18, 2021, latency benchmark)."""

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bench.pixel_data import CHANNELS, CUBE, TILE, plain_zarr, sharded_zarr, side, stack_shape, stack_tiff, tiled_tiff
from bench.reading import Box, of_source, random_boxes
from imaging.source import open_source

READS = 100
READS_OF_PLANES = 20  # where a peer takes seconds for each
PLANE, VOLUME = (1, TILE, TILE), (CUBE, CUBE, CUBE)


@dataclass(frozen=True)
class Stored:
    """An image in a format. axes: those of a TIFF, "" of an OME-Zarr; part: the size (z, y, x) of what is read."""

    name: str
    make: Callable[[], Path]
    axes: str
    part: tuple[int, int, int]

    def boxes(self) -> list[Box]:
        """The parts that are read."""
        t, z, y, x = stack_shape()
        shape: Sequence[int] = (t, 1, z, y, x) if self.part == VOLUME else (1, CHANNELS, 1, side(), side())
        return random_boxes(shape, self.part, READS_OF_PLANES if self.axes == "tzyx" else READS)

    def pixels(self) -> list[np.ndarray]:
        """What the parts hold."""
        with closing(open_source(self.make())) as source:
            read = of_source(source)
            return [read(box) for box in self.boxes()]


def _shards_of_volume() -> Path:
    return sharded_zarr(stack_tiff(), VOLUME)


IMAGES = (
    Stored("TIFF (zstd)", lambda: tiled_tiff("zstd"), "cyx", PLANE),
    Stored("TIFF (deflate)", lambda: tiled_tiff("zlib"), "cyx", PLANE),
    Stored("plain OME-Zarr", lambda: plain_zarr(tiled_tiff("zstd")), "", PLANE),
    Stored("sharded OME-Zarr", lambda: sharded_zarr(tiled_tiff("zstd"), PLANE), "", PLANE),
    Stored("volume, TIFF (zstd)", stack_tiff, "tzyx", VOLUME),
    Stored("volume, plain OME-Zarr", lambda: plain_zarr(_shards_of_volume()), "", VOLUME),
    Stored("volume, sharded OME-Zarr", _shards_of_volume, "", VOLUME),
)
