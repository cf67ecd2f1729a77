"""MRC and CCP4 maps (MRC2014): micrographs, tilt series, tomograms and densities of electron microscopy.

Source: Cheng et al. 2015, "MRC2014: Extensions to the MRC format header"; IMOD's and FEI's notes on their headers.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import mrcfile.dtypes
import numpy as np

from imaging.errors import ImageError
from imaging.facts import ChannelFacts, ComponentFacts, FileFacts, ImageFacts, InstrumentFacts, KeyValue, Quantity
from imaging.limits import check_extent, file_size
from imaging.pixels import Shape5
from imaging.places import files_at
from imaging.segment_table import plane_level, segment_table
from imaging.table import Table

MRC = "ccpem.ac.uk/mrc"
HEADER = 1024  # bytes
MODES = {0: "i1", 1: "i2", 2: "f4", 6: "u2", 12: "f2"}
NOT_READ = {
    3: "complex numbers of 16 bits: a transform, not an image; save the image itself",
    4: "complex numbers of 32 bits: a transform, not an image; save the image itself",
    16: "RGB pixels of IMOD; save it as TIFF",
    101: "pixels of 4 bits; save it with 8 bits",
}
PIXEL_TYPES = {"i1": "int8", "u1": "uint8", "i2": "int16", "u2": "uint16", "f4": "float", "f2": "float16"}
IMOD_STAMP, IMOD_SIGNED = 1146047817, 1
MAX_SECTIONS_TOLD = 2000  # of which the extended header's values are given one by one
SILENT = ("Metadata", "Bitmask", "reserved", "Unused")  # in names of FEI's fields that say nothing
OLE_EPOCH = datetime(1899, 12, 30)
# SerialEM: bit of nreal, name, unit, type and number of the values, and what a value is divided by.
SERIALEM = (
    (1, "tilt angle", "deg", "i2", 1, 100.0), (2, "piece coordinates", "pixel", "i2", 3, 1.0),
    (4, "stage position", "µm", "i2", 2, 25.0), (8, "magnification", "", "i2", 1, 0.01),
    (16, "intensity", "", "i2", 1, 25000.0), (32, "exposure dose", "e/Å²", "i4", 1, 1.0),
)  # fmt: skip


@dataclass(frozen=True)
class Map:
    """A parsed header. `shape` is (t, c, z, y, x), `dtype` as stored, `start` the byte at which the pixels begin."""

    header: Any
    order: str
    shape: Shape5
    dtype: str
    start: int


def is_mine(path: Path, head: bytes) -> bool:
    """Whether it begins as an MRC2014 file does."""
    return head[208:212] in (b"MAP ", b"MAP\0")


def read(path: Path) -> FileFacts:
    """Facts of a map; raises ImageError."""
    found = parse(path)
    header = found.header
    t, c, z, y, x = found.shape
    warnings = []
    extended, instruments, date = extended_header(path, found)
    if int(header["ispg"]) == 0 and z > 1:
        warnings.append(f"The file is a stack of {z} images; they are read as z-slices.")
    image = ImageFacts(
        index=0, name=path.name, size_x=x, size_y=y, size_z=z, size_c=c, size_t=t,
        pixel_type=PIXEL_TYPES[found.dtype[1:]], significant_bits=8 * np.dtype(found.dtype).itemsize,
        physical_size_x=voxel(header, 0), physical_size_y=voxel(header, 1),
        physical_size_z=voxel(header, 2) if z > 1 else None,
        acquisition_date=date, instrument_ref=instruments[0].ome_id if instruments else "",
        channels=(ChannelFacts(0),), key_values=(*header_values(header), *extended), chunk_shape=(y, x),
    )  # fmt: skip
    return FileFacts(str(path), "image/x-mrc", (image,), instruments, warnings=tuple(warnings))


def make_tables(path: Path, series: Sequence[str]) -> Iterator[Table]:
    """The tables of its one image; raises ImageError."""
    found = parse(path)
    t, c, z, y, x = found.shape
    size = y * x * np.dtype(found.dtype).itemsize
    for one in series:
        if one:
            raise ImageError(path=str(path), field="series", reason=f"there is no image {one!r}; it has one.")
        offsets = found.start + size * np.arange(t * c * z, dtype=np.uint64)
        yield segment_table(files_at(path), [path.name], [plane_level(found.shape, found.dtype, offsets)])


def parse(path: Path) -> Map:
    """The header, checked against the file's size; raises ImageError."""
    size = file_size(path)
    check_extent(path, "header", HEADER, size)
    with path.open("rb") as file:
        data = file.read(HEADER)
    order = byte_order(path, data)
    header = np.frombuffer(data, mrcfile.dtypes.HEADER_DTYPE.newbyteorder(order))[0]
    x, y, sections = (int(header[name]) for name in ("nx", "ny", "nz"))
    if min(x, y, sections) < 1:
        reason = f"says {x} x {y} x {sections} pixels; the file is damaged or no MRC file."
        raise ImageError(path=str(path), field="NX, NY, NZ", reason=reason)
    mode = int(header["mode"])
    if mode not in MODES:
        said = NOT_READ.get(mode, "a kind of pixels that MRC2014 does not know; the file is damaged or no MRC file")
        raise ImageError(path=str(path), field="MODE", reason=f"{mode} means {said}.")
    kind = MODES[mode]
    stamp, flags = (int.from_bytes(data[at : at + 4], "little" if order == "<" else "big") for at in (152, 156))
    if mode == 0 and stamp == IMOD_STAMP and not flags & IMOD_SIGNED:
        kind = "u1"
    depth, volumes = sections, 1
    if int(header["ispg"]) >= 401 and 0 < int(header["mz"]) <= sections and sections % int(header["mz"]) == 0:
        depth, volumes = int(header["mz"]), sections // int(header["mz"])
    start = HEADER + max(int(header["nsymbt"]), 0)
    check_extent(path, "pixels", start + x * y * sections * np.dtype(kind).itemsize, size)
    return Map(header, order, (volumes, 1, depth, y, x), order + kind, start)


