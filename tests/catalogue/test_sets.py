"""Images of several files that were deposited each alone."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
import tifffile
from pydicom.uid import generate_uid

from base import jobs
from base.errors import DomainError, Invalid
from base.models import Job, StoredFile
from base.storage import path_of
from catalogue import files, sets
from catalogue.access import Actor
from catalogue.models import File, Image, ImageFile, Representation, Study, StudyComponent
from catalogue.reading.staging import SetFiles, place_of_image, table_of
from imaging.source import open_source
from tests import factory
from tests.imaging.ome.comparing import document
from tests.imaging.readers.test_dicom_slices import cut
from tests.imaging.readers.test_oif import write_oib, write_oif
from tests.imaging.reading import whole
from tests.imaging.test_ome_tiff_sets import binary_only, image, write

pytestmark = [pytest.mark.both, pytest.mark.django_db]


@pytest.fixture
def study() -> Study:
    return factory.draft()


def upload(study: Study, place: Path, path: str = "") -> File:
    """The file, brought in by the way of uploads, and all that is waiting read."""
    made = factory.upload(study, path or place.name, place.read_bytes())
    assert made is not None
    jobs.run_queued(study.pk)
    assert not Job.objects.exclude(state=Job.State.DONE).exists()
    return File.objects.get(pk=made.pk)


def pixels_of(found: Image) -> np.ndarray:
    (representation,) = Representation.objects.filter(image=found)
    return whole(open_source(place_of_image(representation), representation.series, table_of(representation)))


def states(study: Study) -> dict[str, str]:
    return dict(File.objects.filter(study=study).values_list("path", "state"))


def test_files_of_an_ome_tiff_set_uploaded_apart(study: Study, tmp_path: Path) -> None:
    xml = document(image(0, ("a.ome.tif", 0), ("b.ome.tif", 1)))
    second = upload(study, write(tmp_path / "b.ome.tif", 20, xml), "in/b.ome.tif")
    (alone,) = Image.objects.filter(study=study)
    assert "a.ome.tif. Add them" in second.warnings
    assert pixels_of(alone)[0, 0, :, 0, 0].tolist() == [0, 21]
    first = upload(study, write(tmp_path / "a.ome.tif", 10, xml), "in/a.ome.tif")
    (found,) = Image.objects.filter(study=study)
    assert (first.warnings, found.pk == alone.pk) == ("", False)
    assert pixels_of(found)[0, 0, :, 0, 0].tolist() == [10, 21]
    assert list(ImageFile.objects.filter(image=found).order_by("is_part").values_list("file__path", "is_part")) == [
        ("in/a.ome.tif", False), ("in/b.ome.tif", True),
    ]  # fmt: skip
    second.refresh_from_db()
    assert second.warnings == "Its planes are part of what a.ome.tif gives."
    files.remove(actor=Actor(study.owner), study_id=study.pk, file_id=first.pk)
    jobs.run_queued(study.pk)
    (found,) = Image.objects.filter(study=study)
    assert pixels_of(found)[0, 0, :, 0, 0].tolist() == [0, 21]


def test_files_of_another_folder_are_no_part_of_a_set(study: Study, tmp_path: Path) -> None:
    xml = document(image(0, ("a.ome.tif", 0), ("b.ome.tif", 1)))
    upload(study, write(tmp_path / "b.ome.tif", 20, xml), "one/b.ome.tif")
    upload(study, write(tmp_path / "a.ome.tif", 10, xml), "two/a.ome.tif")
    assert Image.objects.filter(study=study).count() == 2


def test_links_to_files_of_a_set_are_there_at_any_moment(tmp_path: Path, settings: Any) -> None:
    """Requests at the same time lay them, and go on reading while a file's place changes."""
    settings.REGISTER_ROOTS, settings.DATA = [tmp_path.resolve()], tmp_path
    forms = []
    for folder in ("one", "two"):
        names = [tmp_path / folder / f"{number}.tif" for number in range(3)]
        for name in names:
            name.parent.mkdir(exist_ok=True)
            name.write_bytes(b"")
        stored = [StoredFile(backend=StoredFile.Backend.IN_PLACE, key=str(name)) for name in names]
        forms.append(SetFiles("x", {name.name: one for name, one in zip(names, stored, strict=True)}))
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda number: forms[number % 2].local().stat().st_size, range(400)))
    assert found == [0] * 400
    assert {path.name for path in (tmp_path / "sets/x").iterdir()} == {"0.tif", "1.tif", "2.tif"}


