"""What every source has in common whose chunks are made when asked for, so that none is anywhere as it is sent."""

from typing import Any

import numpy as np

from imaging.pixels import (
    Index5,
    Level,
    Picture,
    RawChunk,
    StoredTiles,
    check_index,
    encode_little_endian,
    little_endian_codecs,
    type_json,
)


class DecodedSource:
    """See pixels.PixelSource; a subclass sets the attributes and says `read_chunk` and `close`."""

    dtype: np.dtype[Any]
    levels: tuple[Level, ...]
    fill_value: float
    reads_at_once = 1

    def read_chunk(self, level: int, index: Index5) -> np.ndarray:
        """See PixelSource."""
        raise NotImplementedError

    def close(self) -> None:
        """See PixelSource."""
        raise NotImplementedError

    def codecs(self, level: int) -> list[type_json]:
        """See PixelSource."""
        return little_endian_codecs(self.dtype)

    def raw_chunk(self, level: int, index: Index5) -> RawChunk | None:
        """See PixelSource."""
        check_index(self, level, index)
        return None

    def encoded_chunk(self, level: int, index: Index5) -> bytes:
        """See PixelSource."""
        return encode_little_endian(self.read_chunk(level, index))

    def picture(self, level: int, t: int, z: int, row: int, column: int) -> Picture | None:
        """See PixelSource."""
        return None

    def tile(self, level: int, t: int, z: int, row: int, column: int) -> np.ndarray | None:
        """See PixelSource."""
        return None

    def stored(self, level: int) -> StoredTiles | None:
        """See PixelSource."""
        return None
