"""Codecs of numcodecs, each bounded: none gives more than it is told to, none runs code or makes objects."""

import bz2
import lzma
import zlib
from collections.abc import Callable
from typing import Any

import imagecodecs
import numcodecs
import numpy as np
from numcodecs.abc import Codec

from imaging.limits import MAX_CHUNK_BYTES

# They give about as many values as they get.
FILTERS = (
    "astype", "bitround", "delta", "fixedscaleoffset", "packbits", "quantize", "shuffle",
    "adler32", "crc32", "crc32c", "fletcher32", "jenkins_lookup3",
)  # fmt: skip
TYPES = ("dtype", "astype", "encode_dtype", "decode_dtype")


def codec_of(configuration: dict[str, Any]) -> Codec:
    """The codec of a Zarr; raises ValueError for one whose output is not bounded here."""
    kind = configuration.get("id")
    if kind not in FILTERS and kind not in UNPACKERS and kind != "blosc":
        raise ValueError(f"codec {kind!r}")
    for name in TYPES:
        if configuration.get(name) is not None and np.dtype(configuration[name]).kind not in "uifb":
            raise ValueError(f"codec {kind!r} of {configuration[name]!r}")
    return numcodecs.get_codec(configuration)


def unpacked(stage: Codec, value: Any, *, limit: int) -> Any:
    """What one codec gives, of no more than `limit` bytes if it unpacks; raises one of DECODE_ERRORS."""
    unpack = UNPACKERS.get(stage.codec_id)
    return stage.decode(value) if unpack is None else unpack(stage, bytes(value), limit)


def pieces(data: Any, limit: int, make: Callable[[], Any]) -> bytes:
    """Unpack one stream or several, one behind the other, each by an object of its own."""
    parts, left, rest = [], limit, bytes(data)
    while rest:
        unpacker = make()
        parts.append(unpacker.decompress(rest, max(left, 1)))
        left -= len(parts[-1])
        if left < 0 or not unpacker.eof:
            raise ValueError("it unpacks to more than a chunk, or is cut off")
        rest = unpacker.unused_data
    return b"".join(parts)


def inflated(data: Any, *, nbytes: int) -> bytes:
    """Unpack gzip (of one or more members) or zlib to no more than `nbytes`."""
    return pieces(data, nbytes, lambda: zlib.decompressobj(32 + zlib.MAX_WBITS))


def _lz4(stage: Codec, data: bytes, limit: int) -> Any:
    """Four bytes say to how many it unpacks."""
    if int.from_bytes(data[:4], "little") > limit:
        raise ValueError("the lz4 header does not fit the chunk")
    return stage.decode(data)


def _lzma(stage: Codec, data: bytes, limit: int) -> bytes:
    if stage.format == lzma.FORMAT_RAW:  # its dictionary is what the codec's configuration says
        if any(int(one.get("dict_size", 0)) > MAX_CHUNK_BYTES for one in stage.filters or ()):
            raise ValueError("the dictionary of lzma is larger than any chunk")
        return pieces(data, limit, lambda: lzma.LZMADecompressor(lzma.FORMAT_RAW, None, stage.filters))
    return pieces(data, limit, lambda: lzma.LZMADecompressor(stage.format, MAX_CHUNK_BYTES))


UNPACKERS: dict[str, Callable[[Codec, bytes, int], Any]] = {
    "zlib": lambda stage, data, limit: inflated(data, nbytes=limit),
    "gzip": lambda stage, data, limit: inflated(data, nbytes=limit),
    "zstd": lambda stage, data, limit: imagecodecs.zstd_decode(data, out=limit),
    "bz2": lambda stage, data, limit: pieces(data, limit, bz2.BZ2Decompressor),
    "lz4": _lz4,
    "lzma": _lzma,
}
