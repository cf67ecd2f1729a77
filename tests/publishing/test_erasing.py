"""Patient data found in what is published already: the version is withdrawn, and then the bytes can go."""

from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from base import jobs
from base.errors import Conflict, Invalid, NotAllowed, NotFound
from base.models import AuditEvent, Job, StoredFile
from base.storage import path_of, storage_for
from base.tiers import moves
from catalogue import deidentifying, files, services
from catalogue.access import Actor
from catalogue.models import Deidentification, File, Image, Study, StudyComponent
from publishing import erasing
from publishing.models import Erasure, Publication
from publishing.services import retract
from tests import factory
from tests.publishing.delivered import publish

pytestmark = pytest.mark.django_db
CT = "samples/03_vendor/dicom/CT_small.dcm"
REASON = "A name was found in a file."


@pytest.fixture
def study(shared: Path, django_capture_on_commit_callbacks: Any) -> Study:
    """A published study with a CT in which nobody had found a name when it was published."""
    made = factory.study(images=1)
    file = factory.upload(made, "CT_small.dcm", (shared / CT).read_bytes())
    assert file is not None
    jobs.run_queued(made.pk)
    component = StudyComponent.objects.get(study=made)
    files.assign(actor=Actor(made.owner), study_id=made.pk, file_ids=[file.pk], component_id=component.pk)
    found = File.objects.get(pk=file.pk).findings
    File.objects.filter(pk=file.pk).update(findings=[], is_identifying=False)
    publish(made)
    File.objects.filter(pk=file.pk).update(findings=found, is_identifying=True)
    made.refresh_from_db()
    return made


def ct_of(study: Study) -> File:
    return File.everything.select_related("stored").get(study=study, path="CT_small.dcm")


def curator_of(study: Study) -> Actor:
    return Actor(Publication.objects.filter(study=study)[0].published_by)


def withdrawn(study: Study) -> Actor:
    """The study, withdrawn from the public; gives its curator."""
    curator = curator_of(study)
    retract(actor=curator, accession=study.accession or "", reason=REASON)
    return curator


def asked(study: Study, actor: Actor, reason: str = REASON) -> Erasure:
    return erasing.erase(actor=actor, study_id=study.pk, file_id=ct_of(study).pk, reason=reason)


def test_bytes_go_only_once_the_version_is_withdrawn_and_only_by_a_curator(study: Study) -> None:
    with pytest.raises(Conflict, match=r"v1 of .* still shows CT_small.dcm: withdraw that first"):
        asked(study, curator_of(study))
    Study.objects.filter(pk=study.pk).update(state=Study.State.DRAFT)
    with pytest.raises(Conflict, match="Ask a curator to withdraw that version"):
        deidentifying.start(actor=Actor(study.owner), study_id=study.pk, file_id=ct_of(study).pk)
    Study.objects.filter(pk=study.pk).update(state=Study.State.PUBLISHED)
    withdrawn(study)
    for actor in (Actor(study.owner), Actor(factory.user(is_staff=True))):
        with pytest.raises((NotAllowed, NotFound)):
            asked(study, actor)
    with pytest.raises(Invalid, match="Say why"):
        asked(study, curator_of(study), " ")
    assert path_of(ct_of(study).stored).exists()


def test_all_copies_of_the_bytes_go_and_what_was_said_stays(
    study: Study, client: Client, settings: Any, tmp_path: Path, django_capture_on_commit_callbacks: Any
) -> None:
    (tmp_path / "cool").mkdir()
    settings.STORES = f"cool={tmp_path / 'cool'}"
    file = ct_of(study)
    image = Image.objects.get(image_files__file=file)
    moves.start_move(stored_id=file.stored_id, to="cool", reason="a test")
    jobs.run_queued(file.stored_id)
    own, key = storage_for("store"), file.stored.key
    curator = withdrawn(study)
    assert file in erasing.withdrawn_files(study)
    with django_capture_on_commit_callbacks(execute=True):
        asked(study, curator)
    for place in (own.local_path, storage_for("cool").local_path):
        with pytest.raises(Exception, match="no longer in the store"):
            place(key)
    with pytest.raises(Exception, match="no longer in the store"):
        own.local_path(f"images/{image.pk}")
    assert not Image.objects.filter(pk=image.pk).exists()
    assert not File.objects.filter(pk=file.pk).exists()
    stored = StoredFile.objects.get(pk=file.stored_id)
    assert (stored.backend, stored.sha256, stored.bytes) == ("erased", file.stored.sha256, file.stored.bytes)
    event = AuditEvent.objects.get(verb="removed the bytes of a withdrawn file")
    assert (event.actor, event.target) == (curator.person, study.pk)
    assert event.detail == {"path": file.path, "bytes": stored.bytes, "sha256": stored.sha256, "reason": REASON}
    page = client.get(reverse("study", args=[study.accession]))
    assert page.status_code == 410
    text = page.content.decode()
    assert "The bytes of a file were removed from this site" in text
    assert "CT_small.dcm" not in text  # a name may stand in a path
    with pytest.raises(Conflict, match="removed already"):
        asked(study, curator)
    with pytest.raises(Invalid, match="were removed from this site"):
        moves.start_move(stored_id=stored.pk, to="cool", reason="a test")


