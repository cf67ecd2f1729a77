"""Pictures that are larger than the segment they stand for are refused before they are decoded; types are kept."""

from dataclasses import replace
from typing import Any

import imagecodecs
import numpy as np
import pytest

from imaging.pixels import DECODE_ERRORS
from imaging.sources import segment_codecs
from imaging.sources.picture_sizes import said_size
from imaging.sources.segment_codecs import JPEG2K, JPEG_LS, LOSSLESS_JPEG, Segment, decode_segment

GREY = np.arange(90 * 70, dtype=np.uint16).reshape(90, 70)
COLOUR = np.zeros((90, 70, 3), np.uint8)
CODED: list[tuple[int, np.ndarray, bytes]] = [
    (34933, GREY, bytes(imagecodecs.png_encode(GREY))),
    (JPEG2K, GREY, bytes(imagecodecs.jpeg2k_encode(GREY, level=0))),
    (JPEG2K, GREY, bytes(imagecodecs.jpeg2k_encode(GREY, level=0, codecformat="j2k"))),
    (34892, COLOUR, bytes(imagecodecs.jpeg8_encode(COLOUR))),
    (7, COLOUR, bytes(imagecodecs.jpeg8_encode(COLOUR))),
    (JPEG_LS, GREY, bytes(imagecodecs.jpegls_encode(GREY))),
    (LOSSLESS_JPEG, GREY, bytes(imagecodecs.ljpeg_encode(GREY))),
    (50002, GREY, bytes(imagecodecs.jpegxl_encode(GREY))),
    (50002, COLOUR[:64, :64], bytes(imagecodecs.jpegxl_encode(COLOUR[:64, :64]))),
    (50001, COLOUR, bytes(imagecodecs.webp_encode(COLOUR, lossless=True))),
    (50001, COLOUR, bytes(imagecodecs.webp_encode(COLOUR, lossless=False, level=80))),
    (34934, GREY, bytes(imagecodecs.jpegxr_encode(GREY))),
    (34887, GREY, bytes(imagecodecs.lerc_encode(GREY))),
]


def segment(pixels: np.ndarray, compression: int, **other: Any) -> Segment:
    rows, columns, samples = (*pixels.shape, 1)[:3]
    bits = 8 * pixels.dtype.itemsize
    one = Segment(rows, columns, samples, pixels.dtype.newbyteorder("<").str, bits, compression, 1, 1, 1, "")
    return replace(one, **other)


@pytest.mark.parametrize(("compression", "pixels", "data"), CODED)
def test_sizes(compression: int, pixels: np.ndarray, data: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    assert said_size(data)[:2] == pixels.shape[:2]
    one = segment(pixels, compression)
    assert decode_segment(data, one).shape[:2] == pixels.shape[:2]
    monkeypatch.setattr(segment_codecs, "IMAGE_DECODERS", dict.fromkeys(segment_codecs.IMAGE_DECODERS))  # never called
    with pytest.raises(DECODE_ERRORS, match="its header says"):
        decode_segment(data, replace(one, rows=10, columns=10))
    with pytest.raises(DECODE_ERRORS):
        decode_segment(data[:3], one)


def test_a_picture_of_8_bits_in_a_segment_of_16() -> None:
    small = GREY.astype(np.uint8)
    found = decode_segment(bytes(imagecodecs.jpeg2k_encode(small, level=0)), segment(GREY, JPEG2K, bits=8))
    assert found.dtype == np.uint16
    np.testing.assert_array_equal(found[..., 0], small)
    with pytest.raises(ValueError, match="pixels of type uint16 instead of uint8"):
        decode_segment(bytes(imagecodecs.jpeg2k_encode(GREY, level=0)), segment(small, JPEG2K))


@pytest.mark.parametrize(("compression", "name"), [(JPEG_LS, "jpegls"), (LOSSLESS_JPEG, "ljpeg")])
@pytest.mark.parametrize("bits", [12, 16])
def test_signs_of_fewer_bits_than_are_allocated(compression: int, name: str, bits: int) -> None:
    signed = (np.arange(90 * 70) % 4096 - 2048).astype(np.int16).reshape(90, 70)
    stored = signed.view(np.uint16) & np.uint16((1 << bits) - 1)
    options = {"bitspersample": bits} if name == "ljpeg" else {}
    data = getattr(imagecodecs, f"{name}_encode")(stored, **options)
    found = decode_segment(data, segment(signed, compression, bits=bits))
    np.testing.assert_array_equal(found[..., 0], signed)
