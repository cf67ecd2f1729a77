"""Files that may tell who a patient is: a copy without that takes their place, and a log says what was removed.

The bytes as uploaded are deleted then; files in place stay where they lie, and are no longer the study's.
"""

import uuid
from collections.abc import Callable, Iterable
from dataclasses import asdict
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.utils.crypto import salted_hmac

from base import audit, jobs, storage
from base.errors import Archived, Conflict, DomainError, Invalid, NotFound
from base.ids import new_id
from base.jobs import Progress
from base.models import Job, StoredFile, User
from base.tiers.moves import recall
from catalogue.access import Actor, Verb, may, study_for
from catalogue.files import DEIDENTIFY, delete_stored, was_published
from catalogue.models import Deidentification, File, Representation, Study
from catalogue.needs import READ
from imaging import limited
from imaging.deidentifying import can_deidentify
from imaging.errors import ImageError
from imaging.facts import Finding, Removed
from imaging.identifying import PICTURES, blocking

WITHDRAW = "Ask a curator to withdraw that version; then they can have it de-identified, or its bytes removed."


def findings_of(file: File) -> list[Finding]:
    """What in a file may tell who a patient is."""
    return [Finding(**one) for one in file.findings]


def is_possible(file: File) -> bool:
    """Whether the site can de-identify a file, and there is something to remove."""
    return bool(file.findings) and can_deidentify(file.format)


def require_possible(file: File) -> None:
    """Raises Invalid for a file that cannot be de-identified here."""
    if not is_possible(file):
        message = "cannot be de-identified here. Export it anew without names and labels, or as OME-Zarr."
        raise Invalid(f"{file.path} {message}", file=file.path)


def shows_label(file: File) -> bool:
    """Whether a picture in it may show a label of which nobody declared that it is no patient's."""
    return not file.harmless and any(one.kind in PICTURES for one in findings_of(file))


def start(*, actor: Actor, study_id: uuid.UUID, file_id: uuid.UUID) -> Job:
    """Have a copy of a file made without what may tell who a patient is, which then takes its place.

    The depositor asks for it, or a curator who reviews. Raises Conflict if that is under way or a published version
    holds the file, Invalid if files of its format cannot be de-identified.
    """
    with transaction.atomic():
        study = _study(actor, study_id)
        file = _file(study, file_id)
        if Job.objects.filter(target=study.pk, kind__in=(READ, DEIDENTIFY), payload__file=str(file.pk),
                              state__in=Job.OPEN).exists():  # fmt: skip
            raise Conflict(f"{file.path} is being read or de-identified already.", file=file.path)
        if was_published(study, file):
            raise Conflict(f"A published version holds {file.path}. {WITHDRAW}", file=file.path)
        require_possible(file)
        audit.record(actor.person, "asked to de-identify a file", study.pk, path=file.path)
        return jobs.start(DEIDENTIFY, owner=actor.person, target=study.pk, payload={"file": str(file.pk)})


def last_jobs(study: Study, files: Iterable[File]) -> dict[str, Job]:
    """The newest job of each of these files that was asked to be de-identified, by the file's id."""
    ids = [str(file.pk) for file in files]
    found = Job.objects.filter(target=study.pk, kind=DEIDENTIFY, payload__file__in=ids).order_by("id")
    return {job.payload["file"]: job for job in found}


def declare_harmless(*, actor: Actor, study_id: uuid.UUID, file_id: uuid.UUID, reason: str) -> File:
    """Say why a slide's label is no patient's. Names and text in pixels cannot be declared away."""
    reason = reason.strip()
    if not reason:
        raise Invalid("Say why the label is no patient's, e.g. that the slide is of a mouse.", field="reason")
    with transaction.atomic():
        study = study_for(actor, Verb.EDIT, study_id, lock=True)
        file = _file(study, file_id)
        if not any(one.kind in PICTURES for one in findings_of(file)):
            raise Invalid(f"{file.path} shows no label.", file=file.path)
        file.harmless = reason[:1000]
        file.is_identifying = bool(blocking(findings_of(file), harmless=True))
        file.save(update_fields=["harmless", "is_identifying"])
        audit.record(actor.person, "declared a label harmless", study.pk, path=file.path, reason=file.harmless)
        return file


def deidentify_job(progress: Progress) -> None:
    """Make the copy and put it in the file's place; what fails leaves the file as it was."""
    replace_by_copy(progress, may_replace=_require_unpublished, leave=_forget)


