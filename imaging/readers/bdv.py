"""BigDataViewer's HDF5: volumes by time point, view set-up and resolution, described by the XML file beside it.

Source: "About the BigDataViewer data format" (imagej.net/plugins/bdv), SpimData XML. Set-ups that differ only in their
channel are one image.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import h5py
import numpy as np
from lxml import etree

from imaging.errors import ImageError
from imaging.facts import ChannelFacts, FileFacts, ImageFacts, KeyValue, Quantity
from imaging.limits import MEBI
from imaging.pixels import Shape5
from imaging.places import beside
from imaging.readers.hdf5_storage import PIXEL_TYPES, Stored, hdf5_table, member, stored
from imaging.readers.vendor import parse_xml
from imaging.table import Table

BDV = "imagej.net/bdv"
LENGTHS = {"um": "µm", "µm": "µm", "\u03bcm": "µm", "micron": "µm", "microns": "µm", "micrometer": "µm", "nm": "nm",
           "mm": "mm", "m": "m", "Å": "Å"}  # fmt: skip
MAX_XML = 256 * MEBI
MAX_TRANSFORMS = 2000  # that are told one by one


@dataclass(frozen=True)
class Setup:
    """A view set-up as the XML file describes it; `attributes` are names by kind (channel, angle, tile …)."""

    number: int
    name: str = ""
    unit: str = ""
    voxel: tuple[float, ...] = ()
    attributes: dict[str, str] = field(default_factory=dict)

    @property
    def view(self) -> tuple[object, ...]:
        """What set-ups of one image share: all but the channel. Without XML each is an image of its own."""
        if "channel" not in self.attributes:
            return (self.number,)
        others = sorted((kind, name) for kind, name in self.attributes.items() if kind != "channel")
        return (tuple(others), self.unit, self.voxel)


@dataclass(frozen=True)
class View:
    """An image: its set-ups, one a channel, and for each resolution its shape and datasets."""

    setups: tuple[Setup, ...]
    levels: list[tuple[Shape5, dict[tuple[int, int], Stored]]]


def is_bdv(path: Path, file: h5py.File) -> bool:
    """Whether an HDF5 file is BigDataViewer's."""
    names = set(file)
    return "s00" in names and "t00000" in names and member(path, file, "s00/resolutions") is not None


def read_bdv(path: Path, file: h5py.File) -> FileFacts:
    """Facts of all its images; raises ImageError."""
    described, transforms, warnings = xml_of(path)
    images = []
    for index, view in enumerate(views_of(path, file, described, chunks=False)):
        shape, parts = view.levels[0]
        (t, c, z, y, x), some = shape, next(iter(parts.values()))
        first = view.setups[0]
        unit = LENGTHS.get(first.unit.strip())
        sizes = [Quantity(value, unit) if unit and value > 0 else None for value in first.voxel] or [None] * 3
        kind = pixel_dtype(some)
        name = first.name if len(view.setups) == 1 else " ".join(dict.fromkeys(first.attributes.values()))
        pairs = [KeyValue(BDV, kind, text) for kind, text in first.attributes.items() if kind != "channel"]
        pairs += [pair for setup in view.setups for pair in transforms.get(setup.number, ())]
        channels = tuple(
            ChannelFacts(number, name=setup.attributes.get("channel", "")) for number, setup in enumerate(view.setups)
        )
        images.append(ImageFacts(
            index=index, name=name, size_x=x, size_y=y, size_z=z, size_c=c, size_t=t,
            pixel_type=PIXEL_TYPES.get(kind, kind), significant_bits=8 * np.dtype(kind).itemsize,
            physical_size_x=sizes[0], physical_size_y=sizes[1], physical_size_z=sizes[2], channels=channels,
            key_values=tuple(pairs), series_path=str(first.number), level_count=len(view.levels),
            chunk_shape=(1, 1, *(some.chunk or (1, y, x))),
        ))  # fmt: skip
    return FileFacts(
        str(path), "image/x-bdv-hdf5", tuple(images), warnings=warnings, beside=(path.with_suffix(".xml").name,)
    )


def bdv_tables(path: Path, file: h5py.File, series: Sequence[str]) -> Iterator[Table]:
    """The tables of images by the number of their first set-up; raises ImageError."""
    views = {str(view.setups[0].number): view for view in views_of(path, file, xml_of(path)[0], chunks=True)}
    for one in series:
        if one not in views:
            raise ImageError(path=str(path), field="series", reason=f"there is no set-up {one!r} that begins an image.")
        levels = views[one].levels
        some = next(iter(levels[0][1].values()))
        xml = path.with_suffix(".xml").name
        yield hdf5_table(path, levels, pixel_dtype(some), [xml] if beside(path, xml) else [])


def pixel_dtype(some: Stored) -> str:
    """The values are unsigned, whatever HDF5 is told: Java has no such type of 16 bits."""
    name = some.dtype.newbyteorder("=").name
    return "uint16" if name == "int16" else name


