"""Calls of the API for tests: every operation of its OpenAPI document, and the one shape that errors have."""

import functools
import json
import re
import uuid
from dataclasses import dataclass
from typing import Any, cast

from django.http import HttpResponse
from django.test import Client
from drf_spectacular.generators import SchemaGenerator

from base import tokens
from base.models import User

# For names that are no ids, what fits them.
FITTING = {"version": "1", "suggestion_id": "1", "key": "yaml", "curie": "NCBITaxon:9606", "prefix": "NCBITaxon"}
METHODS = ("get", "post", "put", "patch", "delete", "head")
TUS = {"Tus-Resumable": "1.0.0"}


@dataclass(frozen=True)
class Operation:
    method: str
    path: str  # with {names} in it
    body: dict[str, Any] | None  # the schema of its JSON, if it takes any

    def __str__(self) -> str:
        return f"{self.method.upper()} {self.path}"

    def address(self, **values: object) -> str:
        """The path with these values for its names; a fresh id for any other."""
        return re.sub(
            r"\{(\w+)\}", lambda name: str(values.get(name[1], FITTING.get(name[1], uuid.uuid4()))), self.path
        )


@functools.cache
def schema() -> dict[str, Any]:
    document: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    return document


def operations() -> list[Operation]:
    return [
        Operation(method, path, _json_body(described))
        for path, item in schema()["paths"].items()
        for method, described in item.items()
        if method in METHODS
    ]


def _json_body(described: dict[str, Any]) -> dict[str, Any] | None:
    content: dict[str, Any] = described.get("requestBody", {}).get("content", {})
    found: dict[str, Any] | None = content.get("application/json", {}).get("schema")
    return found


def bearer(user: User, **rights: Any) -> dict[str, str]:
    """The headers of a request with a new token of this person."""
    return {"Authorization": f"Bearer {tokens.issue(user=user, name='test', **rights)[1]}", **TUS}


def call(
    method: str, address: str, data: object = b"", content_type: str = "application/json", **headers: str
) -> HttpResponse:
    """A request as a program makes it; what goes wrong inside is answered, as on a real site."""
    client = Client(raise_request_exception=False, headers=headers)
    body = data if isinstance(data, bytes) else json.dumps(data).encode()
    return cast(HttpResponse, client.generic(method.upper(), address, body, content_type))


def problem_of(answer: HttpResponse, *status: int) -> dict[str, Any]:
    """The problem details (RFC 9457 section 3) of an answer that must be an error, with one of these statuses."""
    assert not status or answer.status_code in status, f"{answer.status_code}: {answer.text[:500]}"
    assert 400 <= answer.status_code < 500
    assert answer["Content-Type"] == "application/problem+json"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "Content-Security-Policy" in answer
    assert answer["X-Frame-Options"] == "DENY"
    if answer.wsgi_request.method == "HEAD":  # type: ignore[attr-defined]  # of a test client's answer
        return {}
    found: dict[str, Any] = json.loads(answer.content)
    assert found["status"] == answer.status_code
    for name in ("type", "title", "detail"):
        assert isinstance(found[name], str), name
        assert found[name], name
    text = answer.text
    for inner in ("Traceback", 'File "', "django.", "rest_framework", "site-packages", "SELECT ", "sqlite", "psycopg"):
        assert inner not in text, text
    return found
