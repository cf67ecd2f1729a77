"""Serializers, made from the rules' table so that the OpenAPI document always tells what the model holds."""

import functools
from typing import Any

from drf_spectacular.utils import inline_serializer
from rest_framework import serializers

from catalogue.rules.fields import Field, Kind, Level, Module
from catalogue.rules.rembi import MODULES


class TermSerializer(serializers.Serializer[Any]):
    text = serializers.CharField(help_text="As typed.", allow_blank=True)
    curie = serializers.CharField(help_text="The ontology term it is mapped to.", required=False, allow_blank=True)


def _schema_field(owner: str, field: Field) -> serializers.Field[Any, Any, Any, Any]:
    note = f"{field.help} ({field.source})" if field.source else field.help
    common: dict[str, Any] = {"help_text": note, "required": False, "label": field.label}
    match field.kind:
        case Kind.TERM:
            return TermSerializer(**common)
        case Kind.ROWS:
            return _rows_serializer(owner, field)(many=True, **common)
        case Kind.CHOICE:
            return serializers.ChoiceField(choices=field.choices, allow_blank=True, **common)
        case Kind.REFERENCE:
            return serializers.CharField(allow_null=True, **common)
        case _:
            return serializers.CharField(allow_blank=True, **common)


def _name(*parts: str) -> str:
    return "".join(word.capitalize() for part in parts for word in part.split("_"))


@functools.cache
def _rows_serializer(owner: str, field: Field) -> type[serializers.Serializer[Any]]:
    columns = {column.name: _schema_field(owner, column) for column in field.columns}
    return type(f"{_name(owner, field.name)}RowSerializer", (serializers.Serializer,), columns)


@functools.cache
def entity_serializer(module: Module) -> type[serializers.Serializer[Any]]:
    """The serializer of one entity of a module: its fields, and for repeated modules its id."""
    fields: dict[str, Any] = {field.name: _schema_field(module.key, field) for field in module.fields}
    if module.repeated:
        fields = {"id": serializers.CharField(required=False), **fields}
    fields["__doc__"] = f"{module.help} {_levels(module)}"
    return type(f"{_name(module.key)}FieldsSerializer", (serializers.Serializer,), fields)


def _levels(module: Module) -> str:
    required = [field.name for field in module.fields if field.level is Level.REQUIRED]
    return f"Required at submission: {', '.join(required)}." if required else ""


def _document_fields() -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for module in MODULES:
        serializer = entity_serializer(module)
        fields[module.plural] = serializer(many=True, required=False) if module.repeated else serializer(required=False)
    return fields


DocumentSerializer = type("DocumentSerializer", (serializers.Serializer,), _document_fields())


def page_of(item: type[serializers.Serializer[Any]]) -> serializers.Serializer[Any]:
    """The serializer of one page of a list, as `paging.keyset_page` answers it."""
    fields = {"items": item(many=True), "next": serializers.CharField(allow_null=True, help_text=_NEXT)}
    return inline_serializer(f"{item.__name__.removesuffix('Serializer')}Page", fields)


_NEXT = "Address of the next page, if there is one."


class CreatedSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    revision = serializers.IntegerField(required=False)


class ProblemItemSerializer(serializers.Serializer[Any]):
    path = serializers.CharField()
    message = serializers.CharField()


class SavedSerializer(serializers.Serializer[Any]):
    revision = serializers.IntegerField()
    problems = ProblemItemSerializer(many=True, help_text="Values that were kept but are not right yet.")


class FindingSerializer(serializers.Serializer[Any]):
    path = serializers.CharField(help_text="Path of the field: module/id/field.")
    level = serializers.ChoiceField(choices=[level.value for level in Level])
    message = serializers.CharField()
    module = serializers.CharField()
    field = serializers.CharField()


class StudySerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    accession = serializers.CharField(allow_null=True)
    state = serializers.CharField()
    version = serializers.IntegerField()
    revision = serializers.IntegerField()
    title = serializers.CharField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class RoundSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    study = StudySerializer()
    version = serializers.IntegerField()
    number = serializers.IntegerField()
    submitted_by = serializers.CharField()
    submitted_at = serializers.DateTimeField()
    assignee = serializers.CharField(allow_null=True)
    due_on = serializers.DateField(allow_null=True)
    decision = serializers.CharField(allow_blank=True)


class FileSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    path = serializers.CharField()
    bytes = serializers.IntegerField(source="stored.bytes")
    sha256 = serializers.CharField(source="stored.sha256")
    state = serializers.CharField()
    format = serializers.CharField()
    problem = serializers.CharField()
    problem_field = serializers.CharField()
    warnings = serializers.CharField()
    component = serializers.UUIDField(source="component_id", allow_null=True)


class ImageSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()
    component = serializers.UUIDField(source="component_id", allow_null=True)
    size_x = serializers.IntegerField(source="pixels.size_x")
    size_y = serializers.IntegerField(source="pixels.size_y")
    size_z = serializers.IntegerField(source="pixels.size_z")
    size_c = serializers.IntegerField(source="pixels.size_c")
    size_t = serializers.IntegerField(source="pixels.size_t")
    pixel_type = serializers.CharField(source="pixels.type")
    physical_size_x_um = serializers.FloatField(source="pixels.physical_size_x_um", allow_null=True)
    physical_size_y_um = serializers.FloatField(source="pixels.physical_size_y_um", allow_null=True)
    physical_size_z_um = serializers.FloatField(source="pixels.physical_size_z_um", allow_null=True)
    ome_zarr = serializers.SerializerMethodField(help_text="Address of the image as OME-Zarr 0.5.")

    def get_ome_zarr(self, image: Any) -> str:
        return f"/data/{image.id}/ome-zarr-0.5/"


class CommentSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField(read_only=True)
    parent_id = serializers.UUIDField(
        required=False, allow_null=True, default=None, help_text="The remark that this one answers."
    )
    path = serializers.CharField(allow_blank=True, required=False, default="")
    text = serializers.CharField()
    author = serializers.CharField(read_only=True)
    created_at = serializers.DateTimeField(read_only=True)
    resolved_at = serializers.DateTimeField(read_only=True, allow_null=True)


class NoteSerializer(serializers.Serializer[Any]):
    note = serializers.CharField(allow_blank=True, required=False, default="")


class JobSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    kind = serializers.CharField()
    state = serializers.CharField()
    done = serializers.IntegerField()
    total = serializers.IntegerField()
    message = serializers.CharField()
    error = serializers.CharField()
    created_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)


class PublicationSerializer(serializers.Serializer[Any]):
    accession = serializers.CharField()
    version = serializers.IntegerField()
    doi = serializers.CharField()
    doi_state = serializers.CharField()
    published_at = serializers.DateTimeField()
    is_latest = serializers.BooleanField()
