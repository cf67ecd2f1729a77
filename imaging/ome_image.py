"""OME Image: Pixels, Channels, Planes and where its planes are in a TIFF (TiffData)."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from lxml import etree

from imaging.facts import ChannelFacts, ImageFacts, KeyValue, PlanesFacts
from imaging.ome_annotations import leftovers
from imaging.ome_elements import Reader, flat_attributes, remove

Annotations = dict[str, tuple[KeyValue, ...]]


@dataclass(frozen=True)
class TiffData:
    """Which pages hold which planes (OME-TIFF specification, §TiffData); None where the attribute is not given."""

    ifd: int | None
    first_z: int
    first_c: int
    first_t: int
    plane_count: int | None
    uuid: str
    file_name: str


def image_facts(
    element: etree._Element, index: int, reader: Reader, annotations: Annotations, rois: set[str]
) -> tuple[ImageFacts, tuple[TiffData, ...], set[str]]:
    """One Image, its TiffData, and the IDs of the annotations it refers to."""
    pixels = element.find("Pixels")
    if pixels is None:
        raise reader.fail(element, "ID", "the Image has no Pixels element; export the image again.")
    refs = {ref.get("ID", "") for ref in element.iter("AnnotationRef")}
    notes = take_annotations(element, annotations)
    blocks = tuple(tiff_data(block, reader) for block in pixels.findall("TiffData"))
    planes = planes_facts(pixels, reader)
    channels = channels_facts(element, pixels, reader, annotations)
    facts: dict[str, Any] = {
        **{f"size_{axis.lower()}": reader.required_size(pixels, f"Size{axis}") for axis in "XYZCT"},
        "index": index,
        "ome_id": reader.take(element, "ID"),
        "name": reader.take(element, "Name"),
        "description": reader.take_child_text(element, "Description"),
        "acquisition_date": reader.take_child_text(element, "AcquisitionDate", "AcquiredDate", "CreationDate") or None,
        "pixel_type": reader.take(pixels, "Type", "PixelType"),
        "significant_bits": reader.integer(pixels, "SignificantBits"),
        "dimension_order": reader.take(pixels, "DimensionOrder") or "XYZCT",
        **{
            f"physical_size_{axis.lower()}": reader.quantity(pixels, f"PhysicalSize{axis}", unit="µm") for axis in "XYZ"
        },
        "time_increment": reader.quantity(pixels, "TimeIncrement", unit="s"),
        "experimenter_ref": reader.take_child_id(element, "ExperimenterRef"),
        "instrument_ref": reader.take_child_id(element, "InstrumentRef"),
        "objective_settings": take_flat(element, "ObjectiveSettings") or take_flat(element, "ObjectiveRef"),
        "imaging_environment": take_flat(element, "ImagingEnvironment"),
        "stage_label": take_flat(element, "StageLabel"),
    }
    roi_refs = element.findall("ROIRef")
    for name in ("ID", "BigEndian", "Interleaved"):
        reader.take(pixels, name)
    rest = leftovers(element)
    remove(element)
    image = ImageFacts(
        **facts,
        channels=channels,
        planes=planes,
        key_values=notes + rest,
        rois_count=sum(ref.get("ID") in rois for ref in roi_refs),
    )
    return image, blocks, refs


def take_annotations(element: etree._Element, annotations: Annotations) -> tuple[KeyValue, ...]:
    """The key-values of the annotations that an element refers to itself; a dangling reference stays in the tree."""
    notes: tuple[KeyValue, ...] = ()
    for ref in element.findall("AnnotationRef"):
        if ref.get("ID") in annotations:
            notes += annotations[ref.get("ID", "")]
            element.remove(ref)
    return notes


def take_flat(element: etree._Element, name: str) -> tuple[tuple[str, str], ...]:
    """All that a child element says, taken out of the tree."""
    child = element.find(name)
    if child is None:
        return ()
    element.remove(child)
    return flat_attributes(child)


def tiff_data(block: etree._Element, reader: Reader) -> TiffData:
    """One TiffData block."""
    given = dict(block.items())

    def number(name: str) -> int | None:
        text = given.get(name)
        if text is None or (text.isdecimal() and len(text) < 12):
            return None if text is None else int(text)
        raise reader.fail(block, name, f"{text!r} is not a whole number of 0 or more; correct it in the file.")

    uuid = block.find("UUID")
    return TiffData(
        ifd=number("IFD"),
        first_z=number("FirstZ") or 0,
        first_c=number("FirstC") or 0,
        first_t=number("FirstT") or 0,
        plane_count=number("PlaneCount" if "PlaneCount" in given else "NumPlanes"),
        uuid="" if uuid is None else (uuid.text or "").strip(),
        file_name="" if uuid is None else uuid.get("FileName", ""),
    )


def channels_facts(
    image: etree._Element, pixels: etree._Element, reader: Reader, annotations: Annotations
) -> tuple[ChannelFacts, ...]:
    """Channels of Pixels; before 2009-09 they were LogicalChannels of the Image."""
    elements = pixels.findall("Channel") or image.findall("LogicalChannel")
    channels = tuple(channel_facts(element, index, reader, annotations) for index, element in enumerate(elements))
    for element in elements:
        remove(element)
    return channels


def channel_facts(element: etree._Element, index: int, reader: Reader, annotations: Annotations) -> ChannelFacts:
    """One Channel; what has no field (detector gain, light path) stays as key-values."""
    notes = take_annotations(element, annotations)
    color = reader.integer(element, "Color", least=-(2**31))
    return ChannelFacts(
        index=index,
        ome_id=reader.take(element, "ID"),
        name=reader.take(element, "Name"),
        color=None if color is None else f"#{(color >> 8) & 0xFFFFFF:06x}",
        emission_wavelength=reader.quantity(element, "EmissionWavelength", "EmWave", unit="nm"),
        excitation_wavelength=reader.quantity(element, "ExcitationWavelength", "ExWave", unit="nm"),
        fluor=reader.take(element, "Fluor"),
        acquisition_mode=reader.take(element, "AcquisitionMode", "Mode"),
        contrast_method=reader.take(element, "ContrastMethod"),
        illumination_type=reader.take(element, "IlluminationType"),
        pinhole_size=reader.quantity(element, "PinholeSize", unit="µm"),
        nd_filter=reader.number(element, "NDFilter", "NdFilter"),
        samples_per_pixel=reader.integer(element, "SamplesPerPixel", least=1) or 1,
        detector_ref=first_id(element, "DetectorSettings", "DetectorRef"),
        light_source_ref=first_id(element, "LightSourceSettings", "LightSourceRef"),
        filter_set_ref=reader.take_child_id(element, "FilterSetRef"),
        key_values=notes + leftovers(element),
    )


def first_id(element: etree._Element, *names: str) -> str:
    """The ID that the first child so named refers to; the child stays, for its settings."""
    child = next((found for name in names if (found := element.find(name)) is not None), None)
    return "" if child is None else str(child.attrib.pop("ID", ""))


COLUMNS = {
    "DeltaT": "delta_t",
    "ExposureTime": "exposure_time",
    "PositionX": "position_x",
    "PositionY": "position_y",
    "PositionZ": "position_z",
}


def planes_facts(pixels: etree._Element, reader: Reader) -> PlanesFacts | None:
    """The Plane elements as columns; one loop, since an image may have 100,000 of them."""
    elements = pixels.findall("Plane")
    if not elements:
        return None
    numbers = np.zeros((3, len(elements)), np.int32)
    values = np.full((len(COLUMNS), len(elements)), np.nan)
    units: dict[str, str] = {}
    for row, element in enumerate(elements):
        given = dict(element.items())
        try:
            for column, name in enumerate(("TheZ", "TheC", "TheT")):
                numbers[column, row] = int(given.get(name, 0))
            for column, (name, field) in enumerate(COLUMNS.items()):
                if name in given:
                    values[column, row] = float(given[name])
                if name + "Unit" in given:
                    units[f"{field}_unit"] = given[name + "Unit"]
        except (ValueError, OverflowError) as error:
            raise reader.fail(element, name, f"{given[name]!r} is not a number; correct it in the file.") from error
    columns = dict(zip(COLUMNS.values(), values, strict=True))
    return PlanesFacts(the_z=numbers[0], the_c=numbers[1], the_t=numbers[2], **columns, **units)  # type: ignore[arg-type]
