"""N5: blocks as TensorStore 0.1.86 wrote them and as the specification says, pyramids, time points, and refusals."""

import base64
import gzip
import json
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from imaging.errors import ImageError
from imaging.facts import Quantity
from imaging.readers import read_facts
from imaging.source import open_source
from tests.imaging.reading import whole

SMALL = (np.arange(2 * 3 * 5).reshape(2, 3, 5) * 1000).astype(np.uint16)
# The two blocks (4, 3, 2) of it.
TENSORSTORE = {
    "blosc": (
        "AAAAAwAAAAQAAAADAAAAAgIBMwIwAAAAMAAAAEAAAAAAAAPoB9ALuBOIF3AbWB9AJxAq+C7gMsg6mD6AQmhGUE4gUghV8FnYYahlkGl4bWA=",
        "AAAAAwAAAAQAAAADAAAAAgIBMwIwAAAAMAAAAEAAAAAPoAAAAAAAACMoAAAAAAAANrAAAAAAAABKOAAAAAAAAF3AAAAAAAAAcUgAAAAAAAA=",
    ),
    "gzip": (
        "AAAAAwAAAAQAAAADAAAAAh+LCAAAAAAAAANjYGB+wX6Be4dwh3iBdIS8g7qA1g+9B0YnrGbYNThluAX4KQRxhH6IvJG4InVCZkVuAgCEeuRiMAAA"
        "AA==",
        "AAAAAwAAAAQAAAADAAAAAh+LCAAAAAAAAAPjX8AABsoaENpsA4T2soDQsQcgdKEHhAYAnd0SZzAAAAA=",
    ),
    "zstd": (
        "AAAAAwAAAAQAAAADAAAAAii1L/0gMIEBAAAAA+gH0Au4E4gXcBtYH0AnECr4LuAyyDqYPoBCaEZQTiBSCFXwWdhhqGWQaXhtYA==",
        "AAAAAwAAAAQAAAADAAAAAii1L/0gMPUAALgPoAAjKAA2sABKOABdwABxSAAAAAAAAAVUAwACAQ==",
    ),
}


def describe(folder: Path, **attributes: Any) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "attributes.json").write_text(json.dumps(attributes))
    return folder


