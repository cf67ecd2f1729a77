"""Companions of OME-TIFF sets (`.companion.ome`): the OME-XML of TIFF files that may have none of their own."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from imaging.errors import ImageError
from imaging.facts import FileFacts
from imaging.limits import file_size
from imaging.readers.tiff.ome import document_at, facts_of, ome_images
from imaging.readers.tiff.table import number_of, tiff_table
from imaging.table import Table


def read(path: Path) -> FileFacts:
    """Facts of a companion with the images of the files that it names, none while they are not there; raises
    ImageError. Source: OME-TIFF specification 6, §binary-only and companion files."""
    return facts_of(None, path, document_at(path))


def make_tables(path: Path, series: Sequence[str]) -> Iterator[Table]:
    """The tables of images by their numbers; raises ImageError."""
    images, _ = ome_images(None, path, document_at(path))
    for one in series:
        number = number_of(path, one)
        if number not in images:
            raise ImageError(path=str(path), field="series", reason=f"none of the files of image {number} is there.")
        yield tiff_table(None, images[number], path, file_size(path))
