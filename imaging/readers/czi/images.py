"""The images of a CZI, one for each scene: how its blocks make up planes, and their chunk tables."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from imaging.errors import ImageError
from imaging.pixels import Shape5
from imaging.places import files_at
from imaging.readers.czi.directory import Block, Czi, data_of, read_czi
from imaging.readers.vendor import library_errors
from imaging.segment_table import SegmentLevel, plane_level, segment_table
from imaging.sources.planes import planes_table
from imaging.sources.segment_codecs import JPEG_XR, NONE, ZEISS_ZSTD, ZSTD, Segment
from imaging.table import Table

TITLE = "CZI"
# DirectoryEntryDV/PixelType: numpy's type and samples of a pixel.
PIXEL_TYPES = {
    0: ("uint8", 1), 1: ("uint16", 1), 2: ("float32", 1), 3: ("uint8", 3), 4: ("uint16", 3), 8: ("float32", 3),
    9: ("uint8", 4),
}  # fmt: skip
# DirectoryEntryDV/Compression, by the numbers that segments are decoded by.
COMPRESSIONS = {0: NONE, 4: JPEG_XR, 5: ZSTD, 6: ZEISS_ZSTD}
OUTER = "HVIRB"  # phases, views, illuminations, rotations, blocks: unfolded into channels
MAX_PLANES = 10_000_000
Key = tuple[int, int, int]  # numbers of time point, channel and section


@dataclass(frozen=True)
class CziImage:
    """A scene (None where the file has none). `x`, `y`: its corner in the file's pixels; channels: each with the index
    along C and along the OUTER axes that it has more than one element of; levels: the factor of each resolution."""

    scene: int | None
    x: int
    y: int
    width: int
    height: int
    times: tuple[int, ...]
    sections: tuple[int, ...]
    channels: tuple[dict[str, int], ...]
    dtype: str
    samples: int
    levels: tuple[int, ...]
    blocks: dict[tuple[int, Key], list[Block]] = field(repr=False)

    def shape(self, factor: int) -> Shape5:
        """(t, c, z, y, x) of a resolution; samples are channels."""
        size = max(1, self.height // factor), max(1, self.width // factor)
        return len(self.times), len(self.channels) * self.samples, len(self.sections), *size


def images_of(czi: Czi) -> list[CziImage]:
    """The scenes of a file; raises ImageError."""
    by_scene: dict[int | None, list[Block]] = defaultdict(list)
    for block in czi.blocks:
        by_scene[block.at.get("S")].append(block)
    if None in by_scene and len(by_scene) > 1:
        by_scene.pop(None)  # lower resolutions that span all scenes
    return [_image(czi, scene, by_scene[scene]) for scene in sorted(by_scene, key=lambda scene: scene or 0)]


def _image(czi: Czi, scene: int | None, blocks: list[Block]) -> CziImage:
    name = "CZI blocks" if scene is None else f"CZI scene {scene}"
    full = [block for block in blocks if block.factor == 1]
    types = {block.pixel_type for block in full}
    if not full or not types <= PIXEL_TYPES.keys():
        reason = f"pixels of the types {sorted(types)} are not read; convert them in ZEN." if full else "has no pixels."
        raise ImageError(path=str(czi.path), field=name, reason=reason)
    samples = {PIXEL_TYPES[one][1] for one in types}
    if len(samples) > 1:
        raise ImageError(path=str(czi.path), field=name, reason="mixes grey and colour; split it into files in ZEN.")
    left, top = (min(block.at[axis] for block in full) for axis in "XY")
    right, bottom = (max(block.at[axis] + block.extent[n] for block in full) for n, axis in enumerate("XY"))
    several = [axis for axis in OUTER if len({block.at.get(axis, 0) for block in full}) > 1]
    kinds = {(block.at.get("C", 0), *(block.at.get(axis, 0) for axis in several)) for block in full}
    channels = sorted(kinds)
    times = sorted({block.at.get("T", 0) for block in full})
    sections = sorted({block.at.get("Z", 0) for block in full})
    if len(times) * len(channels) * len(sections) > MAX_PLANES:
        raise ImageError(path=str(czi.path), field=name, reason="has more planes than can be read.")
    number = [{value: index for index, value in enumerate(values)} for values in (times, sections)]
    of_channel = {kind: index for index, kind in enumerate(channels)}
    placed: dict[tuple[int, Key], list[Block]] = defaultdict(list)
    for block in blocks:
        channel = of_channel.get((block.at.get("C", 0), *(block.at.get(axis, 0) for axis in several)))
        t, z = number[0].get(block.at.get("T", 0)), number[1].get(block.at.get("Z", 0))
        if channel is not None and t is not None and z is not None:
            placed[block.factor, (t, channel, z)].append(block)
    return CziImage(
        scene, left, top, right - left, bottom - top, tuple(times), tuple(sections),
        tuple(dict(zip(("C", *several), kind, strict=True)) for kind in channels),
        np.result_type(*(PIXEL_TYPES[one][0] for one in types)).name, samples.pop(),
        tuple(sorted({factor for factor, _ in placed})), dict(placed),
    )  # fmt: skip


def levels_of(czi: Czi, image: CziImage) -> list[SegmentLevel]:
    """Where the planes of each resolution are, or nothing if the full one is to be composed of several blocks."""
    levels = []
    with czi.path.open("rb") as file:
        for factor in image.levels:
            keys = [key for one, key in image.blocks if one == factor]
            blocks = [image.blocks[factor, key] for key in keys]
            if image.samples > 1 or not _are_whole(image, factor, blocks):
                break
            t, c, z, height, width = image.shape(factor)
            offsets, lengths = np.zeros((t, c, z), np.uint64), np.zeros((t, c, z), np.uint64)
            for key, (block,) in zip(keys, blocks, strict=True):
                offsets[key], lengths[key], _ = data_of(file, czi, block)
            level = _segments((t, c, z, height, width), blocks[0][0], offsets.ravel(), lengths.ravel(), czi.path)
            levels.append(level)
    return levels


def _are_whole(image: CziImage, factor: int, blocks: list[list[Block]]) -> bool:
    """Whether each plane is one block that covers it, all coded alike in a way that is decoded here."""
    wanted = image.shape(factor)[:2:-1]
    kinds = set()
    for found in blocks:
        block = found[0]
        if len(found) > 1 or (block.at["X"], block.at["Y"]) != (image.x, image.y) or block.stored != wanted:
            return False
        kinds.add((block.compression, block.pixel_type))
    return len(kinds) == 1 and next(iter(kinds))[0] in COMPRESSIONS


def _segments(shape: Shape5, block: Block, offsets: np.ndarray, lengths: np.ndarray, path: Path) -> SegmentLevel:
    compression = COMPRESSIONS[block.compression]
    dtype = np.dtype(PIXEL_TYPES[block.pixel_type][0]).newbyteorder("<")
    if compression == NONE:
        level = plane_level(shape, dtype.str, offsets)
        if (lengths[offsets > 0] < level.segment.nbytes).any():
            reason = f"has fewer than the {level.segment.nbytes} bytes of a plane; export the file again."
            raise ImageError(path=str(path), field="CZI block", reason=reason)
        return level
    _, _, _, height, width = shape
    segment = Segment(height, width, 1, dtype.str, 8 * dtype.itemsize, compression, 1, 1, 1, "")
    return SegmentLevel(shape, segment, offsets.reshape(-1, 1, 1), lengths.reshape(-1, 1, 1))


def make_tables(path: Path, series: Sequence[str]) -> Iterator[Table]:
    """The tables of scenes by their number; raises ImageError."""
    with library_errors(path, TITLE):
        czi = read_czi(path)
        images = images_of(czi)
        for name in series:
            number = int(name or 0) if name.isdecimal() or not name else -1
            if not 0 <= number < len(images):
                reason = f"there is no image {name!r}; the file has {len(images)}."
                raise ImageError(path=str(path), field="series", reason=reason)
            yield _table(czi, images[number], name)


def _table(czi: Czi, image: CziImage, series: str) -> Table:
    files, names = files_at(czi.path), [czi.path.name]
    levels = levels_of(czi, image)
    if levels:
        return segment_table(files, names, levels)
    about = {
        "scene": image.scene, "x": image.x, "y": image.y, "times": image.times, "sections": image.sections,
        "channels": image.channels, "samples": image.samples, "levels": image.levels,
    }  # fmt: skip
    shapes = [image.shape(factor) for factor in image.levels]
    return planes_table(
        files, names, family="czi", series=series, levels=shapes, dtype=image.dtype, samples=image.samples, about=about
    )
