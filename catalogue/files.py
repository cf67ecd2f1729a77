"""The files of a study: how they come in, are grouped to components, and leave. What is in them is read by the job
`read-file` (catalogue.reading)."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from base import audit, jobs, storage, uploads
from base.errors import Conflict, Invalid, NotFound
from base.ids import new_id
from base.models import Job, StoredFile, Upload, User
from base.storage import is_in_place, manifest_key
from base.tiers.moves import stores_of
from catalogue import listing, needs
from catalogue.access import Actor, Verb, study_for
from catalogue.in_place import Found, found_below
from catalogue.models import File, Image, KeyValue, Representation, ReviewRound, Study, StudyComponent
from catalogue.ome.store import delete_documents

READ = needs.READ
MEASURE = "measure-images"  # the job of catalogue.measuring
DEIDENTIFY = "deidentify-file"  # the job of catalogue.deidentifying
BATCH = 500


def begin_upload(
    *, actor: Actor, study_id: uuid.UUID, path: str, length: int, sha256: str = "", folder_files: int = 0
) -> Upload:
    """Announce a file of a study. Raises what base.uploads.create does, and Conflict if the study has this path."""
    with transaction.atomic():
        study = study_for(actor, Verb.EDIT, study_id)
        upload = uploads.create(
            owner=_person(actor), target=study.pk, path=path, length=length, sha256=sha256, folder_files=folder_files
        )
        _refuse_taken(study, [uploads.folder_of(upload.path) or upload.path])
        return upload


def register_upload(upload: Upload) -> File | None:
    """Make a complete upload a file of its study and have it read; None while its folder lacks files.

    May be called again for the same upload. Raises what base.uploads.finish does, Conflict and NotAllowed.
    """
    made: list[File] = []
    stored = uploads.finish(upload, then=lambda stored: made.append(_register_stored(upload, stored)))
    if made:
        return made[0]
    return File.objects.filter(stored=stored, study=upload.target).first() if stored else None


def _register_stored(upload: Upload, stored: StoredFile) -> File:
    study = study_for(Actor(upload.owner), Verb.EDIT, upload.target, lock=True)
    path = uploads.folder_of(upload.path) or upload.path
    _refuse_taken(study, [path])
    return _add(study, upload.owner, [(path, stored)], "uploaded")[0]


def register_in_place(*, actor: Actor, study_id: uuid.UUID, path: str) -> list[File]:
    """Make a file, or all files below a folder, files of the study where they lie, without copying.

    Raises StorageError or Invalid (not in an allowed folder, unreadable, a link that leads out), Conflict (a path that
    the study has already), TooLarge.
    """
    with transaction.atomic():
        person = _person(actor)
        study_for(actor, Verb.EDIT, study_id)
        found = found_below(path)
        study = study_for(actor, Verb.EDIT, study_id, lock=True)
        _refuse_taken(study, [one.path for one in found])
        stored = _stored_in_place(found, person)
        return _add(study, person, [(one.path, stored[one.key]) for one in found], "registered in place")


def _stored_in_place(found: Sequence[Found], owner: User) -> dict[str, StoredFile]:
    rows = [
        StoredFile(
            backend=one.backend,
            key=one.key,
            is_folder=one.is_folder,
            bytes=one.bytes,
            owner=owner,
        )
        for one in found
    ]
    StoredFile.objects.bulk_create(rows, batch_size=BATCH, ignore_conflicts=True)  # another study may hold it as well
    keys = [row.key for row in rows]
    stored: dict[str, StoredFile] = {}
    for start in range(0, len(keys), BATCH):
        there = StoredFile.objects.filter(backend=found[0].backend, owner=owner, key__in=keys[start : start + BATCH])
        stored |= {row.key: row for row in there}
    return stored


def _add(study: Study, owner: User, places: Sequence[tuple[str, StoredFile]], how: str) -> list[File]:
    rows = [File(study=study, path=path, stored=stored) for path, stored in places]
    File.objects.bulk_create(rows, batch_size=BATCH)
    listing.settle(study=study, files=rows)
    jobs.start_many(READ, owner=owner, target=study.pk, payloads=[{"file": str(row.pk)} for row in rows])
    came = [row.path for row in rows]
    needs.retry(study, came)
    needs.came_or_went(study, came)
    audit.record(owner, f"{how} files", study.pk, count=len(rows), paths=[row.path for row in rows[:20]])
    return rows


def _refuse_taken(study: Study, paths: Sequence[str]) -> None:
    for start in range(0, len(paths), BATCH):
        taken = File.objects.filter(study=study, path__in=paths[start : start + BATCH])
        if path := taken.values_list("path", flat=True).first():
            raise Conflict(
                f"This study has a file “{path}” already. Remove it first, or give the new one another name.",
                field="path",
                file=path,
            )


def assign(*, actor: Actor, study_id: uuid.UUID, file_ids: Sequence[uuid.UUID], component_id: uuid.UUID | None) -> None:
    """Put files, and the images in them, into a component of the study (None: into none)."""
    with transaction.atomic():
        study = study_for(actor, Verb.EDIT, study_id, lock=True)
        component = None
        if component_id is not None:
            component = StudyComponent.objects.filter(study=study, pk=component_id).first()
            if component is None:
                raise NotFound("This study has no such component.")
        wanted = list(dict.fromkeys(file_ids))
        for start in range(0, len(wanted), BATCH):
            part = wanted[start : start + BATCH]
            files = File.objects.filter(study=study, pk__in=part)
            if files.count() != len(part):
                raise NotFound("One of these files is not in this study; look at its list again.")
            files.update(component=component)
            images = Image.objects.filter(study=study, image_files__file__in=part, image_files__is_part=False)
            Image.objects.filter(pk__in=images.values("pk")).update(component=component)
        name = component.title if component else ""
        audit.record(actor.person, "grouped files", study.pk, count=len(wanted), component=name)


def read_again(*, actor: Actor, study_id: uuid.UUID, file_id: uuid.UUID) -> File:
    """Read a file once more, as after a change in place or a fault of the site. Raises Conflict while it is read."""
    with transaction.atomic():
        study = study_for(actor, Verb.EDIT, study_id, lock=True)
        file = _file(study, file_id)
        if _jobs_of(file).exists():
            raise Conflict(f"{file.path} is being read already.", file=file.path)
        File.objects.filter(pk=file.pk).update(state=File.State.ARRIVED, problem_field="", problem="")
        if is_in_place(file.stored.backend) and StoredFile.objects.filter(pk=file.stored_id).update(
            sha256="", is_damaged=False
        ):
            File.objects.filter(pk=file.pk).update(harmless="")  # its bytes may be others now
        jobs.start(READ, owner=actor.person, target=study.pk, payload={"file": str(file.pk)})
        file.refresh_from_db()
        return file


def remove(*, actor: Actor, study_id: uuid.UUID, file_id: uuid.UUID) -> None:
    """Take a file and the images read from it out of the working copy.

    What a published version shows stays in the store; anything else is deleted, but a file in place never is.
    """
    with transaction.atomic():
        study = study_for(actor, Verb.EDIT, study_id, lock=True)
        file = _file(study, file_id)
        for job in _jobs_of(file):
            jobs.cancel(job)
        images = Image.objects.filter(image_files__file=file, image_files__is_part=False)
        owned = list(file.needs.filter(owns=True).values_list("path", flat=True))
        audit.record(actor.person, "removed a file", study.pk, path=file.path)
        if was_published(study, file):
            hide_images(file, also_parts=False)
            File.objects.filter(pk=file.pk).update(removed_at=timezone.now(), component=None)
        else:
            delete_images(images)
            KeyValue.objects.filter(study=study, entity="file", entity_id=file.pk).delete()
            delete_documents(file)
            file.delete()
            delete_stored(file.stored)
        needs.released(study, owned)
        needs.came_or_went(study, [file.path])


def take_out_published(study: Study, file: File) -> None:
    """Take a file of published versions, and every image that it has a part in, out of the working copy."""
    for job in _jobs_of(file):
        jobs.cancel(job)
    owned = list(file.needs.filter(owns=True).values_list("path", flat=True))
    hide_images(file)
    File.objects.filter(pk=file.pk).update(removed_at=timezone.now(), component=None)
    needs.released(study, owned)
    needs.came_or_went(study, [file.path])


def hide_images(file: File, *, also_parts: bool = True) -> None:
    """Take a file's images out of the working copy; the rows stay for the versions that show them."""
    images = Image.objects.filter(image_files__file=file)
    shown = images if also_parts else images.filter(image_files__is_part=False)
    Image.objects.filter(pk__in=shown.values("pk")).update(removed_at=timezone.now(), component=None)


