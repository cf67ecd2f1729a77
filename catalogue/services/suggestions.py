"""Values that the image files gave for form fields: taken into a field, or dismissed."""

import uuid
from typing import Any

from django.db import transaction

from base.errors import NotFound
from catalogue.access import Actor, Verb, study_for
from catalogue.documents.read import read_fields
from catalogue.models import FieldSource, Study, Suggestion
from catalogue.registry import ENTITIES, module_of
from catalogue.rules.fields import Kind
from catalogue.services import sources
from catalogue.services.drafts import add_entity, save_fields

State = Suggestion.State


@transaction.atomic
def take_suggestion(
    *, actor: Actor, study_id: uuid.UUID, suggestion_id: int, entity_id: uuid.UUID | None = None
) -> uuid.UUID | None:
    """Write the offered value into its field of `entity_id`, or into a new row of its module; gives that row's id.

    What is in the field already stays, and the value is added after it; a term's field is only filled if empty.
    """
    study = study_for(actor, Verb.EDIT, study_id, lock=True)
    one = _offered(study, suggestion_id)
    said = [one.source]
    if entity_id is None:
        entity_id = add_entity(actor=actor, study_id=study_id, module=one.module, values={one.field: one.text})
    else:
        there = _there(study, one, entity_id)
        said = _sources_with(study, one, entity_id, there)
        values = {one.field: _joined(one, there)}
        save_fields(
            actor=actor, study_id=study_id, module=one.module, entity_id=entity_id, values=values, revision=None
        )
    if said:
        path = f"{one.module}/{entity_id}/{one.field}"
        sources.note(study=study, sources={path: (FieldSource.Kind.FILE, "; ".join(said))})
    _settle(one, State.TAKEN)
    return entity_id


@transaction.atomic
def dismiss_suggestion(*, actor: Actor, study_id: uuid.UUID, suggestion_id: int) -> None:
    study = study_for(actor, Verb.EDIT, study_id, lock=True)
    _settle(_offered(study, suggestion_id), State.DISMISSED)


def _offered(study: Study, suggestion_id: int) -> Suggestion:
    one = Suggestion.objects.filter(study=study, pk=suggestion_id, state=State.OFFERED).first()
    if one is None:
        raise NotFound("This suggestion is gone: it was taken or dismissed already.")
    return one


def _there(study: Study, one: Suggestion, entity_id: uuid.UUID) -> Any:
    """What is in the field now."""
    module = module_of(one.module)
    row = ENTITIES[one.module]._default_manager.filter(study=study, pk=entity_id).first()
    if row is None:
        raise NotFound(f"This study has no such {module.label.lower()}.")
    return read_fields(module, row, [one.field])[one.field]


def _joined(one: Suggestion, there: Any) -> Any:
    if module_of(one.module).field(one.field).kind is Kind.TERM:
        return there if there["text"] else one.text
    if not there or one.text in there:
        return there or one.text
    return f"{there.rstrip(' ;')}; {one.text}"


def _sources_with(study: Study, one: Suggestion, entity_id: uuid.UUID, there: Any) -> list[str]:
    """Where all of the field's value comes from then; empty if a part of it was typed, or nothing is added to it."""
    text = there["text"] if isinstance(there, dict) else there
    if not text:
        return [one.source]
    noted = FieldSource.objects.filter(study=study, path=f"{one.module}/{entity_id}/{one.field}").first()
    return [noted.source, one.source] if noted and _joined(one, there) != there else []


def _settle(one: Suggestion, state: State) -> None:
    one.state = state
    one.save(update_fields=["state"])
