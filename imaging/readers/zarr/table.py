"""Make the chunk table of one image of an OME-Zarr: its parsed metadata, and which chunks there are, where."""

import math
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from imaging.pixels import type_json
from imaging.places import files_at
from imaging.readers.zarr.groups import metadata_errors
from imaging.readers.zarr.ome import ZarrImage, open_image
from imaging.sources.zarr_array import ZarrArray
from imaging.sources.zarr_store import ZipStore, open_store
from imaging.table import Table, identity_of

MOST_LISTED = 1 << 20  # chunks or shards of a level of which is noted which are there


def make_tables(path: Path, series: Sequence[str]) -> Iterator[Table]:
    """The tables of images by their paths in the Zarr; raises ImageError."""
    for one in series:
        yield make_zarr_table(path, one)


def make_zarr_table(path: Path, series: str) -> Table:
    """The table of one image: its parsed metadata, and for a zip where each chunk is, for a folder which there are;
    raises ImageError."""
    store = open_store(path)
    with metadata_errors(path):
        image = open_image(store, series)
    levels = [{"path": p, "metadata": m} for p, m in zip(image.array_paths, image.metadata, strict=True)]
    file = path.name if isinstance(store, ZipStore) else ""
    header: type_json = {"kind": "zarr", "name": path.name, "file": file, "axes": image.axes, "levels": levels}
    header["labels"] = image.is_labels
    arrays: dict[str, np.ndarray] = {}
    if isinstance(store, ZipStore):
        header["identity"] = identity_of([path.name], files_at(path))
        arrays = zip_columns(store, image)
    else:
        names = ("zarr.json",) if image.group.zarr_format == 3 else (".zattrs", ".zarray")
        files = [f"{place}/{name}".lstrip("/") for place in (series, *image.array_paths) for name in names]
        header["identity"] = identity_of([file for file in files if (path / file).is_file()], files_at(path))
        arrays = folder_columns(path, image)
    return Table(header, arrays)


def folder_columns(path: Path, image: ZarrImage) -> dict[str, np.ndarray]:
    """For each level a bit for each chunk (or shard), the lowest first: whether it is there. Not of very many."""
    columns: dict[str, np.ndarray] = {}
    for level, (place, array) in enumerate(zip(image.array_paths, image.arrays, strict=True)):
        count = math.prod(array.stored_grid)
        if count > MOST_LISTED:
            continue
        there = np.zeros(count, bool)
        for folder, _, names in os.walk(path / place):
            below = Path(folder).relative_to(path).as_posix()
            for name in names:
                number = number_of(f"{below}/{name}".removeprefix("./"), place, array)
                if number is not None:
                    there[number] = True
        columns[f"stored{level}"] = np.packbits(there, bitorder="little")
    return columns


def number_of(key: str, place: str, array: ZarrArray) -> int | None:
    """The number of the chunk (or shard) of an array that is stored under a key; None if it is none of its."""
    if place and not key.startswith(f"{place}/"):
        return None
    grid = array.stored_grid
    parts = [part for part in key[len(place) :].replace(".", "/").split("/") if part and part != "c"]
    if len(parts) != len(grid) or not all(part.isdecimal() for part in parts):
        return None
    index = tuple(int(part) for part in parts)
    if any(i >= n for i, n in zip(index, grid, strict=True)) or key != f"{place}/{array.key(index)}".lstrip("/"):
        return None
    return int(np.ravel_multi_index(index, grid))


def zip_columns(store: ZipStore, image: ZarrImage) -> dict[str, np.ndarray]:
    """For each level the numbers of its stored chunks (or shards), ascending, with offset, length, size and method."""
    columns: dict[str, np.ndarray] = {}
    for level, (place, array) in enumerate(zip(image.array_paths, image.arrays, strict=True)):
        rows = []
        for key in store:
            number = number_of(key, place, array)
            if number is None or (member := store.member(key)) is None:
                continue
            rows.append((number, member.offset, member.length, member.size, member.method))
        columns[f"members{level}"] = np.array(sorted(rows), np.int64).reshape(-1, 5)
    return columns
