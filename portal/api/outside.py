"""Terms of outside services, for people who ask for them."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from base.errors import Invalid, NotAllowed, Problem
from base.models import User
from catalogue.access import Actor
from ontology import outside
from ontology.bindings import BINDINGS
from portal import limits
from portal.public.outside import MOST_A_MINUTE


class SaidSerializer(serializers.Serializer[Any]):
    service = serializers.CharField()
    url = serializers.CharField()
    asked_at = serializers.DateTimeField()


class FoundSerializer(serializers.Serializer[Any]):
    curie = serializers.CharField()
    iri = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # a field of the answer, as `source`
    definition = serializers.CharField()
    path = serializers.ListField(child=serializers.CharField())
    obsolete = serializers.BooleanField()
    score = serializers.FloatField()
    tier = serializers.CharField()
    told = serializers.CharField(help_text="How the text led to the term.")
    name = serializers.CharField(help_text="The name that fitted.")
    is_here = serializers.BooleanField(help_text="Whether the term is loaded here; another one can be imported.")
    source = SaidSerializer()  # type: ignore[assignment]


class LookedSerializer(serializers.Serializer[Any]):
    services = serializers.ListField(child=serializers.CharField(), help_text="Those that this site asks.")
    items = FoundSerializer(many=True)
    failed = serializers.ListField(child=serializers.CharField(), help_text="What went wrong, in words.")


class OutsideTerms(APIView):
    @extend_schema(
        operation_id="terms_outside",
        responses=LookedSerializer,
        parameters=[
            OpenApiParameter("text", str, required=True),
            OpenApiParameter("binding", str, enum=sorted(BINDINGS), required=True),
        ],
    )
    def get(self, request: Request) -> Response:
        """Terms for a text from OLS, Zooma and BioPortal, as far as this site asks them, checked again. Signed in
        only, and a few times a minute."""
        person = _person(request)
        binding, text = request.query_params.get("binding", ""), request.query_params.get("text", "").strip()
        if binding not in BINDINGS:
            problem = Problem("binding", f"It is one of: {', '.join(sorted(BINDINGS))}.")
            raise Invalid("There is no such list of terms.", problems=[problem])
        if not text:
            raise Invalid("What is looked for?", problems=[Problem("text", "A text is needed.")])
        limits.count(person, "outside", MOST_A_MINUTE)
        looked = outside.look(text, binding)
        body = {"services": outside.services_on(), "items": looked.found, "failed": looked.failed}
        return Response(LookedSerializer(body).data)


class ImportTermSerializer(serializers.Serializer[Any]):
    curie = serializers.CharField(max_length=100)


class ImportedSerializer(serializers.Serializer[Any]):
    curie = serializers.CharField()
    iri = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]


class ImportTerm(APIView):
    @extend_schema(operation_id="terms_import", request=ImportTermSerializer, responses=ImportedSerializer)
    def post(self, request: Request) -> Response:
        """Import a term from OLS with all that is above it, so that it can be used here. For curators."""
        person = _person(request)
        if not person.is_curator or Actor.of(request).is_read_only:
            raise NotAllowed("Only curators bring terms into the catalogue, with a token that may write.")
        given = ImportTermSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        limits.count(person, "outside", MOST_A_MINUTE)
        return Response(ImportedSerializer(outside.import_term(given.validated_data["curie"], by=person)).data)


def _person(request: Request) -> User:
    person = Actor.of(request).person
    if person is None:
        raise NotAllowed("Sign in to look for terms outside.")
    return person
