"""What Bio-Formats says of a file (OME-XML, and the maker's own keys) as facts; its planes as pixels."""

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from imaging import identifying
from imaging.errors import ImageError
from imaging.facts import ChannelFacts, FileFacts, ImageFacts, KeyValue
from imaging.limits import file_size
from imaging.ome.facts import document_facts
from imaging.ome.read import read_ome
from imaging.pixels import Planes, Shape5
from imaging.places import Files, FilesBeside, beside, files_at
from imaging.readers.bioformats import bitmap, fits
from imaging.readers.bioformats.sidecar import Opened, dtype_of
from imaging.readers.vendor import flat
from imaging.sources.planes import CHUNK, planes_table
from imaging.table import Table

FAMILY = "bioformats"  # in tables of "bioformats-sets" and "-folders" too: the reader is the same
NAMESPACE = "openmicroscopy.org/OriginalMetadata"  # as Bio-Formats calls the maker's keys in OME-XML
MOST_LINKS = 500_000  # of images with files: Bio-Formats opens an image of a set only where all its files are
SMALLEST_TILE, LARGEST_TILE = 128, 1024
COLORS = {"Red": "#ff0000", "Green": "#00ff00", "Blue": "#0000ff", "Alpha": "#ffffff"}


def read(path: Path) -> FileFacts:
    """Facts of a file; raises ImageError."""
    if is_bitmap := bitmap.is_bitmap(path):
        bitmap.check_whole(path)
    told = fits.check_whole(path) if fits.is_fits(path) else ()
    about = _about(path)
    document = document_facts(read_ome(about["xml"], path=str(path)), path=str(path))
    series = about["series"]
    if len(document.images) != len(series):
        reason = f"has {len(series)} images by Bio-Formats, but its metadata tells of {len(document.images)}."
        raise ImageError(path=str(path), field="OME-XML", reason=reason)
    kept, withheld = _without_patients(about["metadata"])
    images = []
    for number, (image, one) in enumerate(zip(document.images, series, strict=True)):
        own, names = _without_patients(one["metadata"])
        withheld += names
        path_in_file = "" if len(series) == 1 else str(number)
        images.append(replace(_image(image, one), series_path=path_in_file, key_values=(*image.key_values, *own)))
    if is_bitmap:
        images = [bitmap.with_resolution(image, path) for image in images]
    others = tuple(_beside(path, about["used"]))
    if len(images) * len(others) > MOST_LINKS:
        reason = (
            f"has {len(images)} images in {len(others)} files, of which this site opens up to {MOST_LINKS} as their "
            "product; its TIFFs are images of their own, or export it as OME-Zarr."
        )
        raise ImageError(path=str(path), field="set", reason=reason)
    advice = "Export the images anew without it, or as OME-Zarr or OME-TIFF."
    return FileFacts(
        str(path), f"image/x-{re.sub('[^a-z0-9]+', '-', about['format'].lower()).strip('-')}", tuple(images),
        document.instruments, document.experimenters, ome=document.document,
        key_values=(*document.key_values, *kept), warnings=(*document.document.warnings, *told),
        beside=others, findings=tuple(identifying.names(withheld, advice=advice)),
    )  # fmt: skip


def make_tables(path: Path, series: Sequence[str]) -> Iterator[Table]:
    """The tables of images by their numbers; raises ImageError."""
    about = _about(path)
    names = [path.name, *_beside(path, about["used"])]
    files: Files = FilesBeside(path, path.name) if len(names) > 1 else files_at(path)
    for one in series:
        found = _series(path, about, one)
        yield planes_table(
            files, names, family=FAMILY, series=one, levels=_levels(found), dtype=dtype_of(found["type"]),
            samples=found["samples"], chunk=_chunk(found),
        )  # fmt: skip


def open_planes(path: Path, header: dict[str, Any]) -> Planes:
    """The pixels of an image, for a limited process; raises ImageError."""
    opened = Opened(path)
    _beside(path, opened.about["used"])
    levels = [one["shape"] for one in header["levels"]]
    if [list(shape) for shape in _levels(_series(path, opened.about, header["series"]))] != levels:
        reason = "is now of other sizes than when it was registered; register it again."
        raise ImageError(path=str(path), field=f"image {header['series']}", reason=reason)
    return _Planes(opened, int(header["series"] or 0), header["samples"])


