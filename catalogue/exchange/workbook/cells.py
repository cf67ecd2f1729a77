"""A dossier as the cells of the workbook's sheets: what xlsx and CSV write alike."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from catalogue.exchange.dossier import Dossier, FileLine, Pair
from catalogue.exchange.workbook import layout
from catalogue.exchange.workbook.layout import Column, Sheet
from catalogue.exchange.workbook.names import Names
from catalogue.rules.fields import Kind
from catalogue.rules.rembi import BY_KEY


def headings_of(sheet: Sheet) -> list[str]:
    """The headings of a sheet's columns, without the one for the markers."""
    owner = [sheet.owner] if sheet.table else []
    last = [layout.ID] if sheet.module.repeated and not sheet.table else []
    return [*owner, *(one.heading for one in sheet.columns), *last]


def sheets_of(dossier: Dossier) -> Iterator[tuple[str, Sequence[str], Iterator[list[str]]]]:
    """Every sheet: its title, its headings and its rows."""
    cells = Cells(dossier)
    for sheet in layout.SHEETS:
        yield sheet.title, headings_of(sheet), cells.rows(sheet)
    yield layout.FILES, cells.file_headings(), cells.files()
    yield layout.PAIRS, layout.PAIR_COLUMNS, cells.pairs()


class Cells:
    """The rows of each sheet as texts. A study with more than `most_files` has its files left out."""

    def __init__(self, dossier: Dossier, *, most_files: int | None = None) -> None:
        self.dossier = dossier
        self.names = Names(dossier.document)
        self.left_out = most_files is not None and len(dossier.files) > most_files
        self._lines = [] if self.left_out else dossier.files
        found = (pair.name for line in self._lines for pair in line.pairs if is_plain(pair, line))
        self._file_names = list(dict.fromkeys(found))

    def file_headings(self) -> list[str]:
        """One column for each name of the files' plain values; other values go to the further ones."""
        return [*layout.FILE_COLUMNS, *self._file_names]

    def files(self) -> Iterator[list[str]]:
        return (self._file(line, self._file_names) for line in self._lines)

    def rows(self, sheet: Sheet) -> Iterator[list[str]]:
        value = self.dossier.document.get(sheet.module.plural)
        rows: Sequence[Mapping[str, Any]] = (value or ()) if sheet.module.repeated else [value or {}]
        for row in rows:
            if sheet.table:
                owner = self.names.of(sheet.module.key, str(row.get("id") or ""))
                for line in row.get(sheet.table.name) or ():
                    yield [owner, *(self._cell(one, line.get(one.name)) for one in sheet.columns)]
            else:
                cells = [self._cell(one, row.get(one.name)) for one in sheet.columns]
                yield [*cells, str(row.get("id") or "")] if sheet.module.repeated else cells

    def _cell(self, column: Column, value: Any) -> str:
        if column.many:
            inner = column.field.name
            lines = [self._text(column, line.get(inner) if isinstance(line, Mapping) else line) for line in value or ()]
            return "\n".join(" ".join(line.split("\n")) for line in lines) if any(lines) else ""
        return self._text(column, value)

    def _text(self, column: Column, value: Any) -> str:
        if column.field.kind is Kind.TERM:
            parts = value if isinstance(value, Mapping) else {"text": value}
            return str(parts.get("curie" if column.is_term else "text") or "")
        if column.field.kind is Kind.REFERENCE and value:
            return self.names.of(column.field.target, str(value))
        return "" if value is None else str(value)

    def _file(self, line: FileLine, names: Sequence[str]) -> list[str]:
        plain = {pair.name: pair.value for pair in line.pairs if is_plain(pair, line)}
        size = "" if line.size is None else str(line.size)
        component = self.names.of("component", line.component)
        specimen = self.names.of("specimen", line.specimen)
        fixed = [line.path, component, specimen, line.plate, line.well, size, line.sha256]
        return [*fixed, *(plain.get(name, "") for name in names)]

    def pairs(self) -> Iterator[list[str]]:
        for entity, pairs in self.dossier.pairs.items():
            module, _, key = entity.partition("/")
            what = BY_KEY[module].label if module in BY_KEY else module
            for pair in pairs:
                yield [what, self.names.of(module, key), *_said(pair)]
        for line in self._lines:
            for pair in line.pairs:
                if not is_plain(pair, line):
                    yield ["File", line.path, *_said(pair)]


def is_plain(pair: Pair, line: FileLine) -> bool:
    """Whether a column of the files' sheet says all of a value."""
    once = sum(other.name == pair.name for other in line.pairs) == 1
    taken = {name.casefold() for name in layout.FILE_COLUMNS}
    usual = pair.namespace == layout.FILE_NAMESPACE and not pair.unit and not pair.curie
    return usual and once and bool(pair.value.strip()) and pair.name.casefold() not in taken


def _said(pair: Pair) -> list[str]:
    return [pair.namespace, pair.name, pair.value, pair.unit, pair.curie]
