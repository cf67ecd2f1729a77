"""Memory of the process that serves: what a request gives back is kept for the next one."""

import ctypes

MEBI = 2**20
# Of mallopt(3), glibc's malloc.h.
TRIM_THRESHOLD, TOP_PAD, MMAP_THRESHOLD = -1, -2, -3
KEPT = 32 * MEBI  # at most, of each thread
LARGEST = 8 * MEBI  # what is larger is given back at once


def keep_freed() -> None:
    """Have malloc keep what was freed; does nothing where there is no glibc.

    A tile of four channels takes 2 MiB while it is made. Left to itself malloc gives that back to the system after each
    request until something large was freed, and every page that is had anew costs a fault.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        for option, value in ((TRIM_THRESHOLD, KEPT), (TOP_PAD, MEBI), (MMAP_THRESHOLD, LARGEST)):
            mallopt(option, value)
