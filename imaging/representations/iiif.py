"""Any pixel source by the IIIF Image API 3.0, level 2: info.json, and regions in any size.

Source: https://iiif.io/api/image/3.0/ (§4 image requests, §5 image information) and its compliance document.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from imaging.pixels import PixelSource, type_json
from imaging.representations.deep_zoom import tile_side
from imaging.representations.ome_zarr import dump
from imaging.representations.rendering.asked import LONGEST, MOST_PIXELS, QUALITY, Asked
from imaging.representations.rendering.encoding import FORMATS
from imaging.representations.rendering.scaling import Box
from imaging.representations.rendering.turning import turned
from imaging.representations.rendering.view import Renderer
from imaging.representations.view import About, BadRequest, Elsewhere, Part

CONTEXT = "http://iiif.io/api/image/3/context.json"
MEDIA_TYPE = f'application/ld+json;profile="{CONTEXT}"'
PLANE = re.compile("(?:t([0-9]{1,9})/)?(?:z([0-9]{1,9})/)?(?:c([0-9]{1,9})/)?")
ENDINGS = ("jpg", "png", "webp", "avif")
QUALITIES = ("default", "color", "gray", "bitonal")
REAL = "([0-9]{1,9}(?:[.][0-9]{1,10})?|[.][0-9]{1,10})"
PIXELS = re.compile(",".join(["([0-9]{1,9})"] * 4))
PERCENT = re.compile("pct:" + ",".join([REAL] * 4))
WIDTH_HEIGHT = re.compile("(!?)([0-9]{0,9}),([0-9]{0,9})")
ROTATION = re.compile("(!?)" + REAL)
LUMA = np.array([0.299, 0.587, 0.114], np.float32)  # ITU-R BT.601


@dataclass(frozen=True)
class Turn:
    """What is done to a picture in the end: mirrored, then turned clockwise, then reduced to a quality."""

    mirrored: bool
    degrees: float  # 0 up to 360
    quality: str

    @property
    def is_none(self) -> bool:
        """Whether the picture stays as it is."""
        return not self.mirrored and not self.degrees and self.quality in ("default", "color")

    @property
    def rotation(self) -> str:
        """As §4.7 writes it."""
        return ("!" if self.mirrored else "") + (f"{self.degrees:.10f}".rstrip("0").rstrip("."))

    def of(self, picture: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
        """The picture uint8 (y, x, 3 or 4) so turned; and, unless by quarters, its opacity uint8 (y, x)."""
        opacity = None
        if self.mirrored:
            picture = picture[:, ::-1]
        if self.degrees % 90:
            picture, opacity = turned(picture[:, :, :3], self.degrees)
        else:
            picture = np.rot90(picture, -int(self.degrees // 90))
        if self.quality in ("gray", "bitonal"):
            grey = np.rint(picture[:, :, :3] @ LUMA)
            grey = np.where(grey >= 128, 255, 0) if self.quality == "bitonal" else grey
            picture = np.repeat(grey[:, :, None], 3, axis=2)
        return np.ascontiguousarray(picture, np.uint8), opacity


class IiifView:
    """See View: "info.json" and "{region}/{size}/{rotation}/{quality}.{format}", after "t{n}/", "z{n}/", "c{n}/":
    these choose, as wished, a point in time, a plane and one channel, and each such choice is an image to IIIF."""

    def __init__(self, source: PixelSource, about: About) -> None:
        self._source = source
        self._address = about.address
        self._renderer = Renderer(source, about)

    def get(self, path: str, query: Mapping[str, str]) -> Part | None:
        """See View. Raises Elsewhere for the address of an image itself (§5: it leads to its info.json)."""
        plane = PLANE.match(f"{path}/")
        assert plane is not None  # it may be empty
        asked = self._plane(*plane.groups())
        parts = f"{path}/"[plane.end() : -1].split("/")
        if asked is None:
            return None
        address = f"{self._address}/{plane.group()}".rstrip("/")
        if parts == [""]:
            raise Elsewhere(f"{address}/info.json")
        if len(parts) == 1:
            return Part(MEDIA_TYPE, dump(self._info(address))) if parts == ["info.json"] else None
        if len(parts) != 4:
            return None
        box = region(parts[0], *self._size)
        height, width = size(parts[1], box)
        turn, ending = turning(parts[2], parts[3])
        shown = replace(asked, box=box, size=(height, width))
        canonical = f"{address}/{self._canonical(shown, turn)}.{ending}"
        return Part(FORMATS[ending].media_type, self._picture(shown, turn, ending), canonical=canonical)

    def _canonical(self, asked: Asked, turn: Turn) -> str:
        """Region, size, rotation and quality in the one form of each that §4.7 chooses of those that mean the same."""
        box, (height, width) = asked.box, asked.size
        is_whole = (box.top, box.left, box.bottom, box.right) == (0, 0, *self._size)
        where = "full" if is_whole else f"{box.left},{box.top},{box.width},{box.height}"
        scale = f"{'^' if height > box.height or width > box.width else ''}{width},{height}"
        scale = next((text for text in ("max", "^max") if size(text, box) == (height, width)), scale)
        quality = "default" if turn.quality == "color" else turn.quality
        return f"{where}/{scale}/{turn.rotation}/{quality}"

    @property
    def _size(self) -> tuple[int, int]:
        """Height and width of the whole."""
        _, _, _, size_y, size_x = self._source.levels[0].shape
        return size_y, size_x

    def _plane(self, t: str | None, z: str | None, channel: str | None) -> Asked | None:
        """What is shown of an image; None if there is no such plane or channel."""
        size_t, size_c, size_z, _, _ = self._source.levels[0].shape
        if int(t or 0) >= size_t or int(z or 0) >= size_z or int(channel or 0) >= size_c:
            return None
        named = {"t": t, "z": z, "channels": channel}
        return self._renderer.ask({name: value for name, value in named.items() if value is not None})

    def _picture(self, asked: Asked, turn: Turn, ending: str) -> bytes:
        if turn.is_none:
            return self._renderer.file(asked, ending)
        with self._renderer.taking_turns(asked, self._renderer.place(asked)):
            picture, opacity = turn.of(self._renderer.picture(asked))
            return FORMATS[ending].encode(picture, QUALITY, opacity)

    @cached_property
    def _shapes(self) -> type_json:
        """Sizes and tiles that cost least (§5.3, §5.4): the levels there are, and their chunks."""
        side, scales = tile_side(self._source), [1]
        while side * scales[-1] < max(self._size):
            scales.append(2 * scales[-1])
        sizes = [
            {"width": level.shape[4], "height": level.shape[3]}
            for level in reversed(self._source.levels)
            if max(level.shape[3:]) <= LONGEST and level.shape[3] * level.shape[4] <= MOST_PIXELS
        ]
        return {"sizes": sizes, "tiles": [{"width": side, "height": side, "scaleFactors": scales}]}

    def _info(self, address: str) -> type_json:
        """info.json (§5)."""
        height, width = self._size
        return {
            "@context": CONTEXT,
            "id": address,
            "type": "ImageService3",
            "protocol": "http://iiif.io/api/image",
            "profile": "level2",
            "width": width,
            "height": height,
            "maxWidth": LONGEST,
            "maxHeight": LONGEST,
            "maxArea": MOST_PIXELS,
            **self._shapes,
            "preferredFormats": ["jpg"],
            "extraFormats": ["webp", "avif"],
            "extraQualities": ["color", "gray", "bitonal"],
            "extraFeatures": ["canonicalLinkHeader", "mirroring", "rotationArbitrary", "sizeUpscaling"],
        }


def region(text: str, height: int, width: int) -> Box:
    """§4.1: full, square, x,y,w,h or pct:x,y,w,h, cut to the image. Raises BadRequest."""
    if text == "full":
        return Box(0, height, 0, width)
    if text == "square":
        side = min(height, width)
        top, left = (height - side) // 2, (width - side) // 2
        return Box(top, top + side, left, left + side)
    if pixels := PIXELS.fullmatch(text):
        x, y, w, h = (int(number) for number in pixels.groups())
    elif percent := PERCENT.fullmatch(text):
        across, down, wide, high = (float(number) / 100 for number in percent.groups())
        x, y, w, h = round(across * width), round(down * height), round(wide * width), round(high * height)
    else:
        raise BadRequest(f"The region “{text[:60]}” cannot be: say full, square, x,y,w,h or pct:x,y,w,h.")
    box = Box(y, min(y + h, height), x, min(x + w, width))
    if box.height <= 0 or box.width <= 0:
        raise BadRequest(f"The region “{text}” holds no pixel of this image, which is {width} x {height} pixels large.")
    return box


def size(text: str, box: Box) -> tuple[int, int]:
    """§4.2: max, w,  ,h  pct:n  w,h  !w,h, each with ^ if it may be enlarged; (height, width). Raises BadRequest."""
    larger, said = text.startswith("^"), text.removeprefix("^")
    most = min(LONGEST / max(box.height, box.width), (MOST_PIXELS / (box.height * box.width)) ** 0.5)
    if said == "max":
        return _times(box, most if larger else min(1.0, most), cut=True)
    if said.startswith("pct:") and re.fullmatch(REAL, said[4:]):
        wanted = _times(box, float(said[4:]) / 100)
    elif (match := WIDTH_HEIGHT.fullmatch(said)) and any(match.groups()[1:]):
        inside, width, height = bool(match.group(1)), int(match.group(2) or 0), int(match.group(3) or 0)
        if inside and width and height:
            return _times(
                box, min(width / box.width, height / box.height, most if larger else min(1.0, most)), cut=True
            )
        if inside or (match.group(2) and not width) or (match.group(3) and not height):
            raise BadRequest(f"The size “{text[:60]}” cannot be: !w,h takes two numbers, and none may be 0.")
        wanted = (
            height or round(width * box.height / box.width),
            width or round(height * box.width / box.height),
        )
    else:
        raise BadRequest(f"The size “{text[:60]}” cannot be: say max, w,  ,h  pct:n  w,h  or !w,h, with ^ to enlarge.")
    return _checked(text, wanted, box, larger)


def _checked(text: str, wanted: tuple[int, int], box: Box, larger: bool) -> tuple[int, int]:
    height, width = wanted
    if not height or not width:
        raise BadRequest(f"The size “{text}” leaves no pixel of {box.width} x {box.height}.")
    if not larger and (height > box.height or width > box.width):
        raise BadRequest(
            f"The size “{text}” is larger than the region of {box.width} x {box.height} pixels: ^ before it enlarges."
        )
    if max(wanted) > LONGEST or height * width > MOST_PIXELS:
        raise BadRequest(f"The size “{text}” is too large: at most {LONGEST} a side and {MOST_PIXELS} pixels in all.")
    return wanted


def _times(box: Box, scale: float, cut: bool = False) -> tuple[int, int]:
    """The box's size times a scale; `cut`: rounded down, within limits, and at least 1."""
    if cut:
        return max(1, int(box.height * scale + 1e-9)), max(1, int(box.width * scale + 1e-9))
    return round(box.height * scale), round(box.width * scale)


def turning(rotation: str, named: str) -> tuple[Turn, str]:
    """§4.3 to §4.5: rotation, quality and the ending of the format. Raises BadRequest."""
    match = ROTATION.fullmatch(rotation)
    if match is None or float(match.group(2)) > 360:
        raise BadRequest(f"The rotation “{rotation[:40]}” cannot be: say 0 to 360 degrees, with ! to mirror it first.")
    quality, _, ending = named.partition(".")
    if quality not in QUALITIES:
        raise BadRequest(f"The quality “{quality[:40]}” is not known; it can be {', '.join(QUALITIES)}.")
    if ending not in ENDINGS:
        raise BadRequest(f"The format “{ending[:40]}” is not known; it can be {', '.join(ENDINGS)}.")
    return Turn(bool(match.group(1)), float(match.group(2)) % 360, quality), ending
