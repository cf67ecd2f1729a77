"""What zarr-python writes we read: both formats, their codecs, shards, fewer axes, folder and zip."""

import json
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import numcodecs
import numpy as np
import pytest
import zarr
from hypothesis import given, settings
from hypothesis import strategies as st
from zarr import codecs

from imaging.errors import ImageError
from imaging.readers import read_facts
from imaging.representations.ome_zarr import OmeZarrView
from imaging.representations.ome_zarr_v2 import OmeZarrV2View
from imaging.representations.view import About
from imaging.source import ABSENT, build_table, open_source
from imaging.sources.zarr_array import parse_array
from tests.imaging.reading import as_group, level_of, whole, zip_folder

pytestmark = pytest.mark.filterwarnings(
    "ignore:Numcodecs codecs are not in the Zarr", "ignore:The codec .* is currently not part in the Zarr format 3"
)
DTYPES = ("uint8", "int16", "uint16", "uint32", "float32", "float64", "bool")
V3_CODECS: list[list[Any]] = [
    [],
    [codecs.ZstdCodec(level=3)],
    [codecs.GzipCodec(level=2)],
    [codecs.BloscCodec(cname="lz4", shuffle="shuffle")],
    [codecs.ZstdCodec(), codecs.Crc32cCodec()],
]
V2_COMPRESSORS: list[Any] = [
    None,
    numcodecs.Zstd(level=3),
    numcodecs.GZip(),
    numcodecs.Zlib(),
    numcodecs.Blosc(cname="zstd", shuffle=numcodecs.Blosc.AUTOSHUFFLE),
    numcodecs.LZ4(),
    numcodecs.BZ2(),
]


def describe(folder: Path, axes: str, zarr_format: int, paths: tuple[str, ...] = ("0",)) -> None:
    """Write the multiscales of an OME-Zarr 0.4 or 0.5 beside its arrays."""
    kinds = {"t": "time", "c": "channel"}
    multiscale = {
        "version": "0.4",
        "axes": [{"name": axis, "type": kinds.get(axis, "space")} for axis in axes],
        "datasets": [
            {"path": path, "coordinateTransformations": [{"type": "scale", "scale": [1.0] * len(axes)}]}
            for path in paths
        ],
    }
    if zarr_format == 2:
        (folder / ".zattrs").write_text(json.dumps({"multiscales": [multiscale]}))
    else:
        ome = {"version": "0.5", "multiscales": [multiscale]}
        (folder / "zarr.json").write_text(
            json.dumps({"zarr_format": 3, "node_type": "group", "attributes": {"ome": ome}})
        )


@st.composite
def arrays(draw: st.DrawFn) -> tuple[str, int, tuple[int, ...], dict[str, Any]]:
    axes = draw(st.sampled_from(["tczyx", "czyx", "zyx", "cyx", "yx", "tyx"]))
    zarr_format = draw(st.sampled_from([2, 3]))
    limits = {"t": 3, "c": 3, "z": 6, "y": 60, "x": 60}
    shape = tuple(draw(st.integers(1, limits[axis])) for axis in axes)
    chunks = tuple(draw(st.integers(1, max(2, size))) for size in shape)
    options: dict[str, Any] = {"chunks": chunks}
    if zarr_format == 2:
        options["compressors"] = draw(st.sampled_from(V2_COMPRESSORS))
        options["order"] = draw(st.sampled_from("CF"))
        separator = draw(st.sampled_from([".", "/"]))
        options["chunk_key_encoding"] = {"name": "v2", "separator": separator}
    else:
        options["compressors"] = draw(st.sampled_from(V3_CODECS))
        options["serializer"] = codecs.BytesCodec(endian=draw(st.sampled_from(["little", "big"])))
        if draw(st.booleans()):
            options["shards"] = tuple(chunk * draw(st.integers(1, 3)) for chunk in chunks)
        if draw(st.booleans()):
            options["filters"] = [codecs.TransposeCodec(order=tuple(reversed(range(len(shape)))))]
    return axes, zarr_format, shape, options


