"""Random chunks of a large image, decoded: by its chunk table, against a plain pread and decode of the same bytes, and
against zarr-python and tensorstore on the same image as OME-Zarr. All pixels are compared."""

import json
import os
import subprocess
import tempfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import imagecodecs
import numpy as np
import zarr

from bench.judges import judge_with
from bench.pixel_data import CHANNELS, TILE, plain_zarr, side, tiled_tiff
from bench.row import Row, time_calls
from imaging.converting.ome_zarr import How, to_ome_zarr
from imaging.pixels import Index5, PixelSource
from imaging.representations.view import About
from imaging.source import open_source

READS, MOST = 100, 1.3
TENSORSTORE = """
import json, random, sys, time
import tensorstore as ts
array = ts.open({"driver": "zarr3", "kvstore": {"driver": "file", "path": sys.argv[1]}}).result()
took = []
for c, y, x in json.loads(sys.argv[2]):
    start = time.perf_counter()
    array[0, c, 0, y * 256:(y + 1) * 256, x * 256:(x + 1) * 256].read().result()
    took.append((time.perf_counter() - start) * 1000)
print(json.dumps(sorted(took)[len(took) // 2]))
"""


def run() -> list[Row]:
    rng = np.random.default_rng(0)
    count = side() // TILE
    drawn = rng.choice(CHANNELS * count * count, READS + 3, replace=False).tolist()
    indexes: list[Index5] = [(0, n // count**2, 0, n // count % count, n % count) for n in drawn]
    rows = []
    for compression in ("zstd", "zlib"):
        with closing(open_source(tiled_tiff(compression))) as source:
            rows.append(_row(f"chunk of a TIFF ({compression})", source, compression, indexes))
    with closing(open_source(plain_zarr(tiled_tiff("zstd")))) as source:
        rows.append(_row("chunk of an OME-Zarr in a folder", source, "zstd", indexes))
    with tempfile.TemporaryDirectory() as folder, closing(open_source(tiled_tiff("zstd"))) as source:
        out = Path(folder) / "image.ome.zarr"
        to_ome_zarr(source, out, About(), How((1, TILE, TILE)))
        with closing(open_source(out)) as stored:
            for index in indexes:
                np.testing.assert_array_equal(stored.read_chunk(0, index), source.read_chunk(0, index))
            rows.append(_row("chunk of a sharded OME-Zarr", stored, "blosc", indexes))
        ours = rows[-1].ours
        array = zarr.open_array(out / "0", mode="r")
        theirs = _median(lambda i: array[0, i[1], 0, i[3] * TILE : (i[3] + 1) * TILE, i[4] * TILE : (i[4] + 1) * TILE],
                         indexes)  # fmt: skip
        rows.append(Row("the same, against zarr-python", "ms", ours, "reported", None, theirs, "zarr-python"))
        if python := judge_with("tensorstore"):
            places = json.dumps([(i[1], i[3], i[4]) for i in indexes])
            done = subprocess.run([python, "-c", TENSORSTORE, str(out / "0"), places], check=True, capture_output=True)
            rows.append(Row("the same, against tensorstore", "ms", ours, "reported", None, json.loads(done.stdout),
                            "tensorstore"))  # fmt: skip
    return rows


def _row(name: str, source: PixelSource, compression: str, indexes: list[Index5]) -> Row:
    for index in indexes:  # so that neither reads from the disk
        raw = source.raw_chunk(0, index)
        assert raw is not None
        raw.read()
    ours = _median(lambda index: source.read_chunk(0, index), indexes)
    floor = _floor(source, compression, indexes)
    return Row(name, "ms", ours, f"at most {MOST} × the floor", ours <= MOST * floor, floor, "pread and decode",
               f"median of {READS} random chunks of {TILE}²")  # fmt: skip


def _median(read: Callable[[Index5], object], indexes: list[Index5]) -> float:
    """Each chunk once, so that no cache of decoded chunks helps."""
    left = iter(indexes)
    return time_calls(lambda: read(next(left)), repeats=READS, warm_up=3).p50


def _floor(source: PixelSource, compression: str, indexes: list[Index5]) -> float:
    """The same bytes by pread, decoded by the library alone; a file that holds but one chunk is opened for it."""
    places = [source.raw_chunk(0, index) for index in indexes]
    files: dict[str, int] = {}
    for raw in places:
        assert raw is not None
        assert raw.place is not None
        files.setdefault(str(getattr(raw.place, "_path")), -1)  # noqa: B009
    one_each = len(files) == len(places)
    for name in () if one_each else files:
        files[name] = os.open(name, os.O_RDONLY)
    left = iter(places)

    def read() -> None:
        raw = next(left)
        assert raw is not None
        path = str(getattr(raw.place, "_path"))  # noqa: B009
        descriptor = os.open(path, os.O_RDONLY) if one_each else files[path]
        data = os.pread(descriptor, raw.length, raw.offset)
        if one_each:
            os.close(descriptor)
        if compression == "zstd":
            decoded = imagecodecs.zstd_decode(data, out=TILE * TILE * 2)
        elif compression == "zlib":
            decoded = imagecodecs.deflate_decode(data, out=TILE * TILE * 2, raw=False)
        else:
            decoded = imagecodecs.blosc_decode(data, out=TILE * TILE * 2)
        np.frombuffer(decoded, np.uint16).reshape(TILE, TILE)

    try:
        return time_calls(read, repeats=READS, warm_up=3).p50
    finally:
        for descriptor in files.values():
            if descriptor >= 0:
                os.close(descriptor)
