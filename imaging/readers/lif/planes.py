"""Where the planes of a LIF's images are: its XML gives the bytes from one pixel, row, section … to the next.

Wavelengths are unfolded into channels; each tile of a mosaic is an image of its own.
"""

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import liffile
import numpy as np
from lxml import etree

from imaging.errors import ImageError
from imaging.limits import check_extent, file_size
from imaging.places import files_at
from imaging.readers.vendor import library_errors, parse_xml
from imaging.segment_table import SegmentLevel, plane_level, rows_level, segment_table
from imaging.table import Table

TITLE = "LIF"
# DimensionDescription/@DimID
X, Y, Z, TIME, EMISSION, EXCITATION, MOSAIC = 1, 2, 3, 4, 5, 9, 10
OTHERS = {6: "rotation", 7: "XT slice", 8: "T slice", 11: "loop"}  # outer axes that become time points
MAX_PLANES = 10_000_000
DESCRIPTION = "Data/Image/ImageDescription"


@dataclass(frozen=True)
class Dimension:
    """A DimensionDescription: `step` is BytesInc; origin and length (first to last centre) are in `unit`."""

    id: int
    count: int
    origin: float
    length: float
    unit: str
    step: int

    def at(self, index: int) -> float:
        """The coordinate of one of its elements."""
        return self.origin + (self.length * index / (self.count - 1) if self.count > 1 else 0.0)

    @property
    def spacing(self) -> float:
        """From the centre of one element to the next."""
        return self.length / (self.count - 1) if self.count > 1 else 0.0


@dataclass(frozen=True)
class LifImage:
    """An image, or a tile of a mosaic: `xml` is its Element, `path` its place in the project.

    channels: the ChannelDescriptions in the order of their bytes; samples: how many of them lie together in a pixel.
    """

    path: str
    xml: etree._Element
    dimensions: dict[int, Dimension]
    channels: tuple[etree._Element, ...]
    dtype: np.dtype[Any]
    samples: int
    offset: int
    size: int
    timestamps: np.ndarray | None
    tile: int | None = None

    def count(self, dimension: int) -> int:
        """How many elements a dimension has."""
        found = self.dimensions.get(dimension)
        return found.count if found else 1

    @property
    def times(self) -> tuple[Dimension, ...]:
        """What is taken as time: the time itself, and axes that OME has no place for, the outer ones first."""
        found = [one for one in self.dimensions.values() if one.id == TIME or one.id in OTHERS]
        return tuple(sorted(found, key=lambda one: -one.step))

    @property
    def shape(self) -> tuple[int, int, int, int, int]:
        """(t, c, z, y, x), where c counts wavelengths too."""
        t = math.prod(one.count for one in self.times)
        c = self.count(EXCITATION) * self.count(EMISSION) * len(self.channels)
        return t, c, self.count(Z), self.count(Y), self.count(X)


@contextmanager
def opened(path: Path) -> Iterator[tuple[list[LifImage], list[str]]]:
    """The images of a file, and what is not read of it; whatever is wrong with it is raised as ImageError."""
    size = file_size(path)
    with library_errors(path, TITLE), liffile.LifFile(path, squeeze=False) as file:
        found: list[LifImage] = []
        left: list[str] = []
        for image in file.images:
            if image.is_flim or not image.memory_block.size:
                left.append(str(image.path))
                continue
            xml = parse_xml(path, str(image.path), ElementTree.tostring(image.xml_element))
            found += _tiles(_image(path, image, xml, size))
        if not found:
            reason = "there is no image in it whose pixels can be read."
            raise ImageError(path=str(path), field="LIF images", reason=reason)
        yield found, left


def make_tables(path: Path, series: Sequence[str]) -> Iterator[Table]:
    """The tables of images by their number; raises ImageError."""
    with opened(path) as (images, _):
        for name in series:
            number = int(name or 0) if name.isdecimal() or not name else -1
            if not 0 <= number < len(images):
                reason = f"there is no image {name!r}; the file has {len(images)}."
                raise ImageError(path=str(path), field="series", reason=reason)
            yield segment_table(files_at(path), [path.name], [level_of(images[number])])


