"""The way of all conversions: blocks are read, written and halved by several threads, in bounded memory."""

import os
from collections.abc import Callable, Set
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from threading import Semaphore
from typing import Protocol

import numpy as np

from imaging.converting.plan import Block, Plan, read_spans
from imaging.pixels import PixelSource
from imaging.sources.halves import half

MOST_THREADS = 8  # a thread needs about 60 MiB
WAITING = 2  # blocks for each thread that may wait for it
SECONDS = 0.5  # after which progress is told, though no block began

Tell = Callable[[int, int], None]
"""Called often with what is done and the whole, by the thread that began; what it raises ends the work."""


def silent(done: int, total: int) -> None:
    """Tells nobody."""


def threads_for(wanted: int | None) -> int:
    """How many threads to use: those wanted, else one for each core, up to MOST_THREADS."""
    return min(wanted or os.cpu_count() or 1, MOST_THREADS)


class Sink(Protocol):
    """What a format is written by. Threads call `write` at once, each block once."""

    def write(self, block: Block, pixels: np.ndarray) -> None:
        """Keep a block (t, c, z, y, x) for good; raises ImageError."""


@dataclass(frozen=True)
class Work:
    """source: level 0 is read of it, or all levels. first: the first level that is written. written: what an earlier
    attempt left, read as a source whose levels begin with `first`; finished: its blocks."""

    source: PixelSource
    plan: Plan
    sink: Sink
    labels: bool = False
    first: int = 0
    written: PixelSource | None = None
    finished: Set[Block] = frozenset()

    def do(self, block: Block, above: list[Future[np.ndarray]]) -> np.ndarray:
        """Make a block from those above it and write it; gives its half."""
        if block in self.finished:
            assert self.written is not None
            pixels = read_spans(self.written, block.level - self.first, self.plan.box(block))
        else:
            pixels = self._made(block, above)
            if block.level >= self.first:
                self.sink.write(block, pixels)
        is_end = not self.plan.is_derived or block.level + 1 == len(self.plan.levels)
        return pixels[:0] if is_end else half(pixels, labels=self.labels)

    def _made(self, block: Block, above: list[Future[np.ndarray]]) -> np.ndarray:
        box = self.plan.box(block)
        if block.level == 0 or not self.plan.is_derived:
            return read_spans(self.source, block.level, box)
        pixels = np.empty([end - start for start, end in box], self.source.dtype)
        height, width = (side // 2 for side in self.plan.blocks[0][3:])
        for one, future in zip(self.plan.above(block), above, strict=True):
            part = future.result()
            top, left = one.row % 2 * height, one.column % 2 * width
            pixels[:, :, :, top : top + part.shape[3], left : left + part.shape[4]] = part
        return pixels


class Threads:
    """Threads that do what is submitted, first come first served, of which a bounded number waits."""

    def __init__(self, count: int, total: int, tell: Tell) -> None:
        self._pool = ThreadPoolExecutor(count)
        self._room = Semaphore(count * (1 + WAITING))
        self._total, self._tell = total, tell
        self._open: set[Future[np.ndarray]] = set()
        self._done = 0

    def submit(self, call: Callable[..., np.ndarray], *arguments: object) -> Future[np.ndarray]:
        """Have it done once there is room; raises what an earlier one raised."""
        while not self._room.acquire(timeout=SECONDS):
            self.settle()
        self.settle()
        future = self._pool.submit(call, *arguments)
        future.add_done_callback(lambda _: self._room.release())
        self._open.add(future)
        return future

    def settle(self) -> None:
        """Count what is done, and tell it."""
        for future in [future for future in self._open if future.done()]:
            self._open.discard(future)
            future.result()
            self._done += 1
        self._tell(min(self._done, self._total), self._total)

    def finish(self) -> None:
        """Wait until all is done."""
        while self._open:
            wait(self._open, timeout=SECONDS, return_when="FIRST_COMPLETED")
            self.settle()

    def close(self) -> None:
        """End; what waits is not begun any more."""
        self._pool.shutdown(cancel_futures=True)


def write_blocks(work: Work, *, threads: int | None = None, tell: Tell = silent) -> None:
    """Write all levels from `work.first` on. Raises ImageError, and what `tell` raises."""
    total = work.plan.count() - len(work.finished)
    pool = Threads(threads_for(threads), total, tell)

    def submit(block: Block) -> Future[np.ndarray]:
        above: list[Future[np.ndarray]] = []
        if block not in work.finished:
            above = [submit(one) for one in work.plan.above(block)]
        return pool.submit(work.do, block, above)

    try:
        for block in work.plan.ends():
            if block not in work.finished:
                submit(block)
        pool.finish()
    finally:
        pool.close()
    tell(total, total)
