"""OME-Zarr: labels, plates, older versions, axes in other orders; pixels as zarr-python reads them."""

import json
import math
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
import zarr

from imaging.errors import ImageError
from imaging.facts import ChannelFacts, KeyValue, Window
from imaging.ome.model import ENTITIES
from imaging.readers import read_facts
from imaging.readers.zarr.ome import UNITS, channel
from imaging.representations.ome_zarr import UNITS as NAMES_OF_UNITS
from imaging.representations.ome_zarr import OmeZarrView
from imaging.representations.view import About
from imaging.source import build_table, make_tables, open_source
from tests.imaging.reading import whole, zip_folder

OMEZARR = "samples/02_omezarr/"
VOLUME = np.random.default_rng(6).integers(0, 60_000, (2, 3, 4, 20, 30), np.uint16)  # t, c, z, y, x


def peers(path: Path, place: str) -> np.ndarray:
    """The pixels of an array as zarr-python reads them."""
    array = zarr.open_array(path / place, mode="r")
    return np.asarray(array[...])


@pytest.mark.parametrize(("name", "series", "levels"), [
    ("v05_cells3d_nuclei.zarr", "", ("s0", "s1", "s2")),
    ("v05_cells3d_nuclei.zarr", "labels/nuclei", ("labels/nuclei/s0", "labels/nuclei/s1", "labels/nuclei/s2")),
    ("v04_mitotic_plate_bioformats2raw.zarr", "0", ("0/0", "0/1")),
])  # fmt: skip
def test_samples_as_zarr_python_reads_them(shared: Path, name: str, series: str, levels: tuple[str, ...]) -> None:
    path = shared / OMEZARR / name
    source = open_source(path, series)
    assert len(source.levels) == len(levels)
    for level, place in enumerate(levels):
        expected = peers(path, place)
        np.testing.assert_array_equal(whole(source, level).reshape(expected.shape), expected)


def test_each_field_of_a_plate_and_its_labels(shared: Path) -> None:
    path = shared / OMEZARR / "v04_hcs_nf1_plate2.zarr"
    facts = read_facts(path)
    assert facts.plate is not None
    assert len(facts.images) == len(facts.plate.wells) == 5
    for image in facts.images:
        assert image.labels == ("nuclei",)
        for series in (image.series_path, f"{image.series_path}/labels/nuclei"):
            source = open_source(path, series)
            place = json.loads((path / series / ".zattrs").read_text())["multiscales"][0]["datasets"][-1]["path"]
            expected = peers(path, f"{series}/{place}")
            np.testing.assert_array_equal(whole(source, len(source.levels) - 1).reshape(expected.shape), expected)


def test_labels_are_known_to_be_labels(shared: Path, tmp_path: Path) -> None:
    path = shared / OMEZARR / "v05_cells3d_nuclei.zarr"
    image, labels = make_tables(path, ["", "labels/nuclei"])
    assert (image.header["labels"], labels.header["labels"]) == (False, True)
    assert open_source(path, "labels/nuclei").dtype.kind in "iu"
    zipped = zip_folder(path, tmp_path / "a.zarr.zip")
    read = whole(open_source(zipped, "labels/nuclei"), 2)
    np.testing.assert_array_equal(read[0, 0], peers(path, "labels/nuclei/s2"))


def test_labels_that_are_listed_but_not_there_are_left_out(shared: Path, tmp_path: Path) -> None:
    path = Path(shutil.copytree(shared / OMEZARR / "v05_cells3d_nuclei.zarr", tmp_path / "a.zarr"))
    for file in (path / "labels" / "zarr.json", path / "labels" / "nuclei" / "zarr.json"):
        file.chmod(0o644)
    group = json.loads((path / "labels" / "zarr.json").read_text())
    group["attributes"]["ome"]["labels"] = ["gone", "../nuclei", 5, "nuclei"]
    (path / "labels" / "zarr.json").write_text(json.dumps(group))
    about = json.loads((path / "labels" / "nuclei" / "zarr.json").read_text())
    about["attributes"]["ome"]["image-label"] = {"colors": [{"label-value": 1, "rgba": [255, 0, 0, 255]}]}
    (path / "labels" / "nuclei" / "zarr.json").write_text(json.dumps(about))
    image = read_facts(path).images[0]
    assert image.labels == ("nuclei",)
    said = '[{"label-value": 1, "rgba": [255, 0, 0, 255]}]'
    assert KeyValue("ngff", "labels/nuclei/image-label/colors", said) in image.key_values


