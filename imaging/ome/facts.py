"""An OME document as the facts that every reader returns."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from imaging.facts import (
    ChannelFacts,
    ComponentFacts,
    ExperimenterFacts,
    ImageFacts,
    InstrumentFacts,
    KeyValue,
    PlanesFacts,
)
from imaging.ome.columns import BadNumber, TextColumn
from imaging.ome.document import Columns, OmeDocument, OmeElement
from imaging.ome.key_values import Annotations, annotation_key_values, leftovers, of_extra
from imaging.ome.model import ENTITIES, GROUPS
from imaging.ome.values import Values
from imaging.units import normalise

SPECIFICATION = {"Manufacturer", "Model", "SerialNumber", "LotNumber"}
# The values that facts hold, by entity; the others become key-values.
USED = {
    "Image": {"ID", "Name", "Description", "AcquisitionDate"},
    "Pixels": {
        "ID", "Type", "DimensionOrder", "SignificantBits", "BigEndian", "Interleaved", "TimeIncrement",
        "TimeIncrementUnit", *(f"Size{axis}" for axis in "XYZCT"),
        *(f"PhysicalSize{axis}{unit}" for axis in "XYZ" for unit in ("", "Unit")),
    },
    "Channel": {
        "ID", "Name", "Color", "Fluor", "AcquisitionMode", "ContrastMethod", "IlluminationType", "NDFilter",
        "SamplesPerPixel", *(f"{name}{unit}" for name in ("EmissionWavelength", "ExcitationWavelength", "PinholeSize")
                             for unit in ("", "Unit")),
    },
    "DetectorSettings": {"ID"},
    "LightSourceSettings": {"ID"},
}  # fmt: skip
HELD = ("Channel", "ExperimenterRef", "InstrumentRef", "ObjectiveSettings", "ImagingEnvironment", "StageLabel",
        "FilterSetRef", "ROIRef")  # fmt: skip
PLANE_FIELDS = {
    "DeltaT": "delta_t", "ExposureTime": "exposure_time", "PositionX": "position_x", "PositionY": "position_y",
    "PositionZ": "position_z",
}  # fmt: skip


@dataclass(frozen=True)
class DocumentFacts:
    """What a document says of its images. tiff_data: the TiffData of each image, in the order of `images`.

    binary_only names the file that holds the metadata, if this one holds only pixels (OME BinaryOnly).
    """

    document: OmeDocument
    images: tuple[ImageFacts, ...]
    tiff_data: tuple[Columns | None, ...]
    instruments: tuple[InstrumentFacts, ...]
    experimenters: tuple[ExperimenterFacts, ...]
    key_values: tuple[KeyValue, ...]
    uuid: str
    binary_only: str


def document_facts(document: OmeDocument, *, path: str) -> DocumentFacts:
    """The facts of a document; raises ImageError where a number of an image is none."""
    root = document.root
    annotations = annotation_key_values(root)
    rois = {roi.get("ID") for roi in root.all("ROI")}
    values = Values(path)
    images, tiff_data, referenced = [], [], set()
    for index, element in enumerate(root.all("Image")):
        images.append(image_facts(element, index, values, annotations, rois))
        pixels = element.first("Pixels")
        tiff_data.append(None if pixels is None else pixels.tiff_data)
        referenced |= {ref.get("ID") for ref in _annotation_refs(element)}
    loose = [pair for ome_id, pairs in annotations.items() if ome_id not in referenced for pair in pairs]
    binary_only = root.first("BinaryOnly")
    return DocumentFacts(
        document=document,
        images=tuple(images),
        tiff_data=tuple(tiff_data),
        instruments=tuple(instrument_facts(element) for element in root.all("Instrument")),
        experimenters=tuple(experimenter_facts(element) for element in root.all("Experimenter")),
        key_values=(*loose, *_unknown(root)),
        uuid=root.get("UUID"),
        binary_only="" if binary_only is None else binary_only.get("MetadataFile"),
    )


def _unknown(root: OmeElement) -> Iterator[KeyValue]:
    """What the schema does not know, outside images."""
    if root.extra is not None:
        yield from of_extra(root.extra)
    for child in root.children:
        if child.entity != "Image":
            for element in child.walk():
                if element.extra is not None:
                    yield from of_extra(element.extra, f"{element.entity}/")


def _annotation_refs(element: OmeElement) -> Iterator[OmeElement]:
    """All AnnotationRefs of an image, its planes' as well."""
    for found in element.walk():
        if found.entity == "AnnotationRef":
            yield found
        for columns in (found.planes, found.tiff_data):
            if columns is not None:
                for rest in columns.rest.values():
                    yield from rest.all("AnnotationRef")


