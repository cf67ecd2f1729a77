"""Submission and review: who may, in which order, and what happens when two do it at once."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import close_old_connections, connection

from base.errors import Conflict, DomainError, Invalid, NotAllowed, NotFound
from catalogue import services
from catalogue.access import Actor
from catalogue.models import AccessionCounter, File, ReviewRound, Study
from catalogue.services import accession
from tests import factory

pytestmark = pytest.mark.both


@pytest.mark.django_db
def test_a_study_that_lacks_something_is_not_sent_in() -> None:
    study = factory.draft(title="🎉" * 50)
    with pytest.raises(Invalid, match=r"cannot be sent in yet: .* things are missing") as caught:
        services.submit(actor=Actor(study.owner), study_id=study.pk)
    problems = {problem.path: problem.message for problem in caught.value.problems}
    assert problems["study/title"] == "Title needs words: there is no letter in it."
    assert "A study needs at least one person." in problems["contributor"]
    study.refresh_from_db()
    assert (study.state, study.accession) == (Study.State.DRAFT, None)
    assert not ReviewRound.objects.exists()


@pytest.mark.django_db
def test_files_that_failed_or_wait_keep_a_study_back() -> None:
    study = factory.study()
    factory.image(study)
    failed, waiting = File.objects.filter(study=study)
    File.objects.filter(pk=failed.pk).update(state=File.State.FAILED)
    File.objects.filter(pk=waiting.pk).update(state=File.State.ARRIVED)
    with pytest.raises(Invalid) as caught:
        services.submit(actor=Actor(study.owner), study_id=study.pk)
    messages = [problem.message for problem in caught.value.problems]
    assert messages == [f"“{failed.path}” could not be read. Replace or remove it.", "1 file is still being read."]


@pytest.mark.django_db
def test_accessions_are_given_in_order_and_kept() -> None:
    first, second = factory.submitted(), factory.submitted()
    assert first.accession is not None
    assert second.accession is not None
    numbers = [int(one.removeprefix("VIT-")) for one in (first.accession, second.accession)]
    assert numbers[1] == numbers[0] + 1
    services.withdraw(actor=Actor(first.owner), study_id=first.pk)
    services.submit(actor=Actor(first.owner), study_id=first.pk)
    assert Study.objects.get(pk=first.pk).accession == first.accession
    assert AccessionCounter.objects.get().last == numbers[1]


@pytest.mark.django_db
def test_a_withdrawn_study_tells_the_curator_who_withdrew_it_and_when() -> None:
    study, curator = factory.submitted(), Actor(factory.curator())
    services.withdraw(actor=Actor(study.owner), study_id=study.pk, note="Two images are missing.")
    acts: list[Callable[[], Any]] = [
        lambda: services.return_to_depositor(actor=curator, study_id=study.pk, note="x"),
        lambda: services.approve_round(actor=curator, study=study),
    ]
    for act in acts:
        with pytest.raises(Conflict, match=r"was withdrawn by Ada Depositor on \d{4}-\d\d-\d\d at \d\d:\d\d UTC\."):
            act()
    with pytest.raises(NotFound):
        services.comment(actor=curator, study_id=study.pk, path="", text="x")
    with pytest.raises(Conflict, match="was withdrawn by"):
        services.withdraw(actor=Actor(study.owner), study_id=study.pk)
    study.refresh_from_db()
    assert study.state == Study.State.DRAFT


@pytest.mark.django_db
def test_comments_are_of_people_who_have_a_say() -> None:
    study, curator = factory.submitted(), Actor(factory.curator())
    owner = Actor(study.owner)
    made = services.comment(actor=curator, study_id=study.pk, path="study/title", text=" Say which tissue. ")
    assert (made.text, made.round, made.author) == ("Say which tissue.", ReviewRound.objects.get(), curator.person)
    services.comment(actor=owner, study_id=study.pk, path="study/title", text="It is cultured cells.")
    for actor, error in ((factory.actor(), NotFound), (Actor(), NotFound), (Actor(link="x"), NotFound)):
        with pytest.raises(error):
            services.comment(actor=actor, study_id=study.pk, path="", text="x")
    for path in ("studio/title", "study//title", "study/title/x/y", "a" * 300):
        with pytest.raises(Invalid):
            services.comment(actor=curator, study_id=study.pk, path=path, text="x")
    for text in ("  ", "x" * 10_001, "a\x00"):
        with pytest.raises(Invalid):
            services.comment(actor=curator, study_id=study.pk, path="", text=text)
    settled = services.resolve_comment(actor=owner, comment_id=made.pk)
    again = services.resolve_comment(actor=curator, comment_id=made.pk)
    assert (settled.resolved_by, again.resolved_by) == (owner.person, owner.person)


@pytest.mark.django_db
def test_only_curators_see_the_queue_and_the_longest_waiting_first() -> None:
    first, second = factory.submitted(), factory.submitted()
    assert [one.study for one in services.queue(actor=Actor(factory.curator()))] == [first, second]
    for actor in (Actor(), Actor(first.owner)):
        with pytest.raises(NotAllowed):
            services.queue(actor=actor)


@pytest.mark.django_db
def test_a_new_version_needs_a_published_one() -> None:
    study = factory.submitted()
    with pytest.raises(Conflict, match="was sent to the curators"):
        services.start_new_version(actor=Actor(study.owner), study_id=study.pk)
    services.approve_round(actor=Actor(factory.curator()), study=study)
    services.start_new_version(actor=Actor(study.owner), study_id=study.pk)
    with pytest.raises(Conflict, match="is a draft of version 2"):
        services.start_new_version(actor=Actor(study.owner), study_id=study.pk)


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """What each act gave or raised, all begun at the same moment, each in a thread with a connection of its own."""
    outcomes: list[Any] = [None] * len(acts)
    start = threading.Barrier(len(acts))

    def run(place: int) -> None:
        start.wait()
        try:
            outcomes[place] = acts[place]()
        except DomainError as error:
            outcomes[place] = error
        finally:
            connection.close()
            close_old_connections()

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


@pytest.mark.django_db(transaction=True)
def test_of_many_submissions_at_once_one_counts() -> None:
    study = factory.study()
    outcomes = at_once(*[lambda: services.submit(actor=Actor(study.owner), study_id=study.pk)] * 4)
    assert sorted(type(one).__name__ for one in outcomes) == ["Conflict"] * 3 + ["ReviewRound"]
    assert ReviewRound.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_many_decisions_at_once_one_counts() -> None:
    study = factory.submitted()
    curators = [Actor(factory.curator()) for _ in range(4)]
    acts: list[Callable[[], Any]] = [
        lambda: services.approve_round(actor=curators[0], study=Study.objects.get(pk=study.pk)),
        lambda: services.approve_round(actor=curators[1], study=Study.objects.get(pk=study.pk)),
        lambda: services.return_to_depositor(actor=curators[2], study_id=study.pk, note="x"),
        lambda: services.withdraw(actor=Actor(study.owner), study_id=study.pk),
    ]
    outcomes = at_once(*acts)
    assert sorted(type(one).__name__ for one in outcomes) == ["Conflict"] * 3 + ["ReviewRound"]
    decided = ReviewRound.objects.get()
    assert decided.decision != ReviewRound.Decision.PENDING
    assert Study.objects.get().state != Study.State.IN_REVIEW


@pytest.mark.django_db(transaction=True)
def test_accessions_taken_at_once_are_different() -> None:
    studies = [factory.draft() for _ in range(6)]
    numbers = at_once(*[lambda one=one: accession.take(one) for one in studies])
    assert len(set(numbers)) == 6
    assert all(isinstance(number, str) for number in numbers)


@pytest.mark.django_db(transaction=True)
def test_of_two_saves_on_one_revision_the_second_is_told() -> None:
    study = factory.draft()

    def save(title: str) -> services.Saved:
        return services.save_fields(
            actor=Actor(study.owner),
            study_id=study.pk,
            module="study",
            entity_id=None,
            values={"title": title},
            revision=1,
        )

    outcomes = at_once(lambda: save("one"), lambda: save("two"))
    (stale,) = (one for one in outcomes if isinstance(one, services.StaleRevision))
    (saved,) = (one for one in outcomes if isinstance(one, services.Saved))
    assert stale.values == saved.values == {"title": Study.objects.get().title}
