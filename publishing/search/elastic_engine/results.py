"""Searches of Elasticsearch, and what comes back as Results."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from html import escape
from typing import Any

from elasticsearch import Elasticsearch, NotFoundError

from publishing.search.clauses import Text
from publishing.search.elastic_engine import counting
from publishing.search.elastic_engine import facets as elastic_facets
from publishing.search.elastic_engine.client import unavailable
from publishing.search.elastic_engine.facets import Lineages
from publishing.search.elastic_engine.query import counted, filters, matching, translate, words_of
from publishing.search.elastic_engine.schema import SHOWN, Made, to_hit
from publishing.search.fields import FACETS
from publishing.search.index import no_index
from publishing.search.query import DEEPEST, Query
from publishing.search.results import Hit, Results

SNIPPET = 220  # characters
SCANNED_AT_ONCE = 500
KEPT_OPEN = "5m"  # a scan's view of the index, from one batch to the next
BEGIN, END = "\x02", "\x03"  # around marked words; texts hold no control characters

RANKED: list[Made] = [{"_score": "desc"}, {"newest": "desc"}, {"id": "asc"}]
FEW = 3  # hits; below, it is asked whether a word was misspelt

_CURSOR = re.compile(r"(\d{1,18})~(.+)")
_WORD = re.compile(r"[^\W_]+")


def search(client: Elasticsearch, alias: str, lineages: Lineages, query: Query, exactly: int) -> Results:
    """The page of hits, and each facet counted as if nothing were chosen in it, in two requests of several searches.

    Hits are looked for apart: without counts most of what matches need not be looked at, and counts, which need no
    ranks, are remembered by Elasticsearch for the further pages. The first request also glances at how many there are,
    by which the second counts all or, of more than `exactly`, a share.
    """
    wanted = [facet for facet in FACETS if facet in query.counted or facet == "type"]
    bound = [facet for facet in wanted if facet == "type" or query.filters.get(facet)]

    def looked_for(begun: frozenset[Text]) -> list[Made]:
        return [_page(query, begun), *(counting.glance(query, begun, without) for without in ("", *bound))]

    begun, answers = _unless_begun(client, alias, query, looked_for)
    page, *glanced = answers
    shares = dict(zip(("", *bound), (counting.share_of(answer, exactly) for answer in glanced), strict=True))
    bodies = counting.bodies(query, wanted, begun, shares, exactly)
    answered = ask(client, alias, [*bodies.values()])
    total, facets, above = elastic_facets.read(query, dict(zip(bodies, answered, strict=True)), lineages)
    hits, following, previous = _turned(query, page["hits"]["hits"])
    return Results(
        hits=hits,
        total=total,
        facets=facets,
        above=above,
        page=query.page,
        pages=min(query.deepest_page, max(1, -(-total // query.size))),
        next=following,
        previous=previous,
        is_estimated=shares[""] < 1.0,
        did_you_mean=_corrected(client, alias, query) if total < FEW and query.reading.has_words else "",
    )


def ask(client: Elasticsearch, alias: str, bodies: Sequence[Made]) -> list[Made]:
    """The answers to several searches at once. Raises SearchUnavailable."""
    header: Made = {"index": alias, "allow_partial_search_results": False}
    answers: list[Made] = client.msearch(searches=[part for body in bodies for part in (header, body)])["responses"]
    for answer in answers:
        if error := answer.get("error"):
            if error.get("type") == "index_not_found_exception":
                raise no_index()
            raise unavailable(str(error))
    return answers


def _begun(client: Elasticsearch, alias: str, query: Query) -> frozenset[Text]:
    """The words still being typed that no document holds: they are taken for the beginnings of others."""
    return _unless_begun(client, alias, query, lambda _: [])[0]


def _unless_begun(
    client: Elasticsearch, alias: str, query: Query, asking: Callable[[frozenset[Text]], list[Made]]
) -> tuple[frozenset[Text], list[Made]]:
    """See `_begun`, and the answers to what is asked with it: at once with the words as they are, as mostly they are
    found, and again if not."""
    typed = [text for text in words_of(query) if text.unfinished]
    checks: list[Made] = [
        {"query": translate(text) or {"match_none": {}}, "size": 0, "terminate_after": 1, "track_total_hits": 1}
        for text in typed
    ]
    bodies = asking(frozenset())
    if not bodies and not checks:
        return frozenset(), []
    answers = ask(client, alias, [*checks, *bodies])
    checked = zip(typed, answers, strict=False)
    begun = frozenset(text for text, answer in checked if not answer["hits"]["total"]["value"])
    return begun, ask(client, alias, asking(begun)) if begun and bodies else answers[len(checks) :]


def _page(query: Query, begun: frozenset[Text]) -> Made:
    """The hits asked for; of a list by date one more, to know whether it goes on."""
    body: Made = {
        "query": matching(query, begun=begun),
        "size": query.size if query.is_ranked else query.size + 1,
        "sort": RANKED if query.is_ranked else _by_date(query, back=_goes_back(query)),
        "track_total_hits": False,
        "_source": SHOWN,
    }
    if cursor := _cursor(query):
        body["search_after"] = cursor
    else:
        body["from"] = (query.page - 1) * query.size
        if query.page > query.deepest_page:
            body |= {"from": 0, "size": 0}
        elif body["from"] + body["size"] > DEEPEST:
            body["size"] = DEEPEST - body["from"]
    if texts := words_of(query):
        body["highlight"] = _marks(texts, begun)
    return body


def _by_date(query: Query, *, back: bool = False) -> list[Made]:
    if (query.sort == "oldest") != back:
        return [{"newest": "asc"}, {"id": "desc"}]
    return [{"newest": "desc"}, {"id": "asc"}]


def _cursor(query: Query) -> list[Any] | None:
    """Where a list by date goes on; None at its beginning, and if the cursor is none."""
    found = None if query.is_ranked else _read_cursor(query.after) or _read_cursor(query.before)
    return [int(found[1]), found[2]] if found else None


def _goes_back(query: Query) -> bool:
    return not _read_cursor(query.after) and bool(_read_cursor(query.before))


def _read_cursor(text: str) -> re.Match[str] | None:
    return _CURSOR.fullmatch(text)


def _turned(query: Query, found: list[Made]) -> tuple[tuple[Hit, ...], str, str]:
    """The hits in their order, and the cursors of the pages after and before, which lists by date have."""
    if query.is_ranked:
        return tuple(map(_hit, found)), "", ""
    back, goes_on, found = _goes_back(query), len(found) > query.size, found[: query.size]
    if back:
        found.reverse()
    if not found:
        return (), "", ""
    first, last = ("{}~{}".format(*hit["sort"]) for hit in (found[0], found[-1]))
    started = query.page > 1 or _cursor(query) is not None
    return tuple(map(_hit, found)), last if goes_on or back else "", first if (goes_on if back else started) else ""


def _marks(texts: Sequence[Text], begun: frozenset[Text]) -> Made:
    made = [found for text in texts if (found := translate(text, begun)) is not None]
    return {
        "pre_tags": [BEGIN],
        "post_tags": [END],
        "highlight_query": {"bool": {"should": made}},
        "require_field_match": False,
        "fields": {
            "text.title": {"number_of_fragments": 0},
            "text.description": {"number_of_fragments": 1, "fragment_size": SNIPPET},
        },
    }


def _hit(found: Made) -> Hit:
    source, marked = found["_source"], found.get("highlight", {})
    text = source.get("text", {})
    title = marked.get("text.title", [text.get("title", "")])[0]
    snippet = marked["text.description"][0] if "text.description" in marked else _shortened(text.get("description", ""))
    return to_hit(source, _as_html(title), _as_html(snippet))


def _as_html(marked: str) -> str:
    return escape(marked).replace(BEGIN, "<mark>").replace(END, "</mark>")


def _plain_hit(found: Made) -> Hit:
    return _hit({"_source": found["_source"]})


def _shortened(text: str) -> str:
    if len(text) <= SNIPPET:
        return text
    return text[:SNIPPET].rsplit(" ", 1)[0].rstrip() + " …"


def _corrected(client: Elasticsearch, alias: str, query: Query) -> str:
    """What was typed, with each word that no document holds as the nearest one that more is found with; "" if there is
    none."""
    words = " ".join(text.words for text in words_of(query) if not text.begun)
    near = {"field": "words", "suggest_mode": "missing", "size": 1, "prefix_length": 0, "min_word_length": 3}
    answers = ask(client, alias, [{"size": 0, "suggest": {"near": {"text": words, "term": near}}}])
    meant = {
        words[entry["offset"] : entry["offset"] + entry["length"]].casefold(): entry["options"][0]["text"]
        for entry in answers[0].get("suggest", {}).get("near", [])
        if entry["options"]
    }
    typed = _WORD.sub(lambda match: meant.get(match[0].casefold(), match[0]), query.q)
    if typed == query.q:
        return ""
    other = replace(query, q=typed)
    return typed if count(client, alias, other) > count(client, alias, query) else ""


def count(client: Elasticsearch, alias: str, query: Query) -> int:
    found = counted(query, begun=_begun(client, alias, query))
    answers = ask(client, alias, [{"query": found, "size": 0, "track_total_hits": True}])
    total: int = answers[0]["hits"]["total"]["value"]
    return total


def scan(client: Elasticsearch, alias: str, query: Query) -> Iterator[Hit]:
    """All hits by date, of the index as it is at the first, in batches that each begin after the last hit."""
    body: Made = {
        "query": counted(query, begun=_begun(client, alias, query)),
        "size": SCANNED_AT_ONCE,
        "sort": _by_date(query),
        "track_total_hits": False,
        "source": SHOWN,
    }
    try:
        view = client.open_point_in_time(index=alias, keep_alive=KEPT_OPEN)["id"]
    except NotFoundError as error:
        raise no_index() from error
    try:
        while True:
            answer = client.search(**body, pit={"id": view, "keep_alive": KEPT_OPEN})
            found, view = answer["hits"]["hits"], answer["pit_id"]
            yield from map(_plain_hit, found)
            if len(found) < SCANNED_AT_ONCE:
                return
            body["search_after"] = found[-1]["sort"]
    finally:
        client.options(ignore_status=404).close_point_in_time(id=view)


def similar(client: Elasticsearch, alias: str, document: str, limit: int) -> tuple[Hit, ...]:
    """Studies whose telling words are most like the document's."""
    found = ask(client, alias, [{"query": {"term": {"id": document}}, "_source": ["shown.study"]}])
    if not found[0]["hits"]["hits"]:
        return ()
    study = found[0]["hits"]["hits"][0]["_source"]["shown"]["study"]
    like: dict[str, Any] = {
        "fields": ["text.title", "text.keywords", "text.terms", "text.description", "text.channels"],
        "like": [{"_index": alias, "_id": document}],
        "min_term_freq": 1,
        "min_doc_freq": 1,
        "max_query_terms": 40,
        "minimum_should_match": "20%",
    }
    made = {
        "must": [{"more_like_this": like}],
        "filter": [*filters(Query(filters={"type": ("study",)}))],
        "must_not": [{"term": {"study": study}}],
    }
    answers = ask(client, alias, [{"query": {"bool": made}, "size": limit, "_source": SHOWN}])
    return tuple(map(_plain_hit, answers[0]["hits"]["hits"]))
