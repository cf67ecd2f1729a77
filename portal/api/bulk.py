"""Many changes in one request: all of them, or none."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from django.db import transaction
from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from base.errors import Invalid, NotFound, Problem, TooLarge
from catalogue import files, services
from catalogue.access import Actor, Verb
from catalogue.models import Study
from catalogue.rules.rembi import BY_PLURAL, STUDY
from portal.api.problems import problems_of
from portal.api.studies import body_of, study_of

MAX_OPERATIONS = 1000
DO = ("add", "save", "remove", "copy", "move")


class OperationSerializer(serializers.Serializer[Any]):
    do = serializers.ChoiceField(choices=DO)
    module = serializers.CharField(help_text="As in the document: study, biosamples, acquisitions, …")
    id = serializers.CharField(required=False, help_text="Of the row; not for add. “#2” is what operation 2 made.")
    values = serializers.DictField(required=False, help_text="For add and save: fields, as in the document.")
    position = serializers.IntegerField(required=False, help_text="For move: the place in the list, from 0.")


class DoneSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField(allow_null=True)
    problems = serializers.ListField(child=serializers.DictField(), help_text="Values kept that are not right yet.")


class Bulk(APIView):
    @extend_schema(
        request=inline_serializer("Bulk", {"operations": OperationSerializer(many=True)}),
        responses=inline_serializer("BulkDone", {"done": DoneSerializer(many=True)}),
    )
    def post(self, request: Request, study_id: UUID) -> Response:
        """Up to 1,000 changes of the metadata, in their order and all or none; a wrong one is named by its number."""
        study = study_of(request, study_id, Verb.EDIT)
        listed = body_of(request).get("operations")
        if not isinstance(listed, list):
            raise Invalid("“operations” is a list.", field="operations")
        if len(listed) > MAX_OPERATIONS:
            message = f"A request takes at most {MAX_OPERATIONS} operations; this has {len(listed)}."
            raise TooLarge(message, field="operations")
        actor = Actor.of(request)
        done: list[dict[str, Any]] = []
        with transaction.atomic():
            for number, given in enumerate(listed):
                with _named(f"operations/{number}"):
                    done.append(_do(actor, study, _operation(given), done))
        return Response({"done": done})


@contextmanager
def _named(path: str) -> Iterator[None]:
    """Says of an error which operation it is of."""
    try:
        yield
    except serializers.ValidationError as error:
        problems = [Problem(f"{path}/{one.path}".rstrip("/"), one.message) for one in problems_of(error.detail)]
        raise Invalid("Nothing was changed: an operation is not understood.", problems=problems) from error
    except (Invalid, NotFound) as error:
        inner = error.problems if isinstance(error, Invalid) else []
        problems = [Problem(f"{path}/{_place(one.path)}", one.message) for one in inner]
        problems = problems or [Problem(f"{path}/{error.field}".rstrip("/"), error.message)]
        raise Invalid(f"Nothing was changed: {problems[0].message}", problems=problems) from error


def _place(path: str) -> str:
    return path if path in ("do", "id", "module") else f"values/{path}"


def _operation(given: Any) -> dict[str, Any]:
    checked = OperationSerializer(data=given)
    checked.is_valid(raise_exception=True)
    return dict(checked.validated_data)


def _do(actor: Actor, study: Study, given: dict[str, Any], done: list[dict[str, Any]]) -> dict[str, Any]:
    module = BY_PLURAL.get(given["module"])
    if module is None:
        raise Invalid(f"A study has no part “{given['module']}”.", field="module")
    verb, values = given["do"], _pointed(given.get("values", {}), done)
    if verb == "add":
        return _said(services.add_entity(actor=actor, study_id=study.pk, module=module.key, values=values))
    entity_id = None if module is STUDY and verb == "save" else _id(given, done)
    if verb == "save":
        saved = services.save_fields(
            actor=actor, study_id=study.pk, module=module.key, entity_id=entity_id, values=values, revision=None
        )
        return _said(entity_id, [{"path": one.path, "message": one.message} for one in saved.problems])
    assert entity_id is not None
    where: dict[str, Any] = {"actor": actor, "study_id": study.pk, "module": module.key, "entity_id": entity_id}
    if verb == "copy":
        return _said(services.copy_entity(**where))
    if verb == "move":
        services.move_entity(**where, position=given.get("position", 0))
    else:
        services.remove_entity(**where)
    return _said(entity_id)


def _said(entity_id: UUID | None, problems: list[dict[str, str]] | None = None) -> dict[str, Any]:
    return {"id": entity_id and str(entity_id), "problems": problems or []}


def _pointed(value: Any, done: list[dict[str, Any]]) -> Any:
    """References to what earlier operations made, “#0”, as their ids."""
    if isinstance(value, dict):
        return {name: _pointed(inner, done) for name, inner in value.items()}
    if isinstance(value, list):
        return [_pointed(inner, done) for inner in value]
    if isinstance(value, str) and value[:1] == "#" and value[1:].isascii() and value[1:].isdigit():
        return done[int(value[1:])]["id"] if int(value[1:]) < len(done) else value
    return value


def _id(given: dict[str, Any], done: list[dict[str, Any]]) -> UUID:
    try:
        return UUID(str(_pointed(given.get("id", ""), done)))
    except ValueError:
        raise Invalid("Say with “id” which row is meant.", field="id") from None


class RemoveFiles(APIView):
    @extend_schema(
        request=inline_serializer("RemoveFiles", {"files": serializers.ListField(child=serializers.UUIDField())}),
        responses={204: None},
    )
    def post(self, request: Request, study_id: UUID) -> Response:
        """Take up to 1,000 files out of the draft, all or none."""
        study = study_of(request, study_id, Verb.EDIT)
        body = _Files(data=request.data)
        body.is_valid(raise_exception=True)
        with transaction.atomic():
            for file_id in body.validated_data["files"]:
                files.remove(actor=Actor.of(request), study_id=study.pk, file_id=file_id)
        return Response(status=204)


class _Files(serializers.Serializer[None]):
    files = serializers.ListField(child=serializers.UUIDField(), max_length=MAX_OPERATIONS)
