"""People and groups as a file names them. They are no contributors of the study unless its depositor says so."""

from typing import ClassVar

from django.db import models

from catalogue.models.ome.base import OmeRow


class Experimenter(OmeRow):
    ome_id = models.CharField(max_length=200, blank=True)
    first_name = models.TextField(blank=True)
    middle_name = models.TextField(blank=True)
    last_name = models.TextField(blank=True)
    email = models.TextField(blank=True)
    institution = models.TextField(blank=True)
    user_name = models.TextField(blank=True)

    def __str__(self) -> str:
        return " ".join(filter(None, (self.first_name, self.middle_name, self.last_name))) or self.user_name


class ExperimenterGroup(OmeRow):
    ome_id = models.CharField(max_length=200, blank=True)
    name = models.TextField(blank=True)
    description = models.TextField(blank=True)


class ExperimenterRef(OmeRow):
    """A member of a group."""

    parents = ("experimenter_group",)
    target: ClassVar[str] = "experimenter"
    experimenter_group = models.ForeignKey(ExperimenterGroup, models.CASCADE, related_name="members")
    experimenter = models.ForeignKey(Experimenter, models.CASCADE, null=True, related_name="+")


class Leader(OmeRow):
    """A leader of a group."""

    parents = ("experimenter_group",)
    target: ClassVar[str] = "experimenter"
    experimenter_group = models.ForeignKey(ExperimenterGroup, models.CASCADE, related_name="leaders")
    experimenter = models.ForeignKey(Experimenter, models.CASCADE, null=True, related_name="+")
