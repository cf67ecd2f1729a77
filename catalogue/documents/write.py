"""Document → rows: all of a study's metadata replaced in one transaction, or nothing."""

import uuid
from collections.abc import Mapping
from typing import Any

from django.db import transaction

from base import audit
from base.errors import Invalid, Problem
from catalogue import registry
from catalogue.access import Actor, Verb, study_for
from catalogue.documents.read import document_changes, read
from catalogue.documents.store import compact, forget_sources, keep, raise_revision, set_columns, store_tables
from catalogue.documents.values import Intake, Row
from catalogue.models import InvalidValue, Study
from catalogue.models.entity import Entity
from catalogue.paths import Path
from catalogue.rules.fields import Module
from catalogue.rules.rembi import BY_PLURAL, MODULES, STUDY

Ids = dict[tuple[str, str], uuid.UUID]  # (module key, id as typed) → id


@transaction.atomic
def write(actor: Actor, study: Study, document: Mapping[str, Any]) -> list[Problem]:
    """Replace the metadata of `study`; what is not in the document is emptied. Gives what was changed in storing it.

    A row whose id is one of this study keeps it; any other text serves for references within the document only.
    Raises Invalid, listing every value of a wrong shape by its path, and what `access.require` raises.
    """
    study = study_for(actor, Verb.EDIT, study.pk, lock=True)
    before = read(study)
    parts = _shape(document)
    ids, existing = _ids(study, parts)
    intake = Intake(lambda module, key: ids.get((module, key)))
    rows = {key: [(ids[key, given["id"]], intake.row(*_place(key, ids[key, given["id"]]), _fields(given)))
                  for given in parts[key]] for key in registry.ENTITIES}  # fmt: skip
    study_row = intake.row(STUDY, Study, Path(STUDY.key), parts[STUDY.key][0])
    intake.finish()
    for key, model in registry.ENTITIES.items():
        _replace(study, registry.module_of(key), model, rows[key])
    set_columns(STUDY, study, study_row, blank=True)
    study.save()
    InvalidValue.objects.filter(study=study).delete()
    keep(study, intake.kept)
    store_tables(STUDY, [(study.pk, study_row)], all_of=[study.pk])
    changes = document_changes(before, read(study))
    _count_saves(study, changes, existing)
    if changes:
        forget_sources(study, (path for path, *_ in changes))
        audit.record(actor.person, "replaced the metadata", study.pk, changes=compact(changes))
    return intake.notices


def _shape(document: Mapping[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """The rows given for each module, each with an id. Raises Invalid for what is no document."""
    problems: list[Problem] = []
    parts: dict[str, list[dict[str, Any]]] = {module.key: [] for module in MODULES}
    for name, value in document.items():
        module = BY_PLURAL.get(name)
        if module is None:
            problems.append(Problem(str(name), f"A study's document has no part “{name}”."))
            continue
        given = ([] if value is None else value) if module.repeated else [{} if value is None else value]
        if not isinstance(given, list) or not all(isinstance(row, Mapping) for row in given):
            what = "a list of groups of values" if module.repeated else "one group of values"
            problems.append(Problem(str(name), f"“{name}” is {what}, each field by its name."))
            continue
        parts[module.key] = [dict(row) for row in given]
        problems += _check_ids(module, parts[module.key])
    if problems:
        raise Invalid(f"Nothing was saved: {problems[0].message}", field=problems[0].path, problems=problems)
    parts[STUDY.key] = parts[STUDY.key] or [{}]
    return parts


def _check_ids(module: Module, rows: list[dict[str, Any]]) -> list[Problem]:
    """Give each row of a repeated module its id as text, a fresh one if it has none."""
    problems: list[Problem] = []
    seen: set[str] = set()
    for number, row in enumerate(rows) if module.repeated else ():
        given = row.get("id")
        if given is None or given == "":
            given = uuid.uuid4().hex
        if not isinstance(given, str | int) or len(str(given)) > 200:
            problems.append(Problem(f"{module.key}/{number}", f"The id of a row of “{module.plural}” is a short text."))
            continue
        row["id"] = str(given).strip()
        if row["id"] in seen:
            message = f"The id “{row['id']}” is there twice in “{module.plural}”."
            problems.append(Problem(f"{module.key}/{row['id']}", message))
        seen.add(row["id"])
    return problems


def _ids(study: Study, parts: Mapping[str, list[dict[str, Any]]]) -> tuple[Ids, set[uuid.UUID]]:
    """The id of each row that is to be, and those of this study that there are."""
    ids: Ids = {}
    existing: set[uuid.UUID] = set()
    for key, model in registry.ENTITIES.items():
        there = {str(pk): pk for pk in model._default_manager.filter(study=study).values_list("pk", flat=True)}
        existing.update(there.values())
        for row in parts[key]:
            ids[key, row["id"]] = there.get(row["id"]) or model._meta.pk.get_default()
    return ids, existing


def _place(key: str, pk: uuid.UUID) -> tuple[Module, type[Entity], Path]:
    return registry.module_of(key), registry.ENTITIES[key], Path(key, str(pk))


def _fields(given: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in given.items() if name != "id"}


def _replace(study: Study, module: Module, model: type[Entity], rows: list[tuple[uuid.UUID, Row]]) -> None:
    """Make the module's table hold these rows in this order, and no others of the study."""
    manager: Any = model._default_manager
    manager.filter(study=study).exclude(pk__in=[pk for pk, _ in rows]).delete()
    entities = []
    for position, (pk, row) in enumerate(rows):
        entity = model(id=pk, study=study, position=position)
        set_columns(module, entity, row, blank=True)
        entities.append(entity)
    columns = ["position", "updated_at", *registry.columns(module)]
    manager.bulk_create(entities, batch_size=500, update_conflicts=True, unique_fields=["id"], update_fields=columns)
    store_tables(module, rows, all_of=[pk for pk, _ in rows])


def _count_saves(study: Study, changes: list[list[Any]], existing: set[uuid.UUID]) -> None:
    """Raise the revision of each row that changed, so that a form opened before is told."""
    changed = {path.split("/")[1] for path, *_ in changes if not path.startswith(f"{STUDY.key}/")}
    pks = [pk for pk in existing if str(pk) in changed]
    for model in registry.ENTITIES.values():
        raise_revision(model, pks)
    if any(path.startswith(f"{STUDY.key}/") for path, *_ in changes):
        study.revision += 1
        study.save(update_fields=["revision"])
