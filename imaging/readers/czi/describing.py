"""What a CZI says about itself, in OME's words."""

import datetime
import math
import re
import string
from collections.abc import Iterable, Iterator
from decimal import Decimal
from pathlib import Path

import numpy as np
from lxml import etree

from imaging import identifying
from imaging.facts import (
    ChannelFacts,
    ExperimenterFacts,
    FileFacts,
    Finding,
    ImageFacts,
    KeyValue,
    PlanesFacts,
    PlateFacts,
    Quantity,
    WellFacts,
    Window,
)
from imaging.ome.key_values import OME
from imaging.readers.czi.directory import Czi, data_of, read_czi
from imaging.readers.czi.images import TITLE, CziImage, images_of, levels_of
from imaging.readers.czi.instruments import Instrument, instrument_of
from imaging.readers.vendor import chosen, flat_xml, library_errors

NAMESPACE = "zeiss.com/czi"
IMAGE = "Information/Image"
PIXEL_TYPES = {"float32": "float"}
AXES = {"H": "phase", "V": "view", "I": "illumination", "R": "rotation", "B": "block"}
TAGS = re.compile(rb"<(AcquisitionTime|StageXPosition|StageYPosition|FocusPosition)>([^<]*)<")
PICTURES = {"Label": "label", "SlidePreview": "macro"}
ADVICE = "Export the file again without its attachments, and upload that."
LONGEST = 366 * 86400.0  # seconds of an experiment; a first plane that is later was not of it
NOTHING = "0001-01-01"  # a date that was not set
COLOURS = (("Red", "#ff0000"), ("Green", "#00ff00"), ("Blue", "#0000ff"), ("Alpha", "#ffffff"))


def read(path: Path) -> FileFacts:
    """All that the file says; raises ImageError."""
    with library_errors(path, TITLE):
        czi = read_czi(path)
        found = images_of(czi)
        instrument = instrument_of(czi.metadata)
        people = tuple(_experimenter(czi.metadata))
        images = tuple(_image(czi, image, index, len(found), instrument, people) for index, image in enumerate(found))
        return FileFacts(
            str(path), "application/vnd.zeiss.czi", images, (instrument.facts,), people,
            plate=_plate(czi.metadata, images), key_values=tuple(flat_xml(NAMESPACE, czi.metadata)),
            warnings=tuple(_warnings(found)), findings=tuple(_findings(czi.attached)),
        )  # fmt: skip


def _findings(attached: Iterable[str]) -> list[Finding]:
    """The pictures that a slide scanner attaches: of the slide's label, and of the slide before it is scanned."""
    return identifying.pictures([PICTURES[name] for name in attached if name in PICTURES], advice=ADVICE)


def _text(element: etree._Element | None, path: str) -> str:
    return "" if element is None else (element.findtext(path) or "").strip()


def _number(text: str) -> float:
    """A number of the XML, NaN for none."""
    try:
        value = float(text)
    except ValueError:
        return math.nan
    return value if math.isfinite(value) else math.nan


def _experimenter(metadata: etree._Element) -> Iterator[ExperimenterFacts]:
    user = metadata.find("Information/User")
    name = _text(metadata, "Information/Document/UserName") or _text(user, "DisplayName")
    first, last, mail = (_text(user, one) for one in ("FirstName", "LastName", "Email"))
    if name or first or last or mail:
        yield ExperimenterFacts("Experimenter:0", first, last, mail, _text(user, "Institution"), name)


def _warnings(images: list[CziImage]) -> Iterator[str]:
    axes = sorted({axis for image in images for channel in image.channels for axis in channel if axis != "C"})
    for axis in axes:
        yield f"Each {AXES[axis]} (axis {axis}) is read as channels of its own."


