"""Saving a draft field by field: nothing is lost, and nobody overwrites what they have not seen."""

import contextlib
import uuid
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from base.errors import Conflict, DomainError, Invalid, NotAllowed, NotFound
from base.models import ApiToken, AuditEvent
from catalogue import documents, services
from catalogue.access import Actor
from catalogue.models import BioSample, InvalidValue, Specimen, Study, StudyComponent
from catalogue.rules.rembi import BY_KEY
from catalogue.services.seen import digests, sort_out
from ontology.loading import load_starter
from tests import factory

pytestmark = [pytest.mark.django_db, pytest.mark.both]


def save(
    study: Study, values: dict[str, Any], module: str = "study", entity: uuid.UUID | None = None
) -> services.Saved:
    return services.save_fields(
        actor=Actor(study.owner), study_id=study.pk, module=module, entity_id=entity, values=values, revision=None
    )


def add(study: Study, module: str, **values: Any) -> uuid.UUID:
    return services.add_entity(actor=Actor(study.owner), study_id=study.pk, module=module, values=values)


def test_a_save_counts_and_tells_what_is_stored_now() -> None:
    study = factory.draft()
    saved = save(study, {"title": "One"})
    assert (saved.revision, saved.problems, saved.values) == (2, [], {"title": "One"})
    assert save(study, {"title": "One"}).revision == 2  # nothing changed
    assert save(study, {"keywords": [{"text": "a"}, {"text": ""}, "b"]}).values == {
        "keywords": [{"text": "a"}, {"text": "b"}]
    }
    assert save(study, {"licence": "cc-by-4.0"}).values == {"licence": "CC-BY-4.0"}
    event = AuditEvent.objects.filter(target=study.pk, verb="changed").order_by("id")[0]
    assert event.detail == {"changes": [["study/title", "", "One"]]}
    assert event.actor_label == f"Ada Depositor <{study.owner.email}>"


def test_a_stale_save_is_refused_with_what_is_there() -> None:
    study = factory.draft()
    save(study, {"title": "Mine"})
    with pytest.raises(services.StaleRevision, match="changed elsewhere") as caught:
        services.save_fields(
            actor=Actor(study.owner),
            study_id=study.pk,
            module="study",
            entity_id=None,
            values={"title": "x"},
            revision=1,
        )
    assert (caught.value.revision, caught.value.values) == (2, {"title": "Mine"})
    assert documents.read(study)["study"]["title"] == "Mine"


def seen_save(study: Study, seen: dict[str, Any], **values: Any) -> services.Saved:
    """A save of a form that showed the values `seen`."""
    return services.save_fields(
        actor=Actor(study.owner),
        study_id=study.pk,
        module="study",
        entity_id=None,
        values=values,
        revision=1,
        seen=digests(BY_KEY["study"], seen),
    )


def test_what_two_people_change_in_different_fields_is_merged() -> None:
    study = factory.draft(title="Old")
    shown = documents.read(study)["study"]
    seen_save(study, shown, **{**shown, "title": "Ada's"})
    saved = seen_save(study, shown, **{**shown, "acknowledgements": "Bo's", "keywords": [{"text": "b"}, {"text": ""}]})
    assert saved.theirs == {"title": "Ada's"}
    now = documents.read(study)["study"]
    assert (now["title"], now["acknowledgements"], now["keywords"]) == ("Ada's", "Bo's", [{"text": "b"}])


def test_a_field_that_both_changed_is_refused_with_only_that_one_in_conflict() -> None:
    study = factory.draft(title="Old")
    shown = documents.read(study)["study"]
    seen_save(study, shown, **{**shown, "title": "Ada's", "licence": "CC0-1.0"})
    with pytest.raises(services.StaleRevision) as caught:
        seen_save(study, shown, **{**shown, "title": "Bo's", "acknowledgements": "Bo's"})
    assert caught.value.values == {"title": "Ada's"}
    assert caught.value.theirs == {"licence": "CC0-1.0"}
    assert documents.read(study)["study"]["acknowledgements"] == "", "nothing is saved until it is settled"


