"""What the makers of microscopes and programs write into a TIFF besides its tags. tifffile parses, we name it in OME's
words; all of it is kept as key-values.
"""

import datetime
import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import tifffile

from imaging.facts import ChannelFacts, ComponentFacts, Quantity
from imaging.readers.tiff.dialect import Dialect, length, number, planes_facts, text_of
from imaging.readers.tiff.electron import read_fei, read_gatan, read_sem, read_sis, read_tvips, sis_page
from imaging.readers.tiff.lsm import read_lsm
from imaging.readers.vendor import iso_date

MICROMANAGER_DATES = ("%Y-%m-%d %H:%M:%S %z", "%Y-%m-%d %H:%M:%S.%f", "%Y-%m-%d %H:%M:%S")
TIMES = {"ms": "ms", "s": "s", "us": "µs"}


def dialect_of(tif: tifffile.TiffFile, sizes: tuple[int, int, int]) -> tuple[Dialect | None, tuple[str, ...]]:
    """The dialect of a file whose first image has (t, c, z) planes, and warnings; none for plain TIFF and ImageJ's."""
    for flag, read in DIALECTS.items():
        if not (IS[flag](tif) if flag in IS else getattr(tif, f"is_{flag}")):
            continue
        try:
            return read(tif, sizes), ()
        except Exception as error:  # of any class: it is another's data, and another's code that reads it
            return None, (f"What {NAMES[flag]} wrote into the file cannot be read ({error}).",)
    return None, ()


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
    x, y = (length(said.get(f"{axis}Calibration"), unit) if is_calibrated else None for axis in "XY")
    return Dialect(
        "metamorph/stk", values, (x, y, length(float(step[0]), unit or "um") if len(step) else None),
        date=f"{dates[0].astype('datetime64[ms]')}" if len(dates) and not np.isnat(dates[0]) else None,
        planes=planes_facts(sizes, columns) if columns else None,
    )  # fmt: skip


def _fluoview(tif: tifffile.TiffFile, sizes: tuple[int, int, int]) -> Dialect:
    """Olympus FluoView (MM_Header): each dimension with its resolution and unit."""
    said = dict(tif.fluoview_metadata or {})
    found = {str(name).upper(): (resolution, unit) for name, _, _, resolution, unit in said.get("Dimensions", ())}
    x, y, z = (length(*found[axis]) if axis in found else None for axis in "XYZ")
    step, unit = found.get("T", found.get("TIME", (math.nan, "")))
    increment = Quantity(number(step), "s") if number(step) > 0 and str(unit).lower().startswith("s") else None
    stamps = np.asarray(said.get("Stamp", ()), np.float64)
    planes = None
    if sizes[0] > 1 and stamps.size == sizes[0] * sizes[1] * sizes[2] and sizes[1] == sizes[2] == 1:
        planes = planes_facts(sizes, {"delta_t": (stamps - stamps.flat[0]).reshape(sizes)})
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
        x, y = length(width / page.imagewidth, "um"), length(height / page.imagelength, "um")
    rate = number(frame.get("SI.hRoiManager.scanVolumeRate" if sizes[2] > 1 else "SI.hRoiManager.scanFrameRate"))
    z = length(abs(number(frame.get("SI.hStackManager.stackZStepSize"))), "um")
    increment = Quantity(1 / rate, "s") if rate > 0 else None
    return Dialect("scanimage.org", said, (x, y, z), increment, in_description=True)


def _micromanager(tif: tifffile.TiffFile, sizes: tuple[int, int, int]) -> Dialect:
    """Micro-Manager: its Summary, and the settings of the first plane."""
    said = dict(tif.micromanager_metadata or {})
    summary = said.get("Summary") or {}
    plane = tif.pages.first.tags.valueof(51123)
    plane = plane if isinstance(plane, Mapping) else {}
    pixel = length(plane.get("PixelSizeUm") or summary.get("PixelSize_um"), "um")
    names, colors = summary.get("ChNames") or (), summary.get("ChColors") or ()
    channels = []
    if isinstance(names, Sequence) and len(names) == sizes[1]:
        for index, name in enumerate(names):
            shade = colors[index] if index < len(colors) and isinstance(colors[index], int) else None
            color = None if shade is None else f"#{shade & 0xFFFFFF:06x}"
            channels.append(ChannelFacts(index, name=text_of(name), color=color))
    interval = number(summary.get("Interval_ms"))
    camera = text_of(plane.get("Core-Camera") or plane.get("Camera"))
    exposure = np.full(sizes, math.nan)
    exposure[np.s_[:] if sizes[1] == 1 else (0, 0, 0)] = number(plane.get("Exposure-ms"))  # other channels have others
    return Dialect(
        "micro-manager.org", {"Summary": summary, "Plane": plane, "Comments": said.get("Comments")},
        (pixel, pixel, length(abs(number(summary.get("z-step_um"))), "um")),
        Quantity(interval, "ms") if interval > 0 else None,
        date=iso_date(text_of(summary.get("StartTime") or summary.get("Time")), *MICROMANAGER_DATES),
        channels=tuple(channels),
        detector=ComponentFacts("Detector", "Detector:0", model=camera) if camera else None,
        planes=planes_facts(sizes, {"exposure_time": exposure}, exposure="ms") if exposure[0, 0, 0] > 0 else None,
    )  # fmt: skip


