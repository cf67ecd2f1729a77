"""Broken and hostile files: each gives an ImageError that names file and field, and says what to do."""

import json
import os
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
import zarr

from imaging.errors import ImageChanged, ImageError, said_by
from imaging.ome.read import read_ome
from imaging.readers import can_read, read_facts
from imaging.source import build_table, is_unchanged, open_source, read_region
from tests.imaging.reading import whole, zip_folder
from tests.imaging.test_zarr_round_trip import describe

PIXELS = np.arange(3 * 64 * 64, dtype=np.uint16).reshape(3, 64, 64)
WRITTEN: list[dict[str, Any]] = [{}, {"tile": (32, 32)}, {"compression": "zstd"}, {"ome": True}, {"bigtiff": True}]
OME = '<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06">'


def write_tiff(path: Path, **options: Any) -> Path:
    tifffile.imwrite(path, PIXELS, photometric="minisblack", **options)
    return path


def write_ome(path: Path, xml: str, **options: Any) -> Path:
    tifffile.imwrite(path, PIXELS, photometric="minisblack", description=xml, metadata=None, **options)
    return path


def write_zarr(path: Path, **options: Any) -> Path:
    chunks = options.pop("chunks", (1, 32, 32))
    zarr.create_array(path / "0", shape=PIXELS.shape, dtype="uint16", chunks=chunks, **options)[...] = PIXELS
    describe(path, "cyx", 3)
    return path


def edit(file: Path, change: Callable[[Any], None]) -> None:
    document = json.loads(file.read_text())
    change(document)
    file.write_text(json.dumps(document))


def refused(path: Path, match: str) -> ImageError:
    """The error that both reading and opening give; its sentence names the file and never its folder."""
    with pytest.raises(ImageError, match=match) as caught:
        read_facts(path)
    assert str(caught.value).startswith(path.name + ": ")
    assert str(path.parent) not in str(caught.value)
    assert caught.value.field
    assert caught.value.reason.endswith(".")
    with pytest.raises(ImageError):
        open_source(path, 0)
    return caught.value


def test_missing_empty_and_unknown(tmp_path: Path) -> None:
    refused(tmp_path / "no.tif", r"no\.tif: file: is not there")
    (tmp_path / "empty.tif").touch()
    refused(tmp_path / "empty.tif", r"empty\.tif: file: is empty \(0 bytes\)")
    (tmp_path / "empty.zarr.zip").touch()
    refused(tmp_path / "empty.zarr.zip", "is empty")
    (tmp_path / "a.docx").write_text("x")
    refused(tmp_path / "a.docx", "is of no format that can be read here")
    assert can_read("A.OME.TIFF")
    assert not can_read("a.docx")


def test_text_named_tif(tmp_path: Path) -> None:
    (tmp_path / "notes.tif").write_text("These are my notes of the experiment.")
    refused(tmp_path / "notes.tif", "this is not a TIFF file, whatever its name says")


@pytest.mark.parametrize(
    ("name", "head", "said"),
    [
        ("a.tif", b"\xff\xd8\xff\xe0", r"begins as a JPEG picture, whose name ends in \.jpg"),
        ("a.tif", b"ZISRAWFILE", "begins as a ZEISS CZI file"),
        ("a.nd2", b"\x89PNG\r\n\x1a\n", "begins as a PNG picture"),
        ("a.czi", b"<!doctype html><title>Not found</title>", "begins as a web page"),
    ],
)
def test_a_wrong_ending(tmp_path: Path, name: str, head: bytes, said: str) -> None:
    """What the file is instead is said, with the ending that it should have."""
    (tmp_path / name).write_bytes(head + bytes(200))
    with pytest.raises(ImageError, match=said):
        read_facts(tmp_path / name)


def test_what_a_library_says_names_no_folder_and_no_bytes() -> None:
    error = ValueError("Invalid signature b'\\x07\\'\\xa7' in\n file '/srv/site/store/01a2/a b.nd2', or (/srv/x/y)")
    assert said_by(error) == "ValueError: Invalid signature … in file 'a b.nd2', or (y)"


