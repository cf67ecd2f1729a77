"""Values that the image files gave for form fields: taken into a field, or dismissed."""

import uuid
from typing import Any

from django.db import transaction

from base.errors import NotFound
from catalogue.access import Actor, Verb, study_for
from catalogue.documents.read import read_fields
from catalogue.models import Study, Suggestion
from catalogue.registry import ENTITIES, module_of
from catalogue.rules.fields import Kind
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
    if entity_id is None:
        entity_id = add_entity(actor=actor, study_id=study_id, module=one.module, values={one.field: one.text})
    else:
        values = {one.field: _joined(study, one, entity_id)}
        save_fields(
            actor=actor, study_id=study_id, module=one.module, entity_id=entity_id, values=values, revision=None
        )
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


def _joined(study: Study, one: Suggestion, entity_id: uuid.UUID) -> Any:
    module = module_of(one.module)
    row = ENTITIES[one.module]._default_manager.filter(study=study, pk=entity_id).first()
    if row is None:
        raise NotFound(f"This study has no such {module.label.lower()}.")
    there = read_fields(module, row, [one.field])[one.field]
    if module.field(one.field).kind is Kind.TERM:
        return there if there["text"] else one.text
    if not there or one.text in there:
        return there or one.text
    return f"{there.rstrip(' ;')}; {one.text}"


def _settle(one: Suggestion, state: State) -> None:
    one.state = state
    one.save(update_fields=["state"])
