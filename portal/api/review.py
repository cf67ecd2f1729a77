"""From draft to published version: submission, review, decision."""

from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from catalogue import services
from catalogue.access import Actor, Verb
from catalogue.models import Comment
from catalogue.services.review import Filter
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
from publishing.services import approve, release, retract


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


class Reject(APIView):
    @extend_schema(request=NoteSerializer, responses=StudySerializer)
    def post(self, request: Request, study_id: UUID) -> Response:
        """Curators: close the study with a reason."""
        services.reject(actor=Actor.of(request), study_id=study_of(request, study_id).id, reason=_note(request))
        return Response(StudySerializer(study_of(request, study_id)).data)


class Reopen(APIView):
    @extend_schema(request=None, responses=StudySerializer)
    def post(self, request: Request, study_id: UUID) -> Response:
        """Make a rejected study a draft again."""
        services.reopen(actor=Actor.of(request), study_id=study_of(request, study_id).id)
        return Response(StudySerializer(study_of(request, study_id)).data)


class Release(APIView):
    @extend_schema(request=None, responses={201: PublicationSerializer})
    def post(self, request: Request, study_id: UUID) -> Response:
        """Publish an approved study before its day."""
        publication = release(actor=Actor.of(request), study_id=study_of(request, study_id).id)
        return Response(PublicationSerializer(publication).data, status=201)


class AskToRetract(APIView):
    @extend_schema(request=NoteSerializer, responses={202: StudySerializer})
    def post(self, request: Request, study_id: UUID) -> Response:
        """Ask the curators to withdraw what is public of the study; the note is the reason."""
        study = study_of(request, study_id)
        services.ask_to_retract(actor=Actor.of(request), study_id=study.id, reason=_note(request))
        return Response(StudySerializer(study).data, status=202)


class Retract(APIView):
    @extend_schema(request=NoteSerializer, responses=PublicationSerializer(many=True))
    def post(self, request: Request, accession: str, version: int | None = None) -> Response:
        """Curators: withdraw a version, or all of them, from the public; the note is the reason, shown in its place."""
        gone = retract(actor=Actor.of(request), accession=accession, version=version, reason=_note(request))
        return Response(PublicationSerializer(gone, many=True).data)


class Queue(APIView):
    @extend_schema(
        responses=page_of(RoundSerializer),
        parameters=[
            *PAGE,
            OpenApiParameter("state", str, enum=["waiting", "decided", "mine", "all"]),
            OpenApiParameter("assignee", str, description="mine, none, or a curator's id"),
            *(OpenApiParameter(name, str) for name in ("q", "depositor", "organism")),
            OpenApiParameter("overdue", bool),
        ],
    )
    def get(self, request: Request) -> Response:
        """Curators: the studies that wait for review, or were decided on."""
        given = request.query_params
        wanted = Filter(
            state=given.get("state", "waiting"),
            assignee=given.get("assignee", ""),
            text=given.get("q", "")[:200],
            depositor=given.get("depositor", "")[:200],
            organism=given.get("organism", "")[:200],
            overdue=given.get("overdue", "").lower() in {"1", "true"},
        )
        rounds = services.queue(actor=Actor.of(request), wanted=wanted)
        return keyset_page(request, rounds, RoundSerializer, newest_first=False)


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


class ReopenComment(APIView):
    @extend_schema(request=None, responses=CommentSerializer)
    def post(self, request: Request, study_id: UUID, comment_id: UUID) -> Response:
        """Open a settled remark again."""
        study_of(request, study_id)
        comment = services.reopen_comment(actor=Actor.of(request), comment_id=comment_id)
        return Response(CommentSerializer(comment).data)


class ResolveComment(APIView):
    @extend_schema(request=None, responses=CommentSerializer)
    def post(self, request: Request, study_id: UUID, comment_id: UUID) -> Response:
        """Mark a remark as dealt with."""
        study_of(request, study_id)
        comment = services.resolve_comment(actor=Actor.of(request), comment_id=comment_id)
        return Response(CommentSerializer(comment).data)
