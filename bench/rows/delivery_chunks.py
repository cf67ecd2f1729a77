"""Tiles of a TIFF as chunks of an OME-Zarr that is not stored, against the same bytes as files given out by the same
server: chunks of a stored OME-Zarr by the app, and plain files by granian itself. Bytes are compared, servers asked in
turn."""

import tempfile
from pathlib import Path

from bench.chunk_servers import app, make_site
from bench.loading import Asked, compare, in_turn, wrk
from bench.pixel_data import CHANNELS, TILE, plain_zarr, tiled_tiff
from bench.row import Row

SECONDS, ROUNDS, CONNECTIONS, LEAST = 3, 5, 16, 1.0
CHUNKS = 12  # across and down, of each channel
NAME = f"tile of a TIFF as a Zarr chunk, {CONNECTIONS} connections"
NEEDED = "not measured: needs wrk: script/services install"


def run() -> list[Row]:
    asker = wrk()
    if not asker:
        return [Row(NAME, "1/s", 0.0, f"at least {LEAST} of a file", None, note=NEEDED)]
    tiff = tiled_tiff("zstd")
    files = plain_zarr(tiff)
    with tempfile.TemporaryDirectory() as folder:
        site = make_site(Path(folder), [tiff, files])
        virtual, stored = (f"/data/{image}/ome-zarr-0.5" for image in site.public)
        with app(site, files) as served:
            asked = [Asked(served, _chunks(root)) for root in (virtual, stored, "/plain")]
            for one in asked[:2]:
                compare(one, asked[2])
            ours, as_chunk, as_file = in_turn(
                Path(folder), asker, asked, CONNECTIONS, rounds=ROUNDS, seconds=SECONDS
            )  # fmt: skip
    note = f"chunks of {TILE}², bytes compared"
    return [
        Row(NAME, "1/s", ours.rate, f"at least {LEAST} of a file", ours.rate >= LEAST * as_chunk.rate, as_chunk.rate,
            "a stored chunk, by the app", note),
        Row(f"{NAME}, processor", "µs", ours.processor, "reported", None, as_chunk.processor,
            "a stored chunk, by the app", note),
        Row(NAME, "1/s", ours.rate, "reported", None, as_file.rate, "a plain file, by granian itself", note),
        Row(f"{NAME}, processor", "µs", ours.processor, "reported", None, as_file.processor,
            "a plain file, by granian itself", note),
    ]  # fmt: skip


def _chunks(root: str) -> list[str]:
    return [f"{root}/0/c/0/{c}/0/{y}/{x}" for c in range(CHANNELS) for y in range(CHUNKS) for x in range(CHUNKS)]
