"""What an ND2 file says about itself, in OME's words."""

import datetime
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from imaging.facts import (
    ChannelFacts,
    ComponentFacts,
    FileFacts,
    ImageFacts,
    InstrumentFacts,
    KeyValue,
    PlanesFacts,
    Quantity,
)
from imaging.ome.key_values import OME
from imaging.readers.nd2.frames import MAX_FRAMES, Nd2, frames_level, opened
from imaging.readers.vendor import flat

NAMESPACE = "nikon.com/nd2"
JULIAN_2000 = 2451545.0  # 2000-01-01 12:00 UTC
STAGE = ("X Coord [µm]", "Y Coord [µm]", "Z Coord [µm]")
FASTER = 1  # ModeFQ: the camera's faster format was used, else the better one
# Modality flags in OME's words (OME 2016-06: AcquisitionMode, ContrastMethod, IlluminationType).
ACQUISITION_MODES = {
    "laserScanConfocal": "LaserScanningConfocalMicroscopy", "spinningDiskConfocal": "SpinningDiskConfocal",
    "sweptFieldConfocalPinhole": "SweptFieldConfocal", "sweptFieldConfocalSlit": "SlitScanConfocal",
    "brightfield": "BrightField", "SIM": "StructuredIllumination", "TIRF": "TotalInternalReflection",
    "multiphoton": "MultiPhotonMicroscopy", "fluorescence": "WideField",
}  # fmt: skip
CONTRAST_METHODS = {
    "fluorescence": "Fluorescence", "brightfield": "Brightfield", "phaseContrast": "Phase", "diContrast": "DIC",
}  # fmt: skip
ILLUMINATION_TYPES = {
    "fluorescence": "Epifluorescence", "brightfield": "Transmitted", "multiphoton": "NonLinear",
}  # fmt: skip


def read(path: Path) -> FileFacts:
    """All that the file says; raises ImageError."""
    with opened(path) as one:
        for position in range(one.sizes["p"]):
            frames_level(one, position)  # says what is wrong with its frames
        instrument = _instrument(one)
        recorded = _recorded(one)
        images = tuple(_image(one, position, instrument, recorded) for position in range(one.sizes["p"]))
        key_values = tuple(_key_values(one))
        notes = tuple(f"The loop {loop!r} of the experiment is read as time points." for loop in one.other_loops)
    return FileFacts(
        str(path), "image/nd2", images, instruments=(instrument,), key_values=key_values, warnings=notes
    )  # fmt: skip


def _picture(one: Nd2) -> Mapping[str, Any]:
    """The settings of the microscope when the first frame was taken."""
    for name, value in one.metadata.items():
        if name.startswith("ImageMetadataSeq") and isinstance(value, Mapping):
            return _inner(value, "SLxPictureMetadata")
    return {}


def _inner(value: Any, name: str) -> Mapping[str, Any]:
    """What stands below a name, or the whole if the name is left out as in older files; {} for what is no mapping."""
    found = value.get(name, value) if isinstance(value, Mapping) else {}
    return found if isinstance(found, Mapping) else {}


def _below(value: Any, *names: str) -> Mapping[str, Any]:
    """The mapping at a path, {} if there is none."""
    for name in names:
        value = value.get(name, {}) if isinstance(value, Mapping) else {}
    return value if isinstance(value, Mapping) else {}


def _setting(one: Nd2, channel: int) -> Mapping[str, Any]:
    """The sample setting (camera, devices, exposure) a channel was taken with: often one for all of them."""
    planes = _below(_picture(one), "PicturePlanes")
    settings = _below(planes, "SampleSetting")
    number = str(_below(planes, "PlaneNew", str(channel)).get("SampleIndex", channel))
    return _below(settings, number) or (_below(settings, *settings) if len(settings) == 1 else {})


