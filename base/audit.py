"""The audit log: who did what to which thing, and when."""

import uuid
from typing import Any

from django.db.models import QuerySet

from base.models import AuditEvent, User


def record(actor: User | None, verb: str, target: uuid.UUID, **detail: Any) -> AuditEvent:
    """Add one event, in the caller's transaction. No actor: the site itself did it."""
    label = f"{actor} <{actor.email}>" if actor and actor.name else str(actor or "the site")
    return AuditEvent.objects.create(actor=actor, actor_label=label[:200], verb=verb, target=target, detail=detail)


def history(target: uuid.UUID) -> "QuerySet[AuditEvent]":
    """What was done with a thing, newest first."""
    return AuditEvent.objects.filter(target=target).order_by("-id")
