"""Nikon ND2: facts against what NIS-Elements says of the files, pixels as the library nd2 reads them."""

import struct
import zlib
from pathlib import Path
from typing import Any

import nd2
import numpy as np
import pytest
import yaml

from imaging.errors import ImageError
from imaging.facts import ComponentFacts, FileFacts, ImageFacts, KeyValue, Quantity
from imaging.readers import read_facts
from imaging.readers.nd2.describing import NAMESPACE
from imaging.source import open_source, read_region
from tests.imaging.readers.damage import only_image_errors
from tests.imaging.reading import whole

ND2 = "samples/03_vendor/nd2/"
KNOWN = "samples/06_study_metadata/arcadia_nd2/known-metadata.yml"
NAMES = ("example-multichannel", "example-zstack", "example-pbmc")
# What NIS-Elements calls a channel, and the file.
CHANNELS = {"BRIGHTFIELD": "Mono", "DAPI": "DAPI", "FITC": "FITC BP", "TRITC": "TRITC BP"}
CAMERA = ComponentFacts(
    "Detector", "Detector:0", model="C14440-20UP", serial_number="Hamamatsu C14440-20UP SN:500651"
)  # fmt: skip


def facts_of(shared: Path, name: str) -> FileFacts:
    return read_facts(shared / ND2 / f"{name}.nd2")


def setting(image: ImageFacts, channel: int, name: str) -> str:
    return next(pair.value for pair in image.channels[channel].key_values if pair.name == f"DetectorSettings/@{name}")


@pytest.mark.parametrize("name", ["example-multichannel", "example-zstack"])
def test_as_nis_elements_says(shared: Path, name: str) -> None:
    known: dict[str, Any] = yaml.safe_load((shared / KNOWN).read_text())[f"{name}.nd2"]
    facts = facts_of(shared, name)
    (image,) = facts.images
    assert [channel.name for channel in image.channels] == [CHANNELS[channel] for channel in known]
    assert image.planes is not None
    for index, said in enumerate(known.values()):
        sizes, optics, taken = said["resolution"], said["optics"], said["acquisition"]
        assert (image.size_y, image.size_x, image.size_z) == (
            sizes["y_size_px"], sizes["x_size_px"], sizes["z_size_px"]
        )  # fmt: skip
        assert image.physical_size_x == image.physical_size_y == Quantity(sizes["xy_step_um"], "µm")
        if image.size_z > 1:
            assert image.physical_size_z == Quantity(sizes["z_step_um"], "µm")
        assert facts.instruments[0].objectives[0].attributes == (
            ("LensNA", str(optics["numerical_aperture"])), ("NominalMagnification", str(optics["magnification"])),
        )  # fmt: skip
        assert setting(image, index, "Zoom") == str(taken["zoom"])
        assert setting(image, index, "Binning") == taken["binning"]
        exposures = image.planes.exposure_time[image.planes.the_c == index]
        assert image.planes.exposure_time_unit == "ms"
        np.testing.assert_allclose(exposures / 1000, taken["exposure_time_s"])


def test_all_that_the_multichannel_file_says(shared: Path) -> None:
    facts = facts_of(shared, "example-multichannel")
    (image,) = facts.images
    assert (facts.format, image.pixel_type, image.significant_bits) == ("image/nd2", "uint16", 16)
    assert (image.size_t, image.size_c, image.size_z) == (1, 4, 1)
    assert image.acquisition_date == "2025-04-17T23:39:00.586Z"
    (instrument,) = facts.instruments
    assert instrument.microscope == ComponentFacts("Microscope", manufacturer="Nikon", model="Nikon Ti2")
    assert [objective.model for objective in instrument.objectives] == ["Plan Apo λ 20x"]
    assert instrument.detectors == (CAMERA,)
    lines = [(source.model, *source.attributes) for source in instrument.light_sources]
    assert lines == [
        ("LUN-F", ("Wavelength", "561")), ("Lumencor Lida", ("Wavelength", "450")),
        ("Lumencor Lida", ("Wavelength", "550")), ("Lumencor Lida", ("Wavelength", "640")),
        ("LUN-F", ("Wavelength", "405")), ("LUN-F", ("Wavelength", "488")),
    ]  # fmt: skip
    assert image.objective_settings == (("ID", "Objective:0"), ("RefractiveIndex", "1.0"))
    assert [channel.color for channel in image.channels] == ["#ffffff", "#0033ff", "#07ff00", "#ffbf00"]
    dapi = image.channels[1]
    assert (dapi.emission_wavelength, dapi.excitation_wavelength) == (Quantity(450.0, "nm"), Quantity(405.0, "nm"))
    lit_by = [(channel.excitation_wavelength, channel.light_source_ref) for channel in image.channels]
    assert lit_by == [  # of the others the file says 405 nm too, but which laser line was on
        (None, ""), (Quantity(405.0, "nm"), "LightSource:4"), (Quantity(488.0, "nm"), "LightSource:5"),
        (Quantity(561.0, "nm"), "LightSource:0"),
    ]  # fmt: skip
    assert (dapi.acquisition_mode, dapi.contrast_method, dapi.illumination_type, dapi.detector_ref) == (
        "WideField", "Fluorescence", "Epifluorescence", "Detector:0"
    )  # fmt: skip
    assert image.planes is not None
    np.testing.assert_allclose(image.planes.position_x, [31650.69003396694] * 4)
    np.testing.assert_allclose(image.planes.position_z, [9009.0] * 4)
    assert len(facts.key_values) == 3233
    assert KeyValue(NAMESPACE, "AppInfo_V1_0/VersionString", "5.42.03 (Build 1812)") in facts.key_values
    assert KeyValue(NAMESPACE, "text/date", "4/17/2025  4:39:00 PM") in facts.key_values


