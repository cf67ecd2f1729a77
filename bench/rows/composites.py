"""JPEG pictures of four channels of 16 bits, each of another tile, against large_image in the same kind of web server.

Both have the same quality, and colours for each pixel. As PNG the pictures are compared pixel by pixel first.
"""

import json
import os
import statistics
from collections.abc import Sequence

from bench.chunk_servers import app, make_site, own_folder
from bench.judges import judge_with
from bench.picture_data import COUNT, channels_tiff
from bench.pictures import difference, peer
from bench.row import Row
from bench.serving import Client, Served, ask_each

COMPRESSIONS = ("zstd", "zlib")
COLOURS = ("ff0000", "00ff00", "0000ff", "ffffff")
LOW, HIGH, QUALITY = 300, 2000, 85
ROUNDS, TARGET = 4, 3.0
ROUNDING = 1.0  # grey levels
FULL_LEVEL, THEIR_LEVEL = 12, 4  # of 4096 pixels, in Deep Zoom and in large_image
NEEDED = "not measured: needs large_image beside the project: script/services peers"


def run() -> list[Row]:
    python = judge_with("large_image")
    if python is None:
        return [Row("picture of 4 channels", "ms", 0.0, f"at most 1/{TARGET:.0f}", None, note=NEEDED)]
    paths = [channels_tiff(compression) for compression in COMPRESSIONS]
    rows = []
    with own_folder() as root:
        site = make_site(root, paths)
        with app(site) as ours:
            for compression, path, image in zip(COMPRESSIONS, paths, site.public, strict=True):
                env = {"PEER_FILE": str(path), "PEER_QUALITY": str(QUALITY), "PEER_CHROMA": "444"}
                with peer(python, root, os.environ | env | {"PEER_STYLE": _style()}) as theirs:
                    rows += _measure(f"picture of 4 channels, 256², JPEG, of a {compression} TIFF", ours, theirs, image)
    return rows


def _measure(name: str, ours: Served, theirs: Served, image: str) -> list[Row]:
    worst = max(
        difference(Client(ours).get(_ours(image, place, "png")), Client(theirs).get(_theirs(place, "png")))[1]
        for place in _places()
        if place[0] == place[1]
    )
    if worst > ROUNDING:
        raise RuntimeError(f"pictures differ by up to {worst:.0f} grey levels")
    costs = []
    for number in range(ROUNDS):
        places = [place for place in _places() if place[0] != place[1]][number::ROUNDS]
        costs.append((ask_each(ours, [_ours(image, place, "jpg") for place in places]),
                      ask_each(theirs, [_theirs(place, "jpg") for place in places])))  # fmt: skip
    rows = []
    for what, which in (("processor time", "processor"), ("time until it is there", "clock")):
        mine, other = (statistics.median(getattr(pair[one], which) for pair in costs) for one in (0, 1))
        rows.append(
            Row(f"{name}, {what}", "ms", mine, f"at most 1/{TARGET:.0f}", mine * TARGET <= other, other, "large_image",
                f"as PNG within {worst:.0f} grey level")
        )  # fmt: skip
    return rows


def _style() -> str:
    bands = [
        {"frame": number, "band": 1, "min": LOW, "max": HIGH, "palette": ["#000000", f"#{colour}"]}
        for number, colour in enumerate(COLOURS)
    ]
    return json.dumps({"bands": bands})


def _places() -> Sequence[tuple[int, int]]:
    """Column and row of each tile."""
    return [(column, row) for row in range(COUNT) for column in range(COUNT)]


def _ours(image: str, place: tuple[int, int], ending: str) -> str:
    channels = ",".join(f"{number}:{colour}:{LOW}:{HIGH}" for number, colour in enumerate(COLOURS))
    tile = f"{FULL_LEVEL}/{place[0]}_{place[1]}.{ending}"
    return f"/data/{image}/deep-zoom/image_files/{tile}?channels={channels}&quality={QUALITY}"


def _theirs(place: tuple[int, int], ending: str) -> str:
    return f"/large_image/{THEIR_LEVEL}/{place[0]}/{place[1]}.{ending}"
