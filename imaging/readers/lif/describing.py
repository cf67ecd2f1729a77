"""What a LIF's images say about themselves, in OME's words."""

import math
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
from lxml import etree

from imaging.facts import (
    ChannelFacts,
    ComponentFacts,
    FileFacts,
    ImageFacts,
    InstrumentFacts,
    KeyValue,
    PlanesFacts,
    Quantity,
    Window,
)
from imaging.ome.key_values import OME
from imaging.readers.lif.planes import (
    DESCRIPTION,
    EMISSION,
    EXCITATION,
    OTHERS,
    TIME,
    LifImage,
    X,
    Y,
    Z,
    level_of,
    opened,
)
from imaging.readers.vendor import flat_xml

NAMESPACE = "leica-microsystems.com/lif"
COLORS = {
    "Gray": "#ffffff", "Red": "#ff0000", "Green": "#00ff00", "Blue": "#0000ff", "Cyan": "#00ffff",
    "Magenta": "#ff00ff", "Yellow": "#ffff00",
}  # fmt: skip
IMMERSIONS = {"OIL": "Oil", "WATER": "Water", "GLYC": "Glycerol", "DRY": "Air", "AIR": "Air", "MULTI": "Multi"}
DETECTORS = {"PMT": "PMT", "APD": "APD"}  # OME's word for Detector/@Type, where there is one
MICROMETRES = {"m": 1e6, "mm": 1e3, "µm": 1.0, "um": 1.0, "nm": 1e-3}
PIXEL_TYPES = {"float32": "float", "float64": "double"}


def read(path: Path) -> FileFacts:
    """All that the file says of its images; raises ImageError."""
    with opened(path) as (images, left):
        found: list[ImageFacts] = []
        instruments: list[InstrumentFacts] = []
        for index, image in enumerate(images):
            level_of(image)  # says what is wrong with its planes
            same = (one for number, one in enumerate(instruments) if _instrument(image, number) == one)
            instrument = next(same, None)
            if instrument is None:
                instrument = _instrument(image, len(instruments))
                instruments.append(instrument)
            series = str(index) if len(images) > 1 else ""
            found.append(_facts(image, index, series, instrument))
        warnings = [f"{name} has no pixels that are read (empty, or lifetime data)." for name in left]
        others = {OTHERS[one] for image in images for one in image.dimensions if one in OTHERS}
        warnings += [f"The axis “{name}” is read as time points." for name in sorted(others)]
    return FileFacts(str(path), "image/x-leica-lif", tuple(found), tuple(instruments), warnings=tuple(warnings))


def _facts(image: LifImage, index: int, series: str, instrument: InstrumentFacts) -> ImageFacts:
    t, c, z, y, x = image.shape
    settings = _settings(image)
    objective: list[tuple[str, str]] = []
    if instrument.objectives:
        objective.append(("ID", instrument.objectives[0].ome_id))
        if _number(settings.get("RefractionIndex")):
            objective.append(("RefractiveIndex", settings["RefractionIndex"]))
    resolution = {one.get("Resolution", "") for one in image.channels}
    description = image.xml.find("Data/Image")
    return ImageFacts(
        index=index, ome_id=f"Image:{index}", name=image.path, series_path=series,
        description="" if description is None else description.get("TextDescription", ""),
        size_x=x, size_y=y, size_z=z, size_c=c, size_t=t,
        pixel_type=PIXEL_TYPES.get(image.dtype.name, image.dtype.name),
        significant_bits=int(resolution.pop()) if len(resolution) == 1 else None,
        acquisition_date=_date(image),
        physical_size_x=_size(image, X), physical_size_y=_size(image, Y), physical_size_z=_size(image, Z),
        time_increment=_increment(image), channels=tuple(_channels(image, settings, instrument)),
        planes=_planes(image, settings), instrument_ref=instrument.ome_id, objective_settings=tuple(objective),
        key_values=tuple(_key_values(image)), chunk_shape=(y, x),
    )  # fmt: skip


