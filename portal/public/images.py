"""An image's page: the viewer, and beside it how the image was made."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_safe

from base.errors import NotFound
from catalogue.access import Actor
from catalogue.models import Image
from publishing import queries, record
from publishing.image_shapes import ChannelRecord, ImageRecord
from publishing.record import RecordSet


@dataclass(frozen=True)
class ImagePage:
    """An image with the study it is shown in."""

    image: ImageRecord
    records: RecordSet
    study_url: str  # empty for a draft
    is_public: bool


@require_safe
def image(request: HttpRequest, image_id: UUID) -> HttpResponse:
    """A published image as its newest public version shows it; else, to who may see it, as the draft has it."""
    page = _find(request, image_id)
    found = page.image
    study = page.records.study
    component = next((it for it in page.records.components if it.id == found.component), None)
    data_url = f"/data/{found.id}/ome-zarr-0.5"
    context = {
        "image": found,
        "study": study,
        "component": component,
        "study_url": page.study_url,
        "is_public": page.is_public,
        "data_url": data_url,
        "viewer_settings": viewer_settings(found),
        "zarr_url": settings.PUBLIC_URL + data_url,
        "specimen": next((it for it in study.specimens if it.id == found.specimen), None),
        "key_values": found.key_values,
    }
    response = render(request, "public/image.html", context)
    if not page.is_public:
        patch_cache_control(response, private=True, no_store=True)
    return response


def _find(request: HttpRequest, image_id: UUID) -> ImagePage:
    try:
        published = queries.published_image(image_id)
    except NotFound:
        return _draft(request, image_id)
    publication = published.publication
    url = reverse("study-version", args=[publication.accession, publication.version])
    return ImagePage(published.image, record.of_version(publication), url, True)


def _draft(request: HttpRequest, image_id: UUID) -> ImagePage:
    draft = Image.objects.select_related("study").filter(pk=image_id).first()
    if draft is None:
        raise NotFound("There is no such image, or it is not public.")
    actor = Actor.of(request)
    found = record.draft_image(draft, actor)
    return ImagePage(found, record.of_draft(draft.study, actor), "", False)


def viewer_settings(image: ImageRecord) -> dict[str, Any]:
    """The viewer's data-settings: names, colours and contrast of the channels that have them."""
    return {"channels": [_channel_settings(channel) for channel in image.channels]}


def _channel_settings(channel: ChannelRecord) -> dict[str, Any]:
    known = {
        "name": channel.name or channel.fluor,
        "color": channel.color,
        "min": channel.window_start,
        "max": channel.window_end,
        "low": channel.window_min,
        "high": channel.window_max,
    }
    return {"index": channel.index} | {name: value for name, value in known.items() if value not in ("", None)}
