"""Deposits a folder of files with a document of metadata as one study: all of it, or nothing."""

import os
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from base import jobs, uploads
from base.errors import Invalid, Problem
from base.models import Job, Upload
from base.paths import relative_path
from catalogue import documents, files, services
from catalogue.access import Actor
from catalogue.exchange.dossier import CannotRead
from catalogue.exchange.folder import Entry, entries_below, top_of
from catalogue.exchange.grouping import WrongPatterns, group
from catalogue.models import File, Study, StudyComponent
from catalogue.rules import Level, evaluate

POLL_SECONDS = 0.2
Tell = Callable[[str, int, int], None]  # what is being done, how much is done, of how much


def silent(what: str, done: int, total: int) -> None:
    """A `tell` that says nothing."""


@dataclass(frozen=True)
class Folder:
    """What is to be deposited, checked as far as it can be before anything is written.

    `document` is without the patterns; `component_of` gives for a path the place of its component in the document.
    """

    top: Path
    document: dict[str, Any]
    entries: tuple[Entry, ...]
    component_of: Mapping[str, int]


def look_at(folder: Path, document: Mapping[str, Any], *, leave_out: Path | None = None) -> Folder:
    """The files of a folder with their components. Hidden files, and `leave_out` (the document), are not taken.

    Raises Invalid, with each pattern that is wrong or fits no file.
    """
    try:
        top = top_of(folder)
        found = entries_below(top, leave_out=leave_out.resolve() if leave_out else None)
        entries = tuple(Entry(entry.place, relative_path(entry.path)) for entry in found)
    except CannotRead as error:
        raise Invalid(error.reason, field="folder", file=error.file) from error
    if not entries:
        raise Invalid(f"{top.name} holds no files to deposit.", field="folder", file=top.name)
    try:
        bare, component_of = group(document, [entry.path for entry in entries])
    except WrongPatterns as wrong:
        problems = [Problem(path, message) for path, message in wrong.problems]
        raise Invalid(f"Nothing was deposited: {wrong}", problems=problems) from wrong
    return Folder(top, bare, entries, component_of)


@dataclass(frozen=True)
class Deposited:
    """`notices` are what was changed in storing the document."""

    study: Study
    notices: list[Problem]


def deposit(actor: Actor, folder: Folder, *, in_place: bool, submit: bool, tell: Tell = silent) -> Deposited:
    """A new study with the folder's files, each read. Raises DomainError, and then nothing of it is left; so too if it
    is interrupted."""
    study = services.create_study(actor=actor)
    with _nothing_left(actor, study):
        notices = documents.write(actor, study, folder.document)
        if submit:
            _refuse_incomplete(study)
        if in_place:
            _register(actor, study.pk, folder)
        else:
            _copy_all(actor, study.pk, folder, tell)
        _read_files(study, tell)
        _group(actor, study, folder)
        if submit:
            services.submit(actor=actor, study_id=study.pk)
    study.refresh_from_db()
    return Deposited(study, notices)


@contextmanager
def _nothing_left(actor: Actor, study: Study) -> Iterator[None]:
    try:
        yield
    except BaseException:
        discard(actor, study)
        raise


def discard(actor: Actor, study: Study) -> None:
    """Remove a draft with its files and their bytes, and the uploads they came by."""
    for upload in Upload.objects.filter(target=study.pk):
        uploads.terminate(upload)
    for file_id in File.objects.filter(study=study).values_list("pk", flat=True):
        files.remove(actor=actor, study_id=study.pk, file_id=file_id)
    services.delete_study(actor=actor, study_id=study.pk)


def _refuse_incomplete(study: Study) -> None:
    """Before the files take their time."""
    missing = [one for one in evaluate(documents.read(study)) if one.level is Level.REQUIRED]
    if missing:
        problems = [Problem(one.path, one.message) for one in missing]
        raise Invalid("The study cannot be sent in: something required is missing.", problems=problems)


def _register(actor: Actor, study_id: uuid.UUID, folder: Folder) -> None:
    """By the folder's own entries, so that paths are the same as if the files were copied."""
    for name in dict.fromkeys(entry.path.partition("/")[0] for entry in folder.entries):
        files.register_in_place(actor=actor, study_id=study_id, path=str(folder.top / name))
    unwanted = File.objects.filter(study=study_id).exclude(path__in=[entry.path for entry in folder.entries])
    for file_id in unwanted.values_list("pk", flat=True):
        files.remove(actor=actor, study_id=study_id, file_id=file_id)


def _copy_all(actor: Actor, study_id: uuid.UUID, folder: Folder, tell: Tell) -> None:
    for number, entry in enumerate(folder.entries):
        tell("Copying files", number, len(folder.entries))
        _copy(actor, study_id, folder.top, entry)
    tell("Copying files", len(folder.entries), len(folder.entries))


def _copy(actor: Actor, study_id: uuid.UUID, top: Path, entry: Entry) -> None:
    """Bring a file, or a folder file by file, in by the way of uploads."""
    places = [entry.place]
    if entry.place.is_dir():
        places = [place for place in sorted(entry.place.rglob("*")) if place.is_file()]
    for place in places:
        path = entry.path if place == entry.place else f"{entry.path}/{place.relative_to(entry.place).as_posix()}"
        count = len(places) if entry.place.is_dir() else 0
        if place.is_symlink() and not place.resolve().is_relative_to(top):
            raise Invalid(f"{path} is a link that leads out of the folder; copy the file.", file=path)
        try:
            with place.open("rb") as stream:
                size = os.fstat(stream.fileno()).st_size
                upload = files.begin_upload(actor=actor, study_id=study_id, path=path, length=size, folder_files=count)
                uploads.append(upload, 0, stream)
        except OSError as error:
            raise Invalid(f"{path} cannot be read ({error.strerror}).", file=path) from error
        files.register_upload(upload)


def _read_files(study: Study, tell: Tell) -> None:
    """Do the study's reading jobs here, or wait for a worker that has some. Raises Invalid naming what failed."""
    while (progress := files.progress_of(study)).is_busy:
        tell("Reading files", progress.settled, progress.total)
        queued = Job.objects.filter(target=study.pk, state=Job.State.QUEUED).order_by("id")
        if job_id := queued.values_list("pk", flat=True).first():
            jobs.run_job(job_id)
        else:
            time.sleep(POLL_SECONDS)
    tell("Reading files", progress.total, progress.total)
    failed = File.objects.filter(study=study, state=File.State.FAILED).order_by("path")
    problems = [Problem(one.path, _reason(one)) for one in failed]
    if problems:
        count = "One file" if len(problems) == 1 else f"{len(problems)} files"
        raise Invalid(f"{count} could not be read.", problems=problems)


def _reason(file: File) -> str:
    return f"{file.problem} ({file.problem_field})" if file.problem_field else file.problem


def _group(actor: Actor, study: Study, folder: Folder) -> None:
    components = list(StudyComponent.objects.filter(study=study).order_by("position").values_list("pk", flat=True))
    ids = dict(File.objects.filter(study=study).values_list("path", "pk"))
    for number, component in enumerate(components):
        wanted = [ids[path] for path, place in folder.component_of.items() if place == number]
        if wanted:
            files.assign(actor=actor, study_id=study.pk, file_ids=wanted, component_id=component)
