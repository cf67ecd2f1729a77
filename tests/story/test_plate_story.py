"""A plate from a file list: images and their list with the platemap in, the plate's page and an image of a well out."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, FilePayload, expect

from tests.story.browser import Visitor
from tests.story.exhibition import made, plate_list, read_in_place
from tests.story.site import Site


@pytest.fixture
def study(site: Site, shared: Path) -> str:
    """A draft of Ada's with an image of each of five wells."""
    found = str(
        made(site.api("ada").post("/api/v1/studies", json={"study": {"title": "A plate of two genotypes"}}))["id"]
    )
    images = shared / "samples/01_fluorescence/nf1_cellpainting/Plate_2_images"
    read_in_place(site, found, sorted(images.glob("*DAPI*")))
    return found


def test_a_list_of_files_with_their_wells_becomes_a_plate(
    site: Site, browser: Browser, shared: Path, study: str
) -> None:
    paths = [one["path"] for one in made(site.api("ada").get(f"/api/v1/studies/{study}/files"))["items"]]
    platemap = shared / "samples/06_study_metadata/nf1/platemap_NF1_plate2.csv"
    listed: FilePayload = {"name": "list.csv", "mimeType": "text/csv", "buffer": plate_list(paths)}
    joined: FilePayload = {"name": platemap.name, "mimeType": "text/csv", "buffer": platemap.read_bytes()}
    with Visitor(browser, site) as ada:
        ada.sign_in("ada@example.org")
        page = ada.go(f"/deposit/{study}/import")
        page.get_by_label("Files", exact=True).set_input_files([listed, joined])
        page.get_by_role("button", name="Look at them").click()
        expect(page.get_by_text("5 files of the study")).to_be_visible()
        expect(page.get_by_label("What well is")).to_have_value("well")
        page.get_by_role("button", name="Take this over").click()
        expect(page.get_by_text("Taken over on")).to_be_visible()
        page = ada.go(f"/deposit/{study}/preview")
        page.get_by_role("main").get_by_role("link", name="Plate 2", exact=True).click()
        expect(page.locator("td[data-well] a")).to_have_count(5)
        page.get_by_label("Colour the wells by").select_option(label="genotype")
        legend = page.locator("#plate-legend li")
        expect(legend.filter(has_text="WT")).to_have_count(1)
        expect(legend.filter(has_text="Null")).to_have_count(1)
        page.locator("td[data-well] a").first.click()
        expect(page.locator("#viewer")).to_have_attribute("data-state", "ready")
