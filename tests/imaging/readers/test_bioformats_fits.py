"""FITS, by a real Java process: whole files as astronomers' readers see them, and broken ones that it would never leave
by itself."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from imaging.errors import ImageError
from imaging.readers import read_facts
from imaging.readers.bioformats import sidecar
from imaging.source import open_source, read_region

pytestmark = pytest.mark.usefixtures("bioformats")

PIXELS = np.arange(3 * 40 * 50, dtype=np.int16).reshape(3, 40, 50) * 5
IMAGE = ("BITPIX  = 16", "NAXIS   = 3", "NAXIS1  = 50", "NAXIS2  = 40", "NAXIS3  = 3 / planes")
EMPTY = ("SIMPLE  = T", "BITPIX  = 8", "NAXIS   = 0")


@pytest.fixture(scope="module", autouse=True)
def _no_java_is_left() -> Iterator[None]:
    yield
    sidecar.stop()


def header(*cards: str) -> bytes:
    return "".join(f"{card:80}" for card in (*cards, "END")).ljust(2880).encode()


def write(folder: Path, data: bytes) -> Path:
    path = folder / "stars.fits"
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    "headers",
    [header("SIMPLE  = T", *IMAGE), header(*EMPTY) + header("XTENSION= 'IMAGE   '", *IMAGE)],
    ids=["first", "extension"],
)
def test_its_pixels(tmp_path: Path, headers: bytes) -> None:
    path = write(tmp_path, headers + PIXELS.astype(">i2").tobytes())
    facts = read_facts(path)
    (image,) = facts.images
    assert facts.warnings == ()
    assert (image.size_x, image.size_y, image.size_z, image.pixel_type) == (50, 40, 3, "int16")
    found = read_region(open_source(path, ""), 0, 0, 0, 2, 0, 40, 0, 50)
    np.testing.assert_array_equal(found, PIXELS[2])


def test_numbers_that_are_scaled_are_told(tmp_path: Path) -> None:
    path = write(tmp_path, header("SIMPLE  = T", *IMAGE, "BZERO   = 32768.0") + PIXELS.astype(">i2").tobytes())
    assert read_facts(path).warnings == ("Pixel values are as stored: a true value is 32768.0 + 1 x the one shown.",)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (header("SIMPLE  = T", *IMAGE).replace(b"END", b"END1"), "header: has no END"),
        (header("SIMPLE  = T", *IMAGE) + bytes(100), "pixels: ends at byte 14880, but the file has only 2980"),
        (header("SIMPLE  = T", *IMAGE).replace(b"= 50", b"= 0 "), "NAXIS1: says 0 pixels"),
        (header(*EMPTY), "header: has no END"),
        (header(*EMPTY) + header("XTENSION= 'BINTABLE'", *IMAGE), "extension: is 'BINTABLE'"),
        (
            header("SIMPLE  = T", *IMAGE) + (PIXELS + 0x2000).astype(">i2").tobytes(),
            "pixels: begin with the byte of a blank",
        ),
        (b"no stars", "header: has no END"),
    ],
)
def test_what_is_broken_is_told_at_once(tmp_path: Path, data: bytes, said: str) -> None:
    with pytest.raises(ImageError, match=said):
        read_facts(write(tmp_path, data))
