"""The WSGI application of peers, run by their own Python (`judge_with`): tiles as large_image and OpenSlide make them.

/large_image/{level}/{column}/{row}.{jpg,png} of the file PEER_FILE in the style PEER_STYLE (JSON of large_image);
/openslide/{level}/{column}/{row}.jpg by OpenSlide's DeepZoomGenerator, in tiles of PEER_TILE. Both open the file once.
JPEG has the quality PEER_QUALITY; large_image's keeps the colours of each pixel if PEER_CHROMA is 444.
"""

import io
import json
import os
from collections.abc import Callable, Iterable
from functools import cache
from importlib import import_module
from typing import Any

TYPES = {"jpg": "image/jpeg", "png": "image/png"}


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    _, peer, level, column, last = environ["PATH_INFO"].split("/")
    row, _, ending = last.partition(".")
    body = PEERS[peer](int(level), int(column), int(row), ending)
    start_response("200 OK", [("Content-Type", TYPES[ending]), ("Content-Length", str(len(body)))])
    return (body,)


def by_large_image(level: int, column: int, row: int, ending: str) -> bytes:
    return bytes(_source({"jpg": "JPEG", "png": "PNG"}[ending]).getTile(column, row, level))


def by_openslide(level: int, column: int, row: int, ending: str) -> bytes:
    out = io.BytesIO()
    _slide().get_tile(level, (column, row)).save(out, "JPEG", quality=_quality())
    return out.getvalue()


PEERS = {"large_image": by_large_image, "openslide": by_openslide}


def _quality() -> int:
    return int(os.environ["PEER_QUALITY"])


@cache
def _source(encoding: str) -> Any:
    style = json.loads(os.environ.get("PEER_STYLE", "null"))
    subsampling = 0 if os.environ.get("PEER_CHROMA") == "444" else 2
    options = {"style": style, "encoding": encoding, "jpegQuality": _quality(), "jpegSubsampling": subsampling}
    return import_module("large_image").open(os.environ["PEER_FILE"], **options)


@cache
def _slide() -> Any:
    openslide = import_module("openslide")
    slide = openslide.OpenSlide(os.environ["PEER_FILE"])
    slide.set_cache(openslide.OpenSlideCache(0))  # the same tiles are asked for again and again
    generator = import_module("openslide.deepzoom").DeepZoomGenerator
    return generator(slide, tile_size=int(os.environ["PEER_TILE"]), overlap=0)
