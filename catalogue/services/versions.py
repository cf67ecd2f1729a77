"""Versions: a published study is corrected by a new version, while the published one stays public."""

import uuid

from django.db import transaction

from base import audit
from base.errors import Conflict
from catalogue.access import Actor, Verb, study_for, what_happened
from catalogue.models import Study


@transaction.atomic
def start_new_version(*, actor: Actor, study_id: uuid.UUID) -> Study:
    """Open a published study for editing as its next version, also a withdrawn one, to be mended. Raises Conflict
    while it is neither."""
    study = study_for(actor, Verb.MANAGE, study_id, lock=True)
    if study.state not in (Study.State.PUBLISHED, Study.State.WITHDRAWN):
        raise Conflict(what_happened(study))
    study.version += 1
    study.state = Study.State.DRAFT
    study.save(update_fields=["version", "state", "updated_at"])
    audit.record(actor.person, "started a new version", study.pk, version=study.version)
    return study
