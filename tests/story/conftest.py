"""The site of the stories, on both databases, both brokers and both search engines."""

import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from playwright.sync_api import Browser
from redis import Redis

from publishing.search.elastic_engine.client import Place
from publishing.search.elastic_engine.index import ElasticIndex
from tests.publishing.serving import free_port
from tests.story.browser import Visitor
from tests.story.site import Site, prepare, running

FOLDER = Path(__file__).parent


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the stories on other engines to the run of what is marked `both`, not to tell them twice."""
    if "both" in config.option.markexpr or any("services" in argument for argument in config.args):
        return
    again = [item for item in items if "[services" in item.name and item.path.is_relative_to(FOLDER)]
    if again:
        config.hook.pytest_deselected(items=again)
        items[:] = [item for item in items if item not in again]


@pytest.fixture(scope="session")
def seed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What each site on SQLite begins with, made once."""
    return prepare(tmp_path_factory.mktemp("seed"), {})


@pytest.fixture(scope="session")
def seed_on_postgres(tmp_path_factory: pytest.TempPathFactory, postgres_url: str) -> Iterator[tuple[Path, str]]:
    """The same with a database on PostgreSQL, as a folder and the database's name."""
    server = postgres_url.rpartition("/")[0]
    name = f"seed_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
        try:
            yield prepare(tmp_path_factory.mktemp("seed"), {"VITRINE_DATABASE_URL": f"{server}/{name}"}), name
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


@pytest.fixture(scope="module", params=["embedded", pytest.param("services", marks=pytest.mark.both)])
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, shared: Path) -> Iterator[Site]:
    """A running site: with all embedded, and on PostgreSQL, Redis and Elasticsearch."""
    data = tmp_path_factory.mktemp("site")
    if request.param == "embedded":
        with running(data, free_port(), {}, [shared / "samples"], request.getfixturevalue("seed")) as site:
            yield site
        return
    folder, template = request.getfixturevalue("seed_on_postgres")
    server: str = request.getfixturevalue("postgres_url").rpartition("/")[0]
    redis: str = request.getfixturevalue("redis_url")
    elasticsearch: str = request.getfixturevalue("elasticsearch_url")
    name = f"story{uuid.uuid4().hex[:12]}"  # of the database and of the index
    # Two test processes run two sites at once; on one broker their workers would take each other's messages.
    process = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    databases = (12 + 2 * (process % 2), 13 + 2 * (process % 2))
    for number in databases:
        with Redis.from_url(f"{redis}/{number}") as database:
            database.flushdb()
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}".encode())
        settings = {
            "VITRINE_DATABASE_URL": f"{server}/{name}",
            "VITRINE_BROKER_URL": f"{redis}/{databases[0]}",
            "VITRINE_CACHE_URL": f"{redis}/{databases[1]}",
            "VITRINE_SEARCH_URL": elasticsearch,
            "VITRINE_SEARCH_PREFIX": name,
        }
        try:
            with running(data, free_port(), settings, [shared / "samples"], folder) as site:
                yield site
        finally:
            ElasticIndex(Place(elasticsearch, prefix=name)).remove()
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


@pytest.fixture
def carla(site: Site, browser: Browser) -> Iterator[Visitor]:
    """The curator, signed in."""
    with Visitor(browser, site) as visitor:
        visitor.sign_in("carla@example.org")
        yield visitor