def test_a_deidentified_copy_takes_its_place_for_the_next_version(
    study: Study, django_capture_on_commit_callbacks: Any
) -> None:
    file, curator = ct_of(study), withdrawn(study)
    before, image = path_of(file.stored), Image.objects.get(image_files__file=file)
    with django_capture_on_commit_callbacks(execute=True):
        erasing.deidentify(actor=curator, study_id=study.pk, file_id=file.pk, reason=REASON)
        with pytest.raises(Conflict, match="being de-identified already"):
            erasing.deidentify(actor=curator, study_id=study.pk, file_id=file.pk, reason=REASON)
        jobs.run_queued(study.pk)
    assert Job.objects.get(kind=erasing.DEIDENTIFY_WITHDRAWN).error == ""
    assert not before.exists()
    assert Erasure.objects.get(study=study).is_replaced
    assert Deidentification.objects.get(study=study).by == curator.person
    now = ct_of(study)
    assert (now.state, now.findings, now.is_identifying) == (File.State.READ, [], False)
    assert b"CompressedSamples" not in path_of(now.stored).read_bytes()
    made = Image.objects.get(image_files__file=file)
    assert made.pk != image.pk
    assert made.component == StudyComponent.objects.get(study=study)
    services.start_new_version(actor=Actor(study.owner), study_id=study.pk)
    study.refresh_from_db()
    assert publish(study).version == 2
    with pytest.raises(Conflict, match="v2 of"):
        asked(study, curator)


def test_a_file_in_place_stays_where_it_lies_and_with_another_study_that_has_it(
    shared: Path, settings: Any, tmp_path: Path
) -> None:
    settings.REGISTER_ROOTS = [tmp_path]
    (tmp_path / "a.txt").write_text("John")
    owner = factory.user()
    one, two = factory.study(owner), factory.study(owner)
    for study in (one, two):
        files.register_in_place(actor=Actor(owner), study_id=study.pk, path=str(tmp_path / "a.txt"))
        jobs.run_queued(study.pk)
    publish(one)
    one.refresh_from_db()
    curator = withdrawn(one)
    file = File.objects.get(study=one, path="a.txt")
    erased = erasing.erase(actor=curator, study_id=one.pk, file_id=file.pk, reason=REASON)
    assert erased.is_left_in_place
    assert (tmp_path / "a.txt").exists()
    assert File.everything.get(pk=file.pk).stored.backend == "erased"
    assert File.objects.get(study=two, path="a.txt").stored.backend == "in-place"


def test_the_page_of_curators(study: Study, client: Client) -> None:
    address = reverse("review-withdrawn", args=[study.pk])
    client.force_login(study.owner)
    assert client.get(address).status_code == 403
    curator = withdrawn(study)
    assert curator.person is not None
    client.force_login(curator.person)
    assert address in client.get(reverse("study", args=[study.accession])).content.decode()
    page = client.get(address).content.decode()
    assert "CT_small.dcm" in page
    given = {"file": str(ct_of(study).pk), "reason": ""}
    assert "Say why" in client.post(address, given | {"what": "erase"}, follow=True).content.decode()
    page = client.post(address, given | {"what": "erase", "reason": REASON}, follow=True).content.decode()
    assert "CT_small.dcm: its bytes are removed." in page
    assert Erasure.objects.get().reason == REASON
