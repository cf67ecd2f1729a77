"""The text of a `.pattern` file. Its first line is a file name with blocks for what varies, as in Bio-Formats:
`<0-12>`, `<00-12>` (with zeros before), `<0-12:2>` (every second), `<A-D>`, `<DAPI,GFP>`. Lines that may follow:

axes: c z         the axis of each block, one of t, c, z; blocks of the same axis vary together
channels: a, b    names of the channels, in order
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from imaging.errors import ImageError
from imaging.readers.patterns.axes import axis_of

MAX_TEXT = 16 * 1024 * 1024
MAX_FILES = 1_000_000
BLOCK = re.compile(r"<([^<>]*)>")
RANGE = re.compile(r"(\d+)-(\d+)(?::(\d+))?|([A-Za-z])-([A-Za-z])(?::(\d+))?")
AXES = "tcz"


@dataclass(frozen=True)
class Block:
    """What stands at one place of the names, along an axis (t, c or z)."""

    axis: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Pattern:
    """texts: what stands before, between and behind the blocks. channels: names as given, or ()."""

    texts: tuple[str, ...]
    blocks: tuple[Block, ...]
    channels: tuple[str, ...] = ()

    @property
    def sizes(self) -> tuple[int, int, int]:
        """How many files there are along t, c and z."""
        found = {block.axis: len(block.values) for block in self.blocks}
        return found.get("t", 1), found.get("c", 1), found.get("z", 1)

    def name(self, t: int, c: int, z: int) -> str:
        """The name of one file."""
        at = {"t": t, "c": c, "z": z}
        middle = (block.values[at[block.axis]] + text for block, text in zip(self.blocks, self.texts[1:], strict=True))
        return self.texts[0] + "".join(middle)

    def names(self) -> Iterator[str]:
        """All file names, z fastest, then c."""
        size_t, size_c, size_z = self.sizes
        return (self.name(t, c, z) for t in range(size_t) for c in range(size_c) for z in range(size_z))

    @property
    def channel_names(self) -> tuple[str, ...]:
        """A name for each file along c: as given, else the words that stand for them in the names; () if numbers do."""
        if self.channels:
            return self.channels
        for block in reversed(self.blocks):
            if block.axis == "c" and not all(value.isdecimal() for value in block.values):
                return block.values
        return ()


def parse(text: str, path: Path | str) -> Pattern:
    """The pattern of a text; raises ImageError that says which line is wrong, and how."""
    lines = [line.strip() for line in text.strip().splitlines()]
    if not lines:
        raise _wrong(path, "line 1", "is empty; write a file name with blocks, such as image_z<00-20>.tif.")
    said: dict[str, str] = {}
    for number, line in enumerate(lines[1:], 2):
        key, colon, value = line.partition(":")
        if line and (not colon or key not in ("axes", "channels")):
            raise _wrong(path, f"line {number}", f"{line[:60]!r} is neither “axes: …” nor “channels: …”; correct it.")
        if line:
            said[key] = value.strip()
    pieces = BLOCK.split(lines[0])
    texts, insides = tuple(pieces[::2]), pieces[1::2]
    if "<" in "".join(texts) or ">" in "".join(texts):
        raise _wrong(path, "line 1", "has a < or > that belongs to no block; write <0-9> or <a,b> for what varies.")
    if not insides:
        raise _wrong(path, "line 1", "has no block; write <0-9> or <a,b> where the names of the files differ.")
    values = [_values(inside, path) for inside in insides]
    axes = said["axes"].lower().split() if "axes" in said else _guessed(texts, values)
    pattern = Pattern(texts, tuple(Block(*one) for one in zip(axes, values, strict=False)), _channels(said))
    _check(pattern, len(insides), axes, path)
    return pattern


def written(pattern: Pattern) -> str:
    """The text of a pattern, whose further lines are left out where the first says it all."""
    first = pattern.texts[0]
    for block, text in zip(pattern.blocks, pattern.texts[1:], strict=True):
        first += f"<{_short(block.values)}>{text}"
    lines, axes = [first], [block.axis for block in pattern.blocks]
    if axes != _guessed(pattern.texts, [block.values for block in pattern.blocks]):
        lines.append("axes: " + " ".join(axes))
    if pattern.channels:
        lines.append("channels: " + ", ".join(pattern.channels))
    return "\n".join(lines) + "\n"


def _channels(said: dict[str, str]) -> tuple[str, ...]:
    return tuple(name.strip() for name in said["channels"].split(",")) if said.get("channels") else ()


def _guessed(texts: tuple[str, ...], values: list[tuple[str, ...]]) -> list[str]:
    """An axis for each block, by what stands before it and in it; what says nothing gets one that is free."""
    axes = [axis_of(text, found) for text, found in zip(texts, values, strict=False)]
    axes = [axis if axis in AXES and axes.index(axis) == number else "" for number, axis in enumerate(axes)]
    for number, axis in enumerate(axes):
        if not axis:
            axes[number] = next((free for free in "ztc" if free not in axes), "?")
    return axes


def _values(inside: str, path: Path | str) -> tuple[str, ...]:
    found: list[str] = []
    for item in inside.split(","):
        match = RANGE.fullmatch(item.strip())
        if match is None:
            found.append(item.strip())
        elif match[1]:
            first, last, step = int(match[1]), int(match[2]), int(match[3] or 1)
            if not step or (last - first) // step >= MAX_FILES:
                raise _wrong(path, f"block <{inside[:60]}>", f"stands for no, or more than {MAX_FILES}, files.")
            width = len(match[1]) if len(match[1]) == len(match[2]) else 0
            found += [f"{number:0{width}}" for number in range(first, last + 1, step)]
        else:
            found += [chr(code) for code in range(ord(match[4]), ord(match[5]) + 1, max(1, int(match[6] or 1)))]
    if not found or "" in found or len(set(found)) != len(found):
        raise _wrong(path, f"block <{inside[:60]}>", "has nothing in it, or the same twice; correct it.")
    return tuple(found)


def _short(values: tuple[str, ...]) -> str:
    """Values as a range, where they are one without gaps."""
    if len(values) > 1 and all(value.isdecimal() for value in values):
        text = f"{values[0]}-{values[-1]}"
        if int(values[-1]) > int(values[0]) and _values(text, "") == values:
            return text
    return ",".join(values)


def _check(pattern: Pattern, blocks: int, axes: list[str], path: Path | str) -> None:
    if len(axes) != blocks:
        raise _wrong(path, "axes", f"names {len(axes)} axes for {blocks} blocks; name one for each.")
    if set(axes) - set(AXES):
        reason = "each has to be t, c or z, and no name may have more than three that nothing tells apart; correct it."
        raise _wrong(path, "axes", reason)
    for block in pattern.blocks:
        if len(block.values) != pattern.sizes[AXES.index(block.axis)]:
            reason = (
                f"blocks of the axis {block.axis} vary together, but differ in how many values they have; correct it."
            )
            raise _wrong(path, "axes", reason)
    size_t, size_c, size_z = pattern.sizes
    if size_t * size_c * size_z > MAX_FILES:
        raise _wrong(path, "line 1", f"stands for more than {MAX_FILES} files; make several patterns.")
    if len(pattern.channels) not in (0, size_c):
        reason = f"names {len(pattern.channels)} channels, but the pattern has {size_c}; name each, by commas."
        raise _wrong(path, "channels", reason)
    name = pattern.name(0, 0, 0)
    if name.startswith("/") or ".." in name.split("/") or "\\" in name or "\0" in name:
        raise _wrong(
            path, "line 1", "leads out of the pattern's folder; put the files and the pattern into one folder."
        )


def _wrong(path: Path | str, field: str, reason: str) -> ImageError:
    return ImageError(path=str(path), field=field, reason=reason)