def _image(
    czi: Czi, image: CziImage, index: int, count: int, instrument: Instrument, people: tuple[ExperimenterFacts, ...]
) -> ImageFacts:
    metadata = czi.metadata
    t, c, z, y, x = image.shape(1)
    levels = levels_of(czi, image)  # says what is wrong with its blocks
    about = metadata.find(IMAGE)
    scene = _scene(metadata, image)
    name = "" if scene is None else scene.get("Name", "")
    objective = instrument.ref(metadata.find(f"{IMAGE}/ObjectiveSettings/ObjectiveRef"))
    if not objective and len(instrument.facts.objectives) == 1:
        objective = instrument.facts.objectives[0].ome_id
    bits = _text(about, "ComponentBitCount")
    return ImageFacts(
        index=index, ome_id=f"Image:{index}", series_path=str(index) if count > 1 else "",
        name=name or (czi.path.name if count == 1 else f"{czi.path.name} scene {index + 1}"),
        description=_text(metadata, "Information/Document/Description"),
        size_x=x, size_y=y, size_z=z, size_c=c, size_t=t, pixel_type=PIXEL_TYPES.get(image.dtype, image.dtype),
        significant_bits=int(bits) if bits.isdecimal() else None, acquisition_date=_date(metadata),
        physical_size_x=_size(metadata, "X"), physical_size_y=_size(metadata, "Y"),
        physical_size_z=_size(metadata, "Z") if z > 1 else None, time_increment=_increment(metadata) if t > 1 else None,
        channels=tuple(_channels(metadata, image, index, instrument)), planes=_planes(czi, image),
        experimenter_ref=people[0].ome_id if people else "", instrument_ref=instrument.facts.ome_id,
        objective_settings=_objective_settings(metadata, objective), stage_label=_stage_label(metadata, scene, name),
        level_count=max(1, len(levels) if levels else len(image.levels)), chunk_shape=(y, x),
        rois_count=len(metadata.findall("Layers/Layer/Elements/*")) if count == 1 else 0,
    )  # fmt: skip


def _scene(metadata: etree._Element, image: CziImage) -> etree._Element | None:
    if image.scene is None:
        return None
    return metadata.find(f"{IMAGE}/Dimensions/S/Scenes/Scene[@Index='{image.scene}']")


def _stage_label(metadata: etree._Element, scene: etree._Element | None, name: str) -> tuple[tuple[str, str], ...]:
    """Where the scene's centre is, and its focus, in µm."""
    if scene is None:  # an image without scenes may still say where it is
        scenes = metadata.findall(f"{IMAGE}/Dimensions/S/Scenes/Scene")
        scene = scenes[0] if len(scenes) == 1 else None
    if scene is None:
        return ()
    x, _, y = _text(scene, "CenterPosition").partition(",")
    place = scene.find("Positions/Position")
    if not x and place is not None:
        x, y = place.get("X", ""), place.get("Y", "")
    pairs = [("Name", name or f"Scene {scene.get('Index', '')}")]
    if not math.isnan(_number(x) + _number(y)):
        pairs += [("X", x), ("XUnit", "µm"), ("Y", y), ("YUnit", "µm")]
    if place is not None and not math.isnan(_number(place.get("Z", ""))):
        pairs += [("Z", place.get("Z", "")), ("ZUnit", "µm")]
    return tuple(pair for pair in pairs if pair[1])


def _objective_settings(metadata: etree._Element, objective: str) -> tuple[tuple[str, str], ...]:
    if not objective:
        return ()
    said = metadata.find(f"{IMAGE}/ObjectiveSettings")
    pairs = [(name, chosen("ObjectiveSettings", name, _text(said, name))) for name in ("Medium", "RefractiveIndex")]
    return ("ID", objective), *(pair for pair in pairs if pair[1])


def _date(metadata: etree._Element) -> str | None:
    """When acquisition began."""
    dates = (_text(metadata, f"{IMAGE}/{path}") for path in ("AcquisitionDateAndTime", "Dimensions/T/StartTime"))
    return next((date for date in dates if date and not date.startswith(NOTHING)), None)


def _size(metadata: etree._Element, axis: str) -> Quantity | None:
    """Pixel size; Scaling gives it in metres."""
    text = _text(metadata, f"Scaling/Items/Distance[@Id='{axis}']/Value")
    return Quantity(float(Decimal(text).scaleb(6)), "µm") if _number(text) > 0 else None


def _increment(metadata: etree._Element) -> Quantity | None:
    seconds = _number(_text(metadata, f"{IMAGE}/Dimensions/T/Positions/Interval/Increment"))
    return Quantity(seconds, "s") if seconds > 0 else None


