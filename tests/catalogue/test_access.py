"""The permission table, cell by cell, and how one comes to a role."""

import datetime
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import RequestFactory
from django.utils import timezone

from base.errors import Conflict, NotAllowed, NotFound
from base.models import ApiToken, Group, User
from catalogue import services
from catalogue.access import TABLE, Actor, Role, Verb, link_digest, may, require, roles, visible_to
from catalogue.models import AccessGrant, File, Image, Study, StudyComponent
from tests import factory

pytestmark = [pytest.mark.django_db, pytest.mark.both]
State, Right = Study.State, AccessGrant.Right


def grant(to: User | Group | str, on: Any, right: str = "view", **fields: Any) -> AccessGrant:
    subject = {User: "user", Group: "group", str: "link_digest"}[type(to)]
    target = {Study: "study", StudyComponent: "component", Image: "image"}[type(on)]
    owner = (on if isinstance(on, Study) else on.study).owner
    return AccessGrant.objects.create(
        right=right, granted_by=owner, **{subject: link_digest(to) if isinstance(to, str) else to, target: on}, **fields
    )


def actor_with(role: Role | None, study: Study) -> Actor:
    if role is Role.OWNER:
        return Actor(study.owner)
    if role is Role.CURATOR:
        return Actor(factory.curator())
    if role is Role.ADMINISTRATOR:
        return Actor(factory.user(is_staff=True))
    if role is Role.REFEREE:
        grant("secret of a referee", study, is_blind=True)
        return Actor(link="secret of a referee")
    person = factory.user()
    right = {Role.MANAGER: "manage", Role.EDITOR: "edit", Role.VIEWER: "view"}.get(role) if role else None
    if right:
        grant(person, study, right)
    return Actor(person)


ALL, OPEN = set(State), {State.DRAFT, State.RETURNED}
EXPECTED: dict[tuple[Role, Verb], set[Study.State]] = {
    (Role.OWNER, Verb.VIEW): ALL,
    (Role.OWNER, Verb.EDIT): OPEN,
    (Role.OWNER, Verb.SUBMIT): OPEN,
    (Role.OWNER, Verb.MANAGE): ALL,
    (Role.OWNER, Verb.DELETE): {State.DRAFT},
    (Role.MANAGER, Verb.VIEW): ALL,
    (Role.MANAGER, Verb.EDIT): OPEN,
    (Role.MANAGER, Verb.SUBMIT): OPEN,
    (Role.MANAGER, Verb.MANAGE): ALL,
    (Role.EDITOR, Verb.VIEW): ALL,
    (Role.EDITOR, Verb.EDIT): OPEN,
    (Role.VIEWER, Verb.VIEW): ALL,
    (Role.CURATOR, Verb.VIEW): ALL - {State.DRAFT},
    (Role.CURATOR, Verb.REVIEW): {State.IN_REVIEW},
    (Role.CURATOR, Verb.PUBLISH): {State.IN_REVIEW},
    (Role.CURATOR, Verb.RETRACT): ALL,
    (Role.ADMINISTRATOR, Verb.RETRACT): ALL,
    (Role.CURATOR, Verb.ERASE): ALL,
    **{(role, Verb.MAP): OPEN for role in (Role.OWNER, Role.MANAGER, Role.EDITOR)},
    (Role.CURATOR, Verb.MAP): {State.IN_REVIEW},
    **{(role, Verb.CONVERT): ALL for role in (Role.OWNER, Role.MANAGER, Role.EDITOR)},
    (Role.CURATOR, Verb.CONVERT): ALL - {State.DRAFT},
    **{(role, Verb.REFEREE): ALL for role in (Role.OWNER, Role.MANAGER, Role.EDITOR, Role.VIEWER, Role.REFEREE)},
    (Role.CURATOR, Verb.REFEREE): ALL - {State.DRAFT},
}


