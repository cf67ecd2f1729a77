"""What in files may tell who a patient is: found, declared harmless, removed; in withdrawn versions too."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from catalogue import deidentifying
from catalogue.access import Actor, Verb
from catalogue.models import File
from portal.api.paging import PAGE, keyset_page
from portal.api.schema import JobSerializer, NoteSerializer, page_of
from portal.api.studies import study_of
from publishing import erasing


class PatientFindingSerializer(serializers.Serializer[Any]):
    kind = serializers.CharField()
    where = serializers.CharField(help_text="Where in the file it stands.")
    what = serializers.CharField(help_text="What it is, never what it says.")
    advice = serializers.CharField(help_text="What to do about it.")


class PatientDataSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField(help_text="Of the file.")
    path = serializers.CharField()
    findings = PatientFindingSerializer(many=True)
    blocks = serializers.BooleanField(
        source="is_identifying", help_text="Whether it keeps the study from being sent in."
    )
    harmless = serializers.CharField(help_text="Why a label is no patient's, as somebody declared.")
    can_deidentify = serializers.SerializerMethodField(help_text="Whether the site can make a copy without it.")

    def get_can_deidentify(self, file: Any) -> bool:
        return deidentifying.is_possible(file)


class RemovedSerializer(serializers.Serializer[Any]):
    where = serializers.CharField()
    name = serializers.CharField()
    action = serializers.CharField()


class DeidentificationSerializer(serializers.Serializer[Any]):
    path = serializers.CharField()
    at = serializers.DateTimeField()
    by = serializers.CharField(allow_null=True)
    removed = RemovedSerializer(many=True, source="log")


class WithdrawnFileSerializer(PatientDataSerializer):
    bytes = serializers.IntegerField(source="stored.bytes")


class ErasureSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    file = serializers.UUIDField()
    path = serializers.CharField()
    bytes = serializers.IntegerField()
    sha256 = serializers.CharField(help_text="Of what went.")
    reason = serializers.CharField()
    is_replaced = serializers.BooleanField(help_text="A de-identified copy took the file's place.")
    is_left_in_place = serializers.BooleanField(help_text="The file lies in place still, where the site never writes.")
    at = serializers.DateTimeField()
    by = serializers.CharField(allow_null=True)


def _reason(request: Request) -> str:
    body = NoteSerializer(data=request.data)
    body.is_valid(raise_exception=True)
    return str(body.validated_data["note"])


class PatientData(APIView):
    @extend_schema(responses=page_of(PatientDataSerializer), parameters=PAGE)
    def get(self, request: Request, study_id: UUID) -> Response:
        """The files in which something may tell who a patient is, also where that was declared harmless."""
        found = File.objects.filter(study=study_of(request, study_id)).exclude(findings=[])
        return keyset_page(request, found, PatientDataSerializer, newest_first=False)


class DeclareHarmless(APIView):
    @extend_schema(request=NoteSerializer, responses=PatientDataSerializer)
    def post(self, request: Request, study_id: UUID, file_id: UUID) -> Response:
        """Say in the note why the label that a slide shows is no patient's; names cannot be declared away."""
        study = study_of(request, study_id, Verb.EDIT)
        file = deidentifying.declare_harmless(
            actor=Actor.of(request), study_id=study.id, file_id=file_id, reason=_reason(request)
        )
        return Response(PatientDataSerializer(file).data)


class Deidentify(APIView):
    @extend_schema(request=None, responses={202: JobSerializer})
    def post(self, request: Request, study_id: UUID, file_id: UUID) -> Response:
        """Have a copy without what may tell who a patient is take the file's place; the uploaded bytes go."""
        study = study_of(request, study_id)
        job = deidentifying.start(actor=Actor.of(request), study_id=study.id, file_id=file_id)
        return Response(JobSerializer(job).data, status=202)


class RemovedOfFile(APIView):
    @extend_schema(responses=DeidentificationSerializer)
    def get(self, request: Request, study_id: UUID, file_id: UUID) -> Response:
        """What was removed when the file was de-identified last: where and what, never the value."""
        done = deidentifying.log_of(actor=Actor.of(request), study_id=study_id, file_id=file_id)
        return Response(DeidentificationSerializer(done).data)


class WithdrawnFiles(APIView):
    @extend_schema(responses=page_of(WithdrawnFileSerializer), parameters=PAGE)
    def get(self, request: Request, study_id: UUID) -> Response:
        """Curators: the files that only withdrawn versions hold, and whose bytes are still here."""
        study = erasing.study_to_erase(Actor.of(request), study_id)
        return keyset_page(request, erasing.withdrawn_files(study), WithdrawnFileSerializer, newest_first=False)


class EraseWithdrawn(APIView):
    @extend_schema(request=NoteSerializer, responses=ErasureSerializer)
    def post(self, request: Request, study_id: UUID, file_id: UUID) -> Response:
        """Curators: remove the bytes of such a file for good; the note is the reason, shown to everybody."""
        study = erasing.study_to_erase(Actor.of(request), study_id)
        gone = erasing.erase(actor=Actor.of(request), study_id=study.id, file_id=file_id, reason=_reason(request))
        return Response(ErasureSerializer(gone).data)


class DeidentifyWithdrawn(APIView):
    @extend_schema(request=NoteSerializer, responses={202: JobSerializer})
    def post(self, request: Request, study_id: UUID, file_id: UUID) -> Response:
        """Curators: have a de-identified copy take the place of such a file, for the next version."""
        study = erasing.study_to_erase(Actor.of(request), study_id)
        job = erasing.deidentify(actor=Actor.of(request), study_id=study.id, file_id=file_id, reason=_reason(request))
        return Response(JobSerializer(job).data, status=202)


class Erasures(APIView):
    @extend_schema(responses=page_of(ErasureSerializer), parameters=PAGE)
    def get(self, request: Request, study_id: UUID) -> Response:
        """Curators: whose bytes were removed, when and why, newest first."""
        study = erasing.study_to_erase(Actor.of(request), study_id)
        return keyset_page(request, erasing.erasures_of(study), ErasureSerializer)
