"""Whether the bytes are still those that came: a share of all is read each night, those unchecked for longest first."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import timedelta

from django.conf import settings
from django.core.mail import EmailMessage
from django.db.models import F, QuerySet, Sum
from django.utils import timezone

from base import jobs
from base.errors import StorageAway, StorageError
from base.jobs import Progress
from base.models import FixityCheck, Job, StoredFile, User
from base.storage import Tier, checksum_of, manifest_key, storage_for, stores

log = logging.getLogger(__name__)

CHECK = "check-fixity"
CHECK_ONE = "check-one-file"
BETWEEN = timedelta(hours=1)  # checks of one file that was found changed
TOLD = 50  # files that one mail lists


def note_check(stored: StoredFile, *, store: str, found: str, problem: str = "", differs: str = "") -> FixityCheck:
    """Keep what a reading of all bytes found ("": they could not be read, and `problem` says why).

    differs: of a folder, the path of the first file in it that is not as it was.
    """
    if found and found != stored.sha256:
        problem = f"The checksum of its bytes is {found}; it was {stored.sha256} when it came."
        problem += f" The first file that differs: {differs}." if differs else ""
    now = timezone.now()
    if store == stored.backend:
        StoredFile.objects.filter(pk=stored.pk).update(checked_at=now, is_damaged=bool(problem))
    if problem:
        log.error("%s in the store %s is damaged: %s", stored.key, store, problem)
    return FixityCheck.objects.create(
        stored=stored, store=store, bytes=stored.bytes, expected=stored.sha256, found=found, problem=problem
    )


def check_one(stored: StoredFile, progress: Progress | None = None, done: int = 0, total: int = 0) -> FixityCheck:
    """Read one file or folder and note what was found. Raises StorageAway: that says nothing of the file."""
    name = stored.key.rpartition("/")[2]

    def report(read: int) -> None:
        if progress is not None:
            progress.report(done + read, total, f"Checking {name}")

    storage = storage_for(stored.backend)
    with _manifest(stored) as known:
        try:
            before = None if stored.is_folder else storage.stat(stored.key)
            found = checksum_of(storage, stored.key, report, known.compare)
        except StorageAway:
            raise
        except StorageError as error:
            return note_check(stored, store=stored.backend, found="", problem=str(error))
        if found.sha256 == stored.sha256 and before is not None:  # it may have got another time, and the same bytes
            StoredFile.objects.filter(pk=stored.pk).update(version=before.version)
        return note_check(stored, store=stored.backend, found=found.sha256, differs=known.first_difference())


class _Manifest:
    """The lines of a folder's manifest as they were when it came, held against those of now; both in one order."""

    def __init__(self, lines: Iterator[bytes] | None) -> None:
        self._lines = lines
        self._different = b""

    def compare(self, line: bytes) -> None:
        if self._lines is not None and not self._different and next(self._lines, b"") != line:
            self._different = line

    def first_difference(self) -> str:
        """The path of the first file that is not as it was; "" if all are, or if no manifest was kept."""
        line = self._different or next(self._lines or iter(()), b"")
        return line.decode(errors="replace").rstrip("\n").rpartition("\t")[2]


@contextmanager
def _manifest(stored: StoredFile) -> Iterator[_Manifest]:
    own = storage_for(StoredFile.Backend.STORE)
    try:
        lines = own.open(manifest_key(stored)) if stored.is_folder else None
    except StorageError:
        lines = None
    with lines or nullcontext():
        yield _Manifest(lines)


def start_check() -> Job | None:
    """Have the night's share checked, unless the last check still goes on."""
    if Job.objects.filter(kind=CHECK, state__in=Job.OPEN).exists():
        return None
    return jobs.start(CHECK, owner=None, target=None)


def have_checked(stored: StoredFile) -> Job | None:
    """Have a file read that was found changed, so that it is marked and told of; unless that was just done."""
    going = Job.objects.filter(kind=CHECK_ONE, target=stored.pk, created_at__gt=timezone.now() - BETWEEN)
    if not stored.sha256 or stored.is_damaged or going.exists():
        return None
    return jobs.start(CHECK_ONE, owner=None, target=stored.pk)


def check_asked(progress: Progress) -> None:
    """The job: read one file, mark it if it is not as it came, and tell of it."""
    assert progress.job.target
    stored = StoredFile.objects.filter(pk=progress.job.target).first()
    if stored is not None:
        check_one(stored, progress, 0, stored.bytes)
        tell()


def check_share(progress: Progress) -> None:
    """The job: as many bytes as all would be read in FIXITY_DAYS, and at least one file. Then tells of what it found.

    Objects in an archive are checked when they are fetched, since reading them has to be asked for beforehand.
    """
    files = _checkable()
    share = -(-(files.aggregate(all=Sum("bytes"))["all"] or 0) // settings.FIXITY_DAYS)
    began = progress.job.started_at or timezone.now()
    done = progress.checkpoint.get("done", 0)
    due = files.exclude(checked_at__gte=max(began, timezone.now() - timedelta(days=1)))
    try:
        for pk in due.order_by(F("checked_at").asc(nulls_first=True), "pk").values_list("pk", flat=True).iterator():
            stored = StoredFile.objects.filter(pk=pk).first()
            if done >= share:
                break
            if stored is None:  # removed meanwhile
                continue
            check_one(stored, progress, done, share)
            done += max(stored.bytes, 1)
            progress.report(done, share, "Checking files", {"done": done})
    finally:
        tell()


def _checkable() -> "QuerySet[StoredFile]":
    left_out = [store.name for store in stores().values() if store.is_object_store and store.tier == Tier.ARCHIVE]
    return StoredFile.objects.exclude(sha256="").exclude(backend__in=[*left_out, StoredFile.Backend.ERASED])


def tell() -> None:
    """Mail administrators about damage that they were not told of yet."""
    news = list(FixityCheck.objects.exclude(problem="").filter(told_at=None).select_related("stored").order_by("pk"))
    people = list(User.objects.filter(is_staff=True, is_active=True).values_list("email", flat=True))
    if not news or not people:
        return
    lines = [f"{one.stored.key} (store “{one.store}”, {one.bytes} bytes)\n  {one.problem}" for one in news[:TOLD]]
    if len(news) > TOLD:
        lines.append(f"… and {len(news) - TOLD} more: manage.py storage check --damaged")
    text = (
        "The regular check of all bytes found files that are not as they came. Nothing was changed or deleted: put "
        "them back from a backup under the same key, then run “manage.py storage check”.\n\n"
    )
    subject = f"[{settings.SITE_NAME}] {len(news)} damaged file{'s' if len(news) > 1 else ''}"
    EmailMessage(subject, text + "\n".join(lines), to=people).send()
    FixityCheck.objects.filter(pk__in=[one.pk for one in news]).update(told_at=timezone.now())
