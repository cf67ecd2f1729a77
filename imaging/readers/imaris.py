"""Imaris 5.5 and later (.ims): an HDF5 file with a pyramid of volumes, by resolution, time and channel.

Source: "Imaris 5.5 File Format Description" (Bitplane).
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from imaging.errors import ImageError
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
from imaging.pixels import Shape5
from imaging.readers.hdf5_storage import PIXEL_TYPES, Stored, hdf5_table, member, open_hdf5, stored
from imaging.table import Table

BITPLANE = "bitplane.com/imaris"
UNITS = {"um": "µm", "µm": "µm", "nm": "nm", "mm": "mm", "m": "m"}
NOT_GIVEN = ("(name not specified)", "(description not specified)", "")
MAX_EACH = 100_000  # time points, channels
MAX_LEVELS = 32
LONGEST = 65_536  # characters of a value


def is_mine(path: Path, head: bytes) -> bool:
    """Whether it begins as an HDF5 file does: older Imaris files are of another format."""
    return head.startswith(b"\x89HDF\r\n\x1a\n")


def read(path: Path) -> FileFacts:
    """Facts of an Imaris file; raises ImageError."""
    with open_hdf5(path) as file:
        levels = levels_of(path, file, chunks=False)
        about = said_of(path, file)
        shape, parts = levels[0]
        some = next(iter(parts.values()))
        image = image_facts(about, shape, some, len(levels))
    instruments = instrument_of(about.get("Image", {}))
    key_values = tuple(
        KeyValue(BITPLANE, f"{group}/{name}", value)
        for group, values in about.items()
        for name, value in values.items()
        if value not in NOT_GIVEN
    )
    return FileFacts(str(path), "image/x-imaris", (image,), instruments, key_values=key_values)


def make_tables(path: Path, series: Sequence[str]) -> Iterator[Table]:
    """The table of its one image; raises ImageError."""
    with open_hdf5(path) as file:
        levels = levels_of(path, file, chunks=True)
    for one in series:
        if one:
            raise ImageError(path=str(path), field="series", reason=f"there is no image {one!r}; it has one.")
        yield hdf5_table(path, levels)


def attribute(holder: Any, name: str) -> str:
    """An attribute as text: Imaris writes arrays of single letters. "" if there is none."""
    value = holder.attrs.get(name)
    if isinstance(value, np.ndarray) and value.dtype.kind == "S":
        return b"".join(value.ravel().tolist()).decode("utf-8", "replace").strip("\0 ")[:LONGEST]
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace").strip("\0 ")[:LONGEST]
    if isinstance(value, np.ndarray):
        return " ".join(str(one) for one in value.ravel()[:1000])
    return "" if value is None else str(value).strip()[:LONGEST]


def said_of(path: Path, file: h5py.File) -> dict[str, dict[str, str]]:
    """What DataSetInfo says, by group and name."""
    info = member(path, file, "DataSetInfo")
    groups = {}
    for name in info if isinstance(info, h5py.Group) else ():
        found = member(path, info, name)
        groups[name] = {key: attribute(found, key) for key in found.attrs}
    return groups


def levels_of(path: Path, file: h5py.File, *, chunks: bool) -> list[tuple[Shape5, dict[tuple[int, int], Stored]]]:
    """Shape and datasets of each resolution, largest first; raises ImageError."""
    data = member(path, file, "DataSet")
    if not isinstance(data, h5py.Group):
        reason = "is missing, so this is no Imaris 5.5 file; save it with a newer Imaris, or as OME-TIFF."
        raise ImageError(path=str(path), field="DataSet", reason=reason)
    levels: list[tuple[Shape5, dict[tuple[int, int], Stored]]] = []
    for number in range(MAX_LEVELS):
        level = member(path, data, f"ResolutionLevel {number}")
        if not isinstance(level, h5py.Group):
            break
        parts = {}
        sizes = set()
        for t, time in numbered(path, level, "TimePoint"):
            for c, channel in numbered(path, time, "Channel"):
                parts[t, c], size = volume_of(path, channel, chunks)
                sizes.add(size)
        if not parts or len(sizes) != 1:
            reason = f"has volumes of sizes {sorted(sizes)} where one is expected; save the image again."
            raise ImageError(path=str(path), field=f"DataSet/ResolutionLevel {number}", reason=reason)
        times, channels = (1 + max(at[axis] for at in parts) for axis in (0, 1))
        levels.append(((times, channels, *sizes.pop()), parts))
    if not levels or any(shape[:2] != levels[0][0][:2] for shape, _ in levels):
        reason = "has no resolution, or some with other channels or time points; save the image again."
        raise ImageError(path=str(path), field="DataSet", reason=reason)
    return levels


def numbered(path: Path, group: h5py.Group, title: str) -> Iterator[tuple[int, h5py.Group]]:
    """The groups "TimePoint 0", "TimePoint 1" … of a group."""
    for name in group:
        kind, _, number = name.partition(" ")
        if kind == title and number.isdecimal() and int(number) < MAX_EACH:
            found = member(path, group, name)
            if isinstance(found, h5py.Group):
                yield int(number), found


def volume_of(path: Path, channel: h5py.Group, chunks: bool) -> tuple[Stored, tuple[int, int, int]]:
    """A channel's dataset, and the size (z, y, x) of its image, which the dataset may exceed by padding."""
    data = member(path, channel, "Data")
    if not isinstance(data, h5py.Dataset) or data.ndim != 3:
        raise ImageError(path=str(path), field=f"{channel.name}/Data", reason="is not a volume; save the image again.")
    found = stored(path, data, chunks=chunks)
    said = [attribute(channel, f"ImageSize{axis}") for axis in "ZYX"]
    size = tuple(int(one) if one.isdecimal() else whole for one, whole in zip(said, data.shape, strict=True))
    if any(not 1 <= one <= whole for one, whole in zip(size, data.shape, strict=True)) or (
        found.chunk is None and size != data.shape
    ):
        reason = f"says {size} pixels, but its dataset has {data.shape}; the file is damaged."
        raise ImageError(path=str(path), field=f"{channel.name}/ImageSizeX", reason=reason)
    return found, (size[0], size[1], size[2])


