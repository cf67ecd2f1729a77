"""`vitrine check` on real folders, without a site."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from client.command import main

FAILED, WANTING = 2, 1


def check(capsys: pytest.CaptureFixture[str], folder: Path, *options: str) -> tuple[int, dict[str, Any]]:
    status = main(["check", str(folder), "--json", *options])
    return status, json.loads(capsys.readouterr().out)


@pytest.fixture
def nd2(shared: Path, tmp_path: Path) -> Path:
    """A folder with the two OME-TIFFs that were made from ND2 files, and a file that is none."""
    folder = tmp_path / "nd2"
    folder.mkdir()
    for image in (shared / "samples/01_fluorescence/ometiff_from_nd2").glob("*.tif"):
        (folder / image.name).write_bytes(image.read_bytes())
    (folder / "notes.tif").write_text("no image")
    (folder / ".hidden").write_text("not taken")
    return folder


def test_it_tells_what_the_images_answer_and_what_is_missing(nd2: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, said = check(capsys, nd2)
    assert status == WANTING
    assert (said["files"], said["images"]) == (3, 2)
    assert set(said["failed"]) == {"notes.tif"}
    assert "it was renamed since" in said["warnings"]["example-multichannel.ome.tif"][0]
    assert {"study/title", "study/licence"} <= {one["path"] for one in said["findings"]}
    acquisitions = said["document"]["acquisitions"]
    assert len(acquisitions) == 2
    assert all("NA" in one["image_acquisition_parameters"] for one in acquisitions)
    place = said["answered"][f"acquisition/{acquisitions[0]['id']}/imaging_instrument"]
    assert (place["file"], place["field"]) == ("example-multichannel.ome.tif", "Instrument/Objective")


def test_what_the_document_says_is_kept_and_what_it_lacks_is_filled(
    nd2: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (nd2 / "example-zstack.ome.tif").unlink()
    (nd2 / "notes.tif").unlink()
    document = {
        "study": {"title": "Fluorescence of three channels in cells"},
        "acquisitions": [{"id": "wf", "title": "Widefield", "imaging_instrument": "Nikon Ti2"}],
        "components": [{"title": "All", "files": "*.ome.tif"}],
    }
    (nd2 / "study.yaml").write_text(yaml.safe_dump(document))
    _, said = check(capsys, nd2)
    assert said["files"] == 1
    [acquisition] = said["document"]["acquisitions"]
    assert acquisition["imaging_instrument"] == "Nikon Ti2"
    assert "NA" in acquisition["image_acquisition_parameters"]
    assert said["answered"]
    assert not any(path.endswith("imaging_instrument") for path in said["answered"])
    assert not any("belong to no study component" in one["message"] for one in said["findings"])


@pytest.mark.parametrize("name", ["filled.yaml", "filled.xlsx"])
def test_a_filled_document_is_one_that_is_read_again(nd2: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    _, first = check(capsys, nd2, "--fill", str(nd2 / name))
    (nd2 / name).rename(nd2 / f"study{Path(name).suffix}")
    _, second = check(capsys, nd2)
    assert second["answered"] == {}
    for part in ("acquisitions", "channels"):
        assert [_filled(row) for row in second["document"][part]] == [_filled(row) for row in first["document"][part]]


def _filled(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name != "id" and value}


def test_nothing_is_written_over(nd2: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (nd2 / "mine.yaml").write_text("precious")
    assert main(["check", str(nd2), "--fill", str(nd2 / "mine.yaml")]) == FAILED
    assert "is there already" in capsys.readouterr().err
    assert (nd2 / "mine.yaml").read_text() == "precious"


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ("study: [", "line 2: This is no YAML"),
        ("components: [{title: A, files: '../*.tif'}]", "leads out of the folder"),
        ("components: [{title: A, files: '*.czi'}]", "fits no file"),
    ],
)
def test_a_wrong_document_is_refused_in_words(
    nd2: Path, capsys: pytest.CaptureFixture[str], document: str, message: str
) -> None:
    (nd2 / "study.yaml").write_text(document)
    assert main(["check", str(nd2)]) == FAILED
    said = capsys.readouterr().err
    assert message in said
    assert "Traceback" not in said


def test_what_is_no_folder_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(tmp_path / "none")]) == FAILED
    assert main(["check", str(tmp_path)]) == FAILED
    assert "holds no files" in capsys.readouterr().err
    (tmp_path / "outside").symlink_to("/etc/hostname")
    assert main(["check", str(tmp_path)]) == FAILED
    assert "leads out of the folder" in capsys.readouterr().err


def test_what_may_name_a_patient_is_told_before_anything_is_uploaded(
    shared: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "ct").mkdir()
    for name in ("CT_small.dcm", "wsi_camelyon_multiframe.dcm"):
        (tmp_path / "ct" / name).write_bytes((shared / "samples/03_vendor/dicom" / name).read_bytes())
    status, said = check(capsys, tmp_path / "ct")
    assert status == WANTING
    told = [one["message"] for one in said["findings"] if "tell who a patient is" in one["message"]]
    assert len(told) == 1
    assert "CT_small.dcm" in told[0]
    assert "CompressedSamples" not in json.dumps(said)
