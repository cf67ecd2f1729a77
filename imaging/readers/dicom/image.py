"""A DICOM file's pixels: the size of its image, which plane each frame is of, and where its frames lie."""

import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pydicom
from pydicom.dataset import Dataset, FileDataset
from pydicom.errors import InvalidDicomError

from imaging.errors import ImageError
from imaging.limits import check_chunk
from imaging.readers.dicom.frames import Frames, count_of, find_frames
from imaging.segment_table import SegmentLevel
from imaging.sources.segment_codecs import DICOM_RLE, JPEG, JPEG2K, JPEG_LS, LOSSLESS_JPEG, NONE, Segment

WHOLE_SLIDE = "1.2.840.10008.5.1.4.1.1.77.1.6"
BROKEN = (OSError, ValueError, TypeError, KeyError, AttributeError, NotImplementedError, RecursionError, EOFError,
          LookupError, OverflowError, MemoryError, ArithmeticError)  # fmt: skip
TIMES = {0x00181063, 0x00181065, 0x00181062}  # Frame Time, its vector, and the interval: frames are points in time
MAX_SIDE = 1 << 31


@dataclass(frozen=True)
class DicomImage:
    """The image of one file.

    sizes: (t, c, z, y, x), where c counts samples; frames_at: the frame (from 0) of each [plane, tile], -1 for none;
    planes count as (t, c / samples, z). tile: rows and columns of a frame.
    """

    path: Path
    sizes: tuple[int, int, int, int, int]
    samples: int
    tile: tuple[int, int]
    photometric: str
    bits: int
    planar: bool
    frames: Frames
    frames_at: np.ndarray
    dataset: FileDataset

    @property
    def is_slide(self) -> bool:
        """Whether it is of a whole slide."""
        return str(self.dataset.get("SOPClassUID", "")) == WHOLE_SLIDE


def open_image(path: Path) -> DicomImage:
    """The image of a file, without reading its pixels; raises ImageError."""
    try:
        with warnings.catch_warnings(), path.open("rb") as file:
            warnings.simplefilter("ignore")
            dataset = pydicom.dcmread(file, stop_before_pixels=True, defer_size=None)
            check_attributes(dataset, path)
            return _image(path, dataset, find_frames(file, dataset, path))
    except ImageError:
        raise
    except InvalidDicomError as error:
        raise ImageError(path=str(path), field="DICOM", reason="is no DICOM file: it has no preamble.") from error
    except BROKEN as error:
        reason = f"its header is broken ({str(error)[:200]}); export or upload the file again."
        raise ImageError(path=str(path), field="DICOM", reason=reason) from error


