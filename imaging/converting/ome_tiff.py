"""To OME-TIFF 6.0: BigTIFF in tiles, each plane a page with its lower levels as SubIFDs, OME-XML in the first.

Tiles are written as they come; where they lie follows behind them.
"""

import struct
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from threading import Lock
from typing import BinaryIO

import imagecodecs
import numpy as np

from imaging.converting.ome_zarr import samples_of
from imaging.converting.plan import Block, Plan, make_plan, plan_of_levels
from imaging.converting.shards import cannot_write
from imaging.converting.verifying import Comparison
from imaging.converting.writing import Tell, Work, silent, write_blocks
from imaging.errors import ImageError
from imaging.pixels import PixelSource
from imaging.source import open_source

TILE = 512
SHORT, LONG, ASCII, LONG8, IFD8 = 3, 4, 2, 16, 18  # types of values (TIFF 6.0 §2; BigTIFF)
TYPES = ("int8", "int16", "int32", "uint8", "uint16", "uint32", "float32", "float64")  # that OME has, but for bits
FORMATS = {"u": 1, "i": 2, "f": 3}  # SampleFormat
COMPRESSIONS: dict[str, tuple[int, Callable[[bytes], bytes]]] = {
    "zstd": (50000, lambda data: bytes(imagecodecs.zstd_encode(data, level=3))),
    "deflate": (8, lambda data: bytes(imagecodecs.deflate_encode(data, level=6, raw=False))),
}
"""By name: TIFF's number, and what encodes a tile."""


