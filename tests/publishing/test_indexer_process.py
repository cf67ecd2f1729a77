"""The indexer as the process that script/server starts: killed, started again, asked to reindex, stopped."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.core.management import call_command

from base.models import Outbox
from catalogue.models import Study
from publishing.indexer import ask_to_rebuild
from publishing.search import Query, search_index
from publishing.services import approve
from tests import factory
from tests.publishing.serving import ROOT, database_url

SECONDS = 180


@contextmanager
def indexer_process(data: Path) -> Iterator[subprocess.Popen[str]]:
    env = {**os.environ, "DJANGO_SETTINGS_MODULE": "portal.settings", "VITRINE_DATA": str(data),
           "VITRINE_DATABASE_URL": database_url()}  # fmt: skip
    process = subprocess.Popen([sys.executable, "manage.py", "indexer"], cwd=ROOT, env=env, text=True,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT)  # fmt: skip
    with process:
        try:
            yield process
        finally:
            process.kill()


def wait_until(reached: Callable[[], bool]) -> None:
    until = time.monotonic() + SECONDS
    while not reached():
        assert time.monotonic() < until, f"it did not happen within {SECONDS} s"
        time.sleep(0.05)


def publish(study: Study) -> None:
    approve(actor=factory.actor(factory.curator()), study_id=study.pk)


@pytest.mark.both
@pytest.mark.django_db(transaction=True)
def test_what_is_published_is_found_whatever_happens_to_the_indexer(
    settings: object, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.DATA = tmp_path  # type: ignore[attr-defined]
    index = search_index()
    with indexer_process(tmp_path) as first:
        publish(factory.submitted(images=2))
        wait_until(lambda: index.health().documents == 3)
        first.kill()
    publish(factory.submitted(images=1))
    assert index.health().documents == 3
    with indexer_process(tmp_path) as second:
        wait_until(lambda: index.health().documents == 5 and not Outbox.objects.exists())
        call_command("reindex")
        assert "Indexed 5 studies, images and terms." in capsys.readouterr().out
        with indexer_process(tmp_path) as third:
            assert third.wait(SECONDS) == 1
            assert third.stdout is not None
            assert "Only one indexer may run." in third.stdout.read()
        second.send_signal(signal.SIGTERM)
        assert second.wait(SECONDS) == 0
    assert index.health().documents == 5


@pytest.mark.django_db(transaction=True)
def test_an_indexer_killed_while_it_rebuilds_loses_nothing(settings: object, tmp_path: Path) -> None:
    settings.DATA = tmp_path  # type: ignore[attr-defined]
    index = search_index()
    studies = 3
    for _ in range(studies):
        publish(factory.submitted(images=1))
    with indexer_process(tmp_path):
        wait_until(lambda: index.exists() and index.count(Query()) == 2 * studies)
        ask_to_rebuild()
        known = set(generations(tmp_path))
        wait_until(lambda: bool(set(generations(tmp_path)) - known) or not Outbox.objects.exists())
    for _ in range(2):  # killed at any time: while starting, rebuilding, or putting the new index in place
        studies += 1
        publish(factory.submitted(images=1))
        ask_to_rebuild()
        known = set(generations(tmp_path))
        with indexer_process(tmp_path):
            wait_until(lambda: bool(set(generations(tmp_path)) - known))  # noqa: B023
        assert index.count(Query()) >= 2 * (studies - 2)
    with indexer_process(tmp_path):
        wait_until(lambda: not Outbox.objects.exists() and index.count(Query()) == 2 * studies)
    assert len(generations(tmp_path)) <= 2


def generations(data: Path) -> list[Path]:
    return list((data / "search").glob("v*-*"))
