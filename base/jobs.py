"""Background work. The Job row, committed with the request, is the truth; the broker's message only wakes a worker.

A worker that is woken takes the most urgent row, whichever the message was sent for: each row has sent one. Among rows
of one urgency people take turns, whoever came first and however much each asks for.
A row is claimed by a conditional UPDATE, and `attempts` numbers the claim: a worker whose row was given to another one
notices at its next report and stops. So a lost message, a doubled one or a killed worker loses and doubles nothing.
"""

import itertools
import logging
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from celery import current_app
from django.db import DatabaseError, connection, models, transaction
from django.db.models.functions import Coalesce
from django.utils import timezone
from kombu.exceptions import OperationalError

from base.errors import DomainError
from base.models import Job, User

log = logging.getLogger(__name__)

STALE = timedelta(seconds=30)  # without a heartbeat for so long, a worker is taken for dead
MAX_ATTEMPTS = 5
REPORT_SECONDS = 1.0
HEARTBEAT_SECONDS = 5.0
WAKE_BATCH = 200  # rows that one sweep wakes, so that a long queue does not flood the broker


class Cancelled(Exception):
    """Someone asked the job to stop."""


class ClaimLost(Exception):
    """The row was given to another worker, or is gone."""


class Progress:
    """What a job's function gets: its row, its payload, where to go on, and how to report."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.payload: dict[str, Any] = job.payload
        self.checkpoint: dict[str, Any] = job.checkpoint
        self._claim = Job.objects.filter(pk=job.pk, state=Job.State.RUNNING, attempts=job.attempts)
        self._due = time.monotonic() + REPORT_SECONDS

    def report(self, done: int, total: int, message: str = "", checkpoint: dict[str, Any] | None = None) -> None:
        """Say how far the work is; it reaches the row at most once a second.

        `checkpoint` is what a later attempt goes on from (`self.checkpoint`). Raises Cancelled or ClaimLost.
        """
        if checkpoint is not None:
            self.checkpoint = checkpoint
        self.job.done, self.job.total, self.job.message = done, total, message[:500]
        if time.monotonic() >= self._due:
            self.flush()

    def flush(self) -> None:
        """Write the last report to the row now. Raises Cancelled or ClaimLost."""
        self._due = time.monotonic() + REPORT_SECONDS
        kept = self._claim.filter(cancel_requested=False).update(
            done=self.job.done,
            total=self.job.total,
            message=self.job.message,
            checkpoint=self.checkpoint,
            heartbeat_at=timezone.now(),
        )
        if not kept:
            raise Cancelled if self._claim.exists() else ClaimLost

    def beat(self) -> None:
        """Say only that the worker is alive."""
        self._claim.update(heartbeat_at=timezone.now())

    def close(self, state: Job.State, error: str = "") -> None:
        """End the job in this state, if it is still this worker's."""
        self._claim.update(
            state=state,
            error=error,
            done=self.job.done,
            total=self.job.total,
            message=self.job.message,
            checkpoint=self.checkpoint,
            finished_at=timezone.now(),
        )


Handler = Callable[[Progress], None]
_handlers: dict[str, tuple[Handler, Job.Urgency]] = {}


def job(kind: str, urgency: Job.Urgency = Job.Urgency.USUAL) -> Callable[[Handler], Handler]:
    """Register the function that does jobs of this kind. It must be safe to run again from its checkpoint.

    Each app's `jobs` module is imported at start (base.apps), so that workers know all kinds.
    """

    def register(handler: Handler) -> Handler:
        if kind in _handlers:
            raise ValueError(f"two functions do jobs of the kind {kind}")
        _handlers[kind] = handler, urgency
        return handler

    return register


def start(kind: str, *, owner: User | None, target: uuid.UUID | None, payload: dict[str, Any] | None = None) -> Job:
    """Write the row of a new job and wake a worker once the transaction is committed."""
    return start_many(kind, owner=owner, target=target, payloads=[payload or {}])[0]


def start_many(
    kind: str, *, owner: User | None, target: uuid.UUID | None, payloads: Sequence[dict[str, Any]]
) -> list[Job]:
    """One new job for each payload, as `start` makes them, with few queries."""
    return start_each(kind, owner=owner, work=[(target, payload) for payload in payloads])


def start_each(kind: str, *, owner: User | None, work: Sequence[tuple[uuid.UUID | None, dict[str, Any]]]) -> list[Job]:
    """One new job for each target with its payload, with few queries."""
    if kind not in _handlers:
        raise ValueError(f"nothing does jobs of the kind {kind}")
    _handler, urgency = _handlers[kind]
    turns = itertools.count(_first_turn(owner, urgency))
    rows = [
        Job(kind=kind, urgency=urgency, turn=turn, owner=owner, target=target, payload=payload)
        for turn, (target, payload) in zip(turns, work, strict=False)
    ]
    Job.objects.bulk_create(rows, batch_size=500)
    for row in rows:
        transaction.on_commit(partial(_wake, row.pk))
    return rows


