"""The main job in a real browser: signed up, deposited, returned, mended, published, found and looked at."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
import zarr
from numpy.typing import NDArray
from playwright.sync_api import Browser, expect

from tests.chromium import drawn_pixels
from tests.pictures import assert_equal_within_one, channel_settings, on_canvas, picture_of
from tests.story import chapters
from tests.story.browser import Visitor
from tests.story.site import Site
from tests.story.studies import NF1_IN_FULL
from tests.waiting import until


@dataclass(frozen=True)
class Story:
    """What the telling left on the site."""

    study: str
    accession: str
    token: str


@pytest.fixture(scope="module")
def story(site: Site, browser: Browser, shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Story:
    """The whole way from a new account to a published study, every page of it watched."""
    with Visitor(browser, site) as depositor, Visitor(browser, site) as curator:
        chapters.sign_up_and_reset(depositor)
        token = chapters.make_token(depositor)
        deposit = chapters.start_study(depositor)
        chapters.upload_everything(deposit, shared / "samples", tmp_path_factory.mktemp("upload"))
        chapters.fill_everything(deposit)
        chapters.take_what_files_say(deposit)
        chapters.assign_files(deposit)
        chapters.mend_by_the_panel(deposit)
        accession = chapters.send(deposit)
        curator.sign_in("carla@example.org")
        chapters.return_it(curator, accession)
        chapters.mend_and_send_again(deposit)
        chapters.approve(curator, accession)
    wait_until_found(site, accession)
    return Story(deposit.study, accession, token)


def wait_until_found(site: Site, accession: str) -> None:
    def found() -> bool:
        answer = site.api("nobody").get("/api/v1/search", params={"q": accession, "type": "study"})
        return bool(answer.json()["total"] == 1)

    until(found, seconds=180, what=lambda: f"the study to be found\n{site.logs()}")


def test_the_public_page_shows_what_was_deposited(site: Site, browser: Browser, story: Story) -> None:
    with Visitor(browser, site) as stranger:
        page = stranger.go(f"/studies/{story.accession}")
        main = page.get_by_role("main")
        expect(main.get_by_role("heading", level=1)).to_have_text(NF1_IN_FULL["study"]["title"])
        band = page.locator(".study-band")
        expect(band).to_contain_text("Gregory Way")
        expect(band.get_by_role("link", name="CC-BY-4.0")).to_be_visible()
        expect(band).to_contain_text(re.compile(r"10\.\d+/"))
        expect(main).to_contain_text("Genotypes are WT and Null.")
        pictures = page.locator(".strip img, .grid-pictures img")
        for number in range(pictures.count()):
            picture = pictures.nth(number)
            picture.scroll_into_view_if_needed()
            loaded = "(it) => it.complete && it.naturalWidth > 0"
            page.wait_for_function(loaded, arg=picture.element_handle(), polling=100)


def test_a_stranger_finds_it_and_looks_at_an_image(site: Site, browser: Browser, story: Story) -> None:
    with Visitor(browser, site) as stranger:
        page = stranger.go("/")
        page.keyboard.press("/")
        page.keyboard.type("neurofibromin")
        page.keyboard.press("Enter")
        hit = page.locator("article.hit", has_text="Schwann cells").first
        expect(hit.locator("mark").first).to_have_text(re.compile("neurofibromin", re.IGNORECASE))
        everything = page.url
        page.get_by_role("navigation", name="What to show").get_by_role("link", name="Images").click()
        expect(page).to_have_url(re.compile("type=image"))
        page.wait_for_load_state()
        channels = page.locator(".facet", has_text="Number of channels")
        channels.locator("summary").first.click()
        channels.get_by_role("link", name=re.compile("^41")).click()
        expect(page.locator("article.hit")).to_have_count(1)
        expect(page.locator(".chips .chip")).to_have_count(1)
        page.locator("article.hit .hit-title a").click()
        expect(page.locator("#viewer")).to_have_attribute("data-state", "ready")
        expect(page.get_by_role("list", name="Channels", exact=True)).to_contain_text("HLADRDPDQ")
        for _ in range(3):
            page.go_back()
        expect(page).to_have_url(everything)
        expect(hit).to_be_visible()


def test_the_token_acts_for_its_owner(site: Site, story: Story) -> None:
    """It was made without the right to change things."""
    api = site.api("nobody")
    headers = {"Authorization": f"Bearer {story.token}"}
    assert api.get(f"/api/v1/studies/{story.study}", headers=headers).status_code == 200
    assert api.post("/api/v1/studies", json={}, headers=headers).status_code == 403


def show_image(
    stranger: Visitor,
    story: Story,
    name: str,
    channels: list[dict[str, Any]],
    *,
    zoom: int,
    target: tuple[int, int],
    z: int,
) -> NDArray[np.uint8]:
    """What the viewer draws of a published image with these settings."""
    images = stranger.site.api("nobody").get(f"/api/v1/publications/{story.accession}/images", params={"limit": 500})
    (image,) = (one["id"] for one in images.json()["items"] if name in one["name"])
    if not stranger.page.url.endswith(image):
        page = stranger.go(f"/images/{image}")
        expect(page.locator("#viewer")).to_have_attribute("data-state", "ready")
    stranger.page.evaluate(
        """({ channels, zoom, target, z }) => {
            vitrineViewer.setChannels(vitrineViewer.state.channels.map(({ index }) => ({ index, on: false })));
            vitrineViewer.setChannels(channels);
            vitrineViewer.setView({ zoom, target }); vitrineViewer.setZT({ z }) }""",
        {"channels": channels, "zoom": zoom, "target": target, "z": z},
    )
    return drawn_pixels(stranger.page)


def test_fourteen_channels_are_drawn_as_numpy_composes_them(
    site: Site, browser: Browser, story: Story, shared: Path
) -> None:
    path = shared / "samples/05_multiplexed/mibi_breast/Point2203_pt1072_31606_41ch.ome.tif"
    on = list(range(0, 41, 3))
    assert len(on) >= 12
    channels = channel_settings(on, 0, 8)
    with Visitor(browser, site) as stranger:
        for zoom, level in ((1, 0), (-1, 1), (-2, 2)):
            drawn = show_image(stranger, story, "Point2203", channels, zoom=zoom, target=(500, 400), z=0)
            picture = picture_of(tifffile.imread(path, level=level)[on], channels)
            assert_equal_within_one(drawn, on_canvas(drawn.shape[:2], picture, (500, 400), zoom, level))


@pytest.mark.parametrize(
    ("name", "array", "planes"),
    [
        ("cells3d", "v05_cells3d_nuclei.zarr/s0", (5, 30, 59)),
        ("mitotic", "v04_mitotic_plate_bioformats2raw.zarr/0/0", (0, 3, 5)),
    ],
)
def test_each_plane_of_a_stack_is_drawn_as_the_file_has_it(
    site: Site, browser: Browser, story: Story, shared: Path, name: str, array: str, planes: tuple[int, ...]
) -> None:
    opened = zarr.open_array(shared / "samples/02_omezarr" / array, mode="r")
    stack = np.asarray(opened[...]).reshape(-1, *opened.shape[-2:])
    with Visitor(browser, site) as stranger:
        for z in planes:
            (channel,) = channel_settings([0], 0, float(stack[z].max()))
            channels = [channel | {"color": [255, 255, 255]}]
            drawn = show_image(stranger, story, name, channels, zoom=1, target=(100, 120), z=z)
            picture = picture_of(stack[z : z + 1], channels)
            assert_equal_within_one(drawn, on_canvas(drawn.shape[:2], picture, (100, 120), 1, 0))
