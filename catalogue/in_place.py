"""Finds files to register where they lie, and refuses what leads out of the allowed folders."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from base.errors import DomainError, Invalid, Problem, StorageError, TooLarge
from base.models import StoredFile
from base.paths import relative_path
from base.storage import failure, storage_for
from catalogue.rules.files import LEFT_OUT, is_one_image

MAX_FILES = 1_000_000
MAX_PROBLEMS = 50


@dataclass(frozen=True)
class Found:
    """A file, or a Zarr folder, at `place`, with the path it gets in the study. Bytes of a folder are counted later."""

    place: Path
    path: str
    is_folder: bool
    bytes: int


def found_below(path: str) -> list[Found]:
    """The file, or what a folder holds: Zarr folders as one, hidden files left out.

    `path` is absolute, or relative to one of settings.REGISTER_ROOTS. Raises Invalid, TooLarge.
    """
    top = _top(path)
    found: list[Found] = []
    problems: list[Problem] = []
    for place in _walk(top, problems):
        try:
            found.append(_found(place, top))
        except DomainError as error:
            problems.append(Problem("path", str(error)))
        if len(found) > MAX_FILES:
            raise TooLarge(
                f"{top.name} holds more than {MAX_FILES} files; register its folders one by one.", field="path"
            )
        if len(problems) >= MAX_PROBLEMS:
            break
    if problems:
        raise Invalid(
            f"{top.name} was not registered: {problems[0].message}", field="path", file=top.name, problems=problems
        )
    if not found:
        raise Invalid(f"{top.name} holds no files.", field="path", file=top.name)
    return found


def _top(path: str) -> Path:
    text = path.strip().rstrip("/")
    if not settings.REGISTER_ROOTS:
        raise Invalid("This site has no folder from which files may be registered.", field="path")
    if not text or ".." in Path(text).parts:
        raise Invalid(f"“{path}” is no path that can be registered: give one without “..”.", field="path", file=path)
    if Path(text).is_absolute():
        return _allowed(text)
    for root in settings.REGISTER_ROOTS:
        if os.path.exists(root / text):  # noqa: PTH110  (Path.exists raises for a name that is too long)
            return _allowed(str(root / text))
    raise Invalid(f"{Path(text).name} is not in a folder from which files may be registered.", field="path", file=text)


def _allowed(path: str) -> Path:
    """The place, if it lies where the site allows; a wrong path is the fault of who gave it, not of the store."""
    try:
        return storage_for(StoredFile.Backend.IN_PLACE).local_path(path)
    except StorageError as error:
        raise Invalid(str(error), field="path", file=error.file) from error


def _walk(top: Path, problems: list[Problem]) -> Iterator[Path]:
    """Files and Zarr folders in the order of their names; a folder met again through a link is not entered twice."""
    if not top.is_dir() or is_one_image(top):
        yield top
        return
    seen: set[Path] = set()
    folders = [top]
    while folders:
        folder = folders.pop()
        try:
            real = storage_for(StoredFile.Backend.IN_PLACE).local_path(str(folder)).resolve()
            if real in seen:
                continue
            seen.add(real)
            places = sorted(folder.iterdir())
        except OSError as error:
            problems.append(Problem("path", str(failure(error, folder.name))))
            continue
        except StorageError as error:
            problems.append(Problem("path", str(error)))
            continue
        places = [place for place in places if not place.name.startswith(".") and place.name not in LEFT_OUT]
        inner = [place for place in places if place.is_dir() and not is_one_image(place)]
        folders += reversed(inner)
        yield from (place for place in places if place not in set(inner))


def _found(place: Path, top: Path) -> Found:
    storage_for(StoredFile.Backend.IN_PLACE).local_path(str(place))  # a link may lead out
    path = relative_path(str(place.relative_to(top.parent)))
    is_folder = place.is_dir()
    if not is_folder and not place.is_file():
        raise Invalid(f"{path} is neither a file nor a folder.", field="path", file=path)
    if not os.access(place, os.R_OK | (os.X_OK if is_folder else 0)):
        raise StorageError(f"{path} cannot be read: the site lacks the permission.", field="path", file=path)
    return Found(place, path, is_folder, 0 if is_folder else place.stat().st_size)
