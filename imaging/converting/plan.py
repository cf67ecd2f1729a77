"""How a conversion is cut: levels, chunks, and the blocks (shards) that are read, written and halved one by one."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from imaging.pixels import Level, PixelSource, Shape5, Span, read_box
from imaging.sources.pyramid import Pyramid

SMALLEST = 512  # the lowest level is no wider or higher
BLOCK_BYTES = 16 << 20  # of a block at most, if a chunk is not larger; a few of them are in memory for each thread
LONGEST_SIDE = 4096


class Block(NamedTuple):
    """A piece of a level by its number along each axis, as large as a shard."""

    level: int
    t: int
    c: int
    z: int
    row: int
    column: int


@dataclass(frozen=True)
class Plan:
    """levels: with their chunks; blocks: the shape of the blocks of each, (t, c, z, y, x), a whole number of chunks.

    is_derived: each level is half of the one above in y and x, and is made of it: then blocks are alike on all levels.
    Else all levels are read.
    """

    levels: tuple[Level, ...]
    blocks: tuple[Shape5, ...]
    is_derived: bool = True

    def shard(self, number: int) -> Shape5:
        """The shape of a shard of a level: a block, no larger than is needed for the level."""
        level = self.levels[number]
        t, c, z, y, x = (
            min(step, -(-size // chunk) * chunk)
            for size, chunk, step in zip(level.shape, level.chunk, self.blocks[number], strict=True)
        )
        return t, c, z, y, x

    def grid(self, level: int) -> Shape5:
        """Number of blocks along each axis."""
        return Level(self.levels[level].shape, self.blocks[level]).grid

    def blocks_of(self, level: int) -> Iterator[Block]:
        """All blocks of a level."""
        for index in itertools.product(*(range(count) for count in self.grid(level))):
            yield Block(level, *index)

    def count(self, first: int = 0) -> int:
        """Number of blocks of this level and those below."""
        return int(sum(np.prod(self.grid(level)) for level in range(first, len(self.levels))))

    def above(self, block: Block) -> Iterator[Block]:
        """The blocks of the next larger level that a block is made from."""
        if not self.is_derived or block.level == 0:
            return
        rows, columns = self.grid(block.level - 1)[3:]
        for down, across in itertools.product((0, 1), (0, 1)):
            row, column = 2 * block.row + down, 2 * block.column + across
            if row < rows and column < columns:
                yield Block(block.level - 1, block.t, block.c, block.z, row, column)

    def ends(self) -> Iterator[Block]:
        """The blocks that no other is made from."""
        count = len(self.levels)
        for level in range(count - 1 if self.is_derived else 0, count):
            yield from self.blocks_of(level)

    def box(self, block: Block) -> tuple[Span, Span, Span, Span, Span]:
        """The pixels of a block: [start, end) along t, c, z, y and x."""
        t, c, z, y, x = (
            (number * step, min((number + 1) * step, size))
            for number, step, size in zip(
                block[1:], self.blocks[block.level], self.levels[block.level].shape, strict=True
            )
        )
        return t, c, z, y, x


def make_plan(shape: Shape5, itemsize: int, chunk: tuple[int, int, int], *, samples: int = 1) -> Plan:
    """The plan for pixels of `shape`; chunk: (z, y, x), y and x even; samples: channels to keep in one block."""
    levels = [_level(shape, chunk)]
    while max(levels[-1].shape[3:]) > SMALLEST:
        t, c, z, y, x = levels[-1].shape
        levels.append(_level((t, c, z, -(-y // 2), -(-x // 2)), chunk))
    block = _block(shape, chunk, itemsize, samples)
    return Plan(tuple(levels), (block,) * len(levels))


def plan_like(source: PixelSource, *, samples: int = 1) -> Plan:
    """The plan by which all levels and chunks are as they are in the source."""
    size = source.dtype.itemsize
    chunks = [level.chunk[2:] for level in source.levels]
    nominal = chunks[0][0], max(chunk[1] for chunk in chunks), max(chunk[2] for chunk in chunks)
    fit = all(n % step == 0 or step >= level.shape[axis + 2] for level, chunk in zip(source.levels, chunks, strict=True)
              for axis, (n, step) in enumerate(zip(nominal, chunk, strict=True)) if axis)  # fmt: skip
    if isinstance(source, Pyramid) and fit and not nominal[1] % 2 and not nominal[2] % 2:
        block = _block(source.levels[0].shape, nominal, size, samples)
        return Plan(source.levels, (block,) * len(source.levels))
    blocks = tuple(_block(level.shape, level.chunk[2:], size, samples) for level in source.levels)
    return Plan(source.levels, blocks, is_derived=False)


def plan_of_levels(source: PixelSource, chunk: tuple[int, int, int], *, samples: int = 1) -> Plan:
    """The plan that keeps the levels of the source but has other chunks (z, y, x); lower ones are made where it has
    none of its own, or such as are not of the same planes."""
    shapes = [level.shape for level in source.levels]
    if len(shapes) == 1 or isinstance(source, Pyramid) or any(shape[:3] != shapes[0][:3] for shape in shapes):
        return make_plan(shapes[0], source.dtype.itemsize, chunk, samples=samples)
    block = _block(shapes[0], chunk, source.dtype.itemsize, samples)
    return Plan(tuple(_level(shape, chunk) for shape in shapes), (block,) * len(shapes), is_derived=False)


def _level(shape: Shape5, chunk: tuple[int, int, int]) -> Level:
    z, y, x = (min(size, step) for size, step in zip(shape[2:], chunk, strict=True))
    return Level(shape, (1, 1, z, y, x))


def _block(shape: Shape5, chunk: tuple[int, int, int], itemsize: int, samples: int) -> Shape5:
    """As many chunks as BLOCK_BYTES hold: first in y and x, then in z."""
    _, _, z, y, x = shape
    depth, height, width = chunk
    pixel = itemsize * samples
    while 4 * depth * height * width * pixel <= BLOCK_BYTES and 2 * max(height, width) <= LONGEST_SIDE:
        height, width = 2 * height, 2 * width
    plane = min(height, -(-y // chunk[1]) * chunk[1]) * min(width, -(-x // chunk[2]) * chunk[2]) * pixel
    depth *= max(1, min(-(-z // depth), BLOCK_BYTES // (plane * depth)))
    return 1, samples, depth, height, width


def read_spans(source: PixelSource, level: int, box: tuple[Span, Span, Span, Span, Span]) -> np.ndarray:
    """The pixels of a box (t, c, z, y, x); raises ImageError."""
    (start, end), *rest = box
    return np.stack([read_box(source, level, t, *rest) for t in range(start, end)])
