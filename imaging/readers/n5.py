"""N5 folders: each dataset or pyramid of datasets (s0, s1, …) is an image; BigDataViewer's N5 has time points, too."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from imaging.errors import ImageError
from imaging.facts import ChannelFacts, FileFacts, ImageFacts, KeyValue, Quantity
from imaging.pixels import type_json
from imaging.places import files_at
from imaging.readers.hdf5_storage import PIXEL_TYPES
from imaging.readers.vendor import flat
from imaging.sources.zarr_array import ZarrArray
from imaging.sources.zarr_n5 import parse_n5
from imaging.sources.zarr_store import FolderStore, read_json
from imaging.table import Table, identity_of

N5 = "saalfeldlab.org/n5"
BY_COUNT = {2: "yx", 3: "zyx", 4: "czyx", 5: "tczyx"}
UNITS = {"um": "µm", "µm": "µm", "micron": "µm", "micrometer": "µm", "nm": "nm", "nanometer": "nm", "mm": "mm",
         "angstrom": "Å"}  # fmt: skip
OF_ARRAYS = ("dimensions", "blockSize", "dataType", "compression", "compressionType")
MAX_GROUPS = 100_000
MAX_DEPTH = 32
LEVEL, SETUP, TIME = re.compile(r"s(\d{1,3})"), re.compile(r"setup(\d{1,6})"), re.compile(r"timepoint(\d{1,9})")


@dataclass(frozen=True)
class N5Image:
    """An image: where it lies, its axes (from last to first of N5), whether they are told, and its levels."""

    place: str
    axes: str
    is_told: bool
    paths: tuple[str, ...]
    metadata: tuple[type_json, ...]
    arrays: tuple[ZarrArray, ...]
    about: type_json  # attributes of the dataset and of the groups around it


def read(path: Path) -> FileFacts:
    """Facts of all images of an N5; raises ImageError."""
    images = images_of(path)
    facts = tuple(image_facts(image, index) for index, image in enumerate(images.values()))
    warnings = tuple(
        f"The N5 does not say what the axes of {image.place or 'its dataset'} are; they are read as {image.axes}."
        for image in images.values()
        if not image.is_told
    )
    return FileFacts(str(path), "application/x-n5", facts, warnings=warnings)


def make_tables(path: Path, series: Sequence[str]) -> Iterator[Table]:
    """The tables of images by their places; raises ImageError."""
    images = images_of(path)
    for one in series:
        if one not in images:
            raise ImageError(path=str(path), field="series", reason=f"there is no image {one!r} in it.")
        image = images[one]
        levels = [{"path": p, "metadata": m} for p, m in zip(image.paths, image.metadata, strict=True)]
        header: type_json = {"kind": "zarr", "name": path.name, "file": "", "axes": list(image.axes), "levels": levels}
        folders = [
            f"{p}/{folder}".strip("/")
            for p, m in zip(image.paths, image.metadata, strict=True)
            for folder in m.get("folders") or [""]
        ]
        header["identity"] = identity_of([f"{one}/attributes.json".lstrip("/") for one in folders], files_at(path))
        yield Table(header, {})


def images_of(path: Path) -> dict[str, N5Image]:
    """All images by their places; raises ImageError if there are none."""
    store = FolderStore(path)
    datasets = dict(datasets_of(store))
    groups: dict[str, dict[int, str]] = {}
    for place in datasets:
        parent, _, name = place.rpartition("/")
        number = LEVEL.fullmatch(name)
        groups.setdefault(parent if number else place, {})[int(number[1]) if number else 0] = place
    setups: dict[str, dict[int, dict[int, str]]] = {}
    for place in list(groups):
        setup, _, time = place.rpartition("/")
        moment = TIME.fullmatch(time)
        if moment and SETUP.fullmatch(setup.rpartition("/")[2]):
            setups.setdefault(setup, {})[int(moment[1])] = groups.pop(place)
    found = [image_of(path, store, place, levels, datasets) for place, levels in groups.items()]
    found += [series_of(path, store, setup, times, datasets) for setup, times in setups.items()]
    images = {image.place: image for image in found if image is not None}
    if not images:
        reason = "holds no dataset of two to five axes; is it the folder that ends in .n5?"
        raise ImageError(path=str(path), field="attributes.json", reason=reason)
    return images


def datasets_of(store: FolderStore) -> Iterator[tuple[str, type_json]]:
    """Places and attributes of all datasets, never looking among their blocks."""
    waiting, count = [("", 0)], 0
    while waiting:
        place, depth = waiting.pop(0)
        count += 1
        if count > MAX_GROUPS:
            raise ImageError(path=str(store.root), field="groups", reason=f"are more than {MAX_GROUPS}.")
        attributes = read_json(store, f"{place}/attributes.json".lstrip("/")) or {}
        if "dimensions" in attributes:
            yield place, attributes
        elif depth < MAX_DEPTH:
            for name in store.children(place):
                child = f"{place}/{name}".lstrip("/")
                if (store.root / child).is_dir():
                    waiting.append((child, depth + 1))


def image_of(
    path: Path, store: FolderStore, place: str, levels: dict[int, str], datasets: dict[str, type_json]
) -> N5Image | None:
    """A dataset, or a pyramid of them; None if it has one axis, or more than five."""
    places = [levels[number] for number in sorted(levels)]
    metadata = [datasets[one] for one in places]
    arrays = [parse_n5(one, str(path), at) for one, at in zip(metadata, places, strict=True)]
    count = len(arrays[0].shape)
    if count not in BY_COUNT or any(len(array.shape) != count for array in arrays):
        return None
    about = attributes_around(store, place) | metadata[0]
    axes = axes_of(about, count)
    kept = [{key: one[key] for key in OF_ARRAYS if key in one} for one in metadata]
    return N5Image(place, axes or BY_COUNT[count], axes != "", tuple(places), tuple(kept), tuple(arrays), about)


def series_of(
    path: Path, store: FolderStore, setup: str, times: dict[int, dict[int, str]], datasets: dict[str, type_json]
) -> N5Image | None:
    """BigDataViewer's time points of a set-up as one image (t, z, y, x)."""
    first = image_of(path, store, setup, times[min(times)], datasets)
    if first is None or first.axes != "zyx":
        return None
    metadata, arrays = [], []
    for level, one in enumerate(first.metadata):
        sizes = {str(datasets[times[time][level]]["dimensions"]) for time in times if level in times[time]}
        if len(sizes) != 1:
            reason = f"its time points have sizes {sorted(sizes)} where one is expected."
            raise ImageError(path=str(path), field=f"{setup}, resolution {level}", reason=reason)
        folders = [f"timepoint{time}/s{level}" for time in sorted(times)]
        extended = {**one, "dimensions": [*one["dimensions"], len(folders)], "blockSize": [*one["blockSize"], 1]}
        metadata.append(extended | {"folders": folders})
        arrays.append(parse_n5(metadata[-1], str(path), setup))
    paths = (setup,) * len(metadata)
    return N5Image(setup, "tzyx", True, paths, tuple(metadata), tuple(arrays), first.about)


