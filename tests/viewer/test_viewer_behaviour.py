"""What the viewer fetches, says, remembers and does on keys; its accessibility."""

from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, Route, expect

from tests.viewer.conftest import ViewerPage
from tests.viewer.test_viewer_pixels import pyramid, write_image

AXE = Path(__file__).resolve().parents[2] / "viewer" / "node_modules" / "axe-core" / "axe.min.js"


def chunks(viewer: ViewerPage) -> list[str]:
    """The chunks asked for so far: level, "c", then the indices."""
    return [url.split("/image/")[1] for url, _ in viewer.statuses if "/c/" in url]


def write_five_channels(viewer: ViewerPage) -> None:
    window = {"min": 0, "max": 60_000, "start": 0, "end": 50_000}
    channels = [{"label": f"Marker {c}", "color": "00ff00", "active": c < 2, "window": window} for c in range(5)]
    write_image(viewer.folder / "image", pyramid((5, 4, 300, 400), "uint16"), axes="czyx", omero={"channels": channels})


def test_only_what_is_on_is_fetched_and_contrast_fetches_nothing(viewer: ViewerPage) -> None:
    write_five_channels(viewer)
    viewer.open("image")
    viewer.wait()
    assert {name.split("/")[2] for name in chunks(viewer)} == {"0", "1"}
    before = len(chunks(viewer))
    viewer.call("(viewer) => viewer.setChannels([{ index: 0, min: 5, max: 900, gamma: 2, color: '#ff0000' }])")
    assert len(chunks(viewer)) == before
    viewer.call("(viewer) => viewer.setChannels([{ index: 3, on: true }])")
    assert {name.split("/")[2] for name in chunks(viewer)[before:]} == {"3"}
    after = len(chunks(viewer))
    viewer.call("(viewer) => viewer.setChannels([{ index: 3, on: false }, { index: 0, on: false }])")
    viewer.call("(viewer) => viewer.setChannels([{ index: 3, on: true }, { index: 0, on: true }])")
    assert len(chunks(viewer)) == after
    assert len(set(chunks(viewer))) == len(chunks(viewer)), "no chunk is asked for twice"


def test_auto_contrast_takes_percentiles_of_the_pixels(viewer: ViewerPage) -> None:
    levels = pyramid((1, 300, 400), "float32", count=1)
    write_image(viewer.folder / "image", levels, axes="cyx")
    viewer.open("image")
    viewer.wait()
    channel = viewer.call("(viewer) => viewer.state.channels[0]")
    assert channel["min"] == pytest.approx(np.percentile(levels[0], 0.1), abs=0.5)
    assert channel["max"] == pytest.approx(np.percentile(levels[0], 99.9), abs=0.5)


def test_the_address_remembers_the_view_and_the_back_button_stays(viewer: ViewerPage) -> None:
    write_five_channels(viewer)
    viewer.open("image")
    length = viewer.page.evaluate("history.length")
    viewer.call(
        "(viewer) => { viewer.setChannels([{ index: 1, on: false },"
        " { index: 4, on: true, color: '#123456', min: 7, max: 77 }]);"
        " viewer.setView({ zoom: 1.5, target: [120, 90] }); viewer.setZT({ z: 3 }) }"
    )
    viewer.page.wait_for_function("() => location.hash.includes('zoom=1.5')")
    assert viewer.page.evaluate("history.length") == length
    fragment = viewer.page.evaluate("location.hash")
    viewer.page.goto("about:blank")
    viewer.open("image", fragment=fragment)
    state = viewer.call("(viewer) => viewer.state")
    assert [c["index"] for c in state["channels"] if c["on"]] == [0, 4]
    assert state["channels"][4] | {"color": [0x12, 0x34, 0x56], "min": 7, "max": 77} == state["channels"][4]
    assert (state["x"], state["y"], state["zoom"], state["z"]) == (120, 90, 1.5, 3)


def test_settings_of_the_page_hold_over_those_of_the_file(viewer: ViewerPage) -> None:
    write_five_channels(viewer)
    viewer.open(
        "image", settings={"channels": [{"index": 0, "on": False}, {"index": 2, "on": True, "name": "DNA"}], "z": 1}
    )
    state = viewer.call("(viewer) => viewer.state")
    assert [c["index"] for c in state["channels"] if c["on"]] == [1, 2]
    assert (state["channels"][2]["name"], state["z"]) == ("DNA", 1)


