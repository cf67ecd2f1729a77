"""Which stored forms of an image are served: its own file, or what was made of it on somebody's wish.

Chunks are asked of an OME-Zarr first, which is served only if it has the same levels, chunks and codecs as the image's
own file is served with: then no address gives anything else than before, whatever clients have kept, and nothing is
decoded any more. An OME-TIFF has other chunks: of it come the levels that would have to be decoded or made, cut anew,
and the whole image as a download. Where a form is damaged or gone, the own file is read.
"""

import uuid
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

from base.errors import Archived, NotFound, StorageError
from base.models import StoredFile
from base.storage import storage_for
from catalogue.models import Representation
from catalogue.stored_forms import MEDIA_TYPES
from catalogue.stored_forms import Form as Made
from imaging.errors import ImageError
from imaging.pixels import PixelSource, little_endian_codecs
from imaging.places import Files
from imaging.source import are_labels, described_source, open_source
from imaging.sources.made_levels import MadeLevels
from imaging.sources.recut import Recut
from imaging.table import Table
from publishing.delivery.places import is_copied, place_of
from publishing.image_shapes import ImageRecord

TIFF = MEDIA_TYPES[Made.OME_TIFF]


@dataclass(frozen=True)
class Form:
    """A stored form: its file and where that is read, which image of it, and its chunk table."""

    stored: StoredFile
    place: Path | Files
    series: str
    table: Path | None

    def open(self, *, labels: bool = False) -> PixelSource:
        """labels: see open_source. Raises ImageError, StorageError."""
        return open_source(self.place, self.series, self.table, labels=labels)


@dataclass(frozen=True)
class Download:
    """A stored OME-TIFF of the whole image. document: the id of the reading that its metadata is of, "" for none."""

    stored: StoredFile
    document: str


@dataclass(frozen=True)
class Served:
    """What an image is served from. main: the form whose bytes are sent where they are sent as they are stored; stored:
    all files that are read; is_labels: its pixels are numbers of objects; download: it is all there as OME-TIFF."""

    source: PixelSource
    main: Form
    stored: tuple[StoredFile, ...]
    is_labels: bool
    download: Download | None


def serve(record: ImageRecord) -> Served:
    """Open an image for serving. Raises NotFound, StorageError, ImageError, and Archived, for all files that its own
    form needs, if no form is at hand."""
    table = _table(record.representations[0].table) if record.representations else None
    is_labels = record.is_labels or (table is not None and are_labels(Table.open(table)))
    made = _made_of(record, is_labels=is_labels)
    download = next((Download(one.stored, str(one.document_id or "")) for one, _ in made if one.format == TIFF), None)
    try:
        own = own_form(record)
    except Archived:
        if table is None:
            raise
        for row, form in made:
            with closing(described_source(table, labels=is_labels)) as like:
                found = _in_place_of(like, form, row, is_away=True)
            if found:
                return Served(found[0], form, (row.stored,), is_labels, download)
        raise
    source, main, stored = own.open(labels=is_labels), own, [own.stored]
    for row, form in made:
        found = _in_place_of(source, form, row)
        if found is None:
            continue
        source, stored = MadeLevels(source, *found), [*stored, row.stored]
        if isinstance(found[0], Recut):
            continue
        main = form
        break
    return Served(source, main, tuple(stored), is_labels, download)


def has_copied_pixels(record: ImageRecord) -> bool:
    """See `is_copied`, of an image as it was deposited; False also where nobody can tell now."""
    own = next(iter(record.representations), None)
    stored = StoredFile.objects.filter(pk=own.stored).first() if own else None
    if own is None or stored is None:
        return False
    try:
        return is_copied(stored, _table(own.table))
    except (StorageError, ImageError):
        return False


def check_at_hand(record: ImageRecord) -> None:
    """Raises as `serve` does, if the image cannot be served now."""
    serve(record).source.close()


def _made_of(record: ImageRecord, *, is_labels: bool) -> list[tuple[Representation, Form]]:
    """What was made of the image and is at hand, OME-Zarr first; not what the check of bytes found damaged, nor what
    was made when it was not yet said, or still, that its pixels are labels: its lower levels are others."""
    generated = Representation.objects.filter(image_id=uuid.UUID(record.id), is_generated=True)
    generated = generated.exclude(stored__is_damaged=True)
    found = []
    for row in sorted(generated.select_related("stored"), key=lambda row: row.format == TIFF):
        with suppress(Archived, StorageError):
            form = _form(row.stored, row.series, row.table, record)
            if form.table is None or are_labels(Table.open(form.table)) == is_labels:
                found.append((row, form))
    return found


def _in_place_of(
    own: PixelSource, form: Form, row: Representation, *, is_away: bool = False
) -> tuple[PixelSource, int] | None:
    """What of a form may be served in place of the image's own file, and from which level on; None if nothing.

    is_away: the image's file cannot be read: the form has to do for all levels, also for what would be sent as stored.
    """
    try:
        made = form.open()
    except (ImageError, StorageError):  # damaged or gone
        return None
    levels = range(len(own.levels))
    are_alike = (own.levels, own.dtype, own.fill_value) == (made.levels, made.dtype, made.fill_value)
    if are_alike and all(own.codecs(level) == made.codecs(level) for level in levels):
        return made, 0
    shapes = [level.shape for level in made.levels[: len(own.levels)]]
    if row.format == TIFF and made.dtype == own.dtype and shapes == [level.shape for level in own.levels]:
        decoded = [_is_decoded(own, level, is_away=is_away) for level in levels]
        first = next((level for level in levels if all(decoded[level:])), len(decoded))
        if first < len(decoded) and (first == 0 or not is_away):
            return Recut(made, own.levels[first:], first), first
    made.close()
    return None


def _is_decoded(own: PixelSource, level: int, *, is_away: bool) -> bool:
    if own.codecs(level) != little_endian_codecs(own.dtype):
        return False
    return is_away or own.raw_chunk(level, (0, 0, 0, 0, 0)) is None


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
