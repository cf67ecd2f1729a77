"""A review from both sides in two browsers: returned with a comment and a suggested value, taken with a click, sent
again, looked at by a referee without names, compared, approved."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.story.browser import Visitor
from tests.story.site import Site
from tests.story.studies import NF1_IN_FULL, send_in_nf1
from tests.waiting import until

TITLE = "Cell Painting of Schwann cells of two NF1 genotypes, plate 2"
ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+/private/[0-9a-f-]+\?link=[\w-]+")


@pytest.fixture(scope="module")
def study(site: Site, shared: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The nf1 images, deposited by Ada and sent to the curators; the study's id."""
    return send_in_nf1(site, shared, tmp_path_factory.mktemp("deposit"), NF1_IN_FULL)


@pytest.fixture
def ada(site: Site, browser: Browser) -> Iterator[Visitor]:
    with Visitor(browser, site) as visitor:
        visitor.sign_in("ada@example.org")
        yield visitor


def test_a_curator_asks_and_returns(site: Site, carla: Visitor, study: str) -> None:
    page = carla.go("/review")
    expect(page.get_by_role("navigation", name="What waits")).to_contain_text("nobody's yet 1")
    page.get_by_role("link", name=re.compile("^Cell Painting of Schwann")).click()
    page.get_by_text("Nobody has it yet").click()
    page.get_by_label("Who reviews it").select_option(label="Carla Curator (you)")
    page.get_by_role("button", name="Assign").click()
    expect(page.get_by_role("main")).to_contain_text("Carla Curator has the study now.")
    title = page.locator("#f-study-title")
    title.get_by_text("Suggest", exact=True).click()
    title.get_by_label("New value").fill(TITLE)
    title.get_by_label("Why").fill("Says how many genotypes")
    title.get_by_role("button", name="Suggest it").click()
    expect(page.locator("#f-study-title ins").first).to_be_visible()
    licence = page.locator("#f-study-licence")
    licence.get_by_text("Comment", exact=True).click()
    licence.get_by_role("textbox").first.fill("Does the funder ask for CC BY?")
    licence.get_by_role("button", name="Add comment").click()
    expect(licence.locator(".alert-warning")).to_contain_text("Does the funder ask for CC BY?")
    point = page.locator("#checklist li").filter(has_text="Licence")
    point.locator("summary").click()
    point.get_by_role("button", name="problem").click()
    expect(page.locator("#checklist")).to_contain_text("Licence: problem")
    page.get_by_role("button", name="Return with requests").click()
    expect(page.get_by_role("main")).to_contain_text("The study is back with its depositor")
    until(lambda: "Carla Curator commented on Licence" in _mail(site), seconds=180, what="the mail to Ada")


def _mail(site: Site) -> str:
    return "\n".join(place.read_text() for place in (site.data / "mail").glob("*"))


def test_the_depositor_answers_takes_the_value_and_sends_it_again(ada: Visitor, study: str) -> None:
    page = ada.go(f"/deposit/{study}/people")
    asked = page.get_by_role("navigation", name="What curators ask for")
    expect(asked).to_contain_text("Curators ask for something at 2 fields")
    asked.get_by_role("link", name=re.compile("Title")).click()
    expect(page.locator(".request ins").first).to_be_visible()
    page.get_by_role("button", name="Take it").click()
    expect(page.get_by_label(re.compile("^Title"))).to_have_value(TITLE)
    thread = page.locator(".request").filter(has_text="Does the funder ask")
    thread.get_by_text("Answer", exact=True).click()
    thread.get_by_role("textbox").fill("Yes, it does.")
    thread.get_by_role("button", name="Add answer").click()
    expect(page.locator(".request")).to_contain_text("Yes, it does.")
    page.get_by_role("button", name="Done").click()
    expect(page.locator(".request")).to_have_count(0)
    page = ada.go(f"/deposit/{study}/history?path=study/title")
    expect(page.locator(".events")).to_contain_text("took a suggested value for Title")
    expect(page.locator(".events ins").first).to_be_visible()
    page = ada.go(f"/deposit/{study}/check")
    page.get_by_role("button", name="Send to curators").click()
    expect(page.get_by_role("main")).to_contain_text("Sent to the curators.")


def test_a_referee_sees_the_images_and_no_names(site: Site, browser: Browser, ada: Visitor, study: str) -> None:
    page = ada.go(f"/deposit/{study}/links")
    page.get_by_label("What it is for").fill("Referees of a journal")
    page.get_by_role("button", name="Make the link").click()
    found = ADDRESS.search(page.locator("#private-link").inner_text())
    assert found
    with Visitor(browser, site) as referee:
        page = referee.go(found.group())
        expect(page.get_by_role("heading", level=1)).to_have_text(TITLE)
        page.locator(".grid-pictures a").first.click()
        expect(page.locator("#viewer")).to_have_attribute("data-state", "ready")
        for name in ("Way", "Tomkinson", "Colorado", "Ada Depositor", "0000-0002-0503-9348"):
            assert name not in page.locator("main").inner_text()
    page = ada.go(f"/deposit/{study}/links")
    ending = page.get_by_role("button", name=re.compile("End “Referees"))
    ending.click()
    expect(ending).to_have_count(0)
    with Visitor(browser, site) as referee:
        expect(referee.go(found.group(), status=410).get_by_role("main")).to_contain_text("This link is over")


def test_the_curator_compares_and_approves(carla: Visitor, study: str) -> None:
    page = carla.go(f"/review/{study}")
    expect(page.locator("#f-study-title")).to_contain_text("changed since the last round")
    expect(page.get_by_role("main")).to_contain_text("1 thing changed since the last round.")
    page.get_by_role("link", name="See all changes").click()
    expect(page.locator(".diff ins").first).to_contain_text("of two NF1 genotypes")
    page = carla.go(f"/review/{study}")
    page.get_by_text("Approve and publish").click()
    page.get_by_role("button", name="Yes, publish it").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(TITLE)
    expect(page.get_by_role("main")).to_contain_text("version 1 is published")
