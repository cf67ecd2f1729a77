"""What the depositor says of a component's images (REMBI Image data), and how images came to be."""

from django.db import models

from catalogue.models.acquisition import ImageAcquisition
from catalogue.models.analysis import AnalysedData, MaterialRow
from catalogue.models.component import StudyComponent
from catalogue.models.entity import Entity, Row
from catalogue.models.sample import Specimen


class ImageData(Entity):
    title = models.TextField(blank=True)
    component = models.ForeignKey(StudyComponent, models.SET_NULL, null=True, related_name="image_data")
    type = models.CharField(max_length=50, blank=True)
    format_and_compression = models.TextField(blank=True)
    channel_information = models.TextField(blank=True)
    processing_method = models.TextField(blank=True)
    contrast_inversion = models.CharField(max_length=20, blank=True)
    quality_control = models.TextField(blank=True)

    def __str__(self) -> str:
        return self.title


class ImageDimension(Row):
    """The extent of one axis. Numbers stand as typed; rules check them (catalogue.rules)."""

    owner = models.ForeignKey(ImageData, models.CASCADE, related_name="dimensions")
    axis = models.CharField(max_length=10, blank=True)
    size = models.CharField(max_length=30, blank=True)
    pixel_size = models.CharField(max_length=30, blank=True)
    unit = models.CharField(max_length=50, blank=True)

    def __str__(self) -> str:
        return f"{self.axis}: {self.size}"


class QualityMetric(Row):
    owner = models.ForeignKey(ImageData, models.CASCADE, related_name="quality_metrics")
    name = models.TextField(blank=True)
    value = models.TextField(blank=True)
    unit = models.CharField(max_length=50, blank=True)

    def __str__(self) -> str:
        return f"{self.name} = {self.value}"


class CreationProcess(Entity):
    """How images were made: by acquisition, or by a protocol or analysis from other images; of which preparations."""

    title = models.TextField(blank=True)
    protocol = models.TextField(blank=True)
    analysis = models.ForeignKey(AnalysedData, models.SET_NULL, null=True, related_name="+")

    def __str__(self) -> str:
        return self.title


class CreatedImages(MaterialRow):
    owner = models.ForeignKey(CreationProcess, models.CASCADE, related_name="images")


class CreationInput(MaterialRow):
    owner = models.ForeignKey(CreationProcess, models.CASCADE, related_name="input_images")


class CreationAcquisition(Row):
    owner = models.ForeignKey(CreationProcess, models.CASCADE, related_name="acquisitions")
    acquisition = models.ForeignKey(ImageAcquisition, models.CASCADE, null=True, related_name="+")

    def __str__(self) -> str:
        return str(self.acquisition)


class CreationSpecimen(Row):
    owner = models.ForeignKey(CreationProcess, models.CASCADE, related_name="specimens")
    specimen = models.ForeignKey(Specimen, models.CASCADE, null=True, related_name="+")

    def __str__(self) -> str:
        return str(self.specimen)
