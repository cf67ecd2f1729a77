"""How the workbook is laid out: its sheets and their columns, from the table of modules."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from catalogue.rules.fields import Field, Kind, Level, Module
from catalogue.rules.rembi import MODULES

KEY = "workbook"
READ_ME, LISTS, FILES, PAIRS, LONG = "Read me", "lists", "Files", "Further values", "Long texts"
OWN = (READ_ME, LISTS, FILES, PAIRS, LONG)

MARKER, ID = "field", "id"
LEVEL_ROW, HELP_ROW, EXAMPLE_ROW, FIRST_ROW = 2, 3, 4, 5
MARKERS = {LEVEL_ROW: "level", HELP_ROW: "help", EXAMPLE_ROW: "example"}  # in column A of what is no data
TERM = ": term"  # after the heading of the column for a value's ontology term

LONG_CELL = 32_000  # characters; a cell takes 32,767
LONG_MARK = "→ long text "
FILE_COLUMNS = ("Path", "Study component", "Preparation", "Plate", "Well", "Bytes", "SHA-256")
PAIR_COLUMNS = ("What", "Which", "Namespace", "Name", "Value", "Unit", "Term")
FILE_NAMESPACE = "file-list"

LEVELS = {
    Level.REQUIRED: ("8C2D19", "FFFFFF"),
    Level.RECOMMENDED: ("F2C94C", "000000"),
    Level.OPTIONAL: ("E3E6EA", "000000"),
}  # fmt: skip  (fill, letters)
LICENCES = ("CC0-1.0", "CC-BY-4.0", "CC-BY-SA-4.0", "CC-BY-NC-4.0", "CC-BY-NC-SA-4.0", "CC-BY-ND-4.0", "ODbL-1.0")


@dataclass(frozen=True)
class Column:
    """A column. `many`: its cells hold a line for each row of a table; `is_term`: the CURIE of the column before."""

    heading: str
    name: str  # of the field in the document
    field: Field  # what a value is: the field, or the column of its table
    level: Level
    help: str
    example: str
    many: bool = False
    is_term: bool = False


@dataclass(frozen=True)
class Sheet:
    """A sheet for the rows of a module or, with `table`, for those of one of its tables, each naming its owner."""

    title: str
    module: Module
    columns: tuple[Column, ...]
    table: Field | None = None

    @property
    def owner(self) -> str:
        """The heading of the column that names the row of the module that a table's row belongs to."""
        return f"of {self.module.label.lower()}"


def _columns(fields: tuple[Field, ...]) -> Iterator[Column]:
    for one in fields:
        if one.kind is not Kind.ROWS:
            yield from _pair_of(one.label, one.name, one, one, many=False)
        elif len(one.columns) == 1:
            yield from _pair_of(one.label, one.name, one.columns[0], one, many=True)


def _pair_of(heading: str, name: str, inner: Field, outer: Field, *, many: bool) -> Iterator[Column]:
    help = f"{outer.help} {inner.help}" if many and inner.help not in outer.help else outer.help
    if many:
        help += " One a line (Alt+Enter)."
    if inner.kind is Kind.REFERENCE:
        help += " Its name, as in its sheet."
    yield Column(heading, name, inner, outer.level, help, outer.example or inner.example, many)
    if inner.kind is Kind.TERM:
        help = "The ontology term, as in NCBITaxon:9606. Leave it empty and the site looks for it."
        yield Column(f"{heading}{TERM}", name, inner, Level.OPTIONAL, help, "", many, is_term=True)


def _sheets() -> Iterator[Sheet]:
    for module in MODULES:
        yield Sheet(_title(module.plural_label), module, tuple(_columns(module.fields)))
        for one in module.fields:
            if one.kind is Kind.ROWS and len(one.columns) > 1:
                yield Sheet(_title(f"{module.label} - {one.label}"), module, tuple(_columns(one.columns)), one)


def _title(text: str) -> str:
    """A name that a sheet may have: at most 31 characters, none of []:*?/\\."""
    return re.sub(r"[\[\]:*?/\\]", " ", text)[:31].strip()


SHEETS: tuple[Sheet, ...] = tuple(_sheets())
BY_TITLE = {sheet.title.casefold(): sheet for sheet in SHEETS}
SHEET_OF = {sheet.module.key: sheet for sheet in SHEETS if sheet.table is None}
