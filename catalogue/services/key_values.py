"""Named values that no field of the model takes, given to files, images and rows of the metadata by people."""

import uuid
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction

from base import audit
from base.errors import Invalid, Problem
from catalogue import pairs, registry
from catalogue.access import Actor, Verb, study_for
from catalogue.exchange.dossier import Pair
from catalogue.models import File, Image, Study

FILE, IMAGE, STUDY = "file", "image", "study"
KINDS = (STUDY, FILE, IMAGE, *registry.ENTITIES)
BATCH = 500


@dataclass(frozen=True)
class Given:
    """Pairs for one entity: its kind (KINDS) and id."""

    kind: str
    id: uuid.UUID
    pairs: Sequence[Pair]


@transaction.atomic
def put_key_values(*, actor: Actor, study_id: uuid.UUID, given: Sequence[Given]) -> None:
    """Give each entity its pairs, in place of those that it has of the same names; all or none.

    Raises Invalid, with the number of each entity that is none of the study's.
    """
    study = study_for(actor, Verb.EDIT, study_id, lock=True)
    by_kind: dict[str, dict[uuid.UUID, list[Pair]]] = defaultdict(lambda: defaultdict(list))
    for one in given:
        by_kind[one.kind][one.id] += one.pairs
    there = {kind: _ids(study, kind, list(some)) for kind, some in by_kind.items()}
    problems = [
        Problem(f"items/{number}/id", f"This study has no {one.kind.replace('_', ' ')} with this id.")
        for number, one in enumerate(given)
        if one.id not in there[one.kind]
    ]
    if problems:
        raise Invalid(f"Nothing was saved: {problems[0].message}", problems=problems)
    writer = pairs.Writer(study)
    for kind, some in by_kind.items():
        writer.put(kind, some)
    audit.record(actor.person, "gave key-values", study.pk, entities=len(given))


def _ids(study: Study, kind: str, wanted: Sequence[uuid.UUID]) -> set[uuid.UUID]:
    """Those of the ids that belong to the study."""
    if kind == STUDY:
        return {study.pk}
    model = {FILE: File, IMAGE: Image}.get(kind) or registry.ENTITIES[kind]
    found: set[uuid.UUID] = set()
    for start in range(0, len(wanted), BATCH):
        rows = model._default_manager.filter(study=study, pk__in=wanted[start : start + BATCH])
        found.update(rows.values_list("pk", flat=True))
    return found
