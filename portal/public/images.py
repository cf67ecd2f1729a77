"""An image's page: the viewer, and beside it how the image was made."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_safe

from base.errors import Gone, NotFound
from catalogue.access import LINK_PARAMETER, NOT_SHARED, Actor
from catalogue.models import Image
from catalogue.services.referees import links_with, study_by_link
from portal.public.opening import openings
from portal.public.quality import quality_of
from portal.public.studies import version_url
from publishing import blind, queries, record
from publishing.delivery.choosing import has_copied_pixels
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
    link: str = ""  # what has to follow the addresses of its data, for whoever came by a private link
    is_blind: bool = False


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
        "representations": openings(found.id),
        "is_copied": has_copied_pixels(found),
        "is_public": page.publication is not None,
        "specimen": next((it for it in study.specimens if it.id == found.specimen), None),
        "named_channels": any(channel.name for channel in found.channels),
        "dyes": any(channel.fluor for channel in found.channels),
        "wavelengths": any(it.excitation_wavelength or it.emission_wavelength for it in found.channels),
        "settings_of_image": (*found.objective_settings, *found.environment, *found.stage),
        "settings_of_channels": [channel for channel in found.channels if _has_settings(channel)],
        "key_values": found.key_values,
        "quality": None if found.is_labels else quality_of(found),  # noise and light of numbers mean nothing
        "link_query": page.link,
        "is_blind": page.is_blind,
        "back_url": f"/private/{study.id}{page.link}" if page.link else "",
    }
    response = render(request, "public/image.html", context)
    if page.link:
        keep_private(response)
    elif page.publication:
        response["Link"] = header(image_links(found, page.publication))
    else:
        patch_cache_control(response, private=True, no_store=True)
    return response


def _find(request: HttpRequest, image_id: UUID) -> ImagePage:
    if by_link := _by_link(request, image_id):
        return by_link
    try:
        published = queries.published_image(image_id)
    except NotFound:
        return _draft(request, image_id)
    except Gone as gone:  # of what is withdrawn a draft may be left
        try:
            return _draft(request, image_id)
        except NotFound:
            raise gone from None
    publication = published.publication
    return ImagePage(published.image, record.of_version(publication), publication)


def _draft(request: HttpRequest, image_id: UUID) -> ImagePage:
    draft = Image.objects.select_related("study").filter(pk=image_id).first()
    if draft is None:
        raise NotFound(NOT_SHARED)
    actor = Actor.of(request)
    found = record.draft_image(draft, actor)
    return ImagePage(found, record.of_draft(draft.study, actor), None, link_query(actor))


def _by_link(request: HttpRequest, image_id: UUID) -> ImagePage | None:
    """The image as the holder of its study's private link sees it, whether or not it was published meanwhile."""
    actor = Actor.of(request)
    draft = Image.objects.select_related("study").filter(pk=image_id).first() if actor.link else None
    if draft is None or not links_with(actor.link or "").filter(study=draft.study).exists():
        return None
    study, is_blind = study_by_link(actor, draft.study_id)
    query = link_query(actor)
    if is_blind:
        return ImagePage(blind.image_of(draft, actor), blind.study_of(study, actor), None, query, is_blind=True)
    return ImagePage(record.draft_image(draft, actor), record.of_draft(study, actor), None, query)


def link_query(actor: Actor) -> str:
    """What follows an address for whoever came by a private link."""
    return f"?{urlencode({LINK_PARAMETER: actor.link})}" if actor.link else ""


def keep_private(response: HttpResponse) -> HttpResponse:
    """For no cache and no search engine."""
    patch_cache_control(response, private=True, no_store=True)
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response


def _has_settings(channel: ChannelRecord) -> bool:
    said = (channel.detector, channel.detector_settings, channel.light_source, channel.light_source_settings)
    return any(said) or bool(channel.light_path)


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
