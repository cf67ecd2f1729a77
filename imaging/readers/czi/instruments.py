"""The instrument of a CZI's XML (Information/Instrument), which names things nearly as OME does, in OME's words."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from lxml import etree

from imaging.facts import ComponentFacts, InstrumentFacts
from imaging.readers.vendor import chosen

# Components by their list in the XML: OME's element, and which of its attributes stand as elements of the same name.
PARTS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "Objectives": ("Objective", ("Correction", "Immersion", "LensNA", "NominalMagnification", "CalibratedMagnification",
                                 "WorkingDistance", "Iris")),
    "Detectors": ("Detector", ("Type", "Gain", "Voltage", "Offset", "Zoom", "AmplificationGain")),
    "Filters": ("Filter", ("Type", "FilterWheel")),
    "Dichroics": ("Dichroic", ()),
    "FilterSets": ("FilterSet", ()),
}  # fmt: skip
LIGHTS: Mapping[str, tuple[str, ...]] = {
    "Laser": ("Type", "LaserMedium", "Wavelength", "FrequencyMultiplication", "Pulse", "RepetitionRate"),
    "Arc": ("Type",), "Filament": ("Type",), "LightEmittingDiode": (), "GenericExcitationSource": (),
}  # fmt: skip
RANGE = ("CutIn", "CutOut", "CutInTolerance", "CutOutTolerance", "Transmittance")


@dataclass
class Instrument:
    """The facts, and OME ids by those of the file, which may hold spaces."""

    facts: InstrumentFacts
    ids: dict[str, str] = field(default_factory=dict)

    def ref(self, element: etree._Element | None) -> str:
        """The id of the component that an element refers to, "" for none that is described."""
        return "" if element is None else self.ids.get(element.get("Id", ""), "")


def instrument_of(metadata: etree._Element) -> Instrument:
    """Microscope, objectives, detectors, light sources, filters and filter sets."""
    described = metadata.find("Information/Instrument")
    ids: dict[str, str] = {}
    if described is None:
        return Instrument(InstrumentFacts("Instrument:0"), ids)
    # Filter sets refer to filters and dichroics, so these come first.
    found: dict[str, list[ComponentFacts]] = {}
    for name in ("Objectives", "Detectors", "Filters", "Dichroics", "FilterSets"):
        kind, wanted = PARTS[name]
        parts = described.findall(f"{name}/{kind}")
        for number, part in enumerate(parts):
            ids[part.get("Id", "")] = f"{kind}:{number}"
        found[name] = [_part(kind, f"{kind}:{number}", part, wanted, ids) for number, part in enumerate(parts)]
    lights = described.findall("LightSources/LightSource")
    for number, light in enumerate(lights):
        ids[light.get("Id", "")] = f"LightSource:{number}"
    microscope = described.find("Microscopes/Microscope")
    facts = InstrumentFacts(
        "Instrument:0", None if microscope is None else _microscope(microscope), tuple(found["Objectives"]),
        tuple(found["Detectors"]), tuple(_light(light, f"LightSource:{n}") for n, light in enumerate(lights)),
        tuple(found["Filters"]), tuple(found["Dichroics"]), tuple(found["FilterSets"]),
    )  # fmt: skip
    return Instrument(facts, ids)


def _text(element: etree._Element, path: str) -> str:
    return (element.findtext(path) or "").strip()


def _made(kind: str, ome_id: str, part: etree._Element, attributes: list[tuple[str, str]]) -> ComponentFacts:
    """A component with OME's ManufacturerSpec; one without a model is called by its name."""
    return ComponentFacts(
        kind, ome_id, _text(part, "Manufacturer/Manufacturer"),
        _text(part, "Manufacturer/Model") or part.get("Name", "").strip() or _text(part, "System"),
        _text(part, "Manufacturer/SerialNumber"), _text(part, "Manufacturer/LotNumber"),
        tuple(pair for pair in attributes if pair[1]),
    )  # fmt: skip


def _microscope(part: etree._Element) -> ComponentFacts:
    return _made("Microscope", "", part, [("Type", chosen("Microscope", "Type", _text(part, "Type")))])


def _part(
    kind: str, ome_id: str, part: etree._Element, wanted: tuple[str, ...], ids: Mapping[str, str]
) -> ComponentFacts:
    attributes = [(name, chosen(kind, name, _text(part, name))) for name in wanted]
    if kind == "Filter":
        attributes += [(f"TransmittanceRange/{name}", _text(part, f"TransmittanceRange/{name}")) for name in RANGE]
    if kind == "FilterSet":
        attributes += list(_references(part, ids))
    return _made(kind, ome_id, part, attributes)


def _references(part: etree._Element, ids: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Those of a filter set to its filters."""
    for name in ("ExcitationFilterRef", "DichroicRef", "EmissionFilterRef"):
        for one in part.iter(name):
            if one.get("Id", "") in ids:
                yield name, ids[one.get("Id", "")]


def _light(light: etree._Element, ome_id: str) -> ComponentFacts:
    """A light source: its kind stands as an element below LightSourceType."""
    described = light.find("LightSourceType/*")
    kind = "" if described is None else str(described.tag)
    if described is None or kind not in LIGHTS:
        return _made("GenericExcitationSource", ome_id, light, [])
    attributes = [("Power", _text(light, "Power"))]
    attributes += [(name, chosen(kind, name, _text(described, name))) for name in LIGHTS[kind]]
    return _made(kind, ome_id, light, attributes)
