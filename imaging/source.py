"""Open the pixels of an image: directly, or by the chunk table made once when the image is registered."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from imaging.errors import ImageError
from imaging.pixels import ABSENT, Level, PixelSource, RawChunk, read_region
from imaging.pyramid import LARGE, Pyramid
from imaging.readers import family_of, read_facts
from imaging.table import Table, check_identity
from imaging.tiff_source import TiffSource
from imaging.tiff_table import make_tiff_tables
from imaging.zarr_source import ZarrSource, make_zarr_table

__all__ = ["ABSENT", "Level", "PixelSource", "RawChunk", "build_table", "make_tables", "open_source", "read_region"]


def open_source(path: Path, series: str | int, table: Path | None = None) -> PixelSource:
    """The pixels of one image (`ImageFacts.series_path`, or its number).

    With a table from `build_table` nothing of the file is parsed again. Raises ImageError if the file cannot be read,
    or is no longer the one the table was made from.
    """
    opened = Table.open(table) if table is not None else make_table(path, series)
    check_identity(opened.header, path)
    try:
        source: PixelSource = (TiffSource if opened.header["kind"] == "tiff" else ZarrSource)(path, opened)
    except OSError as error:
        raise ImageError(path=str(path), field="file", reason=f"cannot be opened ({error.strerror}).") from error
    if len(source.levels) == 1 and max(source.levels[0].shape[3:]) > LARGE:
        return Pyramid(source)
    return source


def build_table(path: Path, series: str | int, out: Path) -> None:
    """Write the chunk table of one image to `out`; reads only its directory or metadata. Raises ImageError."""
    make_table(path, series).save(out)


def make_table(path: Path, series: str | int) -> Table:
    """The chunk table of one image, in memory."""
    return next(make_tables(path, [series]))


def make_tables(path: Path, series: Sequence[str | int]) -> Iterator[Table]:
    """The chunk tables of several images, each as it is asked for; what the file lists of all is read once."""
    if family_of(path).name == "tiff":
        yield from make_tiff_tables(path, [tiff_number(path, one) for one in series])
        return
    for one in series:
        yield make_zarr_table(path, one if isinstance(one, str) else zarr_path(path, one))


def tiff_number(path: Path, series: str | int) -> int:
    """The number that a series of a TIFF is; raises ImageError."""
    if not str(series).isdecimal() and series != "":
        raise ImageError(path=str(path), field="series", reason=f"{series!r} is not the number of an image in it.")
    return int(series or 0)


def zarr_path(path: Path, number: int) -> str:
    """Where the image of this number is in a Zarr; raises ImageError."""
    images = read_facts(path).images
    if not 0 <= number < len(images):
        raise ImageError(path=str(path), field="series", reason=f"there is no image {number}; it has {len(images)}.")
    return images[number].series_path
