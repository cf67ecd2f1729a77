"""Dialects of electron microscopes and of their cameras: FEI, ZEISS, TVIPS, Olympus SIS, DigitalMicrograph."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import tifffile

from imaging.facts import ComponentFacts
from imaging.readers.tiff.dialect import Dialect, length, micrometres, number, planes_facts, text_of
from imaging.readers.vendor import iso_date

SIS_INI, SIS = 33471, 33560
# As told by files that DigitalMicrograph wrote: three of each, for x, y and z, then the grey values.
GATAN = {
    65003: "X/Units", 65004: "Y/Units", 65005: "Z/Units", 65006: "X/Origin", 65007: "Y/Origin", 65008: "Z/Origin",
    65009: "X/Scale", 65010: "Y/Scale", 65011: "Z/Scale", 65024: "Brightness/Origin", 65025: "Brightness/Scale",
}  # fmt: skip


def read_fei(tif: tifffile.TiffFile, sizes: tuple[int, int, int]) -> Dialect:
    """FEI and Thermo Fisher SEM: sections of keys; lengths in metres."""
    said = dict(tif.fei_metadata or {})
    scan = said.get("Scan") or said.get("EScan") or {}
    system, user = said.get("System") or {}, dict(said.get("User") or {})
    name = text_of(user.pop("User", ""))
    detector = text_of((said.get("Detectors") or {}).get("Name"))
    model, serial = text_of(system.get("SystemType")), text_of(system.get("Dnumber"))
    x, y = (micrometres(scan.get(f"Pixel{side}")) for side in ("Width", "Height"))
    return Dialect(
        "thermofisher.com/sem", said | {"User": user}, (x, y, None), user=name,
        date=iso_date(f"{user.get('Date')} {user.get('Time')}", "%m/%d/%Y %I:%M:%S %p", "%m/%d/%Y %H:%M:%S"),
        microscope=ComponentFacts("Microscope", model=model, serial_number=serial) if model else None,
        detector=ComponentFacts("Detector", "Detector:0", model=detector) if detector else None,
    )  # fmt: skip


def read_sem(tif: tifffile.TiffFile, sizes: tuple[int, int, int]) -> Dialect:
    """ZEISS SEM (SmartSEM): each key has a title, a value and maybe a unit."""
    said = dict(tif.sem_metadata or {})
    pixel: Sequence[Any] = next((said[key] for key in ("ap_image_pixel_size", "ap_pixel_size") if key in said), ())
    size = length(pixel[1], pixel[2]) if len(pixel) > 2 else None
    unnamed = said.pop("", ())  # older files have these alone; the fourth is the size of a pixel in metres
    if size is None and isinstance(unnamed, tuple) and len(unnamed) > 3:
        size = micrometres(unnamed[3])
    user = said.pop("sv_user_name", ("", ""))[1]
    values: dict[str, Any] = {"values without names": unnamed}
    for key, value in said.items():
        is_titled = isinstance(value, tuple | list) and len(value) > 1
        values[key] = " ".join(text_of(part) for part in value[1:]) if is_titled else value
    day, time = (said.get(key, ("", ""))[1] for key in ("ap_date", "ap_time"))
    model, serial = (text_of(said.get(key, ("", ""))[1]) for key in ("dp_sem", "sv_serial_number"))
    return Dialect(
        "zeiss.com/sem", values, (size, size, None), date=iso_date(f"{day} {time}", "%d %b %Y %H:%M:%S"),
        microscope=ComponentFacts("Microscope", model=model, serial_number=serial) if model or serial else None,
        user=text_of(user),
    )  # fmt: skip


def read_tvips(tif: tifffile.TiffFile, sizes: tuple[int, int, int]) -> Dialect:
    """TVIPS cameras of electron microscopes: pixel size in nm, exposure in ms."""
    said = dict(tif.tvips_metadata or {})
    exposure = number(said.get("ExposureTime"))
    microscope, camera = text_of(said.get("TemType")), text_of(said.get("CameraType"))
    return Dialect(
        "tvips.com", said, (length(said.get("PixelSizeX"), "nm"), length(said.get("PixelSizeY"), "nm"), None),
        description=text_of(said.get("Comment")),
        microscope=ComponentFacts("Microscope", model=microscope) if microscope else None,
        detector=ComponentFacts("Detector", "Detector:0", model=camera) if camera else None,
        planes=planes_facts(sizes, {"exposure_time": np.array(exposure)}, exposure="ms") if exposure > 0 else None,
    )  # fmt: skip


def sis_page(tif: tifffile.TiffFile) -> int:
    """The series whose page has SIS's tag, -1 for none: a picture for the screen may stand before the data."""
    return next((index for index, series in enumerate(tif.series) if SIS in series.keyframe.tags), -1)


def read_sis(tif: tifffile.TiffFile, sizes: tuple[int, int, int]) -> Dialect:
    """Olympus SIS: pixel size in metres, camera, magnification."""
    place = sis_page(tif)
    tags = tif.series[place].keyframe.tags
    said = dict(tags.valueof(SIS_INI) or {}) | dict(tags.valueof(SIS) or {})
    camera, magnification = text_of(said.get("cameraname")), number(said.get("magnification"))
    attributes = (("NominalMagnification", f"{magnification:g}"),)
    date = said.get("datetime")
    return Dialect(
        "olympus-lifescience.com/sis", said,
        (micrometres(said.get("pixelsizex")), micrometres(said.get("pixelsizey")), None),
        date=date.isoformat() if date is not None else None,
        objective=ComponentFacts("Objective", "Objective:0", attributes=attributes) if magnification > 0 else None,
        detector=ComponentFacts("Detector", "Detector:0", model=camera) if camera else None,
        image=place,
    )  # fmt: skip


def read_gatan(tif: tifffile.TiffFile, sizes: tuple[int, int, int]) -> Dialect:
    """TIFF by DigitalMicrograph: origin, step and unit of each axis and of the grey values."""
    tags = tif.pages.first.tags
    said = {name: value for code, name in GATAN.items() if (value := tags.valueof(code)) not in (None, "")}
    x, y, z = (length(said.get(f"{axis}/Scale"), said.get(f"{axis}/Units")) for axis in "XYZ")
    return Dialect("gatan.com/tiff", said, (x, y, z))
