"""What becomes of a job's row, without a worker."""

import uuid
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from base import jobs
from base.errors import Conflict
from base.jobs import Progress
from base.models import Job, User
from portal.celery import app as celery_app
from tests import factory

pytestmark = [pytest.mark.both, pytest.mark.django_db]
Register = Callable[..., str]


@pytest.fixture
def register() -> Iterator[Register]:
    """Registers a function as a kind of job for one test; gives the kind."""
    kinds: list[str] = []

    def add(handler: jobs.Handler, urgency: Job.Urgency = Job.Urgency.USUAL) -> str:
        kinds.append(f"test-{uuid.uuid4()}")
        jobs.job(kinds[-1], urgency)(handler)
        return kinds[-1]

    yield add
    for kind in kinds:
        del jobs._handlers[kind]


def started(kind: str, **payload: object) -> Job:
    return jobs.start(kind, owner=None, target=uuid.uuid4(), payload=payload)


def later(seconds: float = 31) -> datetime:
    return timezone.now() + timedelta(seconds=seconds)


def test_a_job_is_done_once_however_often_it_is_woken(register: Register) -> None:
    seen: list[dict[str, object]] = []
    job = started(register(lambda progress: seen.append(progress.payload)), image="7")
    jobs.run_job(job.pk)
    jobs.run_job(str(job.pk))
    job.refresh_from_db()
    assert seen == [{"image": "7"}]
    assert (job.state, job.attempts, job.error) == (Job.State.DONE, 1, "")
    assert job.started_at is not None
    assert job.finished_at is not None


def test_what_somebody_waits_for_is_done_before_what_came_earlier(register: Register) -> None:
    done: list[str] = []
    for urgency in (Job.Urgency.BACKGROUND, Job.Urgency.USUAL, Job.Urgency.AWAITED):
        kind = register(lambda progress: done.append(progress.payload["what"]), urgency)
        for number in range(2):
            started(kind, what=f"{urgency.name} {number}")
    for _ in range(7):  # one message more than there are jobs
        jobs.run_next_job()
    assert done == ["AWAITED 0", "AWAITED 1", "USUAL 0", "USUAL 1", "BACKGROUND 0", "BACKGROUND 1"]


def test_people_take_turns_however_much_each_asks_for(register: Register) -> None:
    done: list[str] = []
    kind = register(lambda progress: done.append(progress.payload["what"]))
    ada, ben = factory.user(), factory.user()

    def ask(person: User | None, *what: str) -> None:
        jobs.start_many(kind, owner=person, target=uuid.uuid4(), payloads=[{"what": one} for one in what])

    def do(count: int) -> list[str]:
        done.clear()
        for _ in range(count):
            jobs.run_next_job()
        return done

    ask(ada, *(f"Ada {number}" for number in range(1, 8)))
    assert do(2) == ["Ada 1", "Ada 2"]
    ask(ben, "Ben 1", "Ben 2")
    ask(None, "the site 1", "the site 2")
    ask(ada, "Ada 8")
    assert do(4) == ["Ada 3", "Ben 1", "the site 1", "Ada 4"]
    ask(ben, "Ben 3")
    assert do(20) == ["Ben 2", "the site 2", "Ada 5", "Ben 3", "Ada 6", "Ada 7", "Ada 8"]


def test_the_last_report_is_kept(register: Register) -> None:
    job = started(register(lambda progress: progress.report(3, 4, "three of four", {"page": 3})))
    jobs.run_queued(job.target)
    job.refresh_from_db()
    assert (job.done, job.total, job.message, job.checkpoint) == (3, 4, "three of four", {"page": 3})


def test_an_error_of_the_domain_is_said_as_it_is(register: Register) -> None:
    def refuse(progress: Progress) -> None:
        raise Conflict("The study was withdrawn.")

    job = started(register(refuse))
    jobs.run_job(job.pk)
    job.refresh_from_db()
    assert (job.state, job.error) == (Job.State.FAILED, "The study was withdrawn.")


