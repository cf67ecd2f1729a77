"""Suggested edits, the checklist and who reviews, for programs."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from catalogue import services
from catalogue.access import Actor, Verb
from catalogue.models import ChecklistMark, SuggestedEdit
from catalogue.rules.checklist import CHECKLIST
from catalogue.services.review import current_round
from portal.api.paging import PAGE, keyset_page
from portal.api.schema import page_of
from portal.api.studies import study_of


class SuggestedEditSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField(read_only=True)
    path = serializers.CharField(max_length=200, help_text="Path of the field, or of a cell of a table.")
    value = serializers.JSONField(source="new", help_text="In the shape that the document has at this path.")
    old = serializers.JSONField(read_only=True, help_text="What stood there when it was suggested.")
    note = serializers.CharField(allow_blank=True, required=False, default="")
    author = serializers.CharField(read_only=True)
    created_at = serializers.DateTimeField(read_only=True)
    state = serializers.CharField(read_only=True)
    answer = serializers.CharField(read_only=True)


class AcceptSerializer(serializers.Serializer[Any]):
    revision = serializers.IntegerField(
        required=False, default=None, allow_null=True, help_text="Of the row that you looked at; 409 if saved since."
    )


class DeclineSerializer(serializers.Serializer[Any]):
    answer = serializers.CharField(help_text="Why not; the curator reads it.")


class PointMarkSerializer(serializers.Serializer[Any]):
    point = serializers.ChoiceField(choices=[point.key for point in CHECKLIST])
    state = serializers.ChoiceField(choices=["", *ChecklistMark.State.values], allow_blank=True)


class AssignSerializer(serializers.Serializer[Any]):
    curator = serializers.UUIDField(allow_null=True)
    due_on = serializers.DateField(allow_null=True, required=False, default=None)
    seen = serializers.UUIDField(allow_null=True, help_text="Who had it when you decided; 409 if it changed since.")


def _valid(serializer: type[serializers.Serializer[Any]], request: Request) -> dict[str, Any]:
    body = serializer(data=request.data)
    body.is_valid(raise_exception=True)
    return dict(body.validated_data)


class SuggestedEdits(APIView):
    @extend_schema(operation_id="suggested_edits_list", responses=page_of(SuggestedEditSerializer), parameters=PAGE)
    def get(self, request: Request, study_id: UUID) -> Response:
        """Values that curators suggested, oldest first, with what became of them."""
        study = study_of(request, study_id, Verb.VIEW)
        edits = SuggestedEdit.objects.filter(study=study).select_related("author")
        return keyset_page(request, edits, SuggestedEditSerializer, newest_first=False)

    @extend_schema(request=SuggestedEditSerializer, responses={201: SuggestedEditSerializer})
    def post(self, request: Request, study_id: UUID) -> Response:
        """Curators: propose a value for a field, or for a cell of a table."""
        study = study_of(request, study_id)
        given = _valid(SuggestedEditSerializer, request)
        edit = services.suggest_edit(
            actor=Actor.of(request), study_id=study.id, path=given["path"], value=given["new"], note=given["note"]
        )
        return Response(SuggestedEditSerializer(edit).data, status=201)


class AcceptEdit(APIView):
    @extend_schema(request=AcceptSerializer, responses=SuggestedEditSerializer)
    def post(self, request: Request, study_id: UUID, edit_id: UUID) -> Response:
        """Write the suggested value into its field."""
        study_of(request, study_id)
        edit = services.accept_edit(actor=Actor.of(request), edit_id=edit_id, **_valid(AcceptSerializer, request))
        return Response(SuggestedEditSerializer(edit).data)


class DeclineEdit(APIView):
    @extend_schema(request=DeclineSerializer, responses=SuggestedEditSerializer)
    def post(self, request: Request, study_id: UUID, edit_id: UUID) -> Response:
        """Leave the field as it is, and say why."""
        study_of(request, study_id)
        edit = services.decline_edit(actor=Actor.of(request), edit_id=edit_id, **_valid(DeclineSerializer, request))
        return Response(SuggestedEditSerializer(edit).data)


class DropEdit(APIView):
    @extend_schema(request=None, responses=SuggestedEditSerializer)
    def post(self, request: Request, study_id: UUID, edit_id: UUID) -> Response:
        """Curators: take a suggestion back."""
        study_of(request, study_id)
        return Response(SuggestedEditSerializer(services.drop_edit(actor=Actor.of(request), edit_id=edit_id)).data)


class Checklist(APIView):
    @extend_schema(responses={200: {"type": "array", "items": {"type": "object"}}})
    def get(self, request: Request, study_id: UUID) -> Response:
        """Curators: each point of the checklist with what was found on it in this round."""
        study_of(request, study_id)  # who may not know of it is told that there is none
        study = study_of(request, study_id, Verb.REVIEW)
        marks = ChecklistMark.objects.filter(round=current_round(study))
        states = dict(marks.values_list("point", "state"))
        return Response([{"point": it.key, "label": it.label, "state": states.get(it.key, "")} for it in CHECKLIST])

    @extend_schema(request=PointMarkSerializer, responses={204: None})
    def post(self, request: Request, study_id: UUID) -> Response:
        """Curators: mark a point (`good`, `problem`, `n/a`), or with an empty state take the mark away."""
        study = study_of(request, study_id)
        services.mark_point(actor=Actor.of(request), study_id=study.id, **_valid(PointMarkSerializer, request))
        return Response(status=204)


class Assign(APIView):
    @extend_schema(request=AssignSerializer, responses={204: None})
    def post(self, request: Request, study_id: UUID) -> Response:
        """Curators: say who reviews the study and until when."""
        study = study_of(request, study_id)
        given = _valid(AssignSerializer, request)
        services.assign(
            actor=Actor.of(request),
            study_id=study.id,
            curator_id=given["curator"],
            due_on=given["due_on"],
            seen=given["seen"],
        )
        return Response(status=204)
