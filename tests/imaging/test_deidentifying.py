"""De-identified copies: nothing of what was found is left, pixels are the same bytes, the log says what was done."""

import shutil
from pathlib import Path

import numpy as np
import openslide
import pydicom
import pytest
import tifffile

from imaging.deidentifying import deidentify
from imaging.errors import ImageError
from imaging.identifying import blocking
from imaging.readers import read_facts
from imaging.source import make_tables, open_source
from tests.imaging.readers import test_dicom, test_slides
from tests.imaging.reading import whole

DICOM, WSI = "samples/03_vendor/dicom/", "samples/03_vendor/wsi/"
TEXTS = ("PN", "LO", "SH", "UI", "LT", "ST")
SALT = b"of one study"


@pytest.mark.parametrize("name", ["CT_small.dcm", "examples_overlay.dcm", "wsi_camelyon_multiframe.dcm"])
def test_dicom_by_the_basic_profile(shared: Path, tmp_path: Path, name: str) -> None:
    path, out = shared / DICOM / name, tmp_path / "out.dcm"
    log = deidentify(path, out, SALT)
    assert not read_facts(out).findings
    before, after = pydicom.dcmread(path), pydicom.dcmread(out)
    assert after.PixelData == before.PixelData
    np.testing.assert_array_equal(whole(open_source(out)), whole(open_source(path)))
    assert after.PatientIdentityRemoved == "YES"
    assert after.DeidentificationMethodCodeSequence[0].CodeValue == "113100"
    assert after.SOPInstanceUID == after.file_meta.MediaStorageSOPInstanceUID != before.SOPInstanceUID
    assert after.SOPClassUID == before.SOPClassUID
    assert not [element for element in after.iterall() if element.tag.is_private]
    assert not [element for element in after if 0x6000 <= element.tag.group < 0x6100]
    data = out.read_bytes()
    told = {one.name: one.action for one in log}
    for element in before:
        if (
            element.VR in ("PN", "LO", "SH", "UI", "LT", "ST")
            and element.keyword in told
            and len(str(element.value)) > 5
        ):
            assert str(element.value).encode() not in data, element.keyword
            assert str(element.value) not in repr(log)


def test_actions_are_those_of_the_table(shared: Path, tmp_path: Path) -> None:
    log = deidentify(shared / DICOM / "examples_overlay.dcm", tmp_path / "out.dcm", SALT)
    told = {one.where: one.action for one in log}
    assert told["(0010,0010)"] == told["(0008,0050)"] == told["(0008,0020)"] == "emptied"
    assert told["(0010,1040)"] == told["(0008,0080)"] == told["(0029,1131)" if "(0029,1131)" in told else "(0029,1031)"]
    assert told["(0010,1040)"] == "removed"
    assert told["(0020,000D)"] == told["(0008,0018)"] == "replaced by a new UID"
    after = pydicom.dcmread(tmp_path / "out.dcm")
    assert after.PatientName == ""
    assert "PatientAddress" not in after
    assert after.KVP if "KVP" in after else after.SliceThickness == 4  # settings stay


def test_new_uids_are_the_same_within_a_study(shared: Path, tmp_path: Path) -> None:
    for out, salt in (("a", SALT), ("b", SALT), ("c", b"of another")):
        deidentify(shared / DICOM / "CT_small.dcm", tmp_path / f"{out}.dcm", salt)
    uids = [pydicom.dcmread(tmp_path / f"{out}.dcm").StudyInstanceUID for out in "abc"]
    assert uids[0] == uids[1] != uids[2]
    assert (tmp_path / "a.dcm").read_bytes() == (tmp_path / "b.dcm").read_bytes()


def test_levels_of_a_slide_still_belong_together(tmp_path: Path) -> None:
    image = test_dicom.colours(150, 200)
    for name, step in (("b.dcm", 1), ("a.dcm", 2)):
        test_dicom.tiled(tmp_path / name, image[::step, ::step], 64, PatientName="A^Person", ContainerIdentifier="S-17",
                         AcquisitionDateTime="20200101101010", ContentDate="20200101")  # fmt: skip
    (tmp_path / "out").mkdir()
    for name in ("b.dcm", "a.dcm"):
        deidentify(tmp_path / name, tmp_path / "out" / name, SALT)
    assert read_facts(tmp_path / "out" / "b.dcm").images[0].level_count == 2
    after = pydicom.dcmread(tmp_path / "out" / "b.dcm")
    assert after.ContainerIdentifier == "ANON"  # must have a value
    assert after.AcquisitionDateTime == "19000101000000"


