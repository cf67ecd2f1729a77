"""Decoding the strips and tiles of a TIFF with imagecodecs, by the numbers of the tags Compression and Predictor."""

import base64
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import imagecodecs
import numpy as np
import simplejpeg

from imaging.pixels import native
from imaging.sources.picture_sizes import said_size

NONE, LZW, OLD_JPEG, JPEG, ADOBE_DEFLATE, PACKBITS, DEFLATE = 1, 5, 6, 7, 8, 32773, 32946
LZMA, ZSTD, JPEG2K = 34925, 50000, 34712
JPEG_XR = 34934
JPEG_FILE = 34892  # a JPEG that says by itself what its colours are
# Of DICOM, which TIFF has no numbers for.
LOSSLESS_JPEG, JPEG_LS, DICOM_RLE = 70001, 70002, 70003
ZEISS_ZSTD = 70011  # of CZI: zstd behind a header that says whether low and high bytes were stored apart
KEPT_HEADS = 256  # of levels of images
START_OF_IMAGE, END_OF_IMAGE = b"\xff\xd8", b"\xff\xd9"  # JPEG's markers (ITU T.81, table B.1)

# To bytes; `out` is the size expected, which also bounds what a broken stream can swell to.
BYTE_DECODERS: dict[int, Callable[[bytes, int], Any]] = {
    NONE: lambda data, nbytes: data,
    LZW: lambda data, nbytes: imagecodecs.lzw_decode(data, out=nbytes),
    ADOBE_DEFLATE: lambda data, nbytes: imagecodecs.deflate_decode(data, out=nbytes),
    DEFLATE: lambda data, nbytes: imagecodecs.deflate_decode(data, out=nbytes),
    PACKBITS: lambda data, nbytes: imagecodecs.packbits_decode(data, out=nbytes),
    LZMA: lambda data, nbytes: imagecodecs.lzma_decode(data, out=nbytes),
    ZSTD: lambda data, nbytes: imagecodecs.zstd_decode(data, out=nbytes),
    ZEISS_ZSTD: lambda data, nbytes: decode_zeiss_zstd(data, nbytes),
}
# To arrays: codecs that know the picture they hold.
IMAGE_DECODERS: dict[int, Callable[[bytes], Any]] = {
    33003: lambda data: ycbcr_to_rgb(imagecodecs.jpeg2k_decode(data)),  # Aperio's, whose JPEG 2000 says no colours
    33005: imagecodecs.jpeg2k_decode,
    JPEG2K: imagecodecs.jpeg2k_decode,
    34887: imagecodecs.lerc_decode,
    JPEG_FILE: imagecodecs.jpeg8_decode,
    34933: imagecodecs.png_decode,
    50001: imagecodecs.webp_decode,
    50002: imagecodecs.jpegxl_decode,
    52546: imagecodecs.jpegxl_decode,
    LOSSLESS_JPEG: imagecodecs.ljpeg_decode,
    JPEG_LS: imagecodecs.jpegls_decode,
    JPEG_XR: imagecodecs.jpegxr_decode,
}
UNSIGNED = (LOSSLESS_JPEG, JPEG_LS, JPEG2K)  # streams of DICOM whose highest bit may be a sign
# A Zarr codec whose bytes are those of the TIFF's compression.
ZARR_CODECS: dict[int, list[dict[str, Any]]] = {
    NONE: [],
    ADOBE_DEFLATE: [{"name": "numcodecs.zlib", "configuration": {"level": 6}}],
    DEFLATE: [{"name": "numcodecs.zlib", "configuration": {"level": 6}}],
    ZSTD: [{"name": "zstd", "configuration": {"level": 3, "checksum": False}}],
}


