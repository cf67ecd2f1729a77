"""What of a folder is deposited: its files, and folders that are one image, each with the path that it gets."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from catalogue.exchange.dossier import CannotRead
from catalogue.rules.files import LEFT_OUT, is_one_image


@dataclass(frozen=True)
class Entry:
    """A file, or a folder that is read as one image, with the path that it gets in the study."""

    place: Path
    path: str


def top_of(folder: str | Path) -> Path:
    """The folder as an absolute path without links. Raises CannotRead."""
    try:
        top = Path(folder).expanduser().resolve(strict=True)
    except (OSError, RuntimeError, ValueError):
        raise CannotRead(f"There is no folder {folder}.", file=str(folder)) from None
    if not top.is_dir():
        raise CannotRead(f"{folder} is a file; name the folder that it lies in.", file=str(folder))
    return top


def entries_below(top: Path, *, leave_out: Path | None = None) -> Iterator[Entry]:
    """Everything to deposit below `top`, a real path, in the order of names, but for hidden files and `leave_out`.

    Raises CannotRead for what cannot be read, and for links that lead out of the folder.
    """
    yield from _below(top, top, "", leave_out)


def _below(top: Path, folder: Path, prefix: str, leave_out: Path | None) -> Iterator[Entry]:
    for place in _sorted(folder):
        if place.name.startswith(".") or place.name in LEFT_OUT:
            continue
        path = f"{prefix}{place.name}"
        real = _real(place, path)
        if real == leave_out:
            continue
        if not real.is_relative_to(top):
            reason = f"{path} is a link that leads out of the folder; copy what it leads to, or remove it."
            raise CannotRead(reason, file=path)
        if place.is_dir() and not is_one_image(place):
            if place.is_symlink():
                raise CannotRead(f"{path} is a link to a folder; remove it.", file=path)
            yield from _below(top, place, f"{path}/", leave_out)
        elif os.access(place, os.R_OK) and (place.is_file() or place.is_dir()):
            yield Entry(place, path)
        else:
            raise CannotRead(f"{path} cannot be read; check who may.", file=path)


def _real(place: Path, path: str) -> Path:
    try:
        return place.resolve()
    except (OSError, RuntimeError) as error:
        raise CannotRead(f"{path} is a link that leads nowhere.", file=path) from error


def _sorted(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError as error:
        raise CannotRead(f"{folder.name} cannot be read ({error.strerror}).", file=folder.name) from error
