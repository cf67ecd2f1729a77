"""Who else may see, edit and manage a study."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from base.errors import Invalid, NotAllowed, NotFound
from base.models import Group
from catalogue import services
from catalogue.access import Actor, Verb, may
from catalogue.models import AccessGrant
from tests import factory

pytestmark = [pytest.mark.django_db, pytest.mark.both]


def test_a_person_is_let_in_up_or_down_and_out() -> None:
    study, bo = factory.draft(), factory.user("Bo")
    common: dict[str, Any] = {"actor": Actor(study.owner), "study_id": study.pk}
    services.share(**common, email=f" {bo.email.upper()} ", right="edit")
    assert may(Actor(bo), Verb.EDIT, study)
    grant = services.share(**common, email=bo.email, right="view")
    assert not may(Actor(bo), Verb.EDIT, study)
    assert list(services.shared_with(study)) == [grant], "the new right is in place of the old one"
    services.unshare(**common, grant_id=grant.pk)
    assert not may(Actor(bo), Verb.VIEW, study)
    assert AccessGrant.objects.filter(study=study).count() == 2, "what was is still known"


def test_sharing_ends_by_itself() -> None:
    study, bo = factory.draft(), factory.user("Bo")
    common: dict[str, Any] = {"actor": Actor(study.owner), "study_id": study.pk, "right": "edit", "email": bo.email}
    with pytest.raises(Invalid, match="This day is over"):
        services.share(**common, expires_at=timezone.now() - timedelta(days=1))
    grant = services.share(**common, expires_at=timezone.now() + timedelta(days=1))
    AccessGrant.objects.filter(pk=grant.pk).update(expires_at=timezone.now())
    assert not may(Actor(bo), Verb.VIEW, study)
    assert not services.shared_with(study).exists()


def test_a_group_is_let_in_by_one_of_its_members() -> None:
    study, bo = factory.draft(), factory.user("Bo")
    group = Group.objects.create(name="Lab")
    common: dict[str, Any] = {"actor": Actor(study.owner), "study_id": study.pk, "right": "edit", "group_id": group.pk}
    with pytest.raises(NotFound, match="no such group"):
        services.share(**common)
    group.members.add(study.owner, bo)
    services.share(**common)
    assert may(Actor(bo), Verb.EDIT, study)


def test_only_managers_share_and_one_may_leave() -> None:
    study, bo, eve = factory.draft(), factory.user("Bo"), factory.user("Eve")
    owner: dict[str, Any] = {"actor": Actor(study.owner), "study_id": study.pk}
    grants = {one: services.share(**owner, email=one.email, right="edit") for one in (bo, eve)}
    with pytest.raises(NotAllowed):
        services.share(actor=Actor(bo), study_id=study.pk, email=eve.email, right="manage")
    with pytest.raises(NotAllowed):
        services.unshare(actor=Actor(bo), study_id=study.pk, grant_id=grants[eve].pk)
    services.unshare(actor=Actor(bo), study_id=study.pk, grant_id=grants[bo].pk)
    assert not may(Actor(bo), Verb.VIEW, study)
    services.share(**owner, email=eve.email, right="manage")
    services.share(actor=Actor(eve), study_id=study.pk, email=bo.email, right="view")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"email": "nobody@example.org", "right": "edit"}, "Nobody has an account"),
        ({"email": "", "right": "edit"}, "Nobody has an account"),
        ({"email": "x@example.org", "right": "own"}, "Choose whether"),
    ],
)
def test_what_cannot_be_shared_is_said(given: dict[str, Any], said: str) -> None:
    study = factory.draft()
    with pytest.raises(Invalid, match=said):
        services.share(actor=Actor(study.owner), study_id=study.pk, **given)
    with pytest.raises(Invalid, match="theirs already"):
        services.share(actor=Actor(study.owner), study_id=study.pk, email=study.owner.email, right="edit")
    with pytest.raises(NotFound):
        services.unshare(actor=Actor(study.owner), study_id=study.pk, grant_id=uuid4())
