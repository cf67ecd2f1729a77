"""How a conversion is cut: levels, chunks, and the blocks (shards) that are read, written and halved one by one."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from imaging.pixels import Level, PixelSource, Shape5, Span, read_box

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
    """shapes: of the levels, each half of the one above in y and x. chunk and block: (t, c, z, y, x) in pixels; a block
    is a whole number of chunks, and so are its halves, but where it is larger than the level."""

    shapes: tuple[Shape5, ...]
    chunk: Shape5
    block: Shape5

    def level(self, number: int) -> Level:
        """A level with its chunks, none larger than the level."""
        t, c, z, y, x = (min(size, step) for size, step in zip(self.shapes[number], self.chunk, strict=True))
        return Level(self.shapes[number], (t, c, z, y, x))

    def shard(self, number: int) -> Shape5:
        """The shape of a shard of a level: a block, no larger than is needed for the level."""
        level = self.level(number)
        t, c, z, y, x = (
            min(step, -(-size // chunk) * chunk)
            for size, chunk, step in zip(level.shape, level.chunk, self.block, strict=True)
        )
        return t, c, z, y, x

    def grid(self, level: int) -> Shape5:
        """Number of blocks along each axis."""
        t, c, z, y, x = (-(-size // step) for size, step in zip(self.shapes[level], self.block, strict=True))
        return t, c, z, y, x

    def blocks(self, level: int) -> Iterator[Block]:
        """All blocks of a level."""
        for index in itertools.product(*(range(count) for count in self.grid(level))):
            yield Block(level, *index)

    def count(self, first: int = 0) -> int:
        """Number of blocks of this level and those below."""
        return int(sum(np.prod(self.grid(level)) for level in range(first, len(self.shapes))))

    def above(self, block: Block) -> Iterator[Block]:
        """The blocks of the next larger level that a block is made from."""
        rows, columns = self.grid(block.level - 1)[3:]
        for down, across in itertools.product((0, 1), (0, 1)):
            row, column = 2 * block.row + down, 2 * block.column + across
            if row < rows and column < columns:
                yield Block(block.level - 1, block.t, block.c, block.z, row, column)

    def box(self, block: Block) -> tuple[Span, Span, Span, Span, Span]:
        """The pixels of a block: [start, end) along t, c, z, y and x."""
        t, c, z, y, x = (
            (number * step, min((number + 1) * step, size))
            for number, step, size in zip(block[1:], self.block, self.shapes[block.level], strict=True)
        )
        return t, c, z, y, x


def make_plan(shape: Shape5, itemsize: int, chunk: tuple[int, int, int], *, samples: int = 1) -> Plan:
    """The plan for pixels of `shape`; chunk: (z, y, x), y and x even; samples: channels to keep in one block."""
    t, c, z, y, x = shape
    shapes: list[Shape5] = [shape]
    while max(shapes[-1][3:]) > SMALLEST:
        shapes.append((t, c, z, -(-shapes[-1][3] // 2), -(-shapes[-1][4] // 2)))
    depth, height, width = chunk
    pixel = itemsize * samples
    while 4 * depth * height * width * pixel <= BLOCK_BYTES and 2 * max(height, width) <= LONGEST_SIDE:
        height, width = 2 * height, 2 * width
    plane = min(height, -(-y // chunk[1]) * chunk[1]) * min(width, -(-x // chunk[2]) * chunk[2]) * pixel
    depth *= max(1, min(-(-z // depth), BLOCK_BYTES // (plane * depth)))
    return Plan(tuple(shapes), (1, 1, *chunk), (1, samples, depth, height, width))


def read_spans(source: PixelSource, level: int, box: tuple[Span, Span, Span, Span, Span]) -> np.ndarray:
    """The pixels of a box (t, c, z, y, x); raises ImageError."""
    (start, end), *rest = box
    return np.stack([read_box(source, level, t, *rest) for t in range(start, end)])
