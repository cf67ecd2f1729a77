"""Search over what is published: documents made from Records, a Query, Results, and the engines that answer it.

An engine implements `SearchIndex` and passes its contract test; nothing outside this room names an engine. Readers
call `search_index()`; only the indexer process writes.
"""

from functools import cache
from pathlib import Path

from django.conf import settings

from publishing.search.document import PUBLIC, Document, FacetValue, KeyValue
from publishing.search.elastic_engine.client import Place
from publishing.search.elastic_engine.index import ElasticIndex
from publishing.search.fields import FACETS, FIELDS
from publishing.search.index import SearchIndex, SearchUnavailable
from publishing.search.query import Query
from publishing.search.results import Completion, FacetCount, Health, Hit, Results
from publishing.search.tantivy_engine.index import TantivyIndex

__all__ = [
    "FACETS",
    "FIELDS",
    "PUBLIC",
    "Completion",
    "Document",
    "FacetCount",
    "FacetValue",
    "Health",
    "Hit",
    "KeyValue",
    "Query",
    "Results",
    "SearchIndex",
    "SearchUnavailable",
    "search_folder",
    "search_index",
]


def search_folder() -> Path:
    """Where the embedded index and the writer's lock are."""
    folder: Path = settings.DATA / "search"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@cache
def _opened(place: Path | Place) -> SearchIndex:
    return ElasticIndex(place) if isinstance(place, Place) else TantivyIndex(place)


def search_index() -> SearchIndex:
    """The site's index, opened once a process: Elasticsearch if the settings name one, else the embedded one."""
    if not settings.SEARCH_URL:
        return _opened(search_folder())
    return _opened(
        Place(
            url=settings.SEARCH_URL,
            prefix=settings.SEARCH_PREFIX,
            api_key=settings.SEARCH_API_KEY,
            ca_file=settings.SEARCH_CA,
            shards=settings.SEARCH_SHARDS,
        )
    )