def describe(folder: Path, version: str, axes: Any, paths: tuple[str, ...] = ("0",), **more: Any) -> None:
    """The metadata of an image in Zarr format 2."""
    multiscale: dict[str, Any] = {"version": version, "datasets": [{"path": path} for path in paths], **more}
    if axes is not None:
        multiscale["axes"] = axes
    if version == "0.4":
        for number, one in enumerate(multiscale["datasets"]):
            scale = [1.0] * (len(axes) - 2) + [2.0**number] * 2
            one["coordinateTransformations"] = [{"type": "scale", "scale": scale}]
    (folder / ".zattrs").write_text(json.dumps({"multiscales": [multiscale]}))
    (folder / ".zgroup").write_text('{"zarr_format": 2}')


def write(path: Path, pixels: np.ndarray, **options: Any) -> None:
    zarr.create_array(path / "0", shape=pixels.shape, dtype=pixels.dtype, zarr_format=2, **options)[...] = pixels


@pytest.mark.parametrize(("version", "axes", "separator"), [
    ("0.1", None, "."), ("0.2", None, "/"), ("0.3", list("tczyx"), "/"), ("0.3", list("zyx"), "/"),
])  # fmt: skip
def test_versions_before_0_4(tmp_path: Path, version: str, axes: list[str] | None, separator: str) -> None:
    pixels = VOLUME if axes is None or len(axes) == 5 else VOLUME[0, 0]
    path = tmp_path / "a.zarr"
    encoding: Any = {"name": "v2", "separator": separator}
    write(path, pixels, chunks=(*(1,) * (pixels.ndim - 2), 16, 16), chunk_key_encoding=encoding)
    describe(path, version, axes)
    facts = read_facts(path)
    assert facts.format == f"image/ome-zarr;version={version}"
    image = facts.images[0]
    expected = pixels.reshape((1,) * (5 - pixels.ndim) + pixels.shape)
    assert (image.size_t, image.size_c, image.size_z, image.size_y, image.size_x) == expected.shape
    np.testing.assert_array_equal(whole(open_source(path)), expected)


@pytest.mark.parametrize("order", ["tzcyx", "yxczt", "xyzct", "zyxc", "yx", "cxy"])
def test_axes_in_any_order(tmp_path: Path, order: str) -> None:
    wanted = tuple(slice(None) if axis in order else slice(1) for axis in "tczyx")
    five = VOLUME[wanted]
    pixels = five.transpose([*("tczyx".index(axis) for axis in order), *(
        number for number, axis in enumerate("tczyx") if axis not in order)])  # fmt: skip
    pixels = pixels.reshape(pixels.shape[: len(order)])
    path = tmp_path / "a.zarr"
    sizes: tuple[int, ...] = pixels.shape
    write(path, pixels, chunks=tuple(min(size, 16) for size in sizes))
    kinds = {"t": "time", "c": "channel"}
    describe(path, "0.4", [{"name": axis, "type": kinds.get(axis, "space")} for axis in order])
    np.testing.assert_array_equal(whole(open_source(path)), five)