def _settings(image: LifImage) -> Mapping[str, str]:
    """The attributes of the confocal's or the camera's settings, with those of the hardware around them."""
    found: dict[str, str] = {}
    for name in ("ATLCameraSettingDefinition", "ATLConfocalSettingDefinition"):
        element = image.xml.find(f"Data/Image/Attachment[@Name='HardwareSetting']/{name}")
        if element is not None:
            found |= {key: str(value).strip() for key, value in element.attrib.items()}
    hardware = image.xml.find("Data/Image/Attachment[@Name='HardwareSetting']")
    if hardware is not None:
        found |= {f"HardwareSetting/{key}": str(value).strip() for key, value in hardware.attrib.items()}
    return found


def _number(text: str | None) -> float:
    """A number of the settings, 0 for none."""
    try:
        value = float(text or 0)
    except ValueError:
        return 0.0
    return value if math.isfinite(value) else 0.0


def _instrument(image: LifImage, number: int) -> InstrumentFacts:
    """Microscope, objective, detectors in use, and laser lines in use; their ids begin with the instrument's number."""
    settings = _settings(image)
    system = settings.get("HardwareSetting/SystemTypeName", "")
    stand = settings.get("MicroscopeModel", "")
    microscope = ComponentFacts(
        "Microscope", manufacturer="Leica Microsystems", model=" ".join(filter(None, (system, stand))),
        serial_number=settings.get("SystemSerialNumber", ""),
    )  # fmt: skip
    objectives: tuple[ComponentFacts, ...] = ()
    if settings.get("ObjectiveName"):
        wanted = {
            "Immersion": IMMERSIONS.get(settings.get("Immersion", "").upper(), ""),
            "LensNA": settings.get("NumericalAperture", ""),
            "NominalMagnification": settings.get("Magnification", ""),
        }
        attributes = tuple((name, value) for name, value in wanted.items() if value)
        name = " ".join(settings["ObjectiveName"].split())
        objectives = (ComponentFacts("Objective", f"Objective:{number}:0", model=name, attributes=attributes),)
    detectors, lasers = tuple(_detectors(image, number)), tuple(_lasers(image, number))
    return InstrumentFacts(f"Instrument:{number}", microscope, objectives, detectors, lasers)


def _active(image: LifImage) -> list[etree._Element]:
    """The detectors that were switched on."""
    return [one for one in image.xml.iter("Detector") if one.get("IsActive") == "1"]


def _detectors(image: LifImage, instrument: int) -> Iterator[ComponentFacts]:
    for number, one in enumerate(_active(image)):
        kind = DETECTORS.get(one.get("Type", ""))
        attributes = (("Type", kind),) if kind else ()
        name = one.get("Name", "")
        yield ComponentFacts("Detector", f"Detector:{instrument}:{number}", model=name, attributes=attributes)


def _lasers(image: LifImage, instrument: int) -> Iterator[ComponentFacts]:
    """The lines that were switched on, each a light source."""
    seen: set[tuple[str, str]] = set()
    for source in image.xml.iter("Aotf"):
        for line in source.iterfind("LaserLineSetting[@IsLineChecked='1']"):
            key = (source.get("LightSourceName", ""), line.get("LaserLine", ""))
            if _number(line.get("IntensityDev")) > 0 and key not in seen:
                yield ComponentFacts(
                    "Laser", f"LightSource:{instrument}:{len(seen)}", model=key[0], attributes=(("Wavelength", key[1]),)
                )  # fmt: skip
                seen.add(key)


def _size(image: LifImage, dimension: int) -> Quantity | None:
    """Pixel size, slice distance: LAS gives the length from the first centre to the last."""
    found = image.dimensions.get(dimension)
    if found is None or found.count < 2 or found.unit not in MICROMETRES or not found.spacing:
        return None
    return Quantity(abs(found.spacing) * MICROMETRES[found.unit], "µm")


