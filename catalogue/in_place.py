"""Finds files to register where they lie, and refuses what leads out of the allowed folders.

They lie in a folder of this machine, or in an object store of others that the settings name (a source).
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from django.conf import settings

from base.errors import DomainError, Invalid, Problem, StorageError, TooLarge
from base.models import StoredFile
from base.paths import relative_path
from base.storage import S3Storage, Tier, failure, storage_for, stores
from catalogue.rules.files import LEFT_OUT, is_one_image, is_one_image_named

MAX_FILES = 1_000_000
MAX_PROBLEMS = 50


@dataclass(frozen=True)
class Found:
    """A file or a Zarr folder: its store and key, and its path in the study. Bytes of a folder are counted later."""

    backend: str
    key: str
    path: str
    is_folder: bool
    bytes: int


def found_below(path: str) -> list[Found]:
    """The file, or what a folder holds: Zarr folders as one, hidden files left out.

    `path` is absolute, or relative to one of settings.REGISTER_ROOTS; or `name:key` or s3://bucket/… for what lies in a
    source. Raises Invalid, TooLarge, StorageError.
    """
    if source := _in_source(path.strip()):
        backend, key = source
        storage = storage_for(backend)
        assert isinstance(storage, S3Storage)  # as all sources are
        return _all_of(_objects(storage, backend, key), key.rpartition("/")[2] or backend, [])
    top = _top(path)
    problems: list[Problem] = []
    return _all_of(_files(top, problems), top.name, problems)


def _files(top: Path, problems: list[Problem]) -> Iterator[Found]:
    for place in _walk(top, problems):
        try:
            yield _found(place, top)
        except DomainError as error:
            problems.append(Problem("path", str(error)))


def _all_of(places: Iterator[Found], name: str, problems: list[Problem]) -> list[Found]:
    found: list[Found] = []
    for one in places:
        found.append(one)
        if len(found) > MAX_FILES:
            raise TooLarge(f"{name} holds more than {MAX_FILES} files; register its folders one by one.", field="path")
        if len(problems) >= MAX_PROBLEMS:
            break
    if problems:
        raise Invalid(f"{name} was not registered: {problems[0].message}", field="path", file=name, problems=problems)
    if not found:
        raise Invalid(f"{name} holds no files.", field="path", file=name)
    return found


def _in_source(path: str) -> tuple[str, str] | None:
    """Name of the source and key that a path means, None if it means a file of this machine. Raises Invalid."""
    sources = {store.name: store for store in stores().values() if store.tier == Tier.SOURCE}
    name, colon, key = path.partition(":")
    if path.startswith("s3://"):
        at = [one for one in sources.values() if f"{path}/".startswith(one.address.rstrip("/") + "/")]
        if not at:
            raise Invalid(f"{path} lies in no store from which files may be registered.", field="path", file=path)
        name, key = at[0].name, path[len(at[0].address.rstrip("/")) :]
    elif not colon or name not in sources:
        return None
    key = key.strip("/")
    if key and (key != "/".join(PurePosixPath(key).parts) or ".." in PurePosixPath(key).parts or "\0" in key):
        raise Invalid(f"“{path}” is no key that can be registered.", field="path", file=path)
    return name, key


def _objects(storage: S3Storage, backend: str, top: str) -> Iterator[Found]:
    """The object of this key, or what lies below it: Zarr folders as one, hidden objects left out."""
    before = len(top.rpartition("/")[0]) + 1 if "/" in top else 0  # what the paths in the study leave out
    folders = [top]
    while folders:
        folder = folders.pop()
        inner, objects = storage.level(folder)
        if folder and (objects or inner) and is_one_image_named(folder, [name for name, _ in objects]):
            yield Found(backend, folder, relative_path(folder[before:]), True, 0)
            continue
        if folder == top and not inner and not objects:
            yield Found(backend, top, relative_path(top[before:]), False, storage.size(top))
            return
        start = f"{folder}/" if folder else ""
        for name, size in objects:
            if not name.startswith(".") and name not in LEFT_OUT:
                yield Found(backend, start + name, relative_path((start + name)[before:]), False, size)
        folders += [start + name for name in reversed(inner) if not name.startswith(".")]


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
    size = 0 if is_folder else place.stat().st_size
    return Found(StoredFile.Backend.IN_PLACE, str(place), path, is_folder, size)
