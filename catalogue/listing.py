"""What an import says of files: held against the files that are there, and stored with them."""

import unicodedata
import uuid
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from django.db import transaction

from catalogue import pairs
from catalogue.bulk import find_rows
from catalogue.exchange.accepting import tidy
from catalogue.exchange.dossier import FileLine, Pair, Place, Remark, Weight
from catalogue.models import File, Image, KeyValue, ListedFile, Study
from catalogue.services import plates

BATCH = 500
NAMED = 20  # paths that a remark names
CASE, FOLDER, BELOW = "case", "folder", "below"


@dataclass
class Matched:
    """Which file of the study each path of the import names; what only resembles one waits for a person's yes."""

    exact: dict[str, list[uuid.UUID]] = field(default_factory=dict)
    alike: dict[str, dict[str, list[tuple[uuid.UUID, str]]]] = field(default_factory=dict)  # how → path → files
    missing: list[str] = field(default_factory=list)
    twice: list[str] = field(default_factory=list)
    unlisted: int = 0
    unlisted_first: list[str] = field(default_factory=list)

    def files_of(self, path: str, accepted: Collection[str]) -> list[uuid.UUID]:
        """The files that a path names, alike ones if that was accepted."""
        if path in self.exact:
            return self.exact[path]
        for how in accepted:
            if found := self.alike.get(how, {}).get(path):
                return [pk for pk, _ in found]
        return []


def match(study: Study, lines: Sequence[FileLine]) -> Matched:
    """Hold the lines against the study's files. Memory grows with what is listed, not with what the study holds."""
    found = Matched()
    wanted: dict[str, int] = {}
    for line in lines:
        path = tidy(line)
        wanted[path] = wanted.get(path, 0) + 1
    found.twice = [path for path, count in wanted.items() if count > 1]
    rows = find_rows(File, ("id", "path"), "path", wanted, study=study.pk, removed_at=None)
    found.exact = {path: [pk] for pk, path in rows}
    left = [path for path in wanted if path not in found.exact]
    _look_for_alike(study, left, found)
    found.missing = [path for path in left if not any(path in some for some in found.alike.values())]
    return found


def _look_for_alike(study: Study, left: Sequence[str], found: Matched) -> None:
    """One pass over the study's files, for paths that differ in case, lack or have folders before, or are folders."""
    folded: dict[str, list[str]] = {}
    names: dict[str, list[str]] = {}
    for path in left:
        folded.setdefault(_fold(path), []).append(path)
        names.setdefault(_fold(path.rpartition("/")[2]), []).append(path)
    below = set(left)
    hits: dict[str, dict[str, list[tuple[uuid.UUID, str]]]] = {CASE: {}, FOLDER: {}, BELOW: {}}
    for pk, path in File.objects.filter(study=study).order_by("path").values_list("pk", "path").iterator(BATCH):
        if path in found.exact:
            continue
        found.unlisted += 1
        if len(found.unlisted_first) < NAMED:
            found.unlisted_first.append(path)
        for one in folded.get(_fold(path), ()):
            hits[CASE].setdefault(one, []).append((pk, path))
        for one in names.get(_fold(path.rpartition("/")[2]), ()):
            if path.endswith(f"/{one}") or one.endswith(f"/{path}"):
                hits[FOLDER].setdefault(one, []).append((pk, path))
        for parent in _parents(path):
            if parent in below:
                hits[BELOW].setdefault(parent, []).append((pk, path))
    found.alike = {
        CASE: {one: some for one, some in hits[CASE].items() if len(some) == 1},
        FOLDER: {one: some for one, some in hits[FOLDER].items() if len(some) == 1 and one not in hits[CASE]},
        BELOW: hits[BELOW],
    }
    found.alike = {how: some for how, some in found.alike.items() if some}


def _fold(path: str) -> str:
    return unicodedata.normalize("NFC", path).casefold()


def _parents(path: str) -> Iterable[str]:
    parts = path.split("/")[:-1]
    return ("/".join(parts[:end]) for end in range(1, len(parts) + 1))


def remarks_of(found: Matched) -> dict[str, Remark]:
    """What to say of the match; those with a proposal by the word with which it is accepted."""
    said: dict[str, Remark] = {}
    questions = {
        CASE: "differing from files of the study only in small and capital letters, or in how accents are written",
        FOLDER: "that would be those of files of the study but for folders before them",
        BELOW: "naming folders of the study, so that their values would go to every file below",
    }
    for how, some in found.alike.items():
        path, files = next(iter(some.items()))
        message = f"Listed paths {questions[how]}: {len(some)}. The first is “{path}”."
        proposal = files[0][1] if len(files) == 1 else f"{files[0][1]} and {len(files) - 1} more"
        said[how] = Remark(Weight.REPAIR, Place(""), message, path, proposal)
    if found.twice:
        message = (f"Paths listed more than once: {len(found.twice)}. All that is said of each is taken, and where "
                   f"two rows differ in a column, both values are kept: {_some(found.twice)}")  # fmt: skip
        said["twice"] = Remark(Weight.NOTE, Place(""), message)
    if found.missing:
        message = (f"Listed files that are not in the study: {len(found.missing)}. What is said of them is kept, and "
                   f"given to them when they are uploaded: {_some(found.missing)}")  # fmt: skip
        said["missing"] = Remark(Weight.NOTE, Place(""), message)
    if found.unlisted:
        message = (f"Files of the study that are not listed: {found.unlisted}. They stay as they are: "
                   f"{_some(found.unlisted_first, found.unlisted)}")  # fmt: skip
        said["unlisted"] = Remark(Weight.NOTE, Place(""), message)
    return said