def views_of(path: Path, file: h5py.File, described: dict[int, Setup], *, chunks: bool) -> list[View]:
    """All images of the file; raises ImageError."""
    numbers = sorted(int(name[1:]) for name in file if name[:1] == "s" and name[1:].isdecimal())
    times = sorted(int(name[1:]) for name in file if name[:1] == "t" and name[1:].isdecimal())
    grouped: dict[tuple[object, ...], list[Setup]] = {}
    for number in numbers:
        setup = described.get(number, Setup(number))
        grouped.setdefault(setup.view, []).append(setup)
    views = []
    for setups in grouped.values():
        shapes = {shape_of(path, file, setup.number, times) for setup in setups}
        groups = [setups] if len(shapes) == 1 else [[setup] for setup in setups]
        for group in groups:
            levels = levels_of(path, file, group, times, chunks)
            if levels:
                views.append(View(tuple(group), levels))
    if not views:
        raise ImageError(path=str(path), field="time points", reason="hold no volume; export the image again.")
    return views


def cells_of(path: Path, file: h5py.File, time: int, setup: int, level: int) -> h5py.Dataset | None:
    """The volume of a time point, set-up and resolution, None if there is none; raises ImageError for a link."""
    found = member(path, file, f"t{time:05d}/s{setup:02d}/{level}/cells")
    return found if isinstance(found, h5py.Dataset) and found.ndim == 3 else None


def shape_of(path: Path, file: h5py.File, setup: int, times: list[int]) -> tuple[int, ...] | None:
    """Shape of a set-up's volumes, by the first that is there."""
    volumes = (cells_of(path, file, time, setup, 0) for time in times)
    return next((volume.shape for volume in volumes if volume is not None), None)


def levels_of(
    path: Path, file: h5py.File, setups: list[Setup], times: list[int], chunks: bool
) -> list[tuple[Shape5, dict[tuple[int, int], Stored]]]:
    """Shape and datasets of each resolution of an image, largest first."""
    resolutions = member(path, file, f"s{setups[0].number:02d}/resolutions")
    count = len(resolutions) if isinstance(resolutions, h5py.Dataset) else 1
    levels: list[tuple[Shape5, dict[tuple[int, int], Stored]]] = []
    for level in range(min(count, 64)):
        parts = {}
        for t, time in enumerate(times):
            for c, setup in enumerate(setups):
                cells = cells_of(path, file, time, setup.number, level)
                if cells is not None:
                    parts[t, c] = stored(path, cells, chunks=chunks)
        shapes = {one.shape for one in parts.values()}
        if len(shapes) > 1:
            reason = f"set-up {setups[0].number} has volumes of sizes {sorted(shapes)} where one is expected."
            raise ImageError(path=str(path), field=f"resolution {level}", reason=reason)
        if parts:
            z, y, x = shapes.pop()
            levels.append(((len(times), len(setups), z, y, x), parts))
    return levels


def xml_of(path: Path) -> tuple[dict[int, Setup], dict[int, tuple[KeyValue, ...]], tuple[str, ...]]:
    """Set-ups, their transforms, and what is to be told, by the XML file of the same name beside it."""
    name = path.with_suffix(".xml").name
    found = beside(path, name)
    if found is None or found.stat().st_size > MAX_XML:
        told = f"{name} is not beside it: sizes of voxels and names of channels are not known. Add it, and read again."
        return {}, {}, (told,)
    root = parse_xml(found, "SpimData", found.read_bytes())
    names: dict[tuple[str, str], str] = {}
    for attributes in root.iterfind(".//ViewSetups/Attributes"):
        kind = str(attributes.get("name"))
        for one in attributes:
            names[kind, str(one.findtext("id"))] = str(one.findtext("name") or one.findtext("id"))
    setups = {}
    for one in root.iterfind(".//ViewSetups/ViewSetup"):
        number = one.findtext("id") or ""
        if number.strip().isdecimal():
            setups[int(number)] = setup_of(one, int(number), names)
    return setups, transforms_of(root), ()


def setup_of(element: etree._Element, number: int, names: dict[tuple[str, str], str]) -> Setup:
    """A ViewSetup element."""
    attributes = {}
    for one in element.iterfind("attributes/*"):
        kind, text = etree.QName(one).localname, (one.text or "").strip()
        attributes[kind] = names.get((kind, text), text)
    try:
        voxel = tuple(float(part) for part in (element.findtext("voxelSize/size") or "").split())
    except ValueError:
        voxel = ()
    unit = element.findtext("voxelSize/unit") or ""
    return Setup(number, element.findtext("name") or "", unit, voxel if len(voxel) == 3 else (), attributes)


def transforms_of(root: etree._Element) -> dict[int, tuple[KeyValue, ...]]:
    """Where each set-up lies, as affine matrices (3 x 4, by rows)."""
    found: dict[int, list[KeyValue]] = {}
    for count, view in enumerate(root.iterfind(".//ViewRegistrations/ViewRegistration")):
        setup, time = view.get("setup", ""), view.get("timepoint", "")
        if count >= MAX_TRANSFORMS or not setup.isdecimal():
            break
        for number, transform in enumerate(view.iterfind("ViewTransform")):
            name = f"set-up {setup}/time point {time}/{transform.findtext('Name') or f'transform {number + 1}'}"
            found.setdefault(int(setup), []).append(KeyValue(BDV, name, (transform.findtext("affine") or "").strip()))
    return {setup: tuple(pairs) for setup, pairs in found.items()}