def attributes_around(store: FolderStore, place: str) -> type_json:
    """Attributes of a group and of those around it; the nearest count."""
    found: type_json = {}
    parts = place.split("/") if place else []
    for count in range(len(parts) + 1):
        found |= read_json(store, "/".join([*parts[:count], "attributes.json"])) or {}
    return found


def axes_of(about: type_json, count: int) -> str:
    """Axes from last to first of N5, if its attributes name them in either order; else ""."""
    transform = about.get("transform")
    for listed in (about.get("axes"), transform.get("axes") if isinstance(transform, dict) else None):
        if isinstance(listed, list) and len(listed) == count:
            names = "".join(str(name).lower() for name in listed)
            names = names[::-1] if names.startswith("x") else names
            if len(names) == count and {"y", "x"} <= set(names) <= set("tczyx") and len(set(names)) == count:
                return names
    return ""


def image_facts(image: N5Image, index: int) -> ImageFacts:
    """One image from its attributes."""
    array = image.arrays[0]
    sizes = dict(zip(image.axes, array.shape, strict=True))
    name = array.dtype.newbyteorder("=").name
    lengths = pixel_sizes(image.about)
    left = {key: value for key, value in image.about.items() if key not in (*OF_ARRAYS, "n5")}
    pairs: list[KeyValue] = list(flat(N5, left))
    return ImageFacts(
        index=index, name=str(image.about.get("name") or image.place), size_x=sizes["x"], size_y=sizes["y"],
        size_z=sizes.get("z", 1), size_c=sizes.get("c", 1), size_t=sizes.get("t", 1),
        pixel_type=PIXEL_TYPES.get(name, name), significant_bits=8 * array.dtype.itemsize,
        physical_size_x=lengths.get("x"), physical_size_y=lengths.get("y"), physical_size_z=lengths.get("z"),
        channels=tuple(ChannelFacts(number) for number in range(sizes.get("c", 1))), key_values=tuple(pairs),
        series_path=image.place, level_count=len(image.arrays), chunk_shape=array.chunk,
    )  # fmt: skip


def pixel_sizes(about: type_json) -> dict[str, Quantity]:
    """Sizes of pixels: "pixelResolution" of the N5 viewer (x, y, z), or "transform" of COSEM (its own order)."""
    resolution, transform = about.get("pixelResolution"), about.get("transform")
    axes: Any = "xyz"
    values: Any = None
    units: Any = None
    if isinstance(resolution, dict):
        values, units = resolution.get("dimensions"), [resolution.get("unit")] * 3
    elif isinstance(transform, dict):
        axes, values, units = (transform.get(name) for name in ("axes", "scale", "units"))
    if not (isinstance(values, list) and isinstance(units, list) and isinstance(axes, list | str)):
        return {}
    return {
        str(axis): Quantity(float(value), UNITS[str(unit)])
        for axis, value, unit in zip(axes, values, units, strict=False)
        if isinstance(value, int | float) and np.isfinite(value) and value > 0 and str(unit) in UNITS
    }
