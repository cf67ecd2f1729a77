"""What was done: OME Experiment and MicrobeamManipulation."""

from typing import ClassVar

from django.db import models

from catalogue.models.ome.base import OmeRow
from catalogue.models.ome.people import Experimenter


class Experiment(OmeRow):
    ome_id = models.CharField(max_length=200, blank=True)
    type = models.TextField(blank=True)  # one or more of the schema's words
    description = models.TextField(blank=True)
    experimenter = models.ForeignKey(Experimenter, models.SET_NULL, null=True, related_name="+")


class MicrobeamManipulation(OmeRow):
    """Light used to change the specimen: bleaching, photoactivation, uncaging …"""

    parents = ("experiment",)
    experiment = models.ForeignKey(Experiment, models.CASCADE, related_name="microbeam_manipulations")
    ome_id = models.CharField(max_length=200, blank=True)
    type = models.TextField(blank=True)  # one or more of the schema's words
    description = models.TextField(blank=True)
    experimenter = models.ForeignKey(Experimenter, models.SET_NULL, null=True, related_name="+")


class MicrobeamManipulationRef(OmeRow):
    parents = ("image",)
    target: ClassVar[str] = "microbeam_manipulation"
    image = models.ForeignKey("catalogue.Image", models.CASCADE, related_name="microbeam_manipulations")
    microbeam_manipulation = models.ForeignKey(MicrobeamManipulation, models.CASCADE, null=True, related_name="+")
