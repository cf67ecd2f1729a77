"""From draft to published version: submission, review, decision."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from catalogue import services
from catalogue.access import Actor, Verb
from catalogue.models import Comment
from portal.api.paging import PAGE, keyset_page
from portal.api.schema import (
    CommentSerializer,
    NoteSerializer,
    PublicationSerializer,
    RoundSerializer,
    StudySerializer,
    page_of,
)
from portal.api.studies import study_of
from publishing.services import approve


def _note(request: Request) -> str:
    body = NoteSerializer(data=request.data)
    body.is_valid(raise_exception=True)
    return str(body.validated_data["note"])


class Submit(APIView):
    @extend_schema(request=None, responses=StudySerializer)
    def post(self, request: Request, study_id: UUID) -> Response:
        """Send the draft to the curators. It is locked until they decide, and gets its accession."""
        services.submit(actor=Actor.of(request), study_id=study_of(request, study_id).id)
        return Response(StudySerializer(study_of(request, study_id)).data)


class Withdraw(APIView):
    @extend_schema(request=None, responses=StudySerializer)
    def post(self, request: Request, study_id: UUID) -> Response:
        """Take the study back from the curators, to change it."""
        services.withdraw(actor=Actor.of(request), study_id=study_of(request, study_id).id)
        return Response(StudySerializer(study_of(request, study_id)).data)


class NewVersion(APIView):
    @extend_schema(request=None, responses=StudySerializer)
    def post(self, request: Request, study_id: UUID) -> Response:
        """Open a published study for a correction, which will be its next version."""
        services.start_new_version(actor=Actor.of(request), study_id=study_of(request, study_id).id)
        return Response(StudySerializer(study_of(request, study_id)).data)


class Return(APIView):
    @extend_schema(request=NoteSerializer, responses=StudySerializer)
    def post(self, request: Request, study_id: UUID) -> Response:
        """Curators: send the study back with requests."""
        services.return_to_depositor(
            actor=Actor.of(request), study_id=study_of(request, study_id).id, note=_note(request)
        )
        return Response(StudySerializer(study_of(request, study_id)).data)


class Approve(APIView):
    @extend_schema(request=NoteSerializer, responses={201: PublicationSerializer, 202: StudySerializer})
    def post(self, request: Request, study_id: UUID) -> Response:
        """Curators: publish the study's version, or approve it for the later day that its depositor chose (202)."""
        publication = approve(actor=Actor.of(request), study_id=study_of(request, study_id).id, note=_note(request))
        if publication is None:
            return Response(StudySerializer(study_of(request, study_id)).data, status=202)
        location = f"/studies/{publication.accession}/v{publication.version}"
        return Response(PublicationSerializer(publication).data, status=201, headers={"Location": location})


class Queue(APIView):
    @extend_schema(responses=page_of(RoundSerializer), parameters=PAGE)
    def get(self, request: Request) -> Response:
        """Curators: the studies that wait for review."""
        return keyset_page(request, services.queue(actor=Actor.of(request)), RoundSerializer, newest_first=False)


class Comments(APIView):
    @extend_schema(responses=page_of(CommentSerializer), parameters=PAGE)
    def get(self, request: Request, study_id: UUID) -> Response:
        """Remarks on fields, oldest first."""
        study = study_of(request, study_id, Verb.VIEW)
        comments = Comment.objects.filter(study=study).select_related("author")
        return keyset_page(request, comments, CommentSerializer, newest_first=False)

    @extend_schema(request=CommentSerializer, responses={201: CommentSerializer})
    def post(self, request: Request, study_id: UUID) -> Response:
        """Remark on a field (`path`) or on the whole study (empty path)."""
        study = study_of(request, study_id)
        body = CommentSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        comment = services.comment(actor=Actor.of(request), study_id=study.id, **body.validated_data)
        return Response(CommentSerializer(comment).data, status=201)


class ResolveComment(APIView):
    @extend_schema(request=None, responses=CommentSerializer)
    def post(self, request: Request, study_id: UUID, comment_id: UUID) -> Response:
        """Mark a remark as dealt with."""
        study_of(request, study_id)
        comment = services.resolve_comment(actor=Actor.of(request), comment_id=comment_id)
        return Response(CommentSerializer(comment).data)
