"""Everything that images answer, and choices with one answer, filled into empty fields: looked at first, then taken."""

import uuid
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction

from base.errors import Problem
from catalogue import documents
from catalogue.access import Actor, Verb, study_for
from catalogue.exchange.dossier import Document
from catalogue.exchange.merge import Merged, Mode, is_empty
from catalogue.exchange.only_ones import only_choices, said_of
from catalogue.models import FieldSource, Study, Suggestion
from catalogue.rules.fields import Kind
from catalogue.rules.rembi import BY_KEY, MODULES
from catalogue.services.copying import Origin, apply_copy, preview_copy

# Modules whose values belong together, as files give them one after another.
_TOGETHER = (("acquisition",), ("channel",), ("contributor", "organisation"))
_ORIGIN: Origin = (FieldSource.Kind.FILE, "")
_MOST = 200  # suggestions, as many as the forms show


@dataclass
class Answers:
    """What the images answer as a part of a document, where each value comes from, and the suggestions in it."""

    part: Document = field(default_factory=dict)
    origins: dict[str, Origin] = field(default_factory=dict)
    used: dict[str, int] = field(default_factory=dict)  # path in the part → the suggestion's id


def preview_fill(*, actor: Actor, study_id: uuid.UUID) -> Merged:
    """What filling from the images would change. Nothing is saved."""
    study = study_for(actor, Verb.EDIT, study_id)
    return preview_copy(actor=actor, study_id=study_id, part=_answers(study).part, mode=Mode.FILL)


@transaction.atomic
def apply_fill(*, actor: Actor, study_id: uuid.UUID, taken: Collection[str], shown: str) -> list[Problem]:
    """Fill what is `taken` of the preview with the digest `shown`. Raises Conflict if anything changed since."""
    study = study_for(actor, Verb.EDIT, study_id, lock=True)
    answers = _answers(study)
    merged = preview_copy(actor=actor, study_id=study_id, part=answers.part, mode=Mode.FILL)
    problems = apply_copy(
        actor=actor,
        study_id=study_id,
        part=answers.part,
        mode=Mode.FILL,
        taken=taken,
        shown=shown,
        origin=_ORIGIN,
        origins=answers.origins,
    )
    changed = {one.path for one in merged.changes} & set(taken)
    places = {path: merged.moved(path) for path in answers.used}
    used = [answers.used[path] for path, at in places.items() if {at, at.rpartition("/")[0]} & changed]
    Suggestion.objects.filter(study=study, pk__in=used).update(state=Suggestion.State.TAKEN)
    return problems


def _answers(study: Study) -> Answers:
    document = documents.read(study)
    offered = Suggestion.objects.filter(study=study, state=Suggestion.State.OFFERED).order_by("id")[:_MOST]
    answers = Answers()
    for modules in _TOGETHER:
        groups = _groups(one for one in offered if one.module in modules)
        present = document[BY_KEY[modules[0]].plural]
        if len(present) == 1 and len(groups) == 1 and modules == ("acquisition",):
            _add(answers, groups[0], {"acquisition": present[0]["id"]})
        elif not present:
            for number, group in enumerate(groups):
                _add(answers, group, {module: f"{module}-from-images-{number}" for module in modules})
    _choose(answers, document)
    return answers


def _choose(answers: Answers, document: Document) -> None:
    """References that can only be made in one way, also those of rows that the images make."""
    both: Document = {}
    for module in MODULES:
        if module.repeated:
            rows = {row["id"]: dict(row) for row in document[module.plural]}
            for row in answers.part.get(module.plural, ()):
                rows[row["id"]] = rows.get(row["id"], {}) | row
            both[module.plural] = list(rows.values())
    for module_key, key, name, value in only_choices(both):
        rows = answers.part.setdefault(BY_KEY[module_key].plural, [])
        row = next((it for it in rows if it["id"] == key), None)
        if row is None:
            rows.append(row := {"id": key})
        row[name] = value
        answers.origins[f"{module_key}/{key}/{name}"] = (FieldSource.Kind.LOOKUP, said_of(module_key, name))


def _groups(offered: Iterable[Suggestion]) -> list[dict[tuple[str, str], Suggestion]]:
    """Suggestions that belong together: of one file, until a field comes again. What only one file said, since it is
    the same in all, belongs to every group."""
    groups: list[dict[tuple[str, str], Suggestion]] = []
    file = ""
    for one in offered:
        name = one.source.partition(": ")[0]
        key = (one.module, one.field)
        if not groups or name != file or key in groups[-1]:
            groups.append({})
        file = name
        groups[-1][key] = one
    keys = {key for group in groups for key in group}
    for key in keys:
        holders = [group for group in groups if key in group]
        if len(holders) == 1 and key == ("acquisition", "imaging_instrument"):
            for group in groups:
                group.setdefault(key, holders[0][key])
    return groups


def _add(answers: Answers, group: Mapping[tuple[str, str], Suggestion], ids: Mapping[str, str]) -> None:
    rows: dict[str, dict[str, Any]] = {}
    for (module, name), one in group.items():
        row = rows.setdefault(module, {"id": ids[module]})
        is_term = BY_KEY[module].field(name).kind is Kind.TERM
        row[name] = {"text": one.text, "curie": ""} if is_term else one.text
        path = f"{module}/{ids[module]}/{name}"
        answers.origins[path] = (FieldSource.Kind.FILE, one.source)
        answers.used[path] = one.pk
    if "contributor" in rows and "organisation" in rows:
        rows["contributor"]["affiliations"] = [{"organisation": ids["organisation"]}]
        path = f"contributor/{ids['contributor']}/affiliations"
        answers.origins[path] = answers.origins[f"organisation/{ids['organisation']}/name"]
    for module, row in rows.items():
        if any(not is_empty(value) for name, value in row.items() if name != "id"):
            answers.part.setdefault(BY_KEY[module].plural, []).append(row)
