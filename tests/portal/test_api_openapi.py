"""The OpenAPI document is valid, whole, and tells what the API truly answers."""

import json
import logging
import re
from typing import Any

import jsonschema
import openapi_spec_validator
import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalogue import services
from portal.api.urls import urlpatterns
from publishing.models import Publication
from tests import factory
from tests.portal.api_calls import Operation, bearer, call, operations, problem_of, schema
from tests.portal.publishing import publish, terms

pytestmark = pytest.mark.django_db

NOT_OPERATIONS = {"api/", "api/v1/schema"}  # the page and the document itself
NO_INDEX = "/api/v1/search"  # its answers are held against the schema where there is an index


def test_it_is_valid(client: Client) -> None:
    answer = client.get("/api/v1/schema", headers={"Accept": "application/vnd.oai.openapi+json"})
    document = json.loads(answer.content)
    assert document["openapi"].startswith("3.1")
    openapi_spec_validator.validate(document)


def test_nothing_in_it_is_guessed(capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    assert capsys.readouterr().err == ""
    assert caplog.text == ""


def test_it_holds_every_address() -> None:
    addresses = {str(one.pattern) for one in urlpatterns if isinstance(one, URLPattern)} - NOT_OPERATIONS
    written = {"/" + re.sub("<(?:[a-z]+:)?([a-z_]+)>", "{\\1}", one) for one in addresses}
    assert written == set(schema()["paths"])


def test_every_operation_has_words_and_a_name_of_its_own() -> None:
    described = [item for path in schema()["paths"].values() for item in path.values()]
    assert all(one.get("description") for one in described), [o for o in described if not o.get("description")]
    names = [one["operationId"] for one in described]
    assert len(names) == len(set(names))


# What other tests have: an import, a template, a conversion, a file that was de-identified, a second version.
ELSEWHERE = {"import_id", "template_id", "job_id", "file_id"}
OF_SECOND_VERSIONS = "/api/v1/publications/{accession}/v{version}/changes"
FOR_CURATORS = ("/review", "/checklist", "/unmapped", "/withdrawn-files", "/erasures")
QUERIES = {
    "terms": "?binding=organism&q=homo",
    "values": "?name=dose",
    "key-values": "?entity=study&id={study}",
    "outside": "?binding=organism&text=homo",
}


def answer_contents(operation: Operation, status: int) -> dict[str, Any]:
    answers = schema()["paths"][operation.path][operation.method]["responses"]
    assert str(status) in answers, f"{operation} answers {status}, which its description lacks"
    found: dict[str, Any] = answers[str(status)].get("content", {})
    return found


def answer_schema(operation: Operation, status: int) -> dict[str, Any] | None:
    content = answer_contents(operation, status)
    found: dict[str, Any] | None = content.get("application/json", {}).get("schema")
    return found


def fits(operation: Operation, answer: HttpResponse) -> None:
    expected = answer_schema(operation, answer.status_code)
    if expected is None:
        assert bool(answer.content) == ("*/*" in answer_contents(operation, answer.status_code)), operation
        return
    whole = {**expected, "components": schema()["components"]}
    faults = jsonschema.Draft202012Validator(whole).iter_errors(json.loads(answer.content))
    assert not [one.message[:300] for one in faults], operation


@pytest.fixture
def publication() -> Publication:
    """Of a study with a comment, a file, an image and a waiting second version; there are two terms."""
    terms()
    study = factory.study(images=2)
    owner = factory.actor(study.owner)
    services.comment(actor=owner, study_id=study.pk, path="study/title", text="Right?")
    services.submit(actor=owner, study_id=study.pk)
    made = publish(study)
    services.start_new_version(actor=owner, study_id=study.pk)
    services.submit(actor=owner, study_id=study.pk)
    return made


def test_answers_are_as_described(publication: Publication) -> None:
    study = publication.study
    headers = bearer(study.owner)
    curator = bearer(factory.curator())
    for operation in operations():
        if operation.method != "get" or operation.path in {NO_INDEX, "/api/v1/tokens", OF_SECOND_VERSIONS}:
            continue
        if operation.path.startswith("/api/v1/private/") or set(re.findall(r"{(\w+)}", operation.path)) & ELSEWHERE:
            continue
        entity = operation.path.removesuffix("/{entity_id}").rpartition("/")[2]
        ids = {"study_id": study.pk, "accession": publication.accession, "version": 1}
        if "{image_id}" in operation.path:
            ids["image_id"] = study.images.get_queryset()[0].pk
        if "{entity_id}" in operation.path:
            listed = json.loads(call("get", f"/api/v1/studies/{study.pk}/{entity}", **headers).content)
            if not listed:
                continue
            ids["entity_id"] = listed[0]["id"]
        query = QUERIES.get(operation.path.rpartition("/")[2], "").format(study=study.pk)
        for_curators = operation.path.endswith(FOR_CURATORS)
        answer = call("get", operation.address(**ids) + query, **(curator if for_curators else headers))
        assert answer.status_code == 200, (str(operation), answer.text[:500])
        fits(operation, answer)


def json_like(described: dict[str, Any], depth: int = 0) -> st.SearchStrategy[Any]:
    """Values that fit a schema of the document, or are a little beside it."""
    if "$ref" in described:
        described = schema()["components"]["schemas"][described["$ref"].rpartition("/")[2]]
    anything: st.SearchStrategy[Any] = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False)
    anything |= st.text()
    if "oneOf" in described or "allOf" in described or "anyOf" in described:
        parts = described.get("oneOf") or described.get("allOf") or described["anyOf"]
        return st.one_of([json_like(part, depth) for part in parts])
    if "enum" in described:
        return st.sampled_from(described["enum"]) | anything
    match described.get("type"):
        case "object" if depth < 4:
            properties = described.get("properties", {})
            return st.fixed_dictionaries({}, optional={n: json_like(p, depth + 1) for n, p in properties.items()})
        case "array" if depth < 4:
            return st.lists(json_like(described["items"], depth + 1), max_size=3)
        case "string":
            return st.text(max_size=30) | anything
        case _:
            return anything


WITH_A_BODY = [one for one in operations() if one.body is not None and "{entity_id}" not in one.path]


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_any_body_is_taken_or_refused_in_words(data: st.DataObject) -> None:
    """The answers are as described, and nothing that was sent makes the site fail, nor what it kept of it."""
    operation = data.draw(st.sampled_from(WITH_A_BODY))
    assert operation.body is not None
    body = data.draw(json_like(operation.body))
    study = factory.draft()
    headers = bearer(study.owner)
    answer = call(operation.method, operation.address(study_id=study.pk), body, **headers)
    if answer.status_code >= 300:
        problem_of(answer, 400, 403, 404, 409, 413)
    else:
        fits(operation, answer)
    shown = call("get", f"/api/v1/studies/{study.pk}/document", **headers)
    assert shown.status_code == 200, shown.text
