"""Any pixel source as Deep Zoom: image.dzi and its tiles, JPEG tiles as they are stored where they fit.

Source: Microsoft's Deep Zoom schema 2008; level n has the full size divided by 2 ** (highest - n), rounded up.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from hashlib import sha256
from xml.sax.saxutils import quoteattr

from imaging.pixels import PixelSource
from imaging.representations.ome_zarr import factor
from imaging.representations.rendering.asked import Asked
from imaging.representations.rendering.encoding import FORMATS
from imaging.representations.rendering.scaling import Box, Frame, Place, same_planes
from imaging.representations.rendering.view import Renderer, is_complete
from imaging.representations.view import About, BadRequest, Part

TILE = re.compile("image_files/([0-9]{1,2})/([0-9]{1,9})_([0-9]{1,9})[.]([a-z]{3,4})")
SETTINGS = ("t", "z", "projection", "channels", "quality")
KNOWN = (*SETTINGS, "format")
SIDE = 512  # of tiles, where the source's own are of another shape or size
LEAST, MOST = 128, 1024  # sides of the source's own chunks that serve as tiles


@dataclass(frozen=True)
class ZoomLevel:
    """A level of Deep Zoom: its size, and how many pixels of the full image one of its own is wide.

    stored: the source's level whose chunks lie as its tiles do, None if none does; with its size.
    """

    height: int
    width: int
    scale: int
    stored: int | None
    stored_size: tuple[int, int]

    def place(self, tile: Box, row: int, column: int) -> Place | None:
        """Where the pixels of a tile are, if that is just one chunk: not if the source's level was cut off short."""
        stored_height, stored_width = self.stored_size
        is_whole = tile.bottom < self.height or stored_height == self.height
        if self.stored is None or not is_whole or (tile.right == self.width and stored_width != self.width):
            return None
        return Place(self.stored, Frame(tile.top, tile.bottom, tile.left, tile.right), (row, column))


@dataclass(frozen=True)
class Shown:
    """How all tiles are shown.

    known: tells it from other ways; is_lasting: whether the same query means the same for good, whatever is said of the
    image; may_be_stored: see Renderer.may_be_stored.
    """

    of_all: Asked
    known: str
    is_lasting: bool
    may_be_stored: bool


class DeepZoomView:
    """See View: "image.dzi", "image_files/{level}/{column}_{row}.{format}". The query sets t, z, projection, channels
    and quality as for pictures (`rendering.asked`), and format; viewers repeat it for each tile."""

    def __init__(self, source: PixelSource, about: About) -> None:
        self._size_y, self._size_x = source.levels[0].shape[3:]
        self._side = tile_side(source)
        self._levels = levels_of(source, self._side)
        self._renderer = Renderer(source, about)
        self._understood = lru_cache(64)(self._understand)

    def get(self, path: str, query: Mapping[str, str]) -> Part | None:
        """See View."""
        if path == "image.dzi":
            return Part("application/xml", self._document(query))
        match = TILE.fullmatch(path)
        if match is None or match.group(4) not in FORMATS:
            return None
        number, column, row = (int(number) for number in match.groups()[:3])
        asked = self._understood(_settings(query))
        tile = self._tile(number, column, row)
        if tile is None:
            return None
        level, ending = self._levels[number], match.group(4)
        place, media_type = level.place(tile, row, column), FORMATS[ending].media_type
        body = None
        if asked.may_be_stored and place is not None and media_type == "image/jpeg":
            body = self._renderer.stored_jpeg(asked.of_all, place)
        body = body or self._made(level, tile, place, asked.of_all, ending)
        tag = f"{asked.known}l{number}c{column}r{row}{ending}"
        return Part(media_type, body, tag=tag, is_lasting=asked.is_lasting)

    def _made(self, level: ZoomLevel, tile: Box, place: Place | None, asked: Asked, ending: str) -> bytes:
        scale = level.scale
        bottom, right = min(tile.bottom * scale, self._size_y), min(tile.right * scale, self._size_x)
        box, size = Box(tile.top * scale, bottom, tile.left * scale, right), (tile.height, tile.width)
        shown = Asked(box, size, asked.t, asked.depth, asked.settings, asked.quality)
        return self._renderer.file(shown, ending, place)

    def _document(self, query: Mapping[str, str]) -> bytes:
        """The description of the image."""
        self._renderer.ask(dict(_settings(query)))
        wanted = query.get("format", "jpeg")
        if wanted not in FORMATS:
            raise BadRequest(f"format={wanted[:40]} is not known; it can be {', '.join(FORMATS)}.")
        return (
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            '<Image xmlns="http://schemas.microsoft.com/deepzoom/2008"'
            f' TileSize="{self._side}" Overlap="0" Format={quoteattr(wanted)}>'
            f'<Size Width="{self._size_x}" Height="{self._size_y}"/></Image>\n'
        ).encode()

    def _understand(self, query: tuple[tuple[str, str], ...]) -> Shown:
        asked = self._renderer.ask(dict(query))
        of_all = replace(asked, settings=asked.settings or self._renderer.settings)
        known = sha256(repr(of_all).encode()).hexdigest()[:32]
        return Shown(of_all, known, is_complete(dict(query)), self._renderer.may_be_stored(of_all))

    def _tile(self, number: int, column: int, row: int) -> Box | None:
        """What a tile has of its level, in pixels of that; None if there is none."""
        if number >= len(self._levels):
            return None
        level, top, left = self._levels[number], row * self._side, column * self._side
        if top >= level.height or left >= level.width:
            return None
        return Box(top, min(top + self._side, level.height), left, min(left + self._side, level.width))


def _settings(query: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """What is said of all tiles. Raises BadRequest."""
    for name in query:
        if name not in KNOWN:
            raise BadRequest(f"“{name}” means nothing here; what can be said is {', '.join(KNOWN)}.")
    return tuple((name, query[name]) for name in SETTINGS if name in query)


def levels_of(source: PixelSource, side: int) -> tuple[ZoomLevel, ...]:
    """The levels of Deep Zoom, the smallest first, in tiles of this side."""
    size_y, size_x = source.levels[0].shape[3:]
    sizes = [level.shape[3:] if level.chunk[3:] == (side, side) else (0, 0) for level in same_planes(source)]
    levels = []
    for power in range((max(size_y, size_x) - 1).bit_length(), -1, -1):
        scale = 1 << power
        stored = next(
            (n for n, (y, x) in enumerate(sizes) if y and factor(size_y, y) == scale and factor(size_x, x) == scale),
            None,
        )
        size = (0, 0) if stored is None else sizes[stored]
        levels.append(ZoomLevel(-(-size_y // scale), -(-size_x // scale), scale, stored, size))
    return tuple(levels)


def tile_side(source: PixelSource) -> int:
    """The side of square tiles: that of the source's own, so that those can be given as they are stored."""
    height, width = source.levels[0].chunk[3:]
    return width if height == width and LEAST <= width <= MOST else SIDE
