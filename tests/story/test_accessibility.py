"""Every page by axe-core's rules for WCAG 2.2 AA, light and dark, wide and on a phone; and the way by keyboard."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from portal.deposit.steps import STEPS
from tests.publishing.serving import free_port
from tests.story.browser import NARROW, WIDE, Visitor, named
from tests.story.site import Site, running
from tests.story.studies import NF1_IN_FULL
from tests.waiting import until

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
RUN_AXE = """async (only) => {
    const { violations } = await axe.run(document, { runOnly: only, resultTypes: ['violations'] });
    return violations.map(({ id, help, nodes }) =>
        `${id}: ${help}\\n` + nodes.slice(0, 3).map(({ target, any }) =>
            `      ${target.join(' ')} ${any[0]?.message ?? ''}`).join('\\n'));
}"""
TOO_WIDE = """() => document.scrollingElement.scrollWidth - innerWidth <= 0 ? [] :
    [...document.querySelectorAll('body *')].filter((one) => one.getBoundingClientRect().right > innerWidth + 1)
        .slice(0, 5).map((one) => `${one.tagName}.${one.className} reaches ${one.getBoundingClientRect().right}`)"""


@dataclass(frozen=True)
class Exhibition:
    """A site on which every kind of page has something to show. Studies by their ids."""

    site: Site
    accession: str
    image: str
    empty: str
    filled: str
    returned: str
    waiting: str


@pytest.fixture(scope="module")
def exhibition(tmp_path_factory: pytest.TempPathFactory, shared: Path, seed: Path) -> Iterator[Exhibition]:
    samples = shared / "samples"
    with running(tmp_path_factory.mktemp("site"), free_port(), {}, [samples], seed) as site:
        yield furnished(site, samples)


def furnished(site: Site, samples: Path) -> Exhibition:
    ada, carla = site.api("ada"), site.api("carla")
    nf1 = samples / "01_fluorescence/nf1_cellpainting/Plate_2_images"
    public, waiting, returned, filled = (_deposited(site, sorted(nf1.glob("B7*"))) for _ in range(4))
    empty = _made(ada.post("/api/v1/studies", json={}))["id"]
    _read(site, filled, [samples / "01_fluorescence/ometiff_from_nd2/example-zstack.ome.tif"])
    for study in (public, waiting, returned):
        _made(ada.post(f"/api/v1/studies/{study}/submit"))
    comment = {"path": "study/description", "text": "Which genotypes?"}
    for study in (waiting, returned):
        _made(carla.post(f"/api/v1/studies/{study}/comments", json=comment))
    _made(carla.post(f"/api/v1/studies/{returned}/return", json={"note": "One question."}))
    accession = _made(carla.post(f"/api/v1/studies/{public}/approve", json={}))["accession"]
    _made(ada.post(f"/api/v1/studies/{public}/new-version"))
    _made(ada.patch(f"/api/v1/studies/{public}/study", json={"acknowledgements": "Thanks to those who shared it."}))
    _made(ada.post(f"/api/v1/studies/{public}/submit"))
    _made(carla.post(f"/api/v1/studies/{public}/approve", json={}))
    found = "/api/v1/search?type=image"
    until(
        lambda: _made(ada.get(found))["total"] == 3, seconds=60, what=lambda: f"the images to be found\n{site.logs()}"
    )
    image = _made(ada.get(f"/api/v1/publications/{accession}/images"))["items"][0]["id"]
    return Exhibition(site, accession, image, empty, filled, returned, waiting)


def _made(answer: httpx.Response) -> Any:
    assert answer.is_success, f"{answer.request.url}: {answer.text[:500]}"
    return answer.json() if answer.content else None


def _deposited(site: Site, images: list[Path]) -> str:
    """A study of which nothing required is missing."""
    ada = site.api("ada")
    study: str = _made(ada.post("/api/v1/studies", json=NF1_IN_FULL))["id"]
    files = _read(site, study, images)
    component = _made(ada.get(f"/api/v1/studies/{study}/components"))[0]["id"]
    _made(ada.post(f"/api/v1/studies/{study}/files/assign", json={"files": files, "component": component}))
    return study


def _read(site: Site, study: str, images: list[Path]) -> list[str]:
    ada = site.api("ada")
    for image in images:
        _made(ada.post(f"/api/v1/studies/{study}/files", json={"path": str(image)}))
    address = f"/api/v1/studies/{study}/files?limit=100"

    def settled() -> bool:
        return all(one["state"] != "arrived" for one in _made(ada.get(address))["items"])

    until(settled, seconds=60, what=lambda: f"files to be read\n{site.logs()}")
    return [one["id"] for one in _made(ada.get(address))["items"]]


def pages_of(exhibition: Exhibition) -> dict[str, list[tuple[str, int]]]:
    """Addresses and their statuses, by who looks at them."""
    study = f"/studies/{exhibition.accession}"
    nobody = [
        "/", "/search", "/search?view=gallery", "/search?view=table", "/search?q=xyzzy", "/search?q=actin&type=study",
        study, f"{study}/v1", f"{study}/images", f"{study}/files", f"/images/{exhibition.image}",
        "/terms/NCBITaxon:9606", "/accounts/signup/", "/accounts/login/", "/accounts/password/reset/", "/api/",
        "/health",
    ]  # fmt: skip
    steps = [f"/deposit/{draft}/{step.key}" for draft in (exhibition.empty, exhibition.filled) for step in STEPS]
    locked = [f"/deposit/{exhibition.returned}/study", f"/deposit/{exhibition.waiting}/study"]
    ada = ["/accounts/profile", "/accounts/tokens", "/accounts/email/", "/accounts/password/change/", "/deposit"]
    ada += [*steps, *locked, f"/deposit/{exhibition.filled}/preview"]
    carla = ["/review", "/review?state=decided", f"/review/{exhibition.waiting}"]
    return {
        "": [(one, 200) for one in nobody] + [("/nothing-here", 404)],
        "ada": [(one, 200) for one in ada] + [("/review", 403)],
        "carla": [(one, 200) for one in carla],
    }


def faults_of(page: Page, axe: str) -> list[str]:
    """What axe-core finds, in the light theme by all rules and in the dark by those on colours; what sticks out."""
    page.evaluate(axe)
    page.emulate_media(color_scheme="light")
    found: list[str] = page.evaluate(RUN_AXE, {"type": "tag", "values": TAGS})
    page.emulate_media(color_scheme="dark")
    dark: list[str] = page.evaluate(RUN_AXE, {"type": "rule", "values": ["color-contrast", "link-in-text-block"]})
    return [*found, *(f"dark: {one}" for one in dark), *page.evaluate(TOO_WIDE)]


@pytest.mark.parametrize("person", ["", "ada", "carla"])
@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_every_page_is_for_everybody(
    exhibition: Exhibition, browser: Browser, axe: str, size: tuple[int, int], person: str
) -> None:
    faults = []
    with Visitor(browser, exhibition.site, size) as visitor:
        if person:
            visitor.sign_in(f"{person}@example.org")
        for address, status in pages_of(exhibition)[person]:
            page = visitor.go(address, status)
            if "/images/" in address:
                page.wait_for_selector("#viewer[data-state=ready]")
            faults += [f"{address}\n    {one}" for one in faults_of(page, axe)]
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_a_conflict_is_for_everybody(exhibition: Exhibition, browser: Browser, axe: str, size: tuple[int, int]) -> None:
    """The page that a browser without scripts gets, when somebody else saved meanwhile."""
    with Visitor(browser, exhibition.site, size) as visitor:
        visitor.sign_in("ada@example.org")
        page = visitor.go(f"/deposit/{exhibition.filled}/study")
        visitor.refused.append("/save")
        with page.expect_navigation():
            page.evaluate(
                """() => { const form = document.querySelector('form[data-autosave]');
                form.elements.seen.value = 'title:0'; form.elements.title.value = 'Another title for these cells';
                HTMLFormElement.prototype.submit.call(form) }"""
            )
        expect(page.get_by_role("heading", name="Saved meanwhile")).to_be_visible()
        assert faults_of(page, axe) == []


def test_keys_lead_past_the_header_to_search_and_help(exhibition: Exhibition, browser: Browser) -> None:
    with Visitor(browser, exhibition.site) as visitor:
        page = visitor.go("/")
        page.keyboard.press("Tab")
        expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.get_by_role("main")).to_be_focused()
        page.keyboard.press("?")
        dialog = page.get_by_role("dialog", name="Keys")
        expect(dialog).to_be_visible()
        page.keyboard.press("Escape")
        expect(dialog).to_be_hidden()
        page.keyboard.press("/")
        expect(page.locator("[data-search]")).to_be_focused()


def test_a_study_is_begun_by_keyboard_alone(exhibition: Exhibition, browser: Browser) -> None:
    with Visitor(browser, exhibition.site) as visitor:
        visitor.sign_in("ada@example.org")
        page = visitor.go("/")
        _tab_to(page, "Deposit a study")
        page.keyboard.press("Enter")
        expect(page).to_have_url(re.compile("/deposit$"))
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        expect(page.get_by_label("Start a study")).to_be_focused()
        page.keyboard.type("By keyboard")
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", level=1)).to_have_text("By keyboard")
        title = named(page.locator("form[data-autosave]"), "Title")
        while not title.evaluate("(it) => it === document.activeElement"):
            page.keyboard.press("Tab")
        page.keyboard.type("A title that was typed and saved without a mouse")
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        expect(page.locator("#saved")).to_have_text(re.compile("^Saved"))


def _tab_to(page: Page, name: str) -> None:
    wanted = page.get_by_role("link", name=name)
    for _ in range(60):
        page.keyboard.press("Tab")
        if wanted.evaluate("(it) => it === document.activeElement"):
            return
    raise AssertionError(f"the Tab key never comes to {name!r}")
