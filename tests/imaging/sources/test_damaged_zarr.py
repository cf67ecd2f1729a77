"""What is missing of an OME-Zarr in a folder is the fill value only where it was never written; else it is told."""

import shutil
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
import zarr

from imaging.converting.ome_zarr import How, to_ome_zarr
from imaging.errors import ImageError
from imaging.pixels import ABSENT
from imaging.representations.view import About
from imaging.source import LEVELS, build_table, open_source
from tests.imaging.reading import whole
from tests.imaging.test_zarr_round_trip import describe

PIXELS = np.zeros((1, 1, 1, 1100, 1200), np.uint16)
PIXELS[..., :100, :100] = np.random.default_rng(0).integers(1, 60_000, (100, 100))
WRITTEN, EMPTY = (0, 0, 0, 0, 0), (0, 0, 0, 2, 2)


@pytest.fixture(params=["shards", "chunks of Zarr 2", "chunks of Zarr 3"])
def registered(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, Path]:
    """An image of which most was never written, and its table."""
    zarr_format: Literal[2, 3] = 2 if request.param.endswith("2") else 3
    image, table = tmp_path / "image.zarr", tmp_path / "table"
    shards: dict[str, Any] = {"shards": (1, 1, 1, 512, 512)} if request.param == "shards" else {}
    zarr.create_array(image / "0", shape=PIXELS.shape, chunks=(1, 1, 1, 256, 256), dtype="uint16",
                               zarr_format=zarr_format, fill_value=0, **shards)[...] = PIXELS  # fmt: skip
    describe(image, "tczyx", zarr_format)
    build_table(image, "", table)
    return image, table


def chunks_of(image: Path) -> list[Path]:
    return [file for file in (image / "0").rglob("*") if file.is_file() and file.name[0].isdigit()]


def lose_a_chunk(image: Path) -> None:
    for file in chunks_of(image):
        file.unlink()


def empty_a_chunk(image: Path) -> None:
    for file in chunks_of(image):
        file.write_bytes(b"")


@pytest.mark.parametrize("damage", [lose_a_chunk, empty_a_chunk, shutil.rmtree])
def test_what_was_there_is_missed(registered: tuple[Path, Path], damage: Callable[[Path], None]) -> None:
    image, table = registered
    with closing(open_source(image, "", table)) as source:
        np.testing.assert_array_equal(whole(source), PIXELS)
        assert source.raw_chunk(0, EMPTY) is ABSENT
        damage(image)
        for read in (source.read_chunk, source.raw_chunk, source.encoded_chunk):
            with pytest.raises(ImageError, match=r"damaged; upload or copy it again|no longer there; register"):
                read(0, WRITTEN)


@pytest.mark.parametrize("change", ["gone", "other"])
def test_nothing_is_the_fill_value_without_its_array(registered: tuple[Path, Path], change: str) -> None:
    image, table = registered
    (metadata,) = [file for name in ("zarr.json", ".zarray") if (file := image / "0" / name).is_file()]
    with closing(open_source(image, "", table)) as source:
        if change == "gone":
            metadata.unlink()
        else:
            metadata.write_text(metadata.read_text() + " ")
        with pytest.raises(ImageError, match=r"register(ed)? (it )?again"):
            source.raw_chunk(0, EMPTY)
        assert source.read_chunk(0, WRITTEN).any()


def test_an_index_of_a_shard_is_held_to_its_checksum(tmp_path: Path) -> None:
    image = tmp_path / "image.zarr"
    zarr.create_array(image / "0", data=PIXELS, chunks=(1, 1, 1, 256, 256), shards=(1, 1, 1, 512, 512))
    describe(image, "tczyx", 3)
    shard = image / "0/c/0/0/0/0/0"
    data = bytearray(shard.read_bytes())
    data[-20] ^= 1
    shard.write_bytes(data)
    with closing(open_source(image)) as source, pytest.raises(ImageError, match="not what its checksum says"):
        source.read_chunk(0, WRITTEN)


@pytest.mark.parametrize("when", ["before it is opened", "while it is open"])
def test_damaged_lower_levels_are_made_anew_of_the_file(tmp_path: Path, when: str) -> None:
    pixels = np.random.default_rng(1).integers(0, 60_000, PIXELS.shape, np.uint16)
    image, table = tmp_path / "image.zarr", tmp_path / "table"
    zarr.create_array(image / "0", data=pixels, chunks=(1, 1, 1, 256, 256))
    describe(image, "tczyx", 3)
    build_table(image, "", table)
    with closing(open_source(image, "", table)) as source:
        wanted = [whole(source, level) for level in range(3)]
        to_ome_zarr(source, tmp_path / LEVELS, About(), How(chunk=None, codec="zstd", first=1))
    if when == "before it is opened":
        (tmp_path / LEVELS / "1/zarr.json").unlink()
    with closing(open_source(image, "", table)) as source:
        if when == "while it is open":
            assert source.raw_chunk(1, WRITTEN) is not None
            shutil.rmtree(tmp_path / LEVELS)
        assert source.raw_chunk(1, WRITTEN) is None
        for level in range(3):
            np.testing.assert_array_equal(whole(source, level), wanted[level])
