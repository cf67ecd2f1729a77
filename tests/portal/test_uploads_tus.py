"""The tus 1.0 endpoint, request by request: https://tus.io/protocols/resumable-upload, version 1.0.0."""

import base64
import hashlib
import io
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.http import HttpResponse
from django.utils import timezone

from base import jobs, uploads
from base.models import Upload, User
from catalogue.models import File, Study
from tests import factory
from tests.portal.api_calls import bearer, call, problem_of

pytestmark = pytest.mark.django_db

BYTES = "application/offset+octet-stream"
DATA = b"well,count\nB7,12\n"


@pytest.fixture
def study() -> Study:
    return factory.draft()


@pytest.fixture
def headers(study: Study) -> dict[str, str]:
    return bearer(study.owner)


def metadata(**values: str) -> str:
    return ",".join(f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in values.items())


def create(headers: dict[str, str], to: Study, length: object = len(DATA), **values: Any) -> HttpResponse:
    given = {"study": str(to.pk), "filename": "counts.csv", **values}
    return call("post", "/uploads/", **{"Upload-Length": str(length), "Upload-Metadata": metadata(**given), **headers})


def begun(headers: dict[str, str], study: Study, length: int = len(DATA), **values: Any) -> str:
    answer = create(headers, study, length, **values)
    assert answer.status_code == 201, answer.text
    return str(answer["Location"])


def patch(headers: dict[str, str], place: str, data: bytes, offset: object = 0, **more: str) -> HttpResponse:
    return call("patch", place, data, BYTES, **{"Upload-Offset": str(offset), **headers, **more})


def head(headers: dict[str, str], place: str) -> HttpResponse:
    return call("head", place, **headers)


def test_options_tell_what_the_server_can_do(settings: Any) -> None:
    settings.MAX_UPLOAD_BYTES = 1234
    answer = call("options", "/uploads/")
    assert answer.status_code == 204
    assert answer["Tus-Version"] == "1.0.0"
    assert answer["Tus-Max-Size"] == "1234"
    assert set(answer["Tus-Checksum-Algorithm"].split(",")) == {"sha1", "sha256"}
    extensions = {"creation", "creation-with-upload", "checksum", "expiration", "termination"}
    assert set(answer["Tus-Extension"].split(",")) == extensions


def test_an_upload_in_pieces(headers: dict[str, str], study: Study) -> None:
    place = begun(headers, study, sha256=hashlib.sha256(DATA).hexdigest())
    first = patch(headers, place, DATA[:5])
    assert (first.status_code, first["Upload-Offset"], first["Tus-Resumable"]) == (204, "5", "1.0.0")
    assert "Upload-Expires" in first
    stand = head(headers, place)
    assert (stand.status_code, stand["Upload-Offset"], stand["Upload-Length"]) == (200, "5", str(len(DATA)))
    assert stand["Cache-Control"] == "no-store"
    assert not File.objects.exists()
    assert patch(headers, place, DATA[5:], 5).status_code == 204
    assert head(headers, place)["Upload-Offset"] == str(len(DATA))
    file = File.objects.get(study=study)
    assert (file.path, file.stored.bytes) == ("counts.csv", len(DATA))
    jobs.run_queued(study.pk)
    file.refresh_from_db()
    assert file.state == File.State.PLAIN


def test_the_bytes_may_come_with_the_creation(headers: dict[str, str], study: Study) -> None:
    given = {
        "Upload-Length": str(len(DATA)),
        "Upload-Metadata": metadata(study=str(study.pk), filename="counts.csv"),
        **headers,
    }
    answer = call("post", "/uploads/", DATA, BYTES, **given)
    assert (answer.status_code, answer["Upload-Offset"]) == (201, str(len(DATA)))
    assert File.objects.get(study=study).stored.bytes == len(DATA)


def test_a_file_of_no_bytes(headers: dict[str, str], study: Study) -> None:
    place = begun(headers, study, 0, filename="empty.tif")
    assert head(headers, place)["Upload-Offset"] == "0"
    jobs.run_queued(study.pk)
    file = File.objects.get(study=study)
    assert (file.state, "0 bytes" in file.problem) == (File.State.FAILED, True)


