"""How a biologist comes to images, on a running site: by words and suggestions, by rows of attributes, as a file."""

import csv
import io
from pathlib import Path

from playwright.sync_api import Browser, expect

from tests.story.browser import Visitor
from tests.story.site import Site
from tests.waiting import until


def test_from_words_to_images_and_their_file(site: Site, browser: Browser, shared: Path) -> None:
    site.manage("demo")
    until(lambda: _found(site) >= 2, seconds=180, what=site.logs)
    with Visitor(browser, site) as visitor:
        page = visitor.go("/")
        page.keyboard.press("/")
        page.keyboard.type("organism:mamm")
        offer = page.get_by_role("listbox", name="Suggestions").get_by_role("option").first
        expect(offer).to_contain_text("Mammalia")
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", level=1)).to_contain_text("Mammalia")
        hits = page.locator("article")
        expect(hits).not_to_have_count(0)
        page.get_by_role("link", name="Images", exact=False).first.click()
        expect(page.locator("article[data-hit=study]")).to_have_count(0)
        with page.expect_download() as waiting:
            page.get_by_role("link", name="CSV").click()
        rows = list(csv.DictReader(io.StringIO(waiting.value.path().read_text(), newline="")))
        assert {row["type"] for row in rows} == {"image"}
        assert all(row["organisms"] for row in rows)
        hits.first.get_by_role("heading").get_by_role("link").click()
        expect(page.locator("#viewer")).to_be_visible()
    with Visitor(browser, site) as visitor:
        page = visitor.go("/search?q=pixel_size:<wide")
        expect(page.locator(".wrong")).to_have_text("<wide")
        page.get_by_text("Find images by their attributes").first.click()
        page.get_by_label("Attribute", exact=True).fill("Width in pixels")
        page.get_by_label("How it is compared").select_option(">")
        page.get_by_label("Value", exact=True).fill("100")
        page.locator("#builder-words").fill("")
        page.get_by_role("button", name="Find images").click()
        expect(page.get_by_role("combobox", name="Search studies and images")).to_have_value("width:>100")
        expect(page.locator("article[data-hit=image]")).not_to_have_count(0)


def _found(site: Site) -> int:
    answer = site.api("nobody").get("/api/v1/search", params={"type": "study"})
    return int(answer.json()["total"]) if answer.status_code == 200 else 0
