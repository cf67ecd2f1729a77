"""Which OME entity is which table, and which attribute which column: derived from the names on both sides."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db import models

from catalogue.models import Channel, Image, OmeDocument, Pixels
from catalogue.models import ome as m
from imaging.ome.model import ENTITIES, GROUPS, Attribute, Entity, Kind

# Elements that hold others and say nothing themselves: a truth value of the row above says whether they are there.
CONTAINERS = {
    "StructuredAnnotations": "structured_annotations",
    "Union": "union",
    "MetadataOnly": "metadata_only",
    "Map": "has_map",
    "Value": "has_map",
}
# Elements that are columns of a compact table of the image (catalogue.ome.columns).
COMPACT = ("Plane", "TiffData", "UUID")

MODELS: Mapping[str, type[models.Model]] = {
    "OME": OmeDocument,
    "Image": Image,
    "Pixels": Pixels,
    "Channel": Channel,
    "M": m.MapEntry,
    "ExcitationFilterRef": m.FilterRef,
    "EmissionFilterRef": m.FilterRef,
    **dict.fromkeys(GROUPS["LightSource"], m.LightSource),
    **dict.fromkeys(GROUPS["Shape"], m.Shape),
    **dict.fromkeys(GROUPS["Annotation"], m.StructuredAnnotation),
    **{name: getattr(m, name) for name in ENTITIES if hasattr(m, name)},
}
# Columns beside `value` that hold an annotation's value as what it is.
TYPED_VALUES = {Kind.INTEGER: "value_long", Kind.FLOAT: "value_double", Kind.BOOLEAN: "value_boolean"}
TARGETS = {"Annotation": m.StructuredAnnotation, "LightSource": m.LightSource, "Shape": m.Shape}
BASE_UNITS = {"µm": "um", "s": "s", "°C": "celsius", "Pa": "pa", "V": "v", "W": "w", "Hz": "hz"}


def snake(name: str) -> str:
    """The column of an OME attribute: "PhysicalSizeXUnit" is physical_size_x_unit, "ID" is ome_id."""
    if name == "ID":
        return "ome_id"
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


@dataclass(frozen=True)
class Column:
    """An attribute with its column; `reference` if that is a foreign key."""

    attribute: Attribute
    field: "models.Field[Any, Any]"
    reference: bool

    @property
    def name(self) -> str:
        return self.field.name


@dataclass(frozen=True)
class Quantity:
    """A number with the columns of its unit and, if there is one, of its value in the base unit."""

    number: str
    unit: str
    unit_name: str
    unit_default: str
    normalised: str


@dataclass(frozen=True)
class Table:
    """An entity with its table."""

    entity: Entity
    model: type[models.Model]

    @cached_property
    def fields(self) -> "Mapping[str, models.Field[Any, Any]]":
        """The columns of the table, by name."""
        return {field.name: field for field in self.model._meta.get_fields() if isinstance(field, models.Field)}

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        """Of its attributes, and of its elements of one value."""
        return tuple(self._column(attribute) for attribute in self.entity.attributes)

    def _column(self, attribute: Attribute) -> Column:
        reference = attribute.kind is Kind.REFERENCE
        name = snake(attribute.name)
        if reference and attribute.name == "ID":
            name = getattr(self.model, "target", "") or snake(attribute.target)
        return Column(attribute, self.fields[name], reference)

    @cached_property
    def text(self) -> Column | None:
        """Of its text, if it holds one."""
        if self.entity.text is None:
            return None
        name = "data" if self.entity.text.kind is Kind.BASE64 else "value"
        return Column(self.entity.text, self.fields[name], reference=False)

    @cached_property
    def quantities(self) -> tuple[Quantity, ...]:
        """Its numbers with units."""
        return tuple(self._quantities())

    def _quantities(self) -> Iterator[Quantity]:
        for column in self.columns:
            if unit := column.attribute.unit_default:
                normalised = (f"{column.name}_{suffix}" for suffix in BASE_UNITS.values())
                found = next((name for name in normalised if name in self.fields), "")
                yield Quantity(column.name, f"{column.name}_unit", f"{column.attribute.name}Unit", unit, found)

    @cached_property
    def references(self) -> Mapping[str, str]:
        """The elements that are no more than a reference of which one may be there, with their foreign keys."""
        names = (child.entity for child in self.entity.children if ENTITIES[child.entity].is_reference)
        columns = {
            name: snake(name.removesuffix("Ref")) for name in names if name not in MODELS or not self._many(name)
        }
        return {name: column for name, column in columns.items() if column in self.fields}

    def _many(self, child: str) -> bool:
        return self.entity.child_by_name[child].many

    @cached_property
    def parents(self) -> Mapping[type[models.Model], str]:
        """The foreign key that names the row above, by the table of that."""
        fixed: dict[str, tuple[str, ...]] = {"Pixels": ("image",), "Channel": ("image",)}
        names = getattr(self.model, "parents", None) or fixed.get(self.entity.name, ())
        return {self.fields[name].related_model: name for name in names}  # type: ignore[misc]

    @property
    def has_kind(self) -> bool:
        """Whether the table holds several entities, told apart by `kind`."""
        return "kind" in self.fields


TABLES: Mapping[str, Table] = {name: Table(ENTITIES[name], model) for name, model in MODELS.items()}


def target_of(name: str) -> type[models.Model]:
    """The table that a reference to an entity or group goes to."""
    return TARGETS.get(name) or MODELS[name]
