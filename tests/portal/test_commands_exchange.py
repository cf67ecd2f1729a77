"""import_study and export_study."""

import io
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from catalogue import documents
from catalogue.models import Study
from tests import factory

pytestmark = pytest.mark.django_db


def run(*words: object) -> str:
    out = io.StringIO()
    call_command(*map(str, words), stdout=out)
    return out.getvalue()


def test_a_study_goes_out_as_csv_and_comes_in_as_a_new_one(tmp_path: Path) -> None:
    study = factory.study()
    path = Path(run("export_study", study.pk, "csv", "--to", tmp_path).strip())
    assert path.suffix == ".zip"
    shown = run("import_study", path, "--owner", study.owner.email)
    assert "csv: " in shown
    assert Study.objects.count() == 1  # nothing is left of a look
    run("import_study", path, "--owner", study.owner.email, "--apply")
    new = Study.objects.exclude(pk=study.pk).get()
    before, after = documents.read(study), documents.read(new)
    assert after["study"] == before["study"]
    assert after["biosamples"][0]["variables"] == before["biosamples"][0]["variables"]


def test_what_cannot_be_read_leaves_nothing_and_says_why(tmp_path: Path) -> None:
    path = tmp_path / "letter.docx"
    path.write_text("Dear curator")
    with pytest.raises(CommandError, match="could not be told"):
        run("import_study", path, "--owner", factory.user().email, "--apply")
    assert not Study.objects.exists()


def test_a_folder_of_an_idr_study_comes_in(shared: Path) -> None:
    folder = next(iter(sorted((shared / "reference" / "idr").iterdir())))
    run("import_study", folder, "--owner", factory.user().email, "--apply")
    assert Study.objects.get().title
