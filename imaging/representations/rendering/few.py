"""Large pictures are made few at a time: whoever asks for many of them leaves others the threads of the process."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore

from imaging.errors import ImageBusy

LARGE = 1 << 27  # pixels: a second or two of a processor
ENCODED = 16  # pixels that are read while one of the picture is composed and encoded, about
AT_ONCE = 2  # in a process, which has four threads
_FREE = BoundedSemaphore(AT_ONCE)


@contextmanager
def few_at_once(name: str, *, read: int, made: int) -> Iterator[None]:
    """Hold one of the places for pictures that are made of many pixels, if this is such a one. Raises ImageBusy."""
    if read + ENCODED * made < LARGE:
        yield
        return
    if not _FREE.acquire(blocking=False):
        reason = "other large pictures are being made; ask again in a moment, or for a smaller one."
        raise ImageBusy(path=name, field="picture", reason=reason)
    try:
        yield
    finally:
        _FREE.release()
