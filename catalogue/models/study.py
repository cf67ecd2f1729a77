from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from base.ids import new_id
from base.models import User
from catalogue.models.entity import Entity, Row


class Study(models.Model):
    """A study's working copy. What the public sees is a publication's Record, not this row."""

    class State(models.TextChoices):
        DRAFT = "draft", _("draft")
        IN_REVIEW = "in_review", _("in review")
        RETURNED = "returned", _("returned")
        REJECTED = "rejected", _("rejected")
        EMBARGOED = "embargoed", _("embargoed")  # approved; public on its release date
        PUBLISHED = "published", _("published")
        WITHDRAWN = "withdrawn", _("withdrawn")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    owner = models.ForeignKey(User, models.PROTECT, related_name="studies")
    state = models.CharField(max_length=10, choices=State, default=State.DRAFT)
    version = models.PositiveIntegerField(default=1)  # the version that this working copy is, or will be
    accession = models.CharField(max_length=40, unique=True, null=True)  # reserved at first submission
    doi = models.CharField(max_length=200, blank=True)
    revision = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    title = models.TextField(blank=True)
    description = models.TextField(blank=True)
    licence = models.CharField(max_length=100, blank=True)  # SPDX id
    release_date = models.DateField(null=True)
    private_until = models.DateField(null=True)
    funding_statement = models.TextField(blank=True)
    acknowledgements = models.TextField(blank=True)
    language = models.CharField(max_length=35, default="en")  # BCP 47

    class Meta:
        verbose_name_plural = "studies"
        indexes: ClassVar = [models.Index(fields=["state", "updated_at", "id"]), models.Index(fields=["owner", "id"])]

    def __str__(self) -> str:
        return self.title or str(self.id)


class AccessionCounter(models.Model):
    """The last number given under a prefix. One row a prefix, locked while a number is taken."""

    prefix = models.CharField(max_length=20, primary_key=True)
    last = models.PositiveBigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.prefix}{self.last}"


class Keyword(Row):
    owner = models.ForeignKey(Study, models.CASCADE, related_name="keywords")
    text = models.TextField(blank=True)

    def __str__(self) -> str:
        return self.text


class RelatedPublication(Entity):
    title = models.TextField(blank=True)
    doi = models.CharField(max_length=300, blank=True)
    authors = models.TextField(blank=True)
    year = models.CharField(max_length=10, blank=True)
    pubmed_id = models.CharField(max_length=20, blank=True)
    status = models.CharField(max_length=30, blank=True)

    def __str__(self) -> str:
        return self.title or self.doi


class Link(Entity):
    """A related thing: by its address, or by its accession in an archive (catalogue.rules.archives)."""

    url = models.TextField(blank=True)
    database = models.CharField(max_length=50, blank=True)
    accession = models.CharField(max_length=200, blank=True)
    relation = models.CharField(max_length=50, blank=True)
    description = models.TextField(blank=True)

    def __str__(self) -> str:
        return self.url or f"{self.database}:{self.accession}"


class InvalidValue(models.Model):
    """What was typed into a field and could not be understood: kept as typed, with the reason, until it is mended.

    `path` is the field's path, as in catalogue.paths. Values that a column can hold stay in their column and are
    checked by rules; this table is for those it cannot (a date that is none, a reference to nothing).
    """

    study = models.ForeignKey(Study, models.CASCADE, related_name="invalid_values")
    path = models.CharField(max_length=200)
    text = models.TextField()
    message = models.TextField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["study", "path"], name="invalid_value_once")]

    def __str__(self) -> str:
        return self.path
