"""Who else may see, edit or manage a study: people by their account's address, and groups; until a day, or revoked."""

import uuid
from datetime import datetime

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from base import audit
from base.errors import Invalid, NotAllowed, NotFound
from base.models import Group, User
from catalogue.access import Actor, Verb, study_for
from catalogue.models import AccessGrant, Study

Right = AccessGrant.Right


@transaction.atomic
def share(
    *,
    actor: Actor,
    study_id: uuid.UUID,
    right: str,
    email: str = "",
    group_id: uuid.UUID | None = None,
    expires_at: datetime | None = None,
) -> AccessGrant:
    """Let a person, by the e-mail address of their account, or a group of the actor's, do something with the study.

    What they were given before is replaced.
    """
    study = study_for(actor, Verb.MANAGE, study_id, lock=True)
    if right not in Right.values:
        raise Invalid("Choose whether they may see, edit or manage the study.", field="right")
    if expires_at is not None and expires_at <= timezone.now():
        raise Invalid("This day is over. Choose one that is to come, or none.", field="expires_at")
    granted_by = actor.person
    if granted_by is None:
        raise NotAllowed("Sign in to share a study.")
    group = _group(granted_by, group_id) if group_id else None
    user = None if group else _user(study, email)
    _end(shared_with(study).filter(user=user, group=group))
    grant = AccessGrant.objects.create(
        study=study, right=right, user=user, group=group, granted_by=granted_by, expires_at=expires_at
    )
    audit.record(granted_by, "shared the study", study.pk, subject=str(user or group), right=right)
    return grant


@transaction.atomic
def unshare(*, actor: Actor, study_id: uuid.UUID, grant_id: uuid.UUID) -> None:
    """Take back what was given. One may always give up one's own access."""
    study = study_for(actor, Verb.VIEW, study_id, lock=True)
    grant = shared_with(study).filter(pk=grant_id).first()
    if grant is None:
        raise NotFound("This is not shared any more.")
    if actor.person is None or grant.user_id != actor.person.pk or actor.is_read_only:
        study_for(actor, Verb.MANAGE, study_id)
    _end(AccessGrant.objects.filter(pk=grant.pk))
    audit.record(actor.person, "ended the sharing", study.pk, subject=str(grant.user or grant.group))


def shared_with(study: Study) -> QuerySet[AccessGrant]:
    """What is given to people and groups now; private links are not among them."""
    in_force = Q(revoked_at=None) & (Q(expires_at=None) | Q(expires_at__gt=timezone.now()))
    grants = AccessGrant.objects.filter(in_force, study=study, link_digest="")
    return grants.select_related("user", "group", "granted_by").order_by("created_at")


def _end(grants: QuerySet[AccessGrant]) -> None:
    grants.update(revoked_at=timezone.now())


def _user(study: Study, email: str) -> User:
    email = email.strip()
    user = User.objects.filter(email__iexact=email, is_active=True).first() if email else None
    if user is None:
        raise Invalid(
            f"Nobody has an account with “{email[:100]}” here. Ask them to sign up first, or give them a private link.",
            field="email",
        )
    if user.pk == study.owner_id:
        raise Invalid("The study is theirs already.", field="email")
    return user


def _group(person: User, group_id: uuid.UUID) -> Group:
    group = Group.objects.filter(members=person, pk=group_id).first()
    if group is None:
        raise NotFound("You are in no such group.", field="group")
    return group
