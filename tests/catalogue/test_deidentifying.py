"""Files that may tell who a patient is cannot be sent in; de-identified, they can, and the log says what went."""

from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from base import jobs
from base.errors import Conflict, Invalid, NotAllowed
from base.models import AuditEvent, Job, StoredFile
from base.storage import path_of
from catalogue import deidentifying, files, services
from catalogue.access import Actor
from catalogue.models import Deidentification, File, Image, Study, StudyComponent
from catalogue.rules.fields import Level
from tests import factory

pytestmark = [pytest.mark.both, pytest.mark.django_db]
VENDOR = "samples/03_vendor/"
SVS, CT = VENDOR + "wsi/CMU-1-Small-Region.svs", VENDOR + "dicom/CT_small.dcm"


@pytest.fixture
def study() -> Study:
    return factory.study()


def owner(study: Study) -> Actor:
    return Actor(study.owner)


def added(study: Study, path: Path) -> File:
    """The file, uploaded, read, and in the study's component."""
    file = factory.upload(study, path.name, path.read_bytes())
    assert file is not None
    jobs.run_queued(study.pk)
    component = StudyComponent.objects.get(study=study)
    files.assign(actor=owner(study), study_id=study.pk, file_ids=[file.pk], component_id=component.pk)
    file.refresh_from_db()
    assert file.state == File.State.READ, file.problem
    return file


def required(study: Study) -> list[str]:
    return [one.message for one in services.check(study).findings if one.level is Level.REQUIRED]


@pytest.mark.parametrize("name", [SVS, CT])
def test_what_may_name_a_patient_is_found_refused_and_removed(
    study: Study, shared: Path, name: str, django_capture_on_commit_callbacks: Any
) -> None:
    assert required(study) == []
    file = added(study, shared / name)
    image = Image.objects.get(image_files__file=file)
    assert file.is_identifying
    assert "name" in {one.kind for one in deidentifying.findings_of(file)}
    with pytest.raises(Invalid) as caught:
        services.submit(actor=owner(study), study_id=study.pk)
    (problem,) = caught.value.problems
    assert "holds what may tell who a patient is" in problem.message
    assert file.path in problem.message

    uploaded = path_of(file.stored)
    with django_capture_on_commit_callbacks(execute=True):
        deidentifying.start(actor=owner(study), study_id=study.pk, file_id=file.pk)
        jobs.run_queued(study.pk)
    file.refresh_from_db()
    assert (file.state, file.is_identifying, file.findings) == (File.State.READ, False, [])
    assert file.stored.sha256
    assert not uploaded.exists()
    assert b"CompressedSamples" not in path_of(file.stored).read_bytes()
    assert Image.objects.get(image_files__file=file).component == image.component
    services.submit(actor=owner(study), study_id=study.pk)


def test_the_log_tells_what_was_removed_and_never_the_value(study: Study, shared: Path) -> None:
    file = added(study, shared / CT)
    deidentifying.start(actor=owner(study), study_id=study.pk, file_id=file.pk)
    jobs.run_queued(study.pk)
    done = deidentifying.log_of(actor=owner(study), study_id=study.pk, file_id=file.pk)
    assert (done.path, done.by) == (file.path, study.owner)
    text = deidentifying.log_text(done)
    assert text.startswith("where\tname\taction\n")
    assert "(0010,0010)\tPatientName\temptied\n" in text
    assert "CompressedSamples" not in text
    event = AuditEvent.objects.get(target=study.pk, verb="de-identified a file")
    assert event.detail == {"path": file.path, "removed": len(done.log)}
    files.remove(actor=owner(study), study_id=study.pk, file_id=file.pk)
    assert Deidentification.objects.get(study=study).log  # stays when the file goes


