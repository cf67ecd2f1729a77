"""Files move between stores and lose nothing: verified copies, rules, recalls, and the check of all bytes over time."""

import hashlib
import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.core.cache import cache
from django.core.exceptions import ImproperlyConfigured
from django.utils import timezone

from base import audit, jobs
from base.errors import Archived, Conflict, Invalid, NotFound, StorageAway
from base.ids import new_id
from base.models import FixityCheck, Job, StoredFile, StoredMove, TierRule
from base.storage import Storage, Tier, checksum_of, manifest_key, path_of, storage_for, stores, tier_of
from base.storage.stores import parse_stores
from base.tiers import access, fixity, moves, numbers, rules
from tests import factory
from tests.base.s3 import bucket_of, s3_options

pytestmark = pytest.mark.django_db
DATA = os.urandom(300_000)
State = StoredMove.State


@pytest.fixture(params=["folder", "s3"])
def _stores(request: pytest.FixtureRequest, settings: Any, tmp_path: Path) -> None:
    """The store “cool” in a folder or an S3 server, and “tape”, an archive."""
    settings.DATA = tmp_path / "data"
    address = str(tmp_path / "cool")
    if request.param == "s3":
        url = request.getfixturevalue("s3_url")
        address = f"s3://{bucket_of(url)}/tests/{new_id()}"
        settings.STORE_OPTIONS = {f"COOL_{name.upper()}": value for name, value in s3_options(url).items()}
    for name in ("cool", "tape"):
        (tmp_path / name).mkdir()
    settings.STORES = f"cool={address} tape:archive={tmp_path / 'tape'}"


@pytest.fixture
def own(_stores: None) -> Storage:
    return storage_for("store")


def stored(own: Storage, *, is_folder: bool = False, data: bytes = DATA) -> StoredFile:
    key = f"files/{new_id()}/{'a.zarr' if is_folder else 'a.tif'}"
    names = ["zarr.json", "c/0/0", "c/0/1", "c.json"] if is_folder else [""]
    for name in names:
        own.write(f"{key}/{name}".rstrip("/"), [data, name.encode()])
    found = checksum_of(own, key)
    return StoredFile.objects.create(
        backend="store", key=key, is_folder=is_folder, bytes=found.bytes, file_count=found.files, sha256=found.sha256,
        owner=factory.user(),
    )  # fmt: skip


def moved(file: StoredFile, to: str) -> StoredMove:
    move = moves.start_move(stored_id=file.pk, to=to, reason="a test")
    jobs.run_queued(file.pk)
    file.refresh_from_db()
    move.refresh_from_db()
    return move


@pytest.mark.parametrize("is_folder", [False, True])
def test_a_move_copies_verifies_and_switches_and_a_later_one_brings_it_back(own: Storage, is_folder: bool) -> None:
    file = stored(own, is_folder=is_folder)
    before = {name: own.stat(f"{file.key}/{name}".rstrip("/")) for name in own.names(file.key)}
    move = moved(file, "cool")
    assert (move.state, file.backend, move.error) == (State.DONE, "cool", "")
    cool = storage_for("cool")
    assert {name: cool.stat(f"{file.key}/{name}".rstrip("/")) for name in cool.names(file.key)} == before
    assert own.names(file.key) == cool.names(file.key)  # whoever still reads it there comes to the end
    assert moves.clean_up() == 0
    assert moves.clean_up(timezone.now() + timedelta(days=2)) == 1
    with pytest.raises(Exception, match="no longer"):
        own.names(file.key)
    assert path_of(file).exists()
    assert moved(file, "store").state == State.DONE
    assert {name: own.stat(f"{file.key}/{name}".rstrip("/")) for name in own.names(file.key)} == before
    verbs = list(audit.history(file.pk).values_list("verb", flat=True))
    assert verbs == ["moved a file", "asked to move a file"] * 2
    assert file.checked_at is not None


def test_an_old_copy_stays_if_the_file_came_back_meanwhile(own: Storage) -> None:
    file = stored(own)
    moved(file, "cool")
    moved(file, "store")
    assert moves.clean_up(timezone.now() + timedelta(days=2)) == 1  # the copy in “cool”
    assert own.size(file.key) == file.bytes
    assert set(file.moves.values_list("state", flat=True)) == {State.CLEANED}


def test_damage_stops_a_move_and_is_told(own: Storage) -> None:
    file = stored(own)
    own.write(file.key, [b"damaged"])
    move = moved(file, "cool")
    assert (move.state, file.backend, file.is_damaged) == (State.FAILED, "store", True)
    assert "no longer those of its checksum" in move.error
    assert Job.objects.get(kind=moves.MOVE).state == Job.State.FAILED
    with pytest.raises(Exception, match="no longer"):
        storage_for("cool").size(file.key)


