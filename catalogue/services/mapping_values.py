"""Giving terms to the texts of many studies at once, with the same traces that saving a field leaves, and back."""

import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q
from django.utils import timezone

from base import audit
from base.models import User
from catalogue.documents.read import value_of, with_field
from catalogue.documents.store import compact, keep, raise_revision
from catalogue.documents.values import Kept
from catalogue.models import InvalidValue, KeyValue, MappedValue, MappingAct, Study
from catalogue.paths import Path
from catalogue.rules.fields import Field, Module
from catalogue.services.mapping_places import PLACES, Place
from ontology.models import Term

_BATCH = 500
KEY_VALUE = "key-value"  # begins the path of a key-value's term


@dataclass(frozen=True)
class Aside:
    """A CURIE that was given and that no ontology here has: kept as typed, with the reason."""

    curie: str
    message: str = ""


@dataclass(frozen=True)
class Cell:
    """One text with the term that it has now. `row` is the table row that holds it, `entity` the module's row."""

    place: Place
    study_id: uuid.UUID
    entity: Any
    path: str
    row: Any
    text: str
    term: Term | None
    aside: Aside | None


@dataclass(frozen=True)
class Change:
    """What became of a cell."""

    cell: Cell
    term: Term | None
    aside: Aside | None = None


Decide = Callable[[Cell], Change | None]
Asides = Mapping[str, Aside]  # by path


def write(
    places: Iterable[tuple[Place, Q]], *, studies: Sequence[uuid.UUID], decide: Decide, by: User, verb: str
) -> list[Change]:
    """Ask `decide` about each text of these places in these studies, which the caller has locked, where the condition
    fits its row, and do what it says. The history of each study gets one event with its changes."""
    kept = InvalidValue.objects.filter(study__in=studies).values_list("path", "text", "message")
    asides = {path: Aside(text, message) for path, text, message in kept}
    done: list[Change] = []
    events: dict[uuid.UUID, list[list[Any]]] = defaultdict(list)
    for place, condition in places:
        rows = place.rows(studies).filter(condition)
        if place.module is None or place.field is None:
            found = [change for cell in _key_value_cells(place, rows) if (change := decide(cell))]
            _store_key_values(found)
            for change in found:
                events[change.cell.study_id].append([change.cell.path, _pair(change.cell), _pair(change)])
        else:
            found = list(_fields(place, place.module, place.field, rows, decide, asides, events))
            _store_fields(place, found)
        done += found
    Study.objects.filter(pk__in=events).update(updated_at=timezone.now())
    for study_id, changes in events.items():
        audit.record(by, verb, study_id, changes=compact(changes), places=len(changes))
    return done


def note(act: MappingAct, changes: Iterable[Change]) -> None:
    """Keep what each value had before, for undoing."""
    rows = [
        MappedValue(
            act=act,
            study_id=one.cell.study_id,
            path=one.cell.path,
            text=one.cell.text,
            term=one.term,
            term_before=one.cell.term,
            curie_before=one.cell.aside.curie if one.cell.aside else "",
            message_before=one.cell.aside.message if one.cell.aside else "",
        )
        for one in changes
    ]
    MappedValue.objects.bulk_create(rows, batch_size=_BATCH)


def put_back(act: MappingAct, *, studies: Sequence[uuid.UUID], by: User) -> list[Change]:
    """Give the values of an act what they had before, where they still are as the act left them."""
    values = act.values.filter(study__in=studies).select_related("term", "term_before")
    before = {(one.study_id, one.path): one for one in values}

    def decide(cell: Cell) -> Change | None:
        old = before.get((cell.study_id, cell.path))
        if old is None or cell.text != old.text or _curie(cell.term) != _curie(old.term):
            return None
        if cell.term is None and old.term_before is None:
            return None
        return Change(cell, old.term_before, Aside(old.curie_before, old.message_before) if old.curie_before else None)

    curies = {one.term.curie for one in before.values() if one.term}
    bare = {one.text for one in before.values() if not one.term}  # which the act had left without a term
    left = [
        Q(**{f"{place.term}__curie__in": curies}) | Q(**{f"{place.term}__isnull": True, f"{place.text}__in": bare})
        for place in PLACES
    ]
    return write(zip(PLACES, left, strict=True), studies=studies, decide=decide, by=by, verb="took terms back")


def _curie(term: Term | None) -> str:
    return term.curie if term else ""


