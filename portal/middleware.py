"""Headers and errors that concern every answer."""

from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers

from base.errors import DomainError
from portal.errors import domain_error_response, error_response

Handler = Callable[[HttpRequest], HttpResponse]

# Nothing is loaded from another site. Blob workers and data images are the viewer's; inline styles are deck.gl's.
POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "worker-src 'self' blob:; connect-src 'self' data: blob:; font-src 'self' data:; object-src 'none'; "
    "base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
)


def content_security_policy(get_response: Handler) -> Handler:
    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        response.headers.setdefault("Content-Security-Policy", POLICY)
        return response

    return middleware


def private_answers(get_response: Handler) -> Handler:
    """What is answered to somebody in particular is kept by no shared cache, unless a view says otherwise."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if settings.SESSION_COOKIE_NAME in request.COOKIES or "Authorization" in request.headers:
            response.headers.setdefault("Cache-Control", "private, no-cache")
            patch_vary_headers(response, ("Cookie", "Authorization"))
        return response

    return middleware


def addresses_without_nul(get_response: Handler) -> Handler:
    """PostgreSQL takes no NUL in a text. In a parameter it counts as a blank; nothing is found at a path with one."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if "\0" in request.path_info:
            return error_response(request, 404)
        request.META["QUERY_STRING"] = request.META.get("QUERY_STRING", "").replace("%00", "%20")
        return get_response(request)

    return middleware


class DomainErrors:
    """Answers a view's domain error with its status, in words, and gives an empty 405 the same page."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code == 405 and not response.streaming and not response.content:
            page = error_response(request, 405)
            page["Allow"] = response["Allow"]
            return page
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, DomainError):
            return domain_error_response(request, exception)
        if isinstance(exception, RequestDataTooBig):
            return error_response(request, 413)
        return None
