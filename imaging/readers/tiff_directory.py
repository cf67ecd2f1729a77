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

# What tifffile raises on broken input, besides its own class.
FORMAT_ERRORS = (
    tifffile.TiffFileError,
    struct.error,
    ArithmeticError,
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


@dataclass(frozen=True)
class TiffImage:
    """One image of a TIFF file.

    sizes: (t, c, z), where c counts samples; samples: samples a page; planes: the level-0 page of each plane in the
    order t, c / samples, z (None where the file has none); stride: if not 0, `planes` is one page and plane i lies
    i * stride bytes behind it (how ImageJ writes stacks over 4 GB).
    """

    sizes: tuple[int, int, int]
    samples: int
    planes: tuple[TiffPage | None, ...]
    levels: int
    stride: int = 0
    warnings: tuple[str, ...] = ()

    @property
    def key(self) -> TiffPage:
        """A page that stands for all: they agree in size, type and compression."""
        return next(page for page in self.planes if page is not None)

    def level(self, number: int) -> list[TiffPage | None]:
        """The pages of one resolution, in the order of `planes`; lower ones are SubIFDs (OME-TIFF spec, §pyramids)."""
        if number == 0:
            return list(self.planes)
        return [None if page is None else lower_page(page, number) for page in self.planes]


def full_page(page: TiffPage | tifffile.TiffFrame | None) -> TiffPage:
    """A page with all its tags, which is what tifffile gives unless told to save memory."""
    if not isinstance(page, TiffPage):
        raise ValueError("a page is not whole")
    return page


def page_at(tif: tifffile.TiffFile, number: int) -> TiffPage:
    """The page with this number."""
    return full_page(tif.pages[number])


def lower_page(page: TiffPage, level: int) -> TiffPage:
    """The page's SubIFD for a lower resolution; raises IndexError where it has fewer than the others."""
    if page.pages is None:
        raise IndexError(f"page {page.index} has no SubIFD, though others have")
    return full_page(page.pages[level - 1])


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


def check_segments(page: TiffPage, path: Path, size: int) -> None:
    """Raise ImageError if a strip or tile of the page lies outside the file, or has no size that fits the page."""
    offsets, counts = page.dataoffsets, page.databytecounts
    if len(offsets) != len(counts):
        reason = f"the page has {len(offsets)} offsets but {len(counts)} byte counts: it is damaged; export it again."
        raise ImageError(path=str(path), field=f"page {page.index}", reason=reason)
    if offsets:
        end = max(offset + count for offset, count in zip(offsets, counts, strict=True))
        check_extent(path, f"page {page.index}", end, size)
    if page.imagedepth > 1 or page.tiledepth > 1:
        reason = "volumetric TIFF (ImageDepth) is not read; save it as one page a z-slice."
        raise ImageError(path=str(path), field="ImageDepth", reason=reason)


def plain_images(tif: tifffile.TiffFile) -> list[TiffImage]:
    """The images of a TIFF without OME-XML, as tifffile groups its pages (ImageJ, shaped, uniform or generic)."""
    return [plain_image(tif, series) for series in tif.series]


def plain_image(tif: tifffile.TiffFile, series: tifffile.TiffPageSeries) -> TiffImage:
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
    pages = [None if page is None else key if page.index == key.index else page_at(tif, page.index) for page in series]
    stride = 0
    if len(pages) != planes_count:
        stride = key.imagewidth * key.imagelength * key.samplesperpixel * dtype_of(key).itemsize
        pages = [key]
    wanted = [name for name in "tcz" if name in sizes]
    order = np.arange(planes_count).reshape(list(sizes.values()) or [1])
    order = order.transpose([list(sizes).index(name) for name in wanted] or [0]).ravel()
    t, c, z = (sizes.get(name, 1) for name in "tcz")
    if stride and (order != np.arange(planes_count)).any():
        raise ValueError("its one page holds planes in an order that is not read")
    planes = (key,) if stride else tuple(pages[i] for i in order)
    return TiffImage((t, c * samples, z), samples, planes, len(series.levels), stride, tuple(warnings))


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
