"""Writing a version's records: in batches of bounded memory, and only what differs from the version before."""

import uuid
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.db.models import Exists, OuterRef
from django.utils import timezone

from base.models import StoredFile
from catalogue.models import File, Image, Plate, Study, StudyComponent
from publishing.canonical import digest_of, to_plain
from publishing.models import Entry, Record
from publishing.plates import plate_records
from publishing.shapes import RECORD_SCHEMA, RecordSet
from publishing.working_copy import batches, file_records, image_records

BATCH = 500
PLATES = 10  # each with up to 1536 wells
Kind = Entry.Kind


def freeze(study: Study, records: RecordSet) -> Record:
    """Write the study's record and the entries that are new in its version; gives the study's record.

    Content-addressed, so that running it again writes nothing twice. To be called in a transaction.
    """
    _freeze_kind(study, Kind.COMPONENT, StudyComponent, _slices(records.components))
    images = batches(Image.objects.filter(study=study), BATCH)
    _freeze_kind(study, Kind.IMAGE, Image, (image_records(batch) for batch in images))
    files = batches(File.objects.filter(study=study), BATCH)
    _freeze_kind(study, Kind.FILE, File, (file_records(batch) for batch in files))
    stored = File.objects.filter(study=study).values("stored")
    StoredFile.objects.filter(pk__in=stored, published_at=None).update(published_at=timezone.now())
    plates = batches(Plate.objects.filter(study=study), PLATES)
    _freeze_kind(study, Kind.PLATE, Plate, (plate_records(batch) for batch in plates))
    body = to_plain(records.study)
    record, _ = Record.objects.get_or_create(digest=digest_of(body), defaults={"schema": RECORD_SCHEMA, "body": body})
    return record


def _slices(items: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for start in range(0, len(items), BATCH):
        yield items[start : start + BATCH]


def _freeze_kind(study: Study, kind: Kind, model: type[Any], record_batches: Iterable[Sequence[Any]]) -> None:
    for records in record_batches:
        _freeze_batch(study, kind, records)
    still_there = model.objects.filter(study=study, pk=OuterRef("object_id"))
    Entry.objects.filter(~Exists(still_there), study=study, kind=kind, last_version=None).update(
        last_version=study.version - 1
    )


def _freeze_batch(study: Study, kind: Kind, records: Sequence[Any]) -> None:
    bodies = {record.id: to_plain(record) for record in records}
    digests = {key: digest_of(body) for key, body in bodies.items()}
    parents = {record.id: getattr(record, "component", "") for record in records}
    open_entries = {
        str(entry.object_id): entry
        for entry in Entry.objects.filter(study=study, kind=kind, last_version=None, object_id__in=list(bodies))
    }
    fresh = [key for key in bodies if key not in open_entries or open_entries[key].record_id != digests[key]]
    Record.objects.bulk_create(
        [Record(digest=digests[key], schema=RECORD_SCHEMA, body=bodies[key]) for key in fresh], ignore_conflicts=True
    )
    ended = [open_entries[key].pk for key in fresh if key in open_entries]
    Entry.objects.filter(pk__in=ended, first_version=study.version).delete()  # an earlier run of this version
    Entry.objects.filter(pk__in=ended).update(last_version=study.version - 1)
    Entry.objects.bulk_create(
        [
            Entry(
                study=study,
                kind=kind,
                object_id=uuid.UUID(key),
                parent_id=uuid.UUID(parents[key]) if parents[key] else None,
                first_version=study.version,
                record_id=digests[key],
            )
            for key in fresh
        ]
    )
