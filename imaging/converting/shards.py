"""Shards of Zarr v3 (codec sharding_indexed 1.0): inner chunks encoded by us, one file a shard, written in one go."""

import itertools
import os
from collections.abc import Callable
from pathlib import Path
from threading import Lock
from typing import Any

import imagecodecs
import numcodecs
import numpy as np

from imaging.converting.plan import Block, Plan
from imaging.errors import ImageError
from imaging.pixels import Level, bytes_codec, type_json

NEVER_WRITTEN = 2**64 - 1
INDEX_CODECS: list[type_json] = [
    {"name": "bytes", "configuration": {"endian": "little"}},
    {"name": "crc32c"},
]
# By name: how a chunk is encoded, and the Zarr codec that says so. 512 x 512 uint16 of a noisy image: blosc (zstd
# behind bitshuffle) is 1.6 times as fast as zstd alone, and gives a quarter less.
CODECS = ("blosc", "zstd")
LEVELS = {"blosc": 1, "zstd": 1}


def codec(name: str, itemsize: int) -> type_json:
    """The Zarr v3 codec of chunks."""
    if name == "zstd":
        return {"name": "zstd", "configuration": {"level": LEVELS[name], "checksum": False}}
    configuration = {"cname": "zstd", "clevel": LEVELS[name], "shuffle": "bitshuffle", "typesize": itemsize}
    return {"name": "blosc", "configuration": {**configuration, "blocksize": 0}}


def encoder(name: str, itemsize: int) -> Callable[[np.ndarray], bytes]:
    """What encodes a chunk, little endian and contiguous, as `codec` says."""
    if name == "zstd":
        return lambda chunk: bytes(imagecodecs.zstd_encode(chunk.tobytes(), level=LEVELS[name]))
    return lambda chunk: bytes(
        imagecodecs.blosc_encode(
            chunk.tobytes(), level=LEVELS[name], compressor="zstd", shuffle=2, typesize=itemsize, numthreads=1
        )
    )


class ShardLayout:
    """See pixels.Described: the levels as Zarr arrays whose chunks are shards. Never written pixels are 0."""

    def __init__(self, plan: Plan, dtype: np.dtype[Any], codec_name: str) -> None:
        self.dtype = dtype.newbyteorder("=")
        self.fill_value: float = 0
        self.levels = tuple(Level(level.shape, plan.shard(number)) for number, level in enumerate(plan.levels))
        self._plan, self._codec = plan, codec_name

    def codecs(self, level: int) -> list[type_json]:
        """See Described."""
        inner = [bytes_codec(self.dtype.itemsize, "little"), codec(self._codec, self.dtype.itemsize)]
        configuration = {"chunk_shape": list(self._plan.levels[level].chunk), "codecs": inner}
        configuration |= {"index_codecs": INDEX_CODECS, "index_location": "end"}
        return [{"name": "sharding_indexed", "configuration": configuration}]


class ShardSink:
    """See writing.Sink: each block becomes the file of a shard, moved to its place once it is whole, and then a line in
    `log`. A block of zeros has no file."""

    def __init__(self, folder: Path, plan: Plan, dtype: np.dtype[Any], codec_name: str, log: Path) -> None:
        self._folder, self._plan = folder, plan
        self._dtype = dtype.newbyteorder("<")
        self._encode = encoder(codec_name, dtype.itemsize)
        self._log = log
        self._lock = Lock()

    def write(self, block: Block, pixels: np.ndarray) -> None:
        """See Sink."""
        level, *index = block
        shard = self._plan.shard(level)
        parts = _encoded(pixels.astype(self._dtype, copy=False), self._plan.levels[level].chunk, shard, self._encode)
        path = self._folder / str(level) / "c" / "/".join(map(str, index))
        try:
            if parts:
                path.parent.mkdir(parents=True, exist_ok=True)
                part = path.with_name(f"{path.name}.part")
                with part.open("wb") as file:
                    file.writelines(parts)
                part.replace(path)
            with self._lock, self._log.open("a") as log:
                log.write(" ".join(map(str, block)) + "\n")
        except OSError as error:
            raise cannot_write(self._folder, error) from error


def _encoded(
    pixels: np.ndarray, chunk: tuple[int, ...], shard: tuple[int, ...], encode: Callable[[np.ndarray], bytes]
) -> list[bytes]:
    """A shard: its chunks in the order of C, then its index; nothing if all pixels are zero."""
    grid = [outer // inner for outer, inner in zip(shard, chunk, strict=True)]
    index = np.full((*grid, 2), NEVER_WRITTEN, "<u8")
    parts, offset = [], 0
    for number in itertools.product(*map(range, grid)):
        corner = tuple(
            slice(i * step, min((i + 1) * step, size))
            for i, step, size in zip(number, chunk, pixels.shape, strict=True)
        )
        one = np.ascontiguousarray(pixels[corner])
        if not one.size or not one.view(np.uint8).any():
            continue
        if one.shape != chunk:
            one = np.pad(one, [(0, step - size) for step, size in zip(chunk, one.shape, strict=True)])
        parts.append(encode(one))
        index[number] = offset, len(parts[-1])
        offset += len(parts[-1])
    if not parts:
        return []
    return [*parts, bytes(numcodecs.CRC32C(location="end").encode(index.tobytes()))]


def finished_blocks(log: Path) -> set[Block]:
    """The blocks that a log names; a line that was cut off does not count."""
    found = set()
    for line in log.read_text().splitlines(keepends=True)[1:]:
        numbers = line.split()
        if line.endswith("\n") and len(numbers) == len(Block._fields):
            found.add(Block(*map(int, numbers)))
    return found


def cannot_write(path: Path, error: OSError) -> ImageError:
    """What to tell when the disk does not take it."""
    reason = f"cannot be written ({os.strerror(error.errno) if error.errno else error}); make room, and start it again."
    return ImageError(path=str(path), field="file", reason=reason)
