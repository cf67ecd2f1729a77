"""OME-Zarr 0.4 (and thinly older) and 0.5, folder or zip: single images, bioformats2raw sets, and plates."""

import json
import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from imaging.errors import ImageError
from imaging.facts import ChannelFacts, FileFacts, ImageFacts, KeyValue, Quantity, Window
from imaging.ome.facts import DocumentFacts, document_facts
from imaging.ome.read import read_ome
from imaging.readers.zarr.groups import (
    Group,
    axes_of,
    level_paths,
    metadata_errors,
    open_group,
    plate_facts,
    scale_of,
    text,
    translation_of,
)
from imaging.sources.zarr_array import ZarrArray, parse_array
from imaging.sources.zarr_store import FolderStore, ZarrStore, ZipStore, open_store, read_json

NGFF = "ngff"
MAX_SAID = 65_536  # characters of a value that is given as JSON
OME_TYPES = {"float32": "float", "float64": "double", "bool": "bit"}
# NGFF names units in full (UDUNITS-2); OME has symbols.
UNITS = {
    "angstrom": "Å", "picometer": "pm", "nanometer": "nm", "micrometer": "µm", "millimeter": "mm", "centimeter": "cm",
    "meter": "m", "inch": "in", "foot": "ft", "yard": "yd", "mile": "mi", "parsec": "pc", "femtometer": "fm",
    "attometer": "am", "decimeter": "dm", "hectometer": "hm", "kilometer": "km", "megameter": "Mm",
    "picosecond": "ps", "femtosecond": "fs", "attosecond": "as", "kilosecond": "ks",
    "nanosecond": "ns", "microsecond": "µs", "millisecond": "ms", "second": "s",
    "minute": "min", "hour": "h", "day": "d",
}  # fmt: skip


@dataclass(frozen=True)
class ZarrImage:
    """One multiscale image: its group, axis names brought to t, c, z, y, x, and its arrays, largest first."""

    group: Group
    axes: tuple[str, ...]
    array_paths: tuple[str, ...]
    metadata: tuple[dict[str, Any], ...]
    arrays: tuple[ZarrArray, ...]
    warnings: tuple[str, ...]

    @property
    def is_labels(self) -> bool:
        """Whether its pixels are numbers of objects: it says so, or lies in the group "labels" of an image."""
        return "image-label" in self.group.attributes or "labels" in self.group.path.split("/")[:-1]


def read(path: Path) -> FileFacts:
    """Facts of an OME-Zarr; raises ImageError."""
    store = open_store(path)
    with metadata_errors(path):
        return facts_of(store, path)


def facts_of(store: FolderStore | ZipStore, path: Path) -> FileFacts:
    """All images of the store."""
    root = open_group(store, "")
    series, plate = series_of(store, root)
    document = companion(store)
    images, warnings, versions = [], [], set()
    for index, place in enumerate(series):
        image = open_image(store, place)
        facts = image_facts(store, image, index)
        if document is not None and index < len(document.images):
            facts, notes = merged(document.images[index], facts)
            warnings += notes
        warnings += [warning for warning in image.warnings if warning not in warnings]
        images.append(facts)
        versions.add(image.group.version)
    return FileFacts(
        str(path), f"image/ome-zarr;version={min(versions)}", tuple(images),
        document.instruments if document else (), document.experimenters if document else (), plate,
        ome=document.document if document else None, key_values=document.key_values if document else (),
        warnings=(*(document.document.warnings if document else ()), *warnings),
    )  # fmt: skip


def series_of(store: FolderStore | ZipStore, root: Group) -> tuple[list[str], Any]:
    """Where the images are: "" for one, "0", "1", ... for bioformats2raw, "A/1/0" for the fields of a plate."""
    if "plate" in root.attributes:
        plate = plate_facts(store, root)
        series = [image for well in plate.wells for image in well.images]
        if not series:
            raise ImageError(path=str(store.root), field="plate", reason="has no well with an image in it.")
        return series, plate
    if "multiscales" in root.attributes:
        return [""], None
    if "bioformats2raw.layout" in root.attributes:
        listed = open_group(store, "OME", optional=True).attributes.get("series")
        if listed is not None:
            return [text(store, "OME series", item) for item in listed], None
        numbered = sorted((name for name in store.children("") if name.isdecimal()), key=int)
        if numbered:
            return numbered, None
    raise ImageError(
        path=str(store.root),
        field="zarr.json, .zattrs",
        reason="has no OME-NGFF metadata (multiscales, plate or bioformats2raw.layout), so nothing says what its "
        "axes are; write it as OME-Zarr 0.4 or 0.5.",
    )


