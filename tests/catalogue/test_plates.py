"""Wells from file lists and from files themselves."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from base import jobs
from catalogue import files
from catalogue.access import Actor
from catalogue.models import File, Image, KeyValue, Plate, Study, Well, WellSample
from catalogue.services.plates import place_wells
from catalogue.wells import label_of, well_of
from tests import factory

pytestmark = [pytest.mark.both, pytest.mark.django_db]


@pytest.fixture
def study() -> Study:
    return factory.draft()


def file_of(image: Image) -> File:
    return image.image_files.get().file


@given(row=st.integers(0, 701), column=st.integers(0, 998))
def test_a_label_names_its_well(row: int, column: int) -> None:
    assert well_of(label_of(row, column)) == (row, column)


@pytest.mark.parametrize(
    ("label", "place"),
    [("B07", (1, 6)), ("b7", (1, 6)), (" P/24 ", (15, 23)), ("AA48", (26, 47)), ("r02c07", (1, 6)), ("A-1", (0, 0)),
     ("A0", None), ("well 3", None), ("", None), ("7", None)],
)  # fmt: skip
def test_labels_as_people_write_them(label: str, place: tuple[int, int] | None) -> None:
    assert well_of(label) == place


def test_files_are_placed_and_moved(study: Study) -> None:
    first, second = (factory.image(study) for _ in range(2))
    lines = [(file_of(first).pk, "Plate 2", "B07", None), (file_of(second).pk, "Plate 2", "B07", None)]
    placed = place_wells(study=study, lines=lines)
    assert (placed.plates, placed.wells, placed.fields, placed.unclear) == (1, 1, 2, ())
    assert place_wells(study=study, lines=lines).wells == 1  # again
    well = Well.objects.get(plate__study=study)
    assert (well.row, well.column, well.plate.name) == (1, 6, "Plate 2")
    assert {sample.image for sample in well.samples.all()} == {first, second}
    moved = place_wells(
        study=study, lines=[(file_of(first).pk, "Plate 3", "A1", 4), (file_of(second).pk, "P", "??", None)]
    )
    assert moved.unclear == ((file_of(second).pk, "??"),)
    assert WellSample.objects.get(image=first).index == 4
    assert {well.plate.name for well in Well.objects.all()} == {"Plate 2", "Plate 3"}
    place_wells(study=study, lines=[(file_of(second).pk, "Plate 3", "A1", 5)])
    assert [plate.name for plate in Plate.objects.all()] == ["Plate 3"]  # what nothing is in goes


def test_a_file_that_is_read_later_gets_its_image_then(study: Study, shared: Path, settings: Any) -> None:
    settings.REGISTER_ROOTS = [shared.resolve()]
    path = shared / "samples/01_fluorescence/neubias/xyc_16bit__hela-cells.tif"
    (file,) = files.register_in_place(actor=Actor(study.owner), study_id=study.pk, path=str(path))
    place_wells(study=study, lines=[(file.pk, "Plate", "C3", None)])
    assert WellSample.objects.get().image is None
    jobs.run_queued(study.pk)
    assert WellSample.objects.get().image == Image.objects.get()
    files.read_again(actor=Actor(study.owner), study_id=study.pk, file_id=file.pk)
    jobs.run_queued(study.pk)
    assert WellSample.objects.get().image == Image.objects.get()
    files.remove(actor=Actor(study.owner), study_id=study.pk, file_id=file.pk)
    assert not WellSample.objects.exists()


def test_the_wells_of_an_ngff_plate(study: Study, shared: Path, settings: Any) -> None:
    settings.REGISTER_ROOTS = [shared.resolve()]
    path = shared / "samples/02_omezarr/v04_hcs_nf1_plate2.zarr"
    files.register_in_place(actor=Actor(study.owner), study_id=study.pk, path=str(path))
    jobs.run_queued(study.pk)
    plate = Plate.objects.get(study=study)
    samples = WellSample.objects.filter(well__plate=plate)
    assert samples.count() == Image.objects.count() > 1
    assert {sample.image for sample in samples} == set(Image.objects.all())
    assert plate.document is not None
    labels = {label_of(well.row or 0, well.column or 0) for well in plate.wells.all()}
    assert labels == {"B07", "D06", "D07", "F07", "H12"}  # by their names, not by their place in NGFF's lists


def test_many_lines_take_few_queries(study: Study, django_assert_max_num_queries: Any) -> None:
    pks = [file_of(factory.image(study)).pk for _ in range(20)]
    lines = [(pk, "P", label_of(n // 24, n % 24), None) for n, pk in enumerate(pks)]
    with django_assert_max_num_queries(22):
        assert place_wells(study=study, lines=lines).wells == 20
    assert not KeyValue.objects.exists()
