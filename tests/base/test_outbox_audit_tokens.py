import uuid
from collections.abc import Sequence
from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from base import audit, outbox, tokens
from base.errors import Invalid, NotFound
from base.models import ApiToken, AuditEvent, Outbox
from tests import factory

pytestmark = [pytest.mark.both, pytest.mark.django_db]


def test_outbox_hands_over_in_order_and_once() -> None:
    keys = [uuid.uuid4() for _ in range(5)]
    for number, key in enumerate(keys):
        outbox.put("publication" if number != 2 else "term", key, number=number)
    calls: list[tuple[str, list[uuid.UUID]]] = []
    handlers = {
        topic: lambda rows, topic=topic: calls.append((topic, [row.key for row in rows]))
        for topic in ("publication", "term")
    }
    assert outbox.drain(handlers, limit=4) == 4
    assert outbox.drain(handlers) == 1
    assert outbox.drain(handlers) == 0
    assert calls == [
        ("publication", keys[:2]), ("term", [keys[2]]), ("publication", [keys[3]]), ("publication", [keys[4]]),
    ]  # fmt: skip


def test_outbox_keeps_what_a_handler_did_not_take() -> None:
    outbox.put("publication", uuid.uuid4())
    outbox.put("other", uuid.uuid4())

    def fail(rows: Sequence[Outbox]) -> None:
        raise OSError("index is away")

    with pytest.raises(OSError, match="away"):
        outbox.drain({"publication": fail})
    assert outbox.drain({"publication": lambda rows: None}) == 1
    assert [row.topic for row in Outbox.objects.all()] == ["other"]


def test_outbox_is_part_of_the_transaction() -> None:
    with transaction.atomic():
        outbox.put("publication", uuid.uuid4())
        transaction.set_rollback(True)
    assert not Outbox.objects.exists()


def test_audit_tells_who_did_what_and_outlives_the_person() -> None:
    user, study = factory.user("Ada Lovelace"), uuid.uuid4()
    audit.record(user, "submitted", study, version=1)
    audit.record(None, "swept", study)
    email = user.email
    user.delete()
    events = AuditEvent.objects.order_by("id")
    assert [(e.actor_label, e.verb, e.detail) for e in events] == [
        (f"Ada Lovelace <{email}>", "submitted", {"version": 1}),
        ("the site", "swept", {}),
    ]


def test_a_token_acts_until_it_is_revoked_or_expires() -> None:
    user = factory.user()
    token, secret = tokens.issue(user=user, name=" laptop ")
    brief, brief_secret = tokens.issue(user=user, name="brief", expires_at=timezone.now() + timedelta(hours=1))
    assert token.name == "laptop"
    assert ApiToken.objects.by_secret(secret) == token
    assert secret not in str(vars(ApiToken.objects.get(pk=token.pk)))
    ApiToken.objects.filter(pk=brief.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    assert ApiToken.objects.by_secret(brief_secret) is None
    tokens.revoke(user=user, token_id=token.pk)
    tokens.revoke(user=user, token_id=token.pk)
    assert ApiToken.objects.by_secret(secret) is None
    verbs = AuditEvent.objects.filter(target=user.pk).values_list("verb", flat=True)
    assert sorted(verbs) == ["issued a token", "issued a token", "revoked a token"]


def test_nobody_revokes_the_token_of_another() -> None:
    token, secret = tokens.issue(user=factory.user(), name="mine")
    with pytest.raises(NotFound):
        tokens.revoke(user=factory.user(), token_id=token.pk)
    assert ApiToken.objects.by_secret(secret) == token


@pytest.mark.parametrize("name", ["", "  ", "x" * 101])
def test_a_token_needs_a_name(name: str) -> None:
    with pytest.raises(Invalid) as caught:
        tokens.issue(user=factory.user(), name=name)
    assert caught.value.field == "name"


def test_a_token_cannot_begin_expired() -> None:
    with pytest.raises(Invalid, match="past"):
        tokens.issue(user=factory.user(), name="late", expires_at=timezone.now())