@given(*[st.sampled_from(["old", "a", "b"])] * 2, st.sampled_from(["", "a\n", "a\r\n"]))
def test_a_value_is_lost_only_where_nobody_changed_it(mine: str, theirs: str, other: str) -> None:
    module = BY_KEY["study"]
    seen = digests(module, {"title": "old", "description": "a\n"})
    stored = {"title": theirs, "description": "a\n"}
    found = sort_out(module, stored=stored, sent={"title": mine, "description": other}, seen=seen)
    assert ("title" in found.both) == (mine != "old" and theirs != "old" and mine != theirs)
    assert ("title" in found.theirs) == (mine == "old" and theirs != "old")
    assert "description" in found.mine


def test_two_forms_of_one_study_do_not_disturb_each_other() -> None:
    study = factory.draft()
    person = add(study, "contributor")
    save(study, {"family_name": "Curie"}, "contributor", person)
    study.refresh_from_db()
    assert study.revision == 1


def test_a_value_that_does_not_fit_is_kept_as_typed_until_it_is_mended() -> None:
    study = factory.draft()
    saved = save(study, {"release_date": "next spring"})
    assert [(one.path, one.message) for one in saved.problems] == [
        ("study/release_date", "“next spring” is no date. Write year, month and day, as in 2027-03-01.")
    ]
    assert documents.read(study)["study"]["release_date"] == "next spring"
    assert any(one.path == "study/release_date" and one.level == "required" for one in services.check(study).findings)
    assert save(study, {"release_date": "2027-02-30"}).problems
    assert InvalidValue.objects.get(study=study).text == "2027-02-30"
    assert save(study, {"release_date": " 2027-03-01 "}).values == {"release_date": "2027-03-01"}
    assert not InvalidValue.objects.exists()
    study.refresh_from_db()
    assert str(study.release_date) == "2027-03-01"


def test_a_text_too_long_for_its_column_is_kept() -> None:
    study = factory.draft()
    person = add(study, "contributor")
    saved = save(study, {"orcid": "9" * 10_000, "family_name": "🎉" * 50}, "contributor", person)
    assert saved.problems[0].message == "ORCID has 10000 characters; at most 100 fit."
    (read,) = documents.read(study)["contributors"]
    assert (read["orcid"], read["family_name"]) == ("9" * 10_000, "🎉" * 50)
    documents.write(Actor(study.owner), study, documents.read(study))
    assert documents.read(study)["contributors"] == [read]


def test_problems_in_a_table_stay_with_their_row() -> None:
    study = factory.draft()
    component = add(study, "component", associations=[{"biosample": "none"}, {"specimen": str(uuid.uuid4())}])
    path = f"component/{component}/associations"
    assert {one.path for one in InvalidValue.objects.all()} == {f"{path}/0/biosample", f"{path}/1/specimen"}
    sample = add(study, "biosample")
    saved = save(study, {"associations": [{"biosample": str(sample).upper()}]}, "component", component)
    assert saved.problems == []
    assert not InvalidValue.objects.exists()
    assert saved.values["associations"][0]["biosample"] == str(sample)


def test_references_reach_only_rows_of_the_same_study() -> None:
    mine, theirs = factory.draft(), factory.draft()
    foreign = add(theirs, "biosample", title="theirs")
    specimen = add(mine, "specimen", biosample=str(foreign))
    assert Specimen.objects.get(pk=specimen).biosample is None
    assert InvalidValue.objects.get(study=mine).message == f"“{foreign}” is no sample of this study."


def test_terms_are_found_while_saving() -> None:
    load_starter()
    study = factory.draft()
    sample = add(study, "biosample", biological_entity="schwann cell", organisms=["mouse"])
    row = BioSample.objects.get(pk=sample)
    assert row.biological_entity_term is not None
    assert row.biological_entity_term.curie == "CL:0002573"
    assert save(study, {"biological_entity": "my cells"}, "biosample", sample).values == {
        "biological_entity": {"text": "my cells", "curie": ""}
    }


def test_invisible_characters_are_left_out_with_a_word() -> None:
    study = factory.draft()
    saved = save(study, {"description": "one\x0btwo\r\nthree\x1b[0m\u200d"})
    assert saved.values == {"description": "onetwo\nthree[0m\u200d"}
    assert saved.problems[0].message == "Description held invisible control characters; they were left out."
    for text in ("a\x00b", "a\udfffb"):
        with pytest.raises(Invalid, match="not text"):
            save(study, {"title": "lost", "description": text})
    assert documents.read(study)["study"]["title"] == ""


