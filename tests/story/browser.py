"""A person at a browser: every page is watched for requests that leave the site, errors, and breaches of its policy."""

import re
from dataclasses import dataclass, field
from types import TracebackType
from typing import Literal, Self
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Locator, Page, Request, expect

from tests.story.site import PASSWORD, Site

Theme = Literal["light", "dark"]
WIDE = (1280, 900)
NARROW = (390, 844)


@dataclass
class Visitor:
    """Somebody's browser, with its own cookies. `refused` are parts of addresses that are to answer with an error."""

    browser: Browser
    site: Site
    size: tuple[int, int] = WIDE
    theme: Theme = "light"
    refused: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    context: BrowserContext = field(init=False)
    page: Page = field(init=False)

    def __enter__(self) -> Self:
        width, height = self.size
        self.context = self.browser.new_context(
            base_url=self.site.url,
            viewport={"width": width, "height": height},
            color_scheme=self.theme,
            reduced_motion="reduce",  # colours that are on their way would be taken for the page's
        )
        self.context.on("request", self._look_at)
        self.context.on("console", self._listen)
        self.context.on("weberror", lambda error: self.faults.append(f"script: {error.error}"))
        self.page = self.context.new_page()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.context.close()
        if error is None:
            assert not self.faults, "\n".join(self.faults)

    def _look_at(self, request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme not in {"data", "blob"} and f"{address.scheme}://{address.netloc}" != self.site.url:
            self.faults.append(f"a request left the site: {request.url}")

    def _listen(self, message: ConsoleMessage) -> None:
        """Errors, among which Chromium also reports what the site's policy forbids."""
        where = message.location.get("url", "")
        expected = "Failed to load resource" in message.text and any(part in where for part in self.refused)
        if message.type == "error" and not expected:
            self.faults.append(f"console: {message.text} ({where})")

    def go(self, address: str, status: int = 200) -> Page:
        if status >= 400:
            self.refused.append(address)
        answer = self.page.goto(address)
        assert answer is not None
        assert answer.status == status, f"{address}: {answer.status}"
        return self.page

    def new_tab(self) -> None:
        """Closes the page as a person closes a tab, in the middle of what is going on, and opens another one."""
        self.page.close(run_before_unload=False)
        self.page = self.context.new_page()

    def sign_in(self, email: str, password: str = PASSWORD) -> None:
        page = self.go("/accounts/login/")
        page.get_by_role("textbox", name=re.compile("^E-?mail")).fill(email)
        page.get_by_label("Password").fill(password)
        page.get_by_role("main").get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("link", name="My studies")).to_be_visible()

    def menu(self, item: str) -> None:
        """Chooses from the menu behind one's name."""
        menu = self.page.locator("details[data-menu]")
        menu.locator("summary").click()
        menu.get_by_text(item, exact=True).click()


def named(where: Locator, label: str) -> Locator:
    """The control with this label, whatever mark of being required stands behind it."""
    pattern = re.compile(rf"^{re.escape(label)}\s*(required|recommended|optional)?$")
    return where.get_by_role("textbox", name=pattern).or_(where.get_by_role("combobox", name=pattern))
