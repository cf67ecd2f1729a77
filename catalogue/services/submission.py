"""Sending a study to the curators, and taking it back."""

import uuid

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from base import audit
from base.errors import Conflict, Invalid, Problem
from catalogue.access import Actor, Verb, study_for, what_happened
from catalogue.models import ReviewRound, Study
from catalogue.rules.fields import Level
from catalogue.services import accession
from catalogue.services.checks import check


@transaction.atomic
def submit(*, actor: Actor, study_id: uuid.UUID) -> ReviewRound:
    """Lock the draft and hand it to the curators. The first time it takes its accession, for ever.

    Raises Invalid with every required thing that is missing or wrong, Conflict if it is with them already.
    """
    study = study_for(actor, Verb.SUBMIT, study_id, lock=True)
    missing = [one for one in check(study).findings if one.level is Level.REQUIRED]
    if missing:
        problems = [Problem(one.path, one.message) for one in missing]
        count = "one thing is" if len(missing) == 1 else f"{len(missing)} things are"
        raise Invalid(f"The study cannot be sent in yet: {count} missing or wrong.", problems=problems)
    person = actor.person
    assert person is not None  # the table gives SUBMIT to roles of persons; a link cannot hold it
    accession.take(study)
    rounds = ReviewRound.objects.filter(study=study, version=study.version)
    number = (rounds.aggregate(last=Max("number"))["last"] or 0) + 1
    made = ReviewRound.objects.create(study=study, version=study.version, number=number, submitted_by=person)
    study.state = Study.State.IN_REVIEW
    study.save(update_fields=["state", "updated_at"])
    detail = {"accession": study.accession, "version": study.version, "round": number}
    audit.record(person, "sent to the curators", study.pk, **detail)
    return made


@transaction.atomic
def withdraw(*, actor: Actor, study_id: uuid.UUID, note: str = "") -> ReviewRound:
    """Take a study back from the curators; it is a draft again, and the round says who withdrew it and when."""
    study = study_for(actor, Verb.MANAGE, study_id, lock=True)
    if study.state != Study.State.IN_REVIEW:
        raise Conflict(what_happened(study))
    round_ = ReviewRound.objects.get(study=study, decision=ReviewRound.Decision.PENDING)
    round_.decision = ReviewRound.Decision.WITHDRAWN
    round_.decided_by = actor.person
    round_.decided_at = timezone.now()
    round_.note = note
    round_.save()
    study.state = Study.State.DRAFT
    study.save(update_fields=["state", "updated_at"])
    audit.record(actor.person, "withdrew from review", study.pk, version=study.version, round=round_.number)
    return round_
