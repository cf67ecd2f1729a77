"""Leica LIF: facts of a LAS X project, pixels as liffile reads them, and layouts of bytes that the sample lacks."""

import struct
from pathlib import Path

import liffile
import numpy as np
import pytest

from imaging.errors import ImageError
from imaging.facts import ComponentFacts, KeyValue, Quantity, Window
from imaging.ome.key_values import OME
from imaging.readers import read_facts
from imaging.readers.lif.describing import NAMESPACE
from imaging.source import open_source
from tests.imaging.readers.damage import only_image_errors
from tests.imaging.reading import whole

SWEEP = "samples/03_vendor/lif/LeicaLASX_wavelength-sweep_example.lif"
OBJECTIVE = ComponentFacts(
    "Objective", "Objective:0:0", model="HC PL APO CS2 63x/1.30 GLYC",
    attributes=(("Immersion", "Glycerol"), ("LensNA", "1.3"), ("NominalMagnification", "63")),
)  # fmt: skip


def write_lif(path: Path, images: dict[str, tuple[str, bytes]]) -> Path:
    """A LIF of images by name: the inside of ImageDescription, and the bytes of the memory block."""
    elements = "".join(
        f'<Element Name="{name}" UniqueID="{number}"><Data><Image TextDescription=""><ImageDescription>{described}'
        f'</ImageDescription></Image></Data><Memory Size="{len(data)}" MemoryBlockID="MemBlock_{number}"/>'
        "<Children/></Element>"
        for number, (name, (described, data)) in enumerate(images.items())
    )
    xml = (
        '<LMSDataContainerHeader Version="2"><Element Name="project" UniqueID="p"><Data><Experiment/></Data>'
        f'<Memory Size="0" MemoryBlockID="MemBlock_p"/><Children>{elements}</Children></Element>'
        "</LMSDataContainerHeader>"
    ).encode("utf-16-le")
    out = struct.pack("<IIBI", 0x70, 5 + len(xml), 0x2A, len(xml) // 2) + xml
    for number, (_, data) in enumerate(images.values()):
        name = f"MemBlock_{number}".encode("utf-16-le")
        out += struct.pack("<IIBQBI", 0x70, 14 + len(name), 0x2A, len(data), 0x2A, len(name) // 2) + name + data
    path.write_bytes(out)
    return path


def described(channels: list[tuple[int, int]], *dimensions: tuple[int, int, int], resolution: int = 8) -> str:
    """Channels as (tag, bytes from the first), dimensions as (id, count, bytes from one to the next)."""
    lines = "".join(
        f'<ChannelDescription DataType="0" ChannelTag="{tag}" Resolution="{resolution}" NameOfMeasuredQuantity="" '
        f'Min="0" Max="255" Unit="" LUTName="Red" IsLUTInverted="0" BytesInc="{inc}" BitInc="0"/>'
        for tag, inc in channels
    )
    axes = "".join(
        f'<DimensionDescription DimID="{id}" NumberOfElements="{count}" Origin="0" Length="{(count - 1) * 1e-6}" '
        f'Unit="m" BytesInc="{inc}" BitInc="0"/>'
        for id, count, inc in dimensions
    )
    return f"<Channels>{lines}</Channels><Dimensions>{axes}</Dimensions>"


def rounded(found: Quantity | None) -> tuple[float, str]:
    assert found is not None
    return round(found.value, 6), found.unit


def test_what_las_x_says(shared: Path) -> None:
    facts = read_facts(shared / SWEEP)
    assert (facts.format, facts.warnings) == ("image/x-leica-lif", ())
    sizes = [(image.size_t, image.size_c, image.size_z, image.size_y, image.size_x) for image in facts.images]
    assert sizes == [(1, 20, 1, 64, 64), (1, 15, 1, 64, 64), (2, 10, 11, 64, 64)]
    assert [image.name for image in facts.images] == ["x_y_lambdaEmi", "x_y_lambdaExc", "x_y_z_t_lambdaEmi"]
    assert [image.series_path for image in facts.images] == ["0", "1", "2"]
    assert {(image.pixel_type, image.significant_bits) for image in facts.images} == {("uint8", 8)}
    assert [image.acquisition_date for image in facts.images] == [
        "2021-01-29T14:33:36.935Z", "2021-01-29T14:38:05.825Z", "2021-01-29T14:43:39.392Z",
    ]  # fmt: skip
    third = facts.images[2]
    assert rounded(third.physical_size_x) == (0.104814, "µm")
    assert rounded(third.physical_size_z) == (0.500203, "µm")
    assert third.time_increment == Quantity(80.91, "s")
    assert third.objective_settings == (("ID", "Objective:0:0"), ("RefractiveIndex", "1.46"))
    assert [len(image.key_values) for image in facts.images] == [612, 612, 645]
    name = "Attachment[HardwareSetting]/ATLConfocalSettingDefinition/@MicroscopeModel"
    assert KeyValue(NAMESPACE, name, "DMI6000B-CS") in third.key_values


def test_instruments(shared: Path) -> None:
    """The first and the third image were taken alike; the second was excited at 560 nm when its sweep ended."""
    facts = read_facts(shared / SWEEP)
    assert [image.instrument_ref for image in facts.images] == ["Instrument:0", "Instrument:1", "Instrument:0"]
    first = facts.instruments[0]
    assert first.microscope == ComponentFacts(
        "Microscope", manufacturer="Leica Microsystems", model="TCS SP8 DMI6000B-CS", serial_number="8100000201"
    )
    assert first.objectives == (OBJECTIVE,)
    assert [one.model for one in first.detectors] == ["HyD 1"]
    (laser,) = first.light_sources
    assert (laser.ome_id, laser.model, laser.attributes) == (
        "LightSource:0:0", "SuperContVisible2", (("Wavelength", "543"),)
    )  # fmt: skip


def test_wavelengths_of_a_sweep_are_channels(shared: Path) -> None:
    emission, excitation, third = read_facts(shared / SWEEP).images
    assert [channel.emission_wavelength for channel in emission.channels] == [
        Quantity(float(nanometres), "nm") for nanometres in range(550, 741, 10)
    ]
    assert {channel.excitation_wavelength for channel in emission.channels} == {Quantity(543.0, "nm")}
    assert [channel.excitation_wavelength for channel in excitation.channels] == [
        Quantity(float(nanometres), "nm") for nanometres in range(490, 561, 5)
    ]
    assert {channel.emission_wavelength for channel in excitation.channels} == {None}
    assert [channel.name for channel in third.channels][:3] == ["550 nm", "555 nm", "560 nm"]
    assert {channel.color for channel in third.channels} == {"#00ff00"}
    channel = third.channels[0]
    assert channel.acquisition_mode == "LaserScanningConfocalMicroscopy"
    assert rounded(channel.pinhole_size) == (93.367704, "µm")
    assert (channel.detector_ref, channel.light_source_ref) == ("Detector:0:0", "LightSource:0:0")
    assert KeyValue(OME, "DetectorSettings/@Gain", "350.560071001495") in channel.key_values
    assert emission.channels[0].display == Window(0, 255, 0, 239.347)


def test_times_and_places_of_planes(shared: Path) -> None:
    """LAS takes the sections of a wavelength one after the other: a pause follows each eleventh."""
    planes = read_facts(shared / SWEEP).images[2].planes
    assert planes is not None
    assert len(planes.delta_t) == 220
    np.testing.assert_allclose(planes.delta_t[:3], [0, 0.68, 1.37])
    after = np.flatnonzero(np.diff(planes.delta_t) > 1) + 1
    assert set(planes.the_z[after]) == {0}
    np.testing.assert_allclose(planes.position_z[:3], [-2.5, -1.9997973, -1.4995946])
    np.testing.assert_allclose(planes.position_x[:1], [35343.478], rtol=1e-6)


@pytest.mark.parametrize("series", [0, 1, 2])
def test_pixels_as_liffile_reads_them(shared: Path, series: int) -> None:
    with liffile.LifFile(shared / SWEEP) as file:
        theirs = file.images[series].asarray()
    pixels = whole(open_source(shared / SWEEP, str(series)))
    np.testing.assert_array_equal(pixels.reshape(theirs.shape), theirs)
    raw = open_source(shared / SWEEP, str(series)).raw_chunk(0, (0, 3, 0, 0, 0))
    assert raw is not None
    np.testing.assert_array_equal(np.frombuffer(raw.read(), np.uint8).reshape(64, 64), pixels[0, 3, 0])


PIXELS = np.random.default_rng(6).integers(0, 256, 4096).astype(np.uint8)
LAYOUTS = {
    "colour": described([(3, 0), (2, 1), (1, 2)], (1, 10, 3), (2, 8, 30)),
    "colour, padded rows": described([(1, 0), (2, 1), (3, 2)], (1, 10, 3), (2, 8, 33), (4, 3, 264)),
    "channels apart": described([(0, 0), (0, 80)], (1, 10, 1), (2, 8, 10), (3, 5, 160)),
    "sections within rows": described([(0, 0)], (1, 10, 1), (3, 5, 10), (2, 8, 50)),
    "16 bits": described([(0, 0)], (1, 10, 2), (2, 8, 20), (4, 6, 160), resolution=12),
}


@pytest.mark.parametrize("name", LAYOUTS)
def test_layouts(tmp_path: Path, name: str) -> None:
    path = write_lif(tmp_path / "a.lif", {"one": (LAYOUTS[name], PIXELS.tobytes())})
    (image,) = read_facts(path).images
    pixels = whole(open_source(path, ""))
    assert pixels.shape == (image.size_t, image.size_c, image.size_z, image.size_y, image.size_x)
    if name == "colour":
        assert [channel.color for channel in image.channels] == ["#0000ff", "#00ff00", "#ff0000"]
        np.testing.assert_array_equal(pixels[0, :, 0], PIXELS[:240].reshape(8, 10, 3).transpose(2, 0, 1))
    elif name == "colour, padded rows":
        rows = PIXELS[: 3 * 264].reshape(3, 8, 11, 3)[:, :, :10]
        np.testing.assert_array_equal(pixels[:, :, 0], rows.transpose(0, 3, 1, 2))
    elif name == "channels apart":
        np.testing.assert_array_equal(pixels[0], PIXELS[:800].reshape(5, 2, 8, 10).transpose(1, 0, 2, 3))
    elif name == "sections within rows":
        np.testing.assert_array_equal(pixels[0, 0], PIXELS[:400].reshape(8, 5, 10).transpose(1, 0, 2))
    else:
        assert image.significant_bits == 12
        np.testing.assert_array_equal(pixels[:, 0, 0], PIXELS[:960].view("<u2").reshape(6, 8, 10))


def test_tiles_of_a_mosaic_are_images(tmp_path: Path) -> None:
    mosaic = described([(0, 0)], (1, 10, 1), (2, 8, 10), (10, 4, 80))
    path = write_lif(tmp_path / "a.lif", {"one": (mosaic, PIXELS[:320].tobytes())})
    facts = read_facts(path)
    assert [image.name for image in facts.images] == [f"one (tile {number})" for number in (1, 2, 3, 4)]
    last = whole(open_source(path, facts.images[3].series_path))
    np.testing.assert_array_equal(last.squeeze(), PIXELS[240:320].reshape(8, 10))


def test_block_that_is_too_short(tmp_path: Path) -> None:
    path = write_lif(tmp_path / "a.lif", {"one": (LAYOUTS["16 bits"], PIXELS[:800].tobytes())})
    with pytest.raises(ImageError, match=r"a\.lif: one: ends at byte 960"):
        read_facts(path)
    with pytest.raises(ImageError, match="ends at byte 960"):
        open_source(path, "")


def test_no_such_image(shared: Path) -> None:
    with pytest.raises(ImageError, match="there is no image '3'; the file has 3"):
        open_source(shared / SWEEP, "3")


def test_damaged(shared: Path, tmp_path: Path) -> None:
    said = only_image_errors(shared / SWEEP, tmp_path)
    assert any("cut-" in one for one in said)
