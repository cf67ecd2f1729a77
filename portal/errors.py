"""The one table from the domain's errors to HTTP status, and the pages that tell of them in words."""

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from base.asking import LookupFailed
from base.errors import (
    Archived,
    Conflict,
    DomainError,
    Gone,
    Invalid,
    NotAllowed,
    NotFound,
    Problem,
    StorageAway,
    StorageError,
    TooLarge,
)
from portal.limits import TooOften
from publishing.search import SearchUnavailable

STATUS: dict[type[DomainError], int] = {
    Invalid: 400,
    NotAllowed: 403,
    NotFound: 404,
    Conflict: 409,
    Gone: 410,
    TooLarge: 413,
    StorageError: 500,
    TooOften: 429,
    LookupFailed: 502,
    SearchUnavailable: 503,
    Archived: 503,
    StorageAway: 503,
}

TITLES = {
    400: gettext_lazy("Something is missing or wrong"),
    403: gettext_lazy("You may not do this"),
    404: gettext_lazy("There is nothing here"),
    405: gettext_lazy("This address does not take that"),
    406: gettext_lazy("Not available in that format"),
    409: gettext_lazy("Something changed in between"),
    410: gettext_lazy("This is no longer here"),
    413: gettext_lazy("This is too large"),
    429: gettext_lazy("This is too often"),
    500: gettext_lazy("Something went wrong on our side"),
    502: gettext_lazy("Another service did not help"),
    503: gettext_lazy("This does not answer at the moment"),
}

ADVICE = {
    400: gettext_lazy("Go back, check what was entered, and try again."),
    403: gettext_lazy("If you think you should be able to, sign in with another account or ask the study's owner."),
    404: gettext_lazy("The address may be mistyped, or the thing may not be public. Try a search."),
    405: gettext_lazy("Go back and use the buttons of the page."),
    406: gettext_lazy("Ask for one of the formats listed here, or open the page in a browser."),
    409: gettext_lazy("Load the page again to see how it stands now."),
    410: gettext_lazy("A search may find what took its place."),
    413: gettext_lazy("Send less at once. Image files of any size go through the upload on a study's Files step."),
    429: gettext_lazy("Wait a minute, and go on."),
    500: gettext_lazy("It was written to the log. Try again in a moment; what you saved before is safe."),
    502: gettext_lazy("Try again in a few minutes; nothing was lost."),
    503: gettext_lazy("Try again in a minute. Studies, images and your drafts can be opened meanwhile."),
}

# Below these addresses programs are answered, whatever they say they accept.
PROGRAM_PATHS = ("/api/", "/data/", "/uploads/")
SECONDS_TO_RETRY = 30  # after a 503


def status_of(error: DomainError) -> int:
    """The HTTP status of a domain error, by its nearest class in the table; 400 for a kind that is not in it."""
    return next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), 400)


def wants_page(request: HttpRequest) -> bool:
    """Whether to answer with a page for people; otherwise with RFC 9457 problem details."""
    if request.path.startswith(PROGRAM_PATHS):
        return False
    return request.get_preferred_type(["text/html", "application/problem+json", "application/json"]) in {
        None,
        "text/html",
    }


def error_response(
    request: HttpRequest, status: int, message: str = "", problems: tuple[Problem, ...] = ()
) -> HttpResponse:
    """The answer for a status: a page in words, or problem details for programs."""
    title, headers = str(TITLES[status]), {"Retry-After": str(SECONDS_TO_RETRY)} if status == 503 else None
    if wants_page(request):
        context = {"title": title, "message": message, "advice": ADVICE[status], "problems": problems, "status": status}
        response = render(request, "error.html", context, status=status)
        for name, value in (headers or {}).items():
            response[name] = value
        return response
    body: dict[str, object] = {"type": "about:blank", "title": title, "status": status}
    body["detail"] = message or str(ADVICE[status])
    if problems:
        body["problems"] = [{"path": problem.path, "message": problem.message} for problem in problems]
    return JsonResponse(body, status=status, content_type="application/problem+json", headers=headers)


def domain_error_response(request: HttpRequest, error: DomainError) -> HttpResponse:
    """The answer to a domain error. A page that only needs a signed-in person sends a visitor to the sign-in."""
    if (
        isinstance(error, NotAllowed)
        and request.method == "GET"
        and not request.user.is_authenticated
        and wants_page(request)
    ):
        return redirect_to_login(request.get_full_path())
    problems = tuple(error.problems) if isinstance(error, Invalid) else ()
    return error_response(request, status_of(error), str(error), problems)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return error_response(request, 400)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    return error_response(request, 403)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return error_response(request, 404)


def server_error(request: HttpRequest) -> HttpResponse:
    """Rendered without the request: its user, session or messages may be what failed."""
    if wants_page(request):
        context = {"title": TITLES[500], "advice": ADVICE[500], "status": 500}
        return render(None, "error.html", context, status=500)
    return error_response(request, 500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    message = _(
        "The form was open for too long, or cookies are switched off. Load the page again and send it once more."
    )
    return error_response(request, 403, message)
