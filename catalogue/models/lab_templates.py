from typing import ClassVar

from django.db import models

from base.ids import new_id
from base.models import Group, User


class LabTemplate(models.Model):
    """A part of a document that is used again and again, e.g. “our confocal”: its owner's, and their group's if shared.

    `part` is JSON, not rows: it belongs to no study, is read and written whole, and is never searched. `schema` says
    how it is to be read, as a document's fields may change after it was saved.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    owner = models.ForeignKey(User, models.CASCADE, related_name="lab_templates")
    group = models.ForeignKey(Group, models.SET_NULL, null=True, blank=True, related_name="lab_templates")
    name = models.CharField(max_length=200)
    part = models.JSONField()
    schema = models.PositiveSmallIntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering: ClassVar = ["name", "id"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["owner", "name"], name="lab_template_name_once")]

    def __str__(self) -> str:
        return self.name