def test_places_and_times_of_the_stack(shared: Path) -> None:
    (image,) = facts_of(shared, "example-zstack").images
    assert image.planes is not None
    np.testing.assert_array_equal(image.planes.the_z, range(11))
    np.testing.assert_allclose(image.planes.position_z, 8806.58 + 6 * np.arange(11))  # as the stage reported it
    np.testing.assert_allclose(image.planes.position_x, [49481.8] * 11)
    np.testing.assert_allclose(image.planes.delta_t[:2], [26.261133, 26.761293], atol=1e-6)
    assert (image.planes.delta_t_unit, image.planes.position_z_unit) == ("s", "µm")


def test_third_file(shared: Path) -> None:
    facts = facts_of(shared, "example-pbmc")
    (image,) = facts.images
    assert image.physical_size_x == Quantity(0.646780685188096, "µm")
    assert [setting(image, channel, "Binning") for channel in range(4)] == ["1x1", "1x1", "1x1", "2x2"]
    assert image.planes is not None
    np.testing.assert_array_equal(image.planes.exposure_time, [10, 500, 500, 500])
    assert len(facts.key_values) == 3197


@pytest.mark.parametrize("name", NAMES)
def test_pixels_as_the_library_reads_them(shared: Path, name: str) -> None:
    path = shared / ND2 / f"{name}.nd2"
    pixels = whole(open_source(path, ""))
    theirs = nd2.imread(path)
    assert pixels.dtype == theirs.dtype
    np.testing.assert_array_equal(pixels.squeeze(), theirs)


def test_a_plane_of_one_channel_is_served_raw(shared: Path) -> None:
    path = shared / ND2 / "example-zstack.nd2"
    raw = open_source(path, "").raw_chunk(0, (0, 0, 4, 0, 0))
    assert raw is not None
    np.testing.assert_array_equal(np.frombuffer(raw.read(), "<u2").reshape(128, 128), nd2.imread(path)[4])


def test_frames_of_zlib(shared: Path, tmp_path: Path) -> None:
    """The file says its compression in its attributes; a frame's stream stands behind the time of the frame."""
    path = tmp_path / "a.nd2"
    data = bytearray((shared / ND2 / "example-zstack.nd2").read_bytes())
    pixels = nd2.imread(shared / ND2 / "example-zstack.nd2")
    for number, plane in enumerate(pixels):
        at = data.index(struct.pack("<I", 0x0ABECEDA), data.index(plane.tobytes()) - 4096)
        _, name, _ = struct.unpack_from("<IIQ", data, at)
        coded = zlib.compress(plane.tobytes())
        start = at + 16 + name + 8
        data[start : start + plane.nbytes] = coded.ljust(plane.nbytes, b"\0")
        struct.pack_into("<Q", data, at + 8, 8 + len(coded))
        entry = b"ImageDataSeq|%d!" % number + struct.pack("<Q", at)
        struct.pack_into("<Q", data, data.index(entry) + len(entry), 8 + len(coded))
    says = "eCompression\0".encode("utf-16-le")
    struct.pack_into("<i", data, data.index(says) + len(says), 0)
    path.write_bytes(data)
    source = open_source(path, "")
    assert [codec["name"] for codec in source.codecs(0)] == ["bytes", "numcodecs.zlib"]
    np.testing.assert_array_equal(whole(source)[0, 0], pixels)
    np.testing.assert_array_equal(nd2.imread(path), pixels)


def test_rows_that_are_filled_up_by_parts_of_pixels(shared: Path, tmp_path: Path) -> None:
    """42 pixels of 3 x uint16 in rows of 256 bytes."""
    path = tmp_path / "a.nd2"
    data = bytearray((shared / ND2 / "example-zstack.nd2").read_bytes())
    for name, value in (("uiWidth", 42), ("uiComp", 3)):
        says = f"{name}\0".encode("utf-16-le")
        struct.pack_into("<I", data, data.rindex(says) + len(says), value)
    path.write_bytes(data)
    stored = nd2.imread(shared / ND2 / "example-zstack.nd2")
    pixels = whole(open_source(path, ""))
    expected = stored[:, :, :126].reshape(11, 128, 42, 3)
    np.testing.assert_array_equal(pixels[0], np.moveaxis(expected, 3, 0))


def test_no_such_image(shared: Path) -> None:
    with pytest.raises(ImageError, match="there is no image '1'; the file has 1"):
        open_source(shared / ND2 / "example-zstack.nd2", "1")
    with pytest.raises(IndexError):
        read_region(open_source(shared / ND2 / "example-zstack.nd2", ""), 0, 0, 0, 0, 0, 129, 0, 128)


@pytest.mark.parametrize("name", NAMES)
def test_damaged(shared: Path, tmp_path: Path, name: str) -> None:
    said = only_image_errors(shared / ND2 / f"{name}.nd2", tmp_path)
    assert any("cut-" in one for one in said)
