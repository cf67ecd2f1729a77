"""PNG, JPEG and JPEG 2000: pictures, of cameras and exports. Who took them and where is never given on."""

import io
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import tifffile

from imaging.errors import ImageError
from imaging.facts import ChannelFacts, ComponentFacts, FileFacts, ImageFacts, InstrumentFacts, KeyValue, Quantity
from imaging.limits import MAX_CHUNK_BYTES, file_size
from imaging.places import files_at
from imaging.readers.resolution import CENTIMETRE, INCH, METRE, not_taken, pixel_size
from imaging.segment_table import SegmentLevel, segment_table
from imaging.sources.segment_codecs import JPEG_FILE, Segment
from imaging.table import Table

PNG_MARK, JPEG_MARK, JP2_MARK = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"\x00\x00\x00\x0cjP  \r\n\x87\n"
CODESTREAM_MARK = b"\xff\x4f\xff\x51"
SOT, END = 0xFF90, b"\xff\xd9"  # of a codestream: a tile-part begins; it ends
PNG, JPEG2000 = 34933, 34712  # of TIFF's tag Compression
NAMES = {1: ("",), 2: ("", "Alpha"), 3: ("Red", "Green", "Blue"), 4: ("Red", "Green", "Blue", "Alpha")}
COLORS = {"Red": "#ff0000", "Green": "#00ff00", "Blue": "#0000ff", "Alpha": "#ffffff"}
EXIF = "exif"
# Exif 2.32: what says how a picture was taken. Names, owners, serial numbers, places and comments are left in the file.
EXIF_TAGS = frozenset({
    "Make", "Model", "Software", "DateTime", "DateTimeOriginal", "ExposureTime", "FNumber", "ISOSpeedRatings",
    "FocalLength", "LensModel", "Orientation", "ExposureBiasValue", "MeteringMode", "Flash", "WhiteBalance",
    "ColorSpace", "DigitalZoomRatio", "PhotographicSensitivity",
})  # fmt: skip
PNG_TEXTS = frozenset({"Title", "Description", "Software", "Source", "Creation Time", "Disclaimer", "Warning"})
MAX_MARKS = 100_000
MAX_TEXT = 65_536


@dataclass(frozen=True)
class Picture:
    """A parsed header. `dtype` and `samples` are those of the decoded pixels; density: pixels along x and y in a
    unit of so many µm, 0 if not said."""

    media_type: str
    compression: int
    width: int
    height: int
    samples: int
    dtype: str
    density: tuple[int, int] = (0, 0)
    unit: float = METRE
    key_values: tuple[KeyValue, ...] = ()
    exif: bytes = b""


def is_mine(path: Path, head: bytes) -> bool:
    """Whether it begins as one of the three does."""
    return head.startswith((PNG_MARK, JPEG_MARK, JP2_MARK, CODESTREAM_MARK))


def read(path: Path) -> FileFacts:
    """Facts of a picture; raises ImageError."""
    found = parse(path)
    exif = exif_values(found.exif)
    microscopic = [pixel_size(density, found.unit) for density in found.density]
    sizes = [Quantity(size, "µm") if size else None for size in microscopic]
    printed = not_taken(found.media_type.removeprefix("image/"), *found.density, found.unit)
    made = {pair.name: pair.value for pair in exif}
    instruments: tuple[InstrumentFacts, ...] = ()
    if made.get("Make") or made.get("Model"):
        camera = ComponentFacts("Detector", "Detector:0", made.get("Make", ""), made.get("Model", ""))
        instruments = (InstrumentFacts("Instrument:0", detectors=(camera,)),)
    image = ImageFacts(
        index=0, name=path.name, size_x=found.width, size_y=found.height, size_z=1, size_c=found.samples, size_t=1,
        pixel_type=np.dtype(found.dtype).name, significant_bits=8 * np.dtype(found.dtype).itemsize,
        physical_size_x=sizes[0], physical_size_y=sizes[1], acquisition_date=exif_date(made),
        instrument_ref="Instrument:0" if instruments else "",
        channels=colour_channels(found.samples),
        key_values=(*found.key_values, *printed, *exif), chunk_shape=(found.height, found.width),
    )  # fmt: skip
    warnings = []
    if made.get("Orientation", "1") != "1":
        warnings = ["The camera says that the picture is to be turned (Exif Orientation); it is shown as it is stored."]
    return FileFacts(str(path), found.media_type, (image,), instruments, warnings=tuple(warnings))


def make_tables(path: Path, series: Sequence[str]) -> Iterator[Table]:
    """The table of the only image; raises ImageError."""
    found = parse(path)
    for one in series:
        if one:
            raise ImageError(path=str(path), field="series", reason=f"there is no image {one!r}; it has one.")
        yield segment_table(files_at(path), [path.name], [picture_level(found, 0, path.stat().st_size)])


