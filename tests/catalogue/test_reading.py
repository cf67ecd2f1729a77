"""Real files become rows: what a file says is there to be found, shown and offered."""

import shutil
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import simplejpeg
import tifffile
from django.db.models import Count
from django.utils import timezone

from base import jobs
from base.jobs import ClaimLost, Progress
from base.models import Job, StoredFile
from base.storage import manifest_key, path_of, storage_for
from base.tiers import fixity
from catalogue import files
from catalogue.access import Actor
from catalogue.models import (
    Channel,
    File,
    Image,
    ImageFile,
    Instrument,
    KeyText,
    KeyValue,
    PlaneTable,
    ReviewRound,
    Study,
    Suggestion,
)
from catalogue.ome.columns import unpacked
from catalogue.reading.job import read_file
from catalogue.reading.prepare import thumbnail_key
from catalogue.services.facts import facts_of
from imaging.source import open_source
from tests import factory

pytestmark = [pytest.mark.both, pytest.mark.django_db]


@pytest.fixture
def study() -> Study:
    return factory.draft()


@pytest.fixture(autouse=True)
def _roots(settings: Any, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    roots = [tmp_path]
    if "shared" in request.fixturenames:
        roots.append(request.getfixturevalue("shared"))
    settings.REGISTER_ROOTS = [root.resolve() for root in roots]


def in_place(study: Study, *paths: Path) -> list[File]:
    """The files at these places, registered and read."""
    found: list[File] = []
    for path in paths:
        found += files.register_in_place(actor=Actor(study.owner), study_id=study.pk, path=str(path))
    return read(study, found)


def read(study: Study, found: list[File]) -> list[File]:
    jobs.run_queued(study.pk)
    assert not Job.objects.exclude(state=Job.State.DONE).exists()
    return [File.objects.select_related("stored").get(pk=file.pk) for file in found]


def images_of(file: File) -> list[Image]:
    return list(Image.objects.filter(image_files__file=file).select_related("pixels").order_by("position"))


def key_values(entity: Image | File) -> dict[str, str]:
    rows = KeyValue.objects.filter(entity_id=entity.pk).select_related("key", "value")
    return {row.key.name: row.value.text for row in rows}


def test_the_41_channels_of_a_mibi_image(study: Study, shared: Path) -> None:
    path = next((shared / "samples/05_multiplexed/mibi_breast").glob("*41ch.ome.tif"))
    (file,) = in_place(study, path)
    assert (file.state, file.format, file.problem) == (File.State.READ, "image/ome-tiff", "")
    assert (file.stored.bytes, len(file.stored.sha256)) == (path.stat().st_size, 64)
    (image,) = images_of(file)
    assert str(image.pixels) == "1024 × 1024 × 1z × 41c × 1t uint8"
    channels = list(image.channels.all())
    assert len(channels) == 41
    assert [channel.name for channel in channels][:3] == ["AR", "CD11c", "CD14"]
    pixels = tifffile.imread(path)
    for channel, plane in zip(channels, pixels, strict=True):  # sampled from the smallest level
        assert channel.window_min is not None
        assert channel.window_end is not None
        assert channel.window_max is not None
        assert plane.min() <= channel.window_min < channel.window_end <= channel.window_max <= plane.max()
    store = storage_for(StoredFile.Backend.STORE)
    representation = image.representations.get()
    assert (representation.format, representation.series) == (
        "image/ome-tiff",
        ImageFile.objects.get(image=image).series,
    )
    source = open_source(path_of(file.stored), representation.series, store.local_path(representation.table))
    assert source.levels[0].shape == (1, 41, 1, 1024, 1024)
    with store.open(thumbnail_key(image.pk)) as thumbnail:
        assert simplejpeg.decode_jpeg(thumbnail.read()).shape == (512, 512, 3)


def test_the_objective_exposures_and_channels_of_a_nikon_file(study: Study, shared: Path) -> None:
    (file,) = in_place(study, shared / "samples/01_fluorescence/ometiff_from_nd2/example-multichannel.ome.tif")
    (image,) = images_of(file)
    assert image.pixels.physical_size_x_um == pytest.approx(0.3234, abs=1e-4)
    assert (image.pixels.physical_size_x_unit, image.pixels.size_c) == ("µm", 4)
    objective = image.objective_settings.get().objective
    assert objective is not None
    assert (objective.model, objective.lens_na, objective.nominal_magnification) == ("Plan Apo λ 20x", 0.75, 20.0)
    assert [channel.name for channel in image.channels.all()] == ["Mono", "DAPI", "FITC BP", "TRITC BP"]
    planes = PlaneTable.objects.get(image=image)
    columns = unpacked("Plane", planes.count, bytes(planes.data), planes.rest)
    assert planes.count == 4
    assert columns.numbers["ExposureTime"].numbers.tolist() == pytest.approx([20, 1000, 1000, 1000], rel=1e-3)
    assert columns.texts["ExposureTimeUnit"].texts() == ["ms"] * 4


def test_suggestions_tell_their_file_and_come_once(study: Study, shared: Path) -> None:
    folder = shared / "samples/01_fluorescence/ometiff_from_nd2"
    in_place(study, folder / "example-multichannel.ome.tif", folder / "example-zstack.ome.tif")
    offered = {(s.module, s.field, s.text): s.source for s in Suggestion.objects.filter(study=study)}
    assert offered["acquisition", "imaging_instrument", "objective Plan Apo λ 20x"] == (
        "example-multichannel.ome.tif: Instrument/Objective"
    )
    assert ("channel", "content", "DAPI") in offered
    assert sum(key[:2] == ("channel", "content") and key[2] == "FITC BP" for key in offered) == 1
    assert any(
        "20× NA 0.75; exposure 500 ms" in text
        for module, field, text in offered
        if field == "image_acquisition_parameters"
    )


def test_the_nf1_set_uploaded_with_tables_and_texts(study: Study, shared: Path) -> None:
    plate = shared / "samples/01_fluorescence/nf1_cellpainting/Plate_2_images"
    texts = shared / "samples/06_study_metadata/nf1"
    paths = sorted(plate.glob("*.tif*"))
    for path in paths:
        factory.upload(study, f"plate/{path.name}", path.read_bytes())
    for path in texts.iterdir():
        factory.upload(study, path.name, path.read_bytes())
    read(study, [])
    states = dict(File.objects.filter(study=study).values_list("state").annotate(Count("pk")))
    pictures = len(list(texts.glob("*.png")))
    assert states == {File.State.READ: 15 + pictures, File.State.PLAIN: len(list(texts.iterdir())) - pictures}
    assert Image.objects.filter(study=study, pixels__size_x=1224, pixels__size_y=904).count() == 15
    assert File.objects.get(path="platemap_NF1_plate2.csv").format == "text/csv"
    assert File.objects.get(path="LICENSE_DATA").warnings == ""
    assert not File.objects.filter(study=study, stored__sha256="").exists()


def test_an_ome_zarr_uploaded_file_by_file(study: Study, shared: Path) -> None:
    folder = shared / "samples/02_omezarr/v05_cells3d_nuclei.zarr"
    (file,) = read(study, [factory.upload_folder(study, "set/cells.zarr", folder)])
    assert (file.path, file.state, file.format) == ("set/cells.zarr", File.State.READ, "image/ome-zarr;version=0.5")
    assert (file.stored.file_count, file.stored.bytes) == (33, 8035836)
    (image,) = images_of(file)
    assert (image.pixels.size_z, image.representations.get().level_count) == (60, 3)
    with storage_for(StoredFile.Backend.STORE).open(manifest_key(file.stored)) as manifest:
        lines = [line.decode().rstrip("\n").split("\t") for line in manifest]
    assert len(lines) == 33
    assert sum(int(size) for _, size, _ in lines) == 8035836
    assert lines == sorted(lines, key=lambda line: line[2].split("/"))


def test_an_ome_zarr_in_a_zip(study: Study, shared: Path, tmp_path: Path) -> None:
    folder = shared / "samples/02_omezarr/v05_cells3d_nuclei.zarr"
    archive = tmp_path / "cells.zarr.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_STORED) as out:
        for place in sorted(folder.rglob("*")):
            out.write(place, f"cells.zarr/{place.relative_to(folder).as_posix()}")
    (file,) = in_place(study, archive)
    assert (file.state, file.problem) == (File.State.READ, "")
    assert images_of(file)[0].pixels.size_z == 60


def test_a_plate_and_a_bioformats2raw_set(study: Study, shared: Path) -> None:
    folder = shared / "samples/02_omezarr"
    plate, movie = in_place(study, folder / "v04_hcs_nf1_plate2.zarr", folder / "v04_mitotic_plate_bioformats2raw.zarr")
    images = images_of(plate)
    assert len(images) == 5
    assert {key_values(image)["well"] for image in images} == {
        image.image_files.get().series.rpartition("/")[0] for image in images
    }
    (mitotic,) = images_of(movie)
    assert (mitotic.pixels.size_z, mitotic.pixels.type) == (6, "uint8")
    assert movie.stored.is_folder


def test_a_whole_folder_of_samples_is_read(study: Study, shared: Path) -> None:
    found = in_place(study, shared / "samples/01_fluorescence")
    assert len(found) > 50
    assert {file.state for file in found} == {File.State.READ}


@pytest.mark.parametrize(
    ("name", "media_type", "said"),
    [
        ("a.avi", "video/x-msvideo", "cannot open AVI files"),
        ("a.xdce", "image/x-ge-incell", "only where Bio-Formats is installed"),
        ("a.klb", "image/x-klb", "KLB files can be opened in the viewer, and their metadata read, only where"),
        ("cells.sldy", "image/x-slidebook-7", "only where Bio-Formats is installed"),
    ],
)
def test_a_format_that_cannot_be_opened_is_kept_with_a_warning(
    study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, media_type: str, said: str
) -> None:
    monkeypatch.delenv("VITRINE_BIOFORMATS_JAR", raising=False)
    (tmp_path / name).write_bytes(b"of a format that nobody reads here")
    (file,) = in_place(study, tmp_path / name)
    assert (file.state, file.format) == (File.State.PLAIN, media_type)
    assert said in file.warnings
    assert file.stored.sha256


def test_what_a_microscope_file_says_is_kept_as_of_an_ome_file(study: Study, shared: Path) -> None:
    (file,) = in_place(study, shared / "samples/03_vendor/nd2/example-multichannel.nd2")
    assert (file.state, file.problem) == (File.State.READ, "")
    image = images_of(file)[0]
    assert image.instrument is not None
    settings = image.objective_settings.get()
    assert settings.objective is not None
    assert settings.objective.lens_na == 0.75
    assert [channel.name for channel in image.channels.order_by("index")] != [""] * image.pixels.size_c
    assert image.planes.count > 0


def table_counts(study: Study) -> dict[str, int]:
    models = (Image, ImageFile, Channel, PlaneTable, Instrument, KeyValue, KeyText, Suggestion, StoredFile)
    return {model.__name__: model._default_manager.count() for model in models}


def again(file: File) -> File:
    files.read_again(actor=Actor(file.study.owner), study_id=file.study_id, file_id=file.pk)
    return read(file.study, [file])[0]


def test_reading_again_changes_nothing_but_mends(study: Study, shared: Path, tmp_path: Path) -> None:
    component = factory.study(study.owner, images=0).studycomponents.get()
    component.study = study
    component.save()
    (file,) = in_place(study, shared / "samples/01_fluorescence/ometiff_from_nd2/example-multichannel.ome.tif")
    files.assign(actor=Actor(study.owner), study_id=study.pk, file_ids=[file.pk], component_id=component.pk)
    before, counts = images_of(file), table_counts(study)
    Channel.objects.filter(image=before[0]).update(name="spoilt")
    again(file)
    after = images_of(file)
    assert [image.pk for image in after] == [image.pk for image in before]
    assert after[0].component_id == component.pk
    assert table_counts(study) == counts
    assert after[0].channels.first().name == "Mono"  # type: ignore[union-attr]


def write_tiff(path: Path, value: int, images: int = 1) -> Path:
    with tifffile.TiffWriter(path, ome=True) as out:
        for number in range(images):
            out.write(np.full((32, 48), value + number, np.uint16), metadata={"axes": "YX", "Name": f"field {number}"})
    return path


def test_changed_bytes_make_a_new_image(study: Study, tmp_path: Path) -> None:
    path = write_tiff(tmp_path / "a.ome.tif", 1)
    (file,) = in_place(study, path)
    before, digest = images_of(file), file.stored.sha256
    write_tiff(path, 2, images=2)
    fixity.have_checked(file.stored)
    jobs.run_queued()
    assert facts_of(study).changed == ("a.ome.tif",)
    file = again(file)
    assert facts_of(study).changed == ()
    after = images_of(file)
    assert len(after) == 2
    assert before[0].pk not in {image.pk for image in after}
    assert file.stored.sha256 != digest
    assert not Image.everything.filter(pk=before[0].pk).exists()


def test_an_image_that_was_published_stays_for_its_version(study: Study, tmp_path: Path) -> None:
    path = write_tiff(tmp_path / "a.ome.tif", 1)
    (file,) = in_place(study, path)
    (before,) = images_of(file)
    published(study)
    write_tiff(path, 2, images=2)
    again(file)
    assert not Image.objects.filter(pk=before.pk).exists()
    assert Image.everything.get(pk=before.pk).channels.count() == 1
    assert storage_for(StoredFile.Backend.STORE).local_path(thumbnail_key(before.pk)).exists()


def published(study: Study) -> None:
    curator = factory.curator()
    ReviewRound.objects.create(
        study=study, version=1, number=1, submitted_by=study.owner, decided_by=curator, decided_at=timezone.now(),
        decision=ReviewRound.Decision.APPROVED,
    )  # fmt: skip


def test_what_was_published_is_removed_from_the_draft_only(study: Study, tmp_path: Path) -> None:
    first, second = in_place(study, write_tiff(tmp_path / "a.ome.tif", 1), write_tiff(tmp_path / "b.ome.tif", 2))
    files.remove(actor=Actor(study.owner), study_id=study.pk, file_id=first.pk)
    assert not File.everything.filter(pk=first.pk).exists()
    assert not StoredFile.objects.filter(pk=first.stored_id).exists()
    published(study)
    files.remove(actor=Actor(study.owner), study_id=study.pk, file_id=second.pk)
    assert not File.objects.filter(study=study).exists()
    assert File.everything.get(pk=second.pk).stored.sha256 == second.stored.sha256
    in_place(study, tmp_path / "b.ome.tif")  # its path is free again
    assert File.objects.get(study=study).path == "b.ome.tif"


class Killed(Progress):
    """A worker that claimed the job of a study and dies at its n-th report."""

    def __init__(self, study: Study, reports: int) -> None:
        job = Job.objects.get(target=study.pk)
        job.state, job.attempts, job.heartbeat_at = Job.State.RUNNING, 1, timezone.now()
        job.save()
        super().__init__(job)
        self.reports = reports

    def report(self, *arguments: Any, **options: Any) -> None:
        super().report(*arguments, **options)
        self.reports -= 1
        if not self.reports:
            self.flush()
            raise ClaimLost


def read_after_kill(study: Study, file: File) -> File:
    jobs.sweep(timezone.now() + jobs.STALE + timedelta(seconds=1))
    return read(study, [file])[0]


def test_a_worker_that_dies_is_followed_by_one_that_goes_on(study: Study, tmp_path: Path) -> None:
    path = write_tiff(tmp_path / "many.ome.tif", 0, images=5)
    (file,) = files.register_in_place(actor=Actor(study.owner), study_id=study.pk, path=str(path))
    with pytest.raises(ClaimLost):
        read_file(Killed(study, reports=3))
    assert not Image.objects.exists()
    store = storage_for(StoredFile.Backend.STORE)
    made = set(store.local_path("images").glob(f"*/{Path(thumbnail_key(study.pk)).name}"))
    before = {place: place.stat().st_mtime_ns for place in made if place.exists()}
    read_after_kill(study, file)
    ids = {str(image.pk) for image in images_of(file)}
    assert len(ids) == 5
    kept = {place.parent.name for place in before} & ids
    assert len(kept) == 2
    assert all(place.stat().st_mtime_ns == before[place] for place in before if place.parent.name in kept)


def test_the_checksums_of_a_folder_go_on_where_they_were(study: Study, shared: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(shared / "samples/02_omezarr/v05_cells3d_nuclei.zarr", tmp_path / "cells.zarr")
    (file,) = files.register_in_place(actor=Actor(study.owner), study_id=study.pk, path=str(folder))
    with pytest.raises(ClaimLost):
        read_file(Killed(study, reports=30))
    assert 5 < Job.objects.get(target=study.pk).checkpoint["lines"] < 33
    interrupted = read_after_kill(study, file)
    (whole,) = in_place(factory.draft(), folder)
    assert interrupted.stored.sha256 == whole.stored.sha256
    assert interrupted.stored.bytes == 8035836


def test_a_thousand_images_take_few_queries(study: Study, tmp_path: Path, django_assert_max_num_queries: Any) -> None:
    (file,) = files.register_in_place(
        actor=Actor(study.owner), study_id=study.pk, path=str(write_tiff(tmp_path / "many.ome.tif", 0, images=300))
    )
    with django_assert_max_num_queries(120):
        jobs.run_queued(study.pk)
    assert len(images_of(file)) == 300
