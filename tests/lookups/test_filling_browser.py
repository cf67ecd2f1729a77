"""A name typed in a real browser, chosen from an outside register with the keyboard alone."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from django.test import Client
from playwright.sync_api import Browser, Page, expect

from base.models import User
from catalogue import documents, services
from catalogue.access import Actor
from catalogue.models import Study
from catalogue.services import sources
from tests import factory
from tests.lookups.fake import DUNDEE, Registers
from tests.publishing.serving import served

pytestmark = pytest.mark.django_db(transaction=True)
ASSETS = Path(__file__).resolve().parents[2] / "build" / "assets"


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Iterator[Registers]:
    with Registers() as server:
        monkeypatch.setenv("VITRINE_ROR_API", f"{server.address}/ror")
        yield server


@pytest.fixture
def site(asked: Registers, tmp_path: Path) -> Iterator[str]:
    if not (ASSETS / "manifest.json").exists():
        pytest.skip("the front end is not built: run script/test, or npm run build in viewer/")
    call_command("collectstatic", "--noinput", verbosity=0)
    with served([], tmp_path / "web.log") as address:
        yield address


def signed_in(browser: Browser, site: str, person: User) -> Page:
    client = Client()
    client.force_login(person)
    context = browser.new_context()
    name = settings.SESSION_COOKIE_NAME
    context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": site}])
    return context.new_page()


def test_an_organisation_is_chosen_from_the_list_below_its_name(browser: Browser, site: str, asked: Registers) -> None:
    study = factory.draft()
    row = services.add_entity(
        actor=Actor(study.owner), study_id=study.pk, module="organisation", values={"address": "Nethergate"}
    )
    page = signed_in(browser, site, study.owner)
    page.goto(f"{site}/deposit/{study.pk}/people")
    name = page.get_by_role("combobox", name="Name")
    name.press_sequentially("dund")
    expect(page.locator("#term-list [role=option]")).to_contain_text("University of Dundee")
    name.press("ArrowDown")
    name.press("Enter")
    expect(name).to_have_value("University of Dundee")
    expect(page.locator("[name=ror]")).to_have_value(DUNDEE)
    expect(page.locator("[name=address]")).to_have_value("Nethergate")
    expect(page.locator(".field-source").first).to_contain_text(f"ROR, {DUNDEE}")
    found = documents.read(Study.objects.get(pk=study.pk))["organisations"][0]
    assert (found["name"], found["address"]) == ("University of Dundee", "Nethergate")
    assert f"organisation/{row}/address" not in sources.of_study(study)
    name.fill("University of Dundee, School of Life Sciences")
    name.blur()
    expect(page.locator(".field-source").first).to_be_empty()
    asked.mood = "broken"
    name.press("End")
    name.press_sequentially("x")
    expect(page.locator("#saved")).to_contain_text("Saved")
    page.context.close()
