"""ZEISS LSM: the structure CZ_LSMINFO, and the tracks, detectors and lasers that it leads to."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import tifffile

from imaging.facts import ChannelFacts, ComponentFacts, Quantity
from imaging.readers.tiff.dialect import Dialect, micrometres, number, planes_facts, text_of

DAY_ZERO = datetime(1899, 12, 30)  # of OLE's dates, which count days


def read_lsm(tif: tifffile.TiffFile, sizes: tuple[int, int, int]) -> Dialect:
    """Lengths in metres, times in seconds, the date in days since 1899."""
    said = dict(tif.lsm_metadata or {})
    scan = dict(said.get("ScanInformation") or {})
    stamps = np.asarray(said.get("TimeStamps") if said.get("TimeStamps") is not None else (), np.float64)
    planes = None
    if len(stamps) == sizes[0]:
        planes = planes_facts(sizes, {"delta_t": (stamps - stamps[0])[:, None, None]})
    objective, user = text_of(scan.get("Objective")), text_of(scan.pop("User", ""))
    increment = number(said.get("TimeIntervall"))
    lengths = [micrometres(said.get(f"VoxelSize{axis}")) for axis in "XYZ"]
    values = {key: scan if key == "ScanInformation" else value for key, value in said.items()}
    lasers = _lasers(scan)
    return Dialect(
        "zeiss.com/lsm", {key: value for key, value in values.items() if not key.startswith("Offset")},
        (lengths[0], lengths[1], lengths[2]), Quantity(increment, "s") if increment > 0 else None,
        date=_date(scan.get("Sample0time")), description=text_of(scan.get("Description")),
        channels=tuple(_channels(said, scan, sizes[1], lasers)),
        objective=ComponentFacts("Objective", "Objective:0", model=objective) if objective else None,
        light_sources=tuple(
            ComponentFacts("Laser", laser, attributes=(("Wavelength", f"{wavelength:g}"),))
            for wavelength, laser in lasers.items()
        ),
        user=user, planes=planes,
    )  # fmt: skip


def _date(days: Any) -> str | None:
    """The date of the first sample, on the microscope's clock."""
    count = number(days)
    if not 1 < count < 100_000:
        return None
    return (DAY_ZERO + timedelta(seconds=round(count * 86_400))).isoformat()


def _tracks(scan: Mapping[str, Any]) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """The tracks by their numbers; a channel's name ends in that of its track ("Ch2-T3")."""
    for index, track in enumerate(scan.get("Tracks") or (), 1):
        if isinstance(track, Mapping):
            yield index, track


def _excitation(track: Mapping[str, Any]) -> list[float]:
    """The wavelengths of a track's lasers that were on, in nm."""
    used = [one for one in track.get("IlluminationChannels") or () if one.get("Aquire", 1)]
    return [round(wavelength, 6) for one in used if (wavelength := number(one.get("Wavelength"))) > 0]


def _lasers(scan: Mapping[str, Any]) -> dict[float, str]:
    """The id of each laser line in use by its wavelength."""
    every = sorted({wavelength for _, track in _tracks(scan) for wavelength in _excitation(track)})
    return {wavelength: f"LightSource:{index}" for index, wavelength in enumerate(every)}


def _channels(
    said: Mapping[str, Any], scan: Mapping[str, Any], count: int, lasers: Mapping[float, str]
) -> Iterator[ChannelFacts]:
    """Channels by name and colour, with dye, pinhole and laser where a detector of a track is named as they are."""
    colors = said.get("ChannelColors") or {}
    names, shades = colors.get("ColorNames") or (), colors.get("Colors") or ()
    detectors = {}
    for index, track in _tracks(scan):
        for detector in track.get("DetectionChannels") or ():
            detectors[f"{text_of(detector.get('ChannelName'))}-T{index}"] = (detector, _excitation(track))
    for index in range(count):
        name = text_of(names[index]) if index < len(names) else ""
        detector, excitation = detectors.get(name, ({}, []))
        pinhole = number(detector.get("PinholeDiameter"))
        yield ChannelFacts(
            index, name=name, fluor=text_of(detector.get("DyeName")),
            color="#" + bytes(int(part) & 255 for part in shades[index][:3]).hex() if index < len(shades) else None,
            acquisition_mode="LaserScanningConfocalMicroscopy",
            pinhole_size=Quantity(pinhole, "µm") if pinhole > 0 else None,
            excitation_wavelength=Quantity(excitation[0], "nm") if len(excitation) == 1 else None,
            light_source_ref=lasers[excitation[0]] if len(excitation) == 1 else "",
        )  # fmt: skip
