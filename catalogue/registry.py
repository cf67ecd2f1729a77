"""Which table holds which module of the metadata model, and which holds the rows of which field."""

from typing import Any

from django.db import models

from catalogue.models import (
    Affiliation,
    AnalysedData,
    AnnotationMethod,
    AnnotationMethodType,
    Association,
    BioSample,
    Contributor,
    ContributorRole,
    Funding,
    ImageAcquisition,
    ImageCorrelation,
    ImagingMethod,
    Keyword,
    Link,
    Organisation,
    Organism,
    RelatedPublication,
    SignalChannel,
    Software,
    Specimen,
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
}

ROWS: dict[tuple[str, str], type[Row]] = {
    ("study", "keywords"): Keyword,
    ("contributor", "affiliations"): Affiliation,
    ("contributor", "roles"): ContributorRole,
    ("biosample", "organisms"): Organism,
    ("biosample", "variables"): Variable,
    ("acquisition", "methods"): ImagingMethod,
    ("analysis", "software"): Software,
    ("annotation_method", "method_types"): AnnotationMethodType,
    ("component", "associations"): Association,
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
