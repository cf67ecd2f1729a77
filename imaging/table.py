"""The chunk table: all that serving an image needs, in one file that is memory-mapped and bound to the image.

Layout: 8 bytes magic, 8 bytes little-endian length of the header, the header (JSON), then the arrays, each at a
multiple of 64 bytes from the end of the header. The header's "arrays" says name, dtype, shape and offset of each.
"""

import hashlib
import json
import mmap
import os
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from imaging.errors import ImageChanged, ImageError
from imaging.limits import file_size
from imaging.places import Files, LocalPlace, Place

MAGIC = b"VITCHNK2"
ALIGN = 64
ENDS = 4096  # bytes of the beginning and the end of a file, by which it is known


@dataclass(frozen=True)
class Table:
    """`header` is what the format's source needs as JSON; `arrays` are its columns."""

    header: dict[str, Any]
    arrays: dict[str, np.ndarray]

    def save(self, out: Path) -> None:
        """Write the table beside `out` first, then move it there, so that a reader never sees half of it."""
        described, offset = [], 0
        for name, array in self.arrays.items():
            described.append({"name": name, "dtype": array.dtype.str, "shape": array.shape, "offset": offset})
            offset += -(-array.nbytes // ALIGN) * ALIGN
        header = json.dumps({**self.header, "arrays": described}).encode()
        header += b" " * (-(len(MAGIC) + 8 + len(header)) % ALIGN)
        part = out.with_name(out.name + f".{os.getpid()}.part")
        with part.open("wb") as file:
            file.write(MAGIC + struct.pack("<Q", len(header)) + header)
            for array in self.arrays.values():
                file.write(np.ascontiguousarray(array).tobytes())
                file.write(b"\0" * (-array.nbytes % ALIGN))
        part.replace(out)

    @classmethod
    def open(cls, path: Path) -> "Table":
        """Map a saved table; raises ImageError if it is none."""
        file_size(path)
        with path.open("rb") as file:
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        try:
            if mapped[:8] != MAGIC:
                raise ValueError("it does not begin with the table's mark")
            (length,) = struct.unpack("<Q", mapped[8:16])
            header = json.loads(mapped[16 : 16 + length])
            arrays = {
                described["name"]: np.frombuffer(
                    mapped,
                    described["dtype"],
                    int(np.prod(described["shape"], dtype=np.int64)),
                    16 + length + described["offset"],
                ).reshape(described["shape"])
                for described in header["arrays"]
            }
        except (ValueError, KeyError, struct.error) as error:
            reason = f"cannot be read ({error}); register the image again."
            raise ImageError(path=str(path), field="chunk table", reason=reason) from error
        return cls(header=header, arrays=arrays)


def identity_of(names: Iterable[str], files: Files) -> list[list[Any]]:
    """Name, size and version of the files that an image's table was made from; of the first also a digest of its
    beginning and end, since a program may keep a file's size and time and change what is in it."""
    found: list[list[Any]] = [[name, *files.place(name).state()] for name in names]
    for name, size, _ in found[:1]:
        found[0] += _ends_of(files.place(name), size)
    return found


def check_identity(header: dict[str, Any], files: Files) -> None:
    """Raise ImageChanged if a file is no longer the one that the table was made from, ImageError if it is gone."""
    for name, size, version, *ends in header["identity"]:
        place = files.place(name)
        if place.state() != (size, version) or (ends and _ends_of(place, size) not in ([], ends)):
            reason = "has changed since it was registered; it is not read until it is put back or registered again."
            raise ImageChanged(path=header.get("name", place.name), field=name, reason=reason)


def _ends_of(place: Place, size: int) -> list[str]:
    """A digest of the first and last bytes of a file of this machine; an object's version is by its bytes."""
    if not isinstance(place, LocalPlace):
        return []
    head, tail = place.pread(0, min(size, ENDS)), place.pread(max(0, size - ENDS), min(size, ENDS))
    place.close()
    return [hashlib.blake2b(head + tail, digest_size=16).hexdigest()]
