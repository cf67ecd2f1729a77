"""What a varying part of file names stands for, by the usual spellings: "_ch00", "_z01", "_T0001", "channel DAPI"."""

import re
from collections.abc import Sequence

# What stands before a number. "image" keeps images apart: wells, fields, positions and rows and columns of a plate.
MARKERS = {
    "c": ("c", "ch", "chan", "channel", "w", "wv", "wavelength", "lambda", "cycle"),
    "z": ("z", "zs", "slice", "plane", "focus", "depth", "sec", "section", "stack"),
    "t": ("t", "tp", "tl", "time", "timepoint", "frame", "sk"),
    "image": ("f", "fld", "field", "site", "s", "p", "pos", "position", "point", "fov", "xy", "m", "series", "well",
              "plate", "row", "col", "column", "r", "roi", "tile", "scene"),
}  # fmt: skip
AXIS_OF = {marker: axis for axis, markers in MARKERS.items() for marker in markers}
DYES = re.compile(
    r"dapi|hoechst|[ye]?gfp|[rycb]fp|fitc|tritc|cy[357](\.5)?|(alexa|af|at+o)\W?\d{3}|texas ?red|mcherry|tdtomato|"
    r"draq5|sytox|phalloidin|actin|tubulin|mito(tracker)?|lysotracker|concanavalin|syto\d*|agp|er|rna|dna|nuc(lei)?|bf|"
    r"brightfield|dic|phase|ph\d?|tl|trans(mitted)?|\d{3}(nm)?|[rgb]|red|green|blue|far ?red|w\d.*",
    re.IGNORECASE,
)
LAST_WORD = re.compile(r"([A-Za-z]+)[\W_]*$")
WELL = re.compile(r"[A-P](0?[1-9]|1\d|2[0-4])")


def axis_of(before: str, values: Sequence[str]) -> str:
    """ "t", "c", "z", "image", or "" if nothing tells; `before` is what stands before the part in the names."""
    if not all(value.isdecimal() for value in values):
        return "c" if is_channel(values) else ""
    word = LAST_WORD.search(before)
    axis = AXIS_OF.get(word[1].lower(), "") if word else ""
    if word and word[1].lower() == "w" and any(len(value) > 2 for value in values):
        return "image"
    return axis


def is_channel(values: Sequence[str]) -> bool:
    """Whether words are those of channels: at least half of them are known dyes, lights or contrasts."""
    return 2 * sum(DYES.fullmatch(value) is not None for value in values) >= len(values)


def is_well(values: Sequence[str]) -> bool:
    """Whether all are labels of wells, such as B07, and not numbers behind one and the same marker, such as C01."""
    letters = {value[:1] for value in values}
    return all(WELL.fullmatch(value) for value in values) and (len(letters) > 1 or not letters <= set("CFMPSTWZ"))
