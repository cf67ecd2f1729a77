from django.db import models

from base.ids import new_id
from base.models import User
from catalogue.models.files import File
from catalogue.models.study import Study


class Deidentification(models.Model):
    """A file whose bytes were replaced by a copy without what may tell who a patient is, and what was removed."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    study = models.ForeignKey(Study, models.CASCADE, related_name="deidentifications")
    file = models.ForeignKey(File, models.SET_NULL, null=True, related_name="deidentifications")
    path = models.CharField(max_length=1000)  # of the file, then
    at = models.DateTimeField(auto_now_add=True)
    by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="deidentifications")
    log = models.JSONField(default=list)  # of imaging.facts.Removed: where, name, action; never a value

    def __str__(self) -> str:
        return self.path
