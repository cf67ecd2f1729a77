"""A version of a study as a IIIF Presentation 3.0 manifest: a canvas for each image, painted by its IIIF Image service.

Source: https://iiif.io/api/presentation/3.0/
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from publishing.image_shapes import ImageRecord
from publishing.renditions.links import absolute, licence_of
from publishing.shapes import RecordSet, StudyRecord

CONTEXT = "http://iiif.io/api/presentation/3/context.json"
MEDIA_TYPE = f'application/ld+json;profile="{CONTEXT}"'
CANVASES = 100  # of one manifest; what follows is in another one, to which it leads


def manifest_of(
    records: RecordSet, images: Sequence[ImageRecord], *, after: UUID | None, goes_on: bool
) -> dict[str, Any]:
    """The manifest of these images of a version, which come after the one named; `goes_on`: more follow."""
    study = records.study
    language = study.language or "none"
    address = absolute(f"{study.path}/manifest.json")
    manifest: dict[str, Any] = {
        "@context": CONTEXT,
        "id": f"{address}?after={after}" if after else address,
        "type": "Manifest",
        "label": {language: [study.title or study.accession]},
        "summary": {language: [study.description]},
        "metadata": _metadata(study),
        "requiredStatement": _pair("Attribution", f"{', '.join(map(str, study.authors))}: {study.title}"),
        "homepage": [_link(absolute(study.path), "Text", study.accession, "text/html")],
        "seeAlso": [_link(absolute(f"{study.path}.jsonld"), "Dataset", "JSON-LD (schema.org)", "application/ld+json")],
        "items": [_canvas(image) for image in images if _is_shown(image)],
    }
    if study.licence:
        # The specification names Creative Commons' licences by http.
        manifest["rights"] = licence_of(study.licence).url.replace("https://", "http://", 1)
    if shown := next((image for image in images if _is_shown(image)), None):
        manifest["thumbnail"] = [_thumbnail(shown)]
    if goes_on:
        following = f"{address}?after={images[-1].id}"
        manifest["seeAlso"].append(_link(following, "Manifest", "The images that follow", MEDIA_TYPE))
    return manifest


def _is_shown(image: ImageRecord) -> bool:
    """Whether it has pixels that can be served."""
    return bool(image.representations) and image.size_x > 0 and image.size_y > 0


def _canvas(image: ImageRecord) -> dict[str, Any]:
    """One image, as large as its pixels."""
    page, service = absolute(image.path), absolute(f"/data/{image.id}/iiif")
    picture = {
        "id": f"{service}/full/max/0/default.jpg",
        "type": "Image",
        "format": "image/jpeg",
        "width": image.size_x,
        "height": image.size_y,
        "service": [{"id": service, "type": "ImageService3", "profile": "level2"}],
    }
    canvas = f"{page}/canvas"
    painting = {
        "id": f"{canvas}/painting",
        "type": "Annotation",
        "motivation": "painting",
        "body": picture,
        "target": canvas,
    }
    return {
        "id": canvas,
        "type": "Canvas",
        "label": {"none": [image.title or image.id]},
        "width": image.size_x,
        "height": image.size_y,
        "metadata": _metadata_of_image(image),
        "thumbnail": [_thumbnail(image)],
        "homepage": [_link(page, "Text", image.title or image.id, "text/html")],
        "items": [{"id": f"{canvas}/page", "type": "AnnotationPage", "items": [painting]}],
    }


def _thumbnail(image: ImageRecord) -> dict[str, Any]:
    return {"id": absolute(f"/data/{image.id}/thumbnail.jpg"), "type": "Image", "format": "image/jpeg"}


def _metadata(study: StudyRecord) -> list[dict[str, Any]]:
    """What a viewer lists of the study."""
    return [
        _pair(label, *values)
        for label, values in (
            ("Accession", (study.accession,)),
            ("DOI", (study.doi,)),
            ("Version", (str(study.version),)),
            ("Published", (study.published[:10],)),
            ("Authors", tuple(map(str, study.authors))),
            ("Organism", tuple(dict.fromkeys(term.label for term in study.facets.organisms))),
            ("Imaging method", tuple(dict.fromkeys(term.label for term in study.facets.methods))),
            ("Keywords", study.keywords),
        )
        if any(values)
    ]


def _metadata_of_image(image: ImageRecord) -> list[dict[str, Any]]:
    """What a viewer lists of an image."""
    size = f"{image.size_x} x {image.size_y} pixels, {image.size_z} z, {image.size_c} channels, {image.size_t} times"
    channels = tuple(channel.name for channel in image.channels if channel.name)
    pixel = f"{image.physical_size_x:g} {image.physical_size_x_unit}" if image.physical_size_x else ""
    pairs = (("Size", (size,)), ("Channels", channels), ("Width of a pixel", (pixel,)), ("Format", (image.format,)))
    return [_pair(label, *values) for label, values in pairs if any(values)]


def _pair(label: str, *values: str) -> dict[str, Any]:
    return {"label": {"en": [label]}, "value": {"none": [value for value in values if value]}}


def _link(address: str, kind: str, label: str, media_type: str) -> dict[str, Any]:
    return {"id": address, "type": kind, "label": {"none": [label]}, "format": media_type}
