from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from base.ids import new_id
from base.models import User
from catalogue.models.study import Study


class ReviewRound(models.Model):
    """One submission of a study's version and what the curators decided on it."""

    class Decision(models.TextChoices):
        PENDING = "", _("waiting")
        APPROVED = "approved", _("approved")
        RETURNED = "returned", _("returned")
        REJECTED = "rejected", _("rejected")
        WITHDRAWN = "withdrawn", _("withdrawn by the depositor")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    study = models.ForeignKey(Study, models.CASCADE, related_name="review_rounds")
    version = models.PositiveIntegerField()
    number = models.PositiveIntegerField()
    submitted_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    submitted_at = models.DateTimeField(auto_now_add=True)
    assignee = models.ForeignKey(User, models.SET_NULL, null=True, related_name="assigned_rounds")
    assigned_at = models.DateTimeField(null=True)
    due_on = models.DateField(null=True)
    decision = models.CharField(max_length=10, choices=Decision, default=Decision.PENDING, blank=True)
    decided_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    note = models.TextField(blank=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["study", "version", "number"], name="round_once")]
        indexes: ClassVar = [models.Index(fields=["decision", "submitted_at", "id"])]

    def __str__(self) -> str:
        return f"{self.study_id} v{self.version} round {self.number}"


class RoundSnapshot(models.Model):
    """The study's document as it was sent in, compressed; beside its round, so that lists of rounds stay small."""

    round = models.OneToOneField(ReviewRound, models.CASCADE, primary_key=True, related_name="snapshot")
    body = models.BinaryField()  # catalogue.history packs and unpacks it

    def __str__(self) -> str:
        return str(self.round_id)


class Comment(models.Model):
    """A curator's or depositor's remark on one field (`path`, as in catalogue.paths; empty: on the whole study).

    Replies name the remark that began the thread; only that one is settled or opened again.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    study = models.ForeignKey(Study, models.CASCADE, related_name="comments")
    round = models.ForeignKey(ReviewRound, models.CASCADE, null=True, related_name="comments")
    parent = models.ForeignKey("self", models.CASCADE, null=True, related_name="replies")
    path = models.CharField(max_length=200, blank=True)
    text = models.TextField()
    author = models.ForeignKey(User, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    resolved_at = models.DateTimeField(null=True)
    resolved_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering: ClassVar = ["id"]

    def __str__(self) -> str:
        return self.text


class SuggestedEdit(models.Model):
    """A value that a curator proposes for a field, or for one cell of a table; the depositor takes or declines it."""

    class State(models.TextChoices):
        OPEN = "open", _("open")
        ACCEPTED = "accepted", _("accepted")
        DECLINED = "declined", _("declined")
        DROPPED = "dropped", _("taken back")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    study = models.ForeignKey(Study, models.CASCADE, related_name="suggested_edits")
    round = models.ForeignKey(ReviewRound, models.CASCADE, related_name="suggested_edits")
    path = models.CharField(max_length=200)
    old: Any = models.JSONField(null=True)  # as it was when this was proposed, in the document's shape
    new: Any = models.JSONField()
    note = models.TextField(blank=True)
    author = models.ForeignKey(User, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    settled_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    settled_at = models.DateTimeField(null=True)
    answer = models.TextField(blank=True)

    class Meta:
        ordering: ClassVar = ["id"]

    def __str__(self) -> str:
        return self.path


class ChecklistMark(models.Model):
    """What a curator found on one point of the checklist (catalogue.rules.checklist) in one round."""

    class State(models.TextChoices):
        GOOD = "good", _("good")
        PROBLEM = "problem", _("problem")
        NOT_APPLICABLE = "n/a", _("does not apply")

    round = models.ForeignKey(ReviewRound, models.CASCADE, related_name="checklist")
    point = models.CharField(max_length=40)
    state = models.CharField(max_length=10, choices=State)
    marked_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    marked_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["round", "point"], name="checklist_point_once")]

    def __str__(self) -> str:
        return f"{self.point}: {self.state}"


class WithdrawalRequest(models.Model):
    """That whoever manages a study asks the curators to withdraw what is published of it, and why."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    study = models.ForeignKey(Study, models.CASCADE, related_name="withdrawal_requests")
    reason = models.TextField()
    asked_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(auto_now_add=True)
    settled_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    settled_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["study"], condition=models.Q(settled_at=None), name="one_open_withdrawal_request"
            )
        ]

    def __str__(self) -> str:
        return self.reason


class Notice(models.Model):
    """One piece of news for one person about a study. It is mailed as that person chose; then, or once it is clear that
    no mail is to go, `settled_at` is set.

    `subject` names what it is about (a round, a comment …): nobody is told of one thing twice.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    recipient = models.ForeignKey(User, models.CASCADE, related_name="notices")
    study = models.ForeignKey(Study, models.CASCADE, related_name="notices")
    kind = models.CharField(max_length=20)
    subject = models.UUIDField()
    actor_name = models.CharField(max_length=200, blank=True)
    text = models.TextField(blank=True)  # what was said, e.g. the comment
    path = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    tried_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    settled_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["recipient", "kind", "subject"], name="notice_once")]
        indexes: ClassVar = [models.Index(fields=["settled_at", "recipient", "id"])]

    def __str__(self) -> str:
        return f"{self.kind} for {self.recipient_id}"
