"""Imported metadata taken over into a draft: first what it would change, then the change."""

import hashlib
import json
import uuid
from collections.abc import Callable, Collection
from dataclasses import dataclass

from django.db import transaction

from base import audit
from base.errors import Problem
from catalogue import documents, listing, pairs
from catalogue.access import Actor, Verb, study_for
from catalogue.exchange.accepting import accept
from catalogue.exchange.dossier import Imported, Pair, Place, Remark, Weight
from catalogue.exchange.merge import Change, Merged, Mode, merge
from catalogue.models import FieldSource, KeyValue, Study
from catalogue.paths import parse
from catalogue.registry import ENTITIES
from catalogue.rules.rembi import BY_KEY, MODULES
from catalogue.services import sources

LINES = 1000  # file lines stored in one go
Tell = Callable[[int, int], None]  # done, of how many file lines


def silent(done: int, total: int) -> None:
    """A `tell` that says nothing."""


@dataclass(frozen=True)
class Preview:
    """What an import would do. `remarks` are by the name with which a proposal is accepted."""

    changes: list[Change]
    remarks: dict[str, Remark]
    files: int  # file lines
    matched: int  # paths of these that are files of the study
    pairs: int  # named values that no field takes
    digest: str  # of all this: another one at the time of `apply` means that the study changed meanwhile

    @property
    def errors(self) -> int:
        return sum(remark.weight is Weight.ERROR for remark in self.remarks.values())


@dataclass(frozen=True)
class Applied:
    changes: int
    files: int
    pairs: int
    notices: list[Problem]  # what was changed in storing the values


def preview(
    *, actor: Actor, study_id: uuid.UUID, imported: Imported, mode: Mode = Mode.UPDATE, accepted: Collection[str] = ()
) -> Preview:
    """What `apply` would change, field by field; nothing is written. Raises as catalogue.access.require does."""
    study = study_for(actor, Verb.VIEW, study_id)
    _accept(imported, accepted)
    merged = merge(documents.read(study), imported.dossier.document, mode)
    found = listing.match(study, imported.dossier.files)
    remarks = {str(number): remark for number, remark in enumerate(imported.remarks)}
    if imported.dossier.files:
        remarks |= listing.remarks_of(found)
    return Preview(
        changes=merged.changes,
        remarks=remarks,
        files=len(imported.dossier.files),
        matched=len(found.exact),
        pairs=sum(map(len, imported.dossier.pairs.values())) + sum(len(line.pairs) for line in imported.dossier.files),
        digest=_digest(merged),
    )


@transaction.atomic
def apply(
    *,
    actor: Actor,
    study_id: uuid.UUID,
    imported: Imported,
    mode: Mode = Mode.UPDATE,
    accepted: Collection[str] = (),
    tell: Tell = silent,
) -> Applied:
    """Take the import over into the draft, all of it or nothing. May be repeated: a second time changes nothing.

    `accepted` names the remarks whose proposals are taken. Raises Invalid with the place of each value of a wrong
    shape, and as catalogue.access.require does.
    """
    study = study_for(actor, Verb.EDIT, study_id, lock=True)
    _accept(imported, accepted)
    merged = merge(documents.read(study), imported.dossier.document, mode)
    notices: list[Problem] = []
    stored = {(module, key): key for (module, _), key in merged.ids.items()}
    if merged.changes:
        notices = documents.write(actor, study, merged.document)
        stored = _stored_ids(study, merged)
    _note_sources(study, imported, merged, stored)
    writer = pairs.Writer(study)
    count = _store_pairs(study, imported, merged, stored, writer)
    if mode is Mode.REPLACE:
        _drop_orphans(study)
    count += _store_files(study, imported, accepted, _components(merged, stored), writer, tell)
    audit.record(
        actor.person, "imported", study.pk, fields=len(merged.changes), files=len(imported.dossier.files), pairs=count
    )
    return Applied(len(merged.changes), len(imported.dossier.files), count, notices)


def _accept(imported: Imported, accepted: Collection[str]) -> None:
    accept(imported, {int(name) for name in accepted if name.isascii() and name.isdecimal()})


def _digest(merged: Merged) -> str:
    changes = [[one.path, one.old, one.new] for one in merged.changes]
    return hashlib.sha256(json.dumps(changes, sort_keys=True, default=str).encode()).hexdigest()


