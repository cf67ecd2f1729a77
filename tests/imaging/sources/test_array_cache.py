"""What a cache of decoded pixels keeps, and what it asks for anew."""

import numpy as np

from imaging.pixels import ArrayCache

KIB = 1024


class Maker:
    """Gives arrays of 1 KiB, and counts them."""

    def __init__(self) -> None:
        self.made = 0

    def __call__(self) -> np.ndarray:
        self.made += 1
        return np.full(KIB, self.made % 256, np.uint8)


def test_what_takes_long_is_kept_at_once() -> None:
    cache, make = ArrayCache(8 * KIB), Maker()
    first = cache.get("tile", make)
    assert cache.get("tile", make) is first
    assert make.made == 1


def test_what_is_quick_is_kept_from_the_second_time_on() -> None:
    cache, make = ArrayCache(8 * KIB), Maker()
    cache.get("tile", make, is_quick=True)
    second = cache.get("tile", make, is_quick=True)
    assert make.made == 2
    assert cache.get("tile", make, is_quick=True) is second


def test_no_more_is_kept_than_may_be_and_the_least_recently_used_goes_first() -> None:
    cache, make = ArrayCache(2 * KIB), Maker()
    kept = [cache.get(number, make) for number in range(2)]
    cache.get(0, make)
    cache.get(2, make)
    assert cache.get(0, make) is kept[0]
    assert cache.get(1, make) is not kept[1]


def test_what_is_quick_is_not_kept_if_more_was_asked_for_meanwhile_than_there_is_room_for() -> None:
    cache, make = ArrayCache(2 * KIB), Maker()
    for _ in range(3):
        for number in range(3):
            cache.get(number, make, is_quick=True)
    assert make.made == 9
