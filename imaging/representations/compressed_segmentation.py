"""Neuroglancer's encoding "compressed_segmentation" of the numbers of objects: blocks with look-up tables.

Source: Neuroglancer's specification (google/neuroglancer, src/sliceview/compressed_segmentation/README.md).
"""

import numpy as np

BITS = (0, 1, 2, 4, 8, 16, 32)  # of a number's place in the table of its block
Block = tuple[int, int, int]  # (z, y, x)
CUBE: Block = (8, 8, 8)
FLAT: Block = (1, 32, 32)


def block_of(depth: int) -> Block:
    """The blocks for chunks of this depth; the numbers of each are a multiple of 32."""
    return CUBE if depth >= CUBE[0] else FLAT


def encode(pixels: np.ndarray, block: Block) -> bytes:
    """Pixels (c, z, y, x) of the type uint32 or uint64."""
    channels = [_channel(channel, block) for channel in pixels]
    starts = len(channels) + np.cumsum([0, *(len(words) for words in channels)])[:-1]
    return np.concatenate([starts.astype("<u4"), *channels]).tobytes()


def _channel(pixels: np.ndarray, block: Block) -> np.ndarray:
    """32-bit words: of each block where its table is, how many bits a place has, where they are; then these."""
    blocks = _blocks(pixels, block)
    heads = np.zeros((len(blocks), 2), "<u4")
    parts, end = [], heads.size
    tables: dict[bytes, int] = {}
    for number, numbers in enumerate(blocks):
        table, places = np.unique(numbers, return_inverse=True)
        bits = next(bits for bits in BITS if len(table) <= 1 << bits)
        heads[number, 1] = end
        if bits:
            packed = _packed(places, bits)
            parts.append(packed)
            end += len(packed)
        words = table.astype(table.dtype.newbyteorder("<")).view("<u4")
        at = tables.setdefault(words.tobytes(), end)
        if at == end:
            parts.append(words)
            end += len(words)
        heads[number, 0] = at | bits << 24
    return np.concatenate([heads.ravel(), *parts])


def _blocks(pixels: np.ndarray, block: Block) -> np.ndarray:
    """The numbers of each block, x fastest, in the order of the blocks; at the edges filled up with the last ones."""
    counts = [-(-size // step) for size, step in zip(pixels.shape, block, strict=True)]
    margins = [(0, count * step - size) for count, step, size in zip(counts, block, pixels.shape, strict=True)]
    filled = np.pad(pixels, margins, mode="edge")
    apart = filled.reshape(counts[0], block[0], counts[1], block[1], counts[2], block[2])
    return np.ascontiguousarray(apart.transpose(0, 2, 4, 1, 3, 5)).reshape(-1, int(np.prod(block)))


def _packed(places: np.ndarray, bits: int) -> np.ndarray:
    """Places of so many bits, the first in the lowest bits of a word."""
    together = places.astype("<u4").reshape(-1, 32 // bits)
    shifts = np.arange(0, 32, bits, dtype="<u4")
    words: np.ndarray = np.bitwise_or.reduce(together << shifts, axis=1).astype("<u4")
    return words
