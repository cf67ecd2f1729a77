"""What a coded picture says of its size, read from its header before anything is decoded: decoders allocate as much."""

import struct
from collections.abc import Iterator

NO_LENGTH = {0x01, *range(0xD0, 0xD9)}  # markers of JPEG that nothing belongs to (ITU-T T.81, table B.1)
FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC} | {0xF7}  # that begin a frame; F7 is JPEG-LS's
RATIOS = ((1, 1), (12, 10), (4, 3), (3, 2), (16, 9), (5, 4), (2, 1))  # JPEG XL's, width to height


def said_size(data: bytes) -> tuple[int, int, int]:
    """Rows, columns and samples (0 where they are few) of a PNG, JPEG, JPEG-LS, JPEG 2000, JPEG XL, JPEG XR, WebP or
    LERC; raises ValueError, IndexError or struct.error if there is no such header."""
    if data[:4] == b"\x89PNG":
        columns, rows = struct.unpack_from(">II", data, 16)
        return rows, columns, 0
    if data[:4] == b"\xff\x4f\xff\x51":  # SIZ (ISO 15444-1, A.5.1)
        right, bottom, left, top = struct.unpack_from(">4I", data, 8)
        return bottom - top, right - left, struct.unpack_from(">H", data, 40)[0]
    if data[:2] == b"\xff\x0a":
        return _jpeg_xl(data)
    if data[:2] == b"\xff\xd8":
        return _jpeg(data)
    if data[4:8] in (b"jP  ", b"JXL "):
        return said_size(next(_codestreams(data)))
    if data[:4] == b"RIFF":
        return _webp(data)
    if data[:3] == b"II\xbc":
        return _jpeg_xr(data)
    if data[:6] == b"Lerc2 ":  # version, checksum from the third on, rows, columns, values a pixel from the fourth on
        version = struct.unpack_from("<i", data, 6)[0]
        rows, columns, values = struct.unpack_from("<iii", data, 14 if version >= 3 else 10)
        return rows, columns, values if version >= 4 else 0
    if data[:10] == b"CntZImage ":
        return (*struct.unpack_from("<ii", data, 18), 0)
    raise ValueError("it is no picture that is read")


def _jpeg(data: bytes) -> tuple[int, int, int]:
    at = 2
    while True:
        if data[at] != 0xFF:
            raise ValueError("its markers do not follow each other")
        kind = data[at + 1]
        if kind in FRAMES:
            rows, columns = struct.unpack_from(">HH", data, at + 5)
            return rows, columns, 0
        if kind == 0xFF:  # filled up
            at += 1
        else:
            at += 2 if kind in NO_LENGTH else 2 + struct.unpack_from(">H", data, at + 2)[0]


def _codestreams(data: bytes) -> Iterator[bytes]:
    """What is in the boxes of a JP2 or JPEG XL that hold pixels."""
    at = 0
    while True:
        length, kind = struct.unpack_from(">I4s", data, at)
        head = 16 if length == 1 else 8
        if length == 1:
            length = struct.unpack_from(">Q", data, at + 8)[0]
        if kind in (b"jp2c", b"jxlc", b"jxlp"):
            start = at + head + (4 if kind == b"jxlp" else 0)
            yield data[start : start + 64]
        if length < head:
            raise ValueError("its boxes hold no pixels")
        at += length


def _jpeg_xl(data: bytes) -> tuple[int, int, int]:
    """SizeHeader (ISO 18181-1, D.2), whose bits come lowest first."""
    bits = int.from_bytes(data[2:18], "little")

    def take(count: int) -> int:
        nonlocal bits
        value, bits = bits & ((1 << count) - 1), bits >> count
        return value

    is_small = take(1)

    def side() -> int:
        return 8 * (take(5) + 1) if is_small else take((9, 13, 18, 30)[take(2)]) + 1

    rows, ratio = side(), take(3)
    if not ratio:
        return rows, side(), 0
    wide, high = RATIOS[ratio - 1]
    return rows, rows * wide // high, 0


def _webp(data: bytes) -> tuple[int, int, int]:
    kind = data[12:16]
    if kind == b"VP8X":
        sides = int.from_bytes(data[24:27], "little"), int.from_bytes(data[27:30], "little")
    elif kind == b"VP8L":
        packed = int.from_bytes(data[21:25], "little")
        sides = packed & 0x3FFF, packed >> 14 & 0x3FFF
    else:
        columns, rows = struct.unpack_from("<HH", data, 26)
        return rows & 0x3FFF, columns & 0x3FFF, 0
    return sides[1] + 1, sides[0] + 1, 0


def _jpeg_xr(data: bytes) -> tuple[int, int, int]:
    """Its directory is like TIFF's (ITU-T T.832, annex A)."""
    (at,) = struct.unpack_from("<I", data, 4)
    (count,) = struct.unpack_from("<H", data, at)
    sides = {}
    for number in range(count):
        tag, kind, _, value = struct.unpack_from("<HHII", data, at + 2 + 12 * number)
        sides[tag] = value & (0xFFFF if kind == 3 else 0xFFFFFFFF)
    return sides[0xBC81], sides[0xBC80], 0
