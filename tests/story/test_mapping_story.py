"""Texts of real deposits get their terms: by a depositor on their own page, then by a curator with the keyboard."""

import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.story.browser import NARROW, Theme, Visitor
from tests.story.site import Site
from tests.story.studies import NF1_IN_FULL, send_in_nf1

CELLS = "Schwann cells."
HUMAN = "H. sapiens (human donor)"


def dirty() -> dict[str, object]:
    """The nf1 study with names as people write them."""
    document = json.loads(json.dumps(NF1_IN_FULL))
    for sample in document["biosamples"]:
        sample["biological_entity"] = {"text": CELLS}
        sample["organisms"] = [{"organism": {"text": HUMAN}}]
    return dict(document)


@pytest.fixture(scope="module")
def study(site: Site, shared: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The nf1 images with names as people write them, sent to the curators by Ada; the study's id."""
    return send_in_nf1(site, shared, tmp_path_factory.mktemp("deposit"), dirty())


def row_of(page: Page, text: str) -> int:
    """The place of the row with this text, counted from 0."""
    texts = page.locator(".mapping-row h2").all_inner_texts()
    return texts.index(text)


def curies(site: Site, study: str) -> set[str]:
    samples = site.api("ada").get(f"/api/v1/studies/{study}/document").json()["biosamples"]
    return {row["organism"]["curie"] for sample in samples for row in sample["organisms"]}


def test_a_depositor_gives_an_idr_study_its_terms(site: Site, browser: Browser, shared: Path) -> None:
    folder = shared / "reference/idr/idr0003-breker-plasticity"
    said = site.manage("import_study", str(folder), "--owner", "ada@example.org", "--apply")
    found = re.search(r"([0-9a-f-]{36}): taken over", said)
    assert found
    with Visitor(browser, site) as ada:
        ada.sign_in("ada@example.org")
        page = ada.go(f"/deposit/{found[1]}/study")
        page.get_by_role("link", name="Texts without a term").click()
        expect(page.locator(".mapping-row h2").first).to_be_focused()  # by what listens to keys
        before = int(page.locator("#mapping-total").inner_text())
        page.keyboard.press("n")
        page.keyboard.press("Enter")
        expect(page.locator(".mapping-done")).to_contain_text("No term fits")
        expect(page.locator("#mapping-total")).to_have_text(str(before - 1))
        page.keyboard.press("u")
        expect(page.locator(".mapping-done")).to_have_count(0)
        expect(page.locator("#mapping-total")).to_have_text(str(before))


def test_a_curator_decides_by_keyboard_and_undoes(site: Site, carla: Visitor, study: str) -> None:
    page = carla.go("/review")
    page.get_by_role("link", name=re.compile("^texts without a term")).click()
    expect(page.locator(".mapping-row h2").first).to_be_focused()
    place = row_of(page, HUMAN)
    for _ in range(place):
        page.keyboard.press("ArrowDown")
    expect(page.locator(".mapping-current h2")).to_have_text(HUMAN)
    expect(page.locator(".mapping-current .mapping-offer").first).to_contain_text("Homo sapiens")
    page.keyboard.press("1")
    page.keyboard.press("Enter")
    done = page.locator(".mapping-done")
    expect(done).to_contain_text("stands for Homo sapiens (NCBITaxon:9606)")
    assert curies(site, study) == {"NCBITaxon:9606"}
    page.keyboard.press("u")
    expect(done).to_have_count(0)
    expect(page.locator(".mapping-current h2")).to_be_focused()
    assert curies(site, study) == {""}
    page.keyboard.press("/")
    expect(page.locator(".mapping-current .term-input > input").first).to_be_focused()
    page.keyboard.type("Homo sapi")
    page.get_by_role("option", name=re.compile("^Homo sapiens")).click()
    page.locator(".mapping-current").get_by_role("button", name=re.compile("^Decide")).click()
    expect(done).to_contain_text("stands for Homo sapiens")
    assert curies(site, study) == {"NCBITaxon:9606"}
    page = carla.go(f"/review/{study}/terms")
    expect(page.locator(".mapping-row").nth(row_of(page, CELLS)).get_by_role("radio").first).to_be_checked()
    page.keyboard.press("a")
    expect(page.get_by_role("main")).to_contain_text(f"“{CELLS}” stands for Schwann cell (CL:0002573)")
    expect(page.get_by_role("heading", name=CELLS, exact=True)).to_have_count(0)


def test_the_decision_is_used_first_next_time_and_told_in_the_history(
    site: Site, browser: Browser, carla: Visitor, study: str
) -> None:
    made = site.api("ada").post("/api/v1/studies", json={"biosamples": [{"organisms": [{"organism": HUMAN.upper()}]}]})
    (sample,) = site.api("ada").get(f"/api/v1/studies/{made.json()['id']}/document").json()["biosamples"]
    assert sample["organisms"][0]["organism"]["curie"] == "NCBITaxon:9606"
    page = carla.go("/review/terms/decisions")
    expect(page.get_by_role("row", name=re.compile("H. sapiens"))).to_contain_text("Carla Curator")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download as SSSOM").click()
    assert f"{HUMAN}\torganism\tskos:exactMatch\tNCBITaxon:9606" in download.value.path().read_text()
    with Visitor(browser, site) as ada:
        ada.sign_in("ada@example.org")
        page = ada.go(f"/deposit/{study}/history?only=1")
        expect(page.locator(".events")).to_contain_text("gave terms to")
        expect(page.locator(".events")).to_contain_text("Carla Curator")


@pytest.mark.parametrize(("size", "theme"), [((1280, 900), "light"), (NARROW, "dark")])
def test_the_pages_fit_and_can_be_used_by_all(
    site: Site, browser: Browser, axe: str, study: str, size: tuple[int, int], theme: Theme
) -> None:
    with Visitor(browser, site, size, theme) as visitor:
        visitor.sign_in("carla@example.org")
        for address in ("/review/terms", f"/review/{study}/terms", "/review/terms/decisions?past=1",
                        "/review/terms/proposals", "/review/terms/updates"):  # fmt: skip
            page = visitor.go(address)
            assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth"), address
            page.evaluate(axe)
            found = page.evaluate("() => axe.run().then(({ violations }) => violations)")
            assert found == [], f"{address}: {json.dumps(found)[:2000]}"
