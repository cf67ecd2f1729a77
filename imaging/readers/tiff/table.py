"""Make the chunk table of one image of a TIFF: for each level the offset and length of every strip or tile."""

import base64
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import tifffile

from imaging.errors import ImageError
from imaging.limits import file_size
from imaging.places import FilesBeside, beside, files_at
from imaging.readers.tiff.directory import TiffImage, check_segments, dtype_of, open_tiff
from imaging.readers.tiff.ome import tiff_images
from imaging.readers.tiff.pages import Page
from imaging.segment_table import SegmentLevel, segment_table
from imaging.sources.segment_codecs import NONE, ZSTD, Segment, supported, zstd_says_size
from imaging.table import Table


def make_tables(path: Path, series: Sequence[str]) -> Iterator[Table]:
    """The tables of images by their numbers; raises ImageError. Only the directory is read, once for all."""
    size = file_size(path)
    with open_tiff(path) as tif:
        images = tiff_images(tif, path)
        for one in series:
            number = number_of(path, one)
            if number not in images:
                reason = f"there is no image {number}; the file has {len(images)}."
                raise ImageError(path=str(path), field="series", reason=reason)
            yield tiff_table(tif, images[number], path, size)


def number_of(path: Path, series: str) -> int:
    """The number that a series of a TIFF is; raises ImageError."""
    if not series.isdecimal() and series != "":
        raise ImageError(path=str(path), field="series", reason=f"{series!r} is not the number of an image in it.")
    return int(series or 0)


def tiff_table(tif: tifffile.TiffFile | None, image: TiffImage, path: Path, size: int) -> Table:
    """The table of one image of an open TIFF."""
    levels = [tiff_level(tif, image, number, path, size) for number in range(len(image.levels))]
    if image.files:
        return segment_table(FilesBeside(path, path.name), [path.name, *image.names[1:]], levels)
    return segment_table(files_at(path), [path.name], levels)