def test_a_fault_of_the_site_is_said_plainly_and_logged_in_full(
    register: Register, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(progress: Progress) -> None:
        raise KeyError("secret detail")

    job = started(register(fail))
    jobs.run_job(job.pk)
    job.refresh_from_db()
    assert job.state == Job.State.FAILED
    assert "fault of the site" in job.error
    assert "secret" not in job.error
    assert "secret detail" in caplog.text
    assert str(job.pk) in caplog.text


def test_a_waiting_job_is_cancelled_at_once(register: Register) -> None:
    job = started(register(lambda progress: pytest.fail("was cancelled")))
    jobs.cancel(job)
    jobs.run_job(job.pk)
    job.refresh_from_db()
    assert job.state == Job.State.CANCELLED


def test_a_running_job_stops_at_its_next_report(register: Register) -> None:
    def work(progress: Progress) -> None:
        jobs.cancel(progress.job)
        progress.flush()
        pytest.fail("goes on")

    job = started(register(work))
    jobs.run_job(job.pk)
    job.refresh_from_db()
    assert job.state == Job.State.CANCELLED


def test_a_job_that_is_over_is_not_cancelled(register: Register) -> None:
    job = started(register(lambda progress: None))
    jobs.run_job(job.pk)
    jobs.cancel(job)
    job.refresh_from_db()
    assert (job.state, job.cancel_requested) == (Job.State.DONE, False)


def test_a_worker_taken_for_dead_stops_and_changes_nothing(register: Register) -> None:
    attempts: list[int] = []

    def work(progress: Progress) -> None:
        attempts.append(progress.job.attempts)
        progress.report(progress.job.attempts, 10)
        if progress.job.attempts == 1:
            jobs.sweep(later())
            jobs.run_job(progress.job.pk)  # another worker takes it and ends it
            progress.flush()
            pytest.fail("goes on")

    job = started(register(work))
    jobs.run_job(job.pk)
    job.refresh_from_db()
    assert attempts == [1, 2]
    assert (job.state, job.done, job.attempts) == (Job.State.DONE, 2, 2)


def test_a_job_is_given_up_after_five_attempts(register: Register) -> None:
    job = started(register(lambda progress: None))
    for attempt in range(1, 6):
        Job.objects.filter(pk=job.pk).update(
            state=Job.State.RUNNING, attempts=attempt, heartbeat_at=timezone.now()
        )  # as a worker leaves it that is killed
        assert jobs.sweep() == 0
        assert jobs.sweep(later()) == (attempt < 5)
    job.refresh_from_db()
    assert job.state == Job.State.FAILED
    assert "5 times" in job.error


def test_a_stale_job_that_was_to_be_cancelled_is(register: Register) -> None:
    job = started(register(lambda progress: None))
    Job.objects.filter(pk=job.pk).update(
        state=Job.State.RUNNING, attempts=1, heartbeat_at=timezone.now(), cancel_requested=True
    )
    assert jobs.sweep(later()) == 0
    job.refresh_from_db()
    assert job.state == Job.State.CANCELLED


def test_a_waiting_job_is_woken_again_but_not_at_every_sweep(register: Register) -> None:
    started(register(lambda progress: None))
    assert jobs.sweep() == 0
    assert jobs.sweep(later(31)) == 1
    assert jobs.sweep(later(41)) == 0
    assert jobs.sweep(later(90)) == 1


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="nothing does"):
        started("no such kind")


@pytest.mark.django_db(transaction=True)
def test_workers_wake_after_the_commit_and_not_after_a_rollback(
    register: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    woken: list[uuid.UUID] = []
    monkeypatch.setattr(jobs, "_wake", woken.append)
    kind = register(lambda progress: None)
    with transaction.atomic():
        job = started(kind)
        assert woken == []

    def rolled_back() -> None:
        with transaction.atomic():
            started(kind)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        rolled_back()
    assert woken == [job.pk]
    assert Job.objects.count() == 1


def test_a_broker_that_is_away_fails_no_request(
    register: Register, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Callable[..., object]
) -> None:
    def away(*args: object, **options: object) -> None:
        raise ConnectionRefusedError

    monkeypatch.setattr(celery_app, "send_task", away)
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[attr-defined]
        job = started(register(lambda progress: None))
    job.refresh_from_db()
    assert job.state == Job.State.QUEUED
