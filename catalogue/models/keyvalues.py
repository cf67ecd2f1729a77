"""What no column fits, kept as named values, searchable and never dropped. Names and values are stored once each."""

from typing import ClassVar

from django.db import models

from catalogue.models.entity import term_field
from catalogue.models.study import Study


class KeyName(models.Model):
    namespace = models.CharField(max_length=300)
    name = models.CharField(max_length=500)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["namespace", "name"], name="key_name_once")]

    def __str__(self) -> str:
        return self.name


class KeyText(models.Model):
    digest = models.BinaryField(max_length=20, unique=True)  # of the text, since texts can be too long to index
    text = models.TextField()

    def __str__(self) -> str:
        return self.text


class KeyValue(models.Model):
    """One (namespace, name, value, unit, term) on an entity: its module key ("image", "file", …) and id."""

    study = models.ForeignKey(Study, models.CASCADE, related_name="key_values")
    entity = models.CharField(max_length=30)
    entity_id = models.UUIDField()
    position = models.PositiveIntegerField(default=0)
    key = models.ForeignKey(KeyName, models.PROTECT, related_name="+")
    value = models.ForeignKey(KeyText, models.PROTECT, related_name="+")
    unit = models.CharField(max_length=50, blank=True)
    term = term_field()
    curie = models.CharField(max_length=200, blank=True)  # as the input names a term that no ontology here has

    class Meta:
        ordering: ClassVar = ["position", "id"]
        indexes: ClassVar = [models.Index(fields=["entity_id", "entity"]), models.Index(fields=["key", "value"])]

    def __str__(self) -> str:
        return f"{self.key} = {self.value}"
