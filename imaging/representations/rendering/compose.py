"""Channels composed to a picture by the formula of `thumbnail.composite`, by look-up tables for pixels of 8 or 16 bits.

A table holds for each value what the channel adds to red, green and blue, as three of the four 16-bit parts of one
64-bit number: one look-up and one addition a channel. A part counts in fractions of a grey level, so that the sum is
right to 1/32 of one before it is rounded.
"""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from imaging.representations.colors import RGB
from imaging.representations.thumbnail import ChannelSetting, composite

FULL = 255
MOST_TABLED = 16  # channels whose sum fits into 16 bits with enough fractions of a grey level
TABLES = 64  # kept; of 16 bits each has 512 KiB


def compose(planes: Sequence[np.ndarray], settings: Sequence[ChannelSetting]) -> np.ndarray:
    """Planes (y, x) of the channels that are on, in their colours: uint8 (y, x, 4), of which the fourth means nothing,
    or (y, x, 3)."""
    dtype = planes[0].dtype
    if dtype.kind not in "uib" or dtype.itemsize > 2 or len(planes) > MOST_TABLED:
        return composite(planes, settings)
    unit = _unit(len(planes))
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


def is_as_stored(dtype: np.dtype[np.generic], settings: Sequence[ChannelSetting]) -> bool:
    """Whether these settings show the samples of an RGB pixel, or a single grey one, just as they are stored."""
    if dtype != np.uint8 or any(not _is_plain(setting) for setting in settings):
        return False
    colors = tuple(setting.color.lower() for setting in settings)
    return colors in (RGB, ("#ffffff",))


def _is_plain(setting: ChannelSetting) -> bool:
    shown = (setting.minimum, setting.maximum, setting.gamma)
    return setting.on and not setting.inverted and shown == (0, FULL, 1)


def _unit(channels: int) -> int:
    """Parts of a grey level, a power of two, so that the sum of all channels fits into 16 bits."""
    unit: int = 2 ** int(np.log2(0xFFFF // (FULL * channels)))
    return unit


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
