"""Stores for administrators: the page, the command, and what the health page says of them."""

import io
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.test import Client

from base.models import AuditEvent, StoredFile, StoredMove, TierRule
from base.storage import checksum_of, storage_for
from tests import factory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _stores(settings: Any, tmp_path: Path) -> None:
    settings.DATA = tmp_path / "data"
    for name in ("cool", "tape"):
        (tmp_path / name).mkdir()
    settings.STORES = f"cool={tmp_path / 'cool'} tape:archive={tmp_path / 'tape'}"


@pytest.fixture
def stored() -> StoredFile:
    own, key = storage_for("store"), "files/one/a.tif"
    own.write(key, [bytes(5000)])
    return StoredFile.objects.create(
        backend="store", key=key, bytes=5000, sha256=checksum_of(own, key).sha256, owner=factory.user()
    )


@pytest.fixture
def root(client: Client) -> Client:
    client.force_login(factory.user("Root", is_staff=True))
    return client


def command(*words: str) -> str:
    out = io.StringIO()
    call_command("storage", *words, stdout=out, stderr=out)
    return out.getvalue()


def test_the_command_lists_moves_and_checks(stored: StoredFile) -> None:
    assert "1 moved, 0 not." in command("move", "cool", "--all")
    stored.refresh_from_db()
    assert stored.backend == "cool"
    lines = {line.split()[0]: line.split()[1:5] for line in command("list").splitlines()[1:]}
    assert lines == {
        "store": ["hot", "0", "0", "0"],
        "cool": ["cool", "1", "5000", "0"],
        "tape": ["archive", "0", "0", "0"],
    }
    assert "1 whole, 0 damaged" in command("check", "--file", stored.key)
    storage_for("cool").write(stored.key, [b"?"])
    with pytest.raises(CommandError, match="put them back"):
        command("check", "--store", "cool")
    with pytest.raises(CommandError, match="not moved"):
        command("move", "tape", "--file", str(stored.pk))


def test_the_command_refuses_what_it_cannot_do(stored: StoredFile) -> None:
    with pytest.raises(CommandError, match="Say which files"):
        command("move", "cool")
    with pytest.raises(CommandError, match="no stored file “nothing”"):
        command("check", "--file", "nothing")
    with pytest.raises(CommandError, match="not moved"):
        command("move", "moon", "--all")
    assert "There is no rule" in command("rules")
    assert "90 days" in command("rules", "--add", "store", "cool", "--days-since-access", "90")
    assert "There is no rule" in command("rules", "--remove", str(TierRule.objects.get().pk))


def test_the_page_shows_stores_and_keeps_rules(root: Client, stored: StoredFile) -> None:
    command("move", "cool", "--all")
    page = root.get("/operations/stores").content.decode()
    for text in ("cool", "tape", "4.9\u00a0KB", "There is no rule", "files/one/a.tif", "asked for on the command line"):
        assert text in page
    rule = {"from_store": "cool", "to_store": "tape", "days_since_access": "30"}
    answer = root.post("/operations/stores/rules", rule, follow=True)
    assert "cool → tape: not opened for 30 days" in answer.content.decode()
    assert AuditEvent.objects.filter(verb="added a rule for stores").exists()
    answer = root.post("/operations/stores/rules", rule | {"days_since_access": "soon"})
    assert answer.status_code == 400
    assert "“soon” is not a whole number" in answer.content.decode()
    root.post(f"/operations/stores/rules/{TierRule.objects.get().pk}/remove")
    assert not TierRule.objects.exists()


def test_the_page_is_for_administrators(client: Client) -> None:
    assert client.get("/operations/stores").status_code == 302
    client.force_login(factory.user())
    assert client.get("/operations/stores").status_code == 403
    assert client.post("/operations/stores/rules", {}).status_code == 403
    assert client.post("/operations/stores/rules/1/remove").status_code == 403


def test_the_health_page_tells_of_damage_and_of_stores_that_are_away(
    client: Client, stored: StoredFile, tmp_path: Path
) -> None:
    def told() -> dict[str, str]:
        parts = client.get("/health", headers={"accept": "application/json"}).json()["parts"]
        (found,) = [part for part in parts if part["part"] == "Stores"]
        return {"state": found["state"], "detail": found["detail"]}

    cache.clear()
    assert told() == {"state": "good", "detail": "3 answer"}
    cache.clear()
    (tmp_path / "tape").rmdir()
    assert told() == {"state": "bad", "detail": "tape cannot be used"}
    (tmp_path / "tape").mkdir()
    cache.clear()
    StoredFile.objects.update(is_damaged=True)
    assert told() == {"state": "bad", "detail": "1 file is damaged"}
    assert StoredMove.objects.count() == 0
