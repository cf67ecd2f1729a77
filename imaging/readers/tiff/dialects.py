"""What the makers of microscopes and programs write into a TIFF besides its tags. tifffile parses, we name it in OME's
words; all of it is kept as key-values.
"""

import datetime
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import tifffile

from imaging.facts import ChannelFacts, ComponentFacts, ImageFacts, InstrumentFacts, KeyValue, PlanesFacts, Quantity
from imaging.readers.vendor import flat, iso_date

MICROMANAGER_DATES = ("%Y-%m-%d %H:%M:%S %z", "%Y-%m-%d %H:%M:%S.%f", "%Y-%m-%d %H:%M:%S")
LENGTHS = {"um": "µm", "µm": "µm", "micron": "µm", "microns": "µm", "nm": "nm", "mm": "mm", "pm": "pm", "m": "m"}


@dataclass(frozen=True)
class Dialect:
    """What a dialect says of the first image. sizes: x, y, z; in_description: it stands in ImageDescription, whose text
    need not be kept beside it."""

    namespace: str
    values: Any
    sizes: tuple[Quantity | None, Quantity | None, Quantity | None] = (None, None, None)
    increment: Quantity | None = None
    date: str | None = None
    description: str = ""
    channels: tuple[ChannelFacts, ...] = ()
    microscope: ComponentFacts | None = None
    objective: ComponentFacts | None = None
    detector: ComponentFacts | None = None
    planes: PlanesFacts | None = None
    in_description: bool = False

    @property
    def key_values(self) -> tuple[KeyValue, ...]:
        """All its values by path."""
        return tuple(flat(self.namespace, self.values))

    @property
    def instruments(self) -> tuple[InstrumentFacts, ...]:
        """The instrument, if anything of it is said."""
        if not (self.microscope or self.objective or self.detector):
            return ()
        objectives = (self.objective,) if self.objective else ()
        return (
            InstrumentFacts("Instrument:0", self.microscope, objectives, (self.detector,) if self.detector else ()),
        )

    def describe(self, image: ImageFacts) -> ImageFacts:
        """The image with what the dialect says; what the TIFF says itself stands where the dialect is silent."""
        x, y, z = self.sizes
        channels = image.channels
        if len(self.channels) == len(channels):
            channels = tuple(
                replace(said, color=said.color or one.color, display=said.display or one.display)
                for said, one in zip(self.channels, channels, strict=True)
            )
        planes = self.planes
        if planes is not None and len(planes.the_z) != image.size_z * image.size_c * image.size_t:
            planes = None
        return replace(
            image, physical_size_x=x or image.physical_size_x, physical_size_y=y or image.physical_size_y,
            physical_size_z=z if image.size_z > 1 and z else image.physical_size_z,
            time_increment=self.increment if image.size_t > 1 and self.increment else image.time_increment,
            acquisition_date=self.date or image.acquisition_date, description=self.description or image.description,
            channels=channels, planes=planes or image.planes,
            instrument_ref="Instrument:0" if self.instruments else image.instrument_ref,
            objective_settings=(("ID", self.objective.ome_id),) if self.objective else image.objective_settings,
        )  # fmt: skip


def dialect_of(tif: tifffile.TiffFile, sizes: tuple[int, int, int]) -> tuple[Dialect | None, tuple[str, ...]]:
    """The dialect of a file whose first image has (t, c, z) planes, and warnings; none for plain TIFF and ImageJ's."""
    for flag, read in DIALECTS.items():
        if not getattr(tif, f"is_{flag}"):
            continue
        try:
            return read(tif, sizes), ()
        except Exception as error:  # of any class: it is another's data, and another's code that reads it
            return None, (f"What {NAMES[flag]} wrote into the file cannot be read ({error}).",)
    return None, ()


def _length(value: Any, unit: Any) -> Quantity | None:
    """A positive length with one of the units that programs write."""
    symbol = LENGTHS.get(str(unit).strip().lower().removesuffix("\0"))
    number = _number(value)
    return Quantity(number, symbol) if symbol and number > 0 else None


