"""ZEISS CZI: facts of ZEN's files; pixels as libCZI reads them, or composed here of the blocks where libCZI serves."""

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pytest
from pylibCZIrw import czi as libczi

from imaging.errors import ImageError
from imaging.facts import ChannelFacts, ComponentFacts, FileFacts, KeyValue, Quantity, Window
from imaging.ome.key_values import OME
from imaging.readers import read_facts
from imaging.readers.czi.describing import NAMESPACE
from imaging.readers.czi.directory import data_of, read_czi
from imaging.readers.czi.images import images_of, make_tables
from imaging.source import open_source, read_region
from tests.imaging.readers.damage import only_image_errors
from tests.imaging.reading import whole

CZI = "samples/03_vendor/czi/"
PIXELS = np.random.default_rng(6).integers(0, 4000, (2, 100, 120)).astype(np.uint16)


@dataclass(frozen=True)
class Expected:
    """What a file says: sizes of its images (t, c, z, y, x), pixel in µm as x, z; its first channel; the objective's
    model, NA and magnification; exposure in ms; the kind of its tables."""

    name: str
    sizes: tuple[tuple[int, int, int, int, int], ...]
    pixel: tuple[float, float | None]
    bits: int
    date: str | None
    channel: tuple[str, str, float, float]  # name, colour, excitation, emission
    objective: tuple[str, str, str]
    exposure: float | None
    key_values: int
    kind: str = "segments"
    levels: int = 1


FILES = [
    Expected("1_tileregion", ((1, 1, 1, 570, 1480),), (0.4, None), 14, "2022-09-30T11:03:06.2168083Z",
             ("EGFP", "#00ff5b", 488, 509), ("Plan-Apochromat 5x/0.35", "0.35", "5"), 2, 9681, "planes", 2),
    Expected("CellDivision_T3_Z5_CH2_X240_Y170", ((3, 2, 5, 170, 240),), (0.0905766741522103, 0.32), 14,
             "2016-02-12T09:41:02.4915604Z", ("LED555", "#ff7e00", 553, 568), ("Plan-Apochromat 50x/1.2", "1.2", "50"),
             100, 10147),
    Expected("CellDivision_T3_Z6_CH1_X300_Y200_DCV_ZSTD", ((3, 1, 6, 200, 300),), (0.0905766741522103, 0.32), 14,
             "2016-02-12T09:41:02.4915604Z", ("LED555", "#ff7e00", 553, 568), ("Plan-Apochromat 50x/1.2", "1.2", "50"),
             100, 10106),
    Expected("LSM880_AiryScan", ((1, 132, 1, 36, 38),), (0.0352979560688989, None), 12, None,
             ("ChA-T1 phase 1", "#ff0000", 633, 653.596769),
             ("Plan-Apochromat 63x/1.4 Oil DIC M27", "1.4000000000000001", "63"), None, 761),
    Expected("WellD6-7_S2", ((1, 1, 1, 440, 544),) * 2, (0.1, None), 14, "2023-01-06T10:42:50.6684413Z",
             ("AF488", "#00ff33", 493, 517), ("Plan-Apochromat 5x/0.35", "0.35", "5"), 150, 9709, levels=2),
    Expected("neubias_xyz__multiple_images", ((1, 1, 2, 251, 251),) * 2, (0.19564437607395324, 0.3), 16, None,
             ("ChA", "#ffffff", 561, 578.617841), ("Plan-Apochromat 40x/1.4 Oil DIC M27", "1.4000000000000001", "40"),
             None, 276),
    Expected("nuc_small", ((1, 1, 1, 240, 320),), (0.4571506825038163, None), 8, "2016-07-04T14:52:08.4473414Z",
             ("AF568", "#ff1800", 577, 603), ("Plan-Apochromat 20x/0.95", "0.95", "20"), 150, 10780),
]  # fmt: skip


def facts_of(shared: Path, name: str) -> FileFacts:
    return read_facts(shared / CZI / f"{name}.czi")


@pytest.mark.parametrize("expected", FILES, ids=lambda expected: expected.name)
def test_what_zen_says(shared: Path, expected: Expected) -> None:
    facts = facts_of(shared, expected.name)
    sizes = [(image.size_t, image.size_c, image.size_z, image.size_y, image.size_x) for image in facts.images]
    assert tuple(sizes) == expected.sizes
    image = facts.images[0]
    assert image.pixel_type == ("uint8" if expected.name == "nuc_small" else "uint16")
    assert (image.significant_bits, image.acquisition_date) == (expected.bits, expected.date)
    assert microns(image.physical_size_y) == pytest.approx(expected.pixel[0])
    assert (microns(image.physical_size_x), microns(image.physical_size_z)) == pytest.approx(expected.pixel)
    assert image.level_count == expected.levels
    name, color, excitation, emission = expected.channel
    channel = image.channels[0]
    assert (channel.name, channel.color) == (name, color)
    assert (nanometres(channel.excitation_wavelength), nanometres(channel.emission_wavelength)) == (
        excitation, emission
    )  # fmt: skip
    model, aperture, magnification = expected.objective
    (objective,) = facts.instruments[0].objectives
    assert objective.model == model
    assert {("LensNA", aperture), ("NominalMagnification", magnification)} <= set(objective.attributes)
    assert image.objective_settings[0] == ("ID", objective.ome_id)
    exposure = None if image.planes is None else float(image.planes.exposure_time[0])
    assert exposure == expected.exposure
    assert len(facts.key_values) == expected.key_values


