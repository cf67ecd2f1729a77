"""Questions about what is published. Each is one query, or a fixed few, whatever the catalogue holds."""

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Coalesce

from base.errors import Gone, NotFound
from catalogue.models import Study
from publishing.canonical import from_plain
from publishing.image_shapes import ImageRecord
from publishing.models import Entry, Publication
from publishing.shapes import StudyRecord

_TO_THE_LATEST = 2**31 - 1


@dataclass(frozen=True)
class PublishedImage:
    publication: Publication
    image: ImageRecord


def latest(*, limit: int = 20, before: tuple[datetime, uuid.UUID] | None = None) -> QuerySet[Publication]:
    """The newest version of each study, newest first; the next page from `before`, the last one's time and id."""
    return _page(Publication.objects.filter(is_latest=True, withdrawn_at=None), limit, before)


def standing(*, limit: int = 20, before: tuple[datetime, uuid.UUID] | None = None) -> QuerySet[Publication]:
    """The newest version of each study that was not withdrawn, in pages as `latest` gives them."""
    return _page(newest_standing(), limit, before)


def newest_standing() -> QuerySet[Publication]:
    """Of each study the newest version that was not withdrawn, as searches find it."""
    newer = Publication.objects.filter(study=OuterRef("study"), version__gt=OuterRef("version"), withdrawn_at=None)
    return Publication.objects.filter(~Exists(newer), withdrawn_at=None)


def _page(found: QuerySet[Publication], limit: int, before: tuple[datetime, uuid.UUID] | None) -> QuerySet[Publication]:
    if before is not None:
        moment, key = before
        found = found.filter(Q(published_at__lt=moment) | Q(published_at=moment, id__lt=key))
    return found.select_related("record").order_by("-published_at", "-id")[:limit]


def by_accession(accession: str, version: int | None = None) -> Publication:
    """A version of a study, or its newest. Raises NotFound, and Gone with the reason if it was withdrawn."""
    wanted = {"is_latest": True} if version is None else {"version": version}
    found = Publication.objects.select_related("record", "study").filter(accession=accession, **wanted).first()
    if found is None:
        raise NotFound(f"There is no published study {accession}{'' if version is None else f' v{version}'}.")
    if found.withdrawn_at:
        raise _gone(found)
    return found


def _gone(found: Publication) -> Gone:
    reason = found.withdrawal_reason or "no reason was given"
    return Gone(f"{found} was withdrawn on {found.withdrawn_at:%Y-%m-%d}: {reason}.")


def versions(accession: str) -> QuerySet[Publication]:
    """Every version of a study, newest first, also withdrawn ones."""
    return Publication.objects.filter(accession=accession).select_related("record").order_by("-version")


def study_record(publication: Publication) -> StudyRecord:
    """The study's record alone, as lists and cards need it; no query if `record` was fetched."""
    return from_plain(StudyRecord, publication.record.body)


def public_record(kind: Entry.Kind, object_id: uuid.UUID) -> str | None:
    """The digest of the record by which the newest public version shows this; None if none does. One query."""
    entries = _public_entries(kind).filter(object_id=object_id).order_by("-first_version")
    return entries.values_list("record_id", flat=True).first()


def published_image(image_id: uuid.UUID) -> PublishedImage:
    """The image and the newest public version that shows it. Raises NotFound, and Gone if all were withdrawn."""
    entry = _newest_entry(Entry.Kind.IMAGE, image_id, "There is no such published image.")
    return PublishedImage(_newest_with(entry), from_plain(ImageRecord, entry.record.body))


def image_records(images: Collection[uuid.UUID]) -> dict[str, ImageRecord]:
    """These images by their ids, each as its newest public version shows it, without those that none shows. One
    query."""
    newest_last = _public_entries(Entry.Kind.IMAGE).filter(object_id__in=images).order_by("first_version")
    rows = newest_last.values_list("object_id", "record__body")
    return {str(image): from_plain(ImageRecord, body) for image, body in rows}


def publications_with(kind: Entry.Kind, object_id: uuid.UUID) -> list[Publication]:
    """All versions that hold this, also withdrawn ones, the first first. One query."""
    to_the_latest = Q(last_version=None) | Q(last_version__gte=OuterRef("version"))
    held = Entry.objects.filter(
        to_the_latest, study=OuterRef("study"), kind=kind, object_id=object_id, first_version__lte=OuterRef("version")
    )
    return list(Publication.objects.filter(Exists(held)).order_by("version"))


def only_withdrawn(kind: Entry.Kind, study: Study) -> QuerySet[Entry]:
    """The entries of what was published of a study and no public version shows."""
    shown = _public_entries(kind).filter(study=study)
    return Entry.objects.filter(study=study, kind=kind).exclude(object_id__in=shown.values("object_id"))


def _public_entries(kind: Entry.Kind) -> QuerySet[Entry]:
    shown = Publication.objects.filter(
        study=OuterRef("study"),
        version__gte=OuterRef("first_version"),
        version__lte=Coalesce(OuterRef("last_version"), Value(_TO_THE_LATEST)),
        withdrawn_at=None,
    )
    return Entry.objects.filter(Exists(shown), kind=kind)


def _newest_entry(kind: Entry.Kind, object_id: uuid.UUID, otherwise: str) -> Entry:
    entry = (
        _public_entries(kind).filter(object_id=object_id).select_related("record").order_by("-first_version").first()
    )
    if entry is None:
        withdrawn = publications_with(kind, object_id)
        raise _gone(withdrawn[-1]) if withdrawn else NotFound(otherwise)
    return entry


def _newest_with(entry: Entry) -> Publication:
    found = Publication.objects.select_related("record", "study").filter(
        study=entry.study_id, version__gte=entry.first_version, withdrawn_at=None
    )
    if entry.last_version is not None:
        found = found.filter(version__lte=entry.last_version)
    return found.latest("version")
