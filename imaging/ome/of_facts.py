"""Facts of a file that has no OME metadata, as the OME document that says the same: so all files are kept alike."""

from collections.abc import Iterable, Iterator

import numpy as np

from imaging.facts import (
    ChannelFacts,
    ComponentFacts,
    ExperimenterFacts,
    FileFacts,
    ImageFacts,
    InstrumentFacts,
    PlanesFacts,
    Quantity,
)
from imaging.ome.columns import NumberColumn, TextColumn
from imaging.ome.document import Columns, Extra, OmeDocument, OmeElement
from imaging.ome.facts import PLANE_FIELDS
from imaging.ome.key_values import OME
from imaging.ome.model import ENTITIES, real

ACHROMATIC = 255  # alpha of a colour that a file gives without one


def document_of(found: FileFacts) -> OmeDocument:
    """The document of a file's facts: its own where it has one. A plate is not in it: wells are told by name."""
    if found.ome is not None:
        return found.ome
    root = OmeElement("OME")
    root.children += [_experimenter(one, number) for number, one in enumerate(found.experimenters)]
    root.children += [_instrument(one, number) for number, one in enumerate(found.instruments)]
    root.children += [_image(image) for image in found.images]
    _tell_apart(
        [channel for image in root.all("Image") for pixels in image.all("Pixels") for channel in pixels.children]
    )
    return OmeDocument(root, version="")


def _tell_apart(channels: Iterable[OmeElement]) -> None:
    """Give a channel another ID where a reader gave the same in several images."""
    known: set[str] = set()
    for number, channel in enumerate(channels):
        if channel.values["ID"] in known:
            channel.values["ID"] = f"Channel:of-file:{number}"
        known.add(channel.values["ID"])


def _given(pairs: Iterable[tuple[str, str | float | None]]) -> dict[str, str]:
    """The values that say something, as texts."""
    return {name: value if isinstance(value, str) else repr(value) for name, value in pairs if value not in (None, "")}


def _quantity(name: str, found: Quantity | None) -> Iterator[tuple[str, str | float | None]]:
    if found is not None:
        yield name, found.text if found.text and _is_number(found.text) else repr(found.value)
        yield f"{name}Unit", found.unit


def _is_number(text: str) -> bool:
    """Whether OME takes the text as a number; TIFF has fractions."""
    try:
        real(text)
    except ValueError:
        return False
    return True


def _with(entity: str, pairs: Iterable[tuple[str, str]], **values: str) -> OmeElement:
    """An element with these values; "TransmittanceRange/CutIn" is a child's, "DichroicRef" refers to another element by
    its ID, and what OME has no place for is extra."""
    element = OmeElement(entity, {name: value for name, value in values.items() if value})
    for name, value in pairs:
        child, _, own = name.rpartition("/")
        if not child and name in element.model.by_name:
            element.values.setdefault(name, value)
        elif name in element.model.child_by_name and ENTITIES[name].is_reference:
            element.children.append(OmeElement(name, {"ID": value}))
        elif child in element.model.child_by_name and own in ENTITIES[child].by_name:
            found = element.first(child)
            if found is None:
                found = OmeElement(child)
                element.children.append(found)
            found.values[own] = value
        else:
            element.extra = element.extra or Extra()
            element.extra.attributes[name.replace("/", ".")] = value
    return element


def _experimenter(one: ExperimenterFacts, number: int) -> OmeElement:
    names = {"FirstName": one.first_name, "LastName": one.last_name, "Email": one.email, "UserName": one.user_name}
    values = _given((names | {"Institution": one.institution}).items())
    return OmeElement("Experimenter", {"ID": one.ome_id or f"Experimenter:{number}"} | values)


def _instrument(one: InstrumentFacts, number: int) -> OmeElement:
    element = OmeElement("Instrument", {"ID": one.ome_id or f"Instrument:{number}"})
    parts = [one.microscope] if one.microscope else []
    for part in (*parts, *one.light_sources, *one.detectors, *one.objectives, *one.filter_sets, *one.filters,
                 *one.dichroics):  # fmt: skip
        place = sum(child.entity == part.kind for child in element.children)
        element.children.append(_part(part, f"{part.kind}:{number}:{place}"))
    return element


def _part(part: ComponentFacts, default: str) -> OmeElement:
    specification = {
        "Manufacturer": part.manufacturer, "Model": part.model, "SerialNumber": part.serial_number,
        "LotNumber": part.lot_number,
    }  # fmt: skip
    if part.kind != "Microscope":
        specification["ID"] = part.ome_id or default
    return _with(part.kind, part.attributes, **specification)