def test_a_companion_uploaded_apart(study: Study, tmp_path: Path) -> None:
    for name, value in (("a.ome.tif", 10), ("b.ome.tif", 20)):
        upload(study, write(tmp_path / name, value, binary_only(name)))
    assert Image.objects.filter(study=study).count() == 2
    assert "put that file beside it" in File.objects.get(path="a.ome.tif").warnings
    (tmp_path / "set.companion.ome").write_bytes(document(image(0, ("a.ome.tif", 0), ("b.ome.tif", 1))))
    companion = upload(study, tmp_path / "set.companion.ome")
    (found,) = Image.objects.filter(study=study)
    assert found.name == "i0"
    assert pixels_of(found)[0, 0, :, 0, 0].tolist() == [10, 21]
    assert states(study) == {"a.ome.tif": "part", "b.ome.tif": "part", "set.companion.ome": "read"}
    files.remove(actor=Actor(study.owner), study_id=study.pk, file_id=companion.pk)
    jobs.run_queued(study.pk)
    assert states(study) == {"a.ome.tif": "read", "b.ome.tif": "read"}
    assert Image.objects.filter(study=study).count() == 2


def test_a_companion_that_comes_first_waits_for_its_files(study: Study, tmp_path: Path) -> None:
    (tmp_path / "set.companion.ome").write_bytes(document(image(0, ("a.ome.tif", 0), ("b.ome.tif", 1))))
    companion = upload(study, tmp_path / "set.companion.ome")
    assert companion.warnings == "None of its files is there; add them."
    for name, value in (("a.ome.tif", 10), ("b.ome.tif", 20)):
        upload(study, write(tmp_path / name, value, binary_only(name)))
    (found,) = Image.objects.filter(study=study)
    assert pixels_of(found)[0, 0, :, 0, 0].tolist() == [10, 21]


def test_only_what_an_olympus_file_is_made_of_is_its_part(study: Study, tmp_path: Path) -> None:
    upload(study, write(tmp_path / "cellar.tif", 7, b""))
    upload(study, write_oib(tmp_path / "cell.oib"))
    assert states(study) == {"cellar.tif": "read", "cell.oib": "read"}
    folder = write_oif(tmp_path / "a.oif").with_name("a.oif.files")
    (folder / "s_C001.pty").write_text("settings")
    for place in (*sorted(folder.iterdir()), folder.with_name("a.oif")):
        upload(study, place, str(place.relative_to(tmp_path)))
    found = states(study)
    assert {state for path, state in found.items() if path.startswith("a.oif.files/")} == {"part"}
    assert (found["a.oif"], found["cellar.tif"], Image.objects.filter(study=study).count()) == ("read", "read", 3)


def test_a_pattern_makes_its_files_parts(study: Study, tmp_path: Path) -> None:
    for number in range(3):
        tifffile.imwrite(tmp_path / f"s_z{number}.tif", np.full((8, 9), number, "uint8"))
        upload(study, tmp_path / f"s_z{number}.tif", f"in/s_z{number}.tif")
    assert Image.objects.filter(study=study).count() == 3
    (tmp_path / "s.pattern").write_text("s_z<0-3>.tif")
    pattern = upload(study, tmp_path / "s.pattern", "in/s.pattern")
    (found,) = Image.objects.filter(study=study)
    assert pixels_of(found)[0, 0, :, 0, 0].tolist() == [0, 1, 2, 0]
    assert "1 of its 4 files are not beside it" in pattern.warnings
    tifffile.imwrite(tmp_path / "s_z3.tif", np.full((8, 9), 3, "uint8"))
    upload(study, tmp_path / "s_z3.tif", "in/s_z3.tif")
    (found,) = Image.objects.filter(study=study)
    assert pixels_of(found)[0, 0, :, 0, 0].tolist() == [0, 1, 2, 3]
    assert File.objects.get(pk=pattern.pk).warnings == ""
    assert set(states(study).values()) == {"part", "read"}


def test_a_pattern_of_files_registered_where_they_lie(study: Study, tmp_path: Path, settings: Any) -> None:
    settings.REGISTER_ROOTS = [tmp_path.resolve()]
    folder = tmp_path / "set"
    folder.mkdir()
    for number in range(3):
        tifffile.imwrite(folder / f"s_z{number}.tif", np.full((8, 9), number, "uint8"))
    (folder / "s.pattern").write_text("s_z<0-2>.tif")
    files.register_in_place(actor=Actor(study.owner), study_id=study.pk, path=str(folder))
    jobs.run_queued(study.pk)
    (found,) = Image.objects.filter(study=study)
    assert pixels_of(found)[0, 0, :, 0, 0].tolist() == [0, 1, 2]
    assert found.image_files.count() == 4
    assert all(path_of(stored).exists() for stored in StoredFile.objects.all())


NF1 = "samples/01_fluorescence/nf1_cellpainting/Plate_2_images"
MIBI = "samples/05_multiplexed/mibi_breast/Point2203_pt1072_31606"


def deposited(study: Study, folder: Path, settings: Any) -> None:
    settings.REGISTER_ROOTS = [folder.resolve()]
    files.register_in_place(actor=Actor(study.owner), study_id=study.pk, path=str(folder))
    jobs.run_queued(study.pk)


