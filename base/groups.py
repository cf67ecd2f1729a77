"""Groups: labs and projects whose members share what is given to the group. Members look after it themselves."""

import uuid

from django.db import transaction
from django.db.models import QuerySet

from base import audit
from base.errors import Conflict, Invalid, NotFound
from base.models import Group, User

_LONGEST = 200


def groups_of(person: User) -> QuerySet[Group]:
    """The groups that a person is in, with their members."""
    return Group.objects.filter(members=person).prefetch_related("members").order_by("name")


@transaction.atomic
def create_group(*, person: User, name: str) -> Group:
    """A new group with the person as its only member."""
    name = " ".join(name.split())
    if not name or len(name) > _LONGEST:
        raise Invalid(f"A group needs a name of at most {_LONGEST} characters.", field="name")
    if Group.objects.filter(name__iexact=name).exists():
        raise Conflict(f"There is a group “{name}” already. Ask its members to let you in, or take another name.")
    group = Group.objects.create(name=name)
    group.members.add(person)
    audit.record(person, "started a group", group.pk, name=name)
    return group


@transaction.atomic
def add_member(*, person: User, group_id: uuid.UUID, email: str) -> User:
    """Let somebody in, by the e-mail address of their account; any member may."""
    group = _group(person, group_id)
    email = email.strip()
    added = User.objects.filter(email__iexact=email, is_active=True).first() if email else None
    if added is None:
        raise Invalid(f"Nobody has an account with “{email[:100]}” here. Ask them to sign up first.", field="email")
    group.members.add(added)
    audit.record(person, "added to a group", group.pk, member=str(added.pk))
    return added


@transaction.atomic
def leave_group(*, person: User, group_id: uuid.UUID) -> None:
    """Leave a group. What was shared with it stays with the others; a group without members is gone."""
    group = _group(person, group_id)
    group.members.remove(person)
    audit.record(person, "left a group", group.pk, name=group.name)
    if not group.members.exists():
        group.delete()


def _group(person: User, group_id: uuid.UUID) -> Group:
    group = Group.objects.filter(members=person, pk=group_id).first()
    if group is None:
        raise NotFound("You are in no such group.")
    return group