def _increment(image: LifImage) -> Quantity | None:
    found = image.dimensions.get(TIME)
    if found is None or found.count < 2 or found.unit != "s" or found.spacing <= 0 or len(image.times) > 1:
        return None
    return Quantity(found.spacing, "s")


def _date(image: LifImage) -> str | None:
    """When its first plane was taken: LAS gives Windows' file times, which are in UTC."""
    if image.timestamps is None or not len(image.timestamps):
        return None
    return f"{image.timestamps[0]}Z"


def _channels(image: LifImage, settings: Mapping[str, str], instrument: InstrumentFacts) -> Iterator[ChannelFacts]:
    """One for each channel of each wavelength: the wavelength of a sweep is that of its emission or excitation."""
    emission, excitation = image.dimensions.get(EMISSION), image.dimensions.get(EXCITATION)
    confocal = image.xml.find(".//ATLConfocalSettingDefinition") is not None
    detectors, lights, active = instrument.detectors, instrument.light_sources, _active(image)
    matched = len(detectors) == len(image.channels)  # LAS lists the detectors of channels in their order
    only = lights[0] if len(lights) == 1 else None
    line = _number(dict(only.attributes)["Wavelength"]) if only and excitation is None else 0.0
    sweep = ((i, j, n) for i in range(image.count(EXCITATION)) for j in range(image.count(EMISSION))
             for n in range(len(image.channels)))  # fmt: skip
    for index, (exciting, emitting, number) in enumerate(sweep):
        excited = _nanometres(excitation.at(exciting), excitation.unit) if excitation else None
        emitted = _nanometres(emission.at(emitting), emission.unit) if emission else None
        described = image.channels[number]
        yield ChannelFacts(
            index, f"Channel:{index}", name=_channel_name(described, excited, emitted),
            color=_color(image, described), emission_wavelength=emitted,
            excitation_wavelength=Quantity(line, "nm") if line > 0 else excited,
            acquisition_mode="LaserScanningConfocalMicroscopy" if confocal else "", pinhole_size=_pinhole(settings),
            display=_window(image, number), detector_ref=detectors[number].ome_id if matched else "",
            light_source_ref=only.ome_id if only else "",
            key_values=(*(_detector_settings(active[number]) if matched else ()), *flat_xml(NAMESPACE, described)),
        )  # fmt: skip


def _detector_settings(detector: etree._Element) -> Iterator[KeyValue]:
    """OME's DetectorSettings by their path."""
    for name in ("Gain", "Offset"):
        if detector.get(name):
            yield KeyValue(OME, f"DetectorSettings/@{name}", detector.get(name, ""))


def _nanometres(value: float, unit: str) -> Quantity | None:
    factor = MICROMETRES.get(unit)
    return Quantity(round(value * factor * 1000, 6), "nm") if factor and value > 0 else None


def _channel_name(described: etree._Element, excited: Quantity | None, emitted: Quantity | None) -> str:
    """The dye, and the wavelengths of a sweep."""
    properties = {one.findtext("Key", ""): one.findtext("Value", "") for one in described.iter("ChannelProperty")}
    sweep = [f"{one.value:g} nm" for one in (excited, emitted) if one is not None]
    return " ".join(filter(None, (properties.get("DyeName", ""), *sweep)))


def _window(image: LifImage, number: int) -> Window | None:
    """What is shown: LAS gives it as shares of the channel's range."""
    shown = image.xml.findall("Data/Image/Attachment[@Name='ViewerScaling']/ChannelScalingInfo")
    most = _number(image.channels[number].get("Max"))
    if number >= len(shown) or most <= 0 or image.samples > 1:
        return None
    low, high = (_number(shown[number].get(f"{name}Value")) for name in ("Black", "White"))
    return Window(0.0, most, round(low * most, 3), round(high * most, 3)) if 0 <= low < high <= 1 else None


