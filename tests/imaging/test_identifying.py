"""What may tell who a patient is, is found in the real files, and never its value."""

from pathlib import Path

import numpy as np
import pytest
import tifffile

from imaging.identifying import blocking
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
    assert {one.kind for one in facts.findings} == kinds
    assert {one.kind for one in blocking(facts.findings)} == kinds & {"name", "label", "macro"}
    said = repr((facts.findings, facts.key_values, facts.images, facts.warnings))
    assert not [value for value in VALUES if value in said]
    for one in facts.findings:
        assert one.where
        assert one.advice.endswith(".")


def test_names_are_told_by_their_attributes(shared: Path) -> None:
    (names,) = (one for one in read_facts(shared / VENDOR / "dicom/CT_small.dcm").findings if one.kind == "name")
    assert {"PatientName", "PatientID", "InstitutionName"} <= set(names.where.split(", "))


def test_other_files_have_none(shared: Path) -> None:
    assert read_facts(shared / "samples/01_fluorescence/cells3d/nuclei.tif").findings == ()


@pytest.mark.parametrize(("name", "kind"), [("Label Image", "label"), ("macro", "macro"), ("Labelled cells", "")])
def test_images_that_are_pictures_of_a_slide_by_their_name(tmp_path: Path, name: str, kind: str) -> None:
    path = tmp_path / "a.ome.tif"
    with tifffile.TiffWriter(path, ome=True) as file:
        for title in ("slide", name):
            file.write(np.zeros((4, 4, 3), np.uint8), photometric="rgb", metadata={"axes": "YXS", "Name": title})
        file.write(np.zeros((4, 4), np.uint8), metadata={"axes": "YX", "Name": "label image"})  # a segmentation
    assert [one.kind for one in read_facts(path).findings] == [kind] * bool(kind)


def test_pictures_attached_to_a_czi(shared: Path, tmp_path: Path) -> None:
    """The thumbnail of the file, named as a slide scanner names the picture of the label."""
    data = (shared / VENDOR / "czi/nuc_small.czi").read_bytes()
    at = data.index(b"A1", data.index(b"ZISRAWATTDIR"))
    path = tmp_path / "a.czi"
    path.write_bytes(data[: at + 48] + b"Label".ljust(80, b"\0") + data[at + 128 :])
    assert [one.kind for one in blocking(read_facts(path).findings)] == ["label"]
