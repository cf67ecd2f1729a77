"""Label images of which the files themselves do not tell: the module Annotations says which file holds one, and of
which image.

Source: MIFA Annotations (File; Source image ID).
"""

import re
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from uuid import UUID

from django.db.models import Q

from catalogue.models import Annotation, Image, Pixels, Representation
from catalogue.rules.annotation import LABEL_IMAGE

WHOLE_NUMBERS = {"uint8", "uint16", "uint32", "int8", "int16", "int32"}  # OME's types
SIZES = ("size_x", "size_y", "size_z", "size_t")
NOT_IN_NAMES = re.compile(r"[^\w.-]+")  # a label's name is part of addresses

Place = tuple[UUID, str]  # a study, and a path in it


@dataclass(frozen=True)
class LabelImage:
    """One that belongs to an image. name: from its file's, without the ending."""

    name: str
    representation: Representation


@dataclass(frozen=True)
class Labelling:
    """What is said of a batch of images. told: those whose pixels are numbers of objects; below: the label images of
    each image, on its very grid."""

    told: frozenset[UUID] = frozenset()
    below: Mapping[UUID, tuple[LabelImage, ...]] = field(default_factory=dict)


def labelling_of(images: Sequence[Image]) -> Labelling:
    """What the annotations of their studies say of these images. A fixed number of queries."""
    places = {image.pk: _places(image) for image in images}
    paths = {path for found in places.values() for _, path in found}
    studies = {image.study_id for image in images}
    said = Annotation.objects.filter(study__in=studies, held_in=LABEL_IMAGE).exclude(path="")
    rows = said.filter(Q(path__in=paths) | Q(source_image__in=paths)).values_list("study", "path", "source_image")
    of: dict[Place, list[Place]] = defaultdict(list)  # where the masks lie, by their images
    for study, path, source in rows:
        of[study, source].append((study, path))
    if not of:
        return Labelling()
    held = {mask for masks in of.values() for mask in masks}
    told = frozenset(image.pk for image in images if places[image.pk] & held and _may_be_labels(image))
    masks_of = {pk: [mask for place in found for mask in of.get(place, ())] for pk, found in places.items()}
    at = _images_at({mask for masks in masks_of.values() for mask in masks})
    below = {image.pk: _below(image, [one for mask in masks_of[image.pk] for one in at[mask]]) for image in images}
    return Labelling(told, below)


def is_label_image(image: Image) -> bool:
    """Whether an annotation says so of this image."""
    paths = [path for _, path in _places(image)]
    said = Annotation.objects.filter(study=image.study_id, held_in=LABEL_IMAGE, path__in=paths).exclude(path="")
    return _may_be_labels(image) and said.exists()


def _places(image: Image) -> set[Place]:
    return {(image.study_id, one.file.path) for one in image.image_files.all() if not one.is_part}


def _images_at(places: Collection[Place]) -> Mapping[Place, list[Image]]:
    found: dict[Place, list[Image]] = defaultdict(list)
    paths, studies = {path for _, path in places}, {study for study, _ in places}
    rows = Image.objects.filter(study__in=studies, image_files__is_part=False, image_files__file__path__in=paths)
    for image in rows.select_related("pixels").prefetch_related("image_files__file", "representations").distinct():
        for place in _places(image) & {*places}:
            found[place].append(image)
    return found


def _below(image: Image, candidates: Sequence[Image]) -> tuple[LabelImage, ...]:
    """Those of one file each that have the image's grid, and its place among the images of their file."""
    found: dict[str, LabelImage] = {}
    for mask in candidates:
        own = next((one for one in mask.representations.all() if not one.is_generated), None)
        is_other = mask.pk == image.pk or mask.position != image.position or len(mask.image_files.all()) != 1
        if own is None or is_other or not _are_alike(image, mask):
            continue
        name = _name_of(mask)
        while name in found:
            name += "-2"
        found[name] = LabelImage(name, own)
    return tuple(found.values())


def _name_of(mask: Image) -> str:
    path = next(one.file.path for one in mask.image_files.all() if not one.is_part)
    return NOT_IN_NAMES.sub("_", PurePosixPath(path).name.split(".")[0]) or "labels"


def _pixels(image: Image) -> Pixels | None:
    return getattr(image, "pixels", None)


def _are_alike(image: Image, mask: Image) -> bool:
    one, other = _pixels(image), _pixels(mask)
    if one is None or other is None or not _may_be_labels(mask):
        return False
    return all(getattr(one, size) == getattr(other, size) for size in SIZES)


def _may_be_labels(image: Image) -> bool:
    """What is said of a picture in colour or of fractions cannot be."""
    pixels = _pixels(image)
    return pixels is not None and pixels.size_c == 1 and pixels.type in WHOLE_NUMBERS
