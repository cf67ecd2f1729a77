"""One Zarr array of format 2 or 3: its metadata parsed, its chunk keys, and its chunks decoded."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import imagecodecs
import numcodecs
import numpy as np
from numcodecs.abc import Codec

from imaging.errors import ImageError
from imaging.limits import check_chunk
from imaging.pixels import DECODE_ERRORS, bytes_codec, native, type_json
from imaging.sources.unpacking import codec_of, inflated, unpacked

SLACK = 64  # bytes of checksums that may follow a chunk's own
SHUFFLES = {0: "noshuffle", 1: "shuffle", 2: "bitshuffle"}


@dataclass(frozen=True)
class Sharding:
    """Codec sharding_indexed (Zarr v3): `shape` of a shard in pixels; its index lies at "start" or "end"."""

    shape: tuple[int, ...]
    index_at_end: bool
    index_checksum: bool


@dataclass(frozen=True)
class ZarrArray:
    """A parsed array. `dtype` is as stored, with its byte order; `chunk` is the inner chunk where there are shards.

    codecs: the Zarr v3 codecs under which the stored bytes of a chunk are valid, None if only we can decode them.
    decode: bytes of one chunk to an array of the shape `chunk`, in native byte order.
    """

    shape: tuple[int, ...]
    chunk: tuple[int, ...]
    dtype: np.dtype[Any]
    fill_value: float
    codecs: list[type_json] | None
    decode: Callable[[bytes], np.ndarray]
    key: Callable[[tuple[int, ...]], str]
    sharding: Sharding | None = None

    @property
    def stored_grid(self) -> tuple[int, ...]:
        """Number of stored objects (shards, or chunks) along each axis."""
        step = self.sharding.shape if self.sharding else self.chunk
        return tuple(-(-size // one) for size, one in zip(self.shape, step, strict=True))


def parse_array(metadata: dict[str, Any], path: str, field: str) -> ZarrArray:
    """An array from its .zarray or zarr.json; raises ImageError naming what cannot be read."""
    try:
        array = parse_v2(metadata) if metadata.get("zarr_format") == 2 else parse_v3(metadata)
        if len(array.shape) != len(array.chunk) or min((*array.shape, *array.chunk), default=0) < 1:
            raise ValueError(f"shape {list(array.shape)} and chunks {list(array.chunk)} do not fit")
    except (*DECODE_ERRORS, AttributeError) as error:
        message = str(error.args[0]) if isinstance(error, KeyError) else str(error)
        reason = f"cannot be read ({message}); write the array again with the codecs of the Zarr specification."
        raise ImageError(path=path, field=field, reason=reason) from error
    nbytes = int(np.prod(array.chunk, dtype=np.float64)) * array.dtype.itemsize
    check_chunk(path, nbytes, field)
    return array


def parse_v2(metadata: dict[str, Any]) -> ZarrArray:
    """Zarr format 2; blosc, zstd, gzip and zlib have the same bytes under v3 codecs."""
    dtype = np.dtype(metadata["dtype"])
    chunk = tuple(int(n) for n in metadata["chunks"])
    compressor, filters = metadata.get("compressor"), metadata.get("filters") or []
    order = metadata.get("order", "C")
    stages: list[Codec] = [codec_of(config) for config in filters]
    if compressor is not None:
        stages.append(codec_of(compressor))
    codecs = None
    if not filters and order == "C":
        tail = v3_codec(compressor, dtype.itemsize) if compressor else []
        if tail is not None:
            codecs = [bytes_codec(dtype.itemsize, "big" if dtype.str[0] == ">" else "little"), *tail]
    separator = metadata.get("dimension_separator") or "."
    if separator not in (".", "/"):
        raise ValueError(f"dimension separator {separator!r}")
    return ZarrArray(
        shape=tuple(int(n) for n in metadata["shape"]),
        chunk=chunk,
        dtype=real(dtype),
        fill_value=fill_value(metadata.get("fill_value"), dtype),
        codecs=codecs,
        decode=partial(decode_v2, stages=stages, dtype=dtype, chunk=chunk, order=order),
        key=lambda index: separator.join(str(i) for i in index) or "0",
    )


def v3_codec(compressor: dict[str, Any], itemsize: int) -> list[type_json] | None:
    """The v3 codec with the same bytes as a v2 compressor, None if there is none."""
    kind = compressor.get("id")
    level = compressor.get("level", 1)
    if kind == "blosc":
        shuffle = compressor.get("shuffle", 1)
        if shuffle == -1:
            shuffle = 2 if itemsize == 1 else 1
        configuration = {
            "cname": compressor.get("cname", "lz4"),
            "clevel": compressor.get("clevel", 5),
            "shuffle": SHUFFLES[shuffle],
            "typesize": itemsize,
            "blocksize": compressor.get("blocksize", 0),
        }
        return [{"name": "blosc", "configuration": configuration}]
    if kind == "zstd":
        return [{"name": "zstd", "configuration": {"level": level, "checksum": False}}]
    if kind == "gzip":
        return [{"name": "gzip", "configuration": {"level": level}}]
    if kind == "zlib":
        return [{"name": "numcodecs.zlib", "configuration": {"level": level}}]
    return None


def decode_v2(
    data: bytes, *, stages: list[Codec], dtype: np.dtype[Any], chunk: tuple[int, ...], order: str
) -> np.ndarray:
    """Undo compressor and filters of format 2."""
    value: Any = data
    for stage in reversed(stages):
        value = decompress(stage, value, chunk, dtype)
    flat = np.frombuffer(np.ascontiguousarray(value).view(np.uint8), dtype)
    return native(flat.reshape(chunk, order="F" if order == "F" else "C"))


def decompress(stage: Codec, value: Any, chunk: tuple[int, ...], dtype: np.dtype[Any]) -> Any:
    """One stage; the blosc header may lie about the size it unpacks to, so it is checked first."""
    if stage.codec_id == "blosc":
        expected = int(np.prod(chunk)) * dtype.itemsize
        if len(value) < 16 or int.from_bytes(bytes(value[4:8]), "little") > max(expected, 1):
            raise ValueError("the blosc header does not fit the chunk")
    return unpacked(stage, value, limit=widest(chunk, dtype))


def widest(chunk: tuple[int, ...], dtype: np.dtype[Any]) -> int:
    """Bytes of a chunk: filters may make values wider, but not by more than this."""
    return 8 * int(np.prod(chunk, dtype=np.int64)) * max(dtype.itemsize, 1) + SLACK


def parse_v3(metadata: dict[str, Any]) -> ZarrArray:
    """Zarr format 3 (core specification 3.1), with or without the codec sharding_indexed."""
    if metadata.get("node_type") != "array":
        raise ValueError("it is not an array")
    if metadata["chunk_grid"]["name"] != "regular":
        raise ValueError(f"chunk grid {metadata['chunk_grid']['name']!r}")
    dtype = np.dtype(str(metadata["data_type"]))
    chunk = tuple(int(n) for n in metadata["chunk_grid"]["configuration"]["chunk_shape"])
    codecs = list(metadata["codecs"])
    sharding = None
    if codecs and codecs[0].get("name") == "sharding_indexed":
        if len(codecs) > 1:
            raise ValueError("codecs behind sharding_indexed")
        configuration = codecs[0]["configuration"]
        index_codecs = [codec["name"] for codec in configuration["index_codecs"]]
        if index_codecs not in (["bytes"], ["bytes", "crc32c"]):
            raise ValueError(f"shard index codecs {index_codecs}")
        inner = tuple(int(n) for n in configuration["chunk_shape"])
        if len(inner) != len(chunk) or any(n < 1 or outer % n for outer, n in zip(chunk, inner, strict=True)):
            raise ValueError(f"inner chunks {list(inner)} do not fill shards {list(chunk)}")
        at_end = configuration.get("index_location", "end") == "end"
        sharding = Sharding(chunk, at_end, "crc32c" in index_codecs)
        chunk, codecs = inner, list(configuration["codecs"])
    stages, dtype, passed = v3_stages(codecs, dtype, chunk)
    return ZarrArray(
        shape=tuple(int(n) for n in metadata["shape"]),
        chunk=chunk,
        dtype=real(dtype),
        fill_value=fill_value(metadata.get("fill_value"), dtype),
        codecs=codecs if passed else None,
        decode=partial(decode_v3, stages=stages, dtype=dtype),
        key=key_encoding(metadata["chunk_key_encoding"]),
        sharding=sharding,
    )


def key_encoding(encoding: dict[str, Any]) -> Callable[[tuple[int, ...]], str]:
    """Chunk keys of v3: "c/0/0" (default) or "0.0" (v2)."""
    name = encoding["name"]
    if name not in ("default", "v2"):
        raise ValueError(f"chunk key encoding {name!r}")
    separator = encoding.get("configuration", {}).get("separator", "/" if name == "default" else ".")
    if separator not in (".", "/"):
        raise ValueError(f"chunk key separator {separator!r}")
    start = ["c"] if name == "default" else []
    return lambda index: separator.join([*start, *(str(i) for i in index)]) or "0"


def v3_stages(
    codecs: list[type_json], dtype: np.dtype[Any], chunk: tuple[int, ...]
) -> tuple[list[Callable[[Any], Any]], np.dtype[Any], bool]:
    """Decoders in the order of decoding, the stored dtype, and whether the bytes may be passed on as they are."""
    nbytes = int(np.prod(chunk, dtype=np.int64)) * dtype.itemsize
    stages: list[Callable[[Any], Any]] = []
    shape, passed = chunk, True
    for codec in codecs:
        name, configuration = codec["name"], codec.get("configuration", {})
        if name == "transpose":
            order = [int(n) for n in configuration["order"]]
            shape = tuple(shape[n] for n in order)
            stages.append(partial(np.transpose, axes=np.argsort(order)))
            passed = False  # its order counts the array's own axes, not our five
        elif name == "bytes":
            dtype = dtype.newbyteorder(">" if configuration.get("endian") == "big" else "<")
            stages.append(partial(from_bytes, dtype=dtype, shape=shape))
        elif name in DECODERS:
            stages.append(partial(DECODERS[name], nbytes=nbytes))
            nbytes += SLACK if name == "crc32c" else 0
        elif name in OUR_DECODERS:
            stages.append(partial(OUR_DECODERS[name], nbytes=nbytes))
            passed = False
        elif name.startswith("numcodecs."):
            stage = codec_of({**configuration, "id": name.removeprefix("numcodecs.")})
            stages.append(partial(decompress, stage, chunk=chunk, dtype=dtype))
            nbytes += SLACK
            passed = False
        else:
            raise ValueError(f"codec {name!r}")
    return stages[::-1], dtype, passed


def from_bytes(data: Any, *, dtype: np.dtype[Any], shape: tuple[int, ...]) -> np.ndarray:
    """Codec `bytes`."""
    return np.frombuffer(data, dtype).reshape(shape)


def checked_crc32c(data: Any, *, nbytes: int) -> bytes:
    """Codec crc32c: the last four bytes are the checksum of the others."""
    return bytes(numcodecs.CRC32C().decode(data))


DECODERS: dict[str, Callable[..., Any]] = {
    "blosc": lambda data, nbytes: imagecodecs.blosc_decode(data, out=nbytes),
    "zstd": lambda data, nbytes: imagecodecs.zstd_decode(data, out=nbytes),
    "gzip": lambda data, nbytes: inflated(data, nbytes=nbytes + SLACK),  # its end lies behind the pixels
    "numcodecs.zlib": lambda data, nbytes: imagecodecs.zlib_decode(data, out=nbytes),
    "crc32c": checked_crc32c,
}
# Of other formats whose chunks are read as those of Zarr: no client knows them by these names.
OUR_DECODERS: dict[str, Callable[..., Any]] = {
    "hdf5.lzf": lambda data, nbytes: imagecodecs.lzf_decode(data, out=nbytes),
}


def decode_v3(data: bytes, *, stages: list[Callable[[Any], Any]], dtype: np.dtype[Any]) -> np.ndarray:
    """Undo the codecs of format 3."""
    value: Any = data
    for stage in stages:
        value = stage(value)
    return native(value)


def real(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """The dtype, if pixels can be of it: integers, real numbers, and booleans."""
    if dtype.kind not in "uifb":
        raise ValueError(f"pixels of type {dtype}")
    return dtype


def fill_value(value: Any, dtype: np.dtype[Any]) -> float:
    """A fill value; null counts as 0 (Zarr v2 leaves it undefined), "0x7fc00000" is the bits of a real number (core
    specification 3.1, §fill value). Raises ValueError for what the type cannot hold."""
    if value is None:
        return 0
    if dtype.kind == "f":
        if isinstance(value, str) and value.startswith("0x"):
            return float(np.array(int(value, 16), f"u{dtype.itemsize}").view(f"f{dtype.itemsize}"))
        return float(value.replace("Infinity", "inf") if isinstance(value, str) else value)
    if isinstance(value, str):
        value = int(value, 16) if value.startswith("0x") else float(value)
    low, high = (0, 1) if dtype.kind == "b" else (np.iinfo(dtype).min, np.iinfo(dtype).max)
    if not low <= value <= high or value != int(value):
        raise ValueError(f"fill value {value} of {dtype.name} pixels")
    return int(value)
