"""What goes wrong is told in words: a page for people, problem details (RFC 9457) for programs."""

import pytest
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory

from base import errors
from ontology.loading import load_starter
from portal import errors as portal_errors
from portal.middleware import DomainErrors
from tests import factory

pytestmark = pytest.mark.django_db

KINDS = [
    (errors.Invalid("The title is missing.", problems=[errors.Problem("study/title", "Give a title.")]), 400),
    (errors.NotFound("There is no such study."), 404),
    (errors.Conflict("Somebody saved meanwhile."), 409),
    (errors.Gone("It was withdrawn."), 410),
    (errors.TooLarge("At most 10 TB."), 413),
    (errors.StorageError("The disk is full."), 500),
    (errors.DomainError("Something else."), 400),
]


def answer(error: Exception, accept: str, path: str = "/somewhere") -> HttpResponse | None:
    request = RequestFactory().get(path, headers={"Accept": accept})
    request.user = factory.user()
    return DomainErrors(lambda _: HttpResponse()).process_exception(request, error)


@pytest.mark.parametrize(("error", "status"), KINDS)
def test_a_domain_error_is_a_page_in_words(error: errors.DomainError, status: int) -> None:
    page = answer(error, "text/html")
    assert page is not None
    assert page.status_code == status
    assert str(error) in page.text
    assert "<h1>" in page.text
    if isinstance(error, errors.Invalid):
        assert "Give a title." in page.text


@pytest.mark.parametrize(("accept", "path"), [("application/json", "/somewhere"), ("text/html", "/uploads/x")])
@pytest.mark.parametrize(("error", "status"), KINDS)
def test_programs_get_problem_details(error: errors.DomainError, status: int, accept: str, path: str) -> None:
    response = answer(error, accept, path)
    assert response is not None
    assert response.status_code == status
    assert response["Content-Type"] == "application/problem+json"
    assert f'"status": {status}' in response.text
    assert str(error) in response.text


def test_other_exceptions_are_left_to_django() -> None:
    assert answer(ValueError("a fault"), "text/html") is None
    too_big = answer(RequestDataTooBig("x"), "text/html")
    assert too_big is not None
    assert too_big.status_code == 413


def test_what_needs_a_person_leads_a_visitor_to_the_sign_in(client: Client) -> None:
    response = client.get("/accounts/tokens")
    assert response.status_code == 302
    assert response["Location"] == "/accounts/login/?next=/accounts/tokens"


@pytest.mark.parametrize(
    ("path", "status"), [("/no-such-page", 404), ("/studies/..%2f..%2fetc", 404), ("/terms/none:1", 404)]
)
def test_no_such_page(client: Client, path: str, status: int) -> None:
    page = client.get(path)
    assert page.status_code == status
    assert page.text.count("<h1>") == 1
    assert client.get(path, headers={"Accept": "application/json"})["Content-Type"] == "application/problem+json"


def test_a_wrong_method_is_told_with_those_that_work(client: Client) -> None:
    response = client.post("/search")
    assert response.status_code == 405
    assert response["Allow"] == "GET, HEAD"
    assert "<h1>" in response.text


def test_a_form_without_its_token() -> None:
    response = Client(enforce_csrf_checks=True).post("/accounts/login/", {"login": "x", "password": "y"})
    assert response.status_code == 403
    assert "Load the page again" in response.text


def test_a_fault_shows_no_traceback(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def fault(request: HttpRequest) -> HttpResponse:
        raise RuntimeError("inner words")

    monkeypatch.setattr("portal.public.site.CHECKS", (fault,))
    client.raise_request_exception = False
    page = client.get("/health")
    assert page.status_code == 500
    assert "Something went wrong on our side" in page.text
    assert "inner words" not in page.text
    program = client.get("/health", headers={"Accept": "application/json"})
    assert (program.status_code, program["Content-Type"]) == (500, "application/problem+json")


def test_every_status_in_the_table_has_its_words() -> None:
    statuses = set(portal_errors.STATUS.values()) | {405, 406, 500}
    assert statuses <= set(portal_errors.TITLES) == set(portal_errors.ADVICE)


@pytest.mark.both
@pytest.mark.parametrize(
    "address",
    [
        "/terms/?iri=%00",
        "/terms/X%3A1%00",
        "/ontologies/%00",
        "/ontologies/NCBITaxon?q=%00&at=%00&after=%00",
        "/ontologies/NCBITaxon/level?of=%00",
        "/api/v1/terms/X%3A1%00",
        "/api/v1/terms?binding=organism&q=%00",
        "/search?q=%00&after=%00",
        "/studies/%00",
    ],
)
def test_an_address_with_nul_breaks_nothing(client: Client, address: str) -> None:
    load_starter()
    assert client.get(address).status_code in {200, 302, 400, 404}