def test_each_cell_of_the_table() -> None:
    assert {(role, verb) for role in TABLE for verb in TABLE[role]} == {(role, verb) for role in Role for verb in Verb}
    study = factory.draft()
    for role in (*Role, None):
        actor = actor_with(role, study)
        assert roles(actor, study) == ({role} if role else set())
        for verb in Verb:
            for state in State:
                study.state = state
                allowed = role is not None and state in EXPECTED.get((role, verb), set())
                assert may(actor, verb, study) == allowed, (role, verb, state)


def test_a_refusal_says_which_kind_it_is() -> None:
    study = factory.draft(title="Mine")
    owner, editor, viewer, curator, other = (
        actor_with(role, study) for role in (Role.OWNER, Role.EDITOR, Role.VIEWER, Role.CURATOR, None)
    )
    require(owner, Verb.EDIT, study)
    study.state = State.IN_REVIEW
    with pytest.raises(Conflict):
        require(owner, Verb.EDIT, study)
    with pytest.raises(NotAllowed, match="look at this study but not change it"):
        require(viewer, Verb.EDIT, study)
    with pytest.raises(NotAllowed, match="not send in it"):
        require(editor, Verb.SUBMIT, study)
    with pytest.raises(NotAllowed, match="Only curators decide"):
        require(owner, Verb.PUBLISH, study)
    for verb in Verb:
        with pytest.raises(NotFound):
            require(other, verb, study)
        with pytest.raises(NotFound):
            require(Actor(), verb, study)
    study.state = State.DRAFT
    with pytest.raises(NotFound):
        require(curator, Verb.VIEW, study)
    with pytest.raises(NotFound):  # of a draft that was never sent curators learn nothing
        require(curator, Verb.REVIEW, study)


def test_nobody_in_particular_and_people_who_left_may_nothing() -> None:
    study = factory.submitted()
    left = factory.curator(is_active=False)
    study.owner.is_active = False
    for actor in (Actor(), Actor(left), Actor(study.owner), Actor(link="guess")):
        assert roles(actor, study) == set()
        assert not any(may(actor, verb, study) for verb in Verb)
        assert not visible_to(actor).exists()


def test_a_token_acts_for_its_person_and_may_be_for_reading_only() -> None:
    study = factory.draft()
    token = ApiToken.objects.create(user=study.owner, name="t", digest="1")
    reading = ApiToken.objects.create(user=study.owner, name="r", digest="2", may_write=False)
    assert may(Actor(token=token), Verb.EDIT, study)
    assert may(Actor(study.owner, token), Verb.EDIT, study)
    assert may(Actor(study.owner, reading), Verb.VIEW, study)
    assert [verb for verb in Verb if may(Actor(study.owner, reading), verb, study)] == [Verb.VIEW, Verb.REFEREE]
    with pytest.raises(NotAllowed, match="token may read"):
        require(Actor(study.owner, reading), Verb.EDIT, study)
    assert visible_to(Actor(token=reading)).count() == 1
    token.revoked_at = timezone.now()
    assert not may(Actor(study.owner, token), Verb.VIEW, study)
    reading.expires_at = timezone.now() - datetime.timedelta(seconds=1)
    assert not may(Actor(study.owner, reading), Verb.VIEW, study)
    assert not may(Actor(factory.user(), token), Verb.VIEW, study)  # somebody else's token gives nothing


@pytest.mark.parametrize("by", ["user", "group", "link"])
def test_grants_come_and_go(by: str) -> None:
    study = factory.draft()
    person, group = factory.user(), Group.objects.create(name="lab")
    group.members.add(person)
    subject: Any = {"user": person, "group": group, "link": "secret"}[by]
    actor = Actor(link="secret") if by == "link" else Actor(person)
    given = grant(subject, study, expires_at=timezone.now() + datetime.timedelta(hours=1))
    assert may(actor, Verb.VIEW, study)
    assert list(visible_to(actor)) == [study]
    AccessGrant.objects.update(expires_at=timezone.now() - datetime.timedelta(seconds=1))
    assert not may(actor, Verb.VIEW, study)
    assert not visible_to(actor).exists()
    AccessGrant.objects.update(expires_at=None)
    assert may(actor, Verb.VIEW, study)
    given.revoked_at = timezone.now()
    given.save()
    assert not may(actor, Verb.VIEW, study)
    assert not visible_to(actor).exists()


