"""What everybody may read: publications, search, terms."""

from dataclasses import asdict
from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from base.errors import Invalid, Problem
from ontology.bindings import BINDINGS
from ontology.queries import suggest
from portal.api.paging import PAGE, keyset_page, next_link, page_after, page_limit
from portal.api.schema import PublicationSerializer, page_of
from publishing import queries
from publishing import record as records
from publishing.canonical import to_plain
from publishing.models import Publication

ANY: Any = {200: {"type": "object"}}


class Publications(APIView):
    @extend_schema(operation_id="published_list", responses=page_of(PublicationSerializer), parameters=PAGE)
    def get(self, request: Request) -> Response:
        """The newest version of every published study, newest first."""
        return keyset_page(
            request, Publication.objects.filter(is_latest=True, withdrawn_at=None), PublicationSerializer
        )


def _publication(accession: str, version: int | None) -> Publication:
    return queries.by_accession(accession, version)


class OnePublication(APIView):
    @extend_schema(responses=ANY)
    def get(self, request: Request, accession: str, version: int | None = None) -> Response:
        """The record of a published version, as it was frozen (without a version: the newest)."""
        publication = _publication(accession, version)
        return Response({**PublicationSerializer(publication).data, "record": publication.record.body})


class _Members(APIView):
    def page(self, request: Request, members: Any) -> Response:
        limit = page_limit(request)
        rows = list(members(after=page_after(request), limit=limit + 1))
        more = len(rows) > limit
        rows = rows[:limit]
        items = [to_plain(row) for row in rows]
        return Response({"items": items, "next": next_link(request, rows[-1].id) if more else None})


class PublishedImages(_Members):
    @extend_schema(responses=ANY, parameters=PAGE)
    def get(self, request: Request, accession: str, version: int | None = None) -> Response:
        """The image records of a published version."""
        publication = _publication(accession, version)
        return self.page(request, lambda **page: records.images_of(publication, **page))


class PublishedFiles(_Members):
    @extend_schema(responses=ANY, parameters=PAGE)
    def get(self, request: Request, accession: str, version: int | None = None) -> Response:
        """The file records of a published version, with sizes and checksums."""
        publication = _publication(accession, version)
        return self.page(request, lambda **page: records.files_of(publication, **page))


class OneImage(APIView):
    @extend_schema(responses=ANY)
    def get(self, request: Request, image_id: UUID) -> Response:
        """The record of one published image."""
        found = queries.published_image(image_id)
        return Response({"accession": found.publication.accession, **to_plain(found.image)})


class Terms(APIView):
    @extend_schema(
        responses=ANY,
        parameters=[OpenApiParameter("q", str, required=True), OpenApiParameter("binding", str, enum=sorted(BINDINGS))],
    )
    def get(self, request: Request) -> Response:
        """Ontology terms for a field, while typing: by label, synonym or CURIE."""
        name = request.query_params.get("binding", "")
        if name not in BINDINGS:
            raise Invalid(
                "There is no such list of terms.",
                problems=[Problem("binding", f"It is one of: {', '.join(sorted(BINDINGS))}.")],
            )
        found = suggest(request.query_params.get("q", "")[:200], name)
        return Response({"items": [asdict(suggestion) for suggestion in found]})
