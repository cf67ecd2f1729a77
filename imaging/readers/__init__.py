"""One module per format family, and the table that says which reader opens what.

May enter: a reader (see `Reader`) that turns a file or folder into `facts.FileFacts` without reading all its pixels,
and makes the chunk tables of its images. Modules are imported when a file needs them: some libraries take a second.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import Protocol, cast

from imaging.errors import ImageError
from imaging.facts import FileFacts
from imaging.identifying import named_pictures
from imaging.limits import file_size
from imaging.readers import bioformats_endings
from imaging.readers.signatures import what_it_is
from imaging.table import Table

HEAD = 4096  # bytes of a file that are looked at to tell its format


class Reader(Protocol):
    """What the module of a family has.

    A family whose pixels a library decodes makes tables of the kind "planes" (`sources.planes.planes_table`), and has
    `open_planes(path: Path, header: dict) -> pixels.Planes` too. One that shares endings with others, or whose files
    may have none, has `is_mine(path: Path, head: bytes) -> bool`. One whose files say which series of slices they
    are of has `series_of(path: Path) -> str`.
    """

    def read(self, path: Path) -> FileFacts:
        """All that the file says about itself; raises ImageError."""

    def make_tables(self, path: Path, series: Sequence[str]) -> Iterator[Table]:
        """The chunk tables of images, by their `ImageFacts.series_path`; raises ImageError."""


@dataclass(frozen=True)
class Family:
    """A format family: its title for people, the endings of its names, and its reader.

    by_content: files of other names may be of this family; its `is_mine` tells. folders: it reads folders of these
    endings. siblings: its images may need files that lie beside the one that is opened; named: its facts say which
    (`FileFacts.beside`); owns: those are then no images of their own; whole_folder: any file of its
    folder, or below it, may be one. is_there: whether this machine has what the reader needs, if that is installed
    apart.
    """

    name: str
    title: str
    extensions: tuple[str, ...]
    module: str
    by_content: bool = False
    folders: bool = False
    siblings: bool = False
    named: bool = False
    owns: bool = False
    whole_folder: bool = False
    is_there: Callable[[], bool] = lambda: True

    @property
    def reader(self) -> Reader:
        """The family's module."""
        return cast(Reader, import_module(self.module))

    def takes(self, path: Path, head: bytes) -> bool:
        """Whether the file or folder is of this family."""
        is_mine = getattr(self.reader, "is_mine", None)
        return is_mine is None or bool(is_mine(path, head))


