from django.db import models

from catalogue.models.acquisition import ImageAcquisition
from catalogue.models.analysis import AnalysedData, AnnotationMethod, ImageCorrelation
from catalogue.models.entity import Entity, Row
from catalogue.models.sample import BioSample, Specimen


class StudyComponent(Entity):
    title = models.TextField(blank=True)
    description = models.TextField(blank=True)

    def __str__(self) -> str:
        return self.title


class Association(Row):
    """Sample, preparation and imaging that made the images of a component (REMBI "associations")."""

    owner = models.ForeignKey(StudyComponent, models.CASCADE, related_name="associations")
    biosample = models.ForeignKey(BioSample, models.SET_NULL, null=True, related_name="+")
    specimen = models.ForeignKey(Specimen, models.SET_NULL, null=True, related_name="+")
    acquisition = models.ForeignKey(ImageAcquisition, models.SET_NULL, null=True, related_name="+")
    correlation = models.ForeignKey(ImageCorrelation, models.SET_NULL, null=True, related_name="+")
    analysis = models.ForeignKey(AnalysedData, models.SET_NULL, null=True, related_name="+")
    annotation_method = models.ForeignKey(AnnotationMethod, models.SET_NULL, null=True, related_name="+")

    def __str__(self) -> str:
        return f"{self.biosample} → {self.specimen} → {self.acquisition}"