def test_labels_of_dicom_slides_are_to_be_removed(tmp_path: Path) -> None:
    kinds = ["ORIGINAL", "PRIMARY", "LABEL", "NONE"]
    path = test_dicom.tiled(tmp_path / "a.dcm", test_dicom.colours(60, 60), 64, ImageType=kinds)
    assert [one.kind for one in blocking(read_facts(path).findings)] == ["label"]
    with pytest.raises(ImageError, match="remove the file"):
        deidentify(path, tmp_path / "out.dcm", SALT)
    assert not (tmp_path / "out.dcm").exists()


def test_burned_in_text_stays_a_finding(tmp_path: Path) -> None:
    path = test_dicom.made(tmp_path / "a.dcm", test_dicom.colours(8, 8)[None], BurnedInAnnotation="YES")
    deidentify(path, tmp_path / "out.dcm", SALT)
    assert [one.kind for one in blocking(read_facts(tmp_path / "out.dcm").findings)] == ["burned-in"]


@pytest.mark.parametrize("name", ["CMU-1-Small-Region.svs", "test3-DAPI-2-(387).ndpi"])
def test_slides_lose_label_and_macro_and_nothing_of_the_scan(shared: Path, tmp_path: Path, name: str) -> None:
    path, out = shared / WSI / name, tmp_path / name
    log = deidentify(path, out, SALT)
    assert not read_facts(out).findings
    assert {one.name for one in log} >= {"macro picture"}
    (before,), (after,) = make_tables(path, [""]), make_tables(out, [""])
    old, new = path.read_bytes(), out.read_bytes()
    assert len(old) == len(new)
    for level in range(len(before.header["levels"])):
        offsets, lengths = before.arrays[f"offset{level}"].ravel(), before.arrays[f"length{level}"].ravel()
        np.testing.assert_array_equal(after.arrays[f"offset{level}"].ravel(), offsets)
        for offset, length in zip(offsets.tolist(), lengths.tolist(), strict=True):
            assert old[offset : offset + length] == new[offset : offset + length]
    with tifffile.TiffFile(path) as tif:
        for series in tif.series:
            if series.name.lower() in ("label", "macro", "map"):
                page = series.pages[0]
                assert page is not None
                for offset, length in zip(page.dataoffsets, page.databytecounts, strict=True):
                    assert not any(new[offset : offset + length])
    with openslide.OpenSlide(out) as slide:  # another reader still opens it
        assert set(slide.associated_images) <= {"thumbnail"}
        assert slide.properties["openslide.objective-power"] in ("20", "40")
    for value in (b"b414003d-95c6-48b0-9369-8010ed517ba7", b"= CMU-1|", b"12/29/09", b"2017:02:07", b"2017/01/27"):
        assert value not in new


def test_a_leica_slide_keeps_its_pages_and_loses_its_names(tmp_path: Path) -> None:
    path, out = tmp_path / "a.scn", tmp_path / "b.scn"
    with tifffile.TiffWriter(path, bigtiff=True) as tif:
        for height, width, text in ((96, 160, test_slides.SCN), (256, 512, None), (128, 256, None)):
            tif.write(test_slides.picture(height, width, width), tile=(64, 64), photometric="rgb",
                      compression="deflate", description=text, metadata=None)  # fmt: skip
    assert {one.kind for one in read_facts(path).findings} == {"name", "macro", "date"}
    log = deidentify(path, out, SALT)
    assert not read_facts(out).findings
    assert (log[0].name, log[-1].where) == ("macro picture", "header")
    for level in (0, 1):
        np.testing.assert_array_equal(whole(open_source(out), level), whole(open_source(path), level))
    assert b"case 17" not in out.read_bytes()
    assert b"MTIzNA==" not in out.read_bytes()


def test_other_formats_say_that_they_cannot(shared: Path, tmp_path: Path) -> None:
    shutil.copyfile(shared / "samples/01_fluorescence/cells3d/nuclei.tif", tmp_path / "a.tif")
    with pytest.raises(ImageError, match="cannot be de-identified here"):
        deidentify(tmp_path / "a.tif", tmp_path / "b.tif", SALT)
