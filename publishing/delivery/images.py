"""Images that are open for serving: their chunk table mapped, their file open, the most recently used kept."""

import hashlib
import json
import uuid
import weakref
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import lru_cache, partial
from pathlib import Path
from threading import Lock

from base.errors import Archived, NotFound, StorageError
from base.storage import storage_for
from catalogue.models import OmeDocument
from catalogue.ome.export import export_image
from imaging.facts import ChannelFacts, Quantity, Window
from imaging.pixels import RawChunk
from imaging.representations.ome_tiff.view import NAME, filename_of
from imaging.representations.table import Representation
from imaging.representations.view import About, Part, View
from imaging.source import is_unchanged
from imaging.table import Table
from publishing.delivery import labels
from publishing.delivery.choosing import serve
from publishing.delivery.content import Content, content_of_bytes
from publishing.delivery.places import Whereabouts, content_of_stored, is_copied
from publishing.image_shapes import ChannelRecord, ImageRecord

OPEN_IMAGES = 64
KEPT_METADATA = 8  # OME-XML of images, which is asked for again with each range of an OME-TIFF


class OpenImage:
    """One image with what its record says, in any representation. Raises ImageError, StorageError or NotFound.

    document: the id of the reading that says more of it in OME's words, if that may be told.
    """

    def __init__(self, record: ImageRecord, address: str, document: str = "") -> None:
        served = serve(record)
        stored, place, table = served.main.stored, served.main.place, served.main.table
        self._source = served.source
        is_same = partial(is_unchanged, place, table) if table and isinstance(place, Path) else lambda: True
        self.whereabouts = Whereabouts(served.stored, is_same)
        self._is_copy = is_copied(stored, table)
        weakref.finalize(self, self._source.close)  # once no thread serves from it
        self._download, self._document = served.download, document
        ome_xml = partial(ome_xml_of, uuid.UUID(document), uuid.UUID(record.id)) if document else None
        self._about = About(record.title, channels_of(record), sizes_of(record), is_labels=served.is_labels,
                            ome_xml=ome_xml)  # fmt: skip
        self._record, self._labels = record, labels.labels_of(record)
        self._address = address
        self._views: dict[str, View] = {}
        self._label_views: dict[tuple[str, str], View] = {}
        identity = Table.open(table).header["identity"] if table else storage_for(stored.backend).stat(stored.key)
        self._tag = hashlib.sha256(json.dumps([record.id, identity, served.is_labels]).encode()).hexdigest()[:32]

    def content(self, representation: Representation, path: str, query: Mapping[str, str]) -> Content | None:
        """What is at this path of a representation; None if nothing is. Raises BadRequest."""
        found = self._content(representation, path, query)
        return replace(found, is_copy=True) if found and self._is_copy else found

    def _content(self, representation: Representation, path: str, query: Mapping[str, str]) -> Content | None:
        if representation.key in labels.REPRESENTATIONS and path.startswith(f"{labels.GROUP}/"):
            return self._of_labels(representation, path.removeprefix(f"{labels.GROUP}/"), query)
        if (representation.key, path) == ("ome-tiff", NAME) and not query and (stored := self._stored_whole()):
            return stored
        view = self._views.get(representation.key)
        if view is None:
            about = replace(self._about, address=f"{self._address}/{representation.key}")
            view = self._views[representation.key] = representation.make(self._source, about)
        part = view.get(path, query)
        if part is None:
            return None
        if not part.tag:
            assert isinstance(part.body, bytes)
            tag = hashlib.sha256(part.body).hexdigest()
            found = content_of_bytes(part.body, etag=tag, media_type=part.media_type, filename=part.filename)
            return replace(found, canonical=part.canonical)
        tag = f"{self._tag}-{representation.key}-{representation.revision}-{part.tag}"
        return self._content_of(part, tag, only_pixels=representation.gives_only_pixels(path))

    def _stored_whole(self) -> Content | None:
        """The image as the OME-TIFF that was made of it, if that says the same as would be written now."""
        found = self._download
        if found is None or not self._document or found.document != self._document or not found.stored.sha256:
            return None
        try:
            return content_of_stored(found.stored, media_type="image/tiff", filename=filename_of(self._about))
        except (Archived, StorageError):  # it has changed, or is gone
            return None

    def _of_labels(self, representation: Representation, path: str, query: Mapping[str, str]) -> Content | None:
        """What is at a path below the group of label images."""
        body = labels.group_of(list(self._labels), representation.key).get(path)
        label = next((one for name, one in self._labels.items() if path.startswith(f"{name}/")), None)
        if body is None and label is not None:
            below = path.removeprefix(f"{label.name}/")
            part = self._label_view(representation, label).get(below, query)
            if part is not None and part.tag:
                identity = json.dumps([label.name, Table.open(label.table).header["identity"]])
                own = hashlib.sha256(identity.encode()).hexdigest()[:32]
                tag = f"{self._tag}-{own}-{representation.key}-{representation.revision}-{part.tag}"
                return self._content_of(part, tag, only_pixels=True)
            body = None if part is None else labels.with_source(part, below, label)
        tag = hashlib.sha256(body or b"").hexdigest()
        return None if body is None else content_of_bytes(body, etag=tag, media_type="application/json")

    def _label_view(self, representation: Representation, label: labels.Label) -> View:
        key = (representation.key, label.name)
        if key not in self._label_views:
            source = label.open(self._record)
            weakref.finalize(self, source.close)
            about = labels.about(label, source, self._source, self._about.sizes)
            self._label_views[key] = labels.view_of(representation, source, about)
        return self._label_views[key]

    def _content_of(self, part: Part, tag: str, *, only_pixels: bool) -> Content:
        body, about = part.body, (part.is_lasting, part.filename, only_pixels)
        if isinstance(body, bytes):
            return Content(len(body), tag, part.media_type, partial(_held, body), *about)
        if isinstance(body, RawChunk):
            return Content(body.length, tag, part.media_type, partial(self._stored, body), *about)
        return Content(body.length, tag, part.media_type, partial(self._streamed, body.read), *about)

    # Methods, so that the image stays open while somebody is still being sent what it gave.
    def _stored(self, chunk: RawChunk, offset: int, length: int) -> list[bytes]:
        assert chunk.place
        return [chunk.place.pread(chunk.offset + offset, length)]

    def _streamed(self, read: Callable[[int, int], Iterator[bytes]], offset: int, length: int) -> Iterator[bytes]:
        yield from read(offset, length)


