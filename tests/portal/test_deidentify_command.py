"""manage.py deidentify: copies, and a list of what was removed beside each."""

import io
from pathlib import Path

import pydicom
import pytest
from django.core.management import CommandError, call_command

from imaging.readers import read_facts

VENDOR = "samples/03_vendor/"


def run(*arguments: Path | str) -> str:
    out = io.StringIO()
    call_command("deidentify", *map(str, arguments), stdout=out, stderr=out)
    return out.getvalue()


def test_copies_with_lists_of_what_was_removed(shared: Path, tmp_path: Path) -> None:
    names = ("dicom/CT_small.dcm", "dicom/examples_overlay.dcm", "wsi/CMU-1-Small-Region.svs")
    said = run(*(shared / VENDOR / name for name in names), "--out", tmp_path / "clean", "--salt", "a secret")
    assert "CT_small.dcm: " in said
    assert "CompressedSamples" not in said
    for name in names:
        copy = tmp_path / "clean" / Path(name).name
        assert read_facts(copy).findings == ()
        log = copy.with_name(f"{copy.name}.removed.tsv").read_text()
        assert log.startswith("where\tname\taction\n")
        assert len(log.splitlines()) > 3
    with pytest.raises(CommandError, match="1 of 1 files could not be used"):
        run(shared / VENDOR / names[0], "--out", tmp_path / "clean")
    assert run(shared / VENDOR / names[0], "--out", tmp_path / "again", "--salt", "a secret")
    uids = {pydicom.dcmread(tmp_path / folder / "CT_small.dcm").StudyInstanceUID for folder in ("clean", "again")}
    assert len(uids) == 1


def test_a_dry_run_only_tells(shared: Path, tmp_path: Path) -> None:
    said = run(shared / VENDOR / "dicom/CT_small.dcm", "--out", tmp_path / "clean", "--dry-run")
    assert "PatientName" in said
    assert not (tmp_path / "clean").exists()


def test_what_cannot_be_done_is_said(shared: Path, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="1 of 1"):
        run(shared / "samples/01_fluorescence/cells3d/nuclei.tif", "--out", tmp_path / "clean")
