"""Where files lie over time: moves between stores, the rules that start them, and checks of the bytes."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from base.ids import new_id
from base.models.files import StoredFile
from base.models.jobs import Job
from base.models.people import User


class StoredMove(models.Model):
    """One file's way from a store to another. Rows stay, as the log of where its bytes were, even without it."""

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        RESTORING = "restoring", _("asked of the archive")  # which takes hours; asked again now and then
        COPYING = "copying", _("being copied")
        DONE = "done", _("moved")  # the file is read from the new store; the old copy is kept for a while
        CLEANED = "cleaned", _("moved, and the old copy removed")
        FAILED = "failed", _("failed")

    OPEN = (State.WAITING, State.RESTORING, State.COPYING)

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    stored = models.ForeignKey(StoredFile, models.SET_NULL, null=True, related_name="moves")
    key = models.CharField(max_length=1000)  # the file's
    from_store = models.CharField(max_length=20)
    to_store = models.CharField(max_length=20)
    bytes = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)  # that source and copy were held to
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    reason = models.CharField(max_length=300)
    error = models.TextField(blank=True)
    asked_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    job = models.ForeignKey(Job, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True)
    switched_at = models.DateTimeField(null=True)
    cleaned_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["stored"],
                condition=models.Q(state__in=("waiting", "restoring", "copying")),
                name="stored_move_one_open",
            )
        ]
        indexes: ClassVar = [models.Index(fields=["state", "switched_at"])]

    def __str__(self) -> str:
        return f"{self.from_store} → {self.to_store} {self.state}"


class TierRule(models.Model):
    """Files of one store that fit all that is given go to another, in the background."""

    from_store = models.CharField(_("from"), max_length=20)
    to_store = models.CharField(_("to"), max_length=20)
    days_since_publication = models.PositiveIntegerField(_("days since publication"), null=True, blank=True)
    days_since_access = models.PositiveIntegerField(_("days since it was last opened"), null=True, blank=True)
    least_bytes = models.BigIntegerField(_("only files of at least so many bytes"), default=0)
    is_active = models.BooleanField(_("in force"), default=True)

    def __str__(self) -> str:
        return f"{self.from_store} → {self.to_store}"


class FixityCheck(models.Model):
    """One reading of all bytes of a file, held against its checksum."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    stored = models.ForeignKey(StoredFile, models.CASCADE, related_name="fixity_checks")
    store = models.CharField(max_length=20)
    at = models.DateTimeField(auto_now_add=True)
    bytes = models.BigIntegerField()
    expected = models.CharField(max_length=64)
    found = models.CharField(max_length=64, blank=True)  # "" if it could not be read
    problem = models.TextField(blank=True)  # "" if it is whole
    told_at = models.DateTimeField(null=True)  # when administrators were told of the problem

    def __str__(self) -> str:
        return self.problem or "whole"
