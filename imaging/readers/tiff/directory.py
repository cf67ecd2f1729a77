"""The directory of a TIFF file: which page holds which plane of which image. tifffile parses, we arrange."""

import logging
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from tifffile import TiffPage

from imaging.errors import ImageError
from imaging.limits import check_extent, file_size
from imaging.readers.tiff.pages import SIZES, Page, PageReader, full_page, page_of

# What tifffile raises on broken input, besides its own class.
FORMAT_ERRORS = (
    tifffile.TiffFileError,
    struct.error,
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    MemoryError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
)
# Its complaints become our errors and warnings; in the log they would only repeat them.
logging.getLogger("tifffile").setLevel(logging.CRITICAL)

REUSABLE = range(65000, 65200)  # codes that TIFF 6.0 leaves to anybody, and that say nothing about pixels
POSITIONS = "PMR"  # tifffile's letters of axes that are neither time, channel nor depth: position, mosaic, region


Planes = tuple[Page | None, ...]


@dataclass(frozen=True)
class TiffImage:
    """One image of a TIFF file.

    sizes: (t, c, z), where c counts samples; samples: samples a page; planes: the level-0 page of each plane in the
    order t, c / samples, z (None where the file has none); lower: the same for each lower resolution; stride: if not
    0, `planes` is one page and plane i lies i * stride bytes behind it (how ImageJ writes stacks over 4 GB);
    files: which of `names` has each plane of a set, () if all are in the file that was opened.
    """

    sizes: tuple[int, int, int]
    samples: int
    planes: Planes
    lower: tuple[Planes, ...] = ()
    stride: int = 0
    warnings: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    files: tuple[int, ...] = ()

    @property
    def key(self) -> TiffPage:
        """A page that stands for all: they agree in size, type and compression."""
        return next(page for page in self.planes if page is not None).key

    @property
    def levels(self) -> tuple[Planes, ...]:
        """The pages of each resolution, largest first."""
        return (self.planes, *self.lower)


def page_at(tif: tifffile.TiffFile, number: int) -> TiffPage:
    """The page with this number."""
    return full_page(tif.pages[number])


def sub_levels(reader: PageReader, planes: Planes) -> tuple[Planes, ...]:
    """The lower resolutions kept in SubIFDs (OME-TIFF specification, §pyramids), of which each page has as many."""
    counts = {len(page.subifds) for page in planes if page is not None}
    if len(counts) != 1:
        raise ValueError("its pages differ in the number of SubIFDs")
    lower = []
    for number in range(counts.pop()):
        lower.append(tuple(None if page is None else reader.sub_page(page, number) for page in planes))
    return tuple(lower)


def dtype_of(page: TiffPage) -> np.dtype[Any]:
    """The page's data type; raises ValueError if it has none that numpy knows."""
    if page.dtype is None:
        raise ValueError(f"SampleFormat {page.sampleformat} with {page.bitspersample} bits is unknown")
    return page.dtype


@contextmanager
def open_tiff(path: Path) -> Iterator[tifffile.TiffFile]:
    """The parsed directory; whatever is wrong with it is raised as ImageError."""
    size = file_size(path)
    try:
        with tifffile.TiffFile(path) as tif:
            check_chain(tif, path, size)
            yield tif
    except ImageError:
        raise
    except FORMAT_ERRORS as error:
        if "not a TIFF file" in str(error):
            reason = "this is not a TIFF file, whatever its name says; check which file was meant."
        else:
            reason = f"the TIFF directory cannot be read ({error}); the file is damaged: export or upload it again."
        raise ImageError(path=str(path), field="TIFF directory", reason=reason) from error


