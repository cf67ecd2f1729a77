"""Copying parts of one document into a draft: what would change is shown first, then done in one transaction."""

import hashlib
import json
import uuid
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any

from django.db import transaction

from base.errors import Conflict, Problem
from catalogue import documents
from catalogue.access import Actor, Verb, study_for
from catalogue.exchange.dossier import Document
from catalogue.exchange.merge import Change, Merged, Mode, empty, is_empty, merge
from catalogue.models import FieldSource, Study
from catalogue.paths import Path, parse
from catalogue.rules.fields import Field, Kind, Module
from catalogue.rules.rembi import BY_KEY, MODULES, STUDY
from catalogue.services import sources

Values = dict[str, Any]
Origin = tuple[FieldSource.Kind, str]  # as sources.note takes it


def part_of(document: Mapping[str, Any], wanted: Collection[str]) -> Document:
    """The part of a document that these paths name, with the rows that it refers to: people bring their organisations.

    A path is `study/<field>`, `<module>` (all its rows) or `<module>/<id>`; one that leads nowhere is left out.
    """
    chosen = set(wanted)
    rows = {(module.key, row["id"]): row for module in MODULES if module.repeated for row in document[module.plural]}
    taken = {key for key in rows if key[0] in chosen or "/".join(key) in chosen}
    waiting = list(taken)
    while waiting:
        key = waiting.pop()
        new = {target for target in references(BY_KEY[key[0]], rows[key]) if target in rows} - taken
        taken |= new
        waiting += new
    study = document[STUDY.key]
    part: Document = {STUDY.key: {one.name: study[one.name] for one in STUDY.fields if f"study/{one.name}" in chosen}}
    for module in MODULES:
        if module.repeated and (found := [row for (key, _), row in rows.items() if key == module.key]):
            part[module.plural] = [row for row in found if (module.key, row["id"]) in taken]
    return {plural: value for plural, value in part.items() if value}


def references(module: Module, row: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """(module key, id) of each row that this one refers to."""
    for one in module.fields:
        yield from references_in(one, row)


def references_in(one: Field, row: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """(module key, id) of each row to which this field of a row refers."""
    if one.kind is Kind.REFERENCE and row.get(one.name):
        yield one.target, row[one.name]
    for line in row.get(one.name) or () if one.kind is Kind.ROWS else ():
        for column in one.columns:
            if column.kind is Kind.REFERENCE and line.get(column.name):
                yield column.target, line[column.name]


def preview_copy(*, actor: Actor, study_id: uuid.UUID, part: Document, mode: Mode) -> Merged:
    """What copying the part would change in the study. Nothing is saved."""
    return merge(documents.read(study_for(actor, Verb.EDIT, study_id)), part, mode)


@transaction.atomic
def apply_copy(
    *,
    actor: Actor,
    study_id: uuid.UUID,
    part: Document,
    mode: Mode,
    taken: Collection[str],
    shown: str,
    origin: Origin,
    origins: Mapping[str, Origin] | None = None,
) -> list[Problem]:
    """Do the changes whose paths are `taken`, of those that a preview with the digest `shown` had.

    `origin` is noted for each field, or what `origins` has for its path in `part`. Raises Conflict if the study or what
    is copied was changed since then.
    """
    study = study_for(actor, Verb.EDIT, study_id, lock=True)
    merged = merge(documents.read(study), part, mode)
    if digest(merged) != shown:
        raise Conflict("This was changed since you looked at it. Nothing was copied; compare again.")
    changes = [one for one in merged.changes if one.path in taken]
    if not changes:
        return []
    document = _without(merged, {one.path for one in merged.changes} - {one.path for one in changes})
    problems = documents.write(actor, study, document)
    moved = {merged.moved(path): one for path, one in (origins or {}).items()}
    _note(study, document, changes, lambda path: moved.get(path, origin))
    return problems


def digest(merged: Merged) -> str:
    """Stands for what a preview showed."""
    shown = [[one.path, one.old, one.new] for one in merged.changes]
    return hashlib.sha256(json.dumps(shown, sort_keys=True, default=str).encode()).hexdigest()


def _without(merged: Merged, refused: Collection[str]) -> Document:
    """The merged document without these changes; what refers to a row that does not come is left without."""
    document = merged.document
    for change in merged.changes:
        if change.path in refused:
            _undo(document, change)
    there = {(module.key, row["id"]) for module in MODULES if module.repeated for row in document[module.plural]}
    for module in MODULES:
        for row in document[module.plural] if module.repeated else [document[module.plural]]:
            if any(target not in there for target in references(module, row)):
                row.update(_pointing(module, row, there))
    return document


def _undo(document: Document, change: Change) -> None:
    module, path = BY_KEY[change.module], parse(change.path)
    if not change.field:
        document[module.plural] = [row for row in document[module.plural] if row["id"] != path.entity]
        return
    rows = document[module.plural] if module.repeated else [document[module.plural]]
    row = next(row for row in rows if not module.repeated or row["id"] == path.entity)
    row[change.field] = empty(module.field(change.field)) if change.old is None else change.old


def _pointing(module: Module, row: Values, there: Collection[tuple[str, str]]) -> Values:
    """The row's fields that refer to rows, pointing only to those that are there."""
    fields: Values = {}
    for one in module.fields:
        value = row.get(one.name)
        if one.kind is Kind.REFERENCE and value and (one.target, value) not in there:
            fields[one.name] = ""
        elif one.kind is Kind.ROWS and any(column.kind is Kind.REFERENCE for column in one.columns):
            targets = {column.name: column.target for column in one.columns if column.kind is Kind.REFERENCE}
            fields[one.name] = [
                {
                    name: "" if name in targets and (targets[name], cell) not in there else cell
                    for name, cell in line.items()
                }
                for line in value or ()
            ]
    return fields


def _note(study: Study, document: Document, changes: Iterable[Change], origin: Callable[[str], Origin]) -> None:
    """Note the origin of each filled field. New rows got ids when they were written; they stand in the same places."""
    written = documents.read(study)
    ids = {
        (module.key, given["id"]): row["id"]
        for module in MODULES
        if module.repeated
        for given, row in zip(document[module.plural], written[module.plural], strict=True)
    }
    noted: dict[str, Origin] = {}
    for change in changes:
        entity = parse(change.path).entity
        names = [change.field] if change.field else [name for name, value in change.new.items() if not is_empty(value)]
        for name in names:
            if name != "id":
                path = Path(change.module, ids.get((change.module, entity), entity), name)
                noted[str(path)] = origin(str(Path(change.module, entity, name)))
    sources.note(study=study, sources=noted)
