"""Images that are open for serving: their chunk table mapped, their file open, the most recently used kept."""

import hashlib
import json
import re
import uuid
import weakref
from collections import OrderedDict
from collections.abc import Iterator
from functools import partial
from threading import Lock

from base.errors import NotFound
from base.models import StoredFile
from base.storage import path_of, storage_for
from imaging.facts import ChannelFacts, Quantity, Window
from imaging.pixels import RawChunk
from imaging.representations.ome_zarr import OmeZarrView
from imaging.source import open_source
from imaging.table import Table
from publishing.delivery.content import Content, content_of_bytes
from publishing.image_shapes import ChannelRecord, ImageRecord

OPEN_IMAGES = 64
ENCODING = "1"  # part of the tags of encoded chunks: change it when imaging encodes otherwise
CHUNK = re.compile("([0-9]{1,4})/c/([0-9]{1,9})/([0-9]{1,9})/([0-9]{1,9})/([0-9]{1,9})/([0-9]{1,9})")
METADATA = re.compile("(?:[0-9]{1,4}/)?zarr.json")


def is_metadata(zarr_path: str) -> bool:
    """Whether this is the path of the group's or a level's metadata."""
    return METADATA.fullmatch(zarr_path) is not None


class OpenImage:
    """One image as OME-Zarr 0.5, with what its record says. Raises ImageError, StorageError or NotFound."""

    def __init__(self, record: ImageRecord) -> None:
        if not record.representations:
            raise NotFound("This image has no pixels that can be served yet.")
        representation = record.representations[0]
        path = path_of(StoredFile.objects.get(pk=representation.stored))
        table = None
        if representation.table:
            table = storage_for(StoredFile.Backend.STORE).local_path(representation.table)
        source = open_source(path, representation.series, table)
        weakref.finalize(self, source.close)  # once no thread serves from it
        self._view = OmeZarrView(source, name=record.name, channels=channels_of(record), sizes=sizes_of(record))
        identity = Table.open(table).header["identity"] if table else [path.name, path.stat().st_mtime_ns]
        self._tag = hashlib.sha256(json.dumps([record.id, identity]).encode()).hexdigest()[:32]

    def content(self, zarr_path: str) -> Content | None:
        """What is at this path of the OME-Zarr: a chunk or metadata; None if nothing is, as Zarr asks for."""
        match = CHUNK.fullmatch(zarr_path)
        if match is None:
            found = self._view.metadata(zarr_path) if is_metadata(zarr_path) else None
            if found is None:
                return None
            return content_of_bytes(found, etag=hashlib.sha256(found).hexdigest(), media_type="application/json")
        level, t, c, z, y, x = map(int, match.groups())
        chunk = self._view.chunk(level, (t, c, z, y, x))
        if chunk is None:
            return None
        tag = f"{self._tag}-{level}.{t}.{c}.{z}.{y}.{x}"
        if isinstance(chunk, RawChunk):
            read = partial(_stored, chunk)
            return Content(chunk.length, tag, "application/octet-stream", read, unchanging=True)
        return content_of_bytes(chunk, etag=f"{tag}-{ENCODING}", media_type="application/octet-stream", unchanging=True)


def _stored(chunk: RawChunk, offset: int, length: int) -> Iterator[bytes]:
    assert chunk.place
    return iter((chunk.place.pread(chunk.offset + offset, length),))


class OpenImages:
    """The most recently used, so that a chunk costs no query and no parsing; safe between threads."""

    def __init__(self) -> None:
        self._open: OrderedDict[tuple[uuid.UUID, str], OpenImage] = OrderedDict()
        self._lock = Lock()

    def find(self, image_id: uuid.UUID, version: str) -> OpenImage | None:
        """The image as this version of its record shows it, if it is open."""
        with self._lock:
            found = self._open.get((image_id, version))
            if found is not None:
                self._open.move_to_end((image_id, version))
            return found

    def keep(self, image_id: uuid.UUID, version: str, image: OpenImage) -> OpenImage:
        with self._lock:
            self._open[image_id, version] = image
            while len(self._open) > OPEN_IMAGES:
                self._open.popitem(last=False)
        return image


def channels_of(record: ImageRecord) -> list[ChannelFacts]:
    """Names, colours and contrast for the view."""
    return [
        ChannelFacts(
            channel.index,
            name=channel.name,
            color=channel.color[:7] or None,
            display=window_of(channel),
            active=channel.active,
        )
        for channel in record.channels
    ]


def window_of(channel: ChannelRecord) -> Window | None:
    start, end = channel.window_start, channel.window_end
    if start is None or end is None:
        return None
    least = start if channel.window_min is None else channel.window_min
    greatest = end if channel.window_max is None else channel.window_max
    return Window(least, greatest, start, end)


def sizes_of(record: ImageRecord) -> dict[str, Quantity]:
    """Physical size of a pixel along x, y and z, and the time between points of t, where known."""
    given = {
        "x": (record.physical_size_x, record.physical_size_x_unit),
        "y": (record.physical_size_y, record.physical_size_y_unit),
        "z": (record.physical_size_z, record.physical_size_z_unit),
        "t": (record.time_increment, record.time_increment_unit),
    }
    return {axis: Quantity(value, unit) for axis, (value, unit) in given.items() if value is not None}
