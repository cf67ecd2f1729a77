"""Parts of an image as we and other programs read them from afar, and what that takes."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any

import fsspec  # type: ignore[import-untyped]
import numpy as np
import tifffile
import zarr
from obstore.store import HTTPStore, S3Store
from zarr.storage import ObjectStore

from bench.row import Timing
from imaging.pixels import PixelSource, read_box

BLOCK = 64 << 10  # bytes that a client of a TIFF asks for at once


@dataclass(frozen=True)
class Box:
    """A part of an image: a point of t and c, and spans of z, y and x."""

    t: int
    c: int
    z: slice
    y: slice
    x: slice


Read = Callable[[Box], np.ndarray]


def random_boxes(shape: Sequence[int], size: tuple[int, int, int], count: int) -> list[Box]:
    """Different parts of (t, c, z, y, x) pixels, each of `size` (z, y, x) at a multiple of it."""
    grid = (*shape[:2], *(whole // step for whole, step in zip(shape[2:], size, strict=True)))
    drawn = np.random.default_rng(0).choice(int(np.prod(grid)), count, replace=False)
    return [
        Box(t, c, *(slice(n * step, (n + 1) * step) for n, step in zip(places, size, strict=True)))
        for t, c, *places in (map(int, np.unravel_index(number, grid)) for number in drawn)
    ]


def of_source(source: PixelSource) -> Read:
    """Ours, in this process."""

    def read(box: Box) -> np.ndarray:
        spans = ((one.start, one.stop) for one in (box.z, box.y, box.x))
        pixels: np.ndarray = read_box(source, 0, box.t, (box.c, box.c + 1), *spans)[0]
        return pixels

    return read


def by_zarr(store: HTTPStore | S3Store) -> Read:
    """zarr-python with obstore, of level 0 of an OME-Zarr 0.5."""
    array = zarr.open_array(ObjectStore(store, read_only=True), path="0", mode="r", zarr_format=3)
    return lambda box: np.asarray(array[box.t, box.c, box.z, box.y, box.x])


def at_address(address: str) -> HTTPStore:
    """The store of an OME-Zarr."""
    return HTTPStore.from_url(address, client_options={"allow_http": True})


@contextmanager
def by_tifffile(file: Any, axes: str) -> Iterator[Read]:
    """tifffile, of level 0 of an OME-TIFF of these axes, whose directories it has read before."""
    with tifffile.TiffFile(file) as tiff:
        for page in tiff.series[0].pages:
            assert page is not None
            assert page.dataoffsets
        array = zarr.open_array(tiff.series[0].aszarr(level=0), mode="r")

        def read(box: Box) -> np.ndarray:
            pixels = np.asarray(array[tuple(getattr(box, axis) for axis in axes)])
            return pixels.reshape([span.stop - span.start for span in (box.z, box.y, box.x)])

        yield read


def in_blocks(address: str) -> AbstractContextManager[Any]:
    """A file at an address, as fsspec reads it, 64 KiB at once."""
    file: AbstractContextManager[Any] = fsspec.open(address, block_size=BLOCK)
    return file


def time_reads(reads: Sequence[Read], boxes: Sequence[Box], expected: Sequence[np.ndarray]) -> list[Timing]:
    """Each reader takes its turn at each part; the first part does not count: connections and images are opened then.

    Raises AssertionError where pixels are not those expected.
    """
    took: list[list[float]] = [[] for _ in reads]
    for box, pixels in zip(boxes, expected, strict=True):
        for read, times in zip(reads, took, strict=True):
            start = time.perf_counter()
            found = read(box)
            times.append((time.perf_counter() - start) * 1000)
            np.testing.assert_array_equal(found, pixels)
    return [Timing(float(np.percentile(times[1:], 50)), float(np.percentile(times[1:], 95))) for times in took]
