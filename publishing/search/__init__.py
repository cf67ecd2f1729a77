"""Search over what is published: documents made from Records, a Query, Results, and the engines that answer it.

An engine implements `SearchIndex` and passes its contract test; nothing outside this room names an engine. Readers
call `search_index()`; only the indexer process writes.
"""

from functools import cache
from pathlib import Path

from django.conf import settings

from publishing.search.document import PUBLIC, Document, FacetValue, KeyValue
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
def _embedded(folder: Path) -> SearchIndex:
    return TantivyIndex(folder)


@cache
def _elastic(url: str, prefix: str, api_key: str, ca_file: str, shards: int) -> SearchIndex:
    # Its client takes a tenth of the start of a process: only sites that have one load it.
    from publishing.search.elastic_engine.client import Place  # noqa: PLC0415
    from publishing.search.elastic_engine.index import ElasticIndex  # noqa: PLC0415

    return ElasticIndex(Place(url, prefix=prefix, api_key=api_key, ca_file=ca_file, shards=shards))


def search_index() -> SearchIndex:
    """The site's index, opened once a process: Elasticsearch if the settings name one, else the embedded one."""
    if not settings.SEARCH_URL:
        return _embedded(search_folder())
    return _elastic(
        settings.SEARCH_URL,
        settings.SEARCH_PREFIX,
        settings.SEARCH_API_KEY,
        settings.SEARCH_CA,
        settings.SEARCH_SHARDS,
    )
