"""Files that look like one image are offered to be put together: by a `.pattern` file, which is then read as one."""

import io
import uuid
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from base import uploads
from base.errors import Conflict, Invalid
from catalogue import files
from catalogue.access import Actor, Verb, study_for
from catalogue.models import File, ImageFile, KeyName, KeyValue, Study
from imaging.errors import ImageError
from imaging.readers.patterns import Pattern, Proposal, parse, propose, propose_slices
from imaging.readers.patterns.dicom_slices import NAMESPACE, SAID
from imaging.readers.patterns.text import written

LOOKED_AT = 5000  # files of a study, for one answer
BATCH = 500
ENDING = ".pattern"
SHAPE = ("size_x", "size_y", "size_z", "size_c", "size_t", "type")
SIZE_Z, SIZE_T = SHAPE.index("size_z"), SHAPE.index("size_t")


@dataclass(frozen=True)
class Offer:
    """Files of a folder ("" or ending in "/") that look like one image."""

    folder: str
    proposal: Proposal

    @property
    def text(self) -> str:
        """The pattern that puts them together."""
        return written(self.proposal.pattern)

    @property
    def channel_names(self) -> tuple[str, ...]:
        """Of its channels, where names tell."""
        return self.proposal.pattern.channel_names

    @property
    def preview(self) -> list[tuple[str, int, int, int]]:
        """The first and last files with their place in the image: name, and number in time, channel and depth."""
        size_t, size_c, size_z = self.proposal.sizes
        places = [(t, c, z) for t in range(size_t) for c in range(size_c) for z in range(size_z)]
        some = places if len(places) <= 6 else [*places[:4], *places[-2:]]
        return [(self.proposal.pattern.name(t, c, z), t + 1, c + 1, z + 1) for t, c, z in some]


def offers(study: Study) -> tuple[list[Offer], bool]:
    """The sets that a study's files look like, each file by itself so far; and whether all files were looked at."""
    rows = File.objects.filter(study=study, state=File.State.READ, stored__is_folder=False).order_by("path")
    paths = dict(rows.values_list("path", "pk")[: LOOKED_AT + 1])
    shapes = _shapes(list(paths.values())[:LOOKED_AT])
    folders: dict[str, list[str]] = defaultdict(list)
    for path, pk in paths.items():
        if pk in shapes and not path.lower().endswith(ENDING):
            folder, slash, name = path.rpartition("/")
            folders[folder + slash].append(name)
    slices = _dicom([pk for pk, shape in shapes.items() if shape[SIZE_Z] == shape[SIZE_T] == 1])
    found = []
    for folder, names in folders.items():
        ids = {name: paths[folder + name] for name in names}
        stacks: dict[tuple[object, ...], dict[str, dict[str, str]]] = defaultdict(dict)
        for name, pk in ids.items():
            if pk in slices:
                stacks[shapes[pk]][name] = slices[pk]
        proposals = [one for stack in stacks.values() for one in propose_slices(stack)]
        proposals += propose(name for name, pk in ids.items() if pk not in slices)
        for proposal in sorted(proposals, key=lambda one: one.names[0]):
            if len({shapes[paths[folder + name]] for name in proposal.names}) == 1:
                found.append(Offer(folder, proposal))
    return found, len(paths) <= LOOKED_AT


def put_together(*, actor: Actor, study_id: uuid.UUID, folder: str, text: str, name: str = "") -> File:
    """Make the files of a pattern one image: the study gets a `.pattern` file beside them, without which they are each
    an image again (`files.remove`). Raises Invalid where the text is no pattern or fits no two files, Conflict."""
    study = study_for(actor, Verb.EDIT, study_id)
    pattern = _parsed(text)
    folder = f"{folder.strip('/')}/" if folder.strip("/") else ""
    parts = _parts(study, folder, pattern)
    if len(parts) < 2:
        raise Invalid(f"Of the files that the pattern names, {len(parts)} are in this study.", field="pattern")
    path = _free_path(study, folder, _name(name, pattern, folder))
    data = written(pattern).encode()
    upload = files.begin_upload(actor=actor, study_id=study_id, path=path, length=len(data))
    uploads.append(upload, 0, io.BytesIO(data))
    made = files.register_upload(upload)
    assert made is not None  # it is no folder
    components = {part.component_id for part in parts}
    if components != {None} and len(components) == 1:
        files.assign(actor=actor, study_id=study_id, file_ids=[made.pk], component_id=components.pop())
    return made


def pattern_of(line: str, axes: Sequence[str], channels: Sequence[str]) -> str:
    """The text of a pattern: its first line, an axis for each block, names of channels. Raises Invalid."""
    text = line.strip()
    if axes:
        text += f"\naxes: {' '.join(axes)}"
    if any(channels):
        text += f"\nchannels: {', '.join(name.replace(',', ' ').strip() for name in channels)}"
    _parsed(text)
    return text


def _parsed(text: str) -> Pattern:
    try:
        return parse(text, f"set{ENDING}")
    except ImageError as error:
        raise Invalid(f"The pattern is not right: {error.field}: {error.reason}", field="pattern") from error


def _shapes(ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, tuple[object, ...]]:
    """Size and type of the one image that a file gives; files with several, or parts of sets, are left out."""
    found: dict[uuid.UUID, list[tuple[object, ...]]] = defaultdict(list)
    for start in range(0, len(ids), BATCH):
        links = ImageFile.objects.filter(file__in=ids[start : start + BATCH], image__removed_at=None)
        sizes = [f"image__pixels__{name}" for name in SHAPE]
        for pk, is_part, *shape in links.values_list("file", "is_part", *sizes):
            found[pk].append(("part",) if is_part else tuple(shape))
    return {pk: shapes[0] for pk, shapes in found.items() if len(shapes) == 1 and shapes[0] != ("part",)}


def _dicom(ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, dict[str, str]]:
    """What tells of files that are DICOM of which stack they are, and where in it."""
    keys = dict(KeyName.objects.filter(namespace=NAMESPACE, name__in=SAID).values_list("pk", "name"))
    found: dict[uuid.UUID, dict[str, str]] = defaultdict(dict)
    for start in range(0, len(ids) if keys else 0, BATCH):
        pairs = KeyValue.objects.filter(entity="file", entity_id__in=ids[start : start + BATCH], key__in=keys)
        for pk, key, text in pairs.order_by().values_list("entity_id", "key", "value__text"):
            found[pk][keys[key]] = text
    return found


def _parts(study: Study, folder: str, pattern: Pattern) -> list[File]:
    wanted = [folder + name for name in pattern.names()]
    found: list[File] = []
    for start in range(0, len(wanted), BATCH):
        found += File.objects.filter(study=study, path__in=wanted[start : start + BATCH])
    return found


def _name(name: str, pattern: Pattern, folder: str) -> str:
    """A name for the file: as given, else what all its files share, else the folder's."""
    shared = "_".join(filter(None, (text.strip("_-. ") for text in pattern.texts[:-1])))
    last = pattern.texts[-1].rpartition(".")[0].removesuffix(".ome").strip("_-. ")
    chosen = name.strip().removesuffix(ENDING) or "_".join(filter(None, (shared, last)))
    return (chosen or folder.rstrip("/").rpartition("/")[2] or "set").replace("/", "_")[:150]


def _free_path(study: Study, folder: str, name: str) -> str:
    for number in range(1, 100):
        path = f"{folder}{name}{f' {number}' if number > 1 else ''}{ENDING}"
        if not File.objects.filter(study=study, path=path).exists():
            return path
    raise Conflict(f"This study has many files named {name}{ENDING} already; give another name.", field="name")
