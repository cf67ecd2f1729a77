"""Publishing: the verb that makes a reviewed study public. One transaction: all of it happens, or nothing."""

import uuid
from datetime import UTC, datetime

from django.db import transaction
from django.utils import timezone

from base import audit, outbox
from base.errors import Conflict, Invalid, Problem
from catalogue.access import Actor, Verb, study_for
from catalogue.models import File, Study
from catalogue.rules.fields import Level
from catalogue.services import approve_round, check
from publishing.freezing import freeze
from publishing.identifiers import doi_provider
from publishing.models import Publication
from publishing.renditions import BY_KEY
from publishing.renditions.links import version_iri
from publishing.working_copy import record_set

TOPIC = "publication"  # of the outbox, for the indexer


@transaction.atomic
def approve(*, actor: Actor, study_id: uuid.UUID, note: str = "") -> Publication:
    """Publish the version that is in review, as it is now.

    Raises NotFound and NotAllowed (not a curator of it), Conflict (not in review; its release date is to come; a file
    is still being read or hashed, or could not be read), Invalid (something required is missing or wrong).
    """
    study = study_for(actor, Verb.PUBLISH, study_id, lock=True)
    _require_released(study)
    _require_complete(study)
    _require_files_ready(study)
    approve_round(actor=actor, study=study, note=note)
    curator = actor.person
    assert curator is not None  # only persons may publish
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
    return publication


def lexical(moment: datetime) -> str:
    """The time in UTC to the second, as it stands in Records."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _require_released(study: Study) -> None:
    today = timezone.now().date()
    if study.release_date and study.release_date > today:
        raise Conflict(
            f"The depositor wants this study to be public from {study.release_date:%Y-%m-%d} on. It can be approved on "
            "that day, or sooner if the depositor changes the release date.",
            field="study/release_date",
        )


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
