"""Work that outlives a request, and news for processes that write elsewhere."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from base.ids import new_id
from base.models.people import User


class Job(models.Model):
    """The truth about one piece of background work; the broker's message only wakes a worker."""

    class State(models.TextChoices):
        QUEUED = "queued", _("waiting")
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")
        CANCELLED = "cancelled", _("cancelled")

    OPEN: ClassVar = (State.QUEUED, State.RUNNING)

    class Urgency(models.IntegerChoices):
        """What goes first, or a thousand files that came earlier would hold up whoever asks for one thing."""

        AWAITED = 0, _("somebody waits for it")
        USUAL = 1, _("usual")
        BACKGROUND = 2, _("nobody waits for it")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    kind = models.CharField(max_length=50)
    target = models.UUIDField(null=True, db_index=True)
    owner = models.ForeignKey(User, models.SET_NULL, null=True, related_name="jobs")
    urgency = models.PositiveSmallIntegerField(choices=Urgency, default=Urgency.USUAL)
    turn = models.PositiveBigIntegerField(default=0)  # within the urgency, given so that people take turns (base.jobs)
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    payload = models.JSONField(default=dict)
    done = models.BigIntegerField(default=0)
    total = models.BigIntegerField(default=0)
    message = models.CharField(max_length=500, blank=True)  # what it does now, for people
    error = models.TextField(blank=True)  # why it failed, for people
    checkpoint = models.JSONField(default=dict)
    cancel_requested = models.BooleanField(default=False)
    attempts = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True)
    heartbeat_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["state", "heartbeat_at"]),
            models.Index(fields=["state", "urgency", "turn", "id"]),
            models.Index(fields=["owner", "state", "urgency", "turn"]),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.state}"


class Outbox(models.Model):
    """One change, written in the transaction that made it, drained in order by the one indexer process."""

    topic = models.CharField(max_length=50)
    key = models.UUIDField()
    payload = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.topic} {self.key}"
