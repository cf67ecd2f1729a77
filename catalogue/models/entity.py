"""What every table of the metadata model shares.

Nothing is required here: a draft may hold anything, and what a study needs is asked at submission (catalogue.rules).
"""

from typing import Any, ClassVar

from django.db import models

from base.ids import new_id


def term_field(related_name: str = "+") -> "models.ForeignKey[Any, Any]":
    """The ontology term that a text was mapped to, if it was. The text as typed stands beside it."""
    return models.ForeignKey("ontology.Term", models.SET_NULL, null=True, blank=True, related_name=related_name)


class Entity(models.Model):
    """A row of a repeated module: it belongs to one study and has a place in its list.

    `revision` counts saves; a save that names an older one is refused (Conflict).
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    study = models.ForeignKey("catalogue.Study", models.CASCADE, related_name="%(class)ss")
    position = models.PositiveIntegerField(default=0)
    revision = models.PositiveIntegerField(default=1)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        abstract = True
        ordering: ClassVar = ["position", "id"]


class Row(models.Model):
    """A row of a field of kind ROWS. A subclass names its `owner`."""

    position = models.PositiveIntegerField(default=0)

    class Meta:
        abstract = True
        ordering: ClassVar = ["position", "id"]
