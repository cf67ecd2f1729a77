"""Resumable uploads, broken off in every way that tests can."""

import fcntl
import hashlib
import io
import uuid
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from base import uploads
from base.errors import Conflict, Invalid, NotFound, TooLarge
from base.models import StoredFile, Upload, UploadFolder
from base.storage import path_of
from base.uploads import Checksum, ChecksumMismatch, UploadError
from tests import factory

pytestmark = [pytest.mark.both, pytest.mark.django_db]
DATA = bytes(range(256)) * 20


def begin(path: str = "plate/a.tif", length: int = len(DATA), **fields: object) -> Upload:
    target = fields.pop("target", None) or uuid.uuid4()
    return uploads.create(owner=factory.user(), target=target, path=path, length=length, **fields)  # type: ignore[arg-type]


def send(upload: Upload, offset: int, data: bytes, checksum: Checksum | None = None) -> int:
    return uploads.append(Upload.objects.get(pk=upload.pk), offset, io.BytesIO(data), checksum).received


def stored_bytes(upload: Upload) -> bytes:
    stored = uploads.finish(upload)
    assert stored is not None
    return path_of(stored).read_bytes()


class BrokenOff(io.BytesIO):
    """A request whose client goes away after the bytes it has."""

    def read(self, size: int | None = -1, /) -> bytes:
        data = super().read(size)
        if not data:
            raise ConnectionResetError("gone")
        return data


@given(cuts=st.lists(st.integers(0, len(DATA)), max_size=5).map(sorted))
@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
def test_any_cut_into_requests_gives_the_file(cuts: list[int]) -> None:
    upload = begin(sha256=hashlib.sha256(DATA).hexdigest())
    at = 0
    for end in [*cuts, len(DATA)]:
        at = send(upload, at, DATA[at:end])
        assert at == end
    assert stored_bytes(upload) == DATA


def test_goes_on_after_a_client_that_went_away() -> None:
    upload = begin()
    with pytest.raises(Exception, match=r"a\.tif"):
        uploads.append(upload, 0, BrokenOff(DATA[:1000]))
    upload.refresh_from_db()
    assert upload.received == 1000
    assert send(upload, 1000, DATA[1000:]) == len(DATA)
    assert stored_bytes(upload) == DATA


def test_bytes_that_were_never_acknowledged_are_cut_off() -> None:
    upload = begin()
    send(upload, 0, DATA[:100])
    with uploads.part_path(upload).open("ab") as part:
        part.write(b"written, then the server died before it said so")
    send(upload, 100, DATA[100:])
    assert stored_bytes(upload) == DATA


def test_a_wrong_offset_is_a_conflict() -> None:
    upload = begin()
    send(upload, 0, DATA[:100])
    for offset in (0, 99, 101):
        with pytest.raises(Conflict, match="100 bytes are here") as caught:
            send(upload, offset, DATA[offset:])
        assert caught.value.field == "offset"


def test_two_requests_at_once_are_a_conflict() -> None:
    upload = begin()
    send(upload, 0, DATA[:10])
    with uploads.part_path(upload).open("rb") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(Conflict, match="another request"):
            send(upload, 10, DATA[10:])
    assert send(upload, 10, DATA[10:]) == len(DATA)


def test_more_bytes_than_announced_are_refused() -> None:
    upload = begin(length=100)
    with pytest.raises(UploadError, match="more bytes came than the 100"):
        send(upload, 0, DATA)
    assert send(upload, 0, DATA[:100]) == 100


@pytest.mark.parametrize("algorithm", uploads.CHECKSUMS)
def test_a_checked_request_counts_only_if_it_is_right(algorithm: str) -> None:
    upload = begin()
    right = Checksum(algorithm, hashlib.new(algorithm, DATA).digest())
    with pytest.raises(ChecksumMismatch) as caught:
        send(upload, 0, DATA[:-1] + b"!", right)
    assert caught.value.field == "checksum"
    upload.refresh_from_db()
    assert upload.received == 0
    assert send(upload, 0, DATA, right) == len(DATA)
    assert stored_bytes(upload) == DATA


def test_an_unknown_checksum_is_refused() -> None:
    with pytest.raises(UploadError, match="use one of sha1, sha256"):
        send(begin(), 0, DATA, Checksum("md5", b""))


def test_a_file_that_differs_from_its_sha256_is_not_taken() -> None:
    upload = begin(sha256="0" * 64)
    send(upload, 0, DATA)
    with pytest.raises(ChecksumMismatch, match=r"plate/a\.tif.*upload it again"):
        uploads.finish(upload)
    assert not StoredFile.objects.exists()
    assert not Upload.objects.exists()
    assert not uploads.part_path(upload).exists()


