"""Writing a draft: fields saved as they are typed, and rows of modules added, removed, moved and copied."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import Max

from base import audit, storage
from base.errors import Conflict, Invalid, NotAllowed, NotFound, Problem
from base.models import StoredFile
from catalogue import registry
from catalogue.access import Actor, Verb, study_for
from catalogue.documents.read import changes, read_fields
from catalogue.documents.store import compact, forget_sources, keep, set_columns, store_tables
from catalogue.documents.values import Intake
from catalogue.models import InvalidValue, Study
from catalogue.models.entity import Entity
from catalogue.paths import STUDY, Path
from catalogue.rules.fields import Kind, Module
from catalogue.services import sources
from catalogue.services.seen import Seen, sort_out

_STALE = "This was changed elsewhere since you opened it. Compare, then save again what you want to keep."


@dataclass(frozen=True)
class Saved:
    """`revision` to name in the next save; `problems` with what was saved; `values` as the document now has them.

    `theirs` are fields that were sent as they had been seen, but that somebody else had changed: left as stored.
    """

    revision: int
    problems: list[Problem] = field(default_factory=list)
    values: dict[str, Any] = field(default_factory=dict)
    theirs: dict[str, Any] = field(default_factory=dict)


class StaleRevision(Conflict):
    """Somebody else (or another tab) saved first. `values` is what is stored now of the fields that are in conflict.

    `theirs` is what is stored of those that only the other one changed. Nothing was saved.
    """

    def __init__(
        self, message: str, *, revision: int, values: dict[str, Any], theirs: dict[str, Any] | None = None
    ) -> None:
        super().__init__(message)
        self.revision = revision
        self.values = values
        self.theirs = theirs or {}


@transaction.atomic
def create_study(*, actor: Actor, title: str = "") -> Study:
    """A new, empty draft of the acting person."""
    person = actor.person
    if person is None:
        raise NotAllowed("Sign in to start a study.")
    if actor.is_read_only:
        raise NotAllowed("This API token may read but not change anything.")
    study = Study.objects.create(owner=person)
    audit.record(person, "started the study", study.pk)
    if title:
        save_fields(actor=actor, study_id=study.pk, module=STUDY, entity_id=None, values={"title": title}, revision=1)
        study.refresh_from_db()
    return study


@transaction.atomic
def save_fields(
    *,
    actor: Actor,
    study_id: uuid.UUID,
    module: str,
    entity_id: uuid.UUID | None,
    values: Mapping[str, Any],
    revision: int | None,
    seen: Seen | None = None,
) -> Saved:
    """Save some fields of the study (`module` "study", no `entity_id`) or of one row of a module.

    A value that its column cannot hold is kept as typed, with a problem that says why, until it is mended. `revision`
    is the one that the values were typed on; None saves over whatever is there. `seen`, if given, is asked instead:
    then only a field that somebody else changed too is refused (catalogue.services.seen).
    """
    study = study_for(actor, Verb.EDIT, study_id, lock=True)
    what = _module(module)
    row = _row(study, what, entity_id)
    known = {one.name for one in what.fields}
    old = read_fields(what, row, known & set(values))
    theirs: dict[str, Any] = {}
    if seen is not None:
        sorted_out = sort_out(what, stored=old, sent=values, seen=seen)
        values, theirs = sorted_out.mine, sorted_out.theirs
        if sorted_out.both:
            raise StaleRevision(_STALE, revision=row.revision, values=sorted_out.both, theirs=theirs)
    elif revision is not None and revision != row.revision:
        raise StaleRevision(_STALE, revision=row.revision, values=old)
    intake = _store(study, what, row, values)
    new = read_fields(what, row, old)
    changed = changes(old, new, str(_path(what, row)))
    if changed:
        row.revision += 1
        row.save(update_fields=["revision", "updated_at"])
        if row is not study:
            study.save(update_fields=["updated_at"])
        forget_sources(study, (path for path, *_ in changed))
        audit.record(actor.person, "changed", study.pk, changes=compact(changed))
    return Saved(row.revision, [*intake.notices, *(Problem(one.path, one.message) for one in intake.kept)], new, theirs)


@transaction.atomic
def add_entity(*, actor: Actor, study_id: uuid.UUID, module: str, values: Mapping[str, Any] | None = None) -> uuid.UUID:
    """A new row at the end of a module's list, with these values."""
    study = study_for(actor, Verb.EDIT, study_id, lock=True)
    what = _repeated(module)
    row = _append(study, what)
    _store(study, what, row, values or {})
    changed = _as_changes(what, row, values)
    audit.record(actor.person, "added", study.pk, path=f"{module}/{row.pk}", changes=compact(changed))
    return row.pk


@transaction.atomic
def remove_entity(*, actor: Actor, study_id: uuid.UUID, module: str, entity_id: uuid.UUID) -> None:
    """Remove a row. What refers to it is left without; its images and files stay, in no component."""
    study = study_for(actor, Verb.EDIT, study_id, lock=True)
    what = _repeated(module)
    row = _row(study, what, entity_id)
    path = f"{module}/{row.pk}"
    audit.record(actor.person, "removed", study.pk, changes=compact([[path, read_fields(what, row), None]]))
    InvalidValue.objects.filter(study=study, path__startswith=f"{path}/").delete()
    forget_sources(study, [path])
    row.delete()
    study.save(update_fields=["updated_at"])


