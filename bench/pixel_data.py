"""A large image like a real one (noise on a gradient), generated once and kept in the machine's temporary folder.

4096² x 4 uint16 unless `--full` asks for 16384² x 4.
"""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import tifffile

FULL = "VITRINE_BENCH_FULL"
CHANNELS, TILE = 4, 256


def side() -> int:
    """Width and height of level 0."""
    return 16384 if os.environ.get(FULL) else 4096


def tiled_tiff(compression: str) -> Path:
    """A tiled OME-TIFF with lower levels as SubIFDs, down to 512 pixels."""
    folder = Path(tempfile.gettempdir()) / "vitrine-bench"
    folder.mkdir(exist_ok=True)
    path = folder / f"{side()}-{compression}.ome.tif"
    if path.exists():
        return path
    part = path.with_name(f"{os.getpid()}-{path.name}")
    sizes = [side() >> level for level in range(side().bit_length() - 9)]
    with tifffile.TiffWriter(part, bigtiff=True, ome=True) as tiff:
        for level, size in enumerate(sizes):
            tiff.write(_tiles(size), shape=(CHANNELS, size, size), dtype=np.uint16, tile=(TILE, TILE),
                       photometric="minisblack", compression=compression, compressionargs={"level": 1},
                       metadata={"axes": "CYX"} if level == 0 else None, subfiletype=1 if level else 0,
                       subifds=len(sizes) - 1 if level == 0 else None)  # fmt: skip
    part.replace(path)
    return path


def _tiles(size: int) -> Iterator[np.ndarray]:
    noise = np.random.default_rng(0).normal(0, 30, (TILE, 2 * TILE)).astype(np.float32)
    ramp = np.arange(TILE, dtype=np.float32)[:, None] / 20
    for channel in range(CHANNELS):
        for y in range(0, size, TILE):
            for x in range(0, size, TILE):
                start = (y // 7 + x // 11 + 13 * channel) % TILE
                tile = noise[:, start : start + TILE] + ramp + (300 + (x + y) / 30)
                yield tile.clip(0).astype(np.uint16)