def byte_order(path: Path, data: bytes) -> str:
    """ "<" or ">", by the machine stamp, else by which of them makes MODE and the axes small; raises ImageError."""
    if data[212] in (0x44, 0x11) and is_mine(path, data):
        return "<" if data[212] == 0x44 else ">"
    for order in "<>":
        words = np.frombuffer(data[:256], f"{order}i4")
        if 0 <= words[3] <= 101 and sorted(words[16:19]) in ([1, 2, 3], [0, 0, 0]) and (words[:3] > 0).all():
            return order
    reason = "is not that of an MRC file: neither mark nor sizes fit; look whether it was named right."
    raise ImageError(path=str(path), field="header", reason=reason)


def voxel(header: Any, axis: int) -> Quantity | None:
    """Size of a voxel along columns (0), rows (1) or sections (2), in Å; None if the header does not say."""
    along = int(header[("mapc", "mapr", "maps")[axis]]) - 1
    along = along if along in (0, 1, 2) else axis
    length = float(header["cella"]["xyz"[along]])
    steps = int(header[("mx", "my", "mz")[along]])
    if steps < 1 or not np.isfinite(length) or length <= 0:
        return None
    return Quantity(length / steps, "Å", repr(length / steps))


def header_values(header: Any) -> tuple[KeyValue, ...]:
    """What the header says besides sizes."""
    pairs = []
    units = {"origin": "Å", "cellb": "deg", "cella": "Å"}
    for name in ("mode", "nxstart", "nystart", "nzstart", "mx", "my", "mz", "cella", "cellb", "mapc", "mapr", "maps",
                 "dmin", "dmax", "dmean", "rms", "ispg", "nsymbt", "exttyp", "nversion", "origin"):  # fmt: skip
        value = header[name]
        if value.dtype.names:
            told = " ".join(str(value[part]) for part in value.dtype.names)
        else:
            told = plain(value)
        if told:
            pairs.append(KeyValue(MRC, name, told, units.get(name, "")))
    for number in range(min(max(int(header["nlabl"]), 0), 10)):
        label = plain(header["label"][number])
        if label:
            pairs.append(KeyValue(MRC, f"label {number + 1}", label))
    return tuple(pairs)


