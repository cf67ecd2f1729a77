"""The search page: what was found for a query, and every way on from there."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from portal.errors import SECONDS_TO_RETRY
from portal.public.search.address import VIEWS, Choice, SearchAddress, query_of
from portal.public.search.attributes import attributes_form
from portal.public.search.facets import TYPED, chips_of, facets_of, labels_of
from portal.public.search.help import IN_SHORT, examples, ways
from portal.public.search.terms import fitting_terms
from publishing.search import FACETS, FacetCount, Query, Results, SearchUnavailable, search_index
from publishing.search.query import DEEPEST, FOUND_BY_DEFAULT

SORTS = {"relevance": _("Best match"), "newest": _("Newest first"), "oldest": _("Oldest first")}
TYPES = {"": _("Everything"), "study": _("Studies"), "image": _("Images"), "term": _("Terms")}
NEIGHBOURS = 2  # numbers of pages on either side of the present one
NOTHING = Results((), 0, dict.fromkeys(FACETS, ()))


@dataclass(frozen=True)
class Piece:
    """A part of what was typed, and what is wrong with it."""

    text: str
    problem: str = ""


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    query = query_of(request)
    view = request.GET.get("view", "list")
    address = SearchAddress(query, view if view in VIEWS else "list")
    try:
        results, problem = search_index().search(query), ""
    except SearchUnavailable as error:
        results, problem = NOTHING, str(error)
    context = _words(address, results) | _choices(address, results) | _pages(address, results)
    context |= {
        "results": results,
        "unavailable": problem,
        "view": address.view,
        "terms": [] if problem else fitting_terms(query),
        "all_url": address.of(Query()),
        "examples": examples(),
        "ways": ways(IN_SHORT),
        "builder": attributes_form(query),
        "feed_url": address.of_all("search-feed"),
        "hide_header_search": True,
    }
    response = render(request, "public/search.html", context, status=503 if problem else 200)
    if problem:
        response["Retry-After"] = str(SECONDS_TO_RETRY)
    return response


def _words(address: SearchAddress, results: Results) -> dict[str, Any]:
    """The query as people read it, what is wrong with it, and what may have been meant."""
    query = address.query
    labels = labels_of(query, results)
    chips = chips_of(address, labels)
    problems = query.reading.problems
    return {
        "query": query,
        "chips": chips,
        "facets": facets_of(address, results, labels),
        "words": " · ".join(filter(None, [_in_quotes(query.q), *(chip.label for chip in chips)])),
        "problems": problems,
        "pieces": list(_pieces(query)) if problems else [],
        "meant": Choice(results.did_you_mean, address.of(replace(query.at_start(), q=results.did_you_mean))),
        "kept": address.kept(),
        "without_filters_url": address.of(query.without_filters()),
        "without_text_url": address.of(replace(query.at_start(), q="")),
    }


def _in_quotes(q: str) -> str:
    """Plain words in quotation marks; what has signs of the query language stands by itself."""
    return f"“{q}”" if q and not set(q) & set('":=<>()') else q


def _pieces(query: Query) -> Iterator[Piece]:
    """What was typed, cut where problems begin and end."""
    done = 0
    for problem in sorted(query.reading.problems, key=lambda it: it.start):
        start = max(done, min(problem.start, len(query.q)))
        end = max(start, min(problem.end, len(query.q)))
        yield Piece(query.q[done:start])
        yield Piece(query.q[start:end], problem.message)
        done = end
    yield Piece(query.q[done:])


def _choices(address: SearchAddress, results: Results) -> dict[str, Any]:
    """What to show, how, and in which order."""
    query = address.query
    sort = query.sort if query.is_ranked or query.sort != "relevance" else "newest"
    return {
        "types": [
            _type_choice(address, results, name, str(label))
            for name, label in TYPES.items()
            if name != "term" or _is_type(query, name) or _type_counts(results, name)
        ],
        "views": [
            Choice(str(label), address.of(query, name), None, name == address.view) for name, label in VIEWS.items()
        ],
        "sorts": [
            Choice(str(label), address.of(query.sorted_by(name)), None, name == sort)
            for name, label in SORTS.items()
            if query.reading.has_words or name != "relevance"
        ],
        "sort": sort,
        "by_date_url": address.of(query.sorted_by("newest" if sort != "newest" else "oldest")),
        "downloads": [
            Choice("CSV", address.of_all("search-csv")),
            Choice("JSON-LD", address.of_all("search-json-ld")),
            Choice("RO-Crate", address.of_all("search-ro-crate")),
        ],
    }


def _of_type(query: Query, name: str) -> Query:
    filters = {facet: values for facet, values in query.filters.items() if facet != TYPED}
    return replace(query.at_start(), filters={**filters, TYPED: (name,)} if name else filters)


def _is_type(query: Query, name: str) -> bool:
    return set(query.types) == ({name} if name else set(FOUND_BY_DEFAULT))


def _type_choice(address: SearchAddress, results: Results, name: str, label: str) -> Choice:
    counts = _type_counts(results, name)
    return Choice(
        label,
        address.of(_of_type(address.query, name)),
        sum(count.count for count in counts),
        _is_type(address.query, name),
        any(count.is_estimated for count in counts),
    )


def _type_counts(results: Results, name: str) -> list[FacetCount]:
    wanted = (name,) if name else FOUND_BY_DEFAULT
    return [count for count in results.facets.get(TYPED, ()) if count.value in wanted]


def _pages(address: SearchAddress, results: Results) -> dict[str, Any]:
    """The way to further hits: numbered pages by relevance, the pages before and after by date."""
    query = address.query
    if not query.is_ranked:
        before = replace(query.at_start(), before=results.previous)
        after = replace(query.at_start(), after=results.next)
        return {
            "previous_url": address.of(before) if results.previous else "",
            "next_url": address.of(after) if results.next else "",
        }
    page, last = query.page, results.pages
    near = {1, last, *range(page - NEIGHBOURS, page + NEIGHBOURS + 1)}
    numbers = [number for number in sorted(near) if 1 <= number <= last]
    return {
        "previous_url": address.of(query.on_page(min(page - 1, last))) if page > 1 else "",
        "next_url": address.of(query.on_page(page + 1)) if page < last else "",
        "numbers": [
            (Choice(str(number), address.of(query.on_page(number)), None, number == page), number - before > 1)
            for before, number in zip([0, *numbers], numbers, strict=False)
        ],
        "ends_early": page >= last and results.total > DEEPEST,
        "is_beyond": page > last and results.total > 0,
        "last_url": address.of(query.on_page(last)),
        "deepest": DEEPEST,
    }
