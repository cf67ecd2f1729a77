"""What a folder holds: files, folders that are one image, and the study's document if there is one."""

from collections.abc import Iterator
from pathlib import Path

from catalogue.exchange.dossier import CannotRead
from catalogue.exchange.folder import Entry as Found
from catalogue.exchange.folder import entries_below
from client.trouble import Trouble

DOCUMENTS = ("study.yaml", "study.yml", "study.json", "study.xlsx")  # the first that is there is taken


class Entry(Found):
    """A file, or a folder that is one image, to be sent."""

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


def entries_in(top: Path, *, leave_out: Path | None = None) -> Iterator[Entry]:
    """Everything to deposit, as catalogue.exchange.folder finds it. Raises Trouble."""
    try:
        for entry in entries_below(top, leave_out=leave_out):
            yield Entry(entry.place, entry.path)
    except CannotRead as error:
        raise Trouble(error.reason) from error
