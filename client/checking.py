"""What the files of a folder answer, and what its study lacks: the site's readers and rules, without the site."""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from catalogue.exchange import yaml_text
from catalogue.exchange.dossier import CannotRead, Dossier, Place, Weight
from catalogue.exchange.formats import format_of
from catalogue.exchange.from_images import from_images
from catalogue.exchange.grouping import FILES, WrongPatterns, group
from catalogue.exchange.merge import Mode, merge
from catalogue.rules import Facts, Finding, evaluate, score
from catalogue.rules.files import is_image, packed_warning, unsupported_warning
from catalogue.rules.from_files import component_facts
from catalogue.rules.parts import paths_in
from catalogue.rules.rembi import BY_PLURAL
from client.folder import Entry, document_in, entries_in
from client.trouble import Trouble
from imaging.errors import ImageError
from imaging.facts import FileFacts
from imaging.identifying import blocking
from imaging.readers import read_facts

Tell = Callable[[str, int, int], None]  # what is done, how much of it, of how much


@dataclass
class Looked:
    """A folder, its document filled with what its images answer, and what is still missing or wrong."""

    top: Path
    entries: list[Entry]
    document_path: Path | None
    dossier: Dossier  # as it is in the folder
    patterns: list[Any]  # of files, for each component, as they stand there
    filled: dict[str, Any]
    sources: dict[str, Place]  # of what the images filled
    component_of: dict[str, int]
    facts: dict[str, FileFacts] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)  # path → why
    unread: dict[str, str] = field(default_factory=dict)  # kept as they are, with the reason
    remarks: list[str] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    score: float = 0.0


def look_at(top: Path, tell: Tell) -> Looked:
    """Read all headers below a folder and hold the study against the rules. Raises Trouble."""
    place = document_in(top)
    entries = list(entries_in(top, leave_out=place))
    if not entries:
        raise Trouble(f"{top} holds no files to deposit.")
    paths = [entry.path for entry in entries]
    dossier, patterns, component_of, remarks = read_document(place, paths) if place else (Dossier(), [], {}, [])
    looked = Looked(top, entries, place, dossier, patterns, {}, {}, component_of, remarks=remarks)
    for number, entry in enumerate(entries):
        tell("Reading headers", number, len(entries))
        _read(entry, looked)
    tell("Reading headers", len(entries), len(entries))
    said = from_images(looked.facts.items(), dossier.document)
    merged = merge(dossier.document, said.dossier.document, Mode.FILL)
    changed = {change.path for change in merged.changes}
    moved = {merged.moved(path): place for path, place in said.sources.items()}
    looked.sources = {path: at for path, at in moved.items() if path in changed or path.rpartition("/")[0] in changed}
    looked.filled = {plural: part for plural, part in merged.document.items() if part}
    _judge(looked)
    return looked


