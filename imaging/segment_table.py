"""Chunk tables of the kind "segments": for each level the offset and length of every strip, tile or plane of files.

Any format whose pixels lie in pieces that `sources.segment_codecs` decodes is served by such a table alone.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np

from imaging.limits import check_chunk
from imaging.pixels import Shape5, type_json
from imaging.places import Files
from imaging.sources.segment_codecs import NONE, ZARR_CODECS, Segment
from imaging.table import Table, identity_of

WHOLE_PLANE = 1024  # a strip or plane up to this wide and high may be one chunk
CHUNK = 512  # what larger strips are cut into
LEAST_ROWS = 64  # thinner strips would be too many chunks


@dataclass(frozen=True)
class SegmentLevel:
    """One resolution of (t, c, z, y, x) pixels.

    offsets, lengths: uint64 [plane, sample plane, segment], 0 for what was never written. Planes are counted as
    (t, c / samples a plane, z), z fastest; sample planes are 1, or the samples of a pixel where each has segments of
    its own; segments go row by row. file: int [plane], which of the files holds it; None: all are in the first.
    says_sizes: whether its zstd frames tell their size.
    """

    shape: Shape5
    segment: Segment
    offsets: np.ndarray
    lengths: np.ndarray
    is_tiled: bool = False
    says_sizes: bool = True
    file: np.ndarray | None = None


def segment_table(files: Files, names: Sequence[str], levels: Sequence[SegmentLevel]) -> Table:
    """The table of an image whose pixels are in these files, largest level first; raises ImageError."""
    described: list[type_json] = []
    arrays: dict[str, np.ndarray] = {}
    for number, level in enumerate(levels):
        described.append(_described(level, names[0]))
        arrays[f"offset{number}"] = level.offsets.astype(np.uint64)
        arrays[f"length{number}"] = level.lengths.astype(np.uint64)
        if level.file is not None:
            arrays[f"file{number}"] = level.file.astype(np.uint32)
    return Table({"kind": "segments", "identity": identity_of(names, files), "levels": described}, arrays)


def plane_level(
    shape: Shape5,
    dtype: str,
    offsets: np.ndarray,
    *,
    samples: int = 1,
    row_bytes: int = 0,
    file: np.ndarray | None = None,
) -> SegmentLevel:
    """A level whose planes lie uncompressed, each in one run of rows, at `offsets` [plane].

    dtype: numpy's, with its byte order; samples: values of a pixel that lie together; row_bytes: bytes from a row to
    the next where rows are padded, by whole pixels (else `rows_level`).
    """
    _, _, _, height, width = shape
    size = samples * np.dtype(dtype).itemsize
    assert row_bytes % size == 0, "rows are padded by parts of pixels"
    columns = row_bytes // size if row_bytes else width
    segment = Segment(height, columns, samples, dtype, 8 * np.dtype(dtype).itemsize, NONE, 1, 1, 1, "")
    lengths = np.where(offsets > 0, segment.nbytes, 0).astype(np.uint64)
    return SegmentLevel(shape, segment, offsets.reshape(-1, 1, 1), lengths.reshape(-1, 1, 1), file=file)


def rows_level(shape: Shape5, dtype: str, offsets: np.ndarray, *, samples: int, row_bytes: int) -> SegmentLevel:
    """The same where rows lie `row_bytes` apart, be these whole pixels or not: each row is a segment."""
    _, _, _, height, width = shape
    segment = Segment(1, width, samples, dtype, 8 * np.dtype(dtype).itemsize, NONE, 1, 1, 1, "")
    planes = offsets.astype(np.uint64).reshape(-1, 1, 1)
    stored = planes > 0
    rows = np.where(stored, planes + np.uint64(row_bytes) * np.arange(height, dtype=np.uint64), 0).astype(np.uint64)
    lengths = np.where(stored, segment.nbytes, np.zeros_like(rows)).astype(np.uint64)
    return SegmentLevel(shape, segment, rows, lengths)


def _described(level: SegmentLevel, name: str) -> type_json:
    segment, (_, _, _, height, width) = level.segment, level.shape
    chunk, raw = _chunk_of(segment, height, width, level.is_tiled)
    if raw and segment.compression == NONE:
        raw = bool(((level.lengths == 0) | (level.lengths == segment.nbytes)).all())
    held = min(segment.rows, CHUNK) if segment.compression == NONE else segment.rows  # rows read at once
    check_chunk(
        name, max(held * segment.nbytes // max(segment.rows, 1), chunk[0] * chunk[1] * np.dtype(segment.dtype).itemsize)
    )
    return {
        "shape": list(level.shape),
        "chunk": [1, 1, 1, *chunk],
        "segment": asdict(segment),
        "separate": level.offsets.shape[1],
        "across": -(-width // segment.columns),
        "raw": raw and level.says_sizes,
    }


def _chunk_of(segment: Segment, height: int, width: int, tiled: bool) -> tuple[tuple[int, int], bool]:
    """Chunk (rows, columns), and whether each is just one stored segment that a Zarr codec can open."""
    whole = height % segment.rows == 0 and segment.rows >= min(LEAST_ROWS, height) and segment.columns == width
    if tiled or (whole and width <= WHOLE_PLANE and segment.rows <= WHOLE_PLANE):
        same = segment.plain and segment.samples == 1 and segment.compression in ZARR_CODECS
        return (segment.rows, segment.columns), same
    return (min(CHUNK, height), min(CHUNK, width)), False
