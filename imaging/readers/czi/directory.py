"""The segments of a CZI: its directory of subblocks, each a rectangle of pixels, and its XML.

Layout as in "ZEN (blue edition) CZI file format" and libCZI's CziStructs.h: segments begin with 32 bytes (name, sizes).
"""

import struct
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from lxml import etree

from imaging.errors import ImageError
from imaging.limits import MAX_XML_BYTES, check_extent, file_size
from imaging.readers.vendor import parse_xml

SEGMENT = struct.Struct("<16sqq")  # name, bytes kept for it, bytes in use
FILE = struct.Struct(
    "<ii8x32xiqqiq"
)  # version, (GUIDs), part, positions of directory and metadata, update, attachments
ENTRY = struct.Struct("<2siqiiB5xi")  # schema, pixel type, position, part, compression, pyramid, number of dimensions
DIMENSION = struct.Struct("<4siifi")  # name, start, size, start coordinate, size stored
SUBBLOCK = struct.Struct("<iiq")  # bytes of metadata, of attachment, of pixels
ATTACHMENT = struct.Struct("<2s10xq4x16x8s80s")  # schema, position, kind and name of what is attached
HEAD = 256  # a subblock's head has at least so many bytes, a metadata segment's just so many
MAX_BLOCKS = 20_000_000
MAX_DIMENSIONS = 40
MAX_ATTACHMENTS = 10_000
UNFINISHED = "was not closed properly or is not whole; open and save it in ZEN, or copy it again."


@dataclass(frozen=True, slots=True)
class Block:
    """A subblock. `at`: its place by dimension; `extent`: (width, height) in full resolution pixels; `stored`: as
    kept; `factor`: how many of the former one of the latter stands for, along x or y; `head`: bytes before its XML."""

    pixel_type: int
    position: int
    compression: int
    at: dict[str, int]
    extent: tuple[int, int]
    stored: tuple[int, int]
    factor: int
    head: int


@dataclass(frozen=True)
class Czi:
    """A file: its blocks, the element Metadata of its XML, the names of what is attached to it, and the seconds of its
    time points where it lists them."""

    path: Path
    size: int
    blocks: tuple[Block, ...]
    metadata: etree._Element
    times: tuple[float, ...] = ()
    attached: tuple[str, ...] = ()


def read_czi(path: Path) -> Czi:
    """The directory and XML of a file; raises ImageError."""
    size = file_size(path)
    with path.open("rb") as file:
        if file.read(10) != b"ZISRAWFILE":
            raise ImageError(path=str(path), field="CZI file", reason="this is not a CZI file, whatever its name says.")
        _, _, part, directory, metadata, updating, attachments = _unpack(file, path, FILE, SEGMENT.size, "file header")
        if part or updating:
            reason = "is one part of several files, which are not read; save it as one file." if part else UNFINISHED
            raise ImageError(path=str(path), field="CZI file header", reason=reason)
        if not directory or not metadata:
            raise ImageError(path=str(path), field="CZI file header", reason=UNFINISHED)
        blocks = _blocks(file, path, directory, size)
        attached = _attachments(file, path, attachments, size) if attachments else []
        times = next((_times(file, path, at, size) for _, kind, at in attached if kind == b"CZTIMS"), ())
        names = tuple(name for name, _, _ in attached)
        return Czi(path, size, blocks, _metadata(file, path, metadata, size), times, names)


def _unpack(file: IO[bytes], path: Path, layout: struct.Struct, at: int, field: str) -> tuple[Any, ...]:
    """Numbers at a place of the file; raises ImageError."""
    file.seek(at)
    data = file.read(layout.size)
    if len(data) != layout.size:
        raise ImageError(path=str(path), field=f"CZI {field}", reason=UNFINISHED)
    return layout.unpack(data)


def _check_segment(file: IO[bytes], path: Path, at: int, name: bytes, size: int) -> None:
    """Raise ImageError if no segment of this name is there."""
    if not 0 < at <= size - SEGMENT.size:
        raise ImageError(path=str(path), field=f"CZI {name.decode()}", reason=UNFINISHED)
    found, _, _ = _unpack(file, path, SEGMENT, at, name.decode())
    if found.rstrip(b"\0") != name:
        raise ImageError(path=str(path), field=f"CZI {name.decode()}", reason=UNFINISHED)


