from typing import ClassVar, TypeVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from base.ids import new_id
from base.models import StoredFile
from catalogue.models.component import StudyComponent
from catalogue.models.study import Study

Model = TypeVar("Model", bound=models.Model)


class CurrentManager(models.Manager[Model]):
    """Without the rows that were removed from the working copy but belong to a published version."""

    def get_queryset(self) -> models.QuerySet[Model]:
        return super().get_queryset().filter(removed_at=None)


class File(models.Model):
    """A file (or a folder read as one image) of a study, under the path that the depositor gave it."""

    class State(models.TextChoices):
        ARRIVED = "arrived", _("waiting to be read")
        READ = "read", _("read")
        PLAIN = "plain", _("kept as it is")  # no image: a table, a README, a licence
        PART = "part", _("part of an image")  # which another file gives that says what it is made of
        FAILED = "failed", _("could not be read")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    study = models.ForeignKey(Study, models.CASCADE, related_name="files")
    component = models.ForeignKey(StudyComponent, models.SET_NULL, null=True, related_name="files")
    stored = models.ForeignKey(StoredFile, models.PROTECT, related_name="study_files")
    path = models.CharField(max_length=1000)
    state = models.CharField(max_length=10, choices=State, default=State.ARRIVED)
    problem_field = models.CharField(max_length=200, blank=True)
    problem = models.TextField(blank=True)  # why it could not be read, for people
    format = models.CharField(max_length=100, blank=True)  # media type as read, e.g. image/ome-tiff
    warnings = models.TextField(blank=True)  # one a line
    findings = models.JSONField(default=list)  # of imaging.facts.Finding: what in it may tell who a patient is
    is_identifying = models.BooleanField(default=False)  # it may not be published until one of them is settled
    harmless = models.TextField(blank=True)  # why a label that is seen is no patient's, as somebody declared
    created_at = models.DateTimeField(auto_now_add=True)
    removed_at = models.DateTimeField(null=True)

    objects = CurrentManager()
    everything = models.Manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["study", "path"], condition=models.Q(removed_at=None), name="file_path_once"
            )
        ]
        indexes: ClassVar = [models.Index(fields=["study", "state"])]

    def __str__(self) -> str:
        return self.path


class NeededFile(models.Model):
    """A file that the images of another need, by its path in the study, whether it is there or not.

    `owns`: it is nothing of its own then (the files of a pattern or a companion).
    """

    file = models.ForeignKey(File, models.CASCADE, related_name="needs")
    path = models.CharField(max_length=1000)
    owns = models.BooleanField(default=False)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["file", "path"], name="needed_file_once")]
        indexes: ClassVar = [models.Index(fields=["path"])]

    def __str__(self) -> str:
        return self.path


class Suggestion(models.Model):
    """A value for a form field that an image file answers; the depositor takes it or not."""

    class State(models.TextChoices):
        OFFERED = "offered"
        TAKEN = "taken"
        DISMISSED = "dismissed"

    study = models.ForeignKey(Study, models.CASCADE, related_name="suggestions")
    module = models.CharField(max_length=50)  # a key of catalogue.rules
    field = models.CharField(max_length=50)
    text = models.TextField()
    source = models.CharField(max_length=1200)  # which file, and where in it
    state = models.CharField(max_length=10, choices=State, default=State.OFFERED)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["study", "module", "field", "text"], name="suggestion_once")
        ]

    def __str__(self) -> str:
        return self.text