def test_rows_are_added_moved_copied_and_removed() -> None:
    study = factory.draft()
    one, two, three = (add(study, "contributor", family_name=name, roles=["Author"]) for name in "ABC")

    def names() -> str:
        return "".join(row["family_name"] for row in documents.read(study)["contributors"])

    actor = Actor(study.owner)
    services.move_entity(actor=actor, study_id=study.pk, module="contributor", entity_id=three, position=0)
    assert names() == "CAB"
    services.move_entity(actor=actor, study_id=study.pk, module="contributor", entity_id=three, position=99)
    assert names() == "ABC"
    copy = services.copy_entity(actor=actor, study_id=study.pk, module="contributor", entity_id=one)
    assert names() == "ABCA"
    assert documents.read(study)["contributors"][3]["roles"] == [{"role": "Author"}]
    save(study, {"orcid": "9" * 1000}, "contributor", copy)
    services.remove_entity(actor=actor, study_id=study.pk, module="contributor", entity_id=copy)
    services.remove_entity(actor=actor, study_id=study.pk, module="contributor", entity_id=two)
    assert names() == "AC"
    assert not InvalidValue.objects.exists()
    with pytest.raises(NotFound, match="somebody removed it"):
        save(study, {"family_name": "x"}, "contributor", two)


def test_a_removed_component_leaves_its_images() -> None:
    study = factory.study(images=2)
    component = StudyComponent.objects.get(study=study)
    services.remove_entity(actor=Actor(study.owner), study_id=study.pk, module="component", entity_id=component.pk)
    assert study.images.filter(component=None).count() == 2


@pytest.mark.parametrize(
    ("module", "values", "message"),
    [
        ("study", {"state": "published"}, "no field “state”"),
        ("study", {"accession": "VIT-1"}, "no field “accession”"),
        ("studio", {}, "no part “studio”"),
        ("study", {"title": {"a": 1}}, "a text, not a group of values"),
    ],
)
def test_what_is_no_field_is_refused(module: str, values: dict[str, Any], message: str) -> None:
    with pytest.raises(Invalid, match=message):
        save(factory.draft(), values, module)


def test_the_study_itself_is_not_added_or_removed_as_a_row() -> None:
    study = factory.draft()
    with pytest.raises(Invalid, match="has study once"):
        add(study, "study")


def test_only_those_who_may_write_do() -> None:
    study = factory.draft(title="Hidden")
    with pytest.raises(NotFound):
        services.save_fields(
            actor=factory.actor(),
            study_id=study.pk,
            module="study",
            entity_id=None,
            values={"title": "x"},
            revision=None,
        )
    with pytest.raises(NotFound):
        services.save_fields(
            actor=Actor(), study_id=uuid.uuid4(), module="study", entity_id=None, values={}, revision=None
        )
    token = ApiToken.objects.create(user=study.owner, name="reads", digest="d", may_write=False)
    with pytest.raises(NotAllowed, match="token may read"):
        services.save_fields(
            actor=Actor(study.owner, token), study_id=study.pk, module="study", entity_id=None, values={}, revision=None
        )
    with pytest.raises(NotAllowed, match="token may read"):
        services.create_study(actor=Actor(study.owner, token))
    with pytest.raises(NotAllowed, match="Sign in"):
        services.create_study(actor=Actor())


def test_a_draft_can_be_deleted_until_it_has_an_accession() -> None:
    study = factory.study()
    services.delete_study(actor=Actor(study.owner), study_id=study.pk)
    assert not Study.objects.exists()
    study = factory.submitted()
    with pytest.raises(Conflict):
        services.delete_study(actor=Actor(study.owner), study_id=study.pk)
    services.withdraw(actor=Actor(study.owner), study_id=study.pk)
    study.refresh_from_db()
    with pytest.raises(Conflict, match=f"has the accession {study.accession}"):
        services.delete_study(actor=Actor(study.owner), study_id=study.pk)


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8) | st.just("text"), inner, max_size=3)
    ),
    max_leaves=8,
)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(name=st.sampled_from(["title", "organisms", "biological_entity", "variables", "nonsense"]), value=JUNK)
def test_any_value_is_saved_or_refused_in_words(name: str, value: Any) -> None:
    study = factory.draft()
    sample = add(study, "biosample", title="kept")
    with contextlib.suppress(DomainError):
        save(study, {name: value}, "biosample", sample)
    assert name == "title" or documents.read(study)["biosamples"][0]["title"] == "kept"
    documents.write(Actor(study.owner), study, documents.read(study))
