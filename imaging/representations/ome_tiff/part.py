"""Which part of an image is asked for: region=x,y,width,height  t=  z=  c=first-last  level=number."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from imaging.pixels import PixelSource
from imaging.representations.ome_zarr import factor
from imaging.representations.rendering.asked import box_of, span, whole
from imaging.representations.rendering.scaling import Box, same_planes
from imaging.representations.view import BadRequest

QUERY = ("region", "t", "z", "c", "level")
CHANNELS = re.compile("[0-9]{1,9}(-[0-9]{1,9})?(,[0-9]{1,9}(-[0-9]{1,9})?)*")


@dataclass(frozen=True)
class PartLevel:
    """A level of the source, and what of its planes is taken."""

    number: int
    box: Box


@dataclass(frozen=True)
class Part:
    """What is asked for: levels (largest first), times, channels and depths, by their numbers in the source."""

    levels: tuple[PartLevel, ...]
    times: range
    channels: tuple[int, ...]
    depths: range

    @property
    def shape(self) -> tuple[int, int, int, int, int]:
        """(t, c, z, y, x) of its largest level."""
        box = self.levels[0].box
        return len(self.times), len(self.channels), len(self.depths), box.height, box.width

    def is_whole(self, source: PixelSource) -> bool:
        """Whether it is all of the image."""
        in_order = self.channels == tuple(range(len(self.channels)))
        return self.levels[0].number == 0 and self.shape == source.levels[0].shape and in_order


def parse(query: Mapping[str, str], source: PixelSource) -> Part:
    """What is asked of the image. `region` is in pixels of the full image. Raises BadRequest."""
    for name in query:
        if name not in QUERY:
            raise BadRequest(f"“{name}” means nothing here; what can be said is {', '.join(QUERY)}.")
    size_t, size_c, size_z, size_y, size_x = source.levels[0].shape
    first = whole("level", query.get("level", "0"), 0, len(same_planes(source)) - 1)
    box = box_of(query.get("region", "full"), size_y, size_x)
    return Part(
        tuple(_levels(source, first, box)),
        _range("t", query, size_t),
        _channels(query["c"], size_c) if "c" in query else tuple(range(size_c)),
        _range("z", query, size_z),
    )


def _levels(source: PixelSource, first: int, box: Box) -> list[PartLevel]:
    """The level asked for, and those below it with the same planes in which the region begins at a whole pixel."""
    full_y, full_x = source.levels[0].shape[3:]
    found: list[PartLevel] = []
    for number, level in enumerate(same_planes(source)[first:], first):
        size_y, size_x = level.shape[3:]
        down, across = factor(full_y, size_y), factor(full_x, size_x)
        top, left = box.top / down, box.left / across
        if found and (top % 1 or left % 1):
            break
        bottom = size_y if box.bottom == full_y else min(size_y, -int(-box.bottom // down))
        right = size_x if box.right == full_x else min(size_x, -int(-box.right // across))
        inside = Box(min(int(top), size_y - 1), bottom, min(int(left), size_x - 1), right)
        if found and (inside.height < 1 or inside.width < 1):
            break
        found.append(
            PartLevel(number, Box(inside.top, max(bottom, inside.top + 1), inside.left, max(right, inside.left + 1)))
        )
    return found


def _range(name: str, query: Mapping[str, str], size: int) -> range:
    if name not in query:
        return range(size)
    first, last = span(name, query[name], size - 1)
    return range(first, last + 1)


def _channels(text: str, size: int) -> tuple[int, ...]:
    if not CHANNELS.fullmatch(text):
        raise BadRequest(f"c={text[:60]} cannot be: say numbers of channels, such as 0,2 or 0-3.")
    found: list[int] = []
    for one in text.split(","):
        first, last = span("c", one, size - 1)
        found += range(first, last + 1)
    return _once(found, text)


def _once(found: Sequence[int], text: str) -> tuple[int, ...]:
    if len(set(found)) < len(found):
        raise BadRequest(f"c={text[:60]} names a channel twice.")
    return tuple(found)
