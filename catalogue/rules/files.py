"""Which files of a folder are taken, which are images for the viewer, and which cannot be opened. No Django."""

import mimetypes
import re
import zipfile
from collections.abc import Collection
from pathlib import Path

from imaging.readers import bioformats_endings, can_read

# Image formats that are kept as they are: ending, and name for people.
UNSUPPORTED = {".xlif": "Leica XLIF", ".avi": "AVI"}
TITLES = UNSUPPORTED | bioformats_endings.TITLES
LEFT_OUT = ("Thumbs.db", "desktop.ini")  # of desktops, beside names that begin with a dot
FOLDER_ENDINGS = (".zarr", ".n5")  # of folders that are read, and uploaded, as one image
ZARR_MARKERS = ("zarr.json", ".zgroup", ".zattrs", ".zarray")
PACKED = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz", ".7z", ".rar")  # besides .zip, which is looked into


def is_one_image(place: Path) -> bool:
    """Whether a folder is read as a whole."""
    return place.name.lower().endswith(FOLDER_ENDINGS) or any((place / marker).exists() for marker in ZARR_MARKERS)


def is_one_image_named(folder: str, names: Collection[str]) -> bool:
    """Whether a folder is, by its path and the names of the files directly in it."""
    return folder.lower().endswith(FOLDER_ENDINGS) or any(marker in names for marker in ZARR_MARKERS)


def media_type_of(name: str) -> str:
    """By the name's ending; after the format's name if it is an image's; binary data if it is not known."""
    title = next((title for ending, title in TITLES.items() if name.lower().endswith(ending)), "")
    unregistered = f"image/x-{re.sub('[^a-z0-9]+', '-', title.lower())}" if title else "application/octet-stream"
    return mimetypes.guess_type(name)[0] or unregistered


def unsupported_warning(name: str) -> str:
    """What to say of an image that cannot be opened here, or "" if the name is not of such a format."""
    lower = name.lower()
    kept = f"{name} is kept and published as it is, but"
    advice = "An OME-TIFF or OME-Zarr of the same image can be added beside it."
    for ending, title in UNSUPPORTED.items():
        if lower.endswith(ending):
            return f"{kept} this version cannot open {title} files in the viewer or read metadata from them. {advice}"
    for ending, title in bioformats_endings.TITLES.items():
        if lower.endswith(ending) and not bioformats_endings.is_there():
            return (
                f"{kept} {title} files can be opened in the viewer, and their metadata read, only where Bio-Formats is "
                f"installed: the site's administrators can do that (docs/formats.md says how). {advice}"
            )
    return ""


def is_image(place: Path, name: str) -> bool:
    """Whether it has to be readable as an image: by its name, for a plain .zip by whether it holds a Zarr, and whatever
    its name if it is DICOM, which may tell who a patient is."""
    lower = name.lower()
    if unsupported_warning(name):
        return _is_dicom(place)
    if place.is_dir():
        return True
    if not can_read(lower):
        return _is_dicom(place)
    if not lower.endswith(".zip") or lower.endswith(".zarr.zip"):
        return True
    try:
        with zipfile.ZipFile(place) as archive:
            return any(member.rpartition("/")[2] in ZARR_MARKERS for member in archive.namelist())
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return True  # the reader says what is wrong with it


def packed_warning(place: Path, name: str) -> str:
    """What to say of a packed folder that is kept as it is, or "": nobody sees the images in it, nor whose they are."""
    advice = "are not read, shown or looked through for patient data while they are packed: upload the folder itself."
    if name.lower().endswith(PACKED):
        return f"Images that {name} may hold {advice}"
    if not name.lower().endswith(".zip"):
        return ""
    try:
        with zipfile.ZipFile(place) as archive:
            held = next((one for one in archive.namelist() if can_read(one)), "")
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return ""
    return f"{name} holds images, such as {held}. They {advice}" if held else ""


def _is_dicom(place: Path) -> bool:
    """Whether it begins as DICOM does (PS3.10, section 7.1)."""
    try:
        with place.open("rb") as file:
            return file.read(132)[128:] == b"DICM"
    except OSError:
        return False
