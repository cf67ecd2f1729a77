"""The API's own page: every operation of the OpenAPI document in words, rendered here, so that it needs no script."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from drf_spectacular.generators import SchemaGenerator

METHODS = ("get", "post", "put", "patch", "delete", "head")


def api_page(request: HttpRequest) -> HttpResponse:
    schema: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    operations = [
        {
            "method": method.upper(),
            "path": path,
            "id": operation["operationId"],
            "text": operation.get("description", ""),
            "parameters": operation.get("parameters", []),
            "body": _schema_name(operation.get("requestBody", {}).get("content", {})),
            "answers": [
                {"status": status, "schema": _schema_name(answer.get("content", {}))}
                for status, answer in operation.get("responses", {}).items()
            ],
        }
        for path, item in schema["paths"].items()
        for method, operation in item.items()
        if method in METHODS
    ]
    models = [
        {"name": name, "text": model.get("description", ""), "properties": list(model.get("properties", {}).items())}
        for name, model in sorted(schema["components"]["schemas"].items())
        if model.get("type") == "object"
    ]
    return render(request, "api/page.html", {"operations": operations, "models": models})


def _schema_name(content: dict[str, Any]) -> str:
    for media in content.values():
        schema = media.get("schema", {})
        reference = schema.get("$ref") or schema.get("items", {}).get("$ref", "")
        if reference:
            return str(reference).rsplit("/", 1)[-1]
    return ""
