"""What viewers of others show in a real browser: the picture is that of the pixels."""

import io
import json
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as Picture
from playwright.sync_api import Browser, Page
from skimage.feature import match_template

from tests.publishing.delivery_judges.conftest import Images
from tests.waiting import until

SECONDS = 180
OPENSEADRAGON = Path(__file__).resolve().parents[3] / "viewer/node_modules/openseadragon/build/openseadragon"
PAGE = """<!doctype html><meta charset="utf-8">
<style>body {{ margin: 0 }} #image {{ width: 650px; height: 450px }}</style>
<div id="image"></div><script src="openseadragon.min.js"></script><script>
const viewer = OpenSeadragon({{ id: "image", drawer: "canvas", tileSources: {source}, crossOriginPolicy: "Anonymous",
  showNavigationControl: false, imageSmoothingEnabled: false, immediateRender: true, animationTime: 0 }});
viewer.addOnceHandler("open", () => viewer.world.getItemAt(0).whenFullyLoaded(() => {{ window.isLoaded = true; }}));
</script>"""


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Nothing is written of requests."""


@contextmanager
def website(folder: Path) -> Iterator[str]:
    """The address of a web server for the files of a folder."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def shown(page: Page) -> np.ndarray:
    """The page as (y, x, 3)."""
    return np.asarray(Picture.open(io.BytesIO(page.screenshot())).convert("RGB"))


@contextmanager
def opened_by(python: Path, state: dict[str, Any]) -> Iterator[str]:
    """The address of a Neuroglancer that shows this state."""
    command: list[str | Path] = [python, Path(__file__).with_name("neuroglancer_judge.py"), json.dumps(state)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as judge:
        assert judge.stdout
        assert judge.stdin
        yield judge.stdout.readline().strip()
        judge.stdin.close()


# The source, and where z 10 is: in the middle of a voxel of precomputed volumes, on the centre of one of OME-Zarr. Of
# the channels of an OME-Zarr it shows the one in the middle at first.
SOURCES = [
    ("precomputed://{}/precomputed", [10.5], 0),
    ("zarr2://{}/ome-zarr-0.4", [10, 0], 1),
    ("zarr3://{}/ome-zarr-0.5", [10, 0], 1),
    ("zarr3://{}/ome-zarr-0.5-cubes", [10, 0], 1),
]


@pytest.mark.parametrize(("source", "at", "channel"), SOURCES)
def test_neuroglancer_shows_the_plane(
    browser: Browser, neuroglancer_judge: Path, images: Images, source: str, at: list[float], channel: int
) -> None:
    plane = images.pixels[0, channel, 10].astype(np.float32)
    axes = {"x": [1e-7, "m"], "y": [1e-7, "m"], "z": [4e-7, "m"], "t": [30, "s"]}
    state = {
        "dimensions": dict(list(axes.items())[: 2 + len(at)]),
        "position": [130, 75, *at],
        "crossSectionScale": 1,
        "layers": [{"type": "image", "source": source.format(images.stack), "name": "stack", "opacity": 1,
                    "shader": "void main() { emitGrayscale(float(toRaw(getDataValue(0))) / 2200.0); }"}],
        "layout": "xy",
        "showAxisLines": False,
        "showScaleBar": False,
        "showDefaultAnnotations": False,
        "crossSectionBackgroundColor": "#000000",
    }  # fmt: skip
    page = browser.new_page(viewport={"width": 800, "height": 600})
    try:
        with opened_by(neuroglancer_judge, state) as address:
            page.goto(address)

            def is_there() -> bool:
                grey = shown(page)[40:, :, 0].astype(np.float32)
                return float(match_template(grey, plane).max()) > 0.999  # type: ignore[no-untyped-call]

            until(is_there, seconds=SECONDS, what="the plane in Neuroglancer")
    finally:
        page.close()


@pytest.mark.parametrize("path", ["deep-zoom/image.dzi", "iiif/info.json"])
def test_openseadragon_shows_the_slide(browser: Browser, images: Images, tmp_path: Path, path: str) -> None:
    if not OPENSEADRAGON.exists():
        pytest.skip("no OpenSeadragon: script/test fetches it with the front end's packages")
    (tmp_path / "openseadragon.min.js").write_bytes((OPENSEADRAGON / "openseadragon.min.js").read_bytes())
    (tmp_path / "index.html").write_text(PAGE.format(source=json.dumps(f"{images.slide}/{path}")))
    page = browser.new_page(viewport={"width": 650, "height": 450})
    try:
        with website(tmp_path) as address:
            page.goto(f"{address}/index.html")
            page.wait_for_function("() => window.isLoaded === true", timeout=SECONDS * 1000)
            page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
            half = images.rgb.reshape(450, 2, 650, 2, 3).mean(axis=(1, 3))
            assert np.abs(shown(page).astype(int) - half).mean() < 6
    finally:
        page.close()
