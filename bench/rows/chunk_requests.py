"""Chunks of a tiled TIFF as OME-Zarr from the app alone, and of a draft through nginx as deploy/nginx sets it up,
against the same bytes as static files from nginx.

Every chunk is compared byte by byte first; the three take turns, and medians are compared.
"""

from pathlib import Path

import numpy as np
import tifffile

from bench.chunk_servers import app, in_front, make_site, nginx, own_folder, static
from bench.loading import Asked, compare, in_turn, wrk
from bench.row import Row

SIZE, TILE = 4096, 256  # uint16: a chunk is 128 KiB
SECONDS = 3
ROUNDS = 3
CONNECTIONS = (1, 16, 128)
MAIN_CONNECTIONS = 16
TARGET, THROUGH_NGINX, P99 = 0.25, 0.9, 20.0
NEEDED = "not measured: needs nginx and wrk: script/services install"


def run() -> list[Row]:
    program, asker = nginx(), wrk()
    if not program or not asker:
        return [Row("chunk requests", "1/s", 0.0, f"at least {TARGET}", None, note=NEEDED)]
    with own_folder() as root:
        pixels = np.random.default_rng(1).integers(0, 2**16, (SIZE, SIZE), np.uint16)
        tifffile.imwrite(root / "tiled.ome.tif", pixels, tile=(TILE, TILE), photometric="minisblack", ome=True)
        site = make_site(root, [root / "tiled.ome.tif"])
        (public,) = site.public
        for address, y, x in _addresses(public):
            file = root / "static" / address[1:]
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(pixels[y * TILE : (y + 1) * TILE, x * TILE : (x + 1) * TILE].tobytes())
        with app(site) as ours, static(root, root / "static", program) as plain, in_front(root, ours, program) as front:
            addresses, of_draft = ([address for address, *_ in _addresses(one)] for one in (public, site.draft))
            asked = [Asked(ours, addresses), Asked(front, of_draft, f"Bearer {site.token}"), Asked(plain, addresses)]
            for one in asked[:2]:
                compare(one, asked[2])
            return [row for connections in CONNECTIONS for row in _measure(root, asker, asked, connections)]


def _measure(root: Path, asker: str, asked: list[Asked], connections: int) -> list[Row]:
    ours, front, plain = in_turn(root, asker, asked, connections, rounds=ROUNDS, seconds=SECONDS)
    is_main = connections == MAIN_CONNECTIONS
    what = f"chunk of {TILE * TILE * 2 // 1024} KiB, {connections} connections"
    return [
        Row(f"{what}, app alone", "1/s", ours.rate, f"at least {TARGET} of nginx" if is_main else "",
            ours.rate >= TARGET * plain.rate if is_main else None, plain.rate, "nginx static",
            f"p50 {ours.p50:.2f} and {plain.p50:.2f} ms, bytes compared"),
        Row(f"{what}, app alone, p99", "ms", ours.p99, f"under {P99:.0f} ms" if is_main else "",
            ours.p99 < P99 if is_main else None, plain.p99, "nginx static"),
        Row(f"{what}, app alone, processor", "µs", ours.processor, "reported", None, plain.processor, "nginx static"),
        Row(f"{what}, of a draft, by token, through nginx", "1/s", front.rate,
            f"at least {THROUGH_NGINX} of nginx" if is_main else "",
            front.rate >= THROUGH_NGINX * plain.rate if is_main else None, plain.rate, "nginx static",
            f"p50 {front.p50:.2f}, p99 {front.p99:.1f} ms"),
        Row(f"{what}, of a draft, through nginx, processor", "µs", front.processor, "reported", None, plain.processor,
            "nginx static"),
    ]  # fmt: skip


def _addresses(image: str) -> list[tuple[str, int, int]]:
    count = SIZE // TILE
    return [(f"/data/{image}/ome-zarr-0.5/0/c/0/0/0/{y}/{x}", y, x) for y in range(count) for x in range(count)]
