"""Dialects of TIFF, written here tag by tag as their makers do: no sample may be shared."""

import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

from imaging.errors import ImageError
from imaging.facts import ComponentFacts, FileFacts, KeyValue, Quantity
from imaging.readers import read_facts
from imaging.source import open_source
from tests.imaging.readers.damage import only_image_errors
from tests.imaging.reading import whole

PIXELS = np.random.default_rng(6).integers(0, 4000, (3, 2, 4, 20, 30)).astype(np.uint16)  # t, c, z, y, x
LSM = np.ascontiguousarray(PIXELS.swapaxes(0, 1))  # two time points of three channels
ASCII, BYTE, LONG, RATIONAL = 2, 1, 4, 5


def tag(code: int, kind: int, data: bytes) -> tuple[int, int, int, bytes, bool]:
    """A tag of the first page only."""
    size = {ASCII: 1, BYTE: 1, LONG: 4, RATIONAL: 8}[kind]
    return code, kind, len(data) // size, data, True


def one_page(path: Path, *tags: tuple[int, int, int, bytes, bool], **options: Any) -> Path:
    tifffile.imwrite(
        path, PIXELS[0, 0, 0], metadata=None, photometric="minisblack", extratags=tags, byteorder="<", **options
    )  # fmt: skip
    return path


def patch(path: Path, code: int, place: int, value: int, page: int = 0) -> None:
    """Write another number into the entry of a page's tag."""
    data = bytearray(path.read_bytes())
    with tifffile.TiffFile(path) as tif:
        start = tif.pages[page].offset
    for number in range(struct.unpack_from("<H", data, start)[0]):
        at = start + 2 + 12 * number
        if struct.unpack_from("<H", data, at)[0] == code:
            struct.pack_into("<I", data, at + place, value)
    path.write_bytes(data)


def patch_count(path: Path, code: int, count: int) -> None:
    """Say another count, as MetaMorph does."""
    patch(path, code, 4, count)


def point_at(path: Path, code: int, offset: int, page: int = 0) -> None:
    """Say that a value stands elsewhere."""
    patch(path, code, 8, offset, page)


def scan_information() -> bytes:
    """Sub-blocks of entry, type, size and value: a recording with a track whose laser is on, and one whose is off."""

    def entry(code: int, value: str | float | int | None = None) -> bytes:
        if value is None:
            return struct.pack("<3I", code, 0, 0)
        if isinstance(value, str):
            return struct.pack("<3I", code, 2, len(value) + 1) + value.encode() + b"\0"
        return struct.pack("<3I", code, *((4, 4) if isinstance(value, int) else (5, 8))) + struct.pack(
            "<i" if isinstance(value, int) else "<d", value
        )

    end, track = entry(0xFFFFFFFF), b""
    for name, wavelength, is_on in (("Ch2", 488.00000000000006, 1), ("Ch3", 543.0, 0)):
        detector = [entry(0x70000014, name), entry(0x70000026, "FITC"), entry(0x70000009, 41.5), end]
        laser = [entry(0x90000003, wavelength), entry(0x90000004, is_on), end]
        track += b"".join((
            entry(0x40000000), entry(0x60000000), entry(0x70000000), *detector, end,
            entry(0x80000000), entry(0x90000000), *laser, end, end,
        ))  # fmt: skip
    recording = [entry(0x10000004, "C-Apo 40x"), entry(0x10000036, 42888.5), entry(0x10000047, "A. Person")]
    return b"".join((entry(0x10000000), *recording, entry(0x20000000), track, end, end))