def _image_id(image: ImageFacts) -> str:
    return image.ome_id or f"Image:{image.index}"


def _image(image: ImageFacts) -> OmeElement:
    values = _given([("Name", image.name), ("AcquisitionDate", image.acquisition_date),
                     ("Description", image.description)])  # fmt: skip
    element = OmeElement("Image", {"ID": _image_id(image)} | values)
    for entity, ome_id in (("ExperimenterRef", image.experimenter_ref), ("InstrumentRef", image.instrument_ref)):
        if ome_id:
            element.children.append(OmeElement(entity, {"ID": ome_id}))
    for entity, pairs in (("ObjectiveSettings", image.objective_settings), ("StageLabel", image.stage_label),
                          ("ImagingEnvironment", image.imaging_environment)):  # fmt: skip
        if pairs:
            element.children.append(_with(entity, pairs))
    element.children.append(_pixels(image))
    return element


def _pixels(image: ImageFacts) -> OmeElement:
    pairs: list[tuple[str, str | float | None]] = [
        ("ID", f"Pixels:{image.index}"), ("DimensionOrder", image.dimension_order), ("Type", image.pixel_type),
        ("SignificantBits", image.significant_bits), ("SizeX", image.size_x), ("SizeY", image.size_y),
        ("SizeZ", image.size_z), ("SizeC", image.size_c), ("SizeT", image.size_t),
        *_quantity("PhysicalSizeX", image.physical_size_x), *_quantity("PhysicalSizeY", image.physical_size_y),
        *_quantity("PhysicalSizeZ", image.physical_size_z), *_quantity("TimeIncrement", image.time_increment),
    ]  # fmt: skip
    element = OmeElement("Pixels", _given(pairs))
    described = image.channels or tuple(ChannelFacts(number) for number in range(image.size_c))
    element.children = [_channel(image, channel) for channel in described]
    if image.planes is not None:
        element.planes = planes_columns(image.planes)
    return element


def _channel(image: ImageFacts, channel: ChannelFacts) -> OmeElement:
    color = None
    if channel.color:
        number = int(channel.color.removeprefix("#")[:6], 16) << 8 | ACHROMATIC
        color = number - 2**32 if number >= 2**31 else number
    pairs: list[tuple[str, str | float | None]] = [
        ("ID", channel.ome_id or f"Channel:{image.index}:{channel.index}"), ("Name", channel.name),
        ("SamplesPerPixel", channel.samples_per_pixel), ("Fluor", channel.fluor), ("Color", color),
        ("AcquisitionMode", channel.acquisition_mode), ("ContrastMethod", channel.contrast_method),
        ("IlluminationType", channel.illumination_type), ("NDFilter", channel.nd_filter),
        *_quantity("EmissionWavelength", channel.emission_wavelength),
        *_quantity("ExcitationWavelength", channel.excitation_wavelength),
        *_quantity("PinholeSize", channel.pinhole_size),
    ]  # fmt: skip
    element = OmeElement("Channel", _given(pairs))
    references = {"LightSourceSettings": channel.light_source_ref, "DetectorSettings": channel.detector_ref}
    for entity, ome_id in (references | {"FilterSetRef": channel.filter_set_ref}).items():
        if ome_id:
            own = [(pair.name.removeprefix(f"{entity}/@"), pair.value) for pair in channel.key_values
                   if pair.namespace == OME and pair.name.startswith(f"{entity}/@")]  # fmt: skip
            element.children.append(_with(entity, own, ID=ome_id))
    return element


def planes_columns(planes: PlanesFacts) -> Columns:
    """The values of planes as the columns of a document; of a quantity that no plane has there is no column."""
    count = len(planes.the_z)
    numbers: dict[str, NumberColumn] = {}
    texts: dict[str, TextColumn] = {}
    for name in ("TheZ", "TheC", "TheT"):
        column = getattr(planes, f"the_{name[-1].lower()}")
        numbers[name] = NumberColumn(integer=True, numbers=column.astype(np.int64))
    for name, field in PLANE_FIELDS.items():
        column = getattr(planes, field)
        if not np.isnan(column).all():
            numbers[name] = NumberColumn(integer=False, numbers=column)
            texts[f"{name}Unit"] = TextColumn(np.zeros(count, np.int32), (getattr(planes, f"{field}_unit"),))
    return Columns("Plane", count, numbers, texts, {})
