"""DigitalMicrograph files: facts of the real ones, pixels as rosettasciio 0.15.0 reads them, and what is refused."""

import hashlib
import struct
from pathlib import Path

import numpy as np
import pytest

from imaging.errors import ImageError
from imaging.facts import Quantity, Window
from imaging.readers import read_facts
from imaging.source import open_source, read_region
from tests.imaging.readers.damage import only_image_errors
from tests.imaging.reading import whole

EM = "samples/03_vendor/em/"


def test_micrograph(shared: Path) -> None:
    facts = read_facts(shared / EM / "multi_signal.dm3")
    (image,) = facts.images  # the other one of the list is the thumbnail
    assert (facts.format, facts.warnings) == ("image/x-dm", ())
    assert (image.name, image.series_path, image.pixel_type) == ("HAADF", "1", "uint16")
    assert (image.size_t, image.size_c, image.size_z, image.size_y, image.size_x) == (1, 1, 1, 512, 512)
    assert image.physical_size_x == image.physical_size_y == Quantity(0.017751578241586685, "nm")
    assert image.acquisition_date == "2019-12-10T20:32:41Z"
    assert image.channels[0].display == Window(0.0, 7446.0, 0.0, 7446.0)
    assert image.planes is not None
    assert (image.planes.position_x[0], image.planes.position_x_unit) == (78.7215, "µm")
    (instrument,) = facts.instruments
    assert instrument.microscope is not None
    assert instrument.microscope.model == "Example Microscope"
    assert instrument.objectives[0].attributes == (("NominalMagnification", "10000000"),)
    assert image.objective_settings == (("ID", "Objective:0"),)
    assert facts.experimenters[0].user_name == "JohnDoe"
    said = {pair.name: pair.value for pair in image.key_values}
    assert said["Microscope Info/Formatted Voltage"] == "300kV"
    assert said["Microscope Info/Illumination Mode"] == "STEM NANOPROBE"
    assert "JohnDoe" not in said.values()
    assert len(image.key_values) == 98


def test_spectrum_image(shared: Path) -> None:
    facts = read_facts(shared / EM / "EELS_SI.dm4")
    (image,) = facts.images
    assert (image.size_c, image.size_z, image.size_y, image.size_x) == (1, 2048, 2, 2)
    assert image.pixel_type == "float"
    assert image.physical_size_x == Quantity(0.0019920736085623503, "µm")
    assert image.physical_size_z is None
    said = {pair.name: (pair.value, pair.unit) for pair in image.key_values}
    assert said["axis 2 start"] == ("300", "eV")
    assert said["axis 2 step"] == ("1.0", "eV")
    assert said["EELS/Experimental Conditions/Collection semi-angle (mrad)"] == ("62.0", "")
    assert facts.warnings[0].startswith("The slices of “EELS_SI” are energies (eV)")
    assert facts.instruments[0].detectors[0].model == "US1000FTXP 1"


def test_pixels_as_a_peer_reads_them(shared: Path) -> None:
    micrograph = whole(open_source(shared / EM / "multi_signal.dm3"))[0, 0, 0]
    peers = "588eab7983d6e155e4bd23c7cfb12ac4bc918ce795a381f95e69fd1c92dfa465"
    assert hashlib.sha256(micrograph.astype("<u2").tobytes()).hexdigest() == peers
    assert micrograph[0, :4].tolist() == [195, 25, 106, 281]
    source = open_source(shared / EM / "EELS_SI.dm4")
    assert whole(source).sum(dtype=np.float64) == 7169069.071044922
    assert read_region(source, 0, 0, 0, 0, 0, 2, 0, 2)[0, 0] == 8473.005859375
    assert source.raw_chunk(0, (0, 0, 0, 0, 0)) is not None, "planes are given as they are stored"


def dm3(data_type: int, width: int, height: int, pixels: bytes, code: int, depth: int = 0) -> bytes:
    """A DM3 file with one image, written by the format's description."""

    def tag(name: str, kind: int, body: bytes) -> bytes:
        return struct.pack(">BH", kind, len(name)) + name.encode() + body

    def group(*members: bytes) -> bytes:
        return struct.pack(">BBI", 0, 0, len(members)) + b"".join(members)

    def number(value: int) -> bytes:
        return b"%%%%" + struct.pack(">II", 1, 5) + struct.pack("<I", value)

    sizes = [tag("", 21, number(width)), tag("", 21, number(height))]
    array = b"%%%%" + struct.pack(">4I", 3, 20, code, len(pixels) // np.dtype(f"i{2 if code == 2 else 4}").itemsize)
    data = group(
        tag("Data", 21, array + pixels), tag("DataType", 21, number(data_type)), tag("Dimensions", 20, group(*sizes))
    )
    nested = group(tag("ImageList", 20, group(tag("", 20, group(tag("ImageData", 20, data))))))
    for _ in range(depth):
        nested = group(tag("deeper", 20, nested))
    return struct.pack(">III", 3, len(nested), 1) + nested


def test_a_file_written_by_the_description(tmp_path: Path) -> None:
    pixels = np.arange(40 * 60, dtype="<i2").reshape(40, 60)
    (tmp_path / "own.dm3").write_bytes(dm3(1, 60, 40, pixels.tobytes(), 2))
    np.testing.assert_array_equal(whole(open_source(tmp_path / "own.dm3"))[0, 0, 0], pixels)


def test_what_is_refused(tmp_path: Path) -> None:
    pixels = bytes(40 * 60 * 2)
    for name, data, said in (
        ("complex.dm3", dm3(3, 60, 40, pixels, 2), "complex numbers: a transform"),
        ("huge.dm3", dm3(1, 2**31 - 1, 2**31 - 1, pixels, 2), "the file is damaged"),
        ("deep.dm3", dm3(1, 60, 40, pixels, 2, depth=100), "lies too deep"),
        ("text.dm4", b"not an image", "is not that of a DigitalMicrograph 3 or 4 file"),
        ("count.dm3", struct.pack(">IIIBBI", 3, 9, 1, 0, 0, 2**32 - 1), "more than the file has bytes"),
    ):
        (tmp_path / name).write_bytes(data)
        with pytest.raises(ImageError, match=said):
            read_facts(tmp_path / name)


@pytest.mark.parametrize("name", ["multi_signal.dm3", "EELS_SI.dm4"])
def test_damaged_copies(shared: Path, tmp_path: Path, name: str) -> None:
    said = only_image_errors(shared / EM / name, tmp_path, head=8192)
    assert any("truncated" in one for one in said)
