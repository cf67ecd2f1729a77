"""An image that lies in the archive opens by itself once the site has fetched it; the viewer says how far that is."""

import json

from playwright.sync_api import Route, expect

from tests.viewer.conftest import ViewerPage
from tests.viewer.test_viewer_behaviour import write_five_channels

COMING = {"state": "coming", "message": "", "done": 30, "total": 120}


def archived(viewer: ViewerPage, *answers: dict[str, object]) -> list[dict[str, object]]:
    """Until all these answers were given, the image's own addresses say 503."""
    left = list(answers)

    def data(route: Route) -> None:
        if left:
            route.fulfill(status=503, headers={"Retry-After": "20"}, content_type="application/problem+json", body="{}")
        else:
            route.continue_()

    def availability(route: Route) -> None:
        route.fulfill(content_type="application/json", body=json.dumps(left.pop(0)))

    write_five_channels(viewer)
    viewer.page.route("**/image/**", data)
    viewer.page.route("**/availability", availability)
    return left


def test_it_opens_once_it_is_here(viewer: ViewerPage) -> None:
    archived(viewer, COMING, {"state": "here", "message": ""})
    viewer.page.add_init_script(
        "window.said = new Set(); const look = () => {"
        " window.said.add(document.querySelector('#viewer [role=status]')?.textContent); requestAnimationFrame(look) };"
        " look()"
    )
    viewer.open("image")
    assert any("fetched: 25 %" in (text or "") for text in viewer.page.evaluate("[...window.said]"))
    assert viewer.page.get_attribute("#viewer", "data-state") == "ready"
    assert viewer.pixels().max() > 100


def test_why_it_cannot_be_fetched_is_said(viewer: ViewerPage) -> None:
    archived(viewer, COMING, {"state": "failed", "message": "its tape is broken"})
    viewer.open("image")
    expect(viewer.page.get_by_role("alert")).to_contain_text("its tape is broken")
