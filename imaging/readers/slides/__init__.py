"""Slide scanners' TIFFs: Aperio SVS, Hamamatsu NDPI, Leica SCN, Akoya QPTIFF, Philips TIFF.

May enter: what tells levels from label, macro and thumbnail pictures, and reads the headers of scanners. Pixels are
served as those of any TIFF, straight from the file; the pictures beside the scan are series of their own names.
"""

import math
from collections.abc import Iterator, Sequence
from pathlib import Path

import tifffile

from imaging import identifying
from imaging.errors import ImageError
from imaging.facts import FileFacts, Finding
from imaging.limits import check_chunk, file_size
from imaging.readers.slides.facts import image_facts, instrument
from imaging.readers.slides.headers import Header, header_of
from imaging.readers.slides.images import VENDORS, Slide, slide_of, vendor_of
from imaging.readers.tiff.directory import FORMAT_ERRORS, check_pages, dtype_of, open_tiff
from imaging.readers.tiff.table import tiff_table
from imaging.table import Table

__all__ = ["header_and_slide", "is_mine", "make_tables", "read"]
ENDINGS = (".svs", ".ndpi", ".scn", ".qptiff")


def is_mine(path: Path, head: bytes) -> bool:
    """Whether a scanner wrote it, whatever its name."""
    if head[:2] not in (b"II", b"MM"):
        return path.name.lower().endswith(ENDINGS)
    try:
        with tifffile.TiffFile(path) as tif:
            return vendor_of(tif) is not None
    except FORMAT_ERRORS:
        return False


def read(path: Path) -> FileFacts:
    """Facts of a slide; what may name a patient is told of, not given. Raises ImageError."""
    size = file_size(path)
    with open_tiff(path) as tif:
        header, slide = header_and_slide(tif, path)
        images = []
        for index, image in enumerate(slide.images):
            check_pages(image, path, size)
            series = "" if len(slide.images) == 1 else str(index)
            facts = image_facts(slide, header, index, series, path.name)
            check_chunk(path, math.prod(facts.chunk_shape) * image.samples * dtype_of(image.key).itemsize)
            images.append(facts)
        for image in slide.associated.values():
            check_pages(image, path, size)
        pictures = tuple(
            (name, image.key.imagewidth, image.key.imagelength) for name, image in slide.associated.items()
        )
    return FileFacts(
        str(path), VENDORS[slide.vendor].media_type, tuple(images), (instrument(header),),
        key_values=header.pairs(pictures), warnings=(*slide.warnings, *header.warnings()),
        findings=findings(header, slide),
    )  # fmt: skip


def make_tables(path: Path, series: Sequence[str]) -> Iterator[Table]:
    """The tables of scans by number, or of pictures beside them by name ("label", "macro", "thumbnail", "map")."""
    size = file_size(path)
    with open_tiff(path) as tif:
        slide = slide_of(tif, path)
        for one in series:
            if one in slide.associated:
                yield tiff_table(tif, slide.associated[one], path, size)
            elif (one or "0").isdecimal() and int(one or 0) < len(slide.images):
                yield tiff_table(tif, slide.images[int(one or 0)], path, size)
            else:
                raise ImageError(path=str(path), field="series", reason=f"there is no image {one!r} in it.")


def findings(header: Header, slide: Slide) -> tuple[Finding, ...]:
    """What may tell who the slide is of."""
    advice = (
        "Export the slide anew without its label and names." if slide.vendor == "philips" else identifying.DEIDENTIFY
    )
    pictures = identifying.pictures(slide.associated, advice=advice)
    return (
        *identifying.names(name for name, _ in header.withheld),
        *pictures,
        *identifying.dates(name for name, _ in header.dates),
    )


def header_and_slide(tif: tifffile.TiffFile, path: Path) -> tuple[Header, Slide]:
    """What an open slide's header says, and its images; raises ImageError."""
    slide = slide_of(tif, path)
    return header_of(tif, slide, path), slide