def _first_turn(owner: User | None, urgency: Job.Urgency) -> int:
    """The turn after the last that this person waits for; the one that is now, if the person waits for none.

    So nobody waits for all that others asked for before (start-time fair queueing: Goyal, Vin and Cheng, SIGCOMM 1996).
    """
    queued = Job.objects.filter(state=Job.State.QUEUED, urgency=urgency)
    last = queued.filter(owner=owner).order_by("-turn").values_list("turn", flat=True).first()
    if last is not None:
        return last + 1
    return queued.order_by("turn").values_list("turn", flat=True).first() or 0


def _wake(job_id: uuid.UUID) -> None:
    try:
        current_app.send_task("base.run_next_job", retry=False)
    except (OperationalError, OSError):
        log.warning("the broker is away; the sweep will wake a worker for job %s", job_id, exc_info=True)


def _next_of(queued: models.QuerySet[Job]) -> uuid.UUID | None:
    return queued.order_by("urgency", "turn", "id").values_list("pk", flat=True).first()


def run_next_job() -> None:
    """Do the most urgent of the queued jobs, of those the one whose turn it is; nothing if none is queued."""
    queued = Job.objects.filter(state=Job.State.QUEUED)
    while (job_id := _next_of(queued)) is not None:
        if run_job(job_id):  # else another worker was quicker
            return


def run_job(job_id: uuid.UUID | str) -> bool:
    """Claim the row and do its work. Does nothing if it is not queued: someone else has it, or it is over.

    Gives whether it was this worker's.
    """
    now = timezone.now()
    claimed = Job.objects.filter(pk=job_id, state=Job.State.QUEUED).update(
        state=Job.State.RUNNING,
        attempts=models.F("attempts") + 1,
        started_at=Coalesce("started_at", now, output_field=models.DateTimeField()),
        heartbeat_at=now,
    )
    if not claimed:
        return False
    row = Job.objects.get(pk=job_id)
    progress = Progress(row)
    try:
        if row.kind not in _handlers:
            raise DomainError(f"This version of the site cannot do “{row.kind}”.")
        handler, _urgency = _handlers[row.kind]
        with _heartbeat(progress):
            handler(progress)
    except ClaimLost:
        log.warning("job %s (%s) was given to another worker", row.pk, row.kind)
    except Cancelled:
        progress.close(Job.State.CANCELLED)
    except DomainError as error:
        progress.close(Job.State.FAILED, str(error))
    except Exception:
        log.exception("job %s (%s) failed", row.pk, row.kind)
        progress.close(
            Job.State.FAILED,
            "This failed through a fault of the site, not of your data. Its administrators find the details in the log "
            f"under {row.pk}.",
        )
    else:
        progress.close(Job.State.DONE)
    return True


@contextmanager
def _heartbeat(progress: Progress) -> Iterator[None]:
    """Beat from a thread, so that one long step between two reports is not taken for a dead worker."""
    over = threading.Event()

    def beat() -> None:
        while not over.wait(HEARTBEAT_SECONDS):
            try:
                progress.beat()
            except DatabaseError:  # busy: the next beat is soon
                log.info("a heartbeat of job %s was missed", progress.job.pk)
            finally:
                connection.close()

    thread = threading.Thread(target=beat, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def run_queued(target: uuid.UUID | None = None) -> int:
    """Do all queued jobs (of one target) here and now, for commands that run without a worker; gives their number."""
    count = 0
    rows = Job.objects.filter(state=Job.State.QUEUED)
    if target is not None:
        rows = rows.filter(target=target)
    while (job_id := _next_of(rows)) is not None:
        run_job(job_id)
        count += 1
    return count


def cancel(job: Job) -> None:
    """Stop a job: at once if it waits, at its next report if it runs. One that is over stays as it is."""
    waiting = Job.objects.filter(pk=job.pk, state=Job.State.QUEUED)
    if not waiting.update(state=Job.State.CANCELLED, finished_at=timezone.now()):
        Job.objects.filter(pk=job.pk, state=Job.State.RUNNING).update(cancel_requested=True)


def sweep(at: datetime | None = None) -> int:
    """Requeue the jobs of dead workers and wake those whose message was lost; gives how many were woken.

    Called every 10 s (CELERY_BEAT_SCHEDULE). `at` is the time to judge by, now unless told.
    """
    at = at or timezone.now()
    stale = Job.objects.filter(state=Job.State.RUNNING, heartbeat_at__lt=at - STALE)
    stale.filter(cancel_requested=True).update(state=Job.State.CANCELLED, finished_at=at)
    stale.filter(attempts__gte=MAX_ATTEMPTS).update(
        state=Job.State.FAILED,
        finished_at=at,
        error=f"This was begun {MAX_ATTEMPTS} times and its worker stopped each time before the end. "
        "It may need more memory than this site has; its administrators find the details in the log.",
    )
    stale.update(state=Job.State.QUEUED, heartbeat_at=None)
    asleep = Job.objects.filter(state=Job.State.QUEUED).filter(
        models.Q(heartbeat_at=None, attempts__gt=0)
        | models.Q(heartbeat_at=None, created_at__lt=at - STALE)
        | models.Q(heartbeat_at__lt=at - STALE)
    )
    woken = list(asleep.order_by("urgency", "turn", "id").values_list("pk", flat=True)[:WAKE_BATCH])
    Job.objects.filter(pk__in=woken, state=Job.State.QUEUED).update(heartbeat_at=at)
    for job_id in woken:
        transaction.on_commit(partial(_wake, job_id))
    return len(woken)