def test_an_offset_at_which_the_server_does_not_stand(headers: dict[str, str], study: Study) -> None:
    place = begun(headers, study)
    patch(headers, place, DATA[:5])
    for offset in (0, 4, 6, 10**17):
        found = problem_of(patch(headers, place, DATA[5:], offset), 409)
        assert "counts.csv: 5 bytes are here" in found["detail"]
    assert head(headers, place)["Upload-Offset"] == "5"


@pytest.mark.parametrize("offset", ["", "x", "-1", "1.0", "²", "9" * 30])
def test_an_offset_that_is_none(headers: dict[str, str], study: Study, offset: str) -> None:
    problem_of(patch(headers, begun(headers, study), DATA, offset), 400)


def test_another_version_of_the_protocol(headers: dict[str, str], study: Study) -> None:
    place = begun(headers, study)
    for version in ("0.2.2", "1.0.1", ""):
        for method in ("head", "patch", "delete"):
            answer = call(method, place, DATA, BYTES, **{**headers, "Tus-Resumable": version})
            problem_of(answer, 412)
            assert answer["Tus-Version"] == "1.0.0"
    assert Upload.objects.count() == 1


def test_a_wrong_checksum_keeps_nothing_of_the_piece(headers: dict[str, str], study: Study) -> None:
    place = begun(headers, study)
    digest = base64.b64encode(hashlib.sha1(b"other", usedforsecurity=False).digest()).decode()
    answer = patch(headers, place, DATA, **{"Upload-Checksum": f"sha1 {digest}"})
    found = problem_of(answer, 460)
    assert found["file"] == "counts.csv"
    assert head(headers, place)["Upload-Offset"] == "0"
    right = base64.b64encode(hashlib.sha256(DATA).digest()).decode()
    assert patch(headers, place, DATA, **{"Upload-Checksum": f"sha256 {right}"}).status_code == 204


@pytest.mark.parametrize("checksum", ["md5 AAAA", "sha1", "sha1 ***", "sha256 AAAA", "\xff"])
def test_a_checksum_that_is_none(headers: dict[str, str], study: Study, checksum: str) -> None:
    place = begun(headers, study)
    problem_of(patch(headers, place, DATA, **{"Upload-Checksum": checksum}), 400, 460)
    assert head(headers, place)["Upload-Offset"] == "0"


def test_the_sha256_of_the_whole_file_is_checked(headers: dict[str, str], study: Study) -> None:
    place = begun(headers, study, sha256="0" * 64)
    found = problem_of(patch(headers, place, DATA), 460)
    assert "upload it again" in found["detail"]
    problem_of(head(headers, place), 404)
    assert not File.objects.exists()


def test_more_bytes_than_announced(headers: dict[str, str], study: Study) -> None:
    place = begun(headers, study)
    found = problem_of(patch(headers, place, DATA + b"more"), 400, 413)
    assert found["file"] == "counts.csv"
    assert not File.objects.exists()


def test_larger_than_the_site_takes(headers: dict[str, str], study: Study, settings: Any) -> None:
    settings.MAX_UPLOAD_BYTES = 10
    found = problem_of(create(headers, study), 413)
    assert (found["file"], found["field"]) == ("counts.csv", "length")
    assert not Upload.objects.exists()


@pytest.mark.parametrize("length", ["", "x", "-1", "1e3", "²", "9" * 30])
def test_a_length_that_is_none(headers: dict[str, str], study: Study, length: str) -> None:
    problem_of(create(headers, study, length), 400)
    assert not Upload.objects.exists()


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"filename": "../../etc/passwd"}, "path"),
        ({"filename": "/etc/passwd"}, "path"),
        ({"filename": "a\\..\\b.tif"}, "path"),
        ({"filename": "a\x00.tif"}, "path"),
        ({"filename": ""}, "path"),
        ({"filename": "x" * 300}, "path"),
        ({"relativePath": "a/../../b.tif"}, "path"),
        ({"sha256": "beef"}, "sha256"),
        ({"study": "not-an-id"}, ""),
        ({"relativePath": "a.zarr/0"}, "folderFiles"),
        ({"relativePath": "a.zarr/0", "folderFiles": "-3"}, ""),
    ],
)
def test_metadata_that_cannot_be_taken(
    headers: dict[str, str], study: Study, values: dict[str, str], field: str
) -> None:
    found = problem_of(create(headers, study, **values), 400)
    assert found.get("field", "") == field
    assert not Upload.objects.exists()


