"""HDF5 files with images: BigDataViewer's, and those of which each dataset of two to five axes is one."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from imaging.errors import ImageError
from imaging.facts import ChannelFacts, FileFacts, ImageFacts, Quantity
from imaging.readers.bdv import bdv_tables, is_bdv, read_bdv
from imaging.readers.hdf5_storage import PIXEL_TYPES, Stored, dataset_table, open_hdf5, stored
from imaging.readers.vendor import flat
from imaging.table import Table

HDF5 = "hdfgroup.org/hdf5"
BY_COUNT = {2: "yx", 3: "zyx", 4: "czyx", 5: "tczyx"}
SMALLEST = 16  # pixels; what is less wide or high is a table
MAX_OBJECTS = 100_000
MAX_IMAGES = 2000
MAX_DEPTH = 32
AXES_TOLD = ("axistags", "DIMENSION_LABELS", "axes", "element_size_um", "IMAGE_SUBCLASS")  # attributes of images
ATTRIBUTES_LEFT = ("axistags", "DIMENSION_LIST", "REFERENCE_LIST", "CLASS")


@dataclass(frozen=True)
class Found:
    """A dataset that is an image: its place in the file, its axes, and whether the file names them."""

    name: str
    axes: str
    is_told: bool
    dataset: h5py.Dataset


def read(path: Path) -> FileFacts:
    """Facts of all images of a file; raises ImageError."""
    with open_hdf5(path) as file:
        if is_bdv(path, file):
            return read_bdv(path, file)
        found = images_of(path, file)
        images = [image_facts(path, one, index) for index, one in enumerate(found)]
        key_values = tuple(pair for name, value in file.attrs.items() for pair in flat(HDF5, plain(value), name))
    guessed = [one for one in found if not one.is_told]
    warnings = [
        f"The file does not say what the axes of {one.name} are; they are read as {one.axes}." for one in guessed
    ]
    return FileFacts(str(path), "application/x-hdf5", tuple(images), key_values=key_values, warnings=tuple(warnings))


def make_tables(path: Path, series: Sequence[str]) -> Iterator[Table]:
    """The tables of images, by their places in the file; raises ImageError."""
    with open_hdf5(path) as file:
        if is_bdv(path, file):
            yield from bdv_tables(path, file, series)
            return
        found = {one.name: one for one in images_of(path, file)}
        for one in series:
            if one not in found:
                raise ImageError(path=str(path), field="series", reason=f"there is no image {one!r} in it.")
            yield dataset_table(path, stored(path, found[one].dataset, chunks=True), found[one].axes)


def images_of(path: Path, file: h5py.File) -> list[Found]:
    """All datasets that are images; where the file says of some what their axes are, only those."""
    found = []
    for name, dataset in datasets_of(path, file):
        axes, is_told = axes_of(dataset)
        if axes and min(size for axis, size in zip(axes, dataset.shape, strict=True) if axis in "yx") >= (
            1 if is_told else SMALLEST
        ):
            found.append(Found(name, axes, is_told, dataset))
    told = [one for one in found if one.is_told]
    found = told or found
    if not found:
        reason = "holds no image: no dataset of two to five axes that is at least 16 pixels wide and high."
        raise ImageError(path=str(path), field="datasets", reason=reason)
    if len(found) > MAX_IMAGES:
        reason = f"are more than {MAX_IMAGES}; save one stack for each series of images."
        raise ImageError(path=str(path), field="datasets", reason=reason)
    return found


def datasets_of(path: Path, file: h5py.File) -> Iterator[tuple[str, h5py.Dataset]]:
    """Datasets of numbers with two to five axes, without following links, each once."""
    waiting: list[tuple[str, h5py.Group, int]] = [("", file, 0)]
    seen = {h5py.h5o.get_info(file.id).addr}
    while waiting:
        start, group, depth = waiting.pop(0)
        for name in group:
            if not isinstance(group.get(name, getlink=True), h5py.HardLink):
                continue
            child: Any = group[name]
            address = h5py.h5o.get_info(child.id).addr
            if address in seen:
                continue
            seen.add(address)
            if len(seen) > MAX_OBJECTS:
                reason = f"holds more than {MAX_OBJECTS} groups and datasets."
                raise ImageError(path=str(path), field="groups", reason=reason)
            if isinstance(child, h5py.Group) and depth < MAX_DEPTH:
                waiting.append((f"{start}{name}/", child, depth + 1))
            elif isinstance(child, h5py.Dataset) and is_image(child):
                yield start + name, child


def is_image(dataset: h5py.Dataset) -> bool:
    """Whether a dataset can be an image, by its type and the number of its axes."""
    numbers = dataset.dtype.kind in "uib" or (dataset.dtype.kind == "f" and dataset.dtype.itemsize in (2, 4, 8))
    return numbers and 2 <= len(dataset.shape or ()) <= 5 and min(dataset.shape) > 0


def axes_of(dataset: h5py.Dataset) -> tuple[str, bool]:
    """Its axes as letters of tczyx, "" if they are others, and whether the file names them.

    Named by ilastik's axistags, HDF5's dimension labels, an attribute "axes", or the HDF5 image specification.
    """
    shape = dataset.shape
    named = named_axes(dataset)
    if named is not None:
        good = len(named) == len(shape) and len(set(named)) == len(named) and {"y", "x"} <= set(named) <= set("tczyx")
        return ("".join(named) if good else "", True)
    subclass = text_of(dataset.attrs.get("IMAGE_SUBCLASS"))
    if subclass == "IMAGE_TRUECOLOR" and len(shape) == 3:
        return ("cyx" if "PLANE" in text_of(dataset.attrs.get("INTERLACE_MODE")) else "yxc"), True
    is_colour = len(shape) in (3, 4) and shape[-1] in (3, 4) and dataset.dtype.name == "uint8"
    guessed = BY_COUNT[len(shape) - 1] + "c" if is_colour else BY_COUNT[len(shape)]
    return guessed, any(name in dataset.attrs for name in AXES_TOLD)


def named_axes(dataset: h5py.Dataset) -> list[str] | None:
    """The axes' names in lower case, None if nothing names them."""
    tags = text_of(dataset.attrs.get("axistags"))
    if tags:
        try:
            return [str(axis["key"]).lower() for axis in json.loads(tags)["axes"]]
        except (ValueError, LookupError, TypeError):
            return None
    labels = dataset.attrs.get("DIMENSION_LABELS")
    if isinstance(labels, np.ndarray) and any(text_of(label) for label in labels):
        return [text_of(label).lower() for label in labels]
    letters = dataset.attrs.get("axes")
    if isinstance(letters, np.ndarray):
        return [text_of(letter).lower() for letter in letters]
    return list(text_of(letters).lower().replace(",", "")) or None


