"""RFC 9457 problem details for every error of the API."""

import logging
from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.http import Http404
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import set_rollback

from base.errors import DomainError, Invalid, NotAllowed, Problem, TooLarge
from catalogue.services import StaleRevision
from portal.api.authentication import TokenAuthentication
from portal.errors import SECONDS_TO_RETRY, TITLES, status_of

STANDARD = {status.value: status.phrase for status in HTTPStatus}
log = logging.getLogger(__name__)


def exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's hook: any error that a view raised, as problem details. Unknown ones are logged and say nothing more."""
    if isinstance(error, Http404):
        error = exceptions.NotFound()
    elif isinstance(error, PermissionDenied):
        error = exceptions.PermissionDenied()
    elif isinstance(error, RequestDataTooBig):
        error = TooLarge("The body of this request is larger than the site takes; files go to /uploads/.")
    if isinstance(error, NotAllowed) and not context["request"].user.is_authenticated:
        error = exceptions.NotAuthenticated(str(error))
        error.auth_header = TokenAuthentication().authenticate_header(context["request"])  # type: ignore[attr-defined]
    if isinstance(error, DomainError):
        problems = error.problems if isinstance(error, Invalid) else []
        response = problem(status_of(error), str(error), problems, field=error.field, file=error.file)
        if isinstance(error, StaleRevision):
            response.data |= {"revision": error.revision, "values": error.values}
    elif isinstance(error, exceptions.ValidationError):
        response = problem(400, "Some values could not be understood.", problems_of(error.detail))
    elif isinstance(error, exceptions.APIException):
        response = problem(error.status_code, str(error.detail))
        if header := getattr(error, "auth_header", None):
            response["WWW-Authenticate"] = header
    else:
        log.error("unexpected error in %s", type(context.get("view")).__name__, exc_info=error)
        response = problem(500, "Something went wrong on our side; it was written to the log.")
    set_rollback()
    return response


def problem(status: int, detail: str, problems: list[Problem] | None = None, **extra: str) -> Response:
    """One problem-details answer (RFC 9457 section 3)."""
    title = str(TITLES[status]) if status in TITLES else STANDARD.get(status, "The request could not be done")
    body: dict[str, Any] = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    body.update({name: value for name, value in extra.items() if value})
    if problems:
        body["problems"] = [{"path": p.path, "message": p.message} for p in problems]
    headers = {"Retry-After": str(SECONDS_TO_RETRY)} if status == 503 else None
    return Response(body, status=status, headers=headers, content_type="application/problem+json")


def problems_of(detail: Any, path: str = "") -> list[Problem]:
    """A serializer's errors, nested as its fields are, as a flat list with paths."""
    if isinstance(detail, dict):
        return [p for name, inner in detail.items() for p in problems_of(inner, f"{path}/{name}".lstrip("/"))]
    if isinstance(detail, list):
        if all(isinstance(item, str) for item in detail):
            return [Problem(path, str(item)) for item in detail]
        return [p for i, inner in enumerate(detail) for p in problems_of(inner, f"{path}/{i}".lstrip("/"))]
    return [Problem(path, str(detail))]
