"""Slices of DICOM series as one stack: which they are, in which order, and how far apart."""

from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.uid import generate_uid

from imaging.errors import ImageError
from imaging.facts import FileFacts, Quantity
from imaging.readers import read_facts
from imaging.readers.patterns import Proposal, propose_slices
from imaging.readers.patterns.dicom_slices import said_by
from imaging.readers.patterns.text import written
from imaging.source import open_source
from tests.imaging.reading import whole

CT = "samples/03_vendor/dicom/CT_small.dcm"
OBLIQUE = [1, 0, 0, 0, 0.8, 0.6]  # its normal is (0, -0.6, 0.8)


def cut(source: Path, folder: Path, name: str, height: float, number: int, *, series: str, **attributes: object) -> str:
    """A slice like that of the file, so many mm along the normal of an oblique plane, with pixels of its own."""
    dataset = pydicom.dcmread(source)
    dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = generate_uid()
    dataset.ImageOrientationPatient = OBLIQUE
    dataset.ImagePositionPatient = [-158, round(-179 - 0.6 * height, 6), round(-75 + 0.8 * height, 6)]
    dataset.SeriesInstanceUID, dataset.InstanceNumber = series, number
    for keyword, value in attributes.items():
        setattr(dataset, keyword, value)
    dataset.PixelData = (dataset.pixel_array + number).tobytes()
    dataset.save_as(folder / name)
    return name


def proposed(folder: Path) -> list[Proposal]:
    files = [path for path in sorted(folder.iterdir()) if path.suffix != ".pattern"]
    return propose_slices({path.name: said_by(read_facts(path).key_values) for path in files})


def put_together(folder: Path, proposal: Proposal) -> FileFacts:
    (folder / "set.pattern").write_text(written(proposal.pattern))
    return read_facts(folder / "set.pattern")


@pytest.fixture
def ct(shared: Path) -> Path:
    return shared / CT


def test_slices_in_the_order_in_which_they_lie(ct: Path, tmp_path: Path) -> None:
    series = generate_uid()
    heights = {"IM4": 0.0, "IM1": 2.5, "IM7": 5.0, "IM2": 7.5}  # neither names nor numbers say the order
    for number, (name, height) in enumerate(heights.items()):
        cut(ct, tmp_path, name, height, 90 - number, series=series)
    (proposal,) = proposed(tmp_path)
    assert (proposal.names, proposal.sizes, proposal.certain) == (tuple(heights), (1, 1, 4), True)
    facts = put_together(tmp_path, proposal)
    assert (facts.images[0].size_z, facts.images[0].physical_size_z) == (4, Quantity(2.5, "mm"))
    assert not any("apart" in one for one in facts.warnings)
    expected = np.stack([pydicom.dcmread(tmp_path / name).pixel_array for name in heights])
    np.testing.assert_array_equal(whole(open_source(tmp_path / "set.pattern"))[0, 0], expected)


def test_series_and_planes_are_kept_apart(ct: Path, tmp_path: Path) -> None:
    first, second = generate_uid(), generate_uid()
    for number in range(3):
        cut(ct, tmp_path, f"a{number}.dcm", 2.0 * number, number, series=first, SeriesNumber=1)
        cut(ct, tmp_path, f"b{number}.dcm", 2.0 * number, number, series=second, SeriesNumber=2)
    cut(ct, tmp_path, "scout.dcm", 50.0, 9, series=first, SeriesNumber=1, ImageOrientationPatient=[0, 1, 0, 0, 0, -1])
    assert [one.names for one in proposed(tmp_path)] == [tuple(f"{one}{n}.dcm" for n in range(3)) for one in "ab"]
    (tmp_path / "both.pattern").write_text("<a0,a1,b2>.dcm\naxes: z\n")
    with pytest.raises(ImageError, match=r"b2\.dcm: is of another series of slices than a0\.dcm"):
        read_facts(tmp_path / "both.pattern")
    (tmp_path / "both.pattern").write_text("<a,b><0-2>.dcm\naxes: c z\n")  # two series as channels are right
    assert read_facts(tmp_path / "both.pattern").images[0].size_c == 2


def test_a_missing_slice_is_told(ct: Path, tmp_path: Path) -> None:
    series = generate_uid()
    for number in (0, 1, 3):
        cut(ct, tmp_path, f"{number}-1.dcm", 2.0 * number, number, series=series)
    (proposal,) = proposed(tmp_path)
    facts = put_together(tmp_path, proposal)
    assert facts.images[0].physical_size_z is None
    assert any("are 2 to 4 mm apart" in one for one in facts.warnings)


def test_slices_at_the_same_place_are_no_stack(ct: Path, tmp_path: Path) -> None:
    series = generate_uid()
    for number in range(2):
        cut(ct, tmp_path, f"early{number}.dcm", 2.0 * number, number, series=series)
        cut(ct, tmp_path, f"late{number}.dcm", 2.0 * number, 10 + number, series=series)
    assert proposed(tmp_path) == []


def test_numbers_order_slices_that_say_no_position() -> None:
    said = {f"{name}.dcm": {"Modality": "CT", "InstanceNumber": str(number)} for number, name in enumerate("fbdae", 9)}
    (proposal,) = propose_slices(said)
    assert ("".join(name[0] for name in proposal.names), proposal.certain) == ("fbdae", False)
    assert propose_slices({name: {**one, "Modality": "DX"} for name, one in said.items()}) == []


def test_names_that_are_sure_tell_of_points_in_time() -> None:
    at = {f"t{t}_z{z}.dcm": {"ImageOrientationPatient": "1\\0\\0\\0\\1\\0", "ImagePositionPatient": f"0\\0\\{z}"}
          for t in range(2) for z in range(3)}  # fmt: skip
    (proposal,) = propose_slices(at)
    assert (proposal.sizes, proposal.certain) == ((2, 1, 3), True)


@pytest.mark.parametrize("names", [("1-2", "3-4"), ("a,b", "c"), ("<a", "b")])
def test_names_that_no_pattern_can_say(names: tuple[str, ...]) -> None:
    at = {name: {"ImageOrientationPatient": "1\\0\\0\\0\\1\\0", "ImagePositionPatient": f"0\\0\\{number}"}
          for number, name in enumerate(names)}  # fmt: skip
    assert propose_slices(at) == []
