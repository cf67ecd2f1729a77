"""A real Chromium, as every test of a page starts it, and what its viewer has drawn."""

import base64
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from numpy.typing import NDArray
from playwright.sync_api import Browser, Page, sync_playwright

ARGUMENTS = [
    "--no-sandbox",
    "--use-gl=angle",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


@contextmanager
def started(path: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


def drawn_pixels(page: Page) -> NDArray[np.uint8]:
    """The viewer's canvas once all is drawn, as (height, width, 3)."""
    drawn = page.evaluate(
        "async () => { await vitrineViewer.whenIdle(); const { width, height, data } = vitrineViewer.readPixels();"
        " let text = ''; for (let i = 0; i < data.length; i += 8192)"
        " text += String.fromCharCode(...data.subarray(i, i + 8192)); return [width, height, btoa(text)] }"
    )
    width, height, encoded = drawn
    return np.frombuffer(base64.b64decode(encoded), np.uint8).reshape(height, width, 4)[:, :, :3]
