"""Where HDF5 keeps the pixels of datasets: their chunks, which are served as those of a Zarr, without the HDF5 library.

Only what lies in the file itself is read: no links to other files or places, no external or virtual storage.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from imaging.errors import ImageError
from imaging.limits import check_chunk, check_extent, file_size
from imaging.pixels import Shape5, bytes_codec, type_json
from imaging.places import Files, FilesBeside, files_at
from imaging.readers.vendor import library_errors
from imaging.segment_table import plane_level, segment_table
from imaging.sources.zarr_store import STORED
from imaging.table import Table, identity_of

# HDF5 library: H5Zpublic.h; numbers from 32000 on are registered at The HDF Group.
DEFLATE, SHUFFLE, FLETCHER32, LZF, BLOSC, ZSTD = 1, 2, 3, 32000, 32001, 32015
NAMES = {4: "szip", 5: "n-bit", 6: "scale-offset", 32004: "LZ4", 32008: "bitshuffle", 32013: "ZFP", 32026: "blosc2"}
LARGEST_RUN = 8 << 20  # bytes of a chunk that a dataset without chunks is cut into
PIXEL_TYPES = {"float32": "float", "float64": "double", "bool": "bit"}


@dataclass(frozen=True)
class Stored:
    """A dataset's pixels. `rows`: int64 [chunk, (its place along each axis …, offset, length)]; `offset`: where all
    pixels lie if there are no chunks, 0 if they were never written."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    chunk: tuple[int, ...] | None
    codecs: tuple[type_json, ...] = ()
    rows: np.ndarray = field(default_factory=lambda: np.zeros((0, 0), np.int64), compare=False)
    offset: int = 0


@contextmanager
def open_hdf5(path: Path) -> Iterator[h5py.File]:
    """The file, opened to read; raises ImageError for whatever the library finds wrong with it."""
    file_size(path)
    with library_errors(path, "HDF5"), h5py.File(path, "r", locking=False) as file:
        yield file


def member(path: Path, group: h5py.Group, name: str) -> Any:
    """What a group has under a name, None if nothing; raises ImageError if that is a link elsewhere."""
    for part in name.split("/"):
        link = group.get(part, getlink=True)
        if link is None:
            return None
        if not isinstance(link, h5py.HardLink):
            where = f"another file, {link.filename!r}" if isinstance(link, h5py.ExternalLink) else "another place"
            reason = f"is a link to {where}, which is not followed; save the image into one file."
            raise ImageError(path=str(path), field=f"{group.name}/{part}".replace("//", "/"), reason=reason)
        group = group[part]
    return group


def stored(path: Path, dataset: h5py.Dataset, *, chunks: bool) -> Stored:
    """Where a dataset's pixels lie; raises ImageError if that is elsewhere, or they are coded in an unknown way.

    chunks: look where each lies, which takes about 8 µs a chunk.
    """

    def refuse(reason: str) -> ImageError:
        return ImageError(path=str(path), field=str(dataset.name), reason=reason)

    if dataset.dtype.kind not in "uifb" or dataset.dtype.itemsize > 8:
        raise refuse(f"has values of type {dataset.dtype}, which are no pixels.")
    plist = dataset.id.get_create_plist()
    layout = plist.get_layout()
    if layout == h5py.h5d.VIRTUAL or plist.get_external_count():
        raise refuse("keeps its pixels in other files, which are not followed; save the image into one file.")
    size = path.stat().st_size
    if layout == h5py.h5d.CONTIGUOUS:
        offset = dataset.id.get_offset() or 0
        check_extent(path, str(dataset.name), offset + (dataset.nbytes if offset else 0), size)
        return Stored(dataset.shape, dataset.dtype, None, offset=offset)
    if layout != h5py.h5d.CHUNKED:
        raise refuse("keeps its pixels in its header; save it with chunks.")
    rows = chunk_rows(dataset, refuse) if chunks else np.zeros((0, len(dataset.shape) + 2), np.int64)
    check_extent(path, str(dataset.name), int((rows[:, -2] + rows[:, -1]).max(initial=0)), size)
    nbytes = int(np.prod(dataset.chunks, dtype=object)) * dataset.dtype.itemsize
    check_chunk(path, nbytes)
    return Stored(dataset.shape, dataset.dtype, dataset.chunks, codecs_of(plist, dataset, refuse), rows)


