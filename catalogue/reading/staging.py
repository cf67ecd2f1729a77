"""Files of a set lie apart in the store, under names of its own. Here they are beside one another under theirs: as
links in a folder, for readers, and as `imaging.places.Files`, for serving."""

import shutil
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet

from base.ids import new_id
from base.models import StoredFile
from base.storage import path_of, require_at_hand, storage_for
from catalogue.models import File, ImageFile, Representation
from imaging.errors import ImageError
from imaging.places import LocalPlace
from imaging.readers import FAMILIES, Family
from imaging.table import Table

BATCH = 500
MOST = 20_000  # files that are laid beside one whose reader does not say which it needs


class Stage:
    """A file of a study among the others of its folder that its images need. `path`: where a reader finds it."""

    def __init__(self, file: File, place: Path, folder: Path) -> None:
        self._file = file
        self._folder = folder
        self.parts: dict[str, File] = {}
        self.path = place
        if families_of(file.path):
            name = file.path.rpartition("/")[2]
            _link(folder, name, place)
            self.path = folder / name
            if is_of_folder(file.path):
                self._add(_all_of_folder(file))
            elif not any(family.named for family in families_of(file.path)):
                self._add(_named_alike(file))

    def keep(self, names: Collection[str]) -> None:
        """Count only these of what was laid there as its parts, where all of a folder was."""
        if is_of_folder(self._file.path):
            self.parts = {name: part for name, part in self.parts.items() if name in names}

    def add(self, names: Iterable[str]) -> bool:
        """Lay the files of these names there too, as far as the study has them; gives whether any is new."""
        before = _folder_of(self._file)
        wanted = [name for name in dict.fromkeys(names) if name not in self.parts]
        return self._add(files_at(self._file, [before + name for name in wanted]))

    def _add(self, files: Collection[File]) -> bool:
        start = len(_folder_of(self._file))
        require_at_hand(file.stored for file in files)
        for file in files:
            _link(self._folder, file.path[start:], path_of(file.stored))
            self.parts[file.path[start:]] = file
        return bool(files)


@contextmanager
def staged(file: File, place: Path) -> Iterator[Stage]:
    """The file where its reader finds it and, once they are added, the others of its set; the links go in the end."""
    folder = Path(settings.DATA) / "reading" / f"{new_id()}.set"
    try:
        yield Stage(file, place, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def families_of(path: str) -> list[Family]:
    """The format families of this name whose images may need files beside them."""
    return [family for family in FAMILIES if family.siblings and path.lower().endswith(family.extensions)]


def is_of_folder(path: str) -> bool:
    """Whether any file of its folder may be a part of the images of this one."""
    return any(family.whole_folder for family in families_of(path))


def files_at(beside: File, paths: Collection[str]) -> list[File]:
    """The files of the same study at these paths."""
    wanted = list(paths)
    found: list[File] = []
    for start in range(0, len(wanted), BATCH):
        rows = File.objects.filter(study=beside.study_id, path__in=wanted[start : start + BATCH]).exclude(pk=beside.pk)
        found += rows.select_related("stored")
    return found


def table_of(representation: Representation) -> Path:
    """The chunk table of a representation."""
    return storage_for(StoredFile.Backend.STORE).local_path(representation.table)


def place_of_image(representation: Representation) -> "Path | SetFiles":
    """Where `imaging.source.open_source` finds a representation of the working copy; raises StorageError."""
    rows = ImageFile.objects.filter(image=representation.image_id).select_related("file__stored")
    files = {row.file.path: row.file.stored for row in sorted(rows, key=lambda row: row.is_part)}
    return set_of(representation.image_id, files, table_of(representation)) or path_of(representation.stored)


class SetFiles:
    """See imaging.places.Files: the files of an image that lie apart. `stored`: by name, that which opens it first."""

    reads_at_once = 1

    def __init__(self, image_id: UUID | str, stored: Mapping[str, StoredFile]) -> None:
        self._folder = Path(settings.DATA) / "sets" / str(image_id)
        self._stored = stored
        self._first = next(iter(stored))

    def place(self, name: str) -> LocalPlace:
        """See Files. A file that is gone has no place, which its reading tells."""
        stored = self._stored.get(name)
        return LocalPlace(path_of(stored) if stored else self._folder / name)

    def local(self) -> Path:
        """See Files: a folder of links, for readers that know only paths."""
        for name, stored in self._stored.items():
            _link(self._folder, name, path_of(stored))
        return self._folder / self._first


def set_of(image_id: UUID | str, files: Mapping[str, StoredFile], table: Path) -> SetFiles | None:
    """The files of an image by their paths in the study, that which opens it first; None if it is one file alone.

    Raises Archived, for all of them that have to be fetched first.
    """
    names = [name for name, *_ in Table.open(table).header["identity"]]
    if len(names) < 2 or len(files) < 2:
        return None
    require_at_hand(files.values())
    first, *_ = files
    before = len(first) - len(first.rpartition("/")[2])
    return SetFiles(image_id, {path[before:]: stored for path, stored in files.items()})


def _link(folder: Path, name: str, target: Path) -> None:
    place = folder / name
    place.parent.mkdir(parents=True, exist_ok=True)
    if not place.is_symlink() or place.readlink() != target:
        made = place.with_name(f"{new_id()}.link")  # then put in place at once: others may make or read it just now
        made.symlink_to(target)
        made.replace(place)


def _folder_of(file: File) -> str:
    return file.path[: len(file.path) - len(file.path.rpartition("/")[2])]


def _all_of_folder(file: File) -> list[File]:
    """Files of the folder, and below it; raises ImageError for more than are laid side by side."""
    found = list(_below_folder_of(file)[: MOST + 1])
    if len(found) > MOST:
        reason = (
            f"has more than {MOST} files beside it, among which those of its images are; give it a folder of its own."
        )
        raise ImageError(path=file.path, field="folder", reason=reason)
    return found


def _named_alike(file: File) -> list[File]:
    """Files of the folder, and below it, in whose path is the name of this one, without its endings."""
    stem = file.path.rpartition("/")[2].partition(".")[0]
    return list(_below_folder_of(file).filter(path__contains=stem)[:MOST])


def _below_folder_of(file: File) -> QuerySet[File]:
    """The other files of its folder, and below it."""
    rows = File.objects.filter(study=file.study_id, path__startswith=_folder_of(file)).exclude(pk=file.pk)
    return rows.select_related("stored").order_by("path")
