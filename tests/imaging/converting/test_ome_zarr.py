"""Conversion to stored OME-Zarr 0.5: lossless, as zarr-python reads it, resumable, verified."""

import tempfile
from contextlib import closing
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import tifffile
import zarr
from hypothesis import given, settings
from hypothesis import strategies as st

from imaging.converting.ome_zarr import LOG, How, to_ome_zarr
from imaging.errors import ImageError
from imaging.facts import ChannelFacts, Quantity
from imaging.pixels import PixelSource
from imaging.readers import read_facts
from imaging.representations.ome_zarr import OME_XML
from imaging.representations.view import About
from imaging.source import open_source
from imaging.sources.halves import half

ABOUT = About("Cells", (ChannelFacts(0, name="DNA", color="#0000ff"),), {"x": Quantity(0.5, "µm")})


def make(path: Path, pixels: np.ndarray, tile: int = 256) -> PixelSource:
    """A tiled OME-TIFF of pixels (t, c, z, y, x), opened."""
    tifffile.imwrite(
        path, pixels, ome=True, metadata={"axes": "TCZYX"}, tile=(tile, tile), photometric="minisblack",
        compression="zlib", bigtiff=True,
    )  # fmt: skip
    return open_source(path, "")


def noise(shape: tuple[int, ...], dtype: str = "uint16", seed: int = 0) -> np.ndarray:
    """Pixels that differ everywhere."""
    return np.random.default_rng(seed).integers(0, 200, shape).astype(dtype)


def levels_of(folder: Path) -> list[np.ndarray]:
    """All levels, as zarr-python reads them."""
    group = zarr.open_group(folder, mode="r")
    return [np.asarray(zarr.open_array(folder / key, mode="r")[...]) for key in sorted(group.array_keys())]


@settings(deadline=None, max_examples=15)
@given(
    shape=st.tuples(st.integers(1, 2), st.integers(1, 2), st.integers(1, 5), st.integers(1, 700), st.integers(1, 700)),
    chunk=st.sampled_from([(1, 512, 512), (1, 64, 64), (4, 32, 32), (1, 256, 16)]),
    dtype=st.sampled_from(["uint8", "int16", "uint16", "float32", "float64"]),
    codec=st.sampled_from(["blosc", "zstd"]),
    labels=st.booleans(),
)
def test_every_pixel_comes_back_and_each_level_is_half(
    shape: tuple[int, ...], chunk: tuple[int, int, int], dtype: str, codec: str, labels: bool
) -> None:
    pixels = noise(shape, dtype)
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out.ome.zarr"
        with closing(make(Path(folder) / "in.ome.tif", pixels)) as source:
            to_ome_zarr(source, out, About(is_labels=labels), How(chunk, codec))
        levels = levels_of(out)
    np.testing.assert_array_equal(levels[0], pixels)
    assert levels[0].dtype == pixels.dtype
    for upper, lower in pairwise(levels):
        np.testing.assert_array_equal(lower, half(upper, labels=labels))
    assert max(levels[-1].shape[3:]) <= 512


def test_many_blocks_on_many_levels(tmp_path: Path) -> None:
    pixels = noise((1, 2, 1, 2500, 3300))
    with closing(make(tmp_path / "in.ome.tif", pixels)) as source:
        told: list[tuple[int, int]] = []
        out = tmp_path / "out.ome.zarr"
        to_ome_zarr(source, out, ABOUT, How((1, 64, 64), threads=3), tell=lambda done, all_: told.append((done, all_)))
    levels = levels_of(out)
    np.testing.assert_array_equal(levels[0], pixels)
    np.testing.assert_array_equal(levels[2], half(half(pixels)))
    assert told == sorted(told)
    assert told[-1][0] == told[-1][1]
    (facts,) = read_facts(out).images
    assert (facts.level_count, facts.channels[0].name, facts.physical_size_x) == (4, "DNA", Quantity(0.5, "µm"))
    assert not list(out.rglob("*.part"))
    assert not (out / LOG).exists()


def test_shards_of_zeros_are_left_out_and_minus_zero_is_kept(tmp_path: Path) -> None:
    pixels = np.zeros((1, 2, 1, 600, 600), np.float32)
    pixels[0, 1, 0, 0, 0] = -0.0
    with closing(make(tmp_path / "in.ome.tif", pixels)) as source:
        to_ome_zarr(source, tmp_path / "out", About())
    assert not (tmp_path / "out/0/c/0/0").exists()
    assert (tmp_path / "out/0/c/0/1").exists()
    found = levels_of(tmp_path / "out")[0]
    assert np.signbit(found[0, 1, 0, 0, 0])


