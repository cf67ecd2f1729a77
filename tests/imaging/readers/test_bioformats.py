"""What Bio-Formats opens, by real Java processes: it says what our own readers say, and nothing is left running."""

import os
import select
import socket
import struct
from collections.abc import Iterator
from pathlib import Path
from threading import Timer

import numpy as np
import pytest
import tifffile
from PIL import Image

from imaging import limited
from imaging.errors import ImageError
from imaging.facts import ImageFacts
from imaging.pixels import Planes
from imaging.readers import bioformats, can_read, family_of, read_facts
from imaging.readers.bioformats import sidecar
from imaging.representations.ome_zarr import OmeZarrView
from imaging.representations.view import About
from imaging.source import open_source, read_region
from tests.imaging.readers.damage import only_image_errors
from tests.imaging.reading import as_group, level_of

pytestmark = pytest.mark.usefixtures("bioformats")

VOLUME = np.arange(3 * 40 * 50, dtype=np.uint16).reshape(3, 40, 50) * 7
# sample: what Bio-Formats gives otherwise than our reader, besides dates and the pictures beside a slide
TRUTH = {
    "03_vendor/czi/CellDivision_T3_Z5_CH2_X240_Y170.czi": set[str](),
    "03_vendor/nd2/example-zstack.nd2": set[str](),
    "03_vendor/nd2/example-multichannel.nd2": set[str](),
    "01_fluorescence/ometiff_from_nd2/example-zstack.ome.tif": set[str](),
    "01_fluorescence/neubias/xyzc_16bit__dna_conf_wf.tif": set[str](),
    "03_vendor/wsi/CMU-1-Small-Region.svs": set[str](),
    "03_vendor/wsi/test3-DAPI-2-(387).ndpi": set[str](),
    "03_vendor/dicom/wsi_camelyon_multiframe.dcm": set[str](),
    "03_vendor/em/EELS_SI.dm4": {"physical_size_z"},  # it gives energies a length
    "03_vendor/ims/brain_crop3_lowres.ims": {"level_count", "channel names"},  # levels of fewer slices are images
}


@pytest.fixture(scope="module", autouse=True)
def _no_java_is_left() -> Iterator[None]:
    yield
    sidecar.stop()


def nrrd(path: Path, pixels: np.ndarray = VOLUME, *, more: str = "", file: str = "") -> Path:
    """An NRRD (format version 4) of unsigned 16-bit slices, in a file of its own where one is named."""
    z, y, x = pixels.shape
    head = f"NRRD0004\ntype: uint16\ndimension: 3\nsizes: {x} {y} {z}\nspacings: 0.5 0.25 2\n"
    head += "endian: little\nencoding: raw\n"
    head += f"data file: {file}\n" if file else ""
    data = pixels.astype("<u2").tobytes()
    path.write_bytes(head.encode() + more.encode() + b"\n" + (b"" if file else data))
    if file:
        path.with_name(file).write_bytes(data)
    return path


def planes_of(path: Path, series: str = "") -> Planes:
    (table,) = bioformats.make_tables(path, [series])
    return bioformats.open_planes(path, table.header)


def said_of(image: ImageFacts) -> dict[str, object]:
    found: dict[str, object] = {"channel names": [" ".join(channel.name.split()) for channel in image.channels]}
    for name in ("pixel_type", "level_count", *(f"size_{axis}" for axis in "xyzct")):
        found[name] = getattr(image, name)
    for name in ("physical_size_x", "physical_size_y", "physical_size_z"):
        size = getattr(image, name)
        found[name] = size and (round(size.value, 6), size.unit)
    return found