def test_a_move_that_makes_no_sense_is_refused(own: Storage) -> None:
    file = stored(own)
    with pytest.raises(Invalid, match="no store “moon” here; there are: store, cool, tape"):
        moves.start_move(stored_id=file.pk, to="moon", reason="")
    with pytest.raises(Conflict, match="already"):
        moves.start_move(stored_id=file.pk, to="store", reason="")
    with pytest.raises(NotFound):
        moves.start_move(stored_id=new_id(), to="cool", reason="")
    moves.start_move(stored_id=file.pk, to="cool", reason="")
    with pytest.raises(Conflict, match="being moved"):
        moves.start_move(stored_id=file.pk, to="tape", reason="")
    StoredFile.objects.filter(pk=file.pk).update(sha256="")
    with pytest.raises(Conflict, match="no checksum yet"):
        moves.start_move(stored_id=file.pk, to="tape", reason="")


def test_a_move_whose_worker_was_given_up_can_be_asked_for_again(own: Storage) -> None:
    file = stored(own)
    first = moves.start_move(stored_id=file.pk, to="cool", reason="")
    Job.objects.filter(kind=moves.MOVE).update(state=Job.State.FAILED)
    assert moved(file, "cool").state == State.DONE
    first.refresh_from_db()
    assert first.state == State.FAILED


def test_an_archived_file_is_fetched_once_when_it_is_read(own: Storage) -> None:
    file = stored(own)
    moved(file, "tape")
    with pytest.raises(Archived, match="archive") as caught:
        path_of(file)
    assert caught.value.stored == (file.pk,)
    (move,) = moves.recall([file.pk])
    assert moves.recall([file.pk]) == [move]
    with pytest.raises(Archived, match=r"a.tif lies in the archive. It is being fetched"):
        moves.fetch_archived([file])
    jobs.run_queued(file.pk)
    file.refresh_from_db()
    assert path_of(file).read_bytes() == DATA
    assert file.opened_at is not None
    moves.fetch_archived([file])


def test_a_recall_that_failed_is_not_begun_again_at_once(own: Storage) -> None:
    file = stored(own)
    moved(file, "tape")
    storage_for("tape").delete(file.key)
    (failed,) = moves.recall([file.pk])
    jobs.run_queued(file.pk)
    assert moves.recall([file.pk]) == [failed]
    StoredMove.objects.filter(pk=failed.pk).update(created_at=timezone.now() - timedelta(hours=1))
    assert moves.recall([file.pk]) != [failed]


def test_many_files_are_fetched_by_few_queries(own: Storage, django_assert_max_num_queries: Any) -> None:
    files = [stored(own, data=b"x") for _ in range(30)]
    StoredFile.objects.update(backend="tape")
    with django_assert_max_num_queries(12):
        going = moves.recall([file.pk for file in files])
    assert {move.stored_id for move in going} == {file.pk for file in files}
    with django_assert_max_num_queries(1):
        assert set(moves.recall([file.pk for file in files])) == set(going)
    assert audit.history(files[0].pk).get().verb == "asked to move a file"
    assert moves.recall([stored(own).pk]) == []  # it is here


def test_rules_move_what_is_old_and_unused(own: Storage) -> None:
    old, opened, small, draft = (stored(own) for _ in range(4))
    long_ago = timezone.now() - timedelta(days=400)
    StoredFile.objects.filter(pk__in=[old.pk, opened.pk, small.pk]).update(published_at=long_ago, created_at=long_ago)
    StoredFile.objects.filter(pk=small.pk).update(bytes=10)
    access.note_opened(opened.pk)
    rule = rules.add_rule(
        by=None, from_store="store", to_store="cool", days_since_publication=365, days_since_access=90, least_bytes=100
    )
    assert rules.apply_rules() == 1
    assert rules.apply_rules() == 0
    jobs.run_queued()
    assert [file.backend for file in StoredFile.objects.order_by("pk")] == ["cool", "store", "store", "store"]
    assert old.moves.get().reason == (
        "rule store → cool: 365 days after publication, not opened for 90 days, at least 100 bytes"
    )
    assert draft.moves.count() == 0
    rules.remove_rule(by=factory.user("Root"), rule_id=rule.pk)
    assert rules.apply_rules(timezone.now() + timedelta(days=999)) == 0


