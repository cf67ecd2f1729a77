"""A tiled OME-TIFF to sharded OME-Zarr 0.5 with all levels, against tensorstore writing such shards, each by itself;
without the comparison of all pixels, which no peer makes, and with it."""

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from bench.judges import judge_with
from bench.pixel_data import CHANNELS, side, tiled_tiff
from bench.row import Row

NGFF_ZARR, TENSORSTORE, TIMES = 46.0, 71.0, 1.5  # MB/s that they reached on one machine when the target was set
MOST_MEGABYTES = 900.0

OURS = """
import json, resource, sys, time
from contextlib import closing
from pathlib import Path
from imaging.converting import ome_zarr
from imaging.representations.view import About
from imaging.source import open_source
took = {}
write = ome_zarr.write_blocks
def timed(*arguments, **options):
    start = time.perf_counter()
    write(*arguments, **options)
    took["writing"] = time.perf_counter() - start
ome_zarr.write_blocks = timed
start = time.perf_counter()
with closing(open_source(Path(sys.argv[1]))) as source:
    ome_zarr.to_ome_zarr(source, Path(sys.argv[2]), About())
took["all"] = time.perf_counter() - start
print(json.dumps([took["writing"], took["all"], resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024]))
"""
THEIRS = """
import json, sys, time
import numpy as np, tensorstore as ts
source = ts.open({"driver": "zarr3", "kvstore": {"driver": "file", "path": sys.argv[1]}}).result()
start = time.perf_counter()
shape = list(source.shape)
about = json.loads(open(f"{sys.argv[1]}/zarr.json").read())
def level(number):
    metadata = {**about, "shape": [*shape[:3], shape[3] >> number, shape[4] >> number]}
    side = min(2048, metadata["shape"][4])
    metadata["chunk_grid"] = {"name": "regular", "configuration": {"chunk_shape": [1, 1, 1, side, side]}}
    del metadata["attributes"]
    return ts.open({"driver": "zarr3", "kvstore": {"driver": "file", "path": f"{sys.argv[2]}/{number}"},
                    "metadata": metadata, "create": True}).result()
count = max(shape[3].bit_length() - 9, 1)
above = source
for number in range(count):
    out = level(number)
    for c in range(shape[1]):
        for y in range(0, out.shape[3], 2048):
            for x in range(0, out.shape[4], 2048):
                y1, x1 = min(y + 2048, out.shape[3]), min(x + 2048, out.shape[4])
                if number == 0:
                    block = above[:, c:c+1, :, y:y1, x:x1].read().result()
                else:
                    full = above[:, c:c+1, :, 2*y:2*y1, 2*x:2*x1].read().result().astype(np.uint32)
                    rows = full[..., 0::2, :] + full[..., 1::2, :]
                    block = ((rows[..., 0::2] + rows[..., 1::2] + 2) >> 2).astype(np.uint16)
                out[:, c:c+1, :, y:y1, x:x1].write(block).result()
    above = out
print(json.dumps([time.perf_counter() - start]))
"""


def run() -> list[Row]:
    path, megabytes = tiled_tiff("zstd"), CHANNELS * side() ** 2 * 2 / 1e6
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out.ome.zarr"
        writing, whole, memory = _run(sys.executable, OURS, str(path), str(out))
        python, theirs = judge_with("tensorstore"), None
        if python:  # it cannot read TIFF, so it is given the same pixels as Zarr
            (seconds,) = _run(python, THEIRS, str(out / "0"), str(Path(folder) / "peer"))
            theirs = megabytes / seconds
        shutil.rmtree(out)
    name = f"TIFF to sharded OME-Zarr 0.5, {megabytes:.0f} MB"
    rate = megabytes / writing
    wanted = TIMES * NGFF_ZARR * (theirs / TENSORSTORE if theirs else 1)  # of ngff-zarr's rate on this machine, now
    peer = "tensorstore, from Zarr" if theirs else ""
    return [
        Row(name, "MB/s", rate, f"at least {wanted:.0f} ({TIMES} × ngff-zarr)", rate >= wanted, theirs, peer),
        Row(f"{name}, every pixel compared", "MB/s", megabytes / whole, "reported", None),
        Row(f"{name}, peak memory", "MB", memory, f"under {MOST_MEGABYTES:.0f}", memory < MOST_MEGABYTES),
    ]


def _run(python: str, program: str, *arguments: str) -> list[float]:
    done = subprocess.run([python, "-c", program, *arguments], check=True, capture_output=True, text=True)
    return list(json.loads(done.stdout.splitlines()[-1]))