def _number(value: Any) -> float:
    """A number, NaN for none."""
    try:
        if isinstance(value, tuple | list) and len(value) == 2:  # a fraction
            return float(value[0]) / float(value[1]) if value[1] else math.nan
        return float(value)
    except (TypeError, ValueError):
        return math.nan


def _micrometres(metres: Any) -> Quantity | None:
    """A length that is given in metres."""
    value = _number(metres) * 1e6
    return Quantity(float(f"{value:.12g}"), "µm") if value > 0 else None


def _text(value: Any) -> str:
    return str(value or "").replace("\0", "").strip()


def _planes(
    sizes: tuple[int, int, int], columns: Mapping[str, np.ndarray], *, exposure: str = "s", position: str = "µm"
) -> PlanesFacts:
    """Planes in the order t, c, z, from columns of any of their values in that shape, and the units of two of them."""
    nothing = np.full(sizes, math.nan)
    the_t, the_c, the_z = (axis.ravel().astype(np.int32) for axis in np.indices(sizes))
    delta_t, exposure_time, x, y, z = (
        np.broadcast_to(columns.get(name, nothing), sizes).astype(np.float64).ravel()
        for name in ("delta_t", "exposure_time", "position_x", "position_y", "position_z")
    )
    return PlanesFacts(
        the_z, the_c, the_t, delta_t, exposure_time, x, y, z, exposure_time_unit=exposure,
        position_x_unit=position, position_y_unit=position, position_z_unit=position,
    )  # fmt: skip


def _lsm(tif: tifffile.TiffFile, sizes: tuple[int, int, int]) -> Dialect:
    """ZEISS LSM (CZ_LSMINFO): lengths in metres, times in seconds."""
    said = dict(tif.lsm_metadata or {})
    scan = said.get("ScanInformation") or {}
    colors = said.get("ChannelColors") or {}
    names, shades = colors.get("ColorNames") or (), colors.get("Colors") or ()
    channels = [
        ChannelFacts(
            index, name=_text(names[index]) if index < len(names) else "",
            color="#" + bytes(int(part) & 255 for part in shades[index][:3]).hex() if index < len(shades) else None,
            acquisition_mode="LaserScanningConfocalMicroscopy",
        )
        for index in range(sizes[1])
    ]  # fmt: skip
    stamps = np.asarray(said.get("TimeStamps") if said.get("TimeStamps") is not None else (), np.float64)
    planes = None
    if len(stamps) == sizes[0]:
        planes = _planes(sizes, {"delta_t": (stamps - stamps[0])[:, None, None]})
    objective = _text(scan.get("Objective"))
    increment = _number(said.get("TimeIntervall"))
    lengths = [_micrometres(said.get(f"VoxelSize{axis}")) for axis in "XYZ"]
    return Dialect(
        "zeiss.com/lsm", {key: value for key, value in said.items() if not key.startswith("Offset")},
        (lengths[0], lengths[1], lengths[2]), Quantity(increment, "s") if increment > 0 else None,
        description=_text(scan.get("Description")), channels=tuple(channels),
        objective=ComponentFacts("Objective", "Objective:0", model=objective) if objective else None, planes=planes,
    )  # fmt: skip


def _stk(tif: tifffile.TiffFile, sizes: tuple[int, int, int]) -> Dialect:
    """MetaMorph stack (UIC tags): times of creation, wavelengths and distances of planes."""
    said = dict(tif.stk_metadata or {})
    unit = said.get("CalibrationUnits", "")
    is_calibrated = bool(said.get("SpatialCalibration"))
    step = np.asarray(said.get("ZDistance", ()), np.float64)
    dates = np.asarray(said.get("DatetimeCreated", ()))
    columns = {}
    if len(dates) == sizes[0] * sizes[2] and sizes[1] == 1 and not np.isnat(dates).any():
        seconds = (dates - dates[0]).astype("timedelta64[ms]").astype(np.float64) / 1000
        columns["delta_t"] = seconds.reshape(sizes[0], 1, sizes[2])
    places = np.asarray(said.get("StagePosition", ()), np.float64)
    if places.size == 2 * sizes[0] * sizes[2] and sizes[1] == 1:
        for axis, place in zip("xy", places.reshape(sizes[0], 1, sizes[2], 2).transpose(3, 0, 1, 2), strict=True):
            columns[f"position_{axis}"] = place
    values = {key: value for key, value in said.items() if not isinstance(value, np.ndarray) or value.size <= 10_000}
    x, y = (_length(said.get(f"{axis}Calibration"), unit) if is_calibrated else None for axis in "XY")
    return Dialect(
        "metamorph/stk", values, (x, y, _length(float(step[0]), unit or "um") if len(step) else None),
        date=f"{dates[0].astype('datetime64[ms]')}" if len(dates) and not np.isnat(dates[0]) else None,
        planes=_planes(sizes, columns) if columns else None,
    )  # fmt: skip


