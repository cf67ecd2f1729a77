"""TiffData: which page of which file of a set holds which plane of an image (OME-TIFF specification 6)."""

import math
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from imaging.errors import ImageError
from imaging.facts import ImageFacts
from imaging.ome.columns import BadNumber
from imaging.ome.document import Columns
from imaging.ome.facts import DocumentFacts
from imaging.places import beside

MAX_PLANES = 10_000_000
MAX_PAGES = 1 << 40
NAMED = 5  # of missing files that are named in a warning


@dataclass(frozen=True)
class Blocks:
    """TiffData as columns (OME-TIFF specification 6, §TiffData); -1 where `ifd` or `plane_count` is not given.

    file: which of `names` has the planes; the first is the file that was opened. given_by: the file beside this one
    that gives the image instead; beside: all other files that are named, whether they are there or not.
    """

    ifd: np.ndarray
    first: dict[str, np.ndarray]
    plane_count: np.ndarray
    file: np.ndarray
    names: tuple[str, ...] = ("",)
    given_by: str = ""
    beside: tuple[str, ...] = ()


def page_numbers(
    facts: ImageFacts, blocks: Blocks, samples: int, count: int, path: Path
) -> tuple[np.ndarray, np.ndarray]:
    """The page of each plane as (t, c / samples, z), -1 where there is none, and which file has it.

    count: the pages of this file; those of others are counted when they are read.
    """
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
    check_blocks(start, length, ifd, total, np.where(blocks.file == 0, count, MAX_PAGES), path)
    if length.sum() > MAX_PLANES:
        reason = f"its blocks name {length.sum()} planes, more than can be read; export the file again."
        raise ImageError(path=str(path), field="OME-XML TiffData", reason=reason)
    within = np.arange(length.sum()) - np.repeat(length.cumsum() - length, length)
    pages, files = np.full(total, -1, np.int64), np.zeros(total, np.int64)
    pages[np.repeat(start, length) + within] = np.repeat(ifd, length) + within
    files[np.repeat(start, length) + within] = np.repeat(blocks.file, length)
    shape, axes = [sizes[axis] for axis in reversed(order)], [order[::-1].index(axis) for axis in "TCZ"]
    return pages.reshape(shape).transpose(axes), files.reshape(shape).transpose(axes)


def check_blocks(
    start: np.ndarray, length: np.ndarray, ifd: np.ndarray, total: int, count: np.ndarray, path: Path
) -> None:
    """Raise ImageError if a block of `length` planes from number `start`, from page `ifd`, goes beyond the image or
    the `count` pages of its file."""
    outside = np.flatnonzero(start + np.minimum(length, MAX_PLANES) > total)
    if len(outside):
        last = int(start[outside[0]] + length[outside[0]]) - 1
        reason = f"plane {last} lies outside the image's {total} planes; export the file again."
        raise ImageError(path=str(path), field="OME-XML TiffData", reason=reason)
    beyond = np.flatnonzero(ifd > count - length)
    if len(beyond):
        last = int(ifd[beyond[0]] + length[beyond[0]]) - 1
        reason = (
            f"the OME-XML speaks of page {last}, but the file has only {count[beyond[0]]} pages: it is truncated or "
            "its metadata belongs to another file; upload or export it again."
        )
        raise ImageError(path=str(path), field="OME-XML TiffData", reason=reason)


def blocks_of(document: DocumentFacts, index: int, path: Path, *, is_companion: bool) -> tuple[Blocks, list[str]]:
    """The TiffData blocks of an image whose pages are there, in this file or beside it, and what there is to say of it.

    There are none if this file has no part in the image, or if another one gives it: the first that it names. A file
    that was renamed still counts, if all blocks name the same one; a companion holds no pages itself.
    """
    columns = document.tiff_data[index]
    if columns is None:
        none = np.full(0 if is_companion else 1, -1, np.int64)
        return Blocks(none, {axis: np.zeros(len(none), np.int64) for axis in "ZCT"}, none, np.zeros_like(none)), []
    names, uuids = (
        {value for every in document.tiff_data if every and name in every.texts for value in every.texts[name].values}
        - {""}
        for name in ("UUID/FileName", "UUID")
    )
    if len(names) <= 1 and len(uuids) <= 1 and not is_companion:
        notes = [f"The OME-XML calls this file {name!r}; it was renamed since." for name in names - {path.name}]
        return _blocks(columns, path, np.zeros(columns.count, np.int64)), notes
    said = said_files(columns, path.name, "" if is_companion else document.uuid)
    if is_companion:
        said = [name or "?" for name in said]
    if "" not in said and not is_companion:
        return _blocks(columns, path, np.full(columns.count, -1)), []
    others = [name for name in dict.fromkeys(said) if name]
    there = [name for name in others if beside(path, name) is not None]
    numbers = {"": 0} | {name: number for number, name in enumerate(there, 1)}
    file = np.array([numbers.get(name, -1) for name in said], np.int64)
    first = said[int(np.argmax(file >= 0))] if (file >= 0).any() else ""
    if first and not is_companion:
        return replace(_blocks(columns, path, np.full(columns.count, -1)), given_by=first, beside=tuple(others)), []
    blocks = replace(_blocks(columns, path, file), names=(path.name, *there), beside=tuple(others))
    missing = [name for name in others if name not in numbers]
    if not missing:
        return blocks, []
    named = ", ".join(missing[:NAMED]) + (", …" if len(missing) > NAMED else "")
    return blocks, [f"Of the image {document.images[index].name!r} files are missing: {named}. Add them to its folder."]


def _blocks(columns: Columns, path: Path, file: np.ndarray) -> Blocks:
    """The blocks of which it is known where they are."""
    there = file >= 0
    first = {axis: np.maximum(tiff_column(columns, f"First{axis}", path), 0)[there] for axis in "ZCT"}
    numbers = (tiff_column(columns, name, path)[there] for name in ("IFD", "PlaneCount"))
    ifd, plane_count = numbers
    return Blocks(ifd, first, plane_count, file[there])


def said_files(columns: Columns, name: str, uuid: str) -> list[str]:
    """The file that each row names; "" for the one of this name or id, and where none is named."""
    files, uuids = ([None] * columns.count if column is None else column.texts()
                    for column in (columns.texts.get("UUID/FileName"), columns.texts.get("UUID")))  # fmt: skip
    said = [(file or "", (row or "").strip()) for file, row in zip(files, uuids, strict=True)]
    return ["" if file == name or (row and row == uuid) else file or row for file, row in said]


def tiff_column(columns: Columns, name: str, path: Path) -> np.ndarray:
    """A number of each TiffData, -1 where it is not given; raises ImageError."""
    column = columns.numbers.get(name)
    try:
        return np.full(columns.count, -1, np.int64) if column is None else column.numbers
    except BadNumber as error:
        reason = f"{error.text!r} is not a whole number of 0 or more; correct it in the file."
        field = f"OME-XML TiffData[{error.row + 1}]/@{name}"
        raise ImageError(path=str(path), field=field, reason=reason) from error
