"""Publishing: the verb that makes a reviewed study public. One transaction: all of it happens, or nothing."""

import uuid
from datetime import UTC, date, datetime

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from base import audit, outbox
from base.errors import Conflict, DomainError, Invalid, NotAllowed, NotFound, Problem
from base.models import User
from catalogue.access import Actor, Verb, study_for, what_happened
from catalogue.models import File, ReviewRound, Study, WithdrawalRequest
from catalogue.rules.fields import Level
from catalogue.services import approve_round, check, notices
from catalogue.services.comments import text_of
from publishing.freezing import freeze
from publishing.identifiers import doi_provider
from publishing.models import Publication
from publishing.renditions import BY_KEY
from publishing.renditions.links import version_iri
from publishing.working_copy import record_set

TOPIC = "publication"  # of the outbox, for the indexer


@transaction.atomic
def approve(*, actor: Actor, study_id: uuid.UUID, note: str = "") -> Publication | None:
    """Publish the version that is in review, as it is now; or, if its depositor wants it to be public on a later day,
    approve it for that day: it stays private until `release_due` publishes it. Then there is no publication yet.

    Raises NotFound and NotAllowed (not a curator of it), Conflict (not in review; a file is still being read or hashed,
    or could not be read), Invalid (something required is missing or wrong).
    """
    study = study_for(actor, Verb.PUBLISH, study_id, lock=True)
    _require_complete(study)
    _require_files_ready(study)
    day = public_from(study)
    is_later = day is not None and day > timezone.now().date()
    state = Study.State.EMBARGOED if is_later else Study.State.PUBLISHED
    round_ = approve_round(actor=actor, study=study, note=note, state=state)
    people = notices.depositors_of(study)
    if is_later:
        notices.tell("approved", study, round_.pk, people, by=actor.person, text=f"{day}")
        return None
    curator = actor.person
    assert curator is not None  # only persons may publish
    return _publish(study, curator)


@transaction.atomic
def release(*, actor: Actor, study_id: uuid.UUID) -> Publication:
    """Publish an approved study before its day, as whoever manages it decides."""
    study = study_for(actor, Verb.MANAGE, study_id, lock=True)
    if study.state != Study.State.EMBARGOED:
        raise Conflict(what_happened(study))
    today = timezone.now().date()
    Study.objects.filter(pk=study.pk).update(release_date=today, private_until=None)
    study.refresh_from_db()
    audit.record(actor.person, "ended the embargo", study.pk, version=study.version)
    return _release(study)


def release_due(today: date | None = None) -> int:
    """Publish the approved studies whose day has come; gives how many. One that cannot be published stays as it is, and
    the curators are told why."""
    day = today or timezone.now().date()
    waiting = Study.objects.filter(state=Study.State.EMBARGOED).exclude(
        Q(release_date__gt=day) | Q(private_until__gt=day)
    )
    released = 0
    for pk in list(waiting.order_by("pk").values_list("pk", flat=True)):
        try:
            with transaction.atomic():
                study = Study.objects.select_for_update().get(pk=pk)
                if study.state == Study.State.EMBARGOED:
                    _release(study)
                    released += 1
        except DomainError as error:
            with transaction.atomic():
                study = Study.objects.get(pk=pk)
                subject = uuid.uuid5(pk, f"{day}")
                notices.tell("held-up", study, subject, notices.curators_of(study), text=str(error))
    return released


def _release(study: Study) -> Publication:
    """The embargo is over: what was approved becomes public, in the name of whoever approved it."""
    _require_complete(study)
    _require_files_ready(study)
    approved = ReviewRound.Decision.APPROVED
    round_ = ReviewRound.objects.select_related("decided_by").get(study=study, version=study.version, decision=approved)
    assert round_.decided_by is not None  # as every decided round
    study.state = Study.State.PUBLISHED
    study.save(update_fields=["state", "updated_at"])
    return _publish(study, round_.decided_by)


def public_from(study: Study) -> date | None:
    """The day from which the depositor wants the study to be public, if they named one."""
    return max(filter(None, (study.release_date, study.private_until)), default=None)


