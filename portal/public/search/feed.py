"""The hits of a search as an Atom feed (RFC 4287), newest first, a page at a time (RFC 5005 section 3)."""

from dataclasses import replace
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.feedgenerator import Atom1Feed
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.xmlutils import SimplerXMLGenerator
from django.views.decorators.http import require_safe

from portal.public.search.address import checked
from portal.templatetags.vitrine import hit_facts, hit_url
from publishing.search import Hit, Query, search_index

ENTRIES = 50


class _PagedFeed(Atom1Feed):
    """An Atom feed that names its next page."""

    def add_root_elements(self, handler: SimplerXMLGenerator) -> None:
        super().add_root_elements(handler)
        if self.feed["next_url"]:
            handler.addQuickElement("link", "", {"rel": "next", "href": self.feed["next_url"]})


@require_safe
def feed(request: HttpRequest) -> HttpResponse:
    query = replace(checked(Query.of(request.GET, size=ENTRIES)), sort="newest", size=ENTRIES, counted=())
    results = search_index().search(query)
    words = query.q or _("everything")
    feed_url = _address("search-feed", query.at_start())
    made = _PagedFeed(
        title=_("%(site)s: %(words)s") % {"site": settings.SITE_NAME, "words": words},
        link=_address("search", query.at_start()),
        description=_("Studies and images that fit this search, newest first."),
        feed_url=feed_url,
        feed_guid=feed_url,
        next_url=_address("search-feed", replace(query, after=results.next, before="")) if results.next else "",
        language=settings.LANGUAGE_CODE,
    )
    for hit in results.hits:
        made.add_item(**_entry(hit))
    response = HttpResponse(made.writeString("utf-8"), content_type="application/atom+xml; charset=utf-8")
    response["Access-Control-Allow-Origin"] = "*"
    return response


def _entry(hit: Hit) -> dict[str, Any]:
    url = settings.PUBLIC_URL + hit_url(hit)
    return {
        "title": hit.title,
        "link": url,
        "unique_id": f"{url}#{hit.published:%Y-%m-%d}",  # a new version is news
        "description": " · ".join((hit.accession, *map(str, hit_facts(hit)))),
        "pubdate": hit.published,
        "updateddate": hit.published,
        "author_name": ", ".join(hit.card.get("authors", ())) or settings.SITE_NAME,
    }


def _address(name: str, query: Query) -> str:
    """The parameters but for the order, which a feed fixes."""
    parameters = urlencode(replace(query, sort="relevance").parameters())
    return settings.PUBLIC_URL + reverse(name) + (f"?{parameters}" if parameters else "")
