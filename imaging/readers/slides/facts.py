"""A slide's images and scanner as facts."""

import math
from dataclasses import replace

import numpy as np

from imaging.facts import ChannelFacts, ComponentFacts, ImageFacts, InstrumentFacts, PlanesFacts, Quantity
from imaging.readers.slides.headers import Header
from imaging.readers.slides.images import VENDORS, Slide
from imaging.readers.tiff import plain


def image_facts(slide: Slide, header: Header, index: int, series: str, file_name: str) -> ImageFacts:
    """One scan of a slide."""
    image = slide.images[index]
    t, c, z = image.sizes
    key = image.key
    x, y = header.pixel
    return ImageFacts(
        index=index, name=slide.names[index] or file_name, size_x=key.imagewidth, size_y=key.imagelength,
        size_z=z, size_c=c, size_t=t, pixel_type=plain.ome_type(key), significant_bits=key.bitspersample,
        physical_size_x=x, physical_size_y=y, physical_size_z=header.z_step if z > 1 else None,
        acquisition_date=header.date, channels=channels(slide, header, index),
        instrument_ref="Instrument:0",
        objective_settings=(("ID", "Objective:0"),) if header.magnification or header.objective else (),
        planes=planes(header, t, c, z),
        series_path=series, level_count=len(image.levels), chunk_shape=plain.segment_shape(key),
    )  # fmt: skip


def planes(header: Header, size_t: int, size_c: int, size_z: int) -> PlanesFacts | None:
    """The exposure of each channel of a scan, and where on the slide it is; None if the header says neither."""
    exposures = header.exposures if (size_t, size_c, size_z) == (1, len(header.exposures), 1) else ()
    if not exposures and header.position is None:
        return None
    the_t, the_c, the_z = np.indices((size_t, size_c, size_z), np.int32).reshape(3, -1)
    unknown = np.full(the_t.size, math.nan)
    times = np.array([one or math.nan for one in exposures]) if exposures else unknown
    x, y = header.position or (Quantity(math.nan, "reference frame"),) * 2
    return PlanesFacts(
        the_z, the_c, the_t, unknown, times, np.full(the_t.size, x.value), np.full(the_t.size, y.value), unknown,
        exposure_time_unit="µs", position_x_unit=x.unit, position_y_unit=y.unit,
    )  # fmt: skip


def channels(slide: Slide, header: Header, index: int) -> tuple[ChannelFacts, ...]:
    """Samples of a colour scan, or the channels that the header names."""
    image = slide.images[index]
    found = plain.channels(image, {})
    if image.samples == 1 and len(header.channels) == len(found):
        return header.channels
    if len(header.channels) == 1 and image.samples == len(found):  # one dye, shown in its colour
        dye = header.channels[0]
        return tuple(
            replace(one, name=f"{dye.name} {one.name}", emission_wavelength=dye.emission_wavelength) for one in found
        )
    return found


def instrument(header: Header) -> InstrumentFacts:
    """The scanner and its objective."""
    vendor = VENDORS[header.vendor]
    scanner = ComponentFacts("Microscope", "", vendor.manufacturer, header.model, header.serial_number)
    attributes = []
    if header.magnification:
        attributes.append(("NominalMagnification", f"{header.magnification:g}"))
    if header.numerical_aperture:
        attributes.append(("LensNA", f"{header.numerical_aperture:g}"))
    objective = ComponentFacts("Objective", "Objective:0", model=header.objective, attributes=tuple(attributes))
    camera = ComponentFacts("Detector", "Detector:0", model=header.camera)
    return InstrumentFacts(
        "Instrument:0", scanner, (objective,) if attributes or header.objective else (),
        (camera,) if header.camera else (),
    )  # fmt: skip