def write_lsm(path: Path, scan_type: int = 6, positions: int = 0) -> Path:
    """Planes with their thumbnails, CZ_LSMINFO in the first page, channel colours and times behind the last."""
    info = np.zeros(1, np.dtype(tifffile.TIFF.CZ_LSMINFO))[0]
    info["MagicNumber"], info["StructureSize"] = 67127628, info.dtype.itemsize
    t, c, z, y, x = LSM.shape
    info["DimensionX"], info["DimensionY"], info["DimensionZ"] = x, y, z
    info["DimensionChannels"], info["DimensionTime"] = c, 1 if positions else t
    info["DimensionP"] = positions
    info["VoxelSizeX"] = info["VoxelSizeY"] = 1.1e-7
    info["VoxelSizeZ"], info["TimeIntervall"], info["ScanType"] = 4e-7, 2.5, scan_type
    with tifffile.TiffWriter(path, byteorder="<") as tiff:
        for number, (time, depth) in enumerate(np.ndindex(t, z)):
            tags = [tag(34412, BYTE, info.tobytes())] if number == 0 else []
            tiff.write(
                LSM[time, :, depth], photometric="minisblack", planarconfig="separate", metadata=None, extratags=tags
            )  # fmt: skip
            tiff.write(np.zeros((8, 8), np.uint8), subfiletype=1, metadata=None)
    data = bytearray(path.read_bytes())
    at = data.index(info.tobytes())
    names = b"".join(struct.pack("<I", len(name) + 1) + name + b"\0" for name in (b"Ch1", b"Ch2-T1", b"Ch3-T2"))
    colours = bytes([255, 0, 0, 0, 0, 255, 0, 0, 0, 0, 255, 0])
    info["OffsetChannelColors"] = len(data)
    size = 24 + len(colours) + len(names)
    data += struct.pack("<6I", size, 3, 3, 24, 24 + len(colours), 0) + colours + names
    info["OffsetScanInformation"] = len(data)
    data += scan_information()
    info["OffsetTimeStamps"] = len(data)
    data += struct.pack("<2i2d", 8 + 16, 2, 10.0, 12.5)
    data[at : at + info.dtype.itemsize] = info.tobytes()
    path.write_bytes(data)
    return path


def test_lsm(tmp_path: Path) -> None:
    path = write_lsm(tmp_path / "a.lsm")
    facts = read_facts(path)
    (image,) = facts.images  # thumbnails are none
    assert (image.size_t, image.size_c, image.size_z, image.size_y, image.size_x) == LSM.shape
    assert (image.physical_size_x, image.physical_size_z) == (Quantity(0.11, "µm"), Quantity(0.4, "µm"))
    assert image.time_increment == Quantity(2.5, "s")
    assert [(channel.name, channel.color) for channel in image.channels] == [
        ("Ch1", "#ff0000"), ("Ch2-T1", "#00ff00"), ("Ch3-T2", "#0000ff"),
    ]  # fmt: skip
    assert image.planes is not None
    np.testing.assert_array_equal(image.planes.delta_t[:: LSM.shape[1] * LSM.shape[2]], [0, 2.5])
    assert image.acquisition_date == "2017-06-02T12:00:00"
    assert (image.experimenter_ref, facts.experimenters[0].user_name) == ("Experimenter:0", "A. Person")
    first, second, third = image.channels
    assert (second.fluor, second.pinhole_size) == ("FITC", Quantity(41.5, "µm"))
    assert (second.excitation_wavelength, second.light_source_ref) == (Quantity(488.0, "nm"), "LightSource:0")
    assert first.excitation_wavelength is third.excitation_wavelength is None
    assert [laser.attributes for laser in facts.instruments[0].light_sources] == [(("Wavelength", "488"),)]
    assert "A. Person" not in {pair.value for pair in facts.key_values}
    assert KeyValue("zeiss.com/lsm", "VoxelSizeX", "1.1e-07") in facts.key_values
    np.testing.assert_array_equal(whole(open_source(path, "")), LSM)
    with tifffile.TiffFile(path) as tif:
        np.testing.assert_array_equal(tif.series[0].asarray().transpose(0, 2, 1, 3, 4), LSM)


def test_positions_of_an_lsm_are_images(tmp_path: Path) -> None:
    path = write_lsm(tmp_path / "a.lsm", scan_type=0, positions=2)
    facts = read_facts(path)
    assert [image.series_path for image in facts.images] == ["0", "1"]
    assert {(image.size_t, image.size_c, image.size_z) for image in facts.images} == {(1, 3, 4)}
    for number in range(2):
        np.testing.assert_array_equal(whole(open_source(path, str(number)))[0], LSM[number])