def _fluoview(tif: tifffile.TiffFile, sizes: tuple[int, int, int]) -> Dialect:
    """Olympus FluoView (MM_Header): each dimension with its resolution and unit."""
    said = dict(tif.fluoview_metadata or {})
    found = {str(name).upper(): (resolution, unit) for name, _, _, resolution, unit in said.get("Dimensions", ())}
    x, y, z = (_length(*found[axis]) if axis in found else None for axis in "XYZ")
    step, unit = found.get("T", found.get("TIME", (math.nan, "")))
    increment = Quantity(_number(step), "s") if _number(step) > 0 and str(unit).lower().startswith("s") else None
    stamps = np.asarray(said.get("Stamp", ()), np.float64)
    planes = None
    if sizes[0] > 1 and stamps.size == sizes[0] * sizes[1] * sizes[2] and sizes[1] == sizes[2] == 1:
        planes = _planes(sizes, {"delta_t": (stamps - stamps.flat[0]).reshape(sizes)})
    values = {key: value for key, value in said.items() if not key.startswith("Offset")}
    return Dialect("olympus-lifescience.com/fluoview", values, (x, y, z), increment, planes=planes)


def _scanimage(tif: tifffile.TiffFile, sizes: tuple[int, int, int]) -> Dialect:
    """ScanImage: the state of its objects as "SI.…" keys, before the first page or in the tag Software (older ones: in
    the description); the field of view in µm by its corners."""
    said, page = dict(tif.scanimage_metadata or {}), tif.pages.first
    if not said.get("FrameData"):
        text = page.software if page.software.startswith("SI.") else page.description
        said["FrameData"] = tifffile.matlabstr2py(text)
    frame = said["FrameData"]
    field = np.asarray(frame.get("SI.hRoiManager.imagingFovUm", ()), np.float64)
    x = y = None
    if field.shape == (4, 2):
        width, height = field.max(axis=0) - field.min(axis=0)
        x, y = _length(width / page.imagewidth, "um"), _length(height / page.imagelength, "um")
    rate = _number(frame.get("SI.hRoiManager.scanVolumeRate" if sizes[2] > 1 else "SI.hRoiManager.scanFrameRate"))
    z = _length(abs(_number(frame.get("SI.hStackManager.stackZStepSize"))), "um")
    increment = Quantity(1 / rate, "s") if rate > 0 else None
    return Dialect("scanimage.org", said, (x, y, z), increment, in_description=True)