# In this order: of families that share an ending, the first that takes a file has it.
FAMILIES = (
    Family("slides", "Whole slides of Aperio, Hamamatsu, Leica, Akoya and Philips",
           (".svs", ".ndpi", ".scn", ".qptiff", ".tif", ".tiff"), "imaging.readers.slides"),
    Family("tiff", "OME-TIFF, ImageJ, LSM, STK and plain TIFF",
           (".tif", ".tiff", ".btf", ".tf8", ".tf2", ".lsm", ".stk"), "imaging.readers.tiff",
           siblings=True, named=True),
    Family("companion", "Companions of OME-TIFF sets", (".companion.ome",), "imaging.readers.tiff.companion",
           siblings=True, named=True, owns=True),
    Family("pattern", "several files as one image, by a pattern of their names", (".pattern",),
           "imaging.readers.patterns", siblings=True, named=True, owns=True),
    Family("zarr", "OME-Zarr 0.4 and 0.5, folder or zip", (".zarr", ".zarr.zip", ".ozx", ".ome.zarr.zip", ".zip"),
           "imaging.readers.zarr", folders=True),
    Family("mrc", "MRC and CCP4 maps", (".mrc", ".mrcs", ".map", ".rec", ".st", ".ali"), "imaging.readers.mrc"),
    Family("dm", "DigitalMicrograph 3 and 4", (".dm3", ".dm4"), "imaging.readers.dm"),
    Family("pictures", "PNG, JPEG and JPEG 2000", (".png", ".jpg", ".jpeg", ".jp2", ".j2k", ".j2c", ".jpx"),
           "imaging.readers.pictures"),
    Family("n5", "N5", (".n5",), "imaging.readers.n5", folders=True),
    Family("mcd", "MCD of imaging mass cytometry", (".mcd",), "imaging.readers.mcd"),
    Family("imaris", "Imaris", (".ims",), "imaging.readers.imaris"),
    Family("hdf5", "HDF5 with images, BigDataViewer", (".h5", ".hdf5", ".he5"), "imaging.readers.hdf5",
           siblings=True, named=True),
    Family("nd2", "Nikon ND2", (".nd2",), "imaging.readers.nd2"),
    Family("czi", "ZEISS CZI", (".czi",), "imaging.readers.czi"),
    Family("oif", "Olympus OIF and OIB", (".oif", ".oib"), "imaging.readers.oif", siblings=True, owns=True),
    Family("lif", "Leica LIF", (".lif",), "imaging.readers.lif"),
    Family("dicom", "DICOM, whole slides and single images", (".dcm", ".dicom"), "imaging.readers.dicom",
           by_content=True, siblings=True),
    Family("openslide", "Slides of MIRAX, Hamamatsu VMS, Ventana and Sakura",
           (".mrxs", ".vms", ".vmu", ".bif", ".svslide"), "imaging.readers.openslide_slides", siblings=True),
    Family("vsi", "Olympus VSI", (".vsi",), "imaging.readers.vsi", siblings=True),
    Family("bioformats", "Formats that Bio-Formats opens, of one file", tuple(bioformats_endings.ONE_FILE),
           "imaging.readers.bioformats", is_there=bioformats_endings.is_there),
    Family("bioformats-sets", "Formats that Bio-Formats opens, of several files", tuple(bioformats_endings.SETS),
           "imaging.readers.bioformats", siblings=True, is_there=bioformats_endings.is_there),
    Family("bioformats-folders", "Formats that Bio-Formats opens, of a folder of files",
           tuple(bioformats_endings.FOLDERS), "imaging.readers.bioformats", siblings=True, owns=True, whole_folder=True,
           is_there=bioformats_endings.is_there),
)  # fmt: skip
BY_NAME = {family.name: family for family in FAMILIES}
EXTENSIONS = tuple(dict.fromkeys(extension for family in FAMILIES for extension in family.extensions))


def can_read(name: str) -> bool:
    """Whether a file or folder of this name is one that `read_facts` may open."""
    lower = name.lower().rstrip("/")
    return any(lower.endswith(family.extensions) and family.is_there() for family in FAMILIES)


def family_of(path: Path) -> Family:
    """The format family of a file or folder; raises ImageError if none opens it."""
    if not path.exists():
        raise ImageError(path=str(path), field="file", reason="is not there.")
    name = path.name.lower()
    if path.is_dir():
        named = [family for family in FAMILIES if family.folders and name.endswith(family.extensions)]
        return named[0] if named else BY_NAME["zarr"]
    head = head_of(path)
    named = [family for family in FAMILIES if name.endswith(family.extensions)]
    if len(named) == 1 and not named[0].by_content:
        return named[0]
    others = [family for family in FAMILIES if family.by_content and family not in named]
    for family in (*named, *others):
        if family.takes(path, head):
            return family
    if named:
        return named[0]  # its reader says what is wrong with it
    endings = ", ".join(EXTENSIONS)
    raise ImageError(path=str(path), field="name", reason=f"is of no format that can be read here ({endings}).")


def head_of(path: Path) -> bytes:
    """The first bytes of a file; raises ImageError."""
    file_size(path)
    try:
        with path.open("rb") as file:
            return file.read(HEAD)
    except OSError as error:
        raise ImageError(path=str(path), field="file", reason=f"cannot be opened ({error.strerror}).") from error


def read_facts(path: Path) -> FileFacts:
    """All that a file or folder says about itself, never reading all its pixels; raises ImageError.

    What others made is read by `limited.read_facts`, in a process of its own.
    """
    family = family_of(path)
    try:
        facts = family.reader.read(path)
    except ImageError as error:
        hint = "" if path.is_dir() or family.name.startswith("bioformats") else what_it_is(head_of(path), family.name)
        if not hint:
            raise
        raise ImageError(path=error.path, field=error.field, reason=f"{error.reason} {hint}") from error
    return replace(facts, findings=named_pictures(facts))
