"""The first page: what is here, and how to find it."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from portal.public.search.help import examples
from publishing.queries import latest, study_record
from publishing.search import FIELDS, FacetCount, Query, SearchUnavailable, search_index

NEWEST = 8
BARS = 8
GROUPS = ("organism", "method")  # facets that are counted


@dataclass(frozen=True)
class Bar:
    """A count as a link; `part` is its length in per cent of the longest."""

    label: str
    url: str
    count: int
    part: int


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    context = {
        "newest": [study_record(publication) for publication in latest(limit=NEWEST)],
        **_counts(),
        "examples": examples(),
        "hide_header_search": True,
        "lead": _("Published microscopy images with their metadata: find them, look at them, reuse them."),
    }
    return render(request, "public/home.html", context)


def _counts() -> dict[str, Any]:
    """What is here, by organism and method; without counts while the search does not answer."""
    try:
        counts = search_index().search(Query(filters={"type": ("study",)}, size=1, counted=(*GROUPS, "type")))
    except SearchUnavailable:
        return {"groups": []}
    images = next((count for count in counts.facets["type"] if count.value == "image"), None)
    return {
        "groups": [(FIELDS[facet].label, _bars(facet, counts.facets[facet][:BARS])) for facet in GROUPS],
        "study_count": counts.total,
        "image_count": images.count if images else 0,
        "is_about": images is not None and images.is_estimated,
    }


def _bars(facet: str, counts: tuple[FacetCount, ...]) -> list[Bar]:
    longest = max((count.count for count in counts), default=1)
    return [
        Bar(
            count.label,
            f"{reverse('search')}?{urlencode({facet: count.value, 'type': 'study'})}",
            count.count,
            round(100 * count.count / longest),
        )
        for count in counts
    ]
