"""Searching by program: the same query language as in the search box."""

from dataclasses import asdict
from typing import Any
from uuid import UUID

from django.http import QueryDict
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from base.errors import Invalid, NotAllowed, Problem
from base.models import User
from catalogue.access import Actor
from portal.public.search.address import checked
from portal.templatetags.vitrine import hit_url
from publishing import saved_searches
from publishing.models import SavedSearch
from publishing.search import FACETS, FIELDS, FacetCount, Hit, Query, search_index
from publishing.search.audience import audience_of
from publishing.search.query import DEEPEST, SIZES, SORTS, TYPES

ANY: Any = {200: {"type": "object"}}
TEXT = OpenApiParameter("text", str, description="What was typed so far.")
MOST = 50  # completions


def parameters_of_search() -> list[OpenApiParameter]:
    facets = [
        OpenApiParameter(name, str, many=True, description=str(FIELDS[name].label)) for name in FACETS if name != "type"
    ]
    return [
        OpenApiParameter("q", str, description="The query language of the search box (docs/search.md)."),
        OpenApiParameter("type", str, description="study, image or term; several by commas. Else studies and images."),
        *facets,
        OpenApiParameter("sort", str, enum=list(SORTS)),
        OpenApiParameter("page", int, description=f"By relevance, of the first {DEEPEST:,} hits."),
        OpenApiParameter("after", str, description="The cursor `next` of the page before; by date there is no end."),
        OpenApiParameter("size", int, description=f"Hits of a page, {SIZES.start} to {SIZES.stop - 1}."),
    ]


def _require_known(parameters: QueryDict) -> None:
    """Raises Invalid with each parameter that a page would pass over; a program is told."""
    problems = [
        Problem("type", _("“{value}” is none of {known}.").format(value=value, known=", ".join(TYPES)))
        for text in parameters.getlist("type")
        for value in text.split(",")
        if value and value not in TYPES
    ]
    if (sort := parameters.get("sort")) is not None and sort not in SORTS:
        problems.append(Problem("sort", _("“{value}” is none of {known}.").format(value=sort, known=", ".join(SORTS))))
    for name, last in (("size", SIZES.stop - 1), ("page", DEEPEST)):
        text = parameters.get(name)
        if text is not None and not (text.isascii() and text.isdigit() and len(text) < 7 and 1 <= int(text) <= last):
            said = _("“{value}” is no number from 1 to {last}.")
            problems.append(Problem(name, said.format(value=text, last=last)))
    if problems:
        raise Invalid(_("The search cannot be read."), problems=problems)


class Search(APIView):
    @extend_schema(responses=ANY, parameters=parameters_of_search())
    def get(self, request: Request) -> Response:
        """Studies, images and terms, with counts by facet; a facet may be given several times. `next` is the address
        of the next page."""
        _require_known(request.query_params)
        query = checked(Query.of(request.query_params, audience=audience_of(Actor.of(request))))
        results = search_index().search(query)
        following: dict[str, Any] = {}
        if results.next:
            following = {"after": results.next}
        elif query.is_ranked and results.page < results.pages:
            following = {"page": results.page + 1}
        return Response(
            {
                "total": results.total,
                "is_estimated": results.is_estimated,
                "page": results.page,
                "pages": results.pages,
                "next": _next_page(request, query, following) if following else None,
                "did_you_mean": results.did_you_mean or None,
                "hits": [_hit(request, hit) for hit in results.hits],
                "facets": {name: _counts(counts) for name, counts in results.facets.items()},
                "above": {name: _counts(counts) for name, counts in results.above.items()},
            }
        )


def _next_page(request: Request, query: Query, following: dict[str, Any]) -> str:
    size = [("size", str(query.size))] if query.size != Query.size else []
    parameters = urlencode([*query.at_start().parameters(), *size, *following.items()])
    return request.build_absolute_uri(f"{reverse('api-search')}?{parameters}")


