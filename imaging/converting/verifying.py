"""Proof that nothing was lost: every pixel of what was written is compared, on all levels."""

from pathlib import Path

import numpy as np

from imaging.converting.plan import Block, Plan, read_spans
from imaging.converting.writing import Tell, Threads, threads_for
from imaging.errors import ImageError
from imaging.pixels import PixelSource, Span
from imaging.sources.halves import half

Box = tuple[Span, Span, Span, Span, Span]


class Comparison:
    """Level 0 of what was written is to be as its source, each lower level the half of the one above as read back (or
    as its source, where levels were copied).

    first: the first level that was written.
    """

    def __init__(self, source: PixelSource, written: PixelSource, plan: Plan, labels: bool, first: int) -> None:
        self._source, self._written, self._plan = source, written, plan
        self._labels, self._first = labels, first

    def run(self, path: Path, *, threads: int | None, tell: Tell) -> None:
        """Compare all pixels, bit by bit; raises ImageError for `path`, naming what differs."""
        shapes = tuple(level.shape for level in self._written.levels)
        if (
            shapes != tuple(level.shape for level in self._plan.levels[self._first :])
            or self._written.dtype != self._source.dtype
        ):
            raise _differs(path, "metadata", f"it has levels {shapes} of {self._written.dtype}")
        pool = Threads(threads_for(threads), self._plan.count(self._first), tell)
        try:
            for level in range(self._first, len(self._plan.levels)):
                for block in self._plan.blocks_of(level):
                    pool.submit(self._compare, path, block)
            pool.finish()
        finally:
            pool.close()

    def _compare(self, path: Path, block: Block) -> np.ndarray:
        box = self._plan.box(block)
        wanted, found = self._wanted(block, box), self._read(block.level, box)
        if not np.array_equal(_bits(wanted), _bits(found)):
            spans = ", ".join(f"{axis} {a} to {b - 1}" for axis, (a, b) in zip("tczyx", box, strict=True))
            raise _differs(path, f"level {block.level}", f"pixels differ at {spans}")
        return found[:0]

    def _wanted(self, block: Block, box: Box) -> np.ndarray:
        if block.level == 0 or not self._plan.is_derived:
            return read_spans(self._source, block.level, box)
        t, c, z, (top, bottom), (left, right) = box
        height, width = self._plan.levels[block.level - 1].shape[3:]
        y, x = (2 * top, min(2 * bottom, height)), (2 * left, min(2 * right, width))
        return half(self._read(block.level - 1, (t, c, z, y, x)), labels=self._labels)

    def _read(self, level: int, box: Box) -> np.ndarray:
        if level < self._first:
            return read_spans(self._source, level, box)
        return read_spans(self._written, level - self._first, box)


def _bits(pixels: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(pixels).view(np.uint8)


def _differs(path: Path, field: str, what: str) -> ImageError:
    reason = f"was not written as it should be: {what}. Nothing was kept; start the conversion again."
    return ImageError(path=str(path), field=field, reason=reason)
