"""Composite and thumbnails: the formula, and that real images show what is in them."""

import io
from pathlib import Path

import numpy as np
import pytest
import tifffile
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from imaging.readers import read_facts
from imaging.representations.thumbnail import (
    ChannelSetting,
    composite,
    contrast_defaults,
    default_settings,
    render_thumbnail,
    smaller,
)
from imaging.source import open_source

COLORS = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")
SETTINGS = st.builds(
    ChannelSetting,
    on=st.booleans(),
    color=COLORS,
    minimum=st.floats(0, 3e4),
    maximum=st.floats(3.1e4, 65535),
    gamma=st.floats(0.2, 4),
)


@given(st.lists(SETTINGS, min_size=1, max_size=6), st.integers(0, 2**32 - 1))
def test_composite_is_the_formula(settings: list[ChannelSetting], seed: int) -> None:
    planes = np.random.default_rng(seed).integers(0, 65535, (len(settings), 7, 5), np.uint16)
    expected = np.zeros((7, 5, 3))
    for plane, setting in zip(planes, settings, strict=True):
        if setting.on:
            value = np.clip((plane - setting.minimum) / (setting.maximum - setting.minimum), 0, 1) ** setting.gamma
            for component in range(3):
                expected[:, :, component] += value * int(setting.color[1 + 2 * component : 3 + 2 * component], 16) / 255
    made = composite(planes, settings)
    assert made.dtype == np.uint8
    assert np.abs(made - np.clip(expected, 0, 1) * 255).max() < 0.51


def test_composite_with_no_span_and_nan() -> None:
    plane = np.array([[0.0, 5.0, np.nan, 6.0]])
    assert composite([plane], [ChannelSetting(True, "#ff0000", 5, 5)])[0, :, 0].tolist() == [0, 0, 0, 255]
    assert composite([plane], [ChannelSetting(True, "#ffffff", 0, 10)])[0, :, 1].tolist() == [0, 128, 0, 153]


def opened(jpeg: bytes) -> np.ndarray:
    image = Image.open(io.BytesIO(jpeg))
    assert image.format == "JPEG"
    return np.asarray(image)


@pytest.mark.parametrize(
    ("path", "size", "shape"),
    [
        ("01_fluorescence/neubias/xyc_16bit__hela-cells.tif", 256, (195, 256, 3)),
        ("01_fluorescence/neubias/xyc_8bit__tub_h2b_cecog_battery.tif", 256, (191, 256, 3)),
        ("01_fluorescence/ometiff_from_nd2/example-zstack.ome.tif", 256, (128, 128, 3)),
        ("02_omezarr/v04_hcs_nf1_plate2.zarr", 256, (189, 256, 3)),
        ("02_omezarr/v05_cells3d_nuclei.zarr", 100, (100, 100, 3)),
    ],
)
def test_thumbnail_of_a_real_image(shared: Path, path: str, size: int, shape: tuple[int, int, int]) -> None:
    source = open_source(shared / "samples" / path, 0)
    facts = read_facts(shared / "samples" / path).images[0]
    windows = contrast_defaults(source)
    assert all(w.minimum <= w.low < w.high <= w.maximum for w in windows)
    for settings in (None, default_settings(facts.channels, windows)):
        picture = opened(render_thumbnail(source, settings, size))
        assert picture.shape == shape
        assert picture.max() > 150
        assert picture.std() > 10


def test_channels_that_are_off_do_not_show(tmp_path: Path) -> None:
    pixels = np.zeros((2, 40, 60), np.uint16)
    pixels[0, :, :30], pixels[1, :, 30:] = 1000, 1000
    tifffile.imwrite(tmp_path / "a.tif", pixels, imagej=True, metadata={"axes": "CYX"})
    source = open_source(tmp_path / "a.tif", 0)
    red, green = ChannelSetting(True, "#ff0000", 0, 1000), ChannelSetting(False, "#00ff00", 0, 1000)
    picture = opened(render_thumbnail(source, (red, green), 60)).astype(int)
    assert picture[:, :20].mean(axis=(0, 1)).round().tolist() == [254, 0, 0]
    assert picture[:, 40:].max() < 10


def test_blank_and_tiny_images(tmp_path: Path) -> None:
    for shape in ((1, 1), (1, 300), (50, 50)):
        tifffile.imwrite(tmp_path / "a.tif", np.zeros(shape, np.float32))
        source = open_source(tmp_path / "a.tif", 0)
        window = contrast_defaults(source)[0]
        assert (window.low, window.high) == (0.0, 1.0)
        assert opened(render_thumbnail(source, None, 64)).max() == 0


def test_the_brightest_of_many_channels_are_shown(shared: Path) -> None:
    path = shared / "samples/05_multiplexed/mibi_breast/Point2203_pt1072_31606_41ch.ome.tif"
    source = open_source(path, 0)
    settings = default_settings(read_facts(path).images[0].channels, contrast_defaults(source))
    on = [channel.name for channel, s in zip(read_facts(path).images[0].channels, settings, strict=True) if s.on]
    assert len(on) == 4
    assert "HH3" in on
    assert opened(render_thumbnail(source, settings, 256)).std() > 20


def test_a_picture_with_nothing_on(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.tif", np.ones((8, 8), np.uint8))
    off = (ChannelSetting(False, "#ffffff", 0, 1),)
    assert opened(render_thumbnail(open_source(tmp_path / "a.tif", 0), off, 64)).max() == 0


def test_a_smaller_one_for_grids(shared: Path) -> None:
    path = shared / "samples/05_multiplexed/mibi_breast/Point2203_pt1072_31606_41ch.ome.tif"
    large = render_thumbnail(open_source(path, 0), None, 512)
    small = smaller(large, 64)
    assert opened(small).shape[:2] == (64, 64)
    assert len(small) < len(large) / 8
    assert abs(opened(small).mean() - opened(large).mean()) < 2
    assert opened(smaller(small, 512)).shape == opened(small).shape  # never larger