def check_attributes(dataset: Dataset, path: Path) -> None:
    """Raise ImageError if the attributes that tell the pixels' form are missing or cannot be."""
    for keyword in ("Rows", "Columns"):
        value = dataset.get(keyword)
        if value is None:
            reason = "is missing: the file describes no image (a report, or a plan), or was cut off."
            raise ImageError(path=str(path), field=keyword, reason=reason)
        if not 0 < int(value) < MAX_SIDE:
            raise ImageError(path=str(path), field=keyword, reason=f"is {value}, which cannot be.")
    samples = int(dataset.get("SamplesPerPixel") or 1)
    allocated = int(dataset.get("BitsAllocated") or 0)
    if samples not in (1, 3, 4):
        raise ImageError(path=str(path), field="Samples per Pixel", reason=f"{samples} are not read; use 1 or 3.")
    if allocated not in (1, 8, 16, 32, 64):
        raise ImageError(path=str(path), field="Bits Allocated", reason=f"{allocated} are not read; use 8, 16 or 32.")
    check_chunk(path, int(dataset.Rows) * int(dataset.Columns) * samples * max(1, allocated // 8))


def _image(path: Path, dataset: FileDataset, frames: Frames) -> DicomImage:
    rows, columns = int(dataset.Rows), int(dataset.Columns)
    samples = int(dataset.get("SamplesPerPixel") or 1)
    count = count_of(dataset)
    if str(dataset.get("SOPClassUID", "")) == WHOLE_SLIDE:
        sizes, frames_at = _tiles(dataset, path, count, samples)
    else:
        pointer = dataset.get("FrameIncrementPointer")
        pointers = {int(one) for one in ([pointer] if isinstance(pointer, int) else pointer or [])}
        t, z = (count, 1) if pointers & TIMES else (1, count)
        sizes = (t, samples, z, rows, columns)
        frames_at = np.arange(count).reshape(count, 1)
    return DicomImage(
        path=path, sizes=sizes, samples=samples, tile=(rows, columns),
        photometric=str(dataset.get("PhotometricInterpretation") or "MONOCHROME2").strip(),
        bits=int(dataset.get("BitsStored") or dataset.get("BitsAllocated") or 8),
        planar=samples > 1 and dataset.get("PlanarConfiguration") == 1 and frames.compression == NONE,
        frames=frames, frames_at=frames_at, dataset=dataset,
    )  # fmt: skip


def _tiles(dataset: Dataset, path: Path, count: int, samples: int) -> tuple[tuple[int, int, int, int, int], np.ndarray]:
    """Sizes, and the frame of each [plane, tile], of a whole slide (PS3.3, C.7.6.17.3 and C.8.12.14)."""
    height, width = int(dataset.TotalPixelMatrixRows), int(dataset.TotalPixelMatrixColumns)
    rows, columns = int(dataset.Rows), int(dataset.Columns)
    if not (0 < height < MAX_SIDE and 0 < width < MAX_SIDE):
        raise ImageError(path=str(path), field="Total Pixel Matrix", reason=f"is {width} x {height}, which cannot be.")
    down, across = -(-height // rows), -(-width // columns)
    if down * across > 100_000_000:
        reason = f"{width} x {height} in frames of {columns} x {rows} is more than can be read."
        raise ImageError(path=str(path), field="Total Pixel Matrix", reason=reason)
    sparse = str(dataset.get("DimensionOrganizationType", "")) != "TILED_FULL" and dataset.get(
        "PerFrameFunctionalGroupsSequence"
    )
    if sparse:
        paths, focal, frames_at = _sparse(dataset, path, down, across)
    else:
        paths = max(1, int(dataset.get("NumberOfOpticalPaths") or 1))
        focal = max(1, int(dataset.get("TotalPixelMatrixFocalPlanes") or 1))
        if paths * focal * down * across != count:
            reason = f"is {count}, but {paths * focal} planes of {down} x {across} tiles need another number."
            raise ImageError(path=str(path), field="Number of Frames", reason=reason)
        frames_at = np.arange(count).reshape(paths * focal, down * across)
    return (1, paths * samples, focal, height, width), frames_at


def _sparse(dataset: Dataset, path: Path, down: int, across: int) -> tuple[int, int, np.ndarray]:
    """Optical paths, focal planes, and the frame of each tile, as each frame says of itself."""
    rows, columns = int(dataset.Rows), int(dataset.Columns)
    shared = (dataset.get("SharedFunctionalGroupsSequence") or [Dataset()])[0]
    places: list[tuple[str, float, int, int]] = []
    for frame in dataset.PerFrameFunctionalGroupsSequence:
        position = frame.PlanePositionSlideSequence[0]
        y, x = int(position.RowPositionInTotalImagePixelMatrix), int(position.ColumnPositionInTotalImagePixelMatrix)
        depth = float(position.get("ZOffsetInSlideCoordinateSystem") or 0.0)
        group = frame if "OpticalPathIdentificationSequence" in frame else shared
        named = group.get("OpticalPathIdentificationSequence") or [Dataset()]
        row, left_y = divmod(y - 1, rows)
        column, left_x = divmod(x - 1, columns)
        if left_y or left_x or not (0 <= row < down and 0 <= column < across):
            reason = f"its tile at {x}, {y} is not on the grid of frames, which is not read; export it as TILED_FULL."
            raise ImageError(path=str(path), field=f"frame {len(places) + 1}", reason=reason)
        places.append((str(named[0].get("OpticalPathIdentifier", "")), depth, row, column))
    paths = {name: number for number, name in enumerate(dict.fromkeys(place[0] for place in places))}
    depths = {depth: number for number, depth in enumerate(sorted({place[1] for place in places}))}
    frames_at = np.full((len(paths) * len(depths), down * across), -1, np.int64)
    for number, (name, depth, row, column) in enumerate(places):
        frames_at[paths[name] * len(depths) + depths[depth], row * across + column] = number
    return len(paths), len(depths), frames_at


def level_of(image: DicomImage, file: int = 0) -> SegmentLevel:
    """The image as a level of a chunk table, of the file with this number; raises ImageError."""
    rows, columns = image.tile
    samples = 1 if image.planar else image.samples
    separate = image.samples // samples
    known = image.frames_at >= 0
    frames = np.where(known, image.frames_at, 0)
    if int(frames.max()) >= len(image.frames.offsets):
        reason = f"are {len(image.frames.offsets)}, fewer than the header's tiles."
        raise ImageError(path=str(image.path), field="frames", reason=reason)
    offsets = np.where(known, image.frames.offsets[frames], 0).astype(np.uint64)
    lengths = np.where(known, image.frames.lengths[frames], 0).astype(np.uint64)
    plane = rows * columns * np.dtype(image.frames.dtype).itemsize
    if image.planar:  # samples of a native frame lie one after the other
        steps = (np.arange(separate, dtype=np.uint64) * np.uint64(plane))[None, :, None]
        offsets, lengths = offsets[:, None] + steps * known[:, None], np.full_like(offsets, plane)[:, None] + steps * 0
    else:
        offsets, lengths = offsets[:, None], lengths[:, None]
    segment = Segment(
        rows=rows, columns=columns, samples=samples, dtype=image.frames.dtype, bits=_bits(image),
        compression=image.frames.compression, predictor=1, photometric=_photometric(image),
        fill_order=2 if _bits(image) == 1 else 1, jpeg_tables="",
    )  # fmt: skip
    count = len(frames)
    return SegmentLevel(image.sizes, segment, offsets, lengths, image.is_slide, file=np.full(count, file, np.uint32))


def _bits(image: DicomImage) -> int:
    """Bits of a pixel as it is stored; a JPEG of 12 bits says so itself."""
    if image.frames.compression == JPEG:
        return 12 if image.bits == 12 else 8
    if image.frames.compression in (LOSSLESS_JPEG, JPEG_LS, JPEG2K):
        return image.bits  # which of them is the sign
    return 1 if image.dataset.get("BitsAllocated") == 1 else 8 * np.dtype(image.frames.dtype).itemsize


def _photometric(image: DicomImage) -> int:
    """TIFF's number: 6 where samples are YCbCr and decoding must make them RGB (JPEG 2000 does that by itself)."""
    if image.samples == 1:
        return 1
    compressed = image.frames.compression in (JPEG, DICOM_RLE)
    return 6 if compressed and image.photometric.startswith("YBR_FULL") else 2
