"""Approval: what it asks for, what it writes, and that versions share what is alike."""

import datetime
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from base.errors import Conflict, Gone, Invalid, NotAllowed, NotFound
from base.models import AuditEvent, Outbox, StoredFile
from catalogue import documents, services
from catalogue.access import Actor
from catalogue.models import File, Image, Notice, Study, WithdrawalRequest
from publishing import queries, record
from publishing.canonical import canonical, digest_of, to_plain
from publishing.models import Entry, Publication, Record
from publishing.renditions import RENDITIONS
from publishing.services import approve, release, release_due, retract
from tests import factory

pytestmark = [pytest.mark.django_db, pytest.mark.both, pytest.mark.usefixtures("terms")]


def publish(study: Study) -> Publication:
    made = approve(actor=Actor(factory.curator()), study_id=study.pk)
    assert made is not None
    return made


def next_version(study: Study, **changes: Any) -> None:
    """Change the study's own fields in a new version and send it in."""
    owner = Actor(study.owner)
    study = services.start_new_version(actor=owner, study_id=study.pk)
    document = documents.read(study)
    document["study"] |= changes
    documents.write(owner, study, document)


def send(study: Study) -> None:
    services.submit(actor=Actor(study.owner), study_id=study.pk)


def rendered(publication: Publication) -> dict[str, bytes]:
    return {one.key: one.render(record.of_version(publication)) for one in RENDITIONS}


def test_approval_makes_version_1_public() -> None:
    study = factory.submitted(images=3)
    publication = publish(study)
    study.refresh_from_db()
    assert study.state == Study.State.PUBLISHED
    assert (publication.version, publication.is_latest) == (1, True)
    assert publication.accession == study.accession
    assert publication.doi == f"10.5072/{study.accession.lower()}.v1"
    assert publication.doi_state == Publication.DoiState.LOCAL
    records = record.of_version(queries.by_accession(publication.accession))
    assert records.study.title == study.title
    assert records.study.counts.images == 3
    assert records.study.counts.bytes == 3 * 1024
    assert [facet.curie for facet in records.study.facets.organisms] == ["NCBITaxon:9606"]
    assert "Mammalia" in [above.label for above in records.study.facets.organisms[0].ancestors]
    assert records.study.biosamples[0].organisms[0].organism.term is not None
    assert len(record.images_of(publication)) == len(record.files_of(publication)) == 3
    assert [it.path for it in record.listed_files(publication)] == [it.path for it in record.files_of(publication)]
    assert Outbox.objects.filter(topic="publication", key=publication.pk).count() == 1
    assert AuditEvent.objects.filter(target=study.pk, verb="published").count() == 1


def test_no_record_holds_an_address_of_a_person() -> None:
    publication = publish(factory.submitted())
    for row in Record.objects.all():
        assert "@" not in canonical(row.body).decode()
    assert all(b"example.org" not in text for text in rendered(publication).values())


def test_records_are_content_addressed() -> None:
    publish(factory.submitted(images=2))
    for row in Record.objects.all():
        assert digest_of(row.body) == row.digest


def test_a_second_approval_is_a_conflict() -> None:
    study = factory.submitted()
    publish(study)
    with pytest.raises(Conflict, match="was published by"):
        publish(study)
    assert Publication.objects.count() == 1


def test_only_a_curator_of_others_studies_may_approve() -> None:
    study = factory.submitted(owner=factory.curator())
    for person in (study.owner, factory.user()):
        with pytest.raises((NotAllowed, NotFound)):
            approve(actor=Actor(person), study_id=study.pk)
    assert not Publication.objects.exists()


def test_what_is_approved_before_its_day_stays_private_until_then() -> None:
    today = timezone.now().date()
    day = today + datetime.timedelta(days=9)
    study = factory.submitted(release_date=str(day))
    assert approve(actor=Actor(factory.curator()), study_id=study.pk) is None
    study.refresh_from_db()
    assert study.state == Study.State.EMBARGOED
    assert release_due(day - datetime.timedelta(days=1)) == 0
    assert not Publication.objects.exists()
    with pytest.raises(NotAllowed):
        release(actor=Actor(factory.curator()), study_id=study.pk)
    assert release_due(day) == 1
    assert release_due(day) == 0
    study.refresh_from_db()
    assert (study.state, Publication.objects.get().study_id) == (Study.State.PUBLISHED, study.pk)


def test_its_depositor_may_publish_an_approved_study_sooner_or_take_it_back() -> None:
    day = timezone.now().date() + datetime.timedelta(days=9)
    first, second = (factory.submitted(release_date=str(day)) for _ in range(2))
    for study in (first, second):
        approve(actor=Actor(factory.curator()), study_id=study.pk)
    assert release(actor=Actor(first.owner), study_id=first.pk).is_latest
    with pytest.raises(Conflict, match="was published by"):
        release(actor=Actor(first.owner), study_id=first.pk)
    services.withdraw(actor=Actor(second.owner), study_id=second.pk)
    assert release_due(day) == 0
    second.refresh_from_db()
    assert second.state == Study.State.DRAFT


