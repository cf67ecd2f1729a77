"""The rows of one file: images with pixels, channels, planes, key-values and representation."""

import io
from collections.abc import Sequence
from dataclasses import fields
from typing import Any
from uuid import UUID

import numpy as np
from django.utils import timezone

from catalogue.files import delete_images, was_published
from catalogue.models import Channel, File, Image, ImageFile, KeyValue, Pixels, PlaneTable, Representation
from catalogue.reading import key_values
from catalogue.reading.fitting import finite, fitted, length, quantity
from catalogue.reading.instruments import Instruments
from catalogue.reading.key_values import Pair, pairs_of
from catalogue.reading.prepare import Prepared, table_key
from imaging import facts
from imaging.facts import ChannelFacts, FileFacts, ImageFacts, PlanesFacts, Window
from imaging.representations.thumbnail import shown_at_first

BATCH = 500
OME = "openmicroscopy.org/OME"


def write_rows(file: File, found: FileFacts, prepared: Sequence[Prepared]) -> None:
    """Replace all rows that came from this file. Images whose id was kept stay, with their component and specimen."""
    _clear(file, {one.image_id for one in prepared})
    instruments = Instruments(file, found.instruments)
    _write_images(file, found.images, prepared, instruments)
    _write_pixels(found.images, prepared)
    Representation.objects.bulk_create(
        (
            fitted(
                Representation,
                image_id=one.image_id,
                stored=file.stored,
                format=found.format,
                series=one.series,
                table=table_key(one.image_id),
                level_count=one.level_count,
            )
            for one in prepared
        ),
        batch_size=BATCH,
    )
    pairs = pairs_of("file", file.pk, [*found.key_values, *_experimenters(found)])
    for image, one in zip(found.images, prepared, strict=True):
        pairs += _image_pairs(image, one.image_id)
    key_values.store(file.study, pairs + instruments.pairs)


def _clear(file: File, kept: set[UUID]) -> None:
    images = Image.objects.filter(image_files__file=file)
    gone = images.exclude(pk__in=kept) if len(kept) < BATCH else images.filter(pk__in=_others(images, kept))
    if was_published(file.study, file):
        Image.objects.filter(pk__in=gone.values("pk")).update(removed_at=timezone.now(), component=None)
    else:
        delete_images(gone)
    ids = list(kept)
    for start in range(0, len(ids), BATCH):
        part = ids[start : start + BATCH]
        for model in (Channel, PlaneTable, Pixels, Representation, ImageFile):
            model._default_manager.filter(image__in=part).delete()
        KeyValue.objects.filter(entity="image", entity_id__in=part).delete()
    KeyValue.objects.filter(entity="file", entity_id=file.pk).delete()
    instruments = list(file.instruments.values_list("pk", flat=True))
    KeyValue.objects.filter(entity="instrument", entity_id__in=instruments).delete()
    file.instruments.all().delete()


def _others(images: Any, kept: set[UUID]) -> list[UUID]:
    return [pk for pk in images.values_list("pk", flat=True) if pk not in kept]


def _write_images(
    file: File, images: Sequence[ImageFacts], prepared: Sequence[Prepared], instruments: Instruments
) -> None:
    said = ("name", "description", "acquisition_date", "ome_id", "instrument", "objective", "stage_label", "position")
    rows = [
        fitted(
            Image,
            id=one.image_id,
            study=file.study,
            component=file.component,
            name=image.name,
            description=image.description,
            acquisition_date=image.acquisition_date or "",
            ome_id=image.ome_id,
            instrument=instruments.by_id.get(image.instrument_ref),
            objective=instruments.objectives.get(dict(image.objective_settings).get("ID", "")),
            stage_label=dict(image.stage_label).get("Name", ""),
            position=image.index,
        )
        for image, one in zip(images, prepared, strict=True)
    ]
    Image.everything.bulk_create(
        rows, batch_size=BATCH, update_conflicts=True, update_fields=said, unique_fields=["id"]
    )
    ImageFile.objects.bulk_create(
        (fitted(ImageFile, image_id=one.image_id, file=file, series=one.series) for one in prepared), batch_size=BATCH
    )


def _write_pixels(images: Sequence[ImageFacts], prepared: Sequence[Prepared]) -> None:
    both = list(zip(images, prepared, strict=True))
    Pixels.objects.bulk_create((_pixels(image, one.image_id) for image, one in both), batch_size=BATCH)
    Channel.objects.bulk_create((channel for image, one in both for channel in _channels(image, one)), batch_size=BATCH)
    PlaneTable.objects.bulk_create(
        (
            PlaneTable(image_id=one.image_id, count=len(image.planes.the_z), data=planes_npz(image.planes))
            for image, one in both
            if image.planes is not None
        ),
        batch_size=50,
    )


def _pixels(image: ImageFacts, image_id: UUID) -> Pixels:
    sizes = {f"size_{axis}": getattr(image, f"size_{axis}") for axis in "xyzct"}
    scale: dict[str, Any] = {}
    for axis in "xyz":
        scale |= length(f"physical_size_{axis}", getattr(image, f"physical_size_{axis}"))
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


def planes_npz(planes: PlanesFacts) -> bytes:
    """The columns of `planes` as a compressed .npz; units are arrays of one text. Columns of NaN only are left out."""
    columns = {field.name: np.asarray(getattr(planes, field.name)) for field in fields(planes)}
    said = {name: column for name, column in columns.items() if column.dtype.kind != "f" or not np.isnan(column).all()}
    out = io.BytesIO()
    np.savez_compressed(out, **said)  # type: ignore[arg-type]
    return out.getvalue()


def _image_pairs(image: ImageFacts, image_id: UUID) -> list[Pair]:
    found = list(image.key_values)
    for name in ("objective_settings", "imaging_environment", "stage_label"):
        element = name.title().replace("_", "")
        found += [facts.KeyValue(OME, f"{element}/@{key}", value) for key, value in getattr(image, name)]
    found += [facts.KeyValue("ngff", "label image", label) for label in image.labels]
    for channel in image.channels:
        place = f"Channel[{channel.index + 1}]"
        found += [facts.KeyValue(kv.namespace, f"{place}/{kv.name}", kv.value, kv.unit) for kv in channel.key_values]
        for name in ("detector_ref", "light_source_ref", "filter_set_ref"):
            if ref := getattr(channel, name):
                found.append(facts.KeyValue(OME, f"{place}/{name.title().replace('_', '')}/@ID", ref))
    return pairs_of("image", image_id, found)


def _experimenters(found: FileFacts) -> list[facts.KeyValue]:
    """Experimenters by name and institution; their addresses stay in the file."""
    return [
        facts.KeyValue(OME, f"Experimenter[{number}]/@{name}", value)
        for number, person in enumerate(found.experimenters, 1)
        for name, value in (
            ("FirstName", person.first_name),
            ("LastName", person.last_name),
            ("Institution", person.institution),
            ("UserName", person.user_name),
        )
        if value
    ]
