"""Nikon ND2 of NIS-Elements 3 and later. The library nd2 decodes its metadata; frames lie in the file as they are.

A frame is a chunk "ImageDataSeq|n!": a header, 8 bytes of time, then rows of pixels that hold all channels, or the
zlib stream of them.
"""

import math
import struct
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nd2
import numpy as np

from imaging.errors import ImageError
from imaging.limits import check_extent, file_size
from imaging.places import files_at
from imaging.readers.vendor import library_errors
from imaging.segment_table import SegmentLevel, plane_level, rows_level, segment_table
from imaging.sources.segment_codecs import ADOBE_DEFLATE, Segment
from imaging.table import Table

TITLE = "ND2"
CHUNK_HEADER = struct.Struct("<IIQ")  # magic, length of the name and what fills it up, of the data
CHUNK_MAGIC = 0x0ABECEDA
TIME = 8  # bytes of a frame before its pixels
AXES = {"TimeLoop": "t", "NETimeLoop": "t", "ZStackLoop": "z", "XYPosLoop": "p"}
MAX_FRAMES = 10_000_000


class Nd2:
    """An open file: its frames by position, time and depth."""

    def __init__(self, file: Any, path: Path) -> None:
        self.file = file
        self.path = path
        self.size = file_size(path)
        self.attributes = file.attributes
        self.chunks: dict[bytes, tuple[int, int]] = file._rdr.chunkmap
        loops = [(AXES.get(loop.type, "t"), int(loop.count)) for loop in file.experiment]
        counts = [count for _, count in loops]
        total = math.prod(counts)
        if min([1, *counts]) < 1 or total > MAX_FRAMES:
            raise ImageError(path=str(path), field="experiment", reason=f"says {total} frames; export the file again.")
        places = np.unravel_index(np.arange(total), counts) if counts else ()
        self.sizes = {"p": 1, "t": 1, "z": 1}
        self.at = {axis: np.zeros(total, np.int64) for axis in "ptz"}  # of each frame
        for (axis, count), place in zip(loops, places, strict=True):
            self.at[axis] = self.at[axis] * count + place
            self.sizes[axis] *= count
        self._order = np.lexsort((self.at["z"], self.at["t"], self.at["p"])).reshape(self.sizes["p"], -1)
        self.other_loops = sorted({loop.type for loop in file.experiment} - set(AXES))
        self.metadata = _metadata(file, self.chunks)

    def frames_of(self, position: int) -> np.ndarray:
        """The numbers of a position's frames, in the order t, z."""
        return np.asarray(self._order[position])

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type of stored pixels."""
        kind = "f" if self.attributes.pixelDataType == "float" else "u"
        return np.dtype(f"<{kind}{self.attributes.bitsPerComponentInMemory // 8}")


@contextmanager
def opened(path: Path) -> Iterator[Nd2]:
    """The parsed file; whatever is wrong with it is raised as ImageError."""
    file_size(path)
    with library_errors(path, TITLE), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of keys that the library does not know yet
        with nd2.ND2File(path) as file:
            if file.is_legacy:
                reason = "was written by NIS-Elements 2 or before (JPEG 2000); open and save it with a newer version."
                raise ImageError(path=str(path), field="ND2 version", reason=reason)
            yield Nd2(file, path)


def make_tables(path: Path, series: Sequence[str]) -> Iterator[Table]:
    """The tables of positions; raises ImageError."""
    with opened(path) as one:
        for number in series:
            position = int(number or 0) if number.isdecimal() or not number else -1
            if not 0 <= position < one.sizes["p"]:
                reason = f"there is no image {number!r}; the file has {one.sizes['p']}."
                raise ImageError(path=str(path), field="series", reason=reason)
            yield segment_table(files_at(path), [path.name], [frames_level(one, position)])


def frames_level(one: Nd2, position: int) -> SegmentLevel:
    """Where the frames of a position are."""
    about, dtype = one.attributes, one.dtype
    samples = int(about.componentCount)
    shape = (one.sizes["t"], samples, one.sizes["z"], int(about.heightPx), int(about.widthPx or 0))
    if min(shape) < 1 or about.bitsPerComponentInMemory not in (8, 16, 32):
        reason = f"says {shape} pixels of {about.bitsPerComponentInMemory} bits; the file is damaged: export it again."
        raise ImageError(path=str(one.path), field="ImageAttributes", reason=reason)
    if about.compressionType == "lossy":
        reason = "its frames are compressed with loss, which is not read; save it uncompressed."
        raise ImageError(path=str(one.path), field="compression", reason=reason)
    pixel = samples * dtype.itemsize
    row_bytes = int(about.widthBytes or 0) or shape[4] * pixel
    if row_bytes < shape[4] * pixel:
        reason = f"a row of {shape[4]} pixels has {row_bytes} bytes; the file is damaged: export it again."
        raise ImageError(path=str(one.path), field="ImageAttributes", reason=reason)
    offsets, lengths = _frames(one, one.frames_of(position))
    if about.compressionType == "lossless":
        if row_bytes % pixel:
            reason = "its compressed rows are filled up by parts of pixels, which is not read; save it uncompressed."
            raise ImageError(path=str(one.path), field="compression", reason=reason)
        columns = row_bytes // pixel
        bits = 8 * dtype.itemsize
        segment = Segment(shape[3], columns, samples, dtype.str, bits, ADOBE_DEFLATE, 1, 1, 1, "")
        return SegmentLevel(shape, segment, offsets.reshape(-1, 1, 1), lengths.reshape(-1, 1, 1))
    nbytes = shape[3] * row_bytes
    if (lengths[offsets > 0] < nbytes).any():
        reason = f"a frame has fewer than {nbytes} bytes; the file is damaged: export it again."
        raise ImageError(path=str(one.path), field="frames", reason=reason)
    level = rows_level if row_bytes % pixel else plane_level  # rows are filled up to 4 bytes
    return level(shape, dtype.str, offsets, samples=samples, row_bytes=row_bytes)


def _frames(one: Nd2, numbers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Offset and length of the pixels of frames, 0 for those that were never written; raises ImageError."""
    offsets, lengths = np.zeros(len(numbers), np.uint64), np.zeros(len(numbers), np.uint64)
    head = 0
    with one.path.open("rb") as file:
        for row, number in enumerate(numbers.tolist()):
            at, length = one.chunks.get(b"ImageDataSeq|%d!" % number, (0, 0))
            if not at:
                continue
            if not head or length < TIME:  # old files do not say the length in their map
                file.seek(at)
                magic, name, length = CHUNK_HEADER.unpack(file.read(CHUNK_HEADER.size))
                if magic != CHUNK_MAGIC or length < TIME:
                    reason = "does not begin as a chunk does; the file is damaged: upload or export it again."
                    raise ImageError(path=str(one.path), field=f"frame {number}", reason=reason)
                head = CHUNK_HEADER.size + name + TIME
            check_extent(one.path, f"frame {number}", at + head + length - TIME, one.size)
            offsets[row], lengths[row] = at + head, length - TIME
    return offsets, lengths


def _metadata(file: Any, chunks: Mapping[bytes, Any]) -> dict[str, Any]:
    """All metadata that is kept once for the file."""
    names = {name.decode(errors="replace").rstrip("!") for name in chunks if not name.startswith(b"ImageDataSeq")}
    wanted = {name for name in names if name.startswith(("Image", "Report")) and name.rpartition("|")[2] in ("0", name)}
    return dict(file.unstructured_metadata(include=wanted))
