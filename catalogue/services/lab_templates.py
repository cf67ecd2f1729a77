"""Lab templates: saved parts of a study, such as “our confocal”, kept for the next one and shared with a group."""

import uuid
from collections.abc import Collection
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet

from base import audit
from base.errors import Conflict, Invalid, NotAllowed, NotFound
from base.models import Group, User
from catalogue import documents
from catalogue.access import Actor, Verb, study_for
from catalogue.exchange.dossier import Document
from catalogue.models import LabTemplate
from catalogue.rules.rembi import BY_PLURAL
from catalogue.services.copying import part_of

SCHEMA = 1
_MOST_ROWS = 500


def templates_for(actor: Actor) -> QuerySet[LabTemplate]:
    """The templates that are the person's own or shared with a group of theirs."""
    person = actor.person
    if person is None:
        return LabTemplate.objects.none()
    groups = Group.objects.filter(members=person)
    return LabTemplate.objects.filter(Q(owner=person) | Q(group__in=groups)).select_related("owner", "group")


def template_for(actor: Actor, template_id: uuid.UUID) -> LabTemplate:
    """A template that the actor may use. Raises NotFound."""
    found = templates_for(actor).filter(pk=template_id).first()
    if found is None:
        raise NotFound("There is no such lab template, or it is not shared with you.")
    return found


def document_of(template: LabTemplate) -> Document:
    """The saved part as a document. Fields that the model no longer has are left out."""
    document: Document = {}
    for plural, value in template.part.items():
        module = BY_PLURAL.get(plural)
        if module is None:
            continue
        known = {"id", *(one.name for one in module.fields)}
        rows = [{name: cell for name, cell in row.items() if name in known} for row in _rows(value)]
        document[plural] = rows if module.repeated else rows[0]
    return document


@transaction.atomic
def save_template(
    *, actor: Actor, study_id: uuid.UUID, name: str, paths: Collection[str], group_id: uuid.UUID | None = None
) -> LabTemplate:
    """Save parts of a study under a name; one's own template of this name is replaced."""
    study = study_for(actor, Verb.VIEW, study_id)
    person = _person(actor)
    part = part_of(documents.read(study), paths)
    rows = sum(len(_rows(value)) for value in part.values())
    if not rows:
        raise Invalid("Choose what the template is to hold.", field="path")
    if rows > _MOST_ROWS:
        raise Invalid(f"A template holds at most {_MOST_ROWS} things; these are {rows}.", field="path")
    values = {"part": part, "schema": SCHEMA, "group": _group(person, group_id)}
    template, _ = LabTemplate.objects.update_or_create(owner=person, name=_name(name), defaults=values)
    audit.record(person, "saved a lab template", template.pk, name=template.name, study=str(study.pk))
    return template


@transaction.atomic
def change_template(*, actor: Actor, template_id: uuid.UUID, name: str, group_id: uuid.UUID | None) -> LabTemplate:
    """Rename one's own template, and share it with a group of one's own or with none."""
    person = _person(actor)
    template = _own(actor, template_id)
    template.name = _name(name)
    template.group = _group(person, group_id)
    if LabTemplate.objects.filter(owner=person, name=template.name).exclude(pk=template.pk).exists():
        raise Conflict(f"You have a template “{template.name}” already.", field="name")
    template.save(update_fields=["name", "group", "updated_at"])
    audit.record(person, "changed a lab template", template.pk, name=template.name)
    return template


@transaction.atomic
def delete_template(*, actor: Actor, template_id: uuid.UUID) -> None:
    """Delete one's own template. Studies that it was used in keep what it gave."""
    template = _own(actor, template_id)
    audit.record(actor.person, "deleted a lab template", template.pk, name=template.name)
    template.delete()


def _rows(value: Any) -> list[dict[str, Any]]:
    return value if isinstance(value, list) else [value]


def _person(actor: Actor) -> User:
    if actor.person is None:
        raise NotAllowed("Sign in to keep lab templates.")
    if actor.is_read_only:
        raise NotAllowed("This API token may read but not change anything.")
    return actor.person


def _own(actor: Actor, template_id: uuid.UUID) -> LabTemplate:
    person = _person(actor)
    template = template_for(actor, template_id)
    if template.owner_id != person.pk:
        raise NotAllowed(f"This template is {template.owner}’s; only they may change it. Save one of your own instead.")
    return template


def _name(name: str) -> str:
    name = " ".join(name.split())
    if not name or len(name) > 200:
        raise Invalid("A template needs a name of at most 200 characters, such as “our confocal”.", field="name")
    return name


def _group(person: User, group_id: uuid.UUID | None) -> Group | None:
    if group_id is None:
        return None
    group = Group.objects.filter(members=person, pk=group_id).first()
    if group is None:
        raise NotFound("You are in no such group.", field="group")
    return group