def _blocks(file: IO[bytes], path: Path, at: int, size: int) -> tuple[Block, ...]:
    _check_segment(file, path, at, b"ZISRAWDIRECTORY", size)
    (count,) = _unpack(file, path, struct.Struct("<i"), at + SEGMENT.size, "directory")
    if not 0 < count <= MAX_BLOCKS or count * ENTRY.size > size:
        raise ImageError(path=str(path), field="CZI directory", reason=f"says {count} blocks; export the file again.")
    file.seek(at + SEGMENT.size + 128)
    blocks = []
    for number in range(count):
        head = file.read(ENTRY.size)
        if len(head) != ENTRY.size:
            raise ImageError(path=str(path), field=f"CZI block {number}", reason=UNFINISHED)
        schema, pixel_type, position, _, compression, _, dimensions = ENTRY.unpack(head)
        tail = file.read(DIMENSION.size * max(0, min(dimensions, MAX_DIMENSIONS)))
        if schema != b"DV" or len(tail) != DIMENSION.size * dimensions:
            raise ImageError(path=str(path), field=f"CZI block {number}", reason=UNFINISHED)
        blocks.append(_block(path, number, pixel_type, position, compression, tail, size))
    return tuple(blocks)


def _block(path: Path, number: int, pixel_type: int, position: int, compression: int, tail: bytes, size: int) -> Block:
    at: dict[str, int] = {}
    extents = {"X": (0, 0), "Y": (0, 0)}
    for name, start, extent, _, kept in DIMENSION.iter_unpack(tail):
        key = sys.intern(name.rstrip(b"\0").decode("ascii", "replace"))
        at[key] = start
        if key in extents:
            extents[key] = extent, kept or extent
    (width, stored_width), (height, stored_height) = extents["X"], extents["Y"]
    if min(width, height, stored_width, stored_height) < 1:
        raise ImageError(path=str(path), field=f"CZI block {number}", reason="has no width or height; " + UNFINISHED)
    head = max(HEAD, SUBBLOCK.size + ENTRY.size + len(tail))
    check_extent(path, f"CZI block {number}", position + SEGMENT.size + head, size)
    factor = max(1, round(max(width / stored_width, height / stored_height)))
    stored = (stored_width, stored_height)
    return Block(pixel_type, position, compression, at, (width, height), stored, factor, head)


def _metadata(file: IO[bytes], path: Path, at: int, size: int) -> etree._Element:
    _check_segment(file, path, at, b"ZISRAWMETADATA", size)
    (length,) = _unpack(file, path, struct.Struct("<i"), at + SEGMENT.size, "metadata")
    if not 0 < length <= MAX_XML_BYTES:
        raise ImageError(path=str(path), field="CZI metadata", reason=UNFINISHED)
    check_extent(path, "CZI metadata", at + SEGMENT.size + HEAD + length, size)
    file.seek(at + SEGMENT.size + HEAD)
    root = parse_xml(path, "CZI metadata", file.read(length).rstrip(b"\0"))
    found = root.find("Metadata")
    return root if found is None else found


def _attachments(file: IO[bytes], path: Path, at: int, size: int) -> list[tuple[str, bytes, int]]:
    """Name, kind and place of each attachment."""
    _check_segment(file, path, at, b"ZISRAWATTDIR", size)
    (count,) = _unpack(file, path, struct.Struct("<i"), at + SEGMENT.size, "attachments")
    found = []
    for number in range(min(max(count, 0), MAX_ATTACHMENTS)):
        start = at + SEGMENT.size + HEAD + number * ATTACHMENT.size
        _, position, kind, name = _unpack(file, path, ATTACHMENT, start, f"attachment {number}")
        found.append((name.split(b"\0")[0].decode(errors="replace"), kind.rstrip(b"\0"), position))
    return found


def _times(file: IO[bytes], path: Path, at: int, size: int) -> tuple[float, ...]:
    """The attachment TimeStamps: a number of seconds for each time point."""
    place = at + SEGMENT.size + HEAD
    _, stamps = _unpack(file, path, struct.Struct("<ii"), place, "time stamps")
    if not 0 <= 8 * stamps <= size:
        raise ImageError(path=str(path), field="CZI time stamps", reason=UNFINISHED)
    return _unpack(file, path, struct.Struct(f"<{stamps}d"), place + 8, "time stamps")


def data_of(file: IO[bytes], czi: Czi, block: Block) -> tuple[int, int, bytes]:
    """Offset and length of a block's pixels, and its own XML; raises ImageError."""
    start = block.position + SEGMENT.size
    metadata, attachment, length = _unpack(file, czi.path, SUBBLOCK, start, f"block at byte {block.position}")
    if min(metadata, attachment, length) < 0:
        raise ImageError(path=str(czi.path), field=f"CZI block at byte {block.position}", reason=UNFINISHED)
    offset = start + block.head + metadata
    check_extent(czi.path, f"CZI block at byte {block.position}", offset + length, czi.size)
    file.seek(start + block.head)
    return offset, length, file.read(metadata)
