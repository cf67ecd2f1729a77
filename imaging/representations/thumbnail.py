"""Channels composed to one picture: the formula the viewer draws by, and small JPEG pictures made with it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import simplejpeg

from imaging.facts import ChannelFacts, Window
from imaging.pixels import PixelSource, read_region
from imaging.representations.colors import ON_AT_FIRST, color_of, is_on, is_rgb

QUALITY = 85
PERCENTILES = (0.1, 99.9)
SAMPLED = 1 << 20  # pixels of a plane


@dataclass(frozen=True)
class ChannelSetting:
    """How a channel is shown: color "#rrggbb"; `minimum` becomes black, `maximum` the full colour; the other way round
    if `inverted`."""

    on: bool
    color: str
    minimum: float
    maximum: float
    gamma: float = 1.0
    inverted: bool = False

    @property
    def rgb(self) -> tuple[float, float, float]:
        """The colour as three numbers from 0 to 1."""
        number = int(self.color.removeprefix("#"), 16)
        return (number >> 16 & 255) / 255, (number >> 8 & 255) / 255, (number & 255) / 255

    def amounts(self, pixels: np.ndarray) -> np.ndarray:
        """How much of the colour each pixel has, from 0 to 1, as float32.

        v = clip((p - minimum) / (maximum - minimum), 0, 1) ** gamma, or 1 - v if inverted. Where maximum <= minimum, v
        is 1 above it and 0 else. NaN counts as 0.
        """
        span = np.float32(self.maximum - self.minimum)
        if span > 0:
            with np.errstate(over="ignore"):  # by a span that is nearly none: clipped to 1
                value = np.clip((pixels.astype(np.float32) - np.float32(self.minimum)) / span, 0, 1)
        else:
            value = (pixels > self.maximum).astype(np.float32)
        value = np.nan_to_num(value)
        if self.gamma != 1.0:
            value = value ** np.float32(self.gamma)
        return np.asarray(np.float32(1) - value if self.inverted else value)


def composite(planes: Sequence[np.ndarray] | np.ndarray, settings: Sequence[ChannelSetting]) -> np.ndarray:
    """Planes (channel, y, x) added in their colours, as uint8 (y, x, 3).

    rgb = clip(sum of v * colour, 0, 1) * 255, rounded; v as `ChannelSetting.amounts` has it.
    """
    height, width = planes[0].shape
    total = np.zeros((height, width, 3), np.float32)
    for plane, setting in zip(planes, settings, strict=True):
        if not setting.on:
            continue
        value = setting.amounts(plane)
        for component, amount in enumerate(setting.rgb):
            if amount:
                total[:, :, component] += value * np.float32(amount)
    return np.rint(np.clip(total, 0, 1) * 255).astype(np.uint8)


def contrast_defaults(source: PixelSource, channels: Sequence[ChannelFacts] = ()) -> tuple[Window, ...]:
    """For each channel the range of values, and the 0.1 and 99.9 percentiles, at t 0 and the middle z.

    Of the finest level whose planes have at most SAMPLED pixels: averaging hides the extremes of finer ones. The
    samples of RGB pixels are shown as they are, since stretching each by itself would change the colours.
    """
    sizes = [about.shape[3] * about.shape[4] for about in source.levels]
    level = next((n for n, size in enumerate(sizes) if size <= SAMPLED), len(sizes) - 1)
    found = tuple(contrast(plane_of(source, level, channel)) for channel in range(source.levels[0].shape[1]))
    if source.dtype == np.uint8 and is_rgb([channel.color for channel in channels]):
        return (*(replace(window, low=0.0, high=255.0) for window in found[:3]), *found[3:])
    return found


def contrast(plane: np.ndarray) -> Window:
    """Range and percentiles of a plane; a plane of one value gets a range of 1, so that it can be shown."""
    values = plane[np.isfinite(plane)] if plane.dtype.kind == "f" else plane.ravel()
    if not values.size:
        return Window(0.0, 1.0, 0.0, 1.0)
    if values.dtype.kind == "b":
        values = values.astype(np.uint8)
    minimum, maximum = float(values.min()), float(values.max())
    low, high = (float(value) for value in np.percentile(values, PERCENTILES))
    if high <= low:
        low, high = minimum, maximum
    if high <= low:
        return Window(minimum, minimum + 1, minimum, minimum + 1)
    return Window(minimum, maximum, low, high)


def plane_of(source: PixelSource, level: int, channel: int) -> np.ndarray:
    """The plane of a channel at t 0 and the middle z."""
    _, _, z, y, x = source.levels[level].shape
    return read_region(source, level, 0, channel, z // 2, 0, y, 0, x)


def default_settings(channels: Sequence[ChannelFacts], windows: Sequence[Window]) -> tuple[ChannelSetting, ...]:
    """Settings from what the file says, with sampled contrast where it says nothing of the display."""
    settings = []
    on = shown_at_first(channels, windows)
    for index, window in enumerate(windows):
        facts = channels[index] if index < len(channels) else ChannelFacts(index)
        shown = facts.display or window
        color = color_of(facts.color, index, len(windows))
        settings.append(ChannelSetting(on[index], color, shown.low, shown.high))
    return tuple(settings)


def shown_at_first(channels: Sequence[ChannelFacts], windows: Sequence[Window]) -> tuple[bool, ...]:
    """Which channels are on: as the file says, else the brightest few, since the first of many may be empty."""
    said = [channel.active for channel in channels]
    if any(active is not None for active in said):
        return tuple(is_on(said[index] if index < len(said) else None, index) for index in range(len(windows)))
    if is_rgb([channel.color for channel in channels]):
        return tuple(index < 3 for index in range(len(windows)))  # alpha is no light
    brightest = sorted(range(len(windows)), key=lambda index: windows[index].low - windows[index].high)[:ON_AT_FIRST]
    return tuple(index in brightest for index in range(len(windows)))


def render_thumbnail(source: PixelSource, settings: Sequence[ChannelSetting] | None, size: int) -> bytes:
    """A JPEG of at most size x size pixels from the lowest level that suffices, t 0, middle z; never enlarged.

    settings: one for each channel; None for default colours and contrast.
    """
    if settings is None:
        settings = default_settings((), contrast_defaults(source))
    level = max((n for n, about in enumerate(source.levels) if max(about.shape[3:]) >= size), default=0)
    on = [channel for channel, setting in enumerate(settings) if setting.on] or [0]
    planes = [shrink(plane_of(source, level, channel), size) for channel in on]
    shown = [settings[channel] for channel in on]
    return bytes(simplejpeg.encode_jpeg(composite(planes, shown), quality=QUALITY, colorspace="RGB"))


def smaller(jpeg: bytes, size: int) -> bytes:
    """A thumbnail of which the shorter side has at least `size` pixels and, where it can, less than twice as many."""
    rgb = simplejpeg.decode_jpeg(jpeg, colorspace="RGB", min_height=size, min_width=size)
    return bytes(simplejpeg.encode_jpeg(rgb, quality=QUALITY, colorspace="RGB"))


def shrink(plane: np.ndarray, size: int) -> np.ndarray:
    """The plane as float32 with no side longer than `size`, each pixel the mean of those it covers."""
    out: np.ndarray = plane.astype(np.float32)
    scale = max(1.0, max(plane.shape) / size)
    for axis in (0, 1):
        wanted = max(1, round(plane.shape[axis] / scale))
        starts = np.arange(wanted) * plane.shape[axis] // wanted
        counts = np.diff(np.append(starts, plane.shape[axis]))
        sums = np.add.reduceat(out, starts, axis=axis)
        out = sums / (counts[:, None] if axis == 0 else counts[None, :]).astype(np.float32)
    return out