def write_stk(path: Path, **options: Any) -> Path:
    """A page whose strip goes on with the other planes; UIC2 counts planes, not numbers."""
    planes = PIXELS[0, 0]
    uic2 = np.array([[2, 1, 2460000, 1000 * number, 2460000, 0] for number in range(len(planes))], "<u4").tobytes()
    unit = b"um\0"
    uic1 = np.array([3, 1, 4, 0, 5, 0, 6, 0], "<u4")
    one_page(path, tag(33628, LONG, uic1.tobytes()), tag(33629, RATIONAL, uic2), **options)
    data = bytearray(path.read_bytes())
    at = data.index(uic1.tobytes())
    data += planes[1:].tobytes()
    for place, extra in ((3, struct.pack("<2I", 13, 100)), (5, struct.pack("<2I", 13, 100)),
                         (7, struct.pack("<I", len(unit)) + unit)):  # fmt: skip
        uic1[place] = len(data)
        data += extra
    data[at : at + uic1.nbytes] = uic1.tobytes()
    path.write_bytes(data)
    patch_count(path, 33628, 4)
    patch_count(path, 33629, len(planes))
    return path


def test_stk(tmp_path: Path) -> None:
    path = write_stk(tmp_path / "a.stk")
    facts = read_facts(path)
    (image,) = facts.images
    assert (image.size_t, image.size_c, image.size_z) == (1, 1, 4)
    assert (image.physical_size_x, image.physical_size_z) == (Quantity(0.13, "µm"), Quantity(2.0, "µm"))
    assert image.acquisition_date == "2023-02-25T00:00:00.000"
    assert image.planes is not None
    np.testing.assert_array_equal(image.planes.delta_t, [0, 1, 2, 3])
    assert KeyValue("metamorph/stk", "CalibrationUnits", "um") in facts.key_values
    np.testing.assert_array_equal(whole(open_source(path, ""))[0, 0], PIXELS[0, 0])
    np.testing.assert_array_equal(tifffile.imread(path), PIXELS[0, 0])


def test_compressed_planes_in_one_page_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match="its one page holds several planes, and is compressed"):
        read_facts(write_stk(tmp_path / "a.stk", compression="zlib"))


def test_metaseries(tmp_path: Path) -> None:
    props = [
        ("spatial-calibration-x", "float", "0.65"), ("spatial-calibration-y", "float", "0.65"),
        ("spatial-calibration-units", "string", "um"), ("wavelength", "float", "447"),
        ("stage-position-x", "float", "1234.5"), ("stage-position-y", "float", "-77.25"), ("z-position", "float", "3"),
        ("acquisition-time-local", "time", "20240102 03:04:05.678"), ("_IllumSetting_", "string", "DAPI"),
        ("_MagSetting_", "string", "20X Plan Apo"), ("_MagNA_", "float", "0.75"),
        ("Exposure Time", "string", "15 ms"), ("Instrument Serial Number", "string", "516"),
    ]  # fmt: skip
    lines = "".join(f'<prop id="{name}" type="{kind}" value="{value}"/>' for name, kind, value in props)
    xml = f"<MetaData><PlaneInfo>{lines}</PlaneInfo></MetaData>"
    path = one_page(tmp_path / "a.tif", description=xml, software="MetaSeries")
    facts = read_facts(path)
    (image,) = facts.images
    assert image.physical_size_x == Quantity(0.65, "µm")
    assert image.acquisition_date == "2024-01-02T03:04:05.678000"
    assert (image.channels[0].name, image.channels[0].emission_wavelength) == ("DAPI", Quantity(447.0, "nm"))
    assert image.planes is not None
    assert (image.planes.position_x[0], image.planes.position_y[0], image.planes.position_z[0]) == (1234.5, -77.25, 3)
    assert (image.planes.exposure_time[0], image.planes.exposure_time_unit) == (15, "ms")
    (instrument,) = facts.instruments
    assert [(one.model, one.attributes) for one in instrument.objectives] == [("20X Plan Apo", (("LensNA", "0.75"),))]
    assert instrument.microscope == ComponentFacts("Microscope", serial_number="516")
    assert KeyValue("metamorph/metaseries", "PlaneInfo/_IllumSetting_", "DAPI") in facts.key_values
    assert "ImageDescription" not in {pair.name for pair in facts.key_values}


