"""Which files the images of another need, and what is read again when one of them comes or goes."""

import uuid
from collections.abc import Collection, Iterable
from functools import reduce
from operator import or_

from django.db.models import Q

from base import jobs
from base.models import Job
from catalogue.models import File, NeededFile, Study
from imaging.readers import FAMILIES

READ = "read-file"
BATCH = 500
MOST_WAITING = 1000


def note(file: File, paths: Iterable[str], *, owns: bool) -> None:
    """Keep which files, by their paths, the images of this one need, in place of what was known before."""
    NeededFile.objects.filter(file=file).delete()
    rows = (NeededFile(file=file, path=path, owns=owns) for path in dict.fromkeys(paths) if len(path) <= 1000)
    NeededFile.objects.bulk_create(rows, batch_size=BATCH)


def owner_of(file: File) -> File | None:
    """The file of the study that makes this one a part of its image."""
    needed = NeededFile.objects.filter(file__study=file.study_id, file__removed_at=None, path=file.path, owns=True)
    found = needed.exclude(file=file).select_related("file").order_by("file").first()
    return found.file if found else None


def look_again(file: File, known: Collection[str]) -> None:
    """Have a file read once more if one that it needs came while it was read; `known` are the paths that were there."""
    wanted = [path for path in file.needs.values_list("path", flat=True) if path not in known]
    for start in range(0, len(wanted), BATCH):
        if (
            File.objects.filter(study=file.study_id, path__in=wanted[start : start + BATCH])
            .exclude(pk=file.pk)
            .exists()
        ):
            read_again(file.study, [file.pk])
            return


def came_or_went(study: Study, paths: Collection[str]) -> None:
    """Have the files read again whose images need one at these paths."""
    waiting: set[uuid.UUID] = set()
    wanted = list(paths)
    for start in range(0, len(wanted), BATCH):
        needed = NeededFile.objects.filter(file__study=study, file__removed_at=None)
        waiting |= set(needed.filter(path__in=wanted[start : start + BATCH]).values_list("file", flat=True))
    read_again(study, waiting)


def retry(study: Study, paths: Collection[str]) -> None:
    """Have files read again that could not be, or not all of it, and may have lacked what came to these paths: their
    formats do not say which files they need."""
    endings = tuple(ending for one in FAMILIES if one.siblings and not one.named for ending in one.extensions)
    of_folders = [ending for one in FAMILIES if one.whole_folder for ending in one.extensions]
    are_read = Q(state=File.State.READ) & reduce(or_, (Q(path__iendswith=ending) for ending in of_folders))
    rows = File.objects.filter(Q(state=File.State.FAILED) | are_read, study=study)
    known = rows.values_list("pk", "path")[:MOST_WAITING]
    waiting = [(pk, path.rpartition("/")[0]) for pk, path in known if path.lower().endswith(endings)]
    read_again(study, {pk for pk, folder in waiting if any(path.startswith(folder) for path in paths)})


def released(study: Study, paths: Collection[str]) -> None:
    """Have the files at these paths read for themselves, that were part of an image which is gone."""
    wanted = list(paths)
    for start in range(0, len(wanted), BATCH):
        parts = File.objects.filter(study=study, path__in=wanted[start : start + BATCH], state=File.State.PART)
        read_again(study, set(parts.values_list("pk", flat=True)))


def read_again(study: Study, ids: Collection[uuid.UUID]) -> None:
    """Have files read once more, unless that is about to happen."""
    for start in range(0, len(ids), BATCH):
        part = {str(pk): pk for pk in list(ids)[start : start + BATCH]}
        open_jobs = Job.objects.filter(target=study.pk, kind=READ, payload__file__in=list(part))
        waits = set(open_jobs.filter(state=Job.State.QUEUED).values_list("payload__file", flat=True))
        runs = set(open_jobs.filter(state=Job.State.RUNNING).values_list("payload__file", flat=True))
        files = dict(File.objects.filter(study=study, pk__in=part.values()).values_list("pk", "state"))
        again = [
            pk
            for text, pk in part.items()
            if pk in files and text not in waits and not (text in runs and files[pk] == File.State.ARRIVED)
        ]
        File.objects.filter(pk__in=again).update(state=File.State.ARRIVED, problem_field="", problem="")
        jobs.start_many(READ, owner=study.owner, target=study.pk, payloads=[{"file": str(pk)} for pk in again])