def test_what_cannot_be_published_on_its_day_waits_and_a_curator_is_told() -> None:
    day = timezone.now().date() + datetime.timedelta(days=9)
    study, curator = factory.submitted(release_date=str(day)), factory.curator()
    approve(actor=Actor(curator), study_id=study.pk)
    File.objects.filter(study=study).update(state=File.State.FAILED)
    assert (release_due(day), release_due(day)) == (0, 0)
    study.refresh_from_db()
    assert study.state == Study.State.EMBARGOED
    notice = Notice.objects.get(kind="held-up", recipient=curator)
    assert "could not be" in notice.text or "missing or wrong" in notice.text


def test_a_version_is_withdrawn_with_a_reason_and_its_name_stays() -> None:
    study, curator = factory.submitted(), Actor(factory.curator())
    accession = publish(study).accession
    services.ask_to_retract(actor=Actor(study.owner), study_id=study.pk, reason="A donor took consent back.")
    for actor, error in ((Actor(study.owner), NotAllowed), (factory.actor(), NotFound)):
        with pytest.raises(error):
            retract(actor=actor, accession=accession, reason="No.")
    with pytest.raises(Invalid, match="Say why"):
        retract(actor=curator, accession=accession, reason=" ")
    (gone,) = retract(actor=curator, accession=accession, reason="A donor took consent back.")
    study.refresh_from_db()
    assert study.state == Study.State.WITHDRAWN
    with pytest.raises(Gone, match="A donor took consent back"):
        queries.by_accession(accession)
    assert Outbox.objects.filter(topic="publication", key=gone.pk).count() == 2
    assert WithdrawalRequest.objects.get().settled_by == curator.person
    with pytest.raises(Conflict, match="is public"):
        retract(actor=curator, accession=accession, reason="Again.")


def test_an_administrator_may_withdraw_one_version_of_two() -> None:
    study = factory.submitted()
    first = publish(study)
    services.start_new_version(actor=Actor(study.owner), study_id=study.pk)
    services.submit(actor=Actor(study.owner), study_id=study.pk)
    publish(study)
    retract(actor=Actor(factory.user(is_staff=True)), accession=first.accession, version=1, reason="Wrong licence.")
    study.refresh_from_db()
    assert study.state == Study.State.PUBLISHED
    assert queries.by_accession(first.accession).version == 2


@pytest.mark.parametrize(
    ("state", "sha256", "words"),
    [
        (File.State.READ, "", "checksum"),
        (File.State.ARRIVED, "0" * 64, "still being read|missing or wrong"),
        (File.State.FAILED, "0" * 64, "could not be read|missing or wrong"),
    ],
)
def test_files_must_be_read_and_hashed(state: str, sha256: str, words: str) -> None:
    study = factory.submitted(images=2)
    file = File.objects.filter(study=study).earliest("id")
    File.objects.filter(pk=file.pk).update(state=state)
    StoredFile.objects.filter(pk=file.stored_id).update(sha256=sha256)
    with pytest.raises((Conflict, Invalid), match=words):
        publish(study)
    assert not Publication.objects.exists()
    assert not Record.objects.exists()


def test_a_broken_study_is_refused_whole() -> None:
    study = factory.submitted()
    Study.objects.filter(pk=study.pk).update(title="")
    with pytest.raises(Invalid) as caught:
        publish(study)
    assert [problem.path for problem in caught.value.problems] == ["study/title"]


def test_later_edits_do_not_leak() -> None:
    study = factory.submitted()
    publication = publish(study)
    before = rendered(publication)
    next_version(study, title="SECRET of a draft that nobody has seen yet", description="SECRET " * 10)
    Image.objects.filter(study=study).update(name="SECRET")
    File.objects.filter(study=study).update(path="SECRET.tif")
    publication.refresh_from_db()
    assert rendered(publication) == before
    assert all(b"SECRET" not in text for text in before.values())
    assert record.images_of(publication)[0].name != "SECRET"
    assert record.files_of(publication)[0].path != "SECRET.tif"


def test_versions_render_as_published_and_share_rows() -> None:
    study = factory.submitted(images=5)
    first = publish(study)
    outputs = {1: rendered(first)}
    images = {1: record.images_of(first)}
    rows = Entry.objects.filter(kind=Entry.Kind.IMAGE).count()

    next_version(study, title="The second title of a study that was corrected")
    changed = Image.objects.filter(study=study).earliest("id")
    Image.objects.filter(pk=changed.pk).update(name="renamed.tif")
    added = factory.image(study)
    send(study)
    second = publish(study)
    outputs[2], images[2] = rendered(second), record.images_of(second)
    assert Entry.objects.filter(kind=Entry.Kind.IMAGE).count() == rows + 2  # the renamed and the new one

    next_version(study)
    gone = Image.objects.filter(study=study).order_by("id")[1]
    Image.objects.filter(pk=gone.pk).update(removed_at=timezone.now(), component=None)
    send(study)
    third = publish(study)
    outputs[3], images[3] = rendered(third), record.images_of(third)
    assert Entry.objects.filter(kind=Entry.Kind.IMAGE).count() == rows + 2

    assert [len(images[n]) for n in (1, 2, 3)] == [5, 6, 5]
    assert "renamed.tif" not in [image.name for image in images[1]]
    assert str(added.pk) in [image.id for image in images[2]]
    for number, publication in ((1, first), (2, second), (3, third)):
        again = queries.by_accession(first.accession, number)
        assert rendered(again) == outputs[number]
        assert record.images_of(again) == images[number]
        assert again.is_latest == (publication == third)
    assert [publication.version for publication in queries.versions(first.accession)] == [3, 2, 1]


