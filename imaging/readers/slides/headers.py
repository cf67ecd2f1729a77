"""What slide scanners write into their TIFFs, brought to one form; what may name a patient is only told of."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from math import isfinite
from pathlib import Path

import tifffile

from imaging.facts import ChannelFacts, KeyValue, Quantity
from imaging.readers.slides import qptiff, scn
from imaging.readers.slides.images import VENDORS, Slide
from imaging.readers.tiff.directory import page_at
from imaging.readers.tiff.plain import MICROMETRES

# Keys, in small letters and without blanks, whose values may name a person, a case or a slide of one.
WITHHELD = ("user", "operator", "patient", "case", "accession", "barcode", "slideid", "slidename", "title", "filename",
            "specimen", "computername", "hostname", "studyname", "author", "owner", "birth", "physician", "comment",
            "reference", "label", "collectionname", "imagename")  # fmt: skip
# Hamamatsu's calibration of its macro camera; which kinds of barcodes Akoya's scanner looks for.
HARMLESS = ("roibarcode", "exposurebarcode", "barcodeno", "barcodeformats")
BLANK = "X"  # what de-identification puts in the place of each letter
DATES = ("date", "time", "created", "updated")
Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Header:
    """A slide's header. exposures: of its channels, in µs; position: x and y of the scan on the slide; withheld: what
    may name a person, which is not to be given on; dates: when it was made."""

    vendor: str
    model: str = ""
    serial_number: str = ""
    software: str = ""
    magnification: float | None = None
    numerical_aperture: float | None = None
    pixel: tuple[Quantity | None, Quantity | None] = (None, None)
    z_step: Quantity | None = None
    date: str | None = None
    objective: str = ""
    camera: str = ""
    channels: tuple[ChannelFacts, ...] = ()
    exposures: tuple[float, ...] = ()
    position: tuple[Quantity, Quantity] | None = None
    key_values: Pairs = ()
    withheld: Pairs = field(default=(), repr=False)
    dates: Pairs = ()

    def pairs(self, beside: Iterable[tuple[str, int, int]]) -> tuple[KeyValue, ...]:
        """All that no field holds, and the pictures (name, width, height) beside the scan."""
        namespace = VENDORS[self.vendor].namespace
        found = [KeyValue(namespace, name, value) for name, value in self.key_values]
        found += [KeyValue(namespace, f"associated image/{name}", f"{x} x {y}", "pixel") for name, x, y in beside]
        return tuple(found)

    def warnings(self) -> tuple[str, ...]:
        """What a person should know of what was left out."""
        if not self.withheld:
            return ()
        keys = ", ".join(dict.fromkeys(name for name, _ in self.withheld))
        return (f"Values of the scanner's header that may name a person or a case were not taken over: {keys}.",)


def header_of(tif: tifffile.TiffFile, slide: Slide, path: Path) -> Header:
    """The header of an open slide; raises ImageError."""
    page = slide.images[0].key
    if slide.vendor == "aperio":
        found = aperio(page_at(tif, 0).description)
    elif slide.vendor == "hamamatsu":
        found = hamamatsu(page)
    elif slide.vendor == "leica":
        found = _of_parts("leica", scn.parts_of(page_at(tif, 0).description, str(path)))
    elif slide.vendor == "akoya":
        pages = [one for one in slide.images[0].planes if one is not None]
        texts = [page_at(tif, one.index).description for one in pages]
        found = _of_parts("akoya", qptiff.parts_of(texts, str(path)))
        date = str(page.tags.valueof(306) or "")
        dates = (("DateTime", date),) if re.search("[1-9]", date) else ()
        found = replace(found, date=tiff_date(date), dates=(*found.dates, *dates))
    else:
        found = Header("philips", software=str(page.tags.valueof(305) or ""))
        found = replace(found, withheld=(("Philips header (XML)", ""),))
    return with_resolution(found, page)


def sorted_out(pairs: Iterable[tuple[str, str]]) -> tuple[Pairs, Pairs, Pairs]:
    """Pairs that may be given on, those that may not, and dates (of the scan, and given)."""
    kept, withheld, dates = [], [], []
    for name, value in pairs:
        if not value.strip() or set(value) == {BLANK}:
            continue
        bare = re.sub("[^a-z0-9]", "", "".join(name.split("/")[-2:]).lower())
        if any(word in bare for word in WITHHELD) and not any(word in bare for word in HARMLESS):
            withheld.append((name, value))
            continue
        if any(word in bare for word in DATES) and "exposure" not in bare and re.search("[1-9]", value):
            dates.append((name, value))
        kept.append((name, value))
    return tuple(kept), tuple(withheld), tuple(dates)


def with_resolution(header: Header, page: tifffile.TiffPage) -> Header:
    """The header, with the TIFF's own pixel size where it has none."""
    factor = MICROMETRES.get(int(page.resolutionunit))
    if header.pixel != (None, None) or factor is None:
        return header
    sizes: list[Quantity | None] = []
    for tag in (282, 283):
        value = page.tags.valueof(tag)
        good = isinstance(value, tuple) and value[0] and value[1]
        size = value[1] / value[0] * factor if good else 0.0
        sizes.append(Quantity(size, "µm", f"{value[1]}/{value[0]}") if 0 < size < 50 else None)
    return replace(header, pixel=(sizes[0], sizes[1]))


