"""Volumes, micrographs and pictures of the vendors' formats become rows, with tables that serve their pixels."""

import shutil
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from PIL import Image as Picture

from base import jobs
from base.models import Job, StoredFile
from base.storage import storage_for
from catalogue import files
from catalogue.access import Actor
from catalogue.models import File, Image, Study
from catalogue.reading.staging import place_of_image
from imaging.source import open_source, read_region
from tests import factory
from tests.imaging.readers.test_hdf5 import SETUP, VOLUME, XML, write_bdv
from tests.imaging.readers.test_n5 import dataset

pytestmark = pytest.mark.django_db

SAMPLES = (
    "03_vendor/ims/brain_crop3_lowres.ims", "03_vendor/em/EMD-3197.map", "03_vendor/em/epu2.9_example_crop1024.mrc",
    "03_vendor/em/multi_signal.dm3", "03_vendor/em/EELS_SI.dm4",
    "05_multiplexed/imc/raw/20210305_NE_mockData1/20210305_NE_mockData1.mcd",
)  # fmt: skip


@pytest.fixture
def study(settings: Any, tmp_path: Path) -> Study:
    settings.REGISTER_ROOTS = [tmp_path.resolve()]
    return factory.draft()


def deposited(study: Study, path: Path) -> list[File]:
    files.register_in_place(actor=Actor(study.owner), study_id=study.pk, path=str(path))
    jobs.run_queued(study.pk)
    assert not Job.objects.exclude(state=Job.State.DONE).exists()
    return list(File.objects.filter(study=study).order_by("path"))


def opened(image: Image) -> np.ndarray:
    """The first plane of the smallest level, by the table that was kept."""
    representation = image.representations.select_related("stored").get()
    table = storage_for(StoredFile.Backend.STORE).local_path(representation.table)
    source = open_source(place_of_image(representation), representation.series, table)
    level = len(source.levels) - 1
    _, _, _, y, x = source.levels[level].shape
    return read_region(source, level, 0, 0, 0, 0, y, 0, x)


def test_samples(study: Study, shared: Path, tmp_path: Path) -> None:
    folder = tmp_path / "deposit"
    folder.mkdir()
    for sample in SAMPLES:
        shutil.copyfile(shared / "samples" / sample, folder / Path(sample).name)
    Picture.fromarray(VOLUME[0, 0, 0].astype(np.uint8)).save(folder / "overview.png")
    found = deposited(study, folder)
    assert {file.path: file.problem for file in found if file.state != File.State.READ} == {}
    counts = {file.path.rpartition("/")[2]: Image.objects.filter(image_files__file=file).count() for file in found}
    assert counts == {
        "20210305_NE_mockData1.mcd": 4, "EELS_SI.dm4": 1, "EMD-3197.map": 1, "brain_crop3_lowres.ims": 1,
        "epu2.9_example_crop1024.mrc": 1, "multi_signal.dm3": 1, "overview.png": 1,
    }  # fmt: skip
    for image in Image.objects.filter(study=study):
        assert opened(image).size
    ims = Image.objects.select_related("pixels").get(study=study, image_files__file__path__endswith=".ims")
    assert (ims.pixels.size_c, ims.pixels.size_z) == (2, 25)
    assert ims.pixels.physical_size_z_um == pytest.approx(10.8732)
    micrograph = Image.objects.get(study=study, image_files__file__path__endswith=".dm3")
    objective = micrograph.objective_settings.get().objective
    assert objective is not None
    assert objective.nominal_magnification == 10_000_000
    density = Image.objects.select_related("pixels").get(study=study, image_files__file__path__endswith=".map")
    assert density.pixels.physical_size_x_um == pytest.approx(0.00114)


def test_an_n5_folder_and_a_bigdataviewer_set(study: Study, tmp_path: Path) -> None:
    folder = tmp_path / "deposit"
    folder.mkdir()
    dataset(folder / "em.n5" / "raw", VOLUME[0, 0], (4, 16, 16), "gzip", axes=["x", "y", "z"])
    write_bdv(folder / "embryo.h5")
    setups = "".join(SETUP.format(*one) for one in ((0, 0, 0), (1, 1, 0), (2, 0, 1)))
    (folder / "embryo.xml").write_text(XML.format(setups=setups))
    with h5py.File(folder / "table.h5", "w") as file:
        file["coordinates"] = np.zeros((30, 3))
    found = {file.path.rpartition("/")[2]: file for file in deposited(study, folder)}
    assert found["table.h5"].state == File.State.FAILED
    assert "holds no image" in found["table.h5"].problem
    assert found["em.n5"].state == found["embryo.h5"].state == File.State.READ
    (raw,) = Image.objects.filter(image_files__file=found["em.n5"])
    np.testing.assert_array_equal(opened(raw), VOLUME[0, 0, 0])
    first, _ = Image.objects.filter(image_files__file=found["embryo.h5"]).select_related("pixels").order_by("position")
    assert (first.pixels.size_c, first.pixels.size_t) == (2, 2)
    np.testing.assert_array_equal(opened(first), VOLUME[0, 0, 0, ::2, ::2])