def test_publishing_again_the_same_writes_no_image_twice() -> None:
    study = factory.submitted(images=4)
    publish(study)
    records = Record.objects.count()
    next_version(study)
    send(study)
    publish(study)
    assert Record.objects.count() == records + 1  # the study's own, with its new version number


def test_images_page_by_keyset() -> None:
    publication = publish(factory.submitted(images=7))
    pages, after = [], None
    while page := record.images_of(publication, after=after, limit=3):
        pages.append(len(page))
        after = Image.objects.get(pk=page[-1].id).pk
    assert pages == [3, 3, 1]
    component = record.of_version(publication).components[0]
    assert len(record.images_of(publication, component=Image.objects.all()[0].component_id)) == component.counts.images


def test_what_is_public(django_assert_num_queries: Any) -> None:
    study = factory.submitted()
    image, file = Image.objects.get(study=study), File.objects.get(study=study)
    assert not queries.public_record(Entry.Kind.IMAGE, image.pk)
    publication = publish(study)
    with django_assert_num_queries(1):
        assert queries.public_record(Entry.Kind.IMAGE, image.pk)
    assert queries.public_record(Entry.Kind.FILE, file.pk)
    assert queries.published_image(image.pk).publication == publication
    assert [one.pk for one in queries.latest()] == [publication.pk]
    Publication.objects.update(withdrawn_at=timezone.now(), withdrawal_reason="asked for by the ethics board")
    assert not queries.public_record(Entry.Kind.IMAGE, image.pk)
    assert not list(queries.latest())
    with pytest.raises(Gone, match="ethics board"):
        queries.by_accession(publication.accession)
    with pytest.raises(Gone, match="ethics board"):
        queries.published_image(image.pk)


def test_an_image_taken_out_stays_public_in_its_version() -> None:
    study = factory.submitted(images=2)
    first = publish(study)
    next_version(study)
    gone = Image.objects.filter(study=study).earliest("id")
    Image.objects.filter(pk=gone.pk).update(removed_at=timezone.now(), component=None)
    send(study)
    publish(study)
    assert queries.published_image(gone.pk).publication == first
    Publication.objects.filter(pk=first.pk).update(withdrawn_at=timezone.now())
    assert not queries.public_record(Entry.Kind.IMAGE, gone.pk)


def test_a_draft_is_shown_only_to_those_who_may_see_it() -> None:
    study = factory.study(images=2)
    records = record.of_draft(study, Actor(study.owner))
    assert records.is_draft
    assert records.study.counts.images == 2
    assert len(record.draft_images_of(study, Actor(study.owner))) == 2
    assert len(record.draft_files_of(study, Actor(study.owner))) == 2
    for stranger in (Actor(), Actor(factory.user())):
        with pytest.raises(NotFound):
            record.of_draft(study, stranger)
        with pytest.raises(NotFound):
            record.draft_images_of(study, stranger)


def test_queries_do_not_grow_with_the_study(django_assert_max_num_queries: Any) -> None:
    study = factory.study(images=12)
    with django_assert_max_num_queries(60) as few:
        record.of_draft(study, Actor(study.owner))
        record.draft_images_of(study, Actor(study.owner))
    count = len(few.captured_queries)
    for _ in range(10):
        factory.image(study, channels=3)
    with django_assert_max_num_queries(count):
        record.of_draft(study, Actor(study.owner))
        record.draft_images_of(study, Actor(study.owner))


def test_records_come_back_as_they_were() -> None:
    publication = publish(factory.submitted(images=2))
    records = record.of_version(publication)
    assert digest_of(to_plain(records.study)) == publication.record_id


@pytest.mark.django_db(transaction=True)
def test_of_two_curators_who_approve_at_once_one_does() -> None:
    study = factory.submitted(images=2)
    curators = [Actor(factory.curator()), Actor(factory.curator())]
    start = threading.Barrier(2)

    def approve_once(actor: Actor) -> str:
        try:
            start.wait(60)
            made = approve(actor=actor, study_id=study.pk)
            return str(made and made.version)
        except Conflict as error:
            return error.message
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        answers = sorted(pool.map(approve_once, curators))
    assert answers[0] == "1"
    assert "was published by Carla Curator" in answers[1]
    assert Publication.objects.count() == 1
    assert Entry.objects.filter(kind=Entry.Kind.IMAGE).count() == 2
