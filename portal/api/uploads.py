"""tus 1.0: core, creation, creation-with-upload, checksum, expiration, termination.

Metadata keys of an upload: `study` (id), `filename` or `relativePath`, and, if known, `sha256` (of the whole file,
checked on arrival) and `folderFiles` (how many files the .zarr folder it lies in will have).
"""

import base64
import binascii
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpResponse
from django.utils.http import http_date
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import APIException
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from base import uploads
from base.errors import Invalid, NotAllowed, NotFound, Problem
from base.models import Upload
from catalogue import files
from catalogue.access import Actor
from portal.api.problems import problem

VERSION = "1.0.0"
HEADERS = {
    "Tus-Resumable": VERSION,
    "Tus-Version": VERSION,
    "Tus-Extension": "creation,creation-with-upload,checksum,expiration,termination",
    "Tus-Checksum-Algorithm": "sha1,sha256",
}
OFFSET_TYPE = "application/offset+octet-stream"
CHECKSUM_MISMATCH = 460  # as the tus checksum extension names it


class WrongVersion(APIException):
    status_code = 412
    default_detail = f"This endpoint speaks tus {VERSION}; send the header Tus-Resumable."


class LengthMissing(APIException):
    status_code = 411
    default_detail = "Send the length of these bytes in Content-Length: a WSGI server does not read them otherwise."


class OffsetParser(BaseParser):
    """Leaves the body unread: it is streamed to disk."""

    media_type = OFFSET_TYPE

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        return stream


def parse_metadata(header: str) -> dict[str, str]:
    """`Upload-Metadata` (comma-separated "key base64") as a dict. Raises Invalid."""
    found: dict[str, str] = {}
    for pair in filter(None, (part.strip() for part in header.split(","))):
        key, _, value = pair.partition(" ")
        try:
            found[key] = base64.b64decode(value, validate=True).decode("utf-8")
        except (binascii.Error, UnicodeDecodeError):
            raise _bad("Upload-Metadata", f"The value of {key!r} is not base64 of UTF-8 text.") from None
    return found


def parse_checksum(header: str) -> uploads.Checksum | None:
    """`Upload-Checksum` ("algorithm base64") or None if there is none. Raises Invalid."""
    if not header:
        return None
    algorithm, _, value = header.partition(" ")
    try:
        return uploads.Checksum(algorithm, base64.b64decode(value, validate=True))
    except binascii.Error:
        raise _bad("Upload-Checksum", "It must be an algorithm's name, a space, and the digest in base64.") from None


def _bad(field: str, message: str) -> Invalid:
    return Invalid(message, problems=[Problem(field, message)])


def _number(request: Request, name: str) -> int:
    text = request.headers.get(name, "")
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise _bad(name, f"The header {name} must be a whole number.")
    return int(text)


class TusView(APIView):
    """What every tus answer shares: the version check and the protocol's headers."""

    parser_classes = (OffsetParser,)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if request.method != "OPTIONS" and request.headers.get("Tus-Resumable") != VERSION:
            raise WrongVersion

    def handle_exception(self, exc: Exception) -> Response:
        if isinstance(exc, uploads.ChecksumMismatch):
            return problem(CHECKSUM_MISMATCH, str(exc), exc.problems, file=exc.file)
        return super().handle_exception(exc)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        response = super().finalize_response(request, response, *args, **kwargs)
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        response.headers["Tus-Max-Size"] = str(settings.MAX_UPLOAD_BYTES)
        return response

    def options(self, request: Request, *args: Any, **kwargs: Any) -> Response:  # type: ignore[override]  # DRF's own
        return Response(status=204)


def _progress(upload: Upload, status: int, **headers: str) -> HttpResponse:
    answer = HttpResponse(status=status)
    answer["Upload-Offset"] = str(upload.received)
    answer["Upload-Expires"] = http_date(upload.expires_at.timestamp())
    for name, value in headers.items():
        answer[name.replace("_", "-")] = value
    return answer


def _append(request: Request, upload: Upload, offset: int) -> Upload:
    if "Transfer-Encoding" in request.headers and "Content-Length" not in request.headers:
        raise LengthMissing
    checksum = parse_checksum(request.headers.get("Upload-Checksum", ""))
    upload = uploads.append(upload, offset, request._request, checksum)
    if upload.received == upload.length:
        files.register_upload(upload)
    return upload


class Uploads(TusView):
    @extend_schema(request=None, responses={201: None})
    def post(self, request: Request) -> HttpResponse:
        """Begin an upload to a study's draft; the answer's Location is where to send the bytes."""
        actor = Actor.of(request)
        if actor.person is None:
            raise NotAllowed("Sign in, or send an API token, to upload files.")
        metadata = parse_metadata(request.headers.get("Upload-Metadata", ""))
        try:
            study_id = UUID(metadata.get("study", ""))
        except ValueError:
            raise _bad("Upload-Metadata", "The key 'study' must be the id of your study.") from None
        folder_files = metadata.get("folderFiles", "0")
        if not (folder_files.isascii() and folder_files.isdigit() and len(folder_files) <= 9):
            raise _bad("Upload-Metadata", "The key 'folderFiles' must be a whole number.")
        upload = files.begin_upload(
            actor=actor,
            study_id=study_id,
            path=metadata.get("relativePath") or metadata.get("filename", ""),
            length=_number(request, "Upload-Length"),
            sha256=metadata.get("sha256", ""),
            folder_files=int(folder_files),
        )
        if request.content_type == OFFSET_TYPE:
            upload = _append(request, upload, 0)
        elif upload.length == 0:
            files.register_upload(upload)
        return _progress(upload, 201, Location=f"/uploads/{upload.id}")


class OneUpload(TusView):
    def upload(self, request: Request, upload_id: UUID) -> Upload:
        actor = Actor.of(request)
        found = Upload.objects.filter(pk=upload_id, owner=actor.person).first() if actor.person else None
        if found is None:
            raise NotFound("There is no such upload, or it has expired.")
        if actor.is_read_only and request.method != "HEAD":
            raise NotAllowed("This API token may read but not change anything.")
        return found

    @extend_schema(responses={200: None})
    def head(self, request: Request, upload_id: UUID) -> HttpResponse:
        """How many bytes have arrived."""
        upload = self.upload(request, upload_id)
        if upload.received == upload.length and upload.finished_at is None:
            files.register_upload(upload)  # the server stopped between the last byte and this
        return _progress(upload, 200, Upload_Length=str(upload.length), Cache_Control="no-store")

    @extend_schema(request={OFFSET_TYPE: bytes}, responses={204: None})
    def patch(self, request: Request, upload_id: UUID) -> HttpResponse:
        """Send bytes from the offset on at which the server stands."""
        upload = self.upload(request, upload_id)
        if request.content_type != OFFSET_TYPE:
            raise _bad("Content-Type", f"The bytes of an upload are sent as {OFFSET_TYPE}.")
        return _progress(_append(request, upload, _number(request, "Upload-Offset")), 204)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, upload_id: UUID) -> HttpResponse:
        """Give up an unfinished upload."""
        uploads.terminate(self.upload(request, upload_id))
        return HttpResponse(status=204)