def test_a_label_can_be_declared_harmless_and_a_name_cannot(study: Study, shared: Path) -> None:
    slide = added(study, shared / VENDOR / "wsi" / "test3-DAPI-2-(387).ndpi")
    assert slide.is_identifying
    with pytest.raises(Invalid, match="Say why"):
        deidentifying.declare_harmless(actor=owner(study), study_id=study.pk, file_id=slide.pk, reason=" ")
    deidentifying.declare_harmless(actor=owner(study), study_id=study.pk, file_id=slide.pk, reason="of a mouse")
    assert required(study) == []
    told = [one.message for one in services.check(study).findings]
    assert any("declared to be no patient's" in message for message in told)
    files.read_again(actor=owner(study), study_id=study.pk, file_id=slide.pk)
    jobs.run_queued(study.pk)
    assert required(study) == []
    header = added(study, shared / CT)
    with pytest.raises(Invalid, match="shows no label"):
        deidentifying.declare_harmless(actor=owner(study), study_id=study.pk, file_id=header.pk, reason="a mouse")


def test_who_may_ask_and_when(study: Study, shared: Path) -> None:
    file = added(study, shared / CT)
    viewer = factory.user()
    services.share(actor=owner(study), study_id=study.pk, right="view", email=viewer.email)
    with pytest.raises(NotAllowed):
        deidentifying.start(actor=Actor(viewer), study_id=study.pk, file_id=file.pk)
    deidentifying.start(actor=owner(study), study_id=study.pk, file_id=file.pk)
    with pytest.raises(Conflict, match="already"):
        deidentifying.start(actor=owner(study), study_id=study.pk, file_id=file.pk)
    plain = added(study, shared / "samples/01_fluorescence/cells3d/nuclei.tif")
    with pytest.raises(Invalid, match="cannot be de-identified here"):
        deidentifying.start(actor=owner(study), study_id=study.pk, file_id=plain.pk)


def test_a_curator_may_ask_while_reviewing(study: Study, shared: Path) -> None:
    slide = added(study, shared / VENDOR / "wsi" / "test3-DAPI-2-(387).ndpi")
    deidentifying.declare_harmless(actor=owner(study), study_id=study.pk, file_id=slide.pk, reason="of a mouse")
    services.submit(actor=owner(study), study_id=study.pk)
    deidentifying.start(actor=Actor(factory.curator()), study_id=study.pk, file_id=slide.pk)
    jobs.run_queued(study.pk)
    slide.refresh_from_db()
    assert slide.findings == []


def test_dicom_is_known_whatever_its_name(study: Study, shared: Path, tmp_path: Path) -> None:
    (tmp_path / "IM0001").write_bytes((shared / CT).read_bytes())
    file = added(study, tmp_path / "IM0001")
    assert file.is_identifying


def test_a_copy_that_cannot_be_made_leaves_the_file_as_it_was(client: Client, study: Study, shared: Path) -> None:
    file = added(study, shared / CT)
    place = path_of(file.stored)
    whole = place.read_bytes()
    place.write_bytes(whole[:2000])
    job = deidentifying.start(actor=owner(study), study_id=study.pk, file_id=file.pk)
    jobs.run_queued(study.pk)
    job.refresh_from_db()
    assert job.state == Job.State.FAILED
    assert "CT_small.dcm" in job.message + job.error
    file.refresh_from_db()
    assert file.is_identifying
    assert StoredFile.objects.filter(pk=file.stored_id).exists()
    client.force_login(study.owner)
    page = client.get(reverse("deposit-step", args=[study.pk, "files"])).content.decode()
    assert "It could not be de-identified" in page


def test_the_files_page_shows_and_does_it(client: Client, study: Study, shared: Path) -> None:
    file = added(study, shared / SVS)
    client.force_login(study.owner)
    page = client.get(reverse("deposit-step", args=[study.pk, "files"])).content.decode()
    assert "May tell who a patient is" in page
    assert "label picture" in page
    assert "b414003d" not in page
    client.post(reverse("deposit-file", args=[study.pk, file.pk, "deidentify"]))
    jobs.run_queued(study.pk)
    page = client.get(reverse("deposit-step", args=[study.pk, "files"])).content.decode()
    assert "May tell who a patient is" not in page
    log = client.get(reverse("deposit-removed-log", args=[study.pk, file.pk]))
    assert "label picture" in log.content.decode()
    assert log["Content-Disposition"] == 'attachment; filename="CMU-1-Small-Region.svs.removed.tsv"'