def check_chain(tif: tifffile.TiffFile, path: Path, size: int) -> None:
    """Raise ImageError if the chain of directories breaks off before its end, or has no page."""
    if len(tif.pages) == 0:
        tif.filehandle.seek(8 if tif.tiff.is_bigtiff else 4)
        first = struct.unpack(tif.tiff.offsetformat, tif.filehandle.read(tif.tiff.offsetsize))[0]
        check_extent(path, "TIFF directory", first + tif.tiff.tagnosize, size)
        raise ImageError(path=str(path), field="TIFF directory", reason="there is no page in it; export it again.")
    last = tif.pages[-1].offset
    layout = tif.tiff
    handle = tif.filehandle
    handle.seek(last)
    count = struct.unpack(layout.tagnoformat, handle.read(layout.tagnosize))[0]
    end = last + layout.tagnosize + count * layout.tagsize
    check_extent(path, "TIFF directory", end + layout.offsetsize, size)
    handle.seek(end)
    following = struct.unpack(layout.offsetformat, handle.read(layout.offsetsize))[0]
    check_extent(path, "TIFF directory", following, size)
    check_values(tif, path, size)


def check_values(tif: tifffile.TiffFile, path: Path, size: int) -> None:
    """Raise ImageError if a value of the first page (its description, say) lies outside the file: tifffile skips it."""
    for code, end in _ends_of_values(tif):
        if code not in REUSABLE:
            check_extent(path, f"TIFF tag {code}", end, size)


def unreadable_tags(tif: tifffile.TiffFile, size: int) -> tuple[str, ...]:
    """A warning of tags that anybody may use and whose values lie outside the file: the pixels need none of them."""
    gone = [str(code) for code, end in _ends_of_values(tif) if code in REUSABLE and end > size]
    return (f"Values of TIFF tags lie outside the file, and cannot be read: {', '.join(gone)}.",) if gone else ()


def _ends_of_values(tif: tifffile.TiffFile) -> Iterator[tuple[int, int]]:
    """Each tag of the first page whose value stands elsewhere in the file, and where that ends."""
    layout, handle = tif.tiff, tif.filehandle
    handle.seek(page_at(tif, 0).offset)
    count = struct.unpack(layout.tagnoformat, handle.read(layout.tagnosize))[0]
    entries = handle.read(count * layout.tagsize)
    extent = layout.byteorder + ("QQ" if layout.is_bigtiff else "II")
    for position in range(0, len(entries) - layout.tagsize + 1, layout.tagsize):
        code, kind = struct.unpack_from(layout.byteorder + "HH", entries, position)
        length, offset = struct.unpack_from(extent, entries, position + 4)
        nbytes = length * SIZES.get(kind, 0)
        if nbytes > layout.offsetsize:
            yield code, offset + nbytes


def check_pages(image: TiffImage, path: Path, size: int) -> None:
    """Raise ImageError if any page of the image, at any resolution, lies outside the file; those of other files of a
    set were looked at when they were read."""
    for planes in image.levels:
        for row, page in enumerate(planes):
            if page is not None and not (image.files and image.files[row]):
                check_segments(page, path, size)


def check_segments(page: Page, path: Path, size: int) -> None:
    """Raise ImageError if a strip or tile of the page lies outside the file, or has no size that fits the page."""
    offsets, counts = page.dataoffsets, page.databytecounts
    if len(offsets) != len(counts):
        reason = f"the page has {len(offsets)} offsets but {len(counts)} byte counts: it is damaged; export it again."
        raise ImageError(path=str(path), field=f"page {page.index}", reason=reason)
    if not offsets:
        reason = "says nothing of where its pixels are; it is damaged: export or upload the file again."
        raise ImageError(path=str(path), field=f"page {page.index}", reason=reason)
    end = max(offset + count for offset, count in zip(offsets, counts, strict=True))
    check_extent(path, f"page {page.index}", end, size)
    if page.key.imagedepth > 1 or page.key.tiledepth > 1:
        reason = "volumetric TIFF (ImageDepth) is not read; save it as one page a z-slice."
        raise ImageError(path=str(path), field="ImageDepth", reason=reason)


