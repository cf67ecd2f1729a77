"""Slides without label, macro and map pictures, names and dates: overwritten in a copy, whose scan stays as it was.

Pictures are taken out of the TIFF's chain of directories and all their bytes zeroed. Letters of names become X and
digits of dates 0, so that nothing moves.
"""

import re
import shutil
import struct
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO
from xml.sax.saxutils import escape

import numpy as np
import tifffile

from imaging.errors import ImageError
from imaging.facts import Removed
from imaging.limits import file_size
from imaging.readers.slides import header_and_slide
from imaging.readers.slides.headers import BLANK, Pairs
from imaging.readers.slides.images import Slide
from imaging.readers.tiff.directory import open_tiff, page_at

IDENTIFYING = ("label", "macro", "map")
TEXTS = (270, 306, 315, 316, 65427, 65449)  # description, date, artist, host; Hamamatsu's reference and keys
ZEROED = 1 << 20  # bytes at once
Range = tuple[int, int]


def deidentify_slide(path: Path, out: Path, salt: bytes) -> list[Removed]:
    """See `deidentify`; a slide holds no UIDs, so the salt is not needed."""
    file_size(path)
    shutil.copyfile(path, out)
    with open_tiff(path) as tif, out.open("r+b") as copy:
        header, slide = header_and_slide(tif, path)
        if slide.vendor == "philips":
            reason = "of Philips cannot be de-identified here; export the slide anew without its label and names."
            raise ImageError(path=str(path), field="header", reason=reason)
        pages = [page_at(tif, number) for number in range(len(tif.pages))]
        log = _pictures(tif, copy, pages, slide, path)
        gone = {removed for _, removed in picture_pages(slide)} if slide.vendor != "leica" else set()
        kept = [page for page in pages if page.index not in gone]
        return [*log, *_texts(copy, kept, header.withheld, header.dates)]


def picture_pages(slide: Slide) -> list[tuple[str, int]]:
    """Name and page of each picture that may show the slide's label."""
    found = []
    for name in IDENTIFYING:
        if name in slide.associated:
            found += [(name, page.index) for page in slide.associated[name].planes if page is not None]
    return found


def _pictures(
    tif: tifffile.TiffFile, copy: BinaryIO, pages: list[tifffile.TiffPage], slide: Slide, path: Path
) -> list[Removed]:
    gone = picture_pages(slide)
    numbers = {number for _, number in gone}
    stay = [page for page in pages if page.index not in numbers]
    whole_directory = slide.vendor != "leica"  # whose XML counts the pages
    needed = np.array([one for page in stay for one in (*_data(page), *_directory(tif, page))], np.int64)
    pictures = [page for page in pages if page.index in numbers]
    pixels = [one for page in pictures for one in _data(page)]
    if any(_overlaps(one, needed) for one in pixels):
        reason = "shares bytes with the scan, so that it cannot be overwritten; export the slide without its label."
        raise ImageError(path=str(path), field="label or macro picture", reason=reason)
    if whole_directory:
        values = [one for page in pictures for one in _directory(tif, page)]
        _unlink(tif, copy, stay)
    else:
        values = [one for page in pictures for one in _data_counts(page)]
    for start, end in (*pixels, *(one for one in values if not _overlaps(one, needed))):  # pages may share values
        _zero(copy, start, end)
    action = "overwritten with zeros and taken out"
    return [Removed(f"page {number}", f"{name} picture", action) for name, number in gone]


def _overlaps(one: Range, needed: np.ndarray) -> bool:
    return bool(((needed[:, 0] < one[1]) & (one[0] < needed[:, 1])).any())


def _data(page: tifffile.TiffPage) -> Iterator[Range]:
    """Where the page's pixels lie; of Hamamatsu's one JPEG also its head."""
    for code, counts in ((273, 279), (324, 325)):
        offsets, lengths = page.tags.valueof(code), page.tags.valueof(counts)
        if offsets is not None and lengths is not None:
            yield from ((start, start + length) for start, length in zip(_many(offsets), _many(lengths), strict=False))


