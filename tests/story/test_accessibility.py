"""Every page by axe-core's rules for WCAG 2.2 AA, light and dark, wide and on a phone; and the way by keyboard."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.publishing.serving import free_port
from tests.story.browser import NARROW, WIDE, Visitor, named
from tests.story.exhibition import Exhibition, furnished, pages_of
from tests.story.site import running

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


@pytest.fixture(scope="module")
def exhibition(tmp_path_factory: pytest.TempPathFactory, shared: Path, seed: Path) -> Iterator[Exhibition]:
    samples = shared / "samples"
    with running(tmp_path_factory.mktemp("site"), free_port(), {}, [samples], seed) as site:
        yield furnished(site, samples)


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
                if person:  # who may have other forms made is offered them once that comes into view
                    page.locator("[hx-get$='/conversion'], #conversion").first.evaluate("(it) => it.scrollIntoView()")
                    expect(page.locator("#conversion")).to_be_visible()
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


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_what_is_seen_after_a_press_is_for_everybody(
    exhibition: Exhibition, browser: Browser, axe: str, size: tuple[int, int]
) -> None:
    """What a copy would change, and a private link that was just made."""
    with Visitor(browser, exhibition.site, size) as visitor:
        visitor.sign_in("ada@example.org")
        page = visitor.go(f"/deposit/{exhibition.empty}/-/copy?from=study:{exhibition.waiting}")
        page.get_by_role("checkbox", name=re.compile("^Licence")).check()
        page.get_by_role("checkbox", name=re.compile("^Schwann cells")).check()
        page.get_by_role("button", name="Show what would change").click()
        expect(page.get_by_role("heading", name="What would change")).to_be_visible()
        assert faults_of(page, axe) == []
        page = visitor.go(f"/deposit/{exhibition.returned}/links")
        page.get_by_label("What it is for").fill(f"Referees at a screen of {size[0]} pixels")
        page.get_by_role("button", name="Make the link").click()
        expect(page.locator("#private-link")).to_be_visible()
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
        page.wait_for_load_state()
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        expect(page.get_by_label("Start a study")).to_be_focused()
        page.keyboard.type("By keyboard")
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", level=1)).to_have_text("By keyboard")
        page.wait_for_load_state()
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