def replace_by_copy(
    progress: Progress, *, may_replace: Callable[[Study, File], None], leave: Callable[[File, StoredFile], None]
) -> None:
    """Make a copy of the payload's file without what may tell who a patient is, and put it in the file's place.

    may_replace: raises Conflict if that may not be any more; leave: what is to be done with the bytes that it had.
    """
    file = File.objects.select_related("stored", "study").filter(pk=progress.payload["file"]).first()
    if file is None:
        return
    name = file.path.rpartition("/")[2]
    out = Path(settings.DATA) / "deidentifying" / str(new_id()) / name  # of this run alone
    out.parent.mkdir(parents=True, exist_ok=True)
    progress.report(0, 1, f"De-identifying {file.path}")
    try:
        log = limited.deidentify(storage.path_of(file.stored), out, salt_of(file.study))
        progress.flush()
        _replace(file, out, log, progress.job.owner, may_replace, leave)
    except Archived as error:
        recall(error.stored)
        raise DomainError(f"{error} This is being fetched: ask again when it is here.") from error
    except ImageError as error:
        raise DomainError(f"{file.path}: {error.field}: {error.reason}") from error
    finally:
        out.unlink(missing_ok=True)
        out.parent.rmdir()
    progress.report(1, 1, f"{file.path} is de-identified")


def salt_of(study: Study) -> bytes:
    """The secret from which a study's new UIDs are made, always the same for it."""
    return salted_hmac("catalogue.deidentifying", str(study.pk), algorithm="sha256").digest()


@transaction.atomic
def _replace(
    file: File, out: Path, log: tuple[Removed, ...], by: User | None,
    may_replace: Callable[[Study, File], None], leave: Callable[[File, StoredFile], None],
) -> None:  # fmt: skip
    study = Study.objects.select_for_update(of=("self",)).get(pk=file.study_id)  # as approval does
    row = File.objects.select_for_update(of=("self",)).filter(pk=file.pk, stored=file.stored_id).first()
    if row is None:  # removed or replaced meanwhile
        return
    may_replace(study, row)
    key = f"files/{new_id()}/{out.name}"
    size = out.stat().st_size
    storage.storage_for(StoredFile.Backend.STORE).adopt(key, out)
    old = file.stored
    row.stored = StoredFile.objects.create(backend=StoredFile.Backend.STORE, key=key, bytes=size, owner=old.owner)
    row.state, row.problem_field, row.problem, row.harmless = File.State.ARRIVED, "", "", ""
    row.save(update_fields=["stored", "state", "problem_field", "problem", "harmless"])
    leave(row, old)
    Deidentification.objects.create(study=file.study, file=row, path=row.path, by=by, log=[asdict(one) for one in log])
    audit.record(by, "de-identified a file", file.study_id, path=row.path, removed=len(log))
    jobs.start(READ, owner=by, target=file.study_id, payload={"file": str(row.pk)})


def _require_unpublished(study: Study, file: File) -> None:
    if was_published(study, file):
        raise Conflict(f"A published version holds {file.path} by now. {WITHDRAW}", file=file.path)


def _forget(file: File, old: StoredFile) -> None:
    shown = Representation.objects.filter(stored=old, image__image_files__file=file)
    Representation.objects.filter(pk__in=shown.values("pk")).update(stored=file.stored)
    delete_stored(old)


def log_text(done: Deidentification) -> str:
    """The log as tab-separated text: where, name, action."""
    lines = ["where\tname\taction", *(f"{one['where']}\t{one['name']}\t{one['action']}" for one in done.log)]
    return "\n".join(lines) + "\n"


def log_of(*, actor: Actor, study_id: uuid.UUID, file_id: uuid.UUID) -> Deidentification:
    """The newest log of a file; raises NotFound."""
    study = study_for(actor, Verb.VIEW, study_id)
    done = Deidentification.objects.filter(study=study, file=file_id).order_by("-at").first()
    if done is None:
        raise NotFound("This file was not de-identified here.")
    return done


def _study(actor: Actor, study_id: uuid.UUID) -> Study:
    """The study, for who may change its files: its depositors, or a curator while it is in review."""
    study = study_for(actor, Verb.VIEW, study_id, lock=True)
    verb = Verb.REVIEW if may(actor, Verb.REVIEW, study) else Verb.EDIT
    return study_for(actor, verb, study_id, lock=True)


def _file(study: Study, file_id: uuid.UUID) -> File:
    file = File.objects.select_related("stored").filter(study=study, pk=file_id).first()
    if file is None:
        raise NotFound("This study has no such file.")
    return file