def _some(paths: Sequence[str], count: int | None = None) -> str:
    rest = (len(paths) if count is None else count) - min(len(paths), NAMED)
    return ", ".join(paths[:NAMED]) + (f" and {rest} more" if rest else "")


@dataclass(frozen=True)
class Here:
    """The ids in the study for the ids of components and specimens in the import."""

    components: Mapping[str, str]
    specimens: Mapping[str, str]

    def component(self, line: FileLine) -> uuid.UUID | None:
        return _uuid(self.components.get(line.component, ""))

    def specimen(self, line: FileLine) -> uuid.UUID | None:
        return _uuid(self.specimens.get(line.specimen, ""))


def store(study: Study, lines: Sequence[FileLine], found: Matched, accepted: Collection[str], here: Here,
          writer: pairs.Writer) -> None:  # fmt: skip
    """Give the files what these lines say of them; lines of missing files are kept for when they come.

    May be repeated: the same lines give the same rows.
    """
    said: dict[uuid.UUID, list[FileLine]] = {}
    waiting: dict[str, list[FileLine]] = {}
    for line in lines:
        path = tidy(line)
        files = found.files_of(path, accepted)
        for pk in files:
            said.setdefault(pk, []).append(line)
        if not files and path:
            waiting.setdefault(path, []).append(line)
    ids = _listed(study, waiting, here)
    writer.put(pairs.FILE, {pk: _all_pairs(some) for pk, some in said.items()})
    writer.put(pairs.LISTED_FILE, {ids[path]: _all_pairs(some) for path, some in waiting.items()})
    _group(study, {pk: here.component(some[-1]) for pk, some in said.items()})
    _specimens(study, {pk: here.specimen(some[-1]) for pk, some in said.items()})


def placed(lines: Iterable[FileLine], found: Matched, accepted: Collection[str]) -> Iterator[plates.Line]:
    """The files of the study that these lines put into wells."""
    for line in lines:
        if line.well:
            for pk in found.files_of(tidy(line), accepted):
                yield pk, line.plate, line.well, None


def _all_pairs(lines: Sequence[FileLine]) -> list[Pair]:
    return list(dict.fromkeys(pair for line in lines for pair in line.pairs))


def _listed(study: Study, waiting: Mapping[str, Sequence[FileLine]], here: Here) -> dict[str, uuid.UUID]:
    rows = [
        ListedFile(
            study=study,
            path=path[:1000],
            component_id=here.component(some[-1]),
            specimen_id=here.specimen(some[-1]),
            bytes=some[-1].size,
            sha256=some[-1].sha256[:64],
            plate=some[-1].plate[:200],
            well=some[-1].well[:20],
        )
        for path, some in waiting.items()
    ]
    columns = ["component", "specimen", "bytes", "sha256", "plate", "well"]
    ListedFile.objects.bulk_create(
        rows, batch_size=BATCH, update_conflicts=True, unique_fields=["study", "path"], update_fields=columns
    )
    found: dict[str, uuid.UUID] = {}
    paths = list(waiting)
    for start in range(0, len(paths), BATCH):
        there = ListedFile.objects.filter(study=study, path__in=paths[start : start + BATCH])
        found |= dict(there.values_list("path", "pk"))
    return found


def _group(study: Study, components: Mapping[uuid.UUID, uuid.UUID | None]) -> None:
    """Put files, and the images in them, into these components."""
    for component, ids in _by_target(components):
        File.objects.filter(study=study, pk__in=ids).update(component=component)
        images = Image.objects.filter(study=study, image_files__file__in=ids, image_files__is_part=False)
        Image.objects.filter(pk__in=images.values("pk")).update(component=component)


def _specimens(study: Study, specimens: Mapping[uuid.UUID, uuid.UUID | None]) -> None:
    """Say of the images in these files from which preparation they are."""
    for specimen, ids in _by_target(specimens):
        images = Image.objects.filter(study=study, image_files__file__in=ids, image_files__is_part=False)
        Image.objects.filter(pk__in=images.values("pk")).update(specimen=specimen)


def _by_target(targets: Mapping[uuid.UUID, uuid.UUID | None]) -> Iterator[tuple[uuid.UUID, list[uuid.UUID]]]:
    grouped: dict[uuid.UUID, list[uuid.UUID]] = {}
    for pk, target in targets.items():
        if target is not None:
            grouped.setdefault(target, []).append(pk)
    for target, ids in grouped.items():
        for start in range(0, len(ids), BATCH):
            yield target, ids[start : start + BATCH]


def _uuid(text: str) -> uuid.UUID | None:
    return uuid.UUID(text) if text else None


@transaction.atomic
def settle(*, study: Study, files: Sequence[File]) -> None:
    """Give files that have just come what was listed of them before."""
    by_path = {file.path: file for file in files}
    wells: list[plates.Line] = []
    paths = list(by_path)
    for start in range(0, len(paths), BATCH):
        for listed in ListedFile.objects.filter(study=study, path__in=paths[start : start + BATCH]):
            file = by_path[listed.path]
            rows = KeyValue.objects.filter(study=study, entity=pairs.LISTED_FILE, entity_id=listed.pk)
            rows.update(entity=pairs.FILE, entity_id=file.pk)
            if listed.component_id:
                File.objects.filter(pk=file.pk).update(component=listed.component_id)
            if listed.well:
                wells.append((file.pk, listed.plate, listed.well, None))
            listed.delete()
    if wells:
        plates.place_wells(study=study, lines=wells)