@settings(max_examples=120, deadline=None)
@given(arrays(), st.sampled_from(DTYPES), st.integers(0, 2**32 - 1), st.sampled_from(["folder", "stored", "deflated"]))
def test_any_array(drawn: tuple[str, int, tuple[int, ...], dict[str, Any]], dtype: str, seed: int, kept: str) -> None:
    axes, zarr_format, shape, options = drawn
    pixels = np.random.default_rng(seed).integers(0, 100, shape).astype(dtype)
    if zarr_format == 2 and dtype != "bool" and seed % 2:
        pixels = pixels.astype(np.dtype(dtype).newbyteorder(">"))
    if kept == "deflated" and "shards" in options:
        kept = "stored"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "image.zarr"
        array = zarr.create_array(
            path / "0",
            shape=shape,
            dtype=pixels.dtype,
            zarr_format=2 if zarr_format == 2 else 3,
            fill_value=0,
            **options,
        )
        array[...] = pixels
        describe(path, axes, zarr_format)
        if kept != "folder":
            method = zipfile.ZIP_STORED if kept == "stored" else zipfile.ZIP_DEFLATED
            path = zip_folder(path, Path(folder) / "image.zarr.zip", method, inside="image.zarr/")
        facts = read_facts(path)
        assert facts.format == f"image/ome-zarr;version=0.{4 if zarr_format == 2 else 5}"
        build_table(path, "", Path(folder) / "table")
        source = open_source(path, "", Path(folder) / "table")
        np.testing.assert_array_equal(whole(source).reshape(shape), pixels)
        for view in (OmeZarrView, OmeZarrV2View):
            group = as_group(view(source, About.of(facts.images[0])), source)
            np.testing.assert_array_equal(level_of(group, 0).reshape(shape), pixels)
        source.close()


def test_axes_in_another_order(tmp_path: Path) -> None:
    pixels = np.random.default_rng(1).integers(0, 99, (20, 30, 3), np.uint8)
    zarr.create_array(tmp_path / "a.zarr/0", shape=pixels.shape, dtype="uint8", chunks=(10, 16, 2))[...] = pixels
    describe(tmp_path / "a.zarr", "xyc", 3)
    source = open_source(tmp_path / "a.zarr", "")
    assert source.levels[0].shape == (1, 3, 1, 30, 20)
    assert source.raw_chunk(0, (0, 0, 0, 0, 0)) is None
    np.testing.assert_array_equal(whole(source)[0, :, 0], pixels.transpose(2, 1, 0))


def test_a_chunk_never_written_has_the_fill_value(tmp_path: Path) -> None:
    array = zarr.create_array(
        tmp_path / "a.zarr/0", shape=(64, 64), dtype="uint16", chunks=(32, 32), fill_value=9, shards=(64, 64)
    )
    array[:32, :32] = 5
    describe(tmp_path / "a.zarr", "yx", 3)
    source = open_source(tmp_path / "a.zarr", "")
    assert source.raw_chunk(0, (0, 0, 0, 1, 1)) is ABSENT
    assert OmeZarrView(source, About()).get("0/c/0/0/0/1/1", {}) is None
    np.testing.assert_array_equal(whole(source)[0, 0, 0], array[...])
    np.testing.assert_array_equal(level_of(as_group(OmeZarrView(source, About()), source), 0)[0, 0, 0], array[...])


def test_chunks_of_a_shard_and_of_a_stored_zip_pass_through(tmp_path: Path) -> None:
    pixels = np.random.default_rng(1).integers(0, 99, (64, 64), np.uint16)
    array = zarr.create_array(tmp_path / "a.zarr/0", shape=(64, 64), dtype="uint16", chunks=(16, 16), shards=(64, 64))
    array[...] = pixels
    describe(tmp_path / "a.zarr", "yx", 3)
    zipped = zip_folder(tmp_path / "a.zarr", tmp_path / "a.zarr.zip")
    for path in (tmp_path / "a.zarr", zipped):
        source = open_source(path, "")
        raw = source.raw_chunk(0, (0, 0, 0, 3, 3))
        assert raw is not None
        assert source.levels[0].chunk == (1, 1, 1, 16, 16)
        stored = raw.read()
        assert len(stored) == raw.length < 16 * 16 * 2 + 20
        np.testing.assert_array_equal(whole(source)[0, 0, 0], pixels)


def test_a_changed_array_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "a.zarr"
    zarr.create_array(path / "0", shape=(8, 8), dtype="uint8", chunks=(8, 8))[...] = 1
    describe(path, "yx", 3)
    build_table(path, "", tmp_path / "table")
    described = (path / "zarr.json").read_text()
    (path / "zarr.json").write_text(described + " ")
    with pytest.raises(Exception, match=r"a\.zarr: zarr\.json: has changed since it was registered"):
        open_source(path, "", tmp_path / "table")


