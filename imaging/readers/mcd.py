"""MCD of imaging mass cytometry (Standard BioTools, formerly Fluidigm): acquisitions and panoramas."""

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path, PureWindowsPath
from typing import Any

import numpy as np
import readimc
from readimc.data import Acquisition

from imaging.errors import ImageError
from imaging.facts import ChannelFacts, FileFacts, ImageFacts, KeyValue, Quantity
from imaging.limits import MAX_CHUNK_BYTES, check_extent, file_size
from imaging.pixels import type_json
from imaging.places import LocalPlace, files_at
from imaging.readers.pictures import Picture, colour_channels, parse_picture, picture_level
from imaging.readers.vendor import library_errors
from imaging.segment_table import segment_table
from imaging.sources.planes import planes_table
from imaging.table import Table

MCD = "fluidigm.com/mcd"
PICTURE_HEAD, PICTURE_TAIL = 161, 1  # bytes of .NET's serialisation around an embedded picture
COORDINATES = 3  # X, Y and Z stand before the channels of a pixel
VALUE = 4  # bytes
PICTURES = {"before ablation": "BeforeAblationImage", "after ablation": "AfterAblationImage"}


@dataclass(frozen=True)
class Embedded:
    """A picture within the file: what it shows, its header, where it lies, and what the file says of it."""

    series: str
    name: str
    picture: Picture
    offset: int
    length: int
    said: dict[str, str]


def read(path: Path) -> FileFacts:
    """Facts of all acquisitions and pictures; raises ImageError."""
    images: list[ImageFacts] = []
    about: list[KeyValue] = []
    warnings: list[str] = []
    with open_mcd(path) as file:
        for slide in file.slides:
            about += pairs_of(slide.metadata, f"slide {slide.id}/")
        acquisitions = acquisitions_of(path, file)
        for acquisition in acquisitions.values():
            facts, notes = acquisition_facts(path, acquisition, len(images))
            images.append(facts)
            warnings += notes
        for found in embedded_of(path, file):
            images.append(picture_facts(found, len(images)))
    if not images:
        raise ImageError(path=str(path), field="acquisitions", reason="are none in it; export it again.")
    return FileFacts(str(path), "image/x-mcd", tuple(images), key_values=tuple(about), warnings=tuple(warnings))


def make_tables(path: Path, series: Sequence[str]) -> Iterator[Table]:
    """The tables of images by series; raises ImageError."""
    with open_mcd(path) as file:
        acquisitions = acquisitions_of(path, file)
        pictures = {one.series: one for one in embedded_of(path, file)}
    for one in series:
        if one in acquisitions:
            yield acquisition_table(path, one, acquisitions[one])
        elif one in pictures:
            found = pictures[one]
            level = picture_level(found.picture, found.offset, found.length)
            yield segment_table(files_at(path), [path.name], [level])
        else:
            raise ImageError(path=str(path), field="series", reason=f"there is no image {one!r} in it.")


@contextmanager
def open_mcd(path: Path) -> Iterator[readimc.MCDFile]:
    """The file with its XML read; closed also where that fails. Raises ImageError."""
    file_size(path)
    file = readimc.MCDFile(path)
    with library_errors(path, "MCD"), closing(file):
        file.open()
        yield file


def acquisitions_of(path: Path, file: readimc.MCDFile) -> dict[str, Acquisition]:
    """Acquisitions by series, without those that were never begun."""
    found = {}
    for slide in file.slides:
        for acquisition in slide.acquisitions:
            if number(path, acquisition, "DataEndOffset") > number(path, acquisition, "DataStartOffset"):
                found[f"acquisition {acquisition.id}"] = acquisition
    return found


def number(path: Path, acquisition: Acquisition, name: str) -> int:
    """A whole number that the file says of an acquisition; raises ImageError."""
    text = acquisition.metadata.get(name, "")
    if not text.isdecimal():
        reason = f"{text!r} is no number; the file is damaged."
        raise ImageError(path=str(path), field=f"acquisition {acquisition.id}/{name}", reason=reason)
    return int(text)


