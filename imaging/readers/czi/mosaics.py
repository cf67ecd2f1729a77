"""Planes that libCZI composes of blocks: mosaics with overlaps, colours, compressions that only it decodes."""

from pathlib import Path
from typing import Any

import numpy as np
from pylibCZIrw import czi

from imaging.errors import ImageError
from imaging.pixels import Planes
from imaging.readers.vendor import library_errors


class CziPlanes:
    """See pixels.Planes."""

    def __init__(self, path: Path, header: dict[str, Any]) -> None:
        self._path = path
        self._about = header["about"]
        self._dtype = np.dtype(header["dtype"])
        with library_errors(path, "CZI"):
            self._file = czi.CziReader(str(path))

    def read(self, level: int, t: int, c0: int, c1: int, z: int, y0: int, y1: int, x0: int, x1: int) -> np.ndarray:
        """See pixels.Planes."""
        about, samples = self._about, self._about["samples"]
        factor = about["levels"][level]
        roi = (about["x"] + x0 * factor, about["y"] + y0 * factor, (x1 - x0) * factor, (y1 - y0) * factor)
        out = np.empty((c1 - c0, y1 - y0, x1 - x0), self._dtype)
        for channel in range(c0 // samples, -(-c1 // samples)):
            plane = {"T": about["times"][t], "Z": about["sections"][z], **about["channels"][channel]}
            with library_errors(self._path, "CZI"):
                found = self._file.read(roi=roi, plane=plane, scene=about["scene"], zoom=1 / factor)
            if found.shape[:2] != out.shape[1:] or found.shape[2] < samples:
                reason = f"libCZI gave {found.shape} pixels instead of {out.shape[1:]}; export the file again."
                raise ImageError(path=str(self._path), field=f"level {level}", reason=reason)
            for sample in range(samples):
                number = channel * samples + sample
                if c0 <= number < c1:  # libCZI gives colours as blue, green, red, alpha
                    out[number - c0] = found[:, :, 2 - sample if sample < 3 <= samples else sample]
        return out

    def close(self) -> None:
        """See pixels.Planes."""
        self._file.close()


def open_planes(path: Path, header: dict[str, Any]) -> Planes:
    """The planes of an image by its table; raises ImageError."""
    return CziPlanes(path, header)