def test_finishing_needs_all_bytes_and_may_be_repeated() -> None:
    upload = begin()
    send(upload, 0, DATA[:-1])
    with pytest.raises(Conflict, match="1 bytes are still to come"):
        uploads.finish(upload)
    send(upload, len(DATA) - 1, DATA[-1:])
    first = uploads.finish(upload)
    assert first is not None
    assert uploads.finish(upload) == first
    assert (first.bytes, first.is_folder, path_of(first).name) == (len(DATA), False, "a.tif")
    with pytest.raises(Conflict):
        send(upload, len(DATA), b"")


def test_finishing_goes_on_after_a_crash_between_move_and_commit() -> None:
    upload = begin()
    send(upload, 0, DATA)

    def die(stored: StoredFile) -> None:
        raise RuntimeError("killed")

    with pytest.raises(RuntimeError):
        uploads.finish(upload, then=die)
    assert not StoredFile.objects.exists()
    assert stored_bytes(Upload.objects.get(pk=upload.pk)) == DATA


def test_an_empty_file_is_complete_at_once() -> None:
    assert stored_bytes(begin(length=0)) == b""


def test_limits(settings: object) -> None:
    settings.MAX_UPLOAD_BYTES = 1000  # type: ignore[attr-defined]
    with pytest.raises(TooLarge, match="at most 1000") as caught:
        begin(length=1001)
    assert caught.value.field == "length"
    for wrong in ({"length": -1}, {"sha256": "abc"}, {"sha256": "g" * 64}):
        with pytest.raises(UploadError):
            begin(**{"length": 10, **wrong})  # type: ignore[arg-type]
    with pytest.raises(Invalid, match=r"“\.\.”"):
        begin(path="../a.tif", length=10)
    assert not Upload.objects.exists()


def test_an_upload_can_be_ended() -> None:
    upload = begin()
    send(upload, 0, DATA[:10])
    uploads.terminate(upload)
    assert not uploads.part_path(upload).exists()
    with pytest.raises(NotFound):
        uploads.append(upload, 10, io.BytesIO(DATA[10:]))
    assert not uploads.part_path(upload).exists()


def test_what_gets_no_bytes_expires() -> None:
    old, fresh = begin("old.tif"), begin("fresh.tif")
    lost = begin("b.zarr/zarr.json", 2, folder_files=2)
    send(old, 0, DATA[:10])
    send(lost, 0, b"{}")
    uploads.finish(lost)
    later = timezone.now() + uploads.LIFETIME + timedelta(seconds=1)
    Upload.objects.filter(pk=fresh.pk).update(expires_at=later + timedelta(days=1))
    assert uploads.expire(later) == 2
    assert [upload.path for upload in Upload.objects.all()] == ["fresh.tif"]
    assert not uploads.part_path(old).exists()
    assert not UploadFolder.objects.exists()


ZARR = {"a/b.zarr/zarr.json": b"{}", "a/b.zarr/0/zarr.json": b"{ }", "a/b.zarr/0/c/0/0": b"chunk"}


def test_a_folder_is_one_file_when_all_of_it_is_there() -> None:
    target = uuid.uuid4()
    arrived = []
    for path, data in ZARR.items():
        upload = begin(path, len(data), target=target, folder_files=len(ZARR))
        send(upload, 0, data)
        arrived.append(uploads.finish(upload))
    assert arrived[:2] == [None, None]
    stored = arrived[2]
    assert stored is not None
    assert (stored.is_folder, stored.file_count, stored.bytes) == (True, 3, 10)
    place = path_of(stored)
    assert place.name == "b.zarr"
    assert {f"a/b.zarr/{file.relative_to(place)}" for file in place.rglob("*") if file.is_file()} == set(ZARR)
    assert Path(place / "0/c/0/0").read_bytes() == b"chunk"
    assert StoredFile.objects.count() == 1


def test_a_folder_must_be_announced_and_all_its_files_alike() -> None:
    target = uuid.uuid4()
    with pytest.raises(UploadError, match="folderFiles") as caught:
        begin("b.zarr/zarr.json", 2, target=target)
    assert caught.value.field == "folderFiles"
    begin("b.zarr/zarr.json", 2, target=target, folder_files=3)
    with pytest.raises(Conflict, match="with 3 files, now with 4"):
        begin("b.zarr/0/zarr.json", 2, target=target, folder_files=4)


def test_a_file_of_a_folder_counts_once() -> None:
    target = uuid.uuid4()
    for _ in range(2):
        upload = begin("b.zarr/zarr.json", 2, target=target, folder_files=2)
        send(upload, 0, b"{}")
        if _:
            with pytest.raises(Conflict, match="already arrived"):
                uploads.finish(upload)
        else:
            assert uploads.finish(upload) is None
    assert UploadFolder.objects.get().arrived == 1
