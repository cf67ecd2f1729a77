"""Random chunks of a sharded OME-Zarr that lies 10 ms away: each by one request, as the site offers it without shards,
against zarr-python reading the shards themselves, first their index. All pixels are compared."""

from contextlib import closing

from bench.chunk_servers import app, far, make_site, nginx, own_folder, static
from bench.pixel_data import CHANNELS, TILE, sharded_zarr, side, tiled_tiff
from bench.reading import at_address, by_zarr, of_source, random_boxes, time_reads
from bench.row import Row
from imaging.source import open_source

READS, AWAY, LEAST = 100, 10.0, 1.8
NAME = f"chunk of a shard, {AWAY:.0f} ms away, by zarr-python"
NEEDED = "not measured: needs nginx: script/services install"


def run() -> list[Row]:
    program = nginx()
    if not program:
        return [Row(NAME, "ms", 0.0, f"at least {LEAST} times as quick", None, note=NEEDED)]
    shards = sharded_zarr(tiled_tiff("zstd"), (1, TILE, TILE))
    boxes = random_boxes((1, CHANNELS, 1, side(), side()), (1, TILE, TILE), READS)
    with closing(open_source(shards)) as source:
        expected = [of_source(source)(box) for box in boxes]
    with own_folder() as root:
        site = make_site(root, [shards])
        with (
            app(site) as ours, far(root, ours, AWAY) as here,
            static(root, shards, program) as plain, far(root, plain, AWAY) as there,
        ):  # fmt: skip
            view = by_zarr(at_address(f"{here}/data/{site.public[0]}/ome-zarr-0.5"))
            itself = by_zarr(at_address(there))
            took, theirs = time_reads([view, itself], boxes, expected)
    return [
        Row(NAME, "ms", took.p50, f"at least {LEAST} times as quick", LEAST * took.p50 <= theirs.p50, theirs.p50,
            "the shard itself", f"{READS} random chunks of {TILE}²; p95 {took.p95:.1f} and {theirs.p95:.1f} ms")
    ]  # fmt: skip