def _image(path: Path, image: Any, xml: etree._Element, size: int) -> LifImage:
    """An image with its bytes checked against the file; raises ImageError."""
    name = str(image.path)
    dimensions = {}
    for found in xml.iterfind(f"{DESCRIPTION}/Dimensions/DimensionDescription"):
        one = Dimension(
            int(found.get("DimID", "")), int(found.get("NumberOfElements", "")), float(found.get("Origin") or 0),
            float(found.get("Length") or 0), found.get("Unit", ""), int(found.get("BytesInc", "")),
        )  # fmt: skip
        if one.count < 1 or one.step < 0 or one.id in dimensions:
            raise ImageError(path=str(path), field=name, reason=f"dimension {one.id} is described wrongly or twice.")
        dimensions[one.id] = one
    unknown = set(dimensions) - {X, Y, Z, TIME, EMISSION, EXCITATION, MOSAIC, *OTHERS}
    if unknown or X not in dimensions:
        reason = f"its dimensions {sorted(dimensions)} are not ones that are read; export it as OME-TIFF."
        raise ImageError(path=str(path), field=name, reason=reason)
    channels = sorted(
        xml.iterfind(f"{DESCRIPTION}/Channels/ChannelDescription"), key=lambda one: int(one.get("BytesInc", "0"))
    )
    dtype = image.dtype.newbyteorder("<")
    samples = max(1, dimensions[X].step // dtype.itemsize)
    if not channels or dimensions[X].step != samples * dtype.itemsize or len(channels) % samples:
        reason = "its pixels do not lie beside each other, which is not read; export it as OME-TIFF."
        raise ImageError(path=str(path), field=name, reason=reason)
    block = image.memory_block
    made = LifImage(
        name, xml, dimensions, tuple(channels), dtype, samples, block.offset, block.size, image.timestamps
    )  # fmt: skip
    end = sum((one.count - 1) * one.step for one in dimensions.values())
    end += max(int(one.get("BytesInc", "0")) for one in channels) + dtype.itemsize
    check_extent(path, name, end, block.size)
    check_extent(path, name, block.offset + block.size, size)
    return made


def _tiles(image: LifImage) -> Iterator[LifImage]:
    """The image, or each tile of a mosaic."""
    mosaic = image.dimensions.get(MOSAIC)
    if mosaic is None:
        yield image
        return
    inner = {key: one for key, one in image.dimensions.items() if key != MOSAIC}
    for number in range(mosaic.count):
        yield LifImage(
            f"{image.path} (tile {number + 1})", image.xml, inner, image.channels, image.dtype, image.samples,
            image.offset + number * mosaic.step, image.size - number * mosaic.step, image.timestamps, number,
        )  # fmt: skip


def level_of(image: LifImage) -> SegmentLevel:
    """Where the planes are; where rows lie apart, each row."""
    t, c, z, height, width = image.shape
    if t * c * z > MAX_PLANES:
        raise ImageError(path=image.path, field="dimensions", reason=f"say {t * c * z} planes, more than can be read.")
    offsets = (image.offset + plane_starts(image)).astype(np.uint64)
    pixel = image.samples * image.dtype.itemsize
    row = image.dimensions[Y].step if Y in image.dimensions else width * pixel
    end = int(offsets.max()) + height * row if len(offsets) else 0
    if row % pixel == 0 and row >= width * pixel and end <= image.offset + image.size:
        return plane_level(image.shape, image.dtype.str, offsets, samples=image.samples, row_bytes=row)
    return rows_level(image.shape, image.dtype.str, offsets, samples=image.samples, row_bytes=row)


def plane_starts(image: LifImage) -> np.ndarray:
    """Bytes from the image's start to each plane of (t, c / samples, z)."""
    starts = np.zeros(1, np.int64)
    axes = [*image.times, image.dimensions.get(EXCITATION), image.dimensions.get(EMISSION)]
    for axis in (one for one in axes if one is not None):
        starts = (starts[:, None] + axis.step * np.arange(axis.count)).ravel()
    groups = [int(one.get("BytesInc", "0")) for one in image.channels[:: image.samples]]
    starts = (starts[:, None] + np.array(groups, np.int64)).ravel()
    depth = image.dimensions.get(Z)
    if depth is not None:
        starts = (starts[:, None] + depth.step * np.arange(depth.count)).ravel()
    return starts
