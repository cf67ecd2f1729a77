"""What a folder holds: files, folders that are one image, and the study's document if there is one."""

from collections.abc import Iterator
from pathlib import Path

from catalogue.exchange import folder as folders
from catalogue.exchange.dossier import CannotRead
from client.trouble import Trouble

DOCUMENTS = ("study.yaml", "study.yml", "study.json", "study.xlsx")  # the first that is there is taken


class Entry(folders.Entry):
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
    """As catalogue.exchange.folder gives it. Raises Trouble."""
    try:
        return folders.top_of(folder)
    except CannotRead as error:
        raise Trouble(error.reason) from error


def entries_in(top: Path, *, leave_out: Path | None = None) -> Iterator[Entry]:
    """Everything to deposit, as catalogue.exchange.folder finds it. Raises Trouble."""
    try:
        for entry in folders.entries_below(top, leave_out=leave_out):
            yield Entry(entry.place, entry.path)
    except CannotRead as error:
        raise Trouble(error.reason) from error
