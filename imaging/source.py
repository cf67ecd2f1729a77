"""Open the pixels of an image: directly, or by the chunk table made once when the image is registered."""

from pathlib import Path

from imaging.errors import ImageError
from imaging.pixels import ABSENT, Level, PixelSource, RawChunk, read_region
from imaging.pyramid import LARGE, Pyramid
from imaging.readers import family_of, read_facts
from imaging.table import Table, check_identity
from imaging.tiff_source import TiffSource
from imaging.tiff_table import make_tiff_table
from imaging.zarr_source import ZarrSource, make_zarr_table

__all__ = ["ABSENT", "Level", "PixelSource", "RawChunk", "build_table", "open_source", "read_region"]


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
    if family_of(path).name == "tiff":
        if not str(series).isdecimal() and series != "":
            raise ImageError(path=str(path), field="series", reason=f"{series!r} is not the number of an image in it.")
        return make_tiff_table(path, int(series or 0))
    if isinstance(series, int):
        images = read_facts(path).images
        if not 0 <= series < len(images):
            raise ImageError(path=str(path), field="series", reason=f"has only {len(images)} images.")
        series = images[series].series_path
    return make_zarr_table(path, series)