def _fields(
    place: Place,
    module: Module,
    field: Field,
    rows: Any,
    decide: Decide,
    asides: Asides,
    events: dict[uuid.UUID, list[list[Any]]],
) -> Iterator[Change]:
    """The changes of one column, the rows in memory as they will be; what each field was and is goes to `events`."""
    ids = sorted(set(rows.values_list(place.entity, flat=True)))
    for start in range(0, len(ids), _BATCH):
        entities = place.entities._default_manager.filter(pk__in=ids[start : start + _BATCH])
        for entity in with_field(entities, module, field):
            path = Path(module.key, str(entity.pk), field.name)
            changes = [one for cell in _cells(place, entity, path, asides) if (one := decide(cell))]
            if not changes:
                continue
            texts = {cell.path: cell.aside.curie for cell in _cells(place, entity, path, asides) if cell.aside}
            old = value_of(module, entity, field, texts)
            for change in changes:
                setattr(change.cell.row, place.term, change.term)
                texts[change.cell.path] = change.aside.curie if change.aside else ""
            new = value_of(module, entity, field, {key: text for key, text in texts.items() if text})
            events[entity.study_id].append([str(path), old, new])
            yield from changes


def _cells(place: Place, entity: Any, path: Path, asides: Asides) -> Iterator[Cell]:
    """The cells of one field of a row of the model."""
    if not place.is_table:
        values = getattr(entity, place.text), getattr(entity, place.term)
        yield Cell(place, entity.study_id, entity.pk, str(path), entity, *values, asides.get(str(path)))
        return
    for number, line in enumerate(getattr(entity, path.field).all()):
        at = str(Path(path.module, path.entity, path.field, number, place.text))
        values = getattr(line, place.text), getattr(line, place.term)
        yield Cell(place, entity.study_id, entity.pk, at, line, *values, asides.get(at))


def _store_fields(place: Place, changes: Sequence[Change]) -> None:
    """Write the columns, count the saves, and keep aside what is to be, and only that."""
    _update(place.model, place.term, changes)
    entities = list({change.cell.entity for change in changes})
    for start in range(0, len(entities), _BATCH):
        raise_revision(place.entities, entities[start : start + _BATCH])  # type: ignore[arg-type]  # an Entity's table
    of_study: dict[uuid.UUID, list[Change]] = defaultdict(list)
    for change in changes:
        of_study[change.cell.study_id].append(change)
    for study_id, some in of_study.items():
        gone = [one.cell.path for one in some if one.cell.aside]
        for start in range(0, len(gone), _BATCH):
            InvalidValue.objects.filter(study=study_id, path__in=gone[start : start + _BATCH]).delete()
        if kept := [Kept(one.cell.path, one.aside.curie, one.aside.message) for one in some if one.aside]:
            keep(Study(pk=study_id), kept)


def _update(model: Any, column: str, changes: Iterable[Change]) -> None:
    by_term: dict[int | None, list[Any]] = defaultdict(list)
    for change in changes:
        by_term[change.term.pk if change.term else None].append(change.cell.row.pk)
    for term, pks in by_term.items():
        for start in range(0, len(pks), _BATCH):
            model._default_manager.filter(pk__in=pks[start : start + _BATCH]).update(**{f"{column}_id": term})


def _key_value_cells(place: Place, rows: Any) -> Iterator[Cell]:
    for row in rows.select_related("key", "value", "term").iterator(chunk_size=_BATCH):
        aside = Aside(row.curie) if row.curie else None
        yield Cell(place, row.study_id, row.pk, f"{KEY_VALUE}/{row.pk}", row, row.value.text, row.term, aside)


def _store_key_values(changes: Sequence[Change]) -> None:
    _update(KeyValue, "term", changes)
    by_curie: dict[str, list[Any]] = defaultdict(list)
    for change in changes:
        by_curie[change.aside.curie if change.aside else ""].append(change.cell.row.pk)
    for curie, pks in by_curie.items():
        for start in range(0, len(pks), _BATCH):
            KeyValue.objects.filter(pk__in=pks[start : start + _BATCH]).update(curie=curie)


def _pair(one: Cell | Change) -> dict[str, str]:
    """A key-value's text and term as the history keeps them."""
    cell = one.cell if isinstance(one, Change) else one
    curie = one.term.curie if one.term else one.aside.curie if one.aside else ""
    return {"text": f"{cell.row.key.name}: {cell.text}", "curie": curie}