def test_a_plate_of_a_file_a_channel_is_offered_and_put_together(study: Study, shared: Path, settings: Any) -> None:
    deposited(study, shared / NF1, settings)
    found, complete = sets.offers(study)
    assert complete
    assert [(one.folder, one.proposal.sizes, one.channel_names) for one in found] == [
        ("Plate_2_images/", (1, 3, 1), ("DAPI", "GFP", "RFP"))
    ] * 5
    assert found[0].preview == [("B7_01_1_3_DAPI_001.tif", 1, 1, 1), ("B7_01_2_3_GFP_001.tif", 1, 2, 1),
                                ("B7_01_3_3_RFP_001.tif", 1, 3, 1)]  # fmt: skip
    component = factory_component(study)
    first = File.objects.filter(study=study, path__contains="/B7_")
    files.assign(
        actor=Actor(study.owner), study_id=study.pk, file_ids=list(first.values_list("pk", flat=True)),
        component_id=component.pk,
    )  # fmt: skip
    made = [
        sets.put_together(actor=Actor(study.owner), study_id=study.pk, folder=one.folder, text=one.text)
        for one in found
    ]
    jobs.run_queued(study.pk)
    images = Image.objects.filter(study=study).order_by("name")
    assert [image.name for image in images] == ["B7_01_3_001", "D6_01_2_001", "D7_01_1_001", "F7_01_2_001",
                                                "H12_01_1_001"]  # fmt: skip
    assert images[0].component == component
    assert [channel.name for channel in images[0].channels.all()] == ["DAPI", "GFP", "RFP"]
    peer = tifffile.imread(shared / NF1 / "B7_01_2_3_GFP_001.tif")
    np.testing.assert_array_equal(pixels_of(images[0])[0, 1, 0], peer)
    assert sets.offers(study) == ([], True)
    files.remove(actor=Actor(study.owner), study_id=study.pk, file_id=made[0].pk)
    jobs.run_queued(study.pk)
    assert Image.objects.filter(study=study).count() == 4 + 3
    assert len(sets.offers(study)[0]) == 1


def factory_component(study: Study) -> StudyComponent:
    return StudyComponent.objects.create(study=study, title="Treated", position=0)


def test_files_of_other_sizes_are_not_offered(study: Study, tmp_path: Path) -> None:
    for number in range(3):
        tifffile.imwrite(tmp_path / f"s_z{number}.tif", np.zeros((8, 9 + number), "uint8"))
        upload(study, tmp_path / f"s_z{number}.tif")
    assert sets.offers(study) == ([], True)


@pytest.mark.parametrize(
    ("text", "match"), [("s_z<1-3>.tif", "0 are in this study"), ("s.tif", "no block"), ("<a", "belongs to no block")]
)
def test_a_pattern_that_fits_nothing_is_refused(study: Study, text: str, match: str) -> None:
    with pytest.raises(Invalid, match=match):
        sets.put_together(actor=Actor(study.owner), study_id=study.pk, folder="", text=text)


def test_only_who_may_edit_puts_files_together(study: Study) -> None:
    with pytest.raises(DomainError):
        sets.put_together(
            actor=factory.actor(factory.user("Somebody Else")), study_id=study.pk, folder="", text="a<1-2>"
        )


def test_a_part_of_a_set_is_looked_at_for_patients(study: Study, tmp_path: Path, shared: Path) -> None:
    clinical = shared / "samples/03_vendor/dicom/CT_small.dcm"
    pattern = tmp_path / "series.pattern"
    pattern.write_text("slice_z<1-2>.dcm\n")
    upload(study, pattern, "in/series.pattern")
    for number in (1, 2):
        part = upload(study, clinical, f"in/slice_z{number}.dcm")
        assert part.state == File.State.PART
        assert part.is_identifying
        assert part.findings


def test_slices_of_a_dicom_series_are_offered_in_their_order(
    study: Study, tmp_path: Path, shared: Path, settings: Any
) -> None:
    folder = tmp_path / "ct"
    folder.mkdir()
    series, clinical = generate_uid(), shared / "samples/03_vendor/dicom/CT_small.dcm"
    order = ["IM5", "IM3", "IM4", "IM1"]
    for number, name in enumerate(order):
        cut(clinical, folder, name, 2.5 * number, 9, series=series)
    tifffile.imwrite(folder / "IM_z1.tif", np.zeros((8, 9), "uint8"))
    deposited(study, folder, settings)
    (offer,), _ = sets.offers(study)
    assert (offer.folder, offer.proposal.names) == ("ct/", tuple(order))
    made = sets.put_together(actor=Actor(study.owner), study_id=study.pk, folder=offer.folder, text=offer.text)
    jobs.run_queued(study.pk)
    found = Image.objects.get(image_files__file=made)
    assert (found.pixels.size_z, found.pixels.physical_size_z_um) == (4, 2500)
    expected = np.stack([pydicom.dcmread(folder / name).pixel_array for name in order])
    np.testing.assert_array_equal(pixels_of(found)[0, 0], expected)
    assert sets.offers(study) == ([], True)
