"""Putting a dossier together, value by value, so that nothing of the input is lost."""

import re
from collections.abc import Mapping
from typing import Any

from catalogue.exchange.dossier import Dossier, FileLine, Imported, Pair, Place, Remark, Weight
from catalogue.paths import STUDY, Path
from catalogue.rules import BY_KEY, MODULES, Field, Kind
from catalogue.rules.formats import normalise, problem

Row = dict[str, Any]
_ORCID = re.compile(r"(?<!\d)(\d{4})[-–  ]?(\d{4})[-–  ]?(\d{4})[-–  ]?(\d{3}[\dXx])(?!\d)")


class Builder:
    """Takes the values of one input. What no field takes becomes a pair; what a field takes is noted with its place."""

    def __init__(self, *, file: str, namespace: str, imported: Imported | None = None) -> None:
        """`imported` is what another road gave, to be gone on with."""
        self.file, self.namespace = file, namespace
        self.imported = imported or Imported(Dossier())
        self.document: dict[str, Any] = self.imported.dossier.document
        self.document.setdefault(STUDY, {})
        self._numbers: dict[tuple[str, str], int] = {}  # the last that an id was made different with
        self._rows: dict[tuple[str, str], Row] = {(STUDY, ""): self.document[STUDY]} | {
            (module.key, row["id"]): row
            for module in MODULES
            if module.repeated
            for row in self.document.get(module.plural, ())
        }

    def add(self, module: str, key: str = "") -> str:
        """A new row of the module, under this id or, where that is taken or empty, one like it. Gives the id."""
        key = key.strip().replace("/", "-")
        number = self._numbers.get((module, key), 1 if key else 0)
        free = key
        while not free or (module, free) in self._rows:
            number += 1
            free = f"{key or module}-{number}"
        self._numbers[module, key] = number
        row: Row = {"id": free}
        self._rows[module, free] = row
        self.document.setdefault(BY_KEY[module].plural, []).append(row)
        return free

    def row(self, module: str, key: str = "") -> Row:
        """The row's values. Raises KeyError."""
        return self._rows[module, key]

    def has(self, module: str, key: str) -> bool:
        return (module, key) in self._rows

    def ids(self, module: str) -> list[str]:
        """The ids of the module's rows, in order."""
        return [row["id"] for row in self.document.get(BY_KEY[module].plural, ())]

    def put(self, module: str, key: str, name: str, value: Any, *, said: str = "", curie: str = "") -> None:
        """A value for a field. A second one for the same field becomes a pair, with a remark. Empty ones are nothing.

        `said` is what the input calls it, `curie` the ontology term that it names for a TERM.
        """
        text = "" if value is None else str(value)
        if not text and not curie:
            return
        one, row = BY_KEY[module].field(name), self._rows[module, key]
        path, place = str(Path(module, key, name)), Place(self.file, field=said or one.label)
        if row.get(name):
            if text_of(row[name]) != text:
                message = f"{one.label} is there more than once; the first is taken, this one kept beside it."
                self.pair(module, key, said or one.label, text, curie=curie)
                self.remark(Weight.NOTE, message, said=said or one.label, value=text, path=path)
            return
        row[name] = self._checked(one, text, curie, path, place)
        self.imported.sources[path] = place

    def append(self, module: str, key: str, name: str, values: Mapping[str, Any], *, said: str = "") -> None:
        """One more row of a field that is a table of rows; those without any value are nothing."""
        filled = {column: value for column, value in values.items() if text_of(value) or curie_of(value)}
        if not filled:
            return
        one = BY_KEY[module].field(name)
        rows: list[Row] = self._rows[module, key].setdefault(name, [])
        path, place = Path(module, key, name, len(rows)), Place(self.file, field=said or one.label)
        columns = {column.name: column for column in one.columns}
        rows.append({
            column: self._checked(columns[column], text_of(value), curie_of(value), f"{path}/{column}", place)
            for column, value in filled.items()
        })  # fmt: skip
        self.imported.sources.setdefault(str(Path(module, key, name)), place)

    def pair(
        self, module: str, key: str, name: str, value: Any, *, unit: str = "", curie: str = "", namespace: str = ""
    ) -> None:
        """A value that no field takes, kept with its entity."""
        text = "" if value is None else str(value)
        self.keep(module, key, Pair(namespace or self.namespace, name, text, unit, curie))

    def keep(self, module: str, key: str, pair: Pair) -> None:
        """A pair as it is, with its entity."""
        if pair.value or pair.curie:
            self.imported.dossier.pairs.setdefault(str(Path(module, key)), []).append(pair)

    def line(self, path: str, component: str = "", **values: Any) -> FileLine:
        """One more file."""
        line = FileLine(path, component, **values)
        self.imported.dossier.files.append(line)
        return line

    def remark(
        self, weight: Weight, message: str, *, said: str = "", value: str = "", proposal: str = "", path: str = "",
        file: str = "", row: int | None = None, namespace: str = "",
    ) -> None:  # fmt: skip
        place = Place(file or self.file, field=said, row=row)
        self.imported.remarks.append(Remark(weight, place, message, value, proposal, path, namespace))

    def _checked(self, one: Field, text: str, curie: str, path: str, place: Place) -> Any:
        """The value as the document holds it; where it is of a wrong form but a right one is near, with a proposal."""
        if one.kind is Kind.TERM:
            return {"text": text, "curie": curie}
        fault = problem(one.kind, text) if text else ""
        if fault:
            proposal = repaired(one.kind, text)
            weight = Weight.REPAIR if proposal else Weight.NOTE
            self.imported.remarks.append(Remark(weight, place, fault, text, proposal, path))
            return text
        return normalise(one.kind, text)


def repaired(kind: Kind, text: str) -> str:
    """What a value of wrong form probably should be, if part of it is of the right form; else nothing."""
    if kind is Kind.ORCID and (digits := _ORCID.search(text)):
        text = "-".join(digits.groups())
    for part in [text.strip().rstrip(".,;"), *reversed(text.split())]:
        if not problem(kind, part):
            return normalise(kind, part)
    return ""


def names_of(full: str) -> tuple[str, str]:
    """(family, given) of a name written in one: "Curie, Marie" or "Marie Curie"."""
    family, comma, given = full.partition(",")
    if comma:
        return family.strip(), given.strip()
    words = full.split()
    start = len(words) - 1
    while start > 1 and words[start - 1].islower():  # "Ludwig van Beethoven"
        start -= 1
    return (" ".join(words[start:]), " ".join(words[:start])) if words else ("", "")


def full_name(row: Mapping[str, Any]) -> str:
    """A person's name in one, the given name first."""
    return f"{text_of(row.get('given_name'))} {text_of(row.get('family_name'))}".strip()


def text_of(value: Any) -> str:
    """A document's value as text: of a TERM its text."""
    if isinstance(value, Mapping):
        value = value.get("text")
    return "" if value is None else str(value)


def curie_of(value: Any) -> str:
    """The CURIE of a TERM, if it has one."""
    return str(value.get("curie") or "") if isinstance(value, Mapping) else ""
