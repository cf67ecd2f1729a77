"""The rows of one file: images with pixels, channels, planes, key-values and representation, and its OME document."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.utils import timezone

from catalogue.files import delete_images, was_published
from catalogue.models import (
    Channel,
    File,
    Image,
    ImageFile,
    OmeDocument,
    Pixels,
    PlaneTable,
    Representation,
    Study,
    TiffDataTable,
)
from catalogue.ome.store import delete_documents, document_rows
from catalogue.ome.write import KnownImage
from catalogue.reading import key_values
from catalogue.reading.fitting import finite, fitted, quantity
from catalogue.reading.key_values import Pair, pairs_of
from catalogue.reading.prepare import Prepared, table_key
from catalogue.services.plates import attach_images
from imaging import facts
from imaging.facts import ChannelFacts, FileFacts, ImageFacts, Window
from imaging.representations.thumbnail import shown_at_first

BATCH = 500
# What a new reading says of an image whose id is kept. Its component and specimen stay.
SAID = (
    "name", "description", "acquisition_date", "ome_id", "document", "experimenter", "experimenter_group", "experiment",
    "instrument", "as_written", "position",
)  # fmt: skip


def write_rows(file: File, found: FileFacts, prepared: Sequence[Prepared], parts: Mapping[str, File]) -> None:
    """Replace all rows that came from this file. Images whose id was kept stay, with their component and specimen.

    parts: the other files of its set, by the names by which it knows them.
    """
    _clear(file, {one.image_id for one in prepared})
    document = OmeDocument(file=file, version=(found.ome.version if found.ome else "")[:20])
    rows = document_rows(document, file.study, found, _known(file, found.images, prepared))
    document.save()
    Image.everything.bulk_create(
        rows.by_model.pop(Image, []), batch_size=BATCH, update_conflicts=True, update_fields=SAID, unique_fields=["id"]
    )
    rows.store()
    ImageFile.objects.bulk_create(
        (fitted(ImageFile, image_id=one.image_id, file=file, series=one.series) for one in prepared), batch_size=BATCH
    )
    links = ((one, parts[name]) for one in prepared for name in one.part_names if name in parts)
    ImageFile.objects.bulk_create(
        (ImageFile(image_id=one.image_id, file=part, is_part=True) for one, part in links), batch_size=BATCH
    )
    Representation.objects.bulk_create((_representation(file, found, one) for one in prepared), batch_size=BATCH)
    pairs = pairs_of("file", file.pk, found.key_values)
    for entity, pk, extra in rows.extras:
        pairs += pairs_of(entity, pk, extra)
    for image, one in zip(found.images, prepared, strict=True):
        pairs += _image_pairs(image, one.image_id)
    key_values.replace(file.study, pairs)
    attach_images([file.pk])


def release(study: Study, files: Sequence[File]) -> None:
    """Take the images of files that became part of another's out; files of a published version keep theirs there."""
    for start in range(0, len(files), BATCH):
        batch = files[start : start + BATCH]
        kept = [file.pk for file in batch if was_published(study, file)]
        images = Image.objects.filter(image_files__file__in=[file.pk for file in batch], image_files__is_part=False)
        shown = Image.objects.filter(pk__in=images.filter(image_files__file__in=kept).values("pk"))
        shown.update(removed_at=timezone.now(), component=None)
        delete_images(images)
        for file in batch:
            if file.pk not in kept:
                delete_documents(file)
        File.objects.filter(pk__in=[file.pk for file in batch]).update(
            state=File.State.PART, problem_field="", problem="", warnings=""
        )


def _clear(file: File, kept: set[UUID]) -> None:
    images = Image.objects.filter(image_files__file=file, image_files__is_part=False)
    gone = images.exclude(pk__in=kept) if len(kept) < BATCH else images.filter(pk__in=_others(images, kept))
    if was_published(file.study, file):  # then nothing is kept, and the rows of the published images stay
        Image.objects.filter(pk__in=gone.values("pk")).update(removed_at=timezone.now(), component=None)
    else:
        delete_images(gone)
        delete_documents(file)
    ids = list(kept)
    for start in range(0, len(ids), BATCH):
        part = ids[start : start + BATCH]
        for model in (Channel, PlaneTable, TiffDataTable, Pixels, ImageFile):
            getattr(model, "everything", model._default_manager).filter(image__in=part).delete()
        Representation.objects.filter(image__in=part, is_generated=False).delete()


