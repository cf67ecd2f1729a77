"""DICOM slices that are one stack, in the order in which they lie in space: told by their headers, not their names."""

import math
import operator
from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import pairwise

from imaging.facts import KeyValue, Quantity
from imaging.readers.patterns.proposals import LEAST_NUMBERS, Proposal, propose
from imaging.readers.patterns.text import RANGE, Block, Pattern

NAMESPACE = "dicom"
POSITION, ORIENTATION, NUMBER = "ImagePositionPatient", "ImageOrientationPatient", "InstanceNumber"
# What slices of one stack have alike, as far as it may be given on: the UID of the series may not (PS3.15).
ALIKE = ("SeriesNumber", "Modality", "ImageType", "EchoNumbers", "PixelSpacing")
SAID = (*ALIKE, POSITION, ORIENTATION, NUMBER)
SLICES = {"CT", "MR", "PT", "NM"}  # modalities whose instances are slices even where they do not say their positions
EVEN = 0.01  # of the step between slices
Said = Mapping[str, str]
"""Values of a header by their keywords."""


def propose_slices(files: Mapping[str, Said]) -> list[Proposal]:
    """The stacks that DICOM images of a folder are, single ones of the same size; `files`: what each header says.

    Slices are ordered along the normal of their plane (PS3.3, C.7.6.2.1.1), else by Instance Number, which is a guess.
    Of a series whose slices do not have each a place of its own, names tell, where they are sure.
    """
    series: dict[tuple[object, ...], list[str]] = defaultdict(list)
    for name, said in files.items():
        turned = tuple(round(number, 3) + 0.0 for number in _numbers(said.get(ORIENTATION, "")))
        series[(*(said.get(key, "") for key in ALIKE), turned)].append(name)
    found = []
    for names in series.values():
        order, certain = _order({name: files[name] for name in names})
        pattern = _pattern(order)
        found += (
            [Proposal(pattern, tuple(order), certain=certain)]
            if pattern
            else [one for one in propose(names) if one.certain]
        )
    return found


def spacing(slices: Sequence[Said]) -> tuple[Quantity | None, list[str]]:
    """The step between slices in this order, by their positions, and what is wrong with it; (None, []) if they do not
    say it."""
    heights = _heights(slices)
    if heights is None or len(heights) < 2:
        return None, []
    steps = [after - before for before, after in pairwise(heights)]
    step = (heights[-1] - heights[0]) / len(steps)
    if step and all(abs(one - step) <= EVEN * abs(step) for one in steps):
        return Quantity(round(abs(step), 6), "mm"), []
    low, high = min(steps), max(steps)
    uneven = (
        f"Its slices are {low:g} to {high:g} mm apart by {POSITION}, so that it has no pixel size in z: some may be "
        "missing, or out of order. Look whether all are there."
    )
    return None, [uneven]


def said_by(pairs: Sequence[KeyValue]) -> Said:
    """What a header says, of the key-values of its file."""
    return {pair.name: pair.value for pair in pairs if pair.namespace == NAMESPACE and pair.name in SAID}


def _order(files: Mapping[str, Said]) -> tuple[list[str], bool]:
    """Names in the order of the slices, and whether they say it; none where they are no stack."""
    names = list(files)
    heights = _heights(list(files.values()))
    if heights is not None:
        order = sorted(range(len(names)), key=heights.__getitem__)
        apart = all(heights[after] - heights[before] > 1e-3 for before, after in pairwise(order))
        return ([names[one] for one in order] if apart else []), True
    numbers = {name: _numbers(said.get(NUMBER, "")) for name, said in files.items()}
    known = len({number for number in numbers.values() if len(number) == 1}) == len(names) >= LEAST_NUMBERS
    if known and all(said.get("Modality") in SLICES and not said.get(POSITION) for said in files.values()):
        return sorted(names, key=numbers.__getitem__), False
    return [], False


def _heights(slices: Sequence[Said]) -> list[float] | None:
    """How far each slice lies along the normal of the first (mm); None if one does not say it."""
    places = [_numbers(said.get(POSITION, "")) for said in slices]
    turned = _numbers(slices[0].get(ORIENTATION, "")) if slices else ()
    if len(turned) != 6 or any(len(place) != 3 for place in places):
        return None
    (a, b, c), (d, e, f) = turned[:3], turned[3:]
    normal = (b * f - c * e, c * d - a * f, a * e - b * d)
    return [sum(map(operator.mul, normal, place)) for place in places]


def _numbers(text: str) -> tuple[float, ...]:
    """The numbers of a value; none if it has something else, or one that is not finite."""
    try:
        found = tuple(float(part) for part in text.split("\\"))
    except ValueError:
        return ()
    return found if all(map(math.isfinite, found)) else ()


def _pattern(order: Sequence[str]) -> Pattern | None:
    """The names in this order along z; None for one, or if a pattern cannot say them."""
    if len(order) < 2 or any(set(name) & set("<>,/") or name != name.strip() for name in order):
        return None
    before = _beginning(order).rstrip("0123456789")
    behind = _beginning([name[len(before) :][::-1] for name in order])[::-1].lstrip("0123456789")
    for first, last in ((before, behind), ("", "")):
        values = tuple(name[len(first) : len(name) - len(last)] for name in order)
        if all(value and value == value.strip() and not RANGE.fullmatch(value) for value in values):
            return Pattern((first, last), (Block("z", values),))
    return None


def _beginning(names: Sequence[str]) -> str:
    """What all names begin with: the first and the last by the alphabet do."""
    first, last = min(names), max(names)
    same = next((number for number, (one, other) in enumerate(zip(first, last, strict=False)) if one != other), None)
    return first[:same]
