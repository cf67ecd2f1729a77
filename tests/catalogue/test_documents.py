"""A study's document: rows and back, in a fixed number of queries, nothing lost and nothing half made."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from base.errors import Conflict, Invalid, NotFound, TooLarge
from base.models import AuditEvent
from catalogue import documents, registry, services
from catalogue.access import Actor
from catalogue.models import BioSample, Comment, File, InvalidValue, Study, StudyComponent
from catalogue.rules.fields import Field, Kind, Module
from catalogue.rules.formats import normalise
from catalogue.rules.rembi import MODULES
from ontology.loading import load_starter
from tests import factory

pytestmark = [pytest.mark.django_db, pytest.mark.both]


def write(study: Study, document: Any) -> dict[str, Any]:
    documents.write(Actor(study.owner), study, document)
    return documents.read(study)


@pytest.fixture
def starter(db: None) -> None:
    load_starter()


# --- every field has its column, and every column its field


def test_every_field_has_its_column_and_every_column_its_field() -> None:
    own = {"id", "study", "position", "revision", "updated_at", "owner"}
    of_study = {"state", "version", "accession", "doi", "created_at"}
    assert set(registry.ENTITIES) == {module.key for module in MODULES if module.repeated}
    tables: list[tuple[Any, tuple[Field, ...]]] = [(Study, MODULES[0].fields)]
    tables += [(registry.ENTITIES[module.key], module.fields) for module in MODULES if module.repeated]
    tables += [(registry.ROWS[module.key, field.name], field.columns)
               for module in MODULES for field in module.fields if field.kind is Kind.ROWS]  # fmt: skip
    assert len(registry.ROWS) == len(tables) - len(MODULES)
    for model, fields in tables:
        columns = (
            {column.name for column in model._meta.concrete_fields} - own - (of_study if model is Study else set())
        )
        plain = [field for field in fields if field.kind is not Kind.ROWS]
        terms = {f"{field.name}_term" for field in plain if field.kind is Kind.TERM}
        assert columns == {field.name for field in plain} | terms, model
        for field in plain:
            if field.kind is Kind.REFERENCE:
                assert model._meta.get_field(field.name).related_model is registry.ENTITIES[field.target]


# --- round trips

TEXT = st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=40)
# A row of a table is left out if nothing but spaces is in it.
FULL = TEXT.filter(lambda text: bool(text.strip()))


def values_of(field: Field, text: st.SearchStrategy[str]) -> st.SearchStrategy[Any]:
    if field.kind is Kind.TERM:
        curies = st.sampled_from(["", "NCBITaxon:9606", "CL:0000540", "nonsense:1"])
        return st.builds(lambda text, curie: {"text": text, "curie": curie}, FULL, curies)
    if field.kind is Kind.CHOICE:
        return st.sampled_from([key for key, _ in field.choices])
    if field.kind is Kind.DATE:
        return st.dates().map(str) | st.just("next spring") | st.just("")
    if field.kind is Kind.REFERENCE:
        return st.integers(0, 3).map(lambda n: f"{field.target}-{n}")
    return text.map(lambda value: normalise(field.kind, value))


def rows_of(fields: tuple[Field, ...], text: st.SearchStrategy[str]) -> st.SearchStrategy[Any]:
    return st.fixed_dictionaries({field.name: values_of(field, text) for field in fields})


def part_of(module: Module) -> st.SearchStrategy[Any]:
    parts = {
        field.name: st.lists(rows_of(field.columns, FULL), max_size=3)
        if field.kind is Kind.ROWS
        else values_of(field, TEXT)
        for field in module.fields
    }
    one = st.fixed_dictionaries(parts)
    return st.lists(one, max_size=3) if module.repeated else one


def numbered(document: dict[str, Any]) -> dict[str, Any]:
    for module in MODULES:
        for number, row in enumerate(document[module.plural] if module.repeated else ()):
            row["id"] = f"{module.key}-{number}"
    return document


DOCUMENTS = st.fixed_dictionaries({module.plural: part_of(module) for module in MODULES}).map(numbered)


def same_ids(document: Any, written: Any) -> Any:
    """`document` with its ids, and what refers to them, as the written one has them."""
    ids = {}
    for module in MODULES:
        if module.repeated:
            for mine, theirs in zip(document[module.plural], written[module.plural], strict=True):
                ids[f'"{mine["id"]}"'] = f'"{theirs["id"]}"'
    text = json.dumps(document)
    for old, new in ids.items():
        text = text.replace(old, new)
    return json.loads(text)


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(document=DOCUMENTS)
def test_what_is_written_is_read_and_what_is_read_writes_itself(starter: None, document: dict[str, Any]) -> None:
    study = factory.draft()
    read = write(study, document)
    assert without_found_terms(read) == without_found_terms(same_ids(document, read))
    assert write(study, read) == read
    assert documents.from_text(documents.to_yaml(read)) == read
    assert documents.from_text(json.dumps(read)) == read
    other = factory.draft()
    copied = write(other, read)
    assert same_ids(read, copied) == copied


def without_found_terms(document: Any) -> Any:
    """A text of which the site knows the term gains its CURIE; leave that aside."""
    if isinstance(document, dict):
        return {key: without_found_terms(value) for key, value in document.items() if key != "curie"}
    if isinstance(document, list):
        return [without_found_terms(value) for value in document]
    return document


def test_reading_takes_as_many_queries_for_one_row_as_for_many() -> None:
    small = factory.study(images=0)
    large = factory.draft()
    document = factory.document()
    for plural in ("contributors", "biosamples", "specimens", "channels", "components"):
        document[plural] = [
            {**row, "id": f"{row['id']}-{n}" if n else row["id"]} for row in document[plural] for n in range(40)
        ]
    write(large, document)
    with CaptureQueriesContext(
        connection,
    ) as few:
        documents.read(small)
    with CaptureQueriesContext(connection) as many:
        documents.read(large)
    assert len(few) == len(many) < 40
    with CaptureQueriesContext(connection) as written:
        documents.write(Actor(large.owner), large, document)
    assert len(written) < 200


# --- writing


def test_rows_keep_their_ids_files_and_comments() -> None:
    load_starter()
    study = factory.study(images=2)
    before = documents.read(study)
    component = StudyComponent.objects.get(study=study)
    Comment.objects.create(study=study, path=f"component/{component.pk}/title", text="x", author=study.owner)
    before["components"][0]["title"] = "Plate 3"
    before["components"].insert(0, {"title": "Another"})
    after = write(study, before)
    assert [row["title"] for row in after["components"]] == ["Another", "Plate 3"]
    assert after["components"][1]["id"] == str(component.pk)
    assert StudyComponent.objects.get(pk=component.pk).revision == component.revision + 1
    assert File.objects.filter(study=study, component=component).count() == 2
    after["components"] = []
    write(study, after)
    assert File.objects.filter(study=study, component=None).count() == 2


def test_ids_of_another_study_make_new_rows_and_leave_that_study_alone() -> None:
    mine, theirs = factory.study(images=0), factory.study(images=0)
    document = documents.read(theirs)
    written = write(mine, document)
    assert documents.read(theirs) == document
    assert written["biosamples"][0]["id"] != document["biosamples"][0]["id"]
    assert BioSample.objects.count() == 2


def test_terms_are_mapped_by_curie_label_and_synonym() -> None:
    load_starter()
    study = factory.draft()
    organisms = ["human", {"text": "", "curie": "NCBITaxon:10090"}, {"text": "a worm", "curie": "NCBITaxon:6239"},
                 {"organism": "NCBITaxon:7227"}, {"organism": "something else"},
                 {"organism": {"text": "Danio x", "curie": "NCBITaxon:0815"}}]  # fmt: skip
    organisms[1:3] = [{"organism": one} for one in organisms[1:3]]
    read = write(study, {"study": {}, "biosamples": [{"organisms": organisms}]})
    assert [row["organism"] for row in read["biosamples"][0]["organisms"]] == [
        {"text": "human", "curie": "NCBITaxon:9606"},
        {"text": "Mus musculus", "curie": "NCBITaxon:10090"},
        {"text": "a worm", "curie": "NCBITaxon:6239"},
        {"text": "NCBITaxon:7227", "curie": "NCBITaxon:7227"},
        {"text": "something else", "curie": ""},
        {"text": "Danio x", "curie": "NCBITaxon:0815"},
    ]
    (kept,) = InvalidValue.objects.filter(study=study)
    assert kept.message == "“NCBITaxon:0815” is in none of this site's ontologies; the text is used without it."


@pytest.mark.parametrize(
    ("document", "path", "message"),
    [
        ({"studio": {}}, "studio", "no part “studio”"),
        ({"study": []}, "study", "one group of values"),
        ({"contributors": {"family_name": "x"}}, "contributors", "a list of groups"),
        ({"contributors": ["x"]}, "contributors", "a list of groups"),
        ({"contributors": [{"id": "a"}, {"id": "a"}]}, "contributor/a", "there twice"),
        ({"contributors": [{"id": ["a"]}]}, "contributor/0", "a short text"),
        ({"study": {"titel": "x"}}, "study/titel", "no field “titel”"),
        ({"study": {"title": ["x"]}}, "study/title", "a text, not a list"),
        ({"study": {"title": True}}, "study/title", "a text, not yes or no"),
        ({"study": {"title": float("nan")}}, "study/title", "a text"),
        ({"study": {"title": "a\x00b"}}, "study/title", "not text"),
        ({"study": {"title": "a\ud800b"}}, "study/title", "not text"),
        ({"study": {"title": "x" * 100_001}}, "study/title", "at most 100000"),
        ({"study": {"keywords": {"text": "x"}}}, "study/keywords", "a list of rows"),
        ({"study": {"keywords": [{"txt": "x"}]}}, "study/keywords/0/txt", "no column “txt”"),
        ({"study": {"keywords": ["a", ["b"]]}}, "study/keywords/1/text", "a text, not a list"),
    ],
)
def test_a_document_of_a_wrong_shape_is_refused_whole(document: Any, path: str, message: str) -> None:
    study = factory.study(images=0)
    before = documents.read(study)
    with pytest.raises(Invalid, match="Nothing was saved") as caught:
        documents.write(Actor(study.owner), study, document)
    assert path in [problem.path for problem in caught.value.problems]
    assert message in caught.value.problems[0].message
    assert documents.read(study) == before


def test_all_problems_are_listed_at_once() -> None:
    study = factory.draft()
    with pytest.raises(Invalid) as caught:
        documents.write(Actor(study.owner), study, {"study": {"a": "", "title": 1.5, "b": ""}, "links": [{"url": {}}]})
    assert len(caught.value.problems) == 3


def test_writing_asks_for_access_and_state() -> None:
    study = factory.submitted()
    with pytest.raises(Conflict, match="was sent to the curators"):
        documents.write(Actor(study.owner), study, factory.document())
    with pytest.raises(NotFound):
        documents.write(factory.actor(), study, factory.document())


def test_the_audit_log_tells_which_fields_changed() -> None:
    study = factory.study(images=0)
    document = documents.read(study)
    document["study"]["title"] = "x" * 1000
    document["grants"] = []
    write(study, document)
    event = AuditEvent.objects.filter(target=study.pk).latest("id")
    changes = {path.split("/")[0] + "/" + path.split("/")[-1]: (old, new) for path, old, new in event.detail["changes"]}
    assert changes["study/title"][1] == "x" * 1000
    assert event.actor == study.owner
    assert any(new is None for _, new in changes.values())
    count = AuditEvent.objects.count()
    write(study, document)
    assert AuditEvent.objects.count() == count  # nothing changed, so nothing is told


# --- YAML and JSON


def test_yaml_values_stay_as_they_are_written() -> None:
    text = (
        "study:\n  title: no\n  release_date: 2026-03-01\n  description: ~\npublications:\n- {year: 2026, doi: 10.5}\n"
    )
    assert documents.from_text(text) == {
        "study": {"title": "no", "release_date": "2026-03-01", "description": None},
        "publications": [{"year": "2026", "doi": "10.5"}],
    }


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("study: [", "Line 2: This is no YAML: column 1"),
        ("{", "Line 1: This is no JSON: column 2"),
        ("- a", "group of named parts"),
        ("", "group of named parts"),
        ("a: &x [1]\nb: *x", "Line 2: Aliases"),
        ("a: !!python/object/apply:os.system ['true']", "no YAML"),
        ("a: \x00", "no YAML"),
        ("[" * 5000, "no YAML"),
    ],
)
def test_text_that_is_no_document_is_refused_with_file_and_place(text: str, message: str) -> None:
    with pytest.raises(Invalid, match=message) as caught:
        documents.from_text(text, file="study.yaml")
    assert caught.value.file == "study.yaml"


def test_a_giant_text_is_refused() -> None:
    with pytest.raises(TooLarge):
        documents.from_text(" " * 20_000_001)


def test_a_document_can_be_written_by_a_service_and_read_by_another(
    django_assert_max_num_queries: Callable[..., Any],
) -> None:
    study = factory.draft(title="A title")
    assert documents.read(study)["study"]["title"] == "A title"
    pk = services.add_entity(
        actor=Actor(study.owner), study_id=study.pk, module="link", values={"url": "https://x.org"}
    )
    empty = dict.fromkeys(("description", "database", "accession", "relation"), "")
    assert documents.read(study)["links"] == [{"id": str(pk), "url": "https://x.org", **empty}]
    with django_assert_max_num_queries(40):
        services.check(study)
