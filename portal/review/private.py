"""A study by a private link: for referees without the name of any person, for others as it would be published.

No search engine and no cache keeps these pages. Original files are not given to referees: what instruments and programs
wrote into them may name people.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from base.errors import Invalid, NotFound
from catalogue.access import LINK_PARAMETER, Actor
from catalogue.models import Study
from catalogue.services.referees import study_by_link
from portal.public.images import keep_private, link_query
from portal.public.studies import CARDS, study_context
from publishing import blind, record
from publishing.record import RecordSet
from publishing.renditions import BY_EXTENSION, RENDITIONS

IMAGES = 60
FILES = 200

View = Callable[..., HttpResponse]


def private(view: View) -> View:
    @wraps(view)
    def answered(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return keep_private(view(request, *args, **kwargs))

    return answered


@require_safe
@private
def study(request: HttpRequest, study_id: UUID) -> HttpResponse:
    """The study's page, with its images and the formats of its metadata."""
    actor = Actor.of(request)
    found, is_blind = study_by_link(actor, study_id)
    records = _records(found, actor, is_blind=is_blind)
    images = _images(found, actor, is_blind=is_blind, limit=CARDS)
    context = study_context(records, images) | _links(found, actor, is_blind=is_blind) | {"formats": RENDITIONS}
    return render(request, "review/private.html", context)


@require_safe
@private
def images(request: HttpRequest, study_id: UUID) -> HttpResponse:
    actor = Actor.of(request)
    found, is_blind = study_by_link(actor, study_id)
    rows = _images(found, actor, is_blind=is_blind, after=_after(request), limit=IMAGES + 1)
    context = {"images": rows[:IMAGES], **_links(found, actor, is_blind=is_blind)}
    return render(request, "review/private_images.html", context | _turning(actor, rows, IMAGES))


@require_safe
@private
def files(request: HttpRequest, study_id: UUID) -> HttpResponse:
    actor = Actor.of(request)
    found, is_blind = study_by_link(actor, study_id)
    page = blind.files_of if is_blind else record.draft_files_of
    rows = page(found, actor, after=_after(request), limit=FILES + 1)
    context = {"files": rows[:FILES], **_links(found, actor, is_blind=is_blind)}
    return render(request, "review/private_files.html", context | _turning(actor, rows, FILES))


@require_safe
@private
def rendition(request: HttpRequest, study_id: UUID, extension: str) -> HttpResponse:
    """The metadata in one of the formats in which it would be published."""
    actor = Actor.of(request)
    if extension not in BY_EXTENSION:
        raise NotFound(
            f"Studies have no format “.{extension}”. There are {', '.join(f'.{it}' for it in BY_EXTENSION)}."
        )
    found, is_blind = study_by_link(actor, study_id)
    chosen = BY_EXTENSION[extension]
    return HttpResponse(chosen.render(_records(found, actor, is_blind=is_blind)), content_type=chosen.media_type)


def _records(found: Study, actor: Actor, *, is_blind: bool) -> RecordSet:
    return blind.study_of(found, actor) if is_blind else record.of_draft(found, actor)


def _images(
    found: Study, actor: Actor, *, is_blind: bool, limit: int, after: UUID | None = None
) -> list[record.ImageRecord]:
    page = blind.images_of if is_blind else record.draft_images_of
    return page(found, actor, after=after, limit=limit)


def _links(found: Study, actor: Actor, *, is_blind: bool) -> dict[str, Any]:
    return {
        "back": reverse("private-study", args=[found.pk]),
        "link_query": link_query(actor),
        "is_blind": is_blind,
    }


def _turning(actor: Actor, rows: list[Any], size: int) -> dict[str, str]:
    """Addresses of the first and the next page, with the link's secret."""
    kept = {LINK_PARAMETER: actor.link} if actor.link else {}
    more = urlencode({**kept, "after": rows[size - 1].id}) if len(rows) > size else ""
    return {"previous_url": f"?{urlencode(kept)}", "next_url": f"?{more}" if more else ""}


def _after(request: HttpRequest) -> UUID | None:
    text = request.GET.get("after", "")
    try:
        return UUID(text) if text else None
    except ValueError:
        raise Invalid("This page cannot be found. Go back to the first one.", field="after") from None
