"""Key-values of files, images and rows of the metadata."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from base.errors import Invalid
from catalogue import pairs
from catalogue.access import Actor, Verb
from catalogue.exchange.dossier import Pair
from catalogue.services.key_values import KINDS, Given, put_key_values
from portal.api.studies import study_of

MAX_ITEMS = 10_000
MAX_PAIRS = 1_000
MAX_IDS = 500


class PairSerializer(serializers.Serializer[Any]):
    namespace = serializers.CharField(max_length=300, allow_blank=True, default="")
    name = serializers.CharField(max_length=500)
    value = serializers.CharField(allow_blank=True, trim_whitespace=False)
    unit = serializers.CharField(max_length=50, allow_blank=True, default="")
    curie = serializers.CharField(max_length=200, allow_blank=True, default="", help_text="Of an ontology term.")


class ItemSerializer(serializers.Serializer[Any]):
    entity = serializers.ChoiceField(choices=KINDS)
    id = serializers.UUIDField()
    pairs = PairSerializer(many=True)

    def validate_pairs(self, found: list[Any]) -> list[Any]:
        if len(found) > MAX_PAIRS:
            raise serializers.ValidationError(f"An entity takes at most {MAX_PAIRS} pairs at once.")
        return found


class KeyValues(APIView):
    @extend_schema(
        parameters=[
            OpenApiParameter("entity", str, required=True, enum=KINDS),
            OpenApiParameter("id", str, required=True, many=True, description="Of up to 500 of them."),
        ],
        responses=inline_serializer("KeyValues", {"items": ItemSerializer(many=True)}),
    )
    def get(self, request: Request, study_id: UUID) -> Response:
        """What is said of these files, images or rows, in order."""
        study = study_of(request, study_id)
        kind, ids = request.query_params.get("entity", ""), request.query_params.getlist("id")
        if kind not in KINDS:
            raise Invalid(f"“entity” is one of {', '.join(KINDS)}.", field="entity")
        if not 0 < len(ids) <= MAX_IDS:
            raise Invalid(f"Name 1 to {MAX_IDS} ids, each as “id=…”.", field="id")
        try:
            wanted = [UUID(one) for one in ids]
        except ValueError:
            raise Invalid("An id is a UUID.", field="id") from None
        found = pairs.pairs_of(study, kind, wanted)
        return Response(
            {
                "items": [
                    {"entity": kind, "id": str(one), "pairs": [vars(pair) for pair in found[one]]} for one in wanted
                ]
            }
        )

    @extend_schema(
        request=inline_serializer("GiveKeyValues", {"items": ItemSerializer(many=True)}), responses={204: None}
    )
    def post(self, request: Request, study_id: UUID) -> Response:
        """Give up to 10,000 entities their pairs, in place of those they have of the same names; all or none."""
        study = study_of(request, study_id, Verb.EDIT)
        body = _Items(data=request.data)
        body.is_valid(raise_exception=True)
        given = [
            Given(one["entity"], one["id"], [Pair(**pair) for pair in one["pairs"]])
            for one in body.validated_data["items"]
        ]
        put_key_values(actor=Actor.of(request), study_id=study.pk, given=given)
        return Response(status=204)


class _Items(serializers.Serializer[None]):
    items = ItemSerializer(many=True)

    def validate_items(self, found: list[Any]) -> list[Any]:
        if len(found) > MAX_ITEMS:
            raise serializers.ValidationError(f"A request takes at most {MAX_ITEMS} items; this has {len(found)}.")
        return found
