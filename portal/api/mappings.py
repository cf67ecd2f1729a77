"""Texts without a term, and decisions on what they stand for, for programs."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpResponse
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from base.errors import Invalid, Problem
from catalogue.access import Actor
from catalogue.services import mapping
from catalogue.services.mapping import Unmapped
from ontology.bindings import BINDINGS
from ontology.mapping import sets as mapping_sets
from ontology.mapping.decisions import Choice
from ontology.models import Decision
from ontology.queries import terms_of
from portal.api.paging import next_link, page_limit
from portal.api.studies import study_of

PARAMETERS = [
    OpenApiParameter("binding", str, enum=sorted(BINDINGS), description="Only texts of this kind of field."),
    OpenApiParameter("after", str, description="The `key` of the last item of the page before."),
    OpenApiParameter("limit", int),
]


class UnmappedSerializer(serializers.Serializer[Any]):
    key = serializers.CharField()
    text = serializers.CharField()
    binding = serializers.CharField()
    given = serializers.CharField(help_text="A CURIE that was given with it and is not known here.")
    places = serializers.IntegerField()
    studies = serializers.IntegerField(help_text="At least: a study may have the text in two kinds of place.")


class UnmappedPageSerializer(serializers.Serializer[Any]):
    items = UnmappedSerializer(many=True)
    next = serializers.CharField(allow_null=True)


class ChoiceSerializer(serializers.Serializer[Any]):
    text = serializers.CharField(max_length=1000)
    binding = serializers.ChoiceField(choices=sorted(BINDINGS))
    curie = serializers.CharField(allow_null=True, max_length=100, help_text="null: no term fits.")
    predicate = serializers.ChoiceField(
        choices=Decision.Predicate.values, required=False, default=Decision.Predicate.EXACT.value
    )
    comment = serializers.CharField(required=False, default="", allow_blank=True, max_length=2000)


class DecideSerializer(serializers.Serializer[Any]):
    choices = serializers.ListField(child=ChoiceSerializer(), min_length=1, max_length=mapping.MOST_CHOICES)


class DecidedSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField(help_text="To undo it with.")
    places = serializers.IntegerField()
    studies = serializers.IntegerField()


class UndoneSerializer(serializers.Serializer[Any]):
    places = serializers.IntegerField()
    left = serializers.IntegerField(help_text="Values that somebody changed since, or whose study is not open now.")


def _unmapped(request: Request, study_id: UUID | None) -> Response:
    binding = request.query_params.get("binding", "")
    if binding and binding not in BINDINGS:
        raise _no_binding()
    page = mapping.unmapped(
        actor=Actor.of(request),
        study_id=study_id,
        binding=binding or None,
        after=_after(request),
        limit=page_limit(request),
    )
    following = next_link(request, f"{page.next[1]}:{page.next[0]}") if page.next else None
    items = [_item(row) for row in page.rows]
    return Response({"items": items, "next": following})


def _item(row: Unmapped) -> dict[str, Any]:
    return {
        "key": _key(row),
        "text": row.text,
        "binding": row.binding,
        "given": row.given,
        "places": row.places,
        "studies": row.studies,
    }


def _key(row: Unmapped) -> str:
    return f"{row.binding}:{row.key}"


def _after(request: Request) -> tuple[str, str] | None:
    text = request.query_params.get("after", "")
    binding, _, key = text.partition(":")
    if text and (binding not in BINDINGS or "\x00" in key):
        raise Invalid(
            "The page cannot be found.", problems=[Problem("after", "It is the last key of the page before.")]
        )
    return (key, binding) if text else None


def _no_binding() -> Invalid:
    known = ", ".join(sorted(BINDINGS))
    return Invalid("There is no such kind of field.", problems=[Problem("binding", f"It is one of: {known}.")])


def _decide(request: Request, study_id: UUID | None) -> Response:
    actor = Actor.of(request)
    mapping.person_of(actor)  # who may not decide is told that before a body is looked at
    body = DecideSerializer(data=request.data)
    body.is_valid(raise_exception=True)
    given = body.validated_data["choices"]
    terms = terms_of(one["curie"] for one in given if one["curie"])
    unknown = [
        Problem(f"choices/{number}/curie", f"“{one['curie']}” is in none of this site's ontologies.")
        for number, one in enumerate(given)
        if one["curie"] is not None and one["curie"] not in terms
    ]
    if unknown:
        raise Invalid(f"Nothing was decided: {unknown[0].message}", problems=unknown)
    choices = [
        Choice(
            text=one["text"],
            binding=one["binding"],
            term=terms[one["curie"]] if one["curie"] is not None else None,
            predicate=one["predicate"],
            comment=one["comment"],
        )
        for one in given
    ]
    done = mapping.decide(actor=actor, choices=choices, study_id=study_id)
    return Response({"id": done.id, "places": done.places, "studies": done.studies}, status=201)


class AllUnmapped(APIView):
    @extend_schema(operation_id="unmapped_list", responses=UnmappedPageSerializer, parameters=PARAMETERS)
    def get(self, request: Request) -> Response:
        """Curators: texts without a term in all studies in review, each once for a kind of field."""
        return _unmapped(request, None)


class StudyUnmapped(APIView):
    @extend_schema(operation_id="studies_unmapped_list", responses=UnmappedPageSerializer, parameters=PARAMETERS)
    def get(self, request: Request, study_id: UUID) -> Response:
        """Texts of the study without a term."""
        return _unmapped(request, study_of(request, study_id).id)


class Decisions(APIView):
    @extend_schema(operation_id="decide", request=DecideSerializer, responses={201: DecidedSerializer})
    def post(self, request: Request) -> Response:
        """Curators: say what texts stand for. All equal texts of the studies in review get the term, and it is used
        first from then on."""
        return _decide(request, None)


class StudyDecisions(APIView):
    @extend_schema(operation_id="studies_decide", request=DecideSerializer, responses={201: DecidedSerializer})
    def post(self, request: Request, study_id: UUID) -> Response:
        """Say what texts of the study stand for. Of a depositor it is kept as a proposal to the curators."""
        return _decide(request, study_of(request, study_id).id)


class UndoDecisions(APIView):
    @extend_schema(request=None, responses=UndoneSerializer)
    def post(self, request: Request, act_id: UUID) -> Response:
        """Take one's decisions back: values that nobody changed since get back what they had."""
        done = mapping.undo(actor=Actor.of(request), act_id=act_id)
        return Response({"places": done.places, "left": done.left})


class MappingSet(APIView):
    @extend_schema(operation_id="mapping_set", responses={(200, "*/*"): {"type": "string", "format": "binary"}})
    def get(self, request: Request) -> HttpResponse:
        """All decisions of curators as a set of mappings (SSSOM/TSV). Curators are named by their ORCID iDs only."""
        text = mapping_sets.write(public_url=settings.PUBLIC_URL, site=settings.SITE_NAME, for_all=True)
        response = HttpResponse(text, content_type="text/tab-separated-values; charset=utf-8")
        response["Content-Disposition"] = 'inline; filename="mappings.sssom.tsv"'
        return response