def _instrument(one: Nd2) -> InstrumentFacts:
    """Microscope, objectives, cameras and laser lines that the settings name."""
    objectives: dict[tuple[str, ...], ComponentFacts] = {}
    detectors: dict[str, ComponentFacts] = {}
    lasers: dict[str, ComponentFacts] = {}
    microscope = None
    for number, channel in enumerate(one.file.metadata.channels or ()):
        setting = _setting(one, number)
        device = _below(setting, "DeviceSetting")
        if device.get("MicroscopePhysFullName") or device.get("MicroscopeFullName"):
            name = str(device.get("MicroscopePhysFullName") or device.get("MicroscopeFullName"))
            maker = "Nikon" if name.startswith("Nikon") else ""
            microscope = ComponentFacts("Microscope", manufacturer=maker, model=name)
        objective = _objective(channel.microscope, len(objectives))
        if objective is not None:
            objectives.setdefault((objective.model, *map(str, objective.attributes)), objective)
        camera = _camera(setting)
        if camera is not None:
            detectors.setdefault(camera.serial_number, replace(camera, ome_id=f"Detector:{len(detectors)}"))
        for laser in _lasers(device):
            lasers.setdefault(f"{laser.model} {laser.attributes}", replace(laser, ome_id=f"LightSource:{len(lasers)}"))
    return InstrumentFacts(
        "Instrument:0", microscope, tuple(objectives.values()), tuple(detectors.values()), tuple(lasers.values())
    )


def _objective(about: Any, number: int) -> ComponentFacts | None:
    values = (
        ("LensNA", about.objectiveNumericalAperture),
        ("NominalMagnification", about.objectiveMagnification),
    )
    attributes = tuple((name, str(value)) for name, value in values if value)
    if not attributes and not about.objectiveName:
        return None
    return ComponentFacts(
        "Objective", f"Objective:{number}", model=str(about.objectiveName or ""), attributes=attributes
    )  # fmt: skip


def _camera(setting: Mapping[str, Any]) -> ComponentFacts | None:
    camera = _below(setting, "CameraSetting")
    unique = str(camera.get("CameraUniqueName") or "")
    model = str(camera.get("CameraFamilyName") or camera.get("CameraUserName") or "")
    if not unique and not model:
        return None
    return ComponentFacts("Detector", model=model, serial_number=unique)


def _lasers(device: Mapping[str, Any]) -> Iterator[ComponentFacts]:
    """The lines of multi-line lasers that were in use."""
    for box in range(8):
        name = str(device.get(f"MultiLaser_LineUsedPhysFullName{box}") or "")
        for line in range(32):
            place = f"{box}-{line:02d}"
            wavelength = device.get(f"MultiLaser_LineUsedLineWavelength{place}")
            if wavelength and device.get(f"MultiLaser_LineUsedLineUsed{place}"):
                yield ComponentFacts("Laser", model=name, attributes=(("Wavelength", str(wavelength)),))


def _image(one: Nd2, position: int, instrument: InstrumentFacts, recorded: Mapping[str, np.ndarray]) -> ImageFacts:
    about = one.attributes
    x, y, z = one.file.voxel_size()
    many = one.sizes["p"] > 1
    channels = tuple(_channels(one, instrument))
    name = _position_name(one, position)
    objective = one.file.metadata.channels[0].microscope if one.file.metadata.channels else None
    settings: list[tuple[str, str]] = []
    if instrument.objectives:
        settings.append(("ID", instrument.objectives[0].ome_id))
        if objective is not None and objective.immersionRefractiveIndex:
            settings.append(("RefractiveIndex", str(objective.immersionRefractiveIndex)))
    return ImageFacts(
        index=position, ome_id=f"Image:{position}", name=name or one.path.name,
        size_x=int(about.widthPx or 0), size_y=int(about.heightPx), size_z=one.sizes["z"],
        size_c=int(about.componentCount), size_t=one.sizes["t"],
        pixel_type="float" if one.dtype.kind == "f" else one.dtype.name,
        significant_bits=int(about.bitsPerComponentSignificant), acquisition_date=_date(one),
        physical_size_x=_micrometres(x), physical_size_y=_micrometres(y),
        physical_size_z=_micrometres(z) if one.sizes["z"] > 1 else None,
        time_increment=_increment(one), channels=channels, planes=_planes(one, position, len(channels), recorded),
        instrument_ref=instrument.ome_id, objective_settings=tuple(settings),
        stage_label=(("Name", name),) if many and name else (), rois_count=len(one.file.rois or ()),
        series_path=str(position) if many else "", chunk_shape=(int(about.heightPx), int(about.widthPx or 0)),
    )  # fmt: skip


