"""Numbers of an image's pixels: range, percentiles and histogram of each channel and level, and figures of quality.

Whole chunks are read, evenly spread over time, depth and plane where an image has more pixels than are read; how many
were is said. Quality figures follow QUAREP-LiMi's concerns (saturation, focus, noise, evenness of illumination); they
are estimates from the image itself, not a measurement of the microscope.
"""

import json
import math
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from itertools import product
from typing import Any

import numpy as np

from imaging.pixels import Index5, PixelSource, read_region

VERSION = 1
PERCENTILES = (0.1, 1.0, 50.0, 99.0, 99.9)
BINS = 256
MOST_FULL = 1 << 28  # pixels of all channels of level 0 that are read
MOST_LOWER = 1 << 24  # of each lower level
KEPT = 1 << 20  # values kept of pixels that cannot be counted one by one
SLICES = 32  # planes of z that are judged
WINDOW = 1024  # pixels a side of the middle of a plane that is judged
EVEN = 8  # blocks a side of the plane by which evenness is judged
CAMERA_BITS = (8, 10, 12, 14, 16)

Tell = Callable[[int, int], None]


@dataclass(frozen=True)
class Distribution:
    """How the values of one channel lie. Counts are those of the pixels read, `sampled` (0 to 1) of all there are.

    percentiles: by PERCENTILES; histogram: bin i holds values from `bin_start` + i * `bin_width`; zeros, saturated_low
    and saturated_high: shares (0 to 1) of pixels that are 0, or at the least or greatest value that the type, or a
    camera of `full_scale`, can give; None where the type has none (real numbers). not_numbers: the share that is NaN or
    infinite.
    """

    minimum: float
    maximum: float
    mean: float
    sd: float
    percentiles: tuple[float, ...]
    bin_start: float
    bin_width: float
    histogram: tuple[int, ...]
    zeros: float
    saturated_low: float | None
    saturated_high: float | None
    full_scale: float | None
    not_numbers: float
    sampled: float


@dataclass(frozen=True)
class Quality:
    """Figures of the middle of planes of one channel at t 0.

    planes: the z that were judged; focus: for each the variance of the Laplacian (Pech-Pacheco 2000) over the squared
    mean, greatest where it is sharpest; noise: standard deviation of the noise in grey levels (Immerkaer 1996), of the
    sharpest plane; signal_to_noise: what lies between its 1st and 99th percentile, over the noise, None without
    noise; evenness: the darkest over the brightest of 8 x 8 blocks of the mean of the planes, each by its median, None
    where there is no light.
    """

    planes: tuple[int, ...]
    focus: tuple[float, ...]
    noise: float
    signal_to_noise: float | None
    evenness: float | None


@dataclass(frozen=True)
class ChannelStatistics:
    """One channel: its distribution at each level, and its quality."""

    levels: tuple[Distribution, ...]
    quality: Quality


@dataclass(frozen=True)
class Statistics:
    """What `measure` finds, one entry a channel."""

    channels: tuple[ChannelStatistics, ...]

    def to_json(self) -> bytes:
        """A document with a `version`; what cannot be said is null."""
        document = {"version": VERSION, "percentiles": PERCENTILES, **asdict(self)}
        return json.dumps(document, allow_nan=False).encode()


def measure(
    source: PixelSource, significant_bits: int | None = None, tell: Tell = lambda done, total: None
) -> Statistics:
    """The statistics of all channels; `tell` hears how many of how many steps are done. Raises ImageError.

    significant_bits: how many bits of a pixel a camera fills, where a file says it.
    """
    count = source.levels[0].shape[1]
    steps = count * (len(source.levels) + 1)
    found = []
    for channel in range(count):
        levels: list[Distribution] = []
        for level in range(len(source.levels)):
            tell(len(levels) + channel * (len(source.levels) + 1), steps)
            most = (MOST_LOWER if level else MOST_FULL) // count
            levels.append(distribution(source, level, channel, most, significant_bits))
        found.append(ChannelStatistics(tuple(levels), quality(source, channel)))
    tell(steps, steps)
    return Statistics(tuple(found))


def distribution(
    source: PixelSource, level: int, channel: int, most: int, significant_bits: int | None = None
) -> Distribution:
    """How the values of a channel of a level lie, of `most` pixels or at least one chunk. Raises ImageError."""
    countable = source.dtype.kind in "uib" and source.dtype.itemsize <= 2
    tally: _Counts | _Values = _Counts(source.dtype) if countable else _Values(source.dtype)
    total = math.prod(source.levels[level].shape) // source.levels[level].shape[1]
    for pixels in _chunks(source, level, channel, most):
        tally.add(pixels)
    return tally.distribution(total, significant_bits)