def colour_channels(samples: int) -> tuple[ChannelFacts, ...]:
    """The channels of a picture; transparency is one that is not shown at first."""
    return tuple(
        ChannelFacts(number, name=name, color=COLORS.get(name), active=False if name == "Alpha" else None)
        for number, name in enumerate(NAMES[samples])
    )


def picture_level(found: Picture, offset: int, length: int) -> SegmentLevel:
    """The level of a picture that lies at some bytes of a file: one segment."""
    segment = Segment(
        rows=found.height, columns=found.width, samples=found.samples, dtype=found.dtype,
        bits=8 * np.dtype(found.dtype).itemsize, compression=found.compression, predictor=1, photometric=1,
        fill_order=1, jpeg_tables="",
    )  # fmt: skip
    at = np.array([[[offset]]], np.uint64)
    return SegmentLevel((1, found.samples, 1, found.height, found.width), segment, at, np.full_like(at, length))


def parse(path: Path) -> Picture:
    """The header of a file; raises ImageError."""
    size = file_size(path)
    if size > MAX_CHUNK_BYTES:
        raise ImageError(
            path=str(path), field="file", reason=f"has more than {MAX_CHUNK_BYTES} bytes; save it as TIFF."
        )
    return parse_picture(path.read_bytes(), path)


def parse_picture(data: bytes, path: Path, field: str = "header") -> Picture:
    """The header of a picture, which may lie within a file; raises ImageError."""
    try:
        if data.startswith(PNG_MARK):
            found = parse_png(data)
        elif data.startswith(JPEG_MARK):
            found = parse_jpeg(data)
        elif data.startswith((JP2_MARK, CODESTREAM_MARK)):
            found = parse_jpeg2000(data)
        else:
            raise ValueError("it is neither PNG, JPEG nor JPEG 2000, whatever its name says")
        if min(found.width, found.height) < 1:
            raise ValueError("it has no pixels")
    except (ValueError, struct.error, IndexError) as error:
        reason = f"cannot be read ({error}); it is damaged, or saved in an unusual way: save it again as PNG or TIFF."
        raise ImageError(path=str(path), field=field, reason=reason) from error
    nbytes = found.width * found.height * found.samples * np.dtype(found.dtype).itemsize
    if nbytes > MAX_CHUNK_BYTES:
        reason = f"{found.width} x {found.height} pixels are too many to unpack at once; save it as a tiled TIFF."
        raise ImageError(path=str(path), field=field, reason=reason)
    return found


def parse_png(data: bytes) -> Picture:
    """PNG, third edition, §11.2: width, height, depth, colours; §11.3: palette's transparency, texts, pixel size."""
    width, height, depth, color = struct.unpack_from(">IIBB", data, 16)
    if data[12:16] != b"IHDR" or color not in (0, 2, 3, 4, 6):
        raise ValueError("its first part is not the header")
    pairs, density, exif, has_alpha, at, ended = [], (0, 0), b"", False, 8, False
    for _ in range(MAX_MARKS):
        if at + 12 > len(data):
            break
        length, kind = struct.unpack_from(">I4s", data, at)
        body = data[at + 8 : at + 8 + length]
        at += 12 + length
        if kind == b"IEND":
            ended = True
            break
        if kind == b"tRNS":
            has_alpha = True
        elif kind == b"tEXt" and length < MAX_TEXT:
            name, _, text = body.partition(b"\0")
            if name.decode("latin-1") in PNG_TEXTS:
                pairs.append(KeyValue("png", name.decode("latin-1"), text.decode("latin-1").strip()))
        elif kind == b"pHYs" and length == 9 and body[8] == 1:
            density = struct.unpack(">II", body[:8])
        elif kind == b"eXIf":
            exif = body
    if not ended:
        raise ValueError("it ends before its end mark: it is truncated")
    samples = {0: 1, 2: 3, 3: 3, 4: 2, 6: 4}[color] + (has_alpha and color in (0, 2, 3))
    return Picture(
        "image/png", PNG, width, height, samples, "u2" if depth == 16 else "u1",
        (density[0], density[1]), METRE, tuple(pairs), exif,
    )  # fmt: skip


