"""The files that are levels of one whole slide, and the chunk tables of DICOM images."""

import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path

import pydicom
from pydicom.errors import InvalidDicomError

from imaging.errors import ImageError
from imaging.places import Files, FilesBeside, files_at
from imaging.readers.dicom.headers import is_dicom
from imaging.readers.dicom.image import BROKEN, WHOLE_SLIDE, DicomImage, level_of, open_image
from imaging.segment_table import segment_table
from imaging.table import Table

MAX_BESIDE = 2000  # files in the folder that are looked at
TAGS = ["SOPClassUID", "SeriesInstanceUID", "ImageType", "TotalPixelMatrixColumns", "SamplesPerPixel", "BitsAllocated",
        "NumberOfOpticalPaths", "TotalPixelMatrixFocalPlanes", "SpecificCharacterSet"]  # fmt: skip
ENDINGS = (".dcm", ".dicom", "")


def make_tables(path: Path, series: Sequence[str]) -> Iterator[Table]:
    """The table of a file's image; of a whole slide with the levels in the files beside it. Raises ImageError."""
    for one in series:
        if one:
            raise ImageError(path=str(path), field="series", reason=f"there is no image {one!r} in it, only one.")
        levels = levels_of(path)
        names = [level.path.name for level in levels]
        files: Files = files_at(path) if len(levels) == 1 else FilesBeside(path, path.name)
        if path.name in names and names[0] != path.name:
            raise ImageError(path=str(path), field="series", reason=f"is a smaller level of {names[0]}; open that one.")
        yield segment_table(files, names, [level_of(level, number) for number, level in enumerate(levels)])


def levels_of(path: Path) -> tuple[DicomImage, ...]:
    """The image of a file, or the levels of its whole slide, largest first; raises ImageError."""
    own = open_image(path)
    if not is_level(own):
        return (own,)
    found = [own]
    wanted = _key(own.dataset)
    for other in _beside(path):
        if _header_key(other) == wanted:
            found.append(open_image(other))
    found.sort(key=lambda image: (-image.sizes[4], image.path.name))
    levels = [found[0]]
    for image in found[1:]:
        same = image.sizes[:3] == levels[0].sizes[:3] and image.frames.dtype == levels[0].frames.dtype
        if same and image.sizes[4] < levels[-1].sizes[4]:
            levels.append(image)
    return tuple(levels) if any(image is own for image in levels) else (own,)


def series_of(path: Path) -> str:
    """The UID of the series that a file says it is of, to compare and not to be given on; "" if none."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            header = pydicom.dcmread(path, stop_before_pixels=True, specific_tags=["SeriesInstanceUID"])
            return str(header.get("SeriesInstanceUID", ""))
    except (InvalidDicomError, *BROKEN):
        return ""  # its own reading says what is wrong


def is_level(image: DicomImage) -> bool:
    """Whether it is a scan of a slide, and not a picture of its label or of the whole."""
    return image.is_slide and "VOLUME" in _kinds(image.dataset)


def _kinds(dataset: pydicom.Dataset) -> list[str]:
    kinds = dataset.get("ImageType") or []
    return [kinds] if isinstance(kinds, str) else [str(kind) for kind in kinds]


def _key(dataset: pydicom.Dataset) -> tuple[str, ...] | None:
    """What the levels of one slide have alike; None for what is none."""
    if str(dataset.get("SOPClassUID", "")) != WHOLE_SLIDE or "VOLUME" not in _kinds(dataset):
        return None
    series = str(dataset.get("SeriesInstanceUID", ""))
    return (series, *(str(dataset.get(name, "")) for name in ("SamplesPerPixel", "BitsAllocated"))) if series else None


def _header_key(path: Path) -> tuple[str, ...] | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _key(pydicom.dcmread(path, stop_before_pixels=True, specific_tags=[*TAGS]))
    except (InvalidDicomError, *BROKEN):
        return None  # another file, which its own reading tells of


def _beside(path: Path) -> list[Path]:
    """Other DICOM files of the folder, if they are not too many to be looked at."""
    found = []
    for number, other in enumerate(sorted(path.parent.iterdir())):
        if number > MAX_BESIDE:
            return []
        if other != path and other.suffix.lower() in ENDINGS and other.is_file() and is_dicom(other):
            found.append(other)
    return found
