"""JPEG tiles made anew of RGB tiles, each of another one, against iipsrv behind nginx: the processor time of all that a
server runs. Both have the same quality, and colours for four pixels together."""

import os
import statistics
from collections.abc import Sequence
from pathlib import Path

from bench.chunk_servers import app, make_site, own_folder
from bench.judges import judge_with
from bench.picture_data import COUNT, rgb_tiff
from bench.pictures import NEEDED as NEEDED_IIPSRV
from bench.pictures import check_recoded, has_iipsrv, iipsrv, peer
from bench.row import Row
from bench.serving import Client, Cost, Served, ask_each

COMPRESSIONS = ("zlib", "jpeg")
QUALITY, ROUNDS, TARGET = 85, 4, 0.8
FULL_LEVEL, THEIR_LEVEL = 12, 4  # of 4096 pixels, in Deep Zoom and in large_image


def run() -> list[Row]:
    if not has_iipsrv():
        return [Row("RGB tile recoded", "ms", 0.0, f"at most {TARGET}", None, note=NEEDED_IIPSRV)]
    paths = [rgb_tiff(compression) for compression in COMPRESSIONS]
    rows = []
    with own_folder() as root:
        site = make_site(root, paths)
        for compression, path, image in zip(COMPRESSIONS, paths, site.public, strict=True):
            name = f"RGB tile of a {compression} TIFF recoded, 256²"
            with app(site) as ours, iipsrv(root, processes=1) as theirs:
                costs = _measure((ours, _ours(image)), (theirs, _of_iipsrv(path)))
            rows.append(_row(name, costs, "iipsrv and nginx", TARGET))
            if python := judge_with("large_image"):
                env = os.environ | {"PEER_FILE": str(path), "PEER_QUALITY": str(QUALITY)}
                with app(site) as ours, peer(python, root, env) as theirs:
                    costs = _measure((ours, _ours(image)), (theirs, _of_large_image()))
                rows.append(_row(name, costs, "large_image", None))
    return rows


def _row(name: str, costs: Sequence[tuple[Cost, Cost]], who: str, target: float | None) -> Row:
    mine, other = (statistics.median(pair[one].processor for pair in costs) for one in (0, 1))
    clock = [statistics.median(pair[one].clock for pair in costs) for one in (0, 1)]
    said = f"{QUALITY}, 4:2:0, compared; by the clock {clock[0]:.2f} and {clock[1]:.2f} ms"
    meets = None if target is None else mine <= target * other
    return Row(f"{name}, processor time", "ms", mine, f"at most {target}" if target else "reported", meets, other, who,
               f"quality {said}")  # fmt: skip


def _measure(*asked: tuple[Served, Sequence[str]]) -> list[tuple[Cost, Cost]]:
    """Of each of two in turn, every tile once; raises RuntimeError if ours are not as near to the stored ones."""
    (ours, mine), (theirs, other) = asked
    for number in range(0, len(mine), COUNT * 3):
        stored = Client(ours).get(mine[number].partition("?")[0].replace(".jpg", ".png"))
        check_recoded(stored, Client(ours).get(mine[number]), Client(theirs).get(other[number]))
    parts = [[n for n in range(len(mine)) if n % (COUNT * 3)][number::ROUNDS] for number in range(ROUNDS)]
    return [(ask_each(ours, [mine[n] for n in part]), ask_each(theirs, [other[n] for n in part])) for part in parts]


def _ours(image: str) -> list[str]:
    places = ((row, column) for row in range(COUNT) for column in range(COUNT))
    tiles = (f"{FULL_LEVEL}/{column}_{row}.jpg" for row, column in places)
    return [f"/data/{image}/deep-zoom/image_files/{tile}?quality={QUALITY}" for tile in tiles]


def _of_iipsrv(path: Path) -> list[str]:
    return [f"/?FIF={path}&QLT={QUALITY}&JTL=0,{number}" for number in range(COUNT * COUNT)]


def _of_large_image() -> list[str]:
    return [f"/large_image/{THEIR_LEVEL}/{column}/{row}.jpg" for row in range(COUNT) for column in range(COUNT)]