def chunk_rows(dataset: h5py.Dataset, refuse: Any) -> np.ndarray:
    """Place along each axis (in chunks), offset and length of each chunk that was written."""
    rows: list[tuple[int, ...]] = []
    masks = set()

    def note(chunk: Any) -> None:
        masks.add(chunk.filter_mask)
        rows.append((*chunk.chunk_offset, chunk.byte_offset, chunk.size))

    dataset.id.chunk_iter(note)
    if masks - {0}:
        raise refuse(
            "has chunks that were stored without its filters; save it again, without compression or by deflate."
        )
    found = np.array(rows, np.int64).reshape(len(rows), len(dataset.shape) + 2)
    found[:, :-2] //= np.array(dataset.chunks, np.int64)
    return found


def codecs_of(plist: Any, dataset: h5py.Dataset, refuse: Any) -> tuple[type_json, ...]:
    """The filters of a dataset as Zarr v3 codecs, in the order of encoding; raises ImageError for unknown ones."""
    order = "big" if dataset.dtype.str[0] == ">" else "little"
    codecs = [bytes_codec(dataset.dtype.itemsize, order)]
    for number in range(plist.get_nfilters()):
        code, _, values, _ = plist.get_filter(number)
        match code:
            case 1:
                codecs.append({"name": "numcodecs.zlib", "configuration": {"level": values[0] if values else 6}})
            case 2:
                codecs.append({"name": "numcodecs.shuffle", "configuration": {"elementsize": dataset.dtype.itemsize}})
            case 3:
                codecs.append({"name": "numcodecs.fletcher32", "configuration": {}})
            case 32000:
                codecs.append({"name": "hdf5.lzf", "configuration": {}})
            case 32001:
                codecs.append({"name": "blosc", "configuration": {"cname": "lz4", "clevel": 5, "shuffle": "noshuffle",
                                                                  "blocksize": 0}})  # fmt: skip
            case 32015:
                codecs.append({"name": "zstd", "configuration": {"level": 3, "checksum": False}})
            case _:
                title = NAMES.get(code, f"number {code}")
                raise refuse(f"is compressed by the filter {title}, which is not read; save it with deflate or zstd.")
    return tuple(codecs)


def hdf5_table(
    path: Path,
    levels: Sequence[tuple[Shape5, Mapping[tuple[int, int], Stored]]],
    dtype: str = "",
    others: Sequence[str] = (),
) -> Table:
    """The table of an image whose datasets are volumes (z, y, x), by time and channel; raises ImageError.

    levels: the image's shape, which datasets may exceed by padding, and the datasets that there are. dtype: what the
    pixels are, if the file says another type of the same size. others: files beside it that say what the image is.
    """
    files = FilesBeside(path, path.name) if others else files_at(path)
    names = [path.name, *others]
    any_part = next(iter(levels[0][1].values()))
    for _, parts in levels:
        for one in parts.values():
            if (one.dtype, one.codecs, one.chunk is None) != (any_part.dtype, any_part.codecs, any_part.chunk is None):
                reason = "its parts are stored in different ways; save the image again in one go."
                raise ImageError(path=str(path), field="datasets", reason=reason)
    if any_part.chunk is None:
        kind = dtype or any_part.dtype.str
        return segment_table(files, names, [_planes_of(shape, parts, kind) for shape, parts in levels])
    described, members = [], []
    for shape, parts in levels:
        chunks = {one.chunk for one in parts.values()}
        if len(chunks) != 1 or (chunk := chunks.pop()) is None:
            reason = "has chunks of different sizes; save the image again in one go."
            raise ImageError(path=str(path), field="datasets", reason=reason)
        rows = [
            np.insert(one.rows, 0, [[t], [c]], axis=1) if len(one.rows) else np.zeros((0, 7), np.int64)
            for (t, c), one in parts.items()
        ]
        metadata, found = _array(path, shape, (1, 1, *chunk), any_part, np.concatenate(rows), dtype)
        described.append({"path": "", "metadata": metadata})
        members.append(found)
    return _zarr_table("tczyx", described, members, files, names)


