"""A study's images for viewers of IIIF."""

from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

from portal.public.parts import id_of
from publishing import queries, record
from publishing.manifests import CANVASES, MEDIA_TYPE, manifest_of


@require_safe
def manifest(request: HttpRequest, accession: str, version: int | None = None) -> JsonResponse:
    """The IIIF Presentation 3 manifest of a version's first images, or of those after the one that `after` names."""
    publication = queries.by_accession(accession, version)
    after = id_of(request, "after")
    found = record.images_of(publication, after=after, limit=CANVASES + 1)
    described = manifest_of(
        record.of_version(publication), found[:CANVASES], after=after, goes_on=len(found) > CANVASES
    )
    response = JsonResponse(described, content_type=MEDIA_TYPE, json_dumps_params={"ensure_ascii": False})
    response["Access-Control-Allow-Origin"] = "*"
    return response