def erase_bytes(file: File, stored: StoredFile) -> None:
    """Delete the bytes that a file has, or had, and all that was made of them, once that is committed; the rows stay.

    Not if another study holds the same bytes, nor what lies in place: then this file only knows of them no more.
    """
    images = Image.everything.filter(image_files__file=file, representations__stored=stored)
    ids = list(images.values_list("pk", flat=True).distinct())
    going = Job.objects.filter(target__in=[*ids, file.study_id], state__in=Job.OPEN)
    for job in going.filter(Q(target__in=ids) | Q(payload__file=str(file.pk), kind=MEASURE)):
        jobs.cancel(job)
    _delete_made(ids)
    name = f"{new_id()}/{stored.key.rpartition('/')[2]}"  # keys are of one file only
    if File.everything.filter(stored=stored).exclude(pk=file.pk).exists():
        gone = StoredFile.objects.create(
            backend=StoredFile.Backend.ERASED, key=name, is_folder=stored.is_folder, bytes=stored.bytes,
            sha256=stored.sha256, owner=stored.owner,
        )  # fmt: skip
        File.everything.filter(pk=file.pk, stored=stored).update(stored=gone)
        Representation.objects.filter(stored=stored, image__in=ids).update(stored=gone)
    else:
        _delete_bytes(stored)
        StoredFile.objects.filter(pk=stored.pk).update(
            backend=StoredFile.Backend.ERASED, key=name, is_damaged=False, checked_at=None
        )


