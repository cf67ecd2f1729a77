"""One module per format family, and the table that says which reader opens which name.

May enter: a reader that turns a file or folder into `facts.FileFacts` without reading all its pixels.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from imaging.errors import ImageError
from imaging.facts import FileFacts
from imaging.readers import ome_tiff, ome_zarr, tiff


@dataclass(frozen=True)
class Family:
    """A format family: the endings of its names, its title for people, and its reader."""

    name: str
    title: str
    extensions: tuple[str, ...]
    read: Callable[[Path], FileFacts]


FAMILIES = (
    Family("tiff", "OME-TIFF, ImageJ and plain TIFF", tiff.EXTENSIONS, ome_tiff.read),
    Family("zarr", "OME-Zarr 0.4 and 0.5, folder or zip", ome_zarr.EXTENSIONS, ome_zarr.read),
)
EXTENSIONS = tuple(extension for family in FAMILIES for extension in family.extensions)


def can_read(name: str) -> bool:
    """Whether a file or folder of this name is one that `read_facts` opens."""
    return name.lower().rstrip("/").endswith(EXTENSIONS)


def family_of(path: Path) -> Family:
    """The format family of a file or folder; raises ImageError if none opens it."""
    if not path.exists():
        raise ImageError(path=str(path), field="file", reason="is not there.")
    if path.is_dir():
        return next(family for family in FAMILIES if family.name == "zarr")
    for family in FAMILIES:
        if path.name.lower().endswith(family.extensions):
            return family
    endings = ", ".join(EXTENSIONS)
    raise ImageError(path=str(path), field="name", reason=f"is of no format that can be read here ({endings}).")


def read_facts(path: Path) -> FileFacts:
    """All that a file or folder says about itself, never reading all its pixels; raises ImageError."""
    return family_of(path).read(path)