def _hit(request: Request, hit: Hit) -> dict[str, Any]:
    return {
        "id": hit.id,
        "type": hit.type,
        "accession": hit.accession,
        "title": hit.title,
        "published": hit.published,
        "url": request.build_absolute_uri(hit_url(hit)),
        "thumbnail": request.build_absolute_uri(f"/data/{hit.thumbnail}/thumbnail.jpg") if hit.thumbnail else None,
        "snippet": hit.snippet,
        **hit.card,
    }


def _counts(counts: tuple[FacetCount, ...]) -> list[dict[str, Any]]:
    return [
        {"value": one.value, "label": one.label, "count": one.count, "is_estimated": one.is_estimated} for one in counts
    ]


class Suggestions(APIView):
    @extend_schema(operation_id="search_suggest", responses=ANY, parameters=[TEXT])
    def get(self, request: Request) -> Response:
        """What a search that is being typed may become: terms, keywords, studies, names of key-values."""
        found = search_index().suggest(_typed(request), limit=10)
        return Response({"items": [asdict(one) for one in found]})


class Keys(APIView):
    @extend_schema(operation_id="search_keys", responses=ANY, parameters=[TEXT])
    def get(self, request: Request) -> Response:
        """Names of the images' key-values, the most used first."""
        return Response({"items": [asdict(one) for one in search_index().keys(_typed(request), limit=MOST)]})


class Values(APIView):
    @extend_schema(
        operation_id="search_values", responses=ANY, parameters=[OpenApiParameter("name", str, required=True), TEXT]
    )
    def get(self, request: Request) -> Response:
        """Values of the key-values of this name, the most used first."""
        name = request.query_params.get("name", "")[:200].strip()
        if not name:
            raise Invalid(_("Whose values?"), problems=[Problem("name", _("The name of a key-value is needed."))])
        return Response({"items": [asdict(one) for one in search_index().values(name, _typed(request), limit=MOST)]})


def _typed(request: Request) -> str:
    return request.query_params.get("text", "")[:200]


class SavedSearchSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField(read_only=True)
    name = serializers.CharField(max_length=100)
    parameters = serializers.CharField(
        max_length=20_000, allow_blank=True, default="", help_text="As in an address: q=mouse&organism=NCBITaxon:10090"
    )
    mail = serializers.ChoiceField(choices=SavedSearch.Mail.choices, allow_blank=True, default="")
    created_at = serializers.DateTimeField(read_only=True)


class SavedSearches(APIView):
    @extend_schema(responses=SavedSearchSerializer(many=True))
    def get(self, request: Request) -> Response:
        """The searches that you keep, at most 100."""
        return Response(SavedSearchSerializer(saved_searches.of_person(_person(request)), many=True).data)

    @extend_schema(request=SavedSearchSerializer, responses={201: SavedSearchSerializer})
    def post(self, request: Request) -> Response:
        """Keep a search, and have mail of what is new in it."""
        person = _person(request)
        body = SavedSearchSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        given = body.validated_data
        saved = saved_searches.save(
            person=person, name=given["name"], query=Query.of(QueryDict(given["parameters"])), mail=given["mail"]
        )
        return Response(SavedSearchSerializer(saved).data, status=201)


class OneSavedSearch(APIView):
    @extend_schema(responses={204: None})
    def delete(self, request: Request, saved_id: UUID) -> Response:
        """Remove a saved search."""
        saved_searches.forget(person=_person(request), saved_id=saved_id)
        return Response(status=204)


def _person(request: Request) -> User:
    """Whose searches these are. Raises NotAllowed, also for a token that may only read and is to change something."""
    actor = Actor.of(request)
    if actor.person is None:
        raise NotAllowed(_("Sign in, or send an API token, to keep searches."))
    if actor.is_read_only and request.method != "GET":
        raise NotAllowed(_("This token may only read."))
    return actor.person
