"""A set of which one file names the others as it likes: its folder is laid out for its reader, whatever comes first."""

from pathlib import Path

import numpy as np
import pytest

from base import jobs
from catalogue.models import File, Image, ImageFile
from catalogue.reading.staging import place_of_image, table_of
from imaging.source import open_source, read_region
from tests import factory
from tests.imaging.readers.test_bioformats_folders import PIXELS, write_incell

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("bioformats")]


def test_a_plate_that_comes_file_by_file(tmp_path: Path) -> None:
    study = factory.draft()
    path = write_incell(tmp_path)
    tiffs = sorted(tmp_path.glob("*.tif"))
    for place in (path, *tiffs[:2]):
        factory.upload(study, f"plate 1/{place.name}", place.read_bytes())
    factory.upload(study, "plate 2/other.tif", tiffs[3].read_bytes())
    jobs.run_queued(study.pk)
    for place in (*tiffs[2:], tmp_path / "notes.txt"):
        factory.upload(study, f"plate 1/{place.name}", place.read_bytes())
    jobs.run_queued(study.pk)
    states = {file.path.rpartition("/")[2]: (file.state, file.problem) for file in File.objects.filter(study=study)}
    assert states == {
        "plate.xdce": (File.State.READ, ""), "notes.txt": (File.State.PLAIN, ""), "other.tif": (File.State.READ, ""),
        **{place.name: (File.State.PART, "") for place in tiffs},
    }  # fmt: skip
    images = Image.objects.filter(study=study, name__startswith="Well").order_by("name")
    assert [image.name for image in images] == ["Well B-2, Field #1", "Well B-3, Field #1"]
    assert Image.objects.filter(study=study).count() == 3
    for well, image in enumerate(images):
        parts = ImageFile.objects.filter(image=image, is_part=True).values_list("file__path", flat=True)
        assert sorted(parts) == [f"plate 1/{place.name}" for place in tiffs]
        representation = image.representations.get()
        source = open_source(place_of_image(representation), representation.series, table_of(representation))
        np.testing.assert_array_equal(read_region(source, 0, 0, 1, 0, 0, 40, 0, 50), PIXELS[well, 1])
        source.close()
