"""A site whose search engine is away: pages say so, other pages work, nothing is lost, and it comes back by itself."""

import threading
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from base.ids import new_id
from base.models import Outbox
from publishing import indexer
from publishing.search import Query, search_index
from publishing.search.elastic_engine.client import Place
from publishing.search.elastic_engine.index import ElasticIndex
from tests.portal.publishing import published, terms
from tests.publishing.line import Line
from tests.waiting import until

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def line(settings: object, elasticsearch_url: str) -> Iterator[Line]:
    """The way from the site to Elasticsearch."""
    parts, prefix = urlsplit(elasticsearch_url), f"test-{new_id().hex}"
    with Line(parts.port or 0) as line:
        settings.SEARCH_URL = f"http://{parts.username}:{parts.password}@127.0.0.1:{line.port}"  # type: ignore[attr-defined]
        settings.SEARCH_PREFIX = prefix  # type: ignore[attr-defined]
        yield line
    ElasticIndex(Place(elasticsearch_url, prefix=prefix)).remove()


def test_the_site_goes_on_without_its_search(client: Client, line: Line) -> None:
    terms()
    study = published(images=2)
    indexer.update(search_index())
    assert client.get("/search", {"q": "schwann"}).text.count("<article") == 3
    line.cut()
    page = client.get("/search", {"q": "schwann"})
    assert page.status_code == 503
    assert page["Retry-After"]
    assert "does not answer" in page.text
    answer = client.get("/api/v1/search", {"q": "schwann"})
    assert (answer.status_code, answer["Content-Type"]) == (503, "application/problem+json")
    assert answer["Retry-After"]
    assert "does not answer" in answer.json()["detail"]
    for address in ("/", f"/studies/{study.accession}", "/terms/NCBITaxon:9606", "/search/help", "/api/v1/studies"):
        assert client.get(address).status_code == 200, address
    health = client.get("/health", headers={"Accept": "application/json"})
    assert health.status_code == 503
    assert {"part": "Search index", "state": "bad", "detail": "does not answer"} in health.json()["parts"]
    with pytest.raises(CommandError, match="does not answer"):
        call_command("reindex")
    line.mend()
    assert client.get("/search", {"q": "schwann"}).status_code == 200
    assert client.get("/health").status_code == 200


def test_what_is_published_meanwhile_is_found_afterwards(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(indexer, "SECONDS_AFTER_FAILURE", 0.1)
    terms()
    published(images=1)
    stop = threading.Event()
    writer = threading.Thread(target=indexer.run, args=(stop,))
    writer.start()
    try:
        until(lambda: not Outbox.objects.exists(), seconds=180, what="the first study to be indexed")
        line.cut()
        published(images=2)
        indexer.ask_to_rebuild()
        assert Outbox.objects.count() == 2
        line.mend()
        until(lambda: not Outbox.objects.exists(), seconds=180, what="the outbox to be emptied")
    finally:
        stop.set()
        writer.join()
    assert search_index().count(Query()) == 5