def test_a_link_lets_one_look_and_no_more() -> None:
    study = factory.draft()
    grant("secret", study, "manage")
    assert roles(Actor(link="secret"), study) == {Role.VIEWER}
    assert roles(Actor(factory.user(), link="secret"), study) == {Role.VIEWER}


def test_a_grant_on_a_part_reaches_that_part_only() -> None:
    study = factory.study(images=0)
    first = StudyComponent.objects.get(study=study)
    second = StudyComponent.objects.create(study=study, position=1)
    inside, beside = factory.image(study, first), factory.image(study, second)
    of_component, of_image = factory.user(), factory.user()
    grant(of_component, first)
    grant(of_image, beside)
    whole = factory.user()
    grant(whole, study)
    cases: list[tuple[User, set[Any]]] = [
        (of_component, {first, inside, *File.objects.filter(component=first)}),
        (of_image, {beside}),
        (whole, {study, first, second, inside, beside, *File.objects.filter(study=study)}),
    ]
    for person, seen in cases:
        everything: list[Any] = [study, first, second, inside, beside, *File.objects.filter(study=study)]
        assert {one for one in everything if may(Actor(person), Verb.VIEW, one)} == seen
        assert visible_to(Actor(person)).exists() == (study in seen)


def test_a_curator_has_no_say_on_what_they_own_or_edit() -> None:
    study = factory.submitted()
    component = StudyComponent.objects.get(study=study)
    looks, edits, edits_part, in_group = (factory.curator() for _ in range(4))
    grant(looks, study, "view")
    grant(edits, study, "edit")
    grant(edits_part, component, "edit")
    group = Group.objects.create(name="lab")
    group.members.add(in_group)
    grant(group, study, "edit")
    assert may(Actor(looks), Verb.REVIEW, study)
    for person in (edits, edits_part, in_group):
        assert not may(Actor(person), Verb.REVIEW, study)
        assert not services.queue(actor=Actor(person)).exists()
    assert services.queue(actor=Actor(looks)).count() == 1
    with pytest.raises(NotAllowed, match="one that they may edit"):
        require(Actor(edits), Verb.PUBLISH, study)


def test_what_is_visible_is_what_may_be_viewed() -> None:
    owner, curator = factory.user(), factory.curator()
    draft, waiting = factory.draft(owner), factory.submitted(owner)
    factory.draft()
    assert set(visible_to(Actor(owner))) == {draft, waiting}
    assert set(visible_to(Actor(curator))) == {waiting}
    for actor in (Actor(owner), Actor(curator), Actor(factory.user()), Actor()):
        assert set(visible_to(actor)) == {one for one in Study.objects.all() if may(actor, Verb.VIEW, one)}


def test_asking_takes_one_query(django_assert_num_queries: Any) -> None:
    study = factory.draft()
    person = factory.user()
    for _ in range(5):
        grant(person, study)
    with django_assert_num_queries(1):
        assert may(Actor(person), Verb.VIEW, study)


def test_the_actor_of_a_request() -> None:
    person = factory.user()
    request = RequestFactory().get("/x", {"link": "secret"})
    request.user = AnonymousUser()
    assert Actor.of(request) == Actor(link="secret")
    request = RequestFactory().get("/x")
    request.user = person
    assert Actor.of(request) == Actor(person)
    token = ApiToken.objects.create(user=person, name="t", digest="1")
    request.auth = token  # type: ignore[attr-defined]
    assert Actor.of(request) == Actor(person, token)
