"""Waiting for another process, with an end and a reason."""

import time
from collections.abc import Callable


def until(done: Callable[[], bool], *, seconds: float, what: str | Callable[[], str]) -> None:
    """Returns as soon as `done()` is true; fails after `seconds`, saying what was waited for."""
    end = time.monotonic() + seconds
    while not done():
        if time.monotonic() > end:
            raise AssertionError(f"waited {seconds} s for {what() if callable(what) else what}")
        time.sleep(0.1)