def _micromanager(tif: tifffile.TiffFile, sizes: tuple[int, int, int]) -> Dialect:
    """Micro-Manager: its Summary, and the settings of the first plane."""
    said = dict(tif.micromanager_metadata or {})
    summary = said.get("Summary") or {}
    plane = tif.pages.first.tags.valueof(51123)
    plane = plane if isinstance(plane, Mapping) else {}
    pixel = _length(plane.get("PixelSizeUm") or summary.get("PixelSize_um"), "um")
    names, colors = summary.get("ChNames") or (), summary.get("ChColors") or ()
    channels = []
    if isinstance(names, Sequence) and len(names) == sizes[1]:
        for index, name in enumerate(names):
            shade = colors[index] if index < len(colors) and isinstance(colors[index], int) else None
            color = None if shade is None else f"#{shade & 0xFFFFFF:06x}"
            channels.append(ChannelFacts(index, name=_text(name), color=color))
    interval = _number(summary.get("Interval_ms"))
    camera = _text(plane.get("Core-Camera") or plane.get("Camera"))
    exposure = np.full(sizes, math.nan)
    exposure[np.s_[:] if sizes[1] == 1 else (0, 0, 0)] = _number(plane.get("Exposure-ms"))  # other channels have others
    return Dialect(
        "micro-manager.org", {"Summary": summary, "Plane": plane, "Comments": said.get("Comments")},
        (pixel, pixel, _length(abs(_number(summary.get("z-step_um"))), "um")),
        Quantity(interval, "ms") if interval > 0 else None,
        date=iso_date(_text(summary.get("StartTime") or summary.get("Time")), *MICROMANAGER_DATES),
        channels=tuple(channels),
        detector=ComponentFacts("Detector", "Detector:0", model=camera) if camera else None,
        planes=_planes(sizes, {"exposure_time": exposure}, exposure="ms") if exposure[0, 0, 0] > 0 else None,
    )  # fmt: skip


def _metaseries(tif: tifffile.TiffFile, sizes: tuple[int, int, int]) -> Dialect:
    """MetaXpress and MetaMorph TIFF (MetaSeries XML): one plane, with wavelength, stage position and exposure."""
    said = dict(tif.metaseries_metadata or {})
    plane = said.get("PlaneInfo") or {}
    unit = plane.get("spatial-calibration-units", "")
    x, y = (_length(plane.get(f"spatial-calibration-{axis}"), unit) for axis in "xy")
    wavelength = _number(plane.get("wavelength"))
    name = _text(plane.get("image-name") or plane.get("_IllumSetting_"))
    channel = ChannelFacts(
        0, name=_text(plane.get("_IllumSetting_")),
        emission_wavelength=Quantity(wavelength, "nm") if wavelength > 0 else None,
    )  # fmt: skip
    columns = {f"position_{axis}": np.array(_number(plane.get(f"stage-position-{axis}"))) for axis in "xy"}
    columns["position_z"] = np.array(_number(plane.get("z-position")))
    magnification, taken = _text(plane.get("_MagSetting_")), plane.get("acquisition-time-local")
    return Dialect(
        "metamorph/metaseries", said, (x, y, None),
        date=taken.isoformat() if isinstance(taken, datetime.datetime) else None,
        description=name, channels=(channel,), in_description=True,
        objective=ComponentFacts("Objective", "Objective:0", model=magnification) if magnification else None,
        planes=_planes(sizes, columns),
    )  # fmt: skip


def _fei(tif: tifffile.TiffFile, sizes: tuple[int, int, int]) -> Dialect:
    """FEI and Thermo Fisher SEM: sections of keys; lengths in metres."""
    said = dict(tif.fei_metadata or {})
    scan = said.get("Scan") or said.get("EScan") or {}
    system, user = said.get("System") or {}, said.get("User") or {}
    detector = _text((said.get("Detectors") or {}).get("Name"))
    model, number = _text(system.get("SystemType")), _text(system.get("Dnumber"))
    x, y = (_micrometres(scan.get(f"Pixel{side}")) for side in ("Width", "Height"))
    return Dialect(
        "thermofisher.com/sem", said, (x, y, None),
        date=iso_date(f"{user.get('Date')} {user.get('Time')}", "%m/%d/%Y %I:%M:%S %p", "%m/%d/%Y %H:%M:%S"),
        microscope=ComponentFacts("Microscope", model=model, serial_number=number) if model else None,
        detector=ComponentFacts("Detector", "Detector:0", model=detector) if detector else None,
    )  # fmt: skip


