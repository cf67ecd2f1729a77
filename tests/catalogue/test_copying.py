"""Copying parts of a study or a lab template into a draft: seen first, then done as it was seen."""

from typing import Any
from uuid import uuid4

import pytest

from base.errors import Conflict, Invalid, NotAllowed, NotFound
from base.models import Group
from catalogue import documents, services
from catalogue.access import Actor
from catalogue.exchange.merge import Mode
from catalogue.models import FieldSource, LabTemplate, Study
from catalogue.rules.rembi import MODULES
from catalogue.services import sources
from catalogue.services.copying import digest, part_of
from catalogue.services.lab_templates import document_of
from tests import factory

pytestmark = [pytest.mark.django_db, pytest.mark.both]
ORIGIN = (FieldSource.Kind.COPY, "the study “A”")


def copy(target: Study, part: dict[str, Any], mode: Mode = Mode.FILL, refuse: str = "nothing") -> list[str]:
    """Look, then take all but what begins with `refuse`; gives the paths that were shown."""
    common: dict[str, Any] = {"actor": Actor(target.owner), "study_id": target.pk, "part": part, "mode": mode}
    seen = services.preview_copy(**common)
    taken = [one.path for one in seen.changes if not one.path.startswith(refuse)]
    services.apply_copy(**common, taken=taken, shown=digest(seen), origin=ORIGIN)
    return [one.path for one in seen.changes]


def all_of(study: Study) -> dict[str, Any]:
    paths = [f"study/{one.name}" for one in MODULES[0].fields] + [one.key for one in MODULES]
    return part_of(documents.read(study), paths)


def test_a_whole_study_is_copied_with_its_references_and_their_origin() -> None:
    source, target = factory.study(), factory.draft()
    copy(target, all_of(source))
    old, new = documents.read(source), documents.read(target)
    assert new["study"] == old["study"]
    for module in MODULES[1:]:
        assert len(new[module.plural]) == len(old[module.plural]), module.key
    person, organisation = new["contributors"][0], new["organisations"][0]
    assert person["affiliations"] == [{**old["contributors"][0]["affiliations"][0], "organisation": organisation["id"]}]
    assert organisation["id"] != old["organisations"][0]["id"]
    noted = sources.of_study(target)
    assert noted["study/title"].source == "the study “A”"
    assert noted[f"contributor/{person['id']}/affiliations"].kind == "copy"
    assert services.check(target).score > 0


def test_copying_again_changes_nothing() -> None:
    source, target = factory.study(), factory.draft()
    copy(target, all_of(source))
    assert copy(target, all_of(source)) == []
    assert len(documents.read(target)["contributors"]) == 1


def test_people_bring_the_organisations_that_they_work_at() -> None:
    document = documents.read(factory.study())
    part = part_of(document, ["contributor", "contributor/nobody", "nothing/1"])
    assert set(part) == {"contributors", "organisations"}


def test_what_is_there_is_kept_or_replaced_as_asked() -> None:
    source, target = factory.study(), factory.draft(title="Mine")
    assert copy(target, part_of(documents.read(source), ["study/title"])) == []
    assert copy(target, part_of(documents.read(source), ["study/title"]), Mode.UPDATE) == ["study/title"]
    assert documents.read(target)["study"]["title"] == source.title


def test_what_is_not_ticked_stays_out_and_nothing_points_at_it() -> None:
    source, target = factory.study(), factory.draft()
    shown = copy(target, part_of(documents.read(source), ["contributor", "study/licence"]), refuse="organisation/")
    assert any(path.startswith("organisation/") for path in shown)
    document = documents.read(target)
    assert document["organisations"] == []
    assert [row["organisation"] for row in document["contributors"][0]["affiliations"]] in ([], [""])
    assert not services.check(target).findings[0].message.startswith("“")
    assert document["study"]["licence"] == "CC-BY-4.0"


