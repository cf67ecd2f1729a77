from django.db import models

from catalogue.models.entity import Entity, Row


class ImageCorrelation(Entity):
    title = models.TextField(blank=True)
    spatial_and_temporal_alignment = models.TextField(blank=True)
    fiducials_used = models.TextField(blank=True)
    coordinates = models.TextField(blank=True)
    transformation_matrix = models.TextField(blank=True)
    related_images = models.TextField(blank=True)

    def __str__(self) -> str:
        return self.title


class AnalysedData(Entity):
    title = models.TextField(blank=True)
    analysis_result_type = models.CharField(max_length=50, blank=True)
    analysis_method = models.TextField(blank=True)
    features_analysed = models.TextField(blank=True)

    def __str__(self) -> str:
        return self.title


class Software(Row):
    owner = models.ForeignKey(AnalysedData, models.CASCADE, related_name="software")
    name = models.TextField(blank=True)
    version = models.CharField(max_length=100, blank=True)
    url = models.TextField(blank=True)

    def __str__(self) -> str:
        return " ".join(part for part in (self.name, self.version) if part)


class AnnotationMethod(Entity):
    title = models.TextField(blank=True)
    overview = models.TextField(blank=True)
    annotation_source = models.CharField(max_length=50, blank=True)
    criteria = models.TextField(blank=True)
    coverage = models.TextField(blank=True)
    confidence = models.TextField(blank=True)
    spatial_information = models.TextField(blank=True)

    def __str__(self) -> str:
        return self.title


class AnnotationMethodType(Row):
    owner = models.ForeignKey(AnnotationMethod, models.CASCADE, related_name="method_types")
    method_type = models.CharField(max_length=50, blank=True)

    def __str__(self) -> str:
        return self.method_type
