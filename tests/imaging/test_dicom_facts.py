"""DICOM headers are read without what may name a person."""

from pathlib import Path

import pytest

from imaging.errors import ImageError
from imaging.readers.dicom.headers import is_dicom, read_dicom
from imaging.readers.dicom.profile import PROTECTED, is_protected


@pytest.mark.parametrize("tag", [0x00100010, 0x00100020, 0x00100030, 0x00080050, 0x00080080, 0x00081030, 0x00104000])
def test_the_profile_protects_names_ids_and_places(tag: int) -> None:
    assert is_protected(tag)


def test_the_profile_protects_private_attributes_and_overlays_but_no_settings() -> None:
    assert is_protected(0x00091001)
    assert is_protected(0x60003000)
    assert not is_protected(0x00180050)  # Slice Thickness
    assert len(PROTECTED) > 600


def test_a_header_gives_settings_with_units_and_names_of_what_it_keeps_back(shared: Path) -> None:
    path = shared / "samples/03_vendor/dicom/examples_overlay.dcm"
    facts = read_dicom(path)
    assert is_dicom(path)
    assert [(one.value, one.unit) for one in facts.values if one.name == "SliceThickness"] == [("4", "mm")]
    assert {"PatientName", "PatientID", "InstitutionName"} <= set(facts.identifying)
    assert {"StudyDate", "private"} <= set(facts.left_out)


def test_what_is_no_dicom_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.dcm"
    path.write_text("hello")
    assert not is_dicom(path)
    with pytest.raises(ImageError, match="no DICOM file"):
        read_dicom(path)
