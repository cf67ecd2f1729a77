"""The Record: the one public projection of a study. Pages, renditions, search, packages and harvest read only this.

`of_version` is frozen; `of_draft` is computed behind the access check and is never stored, cached or indexed.
"""

import uuid
from collections.abc import Iterable, Iterator

from django.db.models import Q, QuerySet

from base.errors import NotFound
from catalogue.access import Actor, Verb, require
from catalogue.models import File, Image, Plate, Study, StudyComponent
from publishing.canonical import from_plain
from publishing.image_shapes import FileRecord, ImageRecord, PlateRecord
from publishing.models import Entry, Publication
from publishing.plates import plate_records, shown_plates
from publishing.shapes import RECORD_SCHEMA, ComponentRecord, RecordSet, StudyRecord
from publishing.working_copy import file_records, image_records, record_set

__all__ = [
    "RECORD_SCHEMA",
    "ComponentRecord",
    "FileRecord",
    "ImageRecord",
    "PlateRecord",
    "RecordSet",
    "StudyRecord",
    "all_files",
    "draft_files_of",
    "draft_image",
    "draft_images_of",
    "draft_plate",
    "draft_plates_of",
    "file_of",
    "files_named",
    "files_of",
    "image_of",
    "images_of",
    "of_draft",
    "of_version",
    "plate_of",
    "plates_of",
]

PAGE = 60
BATCH = 500


def of_version(publication: Publication) -> RecordSet:
    """As it was published, whatever became of the working copy. Two queries."""
    components = [
        from_plain(ComponentRecord, entry.record.body) for entry in entries_of(publication, Entry.Kind.COMPONENT)
    ]
    return RecordSet(
        from_plain(StudyRecord, publication.record.body), tuple(sorted(components, key=lambda it: it.position))
    )


def of_draft(study: Study, actor: Actor) -> RecordSet:
    """The working copy as it would be published. Raises as catalogue.access.require does for `view`."""
    require(actor, Verb.VIEW, study)
    return record_set(study)


def images_of(
    publication: Publication, component: uuid.UUID | None = None, after: uuid.UUID | None = None, limit: int = PAGE
) -> list[ImageRecord]:
    """A page of a version's images in the order of their ids, those after `after`."""
    entries = _page(entries_of(publication, Entry.Kind.IMAGE), component, after)[:limit]
    return [from_plain(ImageRecord, entry.record.body) for entry in entries]


def files_of(
    publication: Publication, component: uuid.UUID | None = None, after: uuid.UUID | None = None, limit: int = PAGE
) -> list[FileRecord]:
    """A page of a version's files in the order of their ids, those after `after`."""
    entries = _page(entries_of(publication, Entry.Kind.FILE), component, after)[:limit]
    return [from_plain(FileRecord, entry.record.body) for entry in entries]


def listed_files(publication: Publication, after: uuid.UUID | None = None, limit: int = PAGE) -> list[FileRecord]:
    """As `files_of`, for lists of names: without key-values, of which a single file may have thousands."""
    entries = _page(entries_of(publication, Entry.Kind.FILE), None, after)[:limit]
    return [from_plain(FileRecord, {**entry.record.body, "key_values": []}) for entry in entries]


def all_files(publication: Publication, component: uuid.UUID | None = None) -> Iterator[FileRecord]:
    """Every file of a version, or of a component in it, fetched in batches."""
    after: uuid.UUID | None = None
    while page := files_of(publication, component, after, BATCH):
        yield from page
        after = uuid.UUID(page[-1].id)


def image_of(publication: Publication, image_id: uuid.UUID) -> ImageRecord:
    """One image as it is in this version. Raises NotFound."""
    entry = entries_of(publication, Entry.Kind.IMAGE).filter(object_id=image_id).first()
    if entry is None:
        raise NotFound("There is no such image in this version of the study.")
    return from_plain(ImageRecord, entry.record.body)


def file_of(publication: Publication, file_id: uuid.UUID) -> FileRecord:
    """One file as it is in this version. Raises NotFound."""
    entry = entries_of(publication, Entry.Kind.FILE).filter(object_id=file_id).first()
    if entry is None:
        raise NotFound("There is no such file in this version of the study.")
    return from_plain(FileRecord, entry.record.body)


