"""The canvas's pixels against numpy's composite of the same planes: many channels, three zooms, z, t, pixel types."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zarr
import zarr.codecs
from numpy.typing import NDArray

from tests.pictures import assert_equal_within_one, channel_settings, picture_of
from tests.pictures import on_canvas as on_canvas_of
from tests.viewer.conftest import ViewerPage

CANVAS = (600, 800)  # the browser context's viewport
CODECS: dict[str, Any] = {
    "zstd": "auto",
    "none": None,
    "gzip": zarr.codecs.GzipCodec(),
    "blosc lz4": zarr.codecs.BloscCodec(cname="lz4", shuffle="shuffle"),
    "blosc zstd": zarr.codecs.BloscCodec(cname="zstd", shuffle="bitshuffle"),
    "blosc zlib": zarr.codecs.BloscCodec(cname="zlib", shuffle="noshuffle"),
    "blosc bits": zarr.codecs.BloscCodec(cname="lz4hc", shuffle="bitshuffle", blocksize=4096),
    "lz4": {"name": "numcodecs.lz4", "configuration": {"acceleration": 1}},
    "zlib": {"name": "numcodecs.zlib", "configuration": {"level": 1}},
}


def write_image(
    folder: Path,
    levels: list[NDArray[Any]],
    *,
    axes: str = "tczyx",
    zarr_format: int = 3,
    compressors: Any = "auto",
    endian: str = "little",
    omero: dict[str, Any] | None = None,
    shards: tuple[int, ...] | None = None,
    chunk: tuple[int, int] = (256, 256),
) -> None:
    """An OME-Zarr 0.5 (Zarr v3) or 0.4 (v2) image; level n is half of level n - 1."""
    group = zarr.open_group(folder, mode="w", zarr_format=zarr_format)  # type: ignore[arg-type]
    for i, level in enumerate(levels):
        more: dict[str, Any] = {"serializer": zarr.codecs.BytesCodec(endian=endian)} if zarr_format == 3 else {}
        if zarr_format == 2:
            more["chunk_key_encoding"] = {"name": "v2", "separator": "/"}
        array = group.create_array(
            str(i),
            shape=level.shape,
            dtype=level.dtype,
            chunks=(1,) * (level.ndim - 2) + chunk,
            shards=shards,
            compressors=compressors,
            **more,
        )
        array[...] = level
    kinds = {"t": "time", "c": "channel"}
    multiscale: dict[str, Any] = {
        "axes": [
            {"name": axis, "type": kinds.get(axis, "space")} | ({"unit": "micrometer"} if axis in "zyx" else {})
            for axis in axes
        ],
        "datasets": [
            {
                "path": str(i),
                "coordinateTransformations": [
                    {"type": "scale", "scale": [0.5 * 2**i if axis in "yx" else 1.0 for axis in axes]}
                ],
            }
            for i in range(len(levels))
        ],
    }
    ome: dict[str, Any] = {"multiscales": [multiscale]} | ({"omero": omero} if omero else {})
    if zarr_format == 3:
        group.attrs["ome"] = {"version": "0.5", **ome}
    else:
        multiscale["version"] = "0.4"
        group.attrs.update(ome)


def pyramid(shape: tuple[int, ...], dtype: str, count: int = 3, seed: int = 0) -> list[NDArray[Any]]:
    """Random pixels, each level of its own (so that a test sees which level is drawn)."""
    random = np.random.default_rng(seed)
    levels = []
    for i in range(count):
        size = (*shape[:-2], -(-shape[-2] // 2**i), -(-shape[-1] // 2**i))
        kind = np.dtype(dtype)
        if kind.kind == "f":
            levels.append(random.normal(0, 10, size).astype(kind))
        else:
            limits = np.iinfo(kind)
            low, high = max(limits.min, -30_000), min(limits.max, 60_000)
            levels.append(random.integers(low, high, size, dtype=kind, endpoint=True))
    return levels


def on_canvas(picture: NDArray[np.uint8], world: tuple[float, float], zoom: int, level: int) -> NDArray[np.uint8]:
    return on_canvas_of(CANVAS, picture, world, zoom, level)


def show(
    viewer: ViewerPage, channels: list[dict[str, Any]], *, zoom: int, target: tuple[int, int], z: int = 0, t: int = 0
) -> None:
    viewer.call(
        "(viewer, { channels, zoom, target, z, t }) => {"
        " viewer.setChannels(viewer.state.channels.map(({ index }) => ({ index, on: false })));"
        " viewer.setChannels(channels);"
        " viewer.setView({ zoom, target }); viewer.setZT({ z, t }) }",
        {"channels": channels, "zoom": zoom, "target": target, "z": z, "t": t},
    )


def test_sixteen_channels_at_three_zooms_and_all_planes(viewer: ViewerPage) -> None:
    levels = pyramid((2, 16, 3, 700, 1000), "uint16")
    write_image(viewer.folder / "image", levels)
    viewer.open("image")
    on = [0, 1, 2, 3, 5, 6, 7, 8, 10, 11, 12, 14, 15]
    channels = channel_settings(on, 0, 60_000)
    cases = [(1, 0, (300, 200), 0, 0), (0, 0, (500, 350), 2, 1), (-1, 1, (500, 350), 1, 0), (-2, 2, (400, 300), 0, 1)]
    for zoom, level, target, z, t in cases:
        show(viewer, channels, zoom=zoom, target=target, z=z, t=t)
        picture = picture_of(levels[level][t, on, z], channels)
        assert_equal_within_one(viewer.pixels(), on_canvas(picture, target, zoom, level))
    assert not [status for status in viewer.statuses if status[1] >= 400]
    assert not viewer.messages


@pytest.mark.parametrize("dtype", ["uint8", "int8", "int16", "int32", "uint32", "float32", "float64", "int64"])
def test_pixel_types(viewer: ViewerPage, dtype: str) -> None:
    levels = pyramid((3, 301, 203), dtype, count=1)
    low, high = float(levels[0].min()), float(levels[0].max())
    if dtype.startswith("float"):
        levels[0][:, 100:150, 50:120] = np.nan
    write_image(viewer.folder / "image", levels, axes="cyx")
    viewer.open("image")
    channels = channel_settings([0, 1, 2], low, high)
    show(viewer, channels, zoom=1, target=(100, 150))
    picture = picture_of(levels[0], channels)
    assert_equal_within_one(viewer.pixels(), on_canvas(picture, (100, 150), 1, 0))
    assert not viewer.messages


@pytest.mark.filterwarnings("ignore:Numcodecs codecs are not in the Zarr version 3 specification")
@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("endian", ["little", "big"])
def test_codecs_and_byte_orders(viewer: ViewerPage, codec: str, endian: str) -> None:
    levels = pyramid((2, 130, 170), "uint16", count=1)
    write_image(viewer.folder / "image", levels, axes="cyx", compressors=CODECS[codec], endian=endian)
    viewer.open("image")
    channels = channel_settings([0, 1], 0, 60_000)
    show(viewer, channels, zoom=1, target=(80, 60))
    assert_equal_within_one(viewer.pixels(), on_canvas(picture_of(levels[0], channels), (80, 60), 1, 0))


@pytest.mark.parametrize("axes", ["yx", "zyx", "tyx", "czyx", "tczyx"])
def test_version_0_4_and_missing_axes(viewer: ViewerPage, axes: str) -> None:
    shape = tuple({"t": 2, "c": 2, "z": 3, "y": 211, "x": 305}[axis] for axis in axes)
    levels = pyramid(shape, "uint16", count=2)
    write_image(viewer.folder / "image", levels, axes=axes, zarr_format=2)
    viewer.open("image", version="0.4")
    planes = levels[0]
    for axis, at in (("z", 2), ("t", 1)):
        if axis in axes:
            planes = planes.take(at, axes.index(axis))
    planes = planes.reshape(-1, *planes.shape[-2:])
    channels = channel_settings(list(range(len(planes))), 0, 60_000)
    show(viewer, channels, zoom=0, target=(152, 100), z=2, t=1)
    assert_equal_within_one(viewer.pixels(), on_canvas(picture_of(planes, channels), (152, 100), 0, 0))
    assert not [url for url, status in viewer.statuses if status == 404]


def test_sharded(viewer: ViewerPage) -> None:
    levels = pyramid((3, 700, 500), "uint16", count=1)
    write_image(viewer.folder / "image", levels, axes="cyx", shards=(1, 512, 512), chunk=(64, 64))
    viewer.open("image")
    channels = channel_settings([0, 1, 2], 0, 60_000)
    show(viewer, channels, zoom=0, target=(250, 350))
    assert_equal_within_one(viewer.pixels(), on_canvas(picture_of(levels[0], channels), (250, 350), 0, 0))


def test_three_hundred_channels(viewer: ViewerPage) -> None:
    levels = pyramid((300, 64, 96), "uint8", count=1)
    write_image(viewer.folder / "image", levels, axes="cyx")
    viewer.open("image")
    limit = viewer.call("(viewer) => viewer.channelLimit")
    channels = channel_settings(list(range(300)), 0, 255)
    for channel in channels:
        channel["color"] = [1, channel["index"] % 3, 2]
    show(viewer, channels, zoom=2, target=(48, 32))
    drawn = min(limit, 300)
    expected = on_canvas(picture_of(levels[0][:drawn], channels[:drawn]), (48, 32), 2, 0)
    assert_equal_within_one(viewer.pixels(), expected)
