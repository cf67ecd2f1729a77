"""Lower levels: area means that round half up, and the most frequent label, against plain Python."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from imaging.sources.halves import half

TYPES = ["uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64"]
SHAPES = array_shapes(min_dims=2, max_dims=3, max_side=7)


def _fours(pixels: np.ndarray, y: int, x: int) -> list[int]:
    rows, columns = (min(2 * y + 1, pixels.shape[0] - 1), min(2 * x + 1, pixels.shape[1] - 1))
    return [int(pixels[i, j]) for i in (2 * y, rows) for j in (2 * x, columns)]


@given(st.sampled_from(TYPES).flatmap(lambda dtype: arrays(dtype, SHAPES)))
def test_integers_are_means_that_round_half_up(pixels: np.ndarray) -> None:
    halved = half(pixels)
    assert halved.dtype == pixels.dtype
    for plane, small in zip(np.atleast_3d(pixels.T).T, np.atleast_3d(halved.T).T, strict=True):
        wanted = [[(sum(_fours(plane, y, x)) + 2) // 4 for x in range(small.shape[1])] for y in range(small.shape[0])]
        np.testing.assert_array_equal(small, np.array(wanted, pixels.dtype))


@given(arrays("uint32", array_shapes(min_dims=2, max_dims=2, max_side=7), elements=st.integers(0, 3)))
def test_labels_are_the_most_frequent_and_never_a_new_number(pixels: np.ndarray) -> None:
    halved = half(pixels, labels=True)
    for (y, x), label in np.ndenumerate(halved):
        fours = _fours(pixels, y, x)
        counts = Counter(fours)
        assert label == next(one for one in fours if counts[one] == max(counts.values()))


def test_real_numbers_and_masks() -> None:
    pixels = np.array([[1.5, 2.5, 7.0], [3.0, 4.0, 9.0]], np.float32)
    np.testing.assert_array_equal(half(pixels), np.array([[2.75, 8.0]], np.float32))
    mask = np.array([[True, False], [True, True]])
    np.testing.assert_array_equal(half(mask), [[True]])


@pytest.mark.parametrize("shape", [(1, 1), (1, 4), (5, 1)])
def test_odd_edges_stand_for_themselves(shape: tuple[int, int]) -> None:
    assert half(np.full(shape, 9, np.uint16)).tolist() == np.full([-(-n // 2) for n in shape], 9).tolist()