def test_a_study_that_changed_meanwhile_is_looked_at_again() -> None:
    source, target = factory.study(), factory.draft()
    common: dict[str, Any] = {"actor": Actor(target.owner), "study_id": target.pk}
    part: dict[str, Any] = {"part": all_of(source), "mode": Mode.UPDATE}
    seen = services.preview_copy(**common, **part)
    services.save_fields(**common, module="study", entity_id=None, values={"title": "meanwhile"}, revision=None)
    with pytest.raises(Conflict, match="Nothing was copied"):
        services.apply_copy(**common, **part, taken=["study/title"], shown=digest(seen), origin=ORIGIN)
    assert documents.read(target)["study"]["title"] == "meanwhile"


def test_only_who_may_edit_copies_into_a_study() -> None:
    source, target = factory.study(), factory.draft()
    with pytest.raises(NotFound):
        services.preview_copy(actor=factory.actor(), study_id=target.pk, part=all_of(source), mode=Mode.FILL)


def template(study: Study, **values: Any) -> LabTemplate:
    given: dict[str, Any] = {"name": "our confocal", "paths": ["acquisition"], **values}
    return services.save_template(actor=Actor(study.owner), study_id=study.pk, **given)


def test_a_template_outlives_its_study_and_fills_another() -> None:
    study = factory.draft()
    common: dict[str, Any] = {"actor": Actor(study.owner), "study_id": study.pk}
    services.add_entity(**common, module="acquisition", values={"title": "confocal", "imaging_instrument": "SP8"})
    kept = template(study)
    services.delete_study(**common)
    target = factory.draft(study.owner)
    copy(target, document_of(LabTemplate.objects.get(pk=kept.pk)))
    assert [row["imaging_instrument"] for row in documents.read(target)["acquisitions"]] == ["SP8"]


def test_a_template_of_a_former_model_is_read_without_what_is_gone() -> None:
    study = factory.study()
    kept = template(study)
    kept.part["acquisitions"][0]["laser_colour"] = "blue"
    kept.part["phases_of_the_moon"] = [{"id": "1"}]
    kept.save()
    assert set(document_of(kept)) == {"acquisitions"}
    assert "laser_colour" not in document_of(kept)["acquisitions"][0]


def test_a_template_is_its_owners_and_its_groups() -> None:
    study, mate, stranger = factory.study(), factory.user("Bo"), factory.user("Eve")
    group = Group.objects.create(name="Lab")
    with pytest.raises(NotFound, match="no such group"):
        template(study, group_id=group.pk)
    group.members.add(study.owner, mate)
    kept = template(study, group_id=group.pk)
    assert list(services.templates_for(Actor(mate))) == [kept]
    assert not services.templates_for(Actor(stranger)).exists()
    assert not services.templates_for(Actor()).exists()
    with pytest.raises(NotAllowed, match="only they may change it"):
        services.delete_template(actor=Actor(mate), template_id=kept.pk)
    with pytest.raises(NotFound):
        services.delete_template(actor=Actor(stranger), template_id=kept.pk)
    services.change_template(actor=Actor(study.owner), template_id=kept.pk, name="SP8", group_id=None)
    assert not services.templates_for(Actor(mate)).exists()
    services.delete_template(actor=Actor(study.owner), template_id=kept.pk)
    assert not LabTemplate.objects.exists()


def test_a_template_needs_a_name_of_its_own_and_something_in_it() -> None:
    study = factory.study()
    with pytest.raises(Invalid, match="Choose what"):
        template(study, paths=["acquisition/" + str(uuid4())])
    with pytest.raises(Invalid, match="needs a name"):
        template(study, name=" ")
    template(study)
    assert template(study, paths=["contributor"]).part.keys() == {"contributors", "organisations"}
    assert LabTemplate.objects.count() == 1
    other = template(study, name="people")
    with pytest.raises(Conflict, match="already"):
        services.change_template(actor=Actor(study.owner), template_id=other.pk, name="our  confocal", group_id=None)
