"""Metadata in by files, and out in every format."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse
from drf_spectacular.utils import OpenApiParameter, extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.parsers import BaseParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from base.errors import Invalid
from catalogue import dossiers
from catalogue import imports as roads
from catalogue.access import Actor, Verb
from catalogue.exchange.download import download, writable
from catalogue.exchange.merge import Mode
from catalogue.models import Import
from portal.api.parsing import Json
from portal.api.studies import body_of, study_of
from portal.imports.downloads import answer, format_for
from publishing import queries
from publishing.dossiers import of_publication

CHUNK = 1 << 20


class Bytes(BaseParser):
    """One file as the request's body, left unread: it is streamed to disk."""

    media_type = "*/*"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        return stream


class ImportSerializer(serializers.ModelSerializer[Import]):
    report = serializers.JSONField(help_text="What it would change, or did: changes, remarks, counts, digest.")

    class Meta:
        model = Import
        fields = ("id", "format", "names", "bytes", "mode", "accepted", "mapping", "state", "problem", "report",
                  "created_at", "applied_at")  # fmt: skip
        read_only_fields = fields


FormatSerializer = type(
    "FormatSerializer",
    (serializers.Serializer,),
    {
        "key": serializers.CharField(),
        "label": serializers.CharField(),
        "extensions": serializers.ListField(child=serializers.CharField()),
        "media_type": serializers.CharField(),
        "reads": serializers.BooleanField(help_text="Studies can be imported from it."),
        "writes": serializers.BooleanField(help_text="Studies can be downloaded in it."),
    },
)


class Formats(APIView):
    @extend_schema(responses=FormatSerializer(many=True))
    def get(self, request: Request) -> Response:
        """The formats from which metadata is imported, and in which it can be had."""
        found = {one.key: one for one in [*roads.readable(), *writable()]}
        rows = [{**vars(one), "reads": one.read is not None, "writes": one.write is not None} for one in found.values()]
        return Response(FormatSerializer(rows, many=True).data)


class Imports(APIView):
    parser_classes = (MultiPartParser, Bytes)

    @extend_schema(responses=ImportSerializer(many=True))
    def get(self, request: Request, study_id: UUID) -> Response:
        """The imports of the study, newest first (the last 100)."""
        study = study_of(request, study_id)
        return Response(ImportSerializer(Import.objects.filter(study=study)[:100], many=True).data)

    @extend_schema(
        request={"multipart/form-data": {"type": "object", "properties": {
            "file": {"type": "array", "items": {"type": "string", "format": "binary"}}}},
            "application/octet-stream": {"type": "string", "format": "binary"}},
        parameters=[
            OpenApiParameter("format", description="Key of the format; found out if it is left out."),
            OpenApiParameter("mode", description="update (default), fill or replace.", enum=[str(m) for m in Mode]),
            OpenApiParameter("name", description="Name of the file, if the body is one file."),
        ],
        responses={201: ImportSerializer},
    )  # fmt: skip
    def post(self, request: Request, study_id: UUID) -> Response:
        """Give files to import. They are looked at; nothing is changed before `apply`. Large ones are looked at by a
        job: ask again while `state` is `looking`."""
        study = study_of(request, study_id, Verb.EDIT)
        made = roads.receive(
            actor=Actor.of(request),
            study_id=study.pk,
            files=_files(request),
            format=request.query_params.get("format", ""),
            mode=request.query_params.get("mode", ""),
        )
        location = f"/api/v1/studies/{study.pk}/imports/{made.pk}"
        return Response(ImportSerializer(made).data, status=201, headers={"Location": location})


def _files(request: Request) -> dict[str, Iterable[bytes]]:
    if request.content_type.startswith("multipart/"):
        given = [one for one in request.FILES.getlist("file") if isinstance(one, UploadedFile)]
        return {str(one.name): one.chunks() for one in given}
    name = request.query_params.get("name", "")
    if not name:
        raise Invalid("Give the file's name, as in ?name=study.xlsx, or send multipart/form-data.", field="name")
    stream: Any = request.data
    return {name: iter(lambda: stream.read(CHUNK), b"")}


