"""Sending a study to the curators, taking it back, and opening a rejected one again."""

import uuid
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from base import audit
from base.errors import Conflict, Invalid, Problem
from catalogue import history
from catalogue.access import Actor, Verb, study_for, what_happened
from catalogue.models import ReviewRound, Study, WithdrawalRequest
from catalogue.rules.fields import Level
from catalogue.services import accession, notices
from catalogue.services.checks import check
from catalogue.services.comments import text_of
from catalogue.services.review import person_of

State = Study.State


@transaction.atomic
def submit(*, actor: Actor, study_id: uuid.UUID) -> ReviewRound:
    """Lock the draft and hand it to the curators. The first time it takes its accession, for ever.

    It goes to the curator who had its last round. Raises Invalid with every required thing that is missing or wrong,
    Conflict if it is with them already.
    """
    study = study_for(actor, Verb.SUBMIT, study_id, lock=True)
    missing = [one for one in check(study).findings if one.level is Level.REQUIRED]
    if missing:
        problems = [Problem(one.path, one.message) for one in missing]
        count = "one thing is" if len(missing) == 1 else f"{len(missing)} things are"
        raise Invalid(f"The study cannot be sent in yet: {count} missing or wrong.", problems=problems)
    person = person_of(actor)
    accession.take(study)
    rounds = ReviewRound.objects.filter(study=study, version=study.version)
    number = (rounds.aggregate(last=Max("number"))["last"] or 0) + 1
    last = ReviewRound.objects.filter(study=study).select_related("assignee").order_by("-submitted_at").first()
    assignee = last.assignee if last and last.assignee and last.assignee.is_active else None
    now = timezone.now()
    made = ReviewRound.objects.create(
        study=study,
        version=study.version,
        number=number,
        submitted_by=person,
        assignee=assignee,
        assigned_at=now if assignee else None,
        due_on=now.date() + timedelta(days=settings.REVIEW_DAYS),
    )
    history.keep_snapshot(made, study)
    study.state = State.IN_REVIEW
    study.save(update_fields=["state", "updated_at"])
    detail = {"accession": study.accession, "version": study.version, "round": number}
    audit.record(person, "sent to the curators", study.pk, **detail)
    notices.tell("submitted", study, made.pk, notices.curators_of(study), by=person)
    return made


@transaction.atomic
def withdraw(*, actor: Actor, study_id: uuid.UUID, note: str = "") -> ReviewRound:
    """Take a study back from the curators, or an approved one before the day on which it becomes public; it is a draft
    again, and the round says who withdrew it and when."""
    study = study_for(actor, Verb.MANAGE, study_id, lock=True)
    if study.state not in {State.IN_REVIEW, State.EMBARGOED}:
        raise Conflict(what_happened(study))
    rounds = ReviewRound.objects.filter(study=study, version=study.version)
    round_ = rounds.order_by("-number")[0]
    round_.decision = ReviewRound.Decision.WITHDRAWN
    round_.decided_by = actor.person
    round_.decided_at = timezone.now()
    round_.note = note
    round_.save()
    study.state = State.DRAFT
    study.save(update_fields=["state", "updated_at"])
    audit.record(actor.person, "withdrew from review", study.pk, version=study.version, round=round_.number)
    return round_


@transaction.atomic
def reopen(*, actor: Actor, study_id: uuid.UUID) -> Study:
    """Make a rejected study a draft again. What the curators said of it stays."""
    study = study_for(actor, Verb.MANAGE, study_id, lock=True)
    if study.state != State.REJECTED:
        raise Conflict(what_happened(study))
    study.state = State.DRAFT
    study.save(update_fields=["state", "updated_at"])
    audit.record(actor.person, "opened again", study.pk, version=study.version)
    return study


@transaction.atomic
def ask_to_retract(*, actor: Actor, study_id: uuid.UUID, reason: str) -> WithdrawalRequest:
    """Ask the curators to withdraw what is public of a study. Raises Conflict if that was asked already."""
    study = study_for(actor, Verb.MANAGE, study_id, lock=True)
    reason = text_of(reason, "reason", "Say why; the reason is shown where the study was.")
    if study.state != State.PUBLISHED and study.version == 1:
        raise Conflict("Nothing of this study is public.")
    if WithdrawalRequest.objects.filter(study=study, settled_at=None).exists():
        raise Conflict("The curators were asked already; they will decide.")
    made = WithdrawalRequest.objects.create(study=study, reason=reason, asked_by=person_of(actor))
    audit.record(actor.person, "asked to withdraw it from the public", study.pk)
    notices.tell("retraction-asked", study, made.pk, notices.curators_of(study), by=actor.person, text=reason)
    return made
