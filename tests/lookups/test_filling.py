"""Rows of a draft filled from outside registers: shown first, marked with their origin, and nothing typed is lost."""

import re
from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client

from catalogue import documents, services
from catalogue.access import Actor
from catalogue.models import Study
from catalogue.services import sources
from tests import factory
from tests.lookups.fake import DUNDEE, ERC, ORCID_ID, REMBI, Registers

pytestmark = pytest.mark.django_db
JSON = {"Accept": "application/json"}


@pytest.fixture
def study(client: Client) -> Study:
    made = factory.draft()
    client.force_login(made.owner)
    return made


def add(study: Study, module: str, **values: Any) -> str:
    return str(services.add_entity(actor=Actor(study.owner), study_id=study.pk, module=module, values=values))


def of(study: Study, plural: str) -> Any:
    return documents.read(Study.objects.get(pk=study.pk))[plural]


def fill(client: Client, address: str, choice: str = "") -> tuple[str, str]:
    """Look, take everything that is shown; gives the page that showed it and the one after."""
    page = client.get(address, {"choice": choice} if choice else {}).text
    shown = re.search(r'name="shown" value="(\w+)"', page)
    assert shown is not None, page
    chosen = re.search(r'name="choice" value="([^"]*)"', page)
    assert chosen is not None
    take = re.findall(r'name="take" value="([^"]+)" checked', page)
    fields = {"choice": chosen[1], "shown": shown[1], "take": take}
    return page, client.post(f"{address}/apply", fields, follow=True).text


def test_a_person_is_filled_from_orcid_with_the_places_of_work(
    client: Client, study: Study, outside: Registers
) -> None:
    there = add(study, "organisation", name="university of dundee")
    here = add(study, "organisation", name="A lab that ORCID does not know")
    person = add(study, "contributor", orcid=ORCID_ID, given_name="J.", affiliations=[{"organisation": here}])
    address = f"/deposit/{study.pk}/-/contributor/{person}/lookup"
    page, after = fill(client, address)
    assert "Wesleyan University" in page
    assert of(study, "contributors")[0]["given_name"] == "Josiah"
    assert "Filled from ORCID." in after
    assert f"from a look-up: ORCID, {ORCID_ID}" in after
    (found,) = of(study, "contributors")
    names = {row["id"]: row["name"] for row in of(study, "organisations")}
    works_at = [names[row["organisation"]] for row in found["affiliations"]]
    assert works_at == ["A lab that ORCID does not know", "university of dundee", "Wesleyan University"]
    assert there in names
    assert "Nothing would change" in client.get(address).text


def test_what_is_not_ticked_stays_as_it_was(client: Client, study: Study, outside: Registers) -> None:
    article = add(study, "publication", doi=REMBI, title="My own title")
    address = f"/deposit/{study.pk}/-/publication/{article}/lookup"
    page = client.get(address).text
    shown = re.search(r'name="shown" value="(\w+)"', page)
    assert shown is not None
    fields = {"choice": REMBI, "shown": shown[1], "take": [f"publication/{article}/year"]}
    client.post(f"{address}/apply", fields)
    (found,) = of(study, "publications")
    assert (found["title"], found["year"], found["authors"]) == ("My own title", "2021", "")
    assert set(sources.of_study(study)) == {f"publication/{article}/year"}


@pytest.mark.parametrize(
    ("module", "query", "choice", "plural", "name"),
    [
        ("organisation", "dundee", DUNDEE, "organisations", "name"),
        ("funding", "research council", ERC, "grants", "funder_name"),
        ("funding", "research council", "https://doi.org/10.13039/501100000781", "grants", "funder_name"),
    ],
)
def test_a_name_is_searched_and_filled(
    client: Client, study: Study, outside: Registers, module: str, query: str, choice: str, plural: str, name: str
) -> None:
    row = add(study, module, **{name: query})
    address = f"/deposit/{study.pk}/-/{module}/{row}/lookup"
    assert f'?choice={quote(choice)}"' in client.get(address).text
    assert choice in [one["choice"] for one in client.get(f"/deposit/lookups/{module}", {"q": query}).json()["items"]]
    fill(client, address, choice)
    assert choice in of(study, plural)[0].values()


def test_the_list_below_a_field_fills_what_is_empty_and_keeps_what_was_typed(
    client: Client, study: Study, outside: Registers
) -> None:
    row = add(study, "organisation", name="dund", address="Nethergate, Dundee")
    address = f"/deposit/{study.pk}/-/organisation/{row}/lookup/apply"
    values = client.post(address, {"choice": DUNDEE}, headers=JSON).json()["values"]
    assert (values["name"], values["ror"], values["address"]) == ("University of Dundee", DUNDEE, "Nethergate, Dundee")
    assert values["website"] == "https://example.org/home"
    outside.mood = "broken"
    answer = client.post(address, {"choice": ERC}, headers=JSON)
    assert (answer.status_code, "answers with an error" in answer.json()["detail"]) == (502, True)


def test_what_a_register_does_not_know_is_said(client: Client, study: Study, outside: Registers) -> None:
    person = add(study, "contributor", orcid="0000-0001-5109-3700")
    article = add(study, "publication", doi="10.5281/zenodo.1")
    page = client.get(f"/deposit/{study.pk}/-/contributor/{person}/lookup").text
    assert "ORCID knows nobody" in page
    page = client.get(f"/deposit/{study.pk}/-/publication/{article}/lookup").text
    assert "another agency, such as DataCite" in page
    outside.mood = "broken"
    assert client.get("/deposit/lookups/organisation", {"q": "some name"}).status_code == 502


def test_nothing_of_it_is_there_on_a_site_that_asks_nobody(client: Client, study: Study) -> None:
    person = add(study, "contributor", orcid=ORCID_ID)
    assert "/lookup" not in client.get(f"/deposit/{study.pk}/people").text
    assert client.get(f"/deposit/{study.pk}/-/contributor/{person}/lookup").status_code == 404
    assert client.get("/deposit/lookups/organisation", {"q": "dundee"}).status_code == 404


def test_only_who_may_edit_fills(client: Client, study: Study, outside: Registers) -> None:
    person = add(study, "contributor", orcid=ORCID_ID)
    client.force_login(factory.user())
    assert client.get(f"/deposit/{study.pk}/-/contributor/{person}/lookup").status_code == 404
    assert outside.asked == []
