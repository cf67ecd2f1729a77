"""Every operation of the API tells what is wrong in one shape, with the right status, and does nothing by halves."""

import re
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.http import HttpResponse
from django.utils import timezone

from base import tokens
from base.models import ApiToken, User
from catalogue import documents
from catalogue.models import Study
from catalogue.rules.checklist import CHECKLIST
from catalogue.rules.rembi import BY_PLURAL, MODULES
from tests import factory
from tests.portal.api_calls import TUS, Operation, bearer, call, operations, problem_of

pytestmark = pytest.mark.django_db

OPERATIONS = operations()
PUBLIC = (
    "/api/v1/",
    "/api/v1/formats",
    "/api/v1/publications",
    "/api/v1/search",
    "/api/v1/search/suggest",
    "/api/v1/search/keys",
    "/api/v1/search/values",
    "/api/v1/images/{image_id}",
    "/api/v1/terms",
    "/api/v1/mappings.sssom.tsv",
    "/api/v1/terms/{curie}",
    "/api/v1/terms/{curie}/children",
    "/api/v1/ontologies",
    "/api/v1/ontologies/{prefix}/roots",
)
PLURALS = {module.plural for module in MODULES if module.repeated}


def is_public(operation: Operation) -> bool:
    """What anybody may ask; also what a private link opens, which asks for no account."""
    of_all = ("/api/v1/publications/", "/api/v1/private/")
    return operation.method == "get" and (operation.path in PUBLIC or operation.path.startswith(of_all))


STUDY_IN_BODY = "/api/v1/templates"
PRIVATE = [one for one in OPERATIONS if not is_public(one)]
OF_A_STUDY = [one for one in OPERATIONS if "{study_id}" in one.path]
WITH_A_BODY = [one for one in OPERATIONS if one.body is not None]
# Modules share their views, so one stands for all where each kind of bad input is tried.
DISTINCT = [one for one in OPERATIONS if not any(f"/{plural}" in one.path for plural in PLURALS - {"biosamples"})]


def do(operation: Operation, data: Any = b"", headers: dict[str, str] | None = None, **values: object) -> HttpResponse:
    return call(operation.method, operation.address(**values), data, **(headers or {}))


def everything(study: Study) -> Any:
    """What is said of a study, to see that nothing changed."""
    return (documents.read(study), Study.objects.values().get(pk=study.pk), study.files.count(), study.images.count())


@pytest.fixture
def owner() -> User:
    return factory.user()


def test_without_a_token(owner: User) -> None:
    study = factory.study(owner)
    before = everything(study)
    for operation in PRIVATE:
        if (operation.method, operation.path) == ("get", "/api/v1/studies"):
            continue  # an empty list
        answer = do(operation, {}, TUS, study_id=study.pk)
        problem_of(answer, 404 if "{study_id}" in operation.path or "{upload_id}" in operation.path else 401)
        assert answer.status_code == 404 or answer["WWW-Authenticate"].startswith("Bearer"), operation
    assert everything(study) == before


@pytest.mark.parametrize(
    "credential",
    ["Bearer", "Bearer vit_unknown", "Bearer two words", "Bearer \xe9\xff", "bearer " + "x" * 5000, "Bearer \x00"],
    ids=["none", "unknown", "two", "latin-1", "long", "NUL"],
)
def test_with_a_bad_token(credential: str) -> None:
    for operation in DISTINCT:
        answer = do(operation, {}, {"Authorization": credential, **TUS})
        problem_of(answer, 401)
        assert answer["WWW-Authenticate"].startswith("Bearer"), operation


