"""Taking back the removal of a row: remembered before it goes, restored with what referred to it."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction

from base.errors import NotFound
from catalogue import documents
from catalogue.access import Actor, Verb, study_for
from catalogue.exchange.merge import is_empty
from catalogue.paths import Path, parse
from catalogue.registry import module_of
from catalogue.rules.rembi import MODULES
from catalogue.services.copying import references_in
from catalogue.services.drafts import add_entity, move_entity, save_fields


@dataclass(frozen=True)
class Removed:
    """A row as it was: plain data, so that it can be kept until somebody wants it back.

    `pointing` has each field of other rows that referred to it, with the value it had, by path.
    """

    module: str
    entity_id: str
    position: int
    values: dict[str, Any]
    pointing: dict[str, Any] = field(default_factory=dict)


def remember(*, actor: Actor, study_id: uuid.UUID, module: str, entity_id: uuid.UUID) -> Removed:
    """The row as it is now. Which files are in a component is not remembered."""
    document = documents.read(study_for(actor, Verb.EDIT, study_id))
    rows = document[module_of(module).plural]
    position = next((place for place, row in enumerate(rows) if row["id"] == str(entity_id)), None)
    if position is None:
        raise NotFound("This is not there any more; somebody removed it.")
    values = {name: value for name, value in rows[position].items() if name != "id"}
    key = (module, str(entity_id))
    pointing = {
        str(Path(other.key, row["id"], one.name)): row[one.name]
        for other in MODULES
        if other.repeated
        for row in document[other.plural]
        for one in other.fields
        if key in references_in(one, row)
    }
    return Removed(module, str(entity_id), position, values, pointing)


@transaction.atomic
def restore_entity(*, actor: Actor, study_id: uuid.UUID, removed: Removed) -> uuid.UUID:
    """The row again, at its place, under a new id; what referred to it does again, where nobody changed it since."""
    study = study_for(actor, Verb.EDIT, study_id, lock=True)
    common: dict[str, Any] = {"actor": actor, "study_id": study.pk}
    made = add_entity(**common, module=removed.module, values=removed.values)
    move_entity(**common, module=removed.module, entity_id=made, position=removed.position)
    document = documents.read(study)
    for path, old in removed.pointing.items():
        place = parse(path)
        rows = {row["id"]: row for row in document[module_of(place.module).plural]}
        now = rows.get(place.entity, {}).get(place.field)
        if now in (_with(old, removed.entity_id, ""), _without(old, removed.entity_id)):
            values = {place.field: _with(old, removed.entity_id, str(made))}
            entity_id = uuid.UUID(place.entity)
            save_fields(**common, module=place.module, entity_id=entity_id, values=values, revision=None)
    return made


def _with(value: Any, old: str, new: str) -> Any:
    """A field's value with one id in place of another."""
    if isinstance(value, list):
        return [{name: new if cell == old else cell for name, cell in line.items()} for line in value]
    return new if value == old else value


def _without(value: Any, key: str) -> Any:
    """A table without the rows in which nothing but this id stood; another value without it."""
    if not isinstance(value, list):
        return "" if value == key else value
    blanked = _with(value, key, "")
    return [line for line, was in zip(blanked, value, strict=True) if line == was or not _is_blank(line)]


def _is_blank(line: Mapping[str, Any]) -> bool:
    return all(is_empty(cell) for cell in line.values())
