"""Files from which metadata was imported, and what a file list says of files that have not come yet."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from base.ids import new_id
from base.models import User
from catalogue.models.component import StudyComponent
from catalogue.models.sample import Specimen
from catalogue.models.study import Study


class Import(models.Model):
    """Files given for an import. They lie in storage under `imports/<id>/`, so that a value's origin can be shown."""

    class State(models.TextChoices):
        LOOKING = "looking", _("being looked at")
        SEEN = "seen", _("waiting for your yes")
        APPLYING = "applying", _("being taken over")
        APPLIED = "applied", _("taken over")
        FAILED = "failed", _("could not be read")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    study = models.ForeignKey(Study, models.CASCADE, related_name="imports")
    format = models.CharField(max_length=50)  # a key of catalogue.exchange.formats
    names = models.JSONField(default=list)  # of the files, as given
    bytes = models.BigIntegerField(default=0)
    mode = models.CharField(max_length=10, default="update")  # catalogue.exchange.merge.Mode
    accepted = models.JSONField(default=list)  # numbers of the remarks whose proposals were accepted
    mapping = models.JSONField(default=dict)  # of a file list: column → what it is
    state = models.CharField(max_length=10, choices=State, default=State.LOOKING)
    report = models.JSONField(default=dict)  # what it would change, or did; see catalogue.imports
    problem = models.TextField(blank=True)  # why it could not be read, for people
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    applied_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["-id"]

    def __str__(self) -> str:
        return ", ".join(self.names)


class ListedFile(models.Model):
    """What an import says of a file that the study does not have (yet). When it comes, this becomes the file's.

    Its key-values are KeyValue rows of the entity "listed-file".
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    study = models.ForeignKey(Study, models.CASCADE, related_name="listed_files")
    component = models.ForeignKey(StudyComponent, models.SET_NULL, null=True, related_name="+")
    specimen = models.ForeignKey(Specimen, models.SET_NULL, null=True, related_name="+")
    path = models.CharField(max_length=1000)
    bytes = models.BigIntegerField(null=True)
    sha256 = models.CharField(max_length=64, blank=True)
    plate = models.CharField(max_length=200, blank=True)
    well = models.CharField(max_length=20, blank=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["study", "path"], name="listed_file_once")]

    def __str__(self) -> str:
        return self.path
