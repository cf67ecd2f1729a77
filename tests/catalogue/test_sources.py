"""Where values come from: noted when they are filled in, forgotten when a person changes them."""

from typing import Any
from uuid import UUID

import pytest

from catalogue import documents, services
from catalogue.access import Actor
from catalogue.models import FieldSource, Study, Suggestion
from catalogue.services import sources
from tests import factory

pytestmark = [pytest.mark.django_db, pytest.mark.both]
Kind = FieldSource.Kind


def common(study: Study) -> dict[str, Any]:
    return {"actor": Actor(study.owner), "study_id": study.pk}


def save(study: Study, acquisition: UUID, **values: Any) -> None:
    services.save_fields(**common(study), module="acquisition", entity_id=acquisition, values=values, revision=None)


def noted(study: Study) -> dict[str, tuple[str, str]]:
    return {path: (one.kind, one.source) for path, one in sources.of_study(study).items()}


def test_a_source_is_kept_until_a_person_changes_the_value() -> None:
    study = factory.draft()
    row = services.add_entity(**common(study), module="acquisition", values={"title": "20x", "imaging_instrument": "A"})
    path = f"acquisition/{row}/imaging_instrument"
    sources.note(study=study, sources={path: (Kind.IMPORT, "old.xlsx")})
    sources.note(study=study, sources={path: (Kind.FILE, "plate1.ome.tif: Instrument/Microscope")})
    save(study, row, title="40x", imaging_instrument="A")
    assert noted(study) == {path: ("file", "plate1.ome.tif: Instrument/Microscope")}
    save(study, row, imaging_instrument="B")
    assert noted(study) == {}


def test_a_copied_row_keeps_its_sources_and_a_removed_one_loses_them() -> None:
    study = factory.draft()
    row = services.add_entity(**common(study), module="acquisition", values={"title": "20x"})
    sources.note(study=study, sources={f"acquisition/{row}/title": (Kind.TEMPLATE, "our confocal")})
    copied = services.copy_entity(**common(study), module="acquisition", entity_id=row)
    services.remove_entity(**common(study), module="acquisition", entity_id=row)
    assert noted(study) == {f"acquisition/{copied}/title": ("template", "our confocal")}


def test_a_document_written_anew_keeps_the_sources_of_what_is_the_same() -> None:
    study = factory.study()
    document = documents.read(study)
    first, second = (
        f"acquisition/{document['acquisitions'][0]['id']}/{name}" for name in ("title", "imaging_instrument")
    )
    sources.note(study=study, sources={first: (Kind.FILE, "a"), second: (Kind.FILE, "b")})
    document["acquisitions"][0]["title"] = "another"
    documents.write(Actor(study.owner), study, document)
    assert set(noted(study)) == {second}
    document["acquisitions"] = []
    documents.write(Actor(study.owner), study, document)
    assert noted(study) == {}


def test_a_taken_suggestion_is_marked_unless_a_part_was_typed() -> None:
    study = factory.draft()
    made = [
        Suggestion.objects.create(
            study=study, module="acquisition", field="imaging_instrument", text=text, source=source
        )
        for text, source in (("Nikon Ti2", "a.nd2"), ("objective 20x", "b.nd2"), ("Leica", "c.lif"))
    ]
    row = services.take_suggestion(**common(study), suggestion_id=made[0].pk)
    assert row is not None
    path = f"acquisition/{row}/imaging_instrument"
    assert noted(study) == {path: ("file", "a.nd2")}
    services.take_suggestion(**common(study), suggestion_id=made[1].pk, entity_id=row)
    assert noted(study) == {path: ("file", "a.nd2; b.nd2")}
    save(study, row, imaging_instrument="typed")
    services.take_suggestion(**common(study), suggestion_id=made[2].pk, entity_id=row)
    assert noted(study) == {}
    assert documents.read(study)["acquisitions"][0]["imaging_instrument"] == "typed; Leica"
