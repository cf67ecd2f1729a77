"""An image's page: the viewer, and beside it how the image was made."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_safe

from base.errors import NotFound
from catalogue.access import Actor
from catalogue.models import Image
from portal.public.studies import version_url
from publishing import queries, record
from publishing.harvest.signposting import header, image_links
from publishing.image_shapes import ChannelRecord, ImageRecord
from publishing.models import Publication
from publishing.record import RecordSet


@dataclass(frozen=True)
class ImagePage:
    """An image with the study it is shown in."""

    image: ImageRecord
    records: RecordSet
    publication: Publication | None  # none of a draft


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
        "study_url": version_url(page.publication) if page.publication else "",
        "data_url": data_url,
        "viewer_settings": viewer_settings(found),
        "zarr_url": settings.PUBLIC_URL + data_url,
        "specimen": next((it for it in study.specimens if it.id == found.specimen), None),
        "dyes": any(channel.fluor for channel in found.channels),
        "wavelengths": any(it.excitation_wavelength or it.emission_wavelength for it in found.channels),
        "key_values": found.key_values,
    }
    response = render(request, "public/image.html", context)
    if page.publication:
        response["Link"] = header(image_links(found, page.publication))
    else:
        patch_cache_control(response, private=True, no_store=True)
    return response


def _find(request: HttpRequest, image_id: UUID) -> ImagePage:
    try:
        published = queries.published_image(image_id)
    except NotFound:
        return _draft(request, image_id)
    publication = published.publication
    return ImagePage(published.image, record.of_version(publication), publication)


def _draft(request: HttpRequest, image_id: UUID) -> ImagePage:
    draft = Image.objects.select_related("study").filter(pk=image_id).first()
    if draft is None:
        raise NotFound("There is no such image, or it is not public.")
    actor = Actor.of(request)
    found = record.draft_image(draft, actor)
    return ImagePage(found, record.of_draft(draft.study, actor), None)


def viewer_settings(image: ImageRecord) -> dict[str, Any]:
    """The viewer's data-settings: names, colours and contrast of the channels that have them."""
    return {"channels": [_channel_settings(channel) for channel in image.channels]}


def _channel_settings(channel: ChannelRecord) -> dict[str, Any]:
    known = {
        "on": channel.active,
        "name": channel.name or channel.fluor,
        "color": channel.color,
        "min": channel.window_start,
        "max": channel.window_end,
        "low": channel.window_min,
        "high": channel.window_max,
    }
    return {"index": channel.index} | {name: value for name, value in known.items() if value not in ("", None)}
