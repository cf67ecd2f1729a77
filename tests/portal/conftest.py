"""A web server of this process's database, and people who are signed in there."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command
from django.test import Client
from playwright.sync_api import Browser, BrowserContext

from base.models import User
from publishing.search import SearchIndex, search_index
from tests.portal.desk import Desk
from tests.publishing.serving import served

ASSETS = Path(__file__).resolve().parents[2] / "build" / "assets"


@pytest.fixture(scope="session", autouse=True)
def _an_index() -> None:
    """As on a site that runs: until the indexer has made one, the search says that it does not answer."""
    search_index().rebuild([])
    search_index().close()


@pytest.fixture
def index() -> Iterator[SearchIndex]:
    """The site's index, empty again for the next test."""
    index = search_index()
    yield index
    index.rebuild([])
    index.close()


@pytest.fixture
def site(tmp_path: Path) -> Iterator[str]:
    if not (ASSETS / "manifest.json").exists():
        pytest.skip("the front end is not built: run script/test, or npm run build in viewer/")
    call_command("collectstatic", "--noinput", verbosity=0)
    with served([], tmp_path / "web.log") as address:
        yield address


@pytest.fixture
def sit_down(browser: Browser, site: str) -> Iterator[Callable[..., Desk]]:
    contexts: list[BrowserContext] = []

    def sit(person: User, **options: Any) -> Desk:
        client = Client()
        client.force_login(person)
        context = browser.new_context(**options)
        cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
        context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": site}])
        contexts.append(context)
        return Desk(context, site, [])

    yield sit
    for context in contexts:
        context.close()