def test_fei(tmp_path: Path) -> None:
    text = (
        "[User]\r\nUser=person\r\nDate=01/31/2024\r\nTime=10:11:12 AM\r\n"
        "[System]\r\nSystemType=Helios 5\r\nDnumber=9922\r\n"
        "[Scan]\r\nPixelWidth=3.37e-009\r\nPixelHeight=3.37e-009\r\n[Detectors]\r\nName=TLD\r\n[Beam]\r\nHV=2000\r\n"
    )
    facts = read_facts(one_page(tmp_path / "a.tif", tag(34682, ASCII, text.encode())))
    (image,) = facts.images
    assert image.physical_size_x == Quantity(0.00337, "µm")
    assert image.acquisition_date == "2024-01-31T10:11:12"
    assert facts.instruments[0].microscope == ComponentFacts("Microscope", model="Helios 5", serial_number="9922")
    assert facts.instruments[0].detectors[0].model == "TLD"
    assert facts.experimenters[0].user_name == "person"
    assert "User/User" not in {pair.name for pair in facts.key_values}
    assert KeyValue("thermofisher.com/sem", "Beam/HV", "2000") in facts.key_values


def test_zeiss_sem(tmp_path: Path) -> None:
    text = (
        "0\r\n0\r\nAP_IMAGE_PIXEL_SIZE\r\nImage Pixel Size = 12.5 nm\r\nAP_DATE\r\nDate :14 Mar 2023\r\n"
        "AP_TIME\r\nTime :09:10:11\r\nSV_SERIAL_NUMBER\r\nSerial No. = Merlin-61-50\r\nAP_ACTUALKV\r\nEHT = 1.5 kV\r\n"
    )
    facts = read_facts(one_page(tmp_path / "a.tif", tag(34118, ASCII, text.encode())))
    (image,) = facts.images
    assert image.physical_size_x == Quantity(12.5, "nm")
    assert image.acquisition_date == "2023-03-14T09:10:11"
    assert facts.instruments[0].microscope == ComponentFacts("Microscope", serial_number="Merlin-61-50")
    assert KeyValue("zeiss.com/sem", "ap_actualkv", "1.5 kV") in facts.key_values


def test_zeiss_sem_of_before_names(tmp_path: Path) -> None:
    facts = read_facts(one_page(tmp_path / "a.tif", tag(34118, ASCII, b"0\r\n0\r\n0\r\n3.75e-08\r\n10026.6\r\n")))
    assert facts.images[0].physical_size_x == Quantity(0.0375, "µm")
    assert KeyValue("zeiss.com/sem", "values without names", "0 0 0 3.75e-08 10026.6") in facts.key_values


def test_tiff_by_digitalmicrograph(tmp_path: Path) -> None:
    numbers = [(code, 12, 1, struct.pack("<d", value), True) for code, value in ((65009, 0.25), (65010, 0.5))]
    path = one_page(tmp_path / "a.tif", tag(65003, ASCII, b"nm\0"), tag(65004, ASCII, b"nm\0"), *numbers)
    (image,) = read_facts(path).images
    assert (image.physical_size_x, image.physical_size_y) == (Quantity(0.25, "nm"), Quantity(0.5, "nm"))
    point_at(path, 65010, 1 << 30)
    facts = read_facts(path)
    assert facts.warnings == ("Values of TIFF tags lie outside the file, and cannot be read: 65010.",)
    assert facts.images[0].physical_size_x == Quantity(0.25, "nm")
    np.testing.assert_array_equal(whole(open_source(path, "")).squeeze(), PIXELS[0, 0, 0])


