"""Statistics against numpy, and quality figures against images whose noise, focus and light are known."""

import json
from pathlib import Path

import numpy as np
import pytest
import tifffile

from imaging import statistics
from imaging.pixels import PixelSource
from imaging.readers import read_facts
from imaging.source import open_source
from imaging.statistics import PERCENTILES, distribution, measure, noise_of, quality


def source_of(path: Path, pixels: np.ndarray, **kinds: object) -> PixelSource:
    tifffile.imwrite(path, pixels, **kinds)  # type: ignore[arg-type]
    return open_source(path, 0)


@pytest.mark.parametrize("dtype", ["u1", "i1", "u2", "i2", "i4", "u4", "f4", "f8"])
def test_numbers_equal_numpy(tmp_path: Path, dtype: str) -> None:
    random = np.random.default_rng(3)
    pixels = (random.normal(20, 30, (200, 330)) if dtype[0] in "if" else random.gamma(4, 12, (200, 330))).astype(dtype)
    found = distribution(source_of(tmp_path / "a.tif", pixels, tile=(64, 64)), 0, 0, 1 << 30)
    assert (found.minimum, found.maximum) == (pixels.min(), pixels.max())
    assert found.mean == pytest.approx(pixels.mean(dtype=np.float64))
    assert found.sd == pytest.approx(pixels.std(dtype=np.float64))
    assert found.zeros == pytest.approx((pixels == 0).mean())
    near = np.percentile(pixels.astype(np.float64), PERCENTILES)
    assert np.abs(np.array(found.percentiles) - near).max() <= (0.51 if dtype[0] != "f" else 0.1)
    assert sum(found.histogram) == pixels.size
    assert len(found.histogram) == 256
    edges = found.bin_start + found.bin_width * np.arange(257)
    expected, _ = np.histogram(pixels, edges)
    assert np.abs(expected - found.histogram).sum() <= (0 if dtype[1:] in "12" else 4)
    assert found.sampled == 1.0


def test_a_large_image_is_sampled_and_says_so(tmp_path: Path) -> None:
    pixels = np.tile(np.arange(1024, dtype=np.uint16), (1024, 1))
    source = source_of(tmp_path / "a.tif", pixels, tile=(64, 64))
    found = distribution(source, 0, 0, 1 << 17)
    assert found.sampled == 0.125
    assert sum(found.histogram) == 1 << 17
    assert found.mean == pytest.approx(pixels.mean(), rel=0.1)


def test_saturation_at_both_ends(tmp_path: Path) -> None:
    pixels = np.full((100, 100), 700, np.uint16)
    pixels[:10], pixels[10:30] = 0, 4095
    source = source_of(tmp_path / "a.tif", pixels)
    found = distribution(source, 0, 0, 1 << 20)
    assert (found.saturated_low, found.saturated_high, found.full_scale) == (0.1, 0.2, 4095)
    assert distribution(source, 0, 0, 1 << 20, significant_bits=14).saturated_high == 0.0
    real = distribution(source_of(tmp_path / "b.tif", pixels.astype(np.float32)), 0, 0, 1 << 20)
    assert (real.saturated_low, real.saturated_high, real.full_scale) == (None, None, None)


def test_what_is_no_number_is_left_out_and_counted(tmp_path: Path) -> None:
    pixels = np.linspace(1, 2, 400, dtype=np.float32).reshape(20, 20)
    pixels[0, :5], pixels[0, 5] = np.nan, np.inf
    found = distribution(source_of(tmp_path / "a.tif", pixels), 0, 0, 1 << 20)
    assert found.not_numbers == 6 / 400
    assert 1 < found.minimum < found.maximum == 2
    empty = distribution(source_of(tmp_path / "b.tif", np.full((9, 9), np.nan, np.float32)), 0, 0, 1 << 20)
    assert (empty.minimum, empty.maximum, empty.not_numbers) == (0, 0, 1)


def test_noise_is_estimated(tmp_path: Path) -> None:
    y, x = np.mgrid[:400, :400]
    smooth = 2000 + 500 * np.sin(x / 60) * np.cos(y / 45)
    for sigma in (5.0, 40.0):
        noisy = smooth + np.random.default_rng(1).normal(0, sigma, smooth.shape)
        assert noise_of(noisy) == pytest.approx(sigma, rel=0.05)


def test_the_sharpest_plane_has_the_highest_focus(tmp_path: Path) -> None:
    y, x = np.mgrid[:128, :128]
    disc = (((x - 64) ** 2 + (y - 64) ** 2) < 900) * 3000.0 + 100
    planes = []
    for times in (12, 3, 0, 6):  # of smoothing
        plane = disc
        for _ in range(times):
            plane = sum(np.roll(plane, by, axis) for by in (-1, 0, 1) for axis in (0, 1)) / 6
        planes.append(plane)
    stack = np.array(planes, np.uint16)
    found = quality(source_of(tmp_path / "a.tif", stack, imagej=True, metadata={"axes": "ZYX"}), 0)
    assert found.planes == (0, 1, 2, 3)
    assert np.argsort(found.focus).tolist() == [0, 3, 1, 2]


def test_evenness_of_light(tmp_path: Path) -> None:
    x = np.mgrid[:256, :256][1]
    flat = np.full((256, 256), 1000, np.uint16)
    fading = (1000 - 500 * (x / 255)).astype(np.uint16)
    assert quality(source_of(tmp_path / "a.tif", flat), 0).evenness == 1.0
    assert quality(source_of(tmp_path / "b.tif", fading), 0).evenness == pytest.approx(0.53, abs=0.02)
    dark = quality(source_of(tmp_path / "c.tif", flat * 0), 0)
    assert (dark.evenness, dark.noise, dark.signal_to_noise) == (None, 0.0, None)


@pytest.mark.parametrize(
    "path",
    [
        "01_fluorescence/neubias/xyc_16bit__hela-cells.tif",
        "02_omezarr/v05_cells3d_nuclei.zarr",
        "03_vendor/wsi/CMU-1-Small-Region.svs",
    ],
)
def test_of_real_images(shared: Path, path: str) -> None:
    source = open_source(shared / "samples" / path, 0)
    bits = read_facts(shared / "samples" / path).images[0].significant_bits
    told: list[tuple[int, int]] = []
    document = json.loads(measure(source, bits, lambda done, total: told.append((done, total))).to_json())
    assert document["version"] == statistics.VERSION
    assert len(document["channels"]) == source.levels[0].shape[1]
    for channel in document["channels"]:
        assert len(channel["levels"]) == len(source.levels)
        for level in channel["levels"]:
            assert level["minimum"] <= level["percentiles"][0] <= level["percentiles"][4] <= level["maximum"]
            assert level["sampled"] == 1.0
        assert len(channel["quality"]["planes"]) == len(channel["quality"]["focus"]) > 0
    assert told[-1][0] == told[-1][1]
    assert told == sorted(told)
