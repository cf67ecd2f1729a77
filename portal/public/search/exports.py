"""All hits of a search as a file, written while it is sent: CSV here, linked data in search_linked.

There is no cap, and memory does not grow: hits come from the index one by one, newest first.
"""

import csv
import io
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, islice
from uuid import UUID

from django.http import HttpRequest, StreamingHttpResponse
from django.views.decorators.http import require_safe

from catalogue.exchange.tables import safe_cell
from portal.public.search import linked as search_linked
from portal.public.search.address import checked, query_of
from portal.public.search.linked import address_of_hit, thumbnail_of
from portal.public.search.text import pair
from portal.templatetags.vitrine import hit_curie
from publishing import queries
from publishing.image_shapes import ImageRecord, KeyValue
from publishing.search import Hit, Query, search_index
from publishing.search.clauses import Pair, parts_of

BATCH = 500  # images whose records are read at once
CHUNK = 64_000  # characters that are sent at once
COLUMNS = ("type", "accession", "title", "study_title", "organisms", "imaging_methods", "licence", "published", "doi",
           "address", "thumbnail", "size_x", "size_y", "size_z", "size_c", "size_t", "attributes")  # fmt: skip

Writer = Callable[[Query, Iterator[Hit]], Iterator[str]]


@require_safe
def as_csv(request: HttpRequest) -> StreamingHttpResponse:
    return _answer(request, _csv, "text/csv; charset=utf-8", "hits.csv")


@require_safe
def as_json_ld(request: HttpRequest) -> StreamingHttpResponse:
    return _answer(request, search_linked.json_ld, "application/ld+json", "hits.jsonld")


@require_safe
def as_ro_crate(request: HttpRequest) -> StreamingHttpResponse:
    return _answer(request, search_linked.ro_crate, "application/ld+json", "hits-ro-crate-metadata.json")


def _answer(request: HttpRequest, write: Writer, media_type: str, name: str) -> StreamingHttpResponse:
    """Before anything is sent, Invalid is raised if the query cannot be read, and SearchUnavailable if the index does
    not answer: a file that goes on without the page must not hold other hits than those asked for."""
    query = checked(query_of(request)).at_start()
    hits = search_index().scan(query)
    first = list(islice(hits, 1))
    chunks = _in_chunks(write(query, chain(first, hits)))
    response = StreamingHttpResponse(() if request.method == "HEAD" else chunks, content_type=media_type)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "private, no-cache"
    response["Access-Control-Allow-Origin"] = "*"
    return response


def _in_chunks(texts: Iterable[str]) -> Iterator[bytes]:
    waiting, size = [], 0
    for text in texts:
        waiting.append(text)
        size += len(text)
        if size >= CHUNK:
            yield "".join(waiting).encode()
            waiting, size = [], 0
    yield "".join(waiting).encode()


def _csv(query: Query, hits: Iterator[Hit]) -> Iterator[str]:
    """A row a hit. The attributes that the query names have a column of their own besides."""
    named = list(
        {it.name.casefold(): it.name for it in parts_of(query.reading.clause) if isinstance(it, Pair)}.values()
    )
    line = io.StringIO()
    writer = csv.writer(line)
    writer.writerow((*COLUMNS, *(safe_cell(name) for name in named)))
    while batch := list(islice(hits, BATCH)):
        images = queries.image_records([UUID(hit.id) for hit in batch if hit.type == "image"])
        for hit in batch:
            writer.writerow(safe_cell(cell) for cell in _row(hit, images.get(hit.id), named))
        yield line.getvalue()
        line.seek(0)
        line.truncate()
    yield line.getvalue()


def _row(hit: Hit, image: ImageRecord | None, named: list[str]) -> list[str]:
    card = hit.card
    sizes = (image.size_x, image.size_y, image.size_z, image.size_c, image.size_t) if image else ("",) * 5
    pairs = image.key_values if image else ()
    return [
        hit.type,
        hit_curie(hit) if hit.type == "term" else hit.accession,
        hit.title,
        str(card.get("study_title", "")),
        "; ".join(card.get("organisms", ())),
        "; ".join(card.get("methods", ())),
        str(card.get("licence", "")),
        "" if hit.type == "term" else f"{hit.published:%Y-%m-%d}",
        str(card.get("doi", "")),
        address_of_hit(hit),
        thumbnail_of(hit),
        *map(str, sizes),
        "; ".join(pair(it.name, _value(it)) for it in pairs),
        *("; ".join(_value(it) for it in pairs if it.name.casefold() == name.casefold()) for name in named),
    ]


def _value(it: KeyValue) -> str:
    return f"{it.value} {it.unit}".strip()