def microns(size: Quantity | None) -> float | None:
    assert size is None or size.unit == "µm"
    return None if size is None else size.value


def nanometres(wavelength: Quantity | None) -> float | None:
    assert wavelength is None or wavelength.unit == "nm"
    return None if wavelength is None else wavelength.value


def test_instrument_of_a_cell_observer(shared: Path) -> None:
    facts = facts_of(shared, "CellDivision_T3_Z5_CH2_X240_Y170")
    (instrument,) = facts.instruments
    assert instrument.microscope == ComponentFacts(
        "Microscope", model="Castor.Stand", attributes=(("Type", "Inverted"),)
    )
    assert [(source.kind, source.model) for source in instrument.light_sources] == [
        ("LightEmittingDiode", "LED-Module 567nm"), ("LightEmittingDiode", "LED-Module 470nm"),
    ]  # fmt: skip
    assert [detector.model for detector in instrument.detectors] == ["Axiocam506m"]
    assert instrument.filters[0].attributes == (
        ("TransmittanceRange/CutIn", "412"),
        ("TransmittanceRange/CutOut", "438"),
    )
    assert instrument.filter_sets[1].attributes[0] == ("EmissionFilterRef", "Filter:4")
    first, second = facts.images[0].channels
    assert (first.fluor, second.fluor) == ("Alexa Fluor 555", "Alexa Fluor 488")
    assert (second.detector_ref, second.light_source_ref, second.filter_set_ref) == (
        "Detector:0", "LightSource:1", "FilterSet:1"
    )  # fmt: skip
    assert (first.acquisition_mode, first.contrast_method, first.illumination_type) == (
        "WideField", "Fluorescence", "Epifluorescence"
    )  # fmt: skip
    assert first.display == Window(0, 65535, 0, 3921)
    assert first.key_values == (KeyValue(OME, "DetectorSettings/@Binning", "1x1"),)
    assert facts.images[0].objective_settings[1:] == (("Medium", "Water"), ("RefractiveIndex", "1.33"))
    assert facts.experimenters[0].user_name == "M1SRH"
    assert KeyValue(NAMESPACE, "Information/Application/Name", "ZEN 3.2 (blue edition)") in facts.key_values


def test_times_and_places_of_planes(shared: Path) -> None:
    planes = facts_of(shared, "CellDivision_T3_Z5_CH2_X240_Y170").images[0].planes
    assert planes is not None
    first = (planes.the_t == 0) & (planes.the_c == 0)
    np.testing.assert_allclose(planes.position_z[first], 1114.49 + 0.32 * np.arange(5))
    since = np.array([0, 0.894051, 1.792102, 2.681153, 3.586205])  # the first of the frames that were cut out of a film
    np.testing.assert_allclose(planes.delta_t[first], 365.787922 + since, atol=1e-6)  # after the date of acquisition
    assert set(planes.exposure_time[planes.the_c == 1]) == {200.0}
    assert set(planes.position_x) == {16977.153}
    assert (planes.exposure_time_unit, planes.position_x_unit, planes.delta_t_unit) == ("ms", "µm", "s")


def test_times_that_only_the_file_says(shared: Path, tmp_path: Path) -> None:
    """As from LSM: the blocks do not say when they were taken, an attachment says it of time points."""
    path = tmp_path / "a.czi"
    data = (shared / CZI / "CellDivision_T3_Z5_CH2_X240_Y170.czi").read_bytes()
    path.write_bytes(data.replace(b"<AcquisitionTime>", b"<AcquisitionTome>"))
    planes = read_facts(path).images[0].planes
    assert planes is not None
    np.testing.assert_allclose(planes.delta_t[::10], [0, 59.978431, 119.990863])
    assert set(planes.position_x) == {16977.153}


def test_where_an_image_is_whose_blocks_do_not_say_it(shared: Path) -> None:
    (image,) = facts_of(shared, "LSM880_AiryScan").images
    assert dict(image.stage_label) == {
        "Name": "Scene 0", "X": "-3991.26", "XUnit": "µm", "Y": "11396.3", "YUnit": "µm", "Z": "0.396", "ZUnit": "µm",
    }  # fmt: skip