def tiff_level(tif: tifffile.TiffFile | None, image: TiffImage, number: int, path: Path, size: int) -> SegmentLevel:
    """A level of an image, with offset and length of its strips or tiles."""
    pages = image.levels[number]
    key = next(page for page in pages if page is not None).key
    separate = image.samples if key.planarconfig == 2 and image.samples > 1 else 1
    segment = segment_of(tif or key.parent, key, image.samples // separate, path)
    merged = image.stride > 0 or all(page is None or in_one_piece(page) for page in pages)
    if merged:
        segment = Segment(**{**asdict(segment), "rows": key.imagelength, "columns": key.imagewidth})
    across, down = -(-key.imagewidth // segment.columns), -(-key.imagelength // segment.rows)
    t, c, z = image.sizes
    planes = t * (c // image.samples) * z
    offsets = np.zeros((planes, separate, down * across), np.uint64)
    lengths = np.zeros_like(offsets)
    for row, page in enumerate(pages):
        if page is None:
            continue
        if not (image.files and image.files[row]):
            check_segments(page, path, size)
        if page.key is not key and key_facts(page.key) != key_facts(key):
            reason = f"page {page.index} differs from page {key.index} in size, type or compression; export it again."
            raise ImageError(path=str(path), field=f"level {number}", reason=reason)
        place(offsets[row], lengths[row], page, segment.nbytes if merged else 0, path)
    if image.stride:
        offsets[:, 0, 0] = int(key.dataoffsets[0]) + image.stride * np.arange(planes, dtype=np.uint64)
        lengths[:, 0, 0] = image.stride
        if int(offsets[-1, 0, 0]) + image.stride > size:
            reason = f"its {planes} planes need more bytes than the file has: it is truncated; upload or copy it again."
            raise ImageError(path=str(path), field="images", reason=reason)
    sizes_said = segment.compression != ZSTD or says_sizes(path, image, offsets, lengths)
    files = np.array(image.files, np.uint32) if image.files else None
    shape = (t, c, z, key.imagelength, key.imagewidth)
    is_tiled = bool(key.is_tiled) and not segment.jpeg_header  # pieces of NDPI's one JPEG are flat and wide
    return SegmentLevel(shape, segment, offsets, lengths, is_tiled, sizes_said, files)


def key_facts(key: tifffile.TiffPage) -> tuple[Any, ...]:
    """What all pages of a level must share."""
    tiles = (key.tilelength, key.tilewidth) if key.is_tiled else ()
    stored = (int(key.compression), int(key.predictor), int(key.planarconfig), key.jpegtables, key.parent.byteorder)
    return key.imagelength, key.imagewidth, key.samplesperpixel, key.dtype, tiles, stored


def place(offsets: np.ndarray, lengths: np.ndarray, page: Page, whole: int, path: Path) -> None:
    """Write a page's offsets and byte counts into its row, or the one of `whole` bytes; raises ImageError."""
    if whole:
        offsets[0, 0], lengths[0, 0] = page.dataoffsets[0], whole
        return
    if len(page.dataoffsets) != offsets.size:
        reason = f"it has {len(page.dataoffsets)} strips or tiles instead of {offsets.size}; export the file again."
        raise ImageError(path=str(path), field=f"page {page.index}", reason=reason)
    offsets[:] = np.reshape(np.array(page.dataoffsets, np.uint64), offsets.shape)
    lengths[:] = np.reshape(np.array(page.databytecounts, np.uint64), lengths.shape)
    offsets[lengths == 0] = 0
    lengths[offsets == 0] = 0


def segment_of(tif: tifffile.TiffFile, page: tifffile.TiffPage, samples: int, path: Path) -> Segment:
    """How the page's strips or tiles are coded; raises ImageError if they cannot be decoded."""
    compression = int(page.compression)
    predictor = 1 if compression == NONE else int(page.predictor)
    if page.dtype is None or page.dtype.kind not in "uifb":
        reason = f"pixels of SampleFormat {page.sampleformat} with {page.bitspersample} bits are not read."
        raise ImageError(path=str(path), field="SampleFormat", reason=reason)
    if not supported(compression, predictor):
        reason = f"method {getattr(page.compression, 'name', compression)} is not read; save the file with deflate."
        raise ImageError(path=str(path), field="Compression", reason=reason)
    tables, header = page.jpegtables, page.jpegheader
    dtype = np.dtype(np.uint8) if page.dtype.kind == "b" else page.dtype
    return Segment(
        rows=page.tilelength if page.is_tiled else min(page.rowsperstrip, page.imagelength),
        columns=page.tilewidth if page.is_tiled else page.imagewidth,
        samples=samples,
        dtype=dtype.newbyteorder(tif.byteorder).str,
        bits=page.bitspersample,
        compression=compression,
        predictor=predictor,
        photometric=int(page.photometric),
        fill_order=int(page.fillorder),
        jpeg_tables="" if tables is None else base64.b64encode(tables).decode(),
        jpeg_header="" if header is None else base64.b64encode(header).decode(),
    )


def in_one_piece(page: Page) -> bool:
    """Whether the page's pixels lie uncompressed in one run of rows, however many strips it is said to have."""
    key = page.key
    if key.is_tiled or int(key.compression) != NONE or key.bitspersample != 8 * dtype_of(key).itemsize:
        return False
    if key.planarconfig == 2 and key.samplesperpixel > 1:
        return False
    offsets, counts = np.asarray(page.dataoffsets, np.int64), np.asarray(page.databytecounts, np.int64)
    whole = key.imagelength * key.imagewidth * key.samplesperpixel * dtype_of(key).itemsize
    return bool(offsets[0] > 0 and (offsets[:-1] + counts[:-1] == offsets[1:]).all() and counts.sum() >= whole)


def says_sizes(path: Path, image: TiffImage, offsets: np.ndarray, lengths: np.ndarray) -> bool:
    """Whether the first stored zstd frame tells its unpacked size."""
    stored = np.flatnonzero(lengths)
    if not len(stored):
        return True
    row = int(stored[0]) // (offsets.size // len(offsets))
    place = beside(path, image.names[image.files[row]]) if image.files and image.files[row] else path
    with (place or path).open("rb") as file:
        file.seek(int(offsets.flat[stored[0]]))
        return zstd_says_size(file.read(18))
