"""Reading a source whole, and its OME-Zarr view by zarr-python, to compare with other readers."""

import itertools
import zipfile
from pathlib import Path

import numpy as np
import zarr
from zarr.core.buffer import default_buffer_prototype
from zarr.storage import MemoryStore

from imaging.pixels import PixelSource, RawChunk, type_json
from imaging.representations.view import Stream, View
from imaging.source import open_source, read_region


def whole(source: PixelSource, level: int = 0) -> np.ndarray:
    """All pixels of a level (t, c, z, y, x), read plane by plane."""
    t, c, z, y, x = source.levels[level].shape
    planes = [read_region(source, level, *at, 0, y, 0, x) for at in itertools.product(range(t), range(c), range(z))]
    return np.array(planes).reshape(t, c, z, y, x)


def as_group(view: View, source: PixelSource) -> zarr.Group:
    """Everything the view gives, put into a store that zarr-python opens."""
    paths = ["zarr.json", ".zgroup", ".zattrs"]
    for level, about in enumerate(source.levels):
        paths += [f"{level}/zarr.json", f"{level}/.zarray"]
        for index in itertools.product(*(range(n) for n in about.grid)):
            key = "/".join(map(str, index))
            paths += [f"{level}/c/{key}", f"{level}/{key}"]
    objects = {}
    for path in paths:
        part = view.get(path, {})
        if part is None:
            continue
        assert not isinstance(part.body, Stream)
        found = part.body.read() if isinstance(part.body, RawChunk) else part.body
        objects[path] = default_buffer_prototype().buffer.from_bytes(found)
    return zarr.open_group(MemoryStore(objects), mode="r")


def level_of(group: zarr.Group, level: int | str) -> np.ndarray:
    """The pixels of one array of a group."""
    array = group[str(level)]
    assert isinstance(array, zarr.Array)
    return np.asarray(array[...])


def zip_folder(folder: Path, out: Path, method: int = zipfile.ZIP_STORED, inside: str = "") -> Path:
    """The folder as a zip."""
    with zipfile.ZipFile(out, "w", method) as archive:
        for file in sorted(folder.rglob("*")):
            if file.is_file():
                archive.write(file, inside + file.relative_to(folder).as_posix())
    return out


def halved_in_z(path: Path) -> PixelSource:
    """An OME-Zarr (z, y, x) = (4, 40, 40) whose plane z has the value 50 * z, and a level of half of it all."""
    pixels = np.broadcast_to(np.arange(0, 200, 50, dtype=np.uint8)[:, None, None], (4, 40, 40))
    root = zarr.open_group(path, mode="w", zarr_format=2)
    root.create_array("0", data=pixels, chunks=(1, 20, 20))
    root.create_array("1", data=pixels[::2, ::2, ::2], chunks=(1, 20, 20))
    datasets: list[type_json] = [
        {"path": str(level), "coordinateTransformations": [{"type": "scale", "scale": [2**level] * 3}]}
        for level in (0, 1)
    ]
    axes: list[type_json] = [{"name": axis, "type": "space"} for axis in "zyx"]
    root.attrs["multiscales"] = [{"version": "0.4", "axes": axes, "datasets": datasets}]
    return open_source(path, 0)


def one_level(path: Path, shape: tuple[int, int, int]) -> PixelSource:
    """An OME-Zarr (z, y, x) of one level, nothing of which was ever written."""
    root = zarr.open_group(path, mode="w", zarr_format=2)
    root.create_array("0", shape=shape, chunks=(1, 512, 512), dtype="uint8")
    datasets: list[type_json] = [{"path": "0", "coordinateTransformations": [{"type": "scale", "scale": [1, 1, 1]}]}]
    axes: list[type_json] = [{"name": axis, "type": "space"} for axis in "zyx"]
    root.attrs["multiscales"] = [{"version": "0.4", "axes": axes, "datasets": datasets}]
    return open_source(path, 0)
