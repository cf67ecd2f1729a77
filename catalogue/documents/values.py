"""Document values → columns. What no column can hold is kept as typed, with the reason; what is no value is refused."""

import datetime
import math
import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Model

from base.errors import Invalid, Problem
from catalogue import registry
from catalogue.paths import Path
from catalogue.rules.fields import Field, Kind, Module
from catalogue.rules.formats import normalise
from ontology.queries import Wanted, map_terms

MAX_TEXT = 100_000  # characters in one field
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_CONTROL = re.compile("[\x01-\x08\x0b-\x1f\x7f-\x9f]")
_ISO_DATE = re.compile(r"\d{4}-\d\d-\d\d")


@dataclass(frozen=True)
class Kept:
    """A value kept as typed because its column cannot hold it."""

    path: str
    text: str
    message: str


@dataclass
class Row:
    """The columns of one table row, and the rows of its fields of kind ROWS."""

    columns: dict[str, Any] = field(default_factory=dict)
    tables: dict[str, list["Row"]] = field(default_factory=dict)


@dataclass
class Intake:
    """Takes values in, one row after another; `finish` maps all their terms at once.

    `find` gives the id of the row that a reference names: (module key, as typed) → id, or None if there is none.
    """

    find: Callable[[str, str], uuid.UUID | None]
    problems: list[Problem] = field(default_factory=list)  # for which all is refused
    notices: list[Problem] = field(default_factory=list)  # what was changed in storing it
    kept: list[Kept] = field(default_factory=list)
    _terms: list[tuple[Row, str, Path, Wanted]] = field(default_factory=list)

    def row(self, module: Module, model: type[Model], base: Path, values: Mapping[str, Any]) -> Row:
        """The columns for the fields given in `values`. An unknown field is a problem."""
        known = {one.name: one for one in module.fields}
        row = Row()
        for name, value in values.items():
            path = Path(base.module, base.entity, str(name))
            one = known.get(name)
            if one is None:
                self.refuse(path, f"There is no field “{name}” in {module.label.lower()}.")
            elif one.kind is Kind.ROWS:
                row.tables[name] = self._table(one, registry.ROWS[module.key, name], path, value)
            else:
                self._cell(one, model, path, value, row)
        return row

    def finish(self) -> None:
        """Map the terms. Raises Invalid with every problem met so far."""
        if self.problems:
            first = self.problems[0]
            raise Invalid(f"Nothing was saved: {first.message}", field=first.path, problems=self.problems)
        found = map_terms([wanted for *_, wanted in self._terms])
        for row, name, path, wanted in self._terms:
            term = found.get(wanted)
            row.columns[name] = wanted.text or (term.label if term else wanted.curie)
            row.columns[f"{name}_term"] = term
            if wanted.curie and term is None:
                message = f"“{wanted.curie}” is in none of this site's ontologies; the text is used without it."
                self.kept.append(Kept(str(path), wanted.curie, message))
            elif wanted.curie and term and term.curie != wanted.curie:
                message = (
                    f"“{wanted.curie}” is in none of this site's ontologies; curators decided that “{wanted.text}”"
                )
                self.notices.append(Problem(str(path), f"{message} stands for {term.curie} ({term.label})."))

    def refuse(self, path: Path | str, message: str) -> None:
        self.problems.append(Problem(str(path), message))

    def _table(self, one: Field, model: type[Model], path: Path, value: Any) -> list[Row]:
        if value is None or value == "":
            return []
        if not isinstance(value, list):
            self.refuse(path, f"{one.label} is a list of rows, not {_kind_of(value)}.")
            return []
        known = {column.name: column for column in one.columns}
        rows: list[Row] = []
        for given in value:
            cells = given if isinstance(given, Mapping) else {one.columns[0].name: given}
            if all(_is_empty(cell) for cell in cells.values()):
                continue
            row = Row()
            for name, cell in cells.items():
                place = Path(path.module, path.entity, path.field, len(rows), str(name))
                if name in known:
                    self._cell(known[name], model, place, cell, row)
                else:
                    self.refuse(place, f"There is no column “{name}” in {one.label.lower()}.")
            rows.append(row)
        return rows

    def _cell(self, one: Field, model: type[Model], path: Path, value: Any, row: Row) -> None:
        """Put one value in its column, or keep it aside."""
        if one.kind is Kind.TERM:
            self._terms.append((row, one.name, path, self._wanted(one, path, value)))
            return
        text = normalise(one.kind, self.text(one, path, value))
        column = f"{one.name}_id" if one.kind is Kind.REFERENCE else one.name
        stored, message = self._stored(one, model, text)
        row.columns[column] = stored
        if message:
            self.kept.append(Kept(str(path), text, message))

    def _stored(self, one: Field, model: type[Model], text: str) -> tuple[Any, str]:
        """What the column gets, and why that is not what was typed, if it is not."""
        if one.kind is Kind.DATE:
            return _date(text)
        if one.kind is Kind.REFERENCE:
            found = self.find(one.target, text) if text else None
            label = registry.module_of(one.target).label.lower()
            return found, f"“{text[:80]}” is no {label} of this study." if text and found is None else ""
        limit = registry.max_length(model, one)
        if limit is not None and len(text) > limit:
            return "", f"{one.label} has {len(text)} characters; at most {limit} fit."
        return text, ""

    def _wanted(self, one: Field, path: Path, value: Any) -> Wanted:
        if isinstance(value, Mapping):
            if extra := set(value) - {"text", "curie"}:
                self.refuse(path, f"{one.label} has a text and a CURIE, but no “{sorted(map(str, extra))[0]}”.")
            text = self.text(one, path, value.get("text"))
            return Wanted(text, self.text(one, path, value.get("curie")).strip()[:200], one.vocabulary)
        return Wanted(self.text(one, path, value), "", one.vocabulary)

    def text(self, one: Field, path: Path, value: Any) -> str:
        """The value as text without control characters. Numbers and dates come from YAML and JSON."""
        if value is None:
            return ""
        if isinstance(value, datetime.date):
            value = value.isoformat()
        if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
            value = str(value)
        if not isinstance(value, str):
            self.refuse(path, f"{one.label} is a text, not {_kind_of(value)}.")
            return ""
        if _UNSTORABLE.search(value):
            self.refuse(path, f"{one.label} holds characters that are not text (a NUL or half a character).")
            return ""
        if len(value) > MAX_TEXT:
            self.refuse(path, f"{one.label} has {len(value)} characters; at most {MAX_TEXT} fit. Add a file instead.")
            return ""
        lines = value.replace("\r\n", "\n").replace("\r", "\n")
        clean = _CONTROL.sub("", lines)
        if clean != lines:
            self.notices.append(
                Problem(str(path), f"{one.label} held invisible control characters; they were left out.")
            )
        return clean


def _date(text: str) -> tuple[datetime.date | None, str]:
    if not text:
        return None, ""
    try:
        if _ISO_DATE.fullmatch(text):
            return datetime.date.fromisoformat(text), ""
    except ValueError:
        pass
    return None, f"“{text[:80]}” is no date. Write year, month and day, as in 2027-03-01."


def _is_empty(value: Any) -> bool:
    if isinstance(value, Mapping):
        return all(_is_empty(part) for part in value.values())
    return value is None or (isinstance(value, str) and not value.strip())


def _kind_of(value: Any) -> str:
    names = {dict: "a group of values", list: "a list", bool: "yes or no", str: "a text", int: "a number"}
    return names.get(type(value), "something else")
