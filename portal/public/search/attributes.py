"""Find images by their attributes: conditions in rows, as IDR has them, which are written into the query.

The form works without scripts: it is sent here, and leads on to the search that it stands for.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_safe

from portal.public.search.address import SearchAddress
from portal.public.search.rows import MOST, OPERATORS, Row, measured, rows_of, rows_of_form, text_of
from publishing.search import Completion, Query, SearchUnavailable, search_index
from publishing.search.language.reading import read
from publishing.search.query import clean

ATTRIBUTES = 200  # offered to a browser without scripts
IMAGES = {"type": ("image",)}


@require_safe
def attributes(request: HttpRequest) -> HttpResponse:
    """The form; with `find` in the address, the search that its rows stand for, unless something is wrong with them."""
    query = Query.of(request.GET)
    words = clean(request.GET.get("words", "")).strip()
    rows = rows_of_form({name: clean(request.GET.get(name, "")) for name in request.GET})
    is_sent = bool(rows or words)
    if "find" in request.GET and is_sent and not any(row.problem for row in rows):
        found = replace(query.at_start(), q=text_of(rows, words), filters={**query.filters, **IMAGES})
        return HttpResponseRedirect(SearchAddress(found, request.GET.get("view", "list")).of(found))
    form = _form(query, rows, words) if is_sent else attributes_form(query)
    if "more" in request.GET and len(form["rows"]) < MOST:
        form["rows"] = [*form["rows"], Row()]
    names, problem = _names()
    context = {**form, "names": names, "unavailable": problem, "kept": _kept(query)}
    context["text"] = text_of(rows, words) if is_sent and not any(row.problem for row in rows) else ""
    return render(request, "public/search_attributes.html", context)


def attributes_form(query: Query) -> dict[str, Any]:
    """What `search_builder.html` shows for a query: its conditions as rows, or what else it holds as words."""
    rows = rows_of(query.q) if not query.reading.problems else None
    return _form(query, rows or [], "" if rows is not None else query.q)


def _form(query: Query, rows: Sequence[Row], words: str) -> dict[str, Any]:
    return {
        "rows": list(rows) or [Row()],
        "from_query": bool(rows),
        "other_words": words,
        "word_problems": read(words).problems if words else (),
        "operators": OPERATORS,
        "measured": measured(),
    }


def _kept(query: Query) -> list[tuple[str, str]]:
    kept = replace(query.at_start(), q="", filters={k: v for k, v in query.filters.items() if k != "type"})
    return kept.parameters()


def _names() -> tuple[list[Completion], str]:
    try:
        return search_index().keys("", ATTRIBUTES), ""
    except SearchUnavailable as error:
        return [], str(error)
