"""A scale bar in the lower right corner, with its length in words."""

import math
from collections.abc import Mapping

import numpy as np

from imaging.facts import Quantity
from imaging.representations.view import BadRequest
from imaging.units import normalise

SHARE = 0.2  # of the picture's width that a bar has at most where its length is chosen
# 3 x 5 pixels each, a row a number of three bits.
GLYPHS = {
    "0": (7, 5, 5, 5, 7), "1": (2, 6, 2, 2, 7), "2": (7, 1, 7, 4, 7), "3": (7, 1, 7, 1, 7), "4": (5, 5, 7, 1, 1),
    "5": (7, 4, 7, 1, 7), "6": (7, 4, 7, 5, 7), "7": (7, 1, 1, 1, 1), "8": (7, 5, 7, 5, 7), "9": (7, 5, 7, 1, 7),
    ".": (0, 0, 0, 0, 2), " ": (0, 0, 0, 0, 0), "n": (0, 6, 5, 5, 5), "m": (0, 7, 7, 5, 5), "µ": (0, 5, 5, 6, 4),
}  # fmt: skip


def micrometres(sizes: Mapping[str, Quantity]) -> float:
    """The width of a pixel in µm; raises BadRequest if it is not known."""
    size = sizes.get("x")
    normal = normalise(size.value, size.unit) if size else None
    if normal is None or normal[1] != "µm" or not normal[0] > 0:
        raise BadRequest("A scale bar cannot be drawn: the physical size of this image's pixels is not known.")
    return normal[0]


def draw_scale_bar(picture: np.ndarray, pixel: float, length: float) -> np.ndarray:
    """A copy of the picture with a bar `length` µm long, 0 to choose one; `pixel` is µm a pixel. Raises BadRequest."""
    height, width = picture.shape[:2]
    chosen = length or _round(width * SHARE * pixel)
    across = round(chosen / pixel)
    margin, thick = max(2, min(height, width) // 40), max(1, min(height, width) // 150)
    text = _words(chosen, max(1, min(height, width) // 200))
    room = 2 * margin
    if not 1 <= across <= width - room or text.shape[1] > width - room or text.shape[0] + thick > height - 3 * margin:
        raise BadRequest(
            f"A scale bar of {chosen:g} µm does not fit this picture, which is {width * pixel:.4g} µm wide."
        )
    out = picture.copy()
    bottom, right = height - margin, width - margin
    _paint(out, np.ones((thick, across), bool), bottom - thick, right - across)
    left = min(right - across // 2 - text.shape[1] // 2, right - text.shape[1])
    _paint(out, text, bottom - 2 * thick - text.shape[0] - 1, left)
    return out


def _paint(picture: np.ndarray, mask: np.ndarray, top: int, left: int) -> None:
    """White where the mask is, with a black rim, so that it shows on any ground."""
    padded = np.pad(mask, 1)
    rim = padded.copy()
    for down in (-1, 0, 1):
        for across in (-1, 0, 1):
            rim |= np.roll(padded, (down, across), (0, 1))
    area = picture[top - 1 : top - 1 + padded.shape[0], left - 1 : left - 1 + padded.shape[1], :3]
    area[rim] = 0
    area[padded] = 255


def _round(most: float) -> float:
    """The greatest of 1, 2 and 5 times a power of ten that is no more."""
    power: float = 10.0 ** math.floor(math.log10(most))
    return max(step * power for step in (1, 2, 5) if step * power <= most * (1 + 1e-9))


def _words(length: float, scale: int) -> np.ndarray:
    value, unit = (
        (length, "µm") if 1 <= length < 1000 else (length * 1000, "nm") if length < 1 else (length / 1000, "mm")
    )
    columns = []
    for letter in f"{value:.4g} {unit}" if 1e-3 <= value < 9999.5 else f"{value:.0f} {unit}":
        rows = GLYPHS[letter]
        columns.append(np.array([[row >> 2 & 1, row >> 1 & 1, row & 1, 0] for row in rows], bool))
    return np.kron(np.hstack(columns), np.ones((scale, scale), bool))
