# ruff: noqa: E402  # Django must be set up before its models are imported
"""A site of its own with a study for each of four real sets; run by bench.rows.how_little_typed.

Images are read where they lie, what they answer is taken at once, tables beside them are imported, and the rest is
typed, no more than a study needs to be sent in. Prints, as JSON, for each set what is filled and how much was typed.
"""

import json
import os
import sys
import uuid
from pathlib import Path
from typing import Any

SAMPLES = Path(sys.argv[2])
os.environ["VITRINE_DATA"] = sys.argv[1]
os.environ["VITRINE_REGISTER_ROOTS"] = str(SAMPLES)
os.environ["DJANGO_SETTINGS_MODULE"] = "portal.settings"

import django

django.setup()

from django.core.management import call_command

from base import jobs
from base.models import User
from bench.typed_sets import PEOPLE, SETS, Set
from catalogue import documents, files, registry, services
from catalogue.access import Actor
from catalogue.exchange import file_list
from catalogue.models import File, KeyValue, Study
from catalogue.ome.read import document_of
from catalogue.rules import MODULES, Kind, Level, Module
from catalogue.services import filling, importing, sources
from imaging.ome.document import Columns, OmeElement
from ontology.loading import load_starter


def main() -> None:
    call_command("migrate", verbosity=0)
    load_starter()
    actor = Actor(User.objects.create_user("bench@example.org", "not a secret", name="Bench"))
    print(json.dumps({one.name: _measure(actor, one) for one in SETS}))


def _measure(actor: Actor, one: Set) -> dict[str, Any]:
    study = services.create_study(actor=actor)
    for folder in one.images:
        files.register_in_place(actor=actor, study_id=study.pk, path=str(SAMPLES / folder))
    jobs.run_queued(study.pk)
    _fill(actor, study)
    for table in one.tables:
        paths = File.objects.filter(study=study).values_list("path", flat=True)
        imported = file_list.read({Path(table).name: SAMPLES / table}, paths=paths)
        importing.apply(actor=actor, study_id=study.pk, imported=imported)
    _type(actor, study, one)
    _fill(actor, study)
    return _counted(study)


def _fill(actor: Actor, study: Study) -> None:
    """Press the button that takes all that needs no typing."""
    merged = filling.preview_fill(actor=actor, study_id=study.pk)
    taken = [change.path for change in merged.changes]
    filling.apply_fill(actor=actor, study_id=study.pk, taken=taken, shown=services.copying.digest(merged))


def _type(actor: Actor, study: Study, one: Set) -> None:
    """Put in what a person types, field by field as the form does; references are choices, and count as typed."""
    ids: dict[str, str] = {}

    def resolved(value: Any) -> Any:
        if isinstance(value, list):
            return [{name: resolved(cell) for name, cell in line.items()} for line in value]
        return ids.get(value, value) if isinstance(value, str) else value

    for module in sorted(MODULES, key=lambda it: it.key != "organisation"):  # people refer to their institute
        for name, values in {**PEOPLE, **one.typed}.get(module.key, {}).items():
            given = {field: resolved(value) for field, value in values.items()}
            if not module.repeated:
                services.save_fields(actor=actor, study_id=study.pk, module=module.key, entity_id=None, values=given,
                                     revision=study.revision)  # fmt: skip
                continue
            present = documents.read(study)[module.plural] if name == module.key else []
            for row in present:  # those that the images made
                _save(actor, study, module, row["id"], given)
            if not present:
                added = services.add_entity(actor=actor, study_id=study.pk, module=module.key, values=given)
                ids[name] = str(added)
    everything = list(File.objects.filter(study=study).values_list("pk", flat=True))
    files.assign(actor=actor, study_id=study.pk, file_ids=everything, component_id=uuid.UUID(ids["component"]))


def _save(actor: Actor, study: Study, module: Module, key: str, values: dict[str, Any]) -> None:
    row = registry.ENTITIES[module.key]._default_manager.get(pk=key)
    services.save_fields(
        actor=actor, study_id=study.pk, module=module.key, entity_id=row.pk, values=values, revision=row.revision
    )


def _counted(study: Study) -> dict[str, Any]:
    study.refresh_from_db()
    document, origins = documents.read(study), set(sources.of_study(study))
    rembi = typed = 0
    for module in MODULES:
        for row in document[module.plural] if module.repeated else [document[module.plural]]:
            for field in module.fields:
                path = f"{module.key}/{row['id']}/{field.name}" if module.repeated else f"{module.key}/{field.name}"
                lines = row[field.name] if field.kind is Kind.ROWS else [{field.name: row[field.name]}]
                filled = sum(_is_filled(value) for line in lines for value in line.values())
                rembi += filled
                typed += 0 if path in origins else filled
    read = File.objects.filter(study=study)
    ome = sum(
        _values(document_of(it.ome_documents.latest("created_at")).root) for it in read if it.ome_documents.exists()
    )
    findings = services.check(study).findings
    lacking = [one.message for one in findings if one.level is Level.REQUIRED]
    pairs = KeyValue.objects.filter(study=study).count()
    return {"rembi": rembi, "ome": ome, "pairs": pairs, "typed": typed, "files": read.count(), "lacking": lacking}


def _is_filled(value: Any) -> bool:
    return bool(value.get("text") or value.get("curie")) if isinstance(value, dict) else bool(value)


def _values(element: OmeElement) -> int:
    """The values of a document; a column of planes counts once, however many planes there are."""
    columns = [it for it in (element.planes, element.tiff_data) if isinstance(it, Columns)]
    own = sum(1 for value in element.values.values() if value) + bool(element.text)
    own += sum(len(it.numbers) + len(it.texts) for it in columns)
    return own + sum(map(_values, element.children))


main()
