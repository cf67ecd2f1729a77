"""Pixels of a region at a wanted size, from the lowest level that has enough, each the mean of those it covers."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

import numpy as np

from imaging.pixels import Level, PixelSource, read_region
from imaging.representations.ome_zarr import factor

BAND = 1 << 22  # pixels of a channel that are read at once
EPSILON = 1e-6  # of a pixel


@dataclass(frozen=True)
class Box:
    """A region of a plane: rows top..bottom and columns left..right, in pixels of a level."""

    top: int
    bottom: int
    left: int
    right: int

    @property
    def height(self) -> int:
        return self.bottom - self.top

    @property
    def width(self) -> int:
        return self.right - self.left


@dataclass(frozen=True)
class Frame:
    """As Box, but its edges may lie within pixels."""

    top: float
    bottom: float
    left: float
    right: float

    @property
    def box(self) -> Box:
        """All pixels that it touches."""
        top, left = int(self.top + EPSILON), int(self.left + EPSILON)
        bottom, right = math.ceil(self.bottom - EPSILON), math.ceil(self.right - EPSILON)
        return Box(top, max(bottom, top + 1), left, max(right, left + 1))

    def is_box(self, size: tuple[int, int]) -> bool:
        """Whether it is whole pixels, as many as `size` (height, width)."""
        box = self.box
        edges = (self.top - box.top, self.bottom - box.bottom, self.left - box.left, self.right - box.right)
        return (box.height, box.width) == size and all(abs(edge) < EPSILON for edge in edges)


@dataclass(frozen=True)
class Place:
    """Where a picture lies: a level and a part of it; and row and column of the chunk that has just its pixels, but for
    the padding of the last ones, if one has."""

    level: int
    frame: Frame
    chunk: tuple[int, int] | None


@dataclass(frozen=True)
class Depth:
    """The planes of z `first`..`last`; `projection` "max" or "mean" makes one of them, "" is for a single one."""

    first: int
    last: int
    projection: str = ""


def same_planes(source: PixelSource) -> tuple[Level, ...]:
    """Level 0, and those after it that have the same planes: as many along t, c and z."""
    return tuple(takewhile(lambda level: level.shape[:3] == source.levels[0].shape[:3], source.levels))


def place_in_levels(source: PixelSource, box: Box, height: int, width: int) -> Place:
    """The coarsest level with the same planes that still has height x width pixels in a box of level 0, else level 0;
    and where that is."""
    found, frame = 0, Frame(box.top, box.bottom, box.left, box.right)
    full_y, full_x = source.levels[0].shape[3:]
    for number, level in enumerate(same_planes(source)[1:], 1):
        size_y, size_x = level.shape[3:]
        down, across = factor(full_y, size_y), factor(full_x, size_x)
        top, left = min(box.top / down, size_y - 1.0), min(box.left / across, size_x - 1.0)
        # the last row and column of a level may cover less than the others
        bottom = size_y if box.bottom == full_y else min(box.bottom / down, size_y)
        right = size_x if box.right == full_x else min(box.right / across, size_x)
        if bottom - top < height or right - left < width:
            break
        found, frame = number, Frame(top, bottom, left, right)
    return Place(found, frame, _chunk_at(source, found, frame.box) if frame.is_box((height, width)) else None)


def _chunk_at(source: PixelSource, level: int, box: Box) -> tuple[int, int] | None:
    height, width = source.levels[level].chunk[3:]
    size_y, size_x = source.levels[level].shape[3:]
    row, column = box.top // height, box.left // width
    whole = Box(row * height, min((row + 1) * height, size_y), column * width, min((column + 1) * width, size_x))
    return (row, column) if whole == box else None


def bands(
    source: PixelSource, place: Place, t: int, depth: Depth, size: tuple[int, int], channels: list[int]
) -> Iterator[tuple[int, list[np.ndarray]]]:
    """The planes (y, x) of channels, scaled to `size` (height, width), in bands: the first row, and the planes."""
    level, frame, (height, width) = place.level, place.frame, size
    if frame.is_box(size) and height * width <= BAND:
        read = _reader(source, level, t, depth, frame.box, channels, place.chunk)
        yield 0, [read(one) for one in channels]
        return
    downs = np.linspace(frame.top, frame.bottom, height + 1)
    across = np.linspace(frame.left, frame.right, width + 1)
    rows = max(1, int(BAND * height / ((frame.bottom - frame.top) * (frame.right - frame.left))))
    for first in range(0, height, rows):
        edges = downs[first : first + rows + 1]
        part = Frame(edges[0], edges[-1], frame.left, frame.right).box
        read = _reader(source, level, t, depth, part, channels, None)
        yield first, [_scaled(_scaled(read(one), edges - part.top, 0), across - part.left, 1) for one in channels]


def _scaled(plane: np.ndarray, edges: np.ndarray, axis: int) -> np.ndarray:
    """The plane along an axis in pixels that end at `edges`: the mean of what each covers, as float32, by area; the
    nearest where it grows; as it is where nothing changes. NaN counts as 0."""
    step, wanted = (edges[-1] - edges[0]) / (len(edges) - 1), len(edges) - 1
    if step <= 1 + EPSILON:
        starts = np.minimum((edges[:-1] + EPSILON).astype(np.intp), plane.shape[axis] - 1)
        is_same = wanted == plane.shape[axis] and starts[0] == 0 and starts[-1] == wanted - 1
        return plane if is_same else np.take(plane, starts, axis=axis)
    if plane.dtype.kind == "f":
        with np.errstate(over="ignore"):  # what is too large for 32 bits is the greatest they have
            plane = np.nan_to_num(plane.astype(np.float32))
    whole = np.minimum((edges + EPSILON).astype(np.intp), plane.shape[axis] - 1)
    # each by itself: a running sum would lose all that follows a huge number
    summed = np.add.reduceat(plane, whole, axis=axis, dtype=np.float64)
    at_edges = np.expand_dims(edges - whole, 1 - axis) * plane.take(whole, axis)
    inner = summed[:-1] if axis == 0 else summed[:, :-1]
    return np.asarray((inner + np.diff(at_edges, axis=axis)) / step, np.float32)


def _reader(
    source: PixelSource, level: int, t: int, depth: Depth, box: Box, channels: list[int], at: tuple[int, int] | None
) -> Callable[[int], np.ndarray]:
    """Gives the plane of a channel, not to be written to. The chunk `at` a row and column that is just the box is not
    copied, and its interleaved samples are had at once."""
    if at is None or depth.first != depth.last:
        return lambda channel: _projected(source, level, t, channel, depth, box)
    tile = source.tile(level, t, depth.first, *at) if len(channels) > 1 else None
    if tile is not None and tile.shape[0] >= box.height:
        return lambda channel: tile[: box.height, : box.width, channel]
    steps = source.levels[level].chunk[:3]

    def read(channel: int) -> np.ndarray:
        (chunk_t, in_t), (chunk_c, in_c), (chunk_z, in_z) = map(divmod, (t, channel, depth.first), steps)
        chunk = source.read_chunk(level, (chunk_t, chunk_c, chunk_z, *at))
        return chunk[in_t, in_c, in_z, : box.height, : box.width]

    return read


def _projected(source: PixelSource, level: int, t: int, channel: int, depth: Depth, box: Box) -> np.ndarray:
    area = (box.top, box.bottom, box.left, box.right)
    out: np.ndarray[Any, Any] = read_region(source, level, t, channel, depth.first, *area)
    if depth.first == depth.last:
        return out
    if depth.projection == "mean":
        out = out.astype(np.float64)
    for z in range(depth.first + 1, depth.last + 1):
        plane = read_region(source, level, t, channel, z, *area)
        if depth.projection == "mean":
            out += plane
        else:
            np.maximum(out, plane, out=out)
    return (out / (depth.last - depth.first + 1)).astype(np.float32) if depth.projection == "mean" else out
