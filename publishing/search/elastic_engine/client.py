"""The way to Elasticsearch: one client with short time-outs, and every failure as SearchUnavailable."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit, urlunsplit

from django.utils.translation import gettext as _
from elastic_transport import TransportError, Urllib3HttpNode
from elasticsearch import ApiError, Elasticsearch
from urllib3.util import Timeout

from publishing.search.index import SearchUnavailable

logger = logging.getLogger(__name__)

CONNECT_SECONDS = 2.0
ANSWER_SECONDS = 10.0
WRITE_SECONDS = 120.0
CONNECTIONS = 25  # of a process


@dataclass(frozen=True)
class Place:
    """Where an Elasticsearch is and how to get in; `url` may hold a user's name and password."""

    url: str
    prefix: str = "vitrine"  # of the names of its indices
    api_key: str = ""
    ca_file: str = ""  # certificates that vouch for it, where those of the system do not
    shards: int = 1
    patience: float = ANSWER_SECONDS  # for an answer, in seconds


class _Node(Urllib3HttpNode):
    """Gives up earlier on a connection than on an answer."""

    def perform_request(
        self, method: str, target: str, body: Any = None, headers: Any = None, request_timeout: Any = ANSWER_SECONDS
    ) -> Any:
        limit: Any = Timeout(connect=CONNECT_SECONDS, read=request_timeout)
        return super().perform_request(method, target, body, headers, limit)


def make_client(place: Place) -> Elasticsearch:
    parts = urlsplit(place.url)
    port = parts.port or (443 if parts.scheme == "https" else 9200)
    options: dict[str, Any] = {"api_key": place.api_key} if place.api_key else {}
    if parts.username and not place.api_key:
        options["basic_auth"] = (unquote(parts.username), unquote(parts.password or ""))
    if place.ca_file:
        options["ca_certs"] = place.ca_file
    return Elasticsearch(
        urlunsplit((parts.scheme, f"{parts.hostname}:{port}", parts.path.rstrip("/"), "", "")),
        node_class=_Node,
        request_timeout=place.patience,
        connections_per_node=CONNECTIONS,
        max_retries=0,
        retry_on_timeout=False,
        meta_header=False,
        **options,
    )


@contextmanager
def answering() -> Iterator[None]:
    """What is asked within raises SearchUnavailable, and the reason is written to the log."""
    try:
        yield
    except (ApiError, TransportError) as error:
        raise unavailable(str(error)) from error


def unavailable(reason: str) -> SearchUnavailable:
    logger.error("Elasticsearch does not answer as it should: %s", reason[:2_000])
    message = _("The search does not answer at the moment. Everything else works; try again in a minute.")
    return SearchUnavailable(message)
