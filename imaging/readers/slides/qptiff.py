"""Akoya's (PerkinElmer's) QPTIFF: the XML in the description of each page, one page a channel."""

from collections.abc import Sequence
from xml.etree import ElementTree

from imaging.facts import ChannelFacts, KeyValue
from imaging.readers.slides.scn import Parts, local, number_of, parse_xml, text_of, texts

CHANNEL_KEYS = frozenset({"Name", "Color", "ExposureTime", "Biomarker", "Responsivity", "ScanProfile"})


def parts_of(descriptions: Sequence[str], path: str) -> Parts:
    """What the pages of a scan say; raises ImageError."""
    roots = [parse_xml(text, path) for text in descriptions if text.strip()]
    if not roots:
        return Parts(())
    first = roots[0]
    channels = tuple(_channel(index, root) for index, root in enumerate(roots)) if len(roots) > 1 else ()
    pairs = [*texts(first, skip=CHANNEL_KEYS - {"ScanProfile"} if channels else frozenset())]
    exposures = [number_of(root, "ExposureTime") for root in roots]
    return Parts(
        pairs=tuple(pairs),
        model=text_of(first, "InstrumentType"),
        software=text_of(first, "AcquisitionSoftware"),
        magnification=_magnification(text_of(first, "Objective")) or number_of(first, "Magnification"),
        objective=text_of(first, "Objective"),
        camera=text_of(first, "CameraName"),
        channels=channels,
        exposures=tuple(one or 0.0 for one in exposures) if any(exposures) else (),
    )


def _channel(index: int, root: ElementTree.Element) -> ChannelFacts:
    color = None
    parts = text_of(root, "Color").split(",")
    if len(parts) == 3 and all(part.strip().isdecimal() and int(part) < 256 for part in parts):
        color = "#" + bytes(int(part) for part in parts).hex()
    found = [KeyValue("akoyabio.com", local(name), value) for name, value in texts(root) if name.startswith("Respons")]
    if text_of(root, "Biomarker"):
        found.append(KeyValue("akoyabio.com", "Biomarker", text_of(root, "Biomarker")))
    return ChannelFacts(index, name=text_of(root, "Name"), color=color, key_values=tuple(found))


def _magnification(objective: str) -> float | None:
    """The number of "20x" or "10x/0.25"."""
    text = objective.lower().partition("x")[0].strip()
    try:
        return float(text)
    except ValueError:
        return None
