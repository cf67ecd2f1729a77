"""Bytes of withdrawn versions: removed from the site for good, or replaced by a copy that names no patient.

Curators do that, once no public version shows the file; what was published about it, and why it went, stays.
"""

import uuid
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from django.db import transaction
from django.db.models import Count, Max, QuerySet

from base import audit, jobs
from base.errors import Conflict, NotFound
from base.jobs import Progress
from base.models import Job, StoredFile, User
from base.storage import is_in_place
from catalogue import deidentifying, files
from catalogue.access import NOT_SHARED, Actor, Verb, study_for
from catalogue.models import File, Study
from catalogue.services import notices
from catalogue.services.comments import text_of
from publishing.models import Entry, Erasure, Publication
from publishing.queries import only_withdrawn, publications_with
from publishing.record import entries_of

DEIDENTIFY_WITHDRAWN = "deidentify-withdrawn-file"
SHOWN_REASONS = 20
WHY = "Say why; the reason is shown where the version was. Name no patient in it."


class Told(NamedTuple):
    """Why bytes went: of how many files, and when the last of them."""

    reason: str
    files: int
    at: datetime


def study_to_erase(actor: Actor, study_id: uuid.UUID, *, lock: bool = False) -> Study:
    """The study, once the actor is found to be allowed. Raises as `study_for` does, and NotFound if no version of it
    was ever published: of drafts curators learn nothing."""
    study = study_for(actor, Verb.ERASE, study_id, lock=lock)
    if not Publication.objects.filter(study=study).exists():
        raise NotFound(NOT_SHARED)
    return study


def erase(*, actor: Actor, study_id: uuid.UUID, file_id: uuid.UUID, reason: str) -> Erasure:
    """Remove the bytes of a file that only withdrawn versions hold, with all that was made of its pixels.

    What lies in place stays where it lies, which the site never changes, but is no longer known here. Raises NotFound,
    NotAllowed (not a curator of the study), Conflict (a public version shows it, or none ever did), Invalid.
    """
    with transaction.atomic():
        study = study_to_erase(actor, study_id, lock=True)
        file = _withdrawn_file(study, file_id)
        reason = text_of(reason, "reason", WHY)
        files.take_out_published(study, file)
        return _note(file, file.stored, reason, actor.person, is_replaced=False)


def deidentify(*, actor: Actor, study_id: uuid.UUID, file_id: uuid.UUID, reason: str) -> Job:
    """Have a copy without what may tell who a patient is take the file's place, for a version to come; the bytes that
    were published go. Raises as `erase` does, and Invalid if files of its format cannot be de-identified."""
    with transaction.atomic():
        study = study_to_erase(actor, study_id, lock=True)
        file = _withdrawn_file(study, file_id)
        reason = text_of(reason, "reason", WHY)
        if file.removed_at is not None:
            raise Conflict(f"{file.path} is no longer in the study; its bytes can only be removed.", file=file.path)
        if open_jobs(study, [file]):
            raise Conflict(f"{file.path} is being de-identified already.", file=file.path)
        deidentifying.require_possible(file)
        audit.record(actor.person, "asked to de-identify a withdrawn file", study.pk, path=file.path, reason=reason)
        payload = {"file": str(file.pk), "reason": reason}
        return jobs.start(DEIDENTIFY_WITHDRAWN, owner=actor.person, target=study.pk, payload=payload)


def deidentify_job(progress: Progress) -> None:
    """Make the copy and put it in the file's place; what fails leaves the file as it was."""
    by, reason = progress.job.owner, progress.payload["reason"]

    def leave(file: File, old: StoredFile) -> None:
        files.hide_images(file)
        _note(file, old, reason, by, is_replaced=True)

    deidentifying.replace_by_copy(progress, may_replace=_require_withdrawn, leave=leave)


def withdrawn_files(study: Study) -> QuerySet[File]:
    """The files that withdrawn versions hold and no public one, and whose bytes are still here, by path."""
    found = File.everything.filter(study=study, pk__in=only_withdrawn(Entry.Kind.FILE, study).values("object_id"))
    found = found.exclude(stored__backend=StoredFile.Backend.ERASED)
    return found.select_related("stored").order_by("path", "pk")


def erasures_of(study: Study) -> QuerySet[Erasure]:
    """What was removed of a study, newest first."""
    return Erasure.objects.filter(study=study).select_related("by").order_by("-pk")


def told_of(publication: Publication) -> list[Told]:
    """What the public is told of bytes that are gone from a version, in few words; never a path, which may have a
    name."""
    held = entries_of(publication, Entry.Kind.FILE).values("object_id")
    rows = Erasure.objects.filter(study=publication.study_id, file__in=held).values_list("reason")
    return [Told(*row) for row in rows.annotate(Count("pk"), Max("at")).order_by("reason")[:SHOWN_REASONS]]


def open_jobs(study: Study, held: Iterable[File]) -> dict[str, Job]:
    """The jobs that de-identify these files just now, by the file's id."""
    ids = [str(file.pk) for file in held]
    going = Job.objects.filter(target=study.pk, kind=DEIDENTIFY_WITHDRAWN, state__in=Job.OPEN)
    return {job.payload["file"]: job for job in going.filter(payload__file__in=ids)}


def _withdrawn_file(study: Study, file_id: uuid.UUID) -> File:
    file = File.everything.select_related("stored", "study").filter(study=study, pk=file_id).first()
    if file is None:
        raise NotFound("This study has no such file.")
    if file.stored.backend == StoredFile.Backend.ERASED:
        raise Conflict(f"The bytes of {file.path} were removed already.", file=file.path)
    _require_withdrawn(study, file)
    return file


def _require_withdrawn(study: Study, file: File) -> None:
    held = publications_with(Entry.Kind.FILE, file.pk)
    if not held:
        raise Conflict(f"No version with {file.path} was published: its depositor can remove it.", file=file.path)
    if shown := [f"v{publication.version}" for publication in held if publication.withdrawn_at is None]:
        raise Conflict(f"{', '.join(shown)} of {held[0].accession} still shows {file.path}: withdraw that first.",
                       file=file.path)  # fmt: skip


def _note(file: File, stored: StoredFile, reason: str, by: User | None, *, is_replaced: bool) -> Erasure:
    """Let the bytes go and keep what tells of it."""
    erased = Erasure.objects.create(
        study=file.study, file=file.pk, path=file.path, bytes=stored.bytes, sha256=stored.sha256, reason=reason, by=by,
        is_replaced=is_replaced, is_left_in_place=is_in_place(stored.backend),
    )  # fmt: skip
    verb = "replaced the bytes of a withdrawn file" if is_replaced else "removed the bytes of a withdrawn file"
    audit.record(by, verb, file.study_id, path=file.path, bytes=stored.bytes, sha256=stored.sha256, reason=reason)
    files.erase_bytes(file, stored)
    notices.tell("erased", file.study, erased.pk, notices.depositors_of(file.study), by=by, text=reason)
    return erased
