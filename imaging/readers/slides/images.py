"""Which pages of a slide are the scan's levels, and which are pictures of the slide beside it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

import tifffile

from imaging.errors import ImageError
from imaging.readers.tiff.directory import TiffImage, page_at, plain_image


@dataclass(frozen=True)
class Vendor:
    """A scanner's dialect of TIFF: media type, namespace of its keys, who made it, and how it is told."""

    media_type: str
    namespace: str
    manufacturer: str
    is_it: Callable[[tifffile.TiffFile], bool]


VENDORS = {
    "aperio": Vendor("image/vnd.aperio.svs", "aperio.com", "Aperio", lambda tif: bool(tif.is_svs)),
    "hamamatsu": Vendor("image/vnd.hamamatsu.ndpi", "hamamatsu.com", "Hamamatsu", lambda tif: bool(tif.is_ndpi)),
    "leica": Vendor("image/vnd.leica.scn", "leica.com/scn", "Leica", lambda tif: bool(tif.is_scn)),
    "akoya": Vendor("image/vnd.akoya.qptiff", "akoyabio.com", "Akoya", lambda tif: bool(tif.is_qpi)),
    "philips": Vendor("image/vnd.philips.tiff", "philips.com", "Philips", lambda tif: bool(tif.is_philips)),
}
# tifffile's names of series that are no scan.
BESIDE = {"thumbnail": "thumbnail", "label": "label", "macro": "macro", "map": "map", "other": "thumbnail"}


@dataclass(frozen=True)
class Slide:
    """The images of a slide: scans with their levels, and the pictures beside them by name."""

    vendor: str
    images: tuple[TiffImage, ...]
    names: tuple[str, ...]
    associated: dict[str, TiffImage] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


def vendor_of(tif: tifffile.TiffFile) -> str | None:
    """Whose scanner wrote a TIFF; None if it is not known as a slide's."""
    return next((name for name, vendor in VENDORS.items() if vendor.is_it(tif)), None)


def slide_of(tif: tifffile.TiffFile, path: Path) -> Slide:
    """The images of an open slide; raises ImageError if it is none."""
    vendor = vendor_of(tif)
    if vendor is None:
        reason = "is no slide of a scanner that is read here, whatever its name says; export it as OME-TIFF."
        raise ImageError(path=str(path), field="TIFF directory", reason=reason)
    scans: list[tuple[str, TiffImage]] = []
    associated: dict[str, TiffImage] = {}
    warnings: list[str] = []
    overviews = scn_overviews(tif) if vendor == "leica" else set()
    for number, series in enumerate(tif.series):
        beside = "macro" if number in overviews else BESIDE.get(series.name.lower())
        image = plain_image(series, [] if beside else series.levels[1:])
        if beside and not any(page is not None and any(page.databytecounts) for page in image.planes):
            continue  # was emptied
        if beside:
            associated.setdefault(beside, image)
        else:
            scans.append((series.name, image))
        warnings += [warning for warning in image.warnings if warning not in warnings]
    if not scans:
        raise ImageError(path=str(path), field="images", reason="holds pictures of the slide, but no scan of it.")
    names = tuple("" if name in ("Baseline", "") else name for name, _ in scans)
    return Slide(vendor, tuple(image for _, image in scans), names, associated, tuple(warnings))


def scn_overviews(tif: tifffile.TiffFile) -> set[int]:
    """Numbers of the images of a Leica SCN that show the whole slide: those whose view is its collection's."""
    found: set[int] = set()
    number = 0
    for collection in ElementTree.fromstring(page_at(tif, 0).description):
        for image in (one for one in collection if one.tag.endswith("}image")):
            view = next((one for one in image if one.tag.endswith("}view")), None)
            for _ in (one for one in image if one.tag.endswith("}pixels")):
                whole = [collection.get("sizeX"), collection.get("sizeY")]
                if view is not None and [view.get("sizeX"), view.get("sizeY")] == whole:
                    found.add(number)
                number += 1
    return found
