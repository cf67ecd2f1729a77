"""Pixels of the real files equal what tifffile and zarr-python read, by chunks and through the OME-Zarr view."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
import zarr

from imaging.readers import read_facts
from imaging.representations.ome_zarr import OmeZarrView
from imaging.representations.view import About
from imaging.source import build_table, open_source, read_region
from tests.imaging.reading import as_group, level_of, whole

pytestmark = pytest.mark.filterwarnings("ignore:Numcodecs codecs are not in the Zarr")
FOLDERS = ("01_fluorescence", "04_labels_rois_tables", "05_multiplexed")
ZARRS = ("v04_mitotic_plate_bioformats2raw.zarr", "v04_hcs_nf1_plate2.zarr", "v05_cells3d_nuclei.zarr")


def by_tifffile(path: Path) -> np.ndarray:
    """All pixels of the first series with channels before z, as every file of the samples has them."""
    with tifffile.TiffFile(path) as tif:
        pixels, axes = tif.series[0].asarray(), tif.series[0].axes
    if axes.endswith("S"):
        return np.moveaxis(pixels, -1, 0)
    return pixels.swapaxes(0, 1) if axes == "ZCYX" else pixels


@pytest.mark.parametrize("folder", FOLDERS)
def test_tiff_chunks_equal_tifffile(shared: Path, tmp_path: Path, folder: str) -> None:
    for path in sorted((shared / "samples" / folder).rglob("*.tif*")):
        build_table(path, 0, tmp_path / "table")
        source = open_source(path, 0, tmp_path / "table")
        expected = by_tifffile(path)
        np.testing.assert_array_equal(whole(source).reshape(expected.shape), expected, err_msg=path.name)
        source.close()


def test_mibi_pyramid_equals_tifffile(shared: Path) -> None:
    path = shared / "samples/05_multiplexed/mibi_breast/Point2203_pt1072_31606_41ch.ome.tif"
    source = open_source(path, 0)
    with tifffile.TiffFile(path) as tif:
        for level, about in enumerate(tif.series[0].levels):
            np.testing.assert_array_equal(whole(source, level)[0, :, 0], about.asarray())
    assert source.raw_chunk(0, (0, 40, 0, 3, 3)) is not None


@pytest.mark.parametrize("name", ZARRS)
def test_zarr_chunks_equal_zarr_python(shared: Path, tmp_path: Path, name: str) -> None:
    path = shared / "samples/02_omezarr" / name
    for image in read_facts(path).images:
        build_table(path, image.series_path, tmp_path / "table")
        source = open_source(path, image.series_path, tmp_path / "table")
        group = zarr.open_group(path / image.series_path, mode="r")
        view = as_group(OmeZarrView(source, About.of(image)), source)
        attributes: Any = group.attrs.asdict()
        datasets = attributes.get("ome", attributes)["multiscales"][0]["datasets"]
        assert len(datasets) == len(source.levels)
        for level, dataset in enumerate(datasets):
            expected = level_of(group, dataset["path"])
            np.testing.assert_array_equal(whole(source, level).reshape(expected.shape), expected)
            np.testing.assert_array_equal(level_of(view, level).reshape(expected.shape), expected)


@pytest.mark.parametrize(
    "path",
    [
        "01_fluorescence/cells3d/nuclei.tif",
        "01_fluorescence/neubias/xyc_16bit__hela-cells.tif",
        "01_fluorescence/neubias/xyc_16bit__cell_dna_mts_actin.tif",
        "01_fluorescence/neubias/xyzc_16bit__dna_conf_wf.tif",
        "01_fluorescence/ometiff_from_nd2/example-multichannel.ome.tif",
        "01_fluorescence/nf1_cellpainting/Plate_2_images/H12_01_2_1_GFP_001.tif",
        "05_multiplexed/imc/imctools_ometiff_mockData2/20210305_NE_mockData2_s0_a1_ac.ome.tiff",
        "05_multiplexed/mibi_breast/Point2203_pt1072_31606_41ch.ome.tif",
    ],
)
def test_tiff_through_its_ome_zarr_view(shared: Path, path: str) -> None:
    file = shared / "samples" / path
    source = open_source(file, 0)
    group = as_group(OmeZarrView(source, About.of(read_facts(file).images[0])), source)
    expected = by_tifffile(file)
    np.testing.assert_array_equal(level_of(group, 0).reshape(expected.shape), expected)
    for level in range(1, len(source.levels)):
        np.testing.assert_array_equal(level_of(group, level), whole(source, level))


def document_of(view: OmeZarrView, path: str) -> Any:
    part = view.get(path, {})
    assert part is not None
    assert isinstance(part.body, bytes)
    return json.loads(part.body)


def test_metadata_of_the_view(shared: Path) -> None:
    file = shared / "samples/01_fluorescence/ometiff_from_nd2/example-zstack.ome.tif"
    image = read_facts(file).images[0]
    view = OmeZarrView(open_source(file, 0), About.of(image))
    ome = document_of(view, "zarr.json")["attributes"]["ome"]
    multiscale = ome["multiscales"][0]
    assert [axis["name"] for axis in multiscale["axes"]] == ["t", "c", "z", "y", "x"]
    assert [axis.get("unit") for axis in multiscale["axes"]][2:] == ["micrometer"] * 3
    scale = multiscale["datasets"][0]["coordinateTransformations"][0]["scale"]
    assert scale == [1.0, 1.0, 6.0, 0.323390342594048, 0.323390342594048]
    channel = ome["omero"]["channels"][0]
    assert (channel["label"], channel["color"], channel["active"]) == ("FITC BP", "07FF00", True)
    assert channel["window"] == {"min": 0.0, "max": 65535.0, "start": 0.0, "end": 65535.0}
    array = document_of(view, "0/zarr.json")
    assert array["dimension_names"] == ["t", "c", "z", "y", "x"]
    for missing in ("1/zarr.json", "0/c/0/0/0/0/1", "0/c/0/0/11/0/0", "0/c/0", "../secret", "0/c/-1/0/0/0/0", ""):
        assert view.get(missing, {}) is None


def test_a_region_over_chunk_borders(shared: Path) -> None:
    file = shared / "samples/05_multiplexed/mibi_breast/Point2203_pt1072_31606_41ch.ome.tif"
    region = read_region(open_source(file, 0), 0, 0, 31, 0, 100, 700, 250, 900)
    np.testing.assert_array_equal(region, tifffile.imread(file, key=31)[100:700, 250:900])


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16", "int32", "float32"])
@pytest.mark.parametrize("shape", [(1300, 1100), (1025, 40), (2049, 513)])
def test_levels_that_a_large_image_lacks_are_made(tmp_path: Path, dtype: str, shape: tuple[int, int]) -> None:
    pixels = (np.random.default_rng(1).random(shape) * 200 - (100 if dtype == "int16" else 0)).astype(dtype)
    tifffile.imwrite(tmp_path / "a.tif", pixels, rowsperstrip=16, compression="deflate")
    source = open_source(tmp_path / "a.tif", 0)
    assert max(source.levels[-1].shape) <= 512 < max(source.levels[-2].shape)
    above = pixels.astype(np.float64)
    for level in range(1, len(source.levels)):
        even = np.pad(above, [(0, size % 2) for size in above.shape], mode="edge")
        mean = (even[::2, ::2] + even[1::2, ::2] + even[::2, 1::2] + even[1::2, 1::2]) / 4
        made = whole(source, level)[0, 0, 0]
        expected = mean if dtype == "float32" else np.floor(mean + 0.5)
        np.testing.assert_allclose(made, expected, rtol=1e-6)
        above = made.astype(np.float64)


def test_an_image_of_1024_gets_no_levels(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.tif", np.zeros((1024, 1024), np.uint8))
    assert len(open_source(tmp_path / "a.tif", 0).levels) == 1
