"""Private links: for referees of a journal, who see no name of a person, or for colleagues, who see the study whole."""

import secrets
import uuid
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from base import audit
from base.errors import Gone, Invalid, NotFound
from catalogue.access import Actor, Verb, link_digest, study_for
from catalogue.models import AccessGrant, Study
from catalogue.services.review import person_of

LONGEST = timedelta(days=366)


@transaction.atomic
def make_link(
    *, actor: Actor, study_id: uuid.UUID, name: str, expires_at: datetime, is_blind: bool = True
) -> tuple[AccessGrant, str]:
    """A new private link and its secret, which is shown once and cannot be had again. It ends within a year."""
    study = study_for(actor, Verb.MANAGE, study_id, lock=True)
    name = name.strip()
    if not name or len(name) > 200:
        raise Invalid("Say in a few words what the link is for, so that you know it again.", field="name")
    now = timezone.now()
    if not now < expires_at <= now + LONGEST:
        raise Invalid("A private link ends within a year from now.", field="expires_at")
    secret = secrets.token_urlsafe(32)
    made = AccessGrant.objects.create(
        study=study,
        right=AccessGrant.Right.VIEW,
        link_digest=link_digest(secret),
        link_name=name,
        is_blind=is_blind,
        granted_by=person_of(actor),
        expires_at=expires_at,
    )
    audit.record(actor.person, "made a private link", study.pk, link=str(made.pk), name=name, blind=is_blind)
    return made, secret


@transaction.atomic
def end_link(*, actor: Actor, study_id: uuid.UUID, link_id: uuid.UUID) -> None:
    """End a link now. One that is over already stays so."""
    study = study_for(actor, Verb.MANAGE, study_id, lock=True)
    link = links(study).filter(pk=link_id).first()
    if link is None:
        raise NotFound("This study has no such link.")
    if link.revoked_at is None:
        link.revoked_at = timezone.now()
        link.save(update_fields=["revoked_at"])
        audit.record(actor.person, "ended a private link", study.pk, link=str(link.pk), name=link.link_name)


def links(study: Study) -> QuerySet[AccessGrant]:
    """Every private link of the study, newest first, also those that are over."""
    return AccessGrant.objects.filter(study=study).exclude(link_digest="").order_by("-created_at")


def study_by_link(actor: Actor, study_id: uuid.UUID) -> tuple[Study, bool]:
    """The study as whoever holds the link may see it, and whether without names. Somebody who may see the study anyway
    sees by a blind link what a referee would. Raises Gone if the link is over, NotFound if there is none."""
    link = links_with(actor.link).filter(study=study_id).first() if actor.link else None
    if link and (link.revoked_at or (link.expires_at and link.expires_at <= timezone.now())):
        raise Gone("This link is over. Ask whoever sent it to you for another one.")
    study = study_for(actor, Verb.REFEREE, study_id)
    return study, link is None or link.is_blind


def links_with(secret: str) -> QuerySet[AccessGrant]:
    return AccessGrant.objects.filter(link_digest=link_digest(secret))
