"""Studies like the one, or like the image, that somebody looks at: a part of its page that comes after it."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.views.decorators.http import require_safe

from publishing import queries
from publishing.search import SearchUnavailable, search_index

SECONDS_KEPT = 300


@require_safe
def of_study(request: HttpRequest, accession: str) -> HttpResponse:
    publication = queries.by_accession(accession)
    title, address = str(publication.record.body.get("title", "")), reverse("study", args=[accession])
    return _similar(request, str(publication.study_id), title, address)


@require_safe
def of_image(request: HttpRequest, image_id: UUID) -> HttpResponse:
    found = queries.published_image(image_id)
    return _similar(request, found.image.id, found.image.title, reverse("image", args=[image_id]))


def _similar(request: HttpRequest, document: str, title: str, address: str) -> HttpResponse:
    """A whole page to those who follow the link; to the script of a page the part alone, nothing if search is down."""
    is_part = request.headers.get("HX-Request") == "true"
    try:
        hits = search_index().similar(document)
    except SearchUnavailable:
        if not is_part:
            raise
        return HttpResponse(status=204)
    template = "public/similar.html" if is_part else "public/similar_page.html"
    response = render(request, template, {"hits": hits, "title": title, "address": address})
    patch_cache_control(response, max_age=SECONDS_KEPT)
    patch_vary_headers(response, ["HX-Request"])
    return response
