"""A person at a form of the deposit, in a browser."""

from dataclasses import dataclass
from typing import Any

from playwright.sync_api import BrowserContext, Page

from catalogue import documents
from catalogue.models import Study
from tests.story.depositing import ALL_IS_SAVED


@dataclass
class Desk:
    """A person's browser at the site, and what went wrong in it."""

    context: BrowserContext
    site: str
    errors: list[str]

    def open(self, address: str) -> Page:
        page = self.context.new_page()
        page.on("console", lambda message: self.errors.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.goto(self.site + address)
        return page


def of(study: Study, part: str) -> Any:
    return documents.read(Study.objects.get(pk=study.pk))[part]


def wait_saved(page: Page) -> None:
    """Until all that was typed so far is on the site: "Saved" may also be said of what was typed before."""
    page.wait_for_function(ALL_IS_SAVED, polling=100)
