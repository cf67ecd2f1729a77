"""JPEG tiles as they are stored, against iipsrv and OpenSlide's Deep Zoom, which decode and encode them: requests a
second at 16 connections, and what each costs. The site and OpenSlide have two processes of granian, iipsrv two of its
own behind nginx; nobody keeps tiles. The slide is one of the samples (VITRINE_SHARED)."""

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from bench.chunk_servers import app, make_site, own_folder
from bench.judges import judge_with
from bench.loading import Asked, in_turn, wrk
from bench.picture_data import COUNT, rgb_tiff
from bench.pictures import NEEDED, check_recoded, difference, has_iipsrv, iipsrv, peer
from bench.row import Row
from bench.serving import Client

SHARED = Path(os.environ.get("VITRINE_SHARED") or Path(__file__).parents[3] / "shared")
SLIDE = SHARED / "samples" / "03_vendor" / "wsi" / "CMU-1-Small-Region.svs"
SLIDE_TILE, SLIDE_ACROSS, SLIDE_COLUMNS, SLIDE_ROWS = 240, 10, 9, 12  # the last two: of tiles that are not cut
SLIDE_RESOLUTION = 3  # the full one to iipsrv, which takes the slide's other pages for smaller ones
FULL_LEVEL = 12  # of 2049 to 4096 pixels, in Deep Zoom
QUALITY = 85
IIPSRV_TARGET, OPENSLIDE_TARGET = 4.0, 10.0
CONNECTIONS, ROUNDS, SECONDS = 16, 3, 3


def run() -> list[Row]:
    program, python = wrk(), judge_with("openslide")
    if program is None or python is None or not has_iipsrv():
        note = f"{NEEDED}, wrk (script/services install) and OpenSlide beside the project (script/services peers)"
        return [Row("JPEG tile as it is stored", "1/s", 0.0, f"at least {IIPSRV_TARGET:.0f} times", None, note=note)]
    rows = []
    with own_folder() as root:
        paths = [rgb_tiff("jpeg")]
        if SLIDE.exists():
            paths.append(Path(shutil.copy(SLIDE, root)))
        site = make_site(root, paths)
        with app(site) as served, iipsrv(root, processes=2) as other:
            ours = Asked(served, _ours(site.public[0], COUNT, COUNT))
            theirs = Asked(other, [_of_iipsrv(paths[0], 0, number) for number in range(COUNT * COUNT)])
            rows += _measure("JPEG TIFF, 256²", root, program, ours, theirs, "iipsrv", IIPSRV_TARGET)
        if len(paths) == 1:
            return [*rows, Row("JPEG tile of an SVS", "1/s", 0.0, f"at least {OPENSLIDE_TARGET:.0f} times", None,
                               note=f"not measured: no {SLIDE.name} in VITRINE_SHARED")]  # fmt: skip
        env = os.environ | {"PEER_FILE": str(paths[1]), "PEER_QUALITY": str(QUALITY), "PEER_TILE": str(SLIDE_TILE)}
        with app(site) as served, peer(python, root, env) as other:
            ours = Asked(served, _ours(site.public[1], SLIDE_COLUMNS, SLIDE_ROWS))
            theirs = Asked(other, _of_openslide(SLIDE_COLUMNS, SLIDE_ROWS))
            rows += _measure("SVS, 240²", root, program, ours, theirs, "OpenSlide", OPENSLIDE_TARGET)
        with app(site) as served, iipsrv(root, processes=2) as other:
            ours = Asked(served, _ours(site.public[1], SLIDE_COLUMNS, SLIDE_ROWS))
            numbers = [row * SLIDE_ACROSS + column for row in range(SLIDE_ROWS) for column in range(SLIDE_COLUMNS)]
            theirs = Asked(other, [_of_iipsrv(paths[1], SLIDE_RESOLUTION, number) for number in numbers])
            rows += _measure("SVS, 240²", root, program, ours, theirs, "iipsrv", IIPSRV_TARGET)
    return rows


def _measure(what: str, root: Path, program: str, ours: Asked, theirs: Asked, who: str, target: float) -> list[Row]:
    _compare(ours, theirs)
    mine, other = in_turn(root, program, (ours, theirs), CONNECTIONS, rounds=ROUNDS, seconds=SECONDS)
    name = f"JPEG tile of {what}, as it is stored"
    return [
        Row(name, "1/s", mine.rate, f"at least {target:.0f} times", mine.rate >= target * other.rate, other.rate, who,
            f"{CONNECTIONS} connections, p99 {mine.p99:.1f} and {other.p99:.1f} ms; pictures compared"),
        Row(f"{name}, processor time", "µs", mine.processor, "reported", None, other.processor, who),
    ]  # fmt: skip


def _compare(ours: Asked, theirs: Asked) -> None:
    """Raises RuntimeError if a stored tile is not just what decoding gives, or a peer shows another one."""
    client, peer_client = Client(ours.served), Client(theirs.served)
    for number in range(0, len(ours.addresses), 17):
        address = ours.addresses[number]
        decoded, again = address.replace(".jpg", ".png"), f"{address}?quality={QUALITY}"
        stored = client.get(address)
        _, most = difference(stored, client.get(decoded))
        if most > 0:
            raise RuntimeError(f"{address}: {most:.0f} grey levels from its pixels")
        check_recoded(stored, client.get(again), peer_client.get(theirs.addresses[number]))


def _ours(image: str, columns: int, rows: int) -> Sequence[str]:
    places = [(column, row) for row in range(rows) for column in range(columns)]
    return [f"/data/{image}/deep-zoom/image_files/{FULL_LEVEL}/{column}_{row}.jpg" for column, row in places]


def _of_iipsrv(path: Path, resolution: int, number: int) -> str:
    return f"/?FIF={path}&QLT={QUALITY}&JTL={resolution},{number}"


def _of_openslide(columns: int, rows: int) -> Sequence[str]:
    return [f"/openslide/{FULL_LEVEL}/{column}/{row}.jpg" for row in range(rows) for column in range(columns)]
