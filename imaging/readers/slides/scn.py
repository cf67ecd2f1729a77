"""Leica's SCN: the XML in its first page's description."""

from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from imaging.errors import ImageError
from imaging.facts import ChannelFacts, Quantity

NANOMETRES = 1000.0  # in a micrometre


@dataclass(frozen=True)
class Parts:
    """What the XML of a scanner says; `pairs` are all its texts by their place, `exposures` those of channels in µs."""

    pairs: tuple[tuple[str, str], ...]
    model: str = ""
    serial_number: str = ""
    software: str = ""
    magnification: float | None = None
    numerical_aperture: float | None = None
    pixel: tuple[Quantity | None, Quantity | None] = (None, None)
    date: str | None = None
    objective: str = ""
    camera: str = ""
    channels: tuple[ChannelFacts, ...] = ()
    exposures: tuple[float, ...] = ()


def parse_xml(text: str, path: str) -> Element:
    """The root of a header; raises ImageError."""
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise ImageError(path=path, field="header", reason="has a document type, which is not read; export it again.")
    try:
        return ElementTree.fromstring(text)
    except ElementTree.ParseError as error:
        reason = f"is not well-formed XML ({error}); the file is damaged: export it again."
        raise ImageError(path=path, field="header", reason=reason) from error


def local(tag: str) -> str:
    """The name without its namespace."""
    return tag.rpartition("}")[2]


def texts(element: Element, place: str = "", skip: frozenset[str] = frozenset()) -> Iterator[tuple[str, str]]:
    """All texts and attributes below an element, by their place."""
    for child in element:
        name = local(child.tag)
        if name in skip:
            continue
        here = f"{place}/{name}" if place else name
        for key, value in child.attrib.items():
            yield f"{here}/{local(key)}", value
        if child.text and child.text.strip():
            yield here, child.text.strip()
        yield from texts(child, here, skip)


def text_of(element: Element, name: str) -> str:
    """The first text of an element of this name below, or nothing."""
    return next((one.text.strip() for one in element.iter() if local(one.tag) == name and one.text), "")


def number_of(element: Element, name: str) -> float | None:
    """The first number of this name below."""
    try:
        return float(text_of(element, name))
    except ValueError:
        return None


def parts_of(description: str, path: str) -> Parts:
    """What a Leica SCN says of its first scan; raises ImageError."""
    root = parse_xml(description, path)
    images = [one for one in root.iter() if local(one.tag) == "image"]
    collection = next((one for one in root.iter() if local(one.tag) == "collection"), None)
    whole = _extent(collection)
    views = {id(image): next((one for one in image if local(one.tag) == "view"), None) for image in images}
    scans = [one for one in images if views[id(one)] is None or _extent(views[id(one)]) != whole]
    if not scans:
        return Parts(tuple(texts(root, skip=frozenset({"dimension"}))))
    image = scans[0]
    device = next((one for one in image if local(one.tag) == "device"), None)
    names = sorted(
        {(int(one.get("index", "0")), one.get("name", "")) for one in image.iter()
         if local(one.tag) == "channel" and one.get("index", "0").isdecimal()}
    )  # fmt: skip
    return Parts(
        pairs=tuple(texts(root, skip=frozenset({"dimension"}))),
        model=device.get("model", "") if device is not None else "",
        software=device.get("version", "") if device is not None else "",
        magnification=number_of(image, "objective"),
        numerical_aperture=number_of(image, "numericalAperture"),
        pixel=_pixel(image, views[id(image)]),
        date=text_of(image, "creationDate") or None,
        channels=tuple(ChannelFacts(index, name=name) for index, name in names),
    )


def _extent(element: Element | None) -> tuple[str | None, str | None]:
    return (None, None) if element is None else (element.get("sizeX"), element.get("sizeY"))


def _pixel(image: Element, view: Element | None) -> tuple[Quantity | None, Quantity | None]:
    """The scan's extent in nanometres over its pixels."""
    pixels = next((one for one in image if local(one.tag) == "pixels"), None)
    if view is None or pixels is None:
        return None, None
    sizes: list[Quantity | None] = []
    for name in ("sizeX", "sizeY"):
        try:
            size = float(view.get(name, "")) / NANOMETRES / float(pixels.get(name, ""))
        except (ValueError, ZeroDivisionError):
            size = 0.0
        sizes.append(Quantity(size, "µm") if size > 0 else None)
    return sizes[0], sizes[1]
