"""Elasticsearch as engine: the contract on a real node, and what is its own: a server that may be away."""

from collections.abc import Iterator

import pytest

from base.ids import new_id
from publishing.search.elastic_client import Place
from publishing.search.elastic_index import ElasticIndex
from tests.publishing.search_contract import SearchContract


@pytest.fixture
def place(elasticsearch_url: str) -> Iterator[Place]:
    """Where indices of a test's own may be made."""
    place = Place(elasticsearch_url, prefix=f"test-{new_id().hex}")
    yield place
    ElasticIndex(place).remove()


class TestElastic(SearchContract):
    @pytest.fixture
    def index(self, place: Place) -> ElasticIndex:
        return ElasticIndex(place)
