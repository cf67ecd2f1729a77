"""Files whose objects S3 has to bring back first: asked for once, looked after, and then fetched and verified."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from base import jobs
from base.errors import StorageAway
from base.ids import new_id
from base.models import StoredFile, StoredMove
from base.storage import checksum_of, path_of, storage_for
from base.tiers import fixity, moves
from tests import factory
from tests.base.archive_s3 import ArchiveServer, archive_server
from tests.base.s3 import bucket_of, s3_options

pytestmark = pytest.mark.django_db
State = StoredMove.State
KEY = "files/x/slide ü [1].tif"


@pytest.fixture
def glacier(s3_url: str, settings: Any, tmp_path: Path) -> Iterator[ArchiveServer]:
    """The store “deep” is an archive in S3."""
    with archive_server(s3_url) as server:
        options = s3_options(s3_url) | {"aws_endpoint_url": f"http://127.0.0.1:{server.server_port}"}
        settings.DATA = tmp_path / "data"
        settings.STORE_OPTIONS = {f"DEEP_{name.upper()}": value for name, value in options.items()}
        settings.STORES = f"deep:archive=s3://{bucket_of(s3_url)}/tests/{new_id()}"
        yield server


@pytest.fixture
def stored(glacier: ArchiveServer) -> StoredFile:
    """A file that was moved to the archive and then frozen."""
    own = storage_for("store")
    own.write(KEY, [os.urandom(100_000)])
    found = checksum_of(own, KEY)
    file = StoredFile.objects.create(
        backend="store", key=KEY, bytes=found.bytes, sha256=found.sha256, owner=factory.user()
    )
    moves.start_move(stored_id=file.pk, to="deep", reason="a test")
    jobs.run_queued()
    file.refresh_from_db()
    assert file.backend == "deep"
    own.delete(KEY)
    glacier.frozen.add("slide ü [1].tif")
    return file


def test_it_is_asked_back_and_fetched_when_it_is_there(glacier: ArchiveServer, stored: StoredFile) -> None:
    (move,) = moves.recall([stored.pk])
    jobs.run_queued()
    move.refresh_from_db()
    assert (move.state, glacier.asked) == (State.RESTORING, ["slide ü [1].tif"])
    assert moves.recall([stored.pk]) == [move]
    assert moves.ask_again() == 1
    jobs.run_queued()
    move.refresh_from_db()
    assert (move.state, len(glacier.asked)) == (State.RESTORING, 2)
    glacier.frozen.clear()
    assert moves.ask_again() == 1
    assert moves.ask_again() == 0
    jobs.run_queued()
    move.refresh_from_db()
    stored.refresh_from_db()
    assert (move.state, stored.backend, move.error) == (State.DONE, "store", "")
    assert checksum_of(storage_for("store"), KEY).sha256 == stored.sha256
    assert path_of(stored).stat().st_size == 100_000


def test_a_store_that_refuses_to_bring_it_back_is_said(glacier: ArchiveServer, stored: StoredFile) -> None:
    glacier.refuses = True
    (move,) = moves.recall([stored.pk])
    jobs.run_queued()
    move.refresh_from_db()
    assert move.state == State.FAILED
    assert "could not be asked to bring slide ü [1].tif back" in move.error


def test_what_has_to_be_brought_back_is_not_taken_for_damaged(stored: StoredFile) -> None:
    with pytest.raises(StorageAway, match="has to be fetched first"):
        fixity.check_one(stored)
    stored.refresh_from_db()
    assert not stored.is_damaged
