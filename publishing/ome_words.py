"""What OME rows say of how an image was taken, in short texts and facts for records."""

from collections.abc import Iterable
from typing import Any

from catalogue.models import Channel, Image
from catalogue.models.ome import Filter, FilterRef, FilterSet, LightPath, LightSource
from catalogue.models.ome.instrument import Part
from publishing.image_shapes import Fact

# What records need of the rows of images, in a number of queries that does not grow with them.
PREFETCH = (
    "instrument__microscopes", "instrument__detectors", "instrument__light_sources",
    "instrument__filters__transmittance_ranges", "instrument__dichroics", "objective_settings__objective",
    "imaging_environments", "stage_labels", "channels__detector_settings__detector",
    "channels__light_source_settings__light_source", "channels__light_paths__dichroic",
    "channels__light_paths__filters__filter__transmittance_ranges", "channels__filter_set__dichroic",
    "channels__filter_set__filters__filter__transmittance_ranges",
)  # fmt: skip
# Attributes of settings, by their columns.
OBJECTIVE = {"medium": "Medium", "refractive_index": "RefractiveIndex", "correction_collar": "CorrectionCollar"}
ENVIRONMENT = {
    "temperature": "Temperature", "air_pressure": "AirPressure", "humidity": "Humidity", "co2_percent": "CO2Percent",
}  # fmt: skip
STAGE = {"name": "Name", "x": "X", "y": "Y", "z": "Z"}
DETECTOR = {
    "gain": "Gain", "offset": "Offset", "voltage": "Voltage", "zoom": "Zoom", "binning": "Binning",
    "read_out_rate": "ReadOutRate", "integration": "Integration",
}  # fmt: skip
LIGHT_SOURCE = {"attenuation": "Attenuation", "wavelength": "Wavelength"}


def taken_with(image: Image) -> dict[str, Any]:
    """The settings of an image, as fields of ImageRecord."""
    return {
        "objective_settings": _facts(image.objective_settings.all(), OBJECTIVE),
        "environment": _facts(image.imaging_environments.all(), ENVIRONMENT),
        "stage": _facts(image.stage_labels.all(), STAGE),
    }


def seen_with(channel: Channel) -> dict[str, Any]:
    """The settings of a channel, as fields of ChannelRecord."""
    detectors = channel.detector_settings.all()
    sources = channel.light_source_settings.all()
    return {
        "detector": next((part_text(it.detector) for it in detectors if it.detector), ""),
        "detector_settings": _facts(detectors, DETECTOR),
        "light_source": next((part_text(it.light_source) for it in sources if it.light_source), ""),
        "light_source_settings": _facts(sources, LIGHT_SOURCE),
        "light_path": tuple(_light_path(channel)),
    }


def part_texts(rows: Iterable[Part]) -> tuple[str, ...]:
    """Each part of an instrument, in its order."""
    return tuple(part_text(row) for row in sorted(rows, key=lambda it: (it.position, it.pk)))


def part_text(row: Part) -> str:
    """Manufacturer, model and (type, wavelength, power or what it lets through)."""
    said = [getattr(row, "type", "")]
    if isinstance(row, LightSource):
        said = [said[0] or row.kind, row.laser_medium, _number(row.wavelength, row.wavelength_unit),
                _number(row.power, row.power_unit)]  # fmt: skip
    if isinstance(row, Filter):
        said += [
            f"{it.cut_in:g}–{it.cut_out:g} {it.cut_in_unit}"
            for it in row.transmittance_ranges.all()
            if it.cut_in is not None and it.cut_out is not None
        ]
    inside = ", ".join(filter(None, said))
    return f"{row} ({inside})" if inside else str(row)


def _light_path(channel: Channel) -> Iterable[Fact]:
    """The filters and dichroics between specimen and lamp or camera, of a light path or filter set."""
    paths: list[LightPath | FilterSet] = list(channel.light_paths.all())
    if channel.filter_set:
        paths.append(channel.filter_set)
    for path in paths:
        filters = sorted(path.filters.all(), key=lambda it: it.position)
        yield from _filters(filters, "ExcitationFilterRef")
        if path.dichroic:
            yield Fact("DichroicRef", part_text(path.dichroic))
        yield from _filters(filters, "EmissionFilterRef")


def _filters(references: Iterable[FilterRef], kind: str) -> Iterable[Fact]:
    for one in references:
        if one.kind == kind and one.filter:
            yield Fact(kind, part_text(one.filter))


def _facts(rows: Iterable[Any], names: dict[str, str]) -> tuple[Fact, ...]:
    found = []
    for row in rows:
        for column, name in names.items():
            value = getattr(row, column)
            if value is not None and value != "":
                text = f"{value:.6g}" if isinstance(value, float) else str(value)
                found.append(Fact(name, text, getattr(row, f"{column}_unit", "")))
    return tuple(found)


def _number(value: float | None, unit: str) -> str:
    return "" if value is None else f"{value:g} {unit}"
