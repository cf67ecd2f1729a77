"""OME-TIFF downloads: tifffile reads the same pixels from them, the schema holds, stored tiles are the very bytes."""

import gc
import io
import itertools
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tifffile
import xmlschema
import zarr

from imaging.facts import ChannelFacts, FileFacts, Quantity
from imaging.pixels import PixelSource
from imaging.readers import read_facts
from imaging.representations.ome_tiff.pages import TiffPages
from imaging.representations.ome_tiff.view import LAID_OUT, OmeTiffView
from imaging.representations.view import About, BadRequest, Stream
from imaging.source import open_source, read_region
from tests.imaging.reading import halved_in_z

SAMPLES = (
    "01_fluorescence/neubias/xyc_16bit__hela-cells.tif",
    "01_fluorescence/ometiff_from_nd2/example-zstack.ome.tif",
    "02_omezarr/v05_cells3d_nuclei.zarr",
    "03_vendor/wsi/CMU-1-Small-Region.svs",
    "05_multiplexed/mibi_breast/Point2203_pt1072_31606_41ch.ome.tif",
)


def whole(view: OmeTiffView, **query: str) -> bytes:
    part = view.get("image.ome.tif", query)
    assert part is not None
    assert isinstance(part.body, Stream)
    assert part.tag
    assert part.filename.endswith(".ome.tif")
    data = b"".join(part.body.read(0, part.body.length or -1))
    assert len(data) == part.body.length
    return data


def expected(source: PixelSource, level: int, times: range, channels: list[int], depths: range) -> np.ndarray:
    """(t, c, z, y, x)."""
    y, x = source.levels[level].shape[3:]
    places = itertools.product(times, channels, depths)
    planes = [read_region(source, level, t, c, z, 0, y, 0, x) for t, c, z in places]
    return np.array(planes).reshape(len(times), len(channels), len(depths), y, x)


def pixels_of(series: tifffile.TiffPageSeries, shape: tuple[int, ...]) -> np.ndarray:
    """(t, c, z, y, x), wherever tifffile puts the samples of a pixel."""
    found = series.asarray()
    return np.moveaxis(found, -1, 0).reshape(shape) if series.axes.endswith("S") else found.reshape(shape)


@pytest.mark.parametrize("path", SAMPLES)
def test_any_image_as_one_file(shared: Path, tmp_path: Path, path: str) -> None:
    source = open_source(shared / "samples" / path, 0)
    facts = read_facts(shared / "samples" / path).images[0]
    data = whole(OmeTiffView(source, About.of(facts)))
    t, c, z, _, _ = source.levels[0].shape
    with tifffile.TiffFile(io.BytesIO(data)) as tif:
        assert tif.is_ome
        assert tif.is_bigtiff
        assert len(tif.series) == 1
        series = tif.series[0]
        assert len(series.levels) == len(source.levels)
        for level, described in enumerate(source.levels):
            made = pixels_of(series.levels[level], described.shape)
            np.testing.assert_array_equal(made, expected(source, level, range(t), list(range(c)), range(z)))
        assert tif.ome_metadata
        schema = xmlschema.XMLSchema(shared / "reference/ome/ome-2016-06.xsd")
        assert list(schema.iter_errors(tif.ome_metadata)) == []
    (again,) = _read(data, tmp_path).images
    assert (again.size_t, again.size_c, again.size_z) == (t, c, z)
    if facts.physical_size_x:
        assert again.physical_size_x
        assert again.physical_size_x.value == pytest.approx(facts.physical_size_x.value)


def _read(data: bytes, folder: Path) -> FileFacts:
    (folder / "again.ome.tif").write_bytes(data)
    return read_facts(folder / "again.ome.tif")


def test_jpeg_tiles_are_the_very_bytes(shared: Path) -> None:
    path = shared / "samples/03_vendor/wsi/CMU-1-Small-Region.svs"
    data = whole(OmeTiffView(open_source(path, 0), About.of(read_facts(path).images[0])))
    with tifffile.TiffFile(path) as original, tifffile.TiffFile(io.BytesIO(data)) as made:
        there, here = original.pages[0], made.pages[0]
        assert isinstance(there, tifffile.TiffPage)
        assert isinstance(here, tifffile.TiffPage)
        assert here.compression == there.compression == tifffile.COMPRESSION.JPEG
        assert here.databytecounts == there.databytecounts
        for tile in (0, 57, len(here.dataoffsets) - 1):
            place, length = there.dataoffsets[tile], there.databytecounts[tile]
            assert data[here.dataoffsets[tile] :][:length] == path.read_bytes()[place:][:length]