def image_facts(about: dict[str, dict[str, str]], shape: Shape5, some: Stored, level_count: int) -> ImageFacts:
    """The image from DataSetInfo."""
    image, (t, c, z, y, x) = about.get("Image", {}), shape
    name = some.dtype.newbyteorder("=").name
    sizes = [extent(image, axis, count) for axis, count in enumerate((x, y, z))]
    title, description = ("" if image.get(key, "") in NOT_GIVEN else image[key] for key in ("Name", "Description"))
    instruments = instrument_of(image)
    times = [about.get("TimeInfo", {}).get(f"TimePoint{number + 1}", "") for number in range(t)]
    return ImageFacts(
        index=0, name=title, description=description, size_x=x, size_y=y, size_z=z, size_c=c, size_t=t,
        pixel_type=PIXEL_TYPES.get(name, name), significant_bits=8 * some.dtype.itemsize,
        acquisition_date=date(image.get("RecordingDate", "")),
        physical_size_x=sizes[0], physical_size_y=sizes[1], physical_size_z=sizes[2],
        planes=planes_of(times, c, z) if t > 1 else None,
        channels=tuple(channel_facts(about.get(f"Channel {number}", {}), number) for number in range(c)),
        instrument_ref="Instrument:0" if instruments else "",
        objective_settings=(("ID", "Objective:0"),) if instruments else (),
        level_count=level_count, chunk_shape=(1, 1, *(some.chunk or (1, y, x))),
    )  # fmt: skip


def extent(image: dict[str, str], axis: int, count: int) -> Quantity | None:
    """Size of a pixel: the extent of the image along an axis by the number of pixels."""
    low, high, unit = (image.get(name, "") for name in (f"ExtMin{axis}", f"ExtMax{axis}", "Unit"))
    numbers = [number(one) for one in (low, high)]
    if numbers[0] is None or numbers[1] is None or numbers[1] <= numbers[0] or unit not in UNITS:
        return None
    return Quantity((numbers[1] - numbers[0]) / count, UNITS[unit])


def number(text: str) -> float | None:
    """A finite number, None for anything else."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if np.isfinite(value) else None


def date(text: str) -> str | None:
    """ "2018-12-10 23:23:19.000" as ISO 8601; Imaris gives no time zone."""
    day, _, time = text.partition(" ")
    return f"{day}T{time.partition('.')[0]}" if day.count("-") == 2 and time.count(":") == 2 else None


def channel_facts(about: dict[str, str], index: int) -> ChannelFacts:
    """A channel: colour as three numbers up to 1, the range shown, wavelengths in nm."""
    parts = [number(one) for one in about.get("Color", "").split()]
    color = None
    if len(parts) == 3 and all(one is not None for one in parts):
        color = "#" + bytes(round(255 * min(max(one or 0.0, 0.0), 1.0)) for one in parts).hex()
    shown = [number(one) for one in about.get("ColorRange", "").split()]
    window = None
    if len(shown) == 2 and shown[0] is not None and shown[1] is not None and shown[0] < shown[1]:
        window = Window(shown[0], shown[1], shown[0], shown[1])
    emission, excitation, pinhole = (
        Quantity(value, unit) if (value := number(about.get(name, ""))) else None
        for name, unit in (("LSMEmissionWavelength", "nm"), ("LSMExcitationWavelength", "nm"), ("LSMPinhole", "µm"))
    )
    name = about.get("Name", "")
    return ChannelFacts(
        index, name="" if name in NOT_GIVEN else name, color=color, emission_wavelength=emission,
        excitation_wavelength=excitation, pinhole_size=pinhole, display=window,
    )  # fmt: skip


def planes_of(times: list[str], channels: int, slices: int) -> PlanesFacts | None:
    """When the planes of each time point were taken, in seconds after the first, if the file says."""
    try:
        moments = np.array([one.replace(" ", "T") for one in times], "datetime64[ms]")
    except ValueError:
        return None
    if np.isnat(moments).any() or len(times) * channels * slices > MAX_EACH:
        return None
    t, c, z = (axis.ravel().astype(np.int32) for axis in np.indices((len(times), channels, slices)))
    seconds = (moments - moments[0]) / np.timedelta64(1, "s")
    nothing = np.full(len(t), np.nan)
    return PlanesFacts(z, c, t, seconds[t], nothing, nothing, nothing, nothing)


def instrument_of(image: dict[str, str]) -> tuple[InstrumentFacts, ...]:
    """The objective, if the file says anything of it."""
    said = (("NominalMagnification", number(image.get("LensPower", ""))),
            ("LensNA", number(image.get("NumericalAperture", ""))))  # fmt: skip
    attributes = tuple((name, f"{value:g}") for name, value in said if value)
    objective = ComponentFacts("Objective", "Objective:0", attributes=attributes)
    return (InstrumentFacts("Instrument:0", objectives=(objective,)),) if attributes else ()