class _Planes:
    """See pixels.Planes."""

    def __init__(self, opened: Opened, series: int, samples: int) -> None:
        self._opened, self._series, self._samples = opened, series, samples

    def read(self, level: int, t: int, c0: int, c1: int, z: int, y0: int, y1: int, x0: int, x1: int) -> np.ndarray:
        """See pixels.Planes."""
        firsts = range(c0 - c0 % self._samples, c1, self._samples)
        box = (y0, y1, x0, x1)
        found = [self._opened.read(self._series, level, t, c // self._samples, z, box) for c in firsts]
        planes = np.concatenate(found)[c0 - firsts[0] : c1 - firsts[0]]
        return planes.astype(planes.dtype.newbyteorder("="), copy=False)

    def close(self) -> None:
        """See pixels.Planes."""
        self._opened.close()


def _about(path: Path) -> dict[str, Any]:
    """What Bio-Formats says of a file, whose files all lie beside it; raises ImageError."""
    file_size(path)
    opened = Opened(path)
    try:
        _beside(path, opened.about["used"])
        return opened.about
    finally:
        opened.close()


def _beside(path: Path, files: Iterable[str]) -> list[str]:
    """Names of the files that images lie in besides this one, relative to its folder; raises ImageError if one lies
    elsewhere: a file may name any file of this machine."""
    folder = path.absolute().parent
    names = []
    for used in map(Path, files):
        if used == path.absolute() or (used.exists() and used.samefile(path)):
            continue
        name = os.path.relpath(used, folder)
        if beside(path, name) is None and (used.exists() or name.startswith("..")):
            reason = f"needs the file “{used.name}” outside of its own folder; put all its files into one folder."
            raise ImageError(path=str(path), field="companion file", reason=reason)
        names.append(Path(name).as_posix())
    return sorted(set(names))


def _series(path: Path, about: Mapping[str, Any], name: str) -> dict[str, Any]:
    number = int(name) if name.isdecimal() else 0 if name == "" else -1
    if not 0 <= number < len(about["series"]):
        raise ImageError(path=str(path), field="series", reason=f"there is no image {name!r} in it.")
    found: dict[str, Any] = about["series"][number]
    return found


def _levels(series: Mapping[str, Any]) -> list[Shape5]:
    """The shapes (t, c, z, y, x) of an image's levels, down to the first that lacks planes of it."""
    levels: list[Shape5] = []
    for shape in map(tuple, series["levels"]):
        if levels and (shape[:3] != levels[0][:3] or max(shape[3:]) > max(levels[-1][3:])):
            break
        levels.append(shape)
    return levels


def _chunk(series: Mapping[str, Any]) -> tuple[int, int]:
    """Its own tiles, if they are neither strips nor extreme."""
    rows, columns = series["tile"]
    if columns < series["levels"][0][4] and all(SMALLEST_TILE <= size <= LARGEST_TILE for size in (rows, columns)):
        return rows, columns
    return CHUNK, CHUNK


def _image(image: ImageFacts, series: Mapping[str, Any]) -> ImageFacts:
    """An image with its sizes as they are read: a palette is unfolded into colours."""
    levels = _levels(series)
    size_t, size_c, size_z, size_y, size_x = levels[0]
    found = replace(
        image, size_x=size_x, size_y=size_y, size_z=size_z, size_c=size_c, size_t=size_t, pixel_type=series["type"],
        level_count=len(levels), chunk_shape=_chunk(series),
    )  # fmt: skip
    return replace(found, channels=_channels(found, series["samples"]))


def _channels(image: ImageFacts, samples: int) -> tuple[ChannelFacts, ...]:
    """One channel for each of SizeC, as pixels are served: a Channel of several samples (RGB) gives one for each."""
    channels = image.channels
    if len(channels) * samples == image.size_c and samples > 1:
        names = list(COLORS)[:samples] if samples in (3, 4) else [f"sample {number}" for number in range(samples)]
        channels = tuple(
            replace(channel, name=f"{channel.name} {name}".strip(), color=COLORS.get(name, channel.color))
            for channel in channels for name in names
        )  # fmt: skip
    channels = channels[: image.size_c] + (ChannelFacts(0),) * (image.size_c - len(channels))
    return tuple(replace(channel, index=index) for index, channel in enumerate(channels))


def _without_patients(metadata: Mapping[str, str]) -> tuple[list[KeyValue], list[str]]:
    """The maker's keys, and the names of those that were kept back since they tell of a patient."""
    kept = {name: value for name, value in sorted(metadata.items()) if "patient" not in name.lower()}
    withheld = [name for name, value in metadata.items() if name not in kept and value.strip()]
    return list(flat(NAMESPACE, kept)), withheld
