"""Neuroglancer precomputed volumes: what the format asks for, and what is given without being decoded."""

import itertools
import json
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pytest
import tifffile
import zarr

from imaging.facts import Quantity
from imaging.pixels import PixelSource, RawChunk
from imaging.representations.precomputed import PrecomputedView
from imaging.representations.view import About, BadRequest, Part, Stream
from imaging.source import open_source
from tests.imaging.reading import whole

SIZES = {"x": Quantity(0.2, "µm"), "y": Quantity(200, "nm"), "z": Quantity(1, "µm")}


def stack(folder: Path, shape: tuple[int, ...], dtype: str = "uint16", **options: Any) -> PixelSource:
    """An OME-TIFF (t, c, z, y, x) with tiles of 64 pixels."""
    pixels = np.random.default_rng(1).integers(0, 200, shape).astype(dtype)
    path = folder / "stack.ome.tif"
    tifffile.imwrite(path, pixels, ome=True, metadata={"axes": "TCZYX"}, tile=(64, 64), **options)
    return open_source(path)


def body(part: Part | None) -> bytes:
    assert part is not None
    if isinstance(part.body, RawChunk):
        return part.body.read()
    return b"".join(part.body.read(0, -1)) if isinstance(part.body, Stream) else part.body


def info(view: PrecomputedView, before: str = "") -> dict[str, Any]:
    found: dict[str, Any] = json.loads(body(view.get(f"{before}info", {})))
    return found


def read(view: PrecomputedView, before: str = "", grid: int = 0) -> np.ndarray:
    """The volume of level 0 as (c, z, y, x), put together of raw chunks as the specification says."""
    about = info(view, before)
    scale = about["scales"][0]
    size, step = scale["size"], scale["chunk_sizes"][grid]
    dtype = np.dtype(about["data_type"]).newbyteorder("<")
    out = np.zeros((about["num_channels"], *size[::-1]), dtype)
    for start in itertools.product(*(range(0, end, by) for end, by in zip(size, step, strict=True))):
        spans = [(a, min(a + by, end)) for a, by, end in zip(start, step, size, strict=True)]
        data = body(view.get(f"{before}0/{'_'.join(f'{a}-{b}' for a, b in spans)}", {}))
        x, y, z = (slice(*span) for span in spans)
        out[:, z, y, x] = np.frombuffer(data, dtype).reshape(out[:, z, y, x].shape)
    return out


@pytest.mark.parametrize("options", [{}, {"compression": "zlib"}, {"byteorder": ">"}])
def test_all_channels_at_every_time(tmp_path: Path, options: dict[str, Any]) -> None:
    source = stack(tmp_path, (2, 3, 4, 100, 130), **options)
    view, pixels = PrecomputedView(source, About("a", (), SIZES)), whole(source)
    np.testing.assert_array_equal(read(view), pixels[0])
    np.testing.assert_array_equal(read(view, "t1/"), pixels[1])
    np.testing.assert_array_equal(read(view, "t1/c2/"), pixels[1, 2:])


def test_sizes_are_nanometres_from_x_to_z(tmp_path: Path) -> None:
    view = PrecomputedView(stack(tmp_path, (1, 1, 4, 100, 1300)), About("a", (), SIZES))
    about = info(view)
    assert about["type"] == "image"
    assert about["scales"][0] == {
        "key": "0", "size": [1300, 100, 4], "resolution": [200, 200, 1000], "voxel_offset": [0, 0, 0],
        "chunk_sizes": [[64, 64, 1]], "encoding": "raw",
    }  # fmt: skip
    assert about["scales"][1]["resolution"] == [400, 400, 1000]


def test_deep_images_come_as_cubes_too(tmp_path: Path) -> None:
    source = stack(tmp_path, (1, 1, 70, 100, 130))
    view = PrecomputedView(source, About())
    assert info(view)["scales"][0]["chunk_sizes"] == [[64, 64, 1], [64, 64, 64]]
    np.testing.assert_array_equal(read(view, grid=1), whole(source)[0])


def test_plain_tiles_are_the_bytes_of_the_file(tmp_path: Path) -> None:
    view = PrecomputedView(stack(tmp_path, (1, 2, 1, 100, 130)), About())
    part = view.get("c1/0/64-128_0-64_0-1", {})
    assert part is not None
    assert isinstance(part.body, RawChunk)


def test_stored_jpeg_is_sent_as_it_is(shared: Path) -> None:
    source = open_source(shared / "samples/03_vendor/wsi/CMU-1-Small-Region.svs")
    view = PrecomputedView(source, About())
    assert info(view, "jpeg/")["scales"][0]["encoding"] == "jpeg"
    part = view.get("jpeg/0/240-480_480-720_0-1", {})
    assert part is not None
    assert isinstance(part.body, Stream)
    shown = imagecodecs.jpeg_decode(body(part))
    np.testing.assert_array_equal(shown, whole(source)[0, :, 0, 480:720, 240:480].transpose(1, 2, 0))


