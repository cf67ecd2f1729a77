"""Images for measurements of pictures, made once and kept in the machine's temporary folder: no tiles are alike."""

import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import tifffile

TILE, CHANNELS = 256, 4
COUNT = 16  # tiles across and down
SIDE = COUNT * TILE
EDGE = 64  # pixels that smoothing spoils


def channels_tiff(compression: str) -> Path:
    """A tiled OME-TIFF of four channels of 16 bits, "zlib" or "zstd", with lower levels.

    The last channel is bright where the others are dark, so that colours add up to what the brighter one of them
    would be: some programs add colours, others take the brightest.
    """

    def write(path: Path) -> None:
        with tifffile.TiffWriter(path, ome=True) as tiff:
            for level, count in enumerate((COUNT, COUNT // 2, COUNT // 4)):
                size = count * TILE
                tiff.write(_planes(count), shape=(CHANNELS, size, size), dtype=np.uint16, tile=(TILE, TILE),
                           photometric="minisblack", compression=compression, compressionargs={"level": 1},
                           metadata={"axes": "CYX"} if level == 0 else None, subfiletype=1 if level else 0,
                           subifds=2 if level == 0 else None)  # fmt: skip

    return _kept(f"channels-{compression}.ome.tif", write)


def rgb_tiff(compression: str) -> Path:
    """A tiled TIFF of RGB pixels, "zlib" or "jpeg" (quality 90, 4:2:0)."""
    arguments = {"level": 90} if compression == "jpeg" else {"level": 6}

    def write(path: Path) -> None:
        tifffile.imwrite(path, _rgb(), shape=(SIDE, SIDE, 3), dtype=np.uint8, tile=(TILE, TILE),
                         photometric="ycbcr" if compression == "jpeg" else "rgb",
                         compression=compression, compressionargs=arguments)  # fmt: skip

    return _kept(f"rgb-{compression}.tif", write)


def _kept(name: str, write: Callable[[Path], None]) -> Path:
    folder = Path(tempfile.gettempdir()) / "vitrine-bench"
    folder.mkdir(exist_ok=True)
    path = folder / f"{SIDE}-{name}"
    if not path.exists():
        part = path.with_name(f"{os.getpid()}-{path.name}")
        write(part)
        part.replace(path)
    return path


def _planes(count: int) -> Iterator[np.ndarray]:
    noise = np.random.default_rng(0).normal(0, 30, (TILE, 2 * TILE)).astype(np.float32)
    y, x = np.mgrid[:TILE, :TILE].astype(np.float32)
    for channel in range(CHANNELS):
        for number in range(count * count):
            start = (37 * number + 13 * channel) % TILE
            cells = np.sin(x / (9 + number % 7)) * np.sin(y / (11 + number % 5))
            bright = -cells if channel == CHANNELS - 1 else cells * (0.5 + channel / 6)
            tile = 150 + noise[:, start : start + TILE] + 2000 * bright.clip(0)
            yield tile.clip(0).astype(np.uint16)


def _rgb() -> Iterator[np.ndarray]:
    """Like stained tissue: dark and pale blots of some sizes on pink, and a little noise."""
    random = np.random.default_rng(0)
    fields = [np.kron(random.normal(0, 1, (4 * TILE // size,) * 2), np.ones((size, size))) for size in (64, 16, 4)]
    smooth = [_smoothed(field, size) for field, size in zip(fields, (64, 16, 4), strict=True)]
    blots = smooth[0] * 0.9 + smooth[1] * 0.8 + smooth[2] * 0.5
    noise = random.normal(0, 2, (4 * TILE, 4 * TILE, 3))
    for number in range(COUNT * COUNT):
        top, left = (EDGE + step * number % (3 * TILE - 2 * EDGE) for step in (41, 97))
        part = (slice(top, top + TILE), slice(left, left + TILE))
        amount = 1 / (1 + np.exp(-2 * blots[part]))[:, :, None]
        pixels = amount * (235, 190, 215) + (1 - amount) * (110, 60, 140) + noise[part]
        yield pixels.clip(0, 255).astype(np.uint8)


def _smoothed(field: np.ndarray, size: int) -> np.ndarray:
    for axis in (0, 1):
        summed = np.cumsum(field, axis=axis)
        field = (np.roll(summed, -size // 2, axis) - np.roll(summed, size // 2, axis)) / size
    return field
