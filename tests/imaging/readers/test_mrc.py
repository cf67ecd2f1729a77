"""MRC and CCP4 maps: facts of the real files, pixels as mrcfile reads them, and what is refused."""

import struct
from pathlib import Path

import mrcfile
import numpy as np
import pytest

from imaging.errors import ImageError
from imaging.facts import Quantity
from imaging.readers import read_facts
from imaging.source import open_source, read_region
from tests.imaging.readers.damage import only_image_errors
from tests.imaging.reading import whole

EM = "samples/03_vendor/em/"


def write(path: Path, pixels: np.ndarray, **options: bool) -> Path:
    with mrcfile.new(path, pixels) as file:
        if options.get("is_stack"):
            file.set_image_stack()
        if options.get("is_volume_stack"):
            file.set_volume()
            file.header.ispg, file.header.mz = 401, 3
        file.voxel_size = 2.5
    return path


def test_density_map(shared: Path) -> None:
    facts = read_facts(shared / EM / "EMD-3197.map")
    (image,) = facts.images
    assert (facts.format, image.pixel_type) == ("image/x-mrc", "float")
    assert (image.size_t, image.size_c, image.size_z, image.size_y, image.size_x) == (1, 1, 20, 20, 20)
    size = Quantity(11.4, "Å", "11.4")
    assert (image.physical_size_x, image.physical_size_y, image.physical_size_z) == (size, size, size)
    said = {pair.name: pair.value for pair in image.key_values}
    assert len(image.key_values) == 21
    assert said["dmin"] == "-4.1337457"
    assert said["nxstart"] == "-2"
    assert said["label 1"] == "::::EMDATABANK.org::::EMD-3197::::"


def test_micrograph_of_epu(shared: Path) -> None:
    facts = read_facts(shared / EM / "epu2.9_example_crop1024.mrc")
    (image,) = facts.images
    assert (image.size_z, image.size_y, image.size_x, image.pixel_type) == (1, 1024, 1024, "uint16")
    assert image.physical_size_x is not None
    assert (round(image.physical_size_x.value, 6), image.physical_size_x.unit) == (0.666551, "Å")
    assert image.physical_size_z is None
    assert image.acquisition_date == "2020-11-03T17:36:04"
    (instrument,) = facts.instruments
    assert instrument.microscope is not None
    assert (instrument.microscope.model, instrument.microscope.serial_number) == ("TITAN52337720", "3772")
    assert instrument.objectives[0].attributes == (("NominalMagnification", "120000"),)
    assert instrument.detectors[0].model == "BM-Falcon"
    said = {pair.name: pair.value for pair in image.key_values}
    assert said["FEI2/HT"] == "300000.0"
    assert said["FEI2/Applied defocus"] == "-2.2e-06"
    assert said["FEI2/Integration time"] == "12.207756"


@pytest.mark.parametrize("name", ["EMD-3197.map", "epu2.9_example_crop1024.mrc"])
def test_pixels_as_mrcfile_reads_them(shared: Path, name: str) -> None:
    path = shared / EM / name
    source = open_source(path)
    expected = np.atleast_3d(mrcfile.read(path)) if name.endswith("map") else mrcfile.read(path)[None]
    for z in {0, len(expected) // 2, len(expected) - 1}:
        _, _, _, y, x = source.levels[0].shape
        np.testing.assert_array_equal(read_region(source, 0, 0, 0, z, 0, y, 0, x), expected[z])
    raw = source.raw_chunk(0, (0, 0, 0, 0, 0))
    assert raw is not None, "planes are given as they are stored"


@pytest.mark.parametrize("kind", ["int8", "int16", "uint16", "float32", "float16"])
def test_each_mode_is_read_as_written(tmp_path: Path, kind: str) -> None:
    pixels = np.arange(4 * 30 * 20).reshape(4, 30, 20).astype(kind)
    path = write(tmp_path / "stack.mrc", pixels, is_stack=True)
    np.testing.assert_array_equal(whole(open_source(path))[0, 0], pixels)
    assert read_facts(path).warnings == ("The file is a stack of 4 images; they are read as z-slices.",)


def test_a_stack_of_volumes_is_a_series_in_time(tmp_path: Path) -> None:
    pixels = np.arange(2 * 3 * 8 * 8, dtype=np.int16).reshape(6, 8, 8)
    path = write(tmp_path / "volumes.mrc", pixels, is_volume_stack=True)
    image = read_facts(path).images[0]
    assert (image.size_t, image.size_z) == (2, 3)
    np.testing.assert_array_equal(whole(open_source(path)).reshape(6, 8, 8), pixels)


def test_tilt_angles_of_serialem(tmp_path: Path) -> None:
    path = tmp_path / "tilts.st"
    header = bytearray(1024)
    struct.pack_into("<4i", header, 0, 4, 2, 3, 1)
    struct.pack_into("<3i", header, 28, 4, 2, 3)
    struct.pack_into("<3i", header, 64, 1, 2, 3)
    struct.pack_into("<i", header, 92, 18)
    header[104:108] = b"SERI"
    struct.pack_into("<2h", header, 128, 6, 1 | 4)
    header[208:216] = b"MAP \x44\x44\0\0"
    sections = b"".join(struct.pack("<3h", angle, 50, -25) for angle in (-6000, 0, 6000))
    path.write_bytes(bytes(header) + sections + bytes(4 * 2 * 3 * 2))
    said = {pair.name: (pair.value, pair.unit) for pair in read_facts(path).images[0].key_values}
    assert said["section 0/tilt angle"] == ("-60", "deg")
    assert said["section 2/tilt angle"] == ("60", "deg")
    assert said["section 1/stage position"] == ("2 -1", "µm")


def test_transforms_are_refused_with_the_reason(tmp_path: Path) -> None:
    path = write(tmp_path / "transform.mrc", np.zeros((4, 4), np.complex64))
    with pytest.raises(ImageError, match="MODE: 4 means complex numbers"):
        read_facts(path)


def test_what_is_no_mrc_file_is_said_to_be_none(tmp_path: Path) -> None:
    (tmp_path / "bundle.js.map").write_text('{"version": 3, "mappings": ""}' * 100)
    with pytest.raises(ImageError, match="is not that of an MRC file"):
        read_facts(tmp_path / "bundle.js.map")


@pytest.mark.parametrize("name", ["EMD-3197.map", "epu2.9_example_crop1024.mrc"])
def test_damaged_copies(shared: Path, tmp_path: Path, name: str) -> None:
    said = only_image_errors(shared / EM / name, tmp_path, head=256)
    assert "truncated" in said[0]
