"""Screens, plates and wells: from OME or NGFF metadata of a file, or from the study's file lists."""

from typing import ClassVar

from django.db import models

from catalogue.models.files import File
from catalogue.models.ome.base import OmeDocument, OmeRow
from catalogue.models.study import Study


class Screen(OmeRow):
    ome_id = models.CharField(max_length=200, blank=True)
    name = models.TextField(blank=True)
    type = models.TextField(blank=True)
    protocol_identifier = models.TextField(blank=True)
    protocol_description = models.TextField(blank=True)
    reagent_set_identifier = models.TextField(blank=True)
    reagent_set_description = models.TextField(blank=True)
    description = models.TextField(blank=True)


class Reagent(OmeRow):
    parents = ("screen",)
    screen = models.ForeignKey(Screen, models.CASCADE, related_name="reagents")
    ome_id = models.CharField(max_length=200, blank=True)
    name = models.TextField(blank=True)
    reagent_identifier = models.TextField(blank=True)
    description = models.TextField(blank=True)


class OwnRow(OmeRow):
    """A row that may also come from a file list; then it is of no document."""

    document = models.ForeignKey(  # type: ignore[assignment]  # here it may be null
        OmeDocument, models.CASCADE, null=True, related_name="+"
    )

    class Meta(OmeRow.Meta):
        abstract = True


class Plate(OwnRow):
    """A plate of a study. `rows` and `columns` are how many it has; wells count from 0."""

    study = models.ForeignKey(Study, models.CASCADE, related_name="plates")
    ome_id = models.CharField(max_length=200, blank=True)
    name = models.TextField(blank=True)
    status = models.TextField(blank=True)
    external_identifier = models.TextField(blank=True)
    column_naming_convention = models.CharField(max_length=50, blank=True)
    row_naming_convention = models.CharField(max_length=50, blank=True)
    well_origin_x = models.FloatField(null=True)
    well_origin_x_unit = models.CharField(max_length=20, blank=True)
    well_origin_x_um = models.FloatField(null=True)
    well_origin_y = models.FloatField(null=True)
    well_origin_y_unit = models.CharField(max_length=20, blank=True)
    well_origin_y_um = models.FloatField(null=True)
    rows = models.IntegerField(null=True)
    columns = models.IntegerField(null=True)
    field_index = models.IntegerField(null=True)  # the field that stands for a well
    description = models.TextField(blank=True)

    class Meta(OwnRow.Meta):
        ordering: ClassVar = ["id"]

    def __str__(self) -> str:
        return self.name or self.ome_id


class Well(OwnRow):
    """A well; `row` and `column` count from 0. What a file list says of it are key-values of the entity "well"."""

    parents = ("plate",)
    plate = models.ForeignKey(Plate, models.CASCADE, related_name="wells")
    ome_id = models.CharField(max_length=200, blank=True)
    row = models.IntegerField(null=True)
    column = models.IntegerField(null=True)
    external_description = models.TextField(blank=True)
    external_identifier = models.TextField(blank=True)
    type = models.TextField(blank=True)
    color = models.IntegerField(null=True)  # RGBA as one signed number, as OME has it
    reagent = models.ForeignKey(Reagent, models.SET_NULL, null=True, related_name="wells")


class WellSample(OwnRow):
    """A field of a well. `file` is the one that a file list places there, whose image is `image` once it is read."""

    parents = ("well",)
    well = models.ForeignKey(Well, models.CASCADE, related_name="samples")
    ome_id = models.CharField(max_length=200, blank=True)
    index = models.BigIntegerField(null=True)
    position_x = models.FloatField(null=True)
    position_x_unit = models.CharField(max_length=20, blank=True)
    position_x_um = models.FloatField(null=True)
    position_y = models.FloatField(null=True)
    position_y_unit = models.CharField(max_length=20, blank=True)
    position_y_um = models.FloatField(null=True)
    timepoint = models.CharField(max_length=50, blank=True)
    image = models.ForeignKey("catalogue.Image", models.SET_NULL, null=True, related_name="well_samples")
    file = models.ForeignKey(File, models.CASCADE, null=True, related_name="well_samples")


class PlateAcquisition(OmeRow):
    """One run over a plate."""

    parents = ("plate",)
    plate = models.ForeignKey(Plate, models.CASCADE, related_name="acquisitions")
    ome_id = models.CharField(max_length=200, blank=True)
    name = models.TextField(blank=True)
    start_time = models.CharField(max_length=50, blank=True)
    end_time = models.CharField(max_length=50, blank=True)
    maximum_field_count = models.IntegerField(null=True)
    description = models.TextField(blank=True)


class PlateRef(OmeRow):
    parents = ("screen",)
    target: ClassVar[str] = "plate"
    screen = models.ForeignKey(Screen, models.CASCADE, related_name="plates")
    plate = models.ForeignKey(Plate, models.CASCADE, null=True, related_name="screens")


class WellSampleRef(OmeRow):
    parents = ("plate_acquisition",)
    target: ClassVar[str] = "well_sample"
    plate_acquisition = models.ForeignKey(PlateAcquisition, models.CASCADE, related_name="well_samples")
    well_sample = models.ForeignKey(WellSample, models.CASCADE, null=True, related_name="+")
