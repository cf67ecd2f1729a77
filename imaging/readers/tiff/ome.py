"""OME-TIFF: OME-XML in the first page's description, TiffData says which page holds which plane (OME-TIFF spec 6)."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePath

import numpy as np
import tifffile

from imaging.errors import ImageError
from imaging.facts import ChannelFacts, FileFacts, ImageFacts
from imaging.limits import MAX_XML_BYTES, check_chunk, file_size
from imaging.ome.columns import BadNumber
from imaging.ome.document import Columns
from imaging.ome.facts import DocumentFacts, document_facts
from imaging.ome.read import read_ome
from imaging.readers.tiff import plain as tiff
from imaging.readers.tiff.directory import (
    TiffImage,
    check_pages,
    dtype_of,
    open_tiff,
    page_at,
    plain_images,
    sub_levels,
)
from imaging.readers.tiff.pages import PageReader

MAX_PLANES = 10_000_000


@dataclass(frozen=True)
class Blocks:
    """TiffData as columns (OME-TIFF specification 6, §TiffData); -1 where `ifd` or `plane_count` is not given."""

    ifd: np.ndarray
    first: dict[str, np.ndarray]
    plane_count: np.ndarray


def description(tif: tifffile.TiffFile) -> str:
    """The OME-XML of a TIFF, or "". Some writers add a second description to the page, so the first is taken."""
    text = page_at(tif, 0).description.strip()
    return text if "<OME" in text[:4000] and text.startswith("<") else ""


def document_of(tif: tifffile.TiffFile, path: Path) -> DocumentFacts | None:
    """What the OME-XML of a TIFF says, or None if it has none. If that stands in a companion file beside it (OME-TIFF
    specification 6, §binary-only), what that one says of all files of the set."""
    xml = description(tif)
    if not xml:
        return None
    document = document_facts(read_ome(xml, path=str(path)), path=str(path))
    companion = path.parent / PurePath(document.binary_only).name
    if not document.binary_only or companion.resolve().parent != path.resolve().parent or not companion.is_file():
        return document
    if file_size(companion) > MAX_XML_BYTES:
        raise ImageError(path=str(companion), field="OME-XML", reason=f"has more than {MAX_XML_BYTES} bytes.")
    described = document_facts(read_ome(companion.read_bytes(), path=str(companion)), path=str(companion))
    return replace(described, uuid=document.uuid)


def read(path: Path) -> FileFacts:
    """Facts of any TIFF: of its OME-XML if it has one, else of its tags; raises ImageError."""
    with open_tiff(path) as tif:
        document = document_of(tif, path)
        if document is not None and not document.binary_only:
            return facts_of(tif, path, document)
    facts = tiff.read(path)
    if document is None:
        return facts
    warning = f"The OME-XML of this file is in {document.binary_only!r}; put that file beside it to read it."
    return replace(facts, format="image/ome-tiff", ome=document.document, warnings=(warning, *facts.warnings))


def facts_of(tif: tifffile.TiffFile, path: Path, document: DocumentFacts) -> FileFacts:
    """Facts of an OME-TIFF, with the pages checked against what the OME-XML says of them."""
    size = file_size(path)
    found = ome_images(tif, path, document)
    images, warnings = [], list(document.document.warnings)
    if len(found) < len(document.images):
        left = len(document.images) - len(found)
        warnings.append(f"Of the {len(document.images)} images of the OME-XML {left} are in other files of the set.")
    for index, image in found.items():
        warnings += [warning for warning in image.warnings if warning not in warnings]
        check_pages(image, path, size)
        chunk = tiff.segment_shape(image.key)
        check_chunk(path, chunk[0] * chunk[1] * image.samples * dtype_of(image.key).itemsize)
        facts = document.images[index]
        images.append(
            replace(
                facts,
                channels=complete_channels(facts, image),
                series_path="" if len(document.images) == 1 else str(index),
                level_count=len(image.levels),
                chunk_shape=chunk,
            )
        )
    return FileFacts(
        str(path), "image/ome-tiff", tuple(images), document.instruments, document.experimenters,
        ome=document.document, key_values=document.key_values, warnings=tuple(warnings),
    )  # fmt: skip


def ome_images(tif: tifffile.TiffFile, path: Path, document: DocumentFacts) -> dict[int, TiffImage]:
    """The images of a document that have planes in this file, by their number; raises ImageError if there are none."""
    if not document.images:
        raise ImageError(path=str(path), field="OME-XML", reason="describes no Image; export the file again.")
    reader = PageReader(tif)
    blocks = [own_blocks(document, index, path) for index in range(len(document.images))]
    present = [index for index, (own, _) in enumerate(blocks) if len(own.ifd)]
    if not present:
        reason = "none of its planes are in this file; add the other files of the set, or export it as one file."
        raise ImageError(path=str(path), field=f"OME-XML Image {document.images[0].name or 0}", reason=reason)
    return {index: ome_image(reader, path, document.images[index], *blocks[index]) for index in present}


def complete_channels(facts: ImageFacts, image: TiffImage) -> tuple[ChannelFacts, ...]:
    """One channel for each of SizeC, as pixels are served: a Channel of several samples (RGB) gives one for each."""
    channels = list(facts.channels)
    if len(channels) == facts.size_c:
        return facts.channels
    spread: list[ChannelFacts] = []
    for channel in channels:
        samples = channel.samples_per_pixel if channel.samples_per_pixel > 1 else image.samples
        names = ["Red", "Green", "Blue", "Alpha"] if samples in (3, 4) else [f"sample {n}" for n in range(samples)]
        colors = ["#ff0000", "#00ff00", "#0000ff", "#ffffff"] if samples in (3, 4) else [channel.color] * samples
        for name, color in list(zip(names, colors, strict=True))[:samples]:
            spread.append(replace(channel, name=f"{channel.name} {name}".strip(), color=color))
    spread = spread[: facts.size_c] + [ChannelFacts(0)] * (facts.size_c - len(spread))
    return tuple(replace(channel, index=index) for index, channel in enumerate(spread))


def ome_image(reader: PageReader, path: Path, facts: ImageFacts, blocks: Blocks, notes: Sequence[str]) -> TiffImage:
    """The pages of one OME Image; raises ImageError where OME-XML and pages do not agree."""
    warnings = list(notes)
    first = min(max(int(blocks.ifd[0]), 0), len(reader) - 1)
    key = reader.page(first).key
    if (key.imagewidth, key.imagelength) != (facts.size_x, facts.size_y):
        reason = (
            f"the OME-XML says {facts.size_x} x {facts.size_y} pixels, but page {first} has "
            f"{key.imagewidth} x {key.imagelength}; export the file again."
        )
        raise ImageError(path=str(path), field="OME-XML Pixels/@SizeX, @SizeY", reason=reason)
    if tiff.ome_type(key) != facts.pixel_type:
        warnings.append(f"The OME-XML says pixels of type {facts.pixel_type!r}, the pages {tiff.ome_type(key)!r}.")
    pages = page_numbers(facts, blocks, key.samplesperpixel, len(reader), path)
    if (pages < 0).any():
        missing = int((pages < 0).sum())
        warnings.append(f"{missing} of {pages.size} planes are not in this file; they are shown empty.")
    planes = tuple(None if number < 0 else reader.page(number) for number in pages.ravel().tolist())
    for number, page in zip(pages.flat, planes, strict=True):
        if page is not None and (page.key.shape, page.key.dtype) != (key.shape, key.dtype):
            reason = f"page {number} differs in size or type from page {first}; export the file again."
            raise ImageError(path=str(path), field="OME-XML TiffData", reason=reason)
    sizes = (facts.size_t, facts.size_c, facts.size_z)
    return TiffImage(sizes, key.samplesperpixel, planes, sub_levels(reader, planes), warnings=tuple(warnings))


def page_numbers(facts: ImageFacts, blocks: Blocks, samples: int, count: int, path: Path) -> np.ndarray:
    """The page of each plane as (t, c / samples, z); -1 where this file has none."""
    if facts.size_c % samples:
        reason = f"is {facts.size_c}, but a page holds {samples} samples a pixel; export the file again."
        raise ImageError(path=str(path), field="OME-XML Pixels/@SizeC", reason=reason)
    sizes = {"T": facts.size_t, "C": facts.size_c // samples, "Z": facts.size_z}
    order = facts.dimension_order[2:]  # fastest first
    if sorted(order) != ["C", "T", "Z"]:
        reason = f"{facts.dimension_order!r} is not one of XYZCT, XYZTC, XYCTZ, XYCZT, XYTCZ, XYTZC."
        raise ImageError(path=str(path), field="OME-XML Pixels/@DimensionOrder", reason=reason)
    total = sizes["T"] * sizes["C"] * sizes["Z"]
    if total > MAX_PLANES:
        raise ImageError(path=str(path), field="OME-XML Pixels", reason=f"says {total} planes, more than can be read.")
    strides = [math.prod(sizes[before] for before in order[:place]) for place in range(3)]
    start = sum(
        (np.minimum(blocks.first[axis], MAX_PLANES) * stride for axis, stride in zip(order, strides, strict=True)),
        np.zeros(len(blocks.ifd), np.int64),
    )
    length = np.where(blocks.plane_count >= 0, blocks.plane_count, np.where(blocks.ifd < 0, total - start, 1))
    ifd = np.maximum(blocks.ifd, 0)
    check_blocks(start, length, ifd, total, count, path)
    if length.sum() > MAX_PLANES:
        reason = f"its blocks name {length.sum()} planes, more than can be read; export the file again."
        raise ImageError(path=str(path), field="OME-XML TiffData", reason=reason)
    within = np.arange(length.sum()) - np.repeat(length.cumsum() - length, length)
    pages = np.full(total, -1, np.int64)
    pages[np.repeat(start, length) + within] = np.repeat(ifd, length) + within
    pages = pages.reshape([sizes[axis] for axis in reversed(order)])
    return pages.transpose([order[::-1].index(axis) for axis in "TCZ"])


def check_blocks(start: np.ndarray, length: np.ndarray, ifd: np.ndarray, total: int, count: int, path: Path) -> None:
    """Raise ImageError if a block of `length` planes from number `start`, from page `ifd`, goes beyond the image or
    the file."""
    outside = np.flatnonzero(start + np.minimum(length, MAX_PLANES) > total)
    if len(outside):
        last = int(start[outside[0]] + length[outside[0]]) - 1
        reason = f"plane {last} lies outside the image's {total} planes; export the file again."
        raise ImageError(path=str(path), field="OME-XML TiffData", reason=reason)
    beyond = np.flatnonzero(ifd > count - length)
    if len(beyond):
        last = int(ifd[beyond[0]] + length[beyond[0]]) - 1
        reason = (
            f"the OME-XML speaks of page {last}, but the file has only {count} pages: it is truncated or "
            "its metadata belongs to another file; upload or export it again."
        )
        raise ImageError(path=str(path), field="OME-XML TiffData", reason=reason)


def own_blocks(document: DocumentFacts, index: int, path: Path) -> tuple[Blocks, list[str]]:
    """The TiffData blocks of this file. A file that was renamed still counts, if all blocks name the same one."""
    columns = document.tiff_data[index]
    if columns is None:
        none = np.full(1, -1, np.int64)
        return Blocks(none, {axis: np.zeros(1, np.int64) for axis in "ZCT"}, none), []
    blocks = Blocks(
        tiff_column(columns, "IFD", path),
        {axis: np.maximum(tiff_column(columns, f"First{axis}", path), 0) for axis in "ZCT"},
        tiff_column(columns, "PlaneCount", path),
    )
    names, uuids = (
        {value for every in document.tiff_data if every and name in every.texts for value in every.texts[name].values}
        - {""}
        for name in ("UUID/FileName", "UUID")
    )
    if len(names) <= 1 and len(uuids) <= 1:
        renamed = names - {path.name}
        return blocks, [f"The OME-XML calls this file {name!r}; it was renamed since." for name in renamed]
    own = own_rows(columns, path.name, document.uuid)
    first = {axis: column[own] for axis, column in blocks.first.items()}
    return Blocks(blocks.ifd[own], first, blocks.plane_count[own]), []


def own_rows(columns: Columns, name: str, uuid: str) -> np.ndarray:
    """The rows that name this file, or none."""
    files, uuids = ([None] * columns.count if column is None else column.texts()
                    for column in (columns.texts.get("UUID/FileName"), columns.texts.get("UUID")))  # fmt: skip
    return np.array(
        [row for row, (file, said) in enumerate(zip(files, uuids, strict=True))
         if not file or file == name or (said and said.strip() == uuid)], np.int64,
    )  # fmt: skip


def tiff_column(columns: Columns, name: str, path: Path) -> np.ndarray:
    """A number of each TiffData, -1 where it is not given; raises ImageError."""
    column = columns.numbers.get(name)
    try:
        return np.full(columns.count, -1, np.int64) if column is None else column.numbers
    except BadNumber as error:
        reason = f"{error.text!r} is not a whole number of 0 or more; correct it in the file."
        field = f"OME-XML TiffData[{error.row + 1}]/@{name}"
        raise ImageError(path=str(path), field=field, reason=reason) from error


def tiff_images(tif: tifffile.TiffFile, path: Path) -> dict[int, TiffImage]:
    """The images of any TIFF, by the number that its facts give them."""
    document = document_of(tif, path)
    if document is not None and not document.binary_only:
        return ome_images(tif, path, document)
    return dict(enumerate(plain_images(tif)))
