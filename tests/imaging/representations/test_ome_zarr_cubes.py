"""OME-Zarr in small 3-D chunks: the same pixels, whatever the chunks of the file."""

import json
from pathlib import Path

import numpy as np
import tifffile

from imaging.representations.ome_zarr_cubes import cubes, make_cubes_view
from imaging.representations.view import About
from imaging.source import open_source
from tests.imaging.reading import as_group, level_of, whole


def test_a_stack_of_planes_comes_as_cubes(tmp_path: Path) -> None:
    pixels = np.random.default_rng(1).integers(0, 999, (2, 2, 40, 70, 130)).astype(np.uint16)
    path = tmp_path / "stack.ome.tif"
    tifffile.imwrite(path, pixels, ome=True, metadata={"axes": "TCZYX"}, tile=(32, 32), compression="zlib")
    source = open_source(path)
    view = make_cubes_view(source, About())
    document = view.get("0/zarr.json", {})
    assert document is not None
    assert isinstance(document.body, bytes)
    assert json.loads(document.body)["chunk_grid"]["configuration"]["chunk_shape"] == [1, 1, 32, 64, 64]
    np.testing.assert_array_equal(level_of(as_group(view, cubes(source)), 0), pixels)


def test_lower_levels_too(tmp_path: Path) -> None:
    pixels = np.random.default_rng(1).integers(0, 255, (3, 1100, 300)).astype(np.uint8)
    tifffile.imwrite(tmp_path / "flat.tif", pixels, photometric="minisblack")
    source = open_source(tmp_path / "flat.tif")
    assert len(source.levels) > 1
    group = as_group(make_cubes_view(source, About()), cubes(source))
    np.testing.assert_array_equal(level_of(group, 1), whole(source, 1))
