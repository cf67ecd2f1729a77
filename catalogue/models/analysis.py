from django.db import models

from catalogue.models.entity import Entity, Row, term_field
from catalogue.models.people import Contributor


class ImageCorrelation(Entity):
    title = models.TextField(blank=True)
    spatial_and_temporal_alignment = models.TextField(blank=True)
    fiducials_used = models.TextField(blank=True)
    coordinates = models.TextField(blank=True)
    transformation_matrix = models.TextField(blank=True)
    related_images = models.TextField(blank=True)

    def __str__(self) -> str:
        return self.title


class ImagePair(Row):
    """Two images that were aligned, by their paths in the study, and how the first relates to the second."""

    owner = models.ForeignKey(ImageCorrelation, models.CASCADE, related_name="image_pairs")
    image = models.TextField(blank=True)
    relationship = models.CharField(max_length=100, blank=True)
    related_image = models.TextField(blank=True)

    def __str__(self) -> str:
        return f"{self.image} {self.relationship} {self.related_image}"


class AnalysedData(Entity):
    title = models.TextField(blank=True)
    analysis_result_type = models.CharField(max_length=50, blank=True)
    analysis_method = models.TextField(blank=True)
    features_analysed = models.TextField(blank=True)

    def __str__(self) -> str:
        return self.title


class Phenotype(Row):
    owner = models.ForeignKey(AnalysedData, models.CASCADE, related_name="phenotypes")
    phenotype = models.TextField(blank=True)
    phenotype_term = term_field()

    def __str__(self) -> str:
        return self.phenotype


class SoftwareRow(Row):
    """A program that was used."""

    name = models.TextField(blank=True)
    version = models.CharField(max_length=100, blank=True)
    url = models.TextField(blank=True)

    class Meta(Row.Meta):
        abstract = True

    def __str__(self) -> str:
        return " ".join(part for part in (self.name, self.version) if part)


class Software(SoftwareRow):
    owner = models.ForeignKey(AnalysedData, models.CASCADE, related_name="software")


class MaterialRow(Row):
    """What went into a process or came out of it: a file or folder, or all images of a component."""

    path = models.TextField(blank=True)
    component = models.ForeignKey("catalogue.StudyComponent", models.SET_NULL, null=True, related_name="+")

    class Meta(Row.Meta):
        abstract = True

    def __str__(self) -> str:
        return self.path or str(self.component)


class AnalysisInput(MaterialRow):
    owner = models.ForeignKey(AnalysedData, models.CASCADE, related_name="inputs")


class AnalysisOutput(MaterialRow):
    owner = models.ForeignKey(AnalysedData, models.CASCADE, related_name="outputs")


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


class AnnotationSoftware(SoftwareRow):
    owner = models.ForeignKey(AnnotationMethod, models.CASCADE, related_name="software")


class Annotator(Row):
    """Who annotated: one of the study's people, or somebody by name."""

    owner = models.ForeignKey(AnnotationMethod, models.CASCADE, related_name="authors")
    name = models.TextField(blank=True)
    contributor = models.ForeignKey(Contributor, models.SET_NULL, null=True, related_name="+")

    def __str__(self) -> str:
        return self.name or str(self.contributor)


class Annotation(Entity):
    """Annotations of one image, held in one file, ROI set or label image (MIFA)."""

    title = models.TextField(blank=True)
    source_image = models.TextField(blank=True)
    annotation_type = models.CharField(max_length=50, blank=True)
    method = models.ForeignKey(AnnotationMethod, models.SET_NULL, null=True, related_name="annotations")
    held_in = models.CharField(max_length=50, blank=True)
    path = models.TextField(blank=True)
    creation_time = models.DateField(null=True)
    transformation = models.TextField(blank=True)
    version = models.CharField(max_length=100, blank=True)

    def __str__(self) -> str:
        return self.title or self.path
