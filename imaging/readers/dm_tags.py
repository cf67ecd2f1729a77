"""The tag tree of DigitalMicrograph files: names and values by their paths, arrays by where they lie.

Source: the format as Jefferis (Cambridge) described DM3, and Mitchell DM4; Gatan publishes no description.
"""

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from imaging.errors import ImageError
from imaging.limits import file_size

MAX_DEPTH = 64
MAX_TAGS = 500_000
MAX_SHORT = 1024  # values of an array that are read; longer ones are only located
# Codes of simple types.
TYPES = {2: "i2", 3: "i4", 4: "u2", 5: "u4", 6: "f4", 7: "f8", 8: "u1", 9: "i1", 10: "u1", 11: "i8", 12: "u8"}
STRUCT, TEXT, ARRAY = 15, 18, 20
GROUP, DATA = 20, 21


@dataclass(frozen=True)
class Stored:
    """An array of a tag: `count` values of `dtype` at the byte `offset`."""

    offset: int
    count: int
    dtype: str


Tags = dict[str, Any]
"""Groups are dictionaries, unnamed members have their numbers for names; values are numbers, texts, tuples, Stored."""


@dataclass
class _Tree:
    """A file as it is read; every number that says how much follows is held against what is left of it."""

    path: Path
    file: BinaryIO
    size: int
    is_dm4: bool
    order: str
    tags: int = 0

    def fail(self, reason: str) -> ImageError:
        return ImageError(path=str(self.path), field=f"tag at byte {self.file.tell()}", reason=reason)

    def take(self, form: str) -> tuple[Any, ...]:
        data = self.file.read(struct.calcsize(form))
        if len(data) != struct.calcsize(form):
            raise self.fail("is not all there: the file is truncated; upload or copy it again.")
        return struct.unpack(form, data)

    def word(self) -> int:
        """A number of the tree, as long as the version has them, always big endian."""
        return int(self.take(">Q" if self.is_dm4 else ">I")[0])

    def group(self, depth: int) -> Tags:
        if depth > MAX_DEPTH:
            raise self.fail("lies too deep; the file is damaged.")
        self.take(">BB")  # sorted, open
        count = self.word()
        if count > self.size:
            raise self.fail(f"says that {count} tags follow, more than the file has bytes; the file is damaged.")
        found: Tags = {}
        for number in range(count):
            self.tags += 1
            if self.tags > MAX_TAGS:
                raise self.fail(f"is one of more than {MAX_TAGS}; the file is damaged.")
            kind, length = self.take(">BH")
            name = self.file.read(length).decode("latin-1") or str(number)
            if self.is_dm4:
                self.take(">Q")  # bytes of the tag
            if kind == GROUP:
                found[name] = self.group(depth + 1)
            elif kind == DATA:
                found[name] = self.value()
            else:
                raise self.fail(f"is of the unknown kind {kind}; the file is damaged.")
        return found

    def value(self) -> Any:
        if self.take(">4s")[0] != b"%%%%":
            raise self.fail("has no mark before its value; the file is damaged.")
        count = self.word()
        if not 1 <= count <= MAX_SHORT:
            raise self.fail(f"describes its value by {count} numbers; the file is damaged.")
        info = [self.word() for _ in range(count)]
        kind = info[0]
        if kind in TYPES:
            return self.numbers(TYPES[kind], 1)[0]
        if kind == TEXT:
            return self.text(info[1] if count > 1 else 0)
        if kind == STRUCT:
            return self.structure(info[1:])
        if kind == ARRAY and count >= 3:
            return self.array(info[1:-1], info[-1])
        raise self.fail(f"has a value of the unknown type {kind}; the file is damaged, or of a newer version.")

    def numbers(self, kind: str, count: int) -> list[Any]:
        dtype = np.dtype(self.order + kind)
        data = self.file.read(dtype.itemsize * count)
        if len(data) != dtype.itemsize * count:
            raise self.fail("is not all there: the file is truncated; upload or copy it again.")
        return list(np.frombuffer(data, dtype).tolist())

    def text(self, length: int) -> str:
        self.expect(length * 2)
        return self.file.read(min(length, MAX_SHORT * 64) * 2).decode("utf-16", "replace")

    def structure(self, info: list[int]) -> tuple[Any, ...]:
        """info: length of the name, number of fields, then of each field length of the name and type."""
        return tuple(self.numbers(TYPES[kind], 1)[0] for kind in self.fields(info))

    def fields(self, info: list[int]) -> list[int]:
        kinds = info[3::2]
        if len(info) < 2 or len(kinds) != info[1] or any(kind not in TYPES for kind in kinds):
            raise self.fail("has a structure that cannot be understood; the file is damaged.")
        return kinds

    def array(self, of: list[int], count: int) -> Any:
        """A text (of 16-bit letters), a few numbers, or where many lie."""
        kinds = self.fields(of[1:]) if of[0] == STRUCT else of[:1]
        if any(kind not in TYPES for kind in kinds):
            raise self.fail(f"has an array of the unknown type {of[0]}; the file is damaged.")
        size = sum(np.dtype(TYPES[kind]).itemsize for kind in kinds)
        self.expect(size * count)
        offset = self.file.tell()
        if len(kinds) > 1 or count > MAX_SHORT:
            self.file.seek(size * count, 1)
            return Stored(offset, count, self.order + TYPES[kinds[0]] if len(kinds) == 1 else f"V{size}")
        values = self.numbers(TYPES[kinds[0]], count)
        if kinds[0] == 4:
            return "".join(chr(value) for value in values).rstrip("\0")
        return tuple(values) if count <= 16 else Stored(offset, count, self.order + TYPES[kinds[0]])

    def expect(self, nbytes: int) -> None:
        if self.file.tell() + nbytes > self.size:
            raise self.fail("is not all there: the file is truncated; upload or copy it again.")


def read_tags(path: Path) -> Tags:
    """All tags of a DM3 or DM4 file; raises ImageError."""
    size = file_size(path)
    with path.open("rb", buffering=1 << 16) as file:
        head = file.read(4)
        version = int.from_bytes(head, "big")
        if version not in (3, 4):
            reason = "is not that of a DigitalMicrograph 3 or 4 file; look whether it was named right."
            raise ImageError(path=str(path), field="header", reason=reason)
        tree = _Tree(path, file, size, version == 4, "<")
        tree.word()  # bytes that follow
        tree.order = "<" if tree.take(">I")[0] else ">"
        return tree.group(0)
