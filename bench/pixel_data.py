"""A large image and a volume like real ones (noise on a gradient), generated once and kept in the machine's temporary
folder, and the same pixels as stored OME-Zarr.

4096² x 4 uint16 unless `--full` asks for 16384² x 4; 64 x 512² in two points in time unless it asks for ten of 512³.
"""

import itertools
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import tifffile

from imaging.converting.ome_zarr import How, to_ome_zarr
from imaging.pixels import RawChunk
from imaging.representations.ome_zarr import OmeZarrView
from imaging.representations.view import About
from imaging.source import open_source

FULL = "VITRINE_BENCH_FULL"
CHANNELS, TILE = 4, 256
CUBE, STACK_TILE = 32, 64


def side() -> int:
    """Width and height of level 0."""
    return 16384 if os.environ.get(FULL) else 4096


def stack_shape() -> tuple[int, int, int, int]:
    """Of the volume: t, z, y, x."""
    return (10, 512, 512, 512) if os.environ.get(FULL) else (2, 64, 512, 512)


def tiled_tiff(compression: str) -> Path:
    """A tiled OME-TIFF with lower levels as SubIFDs, down to 512 pixels."""

    def write(path: Path) -> None:
        sizes = [side() >> level for level in range(side().bit_length() - 9)]
        with tifffile.TiffWriter(path, bigtiff=True, ome=True) as tiff:
            for level, size in enumerate(sizes):
                tiff.write(_tiles(size), shape=(CHANNELS, size, size), dtype=np.uint16, tile=(TILE, TILE),
                           photometric="minisblack", compression=compression, compressionargs={"level": 1},
                           metadata={"axes": "CYX"} if level == 0 else None, subfiletype=1 if level else 0,
                           subifds=len(sizes) - 1 if level == 0 else None)  # fmt: skip

    return _kept(f"{side()}-{compression}.ome.tif", write)


def stack_tiff() -> Path:
    """A volume as tiled OME-TIFF (zstd), plane by plane."""
    t, z, y, x = stack_shape()

    def write(path: Path) -> None:
        tifffile.imwrite(path, _planes(t * z, y), shape=(t, z, y, x), dtype=np.uint16, tile=(STACK_TILE, STACK_TILE),
                         photometric="minisblack", compression="zstd", compressionargs={"level": 1}, bigtiff=True,
                         ome=True, metadata={"axes": "TZYX"})  # fmt: skip

    return _kept(f"{t}x{z}x{y}-zstd.ome.tif", write)


def sharded_zarr(path: Path, chunk: tuple[int, int, int]) -> Path:
    """The same pixels as OME-Zarr 0.5 with shards of such chunks (z, y, x)."""

    def write(out: Path) -> None:
        with closing(open_source(path)) as source:
            to_ome_zarr(source, out, About(), How(chunk))

    return _kept(path.name.replace(".ome.tif", "-sharded.ome.zarr"), write)


def plain_zarr(path: Path) -> Path:
    """The stored chunks of an image as they are, each a file of an OME-Zarr 0.5."""

    def write(out: Path) -> None:
        with closing(open_source(path)) as source:
            view = OmeZarrView(source, About())
            names = ["zarr.json"]
            for number, level in enumerate(source.levels):
                names.append(f"{number}/zarr.json")
                places = itertools.product(*map(range, level.grid))
                names += [f"{number}/c/{'/'.join(map(str, place))}" for place in places]
            for name in names:
                part = view.get(name, {})
                assert part is not None
                (out / name).parent.mkdir(parents=True, exist_ok=True)
                assert isinstance(part.body, bytes | RawChunk)
                (out / name).write_bytes(part.body if isinstance(part.body, bytes) else part.body.read())

    return _kept(path.name.replace(".ome.", "-plain.ome.").replace(".tif", ".zarr"), write)


def _kept(name: str, write: Callable[[Path], None]) -> Path:
    """What `write` makes, as it was made before if it was."""
    folder = Path(tempfile.gettempdir()) / "vitrine-bench"
    folder.mkdir(exist_ok=True)
    if not (folder / name).exists():
        part = folder / f"{os.getpid()}-{name}"
        if part.is_dir():
            shutil.rmtree(part)
        write(part)
        part.replace(folder / name)
    return folder / name


def _planes(count: int, size: int) -> Iterator[np.ndarray]:
    """Tiles of planes, each plane another one."""
    noise = np.random.default_rng(1).normal(0, 30, (STACK_TILE, 2 * STACK_TILE)).astype(np.float32)
    ramp = np.arange(STACK_TILE, dtype=np.float32)[:, None] / 5
    for plane in range(count):
        for y, x in itertools.product(range(0, size, STACK_TILE), repeat=2):
            start = (y // 7 + x // 11 + 5 * plane) % STACK_TILE
            tile = noise[:, start : start + STACK_TILE] + ramp + (300 + (x + y) / 8 + plane % 64)
            yield tile.clip(0).astype(np.uint16)


def _tiles(size: int) -> Iterator[np.ndarray]:
    noise = np.random.default_rng(0).normal(0, 30, (TILE, 2 * TILE)).astype(np.float32)
    ramp = np.arange(TILE, dtype=np.float32)[:, None] / 20
    for channel in range(CHANNELS):
        for y in range(0, size, TILE):
            for x in range(0, size, TILE):
                start = (y // 7 + x // 11 + 13 * channel) % TILE
                tile = noise[:, start : start + TILE] + ramp + (300 + (x + y) / 30)
                yield tile.clip(0).astype(np.uint16)