def _stored_ids(study: Study, merged: Merged) -> dict[tuple[str, str], str]:
    """The id that each row of the merged document got, which keeps its place in its list."""
    found: dict[tuple[str, str], str] = {}
    for module in MODULES:
        if module.repeated:
            there = ENTITIES[module.key]._default_manager.filter(study=study).values_list("pk", flat=True)
            wanted = merged.document[module.plural]
            found |= {(module.key, row["id"]): str(pk) for row, pk in zip(wanted, there, strict=True)}
    return found


def _note_sources(study: Study, imported: Imported, merged: Merged, stored: dict[tuple[str, str], str]) -> None:
    """Say for each field that changed from where in the input its value is."""
    places = {merged.moved(_field_path(path)): place for path, place in imported.sources.items()}
    noted: dict[str, tuple[FieldSource.Kind, str]] = {}
    for change in merged.changes:
        for name in [change.field] if change.field else change.new or ():
            path = change.path if change.field else f"{change.path}/{name}"
            if path in places:
                noted[_now(path, stored)] = FieldSource.Kind.IMPORT, place_in_words(places[path])
    sources.note(study=study, sources=noted)


def _field_path(path: str) -> str:
    """Of a cell in a table of rows, the table's."""
    try:
        parts = parse(path)
    except ValueError:
        return path
    return "/".join(part for part in (parts.module, parts.entity, parts.field) if part)


def _now(path: str, stored: dict[tuple[str, str], str]) -> str:
    module, _, rest = path.partition("/")
    key, slash, tail = rest.partition("/")
    return f"{module}/{stored[module, key]}{slash}{tail}" if (module, key) in stored else path


def place_in_words(place: Place) -> str:
    """Where in the input something stands, e.g. “study.xlsx, sheet People, row 3, column ORCID”."""
    parts = [place.file]
    if place.sheet:
        parts.append(f"sheet {place.sheet}")
    if place.row is not None:
        parts.append(f"row {place.row}")
    if place.column:
        parts.append(f"column {place.column}")
    if place.field and place.field != place.column:
        parts.append(f"“{place.field}”")
    return ", ".join(part for part in parts if part)


def _store_pairs(study: Study, imported: Imported, merged: Merged, stored: dict[tuple[str, str], str],
                 writer: pairs.Writer) -> int:  # fmt: skip
    by_entity: dict[str, dict[uuid.UUID, list[Pair]]] = {}
    for name, some in imported.dossier.pairs.items():
        module, _, _ = name.partition("/")
        key = _now(merged.moved(name), stored).partition("/")[2]
        pk = uuid.UUID(key) if key and module in BY_KEY and (module, key) in _values(stored) else study.pk
        entity = module if pk != study.pk else pairs.STUDY
        by_entity.setdefault(entity, {}).setdefault(pk, []).extend(some)
    for entity, found in by_entity.items():
        writer.put(entity, found)
    return sum(map(len, imported.dossier.pairs.values()))


def _values(stored: dict[tuple[str, str], str]) -> set[tuple[str, str]]:
    return {(module, key) for (module, _), key in stored.items()}


def _components(merged: Merged, stored: dict[tuple[str, str], str]) -> dict[str, str]:
    """The id in the study for the id of a component in the import."""
    ids = {given: now for (module, given), now in merged.ids.items() if module == "component"}
    return {given: stored.get(("component", now), now) for given, now in ids.items()}


def _store_files(study: Study, imported: Imported, accepted: Collection[str], components: dict[str, str],
                 writer: pairs.Writer, tell: Tell) -> int:  # fmt: skip
    lines = imported.dossier.files
    if not lines:
        return 0
    found = listing.match(study, lines)
    order = sorted(lines, key=lambda line: line.path)  # rows of one path go together
    start = 0
    while start < len(order):
        end = min(start + LINES, len(order))
        while end < len(order) and order[end].path == order[end - 1].path:
            end += 1
        listing.store(study, order[start:end], found, accepted, components, writer)
        tell(end, len(order))
        start = end
    return sum(len(line.pairs) for line in lines)


def _drop_orphans(study: Study) -> None:
    """Forget the named values of entities that are no more."""
    for key, model in ENTITIES.items():
        there = model._default_manager.filter(study=study).values("pk")
        KeyValue.objects.filter(study=study, entity=key).exclude(entity_id__in=there).delete()
