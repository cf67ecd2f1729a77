"""The audit log: who did what to which thing, and when."""

import uuid
from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet

from base.models import AuditEvent, User


def record(actor: User | None, verb: str, target: uuid.UUID, **detail: Any) -> AuditEvent:
    """Add one event, in the caller's transaction. No actor: the site itself did it."""
    return record_many(actor, verb, {target: detail})[0]


def record_many(actor: User | None, verb: str, details: Mapping[uuid.UUID, Mapping[str, Any]]) -> list[AuditEvent]:
    """Add an event for each target, with its details, by one query."""
    label = f"{actor} <{actor.email}>" if actor and actor.name else str(actor or "the site")
    rows = [
        AuditEvent(actor=actor, actor_label=label[:200], verb=verb, target=target, detail=dict(detail))
        for target, detail in details.items()
    ]
    return AuditEvent.objects.bulk_create(rows, batch_size=500)


def history(target: uuid.UUID) -> "QuerySet[AuditEvent]":
    """What was done with a thing, newest first."""
    return AuditEvent.objects.filter(target=target).order_by("-id")