def plain(value: Any) -> str:
    """A value of the header as text."""
    if isinstance(value, bytes | np.bytes_):
        return bytes(value).split(b"\0")[0].decode("latin-1").strip()
    return str(value)


def extended_header(path: Path, found: Map) -> tuple[tuple[KeyValue, ...], tuple[InstrumentFacts, ...], str | None]:
    """Values of the extended header, the microscope and the date, as far as they are FEI's or SerialEM's."""
    kind = plain(found.header["exttyp"])
    length = found.start - HEADER
    with path.open("rb") as file:
        file.seek(HEADER)
        data = file.read(length) if kind in ("FEI1", "FEI2", "SERI") else b""
    sections = min(found.shape[0] * found.shape[2], MAX_SECTIONS_TOLD)
    if kind == "SERI":
        return serialem_values(found, data, sections), (), None
    if kind in ("FEI1", "FEI2"):
        return fei_values(found, kind, data, sections)
    return (), (), None


def serialem_values(found: Map, data: bytes, sections: int) -> tuple[KeyValue, ...]:
    """SerialEM's values of each section: two 16-bit words of the header say their size and which there are."""
    words = np.frombuffer(found.header.tobytes()[128:132], f"{found.order}i2")
    step, flags = int(words[0]), int(words[1])
    pairs = []
    for section in range(sections if step > 0 else 0):
        at = section * step
        for bit, name, unit, kind, count, divisor in SERIALEM:
            nbytes = count * np.dtype(kind).itemsize
            if not flags & bit or at + nbytes > len(data):
                continue
            values = np.frombuffer(data, f"{found.order}{kind}", count, at)
            told = " ".join(f"{value / divisor:g}" for value in values)
            if bit != 32:  # its two words are a number of SerialEM's own form
                pairs.append(KeyValue(MRC, f"section {section}/{name}", told, unit))
            at += nbytes
    return tuple(pairs)


def fei_values(
    found: Map, kind: str, data: bytes, sections: int
) -> tuple[tuple[KeyValue, ...], tuple[InstrumentFacts, ...], str | None]:
    """FEI's values: of the first section all, of the others what differs."""
    dtype = mrcfile.dtypes.get_ext_header_dtype(kind.encode(), found.order)
    rows = np.frombuffer(data, dtype, min(sections, len(data) // dtype.itemsize))
    if not len(rows):
        return (), (), None
    pairs = []
    for name in dtype.names:
        if any(word in name for word in SILENT):
            continue
        column = [plain(value) for value in rows[name]]
        pairs += [KeyValue(MRC, f"{kind}/{name}", column[0])] if column[0] else []
        pairs += [
            KeyValue(MRC, f"section {section}/{kind}/{name}", value)
            for section, value in enumerate(column)
            if section and value != column[0]
        ]
    return tuple(pairs), (fei_instrument(rows[0]),), ole_date(float(rows[0]["Timestamp"]))


def fei_instrument(row: Any) -> InstrumentFacts:
    """The microscope, its magnification and its camera."""
    magnification, camera = float(row["Magnification"]), plain(row["Camera name"])
    objective = ComponentFacts("Objective", "Objective:0", attributes=(("NominalMagnification", f"{magnification:g}"),))
    return InstrumentFacts(
        "Instrument:0",
        ComponentFacts(
            "Microscope",
            manufacturer="FEI",
            model=plain(row["Microscope type"]),
            serial_number=plain(row["D-Number"]),
        ),
        objectives=(objective,) if magnification > 0 else (),
        detectors=(ComponentFacts("Detector", "Detector:0", model=camera),) if camera else (),
    )


def ole_date(days: float) -> str | None:
    """Days since 1899-12-30 as ISO text, None if that is no date of a microscope."""
    if not np.isfinite(days) or not 30000 < days < 80000:
        return None
    return (OLE_EPOCH + timedelta(days=days)).isoformat(timespec="seconds")
