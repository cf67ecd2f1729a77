"""Channels composed to a picture by the formula of `thumbnail.composite`, in whole numbers for pixels of 8 or 16 bits.

They count in fractions of a grey level, so that the sum of all channels is right to 1/32 of one before it is rounded.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from imaging.representations.colors import RGB
from imaging.representations.thumbnail import ChannelSetting, composite

FULL = 255
MOST_COUNTED = 16  # channels whose sum fits into 16 bits with enough fractions of a grey level
TABLES = 64  # kept; of 16 bits each has 512 KiB


def compose(planes: Sequence[np.ndarray], settings: Sequence[ChannelSetting]) -> np.ndarray:
    """Planes (y, x) of the channels that are on, in their colours: uint8 (y, x, 4), of which the fourth means nothing,
    or (y, x, 3)."""
    dtype = planes[0].dtype
    if dtype.kind not in "uib" or dtype.itemsize > 2 or len(planes) > MOST_COUNTED:
        return composite(planes, settings)
    if all(_is_linear(setting, dtype) for setting in settings):
        return _by_arithmetic(planes, settings)
    return _by_tables(planes, settings)


def is_as_stored(dtype: np.dtype[np.generic], settings: Sequence[ChannelSetting]) -> bool:
    """Whether these settings show the samples of an RGB pixel, or a single grey one, just as they are stored."""
    if dtype != np.uint8 or any(not _is_plain(setting) for setting in settings):
        return False
    colors = tuple(setting.color.lower() for setting in settings)
    return colors in (RGB, ("#ffffff",))


def _is_plain(setting: ChannelSetting) -> bool:
    shown = (setting.minimum, setting.maximum, setting.gamma)
    return setting.on and not setting.inverted and shown == (0, FULL, 1)


def _is_linear(setting: ChannelSetting, dtype: np.dtype[Any]) -> bool:
    """Whether brightness grows evenly between two values that the type has, and that in no more than two strengths."""
    if dtype.kind == "b" or setting.gamma != 1 or not setting.minimum < setting.maximum or len(_strengths(setting)) > 2:
        return False
    bounds = np.iinfo(dtype)
    is_whole = float(setting.minimum).is_integer() and float(setting.maximum).is_integer()
    return is_whole and bounds.min <= setting.minimum and setting.maximum <= bounds.max


def _strengths(setting: ChannelSetting) -> set[float]:
    return set(setting.rgb) - {0.0}


def _unit(channels: int) -> int:
    """Parts of a grey level, a power of two, so that the sum of all channels fits into 16 bits."""
    unit: int = 2 ** int(np.log2(0xFFFF // (FULL * channels)))
    return unit


def _by_arithmetic(planes: Sequence[np.ndarray], settings: Sequence[ChannelSetting]) -> np.ndarray:
    """For linear settings, a third quicker than tables, which moreover take a millisecond to be made.

    Numbers have the planes' type throughout: numpy takes five times as long for those without one.
    """
    dtype, unit = planes[0].dtype, _unit(len(planes))
    total = np.empty((3, *planes[0].shape), np.uint16)
    # to be rounded at the end; and each part is cut off, by half a fraction in the mean
    halves = [(unit + np.count_nonzero(amounts)) // 2 for amounts in zip(*(one.rgb for one in settings), strict=True)]
    total[:] = np.asarray(halves, np.uint16)[:, None, None]
    for plane, setting in zip(planes, settings, strict=True):
        low, high = int(setting.minimum), int(setting.maximum)
        above = np.clip(plane, dtype.type(low), dtype.type(high))
        above -= dtype.type(low)  # what wraps around is right as an unsigned number
        above = above.view(f"u{dtype.itemsize}")
        if setting.inverted:
            np.subtract(above.dtype.type(high - low), above, out=above)
        for strength in _strengths(setting):
            part = (above * np.float32(FULL * unit * strength / (high - low))).astype(np.uint16)
            for component, amount in enumerate(setting.rgb):
                if amount == strength:
                    total[component] += part
    np.clip(total, np.uint16(0), np.uint16(FULL * unit + unit - 1), out=total)
    total >>= np.uint16(unit.bit_length() - 1)
    red, green, blue = total
    green <<= np.uint16(8)
    green |= red
    packed = blue.astype("<u4")
    packed <<= np.uint32(16)
    packed |= green
    return np.asarray(packed.view(np.uint8).reshape(*red.shape, 4))


def _by_tables(planes: Sequence[np.ndarray], settings: Sequence[ChannelSetting]) -> np.ndarray:
    """A table holds for each value what the channel adds to red, green and blue, as three of the four 16-bit parts of
    one 64-bit number: one look-up and one addition a channel."""
    dtype, unit = planes[0].dtype, _unit(len(planes))
    total = np.empty(planes[0].shape, np.uint64)
    part = np.empty_like(total) if len(planes) > 1 else total
    for number, (plane, setting) in enumerate(zip(planes, settings, strict=True)):
        values = plane.view(f"u{dtype.itemsize}")
        # "clip" is numpy's fastest; no value lies outside its table
        np.take(_table(dtype.str, setting, unit), values, out=part if number else total, mode="clip")
        if number:
            total += part
    lanes = total.view(np.uint16)
    # against a row of them, since numpy is five times slower with a single number
    np.minimum(lanes, np.full(4 * planes[0].shape[1], FULL * unit, np.uint16), out=lanes)
    lanes += unit // 2
    lanes >>= unit.bit_length() - 1
    return lanes.astype(np.uint8).reshape(*total.shape, 4)


@lru_cache(TABLES)
def _table(dtype: str, setting: ChannelSetting, unit: int) -> np.ndarray:
    """What each value of the type, taken as unsigned, adds to the picture."""
    stored = np.dtype(dtype)
    bits = np.arange(256**stored.itemsize, dtype=f"u{stored.itemsize}")
    values = bits.astype(bool) if stored.kind == "b" else bits.view(stored)
    lanes = np.zeros((len(values), 4), np.uint16)
    lanes[:, :3] = np.rint(
        setting.amounts(values)[:, None] * np.float32(FULL * unit) * np.asarray(setting.rgb, np.float32)
    )
    return lanes.view(np.uint64).ravel()