def test_jpeg_of_a_volume_has_its_slices_below_one_another(tmp_path: Path) -> None:
    source = stack(tmp_path, (1, 1, 70, 100, 130), "uint8")
    part = PrecomputedView(source, About()).get("jpeg/0/64-128_64-100_64-70", {})
    shown = imagecodecs.jpeg_decode(body(part)).reshape(6, 36, 64)
    assert np.abs(shown.astype(int) - whole(source)[0, 0, 64:, 64:, 64:128]).mean() < 15


def test_object_numbers_are_a_segmentation(tmp_path: Path) -> None:
    view = PrecomputedView(stack(tmp_path, (1, 1, 1, 64, 64), "uint8"), About(is_labels=True))
    assert info(view)["type"] == "segmentation"
    with pytest.raises(BadRequest, match="numbers of objects"):
        view.get("jpeg/info", {})


def test_what_cannot_be_is_said_or_is_not_there(tmp_path: Path) -> None:
    view = PrecomputedView(stack(tmp_path, (1, 3, 1, 100, 130)), About())
    with pytest.raises(BadRequest, match="3 channels of uint16"):
        view.get("jpeg/info", {})
    nowhere = ["", "info/", "t1/info", "c3/info", "5/0-64_0-64_0-1", "0/0-63_0-64_0-1", "0/64-0_0-64_0-1",
               "0/128-192_0-64_0-1", "0/0-64_0-64_1-2", "t0/c0/jpeg/info", "0/0-64_0-64"]  # fmt: skip
    assert [path for path in nowhere if view.get(path, {}) is not None] == []


@pytest.mark.parametrize(("stored", "given"), [("float64", "float32"), ("bool", "uint8"), ("int16", "int16")])
def test_types_that_the_format_lacks(tmp_path: Path, stored: str, given: str) -> None:
    source = stack(tmp_path, (1, 1, 1, 64, 64), stored, photometric="minisblack")
    view = PrecomputedView(source, About())
    assert info(view)["data_type"] == given
    np.testing.assert_array_equal(read(view), whole(source)[0])


def decoded(data: bytes, shape: tuple[int, int, int], block: tuple[int, int, int], dtype: str) -> np.ndarray:
    """(z, y, x) of a compressed segmentation of one channel, number by number as the specification says."""
    words = np.frombuffer(data, "<u4")[1:]
    assert np.frombuffer(data, "<u4")[0] == 1
    grid = [-(-size // step) for size, step in zip(shape, block, strict=True)]
    out = np.zeros(shape, dtype)
    for z, y, x in np.ndindex(*shape):
        place = np.ravel_multi_index((z // block[0], y // block[1], x // block[2]), grid)
        head, start = (int(word) for word in words[2 * place : 2 * place + 2])
        table, bits = head & 0xFFFFFF, head >> 24
        number = int(np.ravel_multi_index((z % block[0], y % block[1], x % block[2]), block))
        entry = 0
        if bits:
            entry = int(words[start + number * bits // 32]) >> (number * bits % 32) & ((1 << bits) - 1)
        step = np.dtype(dtype).itemsize // 4
        found = words[table + entry * step : table + (entry + 1) * step]
        out[z, y, x] = np.frombuffer(found.tobytes(), np.dtype(dtype).newbyteorder("<"))[0]
    return out


@pytest.mark.parametrize(("dtype", "becomes"), [("uint16", "uint32"), ("int32", "uint32"), ("uint64", "uint64")])
@pytest.mark.parametrize(("shape", "chunk", "many"), [((9, 20, 19), (9, 20, 19), 3), ((2, 40, 70), (1, 40, 64), 2000)])
def test_labels_are_compressed(
    tmp_path: Path, dtype: str, becomes: str, shape: tuple[int, int, int], chunk: tuple[int, int, int], many: int
) -> None:
    pixels = np.random.default_rng(5).integers(0, many, shape).astype(dtype)
    group = zarr.create_group(tmp_path / "labels.zarr", zarr_format=3, attributes={"ome": {
        "version": "0.5", "image-label": {}, "multiscales": [{
            "axes": [{"name": name, "type": "space"} for name in "zyx"],
            "datasets": [{"path": "0", "coordinateTransformations": [{"type": "scale", "scale": [1, 1, 1]}]}],
        }],
    }})  # fmt: skip
    group.create_array("0", data=pixels, chunks=chunk)
    view = PrecomputedView(open_source(tmp_path / "labels.zarr"), About(is_labels=True))
    about = info(view, "compressed/")
    scale = about["scales"][0]
    assert (about["type"], about["data_type"], scale["encoding"]) == (
        "segmentation",
        becomes,
        "compressed_segmentation",
    )
    block = tuple(scale["compressed_segmentation_block_size"][::-1])
    z, y, x = chunk
    data = body(view.get(f"compressed/0/0-{x}_0-{y}_0-{z}", {}))
    np.testing.assert_array_equal(decoded(data, chunk, block, becomes), pixels[:z, :y, :x])


def test_only_labels_are_compressed_so(tmp_path: Path) -> None:
    with pytest.raises(BadRequest, match="numbers of objects"):
        PrecomputedView(stack(tmp_path, (1, 1, 1, 8, 8)), About()).get("compressed/info", {})
