"""Olympus FluoView OIF and OIB: settings as text, and a TIFF for each plane.

These lie in a folder beside it (OIF), or are streams of a compound file (OIB). oiffile finds them; planes are served
as they lie where a stream is in one piece.
"""

import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import oiffile
import tifffile

from imaging.errors import ImageError
from imaging.facts import (
    ChannelFacts,
    ComponentFacts,
    ExperimenterFacts,
    FileFacts,
    ImageFacts,
    InstrumentFacts,
    KeyValue,
    Quantity,
)
from imaging.limits import check_extent, file_size
from imaging.pixels import Planes, Shape5
from imaging.places import FilesBeside
from imaging.readers.vendor import flat, iso_date, library_errors
from imaging.segment_table import SegmentLevel, plane_level, segment_table
from imaging.sources.planes import planes_table
from imaging.table import Table

NAMESPACE = "olympus-lifescience.com/oif"
TITLE = "OIF"
FILE_INFO = "File Info"
NAME = re.compile(r"s((?:_?[CZTL]\d+)+)\.tif", re.IGNORECASE)  # s_C001Z002T003.tif: a plane; others are references
INDEX = re.compile(r"([CZTL])(\d+)", re.IGNORECASE)
LENGTHS = {"um": "µm", "µm": "µm", "nm": "nm", "mm": "mm"}
TIMES = {"ms": "ms", "s": "s", "sec": "s"}
MAX_PLANES = 10_000_000
logging.getLogger("tifffile").setLevel(logging.CRITICAL)


@dataclass(frozen=True)
class Oif:
    """An open file. names: the TIFF of each plane by its (t, c, z), where c counts wavelengths (L) inside channels (C);
    wavelengths: how many of them a channel has."""

    file: Any
    path: Path
    settings: Mapping[str, Any]
    names: Mapping[tuple[int, int, int], str]
    shape: Shape5
    dtype: np.dtype[Any]
    wavelengths: int


@contextmanager
def opened(path: Path) -> Iterator[Oif]:
    """The parsed file; whatever is wrong with it is raised as ImageError."""
    file_size(path)
    if path.name.lower().endswith(".oif") and not path.with_name(path.name + ".files").is_dir():
        reason = f"the folder “{path.name}.files” with its planes is not beside it; upload or copy both together."
        raise ImageError(path=str(path), field=f"{path.name}.files", reason=reason)
    with library_errors(path, TITLE), oiffile.OifFile(path) as file:
        yield _parsed(file, path)


def _parsed(file: Any, path: Path) -> Oif:
    found: dict[tuple[int, int, int, int], str] = {}
    for name in sorted(file.glob("*")):
        match = NAME.fullmatch(re.split(r"[/\\]", name)[-1])
        if match:
            at = {letter.upper(): int(number) - 1 for letter, number in INDEX.findall(match[1])}
            found[at.get("T", 0), at.get("C", 0), at.get("L", 0), at.get("Z", 0)] = name
    if not found:
        raise ImageError(path=str(path), field="OIF files", reason="there is no plane in it (s_C001….tif).")
    t, c, wavelengths, z = (max(place) + 1 for place in zip(*found, strict=True))
    if min(min(at) for at in found) < 0 or t * c * wavelengths * z > MAX_PLANES:
        raise ImageError(path=str(path), field="OIF files", reason="their names number more planes than can be read.")
    with _page(file, next(iter(found.values()))) as page:
        height, width, dtype = page.imagelength, page.imagewidth, page.dtype
        if dtype is None or page.samplesperpixel != 1:
            raise ImageError(path=str(path), field="OIF files", reason="a plane holds colours, which is not read.")
    names = {(at[0], at[1] * wavelengths + at[2], at[3]): name for at, name in found.items()}
    return Oif(file, path, dict(file.mainfile), names, (t, c * wavelengths, z, height, width), dtype, wavelengths)


@contextmanager
def _page(file: Any, name: str) -> Iterator[tifffile.TiffPage]:
    """The page of a plane's TIFF."""
    with file.open_file(name) as handle, tifffile.TiffFile(handle, name=name) as tif:
        yield tif.pages.first


def read(path: Path) -> FileFacts:
    """All that the file says; raises ImageError."""
    with opened(path) as one:
        _level(one)  # says what is wrong with its planes
        instrument = _instrument(one.settings)
        image = _image(one, instrument)
        beside = () if one.file.is_oib else _beside(one)
        user = _text(_section(one.settings, FILE_INFO).get("UserName"))
        people = (ExperimenterFacts("Experimenter:0", user_name=user),) if user else ()
        key_values = tuple(_key_values(one.settings))
    kind = "image/x-olympus-oib" if path.name.lower().endswith(".oib") else "image/x-olympus-oif"
    image = replace(image, experimenter_ref=people[0].ome_id) if people else image
    return FileFacts(str(path), kind, (image,), (instrument,), people, key_values=key_values, beside=beside)