def test_wells_of_a_plate(shared: Path) -> None:
    facts = facts_of(shared, "WellD6-7_S2")
    assert [(image.name, image.series_path) for image in facts.images] == [("D6", "0"), ("D7", "1")]
    assert facts.images[1].stage_label == (
        ("Name", "D7"), ("X", "58500"), ("XUnit", "µm"), ("Y", "35500"), ("YUnit", "µm"),
    )  # fmt: skip
    assert facts.plate is not None
    assert (facts.plate.rows, facts.plate.columns) == (("D",), ("6", "7"))
    assert [(well.path, well.row, well.column, well.images) for well in facts.plate.wells] == [
        ("D/6", 0, 0, ("0",)), ("D/7", 0, 1, ("1",)),
    ]  # fmt: skip


def test_elements_of_the_airy_detector_are_channels(shared: Path) -> None:
    """Four channels have 32 phases each, four others one."""
    facts = facts_of(shared, "LSM880_AiryScan")
    assert facts.warnings == ("Each phase (axis H) is read as channels of its own.",)
    channels: tuple[ChannelFacts, ...] = facts.images[0].channels
    assert [channel.name for channel in channels[30:34]] == [
        "ChA-T1 phase 31", "ChA-T1 phase 32", "ChA-T2 phase 1", "ChA-T2 phase 2"
    ]  # fmt: skip
    assert channels[32].excitation_wavelength == Quantity(561.0, "nm", "561")
    assert KeyValue(OME, "DetectorSettings/@Gain", "684") in channels[32].key_values


@pytest.mark.parametrize("expected", FILES, ids=lambda expected: expected.name)
def test_pixels_as_libczi_reads_them(shared: Path, expected: Expected) -> None:
    path = shared / CZI / f"{expected.name}.czi"
    for number, image in enumerate(images_of(read_czi(path))):
        table = next(make_tables(path, [str(number)]))
        assert (table.header["kind"], len(table.header["levels"])) == (expected.kind, expected.levels)
        pixels = whole(open_source(path, str(number)))
        with libczi.open_czi(str(path)) as file:
            for t, c, z in np.ndindex(pixels.shape[:3]):
                plane = {"T": image.times[t], "Z": image.sections[z], **image.channels[c]}
                theirs = file.read(roi=(image.x, image.y, image.width, image.height), plane=plane, scene=image.scene)
                np.testing.assert_array_equal(pixels[t, c, z], theirs[:, :, 0])


def test_mosaic_composed_of_its_tiles(shared: Path) -> None:
    """What libCZI composes is what the tiles give, the later over the earlier; the lower level is stored."""
    path = shared / CZI / "1_tileregion.czi"
    czi = read_czi(path)
    canvas, half = np.zeros((570, 1480), np.uint16), np.zeros((285, 740), np.uint16)
    with path.open("rb") as file:
        for block in sorted(czi.blocks, key=lambda block: block.at.get("M", 0)):
            offset, length, _ = data_of(file, czi, block)
            file.seek(offset)
            tile = np.frombuffer(file.read(length), "<u2").reshape(block.stored[::-1])
            x, y = block.at["X"] - 118583, block.at["Y"] - 88865
            if block.factor == 1:
                canvas[y : y + tile.shape[0], x : x + tile.shape[1]] = tile
            else:
                half[...] = tile
    source = open_source(path, "")
    np.testing.assert_array_equal(whole(source)[0, 0, 0], canvas)
    np.testing.assert_array_equal(whole(source, 1)[0, 0, 0], half)
    np.testing.assert_array_equal(read_region(source, 1, 0, 0, 0, 101, 203, 333, 517), half[101:203, 333:517])


def write_czi(path: Path, pixels: np.ndarray, compression: str = "uncompressed:", **where: Any) -> Path:
    with libczi.create_czi(str(path), exist_ok=True, compression_options=compression) as file:
        for z, plane in enumerate(pixels):
            file.write(plane, plane={"C": 0, "Z": z, "T": 0}, **where)
        file.write_metadata(document_name="x", channel_names={0: "a"}, scale_x=1e-7, scale_y=1e-7, scale_z=3e-7)
    return path


@pytest.mark.parametrize(
    "compression",
    [
        "uncompressed:",
        "zstd0:ExplicitLevel=2",
        "zstd1:ExplicitLevel=2",
        "zstd1:ExplicitLevel=2;PreProcess=HiLoByteUnpack",
    ],
)
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_compressions(tmp_path: Path, compression: str, dtype: str) -> None:
    if "HiLo" in compression and dtype != "uint16":
        compression = "zstd1:ExplicitLevel=9"  # bytes are stored apart of 16-bit pixels only
    pixels = PIXELS.astype(dtype)
    path = write_czi(tmp_path / "a.czi", pixels, compression)
    assert next(make_tables(path, [""])).header["kind"] == "segments"
    (image,) = read_facts(path).images
    assert image.pixel_type == {"float32": "float"}.get(dtype, dtype)
    np.testing.assert_array_equal(whole(open_source(path, ""))[0, 0], pixels)


