"""Takes the README's pictures of a running demo site. script/screenshots runs this in .venv.

Arguments: the site's address, the file with the demo's accounts, the folder for the pictures, Chromium's path.
"""

import io
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

SIZE: ViewportSize = {"width": 1200, "height": 760}
COLOURS = 128  # of a palette: a third of the bytes, and hardly to be seen
WEBGL = ["--no-sandbox", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
RESEARCHER, CURATOR = "demo-researcher@example.org", "demo-curator@example.org"


class Camera:
    """Opens pages of the site and keeps pictures of them."""

    def __init__(self, browser: Browser, site: str, folder: Path, passwords: dict[str, str]) -> None:
        self._browser, self._site, self._folder, self._passwords = browser, site, folder, passwords

    def page(self, account: str = "") -> Page:
        """A window of its own, signed in as this account."""
        page = self._browser.new_context(viewport=SIZE, color_scheme="light", base_url=self._site).new_page()
        page.set_default_timeout(60_000)
        if account:
            page.goto("/accounts/login/")
            page.fill("input[name=login]", account)
            page.fill("input[name=password]", self._passwords[account])
            page.press("input[name=password]", "Enter")
            page.wait_for_url("**/deposit")
        return page

    def take(self, page: Page, name: str) -> None:
        page.wait_for_load_state("networkidle")
        picture = Image.open(io.BytesIO(page.screenshot(animations="disabled"))).convert("RGB")
        path = self._folder / f"{name}.png"
        picture.quantize(COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)
        print(f"{path.name}: {path.stat().st_size / 1000:.0f} kB", flush=True)


def take_public(camera: Camera) -> None:
    page = camera.page()
    page.goto("/")
    camera.take(page, "home")
    page.goto("/search?q=demonstration")
    while not page.locator("a[href*='/studies/VIT-2']").count():  # until the indexer has seen what the demo published
        page.wait_for_timeout(500)
        page.reload()
    camera.take(page, "search")
    page.goto("/studies/VIT-1")
    camera.take(page, "study")
    page.locator("a[href*='/images/']", has_text="stains separated").first.click()
    page.wait_for_selector("#viewer[data-state=ready]")
    camera.take(page, "image")


def take_deposit(camera: Camera) -> None:
    """A step of the draft's form; then a new version of a study is sent to the curators, to be seen in review."""
    page = camera.page(RESEARCHER)
    draft = page.locator("a[href^='/deposit/']", has_text="Quantitative phase image").first.get_attribute("href") or ""
    page.goto("/".join(draft.split("/")[:3]) + "/samples")
    camera.take(page, "deposit")
    page.goto("/deposit")
    link = page.locator("a[href^='/deposit/']", has_text="Fundus photograph").first.get_attribute("href") or ""
    token = next(one["value"] for one in page.context.cookies() if one["name"] == "csrftoken")
    headers = {"X-CSRFToken": token, "Referer": page.url}
    for verb in ("new-version", "submit"):
        answer = page.request.post(f"/api/v1/studies/{link.split('/')[2]}/{verb}", headers=headers)
        if not answer.ok:
            sys.exit(f"{verb} was refused: {answer.status} {answer.text()[:500]}")


def take_review(camera: Camera) -> None:
    page = camera.page(CURATOR)
    page.goto("/review")
    page.locator("a[href^='/review/']", has_text="Fundus photograph").first.click()
    camera.take(page, "review")


def main() -> None:
    site, accounts, folder, chromium = sys.argv[1:]
    passwords = dict(line.split()[-2:] for line in Path(accounts).read_text().splitlines())
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=WEBGL)
        camera = Camera(browser, site, Path(folder), passwords)
        take_public(camera)
        take_deposit(camera)
        take_review(camera)
        browser.close()


main()
