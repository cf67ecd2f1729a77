"""Which table holds which module of the metadata model, and which holds the rows of which field."""

from typing import Any

from django.db import models

from catalogue.models import (
    Affiliation,
    AnalysedData,
    AnalysisInput,
    AnalysisOutput,
    Annotation,
    AnnotationMethod,
    AnnotationMethodType,
    AnnotationSoftware,
    Annotator,
    Association,
    BioSample,
    BioSampleIdentifier,
    Contributor,
    ContributorRole,
    CreatedImages,
    CreationAcquisition,
    CreationInput,
    CreationProcess,
    CreationSpecimen,
    Funding,
    FurtherFunder,
    ImageAcquisition,
    ImageCorrelation,
    ImageData,
    ImageDimension,
    ImagePair,
    ImagingMethod,
    Keyword,
    Link,
    Organisation,
    Organism,
    Phenotype,
    QualityMetric,
    RelatedPublication,
    SignalChannel,
    SignalChannelIdentifier,
    Software,
    Specimen,
    SpecimenBioSample,
    StudyComponent,
    Variable,
)
from catalogue.models.entity import Entity, Row
from catalogue.rules.fields import Field, Kind, Module
from catalogue.rules.rembi import BY_KEY

ENTITIES: dict[str, type[Entity]] = {
    "contributor": Contributor,
    "organisation": Organisation,
    "funding": Funding,
    "publication": RelatedPublication,
    "link": Link,
    "biosample": BioSample,
    "specimen": Specimen,
    "channel": SignalChannel,
    "acquisition": ImageAcquisition,
    "correlation": ImageCorrelation,
    "analysis": AnalysedData,
    "annotation_method": AnnotationMethod,
    "component": StudyComponent,
    "image_data": ImageData,
    "creation": CreationProcess,
    "annotation": Annotation,
}

ROWS: dict[tuple[str, str], type[Row]] = {
    ("study", "keywords"): Keyword,
    ("contributor", "affiliations"): Affiliation,
    ("contributor", "roles"): ContributorRole,
    ("funding", "further_funders"): FurtherFunder,
    ("biosample", "organisms"): Organism,
    ("biosample", "variables"): Variable,
    ("biosample", "identifiers"): BioSampleIdentifier,
    ("specimen", "further_biosamples"): SpecimenBioSample,
    ("channel", "identifiers"): SignalChannelIdentifier,
    ("acquisition", "methods"): ImagingMethod,
    ("correlation", "image_pairs"): ImagePair,
    ("analysis", "software"): Software,
    ("analysis", "phenotypes"): Phenotype,
    ("analysis", "inputs"): AnalysisInput,
    ("analysis", "outputs"): AnalysisOutput,
    ("annotation_method", "method_types"): AnnotationMethodType,
    ("annotation_method", "authors"): Annotator,
    ("annotation_method", "software"): AnnotationSoftware,
    ("component", "associations"): Association,
    ("image_data", "dimensions"): ImageDimension,
    ("image_data", "quality_metrics"): QualityMetric,
    ("creation", "images"): CreatedImages,
    ("creation", "input_images"): CreationInput,
    ("creation", "acquisitions"): CreationAcquisition,
    ("creation", "specimens"): CreationSpecimen,
}


def row_fields(module: Module) -> list[tuple[Field, type[Row]]]:
    """The fields of a module that are tables of rows, each with the model that holds them."""
    return [(field, ROWS[module.key, field.name]) for field in module.fields if field.kind is Kind.ROWS]


def term_columns(fields: tuple[Field, ...]) -> list[str]:
    """The foreign keys to terms among these fields, to fetch with their row."""
    return [f"{field.name}_term" for field in fields if field.kind is Kind.TERM]


def plain_fields(module: Module) -> tuple[Field, ...]:
    """The fields of a module that are columns of its own table."""
    return tuple(field for field in module.fields if field.kind is not Kind.ROWS)


def columns(module: Module) -> list[str]:
    """The names of the model fields that hold the module's own fields, terms among them."""
    plain = plain_fields(module)
    return [*(field.name for field in plain), *term_columns(plain)]


def max_length(model: type[models.Model], field: Field) -> int | None:
    """How many characters the column takes; None when there is no limit."""
    column: Any = model._meta.get_field(field.name)
    return getattr(column, "max_length", None)


def module_of(key: str) -> Module:
    """The module with this key. Raises KeyError."""
    return BY_KEY[key]