@pytest.fixture
def large(tmp_path: Path) -> tuple[np.ndarray, Path]:
    """(t, z, c, y, x) = (2, 3, 2, 1300, 1100), deflated big-endian tiles of 128."""
    y, x = np.mgrid[:1300, :1100]
    planes = [(x * (1 + number) + y * 3).astype(np.uint16) for number in range(12)]
    pixels = np.array(planes).reshape(2, 3, 2, 1300, 1100)
    path = tmp_path / "large.ome.tif"
    tifffile.imwrite(path, pixels, tile=(128, 128), compression="zlib", byteorder=">", metadata={"axes": "TZCYX"})
    return pixels, path


ABOUT = About(
    "Large / one",
    (ChannelFacts(0, name="DAPI", color="#0000ff"), ChannelFacts(1, name="GFP", color="#00ff00")),
    {"x": Quantity(0.25, "µm"), "y": Quantity(0.5, "µm")},
    address="https://images.example/data/1/ome-tiff",
)


@pytest.mark.parametrize(
    ("query", "cut", "kept"),
    [
        ({"region": "128,256,512,300"}, np.s_[:, :, :, 256:556, 128:640], True),
        ({"region": "3,5,70,80"}, np.s_[:, :, :, 5:85, 3:73], False),
        ({"t": "1", "z": "1-2", "c": "1"}, np.s_[1:2, 1:3, 1:2], True),
        ({"c": "1,0", "z": "0"}, np.s_[:, :1, ::-1], True),
        ({"region": "1000,1200,999,999", "t": "0"}, np.s_[:1, :, :, 1200:, 1000:], False),
    ],
)
def test_a_part(large: tuple[np.ndarray, Path], query: dict[str, str], cut: tuple[slice, ...], kept: bool) -> None:
    pixels, path = large
    data = whole(OmeTiffView(open_source(path, 0), ABOUT), **query)
    wanted = pixels[cut].swapaxes(1, 2)
    with tifffile.TiffFile(io.BytesIO(data)) as tif:
        assert tif.byteorder == ">"
        np.testing.assert_array_equal(tif.series[0].asarray().reshape(wanted.shape), wanted)
        page = tif.pages[0]
        assert isinstance(page, tifffile.TiffPage)
        assert (page.compression != 1) == kept
        assert tif.ome_metadata
        assert "Part of https://images.example/data/1" in tif.ome_metadata
        assert ("GFP" in tif.ome_metadata) == ("c" not in query or "1" in query["c"])


def test_tiles_are_no_larger_than_small_planes_need(tmp_path: Path) -> None:
    path = tmp_path / "spectrum.tif"
    pixels = np.arange(300 * 5 * 20, dtype=np.float32).reshape(300, 5, 20)
    tifffile.imwrite(path, pixels, photometric="minisblack", metadata={"axes": "ZYX"})
    data = whole(OmeTiffView(open_source(path, 0), ABOUT))
    with tifffile.TiffFile(io.BytesIO(data)) as tif:
        np.testing.assert_array_equal(tif.series[0].asarray(), pixels)
        page = tif.pages[0]
        assert isinstance(page, tifffile.TiffPage)
        assert (page.tilelength, page.tilewidth) == (16, 32)  # multiples of 16 (TIFF 6.0 §15)


def test_channels_in_another_order_keep_their_names(tmp_path: Path) -> None:
    path = tmp_path / "two.ome.tif"
    pixels = np.arange(2 * 30 * 40, dtype=np.uint16).reshape(2, 30, 40)
    tifffile.imwrite(path, pixels, metadata={"axes": "CYX", "Channel": {"Name": ["DAPI", "GFP"]}})
    with tifffile.TiffFile(path) as tif:
        xml = (tif.ome_metadata or "").encode()
    about = replace(ABOUT, ome_xml=lambda: xml)
    data = whole(OmeTiffView(open_source(path, 0), about), c="1,0")
    assert [channel.name for channel in _read(data, tmp_path).images[0].channels] == ["GFP", "DAPI"]


def test_levels_with_fewer_planes_are_left_out(tmp_path: Path) -> None:
    view = OmeTiffView(halved_in_z(tmp_path / "z.zarr"), About("z"))
    with tifffile.TiffFile(io.BytesIO(whole(view))) as tif:
        assert len(tif.series[0].levels) == 1
        assert tif.series[0].asarray()[:, 0, 0].tolist() == [0, 50, 100, 150]
    with pytest.raises(BadRequest, match="level"):
        view.get("image.ome.tif", {"level": "1"})


@pytest.mark.parametrize("compression", ["zlib", None])
def test_tiles_are_shown_alike_copied_or_decoded(tmp_path: Path, compression: str | None) -> None:
    gray, rgb = (np.random.default_rng(3).integers(0, 256, (*size, 64, 64), np.uint8) for size in ((), (3,)))
    for name, pixels, options in (
        ("white", gray, {"photometric": "miniswhite"}),
        ("palette", gray, {"photometric": "palette", "colormap": np.zeros((3, 256), np.uint16)}),
        ("planar", rgb, {"photometric": "rgb", "planarconfig": "separate"}),
    ):
        path = tmp_path / f"{name}.tif"
        tifffile.imwrite(path, pixels, tile=(32, 32), compression=compression, **options)
        for query in ({}, {"region": "1,1,40,40"}):  # tiles that are copied, and that are not
            with tifffile.TiffFile(io.BytesIO(whole(OmeTiffView(open_source(path, 0), About("x")), **query))) as tif:
                page = tif.pages[0]
                assert isinstance(page, tifffile.TiffPage)
                assert page.photometric == (2 if page.samplesperpixel == 3 else 1)
                cut = np.s_[..., 1:41, 1:41] if query else np.s_[...]
                np.testing.assert_array_equal(pixels_of(tif.series[0], pixels[cut].shape), pixels[cut])