def image_facts(
    element: OmeElement, index: int, values: Values, annotations: Annotations, rois: set[str]
) -> ImageFacts:
    """One Image and its Pixels."""
    pixels = element.first("Pixels")
    if pixels is None:
        raise values.fail(element, "ID", "the Image has no Pixels element; export the image again.")
    notes, known = _notes(element, annotations)
    channels = pixels.all("Channel")
    return ImageFacts(
        index=index,
        ome_id=element.get("ID"),
        name=element.get("Name"),
        description=element.get("Description"),
        size_x=values.size(pixels, "SizeX"),
        size_y=values.size(pixels, "SizeY"),
        size_z=values.size(pixels, "SizeZ"),
        size_c=values.size(pixels, "SizeC"),
        size_t=values.size(pixels, "SizeT"),
        physical_size_x=values.quantity(pixels, "PhysicalSizeX"),
        physical_size_y=values.quantity(pixels, "PhysicalSizeY"),
        physical_size_z=values.quantity(pixels, "PhysicalSizeZ"),
        acquisition_date=element.get("AcquisitionDate") or None,
        pixel_type=pixels.get("Type"),
        significant_bits=values.integer(pixels, "SignificantBits"),
        dimension_order=pixels.get("DimensionOrder") or "XYZCT",
        time_increment=values.quantity(pixels, "TimeIncrement"),
        channels=tuple(channel_facts(channel, number, values, annotations) for number, channel in enumerate(channels)),
        planes=None if pixels.planes is None else planes_facts(pixels.planes, values),
        experimenter_ref=_ref(element, "ExperimenterRef"),
        instrument_ref=_ref(element, "InstrumentRef"),
        objective_settings=_flat(element, "ObjectiveSettings"),
        imaging_environment=_flat(element, "ImagingEnvironment"),
        stage_label=_flat(element, "StageLabel"),
        key_values=(*notes, *leftovers(element, USED, but=(*HELD, *known))),
        rois_count=sum(ref.get("ID") in rois for ref in element.all("ROIRef")),
    )


def _notes(element: OmeElement, annotations: Annotations) -> tuple[list[KeyValue], list[str]]:
    """The key-values of the annotations that an element refers to itself, and their IDs."""
    known = [ref.get("ID") for ref in element.all("AnnotationRef") if ref.get("ID") in annotations]
    return [pair for ome_id in known for pair in annotations[ome_id]], known


def _ref(element: OmeElement, *entities: str) -> str:
    """The ID that the first child of these entities refers to."""
    child = element.first(*entities)
    return "" if child is None else child.get("ID")


def _flat(element: OmeElement, entity: str) -> tuple[tuple[str, str], ...]:
    """All that a child says."""
    child = element.first(entity)
    return () if child is None else flat_values(child)


def flat_values(element: OmeElement) -> tuple[tuple[str, str], ...]:
    """All values of an element and those below it, as ("TransmittanceRange/CutIn", "505") pairs; references by name."""
    pairs = list(element.values.items())
    for child in element.children:
        if child.model.is_reference:
            pairs.append((child.entity, child.get("ID")))
            continue
        if child.text.strip():
            pairs.append((child.entity, child.text.strip()))
        pairs += [(f"{child.entity}/{name}", value) for name, value in flat_values(child)]
    if element.extra is not None:
        pairs += [(name.rpartition("}")[2], value) for name, value in element.extra.attributes.items()]
    return tuple(pairs)