def make_tables(path: Path, series: Sequence[str]) -> Iterator[Table]:
    """The table of the only image; raises ImageError."""
    with opened(path) as one:
        for name in series:
            if name not in ("", "0"):
                reason = f"there is no image {name!r}; the file has one."
                raise ImageError(path=str(path), field="series", reason=reason)
            names, level = _names(one), _level(one)
            files = FilesBeside(path, path.name)
            if level is not None:
                yield segment_table(files, names, [level])
            else:
                dtype = one.dtype.newbyteorder("=").name
                yield planes_table(files, names, family="oif", series=name, levels=[one.shape], dtype=dtype,
                                   chunk=one.shape[3:])  # fmt: skip


def _names(one: Oif) -> list[str]:
    """The file, and those beside it that hold its planes, relative to its folder."""
    return [one.path.name, *([] if one.file.is_oib else [one.names[at].replace("\\", "/") for at in sorted(one.names)])]


def _beside(one: Oif) -> tuple[str, ...]:
    """All files of an OIF but the first: its planes, and the settings, colours and previews that come with them."""
    names = sorted(name.replace("\\", "/") for name in one.file.glob("*"))
    return tuple(name for name in names if name != one.path.name)


def _level(one: Oif) -> SegmentLevel | None:
    """Where the planes are, None where one is compressed or a stream is in pieces."""
    t, c, z, height, width = one.shape
    offsets, holder = np.zeros((t, c, z), np.uint64), np.zeros((t, c, z), np.uint32)
    for number, at in enumerate(sorted(one.names)):
        start = _stream_start(one, one.names[at])
        with _page(one.file, one.names[at]) as page:
            if (page.imagelength, page.imagewidth, page.dtype) != (height, width, one.dtype):
                reason = "differs in size or type from the first plane; export the file again."
                raise ImageError(path=str(one.path), field=one.names[at], reason=reason)
            if start is None or not page.is_contiguous or int(page.compression) != 1:
                return None
            offsets[at] = start + page.dataoffsets[0]
        if one.file.is_oib:
            check_extent(one.path, one.names[at], int(offsets[at]) + height * width * one.dtype.itemsize,
                         file_size(one.path))  # fmt: skip
        else:
            holder[at] = number + 1
    files = None if one.file.is_oib else holder.ravel()
    return plane_level(one.shape, one.dtype.str, offsets.ravel(), file=files)