@pytest.mark.parametrize("name", TRUTH)
def test_it_says_and_shows_what_our_own_reader_does(shared: Path, name: str) -> None:
    path = shared / "samples" / name
    ours, theirs = read_facts(path).images[0], bioformats.read(path).images[0]
    one, other = said_of(ours), said_of(theirs)
    assert {field for field in one if one[field] != other[field]} == TRUTH[name]
    source, planes = open_source(path, ours.series_path), planes_of(path, theirs.series_path)
    for level in range(min(len(source.levels), theirs.level_count)):
        t, c, z, y, x = source.levels[level].shape
        for at in {(0, 0, 0), (t // 2, c // 2, z // 2), (t - 1, c - 1, z - 1)}:
            y0, x0 = max(0, y - 400) // 2, max(0, x - 300) // 2
            box = (y0, min(y, y0 + 400), x0, min(x, x0 + 300))
            mine = read_region(source, level, *at, *box)
            found = planes.read(level, at[0], at[1], at[1] + 1, at[2], *box)[0]
            if level and name.endswith(".ndpi"):  # another decoder of JPEG
                assert np.abs(found.astype(int) - mine).max() <= 2
            else:
                np.testing.assert_array_equal(found, mine)
    planes.close()


def test_a_file_that_no_other_reader_opens_becomes_a_zarr(tmp_path: Path) -> None:
    path = nrrd(tmp_path / "Größe (1) [2] – µ.nrrd", more="content: mouse kidney\nPatient Name:=Jane\n")
    facts = limited.read_facts(path)
    (image,) = facts.images
    assert (facts.format, image.size_x, image.size_y, image.size_z) == ("image/x-nrrd", 50, 40, 3)
    sizes = (image.physical_size_x, image.physical_size_y, image.physical_size_z)
    assert [size and (size.value, size.unit) for size in sizes] == [(0.5, "µm"), (0.25, "µm"), (2, "µm")]
    pairs = {pair.name: pair.value for pair in facts.key_values}
    assert pairs["content"] == "mouse kidney"
    assert "Jane" not in repr(facts)
    assert [(one.kind, one.where) for one in facts.findings] == [("name", "Patient Name")]
    limited.make_tables(path, [image.series_path], [tmp_path / "table"])
    source = open_source(path, image.series_path, tmp_path / "table")
    np.testing.assert_array_equal(level_of(as_group(OmeZarrView(source, About()), source), 0)[0, 0], VOLUME)


def test_the_other_file_of_a_set_is_named_and_must_lie_in_the_same_folder(tmp_path: Path) -> None:
    path = nrrd(tmp_path / "cells.nhdr", file="cells.raw")
    facts = limited.read_facts(path)
    assert facts.beside == ("cells.raw",)
    limited.make_tables(path, [""], [tmp_path / "table"])
    source = open_source(path, "", tmp_path / "table")
    np.testing.assert_array_equal(read_region(source, 0, 0, 0, 2, 0, 40, 0, 50), VOLUME[2])
    (tmp_path / "cells.raw").unlink()
    with pytest.raises(ImageError, match=r"cells\.raw"):
        open_source(path, "", tmp_path / "table")
    with pytest.raises(ImageError, match=r"cells\.raw"):
        planes_of(path)


def test_nothing_is_given_of_files_elsewhere(tmp_path: Path) -> None:
    for number in range(2):
        tifffile.imwrite(tmp_path / f"secret_z{number}.tif", VOLUME[number])
    path = tmp_path / "in" / "a.pattern"
    path.parent.mkdir()
    path.write_text(f"{tmp_path}/secret_z<0-1>.tif")
    with pytest.raises(ImageError, match=r"a\.pattern: companion file: needs .*secret_z0\.tif.* outside of its own"):
        bioformats.read(path)


def fake(folder: Path, name: str) -> Path:
    """A picture that Bio-Formats makes up from a name: series, plane, z, c and t stand in squares of 10 pixels, beside
    them each pixel's x."""
    path = folder / f"{name}.fake"
    path.write_text("[GlobalMetadata]\nkey=value\n")
    return path


@pytest.mark.parametrize("order", ["little=true", "little=false"])
@pytest.mark.parametrize("samples", ["rgb=1", "rgb=3&interleaved=true", "rgb=3&interleaved=false"])
def test_planes_levels_and_samples_are_told_apart(tmp_path: Path, order: str, samples: str) -> None:
    sizes = "sizeX=600&sizeY=300&sizeZ=2&sizeC=6&sizeT=2&series=2&resolutions=3&pixelType=uint16"
    path = fake(tmp_path, f"t&{sizes}&{order}&{samples}")
    facts = bioformats.read(path)
    assert [(image.series_path, image.level_count, len(image.channels)) for image in facts.images] == [
        ("0", 3, 6), ("1", 3, 6),
    ]  # fmt: skip
    (table,) = bioformats.make_tables(path, ["1"])
    assert [level["shape"][3:] for level in table.header["levels"]] == [[300, 600], [150, 300], [75, 150]]
    planes, each = bioformats.open_planes(path, table.header), table.header["samples"]
    assert each == int(samples[4])
    for level, (t, c, z) in ((0, (1, 4, 1)), (2, (0, 5, 1)), (1, (1, 1, 0))):
        found = planes.read(level, t, c, c + 1, z, 0, 20, 0, 70)[0]
        marks = [int(found[0, 10 * number]) for number in (0, 2, 3, 4)]
        assert marks == [1, z, c, t]
        assert found[19, 60:].tolist() == list(range(60, 70))
    planes.close()


def test_a_palette_is_unfolded_into_colours(tmp_path: Path) -> None:
    numbers = np.arange(24, dtype=np.uint8).reshape(4, 6)
    colours = np.array([(250 - n, 3 * n, n) for n in range(24)], np.uint8)
    rows = b"".join(row.tobytes() + b"\0\0" for row in numbers[::-1])
    table = b"".join(bytes((blue, green, red, 0)) for red, green, blue in colours)
    head = struct.pack("<2sIHHIIiiHHIIiiII", b"BM", 54 + 96 + 32, 0, 0, 150, 40, 6, 4, 1, 8, 0, 32, 2835, 2835, 24, 0)
    path = tmp_path / "palette.bmp"
    path.write_bytes(head + table + rows)
    (image,) = bioformats.read(path).images
    assert [channel.name for channel in image.channels] == ["Red", "Green", "Blue"]
    found = planes_of(path).read(0, 0, 0, 3, 0, 0, 4, 0, 6)
    np.testing.assert_array_equal(found.transpose(1, 2, 0), colours[numbers])


def test_damaged_files_are_refused_in_words(tmp_path: Path) -> None:
    said = only_image_errors(nrrd(tmp_path / "a.nrrd"), tmp_path, head=140)
    assert said
    assert not any(str(tmp_path) in one for one in said)
    path = tmp_path / "text.oir"
    path.write_text("no image at all")
    with pytest.raises(ImageError, match=r"text\.oir: "):
        limited.read_facts(path)
    path = path.rename(tmp_path / "text.bin1")
    with pytest.raises(ImageError, match=r"text\.bin1: file: is of no kind that Bio-Formats reads"):
        bioformats.read(path)


def javas(folder: Path) -> list[int]:
    """The Java processes whose folder for what they unpack is in this one."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if f"java.io.tmpdir={folder}/" in (process / "cmdline").read_text():
                found.append(int(process.name))
        except OSError:
            continue
    return found


def ends(pid: int) -> bool:
    """Whether a process is gone, or goes within 60 seconds."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([descriptor], [], [], 60)[0])
    finally:
        os.close(descriptor)


def becomes_a_pipe(path: Path) -> Path:
    """Who opens it now waits until somebody writes to it."""
    path.unlink()
    os.mkfifo(path)
    return path


def test_a_file_that_makes_it_hang_ends_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its time is over, and Java ends with the process that asked it."""
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    (tmp_path / "tmp").mkdir()
    pool = limited._Pool()
    monkeypatch.setattr(limited, "_POOL", pool)
    path = nrrd(tmp_path / "a.nhdr", file="a.raw")
    limited.make_tables(path, [""], [tmp_path / "table"])
    source = open_source(path, "", tmp_path / "table")
    np.testing.assert_array_equal(source.read_chunk(0, (0, 0, 0, 0, 0))[0, 0, 0], VOLUME[0])
    (java,) = javas(tmp_path / "tmp")
    becomes_a_pipe(tmp_path / "a.raw")
    monkeypatch.setattr(limited, "SECONDS_PIXELS", 1.0)
    with pytest.raises(ImageError, match=r"a\.nhdr: file: could not be read within 1 seconds"):
        source.read_chunk(0, (0, 0, 1, 0, 0))
    assert ends(java)
    assert not list((tmp_path / "tmp").iterdir())
    pool.end()


def test_one_that_dies_is_replaced(tmp_path: Path) -> None:
    path = nrrd(tmp_path / "a.nhdr", file="a.raw")
    planes = planes_of(path)
    becomes_a_pipe(tmp_path / "a.raw")
    killing = Timer(0.5, sidecar._running[0]._process.kill)
    killing.start()
    with pytest.raises(ImageError, match=r"a\.nhdr: file: made Bio-Formats stop \(signal 9\)"):
        planes.read(0, 0, 0, 1, 0, 0, 40, 0, 50)
    killing.join()
    assert bioformats.read(nrrd(tmp_path / "b.nrrd")).images


def test_too_large_a_plane_is_said_and_the_next_is_read(tmp_path: Path) -> None:
    path = nrrd(tmp_path / "a.nrrd", VOLUME[:1])
    path.write_bytes(path.read_bytes().replace(b"sizes: 50 40 1", b"sizes: 40000 40000 1"))
    os.truncate(path, 40000 * 40000 * 2 + 1000)
    planes = planes_of(path)
    assert planes.read(0, 0, 0, 1, 0, 39000, 39010, 39000, 39010).shape == (1, 10, 10)
    with pytest.raises(ImageError, match=r"needs more than the 2g of memory"):
        planes.read(0, 0, 0, 1, 0, 0, 32000, 0, 32000)
    assert planes_of(path).read(0, 0, 0, 1, 0, 0, 1, 0, 3).shape == (1, 1, 3)


def test_it_reaches_no_network(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        address = f"http://127.0.0.1:{server.getsockname()[1]}/a.png"
        with pytest.raises(ImageError):
            sidecar.sidecar_for(tmp_path).ask(tmp_path, {"do": "open", "path": address})
        with pytest.raises(BlockingIOError):
            server.accept()


def test_without_it_nothing_is_read_and_the_error_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = nrrd(tmp_path / "a.nrrd")
    assert can_read(path.name)
    monkeypatch.delenv("VITRINE_BIOFORMATS_JAR")
    assert not can_read(path.name)
    assert family_of(path).name == "bioformats"
    with pytest.raises(ImageError, match=r"a\.nrrd: format: needs Bio-Formats.*VITRINE_BIOFORMATS_JAR.*JDK"):
        read_facts(path)


@pytest.mark.parametrize(
    ("dpi", "size", "said"), [(254000, 0.1, []), (600, None, ["600 x 600"]), (96, None, ["96 x 96"])]
)
def test_a_bitmap_has_a_pixel_size_of_a_microscope_only(
    tmp_path: Path, dpi: int, size: float | None, said: list[str]
) -> None:
    path = tmp_path / "a.bmp"
    Image.fromarray(VOLUME[0].astype(np.uint8)).save(path, dpi=(dpi, dpi))
    image = read_facts(path).images[0]
    assert (image.physical_size_x and round(image.physical_size_x.value, 6)) == size
    assert [pair.value for pair in image.key_values if pair.name == "Resolution, no pixel size"] == said


def test_a_cut_bitmap_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.bmp"
    Image.fromarray(VOLUME[0].astype(np.uint8)).save(path)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) * 2 // 5])
    with pytest.raises(ImageError, match="it is truncated"):
        read_facts(path)