def test_with_a_token_that_is_over(owner: User) -> None:
    revoked, one = tokens.issue(user=owner, name="revoked")
    tokens.revoke(user=owner, token_id=revoked.pk)
    expired, two = tokens.issue(user=owner, name="expired")
    ApiToken.objects.filter(pk=expired.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    _, three = tokens.issue(user=factory.user(is_active=False), name="of one who left")
    for operation in DISTINCT:
        for secret in (one, two, three):
            problem_of(do(operation, {}, {"Authorization": f"Bearer {secret}", **TUS}), 401)


def test_with_a_token_that_only_reads(owner: User) -> None:
    study = factory.study(owner)
    before = everything(study)
    headers = bearer(owner, may_write=False)
    for operation in PRIVATE:
        if operation.method not in {"get", "head"} and operation.path != "/uploads/":
            answer = do(operation, valid(operation), headers, study_id=study.pk)
            of_nothing = operation.path == STUDY_IN_BODY or set(re.findall(r"{\w+}", operation.path)) - {"{study_id}"}
            problem_of(answer, *(403, 404) if of_nothing else (403,))
    assert everything(study) == before


def valid(operation: Operation) -> dict[str, Any]:
    """A body that lacks nothing."""
    last = operation.path.rpartition("/")[2]
    bodies: dict[str, dict[str, Any]] = {
        "comments": {"path": "study/title", "text": "Hello"},
        "files/assign": {"files": [], "component": None},
        "assign": {"curator": None, "seen": None},
        "bulk": {"operations": []},
        "checklist": {"point": CHECKLIST[0].key, "state": ""},
        "copy": {"study": str(uuid.uuid4())},
        "decisions": {"choices": [{"text": "lab mouse", "binding": "organism", "curie": None}]},
        "decline": {"answer": "No."},
        "files/remove": {"files": []},
        "key-values": {"items": []},
        "links": {"name": "For referees"},
        "suggested-edits": {"path": "study/title", "value": "A title"},
        "templates": {"name": "Ours", "study": str(uuid.uuid4()), "paths": ["acquisition"]},
        "{template_id}": {"name": "Ours"},
    }
    both = "/".join(operation.path.rsplit("/", 2)[-2:])
    return bodies.get(both, bodies.get(last, {}))


def test_somebody_elses_draft_is_not_there(owner: User) -> None:
    study = factory.study(owner)
    before = everything(study)
    for headers in (bearer(factory.user()), bearer(factory.curator())):
        for operation in PRIVATE:
            if "{study_id}" in operation.path:
                real = do(operation, valid(operation), headers, study_id=study.pk)
                none = do(operation, valid(operation), headers)
                assert problem_of(real, 404) == problem_of(none, 404), operation
    assert everything(study) == before


BODIES = {
    "not JSON": (b"{not json", "application/json"),
    "not UTF-8": (b'{"title": "\xff\xfe"}', "application/json"),
    "a list": (b"[1, 2]", "application/json"),
    "a number": (b"7", "application/json"),
    "NaN": (b'{"title": NaN, "note": NaN, "text": NaN, "path": NaN}', "application/json"),
    "deep": (b"[" * 100_000 + b"]" * 100_000, "application/json"),
    "deep in an object": (b'{"title":' * 50_000 + b"1" + b"}" * 50_000, "application/json"),
    "a form": (b"title=x", "application/x-www-form-urlencoded"),
    "a multipart": (b"--x\r\n\r\n--x--", "multipart/form-data; boundary=x"),
    "text": (b"hello", "text/plain"),
    "a huge number": (b'{"title": ' + b"9" * 10_000 + b', "revision": ' + b"9" * 10_000 + b"}", "application/json"),
    "an empty list": (b"[]", "application/json"),
    "null": (b"null", "application/json"),
}


@pytest.mark.parametrize("kind", BODIES)
def test_with_a_body_that_is_none(kind: str, owner: User) -> None:
    study = factory.study(owner)
    before, studies = everything(study), Study.objects.count()
    data, content_type = BODIES[kind]
    headers = bearer(owner)
    for operation in DISTINCT:
        if operation.body is not None:
            answer = call(operation.method, operation.address(study_id=study.pk), data, content_type, **headers)
            problem_of(answer, 400, 403, 404, 409, 415)
    assert everything(study) == before
    assert Study.objects.count() == studies


VALUES: dict[str, Any] = {
    "NUL": "a\x00b",
    "surrogate": "a\ud800b",
    "huge": "x" * 1_000_000,
    "number": 7,
    "bool": True,
    "list": [[]],
    "object": {"$ne": 1},
    "null": None,
    "infinite": float("inf"),
    "emoji": "🔬" * 50,
    "control": "\x1b[31m\u202e",
}


@pytest.mark.parametrize("kind", VALUES)
def test_with_values_of_any_kind(kind: str, owner: User) -> None:
    """Each is either taken or named; the site never fails of it, nor afterwards of what it took."""
    study = factory.study(owner)
    headers = bearer(owner)
    own_names = (
        "title",
        "name",
        "note",
        "text",
        "path",
        "files",
        "component",
        "revision",
        "may_write",
        "unknown",
        "id",
    )
    for operation in OPERATIONS:
        if operation.body is None:
            continue
        plural = next((part for part in operation.path.split("/") if part in BY_PLURAL), "study")
        names = {*own_names, *(field.name for field in BY_PLURAL[plural].fields), *BY_PLURAL}
        rows = documents.read(study).get(plural)
        ids = {"study_id": study.pk, "entity_id": rows[0]["id"] if isinstance(rows, list) and rows else uuid.uuid4()}
        for body in (dict.fromkeys(names, VALUES[kind]), dict.fromkeys(names - {"revision"}, VALUES[kind])):
            answer = do(operation, body, headers, **ids)
            if answer.status_code >= 300:
                problem_of(answer, 400, 403, 404, 409, 413)
    for shown in ("document", "findings", "history", "comments", "files", "images", "biosamples"):
        answer = call("get", f"/api/v1/studies/{study.pk}/{shown}", **headers)
        assert answer.status_code == 200, answer.text[:300]


@pytest.mark.parametrize("method", ["get", "post", "put", "patch", "delete", "trace", "brew"])
def test_with_another_method(method: str, owner: User) -> None:
    headers = bearer(owner)
    for path in sorted({one.path for one in DISTINCT}):
        allowed = {one.method for one in OPERATIONS if one.path == path}
        if method not in allowed:
            answer = call(method, Operation(method, path, None).address(), **headers)
            problem_of(answer, 405)
            assert {one.strip().lower() for one in answer["Allow"].split(",")} >= allowed, path


@pytest.mark.parametrize("wrong", ["not-a-uuid", "0", "..", "%00", "%ff", "x" * 2000, "1/2"])
def test_with_a_wrong_id(wrong: str, owner: User) -> None:
    headers = bearer(owner)
    for operation in DISTINCT:
        for name in re.findall(r"{(\w+)}", operation.path):
            answer = do(operation, {}, headers, **{name: wrong})
            problem_of(answer, 404)


@pytest.mark.parametrize(
    "query",
    ["limit=0", "limit=-1", "limit=501", "limit=x", "limit=²", "limit=" + "9" * 5000, "limit=", "after=x",
     "after=%00", "after=" + "0" * 40, "page=x", "page=-1", "page=99999999999999999999", "q=%00",
     "q=" + "a" * 5000, "q=%22", "q=(((", "q=*:*", "sort=x", "year=x", "channels=-1", "binding=x", "link=%00",
     "link=%ed%a0%80", "binding=organism&q=%00", "binding=organism&q=%25%5f%5c", "type=x", "format=%00",
     "organism=%00", "year=99999999999999999999", "channels=99999999999999999999999"],
)  # fmt: skip
def test_with_a_query_that_makes_no_sense(query: str, owner: User) -> None:
    study = factory.study(owner)
    headers = bearer(owner)
    for operation in DISTINCT:
        if operation.method != "get":
            continue
        address = operation.address(study_id=study.pk)
        answer = call("get", f"{address}?{query}", **headers)
        if answer.status_code != 200:
            problem_of(answer, 400, 403, 404)
