"""A zip64 archive of stored (uncompressed) members, written while it is sent (APPNOTE.TXT 6.3.10).

Every member has zip64 fields and a data descriptor, so that sizes and checksums need not be known before its bytes
have passed and the archive's size follows from the members' names and sizes. The directory at the end is gathered in
a file on disk: zipstream-ng and stream-zip keep a Python object for each member until the end.
"""

import struct
import tempfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

VERSION = 45  # zip64, section 4.4.3
FLAGS = 1 << 3 | 1 << 11  # data descriptor follows; names are UTF-8
ZIP64 = 0x0001
FULL32, FULL16 = 0xFFFFFFFF, 0xFFFF
LOCAL = struct.Struct("<IHHHHHIIIHH")
LOCAL_EXTRA = struct.Struct("<HHQQ")
DESCRIPTOR = struct.Struct("<IIQQ")
CENTRAL = struct.Struct("<IHHHHHHIIIHHHHHII")
CENTRAL_EXTRA = struct.Struct("<HHQQQ")
END64 = struct.Struct("<IQHHIIQQQQ")
LOCATOR64 = struct.Struct("<IIQI")
END = struct.Struct("<IHHHHIIH")
_PER_MEMBER = LOCAL.size + LOCAL_EXTRA.size + DESCRIPTOR.size + CENTRAL.size + CENTRAL_EXTRA.size
_IN_MEMORY = 1 << 20


@dataclass(frozen=True)
class Member:
    """One file of the archive: its path in it, and its bytes, read once."""

    name: str
    chunks: Iterable[bytes]


def member_size(name: str, size: int) -> int:
    """How many bytes a member adds to the archive."""
    return _PER_MEMBER + 2 * len(name.encode()) + size


def end_size() -> int:
    """How many bytes every archive ends in."""
    return END64.size + LOCATOR64.size + END.size


def zip_stream(members: Iterable[Member], modified: datetime) -> Iterator[bytes]:
    """The archive's bytes. Its members all have the time `modified`, so that the same members give the same bytes."""
    offset = count = 0
    day, moment = _dos_time(modified)
    with tempfile.SpooledTemporaryFile(_IN_MEMORY) as directory:
        for member in members:
            name = member.name.encode()
            local = LOCAL.pack(
                0x04034B50, VERSION, FLAGS, 0, moment, day, 0, FULL32, FULL32, len(name), LOCAL_EXTRA.size
            ) + name + LOCAL_EXTRA.pack(ZIP64, LOCAL_EXTRA.size - 4, 0, 0)  # fmt: skip
            yield local
            crc = size = 0
            for chunk in member.chunks:
                crc = zlib.crc32(chunk, crc)
                size += len(chunk)
                yield chunk
            yield DESCRIPTOR.pack(0x08074B50, crc, size, size)
            directory.write(CENTRAL.pack(
                0x02014B50, 3 << 8 | VERSION, VERSION, FLAGS, 0, moment, day, crc, FULL32, FULL32, len(name),
                CENTRAL_EXTRA.size, 0, 0, 0, 0o100644 << 16, FULL32,
            ) + name + CENTRAL_EXTRA.pack(ZIP64, CENTRAL_EXTRA.size - 4, size, size, offset))  # fmt: skip
            offset += len(local) + size + DESCRIPTOR.size
            count += 1
        length = directory.tell()
        directory.seek(0)
        while chunk := directory.read(_IN_MEMORY):
            yield chunk
    yield END64.pack(0x06064B50, END64.size - 12, 3 << 8 | VERSION, VERSION, 0, 0, count, count, length, offset)
    yield LOCATOR64.pack(0x07064B50, 0, offset + length, 1)
    yield END.pack(0x06054B50, 0, 0, FULL16, FULL16, FULL32, FULL32, 0)


def _dos_time(when: datetime) -> tuple[int, int]:
    day = max(when.year - 1980, 0) << 9 | when.month << 5 | when.day
    return day, when.hour << 11 | when.minute << 5 | when.second // 2