def _others(images: Any, kept: set[UUID]) -> list[UUID]:
    return [pk for pk in images.values_list("pk", flat=True) if pk not in kept]


def _known(file: File, images: Sequence[ImageFacts], prepared: Sequence[Prepared]) -> dict[int, KnownImage]:
    """The rows of the images that have pixels, by their number in the file; none is stored yet."""
    return {
        image.index: KnownImage(_image(file, image, one), _pixels(image, one.image_id), _channels(image, one))
        for image, one in zip(images, prepared, strict=True)
    }


def _image(file: File, image: ImageFacts, one: Prepared) -> Image:
    return fitted(
        Image,
        id=one.image_id,
        study=file.study,
        component=file.component,
        name=image.name,
        description=image.description,
        acquisition_date=image.acquisition_date or "",
        ome_id=image.ome_id,
        position=image.index,
    )


def _representation(file: File, found: FileFacts, one: Prepared) -> Representation:
    return fitted(
        Representation,
        image_id=one.image_id,
        stored=file.stored,
        format=found.format,
        series=one.series,
        table=table_key(one.image_id),
        level_count=one.level_count,
    )


def _pixels(image: ImageFacts, image_id: UUID) -> Pixels:
    sizes = {f"size_{axis}": getattr(image, f"size_{axis}") for axis in "xyzct"}
    scale: dict[str, Any] = {}
    for axis in "xyz":
        scale |= quantity(f"physical_size_{axis}", getattr(image, f"physical_size_{axis}"))
    return fitted(
        Pixels,
        image_id=image_id,
        type=image.pixel_type,
        dimension_order=image.dimension_order,
        significant_bits=image.significant_bits,
        **sizes,
        **scale,
        **quantity("time_increment", image.time_increment),
    )


def _channels(image: ImageFacts, one: Prepared) -> list[Channel]:
    """A row for each channel of the pixels. A channel of several samples (RGB) describes each of them."""
    described = [channel for channel in image.channels for _ in range(max(1, channel.samples_per_pixel))]
    if len(described) != image.size_c:
        described = list(image.channels)
    rows = []
    shown = shown_at_first(described, one.windows)
    for index, window in enumerate(one.windows):
        channel = described[index] if index < len(described) else ChannelFacts(index)
        rows.append(_channel(one.image_id, index, channel, window, active=shown[index]))
    return rows


def _channel(image_id: UUID, index: int, channel: ChannelFacts, window: Window, *, active: bool) -> Channel:
    shown = channel.display or window
    return fitted(
        Channel,
        image_id=image_id,
        index=index,
        ome_id=channel.ome_id,
        name=channel.name,
        color=channel.color or "",
        fluor=channel.fluor,
        acquisition_mode=channel.acquisition_mode,
        contrast_method=channel.contrast_method,
        illumination_type=channel.illumination_type,
        nd_filter=finite(channel.nd_filter),
        samples_per_pixel=channel.samples_per_pixel,
        active=active,
        window_min=window.minimum,
        window_max=window.maximum,
        window_start=shown.low,
        window_end=shown.high,
        **quantity("emission_wavelength", channel.emission_wavelength),
        **quantity("excitation_wavelength", channel.excitation_wavelength),
        **quantity("pinhole_size", channel.pinhole_size),
    )


def _image_pairs(image: ImageFacts, image_id: UUID) -> list[Pair]:
    """What no column fits; what OME says of the image and its channels has columns."""
    found = list(image.key_values)
    found += [facts.KeyValue("ngff", "label image", label) for label in image.labels]
    for channel in image.channels:
        place = f"Channel[{channel.index + 1}]"
        found += [facts.KeyValue(kv.namespace, f"{place}/{kv.name}", kv.value, kv.unit) for kv in channel.key_values]
    return pairs_of("image", image_id, found)