def _metaseries(tif: tifffile.TiffFile, sizes: tuple[int, int, int]) -> Dialect:
    """MetaXpress and MetaMorph TIFF (MetaSeries XML): one plane, with wavelength, stage position and exposure."""
    said = dict(tif.metaseries_metadata or {})
    plane = said.get("PlaneInfo") or {}
    unit = plane.get("spatial-calibration-units", "")
    x, y = (length(plane.get(f"spatial-calibration-{axis}"), unit) for axis in "xy")
    wavelength = number(plane.get("wavelength"))
    name = text_of(plane.get("image-name") or plane.get("_IllumSetting_"))
    channel = ChannelFacts(
        0, name=text_of(plane.get("_IllumSetting_")),
        emission_wavelength=Quantity(wavelength, "nm") if wavelength > 0 else None,
    )  # fmt: skip
    columns = {f"position_{axis}": np.array(number(plane.get(f"stage-position-{axis}"))) for axis in "xy"}
    columns["position_z"] = np.array(number(plane.get("z-position")))
    exposure, _, unit_of_time = text_of(plane.get("Exposure Time")).partition(" ")
    if unit_of_time in TIMES:
        columns["exposure_time"] = np.array(number(exposure))
    magnification, taken = text_of(plane.get("_MagSetting_")), plane.get("acquisition-time-local")
    aperture, serial = number(plane.get("_MagNA_")), text_of(plane.get("Instrument Serial Number"))
    attributes = (("LensNA", f"{aperture:g}"),) if aperture > 0 else ()
    return Dialect(
        "metamorph/metaseries", said, (x, y, None),
        date=taken.isoformat() if isinstance(taken, datetime.datetime) else None,
        description=name, channels=(channel,), in_description=True,
        objective=ComponentFacts("Objective", "Objective:0", model=magnification, attributes=attributes)
        if magnification else None,
        microscope=ComponentFacts("Microscope", serial_number=serial) if serial else None,
        planes=planes_facts(sizes, columns, exposure=TIMES.get(unit_of_time, "s")),
    )  # fmt: skip


def _kept(namespace: str, attribute: str) -> Callable[[tifffile.TiffFile, tuple[int, int, int]], Dialect]:
    """A dialect whose values are kept by their own names."""
    return lambda tif, sizes: Dialect(namespace, getattr(tif, attribute) or {})


# By tifffile's flag, in the order in which they are asked for.
DIALECTS: Mapping[str, Callable[[tifffile.TiffFile, tuple[int, int, int]], Dialect]] = {
    "lsm": read_lsm, "stk": _stk, "fluoview": _fluoview, "scanimage": _scanimage, "micromanager": _micromanager,
    "metaseries": _metaseries, "fei": read_fei, "sem": read_sem, "tvips": read_tvips, "sis": read_sis,
    "nih": _kept("nih.gov/image", "nih_metadata"), "andor": _kept("andor.oxinst.com", "andor_metadata"),
    "mdgel": _kept("moleculardynamics/gel", "mdgel_metadata"),
    "pilatus": _kept("dectris.com/pilatus", "pilatus_metadata"),
    "streak": _kept("hamamatsu.com/streak", "streak_metadata"), "gatan": read_gatan,
}  # fmt: skip
NAMES: Mapping[str, str] = {
    "lsm": "ZEISS LSM", "stk": "MetaMorph", "fluoview": "FluoView", "scanimage": "ScanImage",
    "micromanager": "Micro-Manager", "metaseries": "MetaXpress", "fei": "the SEM of FEI", "sem": "ZEISS SmartSEM",
    "tvips": "TVIPS", "sis": "Olympus SIS", "nih": "NIH Image", "andor": "Andor", "mdgel": "MD Gel",
    "pilatus": "Pilatus", "streak": "Hamamatsu HPD-TA", "gatan": "DigitalMicrograph",
}  # fmt: skip
# How those are told of which tifffile's flag says nothing.
IS: Mapping[str, Callable[[tifffile.TiffFile], bool]] = {
    "sis": lambda tif: sis_page(tif) >= 0,
    "gatan": lambda tif: {65003, 65009} <= {tag.code for tag in tif.pages.first.tags},
}