def layout(path: Path, acquisition: Acquisition) -> tuple[int, int, int, int, int]:
    """Width, height, channels, first byte and number of pixels of an acquisition; raises ImageError."""
    start, end, width, height, size = (
        number(path, acquisition, name) for name in ("DataStartOffset", "DataEndOffset", "MaxX", "MaxY", "ValueBytes")
    )
    field = f"acquisition {acquisition.id}"
    check_extent(path, field, end, path.stat().st_size)
    channels = acquisition.num_channels
    pixel = (channels + COORDINATES) * VALUE
    if size != VALUE or min(width, height, channels) < 1 or (end - start) % pixel:
        reason = f"has {end - start} bytes, which are not pixels of {channels} numbers of {size} bytes; it is damaged."
        raise ImageError(path=str(path), field=field, reason=reason)
    if width * pixel > MAX_CHUNK_BYTES:
        raise ImageError(path=str(path), field=field, reason=f"says a width of {width}; the file is damaged.")
    return width, height, channels, start, (end - start) // pixel


def acquisition_facts(path: Path, acquisition: Acquisition, index: int) -> tuple[ImageFacts, list[str]]:
    """An acquisition, with its metals as channels."""
    width, height, count, _, pixels = layout(path, acquisition)
    said = acquisition.metadata
    name = said.get("Description") or f"acquisition {acquisition.id}"
    labels = acquisition.channel_labels or [""] * count
    steps = [micrometres(said.get(f"AblationDistanceBetweenShots{axis}", "")) for axis in "XY"]
    channels = tuple(
        ChannelFacts(channel, name=label or metal, fluor=metal)
        for channel, (label, metal) in enumerate(zip(labels, acquisition.channel_names, strict=True))
    )
    facts = ImageFacts(
        index=index, name=name, size_x=width, size_y=height, size_z=1, size_c=count, size_t=1, pixel_type="float",
        significant_bits=32, physical_size_x=steps[0], physical_size_y=steps[1],
        acquisition_date=date(said.get("StartTimeStamp", "")), channels=channels, key_values=tuple(pairs_of(said)),
        series_path=f"acquisition {acquisition.id}",
    )  # fmt: skip
    missing = width * height - pixels
    notes = [f"{name} was ended before its last pixel: {missing} pixels are 0."] if missing > 0 else []
    return facts, notes


def acquisition_table(path: Path, series: str, acquisition: Acquisition) -> Table:
    """The table of an acquisition, whose channels lie together pixel by pixel."""
    width, height, channels, start, pixels = layout(path, acquisition)
    return planes_table(
        files_at(path), [path.name], family="mcd", series=series, levels=[(1, channels, 1, height, width)],
        dtype="float32", samples=channels, chunk=(min(height, 256), width if width <= 1024 else 512),
        about={"start": start, "pixels": pixels},
    )  # fmt: skip


def embedded_of(path: Path, file: readimc.MCDFile) -> list[Embedded]:
    """Panoramas, and pictures before and after ablation. That of the whole slide may show its label, and is left."""
    found = []
    for slide in file.slides:
        for panorama in slide.panoramas:
            name = panorama.metadata.get("Description") or f"panorama {panorama.id}"
            found += embedded(path, f"panorama {panorama.id}", name, panorama.metadata, "Image")
        for acquisition in slide.acquisitions:
            for title, key in PICTURES.items():
                name = f"{acquisition.metadata.get('Description') or acquisition.id}, {title}"
                found += embedded(path, f"acquisition {acquisition.id} {title}", name, acquisition.metadata, key)
    return found


def embedded(path: Path, series: str, name: str, said: dict[str, str], key: str) -> list[Embedded]:
    """The picture whose place is said under a key, none if there is none; raises ImageError."""
    start, end = said.get(f"{key}StartOffset", "0"), said.get(f"{key}EndOffset", "0")
    if not (start.isdecimal() and end.isdecimal()) or int(end) - int(start) <= PICTURE_HEAD + PICTURE_TAIL:
        return []
    offset, length = int(start) + PICTURE_HEAD, int(end) - int(start) - PICTURE_HEAD - PICTURE_TAIL
    check_extent(path, series, offset + length, path.stat().st_size)
    if length > MAX_CHUNK_BYTES:
        raise ImageError(path=str(path), field=series, reason=f"has more than {MAX_CHUNK_BYTES} bytes.")
    picture = parse_picture(LocalPlace(path).pread(offset, length), path, series)
    return [Embedded(series, name, picture, offset, length, said)]