def dataset(folder: Path, pixels: np.ndarray, block: tuple[int, ...], kind: str, **attributes: Any) -> Path:
    """A dataset by the specification: blocks at the edges hold only what is inside; axes and blocks from x on."""
    packers: dict[str, Callable[[bytes], bytes]] = {"raw": bytes, "gzip": gzip.compress, "zlib": zlib.compress}
    pack = packers[kind]
    compression = {"type": "gzip" if kind == "zlib" else kind, "useZlib": kind == "zlib"}
    describe(folder, dimensions=pixels.shape[::-1], blockSize=block[::-1], dataType=pixels.dtype.name,
             compression=compression, **attributes)  # fmt: skip
    for index in np.ndindex(*(-(-size // step) for size, step in zip(pixels.shape, block, strict=True))):
        part = pixels[tuple(slice(i * step, (i + 1) * step) for i, step in zip(index, block, strict=True))]
        head = struct.pack(f">HH{part.ndim}I", 0, part.ndim, *part.shape[::-1])
        file = folder.joinpath(*(str(i) for i in index[::-1]))
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(head + pack(part.astype(part.dtype.newbyteorder(">")).tobytes()))
    return folder


@pytest.mark.parametrize("kind", TENSORSTORE)
def test_blocks_of_a_peer(tmp_path: Path, kind: str) -> None:
    place = describe(tmp_path / "a.n5" / "volume", dimensions=[5, 3, 2], blockSize=[4, 3, 2], dataType="uint16",
                     compression={"type": kind})  # fmt: skip
    for number, block in enumerate(TENSORSTORE[kind]):
        (place / str(number) / "0").mkdir(parents=True)
        (place / str(number) / "0" / "0").write_bytes(base64.b64decode(block))
    np.testing.assert_array_equal(whole(open_source(tmp_path / "a.n5", "volume"))[0, 0], SMALL)


@pytest.mark.parametrize("kind", ["raw", "gzip", "zlib"])
@pytest.mark.parametrize("name", ["uint8", "int16", "uint32", "float32", "float64"])
def test_blocks_as_the_specification_says(tmp_path: Path, kind: str, name: str) -> None:
    pixels = np.random.default_rng(6).integers(0, 100, (7, 20, 30)).astype(name)
    dataset(tmp_path / "a.n5", pixels, (4, 16, 16), kind, axes=["x", "y", "z"],
            pixelResolution={"unit": "um", "dimensions": [0.2, 0.2, 1.0]}, stain="GFP")  # fmt: skip
    facts = read_facts(tmp_path / "a.n5")
    (image,) = facts.images
    assert (facts.warnings, image.series_path, image.chunk_shape) == ((), "", (4, 16, 16))
    assert (image.physical_size_x, image.physical_size_z) == (Quantity(0.2, "µm"), Quantity(1.0, "µm"))
    assert ("stain", "GFP") in [(pair.name, pair.value) for pair in image.key_values]
    np.testing.assert_array_equal(whole(open_source(tmp_path / "a.n5"))[0, 0], pixels)


def test_a_pyramid_is_one_image(tmp_path: Path) -> None:
    pixels = np.arange(4 * 32 * 32, dtype=np.uint16).reshape(4, 32, 32)
    describe(tmp_path / "a.n5" / "em", transform={"axes": ["z", "y", "x"], "scale": [8, 4, 4], "units": ["nm"] * 3})
    for level in (0, 1, 2):
        dataset(tmp_path / "a.n5" / "em" / f"s{level}", pixels[:, :: 2**level, :: 2**level], (4, 16, 16), "gzip")
    dataset(tmp_path / "a.n5" / "other", pixels[0], (16, 16), "raw")
    images = {image.series_path: image for image in read_facts(tmp_path / "a.n5").images}
    assert {place: image.level_count for place, image in images.items()} == {"em": 3, "other": 1}
    assert images["em"].physical_size_z == Quantity(8.0, "nm")
    source = open_source(tmp_path / "a.n5", "em")
    np.testing.assert_array_equal(whole(source, 2)[0, 0], pixels[:, ::4, ::4])


def test_time_points_of_bigdataviewer_are_one_image(tmp_path: Path) -> None:
    pixels = np.arange(3 * 4 * 20 * 20, dtype=np.uint16).reshape(3, 4, 20, 20)
    for time in range(3):
        for level in (0, 1):
            volume = pixels[time, :, :: 2**level, :: 2**level]
            dataset(tmp_path / "a.n5" / "setup0" / f"timepoint{time}" / f"s{level}", volume, (4, 16, 16), "gzip")
    (image,) = read_facts(tmp_path / "a.n5").images
    assert (image.series_path, image.size_t, image.size_z, image.level_count) == ("setup0", 3, 4, 2)
    source = open_source(tmp_path / "a.n5", "setup0")
    np.testing.assert_array_equal(whole(source)[:, 0], pixels)
    np.testing.assert_array_equal(whole(source, 1)[:, 0], pixels[..., ::2, ::2])


def test_what_is_refused(tmp_path: Path) -> None:
    describe(tmp_path / "lz4.n5", dimensions=[8, 8], blockSize=[8, 8], dataType="uint8", compression={"type": "lz4"})
    describe(tmp_path / "huge.n5", dimensions=[2**40, 8], blockSize=[2**40, 8], dataType="uint8",
             compression={"type": "raw"})  # fmt: skip
    describe(tmp_path / "kind.n5", dimensions=[8, 8], blockSize=[8, 8], dataType="object")
    describe(tmp_path / "empty.n5", n5="2.0.0")
    describe(tmp_path / "odd.n5", dimensions=[8, 8], blockSize="8", dataType="uint8", compression={"type": "raw"})
    for name, said in (
        ("lz4.n5", "compression 'lz4', which is not read"),
        ("huge.n5", "one chunk has 8796093022208 bytes"),
        ("kind.n5", "has an unknown, 'object'"),
        ("empty.n5", "holds no dataset"),
        ("odd.n5", "do not fit"),
    ):
        with pytest.raises(ImageError, match=said):
            read_facts(tmp_path / name)


def test_a_block_that_lies_of_its_size(tmp_path: Path) -> None:
    path = dataset(tmp_path / "a.n5", np.zeros((16, 16), np.uint8), (16, 16), "gzip")
    bomb = struct.pack(">HHII", 0, 2, 16, 16) + gzip.compress(bytes(50_000_000))
    (path / "0" / "0").write_bytes(bomb)
    with pytest.raises(ImageError, match="more than a chunk"):
        whole(open_source(path))
    (path / "0" / "0").write_bytes(struct.pack(">HHII", 0, 2, 2**31, 2**31))
    with pytest.raises(ImageError, match="the block has"):
        whole(open_source(path))
