"""Terms that were imported one by one from an outside service."""

from typing import Any

from django.db import models

from base.ids import new_id
from base.models import User


class ImportedTerm(models.Model):
    """A term as a service described it, with all above it: kept so that it can be put back when its ontology is loaded
    again. `body` has `header` and `terms`, as ontology.reading's Header and ReadTerm."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    curie = models.CharField(max_length=100, unique=True)
    prefix = models.CharField(max_length=40)
    service = models.CharField(max_length=40)
    url = models.CharField(max_length=1000)
    asked_at = models.DateTimeField()
    imported_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    body: Any = models.JSONField()

    def __str__(self) -> str:
        return f"{self.curie} from {self.service}"