def files_named(publication: Publication, ids: Iterable[str]) -> dict[str, FileRecord]:
    """These files as they are in this version, by their ids. One query for each 500."""
    wanted, found = [uuid.UUID(key) for key in ids], {}
    for start in range(0, len(wanted), BATCH):
        for entry in entries_of(publication, Entry.Kind.FILE).filter(object_id__in=wanted[start : start + BATCH]):
            found[str(entry.object_id)] = from_plain(FileRecord, entry.record.body)
    return found


def plates_of(publication: Publication, after: uuid.UUID | None = None, limit: int = PAGE) -> list[tuple[str, str]]:
    """Id and name of a page of a version's plates in the order of their ids, those after `after`. One query."""
    entries = _page(entries_of(publication, Entry.Kind.PLATE), None, after)[:limit]
    return [(str(pk), name or "") for pk, name in entries.values_list("object_id", "record__body__name")]


def plate_of(publication: Publication, plate_id: uuid.UUID) -> PlateRecord:
    """One plate as it is in this version. Raises NotFound."""
    entry = entries_of(publication, Entry.Kind.PLATE).filter(object_id=plate_id).first()
    if entry is None:
        raise NotFound("There is no such plate in this version of the study.")
    return from_plain(PlateRecord, entry.record.body)


def draft_plates_of(study: Study, actor: Actor, limit: int = PAGE) -> list[tuple[str, str]]:
    """Id and name of the working copy's plates with images on them. Raises as catalogue.access.require does."""
    require(actor, Verb.VIEW, study)
    rows = shown_plates(Plate.objects.filter(study=study)).order_by("id")[:limit]
    return [(str(pk), name) for pk, name in rows.values_list("id", "name")]


def draft_plate(study: Study, actor: Actor, plate_id: uuid.UUID) -> PlateRecord:
    """One plate of a working copy. Raises NotFound, and as catalogue.access.require does for `view`."""
    require(actor, Verb.VIEW, study)
    found = plate_records(Plate.objects.filter(study=study, pk=plate_id))
    if not found:
        raise NotFound("This study has no such plate, or there is no image on it.")
    return found[0]


def draft_images_of(
    study: Study,
    actor: Actor,
    component: StudyComponent | None = None,
    after: uuid.UUID | None = None,
    limit: int = PAGE,
) -> list[ImageRecord]:
    """A page of the working copy's images. Raises as catalogue.access.require does for `view`."""
    require(actor, Verb.VIEW, component or study)
    images = Image.objects.filter(study=study)
    if component is not None:
        images = images.filter(component=component)
    if after is not None:
        images = images.filter(id__gt=after)
    return image_records(images.order_by("id")[:limit])


def draft_files_of(study: Study, actor: Actor, after: uuid.UUID | None = None, limit: int = PAGE) -> list[FileRecord]:
    """A page of the working copy's files. Raises as catalogue.access.require does for `view`."""
    require(actor, Verb.VIEW, study)
    files = File.objects.filter(study=study)
    if after is not None:
        files = files.filter(id__gt=after)
    return file_records(files.order_by("id")[:limit])


def draft_image(image: Image, actor: Actor) -> ImageRecord:
    """One image of a working copy. Raises as catalogue.access.require does for `view`."""
    require(actor, Verb.VIEW, image)
    return image_records(Image.objects.filter(pk=image.pk))[0]


def entries_of(publication: Publication, kind: Entry.Kind) -> QuerySet[Entry]:
    """What belongs to this version."""
    version = publication.version
    return (
        Entry.objects.filter(study=publication.study_id, kind=kind, first_version__lte=version)
        .filter(Q(last_version=None) | Q(last_version__gte=version))
        .select_related("record")
        .order_by("object_id")
    )


def _page(entries: QuerySet[Entry], component: uuid.UUID | None, after: uuid.UUID | None) -> QuerySet[Entry]:
    if component is not None:
        entries = entries.filter(parent_id=component)
    return entries if after is None else entries.filter(object_id__gt=after)