@pytest.mark.parametrize("header", ["study", "study ***", "study gICA", ",,,", "a b c", "\xff"])
def test_a_metadata_header_that_is_none(headers: dict[str, str], header: str) -> None:
    problem_of(call("post", "/uploads/", **{"Upload-Length": "1", "Upload-Metadata": header, **headers}), 400)


def test_of_another_person_it_is_not_there(headers: dict[str, str], study: Study) -> None:
    place = begun(headers, study)
    others: list[User] = [factory.user(), factory.curator()]
    for other in [bearer(person) for person in others] + [{"Tus-Resumable": "1.0.0"}]:
        for answer in (head(other, place), patch(other, place, DATA), call("delete", place, **other)):
            problem_of(answer, 404)
    assert head(headers, place)["Upload-Offset"] == "0"
    problem_of(create(bearer(others[0]), study), 404)


def test_a_token_that_only_reads_uploads_nothing(study: Study, headers: dict[str, str]) -> None:
    reading = bearer(study.owner, may_write=False)
    problem_of(create(reading, study), 403)
    place = begun(headers, study)
    problem_of(patch(reading, place, DATA), 403)
    problem_of(call("delete", place, **reading), 403)
    assert head(headers, place)["Upload-Offset"] == "0"


def test_to_a_study_that_is_locked(headers: dict[str, str]) -> None:
    study = factory.submitted()
    owner = bearer(study.owner)
    problem_of(create(owner, study), 409)


def test_a_study_that_was_submitted_meanwhile(settings: Any) -> None:
    study = factory.study()
    owner = bearer(study.owner)
    place = begun(owner, study)
    from_before = study.files.count()
    problem_of(call("post", f"/api/v1/studies/{uuid.uuid4()}/submit", **owner), 404)
    assert call("post", f"/api/v1/studies/{study.pk}/submit", **owner).status_code == 200
    problem_of(patch(owner, place, DATA), 409)
    assert study.files.count() == from_before


def test_unknown_ended_and_expired_ones(headers: dict[str, str], study: Study) -> None:
    problem_of(head(headers, f"/uploads/{uuid.uuid4()}"), 404)
    place = begun(headers, study)
    assert call("delete", place, **headers).status_code == 204
    for answer in (head(headers, place), patch(headers, place, DATA), call("delete", place, **headers)):
        problem_of(answer, 404)
    place = begun(headers, study)
    Upload.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert uploads.expire() == 1
    problem_of(head(headers, place), 404)


def test_two_that_send_at_once(headers: dict[str, str], study: Study) -> None:
    place = begun(headers, study)
    upload = Upload.objects.get()
    with uploads._locked(upload):
        found = problem_of(patch(headers, place, DATA), 409)
    assert "by another request" in found["detail"]
    assert patch(headers, place, DATA).status_code == 204


def test_a_server_that_stopped_after_the_last_byte(headers: dict[str, str], study: Study) -> None:
    """All bytes are there, but nobody came to make a file of them: asking how far it is does."""
    place = begun(headers, study)
    uploads.append(Upload.objects.get(), 0, io.BytesIO(DATA))
    assert not File.objects.exists()
    assert head(headers, place)["Upload-Offset"] == str(len(DATA))
    assert File.objects.get(study=study).path == "counts.csv"
    assert head(headers, place).status_code == 200
    assert File.objects.count() == 1


def test_bytes_that_are_sent_as_something_else(headers: dict[str, str], study: Study) -> None:
    place = begun(headers, study)
    answer = call("patch", place, DATA, "application/json", **{"Upload-Offset": "0", **headers})
    problem_of(answer, 400, 415)
    assert head(headers, place)["Upload-Offset"] == "0"
