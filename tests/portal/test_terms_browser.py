"""Terms below the fields of the deposit, in a real Chromium: offered while one types, chosen by keys."""

import re
from collections.abc import Callable
from contextlib import suppress

import pytest
from playwright.sync_api import Error, Page, Route, expect

from catalogue.models import Study
from ontology.loading import load_starter
from ontology.names import index as names_index
from tests import factory
from tests.portal.desk import Desk, of, wait_saved

pytestmark = pytest.mark.django_db(transaction=True)


def form_of(sit_down: Callable[..., Desk], step: str, button: str) -> tuple[Study, Desk, Page]:
    """A new form of a draft, opened by its owner, on a site that has the starter set of terms."""
    load_starter()
    names_index.refresh()
    study = factory.draft()
    desk = sit_down(study.owner)
    page = desk.open(f"/deposit/{study.pk}/{step}")
    page.get_by_role("button", name=button).click()
    return study, desk, page


def test_a_term_is_chosen_with_the_keyboard_and_free_text_is_kept(sit_down: Callable[..., Desk]) -> None:
    study, desk, page = form_of(sit_down, "samples", "Add sample")
    organism = page.get_by_role("combobox", name="Organism").first
    organism.press_sequentially("human")
    offers = page.locator("#term-list [role=option]")
    expect(offers.first).to_contain_text("also called human")
    expect(organism).to_have_attribute("aria-expanded", "true")
    organism.press("ArrowDown")
    expect(organism).to_have_attribute("aria-activedescendant", "term-list-0")
    organism.press("Enter")
    expect(organism).to_have_value("Homo sapiens")
    entity = page.get_by_role("combobox", name="Tissue, cell or structure").first
    entity.press_sequentially("nucleolus")
    expect(offers.first).to_contain_text("A small, dense body one or more of which are present in the nucleus")
    entity.fill("")
    page.get_by_role("combobox", name="Organism").nth(1).fill("a yeti")
    wait_saved(page)
    expect(page.locator(".term-mark").nth(0)).to_have_text("NCBITaxon:9606")
    expect(page.locator(".term-mark").nth(1)).to_have_text("not mapped to a term")
    page.get_by_role("textbox", name=re.compile("^Name")).fill("Skin")
    expect(page.locator(".entity > summary")).to_have_text("Skin")
    sample = of(study, "biosamples")[0]
    found = [(row["organism"]["text"], row["organism"]["curie"]) for row in sample["organisms"]]
    assert found == [("Homo sapiens", "NCBITaxon:9606"), ("a yeti", "")]
    assert desk.errors == []


def test_terms_are_offered_by_every_name_and_walked_by_keys(sit_down: Callable[..., Desk], axe: str) -> None:
    _, desk, page = form_of(sit_down, "imaging", "Add image acquisition")
    method = page.get_by_role("combobox", name="Method").first
    offers, status = page.locator("#term-list [role=option]"), page.locator("[role=status].visually-hidden").first
    method.press_sequentially("fluoresence micr")
    expect(offers.first).to_contain_text("fluorescence microscopy")
    method.fill("conf micr")
    expect(offers.first).to_contain_text("confocal microscopy")
    assert offers.first.locator("mark").all_text_contents()[:2] == ["conf", "micr"]
    expect(offers.first).to_contain_text("FBbi:00000251")
    expect(offers.first).to_contain_text(" › ")
    expect(status).to_have_text(re.compile(r"^\d+ terms\. Arrow keys choose, Enter takes one\.$"))
    page.evaluate(axe)
    assert (
        page.evaluate("() => axe.run('#term-list').then(({ violations }) => violations.map(({ help }) => help))") == []
    )
    last = offers.count() - 1
    method.press("ArrowUp")
    expect(method).to_have_attribute("aria-activedescendant", f"term-list-{last}")
    method.press("Home")
    expect(method).to_have_attribute("aria-activedescendant", "term-list-0")
    method.press("End")
    expect(offers.nth(last)).to_have_attribute("aria-selected", "true")
    method.press("Escape")
    expect(offers.first).to_be_hidden()
    expect(method).to_have_value("conf micr")
    method.fill("DIC")
    expect(offers.first).to_contain_text("related name: DIC")
    method.fill("qqqq")
    expect(status).to_have_text("No term fits. Your words are kept.")
    expect(method).to_have_attribute("aria-expanded", "false")
    assert desk.errors == []


def test_a_late_answer_leaves_the_list_in_which_somebody_chooses(sit_down: Callable[..., Desk]) -> None:
    _, desk, page = form_of(sit_down, "imaging", "Add image acquisition")
    method = page.get_by_role("combobox", name="Method").first
    offers = page.locator("#term-list [role=option]")
    method.fill("conf micr")
    expect(offers.first).to_contain_text("confocal microscopy")
    held: list[Route] = []
    page.route(re.compile(r"/api/v1/terms\?.*q=electron"), lambda route: held.append(route))
    with page.expect_request(re.compile("q=electron")):
        method.fill("electron")
    method.press("ArrowDown")
    for route in held:
        with suppress(Error):  # the page no longer wants this answer
            route.continue_()
    expect(offers.first).to_have_attribute("aria-selected", "true")
    method.press("Enter")
    expect(method).to_have_value("confocal microscopy")
    method.press_sequentially(" electron")
    expect(page.locator(".term-mark").first).to_have_text("not mapped to a term")
    assert desk.errors == []
