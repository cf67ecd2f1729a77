"""OME-TIFF: OME-XML in the first page's description, TiffData says which page holds which plane (OME-TIFF spec 6)."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path, PurePath

import numpy as np
import tifffile

from imaging.errors import ImageError
from imaging.facts import ChannelFacts, FileFacts, ImageFacts
from imaging.limits import MAX_XML_BYTES, check_chunk, file_size
from imaging.ome.facts import DocumentFacts, document_facts
from imaging.ome.read import read_ome
from imaging.places import beside
from imaging.readers.tiff import plain as tiff
from imaging.readers.tiff.directory import (
    Planes,
    TiffImage,
    check_pages,
    check_segments,
    dtype_of,
    open_tiff,
    page_at,
    plain_images,
    sub_levels,
)
from imaging.readers.tiff.pages import Page, PageReader
from imaging.readers.tiff.tiff_data import Blocks, blocks_of, page_numbers


def description(tif: tifffile.TiffFile) -> str:
    """The OME-XML of a TIFF, or "". Some writers add a second description to the page, so the first is taken."""
    text = page_at(tif, 0).description.strip()
    return text if "<OME" in text[:4000] and text.startswith("<") else ""


def document_of(tif: tifffile.TiffFile, path: Path) -> tuple[DocumentFacts | None, str]:
    """What the OME-XML of a TIFF says, or None if it has none. If that stands in a companion file beside it (OME-TIFF
    specification 6, §binary-only), what that one says of all files of the set; and its name."""
    xml = description(tif)
    if not xml:
        return None, ""
    document = document_facts(read_ome(xml, path=str(path)), path=str(path))
    name = PurePath(document.binary_only).name
    companion = beside(path, name)
    return (document if companion is None else replace(document_at(companion), uuid=document.uuid)), name


def read(path: Path) -> FileFacts:
    """Facts of any TIFF: of its OME-XML if it has one, else of its tags; raises ImageError."""
    with open_tiff(path) as tif:
        document, companion = document_of(tif, path)
        if document is not None and not document.binary_only:
            facts = facts_of(tif, path, document)
            return replace(facts, beside=tuple(dict.fromkeys((companion, *facts.beside)))) if companion else facts
    facts = tiff.read(path)
    if document is None:
        return facts
    warning = f"The OME-XML of this file is in {document.binary_only!r}; put that file beside it to read it."
    return replace(
        facts, format="image/ome-tiff", ome=document.document, warnings=(warning, *facts.warnings), beside=(companion,)
    )


def facts_of(tif: tifffile.TiffFile | None, path: Path, document: DocumentFacts) -> FileFacts:
    """Facts of an OME-TIFF, or of a companion (then there is no `tif`), with the pages checked against what the OME-XML
    says of them. If another file gives all of its images, it has none."""
    found, blocks = ome_images(tif, path, document)
    images, warnings = [], list(document.document.warnings)
    needed = tuple(dict.fromkeys(name for one in blocks for name in one.beside if not name.startswith("urn:")))
    if not found:
        givers = ", ".join(dict.fromkeys(one.given_by for one in blocks if one.given_by))
        said = f"Its planes are part of what {givers} gives." if givers else "None of its files is there; add them."
        return FileFacts(str(path), "image/ome-tiff", (), warnings=(said,), beside=needed)
    if len(found) < len(document.images):
        left = len(document.images) - len(found)
        warnings.append(f"Of the {len(document.images)} images of the OME-XML {left} are in other files of the set.")
    for index, image in found.items():
        warnings += [warning for warning in image.warnings if warning not in warnings]
        if tif is not None:
            check_pages(image, path, file_size(path))
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
        ome=document.document, key_values=document.key_values, warnings=tuple(warnings), beside=needed,
    )  # fmt: skip


def ome_images(
    tif: tifffile.TiffFile | None, path: Path, document: DocumentFacts
) -> tuple[dict[int, TiffImage], list[Blocks]]:
    """The images of a document that this file gives, by their number, and the blocks of all; raises ImageError if it
    has a part in none."""
    if not document.images:
        raise ImageError(path=str(path), field="OME-XML", reason="describes no Image; export the file again.")
    own = None if tif is None else PageReader(tif)
    blocks = [blocks_of(document, index, path, is_companion=tif is None) for index in range(len(document.images))]
    given = [index for index, (of_image, _) in enumerate(blocks) if len(of_image.ifd)]
    if not given and not any(of_image.given_by or tif is None for of_image, _ in blocks):
        reason = "none of its planes are in this file; add the other files of the set, or export it as one file."
        raise ImageError(path=str(path), field=f"OME-XML Image {document.images[0].name or 0}", reason=reason)
    found = {index: ome_image(own, path, document.images[index], *blocks[index]) for index in given}
    return found, [of_image for of_image, _ in blocks]


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


def ome_image(own: PageReader | None, path: Path, facts: ImageFacts, blocks: Blocks, notes: Sequence[str]) -> TiffImage:
    """The pages of one OME Image; raises ImageError where OME-XML and pages do not agree."""
    warnings = list(notes)
    first = max(int(blocks.ifd[0]), 0)
    key_page = planes_of(own, path, blocks.names, int(blocks.file[0]), [first], is_whole=False)[0][0]
    assert key_page is not None
    key = key_page.key
    if (key.imagewidth, key.imagelength) != (facts.size_x, facts.size_y):
        reason = (
            f"the OME-XML says {facts.size_x} x {facts.size_y} pixels, but page {first} has "
            f"{key.imagewidth} x {key.imagelength}; export the file again."
        )
        raise ImageError(path=str(path), field="OME-XML Pixels/@SizeX, @SizeY", reason=reason)
    if tiff.ome_type(key) != facts.pixel_type:
        warnings.append(f"The OME-XML says pixels of type {facts.pixel_type!r}, the pages {tiff.ome_type(key)!r}.")
    pages, files = page_numbers(facts, blocks, key.samplesperpixel, 0 if own is None else len(own), path)
    if (pages < 0).any():
        missing = int((pages < 0).sum())
        where = "this file" if len(blocks.names) == 1 else "the files that are there"
        warnings.append(f"{missing} of {pages.size} planes are not in {where}; they are shown empty.")
    levels = levels_of(own, path, blocks.names, pages.ravel(), files.ravel())
    for number, page in zip(pages.flat, levels[0], strict=True):
        if page is not None and (page.key.shape, page.key.dtype) != (key.shape, key.dtype):
            reason = f"page {number} differs in size or type from page {first}; export the file again."
            raise ImageError(path=str(path), field="OME-XML TiffData", reason=reason)
    sizes, of_file = (facts.size_t, facts.size_c, facts.size_z), tuple(files.ravel().tolist())
    return TiffImage(
        sizes, key.samplesperpixel, levels[0], levels[1:], 0, tuple(warnings), blocks.names,
        of_file if len(blocks.names) > 1 else (),
    )  # fmt: skip


def levels_of(
    own: PageReader | None, path: Path, names: Sequence[str], pages: np.ndarray, files: np.ndarray
) -> tuple[Planes, ...]:
    """The page of each plane at each resolution, of all files of the set; each file is opened once."""
    of_files = []
    for number in np.unique(files).tolist():
        rows = np.flatnonzero(files == number)
        of_files.append((rows, planes_of(own, path, names, number, pages[rows].tolist(), is_whole=True)))
    counts = {len(levels) for rows, levels in of_files if any(page is not None for page in levels[0])}
    if len(counts) != 1:
        reason = "have different numbers of lower resolutions; export them again in one way."
        raise ImageError(path=str(path), field="files", reason=reason)
    merged: list[list[Page | None]] = [[None] * len(pages) for _ in range(counts.pop())]
    for rows, levels in of_files:
        for into, level in zip(merged, levels, strict=False):
            for row, page in zip(rows.tolist(), level, strict=True):
                into[row] = page
    return tuple(map(tuple, merged))


def planes_of(
    own: PageReader | None, path: Path, names: Sequence[str], number: int, pages: Sequence[int], *, is_whole: bool
) -> tuple[Planes, ...]:
    """These pages (None for those below 0) of the file with this number in the set, at each resolution if `is_whole`;
    raises ImageError."""
    if number == 0:
        if own is None:
            return (tuple(None for _ in pages),)
        return pages_of(own, [min(page, len(own) - 1) for page in pages], is_whole=is_whole)
    place = beside(path, names[number])
    if place is None:
        raise ImageError(path=str(path), field=names[number], reason="is no longer beside it; put it there again.")
    size = file_size(place)
    with open_tiff(place) as tif:
        reader = PageReader(tif)
        if max(pages) >= len(reader):
            reason = f"has only {len(reader)} pages, but the OME-XML speaks of page {max(pages)}; export it again."
            raise ImageError(path=str(path), field=names[number], reason=reason)
        levels = pages_of(reader, pages, is_whole=is_whole)
    for page in (page for level in levels for page in level if page is not None):
        check_segments(page, place, size)
    return levels


def pages_of(reader: PageReader, pages: Sequence[int], *, is_whole: bool) -> tuple[Planes, ...]:
    """These pages of a file, None for those below 0, at each resolution if `is_whole`."""
    planes = tuple(None if number < 0 else reader.page(number) for number in pages)
    if not is_whole or all(page is None for page in planes):
        return (planes,)
    return (planes, *sub_levels(reader, planes))


def document_at(path: Path) -> DocumentFacts:
    """What a file of OME-XML says; raises ImageError."""
    if file_size(path) > MAX_XML_BYTES:
        raise ImageError(path=str(path), field="OME-XML", reason=f"has more than {MAX_XML_BYTES} bytes.")
    return document_facts(read_ome(path.read_bytes(), path=str(path)), path=str(path))


def tiff_images(tif: tifffile.TiffFile, path: Path) -> dict[int, TiffImage]:
    """The images of any TIFF, by the number that its facts give them."""
    document, _ = document_of(tif, path)
    if document is not None and not document.binary_only:
        return ome_images(tif, path, document)[0]
    return dict(enumerate(plain_images(tif)))