def _micrometres(value: float | None) -> Quantity | None:
    return Quantity(float(value), "µm") if value and math.isfinite(value) and value > 0 else None


def _position_name(one: Nd2, position: int) -> str:
    for loop in one.file.experiment:
        if loop.type == "XYPosLoop" and position < len(loop.parameters.points):
            return str(loop.parameters.points[position].name or "")
    return ""


def _increment(one: Nd2) -> Quantity | None:
    """The time between frames where the experiment sets one."""
    for loop in one.file.experiment:
        if loop.type == "TimeLoop" and loop.parameters.periodMs:
            return Quantity(float(loop.parameters.periodMs), "ms")
    return None


def _date(one: Nd2) -> str | None:
    """When the first frame was taken (UTC); the file gives it as a Julian day."""
    day = _picture(one).get("TimeAbsolute")
    if not isinstance(day, float) or not 2_400_000 < day < 2_600_000:
        return None
    noon = datetime.datetime(2000, 1, 1, 12, tzinfo=datetime.UTC)
    taken = noon + datetime.timedelta(days=day - JULIAN_2000)
    return taken.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _channels(one: Nd2, instrument: InstrumentFacts) -> Iterator[ChannelFacts]:
    """One for each component: the samples of a colour camera are channels."""
    described = list(one.file.metadata.channels or ())
    samples = max(1, int(one.attributes.componentCount) // max(1, len(described)))
    for index in range(int(one.attributes.componentCount)):
        if index // samples >= len(described):
            yield ChannelFacts(index)
            continue
        number, sample = divmod(index, samples)
        channel, setting = described[number], _setting(one, number)
        about, flags = channel.channel, channel.microscope.modalityFlags
        name, color = about.name, f"#{about.color.r:02x}{about.color.g:02x}{about.color.b:02x}"
        if samples in (3, 4):
            name = f"{name} {['Red', 'Green', 'Blue', 'Alpha'][sample]}"
            color = ["#ff0000", "#00ff00", "#0000ff", "#ffffff"][sample]
        camera = _camera(setting)
        lasers = [(one.model, one.attributes) for one in _lasers(_below(setting, "DeviceSetting"))]
        lit_by = [one for one in instrument.light_sources if (one.model, one.attributes) in lasers]
        # Of a filter for several lines the file gives the first as the channel's: the only one that was on is the true.
        line = float(lit_by[0].attributes[0][1]) if len(lit_by) == 1 else about.excitationLambdaNm
        yield ChannelFacts(
            index, f"Channel:{index}", name, color,
            emission_wavelength=_nanometres(about.emissionLambdaNm),
            excitation_wavelength=_nanometres(line),
            acquisition_mode=_word(ACQUISITION_MODES, flags), contrast_method=_word(CONTRAST_METHODS, flags),
            illumination_type=_word(ILLUMINATION_TYPES, flags),
            pinhole_size=_micrometres(channel.microscope.pinholeDiameterUm),
            detector_ref=next((one.ome_id for one in instrument.detectors
                               if camera and one.serial_number == camera.serial_number), ""),
            light_source_ref=lit_by[0].ome_id if len(lit_by) == 1 else "",
            key_values=tuple(_detector_settings(channel, setting)),
        )  # fmt: skip


def _nanometres(value: float | None) -> Quantity | None:
    return Quantity(float(value), "nm") if value else None


def _word(words: Mapping[str, str], flags: Sequence[str]) -> str:
    """The first of OME's words whose flag is set, in the order of the table."""
    return next((word for flag, word in words.items() if flag in flags), "")


def _detector_settings(channel: Any, setting: Mapping[str, Any]) -> Iterator[KeyValue]:
    """OME's DetectorSettings by their path."""
    used = "FormatFast" if setting.get("ModeFQ") == FASTER else "FormatQuality"
    described = _below(setting, "CameraSetting", used, "Desc")
    across, down = described.get("BinningX"), described.get("BinningY")
    if isinstance(across, int | float) and isinstance(down, int | float) and across >= 1 and down >= 1:
        yield KeyValue(OME, "DetectorSettings/@Binning", f"{int(across)}x{int(down)}")
    if channel.microscope.zoomMagnification:
        yield KeyValue(OME, "DetectorSettings/@Zoom", str(channel.microscope.zoomMagnification))


def _planes(one: Nd2, position: int, channels: int, recorded: Mapping[str, np.ndarray]) -> PlanesFacts | None:
    """Times, exposures and positions of planes: as recorded for each frame, else as the settings say."""
    frames = one.frames_of(position)
    if not channels or len(frames) * channels > MAX_FRAMES:
        return None
    exposures = np.array([_exposure(one, number, channels) for number in range(channels)])
    exposure = np.tile(exposures, len(frames))
    if channels == 1 and "Exposure Time [ms]" in recorded:
        exposure = recorded["Exposure Time [ms]"][frames]
    every = np.full(len(one.at["p"]), np.nan)
    columns = [recorded.get(name, every)[frames] for name in ("Time [s]", *STAGE)]
    if not all(name in recorded for name in STAGE):
        columns[1:] = _stage(one, frames)
    time, x, y, z = (np.repeat(column, channels) for column in columns)
    return PlanesFacts(
        the_z=np.repeat(one.at["z"][frames], channels).astype(np.int32),
        the_c=np.tile(np.arange(channels), len(frames)).astype(np.int32),
        the_t=np.repeat(one.at["t"][frames], channels).astype(np.int32),
        delta_t=time, exposure_time=exposure, position_x=x, position_y=y, position_z=z, exposure_time_unit="ms",
        position_x_unit="µm", position_y_unit="µm", position_z_unit="µm",
    )  # fmt: skip


def _recorded(one: Nd2) -> dict[str, np.ndarray]:
    """What was recorded with each frame, in the order of frames; a column of zeros was not recorded."""
    events = one.file.events(orient="list")
    total = len(one.at["p"])
    numbers = np.array([-1 if index is None or index != index else index for index in events.get("Index", ())], float)
    known = np.flatnonzero((numbers >= 0) & (numbers < total))
    recorded = {}
    for name, values in events.items():
        if name in ("Time [s]", "Exposure Time [ms]", *STAGE) and len(values) == len(numbers):
            column = np.full(total, np.nan)
            column[numbers[known].astype(int)] = np.array(values, float)[known]
            if np.nan_to_num(column).any():
                recorded[name] = column
    return recorded


def _exposure(one: Nd2, index: int, channels: int) -> float:
    """Exposure of a channel in ms by its setting; NaN if it says none."""
    described = len(one.file.metadata.channels or ()) or 1
    setting = _setting(one, index // max(1, channels // described))
    value = setting.get("ExposureTime")
    return float(value) if isinstance(value, int | float) and value > 0 else math.nan


def _stage(one: Nd2, frames: np.ndarray) -> np.ndarray:
    """Stage position (x, y, z) of frames in µm by the experiment, (3, frames)."""
    found = np.full((3, len(frames)), np.nan)
    for row, number in enumerate(frames.tolist()):
        at = one.file.frame_metadata(number)
        if at.channels:
            place = at.channels[0].position.stagePositionUm
            found[:, row] = place.x, place.y, place.z
    return found


def _key_values(one: Nd2) -> Iterator[KeyValue]:
    """All else: text of the file, settings, custom data."""
    for name, text in one.file.text_info.items():
        yield from flat(NAMESPACE, text, f"text/{name}")
    for name, value in one.metadata.items():
        if not name.startswith("ImageTextInfo"):
            yield from flat(NAMESPACE, value, name)
    for name, value in one.file.custom_data.items():
        yield from flat(NAMESPACE, value, name)