def _held(body: bytes, offset: int, length: int) -> list[bytes]:
    return [body[offset : offset + length]]


class OpenImages:
    """The most recently used, so that a chunk costs no query and no parsing; safe between threads."""

    def __init__(self) -> None:
        self._open: OrderedDict[tuple[uuid.UUID, str], OpenImage] = OrderedDict()
        self._lock = Lock()

    def find(self, image_id: uuid.UUID, version: str) -> OpenImage | None:
        """The image as this version of its record shows it, if it is open and its file was not moved since."""
        with self._lock:
            found = self._open.get((image_id, version))
            if found is not None:
                self._open.move_to_end((image_id, version))
        if found is None or found.whereabouts.are_current():
            return found
        with self._lock:
            self._open.pop((image_id, version), None)
        return None

    def keep(self, image_id: uuid.UUID, version: str, image: OpenImage) -> OpenImage:
        with self._lock:
            self._open[image_id, version] = image
            while len(self._open) > OPEN_IMAGES:
                self._open.popitem(last=False)
        return image


@lru_cache(KEPT_METADATA)
def ome_xml_of(document: uuid.UUID, image: uuid.UUID) -> bytes:
    """OME-XML of the image by a reading, whose rows never change; without people. Raises NotFound."""
    row = OmeDocument.objects.filter(pk=document).first()
    if row is None:
        raise NotFound("The metadata of this image's file was read anew; open the image again.")
    return export_image(row, image)


def channels_of(record: ImageRecord) -> tuple[ChannelFacts, ...]:
    """What the view is to know of channels: names, colours, contrast, and how they were taken."""
    return tuple(
        ChannelFacts(
            channel.index,
            name=channel.name,
            color=channel.color[:7] or None,
            emission_wavelength=_quantity(channel.emission_wavelength, channel.emission_wavelength_unit),
            excitation_wavelength=_quantity(channel.excitation_wavelength, channel.excitation_wavelength_unit),
            fluor=channel.fluor,
            acquisition_mode=channel.acquisition_mode,
            contrast_method=channel.contrast_method,
            illumination_type=channel.illumination_type,
            pinhole_size=_quantity(channel.pinhole_size, channel.pinhole_size_unit),
            nd_filter=channel.nd_filter,
            display=window_of(channel),
            active=channel.active,
        )
        for channel in record.channels
    )


def _quantity(value: float | None, unit: str) -> Quantity | None:
    return None if value is None else Quantity(value, unit)


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
