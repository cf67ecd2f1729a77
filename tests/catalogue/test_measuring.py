"""Images are measured after they were read, and a draft is shown by what was found."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

from base import jobs
from base.errors import StorageError
from base.jobs import Progress
from base.models import Job, StoredFile
from base.storage import storage_for
from catalogue import files, measuring
from catalogue.access import Actor
from catalogue.models import Channel, File, Image, Representation, Study
from catalogue.reading.prepare import thumbnail_key
from tests import factory

pytestmark = pytest.mark.django_db


@pytest.fixture
def study(settings: Any, tmp_path: Path) -> Study:
    settings.REGISTER_ROOTS = [tmp_path.resolve()]
    return factory.draft()


def registered(study: Study, path: Path) -> File:
    (file,) = files.register_in_place(actor=Actor(study.owner), study_id=study.pk, path=str(path))
    return file


def stack(path: Path) -> np.ndarray:
    """A stack (z, c, y, x) whose middle plane, which is sampled at first, is darker than the others."""
    pixels = np.random.default_rng(5).integers(100, 1000, (5, 2, 80, 80), np.uint16)
    pixels[4] *= 10
    tifffile.imwrite(path, pixels, imagej=True, metadata={"axes": "ZCYX"})
    return pixels


def windows(image: Image) -> list[tuple[float | None, float | None]]:
    rows = Channel.objects.filter(image=image).order_by("index")
    return list(rows.values_list("window_start", "window_end"))


def is_measured(image: Image) -> bool:
    try:
        storage_for(StoredFile.Backend.STORE).local_path(measuring.statistics_key(image.pk))
    except StorageError:
        return False
    return True


def found_of(image: Image) -> dict[str, Any]:
    with storage_for(StoredFile.Backend.STORE).open(measuring.statistics_key(image.pk)) as file:
        document: dict[str, Any] = json.load(file)
    return document


def test_reading_a_file_has_it_measured_and_its_contrast_set(study: Study, tmp_path: Path) -> None:
    pixels = stack(tmp_path / "stack.tif")
    registered(study, tmp_path / "stack.tif")
    jobs.run_job(Job.objects.get().pk)
    image = Image.objects.get()
    assert all(high is not None and high < 1000 for _, high in windows(image))
    with storage_for(StoredFile.Backend.STORE).open(thumbnail_key(image.pk)) as file:
        before = file.read()
    assert jobs.run_queued(study.pk) == 1
    assert set(Job.objects.values_list("kind", "state")) == {("read-file", "done"), ("measure-images", "done")}
    channels = found_of(image)["channels"]
    for index, (low, high) in enumerate(windows(image)):
        level = channels[index]["levels"][0]
        assert (level["minimum"], level["maximum"]) == (pixels[:, index].min(), pixels[:, index].max())
        assert (low, high) == (level["percentiles"][0], level["percentiles"][-1])
        assert high is not None
        assert high > 9000
    with storage_for(StoredFile.Backend.STORE).open(thumbnail_key(image.pk)) as file:
        assert file.read() != before


def test_a_plane_that_would_be_black_beside_the_others_keeps_its_own_contrast(study: Study, tmp_path: Path) -> None:
    pixels = np.random.default_rng(5).integers(100, 1000, (5, 80, 80), np.uint16)
    pixels[0] *= 60  # as the peak of a spectrum, whose middle is shown
    tifffile.imwrite(tmp_path / "spectrum.tif", pixels, imagej=True, metadata={"axes": "ZYX"})
    registered(study, tmp_path / "spectrum.tif")
    jobs.run_queued(study.pk)
    ((_, high),) = windows(Image.objects.get())
    assert high == pytest.approx(np.percentile(pixels[2], 99.9))


def test_contrast_that_somebody_chose_stays(study: Study, tmp_path: Path) -> None:
    stack(tmp_path / "stack.tif")
    registered(study, tmp_path / "stack.tif")
    jobs.run_job(Job.objects.get().pk)
    Channel.objects.filter(index=0).update(window_start=5, window_end=77)
    jobs.run_queued(study.pk)
    chosen, measured = windows(Image.objects.get())
    assert chosen == (5, 77)
    assert measured[1] is not None
    assert measured[1] > 9000


def test_rgb_keeps_its_colours(study: Study, tmp_path: Path) -> None:
    pixels = np.random.default_rng(2).integers(60, 200, (50, 60, 3), np.uint8)
    tifffile.imwrite(tmp_path / "rgb.tif", pixels, photometric="rgb")
    registered(study, tmp_path / "rgb.tif")
    jobs.run_queued(study.pk)
    assert windows(Image.objects.get()) == [(0, 255)] * 3


def test_a_file_that_goes_meanwhile_or_changes_harms_nothing(study: Study, tmp_path: Path) -> None:
    stack(tmp_path / "stack.tif")
    file = registered(study, tmp_path / "stack.tif")
    jobs.run_job(Job.objects.get().pk)
    image = Image.objects.get()
    with (tmp_path / "stack.tif").open("ab") as changed:
        changed.write(b"more")
    jobs.run_queued(study.pk)
    assert set(Job.objects.values_list("state", flat=True)) == {"done"}
    assert not is_measured(image)
    files.remove(actor=Actor(study.owner), study_id=study.pk, file_id=file.pk)
    measuring.start(file.pk)
    assert not Job.objects.filter(state=Job.State.QUEUED).exists()


def test_what_was_given_is_measured_and_not_what_was_made_of_it(study: Study, tmp_path: Path) -> None:
    stack(tmp_path / "stack.tif")
    registered(study, tmp_path / "stack.tif")
    jobs.run_job(Job.objects.get().pk)
    given = Representation.objects.get()
    lost = StoredFile.objects.create(backend="store", key="conversions/1/a.ome.zarr", owner=study.owner)
    Representation.objects.create(pk=-1, image=given.image, stored=lost, table="lost", is_generated=True)
    jobs.run_queued(study.pk)
    assert is_measured(given.image)


def test_it_goes_on_after_the_last_one_measured(study: Study, tmp_path: Path) -> None:
    stack(tmp_path / "stack.tif")
    file = registered(study, tmp_path / "stack.tif")
    jobs.run_job(Job.objects.get().pk)
    image = Image.objects.get()
    row = Job(kind="measure-images", target=study.pk, payload={"file": str(file.pk)})
    row.checkpoint = {"done": 1, "last": str(image.pk)}
    measuring.measure_images(Progress(row))
    assert not is_measured(image)