def picture_facts(found: Embedded, index: int) -> ImageFacts:
    """A picture as an image."""
    picture = found.picture
    is_panorama = found.series.startswith("panorama")
    sizes = panorama_sizes(found.said, picture) if is_panorama else (None, None)
    return ImageFacts(
        index=index, name=found.name, size_x=picture.width, size_y=picture.height, size_z=1, size_c=picture.samples,
        size_t=1, pixel_type=np.dtype(picture.dtype).name, significant_bits=8 * np.dtype(picture.dtype).itemsize,
        physical_size_x=sizes[0], physical_size_y=sizes[1],
        channels=colour_channels(picture.samples),
        key_values=tuple(pairs_of(found.said)) if is_panorama else (), series_path=found.series,
        chunk_shape=(picture.height, picture.width),
    )  # fmt: skip


def panorama_sizes(said: dict[str, str], picture: Picture) -> tuple[Quantity | None, Quantity | None]:
    """Sizes of a panorama's pixels: the distance of its corners on the slide by the number of pixels."""
    try:
        x1, y1, x2, y2, x3, y3 = (float(said[f"Slide{axis}{corner}PosUm"]) for corner in "123" for axis in "XY")
    except (KeyError, ValueError):
        return None, None
    width, height = np.hypot(x2 - x1, y2 - y1) / picture.width, np.hypot(x3 - x2, y3 - y2) / picture.height
    good = np.isfinite([width, height]).all() and min(width, height) > 0
    return (Quantity(float(width), "µm"), Quantity(float(height), "µm")) if good else (None, None)


def micrometres(text: str) -> Quantity | None:
    """A distance that is given in µm."""
    try:
        value = float(text)
    except ValueError:
        return None
    return Quantity(value, "µm", text) if np.isfinite(value) and value > 0 else None


def date(text: str) -> str | None:
    """ISO 8601 with seven decimals, of which six are kept."""
    seconds, point, rest = text.partition(".")
    digits = rest[: len(rest) - len(rest.lstrip("0123456789"))]
    zone = rest[len(digits) :]
    return f"{seconds}{point}{digits[:6]}{zone}" if "T" in text else None


def pairs_of(said: dict[str, str], start: str = "") -> Iterator[KeyValue]:
    """What the file says, but where bytes lie; of paths only the name of the file."""
    for name, value in said.items():
        if not name.endswith("Offset") and value and value != '""':
            yield KeyValue(MCD, start + name, PureWindowsPath(value).name if name == "Filename" else value)


class AcquisitionPlanes:
    """See pixels.Planes: pixels of an acquisition, each with X, Y, Z and its channels one after the other."""

    def __init__(self, path: Path, header: type_json) -> None:
        self._place = LocalPlace(path, stays_open=True)
        self._path = path
        _, self._channels, _, self._height, self._width = header["levels"][0]["shape"]
        self._start, self._pixels = header["about"]["start"], header["about"]["pixels"]

    def read(self, level: int, t: int, c0: int, c1: int, z: int, y0: int, y1: int, x0: int, x1: int) -> np.ndarray:
        """See pixels.Planes. Within a row pixels may lie in either direction."""
        columns = self._channels + COORDINATES
        first, last = min(y0 * self._width, self._pixels), min(y1 * self._width, self._pixels)
        data = self._place.pread(self._start + first * columns * VALUE, (last - first) * columns * VALUE)
        rows = np.frombuffer(data, "<f4").reshape(-1, columns)
        with np.errstate(invalid="ignore"):
            xs, ys = rows[:, 0].astype(np.int64), rows[:, 1].astype(np.int64) - y0
        if ((xs < 0) | (xs >= self._width) | (ys < 0) | (ys >= y1 - y0)).any():
            reason = "its pixels do not lie row by row; export it as OME-TIFF."
            raise ImageError(path=str(self._path), field=f"rows {y0} to {y1}", reason=reason)
        out = np.zeros((c1 - c0, y1 - y0, self._width), np.float32)
        out[:, ys, xs] = rows[:, COORDINATES + c0 : COORDINATES + c1].T
        return out[:, :, x0:x1]

    def close(self) -> None:
        """See pixels.Planes."""
        self._place.close()


def open_planes(path: Path, header: type_json) -> Any:
    """The pixels of an acquisition; see `readers.Reader`."""
    return AcquisitionPlanes(path, header)