def _many(value: int | Iterable[int]) -> tuple[int, ...]:
    return (value,) if isinstance(value, int) else tuple(int(one) for one in value)


def _directory(tif: tifffile.TiffFile, page: tifffile.TiffPage) -> Iterator[Range]:
    """Where the page's directory and the values of its tags lie."""
    yield page.offset, _next_at(tif, page) + tif.tiff.offsetsize
    for tag in page.tags:
        nbytes = tag.count * struct.calcsize(f"<{tifffile.TIFF.DATA_FORMATS[tag.dtype].lstrip('<>')}")
        if nbytes > tif.tiff.tagoffsetthreshold:
            yield tag.valueoffset, tag.valueoffset + nbytes


def _data_counts(page: tifffile.TiffPage) -> Iterator[Range]:
    """Where the page says how long its tiles are."""
    for code in (279, 325):
        tag = page.tags.get(code)
        if tag is not None:
            nbytes = tag.count * struct.calcsize(f"<{tifffile.TIFF.DATA_FORMATS[tag.dtype].lstrip('<>')}")
            yield tag.valueoffset, tag.valueoffset + nbytes


def _next_at(tif: tifffile.TiffFile, page: tifffile.TiffPage) -> int:
    """Where the page's directory says which follows."""
    layout, handle = tif.tiff, tif.filehandle
    handle.seek(page.offset)
    (count,) = struct.unpack(layout.tagnoformat, handle.read(layout.tagnosize))
    return int(page.offset + layout.tagnosize + count * layout.tagsize)


def _unlink(tif: tifffile.TiffFile, copy: BinaryIO, stay: list[tifffile.TiffPage]) -> None:
    """Let each page that stays be followed by the next that does."""
    following = [page.offset for page in stay[1:]] + [0]
    for page, offset in zip(stay, following, strict=True):
        copy.seek(_next_at(tif, page))
        copy.write(struct.pack(tif.tiff.offsetformat, offset))


def _zero(copy: BinaryIO, start: int, end: int) -> None:
    copy.seek(start)
    for at in range(start, end, ZEROED):
        copy.write(bytes(min(ZEROED, end - at)))


def _texts(copy: BinaryIO, pages: list[tifffile.TiffPage], names: Pairs, dates: Pairs) -> list[Removed]:
    """Overwrite the values of names and dates wherever the pages' texts have them."""
    done: dict[Removed, None] = {}
    for page in pages:
        for tag in page.tags:
            if tag.code not in TEXTS or tag.dtype not in (1, 2, 7):
                continue
            copy.seek(tag.valueoffset)
            text = old = copy.read(tag.count)
            for pairs, action in ((names, "overwritten with X"), (dates, "digits overwritten with 0")):
                for name, value in pairs:
                    cleaned = _overwritten(text, value, digits=pairs is dates)
                    if cleaned != text:
                        done[Removed("header", name, action)] = None
                    text = cleaned
            if text != old:
                copy.seek(tag.valueoffset)
                copy.write(text)
    return list(done)


def _overwritten(text: bytes, value: str, *, digits: bool) -> bytes:
    """The text with this value, where it stands as one, overwritten by as many bytes."""
    for coding in ("utf-8", "latin-1"):
        try:
            sought = {value.encode(coding), escape(value, {'"': "&quot;"}).encode(coding)}
        except UnicodeEncodeError:
            continue
        for one in sought:
            pattern = rb"(?<![^=>\"'\s\0])" + re.escape(one) + rb"(?![^|<\"'\s\0])"
            text = re.sub(pattern, lambda found: _blank(found.group(), digits=digits), text)
    return text


def _blank(found: bytes, *, digits: bool) -> bytes:
    return re.sub(rb"[0-9]", b"0", found) if digits else BLANK.encode() * len(found)
