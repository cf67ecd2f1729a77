"""Where the frames of a DICOM file lie: native ones one after the other, encapsulated ones by their offset table.

Sources: DICOM PS3.5, annex A.4 (encapsulated frames) and 8.1 (native ones); PS3.3, C.7.6.3 (pixel attributes).
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from pydicom.dataset import FileDataset
from pydicom.uid import (
    HTJ2K,
    JPEG2000,
    JPEG2000MC,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    HTJ2KLossless,
    HTJ2KLosslessRPCL,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEG2000MCLossless,
    JPEGBaseline8Bit,
    JPEGExtended12Bit,
    JPEGLossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
    JPEGLSNearLossless,
    RLELossless,
)

from imaging.errors import ImageError
from imaging.limits import check_extent
from imaging.sources.segment_codecs import DICOM_RLE, JPEG, JPEG2K, JPEG_LS, LOSSLESS_JPEG, NONE

COMPRESSIONS = {
    JPEGBaseline8Bit: JPEG, JPEGExtended12Bit: JPEG, JPEGLossless: LOSSLESS_JPEG, JPEGLosslessSV1: LOSSLESS_JPEG,
    JPEGLSLossless: JPEG_LS, JPEGLSNearLossless: JPEG_LS, RLELossless: DICOM_RLE,
    **dict.fromkeys((JPEG2000, JPEG2000Lossless, JPEG2000MC, JPEG2000MCLossless, HTJ2K, HTJ2KLossless,
                     HTJ2KLosslessRPCL), JPEG2K),
}  # fmt: skip
ITEM, DELIMITER = 0xFFFEE000, 0xFFFEE0DD
UNDEFINED = 0xFFFFFFFF
MAX_FRAMES = 10_000_000
FLOATS = {0x7FE00008: "f4", 0x7FE00009: "f8"}
PIXELS = {0x7FE00010, *FLOATS}


@dataclass(frozen=True)
class Frames:
    """offset and length of each frame (uint64), how they are compressed, and the pixels' type in the file's order."""

    offsets: np.ndarray
    lengths: np.ndarray
    compression: int
    dtype: str


def count_of(dataset: FileDataset) -> int:
    """How many frames the header says there are."""
    return int(dataset.get("NumberOfFrames") or 1)


def find_frames(file: BinaryIO, dataset: FileDataset, path: Path) -> Frames:
    """The frames of a file that stands just before its pixels (`stop_before_pixels`); raises ImageError."""
    syntax = dataset.file_meta.get("TransferSyntaxUID", ImplicitVRLittleEndian)
    if syntax == DeflatedExplicitVRLittleEndian:
        raise _error(
            path, "Transfer Syntax", "the file is deflated as a whole, which is not read; save it without that."
        )
    big = syntax == ExplicitVRBigEndian
    order = ">" if big else "<"
    tag, length = element_head(file, order, implicit=syntax == ImplicitVRLittleEndian)
    if tag not in PIXELS:
        raise _error(path, "Pixel Data", "has none: the file describes no image, or was cut off.")
    dtype = order + FLOATS.get(tag, _integer(dataset))
    frames = count_of(dataset)
    if not 0 < frames <= MAX_FRAMES:
        raise _error(path, "Number of Frames", f"is {frames}, which cannot be.")
    size = path.stat().st_size
    start = file.tell()
    if length != UNDEFINED:
        nbytes = _native_bytes(dataset, np.dtype(dtype), path)
        check_extent(path, "Pixel Data", start + nbytes * frames, size)
        offsets = start + nbytes * np.arange(frames, dtype=np.uint64)
        return Frames(offsets, np.full(frames, nbytes, np.uint64), NONE, dtype)
    compression = COMPRESSIONS.get(syntax)
    if compression is None:
        raise _error(path, "Transfer Syntax", f"{syntax.name} is not read; save the file as JPEG 2000 or uncompressed.")
    offsets, lengths = _encapsulated(file, dataset, frames, path, size)
    check_extent(path, "Pixel Data", int((offsets + lengths).max()), size)
    return Frames(offsets, lengths, compression, dtype)


def _error(path: Path, field: str, reason: str) -> ImageError:
    return ImageError(path=str(path), field=field, reason=reason)


def _integer(dataset: FileDataset) -> str:
    allocated = int(dataset.get("BitsAllocated") or 0)
    return ("i" if dataset.get("PixelRepresentation") == 1 else "u") + str(max(1, allocated // 8))


def _native_bytes(dataset: FileDataset, dtype: np.dtype[np.generic], path: Path) -> int:
    """Bytes of a native frame; raises ImageError for what is not read."""
    pixels = int(dataset.Rows) * int(dataset.Columns) * int(dataset.get("SamplesPerPixel") or 1)
    if dataset.get("BitsAllocated") == 1:
        if int(dataset.Columns) % 8:
            reason = f"1, with {dataset.Columns} columns, is not read; save the file with 8 bits a pixel."
            raise _error(path, "Bits Allocated", reason)
        return pixels // 8
    if str(dataset.get("PhotometricInterpretation", "")).startswith("YBR"):
        reason = "uncompressed YBR is not read; save the file as RGB, or as JPEG."
        raise _error(path, "Photometric Interpretation", reason)
    return pixels * dtype.itemsize


def element_head(file: BinaryIO, order: str, *, implicit: bool) -> tuple[int, int]:
    """Tag and length of the element that begins here (PS3.5, 7.1); 0 where the file ends."""
    head = file.read(8)
    if len(head) < 8:
        return 0, 0
    group, element = struct.unpack(order + "HH", head[:4])
    if implicit:
        (length,) = struct.unpack(order + "I", head[4:])
    else:  # OB, OW, OF, OD: two bytes that are not used, then the length
        (length,) = struct.unpack(order + "I", file.read(4).ljust(4, b"\0"))
    return group << 16 | element, length


def fragments(file: BinaryIO, size: int) -> Iterator[tuple[int, int]]:
    """Offset and length of each item from here to the delimiter."""
    while True:
        tag, length = _item(file)
        if tag != ITEM:
            return
        start = file.tell()
        yield start, length
        if start + length > size:
            return
        file.seek(start + length)


def _item(file: BinaryIO) -> tuple[int, int]:
    head = file.read(8)
    if len(head) < 8:
        return 0, 0
    group, element, length = struct.unpack("<HHI", head)
    return group << 16 | element, length


def _encapsulated(
    file: BinaryIO, dataset: FileDataset, frames: int, path: Path, size: int
) -> tuple[np.ndarray, np.ndarray]:
    """Offsets and lengths of encapsulated frames: by the extended or basic offset table, else by the fragments."""
    tag, length = _item(file)
    if tag != ITEM or length % 4 or file.tell() + length > size:
        raise _error(path, "Pixel Data", "its offset table is broken; export the file again.")
    basic = np.frombuffer(file.read(length), "<u4").astype(np.uint64)
    first = file.tell()
    extended = dataset.get("ExtendedOffsetTable")
    lengths = dataset.get("ExtendedOffsetTableLengths")
    if extended and lengths and len(extended) == len(lengths) == 8 * frames:
        offsets = np.frombuffer(extended, "<u8") + np.uint64(first + 8)
        return offsets.astype(np.uint64), np.frombuffer(lengths, "<u8").astype(np.uint64)
    if len(basic) == frames > 1 or (len(basic) == frames and frames == 1):
        offsets = basic + np.uint64(first)
        ends = np.append(offsets[1:], 0)
        return _checked(file, offsets, ends, path)
    found = np.array(list(fragments(file, size)), np.uint64).reshape(-1, 2)
    if len(found) != frames:
        reason = (
            f"its {frames} frames are in {len(found)} pieces without an offset table: it is cut off, or was saved "
            "in a way that is not read; save it again with an offset table."
        )
        raise _error(path, "Pixel Data", reason)
    return found[:, 0], found[:, 1]


def _checked(file: BinaryIO, offsets: np.ndarray, ends: np.ndarray, path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Offsets and lengths of frames whose items begin at `offsets`; raises ImageError if one has several fragments."""
    starts, lengths = offsets + np.uint64(8), np.zeros_like(offsets)
    for number, (offset, end) in enumerate(zip(offsets.tolist(), ends.tolist(), strict=True)):
        file.seek(offset)
        tag, length = _item(file)
        if tag != ITEM:
            raise _error(path, f"frame {number + 1}", "does not begin where the offset table says; export it again.")
        follows = end or _next_frame_end(file, offset + 8 + length)
        if offset + 8 + length != follows:
            reason = "is in several fragments, which is not read; save the file with one fragment a frame."
            raise _error(path, f"frame {number + 1}", reason)
        lengths[number] = length
    return starts, lengths


def _next_frame_end(file: BinaryIO, end: int) -> int:
    """`end` if nothing of the last frame follows there, else 0."""
    file.seek(end)
    return 0 if _item(file)[0] == ITEM else end
