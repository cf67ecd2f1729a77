"""What tifffile writes we read: every type, size, byte order, compression and layout, facts, pixels and view."""

import tempfile
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st

from imaging.readers import read_facts
from imaging.representations.ome_zarr import OmeZarrView
from imaging.representations.ome_zarr_v2 import OmeZarrV2View
from imaging.representations.view import About
from imaging.source import ABSENT, build_table, open_source
from tests.imaging.reading import as_group, level_of, whole

pytestmark = pytest.mark.filterwarnings("ignore:Numcodecs codecs are not in the Zarr")
DTYPES = ("uint8", "int8", "uint16", "int16", "uint32", "int32", "float32", "float64")
COMPRESSIONS = (None, "zstd", "deflate", "lzw", "packbits", "lzma")


@st.composite
def layouts(draw: st.DrawFn) -> dict[str, Any]:
    dtype = np.dtype(draw(st.sampled_from(DTYPES)))
    compression = draw(st.sampled_from(COMPRESSIONS))
    predictor = draw(st.booleans()) and compression in ("zstd", "deflate", "lzw")
    tiled = draw(st.booleans())
    return {
        "dtype": dtype,
        "shape": tuple(draw(st.integers(1, n)) for n in (2, 3, 2, 90, 90)),
        "byteorder": draw(st.sampled_from("<>")),
        "bigtiff": draw(st.booleans()),
        "compression": compression,
        "predictor": (3 if dtype.kind == "f" else 2) if predictor else None,
        "tile": draw(st.sampled_from([(16, 16), (32, 48), (64, 64)])) if tiled else None,
        "rowsperstrip": None if tiled else draw(st.sampled_from([None, 1, 7, 64])),
    }


@settings(max_examples=120, deadline=None)
@given(layouts(), st.integers(0, 2**32 - 1))
def test_ome_tiff(layout: dict[str, Any], seed: int) -> None:
    shape, dtype = layout.pop("shape"), layout.pop("dtype")
    pixels = np.random.default_rng(seed).integers(0, 120, shape).astype(dtype)
    with tempfile.TemporaryDirectory() as folder:
        path, table = Path(folder) / "image.ome.tif", Path(folder) / "image.table"
        tifffile.imwrite(path, pixels, ome=True, photometric="minisblack", metadata={"axes": "TCZYX"}, **layout)
        image = read_facts(path).images[0]
        assert (image.size_t, image.size_c, image.size_z, image.size_y, image.size_x) == shape
        build_table(path, 0, table)
        source = open_source(path, 0, table)
        assert source.dtype == dtype
        np.testing.assert_array_equal(whole(source), pixels)
        for view in (OmeZarrView, OmeZarrV2View):
            np.testing.assert_array_equal(level_of(as_group(view(source, About.of(image)), source), 0), pixels)
        source.close()


@pytest.mark.parametrize("compression", [None, "zstd", "deflate"])
@pytest.mark.parametrize("byteorder", ["<", ">"])
def test_tiles_pass_through_undecoded(tmp_path: Path, compression: str | None, byteorder: Literal["<", ">"]) -> None:
    pixels = np.arange(100 * 130, dtype=np.uint16).reshape(100, 130)
    path = tmp_path / "tiled.tif"
    tifffile.imwrite(path, pixels, tile=(64, 64), compression=compression, byteorder=byteorder)
    source = open_source(path, 0)
    raw = source.raw_chunk(0, (0, 0, 0, 1, 2))
    assert raw is not None
    with tifffile.TiffFile(path) as tif:
        page = tif.pages[0]
        assert (raw.offset, raw.length) == (page.dataoffsets[5], page.databytecounts[5])
    assert source.levels[0].chunk == (1, 1, 1, 64, 64)
    assert source.codecs(0)[0]["configuration"]["endian"] == ("little" if byteorder == "<" else "big")


@pytest.mark.parametrize("options", [{"predictor": 2, "compression": "deflate"}, {"compression": "lzw"}])
def test_what_no_zarr_codec_opens_is_decoded(tmp_path: Path, options: dict[str, Any]) -> None:
    pixels = np.arange(64 * 64, dtype=np.uint16).reshape(64, 64)
    tifffile.imwrite(tmp_path / "a.tif", pixels, tile=(32, 32), **options)
    source = open_source(tmp_path / "a.tif", 0)
    assert source.raw_chunk(0, (0, 0, 0, 1, 1)) is None
    np.testing.assert_array_equal(source.read_chunk(0, (0, 0, 0, 1, 1))[0, 0, 0], pixels[32:, 32:])


