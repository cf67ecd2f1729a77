"""Which files of a folder look like one image, told by their names alone."""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from imaging.readers.patterns.axes import axis_of, is_channel, is_well
from imaging.readers.patterns.text import AXES, Block, Pattern

ENDING = re.compile(r"(\.ome)?\.[A-Za-z][A-Za-z0-9]*$")
WORDS = re.compile(r"([^\W_]+)")
PAIRS = re.compile(r"([A-Za-z]+)(\d+)")
COMPOSITE = re.compile(r"(?:[A-Za-z]+\d+)+")
LEAST_WORDS = 3  # files whose names share nothing but their ending may be channels if they are as many
LEAST_NUMBERS = 5  # so may files that are only numbered be a stack
OPERA = {"r": "image", "c": "image", "f": "image", "p": "z", "ch": "c", "sk": "t", "fk": "image", "fl": "image"}
MOST_AT_ONCE = 100_000  # names that are looked at


@dataclass(frozen=True)
class Proposal:
    """Files that look like one image. sizes: how many files along t, c, z; missing: names that the pattern has and the
    folder lacks; certain: whether the names say what varies, or it was guessed."""

    pattern: Pattern
    names: tuple[str, ...]
    missing: tuple[str, ...] = ()
    certain: bool = True

    @property
    def sizes(self) -> tuple[int, int, int]:
        """How many files along t, c and z."""
        return self.pattern.sizes


@dataclass(frozen=True)
class _Part:
    """A place of the names of a group: its axis, "image" if it tells images apart, "" if nothing tells; and its text
    in each name."""

    axis: str
    values: tuple[str, ...]


def propose(names: Iterable[str]) -> list[Proposal]:
    """The sets of files that look like one image each; `names` are those of one folder. A file is in one at most."""
    groups: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for name in sorted(set(names))[:MOST_AT_ONCE]:
        ending = ENDING.search(name)
        stem = name[: ending.start()] if ending else name
        if not set(name) & set("<>,/"):
            separators = tuple(WORDS.sub("\0", stem).split("\0")) if stem else ()
            groups[(*separators, ending[0] if ending else "")].append(name)
    found: list[Proposal] = []
    for key, members in groups.items():
        if len(members) > 1:
            found += _of_group(members, key[-1])
    return sorted(found, key=lambda one: one.names[0])


def _of_group(names: Sequence[str], ending: str) -> list[Proposal]:
    """Proposals of names that have the same separators: their parts are columns of a table."""
    rows = [WORDS.split(name[: len(name) - len(ending)]) for name in names]
    parts = _with_axes(_columns(rows), len(names), ending)
    images: dict[tuple[str, ...], list[int]] = defaultdict(list)
    apart = [part for part in parts if part.axis == "image"]
    for row in range(len(names)):
        images[tuple(part.values[row] for part in apart)].append(row)
    found = []
    for members in images.values():
        if len(members) > 1:
            mine = [_Part(part.axis, tuple(part.values[row] for row in members)) for part in parts]
            if proposal := _one_image([names[row] for row in members], mine, ending):
                found.append(proposal)
    return found


def _columns(rows: Sequence[Sequence[str]]) -> list[tuple[str, ...]]:
    """The parts of the names, those such as "r01c02" taken apart where all have the same letters."""
    columns: list[tuple[str, ...]] = []
    for column in zip(*rows, strict=True):
        letters = {tuple(letter for letter, _ in PAIRS.findall(text)) for text in column}
        whole = all(COMPOSITE.fullmatch(text) for text in column) and len(letters) == 1
        if whole and len(set(column)) > 1 and not is_well(column):
            pairs = [PAIRS.findall(text) for text in column]
            for place in range(len(pairs[0])):
                columns += [tuple(pair[place][half] for pair in pairs) for half in (0, 1)]
        else:
            columns.append(tuple(column))
    return columns


def _with_axes(columns: Sequence[tuple[str, ...]], count: int, ending: str) -> list[_Part]:
    """What each varying part stands for."""
    letters = [column[0].lower() for column in columns if len(set(column)) == 1]
    opera = {"r", "c", "f", "p"} <= set(letters)
    parts: list[_Part] = []
    for number, column in enumerate(columns):
        axis = "constant"
        if len(set(column)) > 1:
            before = "".join(one[0] if len(set(one)) == 1 else "\0" for one in columns[:number])
            axis = _axis(column, before, opera)
        parts.append(_Part(axis, column))
    varying = [part for part in parts if part.axis != "constant"]
    unknown = [part for part in varying if part.axis == ""]
    if unknown:
        axis = "image"
        words = not all(value.isdecimal() for value in unknown[0].values)
        if len(varying) == 1 and words and count >= LEAST_WORDS and not ending.startswith(".ome."):
            axis = "c"
        parts = [_Part(axis, part.values) if part.axis == "" and _is_words(part) else part for part in parts]
    return parts


