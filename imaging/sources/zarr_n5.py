"""One dataset of an N5, seen as a Zarr array: its axes are those of N5 from last to first.

Source: the N5 specification, version 4 (saalfeldlab/n5).
"""

import bz2
import lzma
import struct
from collections.abc import Callable
from functools import partial
from typing import Any

import imagecodecs
import numpy as np

from imaging.errors import ImageError
from imaging.limits import check_chunk
from imaging.sources.unpacking import inflated
from imaging.sources.zarr_array import SLACK, ZarrArray

TYPES = {"uint8": "u1", "uint16": "u2", "uint32": "u4", "uint64": "u8", "int8": "i1", "int16": "i2", "int32": "i4",
         "int64": "i8", "float32": "f4", "float64": "f8"}  # fmt: skip
DAMAGE = (KeyError, TypeError, ValueError, AttributeError, ArithmeticError)
DECOMPRESSORS: dict[str, Callable[[bytes, int], Any]] = {
    "raw": lambda data, nbytes: data,
    "gzip": lambda data, nbytes: inflated(data, nbytes=nbytes + SLACK),
    "zlib": lambda data, nbytes: inflated(data, nbytes=nbytes + SLACK),
    "zstd": lambda data, nbytes: imagecodecs.zstd_decode(data, out=nbytes + SLACK),
    "blosc": lambda data, nbytes: imagecodecs.blosc_decode(data, out=nbytes),
    "bzip2": lambda data, nbytes: bz2.BZ2Decompressor().decompress(data, nbytes),
    "xz": lambda data, nbytes: lzma.LZMADecompressor().decompress(data, nbytes),
}


def parse_n5(metadata: dict[str, Any], path: str, place: str) -> ZarrArray:
    """An array from a dataset's attributes.json; raises ImageError.

    metadata: with "folders", the dataset's last axis is one that we put there: each of its points is in such a folder.
    """
    try:
        dtype = np.dtype(">" + TYPES[str(metadata["dataType"])])
        shape = tuple(int(size) for size in reversed(metadata["dimensions"]))
        chunk = tuple(int(size) for size in reversed(metadata["blockSize"]))
        compression = metadata.get("compression") or {"type": metadata.get("compressionType", "raw")}
        kind = str(compression["type"])
        if kind not in DECOMPRESSORS:
            raise ValueError(f"compression {kind!r}, which is not read; save it with gzip, zstd or blosc")
        if len(shape) != len(chunk) or min((*shape, *chunk), default=0) < 1:
            raise ValueError(f"dimensions {list(shape)} and blocks {list(chunk)} that do not fit")
    except DAMAGE as error:
        said = f"lacks, or has an unknown, {error}" if isinstance(error, KeyError) else f"has {error}"
        raise ImageError(path=path, field=f"{place}/attributes.json", reason=f"{said}; export it again.") from error
    check_chunk(path, int(np.prod(chunk, dtype=object)) * dtype.itemsize)
    folders = metadata.get("folders")
    return ZarrArray(
        shape=shape, chunk=chunk, dtype=dtype, fill_value=0, codecs=None,
        decode=partial(decode_block, dtype=dtype, chunk=chunk, decompress=DECOMPRESSORS[kind]),
        key=partial(block_key, folders=folders if isinstance(folders, list) else None),
    )  # fmt: skip


def block_key(index: tuple[int, ...], *, folders: list[str] | None) -> str:
    """Where a block is: its place along x, then y, …; behind the folder of its time point, if these lie apart."""
    if folders is None:
        return "/".join(str(place) for place in reversed(index))
    return "/".join([folders[index[0]], *(str(place) for place in reversed(index[1:]))])


def decode_block(
    data: bytes, *, dtype: np.dtype[Any], chunk: tuple[int, ...], decompress: Callable[[bytes, int], Any]
) -> np.ndarray:
    """A block's header, then its pixels: at the edges fewer than a whole block, which is filled up with zeros."""
    mode, count = struct.unpack_from(">HH", data)
    if mode not in (0, 1) or not len(chunk) - 1 <= count <= len(chunk):
        raise ValueError(f"the block is of mode {mode} with {count} axes")
    sizes = tuple(reversed(struct.unpack_from(f">{count}I", data, 4)))
    sizes = (*(1,) * (len(chunk) - count), *sizes)
    if any(size > whole for size, whole in zip(sizes, chunk, strict=True)):
        raise ValueError(f"the block has {sizes} pixels, more than {chunk}")
    start = 4 + 4 * count + (4 if mode == 1 else 0)
    nbytes = int(np.prod(sizes)) * dtype.itemsize
    pixels = np.frombuffer(decompress(data[start:], nbytes), dtype, int(np.prod(sizes))).reshape(sizes)
    block = np.zeros(chunk, dtype.newbyteorder("="))
    block[tuple(slice(size) for size in sizes)] = pixels
    return block
