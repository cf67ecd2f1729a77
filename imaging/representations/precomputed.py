"""Any pixel source as a Neuroglancer precomputed volume: unsharded, chunks raw, as JPEG or, of labels, compressed.

Source: Neuroglancer's specification of precomputed volumes (google/neuroglancer, datasource/precomputed/volume.md).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import simplejpeg

from imaging.facts import Quantity
from imaging.pixels import ABSENT, Level, PixelSource, RawChunk, Span, read_box, type_json
from imaging.representations.compressed_segmentation import block_of, encode
from imaging.representations.ome_zarr import NUMBER, dump, factor
from imaging.representations.view import About, BadRequest, Part, Stream, stream_of
from imaging.units import normalise

VOLUME = re.compile(f"(jpeg/|compressed/)?(?:t{NUMBER}/)?(?:c{NUMBER}/)?")
CHUNK = re.compile(f"{NUMBER}/{NUMBER}-{NUMBER}_{NUMBER}-{NUMBER}_{NUMBER}-{NUMBER}")
CHUNK_KEY = re.compile(VOLUME.pattern + CHUNK.pattern)
# Types that the format has; what others become.
TYPES = ("uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "float32")
CHANGED = {"bool": "uint8", "float16": "float32", "float64": "float32"}
MAX_ROWS = 65500  # of a JPEG, in which the slices of a chunk stand below one another
MAX_CHUNK = 2**23  # bytes of a chunk of all channels; a source with larger ones is cut smaller
CUBE = 64
QUALITY = 90


@dataclass(frozen=True)
class Volume:
    """What is chosen by the first segments of a path: "jpeg/" or "compressed/", "t3/", "c0/". encoding: its name in the
    format; dtype: that of its pixels."""

    encoding: str
    t: int
    channels: Span
    dtype: np.dtype[Any]

    @property
    def is_jpeg(self) -> bool:
        return self.encoding == "jpeg"


class PrecomputedView:
    """See View: "info" and "{level}/{x0}-{x1}_{y0}-{y1}_{z0}-{z1}", each after "jpeg/" or "compressed/", "t{n}/",
    "c{n}/" as wished.

    Without "t{n}/" it is the first point in time; without "c{n}/" a volume of all channels.
    """

    def __init__(self, source: PixelSource, about: About) -> None:
        self._source = source
        self._about = about
        name = source.dtype.name
        self._dtype = np.dtype(CHANGED.get(name, name))

    def get(self, path: str, query: Mapping[str, str]) -> Part | None:
        """See View. A chunk that was never written is there, and has the fill value, as clients of the format need."""
        prefix = VOLUME.match(path)
        assert prefix is not None  # it may be empty
        rest = path[prefix.end() :]
        found = CHUNK.fullmatch(rest)
        if rest != "info" and found is None:
            return None
        volume = self._volume(*prefix.groups())
        if volume is None:
            return None
        if found is None:
            return Part("application/json", dump(self._info(volume)))
        level, x0, x1, y0, y1, z0, z1 = (int(number) for number in found.groups())
        if level >= len(self._source.levels) or not self._is_chunk(level, volume, ((z0, z1), (y0, y1), (x0, x1))):
            return None
        media_type = "image/jpeg" if volume.is_jpeg else "application/octet-stream"
        body = self._chunk(level, volume, (z0, z1), (y0, y1), (x0, x1))
        return Part(media_type, body, tag=path)

    def _volume(self, encoding: str | None, t: str | None, channel: str | None) -> Volume | None:
        """The volume chosen, None if there is no such point in time or channel; raises BadRequest."""
        size_t, size_c, *_ = self._source.levels[0].shape
        is_jpeg, is_compressed = encoding == "jpeg/", encoding == "compressed/"
        if is_compressed and not self._about.is_labels:
            raise BadRequest(
                "Only the numbers of objects can be compressed so. Leave “compressed/” out of the address."
            )
        if self._dtype.name not in TYPES and not (is_compressed and self._dtype.kind in "iu"):
            raise BadRequest(f"Neuroglancer's precomputed format has no pixels of the type {self._dtype.name}.")
        first, last = (0, size_c) if channel is None else (int(channel), int(channel) + 1)
        if int(t or 0) >= size_t or last > size_c:
            return None
        if is_jpeg and (self._dtype != np.uint8 or last - first not in (1, 3) or self._about.is_labels):
            raise BadRequest(
                f"JPEG chunks hold intensities of 8 bits in 1 or 3 channels; these are {last - first} channels of"
                f" {self._dtype.name}{' with the numbers of objects' if self._about.is_labels else ''}."
                " Leave “jpeg/” out of the address."
            )
        name = "jpeg" if is_jpeg else "compressed_segmentation" if is_compressed else "raw"
        dtype = np.dtype(np.uint64 if self._dtype.itemsize > 4 else np.uint32) if is_compressed else self._dtype
        return Volume(name, int(t or 0), (first, last), dtype)

    def _info(self, volume: Volume) -> type_json:
        """The volume's description: sizes, resolutions in nanometres, chunk sizes, all as x, y, z."""
        resolution = nanometres(self._about.sizes)
        full = self._source.levels[0].shape
        scales: list[type_json] = []
        for level, about in enumerate(self._source.levels):
            factors = [factor(full[axis], about.shape[axis]) for axis in (4, 3, 2)]
            scales.append(
                {
                    "key": str(level),
                    "size": list(about.shape[:1:-1]),
                    "resolution": [size * f for size, f in zip(resolution, factors, strict=True)],
                    "voxel_offset": [0, 0, 0],
                    "chunk_sizes": [list(size[::-1]) for size in self._chunk_sizes(level, volume)],
                    "encoding": volume.encoding,
                }
            )
            if volume.encoding == "compressed_segmentation":
                scales[-1]["compressed_segmentation_block_size"] = list(self._block(level, volume)[::-1])
        return {
            "@type": "neuroglancer_multiscale_volume",
            "type": "segmentation" if self._about.is_labels else "image",
            "data_type": volume.dtype.name,
            "num_channels": volume.channels[1] - volume.channels[0],
            "scales": scales,
        }

    def _chunk_sizes(self, level: int, volume: Volume) -> list[tuple[int, int, int]]:
        """Sizes (z, y, x) of chunks that may be asked for: first as they are stored, then cubes for cuts through z."""
        return chunk_sizes(
            self._source.levels[level], (volume.channels[1] - volume.channels[0]) * volume.dtype.itemsize
        )

    def _block(self, level: int, volume: Volume) -> tuple[int, int, int]:
        return block_of(self._chunk_sizes(level, volume)[0][0])

    def _is_chunk(self, level: int, volume: Volume, box: tuple[Span, Span, Span]) -> bool:
        """Whether the box (z, y, x) is a cell of one of the grids."""
        size = self._source.levels[level].shape[2:]
        return any(
            all(
                start % step == 0 and start < whole and end == min(start + step, whole)
                for (start, end), step, whole in zip(box, chunk, size, strict=True)
            )
            for chunk in self._chunk_sizes(level, volume)
        )

    def _chunk(self, level: int, volume: Volume, z: Span, y: Span, x: Span) -> bytes | RawChunk | Stream:
        """The chunk's bytes: those of the file where they are what the format asks for, else decoded ones."""
        stored = self._stored(level, volume, z, y, x)
        if stored is not None:
            return stored
        pixels = read_box(self._source, level, volume.t, volume.channels, z, y, x)
        if volume.encoding == "compressed_segmentation":
            return encode(pixels.astype(volume.dtype, copy=False), self._block(level, volume))
        little = self._dtype.newbyteorder("<")
        if not volume.is_jpeg:
            return np.ascontiguousarray(pixels.astype(little, copy=False)).tobytes()
        picture = pixels.reshape(len(pixels), -1, pixels.shape[3]).transpose(1, 2, 0)  # slices below one another
        colours = "RGB" if picture.shape[2] == 3 else "GRAY"
        return bytes(simplejpeg.encode_jpeg(np.ascontiguousarray(picture), quality=QUALITY, colorspace=colours))

    def _stored(self, level: int, volume: Volume, z: Span, y: Span, x: Span) -> RawChunk | Stream | None:
        """Stored bytes that are this chunk as they stand: plain little-endian pixels, or a JPEG."""
        if volume.encoding == "compressed_segmentation":
            return None
        source, about = self._source, self._source.levels[level]
        spans = (volume.channels, z, y, x)
        steps = about.chunk[1:]
        if about.chunk[0] != 1 or any(start % step for (start, _), step in zip(spans, steps, strict=True)):
            return None
        if tuple(end - start for start, end in (z, y, x)) != steps[1:]:
            return None  # at the edge, where stored chunks are padded
        if volume.is_jpeg:
            whole = volume.channels == (0, about.shape[1]) and steps[1] == 1
            picture = source.picture(level, volume.t, z[0], y[0] // steps[2], x[0] // steps[3]) if whole else None
            return None if picture is None else stream_of(picture)
        plain = [{"name": "bytes"}], [{"name": "bytes", "configuration": {"endian": "little"}}]
        if volume.channels[1] - volume.channels[0] != steps[0] or source.codecs(level) not in plain:
            return None
        if source.dtype.name in CHANGED and source.dtype != np.bool_:
            return None
        index = [start // step for (start, _), step in zip(spans, steps, strict=True)]
        raw = source.raw_chunk(level, (volume.t, index[0], index[1], index[2], index[3]))
        return None if raw is ABSENT else raw


def chunk_sizes(level: Level, bytes_per_voxel: int) -> list[tuple[int, int, int]]:
    """Sizes (z, y, x): of the stored chunks, halved until all channels of one have at most MAX_CHUNK bytes, and cubes
    where those are flat and the image is deep."""
    z, y, x = level.chunk[2:]
    while z > 1 and z * y > MAX_ROWS:
        z = -(-z // 2)
    while z * y * x * bytes_per_voxel > MAX_CHUNK and max(z, y, x) > 1:
        z, y, x = (-(-z // 2), y, x) if z > max(y, x) else (z, -(-y // 2), x) if y >= x else (z, y, -(-x // 2))
    sizes = [(z, y, x)]
    side = CUBE
    while side**3 * bytes_per_voxel > MAX_CHUNK and side > 8:
        side //= 2
    if z < side // 2 and level.shape[2] >= side // 2:
        sizes.append((side, side, side))
    return sizes


def nanometres(sizes: Mapping[str, Quantity]) -> tuple[float, float, float]:
    """Size of a voxel of level 0 along x, y and z. What is not known: z is as x; all of it, 1 nm, as none would be."""
    known: dict[str, float] = {}
    for axis in "xyz":
        length = normalise(sizes[axis].value, sizes[axis].unit) if axis in sizes else None
        if length is not None and length[1] == "µm" and length[0] > 0:
            known[axis] = length[0] * 1000
    either = known.get("x") or known.get("y") or 1.0
    x, y, z = (known.get(axis, either) for axis in "xyz")
    return x, y, z