@dataclass(frozen=True)
class Segment:
    """How strips or tiles of one level are coded: rows x columns x interleaved samples of `dtype` (file order)."""

    rows: int
    columns: int
    samples: int
    dtype: str
    bits: int
    compression: int
    predictor: int
    photometric: int
    fill_order: int
    jpeg_tables: str
    jpeg_header: str = ""  # what comes before each piece of a JPEG that is cut at its restart markers (NDPI)

    @property
    def nbytes(self) -> int:
        """Size of a decoded segment, as packed in the file."""
        return self.rows * (-(-self.columns * self.samples * self.bits // 8))

    @property
    def plain(self) -> bool:
        """Whether decompressed bytes are the pixels: whole bytes each, no predictor."""
        whole = self.bits == 8 * np.dtype(self.dtype).itemsize
        return whole and self.predictor == 1 and (self.fill_order == 1 or self.compression == NONE)


def supported(compression: int, predictor: int) -> bool:
    """Whether segments with these tags can be decoded."""
    known = compression in BYTE_DECODERS or compression in IMAGE_DECODERS or compression in (JPEG, DICOM_RLE)
    return known and predictor in (1, 2, 3)


def decode_segment(data: bytes, segment: Segment) -> np.ndarray:
    """The pixels (rows, columns, samples) in native byte order; fewer rows if the segment holds fewer.

    Raises one of DECODE_ERRORS on bytes that are no such segment.
    """
    if segment.compression == JPEG or segment.compression in IMAGE_DECODERS:
        check_size(base64.b64decode(segment.jpeg_header) + data if segment.jpeg_header else data, segment)
    if segment.compression == JPEG:
        array = decode_jpeg(data, segment)
    elif segment.compression == DICOM_RLE:
        array = decode_rle(data, segment)
    elif segment.compression in IMAGE_DECODERS:
        array = IMAGE_DECODERS[segment.compression](data)
    else:
        if segment.fill_order == 2:
            data = bytes(imagecodecs.bitorder_decode(data))
        array = unpack(BYTE_DECODERS[segment.compression](data, segment.nbytes), segment)
    array = np.asarray(array)
    if array.ndim == 2:
        array = array[:, :, None]
    if array.ndim != 3 or array.shape[1:] != (segment.columns, segment.samples) or array.shape[0] > segment.rows:
        raise ValueError(f"it holds {array.shape} pixels instead of {(segment.rows, segment.columns, segment.samples)}")
    return of_type(array, segment)


def check_size(data: bytes, segment: Segment) -> None:
    """Refuse a picture that is larger than its segment, before it is decoded; raises one of DECODE_ERRORS."""
    rows, columns, samples = said_size(data)
    if not 0 < rows * columns <= segment.rows * segment.columns or samples > max(4, segment.samples):
        said, expected = (rows, columns, samples), (segment.rows, segment.columns, segment.samples)
        raise ValueError(f"its header says {said} pixels instead of {expected}")


def of_type(array: np.ndarray, segment: Segment) -> np.ndarray:
    """The array in the segment's type: a picture of 8 bits may lie in 16, and say nothing of its sign."""
    dtype = np.dtype(segment.dtype).newbyteorder("=")
    if array.dtype.itemsize > dtype.itemsize or (array.dtype.kind == "f") != (dtype.kind == "f"):
        raise ValueError(f"it holds pixels of type {array.dtype} instead of {dtype}")
    unused = 8 * dtype.itemsize - segment.bits
    array = array.astype(dtype, copy=False)
    if dtype.kind == "i" and unused > 0 and segment.compression in UNSIGNED:
        array = array << unused >> unused
    return array


def unpack(data: Any, segment: Segment) -> np.ndarray:
    """Bytes to pixels: bits, byte order, then predictor (TIFF 6.0 §14; Technical Note 3 for floating point)."""
    stored = np.dtype(segment.dtype)
    width = segment.columns * segment.samples
    if segment.bits != 8 * stored.itemsize:
        flat = imagecodecs.packints_decode(bytes(data), stored.newbyteorder("="), segment.bits, runlen=width)
        return np.asarray(flat).reshape(-1, segment.columns, segment.samples)
    row = width * stored.itemsize
    rows = len(data) // row
    if rows == 0:
        raise ValueError(f"it holds {len(data)} bytes, less than one row")
    array = np.frombuffer(data, stored, rows * width).reshape(rows, segment.columns, segment.samples)
    if segment.predictor == 3:
        return native(imagecodecs.floatpred_decode(np.ascontiguousarray(array), axis=-2))
    array = native(array)
    return np.asarray(imagecodecs.delta_decode(array, axis=-2)) if segment.predictor == 2 else array


def decode_rle(data: bytes, segment: Segment) -> np.ndarray:
    """A frame in DICOM's run lengths (PS3.5, annex G), whose samples lie apart."""
    dtype = np.dtype(segment.dtype).newbyteorder("=")
    flat = np.frombuffer(imagecodecs.dicomrle_decode(data, dtype.newbyteorder("<"), out=segment.nbytes), dtype)
    array = flat.reshape(segment.samples, segment.rows, segment.columns).transpose(1, 2, 0)
    return ycbcr_to_rgb(array) if segment.photometric == 6 else array


def decode_jpeg(data: bytes, segment: Segment) -> np.ndarray:
    """A JPEG segment, whose tables may be kept once for the page; YCbCr (photometric 6) becomes RGB."""
    if segment.photometric == 6 and segment.samples == 3 and segment.bits == 8 and not segment.jpeg_header:
        try:  # the same library, asked for no more than this: a sixth less time
            return np.asarray(simplejpeg.decode_jpeg(jpeg_head(segment) + data[len(START_OF_IMAGE) :], "RGB"))
        except ValueError:  # also of what the other one puts right
            pass
    tables = base64.b64decode(segment.jpeg_tables) or None
    header = base64.b64decode(segment.jpeg_header) or None
    colours = ("YCBCR", "RGB") if segment.photometric == 6 else (None, None)
    if segment.photometric == 2:
        colours = ("RGB", "RGB")
    return np.asarray(
        imagecodecs.jpeg_decode(
            data,
            tables=tables,
            header=header,
            colorspace=colours[0],
            outcolorspace=colours[1],
            bitspersample=segment.bits,
        )
    )


def ycbcr_to_rgb(array: np.ndarray) -> np.ndarray:
    """Pixels (rows, columns, 3) of 8 bits from YCbCr to RGB (ITU-T T.871, section 7)."""
    if array.ndim != 3 or array.shape[2] != 3 or array.dtype != np.uint8:
        return array
    y, cb, cr = (array[..., sample].astype(np.float32) for sample in range(3))
    rgb = (y + 1.402 * (cr - 128), y - 0.344136 * (cb - 128) - 0.714136 * (cr - 128), y + 1.772 * (cb - 128))
    out: np.ndarray = np.clip(np.rint(np.stack(rgb, -1)), 0, 255).astype(np.uint8)
    return out


@lru_cache(KEPT_HEADS)
def jpeg_head(segment: Segment) -> bytes:
    """What makes a JPEG segment, less its START_OF_IMAGE, a file by itself: the tables that are kept once for the page,
    and how its colours are coded (Adobe's APP14 marker: 1 YCbCr, 0 as they are), which a TIFF says in a tag."""
    transform = 1 if segment.photometric == 6 else 0
    adobe = b"\xff\xee\x00\x0eAdobe\x00\x64\x00\x00\x00\x00" + bytes([transform])
    tables = base64.b64decode(segment.jpeg_tables)
    return START_OF_IMAGE + adobe + tables[len(START_OF_IMAGE) : -len(END_OF_IMAGE)]


def zstd_says_size(frame: bytes) -> bool:
    """Whether a zstd frame tells its unpacked size (RFC 8878 §3.1.1.1), without which some readers cannot open it."""
    return len(frame) > 4 and frame[:4] == b"\x28\xb5\x2f\xfd" and bool(frame[4] >> 6 or frame[4] >> 5 & 1)


def decode_zeiss_zstd(data: bytes, nbytes: int) -> bytes:
    """The pixels of a CZI's block of compression 6 ("zstd1" of ZEISS' CZI format): a header of 1 or 3 bytes, the first
    its length; chunk 1 of it says by its lowest bit that all low bytes stand before all high ones of 16-bit pixels."""
    size = data[0]
    if size not in (1, 3) or (size == 3 and data[1] != 1):
        raise ValueError(f"its header {data[:3].hex()} is none of zstd1")
    pixels = imagecodecs.zstd_decode(data[size:], out=nbytes)
    if size == 1 or not data[2] & 1:
        return bytes(pixels)
    if len(pixels) % 2:
        raise ValueError(f"it holds {len(pixels)} bytes, an odd number")
    return np.frombuffer(pixels, np.uint8).reshape(2, -1).T.tobytes()
