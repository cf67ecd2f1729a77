"""What was done when texts were given terms in bulk, so that it can be taken back."""

from typing import Any

from django.db import models

from base.ids import new_id
from base.models import User
from catalogue.models.study import Study


class MappingAct(models.Model):
    """One press of a button on the page of texts without a term. Its id is the token to undo it with."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    actor = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)
    decisions: Any = models.JSONField(default=list)  # ids of the ontology.Decision rows that it made
    undone_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return str(self.id)


class MappedValue(models.Model):
    """One value that an act gave a term, and what it had before.

    `path` is that of the field or table cell (catalogue.paths), or `key-value/<id>`.
    """

    act = models.ForeignKey(MappingAct, models.CASCADE, related_name="values")
    study = models.ForeignKey(Study, models.CASCADE, related_name="+")
    path = models.CharField(max_length=200)
    text = models.TextField()
    term = models.ForeignKey("ontology.Term", models.SET_NULL, null=True, related_name="+")
    term_before = models.ForeignKey("ontology.Term", models.SET_NULL, null=True, related_name="+")
    curie_before = models.TextField(blank=True)  # as given, where no ontology here had it
    message_before = models.TextField(blank=True)  # why it was kept aside

    def __str__(self) -> str:
        return self.path
