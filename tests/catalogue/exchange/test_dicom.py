"""DICOM headers: what they say of series and scanners comes in, what may name a person never does."""

import warnings
from pathlib import Path

import pydicom
import pytest
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import UID, ExplicitVRLittleEndian, generate_uid

from catalogue.exchange import dicom
from catalogue.exchange.dossier import CannotRead, Files, Imported, Weight


@pytest.fixture
def real(shared: Path) -> Files:
    return {path.name: path for path in sorted((shared / "samples/03_vendor/dicom").glob("*.dcm"))}


def test_series_become_components_with_their_scanner_and_settings(real: Files) -> None:
    imported = dicom.read(real)
    document = imported.dossier.document
    assert [row["title"] for row in document["components"]] == ["CT series 1", "MR series 18", "SM series 3"]
    assert [row.get("imaging_instrument") for row in document["acquisitions"]] == [
        "GE MEDICAL SYSTEMS RHAPSODE (software 05)",
        "SIEMENS Avanto (software syngo MR 2004V 4VB11D)",
        None,
    ]
    assert (
        "slice thickness 5.000000 mm; spacing between slices 5.000000 mm; KVP 120 kV"
        in document["acquisitions"][0]["image_acquisition_parameters"]
    )
    assert document["biosamples"] == [
        {"id": "biosample-2", "title": "abdomen", "biological_entity": {"text": "abdomen", "curie": ""}}
    ]
    assert [line.path for line in imported.dossier.files] == list(real)


def test_what_may_name_a_person_is_told_of_and_never_taken_over(real: Files) -> None:
    imported = dicom.read(real)
    everything = _text(imported)
    for path in real.values():
        for value in _secrets(path):
            assert value not in everything, value
    told = {one.place.file: one.message for one in imported.remarks if one.weight is Weight.ERROR}
    assert set(told) == {"CT_small.dcm", "examples_overlay.dcm"}
    assert "PatientBirthDate" in told["examples_overlay.dcm"]
    assert "de-identify" in told["examples_overlay.dcm"]


def test_what_all_files_of_a_series_say_is_said_once(tmp_path: Path) -> None:
    files = {f"{number}.dcm": _write(tmp_path / f"{number}.dcm", number) for number in range(3)}
    imported = dicom.read(files)
    pairs = imported.dossier.pairs["component/series-1"]
    assert [pair.value for pair in pairs if pair.name == "SliceThickness"] == ["2.5"]
    assert [pair.unit for pair in pairs if pair.name == "SliceThickness"] == ["mm"]
    assert [[pair.value for pair in line.pairs] for line in imported.dossier.files] == [["1"], ["2"], ["3"]]


def test_descriptions_are_taken_where_identities_were_removed(tmp_path: Path) -> None:
    plain = dicom.read({"a.dcm": _write(tmp_path / "a.dcm", 0)}).dossier.document["components"][0]
    clean = _write(tmp_path / "b.dcm", 0, PatientIdentityRemoved="YES", DeidentificationMethod="basic profile")
    assert plain["title"] == "SM series 1"
    assert dicom.read({"b.dcm": clean}).dossier.document["components"][0]["title"] == "Kidney, HE"


def test_text_in_the_pixels_is_told(tmp_path: Path) -> None:
    remarks = dicom.read({"a.dcm": _write(tmp_path / "a.dcm", 0, BurnedInAnnotation="YES")}).remarks
    assert any("Burned In Annotation" in one.message for one in remarks if one.weight is Weight.ERROR)


def test_broken_files_are_told_and_the_others_read(tmp_path: Path) -> None:
    broken, other = tmp_path / "broken.dcm", tmp_path / "notes.dcm"
    broken.write_bytes(_write(tmp_path / "a.dcm", 0).read_bytes()[:200])
    other.write_text("hello")
    imported = dicom.read({"a.dcm": tmp_path / "a.dcm", "broken.dcm": broken, "notes.dcm": other})
    assert "a.dcm" in [line.path for line in imported.dossier.files]
    assert any(one.place.file == "notes.dcm" and one.weight is Weight.ERROR for one in imported.remarks)
    with pytest.raises(CannotRead, match="None of these files is DICOM"):
        dicom.read({"notes.dcm": other})


def _write(path: Path, number: int, **more: str) -> Path:
    """A slide's header as a scanner writes it, of a patient that there is not."""
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.SOPClassUID = dataset.file_meta.MediaStorageSOPClassUID = UID("1.2.840.10008.5.1.4.1.1.77.1.6")
    dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = generate_uid()
    dataset.SeriesInstanceUID = "1.2.3"
    dataset.Modality = "SM"
    dataset.PatientName = "Test^Nobody"
    dataset.SeriesDescription = "Kidney, HE"
    dataset.SliceThickness = "2.5"
    dataset.InstanceNumber = str(number + 1)
    for name, value in more.items():
        setattr(dataset, name, value)
    dataset.save_as(path, enforce_file_format=True)
    return path


def _secrets(path: Path) -> set[str]:
    """Values of names, ids, places and dates, long enough to be told from others."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        dataset = pydicom.dcmread(path, stop_before_pixels=True)
        found = {
            str(element.value)
            for element in dataset.iterall()
            if element.VR in {"PN", "DA", "TM", "UI"} or element.tag.group == 0x0010 or "Institution" in element.keyword
            if element.keyword not in {"SOPClassUID", "PatientSex", "PatientWeight"} and element.VR != "SQ"
        }
    return {value for value in found if len(value) > 4 and not value.startswith("1.2.840.10008.")}  # DICOM's own


def _text(imported: Imported) -> str:
    return f"{imported.dossier} {imported.remarks} {imported.sources}"
