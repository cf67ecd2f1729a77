from typing import ClassVar

from django.db import models

from base.ids import new_id
from base.models.people import User


class AuditEvent(models.Model):
    """Who did what to which thing, and when. Rows are only ever added."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    at = models.DateTimeField(auto_now_add=True)
    actor = models.ForeignKey(User, models.SET_NULL, null=True, related_name="audit_events")
    actor_label = models.CharField(max_length=200)
    verb = models.CharField(max_length=50)
    target = models.UUIDField(db_index=True)  # the study (or other top object) that the event is about
    detail = models.JSONField(default=dict)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["target", "id"])]

    def __str__(self) -> str:
        return f"{self.actor_label} {self.verb}"