def _publish(study: Study, curator: User) -> Publication:
    """Freeze the version and make it public. The caller has decided that it may be."""
    published_at = timezone.now()
    dois = doi_provider()
    accession = study.accession or ""  # given at submission
    records = record_set(
        study,
        doi=dois.of_version(accession, study.version),
        study_doi=dois.of_study(accession),
        doi_is_test=dois.is_test,
        published=lexical(published_at),
    )
    record = freeze(study, records)
    Publication.objects.filter(study=study, is_latest=True).update(is_latest=False)
    publication = Publication.objects.create(
        study=study,
        accession=accession,
        version=study.version,
        record=record,
        doi=records.study.doi,
        doi_state=dois.register(records.study.doi, version_iri(records.study), BY_KEY["datacite-xml"].render(records)),
        published_at=published_at,
        published_by=curator,
    )
    Study.objects.filter(pk=study.pk).update(doi=records.study.study_doi)
    outbox.put(TOPIC, publication.pk, accession=accession, version=study.version)
    audit.record(curator, "published", study.pk, accession=accession, version=study.version, doi=publication.doi)
    notices.tell("published", study, publication.pk, notices.depositors_of(study), by=curator)
    return publication


@transaction.atomic
def retract(*, actor: Actor, accession: str, version: int | None = None, reason: str) -> list[Publication]:
    """Withdraw a version from the public, or all of them: their addresses then tell when and why, and no more.

    By a curator of the study or an administrator of the site, never by its depositor. Raises Conflict if nothing of it
    is public. What was asked for by the depositor is settled by it.
    """
    shown = Publication.objects.filter(accession=accession, withdrawn_at=None)
    found = shown.filter(version=version) if version else shown
    first = found.select_related("study").first()
    if actor.person is None:
        raise NotAllowed("Sign in as a curator to withdraw a version.")
    if first is None and not Publication.objects.filter(accession=accession).exists():
        raise NotFound(f"There is no study {accession}.")
    if first is None:
        raise Conflict(f"Nothing of {accession}{f' v{version}' if version else ''} is public.")
    study = study_for(actor, Verb.RETRACT, first.study_id, lock=True)
    reason = text_of(reason, "reason", "Say why; the reason is shown where the study was.")
    gone = list(found.select_for_update())
    found.update(withdrawn_at=timezone.now(), withdrawal_reason=reason)
    for publication in gone:
        outbox.put(TOPIC, publication.pk, accession=accession, version=publication.version)
        audit.record(actor.person, "withdrew from the public", study.pk, version=publication.version, reason=reason)
    if study.state == Study.State.PUBLISHED and not shown.exists():
        study.state = Study.State.WITHDRAWN
        study.save(update_fields=["state", "updated_at"])
    WithdrawalRequest.objects.filter(study=study, settled_at=None).update(
        settled_at=timezone.now(), settled_by=actor.person
    )
    notices.tell("retracted", study, gone[0].pk, notices.depositors_of(study), by=actor.person, text=reason)
    return gone


def lexical(moment: datetime) -> str:
    """The time in UTC to the second, as it stands in Records."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _require_complete(study: Study) -> None:
    missing = [one for one in check(study).findings if one.level is Level.REQUIRED]
    if missing:
        count = "one thing is" if len(missing) == 1 else f"{len(missing)} things are"
        raise Invalid(
            f"The study cannot be published: {count} missing or wrong.",
            problems=[Problem(one.path, one.message) for one in missing],
        )


def _require_files_ready(study: Study) -> None:
    files = File.objects.filter(study=study)
    for unready, reason in (
        (files.filter(state=File.State.FAILED), "could not be read"),
        (files.filter(state=File.State.ARRIVED), "is still being read"),
        (files.filter(stored__sha256=""), "is still having its checksum made"),
    ):
        if paths := list(unready.order_by("path").values_list("path", flat=True)[:4]):
            more = f" (and {unready.count() - 1} more)" if len(paths) > 1 else ""
            raise Conflict(f"The study cannot be published yet: {paths[0]}{more} {reason}.", file=paths[0])
