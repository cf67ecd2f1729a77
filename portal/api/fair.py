"""How FAIR a study would be, or is, point by point."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from catalogue import documents, services
from catalogue.rules.fair import FairReport
from portal.api.studies import study_of
from publishing import fair, queries, record


class FairTodoSerializer(serializers.Serializer[Any]):
    path = serializers.CharField(help_text="Path of the field that would earn it.")
    text = serializers.CharField()


class FairCheckSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    points = serializers.FloatField()
    earned = serializers.FloatField()
    by_site = serializers.BooleanField(help_text="Whether it depends on the site alone.")
    because = serializers.CharField(source="verdict.because", help_text="What it rests on.", allow_blank=True)
    todo = FairTodoSerializer(source="verdict.todo", many=True)


class FairPointSerializer(serializers.Serializer[Any]):
    key = serializers.CharField(help_text="As FAIRsFAIR numbers its metrics, version 0.5.")
    name = serializers.CharField()
    earned = serializers.FloatField()
    total = serializers.FloatField()
    checks = FairCheckSerializer(many=True)


class ModuleScoreSerializer(serializers.Serializer[Any]):
    module = serializers.CharField(source="module.key")
    filled = serializers.IntegerField(help_text="Required and recommended fields that are filled in well.")
    total = serializers.IntegerField()


class FairSerializer(serializers.Serializer[Any]):
    earned = serializers.FloatField()
    total = serializers.FloatField()
    points = FairPointSerializer(many=True)
    modules = ModuleScoreSerializer(many=True, help_text="How complete each REMBI module is.")


def _answer(report: FairReport) -> Response:
    return Response(FairSerializer(report).data)


class Fair(APIView):
    @extend_schema(responses=FairSerializer)
    def get(self, request: Request, study_id: UUID) -> Response:
        """How FAIR the study would be if it were published now, and which field would earn more."""
        study = study_of(request, study_id)
        document = documents.read(study)
        return _answer(fair.of_draft(document, services.facts_of(study, document)))


class PublishedFair(APIView):
    @extend_schema(responses=FairSerializer)
    def get(self, request: Request, accession: str, version: int | None = None) -> Response:
        """How FAIR a published version is (without a version: the newest), each point with what it rests on."""
        return _answer(fair.of_version(record.of_version(queries.by_accession(accession, version))))