def was_published(study: Study, file: File) -> bool:
    """Whether a published version holds this file."""
    return ReviewRound.objects.filter(
        study=study, decision=ReviewRound.Decision.APPROVED, decided_at__gte=file.created_at
    ).exists()


def delete_images(images: QuerySet[Image]) -> None:
    """Delete images with all that is said of them, and, once that is committed, their tables and thumbnails."""
    ids = list(images.values_list("pk", flat=True))
    for start in range(0, len(ids), BATCH):
        part = ids[start : start + BATCH]
        KeyValue.objects.filter(entity="image", entity_id__in=part).delete()
        _delete_made(part)
        Image.everything.filter(pk__in=part).delete()


def _delete_made(image_ids: Sequence[uuid.UUID]) -> None:
    """Delete what was made of images: tables, thumbnails, statistics, other stored forms."""
    delete_forms(Representation.objects.filter(image__in=image_ids, is_generated=True))
    store = storage.storage_for(StoredFile.Backend.STORE)
    for image_id in image_ids:
        transaction.on_commit(partial(store.delete, f"images/{image_id}"), robust=True)


def delete_forms(generated: QuerySet[Representation]) -> None:
    """Delete stored forms that were made, and, once that is committed, their bytes and tables."""
    rows = list(generated.select_related("stored"))
    generated.delete()
    own = storage.storage_for(StoredFile.Backend.STORE)
    for row in rows:
        delete_stored(row.stored)
        if row.table:
            transaction.on_commit(partial(own.delete, row.table), robust=True)


def delete_stored(stored: StoredFile) -> None:
    """Delete bytes that no study holds any more, once that is committed."""
    in_use = File.everything.filter(stored=stored).exists() or Representation.objects.filter(stored=stored).exists()
    if in_use:
        return
    _delete_bytes(stored)
    stored.delete()


def _delete_bytes(stored: StoredFile) -> None:
    """Delete what all stores have of a file, once that is committed. What lies in place stays."""
    places = {name for name in stores_of(stored) - {StoredFile.Backend.ERASED} if not is_in_place(name)}
    own = storage.storage_for(StoredFile.Backend.STORE)
    transaction.on_commit(partial(own.delete, manifest_key(stored)), robust=True)
    for name in places:
        store = storage.storage_for(name)
        drop = partial(storage.drop_local_copy, store, name, stored.key, stored.sha256)
        transaction.on_commit(drop, robust=True)
        transaction.on_commit(partial(store.delete, stored.key.rpartition("/")[0]), robust=True)


@dataclass(frozen=True)
class FilesProgress:
    """How far the reading of a study's files is. `counts` has each File.State."""

    counts: dict[str, int]
    unhashed: int  # files whose checksum is still being made
    jobs: tuple[Job, ...]  # running first, then waiting; at most 20
    waiting: int

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    @property
    def settled(self) -> int:
        """Files that are read, whatever came of it."""
        return self.total - self.counts[File.State.ARRIVED]

    @property
    def is_busy(self) -> bool:
        return bool(self.jobs)

    @property
    def is_deidentifying(self) -> bool:
        return any(job.kind == DEIDENTIFY for job in self.jobs)


def progress_of(study: Study) -> FilesProgress:
    """Counts of the files by state and the jobs at work, for pages that poll. A file that is de-identified is read
    again after that."""
    counts = {str(state): 0 for state in File.State}
    files = File.objects.filter(study=study)
    counts |= dict(files.order_by().values_list("state").annotate(Count("pk")))
    open_jobs = Job.objects.filter(target=study.pk, kind__in=(READ, DEIDENTIFY), state__in=Job.OPEN)
    waiting = open_jobs.filter(state=Job.State.QUEUED).count()
    return FilesProgress(
        counts=counts,
        unhashed=files.filter(stored__sha256="").count(),
        jobs=tuple(open_jobs.order_by("-state", "id")[:20]),
        waiting=waiting,
    )


def _jobs_of(file: File) -> QuerySet[Job]:
    return Job.objects.filter(target=file.study_id, kind=READ, payload__file=str(file.pk), state__in=Job.OPEN)


def _file(study: Study, file_id: uuid.UUID) -> File:
    file = File.objects.select_related("stored").filter(study=study, pk=file_id).first()
    if file is None:
        raise NotFound("This study has no such file.")
    return file


def _person(actor: Actor) -> User:
    if actor.person is None:
        raise Invalid("Files belong to a person: sign in, or use an API token.")
    return actor.person
