"""Open the pixels of an image: directly, or by the chunk table made once when the image is registered."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from imaging.errors import ImageError
from imaging.pixels import ABSENT, Level, PixelSource, RawChunk, read_region
from imaging.places import AwayFiles, Files, FilesBeside, files_at
from imaging.readers import family_of, read_facts
from imaging.sources.made_levels import MadeLevels
from imaging.sources.planes import PlanesSource
from imaging.sources.pyramid import LARGE, Pyramid
from imaging.sources.segments import SegmentSource
from imaging.sources.zarr import ZarrSource
from imaging.table import Table, check_identity

__all__ = [
    "ABSENT",
    "Level",
    "PixelSource",
    "RawChunk",
    "are_labels",
    "build_table",
    "described_source",
    "is_unchanged",
    "make_tables",
    "open_source",
    "read_region",
]

LEVELS = "levels"  # the folder beside a table in which lower levels are kept
LEVELS_TABLE = "table"  # their own, in that folder
# By the table's kind.
SOURCES: Mapping[str, Callable[[Files, Table], PixelSource]] = {
    "segments": SegmentSource,
    "zarr": ZarrSource,
    "planes": PlanesSource,
}


def open_source(
    place: Path | Files, series: str | int = "", table: Path | None = None, *, labels: bool = False
) -> PixelSource:
    """The pixels of one image (`ImageFacts.series_path`, or its number) of a file, a folder, or files that lie apart.

    With a table from `build_table` nothing of the file is parsed again; files that lie apart need one. labels: the
    pixels are numbers of objects, though the file does not tell. Raises ImageError if the file cannot be read, or is no
    longer the one the table was made from.
    """
    if table is not None:
        opened = Table.open(table)
    else:
        assert isinstance(place, Path)
        opened = next(make_tables(place, [series]))
    files = _files_of(place, opened) if isinstance(place, Path) else place
    check_identity(opened.header, files)
    return _source(files, opened, table, labels=labels)


def is_unchanged(place: Path | Files, table: Path) -> bool:
    """Whether the files are still those that the table was made from."""
    opened = Table.open(table)
    try:
        check_identity(opened.header, _files_of(place, opened) if isinstance(place, Path) else place)
    except ImageError:
        return False
    return True


def described_source(table: Path, *, labels: bool = False) -> PixelSource:
    """The same as its table tells of it while its files cannot be read: levels, type and codecs, and no pixels."""
    return _source(AwayFiles(), Table.open(table), table, labels=labels)


def _source(files: Files, opened: Table, table: Path | None, *, labels: bool) -> PixelSource:
    source = SOURCES[opened.header["kind"]](files, opened)
    if len(source.levels) == 1 and max(source.levels[0].shape[3:]) > LARGE:
        labels = labels or are_labels(opened)
        pyramid = Pyramid(source, labels=labels)
        return _stored_levels(pyramid, table, labels=labels) or pyramid
    return source


def are_labels(table: Table) -> bool:
    """Whether the file tells that its pixels are numbers of objects."""
    return bool(table.header.get("labels"))


def _stored_levels(pyramid: Pyramid, table: Path | None, *, labels: bool) -> PixelSource | None:
    """The image with the lower levels that were made of it (`converting`), if there are any beside its table, whole,
    and served as those of the pyramid: the same addresses then give the same bytes."""
    folder = table.with_name(LEVELS) if table else None
    if folder is None or not folder.is_dir():
        return None
    listed = folder / LEVELS_TABLE
    try:
        if listed.is_file() and are_labels(Table.open(listed)) != labels:
            return None  # they were made before it was said that the pixels are labels, or are none
        lower = open_source(folder, "", listed if listed.is_file() else None)
    except ImageError:  # the file itself is served as if they had never been made
        return None
    are_alike = (
        (lower.fill_value, lower.dtype, lower.levels) == (pyramid.fill_value, pyramid.dtype, pyramid.levels[1:])
        and all(lower.codecs(level) == pyramid.codecs(level + 1) for level in range(len(lower.levels)))
    )  # fmt: skip
    if not are_alike:
        lower.close()
        return None
    return MadeLevels(pyramid, lower, first=1)


def _files_of(path: Path, table: Table) -> Files:
    names = [name for name, *_ in table.header["identity"]]
    return FilesBeside(path, names[0]) if len(names) > 1 and not path.is_dir() else files_at(path)


def build_table(path: Path, series: str | int, out: Path) -> None:
    """Write the chunk table of one image to `out`; reads only its directory or metadata. Raises ImageError."""
    next(make_tables(path, [series])).save(out)


def make_tables(path: Path, series: Sequence[str | int]) -> Iterator[Table]:
    """The chunk tables of several images, each as it is asked for; what the file lists of all is read once."""
    named = [one if isinstance(one, str) else _numbered(path, one) for one in series]
    return family_of(path).reader.make_tables(path, named)


def _numbered(path: Path, number: int) -> str:
    images = read_facts(path).images
    if not 0 <= number < len(images):
        raise ImageError(path=str(path), field="series", reason=f"there is no image {number}; it has {len(images)}.")
    return images[number].series_path
