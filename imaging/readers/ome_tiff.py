"""OME-TIFF: OME-XML in the first page's description, TiffData says which page holds which plane (OME-TIFF spec 6)."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import tifffile

from imaging.errors import ImageError
from imaging.facts import ChannelFacts, FileFacts, ImageFacts
from imaging.limits import check_chunk, file_size
from imaging.ome_image import TiffData
from imaging.ome_xml import OmeDocument, parse_ome_xml
from imaging.readers import tiff
from imaging.readers.tiff_directory import (
    TiffImage,
    check_pages,
    dtype_of,
    open_tiff,
    page_at,
    plain_images,
    sub_levels,
)

MAX_PLANES = 10_000_000


def description(tif: tifffile.TiffFile) -> str:
    """The OME-XML of a TIFF, or "". Some writers add a second description to the page, so the first is taken."""
    text = page_at(tif, 0).description.strip()
    return text if "<OME" in text[:4000] and text.startswith("<") else ""


def read(path: Path) -> FileFacts:
    """Facts of any TIFF: of its OME-XML if it has one, else of its tags; raises ImageError."""
    with open_tiff(path) as tif:
        xml = description(tif)
        if xml:
            document = parse_ome_xml(xml.encode(), path=str(path))
            if not document.binary_only:
                return facts_of(tif, path, document, xml)
    facts = tiff.read(path)
    if not xml:
        return facts
    warning = f"The OME-XML of this file is in {document.binary_only!r}; add that file to read it."
    return replace(facts, format="image/ome-tiff", warnings=(warning, *facts.warnings))


def facts_of(tif: tifffile.TiffFile, path: Path, document: OmeDocument, xml: str) -> FileFacts:
    """Facts of an OME-TIFF, with the pages checked against what the OME-XML says of them."""
    size = file_size(path)
    images, warnings = [], []
    for index in range(len(document.images)):
        image = ome_image(tif, path, document, index)
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
    if not images:
        raise ImageError(path=str(path), field="OME-XML", reason="describes no Image; export the file again.")
    return FileFacts(
        str(path), "image/ome-tiff", tuple(images), document.instruments, document.experimenters,
        ome_xml_version=document.version, ome_xml=xml, key_values=document.key_values, warnings=tuple(warnings),
    )  # fmt: skip


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


def ome_image(tif: tifffile.TiffFile, path: Path, document: OmeDocument, index: int) -> TiffImage:
    """The pages of one OME Image; raises ImageError where OME-XML and pages do not agree."""
    facts = document.images[index]
    blocks, warnings = own_blocks(document, index, path)
    if not blocks:
        reason = "none of its planes are in this file; add the other files of the set, or export it as one file."
        raise ImageError(path=str(path), field=f"OME-XML Image {facts.name or index}", reason=reason)
    first = min(blocks[0].ifd or 0, len(tif.pages) - 1)
    key = page_at(tif, first)
    if (key.imagewidth, key.imagelength) != (facts.size_x, facts.size_y):
        reason = (
            f"the OME-XML says {facts.size_x} x {facts.size_y} pixels, but page {first} has "
            f"{key.imagewidth} x {key.imagelength}; export the file again."
        )
        raise ImageError(path=str(path), field="OME-XML Pixels/@SizeX, @SizeY", reason=reason)
    if tiff.ome_type(key) != facts.pixel_type:
        warnings.append(f"The OME-XML says pixels of type {facts.pixel_type!r}, the pages {tiff.ome_type(key)!r}.")
    pages = page_numbers(facts, blocks, key.samplesperpixel, len(tif.pages), path)
    if (pages < 0).any():
        missing = int((pages < 0).sum())
        warnings.append(f"{missing} of {pages.size} planes are not in this file; they are shown empty.")
    planes = tuple(None if number < 0 else page_at(tif, int(number)) for number in pages.flat)
    for number, page in zip(pages.flat, planes, strict=True):
        if page is not None and (page.shape, page.dtype) != (key.shape, key.dtype):
            reason = f"page {number} differs in size or type from page {first}; export the file again."
            raise ImageError(path=str(path), field="OME-XML TiffData", reason=reason)
    sizes = (facts.size_t, facts.size_c, facts.size_z)
    return TiffImage(sizes, key.samplesperpixel, planes, sub_levels(planes), warnings=tuple(warnings))


def page_numbers(facts: ImageFacts, blocks: list[TiffData], samples: int, count: int, path: Path) -> np.ndarray:
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
    pages = np.full((sizes["T"], sizes["C"], sizes["Z"]), -1, np.int64)
    flat = pages.transpose(["TCZ".index(axis) for axis in reversed(order)])
    for block in blocks:
        firsts = {"Z": block.first_z, "C": block.first_c, "T": block.first_t}
        start = sum(firsts[axis] * math.prod(sizes[a] for a in order[:n]) for n, axis in enumerate(order))
        length = block.plane_count
        if length is None:
            length = total - start if block.ifd is None else 1
        place(flat, start, block.ifd or 0, length, count, path)
    return pages


def place(flat: np.ndarray, start: int, ifd: int, length: int, count: int, path: Path) -> None:
    """Give `length` planes from number `start` the pages from `ifd`; raises ImageError if there are none such."""
    if start + length > flat.size or start < 0:
        reason = f"plane {start + length - 1} lies outside the image's {flat.size} planes; export the file again."
        raise ImageError(path=str(path), field="OME-XML TiffData", reason=reason)
    if ifd + length > count:
        reason = (
            f"the OME-XML speaks of page {ifd + length - 1}, but the file has only {count} pages: it is truncated or "
            "its metadata belongs to another file; upload or export it again."
        )
        raise ImageError(path=str(path), field="OME-XML TiffData", reason=reason)
    flat[np.unravel_index(np.arange(start, start + length), flat.shape)] = np.arange(ifd, ifd + length)


def own_blocks(document: OmeDocument, index: int, path: Path) -> tuple[list[TiffData], list[str]]:
    """The TiffData blocks of this file. A file that was renamed still counts, if all blocks name the same one."""
    blocks = list(document.tiff_data[index]) or [TiffData(None, 0, 0, 0, None, "", "")]
    names = {block.file_name for every in document.tiff_data for block in every if block.file_name}
    uuids = {block.uuid for every in document.tiff_data for block in every if block.uuid}
    if len(names) <= 1 and len(uuids) <= 1:
        renamed = names - {path.name}
        return blocks, [f"The OME-XML calls this file {name!r}; it was renamed since." for name in renamed]
    own = [b for b in blocks if b.file_name == path.name or (b.uuid and b.uuid == document.uuid) or not b.file_name]
    return own, []


def tiff_images(tif: tifffile.TiffFile, path: Path) -> list[TiffImage]:
    """The images of any TIFF, in the order of its facts."""
    xml = description(tif)
    if xml:
        document = parse_ome_xml(xml.encode(), path=str(path))
        if not document.binary_only:
            return [ome_image(tif, path, document, index) for index in range(len(document.images))]
    return plain_images(tif)