def _stream_start(one: Oif, name: str) -> int | None:
    """Where a plane's TIFF begins in its file; None for a stream of an OIB that lies in pieces."""
    if not one.file.is_oib:
        return 0
    compound = one.file.filesystem.com
    entry = compound.direntry(one.file.filesystem._files[name])
    if entry.stream_size < compound.mini_stream_cutoff_size:
        return None
    sectors = -(-entry.stream_size // compound.sec_size)
    chain = compound._fat[entry.sector_start : entry.sector_start + sectors - 1]
    if list(chain) != list(range(entry.sector_start + 1, entry.sector_start + sectors)):
        return None
    return int((entry.sector_start + 1) * compound.sec_size)


class OifPlanes:
    """See pixels.Planes: planes that oiffile puts together."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._context = opened(path)
        self._one = self._context.__enter__()

    def read(self, level: int, t: int, c0: int, c1: int, z: int, y0: int, y1: int, x0: int, x1: int) -> np.ndarray:
        """See pixels.Planes."""
        out = np.zeros((c1 - c0, y1 - y0, x1 - x0), self._one.dtype.newbyteorder("="))
        for c in range(c0, c1):
            name = self._one.names.get((t, c, z))
            if name is not None:
                with library_errors(self._path, TITLE):
                    out[c - c0] = self._one.file.asarray(name)[y0:y1, x0:x1]
        return out

    def close(self) -> None:
        """See pixels.Planes."""
        self._one.file.close()


def open_planes(path: Path, header: dict[str, Any]) -> Planes:
    """The planes of an image by its table; raises ImageError."""
    return OifPlanes(path)


def _section(settings: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = settings.get(name)
    return found if isinstance(found, Mapping) else {}


def _text(value: Any) -> str:
    return "" if value is None else str(value).strip().strip("'\"").strip()


def _number(value: Any) -> float:
    """A number, 0 for none."""
    try:
        return float(_text(value) or 0)
    except ValueError:
        return 0.0


def _instrument(settings: Mapping[str, Any]) -> InstrumentFacts:
    """Microscope, objective and the lasers that were on."""
    acquired, version = _section(settings, "Acquisition Parameters Common"), _section(settings, "Version Info")
    attributes = [("LensNA", _text(acquired.get("ObjectiveLens NAValue"))),
                  ("NominalMagnification", _text(acquired.get("Magnification"))),
                  ("WorkingDistance", _text(acquired.get("ObjectiveLens WDValue")))]  # fmt: skip
    known = [(name, value) for name, value in attributes if _number(value) > 0]
    if "WorkingDistance" in dict(known):
        known.append(("WorkingDistanceUnit", "mm"))
    name = _text(acquired.get("ObjectiveLens Name"))
    lens = ComponentFacts("Objective", "Objective:0", model=name, attributes=tuple(known))
    lasers: list[ComponentFacts] = []
    for number in range(32):
        about = _section(settings, f"Laser {number} Parameters")
        if _number(about.get("LaserWavelength")) > 0 and _number(about.get("Laser Enable")):
            wavelength = (("Wavelength", _text(about["LaserWavelength"])),)
            lasers.append(ComponentFacts("Laser", f"LightSource:{len(lasers)}", attributes=wavelength))
    system = _text(version.get("SystemName"))
    microscope = ComponentFacts("Microscope", manufacturer="Olympus", model=system) if system else None
    return InstrumentFacts(
        "Instrument:0", microscope, (lens,) if lens.model or lens.attributes else (), light_sources=tuple(lasers)
    )  # fmt: skip


def _image(one: Oif, instrument: InstrumentFacts) -> ImageFacts:
    settings = one.settings
    t, c, z, y, x = one.shape
    reference = _section(settings, "Reference Image Parameter")
    acquired = _section(settings, "Acquisition Parameters Common")
    bits = int(_number(reference.get("ValidBitCounts")))
    return ImageFacts(
        index=0, ome_id="Image:0", name=one.path.name, size_x=x, size_y=y, size_z=z, size_c=c, size_t=t,
        pixel_type=one.dtype.name, significant_bits=bits or None,
        acquisition_date=iso_date(_text(acquired.get("ImageCaputreDate")), "%Y-%m-%d %H:%M:%S"),
        physical_size_x=_length(reference.get("WidthConvertValue"), reference.get("WidthUnit")),
        physical_size_y=_length(reference.get("HeightConvertValue"), reference.get("HeightUnit")),
        physical_size_z=_step(settings, "Z", LENGTHS) if z > 1 else None,
        time_increment=_step(settings, "T", TIMES) if t > 1 else None,
        channels=tuple(_channels(one)), instrument_ref=instrument.ome_id,
        objective_settings=(("ID", instrument.objectives[0].ome_id),) if instrument.objectives else (),
        chunk_shape=(y, x),
    )  # fmt: skip


def _length(value: Any, unit: Any) -> Quantity | None:
    number, symbol = _number(value), LENGTHS.get(_text(unit).lower())
    return Quantity(number, symbol, _text(value)) if number > 0 and symbol else None


def _axis(settings: Mapping[str, Any], code: str) -> Mapping[str, Any]:
    """The parameters of an axis."""
    every = (_section(settings, f"Axis {number} Parameters Common") for number in range(8))
    return next((one for one in every if _text(one.get("AxisCode")).upper() == code), {})


def _step(settings: Mapping[str, Any], code: str, units: Mapping[str, str]) -> Quantity | None:
    """The distance of two elements of an axis, from where it starts and ends."""
    axis = _axis(settings, code)
    count, unit = int(_number(axis.get("MaxSize"))), units.get(_text(axis.get("UnitName")).lower())
    length = abs(_number(axis.get("EndPosition")) - _number(axis.get("StartPosition")))
    return Quantity(float(f"{length / (count - 1):.12g}"), unit) if count > 1 and unit and length else None


def _channels(one: Oif) -> Iterator[ChannelFacts]:
    """One for each wavelength of each channel."""
    sweep = _axis(one.settings, "L")
    for index in range(one.shape[1]):
        number, step = divmod(index, one.wavelengths)
        about = _section(one.settings, f"GUI Channel {number + 1} Parameters")
        emission = _number(about.get("EmissionWavelength"))
        if one.wavelengths > 1:
            start, end = _number(sweep.get("StartPosition")), _number(sweep.get("EndPosition"))
            emission = start + (end - start) * step / (one.wavelengths - 1)
        excitation = _number(about.get("ExcitationWavelength"))
        name = _text(about.get("DyeName")) or _text(about.get("CH Name"))
        yield ChannelFacts(
            index, f"Channel:{index}", f"{name} {emission:g} nm".strip() if one.wavelengths > 1 else name,
            emission_wavelength=Quantity(emission, "nm") if emission > 0 else None,
            excitation_wavelength=Quantity(excitation, "nm") if excitation > 0 else None,
            fluor=_text(about.get("DyeName")), acquisition_mode="LaserScanningConfocalMicroscopy",
        )  # fmt: skip


def _key_values(settings: Mapping[str, Any]) -> Iterator[KeyValue]:
    """All sections, but for look-up tables, who used the microscope (the experimenter), and the folder, which may name
    somebody."""
    for name, section in settings.items():
        if name == FILE_INFO and isinstance(section, Mapping):
            section = {key: value for key, value in section.items() if key not in ("UserName", "Path")}
        if name != "ColorLUTData":
            yield from flat(NAMESPACE, section, name)
