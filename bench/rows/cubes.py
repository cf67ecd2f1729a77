"""Random parts of 32³ pixels of a volume that is stored as a tiled OME-TIFF and lies 10 ms away: each as one chunk of
the OME-Zarr in 3-D chunks that the site offers, against tifffile reading the file over HTTP in blocks of 64 KiB, whose
directories it has read before. All pixels are compared."""

from contextlib import closing

from bench.chunk_servers import app, far, make_site, nginx, own_folder, static
from bench.pixel_data import CUBE, STACK_TILE, stack_shape, stack_tiff
from bench.reading import at_address, by_tifffile, by_zarr, in_blocks, of_source, random_boxes, time_reads
from bench.row import Row
from imaging.source import open_source

READS, AWAY, LEAST = 50, 10.0, 25
NAME = f"{CUBE}³ of a TIFF, {AWAY:.0f} ms away"
NEEDED = "not measured: needs nginx: script/services install"


def run() -> list[Row]:
    program = nginx()
    if not program:
        return [Row(NAME, "ms", 0.0, f"at least {LEAST} times as quick", None, note=NEEDED)]
    tiff, (t, z, y, x) = stack_tiff(), stack_shape()
    boxes = random_boxes((t, 1, z, y, x), (CUBE, CUBE, CUBE), READS)
    with closing(open_source(tiff)) as source:
        expected = [of_source(source)(box) for box in boxes]
    with own_folder() as root:
        site = make_site(root, [tiff])
        with (
            app(site) as ours, far(root, ours, AWAY) as here,
            static(root, tiff.parent, program) as plain, far(root, plain, AWAY) as there,
            in_blocks(f"{there}/{tiff.name}") as file, by_tifffile(file, "tzyx") as itself,
        ):  # fmt: skip
            as_cubes = by_zarr(at_address(f"{here}/data/{site.public[0]}/ome-zarr-0.5-cubes"))
            took, theirs = time_reads([as_cubes, itself], boxes, expected)
    return [
        Row(NAME, "ms", took.p50, f"at least {LEAST} times as quick", LEAST * took.p50 <= theirs.p50, theirs.p50,
            "tifffile, 64 KiB blocks",
            f"{READS} random parts, tiles of {STACK_TILE}²; p95 {took.p95:.1f} and {theirs.p95:.0f} ms")
    ]  # fmt: skip
