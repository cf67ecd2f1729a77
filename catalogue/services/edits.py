"""Suggested edits: a curator proposes a value for a field, the depositor takes it with a click or declines it."""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone

from base import audit
from base.errors import Conflict, Invalid, NotFound
from catalogue.access import Actor, Verb, study_for
from catalogue.differences import Piece, words
from catalogue.documents.read import read_fields
from catalogue.models import ReviewRound, Study, SuggestedEdit
from catalogue.models.entity import Entity
from catalogue.paths import Path
from catalogue.registry import ENTITIES, module_of
from catalogue.rules.fields import Field, Kind
from catalogue.rules.rembi import BY_PLURAL
from catalogue.services import notices
from catalogue.services.comments import check_path, text_of
from catalogue.services.drafts import save_fields
from catalogue.services.review import person_of

State = SuggestedEdit.State


@dataclass(frozen=True)
class Offer:
    """A suggested edit as it can be decided on now: `now` is what stands in the field, None if its row is gone."""

    edit: SuggestedEdit
    field: Field  # of a cell, the column
    now: Any
    revision: int | None

    @property
    def is_stale(self) -> bool:
        """Whether the field was changed since the curator looked at it."""
        return bool(self.now != self.edit.old)

    @property
    def pieces(self) -> tuple[Piece, ...]:
        """What would change, by word; of a term, its text."""
        return words(_words_of(self.now), _words_of(self.edit.new))


def _words_of(value: Any) -> str:
    if isinstance(value, Mapping):
        return f"{value['text']} ({value['curie']})" if value.get("curie") else str(value["text"])
    return str(value or "")


@transaction.atomic
def suggest_edit(*, actor: Actor, study_id: uuid.UUID, path: str, value: Any, note: str = "") -> SuggestedEdit:
    """Propose a value for the field or table cell at `path`; one's earlier open suggestion for it is replaced.

    The value has the shape that the document has there: a text, or `{"text", "curie"}` for a term. Raises Invalid for a
    path that names no single value, and for a value that is there already.
    """
    study = study_for(actor, Verb.REVIEW, study_id, lock=True)
    person = person_of(actor)
    at = check_path(path)
    field = _field(at)
    row = _row(study, at)
    if row is None:
        raise NotFound("This is not in the study any more.")
    new = _shaped(field, value)
    old = _value(at, row)
    if new == old:
        raise Invalid("This is what stands there already.", field="value")
    mine = SuggestedEdit.objects.filter(study=study, path=path, author=person, state=State.OPEN)
    mine.update(state=State.DROPPED, settled_by=person, settled_at=timezone.now())
    round_ = ReviewRound.objects.get(study=study, decision=ReviewRound.Decision.PENDING)
    note = text_of(note, "note", "") if note.strip() else ""
    made = SuggestedEdit.objects.create(
        study=study, round=round_, path=path, old=old, new=new, note=note, author=person
    )
    audit.record(person, "suggested a value", study.pk, path=path, edit=str(made.pk))
    notices.tell("suggestion", study, made.pk, notices.depositors_of(study), by=person, text=note, path=path)
    return made


@transaction.atomic
def accept_edit(*, actor: Actor, edit_id: uuid.UUID, revision: int | None) -> SuggestedEdit:
    """Write the suggested value into its field, in the name of who accepts it. `revision` is the row's that was looked
    at, as in save_fields; raises StaleRevision if it was saved since."""
    edit, study = _open(actor, edit_id, Verb.EDIT)
    at = check_path(edit.path)
    row = _row(study, at)
    if row is None:
        raise NotFound("What this suggestion is for is not in the study any more. Decline it.")
    entity_id = None if isinstance(row, Study) else row.pk
    values = {at.field: _with(at, row, edit.new)}
    save_fields(actor=actor, study_id=study.pk, module=at.module, entity_id=entity_id, values=values, revision=revision)
    _settle(actor, edit, State.ACCEPTED, "")
    detail = {"path": edit.path, "edit": str(edit.pk), "of": str(edit.author)}
    audit.record(actor.person, "took a suggested value", study.pk, **detail)
    notices.tell("accepted", study, edit.pk, [edit.author], by=actor.person, path=edit.path)
    return edit


