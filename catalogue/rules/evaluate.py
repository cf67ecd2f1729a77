"""What a study still lacks: its document and the facts of its files, held against the rules. No Django here."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from catalogue.paths import FILES, Path
from catalogue.rules import archives
from catalogue.rules.fields import Field, Kind, Level, Module
from catalogue.rules.formats import problem, word_length
from catalogue.rules.rembi import BY_KEY, MODULES

Values = Mapping[str, Any]
_COUNTED = (Level.REQUIRED, Level.RECOMMENDED)
# Of these fields one must be there; the first is where it is asked for.
_EITHER: Mapping[str, tuple[tuple[tuple[str, ...], str], ...]] = {
    "publication": ((("doi", "title"), "A publication needs its DOI, or a title if it has none yet."),),
    "link": ((("url", "accession"), "A link needs its address, or the archive and accession of what it leads to."),),
}


@dataclass(frozen=True)
class Finding:
    """One thing that is missing or wrong. `path` is where to mend it; a required one keeps the study from curators."""

    path: str
    level: Level
    message: str
    module: str
    field: str
    is_missing: bool = False  # nothing is there yet; otherwise what is there is wrong


@dataclass(frozen=True)
class Facts:
    """What the document does not hold: counts of the study's images and files, by component id where there is one."""

    images: Mapping[str, int] = field(default_factory=dict)
    channels: Mapping[str, int] = field(default_factory=dict)  # the most that an image of the component has
    images_without_component: int = 0
    failed: tuple[str, ...] = ()  # paths of files that could not be read, the first of them
    failed_count: int = 0
    waiting_count: int = 0  # files not read yet
    kept: Mapping[str, str] = field(default_factory=dict)  # path → why a value could not be stored as what it is


def evaluate(document: Mapping[str, Any], facts: Facts | None = None) -> list[Finding]:
    """Everything required or recommended that is missing or wrong, in the order of the forms.

    Without `facts` only the document is looked at.
    """
    found = [one for module in MODULES for one in _module(module, document)]
    found += _authors(document)
    if facts is not None:
        found += [*_files(facts), *_components(document, facts)]
        places = {one.path for one in found}
        found += [one for one in _kept(facts) if one.path not in places]
    order = {module.key: place for place, module in enumerate(MODULES)}
    return sorted(found, key=lambda one: order.get(one.module, len(order)))


def score(document: Mapping[str, Any], findings: list[Finding]) -> float:
    """The share, 0 to 1, of the required and recommended fields that are filled in well."""
    total = wanting = 0
    lacking = {one.path for one in findings}
    for module in MODULES:
        rows = _rows(module, document)
        counted = [one for one in module.fields if one.level in _COUNTED]
        if not rows and module.level in _COUNTED:
            total += len(counted)
            wanting += len(counted)
        for row in rows:
            places = [str(_base(module, row, one.name)) for one in counted]
            total += len(places)
            wanting += sum(any(one == place or one.startswith(f"{place}/") for one in lacking) for place in places)
    return (total - wanting) / total if total else 0.0


def _rows(module: Module, document: Mapping[str, Any]) -> list[Values]:
    """The rows of a module, each with an id; documents that people write may leave ids out."""
    value = document.get(module.plural)
    if not module.repeated:
        return [value or {}]
    return [{**row, "id": str(row.get("id") or number)} for number, row in enumerate(value or [])]


def _lines(one: Field, row: Values) -> list[Values]:
    """The rows of a table; a bare value stands for its first column."""
    return [line if isinstance(line, Mapping) else {one.columns[0].name: line} for line in row.get(one.name) or ()]


def _base(module: Module, row: Values, name: str) -> Path:
    return Path(module.key, str(row["id"]) if module.repeated else "", name)


def _module(module: Module, document: Mapping[str, Any]) -> Iterator[Finding]:
    rows = _rows(module, document)
    if not rows and module.level in _COUNTED:
        verb = "A study needs" if module.level is Level.REQUIRED else "It helps to give"
        message = f"{verb} at least one {module.label.lower()}. {module.help}"
        yield Finding(module.key, module.level, message, module.key, "", is_missing=True)
    for row in rows:
        for one in module.fields:
            yield from _field(module, one, row, document)
        for names, message in _EITHER.get(module.key, ()):
            if not any(_text(row.get(name)) for name in names):
                path = str(_base(module, row, names[0]))
                yield Finding(path, Level.REQUIRED, message, module.key, names[0], is_missing=True)


def _field(module: Module, one: Field, row: Values, document: Mapping[str, Any]) -> Iterator[Finding]:
    path = _base(module, row, one.name)
    if one.kind is not Kind.ROWS:
        yield from _cell(module, one, path, row, document)
        return
    lines = _lines(one, row)
    if not lines and one.level in _COUNTED and not _has_own_rule(module, one):
        yield _missing(module, one, path)
    for number, line in enumerate(lines):
        for column in one.columns:
            place = Path(path.module, path.entity, one.name, number, column.name)
            yield from _cell(module, column, place, line, document)


def _cell(module: Module, one: Field, path: Path, row: Values, document: Values) -> Iterator[Finding]:
    """What is missing or wrong in one value of a row of a module, or of a line of a table."""
    text = _text(row.get(one.name))
    if not text:
        if one.level in _COUNTED and not _has_own_rule(module, one):
            yield _missing(module, one, path)
        return
    message = _fault(one, text, row, document)
    if message:
        level = Level.REQUIRED if one.kind is not Kind.TERM else Level.RECOMMENDED
        yield Finding(str(path), level, message, module.key, path.field)


