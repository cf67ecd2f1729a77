"""Searching in a real Chromium, by keyboard alone where it matters: suggestions, rows of attributes, long facets."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import call_command
from playwright.sync_api import Browser, Locator, Page, expect

from bench.corpus import documents
from publishing.search import SearchIndex
from tests.portal.publishing import published
from tests.publishing.serving import served

pytestmark = pytest.mark.django_db(transaction=True)
ASSETS = Path(__file__).resolve().parents[2] / "build" / "assets"
WITHOUT_PICTURES = "404"  # the made-up images have none


@pytest.fixture
def site(tmp_path: Path, index: SearchIndex) -> Iterator[str]:
    """A site whose index holds forty made-up studies and four hundred images."""
    if not (ASSETS / "manifest.json").exists():
        pytest.skip("the front end is not built: run script/test, or npm run build in viewer/")
    call_command("collectstatic", "--noinput", verbosity=0)
    index.rebuild(documents(40, 400))
    with served([], tmp_path / "web.log") as address:
        yield address


@pytest.fixture(params=[(1280, 900), (390, 844)], ids=["wide", "narrow"])
def page(browser: Browser, site: str, request: pytest.FixtureRequest) -> Iterator[Page]:
    width, height = request.param
    context = browser.new_context(base_url=site, viewport={"width": width, "height": height}, reduced_motion="reduce")
    faults: list[str] = []
    made = context.new_page()
    made.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    made.on("pageerror", lambda error: faults.append(str(error)))
    yield made
    context.close()
    assert [fault for fault in faults if WITHOUT_PICTURES not in fault] == []


def offers(page: Page) -> Locator:
    return page.get_by_role("listbox", name="Suggestions").get_by_role("option")


def test_a_search_is_written_by_keyboard_with_what_is_suggested(page: Page) -> None:
    page.goto("/")
    page.keyboard.press("/")
    box = page.get_by_role("combobox", name="Search studies and images")
    expect(box).to_be_focused()
    page.keyboard.type("gene sym")
    option = offers(page).filter(has_text="Gene Symbol").first
    expect(option).to_be_visible()
    expect(box).to_have_attribute("aria-expanded", "true")
    while option.get_attribute("aria-selected") != "true":
        page.keyboard.press("ArrowDown")
    expect(box).to_have_attribute("aria-activedescendant", option.get_attribute("id") or "")
    page.keyboard.press("Enter")
    expect(box).to_have_value('"Gene Symbol"=')
    expect(offers(page).first).to_contain_text("Gene Symbol")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(box).to_have_value(re.compile(r'^"Gene Symbol"=\w+ $'))
    expect(page.get_by_role("listbox")).to_be_hidden()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/search\\?q=%22Gene"))
    expect(page.get_by_role("heading", name=re.compile("hits?$"))).not_to_have_text("0 hits")
    expect(page.get_by_text("Find images by their attributes")).to_be_visible()


def test_escape_closes_the_suggestions_and_keeps_what_is_typed(page: Page) -> None:
    page.goto("/search")
    box = page.get_by_role("combobox", name="Search studies and images")
    box.press_sequentially("mus")
    expect(offers(page).first).to_be_visible()
    box.press("Escape")
    expect(page.get_by_role("listbox")).to_be_hidden()
    expect(box).to_have_value("mus")


def test_conditions_are_put_together_in_rows(page: Page) -> None:
    page.goto("/search")
    page.get_by_text("Find images by their attributes").click()
    names, values = page.get_by_label("Attribute", exact=True), page.get_by_label("Value", exact=True)
    names.first.fill("Gene Symbol")
    values.first.focus()
    expect(offers(page).nth(1)).to_be_visible()
    first, second = (offers(page).nth(n).locator(".term-label").inner_text() for n in (0, 1))
    offers(page).first.click()
    expect(values.first).to_have_value(first)
    page.get_by_role("button", name="Add a row").click()
    expect(names.nth(1)).to_be_focused()
    names.nth(1).fill("Gene Symbol")
    values.nth(1).fill(second)
    page.get_by_label("Joined to the row before by").last.select_option("OR")
    page.get_by_role("button", name="Add a row").click()
    page.get_by_role("button", name="Remove this row").last.click()
    expect(names).to_have_count(2)
    page.get_by_role("button", name="Find images").click()
    box = page.get_by_role("combobox", name="Search studies and images")
    expect(box).to_have_value(f'"Gene Symbol"={first} OR "Gene Symbol"={second}')
    expect(names).to_have_count(2)  # the rows come back from the query
    expect(page.locator("article")).not_to_have_count(0)


def test_a_long_facet_is_looked_through(page: Page) -> None:
    page.goto("/search")
    fold = page.get_by_text("Filters", exact=True)
    if fold.is_visible():
        fold.click()
    field = page.get_by_label("Look for a value of “How it was imaged”")
    facet = page.locator("details.facet").filter(has=field)
    before = facet.locator("li:visible").count()
    field.fill("microscopy")
    shown = facet.locator("li:visible")
    expect(shown).not_to_have_count(before)
    for text in shown.locator(":scope > a").all_inner_texts()[-3:]:
        assert "microscopy" in text.lower()
    field.fill("")
    expect(shown).to_have_count(before)


def test_similar_studies_come_when_one_scrolls_to_them(page: Page) -> None:
    study = published(images=1)
    page.goto(f"/studies/{study.accession}")
    with page.expect_response("**/similar") as waiting:
        page.get_by_role("link", name="Similar studies").scroll_into_view_if_needed()
    assert waiting.value.status == 200
    expect(page.get_by_role("link", name="Similar studies")).to_have_count(0)
