"""What representations are made of and what they give, free of files, users and HTTP."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol

from imaging.errors import ImageError
from imaging.facts import ChannelFacts, ImageFacts, Quantity
from imaging.pixels import Picture, PixelSource, RawChunk


class BadRequest(ValueError):
    """What was asked of a representation cannot be; `str()` says in plain words what is wrong with it."""


class Elsewhere(Exception):
    """What was asked for is at another address, `address`, to which a client is to be sent."""

    def __init__(self, address: str) -> None:
        super().__init__(address)
        self.address = address


@dataclass(frozen=True)
class About:
    """What is said of an image beside its pixels.

    sizes: physical size of a pixel of level 0 along x, y and z, and the time between points along t. address: where the
    representation is, absolute and without a slash at its end, for documents that must name themselves.
    is_labels: its pixels are numbers of objects. labels: names of the label images that belong to it. ome_xml: its
    OME-XML as it would be exported.
    """

    name: str = ""
    channels: tuple[ChannelFacts, ...] = ()
    sizes: Mapping[str, Quantity] = field(default_factory=dict)
    address: str = ""
    is_labels: bool = False
    labels: tuple[str, ...] = ()
    ome_xml: Callable[[], bytes] | None = None

    @classmethod
    def of(cls, facts: ImageFacts) -> "About":
        """What the file's own facts say."""
        named = {"x": facts.physical_size_x, "y": facts.physical_size_y, "z": facts.physical_size_z}
        sizes = {axis: size for axis, size in {**named, "t": facts.time_increment}.items() if size is not None}
        return cls(facts.name, facts.channels, sizes)


@dataclass(frozen=True)
class Stream:
    """Bytes that are made as they are sent. `length` is None if it is not known before; then there are no ranges of it.
    `read(offset, length)` gives any part of what has a length, `read(0, -1)` all of it."""

    length: int | None
    read: Callable[[int, int], Iterator[bytes]]


def stream_of(picture: Picture) -> Stream:
    """The file of a tile that is stored as a picture."""
    length = len(picture.head) + picture.stored.length

    def read(offset: int, count: int) -> Iterator[bytes]:
        end = length if count < 0 else min(offset + count, length)
        if offset < len(picture.head):
            yield picture.head[offset:end]
        first, last = max(offset - len(picture.head), 0), end - len(picture.head)
        if last > first:
            yield replace(picture.stored, offset=picture.stored.offset + first, length=last - first).read()

    return Stream(length, read)


@dataclass(frozen=True)
class Part:
    """What is at a path of a representation.

    tag: tells it from all else of the same image, for an ETag; "" for a document, which is told by its bytes.
    filename: it is to be saved under this name. is_lasting: with a tag, what is at this path is always the same.
    canonical: the one address of several that give the same.
    """

    media_type: str
    body: bytes | RawChunk | Stream
    tag: str = ""
    filename: str = ""
    is_lasting: bool = True
    canonical: str = ""


class View(Protocol):
    """One image in one representation; read only, used by threads at once."""

    def get(self, path: str, query: Mapping[str, str]) -> Part | None:
        """What is at a path below the representation; None if nothing is. Raises BadRequest, ImageError."""


__all__ = ["About", "BadRequest", "Elsewhere", "ImageError", "Part", "PixelSource", "Stream", "View", "stream_of"]
