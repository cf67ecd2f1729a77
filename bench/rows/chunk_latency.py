"""Random chunks as in the latency benchmark of Moore et al. (Nature Methods 18, 2021), decoded, over HTTP and from S3:
of the site, and by its reader of stores, against zarr-python and tifffile on the same files as nginx and the same store
give them. chunk_reads has those of this machine's files. All pixels are compared."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from bench.chunk_servers import app, make_site, nginx, own_folder, static
from bench.chunk_sets import IMAGES, Stored
from bench.pixel_data import CUBE, TILE
from bench.reading import Read, at_address, by_tifffile, by_zarr, in_blocks, time_reads
from bench.row import Row, Timing

STORE = "VITRINE_TEST_S3_URL"


def run() -> list[Row]:
    return [*_over_http(), *_from_store()]


def _over_http() -> list[Row]:
    program = nginx()
    if not program:
        return [Row("chunks over HTTP", "ms", 0.0, "reported", None, note="not measured: needs nginx")]
    paths = [image.make() for image in IMAGES]
    with own_folder() as root:
        site = make_site(root, paths)
        with app(site) as served, static(root, paths[0].parent, program) as plain:
            rows = []
            for image, path, public in zip(IMAGES, paths, site.public, strict=True):
                is_cubes = image.axes == "tzyx"
                key = "ome-zarr-0.5-cubes" if is_cubes else "ome-zarr-0.5"
                ours = by_zarr(at_address(f"http://127.0.0.1:{served.port}/data/{public}/{key}"))
                with _theirs(image, f"http://127.0.0.1:{plain.port}/{path.name}") as theirs:
                    rows.append(_row(image, "over HTTP", *time_reads([ours, theirs], image.boxes(), image.pixels())))
            return rows


def _from_store() -> list[Row]:
    address = os.environ.get(STORE)
    if not address:
        note = f"not measured: needs {STORE}: script/services start"
        return [Row("chunks from S3", "ms", 0.0, "reported", None, note=note)]
    command = [sys.executable, "-m", "bench.store_reads", address]
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(command, env=os.environ | {"VITRINE_DATA": folder}, check=True, stdout=subprocess.PIPE)
    times = json.loads(done.stdout.splitlines()[-1])
    return [_row(image, "from S3", *(Timing(*one) for one in times[image.name])) for image in IMAGES]


@contextmanager
def _theirs(image: Stored, address: str) -> Iterator[Read]:
    if not image.axes:
        yield by_zarr(at_address(address))
        return
    with in_blocks(address) as file, by_tifffile(file, image.axes) as read:
        yield read


def _row(image: Stored, where: str, ours: Timing, theirs: Timing) -> Row:
    peer = "tifffile, 64 KiB blocks" if image.axes else "zarr-python, of the files"
    part = f"{TILE}²" if image.part[0] == 1 else f"{CUBE}³"
    note = f"{len(image.boxes())} random parts of {part}; p95 {ours.p95:.1f} and {theirs.p95:.1f} ms"
    return Row(f"{image.name}, {where}", "ms", ours.p50, "reported", None, theirs.p50, peer, note)