class OneImport(APIView):
    @extend_schema(responses=ImportSerializer)
    def get(self, request: Request, study_id: UUID, import_id: UUID) -> Response:
        """One import: its state, what it would change, what is wrong in it."""
        study_of(request, study_id)
        return Response(ImportSerializer(_import(request, study_id, import_id, Verb.VIEW)).data)

    @extend_schema(
        request=inline_serializer(
            "ImportChoices",
            {
                "mode": serializers.ChoiceField(choices=[str(mode) for mode in Mode], required=False),
                "accepted": serializers.ListField(
                    child=serializers.CharField(), required=False, help_text="Keys of remarks whose proposal is taken."
                ),
                "mapping": serializers.JSONField(
                    required=False, help_text="Of a file list: {“columns”: {column: role}}."
                ),
            },
        ),
        responses=ImportSerializer,
    )
    def patch(self, request: Request, study_id: UUID, import_id: UUID) -> Response:
        """Look again with other choices."""
        row, body = _import(request, study_id, import_id, Verb.EDIT), body_of(request)
        accepted, mapping = body.get("accepted", row.accepted), body.get("mapping", row.mapping)
        if not isinstance(accepted, list) or not isinstance(mapping, dict):
            raise Invalid("“accepted” is a list of keys, “mapping” an object.", field="accepted")
        changed = roads.change(
            actor=Actor.of(request),
            import_id=row.pk,
            mode=str(body.get("mode", row.mode)),
            accepted=[str(one) for one in accepted],
            mapping=mapping,
        )
        return Response(ImportSerializer(changed).data)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, study_id: UUID, import_id: UUID) -> Response:
        """Delete the files of the import. What was taken over from them stays."""
        row = _import(request, study_id, import_id, Verb.EDIT)
        roads.forget(actor=Actor.of(request), import_id=row.pk)
        return Response(status=204)


class ApplyImport(APIView):
    parser_classes = (Json,)

    @extend_schema(
        request=inline_serializer("ImportApply", {"digest": serializers.CharField(required=False)}),
        responses=ImportSerializer,
    )
    def post(self, request: Request, study_id: UUID, import_id: UUID) -> Response:
        """Take the import over. Give the report's `digest` to be told (409) if something changed since. Large ones are
        taken over by a job: ask again while `state` is `applying`."""
        row = _import(request, study_id, import_id, Verb.EDIT)
        digest = str(body_of(request).get("digest", ""))
        return Response(ImportSerializer(roads.take(actor=Actor.of(request), import_id=row.pk, digest=digest)).data)


def _import(request: Request, study_id: UUID, import_id: UUID, verb: Verb) -> Import:
    return roads.import_of(Actor.of(request), verb, study_id, import_id)


_BINARY = {(200, "*/*"): {"type": "string", "format": "binary"}}


class Export(APIView):
    @extend_schema(responses=_BINARY)
    def get(self, request: Request, study_id: UUID, key: str) -> HttpResponse:
        """The working copy's metadata in a format (see /api/v1/formats); several files come as a zip."""
        study = study_of(request, study_id)
        name = study.accession or study.title[:60]
        return answer(download(format_for(key), dossiers.of_study(study), name), private=True)


class PublishedExport(APIView):
    @extend_schema(responses=_BINARY)
    def get(self, request: Request, accession: str, key: str, version: int | None = None) -> HttpResponse:
        """A published version's metadata in a format (see /api/v1/formats); several files come as a zip."""
        chosen, publication = format_for(key), queries.by_accession(accession, version)
        name = f"{publication.accession}-v{publication.version}"
        return answer(download(chosen, of_publication(publication), name), private=False)