def test_a_lower_level_has_larger_pixels(large: tuple[np.ndarray, Path], tmp_path: Path) -> None:
    _, path = large
    source = open_source(path, 0)
    data = whole(OmeTiffView(source, ABOUT), level="1", t="0", z="0", c="0")
    with tifffile.TiffFile(io.BytesIO(data)) as tif:
        np.testing.assert_array_equal(tif.series[0].asarray(), read_region(source, 1, 0, 0, 0, 0, 650, 0, 550))
    (image,) = _read(data, tmp_path).images
    assert image.physical_size_x
    assert image.physical_size_y
    assert (image.physical_size_x.value, image.physical_size_y.value) == (0.5, 1.0)


def test_any_range_of_bytes(large: tuple[np.ndarray, Path]) -> None:
    view = OmeTiffView(open_source(large[1], 0), ABOUT)
    data = whole(view)
    part = view.get("image.ome.tif", {})
    assert part is not None
    assert isinstance(part.body, Stream)
    random = np.random.default_rng(11)
    for start in (0, 1, 15, 16, 17, *random.integers(0, len(data), 60)):
        length = int(random.integers(1, 40_000))
        assert b"".join(part.body.read(int(start), length)) == data[start : start + length]


def test_it_is_laid_out_once_for_all_its_ranges(
    large: tuple[np.ndarray, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    source, laid_out = open_source(large[1]), list[str]()
    lay_out = TiffPages.lay_out

    def counted(pages: TiffPages, words: bytes) -> None:
        laid_out.append("")
        lay_out(pages, words)

    monkeypatch.setattr(TiffPages, "lay_out", counted)
    view = OmeTiffView(source, About("large"))
    tags = {answer.tag for _ in range(5) if (answer := view.get("image.ome.tif", {}))}
    assert (len(tags), len(laid_out)) == (1, 1)
    view.get("image.ome.tif", {"c": "0"})
    view.get("image.ome.tif", {})
    assert len(laid_out) == 2
    OmeTiffView(source, About("renamed")).get("image.ome.tif", {})
    assert len(laid_out) == 3
    assert view in LAID_OUT._kept
    del view
    gc.collect()
    monkeypatch.setattr("imaging.representations.ome_tiff.view.KEPT_BYTES", 0)
    OmeTiffView(source, About("another")).get("image.ome.tif", {})
    assert len(LAID_OUT._kept) <= 1
    source.close()


def test_masks_and_types_that_ome_tiff_lacks(tmp_path: Path) -> None:
    for name, dtype in (("mask", "bool"), ("wide", "int64"), ("half", "float16")):
        root = zarr.open_group(tmp_path / f"{name}.zarr", mode="w", zarr_format=2)
        root.create_array("0", data=np.eye(40, dtype=dtype), chunks=(20, 20))
        root.attrs["multiscales"] = [
            {
                "version": "0.4", "axes": [{"name": "y", "type": "space"}, {"name": "x", "type": "space"}],
                "datasets": [{"path": "0", "coordinateTransformations": [{"type": "scale", "scale": [1, 1]}]}],
            }
        ]  # fmt: skip
        view = OmeTiffView(open_source(tmp_path / f"{name}.zarr", 0), About("x"))
        if dtype == "bool":
            with tifffile.TiffFile(io.BytesIO(whole(view))) as tif:
                np.testing.assert_array_equal(tif.asarray().squeeze(), np.eye(40, dtype=np.uint8))
        else:
            with pytest.raises(BadRequest, match="OME-Zarr"):
                view.get("image.ome.tif", {})


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"x": "1"}, "means nothing"),
        ({"region": "1,2"}, "x,y,width,height"),
        ({"region": "5000,0,3,3"}, "no pixel"),
        ({"t": "2"}, "from 0 to 1"),
        ({"z": "2-1"}, "begins after"),
        ({"c": "x"}, "numbers of channels"),
        ({"c": "0,0-1"}, "twice"),
        ({"level": "9"}, "level"),
    ],
)
def test_what_cannot_be(large: tuple[np.ndarray, Path], query: dict[str, str], said: str) -> None:
    with pytest.raises(BadRequest) as caught:
        OmeTiffView(open_source(large[1], 0), ABOUT).get("image.ome.tif", query)
    assert said in str(caught.value)
