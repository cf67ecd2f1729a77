"""Half the size: what each lower level is made by, from the level above."""

import numpy as np

# Wide enough for the sum of four.
WIDE = {1: "2", 2: "4", 4: "8"}


def half(pixels: np.ndarray, *, labels: bool = False) -> np.ndarray:
    """Pixels (..., y, x) with half as many rows and columns; an odd last row or column stands for itself.

    Each is the mean of its four (integers round half up), or, of labels and of masks, the one most frequent among them;
    where two are, the one that comes first by rows.
    """
    odd = [(0, 0)] * (pixels.ndim - 2) + [(0, pixels.shape[-2] % 2), (0, pixels.shape[-1] % 2)]
    if any(after for _, after in odd):
        pixels = np.pad(pixels, odd, mode="edge")
    if labels or pixels.dtype.kind == "b":
        return _most_frequent(pixels)
    upper, lower = pixels[..., 0::2, :], pixels[..., 1::2, :]
    if pixels.dtype.kind == "f":
        reals = np.add(upper, lower, dtype=np.float64)
        return np.asarray((reals[..., 0::2] + reals[..., 1::2]) / 4, pixels.dtype)
    if pixels.dtype.itemsize == 8:
        return _mean_of_widest(pixels)
    rows = np.add(upper, lower, dtype=np.dtype(pixels.dtype.kind + WIDE[pixels.dtype.itemsize]))
    total = rows[..., 0::2] + rows[..., 1::2]
    total += 2
    total >>= 2
    return np.asarray(total, pixels.dtype)


def _four(pixels: np.ndarray) -> list[np.ndarray]:
    return [pixels[..., y::2, x::2] for y in (0, 1) for x in (0, 1)]


def _mean_of_widest(pixels: np.ndarray) -> np.ndarray:
    """Of integers for whose sum no type is wide enough: their quarters, and the rests of these."""
    four = _four(pixels)
    quarters = sum(one >> 2 for one in four)
    rests = sum(one & 3 for one in four)
    return np.asarray(quarters + ((rests + 2) >> 2)).astype(pixels.dtype)


def _most_frequent(pixels: np.ndarray) -> np.ndarray:
    a, b, c, d = _four(pixels)
    like_a = (a == b) | (a == c) | (a == d)
    like_b = (b == c) | (b == d)
    return np.where(like_a, a, np.where(like_b, b, np.where(c == d, c, a)))
