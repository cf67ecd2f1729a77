"""A tree of terms in a real browser, walked through by keys; what it shows is fetched a level at a time."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import call_command
from playwright.sync_api import Browser, Page, expect

from ontology.loading import load_starter
from publishing import term_uses
from tests.portal.publishing import published
from tests.publishing.serving import served

pytestmark = pytest.mark.django_db(transaction=True)
ASSETS = Path(__file__).resolve().parents[2] / "build" / "assets"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[str]:
    if not (ASSETS / "manifest.json").exists():
        pytest.skip("the front end is not built: run script/test, or npm run build in viewer/")
    call_command("collectstatic", "--noinput", verbosity=0)
    load_starter()
    published(images=2)
    term_uses.renew_all()
    term_uses.count()
    with served([], tmp_path / "web.log") as address:
        yield address


def focused(page: Page) -> str:
    return str(page.evaluate("() => document.activeElement.textContent.trim()"))


def test_a_tree_by_keys(browser: Browser, site: str, axe: str) -> None:
    context = browser.new_context(bypass_csp=True)
    page = context.new_page()
    page.goto(f"{site}/terms/NCBITaxon:40674")
    tree = page.get_by_role("tree", name="Place in the tree")
    mammals = tree.get_by_role("treeitem", name="Mammalia", exact=True)
    expect(mammals).to_have_attribute("aria-expanded", "true")
    expect(mammals).to_have_attribute("tabindex", "0")
    page.evaluate(axe)
    faults = page.evaluate("() => axe.run('.tree').then(({violations}) => violations.map(({id}) => id))")
    assert faults == []

    mammals.focus()
    page.keyboard.press("ArrowDown")
    first = focused(page)
    page.keyboard.press("End")
    page.keyboard.press("Home")
    assert focused(page) == "root"
    page.keyboard.press("m")
    assert focused(page) == "Metazoa"

    # Of the way down only Mammalia is shown below Chordata; opened, all are, and Mammalia stays as it was.
    chordates = tree.get_by_role("treeitem", name="Chordata", exact=True)
    chordates.focus()
    page.keyboard.press("ArrowRight")
    expect(tree.locator("li[data-curie='NCBITaxon:7711'] > ul > li")).not_to_have_count(1)
    expect(mammals).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("ArrowLeft")
    expect(chordates).to_have_attribute("aria-expanded", "false")
    expect(mammals).to_be_hidden()
    page.keyboard.press("ArrowRight")
    expect(mammals).to_be_visible()
    mammals.focus()
    page.keyboard.press("ArrowDown")
    assert focused(page) == first
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text(first)
    context.close()


def test_a_tree_of_what_is_used(browser: Browser, site: str) -> None:
    page = browser.new_page()
    page.goto(f"{site}/ontologies/NCBITaxon?used=1")
    human = page.get_by_role("treeitem", name="Homo sapiens", exact=True)
    expect(human).to_be_visible()
    assert "1 study, 2 images" in page.locator("li[data-curie='NCBITaxon:9606']").inner_text()
    page.locator("#tree-q").press_sequentially("hum")
    expect(page.locator("#tree-names option[value='Homo sapiens']")).to_have_count(1)
    page.get_by_role("link", name="All terms").click()
    expect(page.get_by_role("treeitem", name="root", exact=True)).to_be_visible()
    page.close()


def test_a_tree_without_scripts(browser: Browser, site: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{site}/ontologies/FBbi?at=FBbi:00000222")
    page.get_by_role("link", name="All below recorded image").click()
    expect(page.locator(".tree-here")).to_contain_text("recorded image")
    context.close()
