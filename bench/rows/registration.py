"""Registration of a 1 GB tiled OME-TIFF with a pyramid: its facts and its chunk table, in a process of its own."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import tifffile

from bench.row import Row

CHANNELS, SIZE, TILE, LEVELS = 6, 8192, 256, 2  # 6 × 128 MiB, and a quarter and a sixteenth of that below
SECONDS, MEGABYTES, REPEATS = 2.0, 200.0, 3

# What a worker does with a file but for the database; ru_maxrss counts the interpreter and its libraries too.
REGISTER = """
import json, resource, sys, time
from pathlib import Path
start = time.perf_counter()
from imaging.readers import read_facts
from imaging.source import build_table, open_source
path, table = Path(sys.argv[1]), Path(sys.argv[2])
imported = time.perf_counter()
facts = read_facts(path)
build_table(path, facts.images[0].series_path, table)
done = time.perf_counter()
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
shape = open_source(path, facts.images[0].series_path, table).levels[0].shape
print(json.dumps([done - imported, imported - start, peak, shape]))
"""


def _tiles(size: int) -> Iterator[np.ndarray]:
    tile = np.random.default_rng(2).integers(0, 2**16, (TILE, TILE), np.uint16)
    for _ in range(CHANNELS * (size // TILE) ** 2):
        yield tile


def run() -> list[Row]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "large.ome.tif"
        with tifffile.TiffWriter(path, bigtiff=True, ome=True) as tiff:
            for level in range(LEVELS + 1):
                size = SIZE >> level
                tiff.write(_tiles(size), shape=(CHANNELS, size, size), dtype=np.uint16, tile=(TILE, TILE),
                           photometric="minisblack", metadata={"axes": "CYX"} if level == 0 else None,
                           subifds=LEVELS if level == 0 else None, subfiletype=1 if level else 0)  # fmt: skip
        command = [sys.executable, "-c", REGISTER, str(path), str(path.with_suffix(".table"))]
        answers = [json.loads(subprocess.run(command, check=True, capture_output=True).stdout) for _ in range(REPEATS)]
        gigabytes = path.stat().st_size / 1e9
    seconds, imports, megabytes, shape = max(answers)  # the slowest
    assert shape == [1, CHANNELS, 1, SIZE, SIZE]
    name = f"register a tiled OME-TIFF of {gigabytes:.2f} GB"
    return [
        Row(name, "s", seconds, f"under {SECONDS:.0f} s", seconds < SECONDS, note=f"and {imports:.1f} s of imports"),
        Row(f"{name}, peak memory", "MB", megabytes, f"under {MEGABYTES:.0f} MB", megabytes < MEGABYTES),
    ]