def _channels(metadata: etree._Element, image: CziImage, index: int, instrument: Instrument) -> Iterator[ChannelFacts]:
    """One for each channel, and each phase or view of it; each sample of a colour camera."""
    described = metadata.findall(f"{IMAGE}/Dimensions/Channels/Channel")
    shown = {one.get("Id", ""): one for one in metadata.iterfind("DisplaySetting/Channels/Channel")}
    number = 0
    for at in image.channels:
        channel = described[at["C"]] if 0 <= at["C"] < len(described) else etree.Element("Channel")
        display = shown.get(channel.get("Id", ""))
        name = channel.get("Name", "") or ("" if display is None else display.get("Name", ""))
        name = " ".join([name, *(f"{AXES[axis]} {value + 1}" for axis, value in at.items() if axis != "C")]).strip()
        for sample in range(image.samples):
            color = _color(channel, display)
            called = name
            if image.samples > 1:
                called, color = f"{name} {COLOURS[sample][0]}".strip(), COLOURS[sample][1]
            yield ChannelFacts(
                number, f"Channel:{index}:{number}", called, color,
                emission_wavelength=_nanometres(channel, "EmissionWavelength"),
                excitation_wavelength=_nanometres(channel, "ExcitationWavelength"),
                fluor=_text(channel, "Fluor"), pinhole_size=_pinhole(channel),
                acquisition_mode=chosen("Channel", "AcquisitionMode", _text(channel, "AcquisitionMode")),
                contrast_method=chosen("Channel", "ContrastMethod", _text(channel, "ContrastMethod")),
                illumination_type=chosen("Channel", "IlluminationType", _text(channel, "IlluminationType")),
                detector_ref=instrument.ref(channel.find("DetectorSettings/Detector")),
                light_source_ref=instrument.ref(channel.find("LightSourcesSettings/LightSourceSettings/LightSource")),
                filter_set_ref=instrument.ref(channel.find("FilterSetRef"))
                or instrument.ref(channel.find("FilterSet")),
                display=_window(display, image), key_values=tuple(_settings(channel)),
            )  # fmt: skip
            number += 1


def _color(channel: etree._Element, display: etree._Element | None) -> str | None:
    """The colour, of which ZEN's first two digits of eight say how opaque it is."""
    text = (_text(channel, "Color") or _text(display, "Color")).lstrip("#").lower()
    return f"#{text[-6:]}" if re.fullmatch("([0-9a-f]{2})?[0-9a-f]{6}", text) else None


def _nanometres(channel: etree._Element, name: str) -> Quantity | None:
    text = _text(channel, name)
    value = _number(text)
    return Quantity(value, "nm", text) if value > 0 else None


def _pinhole(channel: etree._Element) -> Quantity | None:
    value = _number(_text(channel, "PinholeSize"))
    return Quantity(value, "µm") if value > 0 else None


def _window(display: etree._Element | None, image: CziImage) -> Window | None:
    """What is shown: DisplaySetting gives shares of all values that the pixels may have."""
    if display is None or not np.issubdtype(np.dtype(image.dtype), np.integer) or image.samples > 1:
        return None
    most = float(np.iinfo(image.dtype).max)
    low, high = _number(_text(display, "Low") or "0"), _number(_text(display, "High") or "1")
    if not 0 <= low < high <= 1:
        return None
    return Window(0.0, most, round(low * most, 3), round(high * most, 3))


def _settings(channel: etree._Element) -> Iterator[KeyValue]:
    """OME's DetectorSettings and LightSourceSettings by their path."""
    for name in ("Binning", "Gain", "Offset"):
        text = _text(channel, f"DetectorSettings/{name}").replace(",", "x" if name == "Binning" else ",")
        if chosen("DetectorSettings", name, text):
            yield KeyValue(OME, f"DetectorSettings/@{name}", text)
    for name in ("Attenuation", "Wavelength"):
        text = _text(channel, f"LightSourcesSettings/LightSourceSettings/{name}")
        if text:
            yield KeyValue(OME, f"LightSourceSettings/@{name}", text)