def companion(store: ZarrStore) -> DocumentFacts | None:
    """The OME-XML that bioformats2raw writes beside the images."""
    data = store.read("OME/METADATA.ome.xml")
    path = str(store.root)
    return None if data is None else document_facts(read_ome(data, path=path), path=path)


def open_image(store: FolderStore | ZipStore, place: str) -> ZarrImage:
    """The multiscale image of a group; raises ImageError."""
    group = open_group(store, place)
    multiscales = group.attributes.get("multiscales")
    field = f"{place}/multiscales".lstrip("/")
    if not isinstance(multiscales, list) or not multiscales or not isinstance(multiscales[0], dict):
        raise ImageError(path=str(store.root), field=field, reason="is missing; write the image as OME-Zarr again.")
    warnings = []
    if len(multiscales) > 1:
        warnings.append(f"{field} describes {len(multiscales)} pyramids; only the first is read.")
    paths, metadata, arrays = [], [], []
    for level in level_paths(store, multiscales[0], field):
        key = "/".join(part for part in (place, level) if part)
        name = f"{key}/zarr.json" if group.zarr_format == 3 else f"{key}/.zarray"
        found = read_json(store, name)
        if found is None:
            reason = "is named in multiscales, but is not there; copy the whole folder again."
            raise ImageError(path=str(store.root), field=name, reason=reason)
        paths.append(key)
        metadata.append(found)
        arrays.append(parse_array(found, str(store.root), name))
    axes, notes = axes_of(store, multiscales[0], arrays[0].shape, field)
    for key, array in zip(paths, arrays, strict=True):
        if len(array.shape) != len(axes):
            reason = f"has {len(array.shape)} dimensions, but multiscales names {len(axes)} axes; write it again."
            raise ImageError(path=str(store.root), field=key, reason=reason)
    return ZarrImage(group, axes, tuple(paths), tuple(metadata), tuple(arrays), (*warnings, *notes))


def image_facts(store: ZarrStore, image: ZarrImage, index: int) -> ImageFacts:
    """One image from its NGFF metadata."""
    array, multiscale = image.arrays[0], image.group.attributes["multiscales"][0]
    sizes = dict(zip(image.axes, array.shape, strict=True))
    omero = image.group.attributes.get("omero")
    omero = omero if isinstance(omero, dict) else {}
    quantities = {}
    pairs = []
    for axis, value, unit in scale_of(store, multiscale, image.axes):
        if unit:
            quantities[axis] = Quantity(value, UNITS.get(unit, unit))
        elif value != 1:
            pairs.append(KeyValue(NGFF, f"scale {axis}", repr(value)))
    for namespace, path, found in (
        (NGFF, "multiscales/metadata", multiscale.get("metadata")),
        ("omero", "rdefs", omero.get("rdefs")),
    ):
        pairs += [
            KeyValue(namespace, f"{path}/{k}", str(v)) for k, v in (found or {}).items() if isinstance(found, dict)
        ]
    parts = image.group.path.split("/")
    if len(parts) == 3:
        pairs += [KeyValue(NGFF, "well", f"{parts[0]}/{parts[1]}"), KeyValue(NGFF, "field", parts[2])]
    for axis, value in translation_of(multiscale, image.axes):
        pairs.append(
            KeyValue(NGFF, f"translation {axis}", repr(value), quantities[axis].unit if axis in quantities else "")
        )
    labels, said = labels_of(store, image.group)
    pairs += said
    name = array.dtype.newbyteorder("=").name
    return ImageFacts(
        index=index, name=str(multiscale.get("name") or ""),
        size_x=sizes.get("x", 1), size_y=sizes.get("y", 1), size_z=sizes.get("z", 1),
        size_c=sizes.get("c", 1), size_t=sizes.get("t", 1),
        pixel_type=OME_TYPES.get(name, name), significant_bits=array.dtype.itemsize * 8,
        physical_size_x=quantities.get("x"), physical_size_y=quantities.get("y"), physical_size_z=quantities.get("z"),
        time_increment=quantities.get("t"),
        channels=tuple(channel(omero, number) for number in range(sizes.get("c", 1))),
        key_values=tuple(pairs), series_path=image.group.path, level_count=len(image.arrays), chunk_shape=array.chunk,
        labels=labels,
    )  # fmt: skip


