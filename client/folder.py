"""What a folder holds: files, folders that are one image, and the study's document if there is one."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from catalogue.rules.files import LEFT_OUT, is_one_image
from client.trouble import Trouble

DOCUMENTS = ("study.yaml", "study.yml", "study.json", "study.xlsx")  # the first that is there is taken


@dataclass(frozen=True)
class Entry:
    """A file, or a folder that is one image, with the path that it gets in the study."""

    place: Path
    path: str

    @property
    def is_folder(self) -> bool:
        return self.place.is_dir()

    def parts(self) -> list[tuple[Path, str]]:
        """Its files, each with its path in the study."""
        if not self.is_folder:
            return [(self.place, self.path)]
        files = sorted(place for place in self.place.rglob("*") if place.is_file())
        return [(place, f"{self.path}/{place.relative_to(self.place).as_posix()}") for place in files]

    def print(self) -> tuple[int, int, int]:
        """(bytes, latest change in ns, number of files): another one if anything in it changed. Raises OSError."""
        found = [place.stat() for place, _ in self.parts()]
        return sum(one.st_size for one in found), max((one.st_mtime_ns for one in found), default=0), len(found)


def document_in(top: Path) -> Path | None:
    """The study's document, by its name."""
    return next((top / name for name in DOCUMENTS if (top / name).is_file()), None)


def top_of(folder: str) -> Path:
    """The folder as an absolute path. Raises Trouble."""
    try:
        top = Path(folder).expanduser().resolve(strict=True)
    except (OSError, RuntimeError, ValueError):
        raise Trouble(f"There is no folder {folder}.") from None
    if not top.is_dir():
        raise Trouble(f"{folder} is a file; name the folder that it lies in.")
    return top


def entries_below(top: Path, *, leave_out: Path | None = None) -> Iterator[Entry]:
    """Everything to deposit, in the order of names; hidden files and the document are left out. Raises Trouble."""
    yield from _below(top, top, "", leave_out)


def _below(top: Path, folder: Path, prefix: str, leave_out: Path | None) -> Iterator[Entry]:
    try:
        places = sorted(folder.iterdir())
    except OSError as error:
        raise Trouble(f"The folder {folder} cannot be read: {error.strerror}.") from error
    for place in places:
        if place.name.startswith(".") or place.name in LEFT_OUT or place == leave_out:
            continue
        path = f"{prefix}{place.name}"
        if not place.resolve().is_relative_to(top):
            raise Trouble(f"{path} is a link that leads out of the folder; copy what it leads to, or remove it.")
        if place.is_dir() and not is_one_image(place):
            if place.is_symlink():
                raise Trouble(f"{path} is a link to a folder; remove it.")
            yield from _below(top, place, f"{path}/", leave_out)
        elif os.access(place, os.R_OK) and (place.is_file() or place.is_dir()):
            yield Entry(place, path)
        else:
            raise Trouble(f"{path} cannot be read; check who may.")
