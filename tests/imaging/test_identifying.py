"""What may tell who a patient is, is found in the real files, and never its value."""

from pathlib import Path

import pytest

from imaging.identifying import blocking, find
from imaging.readers import read_facts

VENDOR = "samples/03_vendor/"
FOUND = {
    "dicom/CT_small.dcm": {"name", "date", "text"},
    "dicom/examples_overlay.dcm": {"name", "date", "text"},
    "dicom/wsi_camelyon_multiframe.dcm": {"date", "text"},
    "wsi/CMU-1-Small-Region.svs": {"name", "label", "macro", "date"},
    "wsi/test3-DAPI-2-(387).ndpi": {"macro", "date"},
}
VALUES = ("CompressedSamples", "1CT1", "JFK", "Sssssss", "021234567", "Wachau", "Waehringer", "meduser", "b414003d")


@pytest.mark.parametrize(("name", "kinds"), FOUND.items())
def test_findings_of_real_files(shared: Path, name: str, kinds: set[str]) -> None:
    facts = read_facts(shared / VENDOR / name)
    assert facts.findings == find(shared / VENDOR / name)
    assert {one.kind for one in facts.findings} == kinds
    assert {one.kind for one in blocking(facts.findings)} == kinds & {"name", "label", "macro"}
    said = repr((facts.findings, facts.key_values, facts.images, facts.warnings))
    assert not [value for value in VALUES if value in said]
    for one in facts.findings:
        assert one.where
        assert one.advice.endswith(".")


def test_names_are_told_by_their_attributes(shared: Path) -> None:
    (names,) = (one for one in find(shared / VENDOR / "dicom/CT_small.dcm") if one.kind == "name")
    assert {"PatientName", "PatientID", "InstitutionName"} <= set(names.where.split(", "))


def test_other_files_have_none(shared: Path) -> None:
    assert find(shared / "samples/01_fluorescence/cells3d/nuclei.tif") == ()
