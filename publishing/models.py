"""Published versions. Record rows are content-addressed and never change; versions share those that are alike."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from base.ids import new_id
from base.models import User
from catalogue.models import Study
from ontology.models import Term


class Record(models.Model):
    """One frozen study, component, image or file record: canonical JSON under its SHA-256."""

    digest = models.CharField(max_length=64, primary_key=True)
    schema = models.PositiveSmallIntegerField()  # readers bring old ones forward and never rewrite them
    body = models.JSONField()

    def __str__(self) -> str:
        return self.digest


class Publication(models.Model):
    """A published version of a study. Only what is about access and registration may change later."""

    class DoiState(models.TextChoices):
        LOCAL = "local", _("local test DOI")
        RESERVED = "reserved", _("reserved")
        REGISTERED = "registered", _("registered")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    study = models.ForeignKey(Study, models.PROTECT, related_name="publications")
    accession = models.CharField(max_length=40)
    version = models.PositiveIntegerField()
    record = models.ForeignKey(Record, models.PROTECT, related_name="+")
    doi = models.CharField(max_length=200, blank=True)
    doi_state = models.CharField(max_length=12, choices=DoiState, default=DoiState.LOCAL)
    published_at = models.DateTimeField()
    published_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    is_latest = models.BooleanField(default=True)
    withdrawn_at = models.DateTimeField(null=True)
    withdrawal_reason = models.TextField(blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["accession", "version"], name="publication_version_once"),
            models.UniqueConstraint(
                fields=["study"], condition=models.Q(is_latest=True), name="publication_one_latest"
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["is_latest", "published_at", "id"])]

    def __str__(self) -> str:
        return f"{self.accession} v{self.version}"


class Entry(models.Model):
    """That a record belongs to versions first..last of a study (last empty: to the latest as well).

    A new version writes only the entries that differ, however many images a study has.
    """

    class Kind(models.TextChoices):
        COMPONENT = "component"
        IMAGE = "image"
        FILE = "file"
        PLATE = "plate"

    study = models.ForeignKey(Study, models.PROTECT, related_name="entries")
    kind = models.CharField(max_length=10, choices=Kind)
    object_id = models.UUIDField()
    parent_id = models.UUIDField(null=True)  # the component that an image or file belongs to
    first_version = models.PositiveIntegerField()
    last_version = models.PositiveIntegerField(null=True)
    record = models.ForeignKey(Record, models.PROTECT, related_name="+")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["study", "kind", "object_id", "first_version"], name="entry_once")
        ]
        indexes: ClassVar = [
            models.Index(fields=["study", "kind", "object_id"]),
            models.Index(fields=["study", "kind", "parent_id", "object_id"]),
            models.Index(fields=["object_id"]),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.object_id}"


class Erasure(models.Model):
    """Bytes of a file of withdrawn versions that are no longer here, and why; the reason is public, the path is not."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    study = models.ForeignKey(Study, models.PROTECT, related_name="erasures")
    file = models.UUIDField()
    path = models.CharField(max_length=1000)
    bytes = models.BigIntegerField()
    sha256 = models.CharField(max_length=64, blank=True)
    reason = models.TextField()
    is_replaced = models.BooleanField()  # a copy without what may tell who a patient is took the file's place
    is_left_in_place = models.BooleanField()  # they lie in place, and only the site knows of them no more
    by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.path


class TermUse(models.Model):
    """That a study, as it is published now, says a term in a field, and of how many images. Made from Records by the
    indexer (publishing.term_uses), to be asked by term; can be made anew at any time."""

    study = models.ForeignKey(Study, models.CASCADE, related_name="+")
    component_id = models.UUIDField(null=True)  # empty: of no component's images
    curie = models.CharField(max_length=100)
    field = models.CharField(max_length=100)  # as catalogue.rules have it: biosample/organism; or key-values
    images = models.PositiveIntegerField(default=0)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["curie", "study"])]

    def __str__(self) -> str:
        return f"{self.curie} in {self.field}"


class TermCount(models.Model):
    """How many published studies and images a term is said of, or one below it; no row where there are none. A row
    outlives its term, when an ontology is removed, until they are counted again."""

    term = models.OneToOneField(Term, models.DO_NOTHING, related_name="use_count", db_constraint=False)
    studies = models.PositiveIntegerField()
    images = models.PositiveIntegerField()  # at least: of images of a component with different terms below it the most

    def __str__(self) -> str:
        return f"{self.studies} studies, {self.images} images"


class SavedSearch(models.Model):
    """A search that a person keeps. `parameters` are those of the search page's address, as Query gives them.

    `told_until` is the time of publication up to which its hits are known to the person.
    """

    class Mail(models.TextChoices):
        NONE = "", _("no mail")
        DAILY = "daily", _("once a day")
        WEEKLY = "weekly", _("once a week")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    owner = models.ForeignKey(User, models.CASCADE, related_name="saved_searches")
    name = models.CharField(max_length=100)
    parameters = models.TextField(blank=True)
    mail = models.CharField(max_length=6, choices=Mail, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    told_until = models.DateTimeField()
    looked_at = models.DateTimeField()  # when it was last looked through for a mail

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["owner", "parameters"], name="saved_search_once"),
        ]
        indexes: ClassVar = [models.Index(fields=["mail", "looked_at"])]

    def __str__(self) -> str:
        return self.name
