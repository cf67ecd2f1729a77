"""What an address asks of a picture, parsed into frozen records; BadRequest says what is wrong, and what may be said.

region=x,y,width,height  size=width,height | longest side  t=  z= | z=first-last&projection=max|mean
channels=number[:colour[:minimum[:maximum[:gamma[:inverted]]]]],…  quality=1..100  scale_bar=micrometres | auto
"""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from imaging.pixels import Shape5
from imaging.representations.rendering.scaling import Box, Depth
from imaging.representations.thumbnail import ChannelSetting
from imaging.representations.view import BadRequest

PICTURE = ("region", "size", "t", "z", "projection", "channels", "quality", "scale_bar")
QUALITY = 85
MOST_PIXELS = 1 << 24
LONGEST = 8192  # pixels of a side
GREATEST = 1e38  # a single float has room for it
UNSAID = 1024  # longest side where no size is said
COLOUR = re.compile("[0-9a-fA-F]{6}")
NUMBER = re.compile("[0-9]{1,9}")
REAL = re.compile("[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]{1,4})?")
DEEPEST = re.compile("([0-9]{1,9})-([0-9]{1,9})")

Defaults = Callable[[], Sequence[ChannelSetting]]


@dataclass(frozen=True)
class Asked:
    """A picture of (height, width) = `size` of `box`, in pixels of level 0, at `t` and `depth`.

    settings: of all channels, None as the image is shown at first; quality: 1 to 100, None if it does not matter;
    scale_bar: its length in µm, 0 to choose one, None for none.
    """

    box: Box
    size: tuple[int, int]
    t: int
    depth: Depth
    settings: tuple[ChannelSetting, ...] | None = None
    quality: int | None = None
    scale_bar: float | None = None


def parse(query: Mapping[str, str], shape: Shape5, defaults: Defaults, others: Sequence[str] = ()) -> Asked:
    """What is asked of an image of this shape (t, c, z, y, x); `others` are parameters that mean something besides.

    defaults: gives the settings of all channels that hold where nothing is said. Raises BadRequest.
    """
    for name in query:
        if name not in PICTURE and name not in others:
            known = ", ".join((*PICTURE, *others))
            raise BadRequest(f"“{name}” means nothing here; what can be said is {known}.")
    size_t, size_c, size_z, size_y, size_x = shape
    box = box_of(query.get("region", "full"), size_y, size_x)
    wanted = _size(query["size"], box) if "size" in query else fit(box, UNSAID)
    bar = query.get("scale_bar")
    return Asked(
        box,
        _bounded(wanted),
        whole("t", query.get("t", "0"), 0, size_t - 1),
        _depth(query, size_z),
        _settings(query["channels"], size_c, defaults) if "channels" in query else None,
        whole("quality", query["quality"], 1, 100) if "quality" in query else None,
        None if bar is None else 0.0 if bar == "auto" else real("scale_bar", bar, least=0.0),
    )


def fit(box: Box, longest: int) -> tuple[int, int]:
    """Height and width of a picture of this box whose longer side is as long; a smaller box is not enlarged."""
    scale = min(1.0, longest / max(box.height, box.width))
    return max(1, round(box.height * scale)), max(1, round(box.width * scale))


def whole(name: str, text: str, least: int, greatest: int) -> int:
    """A whole number within bounds. Raises BadRequest."""
    if not NUMBER.fullmatch(text) or not least <= int(text) <= greatest:
        raise BadRequest(f"{name}={text[:40]} cannot be: {name} is a whole number from {least} to {greatest} here.")
    return int(text)


def span(name: str, text: str, greatest: int) -> tuple[int, int]:
    """ "first-last", or one number. Raises BadRequest."""
    match = DEEPEST.fullmatch(text)
    first, last = match.groups() if match else (text, text)
    begin, end = whole(name, first, 0, greatest), whole(name, last, 0, greatest)
    if begin > end:
        raise BadRequest(f"{name}={text} cannot be: it begins after it ends.")
    return begin, end


