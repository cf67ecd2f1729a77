"""Pixels that a library decodes: regions of planes, asked of a limited process by the family's `open_planes`."""

import json
from collections.abc import Sequence
from hashlib import blake2b

import numpy as np

from imaging import limited
from imaging.errors import ImageError
from imaging.limits import MEBI, check_chunk
from imaging.pixels import ArrayCache, Index5, Level, Shape5, check_index, type_json
from imaging.places import Files
from imaging.sources.decoded import DecodedSource
from imaging.table import Table, identity_of

CACHE_BYTES = 64 * MEBI
CHUNK = 512


def planes_table(
    files: Files,
    names: Sequence[str],
    *,
    family: str,
    series: str,
    levels: Sequence[Shape5],
    dtype: str,
    samples: int = 1,
    chunk: tuple[int, int] | None = None,
    about: type_json | None = None,
) -> Table:
    """The table of an image that a library reads.

    levels: shapes (t, c, z, y, x), largest first; dtype: numpy's name; samples: channels that are decoded at once, so
    that they are asked for together; chunk: (rows, columns) that are cheap to decode; about: what `open_planes` needs
    to know besides, as JSON.
    """
    described = []
    for shape in levels:
        rows, columns = (min(size, step) for size, step in zip(shape[3:], chunk or (CHUNK, CHUNK), strict=True))
        check_chunk(names[0], rows * columns * samples * np.dtype(dtype).itemsize)
        described.append({"shape": list(shape), "chunk": [1, 1, 1, rows, columns]})
    header: type_json = {"kind": "planes", "family": family, "series": series, "levels": described, "dtype": dtype}
    header |= {"samples": samples, "about": about or {}, "identity": identity_of(names, files)}
    return Table(header, {})


class PlanesSource(DecodedSource):
    """See pixels.PixelSource; made from the table that `planes_table` gives."""

    def __init__(self, files: Files, table: Table) -> None:
        self._files = files
        self._header = {key: table.header[key] for key in ("family", "series", "levels", "dtype", "samples", "about")}
        self._header["state"] = blake2b(json.dumps(table.header["identity"]).encode(), digest_size=16).hexdigest()
        self.levels = tuple(Level(tuple(one["shape"]), tuple(one["chunk"])) for one in table.header["levels"])
        self.dtype = np.dtype(table.header["dtype"]).newbyteorder("=")
        self.fill_value = 0
        self._samples = table.header["samples"]
        self._cache = ArrayCache(CACHE_BYTES)

    def close(self) -> None:
        """See PixelSource; what is open is the limited process's."""

    def read_chunk(self, level: int, index: Index5) -> np.ndarray:
        """See PixelSource."""
        check_index(self, level, index)
        t, c, z, row, column = index
        first = c - c % self._samples
        decoded = self._cache.get(
            (level, t, first, z, row, column), lambda: self._decode(level, t, first, z, row, column)
        )
        return decoded[None, c - first : c - first + 1, None]

    def _decode(self, level: int, t: int, first: int, z: int, row: int, column: int) -> np.ndarray:
        """The chunks of the channels that are decoded together, as (c, y, x)."""
        _, size_c, _, size_y, size_x = self.levels[level].shape
        height, width = self.levels[level].chunk[3:]
        last = min(first + self._samples, size_c)
        y1, x1 = min((row + 1) * height, size_y), min((column + 1) * width, size_x)
        box = (row * height, y1, column * width, x1)
        read = limited.read_planes(self._files.local(), self._header, (level, t, first, last, z, *box))
        wanted = (last - first, y1 - row * height, x1 - column * width)
        if read.shape != wanted or read.dtype != self.dtype:
            reason = f"gave pixels {read.shape} of {read.dtype} instead of {wanted} of {self.dtype}; register it again."
            raise ImageError(path=str(self._files.local()), field=f"level {level}", reason=reason)
        chunk = np.zeros((last - first, height, width), self.dtype)
        chunk[:, : wanted[1], : wanted[2]] = read
        return chunk
