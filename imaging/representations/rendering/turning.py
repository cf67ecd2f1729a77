"""Pictures turned by any angle, as IIIF asks for it."""

from math import ceil, cos, radians, sin

import numpy as np

ROWS = 64  # made at once: the coordinates of a large picture would take many times its bytes


def turned(picture: np.ndarray, degrees: float) -> tuple[np.ndarray, np.ndarray]:
    """The picture uint8 (y, x, channels) turned clockwise about its middle, uncut, and where it is opaque: uint8
    (y, x), 255 inside and 0 in the corners that the turning opens. Pixels are interpolated linearly."""
    height, width = picture.shape[:2]
    across, down = cos(radians(degrees)), sin(radians(degrees))
    wide = ceil(abs(width * across) + abs(height * down) - 1e-9)
    high = ceil(abs(width * down) + abs(height * across) - 1e-9)
    made = np.zeros((high, wide, picture.shape[2]), np.uint8)
    opacity = np.zeros((high, wide), np.uint8)
    x = (np.arange(wide, dtype=np.float32) + np.float32(0.5 - wide / 2))[None, :]
    for first in range(0, high, ROWS):
        rows = slice(first, min(first + ROWS, high))
        y = (np.arange(rows.start, rows.stop, dtype=np.float32) + np.float32(0.5 - high / 2))[:, None]
        from_x = x * across + y * down + np.float32(width / 2)
        from_y = y * across - x * down + np.float32(height / 2)
        inside = (from_x >= 0) & (from_x < width) & (from_y >= 0) & (from_y < height)
        opacity[rows][inside] = 255
        made[rows][inside] = _between(picture, from_x[inside] - 0.5, from_y[inside] - 0.5)
    return made, opacity


def _between(picture: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """The picture's colours (n, channels) at points (n,) between the middles of its pixels."""
    last_y, last_x = picture.shape[0] - 1, picture.shape[1] - 1
    x, y = x.clip(0, last_x), y.clip(0, last_y)
    left, top = x.astype(np.intp), y.astype(np.intp)
    right, bottom = np.minimum(left + 1, last_x), np.minimum(top + 1, last_y)
    rightness, lowness = (x - left).astype(np.float32)[:, None], (y - top).astype(np.float32)[:, None]
    above = picture[top, left] * (1 - rightness) + picture[top, right] * rightness
    below = picture[bottom, left] * (1 - rightness) + picture[bottom, right] * rightness
    mixed: np.ndarray = np.rint(above * (1 - lowness) + below * lowness)
    return mixed.astype(np.uint8)