@pytest.mark.parametrize("options", WRITTEN)
def test_truncated_tiff(tmp_path: Path, options: dict[str, Any]) -> None:
    """Cut anywhere, a TIFF is refused."""
    path = write_tiff(tmp_path / "whole.tif", **options)
    data = path.read_bytes()
    cut = tmp_path / "cut.tif"
    for length in range(1, len(data), max(1, len(data) // 41)):
        cut.write_bytes(data[:length])
        refused(cut, r"cut\.tif: ")


def test_tiff_with_any_byte_changed_never_ends_in_another_error(tmp_path: Path) -> None:
    path = write_tiff(tmp_path / "whole.tif", tile=(32, 32), compression="deflate")
    data = bytearray(path.read_bytes())
    rng = np.random.default_rng(7)
    broken = tmp_path / "broken.tif"
    for _ in range(200):
        changed = bytearray(data)
        for _ in range(3):
            changed[int(rng.integers(0, 700))] = int(rng.integers(0, 256))
        broken.write_bytes(changed)
        try:
            read_facts(broken)
            source = open_source(broken, 0)
            if np.prod(source.levels[0].shape, dtype=np.float64) < 1e6:
                whole(source)
        except ImageError:
            continue


def test_directory_that_leads_back_to_itself_ends(tmp_path: Path) -> None:
    path = tmp_path / "loop.tif"
    tifffile.imwrite(path, PIXELS[0], metadata=None)
    with tifffile.TiffFile(path) as tif:
        page = tif.pages[0]
        assert isinstance(page, tifffile.TiffPage)
        end = page.offset + 2 + 12 * len(page.tags)
        start = page.offset
    data = bytearray(path.read_bytes())
    data[end : end + 4] = struct.pack("<I", start)
    path.write_bytes(data)
    assert len(read_facts(path).images) == 1
    np.testing.assert_array_equal(whole(open_source(path, 0)).squeeze(), PIXELS[0])


@pytest.mark.parametrize(
    ("xml", "match"),
    [
        (f"{OME}<Image ID='Image:0'><Pixels></Image></OME>", r"OME-XML: is not well-formed XML \(line 1: "),
        (f"{OME}\n<Image>\n<Pixels", r"\(line 3: "),
        (f"{OME}<Image ID='Image:0'/></OME>", "the Image has no Pixels element"),
        (f"{OME}</OME>", "OME-XML: describes no Image"),
        (f"{OME}<Image><Pixels SizeX='abc'/></Image></OME>", r"Pixels/@SizeX \(line 1\): 'abc' is not a whole number"),
        (f"{OME}<Image><Pixels SizeX='0'/></Image></OME>", "is 0, but must be 1 or more"),
        (f"{OME}<Image><Pixels/></Image></OME>", "@SizeX.* is missing"),
    ],
)  # fmt: skip
def test_broken_ome_xml(tmp_path: Path, xml: str, match: str) -> None:
    refused(write_ome(tmp_path / "a.ome.tif", xml), match)


@pytest.mark.parametrize(
    ("pixels", "match"),
    [
        ("SizeX='64' SizeY='64' SizeZ='9' SizeC='1' SizeT='1' DimensionOrder='XYZCT'", "only 3 pages"),
        ("SizeX='65' SizeY='64' SizeZ='3' SizeC='1' SizeT='1' DimensionOrder='XYZCT'", "page 0 has 64 x 64"),
        ("SizeX='64' SizeY='64' SizeZ='3' SizeC='1' SizeT='1' DimensionOrder='XYZZT'", "'XYZZT' is not one of"),
        ("SizeX='64' SizeY='64' SizeZ='99999' SizeC='1' SizeT='99999' DimensionOrder='XYZCT'", "more than can be read"),
    ],
)  # fmt: skip
def test_ome_xml_that_does_not_fit_its_pages(tmp_path: Path, pixels: str, match: str) -> None:
    xml = f"{OME}<Image ID='Image:0'><Pixels ID='Pixels:0' Type='uint16' {pixels}><TiffData/></Pixels></Image></OME>"
    refused(write_ome(tmp_path / "a.ome.tif", xml), match)


def test_entities_of_ome_xml_are_refused() -> None:
    xml = b'<!DOCTYPE OME [<!ENTITY a SYSTEM "file:///etc/passwd">]><OME><Image Name="x"/>&a;</OME>'
    with pytest.raises(ImageError, match="document type"):
        read_ome(xml, path="a.ome.tif")


def test_tiff_changed_after_registration(tmp_path: Path) -> None:
    path = write_tiff(tmp_path / "a.tif")
    build_table(path, 0, tmp_path / "table")
    write_tiff(path, compression="zstd")
    with pytest.raises(ImageError, match=r"a\.tif: has changed since it was registered"):
        open_source(path, 0, tmp_path / "table")
    path.unlink()
    with pytest.raises(ImageError, match="no longer there"):
        open_source(path, 0, tmp_path / "table")


@pytest.mark.parametrize("at", [0, -1])
def test_a_file_changed_at_an_end_that_kept_its_size_and_time(tmp_path: Path, at: int) -> None:
    path, table = write_tiff(tmp_path / "a.tif"), tmp_path / "table"
    build_table(path, 0, table)
    assert is_unchanged(path, table)
    stat, data = path.stat(), bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(data)
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    with pytest.raises(ImageChanged, match="has changed since it was registered"):
        open_source(path, 0, table)


def test_tiff_cut_off_while_it_is_open(tmp_path: Path) -> None:
    path = write_tiff(tmp_path / "a.tif", tile=(32, 32))
    source = open_source(path, 0)
    os.truncate(path, 3000)
    with pytest.raises(ImageError, match="the file was cut off"):
        whole(source)


def test_tile_of_garbage(tmp_path: Path) -> None:
    path = write_tiff(tmp_path / "a.tif", tile=(32, 32), compression="deflate")
    raw = open_source(path, 0).raw_chunk(0, (0, 0, 1, 0, 0))
    assert raw is not None
    data = bytearray(path.read_bytes())
    data[raw.offset : raw.offset + raw.length] = b"x" * raw.length
    path.write_bytes(data)
    with pytest.raises(ImageError, match="strip or tile 0: cannot be decoded"):
        open_source(path, 0).read_chunk(0, (0, 0, 1, 0, 0))


def test_broken_table(tmp_path: Path) -> None:
    path = write_tiff(tmp_path / "a.tif")
    (tmp_path / "table").write_text("nonsense of some length")
    with pytest.raises(ImageError, match="chunk table: cannot be read"):
        open_source(path, 0, tmp_path / "table")


def test_no_such_image_chunk_or_region(tmp_path: Path) -> None:
    path = write_tiff(tmp_path / "a.tif")
    for series in (4, "4", "x"):
        with pytest.raises(ImageError, match="series"):
            open_source(path, series)
    source = open_source(path, 0)
    for level, index in ((1, (0, 0, 0, 0, 0)), (0, (0, 0, 0, 9, 0)), (0, (0, 0, -1, 0, 0))):
        with pytest.raises(IndexError):
            source.read_chunk(level, index)
        with pytest.raises(IndexError):
            source.raw_chunk(level, index)
    with pytest.raises(IndexError):
        read_region(source, 0, 0, 0, 0, 0, 65, 0, 64)


def test_zarr_without_metadata(tmp_path: Path) -> None:
    (tmp_path / "a.zarr").mkdir()
    refused(tmp_path / "a.zarr", r"zarr\.json or \.zattrs: is missing, so this is not a Zarr group")
    path = tmp_path / "b.zarr"
    zarr.create_array(path / "0", shape=(8, 8), dtype="uint8")
    zarr.open_group(path, mode="a")
    refused(path, "has no OME-NGFF metadata")
    (tmp_path / "c.zarr.zip").write_bytes(zip_folder(path, tmp_path / "x.zip").read_bytes())
    refused(tmp_path / "c.zarr.zip", "has no OME-NGFF metadata")


@pytest.mark.parametrize(
    ("file", "change", "match"),
    [
        ("zarr.json", lambda d: d["attributes"]["ome"].update(multiscales=[]), "multiscales: is missing"),
        ("zarr.json", lambda d: d["attributes"]["ome"]["multiscales"][0].update(datasets=[]), "datasets: is empty"),
        (
            "zarr.json",
            lambda d: d["attributes"]["ome"]["multiscales"][0]["datasets"][0].update(path="../../etc"),
            "'../../etc' is not a path inside this Zarr",
        ),
        (
            "zarr.json",
            lambda d: d["attributes"]["ome"]["multiscales"][0]["datasets"][0].update(path="7"),
            r"7/zarr\.json: is named in multiscales, but is not there",
        ),
        ("zarr.json", lambda d: d["attributes"]["ome"]["multiscales"][0]["axes"].pop(), "axes"),
        (
            "zarr.json",
            lambda d: d["attributes"]["ome"]["multiscales"][0]["datasets"][0].update(
                coordinateTransformations=[{"type": "scale", "scale": [1, 2]}]
            ),
            "does not give one number for each of the 3 axes",
        ),
        ("0/zarr.json", lambda d: d.update(codecs=[{"name": "magic"}]), r"0/zarr\.json: cannot .* \(codec 'magic'\)"),
        ("zarr.json", lambda d: d["attributes"]["ome"]["multiscales"][0].update(axes=5), "multiscales/axes"),
        (
            "zarr.json",
            lambda d: d["attributes"]["ome"]["multiscales"][0].update(coordinateTransformations=[[]]),
            "OME-NGFF metadata: has a value of another kind",
        ),
        ("0/zarr.json", lambda d: d.update(codecs=[{"name": 3}]), r"0/zarr\.json: cannot be read"),
        ("0/zarr.json", lambda d: d["chunk_key_encoding"]["configuration"].update(separator=0), "separator 0"),
        ("0/zarr.json", lambda d: d.pop("shape"), r"cannot be read \(shape\)"),
        ("0/zarr.json", lambda d: d.update(data_type="complex64"), "pixels of type complex64"),
        ("0/zarr.json", lambda d: d.update(shape=[3, 64, -64]), "do not fit"),
        (
            "0/zarr.json",
            lambda d: d["chunk_grid"]["configuration"].update(chunk_shape=[1, 10**6, 10**6]),
            "smaller chunks",
        ),
    ],
)  # fmt: skip
def test_broken_zarr_metadata(tmp_path: Path, file: str, change: Callable[[Any], None], match: str) -> None:
    path = write_zarr(tmp_path / "a.zarr")
    edit(path / file, change)
    refused(path, match)


def test_zarr_metadata_that_is_no_json(tmp_path: Path) -> None:
    path = write_zarr(tmp_path / "a.zarr")
    (path / "0" / "zarr.json").write_text("{")
    refused(path, r"0/zarr\.json: is not JSON")
    (path / "0" / "zarr.json").write_text("[]")
    refused(path, r"0/zarr\.json: is not a JSON object")


def test_chunk_of_garbage(tmp_path: Path) -> None:
    path = write_zarr(tmp_path / "a.zarr")
    (path / "0/c/0/0/0").write_bytes(b"garbage")
    with pytest.raises(ImageError, match=r"0/c/0/0/0: cannot be decoded"):
        open_source(path, "").read_chunk(0, (0, 0, 0, 0, 0))


def test_shard_that_was_cut(tmp_path: Path) -> None:
    path = write_zarr(tmp_path / "a.zarr", shards=(3, 64, 64))
    shard = path / "0/c/0/0/0"
    data = shard.read_bytes()
    for length in (5, len(data) // 2, len(data) - 1):
        shard.write_bytes(data[:length])
        with pytest.raises(ImageError, match=r"a\.zarr: "):
            whole(open_source(path, ""))


def test_link_out_of_a_zarr_folder(tmp_path: Path) -> None:
    path = write_zarr(tmp_path / "a.zarr")
    secret = tmp_path / "secret"
    secret.write_bytes(b"secret")
    (path / "0/c/0/0/0").unlink()
    (path / "0/c/0/0/0").symlink_to(secret)
    source = open_source(path, "")
    with pytest.raises(ImageError, match="leads out of the folder"):
        source.read_chunk(0, (0, 0, 0, 0, 0))
    raw = source.raw_chunk(0, (0, 0, 0, 0, 0))
    assert raw
    with pytest.raises(ImageError, match="leads out of the folder"):
        raw.read()
    (path / "zarr.json").unlink()
    (path / "zarr.json").symlink_to(secret)
    refused(path, "leads out of the folder")


@pytest.mark.parametrize("name", ["../evil", "/etc/evil", "a/../../evil", "..\\evil", "C:/evil"])
def test_zip_with_a_name_that_leaves_it(tmp_path: Path, name: str) -> None:
    path = zip_folder(write_zarr(tmp_path / "a.zarr"), tmp_path / "a.zarr.zip")
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(name, "x")
    refused(path, "points outside the archive")


def test_zip_bomb(tmp_path: Path) -> None:
    path = tmp_path / "bomb.zarr.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zarr.json", "{}")
        for number in range(4):
            archive.writestr(f"0/c/{number}", bytes(32 * 1024 * 1024))
    refused(path, "looks like a zip bomb")


def test_zip_that_was_cut_or_is_none(tmp_path: Path) -> None:
    path = zip_folder(write_zarr(tmp_path / "a.zarr"), tmp_path / "a.zarr.zip")
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    refused(path, "zip: is not a whole zip")
    path.write_text("text")
    refused(path, "zip: is not a whole zip")
    (tmp_path / "b.zip").write_bytes(zip_folder(tmp_path / "a.zarr" / "0", tmp_path / "x.zip").read_bytes())
    refused(tmp_path / "b.zip", "has no OME-NGFF metadata")


def test_member_that_unpacks_to_more_than_it_says(tmp_path: Path) -> None:
    path = zip_folder(
        write_zarr(tmp_path / "a.zarr", chunks=(3, 64, 64), compressors=None),
        tmp_path / "a.zarr.zip",
        zipfile.ZIP_DEFLATED,
    )
    with zipfile.ZipFile(path) as archive:
        info = archive.getinfo("0/c/0/0/0")
    data = bytearray(path.read_bytes())
    at = data.rindex(b"0/c/0/0/0") - 46
    assert data[at : at + 4] == b"PK\x01\x02"
    data[at + 24 : at + 28] = struct.pack("<I", info.file_size // 2)
    path.write_bytes(data)
    with pytest.raises(ImageError, match="unpacks to another size than it says"):
        open_source(path, "").read_chunk(0, (0, 0, 0, 0, 0))


def test_broken_ome_xml_beside_a_zarr(tmp_path: Path) -> None:
    path = write_zarr(tmp_path / "a.zarr")
    (path / "OME").mkdir()
    (path / "OME/METADATA.ome.xml").write_text("<OME>")
    with pytest.raises(ImageError, match=r"a\.zarr: OME-XML: is not well-formed"):
        read_facts(path)