def _chunks(source: PixelSource, level: int, channel: int, most: int) -> Iterator[np.ndarray]:
    """The pixels of a channel, less padding, of chunks that are evenly spread."""
    about = source.levels[level]
    ct, cc, cz, cy, cx = about.chunk
    grid_t, _, grid_z, grid_y, grid_x = about.grid
    each, size = ct * cz * cy * cx, grid_t * grid_z * grid_y * grid_x
    wanted = min(size, max(1, most // each))
    for number in range(wanted):
        # the middle of as many equal spans, so that edges and one corner do not weigh more
        t, z, row, column = np.unravel_index((2 * number + 1) * size // (2 * wanted), (grid_t, grid_z, grid_y, grid_x))
        index: Index5 = (int(t), channel // cc, int(z), int(row), int(column))
        chunk = source.read_chunk(level, index)[:, channel % cc]
        ends = zip((0, 2, 3, 4), index[:1] + index[2:], strict=True)
        yield chunk[tuple(slice(0, about.shape[axis] - at * about.chunk[axis]) for axis, at in ends)]


class _Counts:
    """Counts of each value of a type of up to 16 bits: nothing is estimated."""

    def __init__(self, dtype: np.dtype[Any]) -> None:
        self._dtype = np.dtype(np.uint8) if dtype.kind == "b" else dtype
        info = np.iinfo(self._dtype)
        self._least, self._greatest = int(info.min), int(info.max)
        self._counts = np.zeros(self._greatest - self._least + 1, np.int64)

    def add(self, pixels: np.ndarray) -> None:
        flat = np.ascontiguousarray(pixels).ravel()
        values = flat.view(np.uint8) if flat.dtype.kind == "b" else flat
        if self._least:
            values = (values.astype(np.int32) - self._least).astype(f"u{self._dtype.itemsize}")
        self._counts += np.bincount(values, minlength=len(self._counts))

    def distribution(self, total: int, significant_bits: int | None) -> Distribution:
        counts, read = self._counts, int(self._counts.sum())
        there = np.flatnonzero(counts)
        first, last = int(there[0]), int(there[-1])
        values = np.arange(first, last + 1, dtype=np.float64) + self._least
        inside = counts[first : last + 1]
        mean = float(inside @ values / read)
        width = -(-(last - first + 1) // BINS)
        start = first if width > 1 or last >= BINS else 0  # 8 bits are one value a bin
        bins = np.zeros(BINS * width, np.int64)
        bins[first - start : last - start + 1] = inside
        full = self._full_scale(last + self._least, significant_bits)
        ranks = np.searchsorted(np.cumsum(inside), [share / 100 * (read - 1) + 0.5 for share in PERCENTILES])
        return Distribution(
            minimum=float(values[0]),
            maximum=float(values[-1]),
            mean=mean,
            sd=float(np.sqrt(inside @ (values - mean) ** 2 / read)),
            percentiles=tuple(float(values[min(rank, len(values) - 1)]) for rank in ranks),
            bin_start=float(start + self._least),
            bin_width=float(width),
            histogram=tuple(int(one) for one in bins.reshape(BINS, width).sum(axis=1)),
            zeros=float(counts[-self._least] / read),
            saturated_low=float(counts[0] / read),
            saturated_high=float(counts[full - self._least :].sum() / read),
            full_scale=float(full),
            not_numbers=0.0,
            sampled=read / total,
        )

    def _full_scale(self, maximum: int, significant_bits: int | None) -> int:
        """The greatest value that the camera gives: as said, else that of the usual bit depth whose end is just
        reached, else of the type."""
        if significant_bits and 0 < significant_bits < 8 * self._dtype.itemsize and maximum < 1 << significant_bits:
            return int((1 << significant_bits) - 1)
        if self._dtype == np.uint16 and maximum + 1 in {1 << bits for bits in CAMERA_BITS[1:]}:
            return maximum
        return self._greatest


class _Values:
    """Values of wide types: range, mean and sd of all that is read; percentiles and histogram of some kept evenly."""

    def __init__(self, dtype: np.dtype[Any]) -> None:
        self._whole = dtype.kind in "ui"
        self._info = np.iinfo(dtype) if self._whole else None
        self._read = self._zeros = self._low = self._high = self._bad = 0
        self._sum = self._squares = 0.0
        self._least, self._greatest = math.inf, -math.inf
        self._kept: list[np.ndarray] = []
        self._step = 1

    def add(self, pixels: np.ndarray) -> None:
        flat = np.ascontiguousarray(pixels).ravel()
        if self._info:
            self._low += int((flat == self._info.min).sum())
            self._high += int((flat == self._info.max).sum())
        values = np.abs(flat) if flat.dtype.kind == "c" else flat
        good = values if self._whole else values[np.isfinite(values)]
        self._read += flat.size
        self._bad += flat.size - good.size
        if not good.size:
            return
        wide = good.astype(np.float64)
        self._zeros += int((good == 0).sum())
        self._sum += float(wide.sum())
        self._squares += float((wide * wide).sum())
        self._least, self._greatest = min(self._least, float(wide.min())), max(self._greatest, float(wide.max()))
        self._kept.append(wide[:: self._step])
        while sum(map(len, self._kept)) > KEPT:
            self._kept, self._step = [np.concatenate(self._kept)[::2]], self._step * 2

    def distribution(self, total: int, significant_bits: int | None) -> Distribution:
        good = self._read - self._bad
        kept = np.concatenate(self._kept) if self._kept else np.zeros(1)
        least, greatest = (self._least, self._greatest) if good else (0.0, 0.0)
        mean = self._sum / good if good else 0.0
        width = (greatest - least) / BINS or 1.0
        counts = np.bincount(np.minimum((kept - least) / width, BINS - 1).astype(np.intp), minlength=BINS)
        return Distribution(
            minimum=least,
            maximum=greatest,
            mean=mean,
            sd=math.sqrt(max(0.0, self._squares / good - mean * mean)) if good else 0.0,
            percentiles=tuple(float(one) for one in np.percentile(kept, PERCENTILES)),
            bin_start=least,
            bin_width=width,
            histogram=tuple(int(one) for one in np.rint(counts * (good / len(kept)))),
            zeros=self._zeros / self._read,
            saturated_low=self._low / self._read if self._info else None,
            saturated_high=self._high / self._read if self._info else None,
            full_scale=float(self._info.max) if self._info else None,
            not_numbers=self._bad / self._read,
            sampled=self._read / total,
        )


def quality(source: PixelSource, channel: int) -> Quality:
    """Figures of a channel at t 0, of the middle of up to SLICES planes of level 0. Raises ImageError."""
    _, _, size_z, size_y, size_x = source.levels[0].shape
    planes = sorted({(2 * number + 1) * size_z // (2 * SLICES) for number in range(SLICES)})
    top, left = max(0, (size_y - WINDOW) // 2), max(0, (size_x - WINDOW) // 2)
    box = (top, min(size_y, top + WINDOW), left, min(size_x, left + WINDOW))
    focus, sharpest = [], np.zeros((1, 1))
    for z in planes:
        plane = _finite(read_region(source, 0, 0, channel, z, *box))
        focus.append(sharpness(plane))
        if focus[-1] >= max(focus):
            sharpest = plane
    noise = noise_of(sharpest)
    low, high = np.percentile(sharpest, (1, 99))
    ratio = float((high - low) / noise) if noise > 0 else None
    return Quality(tuple(planes), tuple(focus), noise, ratio, _evenness(source, channel))


def sharpness(plane: np.ndarray) -> float:
    """Variance of the Laplacian over the squared mean; 0 for a plane too small or without light."""
    mean = plane.mean()
    if min(plane.shape) < 3 or not mean:
        return 0.0
    around = plane[:-2, 1:-1] + plane[2:, 1:-1] + plane[1:-1, :-2] + plane[1:-1, 2:]
    return float((around - 4 * plane[1:-1, 1:-1]).var() / mean**2)


def noise_of(plane: np.ndarray) -> float:
    """Standard deviation of the noise (Immerkaer, Computer Vision and Image Understanding 64, 1996): the mean of what a
    filter gives that passes neither flat ground nor edges."""
    if min(plane.shape) < 3:
        return 0.0
    down = plane[:-2] - 2 * plane[1:-1] + plane[2:]
    filtered = down[:, :-2] - 2 * down[:, 1:-1] + down[:, 2:]
    return float(math.sqrt(math.pi / 2) / 6 * np.abs(filtered).mean())


def _evenness(source: PixelSource, channel: int) -> float | None:
    """Of the lowest level that still has a few pixels a block."""
    small = [n for n, one in enumerate(source.levels) if min(one.shape[3:]) >= 4 * EVEN]
    if not small:
        return None
    level = small[-1]
    _, _, size_z, size_y, size_x = source.levels[level].shape
    if size_y * size_x > MOST_LOWER:
        return None
    planes = sorted({(2 * number + 1) * size_z // (2 * EVEN) for number in range(EVEN)})
    mean = np.mean([_finite(read_region(source, level, 0, channel, z, 0, size_y, 0, size_x)) for z in planes], axis=0)
    rows, columns = np.array_split(mean, EVEN), range(EVEN)
    medians = [np.median(np.array_split(row, EVEN, axis=1)[column]) for row, column in product(rows, columns)]
    greatest = max(medians)
    return float(max(0.0, min(medians)) / greatest) if greatest > 0 else None


def _finite(plane: np.ndarray) -> np.ndarray:
    """Real numbers, with 0 for what is none."""
    real = np.abs(plane) if plane.dtype.kind == "c" else plane
    return np.nan_to_num(real.astype(np.float64), nan=0.0, posinf=0.0, neginf=0.0)
