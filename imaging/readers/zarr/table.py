"""Make the chunk table of one image of an OME-Zarr: its parsed metadata, and for a zip where each chunk is."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from imaging.pixels import type_json
from imaging.places import files_at
from imaging.readers.zarr.groups import metadata_errors
from imaging.readers.zarr.ome import ZarrImage, open_image
from imaging.sources.zarr_store import ZipStore, open_store
from imaging.table import Table, identity_of


def make_tables(path: Path, series: Sequence[str]) -> Iterator[Table]:
    """The tables of images by their paths in the Zarr; raises ImageError."""
    for one in series:
        yield make_zarr_table(path, one)


def make_zarr_table(path: Path, series: str) -> Table:
    """The table of one image: its parsed metadata, and for a zip where each chunk is; raises ImageError."""
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
    return Table(header, arrays)


def zip_columns(store: ZipStore, image: ZarrImage) -> dict[str, np.ndarray]:
    """For each level the numbers of its stored chunks (or shards), ascending, with offset, length, size and method."""
    columns: dict[str, np.ndarray] = {}
    for level, (place, array) in enumerate(zip(image.array_paths, image.arrays, strict=True)):
        outer = array.sharding.shape if array.sharding else array.chunk
        grid = tuple(-(-size // step) for size, step in zip(array.shape, outer, strict=True))
        rows = []
        for key in store:
            if not key.startswith(f"{place}/") and place:
                continue
            parts = [part for part in key[len(place) :].replace(".", "/").split("/") if part and part != "c"]
            if len(parts) != len(grid) or not all(part.isdecimal() for part in parts):
                continue
            index = tuple(int(part) for part in parts)
            if any(i >= n for i, n in zip(index, grid, strict=True)):
                continue
            if key != f"{place}/{array.key(index)}".lstrip("/") or (member := store.member(key)) is None:
                continue
            number = int(np.ravel_multi_index(index, grid))
            rows.append((number, member.offset, member.length, member.size, member.method))
        columns[f"members{level}"] = np.array(sorted(rows), np.int64).reshape(-1, 5)
    return columns