def dataset_table(path: Path, one: Stored, axes: str) -> Table:
    """The table of an image that is one dataset with these axes, in its own order; raises ImageError."""
    named = dict(zip(axes, one.shape, strict=True))
    t, c, z, y, x = (named.get(axis, 1) for axis in "tczyx")
    if one.chunk is None and list(axes) == sorted(axes, key="tczyx".index):
        offsets = (one.offset + y * x * one.dtype.itemsize * np.arange(t * c * z)) * bool(one.offset)
        level = plane_level((t, c, z, y, x), one.dtype.str, offsets.astype(np.uint64))
        return segment_table(files_at(path), [path.name], [level])
    chunk, rows = (one.chunk, one.rows) if one.chunk is not None else _runs(path, one)
    codecs = one.codecs or (bytes_codec(one.dtype.itemsize, "big" if one.dtype.str[0] == ">" else "little"),)
    coded = Stored(one.shape, one.dtype, chunk, codecs, rows)
    metadata, members = _array(path, one.shape, chunk, coded, rows, "")
    return _zarr_table(axes, [{"path": "", "metadata": metadata}], [members], files_at(path), [path.name])


def _planes_of(shape: Shape5, parts: Mapping[tuple[int, int], Stored], kind: str) -> Any:
    """A level of datasets that lie in one piece each; padded ones cannot be told from others here, and are none."""
    t, c, z, y, x = shape
    offsets = np.zeros((t, c, z), np.uint64)
    step = y * x * np.dtype(kind).itemsize
    for (at, channel), one in parts.items():
        if one.offset:
            offsets[at, channel] = one.offset + step * np.arange(z, dtype=np.uint64)
    return plane_level(shape, kind, offsets.reshape(-1))


def _runs(path: Path, one: Stored) -> tuple[tuple[int, ...], np.ndarray]:
    """Cut a dataset that lies in one piece into chunks of whole rows of its last axes."""
    inner = min(3, len(one.shape))
    rows = one.shape[-inner]
    row_bytes = int(np.prod(one.shape[-inner + 1 :], dtype=object)) * one.dtype.itemsize
    many = max((n for n in range(1, rows + 1) if rows % n == 0 and n * row_bytes <= LARGEST_RUN), default=1)
    check_chunk(path, many * row_bytes)
    chunk = (*(1,) * (len(one.shape) - inner), many, *one.shape[-inner + 1 :])
    grid = tuple(size // step for size, step in zip(one.shape, chunk, strict=True))
    places = np.stack(np.unravel_index(np.arange(int(np.prod(grid)) if one.offset else 0), grid), axis=1)
    nbytes = many * row_bytes
    extents = np.stack([one.offset + nbytes * np.arange(len(places)), np.full(len(places), nbytes)], axis=1)
    return chunk, np.concatenate([places, extents], axis=1).astype(np.int64)


def _array(
    path: Path, shape: tuple[int, ...], chunk: tuple[int, ...], like: Stored, rows: np.ndarray, dtype: str
) -> tuple[type_json, np.ndarray]:
    """Zarr v3 metadata of an array, and the columns of its chunks: number, offset, length, size, method."""
    grid = tuple(-(-size // step) for size, step in zip(shape, chunk, strict=True))
    if np.prod(grid, dtype=object) >= 1 << 62:
        raise ImageError(path=str(path), field="datasets", reason=f"say {shape} pixels; the file is damaged.")
    inside = (rows[:, : len(grid)] < np.array(grid)).all(axis=1) & (rows[:, : len(grid)] >= 0).all(axis=1)
    rows = rows[inside]
    numbers = np.ravel_multi_index(tuple(rows[:, : len(grid)].T), grid) if len(rows) else np.zeros(0, np.int64)
    members = np.stack(
        [numbers, rows[:, -2], rows[:, -1], rows[:, -1], np.full(len(rows), STORED)], axis=1
    )  # fmt: skip
    metadata: type_json = {
        "zarr_format": 3, "node_type": "array", "shape": list(shape), "data_type": dtype or like.dtype.name,
        "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": list(chunk)}},
        "chunk_key_encoding": {"name": "default"}, "fill_value": 0, "codecs": _sized(like),
    }  # fmt: skip
    return metadata, members[np.argsort(members[:, 0])].astype(np.int64)


def _sized(like: Stored) -> list[type_json]:
    """The codecs, with the size of a value where one needs it."""
    codecs = [dict(codec) for codec in like.codecs]
    for codec in codecs:
        if codec["name"] == "blosc":
            codec["configuration"] = {**codec["configuration"], "typesize": like.dtype.itemsize}
    return codecs


def _zarr_table(
    axes: str, levels: list[type_json], members: list[np.ndarray], files: Files, names: Sequence[str]
) -> Table:
    header: type_json = {"kind": "zarr", "name": names[0], "file": names[0], "axes": list(axes), "levels": levels}
    header["identity"] = identity_of(names, files)
    return Table(header, {f"members{number}": found for number, found in enumerate(members)})
