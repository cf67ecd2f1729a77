"""An IDR study through the pages, as a depositor gives it: its folder as a zip, with a proposal accepted."""

import io
import zipfile
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from base import jobs
from catalogue import documents, dossiers
from catalogue.models import Import
from tests import factory

pytestmark = pytest.mark.django_db


def zipped(folder: Path) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                archive.writestr(f"{folder.name}/{path.relative_to(folder)}", path.read_bytes())
    return out.getvalue()


def test_a_zip_of_an_idr_study_is_looked_at_and_taken_over(client: Client, shared: Path) -> None:
    study = factory.draft()
    client.force_login(study.owner)
    folder = shared / "reference" / "idr" / "idr0038-held-kidneylightsheet"
    given = SimpleUploadedFile("idr0038.zip", zipped(folder))
    answer = client.post(f"/deposit/{study.pk}/import/files", {"file": given}, follow=True)
    row = Import.objects.get(study=study)
    jobs.run_queued(study.pk)
    row.refresh_from_db()
    assert row.format == "idr"
    shown = client.get(f"/deposit/{study.pk}/import/{row.pk}").text
    assert "Ex vivo live cell tracking in kidney organoids" in shown
    assert "written FBbi" in shown
    digest = row.report["digest"]
    answer = client.post(f"/deposit/{study.pk}/import/{row.pk}/take", {"digest": digest}, follow=True)
    assert answer.status_code == 200
    jobs.run_queued(study.pk)
    document = documents.read(study)
    assert [one["title"].rpartition("/")[2] for one in document["components"]] == [
        "experimentA", "experimentB", "experimentC",
    ]  # fmt: skip
    assert len(dossiers.of_study(study).files) == 125
