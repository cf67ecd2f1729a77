"""What Bio-Formats does not ask of a Windows bitmap: whether it is whole, and whose its resolution is."""

import struct
from dataclasses import replace
from pathlib import Path

from imaging.errors import ImageError
from imaging.facts import ImageFacts
from imaging.readers.resolution import METRE, not_taken, pixel_size

CORE_HEADER = 12  # bytes of the oldest header, which has sizes of 16 bits and says no resolution
PLAIN = (0, 3)  # BI_RGB, BI_BITFIELDS: rows of a known length


def is_bitmap(path: Path) -> bool:
    """Whether its name says so."""
    return path.suffix.lower() == ".bmp"


def check_whole(path: Path) -> None:
    """Raise ImageError if the file ends before its pixels do (BITMAPFILEHEADER, BITMAPINFOHEADER)."""
    head, size = _head(path), path.stat().st_size
    if len(head) < 26 or head[:2] != b"BM":
        return  # Bio-Formats says what is wrong with it
    (needed,) = struct.unpack_from("<I", head, 10)
    (header,) = struct.unpack_from("<I", head, 14)
    if header >= 40 and len(head) >= 38:
        width, height, _, bits, compression, nbytes = struct.unpack_from("<iiHHII", head, 18)
    elif header == CORE_HEADER:
        width, height, _, bits = struct.unpack_from("<HHHH", head, 18)
        compression, nbytes = 0, 0
    else:
        return
    needed += (abs(width) * bits + 31) // 32 * 4 * abs(height) if compression in PLAIN else nbytes
    if needed > size:
        reason = f"ends at byte {size}, but its pixels at byte {needed}: it is truncated; upload or export it again."
        raise ImageError(path=str(path), field="pixels", reason=reason)


def with_resolution(image: ImageFacts, path: Path) -> ImageFacts:
    """The image, its pixel size only where that is none of a printer or a screen."""
    head = _head(path)
    x, y = struct.unpack_from("<ii", head, 38) if len(head) >= 46 and head[14] >= 40 else (0, 0)
    return replace(
        image,
        physical_size_x=image.physical_size_x if pixel_size(x, METRE) else None,
        physical_size_y=image.physical_size_y if pixel_size(y, METRE) else None,
        key_values=(*image.key_values, *not_taken("bmp", x, y, METRE)),
    )


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(54)