def _planes(czi: Czi, image: CziImage) -> PlanesFacts | None:
    """Time, exposure and stage position of planes, which each block says; of mosaics those of the first tile's time."""
    keys = sorted(key for factor, key in image.blocks if factor == 1)
    rows = np.full((len(keys), 4), math.nan)
    with czi.path.open("rb") as file:
        for row, key in enumerate(keys):
            found = image.blocks[1, key]
            _, _, said = data_of(file, czi, min(found, key=lambda block: block.at.get("M", 0)))
            rows[row] = _tags(said, alone=len(found) == 1)
    if np.isnan(rows[:, 0]).all() and len(czi.times) == len(image.times) > 1:
        rows[:, 0] = [czi.times[t] for t, _, _ in keys]
    described = czi.metadata.findall(f"{IMAGE}/Dimensions/Channels/Channel")
    exposures = [_number(_text(one, "ExposureTime")) / 1e6 for one in described]
    of_channel = [at["C"] for at in image.channels]
    exposure = np.array([exposures[of_channel[c]] if of_channel[c] < len(exposures) else math.nan for _, c, _ in keys])
    if np.isnan(rows).all() and np.isnan(exposure).all():
        return None
    the_t, the_c, the_z = np.array(keys, np.int32).T
    spread, samples = image.samples, np.tile(np.arange(image.samples, dtype=np.int32), len(keys))
    time, x, y, z = (np.repeat(column, spread) for column in rows.T)
    return PlanesFacts(
        the_z=np.repeat(the_z, spread), the_c=np.repeat(the_c, spread) * spread + samples,
        the_t=np.repeat(the_t, spread), delta_t=_since(_date(czi.metadata), time),
        exposure_time=np.repeat(exposure, spread), position_x=x, position_y=y, position_z=z,
        exposure_time_unit="ms", position_x_unit="µm", position_y_unit="µm", position_z_unit="µm",
    )  # fmt: skip


def _since(date: str | None, time: np.ndarray) -> np.ndarray:
    """Seconds since acquisition began, as OME has it: if that is not known, or was later, since the first plane."""
    if np.isnan(time).all():
        return time
    first = float(np.nanmin(time))
    began = _seconds(date or "")
    return np.round(time - (began if 0 <= first - began <= LONGEST else first), 6)


def _seconds(date: str) -> float:
    """A point in time, in seconds; NaN for none."""
    try:
        return datetime.datetime.fromisoformat(date[:26].rstrip("Z")).timestamp()
    except ValueError:
        return math.nan


def _tags(said: bytes, *, alone: bool) -> tuple[float, float, float, float]:
    """When it was taken in seconds, and stage position x, y, focus in µm, of a block's own XML; NaN for none."""
    tags = {name.decode(): text.decode(errors="replace").strip() for name, text in TAGS.findall(said)}
    taken = _seconds(tags.get("AcquisitionTime", ""))
    x, y, z = (_number(tags.get(name, "")) for name in ("StageXPosition", "StageYPosition", "FocusPosition"))
    return taken, x if alone else math.nan, y if alone else math.nan, z


def _plate(metadata: etree._Element, images: tuple[ImageFacts, ...]) -> PlateFacts | None:
    """The wells that scenes lie in, if all do; rows and columns are those that have images."""
    scenes = metadata.findall(f"{IMAGE}/Dimensions/S/Scenes/Scene")
    places = []
    for scene in scenes:
        row, column = _text(scene, "Shape/RowIndex"), _text(scene, "Shape/ColumnIndex")
        if row.isdecimal() and column.isdecimal() and 1 <= int(row) <= len(string.ascii_uppercase):
            places.append((int(row), int(column)))
    if len(places) < 2 or len(places) != len(images):  # one well is no plate
        return None
    rows, columns = sorted({row for row, _ in places}), sorted({column for _, column in places})
    wells: dict[tuple[int, int], list[str]] = {}
    for place, image in zip(places, images, strict=True):
        wells.setdefault(place, []).append(image.series_path)
    letters = string.ascii_uppercase
    return PlateFacts(
        "", tuple(letters[row - 1] for row in rows), tuple(map(str, columns)),
        tuple(
            WellFacts(f"{letters[row - 1]}/{column}", rows.index(row), columns.index(column), tuple(series))
            for (row, column), series in wells.items()
        ),
    )  # fmt: skip