class Stopped(Exception):
    """As a job that was cancelled."""


def test_it_goes_on_where_it_was_stopped(tmp_path: Path) -> None:
    pixels = noise((1, 1, 1, 2100, 2100))
    out, how = tmp_path / "out.ome.zarr", How((1, 64, 64), threads=1)

    def stop(done: int, total: int) -> None:
        if done >= total // 4:
            raise Stopped

    with closing(make(tmp_path / "in.ome.tif", pixels)) as source:
        with pytest.raises(Stopped):
            to_ome_zarr(source, out, ABOUT, how, identity="a", tell=stop)
        part = tmp_path / "out.ome.zarr.part"
        before = {file: file.stat().st_mtime_ns for file in part.rglob("c/0/0/0/*/*")}
        assert before
        assert not out.exists()
        renamed = replace(ABOUT, name="Cells, named anew", ome_xml=lambda: b"<OME/>")
        to_ome_zarr(source, out, renamed, how, identity="a")
    assert '"Cells, named anew"' in (out / "zarr.json").read_text()
    assert (out / OME_XML).read_bytes() == b"<OME/>"
    after = {part / file.relative_to(out): file.stat().st_mtime_ns for file in out.rglob("c/0/0/0/*/*")}
    assert before.items() <= after.items()
    np.testing.assert_array_equal(levels_of(out)[0], pixels)
    np.testing.assert_array_equal(levels_of(out)[1], half(pixels))


def test_what_another_conversion_left_is_not_gone_on_with(tmp_path: Path) -> None:
    out = tmp_path / "out.ome.zarr"

    def stop(done: int, total: int) -> None:
        if done:
            raise Stopped

    with closing(make(tmp_path / "a.ome.tif", noise((1, 1, 1, 900, 900), seed=1))) as source, pytest.raises(Stopped):
        to_ome_zarr(source, out, ABOUT, How((1, 64, 64), threads=1), identity="a", tell=stop)
    other = noise((1, 1, 1, 900, 900), seed=2)
    with closing(make(tmp_path / "b.ome.tif", other)) as source:
        to_ome_zarr(source, out, ABOUT, How((1, 64, 64)), identity="b")
    np.testing.assert_array_equal(levels_of(out)[0], other)


def test_a_pixel_that_changed_on_the_way_is_an_error(tmp_path: Path) -> None:
    """The comparison is asked to compare with a source that differs in one pixel from what was written."""
    pixels = noise((1, 1, 1, 700, 700))
    out, how = tmp_path / "out.ome.zarr", How(threads=1)
    with closing(make(tmp_path / "in.ome.tif", pixels)) as source:
        read = source.read_chunk
        reads = 0

        def flawed(level: int, index: tuple[int, int, int, int, int]) -> np.ndarray:
            nonlocal reads
            reads += 1
            chunk = read(level, index).copy()
            chunk[..., 0, 0] += reads == 1  # only as it is first read, to be written
            return chunk

        source.read_chunk = flawed  # type: ignore[method-assign]
        with pytest.raises(ImageError, match=r"level 0: .*pixels differ at t 0 to 0, c 0 to 0, z 0 to 0, y 0"):
            to_ome_zarr(source, out, ABOUT, how)
    assert not out.exists()


def test_only_lower_levels(tmp_path: Path) -> None:
    pixels = noise((1, 2, 1, 1500, 1100))
    with closing(make(tmp_path / "in.ome.tif", pixels)) as source:
        to_ome_zarr(source, tmp_path / "levels", ABOUT, How(first=1))
    levels = levels_of(tmp_path / "levels")
    np.testing.assert_array_equal(levels[0], half(pixels))
    assert len(levels) == 2
    (facts,) = read_facts(tmp_path / "levels").images
    assert facts.physical_size_x == Quantity(1.0, "µm")


def test_what_cannot_be_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="codec"):
        How(codec="lzw")
    with pytest.raises(ValueError, match="multiples of 16"):
        How(chunk=(1, 100, 100))
    (tmp_path / "out").mkdir()
    with (
        closing(make(tmp_path / "in.ome.tif", noise((1, 1, 1, 20, 20)))) as source,
        pytest.raises(ImageError, match="is there already"),
    ):
        to_ome_zarr(source, tmp_path / "out", ABOUT)