def parse_jpeg(data: bytes) -> Picture:
    """ITU T.81 §B.2: the frame header; JFIF's density and Exif's block before it."""
    at, density, unit, exif, frame = 2, (0, 0), METRE, b"", None
    for _ in range(MAX_MARKS):
        mark, length = struct.unpack_from(">HH", data, at)
        body = data[at + 4 : at + 2 + length]
        if mark == 0xFFE0 and body[:5] == b"JFIF\0" and len(body) >= 12 and body[7] in (1, 2):
            unit = INCH if body[7] == 1 else CENTIMETRE
            density = struct.unpack_from(">HH", body, 8)
        elif mark == 0xFFE1 and body[:6] == b"Exif\0\0":
            exif = body[6:]
        elif 0xFFC0 <= mark <= 0xFFCF and mark not in (0xFFC4, 0xFFC8, 0xFFCC):
            frame = struct.unpack_from(">BHHB", body)
        elif mark == 0xFFDA or mark >> 8 != 0xFF:
            break
        at += 2 + length
    if frame is None:
        raise ValueError("its frame header is missing")
    bits, height, width, samples = frame
    if bits != 8 or samples not in (1, 3):
        raise ValueError(f"it has {samples} colours of {bits} bits, where 1 or 3 of 8 bits are read")
    if data.rfind(b"\xff\xd9") < at:
        raise ValueError("it ends before its end mark: it is truncated")
    return Picture("image/jpeg", JPEG_FILE, width, height, samples, "u1", (density[0], density[1]), unit, exif=exif)


def parse_jpeg2000(data: bytes) -> Picture:
    """ITU T.800 §A.5.1: the SIZ marker of the codestream, alone or in a JP2 file."""
    at = data.find(CODESTREAM_MARK)
    if at < 0:
        raise ValueError("it holds no codestream")
    right, bottom, left, top = struct.unpack_from(">4I", data, at + 8)
    (samples,) = struct.unpack_from(">H", data, at + 40)
    depths = {data[at + 42 + 3 * number] for number in range(min(samples, 4))}
    if samples not in NAMES or len(depths) != 1 or (depth := depths.pop()) & 0x80 or depth >= 16:
        raise ValueError(f"it has {samples} components, or some with sign or of more than 16 bits")
    check_whole(data, at)
    media_type = "image/jp2" if data.startswith(JP2_MARK) else "image/j2c"
    return Picture(media_type, JPEG2000, right - left, bottom - top, samples, "u1" if depth < 8 else "u2")


def check_whole(data: bytes, at: int) -> None:
    """Raise ValueError if the codestream that begins here is cut off: each of its tile-parts says its length, or lasts
    to the end mark (ITU T.800 §A.4.2, §A.4.4)."""
    at += 2
    for _ in range(MAX_MARKS):  # the main header
        mark, length = struct.unpack_from(">HH", data, at)
        if mark == SOT:
            break
        at += 2 + length
    else:
        raise ValueError("its main header has no end")
    while at + 12 <= len(data) and int.from_bytes(data[at : at + 2]) == SOT:
        (length,) = struct.unpack_from(">I", data, at + 6)
        if length and length < 14:
            raise ValueError("a tile of it has no length")
        at = at + length if length else data.rfind(END, at + 12)
        if at < 0 or at > len(data):
            raise ValueError("it ends before its pixels do: it is truncated")
    if data[at : at + 2] != END:
        raise ValueError("it ends before its end mark: it is truncated")


def exif_values(block: bytes) -> tuple[KeyValue, ...]:
    """What an Exif block says of how the picture was taken; a broken one says nothing."""
    if not block:
        return ()
    try:
        with tifffile.TiffFile(io.BytesIO(block)) as tif:
            tags = tif.pages.first.tags
            listed = [(tag.name, tag.value) for tag in tags]
            inner = tags.valueof(34665)
    except (*DAMAGE, tifffile.TiffFileError):
        return ()
    listed += list(inner.items()) if isinstance(inner, dict) else []
    return tuple(
        KeyValue(EXIF, name, exif_text(value)) for name, value in listed if name in EXIF_TAGS and exif_text(value)
    )


DAMAGE = (ValueError, TypeError, LookupError, OSError, struct.error, ArithmeticError, AttributeError)


def exif_text(value: object) -> str:
    """A value as text; a fraction is a pair of numbers."""
    if isinstance(value, tuple) and len(value) == 2 and all(isinstance(part, int) for part in value):
        return f"{value[0]}/{value[1]}"
    if isinstance(value, str | int | float):
        return str(getattr(value, "value", value)).strip("\0 ")
    return ""


def exif_date(made: dict[str, str]) -> str | None:
    """The date in ISO 8601; Exif gives no time zone."""
    date, _, time = made.get("DateTimeOriginal", "").partition(" ")
    parts = date.split(":")
    if len(parts) != 3 or not all(part.isdecimal() for part in (*parts, *time.split(":"))) or parts[0] == "0000":
        return None
    return f"{'-'.join(parts)}T{time}"
