"""Registration of tiled OME-TIFFs of 1 GB and of 100 GB: their facts and chunk tables, each in a process of its own.

The larger one is sparse: its pages are whole, but of its tiles nothing is on the disk.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import tifffile

from bench.row import Row
from imaging.converting.ome_tiff import TiffSink
from imaging.converting.plan import make_plan
from imaging.facts import FileFacts, ImageFacts
from imaging.ome.of_facts import document_of
from imaging.ome.some_images import Written, only_images
from imaging.ome.write import write_ome

CHANNELS, SIZE, TILE, LEVELS = 6, 8192, 256, 2  # 6 × 128 MiB, and a quarter and a sixteenth of that below
SECONDS, MEGABYTES, REPEATS = 2.0, 200.0, 3
PLANES, WIDE, TIFF_TILE = 34, 47_104, 512
SECONDS_100_GB, MEGABYTES_100_GB = 5.0, 300.0

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


def _sparse(path: Path) -> None:
    """100 GB of deflated tiles, 34 planes of 47,104², as the pages have it."""
    shape = (1, 1, PLANES, WIDE, WIDE)
    plan = make_plan(shape, 2, (1, TIFF_TILE, TIFF_TILE))
    facts = FileFacts("", "", (ImageFacts(0, WIDE, WIDE, PLANES, 1, 1, "uint16"),))
    with path.open("wb") as file:
        sink = TiffSink(file, plan, np.dtype(np.uint16), "deflate", 1)
        end = 16
        for place in sink.places:
            length = TIFF_TILE * TIFF_TILE  # half of the pixels' bytes
            place[0] = end + np.arange(place[0].size).reshape(place[0].shape) * length
            place[1] = length
            end += place[0].size * length
        file.seek(end)
        sink.finish(write_ome(only_images(document_of(facts), [0], Written(shape, "uint16"))))


def _measured(path: Path) -> tuple[float, float, float, list[int]]:
    """Seconds, seconds of imports, megabytes at most, and the shape found: the slowest of a few."""
    command = [sys.executable, "-c", REGISTER, str(path), str(path.with_suffix(".table"))]
    answers = [json.loads(subprocess.run(command, check=True, capture_output=True).stdout) for _ in range(REPEATS)]
    seconds, imports, megabytes, shape = max(answers)
    return seconds, imports, megabytes, shape


def _rows(path: Path, wanted: list[int], seconds_allowed: float, megabytes_allowed: float) -> list[Row]:
    seconds, imports, megabytes, shape = _measured(path)
    assert shape == wanted
    name = f"register a tiled OME-TIFF of {path.stat().st_size / 1e9:.4g} GB"
    return [
        Row(name, "s", seconds, f"under {seconds_allowed:.0f} s", seconds < seconds_allowed,
            note=f"and {imports:.1f} s of imports"),
        Row(f"{name}, peak memory", "MB", megabytes, f"under {megabytes_allowed:.0f} MB",
            megabytes < megabytes_allowed),
    ]  # fmt: skip


def run() -> list[Row]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "large.ome.tif"
        with tifffile.TiffWriter(path, bigtiff=True, ome=True) as tiff:
            for level in range(LEVELS + 1):
                size = SIZE >> level
                tiff.write(_tiles(size), shape=(CHANNELS, size, size), dtype=np.uint16, tile=(TILE, TILE),
                           photometric="minisblack", metadata={"axes": "CYX"} if level == 0 else None,
                           subifds=LEVELS if level == 0 else None, subfiletype=1 if level else 0)  # fmt: skip
        rows = _rows(path, [1, CHANNELS, 1, SIZE, SIZE], SECONDS, MEGABYTES)
        path.unlink()
        sparse = Path(folder) / "sparse.ome.tif"
        _sparse(sparse)
        return rows + _rows(sparse, [1, 1, PLANES, WIDE, WIDE], SECONDS_100_GB, MEGABYTES_100_GB)
