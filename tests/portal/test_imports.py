"""Importing metadata through the pages and the API: files in, a look, choices, the yes; and out again."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from base import jobs
from base.tokens import issue
from catalogue import documents, dossiers, imports
from catalogue.exchange import yaml_text
from catalogue.exchange.dossier import Dossier, Pair
from catalogue.exchange.download import writable
from catalogue.models import Import, Study
from tests import factory

pytestmark = pytest.mark.django_db


@pytest.fixture
def study(client: Client) -> Study:
    """An empty draft, its owner signed in."""
    made = factory.draft()
    client.force_login(made.owner)
    return made


def yaml_of(document: dict[str, Any], **parts: Any) -> bytes:
    return yaml_text.write(Dossier(document, **parts))["study.yaml"]


def send(client: Client, study: Study, *files: tuple[str, bytes], **fields: str) -> Import:
    given = [SimpleUploadedFile(name, data) for name, data in files]
    answer = client.post(f"/deposit/{study.pk}/import/files", {"file": given, **fields})
    assert answer.status_code == 302, answer.text
    return Import.objects.get(pk=answer["Location"].rpartition("/")[2])


def page(client: Client, row: Import) -> str:
    answer = client.get(f"/deposit/{row.study_id}/import/{row.pk}")
    assert answer.status_code == 200
    return answer.text


def take(client: Client, row: Import) -> None:
    digest = Import.objects.get(pk=row.pk).report["digest"]
    choices = {"digest": digest, "mode": row.mode, "accept": Import.objects.get(pk=row.pk).accepted}
    answer = client.post(f"/deposit/{row.study_id}/import/{row.pk}/take", choices, follow=True)
    assert answer.status_code == 200
    jobs.run_queued(row.study_id)
    row.refresh_from_db()


def test_a_file_is_looked_at_before_anything_changes_and_taken_over_after_a_yes(client: Client, study: Study) -> None:
    row = send(client, study, ("study.yaml", yaml_of(factory.document())))
    shown = page(client, row)
    assert "University of Colorado Anschutz" in shown
    assert documents.read(study)["organisations"] == []
    take(client, row)
    assert row.state == Import.State.APPLIED
    assert documents.read(study)["organisations"][0]["name"] == "University of Colorado Anschutz"
    assert "Taken over on" in page(client, row)
    assert client.get(f"/deposit/{study.pk}/import/{row.pk}/files/0").getvalue() == yaml_of(factory.document())


def test_a_study_is_started_from_a_file(client: Client) -> None:
    client.force_login(factory.user())
    given = SimpleUploadedFile("study.yaml", yaml_of(factory.document()))
    answer = client.post("/deposit/start-from-file", {"file": given}, follow=True)
    assert "Cell Painting of Schwann cells" in answer.text
    row = Import.objects.get()
    take(client, row)
    assert Study.objects.get().title.startswith("Cell Painting")


def test_a_file_that_is_nothing_known_leaves_no_study_and_says_what_there_is(client: Client) -> None:
    client.force_login(factory.user())
    given = SimpleUploadedFile("letter.docx", b"Dear curator")
    answer = client.post("/deposit/start-from-file", {"file": given}, follow=True)
    assert "could not be told what kind of file" in answer.text
    assert not Study.objects.exists()


def test_what_was_shown_is_what_is_taken_over(client: Client, study: Study) -> None:
    row = send(client, study, ("study.yaml", yaml_of(factory.document())))
    answer = client.post(f"/deposit/{study.pk}/import/{row.pk}/take", {"digest": "other"}, follow=True)
    assert "not what you saw" in answer.text
    assert documents.read(study)["organisations"] == []


def test_a_broken_file_says_where(client: Client, study: Study) -> None:
    row = send(client, study, ("study.yaml", b"study:\n  title: 'unclosed\norganisations: ["), format="yaml")
    shown = page(client, row)
    assert "study.yaml, row" in shown
    assert row.state == Import.State.FAILED


def test_only_those_who_may_edit_import_and_only_those_who_may_see_download(client: Client, study: Study) -> None:
    client.force_login(factory.user())
    given = SimpleUploadedFile("study.yaml", yaml_of(factory.document()))
    assert client.post(f"/deposit/{study.pk}/import/files", {"file": given}).status_code == 404
    assert client.get(f"/deposit/{study.pk}/import").status_code == 404
    assert client.get(f"/deposit/{study.pk}/export/yaml").status_code == 404


def test_a_draft_comes_out_in_every_format_and_goes_in_again_unchanged(client: Client) -> None:
    study = factory.study()
    client.force_login(study.owner)
    listed = client.get(f"/deposit/{study.pk}/import").text
    for one in writable():
        assert f"/deposit/{study.pk}/export/{one.key}" in listed
        answer = client.get(f"/deposit/{study.pk}/export/{one.key}")
        assert answer.status_code == 200, one.key
        assert answer.content
    row = send(client, study, ("again.yaml", client.get(f"/deposit/{study.pk}/export/yaml").content))
    assert row.report["change_count"] == 0


def test_a_file_list_has_its_columns_said_and_its_platemap_joined(client: Client, study: Study, shared: Path) -> None:
    images = sorted((shared / "samples/01_fluorescence/nf1_cellpainting/Plate_2_images").glob("*.tif"))
    for image in images[:4]:
        factory.upload(study, f"Plate_2_images/{image.name}", b"not read here")
    platemap = (shared / "samples/06_study_metadata/nf1/platemap_NF1_plate2.csv").read_bytes()
    row = send(client, study, ("platemap_NF1_plate2.csv", platemap))
    assert row.format == "file-list"
    columns = {one["name"]: one["role"] for one in row.report["layout"]["columns"]}
    assert columns["well_position"] == "well"
    names = list(columns)
    choices = {
        f"column-{names.index('WellRow')}": "ignore",
        f"column-{names.index('WellCol')}": "ignore",
        "mode": "update",
    }
    client.post(f"/deposit/{study.pk}/import/{row.pk}/change", choices)
    take(client, row)
    again = send(client, study, ("platemap_NF1_plate2.csv", platemap))  # what was said of the columns is remembered
    assert {one["name"]: one["role"] for one in again.report["layout"]["columns"]}["WellRow"] == "ignore"
    lines = {line.path: line for line in dossiers.of_study(study).files}
    assert lines["Plate_2_images/B7_01_1_3_DAPI_001.tif"].pairs == [
        Pair("file-list", "gene_name", "NF1"), Pair("file-list", "genotype", "Null")]  # fmt: skip


def test_a_large_list_is_taken_over_by_a_job_with_progress(client: Client, study: Study) -> None:
    rows = "".join(f"images/{number:05}.tif,gene{number % 100},{number}\n" for number in range(20_000))
    row = send(client, study, ("list.csv", f"path,gene,dose\n{rows}".encode()))
    assert row.state == Import.State.LOOKING
    assert "being looked at" in page(client, row)
    jobs.run_queued(study.pk)
    row.refresh_from_db()
    assert (row.report["files"], row.report["pairs"]) == (20_000, 40_000)
    take(client, row)
    assert row.state == Import.State.APPLIED
    assert study.listed_files.count() == 20_000
    assert study.key_values.count() == 40_000
    take(client, row)
    assert study.key_values.count() == 40_000


def test_the_api_imports_and_exports(client: Client, study: Study) -> None:
    token = issue(user=study.owner, name="script")[1]
    client.logout()
    auth: Any = {"headers": {"Authorization": f"Bearer {token}"}}
    base = f"/api/v1/studies/{study.pk}"
    body = yaml_of(factory.document())
    made = client.post(f"{base}/imports?name=study.yaml", body, content_type="application/octet-stream", **auth)
    assert made.status_code == 201, made.text
    assert made.json()["state"] == "seen"
    address = made["Location"]
    assert client.get(address, **auth).json()["report"]["change_count"] > 5
    digest = made.json()["report"]["digest"]
    wrong = client.post(f"{address}/apply", json.dumps({"digest": "x"}), content_type="application/json", **auth)
    assert wrong.status_code == 409
    done = client.post(f"{address}/apply", json.dumps({"digest": digest}), content_type="application/json", **auth)
    assert done.json()["state"] == "applied"
    out = client.get(f"{base}/exports/yaml", **auth)
    assert b"University of Colorado Anschutz" in out.content
    assert client.get(f"{base}/exports/nonsense", **auth).status_code == 404
    known = {one["key"] for one in client.get("/api/v1/formats", **auth).json()}
    assert {"yaml", "file-list"} <= known


def test_choices_made_with_the_yes_are_shown_before_they_are_taken_over(client: Client, study: Study) -> None:
    row = send(client, study, ("study.yaml", yaml_of(factory.document())))
    choices = {"digest": row.report["digest"], "mode": "replace"}
    answer = client.post(f"/deposit/{study.pk}/import/{row.pk}/take", choices, follow=True)
    assert "Your choices changed what would happen" in answer.text
    row.refresh_from_db()
    assert (row.state, row.mode) == (Import.State.SEEN, "replace")
    assert documents.read(study)["organisations"] == []


def test_a_workbook_comes_back_with_its_errors_marked(client: Client, study: Study) -> None:
    data = client.get(f"/deposit/{study.pk}/export/workbook").content
    row = send(client, study, ("filled.xlsx", data))
    assert row.format == "workbook"
    assert client.get(f"/deposit/{study.pk}/import/{row.pk}/annotated.xlsx").content[:2] == b"PK"


def test_a_deleted_draft_leaves_no_file_of_its_imports(
    client: Client, study: Study, django_capture_on_commit_callbacks: Any
) -> None:
    row = send(client, study, ("study.yaml", yaml_of(factory.document())))
    path = next(iter(imports.files_of(row).values()))
    assert path.exists()
    with django_capture_on_commit_callbacks(execute=True):
        assert client.post(f"/deposit/{study.pk}/-/delete").status_code == 302
    assert not path.exists()
