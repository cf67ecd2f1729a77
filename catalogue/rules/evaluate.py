"""What a study still lacks: its document and the facts of its files, held against the rules. No Django here."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from catalogue.paths import FILES, STUDY, Path, parse
from catalogue.rules import archives
from catalogue.rules.across import RULES, Rule
from catalogue.rules.facts import Facts
from catalogue.rules.fields import Field, Kind, Level, Module
from catalogue.rules.formats import problem, word_length
from catalogue.rules.parts import Values, lines_of, place_of, rows_of, text_of
from catalogue.rules.rembi import BY_KEY, MODULES

_Ids = Mapping[str, Collection[str]]  # of the rows that there are, by module
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


def evaluate(document: Mapping[str, Any], facts: Facts | None = None) -> list[Finding]:
    """Everything required or recommended that is missing or wrong, in the order of the forms.

    Without `facts` only the document is looked at.
    """
    there = {module.key: {str(row.get("id")) for row in rows_of(module, document)} for module in MODULES}
    found = [one for module in MODULES for one in _module(module, rows_of(module, document), there)]
    known = facts or Facts()
    for rule in RULES:
        if facts is not None or not rule.needs_files:
            found += [_finding(rule, path, message) for path, message in rule.check(document, known)]
    if facts is not None:
        places = {one.path for one in found}
        found += [one for one in _kept(facts) if one.path not in places]
    order = {module.key: place for place, module in enumerate(MODULES)}
    return sorted(found, key=lambda one: order.get(one.module, len(order)))


def _finding(rule: Rule, path: str, message: str) -> Finding:
    """A hit of a rule. Paths of files are the file's own, the rest as catalogue.paths has them."""
    if path.startswith(FILES):
        return Finding(path, rule.level, message, FILES, "")
    place = parse(path)
    return Finding(path, rule.level, message, place.module, place.field)


@dataclass(frozen=True)
class ModuleScore:
    """Of a module's required and recommended fields in all its rows, how many are filled in well."""

    module: Module
    filled: int
    total: int


def completeness(document: Values, findings: list[Finding]) -> tuple[ModuleScore, ...]:
    """Module by module. A module that a study needs counts as one row if there is none; an optional one not at all."""
    lacking = {_field_of(one.path) for one in findings if not one.path.startswith(FILES)}
    found = []
    for module in MODULES:
        rows = rows_of(module, document)
        counted = [one for one in module.fields if one.level in _COUNTED]
        total = len(counted) * max(len(rows), module.level in _COUNTED)
        filled = 0
        for row in rows:
            places = [str(place_of(module, row, one.name)) for one in counted]
            filled += sum(place not in lacking for place in places)
        found.append(ModuleScore(module, filled, total))
    return tuple(found)


def _field_of(path: str) -> str:
    """The path of the field that a path is in."""
    return "/".join(path.split("/")[: 2 if path.startswith(f"{STUDY}/") else 3])


def score(document: Values, findings: list[Finding]) -> float:
    """The share, 0 to 1, of the required and recommended fields that are filled in well."""
    modules = completeness(document, findings)
    total = sum(one.total for one in modules)
    return sum(one.filled for one in modules) / total if total else 0.0


def _module(module: Module, rows: Sequence[Values], there: _Ids) -> Iterator[Finding]:
    if not rows and module.level in _COUNTED:
        verb = "A study needs" if module.level is Level.REQUIRED else "It helps to give"
        message = f"{verb} at least one {module.label.lower()}. {module.help}"
        yield Finding(module.key, module.level, message, module.key, "", is_missing=True)
    for row in rows:
        for one in module.fields:
            yield from _field(module, one, row, there)
        for names, message in _EITHER.get(module.key, ()):
            if not any(text_of(row.get(name)) for name in names):
                path = str(place_of(module, row, names[0]))
                yield Finding(path, Level.REQUIRED, message, module.key, names[0], is_missing=True)


def _field(module: Module, one: Field, row: Values, there: _Ids) -> Iterator[Finding]:
    path = place_of(module, row, one.name)
    if one.kind is not Kind.ROWS:
        yield from _cell(module, one, path, row, there)
        return
    lines = lines_of(one, row)
    if not lines and one.level in _COUNTED and not _has_own_rule(module, one):
        yield _missing(module, one, path)
    for number, line in enumerate(lines):
        for column in one.columns:
            place = Path(path.module, path.entity, one.name, number, column.name)
            yield from _cell(module, column, place, line, there)


def _cell(module: Module, one: Field, path: Path, row: Values, there: _Ids) -> Iterator[Finding]:
    """What is missing or wrong in one value of a row of a module, or of a line of a table."""
    text = text_of(row.get(one.name))
    if not text:
        if one.level in _COUNTED and not _has_own_rule(module, one):
            yield _missing(module, one, path)
        return
    message = _fault(one, text, row, there)
    if message:
        level = Level.REQUIRED if one.kind is not Kind.TERM else Level.RECOMMENDED
        yield Finding(str(path), level, message, module.key, path.field)


def _fault(one: Field, text: str, row: Values, there: _Ids) -> str:
    """Why a value that is there is wrong."""
    if one.kind is Kind.ACCESSION:
        return archives.problem(text_of(row.get("database")), text)
    if one.kind is Kind.REFERENCE:
        label = BY_KEY[one.target].label.lower()
        return "" if text in there[one.target] else f"This {label} is not in the study any more. Choose another one."
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
