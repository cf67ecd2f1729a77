"""Jobs with real Celery workers that are really killed: the same promises over every broker."""

import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
DEADLINE = 180.0
STEPS = 100  # of tests.base.worker_site.jobs, which only a site that has it can import


class Site:
    """A site of its own: data folder, SQLite database and broker, used by processes as in production."""

    def __init__(self, data: Path, broker: str) -> None:
        self.data = data
        self.env = {name: value for name, value in os.environ.items() if not name.startswith("VITRINE_")} | {
            "DJANGO_SETTINGS_MODULE": "tests.base.worker_site.settings",
            "VITRINE_DATA": str(data),
            "VITRINE_BROKER_URL": broker,
            "PYTHONPATH": str(ROOT),
        }
        self.workers: list[subprocess.Popen[bytes]] = []
        self.run("manage.py", "migrate", "--verbosity", "0")

    def run(self, *arguments: str) -> str:
        done = subprocess.run([sys.executable, *arguments], cwd=ROOT, env=self.env, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def drive(self, *arguments: str) -> str:
        return self.run("-m", "tests.base.worker_site.drive", *arguments)

    def start_worker(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "celery", "-A", "portal", "worker", "--pool=solo", "--loglevel=WARNING"]
        with (self.data / "worker.log").open("ab") as log:
            worker = subprocess.Popen(command, cwd=ROOT, env=self.env, stdout=log, stderr=log, start_new_session=True)
        self.workers.append(worker)
        return worker

    def row(self, job_id: str) -> dict[str, Any]:
        with sqlite3.connect(self.data / "vitrine.sqlite3", timeout=60) as database:
            database.row_factory = sqlite3.Row
            return dict(database.execute("SELECT * FROM base_job WHERE id = ?", [job_id]).fetchone())

    def wait_for(self, job_id: str, reached: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        end = time.monotonic() + DEADLINE
        while time.monotonic() < end:
            row = self.row(job_id)
            if reached(row):
                return row
            threading.Event().wait(0.05)
        pytest.fail(f"not within {DEADLINE} s: {row}\n{(self.data / 'worker.log').read_text()[-3000:]}")


def steps_in(log: Path) -> list[tuple[int, int]]:
    """(attempt, step) in the order in which they were done."""
    return [(int(a), int(b)) for a, b in (line.split() for line in log.read_text().splitlines())]


@pytest.fixture(scope="class")
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    site = Site(tmp_path_factory.mktemp("site"), request.cls.broker(request))
    yield site
    for worker in site.workers:
        worker.terminate()
        worker.wait(60)


class JobsContract:
    @staticmethod
    def broker(request: pytest.FixtureRequest) -> str:
        """The address of the broker."""
        raise NotImplementedError

    def test_a_killed_worker_is_followed_by_one_that_goes_on_at_the_checkpoint(
        self, site: Site, tmp_path: Path
    ) -> None:
        log = tmp_path / "steps"
        first = site.start_worker()
        job_id = site.drive("start", str(log))
        site.wait_for(job_id, lambda row: row["checkpoint"] != "{}")
        os.killpg(first.pid, signal.SIGKILL)
        first.wait()
        killed = site.row(job_id)
        assert killed["state"] == "running"
        assert site.drive("sweep") == "1"
        site.start_worker()
        done = site.wait_for(job_id, lambda row: row["state"] not in {"queued", "running"})
        assert (done["state"], done["attempts"], done["done"], done["total"]) == ("done", 2, STEPS, STEPS)
        steps = steps_in(log)
        resumed = [step for attempt, step in steps if attempt == 2]
        assert resumed[0] > 0
        assert resumed == list(range(resumed[0], STEPS))
        assert {step for _, step in steps} == set(range(STEPS))

    def test_a_lost_message_loses_no_job(self, site: Site, tmp_path: Path) -> None:
        site.start_worker()
        job_id = site.drive("start-unheard", str(tmp_path / "steps"))
        assert site.row(job_id)["state"] == "queued"
        assert site.drive("sweep") == "1"
        assert site.wait_for(job_id, lambda row: row["state"] == "done")["attempts"] == 1


class TestFilesystemBroker(JobsContract):
    @staticmethod
    def broker(request: pytest.FixtureRequest) -> str:
        return "filesystem://"


class TestRedis(JobsContract):
    @staticmethod
    def broker(request: pytest.FixtureRequest) -> str:
        return f"{request.getfixturevalue('redis_url')}/7"