def aperio(description: str) -> Header:
    """Of Aperio's description: lines of the software's history, then `key = value` between bars."""
    history, _, rest = description.partition("|")
    pairs = []
    for part in rest.split("|"):
        name, equals, value = part.partition("=")
        if equals:
            pairs.append((name.strip(), value.strip()))
    said = dict(pairs)
    size = number(said.get("MPP"))
    kept, withheld, dates = sorted_out(pairs)
    pixel = Quantity(size, "µm", said["MPP"]) if size else None
    return Header(
        "aperio", software=history.splitlines()[0].strip() if history else "",
        serial_number=said.get("ScanScope ID", ""), magnification=number(said.get("AppMag")), pixel=(pixel, pixel),
        date=american_date(said.get("Date", ""), said.get("Time", "")),
        position=_position(said.get("Left"), said.get("Top"), "mm"),
        key_values=(*kept, ("history", " ".join(history.split()))), withheld=withheld, dates=dates,
    )  # fmt: skip


def hamamatsu(page: tifffile.TiffPage) -> Header:
    """Of NDPI's own tags (65420 and above, named by what OpenSlide's and tifffile's documentation say of them)."""
    tags = page.tags
    lines = str(tags.valueof(65449) or "").splitlines()
    pairs = [(name.strip(), value.strip()) for name, equals, value in (line.partition("=") for line in lines) if equals]
    named = {65421: "SourceLens", 65422: "XOffsetFromSlideCentre", 65423: "YOffsetFromSlideCentre",
             65424: "ZOffsetFromSlideCentre", 65434: "Fluorescence"}  # fmt: skip
    pairs += [(name, str(tags.valueof(code))) for code, name in named.items() if tags.valueof(code) is not None]
    if tags.valueof(65427):
        pairs.append(("Reference", str(tags.valueof(65427))))
    kept, withheld, dates = sorted_out(pairs)
    date = str(tags.valueof(306) or "")
    dates = (*dates, ("DateTime", date)) if re.search("[1-9]", date) else dates
    emission = tags.valueof(65451)
    channels: tuple[ChannelFacts, ...] = ()
    if tags.valueof(65434):
        wavelength = Quantity(float(emission), "nm") if isinstance(emission, float) and emission > 0 else None
        channels = (ChannelFacts(0, name=str(tags.valueof(65434)), emission_wavelength=wavelength),)
    return Header(
        "hamamatsu", model=str(tags.valueof(272) or ""), serial_number=str(tags.valueof(65442) or ""),
        software=str(tags.valueof(305) or ""), magnification=number(tags.valueof(65421)), date=tiff_date(date),
        position=_position(tags.valueof(65422), tags.valueof(65423), "nm"),
        channels=channels, key_values=kept, withheld=withheld, dates=dates,
    )  # fmt: skip


def _position(x: object, y: object, unit: str) -> tuple[Quantity, Quantity] | None:
    """A place on the slide; None if it is not given as two numbers."""
    try:
        found = Quantity(float(str(x)), unit), Quantity(float(str(y)), unit)
    except ValueError:
        return None
    return found if all(isfinite(one.value) for one in found) else None


def _of_parts(vendor: str, parts: scn.Parts) -> Header:
    """A header from what an XML of a scanner says."""
    kept, withheld, dates = sorted_out(parts.pairs)
    return Header(
        vendor, model=parts.model, serial_number=parts.serial_number, software=parts.software,
        magnification=parts.magnification, numerical_aperture=parts.numerical_aperture, pixel=parts.pixel,
        date=parts.date, objective=parts.objective, camera=parts.camera, channels=parts.channels,
        exposures=parts.exposures, key_values=kept, withheld=withheld, dates=dates,
    )  # fmt: skip


def number(value: object) -> float | None:
    """A positive number, or None."""
    try:
        found = float(str(value))
    except ValueError:
        return None
    return found if 0 < found < float("inf") else None


def american_date(date: str, time: str) -> str | None:
    """Aperio's MM/DD/YY and HH:MM:SS as ISO 8601."""
    for form in ("%m/%d/%y %H:%M:%S", "%m/%d/%Y %H:%M:%S"):
        try:
            return datetime.strptime(f"{date} {time}", form).isoformat()
        except ValueError:
            continue
    return None


def tiff_date(text: str) -> str | None:
    """TIFF's YYYY:MM:DD HH:MM:SS as ISO 8601."""
    try:
        return datetime.strptime(text, "%Y:%m:%d %H:%M:%S").isoformat()
    except ValueError:
        return None
