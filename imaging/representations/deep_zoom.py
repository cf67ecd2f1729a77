"""Any pixel source as Deep Zoom: image.dzi and its tiles, JPEG tiles as they are stored where they fit.

Source: Microsoft's Deep Zoom schema 2008; level n has the full size divided by 2 ** (highest - n), rounded up.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from hashlib import sha256
from xml.sax.saxutils import quoteattr

from imaging.pixels import PixelSource
from imaging.representations.rendering.asked import Asked
from imaging.representations.rendering.encoding import FORMATS
from imaging.representations.rendering.scaling import Box
from imaging.representations.rendering.view import Renderer, is_complete
from imaging.representations.view import About, BadRequest, Part

TILE = re.compile("image_files/([0-9]{1,2})/([0-9]{1,9})_([0-9]{1,9})[.]([a-z]{3,4})")
SETTINGS = ("t", "z", "projection", "channels", "quality")
KNOWN = (*SETTINGS, "format")
SIDE = 512  # of tiles, where the source's own are of another shape or size
LEAST, MOST = 128, 1024  # sides of the source's own chunks that serve as tiles


class DeepZoomView:
    """See View: "image.dzi", "image_files/{level}/{column}_{row}.{format}". The query sets t, z, projection, channels
    and quality as for pictures (`rendering.asked`), and format; viewers repeat it for each tile."""

    def __init__(self, source: PixelSource, about: About) -> None:
        self._size_y, self._size_x = source.levels[0].shape[3:]
        self._highest = (max(self._size_y, self._size_x) - 1).bit_length()
        self._side = tile_side(source)
        self._renderer = Renderer(source, about)
        self._understood = lru_cache(64)(self._understand)

    def get(self, path: str, query: Mapping[str, str]) -> Part | None:
        """See View."""
        if path == "image.dzi":
            return Part("application/xml", self._document(query))
        match = TILE.fullmatch(path)
        if match is None or match.group(4) not in FORMATS:
            return None
        level, column, row = (int(number) for number in match.groups()[:3])
        of_all, known = self._asked(query)
        asked = self._tile(level, column, row, of_all)
        if asked is None:
            return None
        ending = match.group(4)
        tag = f"{known}l{level}c{column}r{row}{ending}" if known else ""
        return Part(FORMATS[ending].media_type, self._renderer.file(asked, ending), tag=tag)

    def _document(self, query: Mapping[str, str]) -> bytes:
        """The description of the image."""
        self._asked(query)
        wanted = query.get("format", "jpeg")
        if wanted not in FORMATS:
            raise BadRequest(f"format={wanted[:40]} is not known; it can be {', '.join(FORMATS)}.")
        return (
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            '<Image xmlns="http://schemas.microsoft.com/deepzoom/2008"'
            f' TileSize="{self._side}" Overlap="0" Format={quoteattr(wanted)}>'
            f'<Size Width="{self._size_x}" Height="{self._size_y}"/></Image>\n'
        ).encode()

    def _asked(self, query: Mapping[str, str]) -> tuple[Asked, str]:
        """The settings for all tiles, and what tells them from others, "" where the image has a part in them. Raises
        BadRequest."""
        for name in query:
            if name not in KNOWN:
                raise BadRequest(f"“{name}” means nothing here; what can be said is {', '.join(KNOWN)}.")
        return self._understood(tuple((name, query[name]) for name in SETTINGS if name in query))

    def _understand(self, query: tuple[tuple[str, str], ...]) -> tuple[Asked, str]:
        asked = self._renderer.ask(dict(query))
        return asked, sha256(repr(asked).encode()).hexdigest()[:32] if is_complete(dict(query)) else ""

    def _tile(self, level: int, column: int, row: int, asked: Asked) -> Asked | None:
        """What one tile shows, None if there is none."""
        if level > self._highest:
            return None
        scale = 1 << (self._highest - level)
        height, width = -(-self._size_y // scale), -(-self._size_x // scale)
        top, left = row * self._side, column * self._side
        bottom, right = min(top + self._side, height), min(left + self._side, width)
        if top >= height or left >= width:
            return None
        box = Box(top * scale, min(bottom * scale, self._size_y), left * scale, min(right * scale, self._size_x))
        size = (bottom - top, right - left)
        return Asked(box, size, asked.t, asked.depth, asked.settings, asked.quality)


def tile_side(source: PixelSource) -> int:
    """The side of square tiles: that of the source's own, so that those can be given as they are stored."""
    height, width = source.levels[0].chunk[3:]
    return width if height == width and LEAST <= width <= MOST else SIDE
