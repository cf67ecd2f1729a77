"""A study's files, images and the jobs that read them."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from base import jobs
from base.errors import NotFound
from base.models import Job
from catalogue import files, sets
from catalogue.access import Actor, Verb
from portal.api.paging import PAGE, keyset_page
from portal.api.schema import FileSerializer, ImageSerializer, JobSerializer, page_of
from portal.api.studies import body_of, study_of


class Files(APIView):
    @extend_schema(responses=page_of(FileSerializer), parameters=PAGE)
    def get(self, request: Request, study_id: UUID) -> Response:
        """The study's files in the order of their arrival, with what was read from each."""
        study = study_of(request, study_id)
        return keyset_page(request, study.files.select_related("stored"), FileSerializer, newest_first=False)

    @extend_schema(
        request=inline_serializer("RegisterInPlace", {"path": serializers.CharField()}),
        responses={201: FileSerializer(many=True)},
    )
    def post(self, request: Request, study_id: UUID) -> Response:
        """Register a file or folder where it lies, below a folder that the site allows. Uploads go to /uploads/."""
        study = study_of(request, study_id, Verb.EDIT)
        path = str(body_of(request).get("path", ""))
        found = files.register_in_place(actor=Actor.of(request), study_id=study.id, path=path)
        return Response(FileSerializer(found, many=True).data, status=201)


class AssignFiles(APIView):
    @extend_schema(
        request=inline_serializer(
            "AssignFiles",
            {
                "files": serializers.ListField(child=serializers.UUIDField()),
                "component": serializers.UUIDField(allow_null=True),
            },
        ),
        responses={204: None},
    )
    def post(self, request: Request, study_id: UUID) -> Response:
        """Put files, with their images, into a study component (null: into none)."""
        study = study_of(request, study_id, Verb.EDIT)
        body = _Assignment(data=request.data)
        body.is_valid(raise_exception=True)
        files.assign(
            actor=Actor.of(request),
            study_id=study.id,
            file_ids=body.validated_data["files"],
            component_id=body.validated_data["component"],
        )
        return Response(status=204)


class _Assignment(serializers.Serializer[None]):
    files = serializers.ListField(child=serializers.UUIDField(), max_length=10_000)
    component = serializers.UUIDField(allow_null=True)


class OfferSerializer(serializers.Serializer[Any]):
    folder = serializers.CharField(help_text="The folder of the files, ending in a slash, or empty.")
    pattern = serializers.CharField(source="text", help_text="What puts them together.")
    files = serializers.ListField(source="proposal.names", child=serializers.CharField())
    missing = serializers.ListField(source="proposal.missing", child=serializers.CharField())
    channels = serializers.ListField(source="channel_names", child=serializers.CharField())
    certain = serializers.BooleanField(source="proposal.certain", help_text="Whether the names say what varies.")


class Sets(APIView):
    @extend_schema(
        responses=inline_serializer(
            "Offers", {"items": OfferSerializer(many=True), "complete": serializers.BooleanField()}
        )
    )
    def get(self, request: Request, study_id: UUID) -> Response:
        """Files that look like one image each; `complete` says whether all files of the study were looked at."""
        found, complete = sets.offers(study_of(request, study_id))
        return Response({"items": OfferSerializer(found, many=True).data, "complete": complete})

    @extend_schema(
        request=inline_serializer(
            "PutTogether",
            {
                "folder": serializers.CharField(required=False),
                "pattern": serializers.CharField(help_text="The text of a .pattern file (docs/formats.md)."),
                "name": serializers.CharField(required=False, help_text="Of the image; else what the names share."),
            },
        ),
        responses={201: FileSerializer},
    )
    def post(self, request: Request, study_id: UUID) -> Response:
        """Put the files of a pattern together to one image: makes a `.pattern` file, whose removal undoes it."""
        study, body = study_of(request, study_id, Verb.EDIT), body_of(request)
        folder, text, name = (str(body.get(key, "")) for key in ("folder", "pattern", "name"))
        made = sets.put_together(actor=Actor.of(request), study_id=study.id, folder=folder, text=text, name=name)
        return Response(FileSerializer(made).data, status=201)


class OneFile(APIView):
    @extend_schema(responses={204: None})
    def delete(self, request: Request, study_id: UUID, file_id: UUID) -> Response:
        """Take a file, and the images read from it, out of the draft."""
        study = study_of(request, study_id, Verb.EDIT)
        files.remove(actor=Actor.of(request), study_id=study.id, file_id=file_id)
        return Response(status=204)


class Images(APIView):
    @extend_schema(responses=page_of(ImageSerializer), parameters=PAGE)
    def get(self, request: Request, study_id: UUID) -> Response:
        """The study's images with sizes and scale."""
        study = study_of(request, study_id)
        return keyset_page(request, study.images.select_related("pixels"), ImageSerializer, newest_first=False)


class Jobs(APIView):
    @extend_schema(responses=page_of(JobSerializer), parameters=PAGE)
    def get(self, request: Request, study_id: UUID) -> Response:
        """Background work on the study, newest first."""
        study = study_of(request, study_id)
        return keyset_page(request, Job.objects.filter(target=study.id), JobSerializer)


class CancelJob(APIView):
    @extend_schema(request=None, responses={202: JobSerializer})
    def post(self, request: Request, study_id: UUID, job_id: UUID) -> Response:
        """Ask a job to stop; it does so at its next step."""
        study = study_of(request, study_id, Verb.EDIT)
        job = Job.objects.filter(target=study.id, pk=job_id).first()
        if job is None:
            raise NotFound("There is no such job.")
        jobs.cancel(job)
        job.refresh_from_db()
        return Response(JobSerializer(job).data, status=202)