@transaction.atomic
def decline_edit(*, actor: Actor, edit_id: uuid.UUID, answer: str) -> SuggestedEdit:
    """Leave the field as it is, and say why."""
    edit, study = _open(actor, edit_id, Verb.EDIT)
    answer = text_of(answer, "answer", "Say in a word why not; the curator reads it.")
    _settle(actor, edit, State.DECLINED, answer)
    audit.record(actor.person, "declined a suggested value", study.pk, path=edit.path, edit=str(edit.pk))
    notices.tell("declined", study, edit.pk, [edit.author], by=actor.person, text=answer, path=edit.path)
    return edit


@transaction.atomic
def drop_edit(*, actor: Actor, edit_id: uuid.UUID) -> SuggestedEdit:
    """Take a suggestion back while the study is in review; any curator of it may."""
    edit, study = _open(actor, edit_id, Verb.REVIEW)
    _settle(actor, edit, State.DROPPED, "")
    audit.record(actor.person, "took a suggestion back", study.pk, path=edit.path, edit=str(edit.pk))
    return edit


def offers_of(edits: Iterable[SuggestedEdit], document: Mapping[str, Any], revisions: Mapping[str, int]) -> list[Offer]:
    """The edits beside what `document` has now; `revisions` by the id of the row, the study's under ""."""
    found = []
    rows = {
        (module.key, row["id"]): row
        for plural, module in BY_PLURAL.items()
        if module.repeated
        for row in document.get(plural) or ()
    }
    for edit in edits:
        at = check_path(edit.path)
        row = rows.get((at.module, at.entity)) if at.entity else document[at.module]
        found.append(Offer(edit, _field(at), _at(row, at) if row else None, revisions.get(at.entity)))
    return found


def _open(actor: Actor, edit_id: uuid.UUID, verb: Verb) -> tuple[SuggestedEdit, Study]:
    edit = SuggestedEdit.objects.select_related("author").filter(pk=edit_id).first()
    if edit is None:
        raise NotFound("There is no such suggestion.")
    study = study_for(actor, verb, edit.study_id, lock=True)
    edit.refresh_from_db(fields=["state"])
    if edit.state != State.OPEN:
        raise Conflict(f"This suggestion was {edit.get_state_display()} already.")
    return edit, study


def _settle(actor: Actor, edit: SuggestedEdit, state: State, answer: str) -> None:
    edit.state, edit.answer = state, answer
    edit.settled_by, edit.settled_at = actor.person, timezone.now()
    edit.save(update_fields=["state", "answer", "settled_by", "settled_at"])


def _field(at: Path) -> Field:
    """The field, or the column of a table, that holds the one value at this path."""
    try:
        field = module_of(at.module).field(at.field)
    except KeyError:
        raise Invalid("A suggestion is for one field.", field="path") from None
    if field.kind is not Kind.ROWS:
        if at.row is None:
            return field
    elif at.row is not None:
        for column in field.columns:
            if column.name == at.column:
                return column
    raise Invalid("A suggestion is for one field, or one cell of a table.", field="path")


def _row(study: Study, at: Path) -> Study | Entity | None:
    if not module_of(at.module).repeated:
        return study
    try:
        pk = uuid.UUID(at.entity)
    except ValueError:
        return None
    return ENTITIES[at.module]._default_manager.filter(study=study, pk=pk).first()


def _value(at: Path, row: Study | Entity) -> Any:
    return _at(read_fields(module_of(at.module), row, [at.field]), at)


def _at(values: Mapping[str, Any], at: Path) -> Any:
    value = values.get(at.field)
    if at.row is None:
        return value
    return value[at.row][at.column] if value and at.row < len(value) else None


def _with(at: Path, row: Study | Entity, new: Any) -> Any:
    """The field's value with the new one put in its place."""
    if at.row is None:
        return new
    rows = read_fields(module_of(at.module), row, [at.field])[at.field]
    if at.row >= len(rows):
        raise Conflict("The table has fewer rows now. Decline this suggestion, or put the value in by hand.")
    rows[at.row] = {**rows[at.row], at.column: new}
    return rows


def _shaped(field: Field, value: Any) -> Any:
    if field.kind is Kind.TERM and isinstance(value, Mapping):
        return {"text": _text(value.get("text", "")), "curie": _text(value.get("curie", ""))}
    return {"text": _text(value), "curie": ""} if field.kind is Kind.TERM else _text(value)


def _text(value: Any) -> str:
    if not isinstance(value, str) or len(value) > 100_000 or "\x00" in value:
        raise Invalid("A suggested value is a text, or for a term a text and a CURIE.", field="value")
    return value.strip()