def plain_images(tif: tifffile.TiffFile) -> list[TiffImage]:
    """The images of a TIFF without OME-XML, as tifffile groups its pages (ImageJ, shaped, uniform or generic).

    Smaller pages that tifffile guesses to be lower resolutions are images of their own, unless the file says so.
    """
    images = []
    kept = tif.series[:1] if tif.is_lsm else tif.series  # an LSM's second series is of thumbnails
    for series in [one for several in kept for one in positions(several)]:
        lower = series.levels[1:]
        if series.kind == "generic" and not all(full_page(level.keyframe).is_reduced for level in lower):
            images += [plain_image(level, []) for level in series.levels]
        else:
            images.append(plain_image(series, lower))
    return images


def positions(series: tifffile.TiffPageSeries) -> list[tifffile.TiffPageSeries]:
    """The series, or one for each stage position or tile of it, which LSM, FluoView and Micro-Manager have as outer
    axes."""
    axes, shape = series.get_axes(squeeze=False), series.get_shape(squeeze=False)
    count = 1
    while axes and axes[0] in POSITIONS:
        count, axes, shape = count * shape[0], axes[1:], shape[1:]
    if count < 2 or len(series) % count:
        return [series]
    pages, each = [series[number] for number in range(len(series))], len(series) // count
    return [
        tifffile.TiffPageSeries(pages[start : start + each], shape, series.dtype, axes, kind=series.kind)
        for start in range(0, len(pages), each)
    ]


def plain_image(series: tifffile.TiffPageSeries, lower: list[tifffile.TiffPageSeries]) -> TiffImage:
    """One series with its axes brought to t, c, z."""
    key = full_page(series.keyframe)
    samples = key.samplesperpixel
    axes, shape = series.get_axes(squeeze=False), series.get_shape(squeeze=False)
    outer = [(a, n) for a, n in zip(axes, shape, strict=True) if a not in "YXS" and n > 1]
    planes_count = int(np.prod([n for _, n in outer], dtype=np.int64)) // (1 if "S" in axes else samples)
    names, warnings = place_axes([a for a, _ in outer])
    sizes = dict(zip(names, (n for _, n in outer), strict=True))
    if samples > 1 and "S" not in axes and sizes.get("c") == samples:
        del sizes["c"]  # planar samples that tifffile calls channels
    wanted = [name for name in "tcz" if name in sizes]
    order = np.arange(planes_count).reshape(list(sizes.values()) or [1])
    order = order.transpose([list(sizes).index(name) for name in wanted] or [0]).ravel()
    t, c, z = (sizes.get(name, 1) for name in "tcz")
    if len(series) == planes_count:
        levels = [
            tuple(None if (page := level[int(i)]) is None else page_of(full_page(page)) for i in order)
            for level in (series, *lower)
            if len(level) == planes_count
        ]
        return TiffImage((t, c * samples, z), samples, levels[0], tuple(levels[1:]), warnings=tuple(warnings))
    if (order != np.arange(planes_count)).any():
        raise ValueError("its one page holds planes in an order that is not read")
    if int(key.compression) != 1:
        raise ValueError("its one page holds several planes, and is compressed")
    stride = key.imagewidth * key.imagelength * key.samplesperpixel * dtype_of(key).itemsize
    return TiffImage((t, c * samples, z), samples, (page_of(key),), (), stride, tuple(warnings))


def place_axes(axes: list[str]) -> tuple[list[str], list[str]]:
    """Give each axis of a page sequence its place among t, c, z, with a warning for those that must be guessed."""
    known = {"T": "t", "C": "c", "Z": "z"}
    names = [known.get(axis, "") for axis in axes]
    warnings = []
    for number, name in enumerate(names):
        if not name:
            free = [place for place in "ztc" if place not in names]
            if not free:
                raise ValueError(f"it has {len(axes)} axes besides y and x, more than t, c and z can hold")
            names[number] = free[0]
            meaning = {"z": "z-slices", "t": "time points", "c": "channels"}[free[0]]
            warnings.append(f"The file does not say what its pages are; they are read as {meaning}.")
    return names, warnings