def labels_of(store: ZarrStore, group: Group) -> tuple[tuple[str, ...], list[KeyValue]]:
    """Names of an image's label images, and what each says of its objects (NGFF 0.4 and 0.5 §labels, §image-label).

    A label image is itself the image "labels/<name>" of the group; names that lead to none are left out.
    """
    place = f"{group.path}/labels".lstrip("/")
    listed = open_group(store, place, optional=True).attributes.get("labels")
    names, pairs = [], []
    for name in listed if isinstance(listed, list) else ():
        if not isinstance(name, str) or not name or name.startswith("/") or ".." in name.split("/") or "\\" in name:
            continue
        attributes = open_group(store, f"{place}/{name}", optional=True).attributes
        if "multiscales" not in attributes:
            continue
        names.append(name)
        about = attributes.get("image-label")
        for key, value in about.items() if isinstance(about, dict) else ():
            pairs.append(KeyValue(NGFF, f"labels/{name}/image-label/{key}", json.dumps(value)[:MAX_SAID]))
    return tuple(names), pairs


def channel(omero: dict[str, Any], index: int) -> ChannelFacts:
    """One channel from the `omero` block (NGFF 0.4 §omero); what is not well-formed there is left out."""
    listed = omero.get("channels")
    found = listed[index] if isinstance(listed, list) and index < len(listed) else {}
    found = found if isinstance(found, dict) else {}
    color = str(found.get("color") or "")[:6].lower()
    window = found.get("window")
    display = None
    if isinstance(window, dict):
        limits = [window.get(name) for name in ("min", "max", "start", "end")]
        if all(isinstance(limit, int | float) and math.isfinite(limit) for limit in limits):
            display = Window(*(float(limit) for limit in limits))  # type: ignore[arg-type]
    active = found.get("active")
    return ChannelFacts(
        index=index,
        name=str(found.get("label") or ""),
        color=f"#{color}" if len(color) == 6 and all(c in "0123456789abcdef" for c in color) else None,
        display=display,
        active=active if isinstance(active, bool) else None,
    )


def merged(ome: ImageFacts, ngff: ImageFacts) -> tuple[ImageFacts, list[str]]:
    """OME-XML's facts with the array's own where the file is: sizes, levels, chunks and rendering."""
    warnings = []
    for axis in "xyzct":
        said, true = getattr(ome, f"size_{axis}"), getattr(ngff, f"size_{axis}")
        if said != true:
            warnings.append(
                f"METADATA.ome.xml says {said} for size {axis} of image {ngff.index}, the array has {true}."
            )
    channels = []
    for index, shown in enumerate(ngff.channels):
        said_channel = ome.channels[index] if index < len(ome.channels) else shown
        channels.append(
            replace(
                said_channel,
                index=index,
                name=said_channel.name or shown.name,
                color=said_channel.color or shown.color,
                display=shown.display,
                active=shown.active,
            )
        )
    return replace(
        ome, index=ngff.index, name=ngff.name or ome.name,
        size_x=ngff.size_x, size_y=ngff.size_y, size_z=ngff.size_z, size_c=ngff.size_c, size_t=ngff.size_t,
        pixel_type=ngff.pixel_type, channels=tuple(channels), key_values=ome.key_values + ngff.key_values,
        physical_size_x=ome.physical_size_x or ngff.physical_size_x,
        physical_size_y=ome.physical_size_y or ngff.physical_size_y,
        physical_size_z=ome.physical_size_z or ngff.physical_size_z,
        series_path=ngff.series_path, level_count=ngff.level_count, chunk_shape=ngff.chunk_shape, labels=ngff.labels,
    ), warnings  # fmt: skip