@transaction.atomic
def move_entity(*, actor: Actor, study_id: uuid.UUID, module: str, entity_id: uuid.UUID, position: int) -> None:
    """Move a row to a place in its list, counted from 0; a place beyond an end is that end."""
    study = study_for(actor, Verb.EDIT, study_id, lock=True)
    what = _repeated(module)
    row = _row(study, what, entity_id)
    rows: list[Entity] = list(registry.ENTITIES[module]._default_manager.filter(study=study))
    old = next(place for place, one in enumerate(rows) if one.pk == row.pk)
    moved = rows.pop(old)
    new = max(0, min(position, len(rows)))
    rows.insert(new, moved)
    for place, one in enumerate(rows):
        one.position = place
    registry.ENTITIES[module]._default_manager.bulk_update(rows, ["position"], batch_size=500)
    if new != old:
        audit.record(actor.person, "moved", study.pk, path=f"{module}/{row.pk}", old=old, new=new)
        study.save(update_fields=["updated_at"])


@transaction.atomic
def copy_entity(*, actor: Actor, study_id: uuid.UUID, module: str, entity_id: uuid.UUID) -> uuid.UUID:
    """A new row at the end of the list with the values of another one."""
    study = study_for(actor, Verb.EDIT, study_id, lock=True)
    what = _repeated(module)
    values = read_fields(what, _row(study, what, entity_id))
    made = add_entity(actor=actor, study_id=study_id, module=module, values=values)
    paths = ((f"{module}/{entity_id}/{one.name}", f"{module}/{made}/{one.name}") for one in what.fields)
    sources.carry_over(study=study, paths=paths)
    return made


@transaction.atomic
def delete_study(*, actor: Actor, study_id: uuid.UUID) -> None:
    """Delete a draft that was never sent in. One that has an accession is kept, since others may cite it."""
    study = study_for(actor, Verb.DELETE, study_id, lock=True)
    if study.accession:
        raise Conflict(f"This study has the accession {study.accession}, so it cannot be deleted any more.")
    audit.record(actor.person, "deleted the study", study.pk, title=study.title[:200])
    _forget_imports(study)
    study.delete()


def _forget_imports(study: Study) -> None:
    """Delete the files that were imported from, once that is committed."""
    store = storage.storage_for(StoredFile.Backend.STORE)
    for pk in study.imports.values_list("pk", flat=True):
        transaction.on_commit(partial(store.delete, f"imports/{pk}"), robust=True)


def _store(study: Study, module: Module, row: Study | Entity, values: Mapping[str, Any]) -> Intake:
    """Save the values to the row, in place of what was kept aside for the same fields."""
    base = _path(module, row)
    intake = Intake(_finder(study))
    taken = intake.row(module, type(row), base, values)
    intake.finish()
    set_columns(module, row, taken)
    if taken.columns:
        row.save(update_fields=list(taken.columns))
    store_tables(module, [(row.pk, taken)])
    for name in values:
        path = Path(base.module, base.entity, name)
        aside = InvalidValue.objects.filter(study=study)
        (aside.filter(path__startswith=f"{path}/") if name in taken.tables else aside.filter(path=str(path))).delete()
    keep(study, intake.kept)
    return intake


def _finder(study: Study) -> Any:
    """Looks references up among the study's rows, each module's ids fetched once."""
    ids: dict[str, dict[str, uuid.UUID]] = {}

    def find(module: str, key: str) -> uuid.UUID | None:
        if module not in ids:
            rows = registry.ENTITIES[module]._default_manager.filter(study=study)
            ids[module] = {str(pk): pk for pk in rows.values_list("pk", flat=True)}
        return ids[module].get(key.lower())

    return find


def _module(key: str) -> Module:
    try:
        return registry.module_of(key)
    except KeyError:
        raise Invalid(f"There is no part “{key}” in a study.", field="module") from None


def _repeated(key: str) -> Module:
    module = _module(key)
    if not module.repeated:
        raise Invalid(f"A study has {module.label.lower()} once; rows are not added to it or removed.", field="module")
    return module


def _row(study: Study, module: Module, entity_id: uuid.UUID | None) -> Study | Entity:
    if not module.repeated:
        return study
    rows = registry.ENTITIES[module.key]._default_manager.filter(study=study)
    row = rows.filter(pk=entity_id).first() if entity_id else None
    if row is None:
        raise NotFound(f"This {module.label.lower()} is not there any more; somebody removed it.")
    return row


def _append(study: Study, module: Module) -> Entity:
    manager = registry.ENTITIES[module.key]._default_manager
    last = manager.filter(study=study).aggregate(last=Max("position"))["last"]
    return manager.create(study=study, position=0 if last is None else last + 1)


def _path(module: Module, row: Study | Entity) -> Path:
    return Path(module.key, str(row.pk) if module.repeated else "")


def _as_changes(module: Module, row: Study | Entity, values: Mapping[str, Any] | None) -> list[list[Any]]:
    path = _path(module, row)
    rows = {one.name for one in module.fields if one.kind is Kind.ROWS}
    return [[f"{path}/{name}", [] if name in rows else "", value] for name, value in (values or {}).items() if value]