def most_frequent(plane: np.ndarray) -> np.ndarray:
    """Of each four pixels the most frequent, by counting them; of equally frequent ones the first by rows."""
    padded = np.pad(plane, ((0, plane.shape[0] % 2), (0, plane.shape[1] % 2)), mode="edge")
    out = np.zeros((padded.shape[0] // 2, padded.shape[1] // 2), plane.dtype)
    for y, x in np.ndindex(*out.shape):
        four = padded[2 * y : 2 * y + 2, 2 * x : 2 * x + 2].ravel().tolist()
        out[y, x] = max(four, key=four.count)
    return out


def test_lower_levels_of_labels_are_by_the_most_frequent_value(tmp_path: Path) -> None:
    path = tmp_path / "a.zarr"
    pixels = np.kron(np.random.default_rng(6).integers(0, 90_000, (205, 211), np.uint32), np.ones((5, 5), np.uint32))
    for place in (path, path / "labels" / "cells"):
        write(place, pixels, chunks=(256, 256))
        describe(place, "0.4", [{"name": axis, "type": "space"} for axis in "yx"])
    (path / "labels" / ".zattrs").write_text('{"labels": ["cells"]}')
    build_table(path, "labels/cells", tmp_path / "table")
    labels = open_source(path, "labels/cells", tmp_path / "table")
    assert [level.shape[3:] for level in labels.levels] == [(1025, 1055), (513, 528), (257, 264)]
    first = most_frequent(pixels)
    np.testing.assert_array_equal(whole(labels, 1)[0, 0, 0], first)
    np.testing.assert_array_equal(whole(labels, 2)[0, 0, 0], most_frequent(first))
    assert set(np.unique(whole(labels, 2))) <= set(np.unique(pixels)), "no objects are invented"
    padded = np.pad(pixels.astype(np.int64), ((0, 1), (0, 1)), mode="edge")
    means = (padded[::2, ::2] + padded[1::2, ::2] + padded[::2, 1::2] + padded[1::2, 1::2] + 2) // 4
    np.testing.assert_array_equal(whole(open_source(path), 1)[0, 0, 0], means)


def test_a_series_that_is_not_there(shared: Path) -> None:
    path = shared / OMEZARR / "v05_cells3d_nuclei.zarr"
    for series in ("labels/gone", "../elsewhere.zarr", "labels"):
        with pytest.raises(ImageError):
            open_source(path, series)


def test_where_an_image_lies_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "a.zarr"
    write(path, VOLUME[0, 0], chunks=(4, 16, 16))
    axes = [{"name": "z", "type": "space"}, *({"name": axis, "type": "space", "unit": "micrometer"} for axis in "yx")]
    describe(path, "0.4", axes)
    described = json.loads((path / ".zattrs").read_text())
    level = described["multiscales"][0]["datasets"][0]
    level["coordinateTransformations"].append({"type": "translation", "translation": [0.0, 12.5, 3.0]})
    (path / ".zattrs").write_text(json.dumps(described))
    said = [pair for pair in read_facts(path).images[0].key_values if pair.name.startswith("translation")]
    assert said == [KeyValue("ngff", "translation y", "12.5", "µm"), KeyValue("ngff", "translation x", "3.0", "µm")]


def test_a_window_that_is_no_numbers_is_left_out(tmp_path: Path) -> None:
    window = {"min": 0, "max": float("inf"), "start": 0, "end": 1}
    assert channel({"channels": [{"window": window}]}, 0).display is None
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, np.zeros((4, 4), np.float32))
    shown = ChannelFacts(0, display=Window(0.0, math.nan, 0.0, 1.0))
    document = OmeZarrView(open_source(path), About(channels=(shown,))).get("zarr.json", {})
    assert document is not None
    assert b"NaN" not in bytes(document.body)  # type: ignore[arg-type]


def test_names_of_units_are_words_of_ome() -> None:
    pixels = ENTITIES["Pixels"].by_name
    assert set(UNITS.values()) <= {*pixels["PhysicalSizeXUnit"].choices, *pixels["TimeIncrementUnit"].choices}
    assert {symbol: name for name, symbol in UNITS.items()} == NAMES_OF_UNITS
    assert {"yard", "kilometer", "picosecond"} <= set(UNITS)