def _sem(tif: tifffile.TiffFile, sizes: tuple[int, int, int]) -> Dialect:
    """ZEISS SEM (SmartSEM): each key has a title, a value and maybe a unit."""
    said = dict(tif.sem_metadata or {})
    pixel: Sequence[Any] = next((said[key] for key in ("ap_image_pixel_size", "ap_pixel_size") if key in said), ())
    size = _length(pixel[1], pixel[2]) if len(pixel) > 2 else None
    values: dict[str, Any] = {}
    for key, value in said.items():
        if isinstance(value, tuple | list) and len(value) > 1 and key:
            values[key] = " ".join(_text(part) for part in value[1:])
        elif key:
            values[key] = value
    day, time = (said.get(key, ("", ""))[1] for key in ("ap_date", "ap_time"))
    model = said.get("sv_serial_number", ("", ""))[1]
    return Dialect(
        "zeiss.com/sem", values, (size, size, None), date=iso_date(f"{day} {time}", "%d %b %Y %H:%M:%S"),
        microscope=ComponentFacts("Microscope", serial_number=_text(model)) if model else None,
    )  # fmt: skip


def _tvips(tif: tifffile.TiffFile, sizes: tuple[int, int, int]) -> Dialect:
    """TVIPS cameras of electron microscopes: pixel size in nm, exposure in ms."""
    said = dict(tif.tvips_metadata or {})
    exposure = _number(said.get("ExposureTime"))
    microscope, camera = _text(said.get("TemType")), _text(said.get("CameraType"))
    return Dialect(
        "tvips.com", said, (_length(said.get("PixelSizeX"), "nm"), _length(said.get("PixelSizeY"), "nm"), None),
        description=_text(said.get("Comment")),
        microscope=ComponentFacts("Microscope", model=microscope) if microscope else None,
        detector=ComponentFacts("Detector", "Detector:0", model=camera) if camera else None,
        planes=_planes(sizes, {"exposure_time": np.array(exposure)}, exposure="ms") if exposure > 0 else None,
    )  # fmt: skip


def _sis(tif: tifffile.TiffFile, sizes: tuple[int, int, int]) -> Dialect:
    """Olympus SIS: pixel size in metres, camera, magnification."""
    said = dict(tif.sis_metadata or {})
    camera, magnification = _text(said.get("cameraname")), _number(said.get("magnification"))
    attributes = (("NominalMagnification", f"{magnification:g}"),)
    date = said.get("datetime")
    return Dialect(
        "olympus-lifescience.com/sis", said,
        (_micrometres(said.get("pixelsizex")), _micrometres(said.get("pixelsizey")), None),
        date=date.isoformat() if date is not None else None,
        objective=ComponentFacts("Objective", "Objective:0", attributes=attributes) if magnification > 0 else None,
        detector=ComponentFacts("Detector", "Detector:0", model=camera) if camera else None,
    )  # fmt: skip


def _kept(namespace: str, attribute: str) -> Callable[[tifffile.TiffFile, tuple[int, int, int]], Dialect]:
    """A dialect whose values are kept by their own names."""
    return lambda tif, sizes: Dialect(namespace, getattr(tif, attribute) or {})


# By tifffile's flag, in the order in which they are asked for.
DIALECTS: Mapping[str, Callable[[tifffile.TiffFile, tuple[int, int, int]], Dialect]] = {
    "lsm": _lsm, "stk": _stk, "fluoview": _fluoview, "scanimage": _scanimage, "micromanager": _micromanager,
    "metaseries": _metaseries, "fei": _fei, "sem": _sem, "tvips": _tvips, "sis": _sis,
    "nih": _kept("nih.gov/image", "nih_metadata"), "andor": _kept("andor.oxinst.com", "andor_metadata"),
    "mdgel": _kept("moleculardynamics/gel", "mdgel_metadata"),
    "pilatus": _kept("dectris.com/pilatus", "pilatus_metadata"),
}  # fmt: skip
NAMES: Mapping[str, str] = {
    "lsm": "ZEISS LSM", "stk": "MetaMorph", "fluoview": "FluoView", "scanimage": "ScanImage",
    "micromanager": "Micro-Manager", "metaseries": "MetaXpress", "fei": "the SEM of FEI", "sem": "ZEISS SmartSEM",
    "tvips": "TVIPS", "sis": "Olympus SIS", "nih": "NIH Image", "andor": "Andor", "mdgel": "MD Gel",
    "pilatus": "Pilatus",
}  # fmt: skip