def text_of(value: Any) -> str:
    """An attribute as text."""
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace").strip("\0 ")
    return value if isinstance(value, str) else ""


def plain(value: Any) -> Any:
    """An attribute's value as what `flat` takes; references to other objects say nothing."""
    if isinstance(value, np.ndarray) and value.dtype.kind == "S":
        return [text_of(one) for one in value.ravel().tolist()]
    if isinstance(value, np.ndarray | np.generic) and value.dtype.kind not in "uifbU":
        return None
    return text_of(value) if isinstance(value, bytes) else value


def image_facts(path: Path, found: Found, index: int) -> ImageFacts:
    """One dataset as an image."""
    place: Stored = stored(path, found.dataset, chunks=False)
    sizes = dict(zip(found.axes, place.shape, strict=True))
    name = place.dtype.newbyteorder("=").name
    lengths = element_size(found)
    pairs = [
        pair
        for key, value in found.dataset.attrs.items()
        if key not in ATTRIBUTES_LEFT
        for pair in flat(HDF5, plain(value), key)
    ]
    channels = tuple(ChannelFacts(number) for number in range(sizes.get("c", 1)))
    return ImageFacts(
        index=index, name=found.name, size_x=sizes["x"], size_y=sizes["y"], size_z=sizes.get("z", 1),
        size_c=sizes.get("c", 1), size_t=sizes.get("t", 1), pixel_type=PIXEL_TYPES.get(name, name),
        significant_bits=8 * place.dtype.itemsize, physical_size_x=lengths.get("x"), physical_size_y=lengths.get("y"),
        physical_size_z=lengths.get("z"), channels=channels, key_values=tuple(pairs), series_path=found.name,
        chunk_shape=place.chunk or place.shape[-2:],
    )  # fmt: skip


def element_size(found: Found) -> dict[str, Quantity]:
    """Sizes of pixels by axis: the attribute element_size_um (z, y, x) of Fiji's and ilastik's HDF5."""
    values = found.dataset.attrs.get("element_size_um")
    if not isinstance(values, np.ndarray) or values.shape != (3,) or values.dtype.kind != "f":
        return {}
    told = zip("zyx", (float(value) for value in values), strict=True)
    return {axis: Quantity(value, "µm") for axis, value in told if np.isfinite(value) and value > 0}