def box_of(text: str, size_y: int, size_x: int) -> Box:
    """ "x,y,width,height" in pixels of the full image, cut at its edges, or "full". Raises BadRequest."""
    if text == "full":
        return Box(0, size_y, 0, size_x)
    parts = text.split(",")
    if len(parts) != 4 or not all(NUMBER.fullmatch(part) for part in parts):
        raise BadRequest(f"region={text[:60]} cannot be: say x,y,width,height in pixels of the full image, or full.")
    left, top, width, height = map(int, parts)
    box = Box(top, min(top + height, size_y), left, min(left + width, size_x))
    if box.height <= 0 or box.width <= 0:
        raise BadRequest(f"region={text} holds no pixel of this image, which is {size_x} x {size_y} pixels large.")
    return box


def _size(text: str, box: Box) -> tuple[int, int]:
    """width,height; width, or ,height to keep the proportions; or the longest side, which may be less than asked."""
    parts = text.split(",")
    if len(parts) > 2 or not any(parts) or not all(NUMBER.fullmatch(part) or not part for part in parts):
        raise BadRequest(f"size={text[:60]} cannot be: say width,height in pixels, or only the longest side.")
    if any(part and int(part) == 0 for part in parts):
        raise BadRequest(f"size={text} cannot be: a picture has at least one pixel.")
    if len(parts) == 1:
        return fit(box, int(text))
    width, height = (int(part) if part else 0 for part in parts)
    if not width:
        width = max(1, round(height * box.width / box.height))
    if not height:
        height = max(1, round(width * box.height / box.width))
    return height, width


def _bounded(size: tuple[int, int]) -> tuple[int, int]:
    height, width = size
    if max(size) > LONGEST or height * width > MOST_PIXELS:
        raise BadRequest(
            f"A picture of {width} x {height} pixels is too large: at most {LONGEST} a side and {MOST_PIXELS} in all. "
            "Ask for a smaller size or for several regions, or get the pixels themselves as OME-TIFF or OME-Zarr."
        )
    return size


def _depth(query: Mapping[str, str], size_z: int) -> Depth:
    projection = query.get("projection", "")
    if projection not in ("", "max", "mean"):
        raise BadRequest(f"projection={projection[:40]} is not known; it can be max or mean.")
    if "z" in query:
        first, last = span("z", query["z"], size_z - 1)
    elif projection:
        first, last = 0, size_z - 1
    else:
        first = last = size_z // 2
    if first != last and not projection:
        raise BadRequest(f"z={query['z']} are several planes: say projection=max or projection=mean, or one z.")
    return Depth(first, last, projection)


def _settings(text: str, size_c: int, defaults: Defaults) -> tuple[ChannelSetting, ...]:
    """Those of all channels, of which only the ones that are named are on."""
    settings = [replace(setting, on=False) for setting in defaults()]
    for one in text.split(","):
        number, *given = one.split(":")
        index = whole("channels", number, 0, size_c - 1)
        if settings[index].on:
            raise BadRequest(f"channels={text[:80]} names channel {index} twice.")
        settings[index] = _setting(replace(settings[index], on=True), given, one)
    return tuple(settings)


def _setting(setting: ChannelSetting, given: Sequence[str], text: str) -> ChannelSetting:
    if len(given) > 5:
        raise BadRequest(f"“{text[:80]}” says too much of a channel: number:colour:minimum:maximum:gamma:inverted.")
    color, minimum, maximum, gamma, inverted = (*given, "", "", "", "", "")[:5]
    if color and not COLOUR.fullmatch(color):
        raise BadRequest(f"“{color[:40]}” is no colour: say six hexadecimal digits, such as 00ff00 for green.")
    if inverted not in ("", "inverted"):
        raise BadRequest(f"“{inverted[:40]}” stands where only “inverted” may, in “{text[:80]}”.")
    return ChannelSetting(
        True,
        f"#{color.lower()}" if color else setting.color,
        real("minimum", minimum) if minimum else setting.minimum,
        real("maximum", maximum) if maximum else setting.maximum,
        real("gamma", gamma, least=0.0) if gamma else setting.gamma,
        bool(inverted),
    )


def real(name: str, text: str, least: float = -math.inf) -> float:
    """A number, more than `least`."""
    value = float(text) if REAL.fullmatch(text) else math.nan
    if not abs(value) < GREATEST or value <= least:
        more = "" if least == -math.inf else f" of more than {least:g}"
        raise BadRequest(f"{name}={text[:40]} cannot be: say a number{more}.")
    return value