def test_a_small_plane_in_thin_strips_is_one_raw_chunk(tmp_path: Path) -> None:
    pixels = np.arange(300 * 200, dtype=np.uint16).reshape(300, 200)
    tifffile.imwrite(tmp_path / "a.tif", pixels, rowsperstrip=1)
    source = open_source(tmp_path / "a.tif", 0)
    raw = source.raw_chunk(0, (0, 0, 0, 0, 0))
    assert raw is not None
    assert (source.levels[0].chunk, raw.length) == ((1, 1, 1, 300, 200), 120_000)


def test_only_the_rows_wanted_of_a_wide_uncompressed_plane(tmp_path: Path) -> None:
    pixels = np.random.default_rng(1).integers(0, 65535, (600, 9000), np.uint16)
    tifffile.imwrite(tmp_path / "a.tif", pixels)
    source = open_source(tmp_path / "a.tif", 0)
    assert source.levels[0].chunk == (1, 1, 1, 512, 512)
    np.testing.assert_array_equal(whole(source)[0, 0, 0], pixels)


@pytest.mark.parametrize("planarconfig", ["contig", "separate"])
@pytest.mark.parametrize("tile", [None, (32, 32)])
def test_samples_of_rgb_become_channels(tmp_path: Path, planarconfig: str, tile: tuple[int, int] | None) -> None:
    shape = (70, 50, 3) if planarconfig == "contig" else (3, 70, 50)
    pixels = np.random.default_rng(1).integers(0, 255, shape, np.uint8)
    tifffile.imwrite(
        tmp_path / "a.tif", pixels, photometric="rgb", planarconfig=planarconfig, tile=tile, compression="deflate"
    )
    image = read_facts(tmp_path / "a.tif").images[0]
    assert [(c.name, c.color) for c in image.channels] == [
        ("Red", "#ff0000"),
        ("Green", "#00ff00"),
        ("Blue", "#0000ff"),
    ]
    expected = np.moveaxis(pixels, -1, 0) if planarconfig == "contig" else pixels
    np.testing.assert_array_equal(whole(open_source(tmp_path / "a.tif", 0))[0, :, 0], expected)


@pytest.mark.parametrize("planarconfig", ["contig", "separate"])
def test_rgb_ome_tiff_over_time(tmp_path: Path, planarconfig: str) -> None:
    contig = planarconfig == "contig"
    pixels = np.random.default_rng(1).integers(0, 255, (4, 70, 50, 3) if contig else (4, 3, 70, 50), np.uint8)
    axes = "TYXS" if contig else "TSYX"
    tifffile.imwrite(
        tmp_path / "a.ome.tif", pixels, photometric="rgb", planarconfig=planarconfig, metadata={"axes": axes}
    )
    image = read_facts(tmp_path / "a.ome.tif").images[0]
    assert (image.size_t, image.size_c, [c.name for c in image.channels]) == (4, 3, ["Red", "Green", "Blue"])
    expected = np.moveaxis(pixels, -1, 1) if contig else pixels
    np.testing.assert_array_equal(whole(open_source(tmp_path / "a.ome.tif", 0))[:, :, 0], expected)


def test_jpeg_tiles(tmp_path: Path) -> None:
    y, x = np.mgrid[:200, :200]
    pixels = np.stack([y, x, (x + y) // 2], axis=-1).astype(np.uint8)
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, pixels, photometric="rgb", tile=(64, 64), compression="jpeg")
    np.testing.assert_array_equal(np.moveaxis(whole(open_source(path, 0))[0, :, 0], 0, -1), tifffile.imread(path))


@pytest.mark.parametrize("bits", [1, 12])
def test_bits_that_fill_no_byte(tmp_path: Path, bits: int) -> None:
    pixels = np.random.default_rng(1).integers(0, 2**bits, (40, 37)).astype(np.uint16 if bits > 1 else np.uint8)
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, pixels if bits > 1 else pixels.astype(bool), bitspersample=bits)
    assert read_facts(path).images[0].significant_bits == bits
    np.testing.assert_array_equal(whole(open_source(path, 0))[0, 0, 0], tifffile.imread(path))


def test_pyramid_in_sub_ifds(tmp_path: Path) -> None:
    pixels = np.random.default_rng(1).integers(0, 65535, (2, 3, 200, 150), np.uint16)
    path = tmp_path / "a.ome.tif"
    with tifffile.TiffWriter(path, bigtiff=True) as writer:
        options: dict[str, Any] = {"photometric": "minisblack", "tile": (64, 64), "compression": "zstd"}
        writer.write(pixels, subifds=2, metadata={"axes": "CZYX"}, **options)
        for step in (2, 4):
            writer.write(pixels[..., ::step, ::step], subfiletype=1, **options)
    assert read_facts(path).images[0].level_count == 3
    source = open_source(path, 0)
    for level, step in enumerate((1, 2, 4)):
        np.testing.assert_array_equal(whole(source, level)[0], pixels[..., ::step, ::step])


