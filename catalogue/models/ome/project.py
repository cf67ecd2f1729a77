"""How a file groups its images: OME Project, Dataset and Folder."""

from typing import ClassVar

from django.db import models

from catalogue.models.ome.base import OmeRow
from catalogue.models.ome.people import Experimenter, ExperimenterGroup


class Group(OmeRow):
    """What a project and a dataset share."""

    ome_id = models.CharField(max_length=200, blank=True)
    name = models.TextField(blank=True)
    description = models.TextField(blank=True)
    experimenter = models.ForeignKey(Experimenter, models.SET_NULL, null=True, related_name="+")
    experimenter_group = models.ForeignKey(ExperimenterGroup, models.SET_NULL, null=True, related_name="+")

    class Meta(OmeRow.Meta):
        abstract = True


class Project(Group):
    pass


class Dataset(Group):
    pass


class Folder(OmeRow):
    ome_id = models.CharField(max_length=200, blank=True)
    name = models.TextField(blank=True)
    description = models.TextField(blank=True)


class DatasetRef(OmeRow):
    parents = ("project",)
    target: ClassVar[str] = "dataset"
    project = models.ForeignKey(Project, models.CASCADE, related_name="datasets")
    dataset = models.ForeignKey(Dataset, models.CASCADE, null=True, related_name="+")


class ImageRef(OmeRow):
    """An image in a dataset or folder."""

    parents = ("dataset", "folder")
    target: ClassVar[str] = "image"
    dataset = models.ForeignKey(Dataset, models.CASCADE, null=True, related_name="images")
    folder = models.ForeignKey(Folder, models.CASCADE, null=True, related_name="images")
    image = models.ForeignKey("catalogue.Image", models.CASCADE, null=True, related_name="+")


class FolderRef(OmeRow):
    """A folder in a folder."""

    parents = ("folder",)
    target: ClassVar[str] = "child"
    folder = models.ForeignKey(Folder, models.CASCADE, related_name="folders")
    child = models.ForeignKey(Folder, models.CASCADE, null=True, related_name="+")
