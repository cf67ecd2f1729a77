"""What a VSI says of itself: the tree of tags that slideio gives, as key-values and as what OME has fields for."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from imaging.facts import ComponentFacts, ExperimenterFacts, KeyValue
from imaging.readers.vendor import flat

NAMESPACE = "evidentscientific.com/vsi"
AUTHOR, FILE_PATH, COMPANY = 15, 12, 16
FRAME_PROPERTIES = 2006  # of each plane: its time
WAVELENGTH, EXPOSURE, VALUE = 2417, 100002, 268435458
APERTURE, OBJECTIVE_NAME, MAGNIFICATION = 120061, 120063, 120060
UNNAMED = "Unknown tag"
Node = Mapping[str, Any]


@dataclass(frozen=True)
class Properties:
    """Wavelengths (of emission, nm) and exposures (µs) are in the order of the file's channels."""

    key_values: tuple[KeyValue, ...] = ()
    people: tuple[ExperimenterFacts, ...] = ()
    objective: ComponentFacts | None = None
    wavelengths: tuple[float, ...] = ()
    exposures: tuple[float, ...] = ()


def properties_of(text: str) -> Properties:
    """The tree parsed; a file without one says nothing. Who made the file is its experimenter, and on which computer is
    not given on."""
    if not text.strip():
        return Properties()
    root = json.loads(text)
    nodes = list(_below(root))
    author = next((str(node["value"]).strip() for node in nodes if node["tag"] == AUTHOR), "")
    optics = next((node for node in nodes if any(one["tag"] == APERTURE for one in _inner(node))), None)
    waves = [_number(one["value"]) for node in nodes if node["tag"] == WAVELENGTH
             for one in _inner(node) if one["tag"] == VALUE]  # fmt: skip
    return Properties(
        tuple(_key_values(root)), (ExperimenterFacts("Experimenter:0", user_name=author),) if author else (),
        _objective(optics) if optics else None, tuple(waves),
        tuple(_number(node["value"]) for node in nodes if node["tag"] == EXPOSURE),
    )  # fmt: skip


def _inner(node: Node) -> list[Node]:
    return node["value"] if isinstance(node["value"], list) else []


def _below(node: Node) -> Iterator[Node]:
    for inner in _inner(node):
        yield inner
        yield from _below(inner)


def _number(value: Any) -> float:
    """A number, 0 for none."""
    try:
        return float(value)
    except (TypeError, ValueError):
        return 0.0


def _objective(node: Node) -> ComponentFacts:
    said = {inner["tag"]: inner["value"] for inner in _inner(node)}
    numbers = (("LensNA", _number(said.get(APERTURE))), ("NominalMagnification", _number(said.get(MAGNIFICATION))))
    name = said.get(OBJECTIVE_NAME)
    return ComponentFacts(
        "Objective", "Objective:0", model=name.strip() if isinstance(name, str) else "",
        attributes=tuple((key, f"{value:g}") for key, value in numbers if value > 0),
    )  # fmt: skip


def _key_values(node: Node, place: str = "") -> Iterator[KeyValue]:
    """Values by the names of their tags, or their numbers; those of one name are counted from 1."""
    names = [inner["name"].strip() if inner["name"] != UNNAMED else f"tag {inner['tag']}" for inner in _inner(node)]
    all_of, counts = Counter(names), Counter[str]()
    for inner, name in zip(_inner(node), names, strict=True):
        counts[name] += 1
        here = f"{place}/{name}[{counts[name]}]" if all_of[name] > 1 else f"{place}/{name}"
        if isinstance(inner["value"], list) and inner["tag"] != FRAME_PROPERTIES:
            yield from _key_values(inner, here)
        elif inner["tag"] not in (FRAME_PROPERTIES, AUTHOR, FILE_PATH, COMPANY):
            yield from flat(NAMESPACE, inner["value"], here.lstrip("/"))