def _color(image: LifImage, described: etree._Element) -> str | None:
    """Of a colour camera's samples by their tag, else of the look-up table."""
    if image.samples in (3, 4):
        return {"1": "#ff0000", "2": "#00ff00", "3": "#0000ff"}.get(described.get("ChannelTag", ""))
    return COLORS.get(described.get("LUTName", ""))


def _pinhole(settings: Mapping[str, str]) -> Quantity | None:
    metres = _number(settings.get("Pinhole"))
    return Quantity(metres * 1e6, "µm") if metres > 0 else None


def _planes(image: LifImage, settings: Mapping[str, str]) -> PlanesFacts | None:
    """Time of planes since the first one, and where the stage was."""
    t, c, z, _, _ = image.shape
    count = t * c * z
    the_t, the_c, the_z = (axis.ravel().astype(np.int32) for axis in np.indices((t, c, z)))
    nothing = np.full(count, math.nan)
    depth = image.dimensions.get(Z)
    place_z = nothing
    if depth is not None and depth.unit in MICROMETRES:
        place_z = (depth.origin + depth.spacing * the_z) * MICROMETRES[depth.unit]
    stage = [_number(settings.get(f"StagePos{axis}")) * 1e6 for axis in "XY"]
    tile = _tile(image)
    if tile is not None:
        stage = [_number(tile.get(f"Pos{axis}")) * 1e6 for axis in "XY"]
    taken = _delta_t(image)
    if taken is None and not any(stage) and depth is None:
        return None
    return PlanesFacts(
        the_z, the_c, the_t, nothing if taken is None else taken, nothing,
        np.full(count, stage[0] if any(stage) else math.nan), np.full(count, stage[1] if any(stage) else math.nan),
        place_z, position_x_unit="µm", position_y_unit="µm", position_z_unit="µm",
    )  # fmt: skip


def _tile(image: LifImage) -> etree._Element | None:
    """Where the tile of a mosaic is."""
    tiles = image.xml.findall("Data/Image/Attachment[@Name='TileScanInfo']/Tile")
    return tiles[image.tile] if image.tile is not None and image.tile < len(tiles) else None


def _delta_t(image: LifImage) -> np.ndarray | None:
    """Seconds from the first time stamp, for planes in the order t, c, z; stamps go in the order of the bytes, one for
    all channels taken at once, or one for each."""
    if image.timestamps is None or image.tile is not None:
        return None
    outer = [one for one in image.dimensions.values() if one.id not in (X, Y)]
    outer.sort(key=lambda one: -one.step)
    shape = [one.count for one in outer]
    if len(image.timestamps) != math.prod(shape):
        return None
    seconds = (image.timestamps - image.timestamps[0]).astype("timedelta64[ms]").astype(np.float64) / 1000
    wanted = [*image.times, *(image.dimensions[key] for key in (EXCITATION, EMISSION, Z) if key in image.dimensions)]
    ordered = seconds.reshape(shape or [1]).transpose([outer.index(one) for one in wanted] or [0])
    t, c, z, _, _ = image.shape
    channels = len(image.channels)
    spread = np.broadcast_to(ordered.reshape(t, c // channels, 1, z), (t, c // channels, channels, z))
    return np.ascontiguousarray(spread).ravel()


def _key_values(image: LifImage) -> Iterator[KeyValue]:
    """All attributes of the image's XML, but for the places of its bytes and the list of times."""
    data = image.xml.find("Data/Image")
    if data is None:
        return
    for child in data.iterchildren(etree.Element):
        if child.tag not in ("ImageDescription", "TimeStampList"):
            tag, name = etree.QName(child).localname, child.get("Name", "")
            yield from flat_xml(NAMESPACE, child, f"{tag}[{name}]" if name else tag)
    for found in image.xml.iterfind(f"{DESCRIPTION}/Dimensions/DimensionDescription"):
        yield from flat_xml(NAMESPACE, found, f"DimensionDescription[{found.get('DimID')}]")
