"""The built viewer in a real Chromium, on a bare page, over a small server of static files."""

import contextlib
import functools
import json
import re
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Browser, Page

from portal.middleware import POLICY
from tests.chromium import drawn_pixels

ASSETS = Path(__file__).resolve().parents[2] / "build" / "assets"


class _Handler(SimpleHTTPRequestHandler):
    """/static/ from the build, all else from a folder, under the site's own policy; byte ranges for shards."""

    def translate_path(self, path: str) -> str:
        if path.startswith("/static/"):
            return str(ASSETS / path.removeprefix("/static/").split("?")[0])
        return super().translate_path(path)

    def send_head(self) -> Any:
        path = Path(self.translate_path(self.path))
        wanted = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", ""))
        if wanted is None or not path.is_file():
            return super().send_head()
        first, last = int(wanted[1]), min(int(wanted[2]), path.stat().st_size - 1)
        self.send_response(206)
        self.send_header("Content-Range", f"bytes {first}-{last}/{path.stat().st_size}")
        self.send_header("Content-Length", str(last - first + 1))
        self.end_headers()
        with path.open("rb") as file:
            file.seek(first)
            self.wfile.write(file.read(last - first + 1))
        return None

    def handle(self) -> None:
        # The viewer aborts requests for tiles that left the view.
        with contextlib.suppress(ConnectionError):
            super().handle()

    def end_headers(self) -> None:
        self.send_header("Content-Security-Policy", POLICY)
        super().end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def site(tmp_path: Path) -> Iterator[str]:
    """Address of a server of tmp_path and of the built assets."""
    if not (ASSETS / "manifest.json").exists():
        pytest.skip("the viewer is not built: run script/test, or npm run build in viewer/")
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Handler, directory=str(tmp_path)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


class ViewerPage:
    """A page that holds the viewer, and what it lets a program do."""

    def __init__(self, page: Page, site: str, folder: Path) -> None:
        self.page = page
        self.site = site
        self.folder = folder
        self.messages: list[str] = []
        self.statuses: list[tuple[str, int]] = []
        page.on("console", lambda message: self.messages.append(message.text))
        page.on("pageerror", lambda error: self.messages.append(str(error)))
        page.on("response", lambda response: self.statuses.append((response.url, response.status)))

    def open(self, source: str, *, fragment: str = "", settings: object = None, version: str = "0.5") -> None:
        """Opens the image in `source` (a folder beside the page) and waits until the viewer says how it went."""
        entry = json.loads((ASSETS / "manifest.json").read_text())["src/viewer/main.ts"]
        styles = "".join(f'<link rel="stylesheet" href="/static/{name}">' for name in entry["css"])
        attributes = f"data-source='/{source}/' data-version='{version}' data-settings='{json.dumps(settings or {})}'"
        html = (
            f"<!doctype html><html lang='en'><meta charset='utf-8'><title>Viewer</title>{styles}"
            "<link rel='icon' href='data:,'><meta name='viewport' content='width=device-width'><body style='margin:0'>"
            f"<main style='height:100vh'><h1 hidden>Viewer</h1><div id='viewer' {attributes}></div></main>"
            f"<script type='module' src='/static/{entry['file']}'></script>"
        )
        (self.folder / "page.html").write_text(html)
        self.page.goto(f"{self.site}/page.html{fragment}")
        self.page.wait_for_selector("#viewer[data-state=ready], #viewer[data-state=error]")

    def call(self, script: str, argument: object = None) -> Any:
        """Runs `script` (a function of `viewer` and the argument) and waits until all is drawn."""
        return self.page.evaluate(
            f"async (argument) => {{ const result = await ({script})(window.vitrineViewer, argument);"
            " await window.vitrineViewer.whenIdle(); return result }",
            argument,
        )

    def wait(self) -> None:
        """Until all in view is loaded and drawn."""
        self.page.evaluate("vitrineViewer.whenIdle()")

    def pixels(self) -> NDArray[np.uint8]:
        """The canvas as (height, width, 3)."""
        return drawn_pixels(self.page)


@pytest.fixture
def viewer(browser: Browser, site: str, tmp_path: Path) -> Iterator[ViewerPage]:
    context = browser.new_context(viewport={"width": 800, "height": 600})
    yield ViewerPage(context.new_page(), site, tmp_path)
    context.close()
