from typing import ClassVar

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
        WITHDRAWN = "withdrawn", _("withdrawn by the depositor")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    study = models.ForeignKey(Study, models.CASCADE, related_name="review_rounds")
    version = models.PositiveIntegerField()
    number = models.PositiveIntegerField()
    submitted_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    submitted_at = models.DateTimeField(auto_now_add=True)
    decision = models.CharField(max_length=10, choices=Decision, default=Decision.PENDING, blank=True)
    decided_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    note = models.TextField(blank=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["study", "version", "number"], name="round_once")]

    def __str__(self) -> str:
        return f"{self.study_id} v{self.version} round {self.number}"


class Comment(models.Model):
    """A curator's or depositor's remark on one field (`path`, as in catalogue.paths; empty: on the whole study)."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    study = models.ForeignKey(Study, models.CASCADE, related_name="comments")
    round = models.ForeignKey(ReviewRound, models.CASCADE, null=True, related_name="comments")
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