def _is_words(part: _Part) -> bool:
    return not all(value.isdecimal() for value in part.values)


def _axis(column: tuple[str, ...], before: str, opera: bool) -> str:
    marker = re.search(r"([a-z]+)$", before.lower())
    if opera and marker and marker[1] in OPERA:
        return OPERA[marker[1]]
    if is_well(column):
        return "image"
    if not all(value.isdecimal() for value in column):
        return "c" if is_channel(sorted(set(column))) else ""
    return axis_of(before, column)


def _one_image(names: Sequence[str], parts: Sequence[_Part], ending: str) -> Proposal | None:
    """The pattern of the files of one image; None if they are none."""
    axes = [part.axis if len(set(part.values)) > 1 else "constant" for part in parts]
    axes = _joined(parts, axes)
    unknown = [number for number, axis in enumerate(axes) if axis == ""]
    if len(unknown) == 2 and names[0].lower().startswith("img_") and not set("tz") & set(axes):
        axes[unknown[0]], axes[unknown[1]], unknown = "t", "z", []  # Micro-Manager: img_{time}_{channel}_{z}
    if len(unknown) > 1 or (unknown and (ending.startswith(".ome.") or len(names) < LEAST_NUMBERS)):
        return None
    if unknown:
        free = [axis for axis in "ztc" if axis not in axes]
        if not free:
            return None
        axes[unknown[0]] = free[0]
    texts: list[str] = []
    blocks: list[Block] = []
    text = ""
    for part, axis in zip(parts, axes, strict=True):
        if axis == "constant":
            text += part.values[0]
        else:
            values = tuple(dict.fromkeys(part.values))
            texts, text = [*texts, text], ""
            blocks.append(Block(axis, values if _is_words(part) else tuple(sorted(values, key=int))))
    together = _together(blocks, parts, axes)
    if not together:
        return None
    pattern = Pattern((*texts, text + ending), tuple(together))
    wanted = list(pattern.names())
    missing = set(wanted) - set(names)
    if set(names) - set(wanted) or 5 * len(missing) > len(wanted):
        return None
    words = [block.values for block in blocks if block.axis == "c" and not all(map(str.isdecimal, block.values))]
    certain = not unknown and all(is_channel(values) for values in words)
    return Proposal(pattern, tuple(names), tuple(name for name in wanted if name in missing), certain)


def _joined(parts: Sequence[_Part], axes: Sequence[str]) -> list[str]:
    """Parts that vary together, such as number and name of a channel, get one axis: that of the one that says it."""
    joined = list(axes)
    varying = [number for number, axis in enumerate(axes) if axis != "constant"]
    for one in varying:
        for other in varying:
            pairs = set(zip(parts[one].values, parts[other].values, strict=True))
            same = len(pairs) == len(set(parts[one].values)) == len(set(parts[other].values))
            if one != other and same and joined[one] == "" and joined[other] in AXES:
                joined[one] = joined[other]
    return joined


def _together(blocks: list[Block], parts: Sequence[_Part], axes: Sequence[str]) -> list[Block] | None:
    """Blocks of the same axis in the same order; None if they do not vary together."""
    varying = [part for part, axis in zip(parts, axes, strict=True) if axis != "constant"]
    leaders: dict[str, int] = {}
    for number, block in enumerate(blocks):
        leader = leaders.get(block.axis)
        if leader is None or (_is_words(varying[leader]) and not _is_words(varying[number])):
            leaders[block.axis] = number
    ordered = []
    for number, block in enumerate(blocks):
        leader = leaders[block.axis]
        pairs = dict(zip(varying[leader].values, varying[number].values, strict=True))
        if len(pairs) != len(set(varying[number].values)):
            return None
        values = tuple(pairs[value] for value in blocks[leader].values)
        if len(set(values)) != len(values) or set(values) != set(block.values):
            return None
        ordered.append(Block(block.axis, values))
    return ordered