def test_scanimage(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    software = (
        "SI.VERSION_MAJOR = '2019'\nSI.hRoiManager.scanFrameRate = 30\nSI.hRoiManager.scanVolumeRate = 30\n"
        "SI.hRoiManager.imagingFovUm = [-15 -10;15 -10;15 10;-15 10]\nSI.hStackManager.stackZStepSize = 2\n"
        "SI.hChannels.channelSave = 1\nSI.hStackManager.framesPerSlice = 3\n"
    )
    with tifffile.TiffWriter(path) as tiff:
        for number in range(3):
            tiff.write(
                PIXELS[number, 0, 0].astype(np.int16), software=software, description=f"frameNumbers = {number}",
                metadata=None, contiguous=False, photometric="minisblack",
            )  # fmt: skip
    facts = read_facts(path)
    (image,) = facts.images
    assert (image.physical_size_x, image.physical_size_y) == (Quantity(1.0, "µm"), Quantity(1.0, "µm"))
    assert (image.size_z, image.physical_size_z) == (3, Quantity(2.0, "µm"))
    assert KeyValue("scanimage.org", "FrameData/SI.VERSION_MAJOR", "2019") in facts.key_values
    np.testing.assert_array_equal(whole(open_source(path, ""))[0, 0], PIXELS[:, 0, 0])


def test_micromanager(tmp_path: Path) -> None:
    plane = b'{"PixelSizeUm": 0.325, "Core-Camera": "Zyla", "Exposure-ms": 50, "Frame": 0}\0'
    path = one_page(tmp_path / "a.tif", tag(51123, ASCII, plane))
    facts = read_facts(path)
    (image,) = facts.images
    assert image.physical_size_x == Quantity(0.325, "µm")
    assert facts.instruments[0].detectors[0].model == "Zyla"
    assert image.planes is not None
    assert (image.planes.exposure_time[0], image.planes.exposure_time_unit) == (50, "ms")


def test_the_exposure_of_one_channel_is_not_that_of_others(tmp_path: Path) -> None:
    plane = b'{"Exposure-ms": 50}\0'
    pixels = np.zeros((2, 3, 8, 8), np.uint8)  # z, c
    tifffile.imwrite(
        tmp_path / "a.tif", pixels, imagej=True, metadata={"axes": "ZCYX"},
        extratags=[(51123, 2, len(plane), plane, True)],
    )  # fmt: skip
    (image,) = read_facts(tmp_path / "a.tif").images
    assert image.planes is not None
    assert [(int(c), int(z)) for c, z, said in zip(
        image.planes.the_c, image.planes.the_z, image.planes.exposure_time, strict=True
    ) if said == 50] == [(0, 0)]  # fmt: skip


def test_tvips(tmp_path: Path) -> None:
    head = np.zeros(1, np.dtype(tifffile.TIFF.TVIPS_HEADER_V1))[0]
    other = np.zeros(1, np.dtype(tifffile.TIFF.TVIPS_HEADER_V2))[0]
    head["Version"] = 2
    other["PixelSizeX"] = other["PixelSizeY"] = 0.25
    other["ExposureTime"], other["Magic"] = 400.0, 0xAAAAAAAA
    other["TemType"] = "JEM-2100".encode("utf-16-le").ljust(160, b"\0")
    facts = read_facts(one_page(tmp_path / "a.tif", tag(37706, BYTE, head.tobytes() + other.tobytes())))
    (image,) = facts.images
    assert image.physical_size_x == Quantity(0.25, "nm")
    assert facts.instruments[0].microscope == ComponentFacts("Microscope", model="JEM-2100")
    assert image.planes is not None
    assert image.planes.exposure_time[0] == 400


@pytest.mark.parametrize("has_preview", [False, True])
def test_sis(tmp_path: Path, has_preview: bool) -> None:
    """As real files are: a picture for the screen may stand before the data, which the tag is of."""
    path = tmp_path / "a.tif"
    with tifffile.TiffWriter(path, byteorder="<") as tiff:
        options: dict[str, Any] = {"metadata": None, "contiguous": False}
        if has_preview:
            tiff.write(np.zeros((20, 30, 3), np.uint8), photometric="rgb", **options)
        tiff.write(PIXELS[0, 0, 0], photometric="minisblack", extratags=[tag(33560, LONG, bytes(4))], **options)
    data = bytearray(path.read_bytes())
    start = len(data)
    data += struct.pack("<4s6xhhhhh6x32sH", b"SIS0", 30, 14, 5, 6, 123, b"name", 1)
    data += struct.pack("<hhI", 1, 1, start + 68)
    data += struct.pack("<10xhdd8xd2x34s32s", -9, 64.5, 64.5, 40.0, b"XM10", b"")
    path.write_bytes(data)
    point_at(path, 33560, start, page=int(has_preview))
    facts = read_facts(path)
    image = facts.images[-1]
    assert (len(facts.images), image.pixel_type) == (1 + has_preview, "uint16")
    assert image.physical_size_x == Quantity(0.0645, "µm")
    assert image.acquisition_date == "2023-07-05T14:30:00"
    assert facts.instruments[0].objectives[0].attributes == (("NominalMagnification", "40"),)
    assert facts.instruments[0].detectors[0].model == "XM10"


def test_fluoview(tmp_path: Path) -> None:
    head = np.zeros(1, np.dtype(tifffile.TIFF.MM_HEADER))[0]
    head["Dimensions"][:3] = [(b"X", 30, 0, 0.2, b"um"), (b"Y", 20, 0, 0.2, b"um"), (b"Z", 4, 0, 0.5, b"um")]
    stamp = (34362, 12, 8, np.arange(8.0).tobytes(), False)
    path = tmp_path / "a.tif"
    options: dict[str, Any] = {"metadata": None, "photometric": "minisblack", "byteorder": "<"}
    tifffile.imwrite(path, PIXELS[0, 0], extratags=[tag(34361, BYTE, head.tobytes()), stamp], **options)
    facts = read_facts(path)
    (image,) = facts.images
    assert (image.size_t, image.size_c, image.size_z) == (1, 1, 4)
    assert (image.physical_size_x, image.physical_size_z) == (Quantity(0.2, "µm"), Quantity(0.5, "µm"))
    np.testing.assert_array_equal(whole(open_source(path, ""))[0, 0], PIXELS[0, 0])


def test_dialects_of_which_the_pairs_are_kept(tmp_path: Path) -> None:
    andor = one_page(
        tmp_path / "andor.tif", tag(4864, LONG, struct.pack("<I", 7)), tag(4869, LONG, bytes([20, 0, 0, 0]))
    )
    assert KeyValue("andor.oxinst.com", "Id", "7") in read_facts(andor).key_values
    head = np.zeros(1, np.dtype(tifffile.TIFF.NIH_IMAGE_HEADER))[0]
    head["FileID"], head["Version"] = b"IPICIMAG", 161
    nih = one_page(tmp_path / "nih.tif", tag(43314, BYTE, head.tobytes()))
    assert KeyValue("nih.gov/image", "Version", "161") in read_facts(nih).key_values
    pilatus = one_page(tmp_path / "p.tif", software="TVX TIFF 1.3", description="# Pixel_size 172e-6 m x 172e-6 m\n")
    assert "dectris.com/pilatus" in {pair.namespace for pair in read_facts(pilatus).key_values}


def test_dialect_that_is_broken_is_told(tmp_path: Path) -> None:
    """The pixels are plain TIFF, whatever stands in the maker's tag."""
    path = one_page(tmp_path / "a.tif", description="<MetaData><PlaneInfo></MetaData>", software="MetaSeries")
    facts: FileFacts = read_facts(path)
    assert len(facts.warnings) == 1
    assert facts.warnings[0].startswith("What MetaXpress wrote into the file cannot be read (")
    np.testing.assert_array_equal(whole(open_source(path, "")).squeeze(), PIXELS[0, 0, 0])


@pytest.mark.parametrize("write", [write_lsm, write_stk])
def test_damaged(tmp_path: Path, write: Any) -> None:
    path = write(tmp_path / "a.tif")
    said = only_image_errors(path, tmp_path, head=800)
    assert any("cut-" in one for one in said)