def to_ome_tiff(
    source: PixelSource,
    out: Path,
    ome_xml: Callable[[int], bytes],
    *,
    compression: str = "deflate",
    as_served: bool = False,
    labels: bool = False,
    threads: int | None = None,
    tell: Tell = silent,
) -> None:
    """Write `out`, which is not there yet; it appears when all its pixels have been compared with the source's.

    ome_xml: gives the OME-XML, for so many channels that lie together in a pixel (ome.one_image). compression: one of
    COMPRESSIONS. as_served: with the levels of the source, and each such channel in tiles of its own, so that it may be
    served in place of the source. tell: progress of writing and comparing together. Raises ImageError.
    """
    if out.exists():
        raise ImageError(path=str(out), field="file", reason="is there already; choose another name, or remove it.")
    if source.dtype.name not in TYPES:
        reason = f"OME-TIFF has no pixels of type {source.dtype.name}; convert the image to OME-Zarr."
        raise ImageError(path=str(out), field="pixel type", reason=reason)
    samples = samples_of(source)
    tile = (1, TILE, TILE)
    if as_served:
        plan = plan_of_levels(source, tile, samples=samples)
    else:
        plan = make_plan(source.levels[0].shape, source.dtype.itemsize, tile, samples=samples)
    part = out.with_name(f"part-{out.name}")  # its ending says what it is
    total = 2 * plan.count()
    try:
        with part.open("wb") as file:
            sink = TiffSink(file, plan, source.dtype, compression, samples, planar=as_served)
            write_blocks(Work(source, plan, sink, labels), threads=threads, tell=lambda done, _: tell(done, total))
            sink.finish(ome_xml(samples))
        with closing(open_source(part)) as written:
            comparison = Comparison(source, written, plan, labels, 0)
            comparison.run(out, threads=threads, tell=lambda done, _: tell(total // 2 + done, total))
        part.rename(out)
    except OSError as error:
        raise cannot_write(out, error) from error
    finally:
        part.unlink(missing_ok=True)


class TiffSink:
    """See writing.Sink: tiles are appended to the file; where each lies is kept until `finish` writes the pages.

    places: for each level the offsets and lengths of tiles, uint64 [2, plane, sample plane, row, column].
    """

    def __init__(
        self,
        file: BinaryIO,
        plan: Plan,
        dtype: np.dtype[np.generic],
        compression: str,
        samples: int,
        *,
        planar: bool = False,
    ) -> None:
        self._file, self._plan = file, plan
        self._dtype = dtype.newbyteorder("<")
        self._number, self._encode = COMPRESSIONS[compression]
        self._samples = samples
        self._apart = samples if planar else 1  # sample planes: tiles of the same place
        self._lock = Lock()
        t, c, z, _, _ = plan.levels[0].shape
        self._planes = t, c // samples, z
        self.places = [
            np.zeros((2, t * c // samples * z, self._apart, -(-y // TILE), -(-x // TILE)), "<u8")
            for *_, y, x in (level.shape for level in plan.levels)
        ]
        file.write(struct.pack("<2sHHHQ", b"II", 43, 8, 0, 0))  # the first page's address follows in `finish`

    def write(self, block: Block, pixels: np.ndarray) -> None:
        """See Sink."""
        (t, _), (c, _), (z, _), (top, _), (left, _) = self._plan.box(block)
        _, size_c, size_z = self._planes
        for place in np.ndindex(pixels.shape[1] // self._samples, pixels.shape[2]):
            first = place[0] * self._samples
            plane = pixels[0, first : first + self._samples, place[1]].astype(self._dtype, copy=False)
            number = (t * size_c + c // self._samples + place[0]) * size_z + z + place[1]
            for sample, together in enumerate(np.split(plane, self._apart)):
                for row, column, tile in _tiles(together):
                    at = number, sample, top // TILE + row, left // TILE + column
                    self._append(block.level, at, self._encode(tile))

    def _append(self, level: int, at: tuple[int, int, int, int], data: bytes) -> None:
        with self._lock:
            self.places[level][:, *at] = self._file.tell(), len(data)
            self._file.write(data)

    def finish(self, description: bytes) -> None:
        """Write all pages; description: the OME-XML."""
        pointer = 8
        for plane in range(self.places[0].shape[1]):
            below = [self._page(level, plane, b"", []) for level in range(1, len(self.places))]
            page = self._page(0, plane, description if plane == 0 else b"", [address for address, _ in below])
            self._put(pointer, struct.pack("<Q", page[0]))
            pointer = page[1]

    def _page(self, level: int, plane: int, description: bytes, below: list[int]) -> tuple[int, int]:
        """Append an IFD; gives its address, and that of its pointer to the next one."""
        *_, height, width = self._plan.levels[level].shape
        is_colour = self._samples >= 3
        others = self._samples - (3 if is_colour else 1)  # samples that are no colour
        offsets, lengths = self.places[level][:, plane].reshape(2, -1)
        tags: list[tuple[int, int, bytes, int]] = [
            _values(254, LONG, [1 if level else 0]),
            _values(256, LONG, [width]),
            _values(257, LONG, [height]),
            _values(258, SHORT, [8 * self._dtype.itemsize] * self._samples),
            _values(259, SHORT, [self._number]),
            _values(262, SHORT, [2 if is_colour else 1]),
            *([(270, ASCII, description + b"\0", len(description) + 1)] if description else []),
            _values(277, SHORT, [self._samples]),
            _values(284, SHORT, [2 if self._apart > 1 else 1]),
            _values(322, LONG, [TILE]),
            _values(323, LONG, [TILE]),
            (324, LONG8, offsets.tobytes(), len(offsets)),
            (325, LONG8, lengths.tobytes(), len(lengths)),
            *([_values(330, IFD8, below)] if below else []),
            *([_values(338, SHORT, [0] * others)] if others else []),
            _values(339, SHORT, [FORMATS[self._dtype.kind]] * self._samples),
        ]
        return self._ifd(tags)

    def _ifd(self, tags: list[tuple[int, int, bytes, int]]) -> tuple[int, int]:
        """Append values that do not fit into their entries, then the entries (BigTIFF: 20 bytes each)."""
        entries = []
        for tag, kind, data, count in tags:
            if len(data) > 8:
                self._file.write(b"\0" * (-self._file.tell() % 8))
                at = self._file.tell()
                self._file.write(data)
                data = struct.pack("<Q", at)
            entries.append(struct.pack("<HHQ8s", tag, kind, count, data))
        self._file.write(b"\0" * (-self._file.tell() % 8))
        address = self._file.tell()
        self._file.write(struct.pack("<Q", len(entries)) + b"".join(entries) + struct.pack("<Q", 0))
        return address, self._file.tell() - 8

    def _put(self, at: int, data: bytes) -> None:
        end = self._file.tell()
        self._file.seek(at)
        self._file.write(data)
        self._file.seek(end)


def _tiles(plane: np.ndarray) -> Iterator[tuple[int, int, bytes]]:
    """The tiles of (sample, y, x) pixels, padded with zeros, as (row, column, bytes (y, x, sample))."""
    for row in range(-(-plane.shape[1] // TILE)):
        for column in range(-(-plane.shape[2] // TILE)):
            part = plane[:, row * TILE : (row + 1) * TILE, column * TILE : (column + 1) * TILE]
            tile = np.zeros((TILE, TILE, len(plane)), plane.dtype)
            tile[: part.shape[1], : part.shape[2]] = part.transpose(1, 2, 0)
            yield row, column, tile.tobytes()


def _values(tag: int, kind: int, numbers: list[int]) -> tuple[int, int, bytes, int]:
    code = {SHORT: "H", LONG: "I", IFD8: "Q"}[kind]
    return tag, kind, struct.pack(f"<{len(numbers)}{code}", *numbers), len(numbers)