def test_imagej_hyperstack(tmp_path: Path) -> None:
    pixels = np.random.default_rng(1).integers(0, 65535, (3, 4, 2, 50, 60)).astype(np.uint16)  # t z c y x
    path = tmp_path / "stack.tif"
    tifffile.imwrite(
        path,
        pixels,
        imagej=True,
        resolution=(4.0, 4.0),
        metadata={"axes": "TZCYX", "unit": "um", "spacing": 0.5, "finterval": 2.0, "Ranges": (1.0, 9.0, 2.0, 8.0)},
    )
    image = read_facts(path).images[0]
    assert (image.size_t, image.size_c, image.size_z) == (3, 2, 4)
    assert image.physical_size_x is not None
    assert (image.physical_size_x.value, image.physical_size_x.unit) == (0.25, "µm")
    assert image.physical_size_z is not None
    assert image.physical_size_z.value == 0.5
    assert image.time_increment is not None
    assert (image.time_increment.value, image.time_increment.unit) == (2.0, "s")
    assert [(c.display.low, c.display.high) for c in image.channels if c.display] == [(1, 9), (2, 8)]
    np.testing.assert_array_equal(whole(open_source(path, 0)), pixels.transpose(0, 2, 1, 3, 4))


def test_a_stack_with_one_directory(tmp_path: Path) -> None:
    """As ImageJ writes stacks over 4 GB: one page, the planes behind one another."""
    pixels = np.random.default_rng(1).integers(0, 65535, (5, 2, 40, 30)).astype(np.uint16)
    path = tmp_path / "big.tif"
    tifffile.imwrite(path, pixels.reshape(10, 40, 30), imagej=True, truncate=True, metadata={"axes": "ZYX"})
    assert read_facts(path).images[0].size_z == 10
    np.testing.assert_array_equal(whole(open_source(path, 0))[0, 0], pixels.reshape(10, 40, 30))


def test_pages_of_two_sizes_are_two_images(tmp_path: Path) -> None:
    path = tmp_path / "two.tif"
    with tifffile.TiffWriter(path) as writer:
        writer.write(np.full((20, 30), 1, np.uint8), metadata=None)
        writer.write(np.full((10, 15), 2, np.uint8), metadata=None)
    images = read_facts(path).images
    assert [(i.series_path, i.size_y, i.size_x) for i in images] == [("0", 20, 30), ("1", 10, 15)]
    assert whole(open_source(path, "1")).tolist() == np.full((1, 1, 1, 10, 15), 2).tolist()


def test_a_tile_never_written_is_absent(tmp_path: Path) -> None:
    path = tmp_path / "sparse.tif"
    pixels = np.zeros((128, 64), np.uint8)
    pixels[:64] = 7
    tifffile.imwrite(path, pixels, tile=(64, 64), compression="deflate", photometric="minisblack")
    with tifffile.TiffFile(path, mode="r+") as tif:
        page = tif.pages[0]
        assert isinstance(page, tifffile.TiffPage)
        page.tags["TileByteCounts"].overwrite((page.databytecounts[0], 0))
        page.tags["TileOffsets"].overwrite((page.dataoffsets[0], 0))
    source = open_source(path, 0)
    assert source.raw_chunk(0, (0, 0, 0, 1, 0)) is ABSENT
    np.testing.assert_array_equal(whole(source)[0, 0, 0], pixels)


def test_a_smaller_page_said_to_be_reduced_is_a_level(tmp_path: Path) -> None:
    path = tmp_path / "old.tif"
    with tifffile.TiffWriter(path) as writer:
        writer.write(np.full((20, 30), 1, np.uint8), metadata=None)
        writer.write(np.full((10, 15), 2, np.uint8), metadata=None, subfiletype=1)
    assert [i.level_count for i in read_facts(path).images] == [2]
    assert whole(open_source(path, 0), 1).tolist() == np.full((1, 1, 1, 10, 15), 2).tolist()


def test_many_pages_without_a_word_are_slices(tmp_path: Path) -> None:
    path = tmp_path / "pages.tif"
    pixels = np.random.default_rng(1).integers(0, 255, (60, 20, 30), np.uint8)
    tifffile.imwrite(path, pixels, metadata=None, photometric="minisblack", compression="lzw")
    facts = read_facts(path)
    assert facts.images[0].size_z == 60
    assert facts.warnings == ("The file does not say what its pages are; they are read as z-slices.",)
    np.testing.assert_array_equal(whole(open_source(path, 0))[0, 0], pixels)
