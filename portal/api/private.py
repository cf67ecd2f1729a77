"""Private links, and what is read by them."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from catalogue import services
from catalogue.access import Actor, Verb
from catalogue.services.referees import links, study_by_link
from portal.api.paging import PAGE, next_link, page_after, page_limit
from portal.api.studies import study_of
from publishing import blind, record
from publishing.canonical import to_plain

ANY: Any = {200: {"type": "object"}}
LINK = OpenApiParameter("link", str, description="The secret of the private link.")


class LinkSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField(read_only=True)
    name = serializers.CharField(source="link_name", max_length=200, help_text="What it is for.")
    is_blind = serializers.BooleanField(default=True, help_text="For referees, who see no name of a person.")
    days = serializers.IntegerField(write_only=True, min_value=1, max_value=366, default=90)
    address = serializers.CharField(read_only=True, help_text="Given once, when the link is made.", required=False)
    expires_at = serializers.DateTimeField(read_only=True)
    revoked_at = serializers.DateTimeField(read_only=True, allow_null=True)


class Links(APIView):
    @extend_schema(operation_id="private_links_list", responses=LinkSerializer(many=True))
    def get(self, request: Request, study_id: UUID) -> Response:
        """The study's private links, newest first, also those that are over."""
        return Response(LinkSerializer(links(study_of(request, study_id, Verb.MANAGE)), many=True).data)

    @extend_schema(request=LinkSerializer, responses={201: LinkSerializer})
    def post(self, request: Request, study_id: UUID) -> Response:
        """Make a private link. Its address is answered once and cannot be had again."""
        study = study_of(request, study_id)
        body = LinkSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        given = body.validated_data
        made, secret = services.make_link(
            actor=Actor.of(request),
            study_id=study.id,
            name=given["link_name"],
            is_blind=given["is_blind"],
            expires_at=timezone.now() + timedelta(days=given["days"]) - timedelta(seconds=1),
        )
        address = f"{settings.PUBLIC_URL}{reverse('private-study', args=[study_id])}?link={secret}"
        return Response({**LinkSerializer(made).data, "address": address}, status=201)


class EndLink(APIView):
    @extend_schema(request=None, responses={204: None})
    def post(self, request: Request, study_id: UUID, link_id: UUID) -> Response:
        """End a private link now."""
        study = study_of(request, study_id)
        services.end_link(actor=Actor.of(request), study_id=study.id, link_id=link_id)
        return Response(status=204)


class PrivateStudy(APIView):
    @extend_schema(responses=ANY, parameters=[LINK])
    def get(self, request: Request, study_id: UUID) -> Response:
        """The study's record as the holder of a private link sees it: for referees without the name of any person."""
        actor = Actor.of(request)
        study, is_blind = study_by_link(actor, study_id)
        records = blind.study_of(study, actor) if is_blind else record.of_draft(study, actor)
        return Response({"is_blind": is_blind, "record": to_plain(records)})


class _Members(APIView):
    def page(self, request: Request, study_id: UUID, blinded: Any, whole: Any) -> Response:
        actor = Actor.of(request)
        study, is_blind = study_by_link(actor, study_id)
        limit = page_limit(request)
        rows = (blinded if is_blind else whole)(study, actor, after=page_after(request), limit=limit + 1)
        items = [to_plain(row) for row in rows[:limit]]
        return Response({"items": items, "next": next_link(request, rows[limit - 1].id) if len(rows) > limit else None})


class PrivateImages(_Members):
    @extend_schema(responses=ANY, parameters=[LINK, *PAGE])
    def get(self, request: Request, study_id: UUID) -> Response:
        """The image records, as the holder of a private link sees them."""
        return self.page(request, study_id, blind.images_of, record.draft_images_of)


class PrivateFiles(_Members):
    @extend_schema(responses=ANY, parameters=[LINK, *PAGE])
    def get(self, request: Request, study_id: UUID) -> Response:
        """The file records, as the holder of a private link sees them."""
        return self.page(request, study_id, blind.files_of, record.draft_files_of)
