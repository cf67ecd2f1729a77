"""What curators and depositors do within a review: assignment, threads, suggested edits, checklist, history."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from base.errors import Conflict, Invalid, NotAllowed, NotFound
from catalogue import documents, history, services
from catalogue.access import Actor
from catalogue.models import ChecklistMark, Comment, ReviewRound, RoundSnapshot, Study, SuggestedEdit
from catalogue.services.review import Filter, queue_counts
from tests import factory

pytestmark = [pytest.mark.django_db, pytest.mark.both]


@pytest.fixture
def study() -> Study:
    return factory.submitted()


@pytest.fixture
def carla() -> Actor:
    return Actor(factory.curator())


def owner_of(study: Study) -> Actor:
    return Actor(study.owner)


def id_of(actor: Actor) -> uuid.UUID:
    assert actor.person is not None
    return actor.person.pk


def give_back(study: Study, curator: Actor) -> None:
    services.return_to_depositor(actor=curator, study_id=study.pk, note="See the fields.")


def save(study: Study, **values: Any) -> None:
    services.save_fields(
        actor=owner_of(study), study_id=study.pk, module="study", entity_id=None, values=values, revision=None
    )


def test_a_study_is_given_to_a_curator_and_stays_with_them(study: Study, carla: Actor) -> None:
    bela = factory.curator("Bela Curator")
    day = timezone.now().date() + timedelta(days=3)

    def give(to: uuid.UUID | None, seen: uuid.UUID | None, **fields: Any) -> ReviewRound:
        return services.assign(actor=carla, study_id=study.pk, curator_id=to, seen=seen, **{"due_on": day, **fields})

    assert give(bela.pk, None).assignee == bela
    with pytest.raises(Conflict, match="Meanwhile the study is with Bela Curator"):
        give(id_of(carla), None)
    with pytest.raises(Invalid, match="cannot decide"):
        give(study.owner.pk, bela.pk)
    with pytest.raises(Invalid, match="over"):
        give(bela.pk, bela.pk, due_on=day - timedelta(days=30))
    give_back(study, carla)
    services.submit(actor=owner_of(study), study_id=study.pk)
    assert ReviewRound.objects.latest("submitted_at").assignee == bela


def test_the_queue_is_filtered_and_counted(study: Study, carla: Actor) -> None:
    other = factory.submitted(title="Mitochondria of yeast, imaged while the cells divide")
    services.assign(actor=carla, study_id=other.pk, curator_id=id_of(carla), seen=None, due_on=None)
    ReviewRound.objects.filter(study=study).update(due_on=timezone.now().date() - timedelta(days=1))

    def found(**wanted: Any) -> set[Study]:
        return {one.study for one in services.queue(actor=carla, wanted=Filter(**wanted))}

    assert found(assignee="mine") == {other}
    assert found(assignee="none") == found(overdue=True) == {study}
    assert found(text="YEAST") == {other}
    assert found(organism="homo") == {study, other}
    assert found(depositor="ada") == {study, other}
    counts = queue_counts(actor=carla)
    assert (counts.waiting, counts.mine, counts.unassigned, counts.overdue) == (2, 1, 1, 1)
    services.reject(actor=carla, study_id=other.pk, reason="It was published elsewhere.")
    assert found(state="decided") == found(state="mine") == {other}
    assert found(state="all") == {study, other}


def test_a_rejected_study_may_be_opened_again_by_its_depositor(study: Study, carla: Actor) -> None:
    with pytest.raises(Invalid, match="Say why"):
        services.reject(actor=carla, study_id=study.pk, reason=" ")
    services.reject(actor=carla, study_id=study.pk, reason="Not an imaging study.")
    study.refresh_from_db()
    assert study.state == Study.State.REJECTED
    with pytest.raises(Conflict, match="was rejected by Carla Curator"):
        services.submit(actor=owner_of(study), study_id=study.pk)
    with pytest.raises(NotAllowed):
        services.reopen(actor=carla, study_id=study.pk)
    assert services.reopen(actor=owner_of(study), study_id=study.pk).state == Study.State.DRAFT


def test_a_thread_is_answered_settled_and_opened_again(study: Study, carla: Actor) -> None:
    first = services.comment(actor=carla, study_id=study.pk, path="study/title", text="Which line?")
    answer = services.comment(actor=owner_of(study), study_id=study.pk, text="ipNF95.11bC", parent_id=first.pk)
    again = services.comment(actor=carla, study_id=study.pk, text="Please name it.", parent_id=answer.pk)
    assert (answer.parent, again.parent, again.path) == (first, first, "study/title")
    assert services.resolve_comment(actor=owner_of(study), comment_id=answer.pk).pk == first.pk
    assert services.reopen_comment(actor=carla, comment_id=first.pk).resolved_at is None
    stranger = factory.submitted()
    with pytest.raises(NotFound):
        services.comment(actor=carla, study_id=stranger.pk, text="x", parent_id=first.pk)
    assert Comment.objects.filter(resolved_at=None, parent=None).count() == 1


def test_a_suggested_value_is_taken_with_one_act(study: Study, carla: Actor) -> None:
    title = "Cell Painting of Schwann cells of the line ipNF95.11bC"
    edit = services.suggest_edit(actor=carla, study_id=study.pk, path="study/title", value=title, note="Names the line")
    with pytest.raises(Conflict):
        services.accept_edit(actor=owner_of(study), edit_id=edit.pk, revision=None)
    give_back(study, carla)
    study.refresh_from_db()
    services.accept_edit(actor=owner_of(study), edit_id=edit.pk, revision=study.revision)
    study.refresh_from_db()
    assert study.title == title
    events = list(history.events(study, path="study/title"))
    assert [event.verb for event in events[:2]] == ["took a suggested value", "changed"]
    assert events[0].detail["of"] == "Carla Curator"
    assert {event.actor for event in events[:2]} == {study.owner}
    with pytest.raises(Conflict, match="accepted already"):
        services.decline_edit(actor=owner_of(study), edit_id=edit.pk, answer="No.")


def test_one_cell_of_a_table_and_a_term_are_suggested(study: Study, carla: Actor) -> None:
    sample = documents.read(study)["biosamples"][0]["id"]
    path = f"biosample/{sample}/organisms/0/organism"
    mouse = {"text": "Mus musculus", "curie": ""}
    edit = services.suggest_edit(actor=carla, study_id=study.pk, path=path, value=mouse)
    give_back(study, carla)
    services.accept_edit(actor=owner_of(study), edit_id=edit.pk, revision=None)
    rows = documents.read(study)["biosamples"][0]["organisms"]
    assert [row["organism"]["text"] for row in rows] == ["Mus musculus"]


def test_a_suggestion_meets_a_field_that_was_changed(study: Study, carla: Actor) -> None:
    edit = services.suggest_edit(actor=carla, study_id=study.pk, path="study/title", value="A title of Carla's own")
    give_back(study, carla)
    study.refresh_from_db()
    seen = study.revision
    save(study, title="A title that Ada found herself meanwhile")
    with pytest.raises(services.StaleRevision):
        services.accept_edit(actor=owner_of(study), edit_id=edit.pk, revision=seen)
    with pytest.raises(Invalid, match="why not"):
        services.decline_edit(actor=owner_of(study), edit_id=edit.pk, answer=" ")
    services.decline_edit(actor=owner_of(study), edit_id=edit.pk, answer="Mine is better.")
    study.refresh_from_db()
    assert study.title == "A title that Ada found herself meanwhile"


def test_what_cannot_be_suggested(study: Study, carla: Actor) -> None:
    for path in ("study", "study/keywords", "study/title/0/text", "study/nothing", "files", "studio/title"):
        with pytest.raises(Invalid):
            services.suggest_edit(actor=carla, study_id=study.pk, path=path, value="x")
    with pytest.raises(NotFound):
        services.suggest_edit(actor=carla, study_id=study.pk, path=f"biosample/{uuid.uuid4()}/title", value="x")
    with pytest.raises(Invalid, match="already"):
        services.suggest_edit(actor=carla, study_id=study.pk, path="study/title", value=study.title)
    for value in (None, 7, ["x"], "a\x00"):
        with pytest.raises(Invalid):
            services.suggest_edit(actor=carla, study_id=study.pk, path="study/title", value=value)
    with pytest.raises(NotAllowed):
        services.suggest_edit(actor=owner_of(study), study_id=study.pk, path="study/title", value="x")
    for value in ("First thought of a better title", "Second thought of a better title"):
        services.suggest_edit(actor=carla, study_id=study.pk, path="study/title", value=value)
    assert SuggestedEdit.objects.get(state=SuggestedEdit.State.OPEN).new == "Second thought of a better title"


def test_the_checklist_is_kept_by_round(study: Study, carla: Actor) -> None:
    for point, state in (("title", "good"), ("licence", "problem"), ("licence", "good"), ("title", "")):
        services.mark_point(actor=carla, study_id=study.pk, point=point, state=state)
    assert [(mark.point, mark.state) for mark in ChecklistMark.objects.all()] == [("licence", "good")]
    for point, state in (("nothing", "good"), ("title", "excellent")):
        with pytest.raises(Invalid):
            services.mark_point(actor=carla, study_id=study.pk, point=point, state=state)
    with pytest.raises(NotAllowed):
        services.mark_point(actor=owner_of(study), study_id=study.pk, point="title", state="good")


def test_rounds_are_compared_with_each_other_and_with_now(study: Study, carla: Actor) -> None:
    first = study.title
    give_back(study, carla)
    save(study, title="Cell Painting of Schwann cells of two genotypes", keywords=[{"text": "cell painting"}])
    services.submit(actor=owner_of(study), study_id=study.pk)
    assert [point.key for point in history.points(study)] == ["now", "v1r2", "v1r1"]
    (module,) = history.compare(study, "v1r1", "v1r2")
    assert [field.label for field in module.entities[0].fields] == ["Title", "Keywords"]
    assert history.compare(study, "v1r2", "now") == []
    assert history.document_of(ReviewRound.objects.get(number=1))["study"]["title"] == first
    with pytest.raises(NotFound, match="v9r9"):
        history.compare(study, "v9r9", "now")
    round_ = ReviewRound.objects.get(number=2)
    assert history.changed_since(study, round_, documents.read(study)) == history.compare(study, "v1r1", "now")
    assert len(RoundSnapshot.objects.first().body) < 4000  # type: ignore[union-attr]


def test_who_set_which_field_is_found_by_field_row_and_person(study: Study, carla: Actor) -> None:
    give_back(study, carla)
    save(study, title="A first better title of this study")
    save(study, title="A second better title of this study", licence="CC0-1.0")
    sample = documents.read(study)["biosamples"][0]["id"]
    services.remove_entity(actor=owner_of(study), study_id=study.pk, module="biosample", entity_id=uuid.UUID(sample))
    newest, before = history.events(study, path="study/title")[:2]
    read = history.read_event(newest, "study/title")
    assert (read.who, [one.label for one in read.fields]) == ("Ada Depositor", ["Title"])
    assert [piece.text for piece in read.fields[0].pieces if piece.kind == "added"] == ["second"]
    assert before.pk < newest.pk
    removed = history.events(study, path=f"biosample/{sample}")[0]
    assert removed.verb == "removed"
    assert "Schwann cells, NF1 +/+" in str(history.read_event(removed).fields)
    assert history.events(study, path="biosample").count() >= 1
    assert {event.verb for event in history.events(study, who=id_of(carla))} == {"returned to the depositor"}
    assert {name for _pk, name in history.people(study)} == {"Ada Depositor", "Carla Curator"}
