"""Which stored form of an image is served: its own file, or the OME-Zarr that was made of it on somebody's wish.

The latter only if it has the same levels, chunks and codecs as its own file is served with: then no address gives
anything else than before, whatever clients have kept, and nothing is decoded any more.
"""

import uuid
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from base.errors import Archived, NotFound
from base.models import StoredFile
from base.storage import storage_for
from base.tiers.access import note_opened
from catalogue.models import Representation
from imaging.pixels import PixelSource
from imaging.places import Files
from imaging.source import described_source, open_source
from publishing.delivery.places import place_of
from publishing.image_shapes import ImageRecord


@dataclass(frozen=True)
class Form:
    """A stored form: its file and where that is read, which image of it, and its chunk table."""

    stored: StoredFile
    place: Path | Files
    series: str
    table: Path | None

    def open(self) -> PixelSource:
        """Raises ImageError, StorageError."""
        return open_source(self.place, self.series, self.table)


def form_of(record: ImageRecord) -> Form:
    """The form to serve an image from. Raises NotFound, StorageError, ImageError, and Archived, for all files that its
    own form needs, if no form is at hand."""
    try:
        found = own_form(record)
    except Archived:
        other = _made_form(record)
        if other is None or not _is_served_as_described(record, other):
            raise
        return other
    other = _made_form(record)
    if other is None:
        return found
    note_opened(found.stored.pk)  # it is looked at too, and is not to go to the archive because only the other is read
    with closing(found.open()) as own:
        return other if _are_served_alike(own, other) else found


def _made_form(record: ImageRecord) -> Form | None:
    """What was made of the image, if that is at hand."""
    generated = Representation.objects.filter(image_id=uuid.UUID(record.id), is_generated=True)
    made = generated.select_related("stored").first()
    if made is None:
        return None
    try:
        return _form(made.stored, made.series, made.table, record)
    except Archived:
        return None


def _is_served_as_described(record: ImageRecord, other: Form) -> bool:
    """Whether the other form is served as the image's own file would be, which cannot be opened now."""
    table = _table(record.representations[0].table)
    if table is None:
        return False
    with closing(described_source(table)) as own:
        return _are_served_alike(own, other)


def own_form(record: ImageRecord) -> Form:
    """The image's own file. Raises NotFound, StorageError, Archived."""
    if not record.representations:
        raise NotFound("This image has no pixels that can be served yet.")
    own = record.representations[0]
    return _form(StoredFile.objects.get(pk=own.stored), own.series, own.table, record)


def _form(stored: StoredFile, series: str, table_key: str, record: ImageRecord) -> Form:
    table = _table(table_key)
    return Form(stored, place_of(stored, table, record), series, table)


def _table(key: str) -> Path | None:
    return storage_for(StoredFile.Backend.STORE).local_path(key) if key else None


def _are_served_alike(a: PixelSource, other: Form) -> bool:
    with closing(other.open()) as b:
        levels = range(len(a.levels))
        lie_alike = a.levels == b.levels and a.dtype == b.dtype and a.fill_value == b.fill_value
        return lie_alike and all(a.codecs(level) == b.codecs(level) for level in levels)
