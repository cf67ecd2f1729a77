"""Write an OME-TIFF with its OME-XML and its lower resolutions, as a file that others can open."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tifffile

from imaging.sources.halves import half

TILE = 256  # pixels; the lowest level is no wider or higher


@dataclass(frozen=True)
class WrittenChannel:
    """A channel to write: its name, and its colour as (red, green, blue), each 0 to 255."""

    name: str
    color: tuple[int, int, int]


def write_ome_tiff(
    path: Path,
    pixels: np.ndarray,
    channels: Sequence[WrittenChannel],
    *,
    name: str,
    pixel_size_um: float | None = None,
) -> None:
    """Write `pixels` of the shape (c, y, x), one channel each, deflated in tiles; lower levels are SubIFDs, as the
    OME-TIFF specification (6.0, "Sub-resolutions") has it.

    Without `pixel_size_um` (micrometres a pixel) the file says none. Raises ValueError if channels and pixels differ.
    """
    if pixels.ndim != 3 or len(pixels) != len(channels):
        raise ValueError(f"pixels of the shape {pixels.shape} do not have {len(channels)} channels")
    levels = [pixels]
    while max(levels[-1].shape[1:]) > TILE:
        levels.append(half(levels[-1]))
    metadata: dict[str, Any] = {
        "axes": "CYX",
        "Name": name,
        "Channel": {"Name": [one.name for one in channels], "Color": [_signed(one.color) for one in channels]},
    }
    if pixel_size_um is not None:
        metadata |= {"PhysicalSizeX": pixel_size_um, "PhysicalSizeY": pixel_size_um}
        metadata |= {"PhysicalSizeXUnit": "µm", "PhysicalSizeYUnit": "µm"}
    with tifffile.TiffWriter(path, ome=True, bigtiff=False) as file:
        for number, level in enumerate(levels):
            file.write(
                level,
                tile=(TILE, TILE),
                compression="zlib",
                photometric="minisblack",
                subifds=0 if number else len(levels) - 1,
                subfiletype=1 if number else 0,
                metadata=None if number else metadata,
            )


def _signed(color: tuple[int, int, int]) -> int:
    """OME's Color: red, green, blue and alpha as one signed 32-bit number."""
    red, green, blue = color
    value = red << 24 | green << 16 | blue << 8 | 255
    return value - 2**32 if value >= 2**31 else value