def test_keys(viewer: ViewerPage) -> None:
    write_five_channels(viewer)
    viewer.open("image")
    page = viewer.page
    start = viewer.call("(viewer) => viewer.state")
    expect(page.locator(".viewer-stage [tabindex]")).to_have_count(0)  # the stage alone is a stop, and has a name
    for key in ["+", "ArrowRight", "]", "3"]:
        page.keyboard.press(key)
    state = viewer.call("(viewer) => viewer.state")
    assert state["zoom"] == start["zoom"] + 1
    assert state["x"] > start["x"]
    assert state["z"] == start["z"] + 1
    assert state["channels"][2]["on"]
    page.keyboard.press("0")
    assert viewer.call("(viewer) => viewer.state")["zoom"] == pytest.approx(start["zoom"])
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()


def test_contrast_by_keyboard_and_by_number(viewer: ViewerPage) -> None:
    write_five_channels(viewer)
    viewer.open("image")
    page = viewer.page
    page.get_by_role("slider", name="Contrast minimum of Marker 0").focus()
    page.keyboard.press("ArrowRight")
    assert viewer.call("(viewer) => viewer.state.channels[0].min") > 0
    page.get_by_role("spinbutton", name="Contrast maximum of Marker 0").fill("1234")
    page.keyboard.press("Tab")
    assert viewer.call("(viewer) => viewer.state.channels[0].max") == 1234


@pytest.mark.parametrize(
    ("status", "words"),
    [(403, "You may not see"), (404, "were not found"), (500, "could not be loaded"), (0, "could not be loaded")],
)
def test_refused_data_is_said_and_can_be_tried_again(viewer: ViewerPage, status: int, words: str) -> None:
    write_five_channels(viewer)

    def refuse(route: Route) -> None:
        if status:
            route.fulfill(status=status)
        else:
            route.abort()

    viewer.page.route("**/image/**", refuse)
    viewer.open("image")
    expect(viewer.page.get_by_role("alert")).to_contain_text(words)
    assert viewer.page.get_attribute("#viewer", "data-state") == "error"
    viewer.page.unroute("**/image/**")
    viewer.page.get_by_role("button", name="Try again").click()
    viewer.page.wait_for_selector("#viewer[data-state=ready]")
    expect(viewer.page.get_by_role("alert")).to_have_count(0)


def test_a_chunk_that_fails_is_said_and_asked_for_again(viewer: ViewerPage) -> None:
    write_five_channels(viewer)
    viewer.page.route("**/c/**", lambda route: route.fulfill(status=503))
    viewer.open("image")
    expect(viewer.page.get_by_role("alert")).to_contain_text("could not be loaded")
    viewer.page.unroute("**/c/**")
    viewer.page.get_by_role("button", name="Try again").click()
    assert viewer.pixels().max() > 100


def test_without_webgl_the_reason_is_said(viewer: ViewerPage) -> None:
    write_five_channels(viewer)
    viewer.page.add_init_script("HTMLCanvasElement.prototype.getContext = () => null")
    viewer.open("image")
    expect(viewer.page.get_by_role("alert")).to_contain_text("WebGL 2")


def test_what_is_no_image_is_said(viewer: ViewerPage) -> None:
    folder = viewer.folder / "image"
    folder.mkdir()
    (folder / "zarr.json").write_text('{"zarr_format": 3, "node_type": "group", "attributes": {}}')
    viewer.open("image")
    expect(viewer.page.get_by_role("alert")).to_contain_text("no OME-Zarr image")


@pytest.mark.parametrize("width", [1280, 390])
def test_axe_finds_nothing(browser: Browser, site: str, tmp_path: Path, width: int) -> None:
    if not AXE.exists():
        pytest.skip("axe-core is not there: run script/test, or npm ci in viewer/")
    context = browser.new_context(viewport={"width": width, "height": 800})
    viewer = ViewerPage(context.new_page(), site, tmp_path)
    write_five_channels(viewer)
    viewer.open("image")
    viewer.wait()
    fold = viewer.page.get_by_role("button", name="Channels")
    if fold.get_attribute("aria-expanded") == "false":
        fold.click()
    viewer.page.evaluate(AXE.read_text())  # not as a script element, which the policy forbids
    found = viewer.page.evaluate("async () => (await axe.run()).violations.map(v => [v.id, v.nodes.map(n => n.html)])")
    assert found == []
    assert viewer.page.evaluate("document.documentElement.scrollWidth") <= width
    context.close()