def read_document(place: Path, paths: Sequence[str]) -> tuple[Dossier, list[Any], dict[str, int], list[str]]:
    """The dossier in a YAML, JSON or workbook file, the patterns of files of its components, for each path that fits
    one the place of its component, and remarks for a person. Raises Trouble with each wrong place."""
    try:
        if place.suffix == ".xlsx":
            read = format_of("workbook").read
            assert read is not None
            imported, patterns = read({place.name: place}), []
            bare, component_of = group(imported.dossier.document, paths)
        else:
            found = yaml_text.parsed(place.read_text("utf-8-sig"), place.name)
            listed = found.get("components")
            patterns = [one.get(FILES) for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
            bare, component_of = group(found, paths)
            imported = yaml_text.dossier_of(bare, place.name)
    except CannotRead as error:
        where = f", line {error.row}" if error.row else ""
        raise Trouble(f"{error.file or place.name}{where}: {error.reason}") from error
    except WrongPatterns as wrong:
        raise Trouble(f"{place.name} names files wrongly: {wrong}", details=wrong.problems) from wrong
    except (OSError, UnicodeDecodeError) as error:
        raise Trouble(f"{place.name} cannot be read as text in UTF-8: {error}.") from error
    errors = [one for one in imported.remarks if one.weight is Weight.ERROR]
    if errors:
        details = [(_where(one.place), one.message) for one in errors]
        raise Trouble(f"{place.name} has values that cannot be taken.", details=details)
    remarks = [f"{_where(one.place)}: {one.message}" for one in imported.remarks]
    return imported.dossier, patterns, component_of, remarks


def _where(place: Place) -> str:
    cell = f"{place.column}{place.row}" if place.column and place.row else f"row {place.row}" if place.row else ""
    return ", ".join(part for part in (place.file, place.sheet, cell, place.field) if part)


def _read(entry: Entry, looked: Looked) -> None:
    name = entry.place.name
    if reason := unsupported_warning(name):
        looked.unread[entry.path] = reason
    elif is_image(entry.place, name):
        try:
            looked.facts[entry.path] = read_facts(entry.place)
        except ImageError as error:
            looked.failed[entry.path] = f"{error.field}: {error.reason}"
        except OSError as error:
            looked.failed[entry.path] = str(error.strerror or error)
    elif reason := packed_warning(entry.place, name):
        looked.unread[entry.path] = reason


def _judge(looked: Looked) -> None:
    components = looked.filled.get("components") or []
    images: Counter[str] = Counter()
    channels: dict[str, int] = {}
    of_component: dict[str, list[FileFacts]] = defaultdict(list)
    lost = 0
    for path, facts in looked.facts.items():
        number = looked.component_of.get(path)
        if number is None:
            lost += len(facts.images)
            continue
        key = str(components[number].get("id") or number)
        images[key] += len(facts.images)
        of_component[key].append(facts)
        channels[key] = max([channels.get(key, 0), *(image.size_c for image in facts.images)])
    failed = sorted(looked.failed)
    patients = sorted(path for path, facts in looked.facts.items() if blocking(facts.findings))
    known = Facts(images=images, channels=channels, images_without_component=lost,
                  components={key: component_facts(found) for key, found in of_component.items()},
                  missing_paths=_missing(looked), failed=tuple(failed[:20]), failed_count=len(failed),
                  identifying=tuple(patients[:20]), identifying_count=len(patients))  # fmt: skip
    looked.findings = evaluate(looked.filled, known)
    looked.score = score(looked.filled, looked.findings)


def _missing(looked: Looked) -> tuple[str, ...]:
    """Paths that the document names and that are neither a file's in the folder nor begin one's."""
    there = {entry.path for entry in looked.entries}
    named = dict.fromkeys(path for _, path in paths_in(looked.filled))
    below = (path for path in named if path not in there)
    return tuple(path for path in below if not any(one.startswith(f"{path.strip('/')}/") for one in there))


def title_in(document: Mapping[str, Any], path: str) -> str:
    """A finding's place in words: which entity of which module, and which field."""
    module_key, _, rest = path.partition("/")
    module = next((one for one in BY_PLURAL.values() if one.key == module_key), None)
    if module is None:
        return path
    if not module.repeated:
        return f"{module.label} · {_label(module, rest)}" if rest else module.label
    key, _, name = rest.partition("/")
    rows = [row for row in document.get(module.plural) or () if isinstance(row, Mapping)]
    number = next((n for n, row in enumerate(rows, 1) if str(row.get("id") or n - 1) == key), 0)
    which = f" {number}" if number and len(rows) > 1 else ""
    return f"{module.label}{which} · {_label(module, name)}" if name else f"{module.label}{which}"


def _label(module: Any, path: str) -> str:
    name, _, rest = path.partition("/")
    try:
        one = module.field(name)
    except KeyError:
        return name
    row = rest.partition("/")[0]
    return f"{one.label}, row {int(row) + 1}" if row.isdigit() else str(one.label)
