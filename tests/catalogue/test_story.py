"""A draft's whole way: written, saved, sent in, returned, sent in again, approved, and opened as a new version."""

import pytest

from base.errors import Conflict, Invalid, NotAllowed
from base.models import AuditEvent
from catalogue import documents, services
from catalogue.access import Actor
from catalogue.models import ReviewRound, Study
from tests import factory

pytestmark = [pytest.mark.django_db, pytest.mark.both]


def test_a_study_goes_from_draft_to_its_second_version() -> None:
    owner, curator = Actor(factory.user()), Actor(factory.curator())
    study = factory.study(owner.person)
    assert study.accession is None

    services.submit(actor=owner, study_id=study.pk)
    study.refresh_from_db()
    accession = study.accession
    assert accession is not None
    assert accession.startswith("VIT-")
    assert [one.study_id for one in services.queue(actor=curator)] == [study.pk]
    with pytest.raises(Conflict, match=r"was sent to the curators by Ada Depositor on .* waits"):
        services.submit(actor=owner, study_id=study.pk)

    with pytest.raises(Invalid, match="Say what is to be done"):
        services.return_to_depositor(actor=curator, study_id=study.pk)
    comment = services.comment(actor=curator, study_id=study.pk, path="study/title", text="Name the tissue.")
    services.return_to_depositor(actor=curator, study_id=study.pk)
    with pytest.raises(Conflict, match="was returned to its depositor by Carla Curator on"):
        services.return_to_depositor(actor=curator, study_id=study.pk, note="again")

    title = "Cell Painting of peripheral nerve Schwann cells"
    revision = Study.objects.get(pk=study.pk).revision
    services.save_fields(
        actor=owner, study_id=study.pk, module="study", entity_id=None, values={"title": title}, revision=revision
    )
    assert services.resolve_comment(actor=owner, comment_id=comment.pk).resolved_by == owner.person
    services.submit(actor=owner, study_id=study.pk)
    study.refresh_from_db()
    assert study.accession == accession

    services.approve_round(actor=curator, study=study)
    assert study.state == Study.State.PUBLISHED
    decisions = ReviewRound.objects.filter(study=study).order_by("number").values_list("number", "decision")
    assert list(decisions) == [(1, "returned"), (2, "approved")]
    with pytest.raises(Conflict, match="was published by Carla Curator"):
        services.save_fields(
            actor=owner, study_id=study.pk, module="study", entity_id=None, values={"title": "x"}, revision=None
        )

    services.start_new_version(actor=owner, study_id=study.pk)
    study.refresh_from_db()
    assert (study.version, study.state) == (2, Study.State.DRAFT)
    assert documents.read(study)["study"]["title"] == title
    verbs = AuditEvent.objects.filter(target=study.pk).order_by("id").values_list("verb", flat=True)
    assert list(verbs) == [
        "started the study", "replaced the metadata", "sent to the curators", "commented", "returned to the depositor",
        "changed", "settled a comment", "sent to the curators", "approved", "started a new version",
    ]  # fmt: skip


def test_a_curator_never_decides_on_a_study_of_their_own() -> None:
    curator = factory.curator()
    study = factory.submitted(curator)
    with pytest.raises(NotAllowed, match="never decides on a study of their own"):
        services.approve_round(actor=Actor(curator), study=study)
    assert not services.queue(actor=Actor(curator)).exists()
