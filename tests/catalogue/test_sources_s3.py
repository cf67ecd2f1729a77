"""Objects of a bucket that is others' are registered where they lie: read, served by ranges, and never written."""

import io
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from base import jobs
from base.errors import Invalid, StorageError
from base.ids import new_id
from base.models import StoredFile
from base.storage import S3Storage, storage_for
from base.tiers import moves, rules
from catalogue import files
from catalogue.access import Actor
from catalogue.models import File, Image, Study
from tests import factory
from tests.base.s3 import bucket_of, s3_options
from tests.portal.api_calls import bearer, call, problem_of
from tests.publishing.delivered import CELLS_ZARR, NF1
from tests.publishing.test_delivery_stores import Client

pytestmark = pytest.mark.django_db(transaction=True)  # the delivery closes idle connections by itself
NAME = Path(NF1).name


@pytest.fixture
def prefix(shared: Path, settings: Any, tmp_path: Path, s3_url: str) -> str:
    """A source with a TIFF, a Zarr, a hidden object and a note; gives its address."""
    settings.DATA = tmp_path / "data"
    bucket, samples = bucket_of(s3_url), shared / "samples"
    place = f"tests/{new_id()}"
    writing = S3Storage("writing", bucket, place, s3_options(s3_url))
    writing.write(f"lab/day 1/{NAME}", [(samples / NF1).read_bytes()])
    writing.write("lab/day 1/.hidden", [b"?"])
    writing.write("lab/notes.txt", [b"a note"])
    for file in sorted((samples / CELLS_ZARR).rglob("*")):
        if file.is_file():
            writing.write(f"lab/cells.zarr/{file.relative_to(samples / CELLS_ZARR).as_posix()}", [file.read_bytes()])
    settings.STORE_OPTIONS = {f"PUBLIC_{name.upper()}": value for name, value in s3_options(s3_url).items()}
    settings.STORES = f"public:source=s3://{bucket}/{place}"
    return f"s3://{bucket}/{place}"


@pytest.fixture
def study() -> Study:
    return factory.study(images=0)


def register(study: Study, path: str) -> list[str]:
    found = files.register_in_place(actor=Actor(study.owner), study_id=study.pk, path=path)
    return sorted(file.path for file in found)


def test_all_below_a_key_is_registered_read_and_served_by_ranges(study: Study, prefix: str) -> None:
    assert register(study, "public:lab") == ["lab/cells.zarr", f"lab/day 1/{NAME}", "lab/notes.txt"]
    jobs.run_queued(study.pk)
    assert set(File.objects.filter(study=study).values_list("problem", flat=True)) == {""}
    assert not StoredFile.objects.filter(study_files__study=study, sha256="").exists()
    client = Client(study)
    for image in Image.objects.filter(study=study):
        status, headers, body = client.get(f"/data/{image.pk}/ome-zarr-0.5/0/c/0/0/0/0/0")
        assert (status, headers.get("X-Vitrine-Copied")) == (200, None)
        assert body
    note = File.objects.select_related("stored").get(study=study, path="lab/notes.txt")
    assert client.get(f"/data/files/{note.pk}")[::2] == (200, b"a note")
    (size, _), key = storage_for("public").stat(note.stored.key), note.stored.key
    assert size == 6
    files.remove(actor=Actor(study.owner), study_id=study.pk, file_id=note.pk)
    assert storage_for("public").size(key) == 6  # it stays where it lies


def test_one_object_or_zarr_by_its_address(study: Study, prefix: str) -> None:
    assert register(study, f"{prefix}/lab/notes.txt") == ["notes.txt"]
    assert register(study, f"{prefix}/lab/cells.zarr/") == ["cells.zarr"]
    stored = StoredFile.objects.get(key="lab/cells.zarr")
    assert (stored.backend, stored.is_folder) == ("public", True)


def test_what_cannot_be_registered_is_said(study: Study, prefix: str) -> None:
    with pytest.raises(StorageError, match="nothing"):
        register(study, "public:nothing")
    for path in ("public:lab/../lab", "public:lab//notes.txt", "s3://elsewhere/lab"):
        with pytest.raises(Invalid, match=r"no key that can|in no store"):
            register(study, path)
    assert not StoredFile.objects.exists()


def test_a_source_is_never_written(study: Study, prefix: str) -> None:
    register(study, "public:lab/notes.txt")
    stored, storage = StoredFile.objects.get(), storage_for("public")
    for change in (lambda: storage.write("x", [b""]), lambda: storage.delete(stored.key)):
        with pytest.raises(StorageError, match="never changes"):
            change()
    with pytest.raises(Invalid, match="registered in place"):
        moves.start_move(stored_id=stored.pk, to="store", reason="")
    with pytest.raises(Invalid, match="never written by this site"):
        rules.add_rule(by=None, from_store="store", to_store="public", days_since_access=1)


def test_command_and_api(study: Study, prefix: str) -> None:
    out = io.StringIO()
    call_command("register", str(study.pk), "public:lab/notes.txt", stdout=out)
    assert "1 file registered" in out.getvalue()
    address = f"/api/v1/studies/{study.pk}/files"
    answer = call("post", address, {"path": "public:lab/day 1"}, **bearer(study.owner))
    assert (answer.status_code, NAME in answer.text) == (201, True)
    problem_of(call("post", address, {"path": "s3://elsewhere/x"}, **bearer(study.owner)), 400)