def test_an_axis_of_another_kind_is_read_with_a_warning(tmp_path: Path) -> None:
    path = tmp_path / "a.zarr"
    zarr.create_array(path / "0", shape=(4, 8, 8), dtype="uint8", chunks=(1, 8, 8))[...] = 1
    describe(path, "λyx", 3)
    facts = read_facts(path)
    assert facts.images[0].size_z == 4
    assert "Axis 'λ' of multiscales is none of t, c, z, y, x; it is read as z." in facts.warnings


@pytest.mark.parametrize("codec", ["zstd", "lz4", "bz2", "lzma", "gzip"])
@pytest.mark.parametrize("form", [2, 3])
def test_a_chunk_that_swells_is_refused(tmp_path: Path, codec: str, form: int) -> None:
    """16 MB behind a chunk of 64 bytes; the same codec reads a chunk as it should be."""
    stage = numcodecs.get_codec({"id": codec})
    pixels = np.arange(64, dtype=np.uint8).reshape(8, 8)
    array: dict[str, Any] = {"shape": [8, 16], "fill_value": 0, "zarr_format": form}
    if form == 2:
        array |= {"chunks": [8, 8], "dtype": "|u1", "compressor": stage.get_config(), "filters": None, "order": "C"}
    else:
        codecs = [{"name": "bytes"}, {"name": f"numcodecs.{codec}", "configuration": {}}]
        grid = {"name": "regular", "configuration": {"chunk_shape": [8, 8]}}
        array |= {"node_type": "array", "data_type": "uint8", "codecs": codecs, "chunk_grid": grid}
        array["chunk_key_encoding"] = {"name": "v2"}
    place = tmp_path / "a.zarr/0"
    place.mkdir(parents=True)
    (place / (".zarray" if form == 2 else "zarr.json")).write_text(json.dumps(array))
    (place / "0.0").write_bytes(bytes(stage.encode(pixels.tobytes())))
    (place / "0.1").write_bytes(bytes(stage.encode(bytes(16 << 20))))
    describe(tmp_path / "a.zarr", "yx", form)
    source = open_source(tmp_path / "a.zarr", "")
    np.testing.assert_array_equal(source.read_chunk(0, (0, 0, 0, 0, 0))[0, 0, 0], pixels)
    with pytest.raises(ImageError, match="cannot be decoded"):
        source.read_chunk(0, (0, 0, 0, 0, 1))


def about(**other: Any) -> dict[str, Any]:
    said = {"zarr_format": 2, "shape": [8, 8], "chunks": [8, 8], "dtype": "|u1", "compressor": None, "fill_value": 0}
    return said | other


@pytest.mark.parametrize(
    "other",
    [
        {"filters": [{"id": "pickle"}]}, {"filters": [{"id": "vlen-utf8"}]}, {"compressor": {"id": "unknown"}},
        {"filters": [{"id": "astype", "encode_dtype": "|u1", "decode_dtype": "S99999"}]},
        {"fill_value": -1}, {"fill_value": 256}, {"fill_value": 0.5}, {"fill_value": "NaN"}, {"fill_value": "1e999"},
    ],
)  # fmt: skip
def test_codecs_that_run_code_and_fill_values_that_do_not_fit(other: dict[str, Any]) -> None:
    with pytest.raises(ImageError, match="cannot be read"):
        parse_array(about(**other), "a.zarr", "0")


def test_fill_values_of_reals_may_be_bits() -> None:
    assert np.isnan(parse_array(about(dtype="<f4", fill_value="0x7fc00000"), "a", "0").fill_value)
    assert parse_array(about(dtype="<f8", fill_value="0x3ff8000000000000"), "a", "0").fill_value == 1.5
    assert parse_array(about(dtype="<f4", fill_value="-Infinity"), "a", "0").fill_value == -np.inf


def test_levels_with_different_fill_values(tmp_path: Path) -> None:
    for level, (size, fill) in enumerate(((8, 1), (4, 7))):
        zarr.create_array(
            tmp_path / f"a.zarr/{level}", shape=(size, size), dtype="uint8", chunks=(4, 4), fill_value=fill
        )
    describe(tmp_path / "a.zarr", "yx", 3, ("0", "1"))
    source = open_source(tmp_path / "a.zarr", "")
    served = as_group(OmeZarrView(source, About()), source)
    assert (level_of(served, 0) == 1).all()
    assert (level_of(served, 1) == 7).all()
