"""Olympus OIF and OIB, written here as FluoView lays them out, since there is no sample, and as oiffile reads them."""

import io
import struct
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import oiffile
import pytest
import tifffile

from imaging.errors import ImageError
from imaging.facts import KeyValue, Quantity
from imaging.readers import family_of, read_facts
from imaging.readers.oif import NAMESPACE, make_tables, open_planes
from imaging.source import open_source
from tests.imaging.readers.damage import only_image_errors
from tests.imaging.reading import whole

PIXELS = np.random.default_rng(6).integers(0, 4096, (2, 3, 4, 60, 50)).astype(np.uint16)  # t, c, z, y, x
SECTOR = 512
END, FREE, FAT = 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFD
SETTINGS = """[ProfileSaveInfo]
Name="a"
Version="1.0"
[File Info]
UserName="A. Person"
Path="W:\\Person, A\\"
UserComment="488 0.3%"
[Version Info]
SystemName="FLUOVIEW FV1000"
[Acquisition Parameters Common]
ImageCaputreDate='2011-05-06 07:08:09'
Magnification=60.0
ObjectiveLens Name="PLAPON 60X O NA:1.42"
ObjectiveLens NAValue=1.42
ObjectiveLens WDValue=0.15
[Reference Image Parameter]
ImageWidth=50
ImageHeight=60
ValidBitCounts=12
WidthConvertValue=0.103
WidthUnit="um"
HeightConvertValue=0.103
HeightUnit="um"
[Axis Parameter Common]
AxisOrder="XYZTC"
[Axis 3 Parameters Common]
AxisCode="Z"
MaxSize=4
StartPosition=1500.0
EndPosition=0.0
UnitName="nm"
[Axis 4 Parameters Common]
AxisCode="T"
MaxSize=2
StartPosition=0.0
EndPosition=30000.0
UnitName="ms"
[GUI Channel 1 Parameters]
CH Name="CHS1"
DyeName="Alexa Fluor 488"
EmissionWavelength=520
ExcitationWavelength=488
[GUI Channel 2 Parameters]
CH Name="CHS2"
EmissionWavelength=618
ExcitationWavelength=559
[Laser 0 Parameters]
LaserWavelength=488
Laser Enable=1
[Laser 1 Parameters]
LaserWavelength=405
Laser Enable=0
"""


def tiff(plane: np.ndarray, compression: str | None = None) -> bytes:
    out = io.BytesIO()
    tifffile.imwrite(out, plane, metadata=None, photometric="minisblack", compression=compression)
    return out.getvalue()


def planes(compression: str | None = None, times: int = 2) -> dict[str, bytes]:
    """The planes by name; one that was never taken, and a reference image of another size, besides."""
    _, c, z = PIXELS.shape[:3]
    every = {
        f"s_C{j + 1:03d}Z{k + 1:03d}T{i + 1:03d}.tif": tiff(PIXELS[i, j, k], compression)
        for i, j, k in np.ndindex(times, c, z)
    }
    every.pop("s_C003Z004T002.tif", None)
    return every | {"s_C001-R001.tif": tiff(np.zeros((9, 9), np.uint16))}


def expected() -> np.ndarray:
    pixels = PIXELS.copy()
    pixels[1, 2, 3] = 0
    return pixels


def write_oif(path: Path, compression: str | None = None, *, times: int = 2) -> Path:
    path.write_bytes("\ufeff".encode("utf-16-le") + SETTINGS.replace("\n", "\r\n").encode("utf-16-le"))
    folder = path.with_name(path.name + ".files")
    folder.mkdir()
    for name, data in planes(compression, times).items():
        (folder / name).write_bytes(data)
    return path


def compound(streams: Mapping[str, bytes], *, scattered: bool = False) -> bytes:
    """A compound file (MS-CFB, version 3, sectors of 512 bytes) of streams that all stand in the root; if `scattered`,
    a sector lies between the first and the second of each."""
    sectors: list[bytes] = []
    chain: dict[int, int] = {}
    starts: dict[str, int] = {}
    for name, data in streams.items():
        places = []
        for at in range(0, len(data), SECTOR):
            places.append(len(sectors))
            sectors.append(data[at : at + SECTOR].ljust(SECTOR, b"\0"))
            if scattered and at == 0:
                chain[len(sectors)] = END
                sectors.append(bytes(SECTOR))
        starts[name] = places[0]
        chain |= dict(zip(places, [*places[1:], END], strict=True))
    entries = [("Root Entry", 5, 1, END, 0, FREE)]
    names = list(streams)
    for number, name in enumerate(names, 1):
        right = number + 1 if number < len(names) else FREE
        entries.append((name, 2, FREE, starts[name], len(streams[name]), right))
    directory = b"".join(
        (name.encode("utf-16-le") + b"\0\0").ljust(64, b"\0")
        + struct.pack("<HBBIII16sIQQIQ", 2 * len(name) + 2, kind, 1, FREE, right, child, b"", 0, 0, 0, start, size)
        for name, kind, child, start, size, right in entries
    )
    first = len(sectors)
    for at in range(0, len(directory), SECTOR):
        chain[len(sectors)] = len(sectors) + 1 if at + SECTOR < len(directory) else END
        sectors.append(directory[at : at + SECTOR].ljust(SECTOR, b"\0"))
    tables = 1
    while tables * 128 < len(sectors) + tables:
        tables += 1
    fat = [chain.get(number, END) for number in range(len(sectors))] + [FAT] * tables
    fat += [FREE] * (tables * 128 - len(fat))
    difat = [len(sectors) + number for number in range(tables)]
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + struct.pack(
        "<16sHHHHHHIIIIIIIIII", b"", 0x3E, 3, 0xFFFE, 9, 6, 0, 0, 0, tables, first, 0, 0, END, 0, END, 0
    )
    head += struct.pack("<109I", *difat, *[FREE] * (109 - tables))
    return head + b"".join(sectors) + struct.pack(f"<{len(fat)}I", *fat)