def test_a_rule_waits_only_after_a_move_that_failed_today(own: Storage) -> None:
    file = stored(own)
    old, new = (
        StoredMove(stored=file, key=file.key, from_store="store", to_store="cool", bytes=1, state=State.DONE)
        for _ in "12"
    )
    StoredMove.objects.bulk_create([old, new])
    StoredMove.objects.filter(pk=old.pk).update(state=State.FAILED, created_at=timezone.now() - timedelta(days=3))
    rule = rules.add_rule(by=None, from_store="store", to_store="cool", days_since_access=0)
    now = timezone.now() + timedelta(seconds=1)
    assert list(rules.files_due(rule, now)) == [file]
    StoredMove.objects.filter(pk=new.pk).update(state=State.FAILED)
    assert list(rules.files_due(rule, now)) == []


def test_no_copy_stays_of_a_file_that_was_removed_while_it_was_copied(
    own: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = stored(own)
    moves.start_move(stored_id=file.pk, to="cool", reason="")

    def remove(storage: Storage, key: str, told: Any) -> Any:
        StoredFile.objects.filter(pk=file.pk).delete()
        return checksum_of(storage, key, told)

    monkeypatch.setattr("base.tiers.moves.checksum_of", remove)
    jobs.run_queued(file.pk)
    assert "removed or moved in between" in Job.objects.get(target=file.pk).error
    with pytest.raises(Exception, match="no longer"):
        storage_for("cool").names(file.key)


def test_a_copy_that_a_killed_worker_left_of_a_removed_file_goes(own: Storage) -> None:
    file, other = stored(own), stored(own)
    move = moves.start_move(stored_id=file.pk, to="cool", reason="")
    cool = storage_for("cool")
    StoredMove.objects.filter(pk=move.pk).update(state=State.COPYING)
    Job.objects.filter(target=file.pk).update(state=Job.State.RUNNING)
    StoredFile.objects.filter(pk=file.pk).delete()
    cool.write(file.key, [DATA[:1000]])  # what the worker had written when it was killed
    assert moves.clean_up() == 0  # it may be at it still
    Job.objects.filter(target=file.pk).update(state=Job.State.QUEUED)  # as the sweep finds
    jobs.run_queued(file.pk)
    assert moves.clean_up() == 1
    with pytest.raises(Exception, match="no longer"):
        cool.names(file.key)
    assert own.size(other.key) == other.bytes
    move.refresh_from_db()
    assert (move.state, move.key, move.stored) == (State.CLEANED, file.key, None)  # the log stays
    assert moves.clean_up() == 0


def test_rules_that_make_no_sense_are_refused(own: Storage) -> None:
    with pytest.raises(Invalid, match="no store “moon”"):
        rules.add_rule(by=None, from_store="store", to_store="moon", days_since_access=1)
    with pytest.raises(Invalid, match="from one store to another"):
        rules.add_rule(by=None, from_store="cool", to_store="cool", days_since_access=1)
    with pytest.raises(Invalid, match="Say after how many days"):
        rules.add_rule(by=None, from_store="store", to_store="cool")
    with pytest.raises(Invalid, match="from 0 on"):
        rules.add_rule(by=None, from_store="store", to_store="cool", days_since_access=-1)
    with pytest.raises(NotFound):
        rules.remove_rule(by=None, rule_id=1)
    assert not TierRule.objects.exists()


def test_opening_is_written_once_an_hour(own: Storage, django_assert_num_queries: Any) -> None:
    file = stored(own)
    with django_assert_num_queries(1):
        for _ in range(100):
            access.note_opened(file.pk)
    file.refresh_from_db()
    assert file.opened_at is not None


def test_the_check_reads_a_share_those_unchecked_for_longest_first_and_tells_of_damage(
    own: Storage, settings: Any
) -> None:
    whole, changed, lost = (stored(own) for _ in range(3))
    moved(changed, "cool")
    storage_for("cool").write(changed.key, [DATA[:-1], b"?"])
    own.delete(lost.key)
    StoredFile.objects.filter(pk=changed.pk).update(checked_at=timezone.now() - timedelta(days=30))
    FixityCheck.objects.all().delete()
    factory.user("Root", is_staff=True)
    settings.FIXITY_DAYS = 3
    for done in (1, 2, 3):
        assert fixity.start_check() is not None
        assert fixity.start_check() is None
        jobs.run_queued()
        assert FixityCheck.objects.count() == done
    by_file = {check.stored_id: check for check in FixityCheck.objects.all()}
    assert by_file[whole.pk].problem == ""
    assert "no longer" in by_file[lost.pk].problem
    assert by_file[changed.pk].found == hashlib.sha256(DATA[:-1] + b"?").hexdigest()
    assert list(StoredFile.objects.filter(is_damaged=True).order_by("pk")) == [changed, lost]
    assert [message.subject for message in mail.outbox] == ["[Vitrine] 1 damaged file"] * 2
    assert all(file.key in "".join(str(message.body) for message in mail.outbox) for file in (changed, lost))
    storage_for("cool").write(changed.key, [DATA])
    changed.refresh_from_db()
    assert fixity.check_one(changed).problem == ""
    assert not StoredFile.objects.get(pk=changed.pk).is_damaged


def test_a_changed_chunk_of_a_folder_is_found_and_named(own: Storage) -> None:
    file, lines = stored(own, is_folder=True), list[bytes]()
    checksum_of(own, file.key, tell_line=lines.append)
    own.write(manifest_key(file), lines)
    assert fixity.check_one(file).problem == ""
    moved(file, "cool")
    cool = storage_for("cool")
    kept = cool.pread(f"{file.key}/c/0/1", 0, len(DATA) * 2)
    cool.write(f"{file.key}/c/0/1", [b"!" + kept[1:]])  # of the same length
    check = fixity.check_one(file)
    assert check.problem.endswith("The first file that differs: c/0/1.")
    assert StoredFile.objects.get(pk=file.pk).is_damaged
    cool.write(f"{file.key}/c/0/1", [kept])
    cool.delete(f"{file.key}/zarr.json")
    assert fixity.check_one(file).problem.endswith("The first file that differs: zarr.json.")


def test_numbers_of_each_store(own: Storage) -> None:
    file = stored(own)
    moved(stored(own), "cool")
    moves.start_move(stored_id=file.pk, to="tape", reason="")
    StoredFile.objects.create(backend="lost", key="x", bytes=1, owner=file.owner)
    found = {one.name: (one.files, one.bytes, one.coming, one.tier) for one in numbers.store_numbers()}
    assert found == {
        "store": (1, 300_000, 0, "hot"),
        "cool": (1, 300_000, 0, "cool"),
        "tape": (0, 0, 1, "archive"),
        "lost": (1, 1, 0, "hot"),
    }
    cache.clear()
    assert numbers.trouble_of("cool") == ""
    assert "no storage called" in numbers.trouble_of("lost")


def test_a_disk_that_is_not_mounted_is_no_damage_and_is_not_filled(own: Storage, tmp_path: Path) -> None:
    file = stored(own)
    assert moved(file, "tape").state == State.DONE
    (tmp_path / "tape").rename(tmp_path / "elsewhere")
    with pytest.raises(StorageAway, match="is its disk mounted"):
        fixity.check_one(file)
    (tmp_path / "tape").mkdir()  # where it is mounted, when it is
    with pytest.raises(StorageAway, match="is its disk mounted"):
        fixity.check_one(file)
    (tmp_path / "tape").rmdir()
    assert not StoredFile.objects.filter(is_damaged=True).exists()
    assert moved(stored(own), "tape").state == State.FAILED
    assert not (tmp_path / "tape").exists()
    cache.clear()
    assert "is its disk mounted" in numbers.trouble_of("tape")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("cool", "is not name=address"),
        ("store=/x", "the name “store” is taken"),
        ("cool=/x cool=/y", "the name “cool” is taken"),
        ("tape=/mnt", "whether it is hot, cool, archive or source, as in tape:cool=/mnt"),
        ("tape:frozen=/mnt", "whether it is hot, cool, archive or source"),
        ("pub:source=/mnt", "must be s3://bucket/prefix"),
        ("cool=mnt", "must be a folder"),
        ("cool=s3:bucket", "must be a folder"),
    ],
)
def test_a_wrong_setting_is_said_plainly(text: str, reason: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=reason):
        parse_stores(text, ())


def test_stores_of_the_settings() -> None:
    options = (("DEEP_COOL_AWS_REGION", "eu-west-1"), ("DEEP_AWS_REGION", "us-east-2"))
    found = parse_stores("deep:archive=s3://b/p deep-cool:cool=/mnt", options)
    assert [(one.name, one.tier, one.options) for one in found.values()] == [
        ("deep", Tier.ARCHIVE, (("aws_region", "us-east-2"),)),
        ("deep-cool", Tier.COOL, (("aws_region", "eu-west-1"),)),
    ]
    assert list(stores()) == ["store"]
    assert tier_of("in-place") == Tier.HOT


def test_all_copies_of_a_file_that_leaves_are_known(own: Storage, settings: Any) -> None:
    file = stored(own)
    moved(file, "cool")
    assert moves.stores_of(file) == {"store", "cool"}
    moves.clean_up(timezone.now() + timedelta(days=2))
    assert moves.stores_of(file) == {"cool"}