def channel_facts(element: OmeElement, index: int, values: Values, annotations: Annotations) -> ChannelFacts:
    """One Channel; what has no field (detector gain, light path) becomes key-values."""
    notes, known = _notes(element, annotations)
    color = values.integer(element, "Color", least=-(2**31))
    return ChannelFacts(
        index=index,
        ome_id=element.get("ID"),
        name=element.get("Name"),
        color=None if color is None else f"#{(color >> 8) & 0xFFFFFF:06x}",
        emission_wavelength=values.quantity(element, "EmissionWavelength"),
        excitation_wavelength=values.quantity(element, "ExcitationWavelength"),
        fluor=element.get("Fluor"),
        acquisition_mode=element.get("AcquisitionMode"),
        contrast_method=element.get("ContrastMethod"),
        illumination_type=element.get("IlluminationType"),
        pinhole_size=values.quantity(element, "PinholeSize"),
        nd_filter=values.number(element, "NDFilter"),
        samples_per_pixel=values.integer(element, "SamplesPerPixel", least=1) or 1,
        detector_ref=_ref(element, "DetectorSettings"),
        light_source_ref=_ref(element, "LightSourceSettings"),
        filter_set_ref=_ref(element, "FilterSetRef"),
        key_values=(*notes, *leftovers(element, USED, but=("FilterSetRef", *known))),
    )


def planes_facts(planes: Columns, values: Values) -> PlanesFacts:
    """The values of planes that facts hold, each column in one unit."""
    model = ENTITIES["Plane"].by_name
    columns: dict[str, Any] = {}
    try:
        for name in ("TheZ", "TheC", "TheT"):
            column = planes.numbers.get(name)
            numbers = np.zeros(planes.count, np.int64) if column is None else column.numbers
            columns[f"the_{name[-1].lower()}"] = np.maximum(numbers, 0).astype(np.int32)
        for name, field in PLANE_FIELDS.items():
            column = planes.numbers.get(name)
            numbers = np.full(planes.count, np.nan) if column is None else column.numbers
            units = planes.texts.get(f"{name}Unit")
            columns[field], columns[f"{field}_unit"] = in_one_unit(numbers, units, model[name].unit_default)
    except BadNumber as error:
        place = OmeElement(f"Plane[{error.row + 1}]")
        raise values.fail(place, name, f"{error.text!r} is not a number; correct it in the file.") from error
    return PlanesFacts(**columns)


def in_one_unit(numbers: np.ndarray, units: TextColumn | None, default: str) -> tuple[np.ndarray, str]:
    """Numbers that each have a unit, in one: their own if it is the same for all, else the base unit; NaN where a unit
    has no size that compares."""
    if units is None:
        return numbers, default
    codes = np.unique(units.codes[~np.isnan(numbers)])
    names = {int(code): default if code < 0 else units.values[code] for code in codes}
    if len(set(names.values())) <= 1:
        return numbers, next(iter(names.values()), default)
    factors = {code: normalise(1.0, name) for code, name in names.items()}
    base = next((found[1] for found in factors.values() if found is not None), default)
    converted = np.full(len(numbers), np.nan)
    for code, found in factors.items():
        if found is not None and found[1] == base:
            rows = units.codes == code
            converted[rows] = numbers[rows] * found[0]
    return converted, base


def instrument_facts(element: OmeElement) -> InstrumentFacts:
    """One Instrument with its parts."""

    def parts(*entities: str) -> tuple[ComponentFacts, ...]:
        return tuple(component_facts(part) for part in element.all(*entities))

    return InstrumentFacts(
        ome_id=element.get("ID"),
        microscope=next(iter(parts("Microscope")), None),
        objectives=parts("Objective"),
        detectors=parts("Detector"),
        light_sources=parts(*GROUPS["LightSource"]),
        filters=parts("Filter"),
        dichroics=parts("Dichroic"),
        filter_sets=parts("FilterSet"),
    )


def component_facts(element: OmeElement) -> ComponentFacts:
    """A part with its ManufacturerSpec; its own values stay in the order of the file."""
    held = SPECIFICATION | {"ID"}
    return ComponentFacts(
        kind=element.entity,
        ome_id=element.get("ID"),
        manufacturer=element.get("Manufacturer"),
        model=element.get("Model"),
        serial_number=element.get("SerialNumber"),
        lot_number=element.get("LotNumber"),
        attributes=tuple((name, value) for name, value in flat_values(element) if name not in held),
    )


def experimenter_facts(element: OmeElement) -> ExperimenterFacts:
    """One Experimenter."""
    return ExperimenterFacts(
        ome_id=element.get("ID"),
        first_name=element.get("FirstName"),
        last_name=element.get("LastName"),
        email=element.get("Email"),
        institution=element.get("Institution"),
        user_name=element.get("UserName"),
    )