def write_oib(path: Path, compression: str | None = None, *, scattered: bool = False, times: int = 2) -> Path:
    def text(content: str) -> bytes:
        return b"\xff\xfe" + content.replace("\n", "\r\n").encode("utf-16-le")

    files = {"a.oif": text(SETTINGS)} | {
        f"Storage00001/{name}": data for name, data in planes(compression, times).items()
    }
    lines = ["[OibSaveInfo]", "Name=a.oib", "Version=2.0", "MainFileName=Stream00000", "Storage00001=a.oif.files"]
    lines += [f"Stream{number:05d}={name}" for number, name in enumerate(files)]
    streams = {"OibInfo.txt": text("\n".join(lines) + "\n")}
    streams |= {f"Stream{number:05d}": data for number, data in enumerate(files.values())}
    path.write_bytes(compound(streams, scattered=scattered))
    return path


@pytest.mark.parametrize("write", [write_oif, write_oib])
def test_what_fluoview_says(tmp_path: Path, write: object) -> None:
    path = write_oif(tmp_path / "a.oif") if write is write_oif else write_oib(tmp_path / "a.oib")
    facts = read_facts(path)
    (image,) = facts.images
    assert (image.size_t, image.size_c, image.size_z, image.size_y, image.size_x) == PIXELS.shape
    assert (image.pixel_type, image.significant_bits) == ("uint16", 12)
    assert image.acquisition_date == "2011-05-06T07:08:09"
    assert image.physical_size_x == image.physical_size_y == Quantity(0.103, "µm", "0.103")
    assert image.physical_size_z == Quantity(500.0, "nm")
    assert image.time_increment == Quantity(30000.0, "ms")
    assert [channel.name for channel in image.channels] == ["Alexa Fluor 488", "CHS2", ""]
    first = image.channels[0]
    assert (first.fluor, first.emission_wavelength, first.excitation_wavelength) == (
        "Alexa Fluor 488", Quantity(520.0, "nm"), Quantity(488.0, "nm")
    )  # fmt: skip
    assert (image.experimenter_ref, [one.user_name for one in facts.experimenters]) == ("Experimenter:0", ["A. Person"])
    assert KeyValue(NAMESPACE, "File Info/UserComment", "488 0.3%") in facts.key_values
    assert not [pair for pair in facts.key_values if "Person" in pair.value]
    (instrument,) = facts.instruments
    assert instrument.microscope is not None
    assert instrument.microscope.model == "FLUOVIEW FV1000"
    assert instrument.objectives[0].model == "PLAPON 60X O NA:1.42"
    assert instrument.objectives[0].attributes == (
        ("LensNA", "1.42"), ("NominalMagnification", "60.0"), ("WorkingDistance", "0.15"),
        ("WorkingDistanceUnit", "mm"),
    )  # fmt: skip
    assert [source.attributes for source in instrument.light_sources] == [(("Wavelength", "488"),)]
    assert KeyValue(NAMESPACE, "Axis Parameter Common/AxisOrder", "XYZTC") in facts.key_values
    assert len(facts.beside) == (24 if write is write_oif else 0)  # the preview, too


def test_pixels_of_an_oif(tmp_path: Path) -> None:
    path = write_oif(tmp_path / "a.oif")
    assert family_of(path).name == "oif"
    table = next(make_tables(path, [""]))
    assert (table.header["kind"], len(table.header["identity"])) == ("segments", 24)
    np.testing.assert_array_equal(whole(open_source(path, "")), expected())
    with oiffile.OifFile(path) as file:
        np.testing.assert_array_equal(file.asarray("a.oif.files/s_C002Z003T001.tif"), PIXELS[0, 1, 2])


@pytest.mark.parametrize("scattered", [False, True])
def test_pixels_of_an_oib(tmp_path: Path, scattered: bool) -> None:
    path = write_oib(tmp_path / "a.oib", scattered=scattered)
    table = next(make_tables(path, [""]))
    assert table.header["kind"] == ("planes" if scattered else "segments")
    np.testing.assert_array_equal(whole(open_source(path, "")), expected())
    with oiffile.OifFile(path) as file:
        np.testing.assert_array_equal(file.asarray("Storage00001/s_C002Z003T001.tif"), PIXELS[0, 1, 2])


def test_compressed_planes_are_decoded(tmp_path: Path) -> None:
    path = write_oif(tmp_path / "a.oif", "zlib")
    table = next(make_tables(path, [""]))
    assert table.header["kind"] == "planes"
    decoder = open_planes(path, table.header)
    np.testing.assert_array_equal(decoder.read(0, 1, 0, 2, 3, 5, 20, 7, 40), PIXELS[1, :2, 3, 5:20, 7:40])
    decoder.close()


def test_what_is_missing(tmp_path: Path) -> None:
    path = write_oif(tmp_path / "a.oif")
    folder = tmp_path / "a.oif.files"
    folder.rename(tmp_path / "elsewhere")
    with pytest.raises(ImageError, match=r"the folder “a\.oif\.files” with its planes is not beside it"):
        read_facts(path)
    folder.mkdir()
    with pytest.raises(ImageError, match="there is no plane in it"):
        open_source(path, "")


def test_damaged(tmp_path: Path) -> None:
    said = only_image_errors(write_oib(tmp_path / "a.oib"), tmp_path)
    assert any("cut-" in one for one in said)
