"""A study's address: its page for people, its metadata for programs, and what was here once."""

from itertools import pairwise
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from base.errors import Gone, NotFound
from catalogue.access import Actor, Verb, may
from catalogue.exchange.download import writable
from portal.errors import error_response, wants_page
from portal.fairness import fair_view
from portal.public.study_page import StudyView, changes, python_snippet
from publishing import erasing, queries, record
from publishing.canonical import from_plain
from publishing.fair import of_version
from publishing.harvest.signposting import study_header
from publishing.models import Publication
from publishing.record import RecordSet, StudyRecord
from publishing.renditions import BY_EXTENSION, BY_KEY, RENDITIONS, NotAcceptable, Rendition, negotiate

CARDS = 24  # images on the page itself
FILES = 20
PLATES = 24  # named on the page itself
VERSIONS = 20  # told apart on the page


@require_safe
def study(request: HttpRequest, accession: str, version: int | None = None) -> HttpResponse:
    """A study's newest version, or the one named: the page, or the rendition that the Accept header asks for."""
    try:
        publication = queries.by_accession(accession, version)
        rendition = negotiate(request.headers.get("Accept", ""))
    except Gone as gone:
        response = _tombstone(request, accession, version, gone)
    except NotAcceptable as problem:
        response = error_response(request, 406, str(problem))
    else:
        response = _rendered(publication, rendition) if rendition else _page(request, publication)
    patch_vary_headers(response, ["Accept"])
    return response


@require_safe
def study_rendition(request: HttpRequest, accession: str, extension: str, version: int | None = None) -> HttpResponse:
    """A rendition by its extension, whatever the Accept header says."""
    if extension not in BY_EXTENSION:
        known = ", ".join(f".{it}" for it in BY_EXTENSION)
        raise NotFound(f"Studies have no format “.{extension}”. There are {known}.")
    return _rendered(queries.by_accession(accession, version), BY_EXTENSION[extension])


def version_url(publication: Publication) -> str:
    return reverse("study-version", args=[publication.accession, publication.version])


def _tombstone(request: HttpRequest, accession: str, version: int | None, gone: Gone) -> HttpResponse:
    """What stays of a withdrawn version: its name, its DOI, when and why it went."""
    if not wants_page(request):
        return error_response(request, 410, str(gone))
    versions = list(queries.versions(accession))
    publication = next(it for it in versions if version in (None, it.version) and it.withdrawn_at)
    context = {
        "publication": publication,
        "view": StudyView.of(record.of_version(publication)),
        "shown": next((it for it in versions if not it.withdrawn_at), None),
        "erased": erasing.told_of(publication),
        "may_erase": may(Actor.of(request), Verb.ERASE, publication.study),
    }
    return render(request, "public/tombstone.html", context, status=410)


def _rendered(publication: Publication, rendition: Rendition) -> HttpResponse:
    response = HttpResponse(rendition.render(record.of_version(publication)), content_type=rendition.media_type)
    response["Content-Location"] = f"{version_url(publication)}.{rendition.extension}"
    response["Access-Control-Allow-Origin"] = "*"
    response["Link"] = study_header(publication)
    return response


def _page(request: HttpRequest, publication: Publication) -> HttpResponse:
    records = record.of_version(publication)
    images = record.images_of(publication, limit=CARDS)
    versions = list(queries.versions(publication.accession))
    context = {
        **study_context(records, images),
        "publication": publication,
        "versions": _with_changes(versions),
        "newest": versions[0],
        "files": record.listed_files(publication, limit=FILES),
        "plates": record.plates_of(publication, limit=PLATES + 1),
        "plates_base": f"{version_url(publication)}/plates",
        "json_ld": BY_KEY["json-ld"].render(records).decode(),
        "base": version_url(publication),
        "formats": RENDITIONS,
        "exports": writable(),
        "fair": fair_view(of_version(records)),
    }
    response = render(request, "public/study.html", context)
    response["Link"] = study_header(publication)
    return response


def study_context(records: RecordSet, images: list[record.ImageRecord]) -> dict[str, Any]:
    """What `public/study_body.html` needs of a version, or of a draft that is shown as it will look."""
    return {
        "view": StudyView.of(records),
        "study": records.study,
        "images": images,
        "python_snippet": python_snippet(images),
        "public_url": settings.PUBLIC_URL,
    }


def _with_changes(versions: list[Publication]) -> list[tuple[Publication, str]]:
    """Each version, newest first, with what it changed."""
    shown = versions[:VERSIONS]
    studies = [from_plain(StudyRecord, publication.record.body) for publication in shown]
    told = [changes(newer, older) for newer, older in pairwise(studies)]
    return list(zip(shown, [*told, ""], strict=True))
