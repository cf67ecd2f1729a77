"""Bad files: each says what is wrong with which part of it, and leaves the rest of the deposit alone."""

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tifffile

from base import jobs
from base.models import Job
from catalogue import files
from catalogue.models import Channel, File, Image, Instrument, KeyValue, Study, Suggestion
from tests import factory

pytestmark = [pytest.mark.both, pytest.mark.django_db]


def tiff(**options: object) -> bytes:
    out = io.BytesIO()
    tifffile.imwrite(out, np.arange(64 * 64, dtype=np.uint16).reshape(64, 64), **options)  # type: ignore[arg-type]
    return out.getvalue()


def truncated() -> bytes:
    return tiff()[:3000]


def broken_xml() -> bytes:
    return tiff(ome=True).replace(b"<Pixels ", b"<Pixels <")


def bomb() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zarr.json", json.dumps({"zarr_format": 3, "node_type": "group"}))
        archive.writestr("0/c/0/0", bytes(64 << 20))
    return out.getvalue()


def leaving_zip() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("zarr.json", "{}")
        archive.writestr("../../escape", "x")
    return out.getvalue()


BAD: tuple[tuple[str, Callable[[], bytes], str, str], ...] = (
    ("truncated.tif", truncated, "", "truncated"),
    ("text.tif", lambda: b"These are notes, not pixels.\n" * 10, "", "TIFF"),
    ("broken.ome.tif", broken_xml, "OME-XML", "line"),
    ("empty.tif", lambda: b"", "file", "0 bytes"),
    ("bomb.zarr.zip", bomb, "zip", "bomb"),
    ("bomb.zip", bomb, "zip", "bomb"),
    ("leaving.zarr.zip", leaving_zip, "zip", "outside"),
    ("no.zarr.zip", lambda: b"PK\x03\x04 and then nothing", "zip", "zip"),
)


def nothing_half_made(study: Study, *good: File) -> None:
    assert set(Image.objects.filter(study=study).values_list("image_files__file", flat=True)) == {f.pk for f in good}
    assert Channel.objects.count() == len(good)
    assert not Instrument.objects.exclude(document__file__in=good).exists()
    assert not Suggestion.objects.exists()
    assert not KeyValue.objects.filter(study=study, entity="file").exclude(entity_id__in=[f.pk for f in good]).exists()


@pytest.mark.parametrize(("name", "make", "field", "reason"), BAD, ids=[name for name, *_ in BAD])
def test_a_bad_file_is_named_with_field_and_reason(
    name: str, make: Callable[[], bytes], field: str, reason: str
) -> None:
    study = factory.draft()
    good = factory.upload(study, "good.tif", tiff())
    bad = factory.upload(study, f"folder/{name}", make())
    last = factory.upload(study, "last.tif", tiff())
    assert good and bad and last  # noqa: PT018
    jobs.run_queued(study.pk)
    bad.refresh_from_db()
    assert bad.state == File.State.FAILED
    assert bad.problem_field.startswith(field)
    assert bad.problem_field
    assert reason in bad.problem
    assert "Traceback" not in bad.problem
    assert "/" + str(bad.stored_id) not in bad.problem  # no path of the server
    nothing_half_made(study, good, last)
    states = dict(File.objects.filter(study=study).values_list("path", "state"))
    assert (states["good.tif"], states["last.tif"]) == (File.State.READ, File.State.READ)
    assert not Job.objects.exclude(state=Job.State.DONE).exists()


def test_a_zarr_without_metadata_says_so() -> None:
    study = factory.draft()
    bad = factory.upload(study, "set.zarr/0/c/0/0", b"chunk", folder_files=1)
    assert bad is not None
    jobs.run_queued(study.pk)
    bad.refresh_from_db()
    assert (bad.path, bad.state) == ("set.zarr", File.State.FAILED)
    assert "zarr.json" in bad.problem_field + bad.problem
    nothing_half_made(study)


@pytest.mark.parametrize(
    ("held", "said"),
    [("tables/counts.csv", ""), ("plate/B07.dcm", "x.zip holds images, such as plate/B07.dcm. They are not read")],
)
def test_a_zip_that_is_no_zarr_is_kept_as_it_is(held: str, said: str) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("README", "What is in here")
        archive.writestr(held, "well,count\nB7,12\n")
    study = factory.draft()
    file = factory.upload(study, "x.zip", out.getvalue())
    assert file is not None
    jobs.run_queued(study.pk)
    file.refresh_from_db()
    assert (file.state, file.format) == (File.State.PLAIN, "application/zip")
    assert file.warnings.startswith(said)
    assert bool(file.warnings) == bool(said)


def test_an_empty_text_is_kept_with_a_warning() -> None:
    study = factory.draft()
    file = factory.upload(study, "notes.txt", b"")
    jobs.run_queued(study.pk)
    assert file is not None
    file.refresh_from_db()
    assert (file.state, file.warnings) == (File.State.PLAIN, "notes.txt is empty (0 bytes).")


def test_a_fault_of_the_site_is_said_at_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: object) -> None:
        raise KeyError("inner workings")

    study = factory.draft()
    file = factory.upload(study, "good.tif", tiff())
    monkeypatch.setattr("catalogue.reading.job.write_rows", fail)
    jobs.run_queued(study.pk)
    assert file is not None
    file.refresh_from_db()
    job = Job.objects.get(target=study.pk)
    assert file.state == File.State.FAILED
    assert str(job.pk) in file.problem
    assert "inner workings" not in file.problem + job.error
    nothing_half_made(study)


def test_a_file_in_place_that_went_away_says_so(tmp_path: Path, settings: object) -> None:
    settings.REGISTER_ROOTS = [tmp_path.resolve()]  # type: ignore[attr-defined]
    study = factory.draft()
    place = tmp_path / "a.tif"
    place.write_bytes(tiff())
    (file,) = files.register_in_place(actor=factory.actor(study.owner), study_id=study.pk, path=str(place))
    place.rename(tmp_path / "elsewhere.tif")
    jobs.run_queued(study.pk)
    file.refresh_from_db()
    assert file.state == File.State.FAILED
    assert "a.tif is not there" in file.problem