def _fault(one: Field, text: str, row: Values, document: Values) -> str:
    """Why a value that is there is wrong."""
    if one.kind is Kind.ACCESSION:
        return archives.problem(_text(row.get("database")), text)
    if one.kind is Kind.REFERENCE:
        target = BY_KEY[one.target]
        there = any(str(row.get("id")) == text for row in _rows(target, document))
        return "" if there else f"This {target.label.lower()} is not in the study any more. Choose another one."
    if one.kind is Kind.CHOICE and text not in {key for key, _ in one.choices}:
        known = ", ".join(key for key, _ in one.choices)
        return f"“{text[:80]}” is none of the values to choose from: {known}."
    if one.min_length:
        length, letters = word_length(text)
        if letters == 0:
            return f"{one.label} needs words: there is no letter in it."
        if length < one.min_length:
            return f"{one.label} is too short: it needs {one.min_length} characters in words, and has {length}."
    return problem(one.kind, text)


def _missing(module: Module, one: Field, path: Path) -> Finding:
    is_plural = one.label.endswith("s") and not one.label.endswith("ss")  # “Affiliations”, not “Address”
    verb = ("are missing" if is_plural else "is missing") if one.level is Level.REQUIRED else "would help"
    message = f"{one.label} {verb}. {one.help}"
    return Finding(str(path), one.level, message, module.key, path.field, is_missing=True)


def _has_own_rule(module: Module, one: Field) -> bool:
    """Whether a missing value needs no word of its own, since a rule on several fields has one."""
    own = {name for names, _ in _EITHER.get(module.key, ()) for name in names}
    return one.name in own or (module.key, one.name) == ("contributor", "roles")


def _authors(document: Mapping[str, Any]) -> Iterator[Finding]:
    """Authors are cited. Where nobody has a role, the first person is taken; where some have, one must be an author."""
    people = _rows(BY_KEY["contributor"], document)
    roles = [
        [_text(line.get("role")) for line in _lines(BY_KEY["contributor"].field("roles"), person)] for person in people
    ]
    if not people or any("Author" in given for given in roles):
        for person in (person for person, given in zip(people, roles, strict=True) if not given):
            path = f"contributor/{person['id']}/roles"
            yield Finding(path, Level.RECOMMENDED, "Say what this person did.", "contributor", "roles")
        return
    level = Level.REQUIRED if any(roles) else Level.RECOMMENDED
    message = (
        "Nobody has the role of an author, so there is nobody to cite."
        if any(roles)
        else "Nobody has a role yet. Mark the authors; otherwise the first person is cited as the only one."
    )
    yield Finding(f"contributor/{people[0]['id']}/roles", level, message, "contributor", "roles")


def _files(facts: Facts) -> Iterator[Finding]:
    for path in facts.failed:
        yield Finding(FILES, Level.REQUIRED, f"“{path}” could not be read. Replace or remove it.", FILES, path)
    if more := facts.failed_count - len(facts.failed):
        yield Finding(FILES, Level.REQUIRED, f"{more} more files could not be read.", FILES, "")
    if facts.waiting_count:
        message = f"{_count(facts.waiting_count, 'file is', 'files are')} still being read."
        yield Finding(FILES, Level.REQUIRED, message, FILES, "")
    if facts.images_without_component:
        count = _count(facts.images_without_component, "image belongs", "images belong")
        yield Finding(FILES, Level.REQUIRED, f"{count} to no study component yet. Put them into one.", FILES, "")


def _components(document: Mapping[str, Any], facts: Facts) -> Iterator[Finding]:
    """Components need images, and as many described channels as their images have."""
    components = _rows(BY_KEY["component"], document)
    empty = [row for row in components if not facts.images.get(str(row["id"]))]
    for row in empty:
        all_empty = len(empty) == len(components)
        message = "At least one study component needs images." if all_empty else "This study component has no images."
        level = Level.REQUIRED if all_empty else Level.RECOMMENDED
        yield Finding(f"component/{row['id']}/images", level, message, "component", "images")
    described: dict[str, int] = {}
    for channel in _rows(BY_KEY["channel"], document):
        specimen = _text(channel.get("specimen"))
        described[specimen] = described.get(specimen, 0) + 1
    for row in components:
        most = facts.channels.get(str(row["id"]), 0)
        specimens = {_text(line.get("specimen")) for line in _lines(BY_KEY["component"].field("associations"), row)}
        count = sum(described.get(specimen, 0) for specimen in specimens)
        if most > 1 and 0 < count < most:
            message = f"Its images have {most} channels, but only {count} of its preparations' channels are described."
            path = f"component/{row['id']}/associations"
            yield Finding(path, Level.RECOMMENDED, message, "component", "associations")


def _kept(facts: Facts) -> Iterator[Finding]:
    for path, message in facts.kept.items():
        parts = path.split("/")
        module = BY_KEY[parts[0]]
        name = parts[2 if module.repeated else 1]
        one = module.field(name)
        if one.kind is Kind.ROWS:
            one = next(column for column in one.columns if column.name == parts[-1])
        level = Level.RECOMMENDED if one.kind is Kind.TERM else Level.REQUIRED
        yield Finding(path, level, message, module.key, name)


def _text(value: Any) -> str:
    if isinstance(value, Mapping):
        value = value.get("text") or value.get("curie")
    return "" if value is None else str(value).strip()


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"