def test_plane_of_zstd_is_served_raw(tmp_path: Path) -> None:
    source = open_source(write_czi(tmp_path / "a.czi", PIXELS, "zstd0:ExplicitLevel=2"), "")
    raw = source.raw_chunk(0, (0, 0, 1, 0, 0))
    assert raw is not None
    assert [codec["name"] for codec in source.codecs(0)] == ["bytes", "zstd"]
    stored = imagecodecs.zstd_decode(raw.read(), out=PIXELS[1].nbytes)
    np.testing.assert_array_equal(np.frombuffer(stored, "<u2").reshape(100, 120), PIXELS[1])


def test_jpeg_xr(tmp_path: Path) -> None:
    """libCZI does not write it: a plane's bytes are replaced, as both its entries say."""
    path = write_czi(tmp_path / "a.czi", PIXELS[:1])
    czi = read_czi(path)
    (block,) = czi.blocks
    with path.open("rb") as file:
        offset, length, _ = data_of(file, czi, block)
    coded = imagecodecs.jpegxr_encode(PIXELS[0], level=1.0)
    assert len(coded) < length
    data = bytearray(path.read_bytes())
    data[offset : offset + len(coded)] = coded
    struct.pack_into("<q", data, block.position + 32 + 8, len(coded))
    entry = struct.pack("<2siqii", b"DV", 1, block.position, 0, 0)
    assert data.count(entry) == 2  # in the directory and in the block
    path.write_bytes(data.replace(entry, struct.pack("<2siqii", b"DV", 1, block.position, 0, 4)))
    np.testing.assert_array_equal(whole(open_source(path, ""))[0, 0, 0], PIXELS[0])
    with libczi.open_czi(str(path)) as file:
        np.testing.assert_array_equal(file.read()[:, :, 0], PIXELS[0])


def test_colours(tmp_path: Path) -> None:
    """A CZI has them as blue, green, red."""
    stored = np.random.default_rng(6).integers(0, 256, (1, 90, 70, 3)).astype(np.uint8)
    path = write_czi(tmp_path / "a.czi", stored)
    (image,) = read_facts(path).images
    assert [channel.color for channel in image.channels] == ["#ff0000", "#00ff00", "#0000ff"]
    assert next(make_tables(path, [""])).header["kind"] == "planes"
    np.testing.assert_array_equal(whole(open_source(path, ""))[0, :, 0], stored[0, :, :, ::-1].transpose(2, 0, 1))


def test_mosaic_written_by_libczi(tmp_path: Path) -> None:
    path = tmp_path / "a.czi"
    with libczi.create_czi(str(path)) as file:
        for x, y, scene in ((0, 0, 0), (120, 0, 0), (30, 700, 1)):
            file.write(PIXELS[0] + x, location=(x, y), plane={"C": 0, "Z": 0, "T": 0}, scene=scene)
        file.write_metadata(document_name="x")
    facts = read_facts(path)
    assert [(image.size_y, image.size_x) for image in facts.images] == [(100, 240), (100, 120)]
    both = whole(open_source(path, "0"))[0, 0, 0]
    np.testing.assert_array_equal(both, np.hstack([PIXELS[0], PIXELS[0] + 120]))
    np.testing.assert_array_equal(whole(open_source(path, "1"))[0, 0, 0], PIXELS[0] + 30)


def test_what_is_no_whole_czi(tmp_path: Path, shared: Path) -> None:
    path = tmp_path / "a.czi"
    path.write_text("These are my notes of the experiment.")
    with pytest.raises(ImageError, match=r"a\.czi: CZI file: this is not a CZI file"):
        read_facts(path)
    data = bytearray((shared / CZI / "nuc_small.czi").read_bytes())
    data[32 + 52 : 32 + 60] = bytes(8)  # as while ZEN still writes it
    path.write_bytes(data)
    with pytest.raises(ImageError, match="was not closed properly"):
        open_source(path, "")
    with pytest.raises(ImageError, match="there is no image '1'; the file has 1"):
        open_source(shared / CZI / "nuc_small.czi", "1")


@pytest.mark.parametrize("expected", FILES, ids=lambda expected: expected.name)
def test_damaged(shared: Path, tmp_path: Path, expected: Expected) -> None:
    said = only_image_errors(shared / CZI / f"{expected.name}.czi", tmp_path)
    assert any("cut-" in one for one in said)
