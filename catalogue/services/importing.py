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
from catalogue.rules.rembi import MODULES
from catalogue.rules.titles import title_of
from catalogue.services import plates, sources

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
    digest: str  # of the changes: another one at the time of `apply` means that the study changed meanwhile
    titles: dict[str, str]  # what the rows of the changes, and those they refer to, are called, by "<module>/<id>"

    @property
    def errors(self) -> int:
        return sum(remark.weight is Weight.ERROR for remark in self.remarks.values())


@dataclass(frozen=True)
class Applied:
    changes: int
    files: int
    pairs: int
    notices: list[Problem]  # what was changed in storing the values
    here: listing.Here


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
        pairs=_count_pairs(imported),
        digest=_digest(merged),
        titles={
            f"{module.key}/{row['id']}": title_of(module, row)
            for module in MODULES
            if module.repeated
            for row in merged.document[module.plural]
        },
    )


@transaction.atomic
def apply(
    *,
    actor: Actor,
    study_id: uuid.UUID,
    imported: Imported,
    mode: Mode = Mode.UPDATE,
    accepted: Collection[str] = (),
) -> Applied:
    """Take the import over into the draft, all of it or nothing. May be repeated: a second time changes nothing.

    `accepted` names the remarks whose proposals are taken. Raises Invalid with the place of each value of a wrong
    shape, and as catalogue.access.require does.
    """
    done = apply_document(actor=actor, study_id=study_id, imported=imported, mode=mode, accepted=accepted)
    apply_files(actor=actor, study_id=study_id, imported=imported, accepted=accepted, here=done.here)
    return done


@transaction.atomic
def apply_document(
    *, actor: Actor, study_id: uuid.UUID, imported: Imported, mode: Mode, accepted: Collection[str]
) -> Applied:
    """Of `apply` all but the lines about files."""
    study = study_for(actor, Verb.EDIT, study_id, lock=True)
    _accept(imported, accepted)
    merged = merge(documents.read(study), imported.dossier.document, mode)
    notices: list[Problem] = []
    stored = {(module, key): key for (module, _), key in merged.ids.items()}
    if merged.changes:
        notices = documents.write(actor, study, merged.document)
        stored = _stored_ids(study, merged)
    _note_sources(study, imported, merged, stored)
    _store_pairs(study, imported, merged, stored)
    if mode is Mode.REPLACE:
        _drop_orphans(study)
    count = _count_pairs(imported)
    files = len(imported.dossier.files)
    if merged.changes or files or count:
        audit.record(actor.person, "imported", study.pk, fields=len(merged.changes), files=files, pairs=count)
    return Applied(len(merged.changes), files, count, notices, _here(merged, stored))


def apply_files(
    *,
    actor: Actor,
    study_id: uuid.UUID,
    imported: Imported,
    accepted: Collection[str],
    here: listing.Here,
    start: int = 0,
    tell: Tell = silent,
) -> None:
    """Of `apply` the lines about files, from line `start` on, each thousand in a transaction of its own (if there is
    none already); `tell` says after each how many are done, where a later call may go on."""
    lines = sorted(imported.dossier.files, key=lambda line: line.path)  # rows of one path go together
    if not lines:
        return
    study = study_for(actor, Verb.EDIT, study_id)
    found = listing.match(study, lines)
    writer = pairs.Writer(study)
    while start < len(lines):
        end = min(start + LINES, len(lines))
        while end < len(lines) and lines[end].path == lines[end - 1].path:
            end += 1
        with transaction.atomic():
            study_for(actor, Verb.EDIT, study_id, lock=True)
            listing.store(study, lines[start:end], found, accepted, here, writer)
        tell(end, len(lines))
        start = end
    plates.place_wells(study=study, lines=listing.placed(lines, found, accepted))


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


def _store_pairs(study: Study, imported: Imported, merged: Merged, stored: dict[tuple[str, str], str]) -> None:
    by_entity: dict[str, dict[uuid.UUID, list[Pair]]] = {}
    there = {(module, key) for (module, _), key in stored.items()}
    for name, some in imported.dossier.pairs.items():
        module, _, key = _now(merged.moved(name), stored).partition("/")
        known = (module, key) in there
        entity, pk = (module, uuid.UUID(key)) if known else (pairs.STUDY, study.pk)
        by_entity.setdefault(entity, {}).setdefault(pk, []).extend(some)
    writer = pairs.Writer(study)
    for entity, found in by_entity.items():
        writer.put(entity, found)


def _count_pairs(imported: Imported) -> int:
    dossier = imported.dossier
    return sum(map(len, dossier.pairs.values())) + sum(len(line.pairs) for line in dossier.files)


def _here(merged: Merged, stored: dict[tuple[str, str], str]) -> listing.Here:
    def ids(wanted: str) -> dict[str, str]:
        return {
            given: stored.get((wanted, now), now) for (module, given), now in merged.ids.items() if module == wanted
        }

    return listing.Here(ids("component"), ids("specimen"))


def _drop_orphans(study: Study) -> None:
    """Forget the named values of entities that are no more."""
    for key, model in ENTITIES.items():
        there = model._default_manager.filter(study=study).values("pk")
        KeyValue.objects.filter(study=study, entity=key).exclude(entity_id__in=there).delete()
