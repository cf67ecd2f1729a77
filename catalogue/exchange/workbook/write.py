"""A dossier as a workbook."""

import io
from collections.abc import Iterable, Mapping, Sequence

from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE, Cell
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from catalogue.exchange.dossier import Dossier
from catalogue.exchange.workbook import layout
from catalogue.exchange.workbook.cells import Cells, headings_of
from catalogue.exchange.workbook.layout import Column, Sheet
from catalogue.rules.fields import Kind, Level

MOST_FILES = 20_000  # in a workbook; more are had as a CSV
_LAST = 2000  # row to which drop-downs reach
_WIDTHS = {Kind.LONGTEXT: 60, Kind.TERM: 30, Kind.REFERENCE: 26}
_PLAIN = Font(name="Calibri", size=11)
_QUIET = Font(name="Calibri", size=9, italic=True, color="6B7280")
_WRAP = Alignment(wrap_text=True, vertical="top")


def write(dossier: Dossier) -> Mapping[str, bytes]:
    """One xlsx: all sheets, with what the study has filled in."""
    made = io.BytesIO()
    _Book(dossier).made().save(made)
    return {"rembi-workbook.xlsx": made.getvalue()}


class _Book:
    """A workbook in the making."""

    def __init__(self, dossier: Dossier) -> None:
        self.cells = Cells(dossier, most_files=MOST_FILES)
        self.book = Workbook()
        self.long: list[str] = []
        self.lists: dict[tuple[str, ...], str] = {}  # choices → the range that holds them

    def made(self) -> Workbook:
        first = self.book.active
        assert isinstance(first, Worksheet)
        first.title = layout.READ_ME
        for sheet in layout.SHEETS:
            self._sheet(sheet)
        self._files()
        self._pairs()
        self._long_texts()
        self._lists()
        _read_me(first, self.cells.left_out)
        return self.book

    def _sheet(self, sheet: Sheet) -> None:
        page: Worksheet = self.book.create_sheet(sheet.title)
        headings = [layout.MARKER, *headings_of(sheet)]
        shift = 2 if sheet.table else 1
        for place, heading in enumerate(headings, start=1):
            self._put(page, 1, place, heading)
            page.column_dimensions[get_column_letter(place)].width = 22
        for row, marker in layout.MARKERS.items():
            self._put(page, row, 1, marker).font = _QUIET
        page.column_dimensions["A"].width = 9
        for place, column in enumerate(sheet.columns, start=shift + 1):
            self._head(page, place, column)
        if sheet.table:
            _owner_help(page, sheet)
            self._choose(page, 2, _reference_range(sheet.module.key))
        elif sheet.module.repeated:
            page.cell(1, len(headings)).comment = _comment("Leave this as it is: by it the site knows the row again.")
            page.cell(1, len(headings)).font = _QUIET
        page.row_dimensions[layout.HELP_ROW].height = 75
        page.freeze_panes = f"{'C' if sheet.table else 'B'}{layout.FIRST_ROW}"
        for number, cells in enumerate(self.cells.rows(sheet), start=layout.FIRST_ROW):
            for place, text in enumerate(cells, start=2):
                if text:
                    self._put(page, number, place, text)

    def _head(self, page: Worksheet, place: int, column: Column) -> None:
        fill, letters = layout.LEVELS[column.level]
        for row in (1, layout.LEVEL_ROW):
            cell = page.cell(row, place)
            cell.fill = PatternFill("solid", fgColor=fill)
            cell.font = Font(name="Calibri", size=11 if row == 1 else 9, bold=row == 1, color=letters)
        self._put(page, layout.LEVEL_ROW, place, str(column.level), keep_style=True)
        self._put(page, layout.HELP_ROW, place, column.help).font = _QUIET
        self._put(page, layout.EXAMPLE_ROW, place, column.example).font = _QUIET
        source = f"\n({column.field.source})" if column.field.source else ""
        page.cell(1, place).comment = _comment(f"{column.help}{source}")
        letter = get_column_letter(place)
        page.column_dimensions[letter].width = _WIDTHS.get(column.field.kind, 22)
        page.column_dimensions[letter].number_format = "@"  # what is typed stays as typed: no dates, no 1e5
        if column.is_term:
            return
        if column.field.kind is Kind.CHOICE:
            self._choose(page, place, self._listed(tuple(value for value, _ in column.field.choices)))
        elif column.field.kind is Kind.LICENCE:
            self._choose(page, place, self._listed(layout.LICENCES))
        elif column.field.kind is Kind.REFERENCE:
            self._choose(page, place, _reference_range(column.field.target))

    def _listed(self, values: tuple[str, ...]) -> str:
        if values not in self.lists:
            letter = get_column_letter(len(self.lists) + 1)
            self.lists[values] = f"{layout.LISTS}!${letter}$1:${letter}${len(values)}"
        return self.lists[values]

    def _choose(self, page: Worksheet, place: int, values: str) -> None:
        """A drop-down that proposes but does not insist: the site says what does not fit, with its place."""
        rule = DataValidation(type="list", formula1=f"={values}", allow_blank=True, showErrorMessage=False)
        letter = get_column_letter(place)
        rule.add(f"{letter}{layout.FIRST_ROW}:{letter}{_LAST}")
        page.add_data_validation(rule)

    def _put(self, page: Worksheet, row: int, place: int, text: str, *, keep_style: bool = False) -> Cell:
        """A cell that is text and nothing else: no formula, whatever it begins with."""
        clean = ILLEGAL_CHARACTERS_RE.sub("", text)
        if len(clean) > layout.LONG_CELL:
            self.long.append(clean)
            clean = f"{layout.LONG_MARK}{len(self.long)}"
        cell = page.cell(row, place)
        cell.value = clean
        cell.data_type = "s"
        if clean[:1] in ("=", "+", "-", "@"):
            cell.quotePrefix = True
        if not keep_style and not (row == 1 and cell.has_style):
            cell.font = _PLAIN
        cell.alignment = _WRAP
        cell.number_format = "@"
        return cell  # type: ignore[return-value]

    def _table(self, title: str, headings: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        page = self.book.create_sheet(title)
        for place, heading in enumerate(headings, start=1):
            self._put(page, 1, place, heading).font = Font(name="Calibri", bold=True)
            page.column_dimensions[get_column_letter(place)].width = 24
        page.freeze_panes = "B2"
        for number, cells in enumerate(rows, start=2):
            for place, text in enumerate(cells, start=1):
                if text:
                    self._put(page, number, place, text)

    def _files(self) -> None:
        """One row a file, one column for each name of the plain values; other values go to the further ones."""
        self._table(layout.FILES, self.cells.file_headings(), self.cells.files())

    def _pairs(self) -> None:
        self._table(layout.PAIRS, layout.PAIR_COLUMNS, self.cells.pairs())

    def _long_texts(self) -> None:
        if self.long:
            step = layout.LONG_CELL
            rows = [
                [f"{layout.LONG_MARK}{number}", text[start : start + step]]
                for number, text in enumerate(self.long, start=1)
                for start in range(0, len(text), step)
            ]
            self._table(layout.LONG, ("Which", "Text"), rows)

    def _lists(self) -> None:
        page = self.book.create_sheet(layout.LISTS)
        page.sheet_state = "hidden"
        for place, values in enumerate(self.lists, start=1):
            for number, value in enumerate(values, start=1):
                self._put(page, number, place, value)


def _comment(text: str) -> Comment:
    return Comment(text[:1000], "Vitrine", width=320, height=160)


def _reference_range(module: str) -> str:
    """The cells with the names of a module's rows."""
    sheet = layout.SHEET_OF[module]
    return f"'{sheet.title}'!$B${layout.FIRST_ROW}:$B${_LAST}"


def _owner_help(page: Worksheet, sheet: Sheet) -> None:
    fill, letters = layout.LEVELS[Level.REQUIRED]
    page.cell(1, 2).fill = PatternFill("solid", fgColor=fill)
    page.cell(1, 2).font = Font(name="Calibri", bold=True, color=letters)
    said = f"To which {sheet.module.label.lower()} this row belongs: its name, as in the sheet “{_home(sheet)}”."
    page.cell(layout.HELP_ROW, 2, said).font = _QUIET
    page.cell(layout.HELP_ROW, 2).alignment = _WRAP


def _home(sheet: Sheet) -> str:
    return layout.SHEET_OF[sheet.module.key].title


def _read_me(page: Worksheet, too_many_files: bool) -> None:
    lines = [
        ("Metadata of an imaging study", Font(name="Calibri", size=16, bold=True)),
        ("Fill in the sheets from the fifth row on, then import this file at the study’s page “Import”.", _PLAIN),
        ("You see there what would change, and what is wrong, before anything is taken over.", _PLAIN),
        ("", _PLAIN),
        ("The sheets follow REMBI (doi:10.1038/s41592-021-01166-8) and MIFA. Rows 2 to 4 of each sheet say", _PLAIN),
        ("what is required, what is meant, and give an example; they are not read, and you may delete them.", _PLAIN),
        ("Rows refer to one another by name: a preparation names its sample as the sheet “Samples” does.", _PLAIN),
        ("Columns of your own are welcome: what the site has no field for is kept beside the fields.", _PLAIN),
        ("", _PLAIN),
    ]  # fmt: skip
    if too_many_files:
        lines.append((f"This study has more than {MOST_FILES} files; they are left out here. Get them as CSV.", _PLAIN))
    for number, (text, font) in enumerate(lines, start=1):
        page.cell(number, 1, text).font = font
    number = len(lines) + 1
    for level, (fill, letters) in layout.LEVELS.items():
        page.cell(number, 1, str(level)).fill = PatternFill("solid", fgColor=fill)
        page.cell(number, 1).font = Font(name="Calibri", color=letters)
        number += 1
    for sheet in layout.SHEETS:
        number += 1
        link = page.cell(number, 1, sheet.title)
        link.hyperlink = f"#'{sheet.title}'!A1"
        link.font = Font(name="Calibri", underline="single", color="1D4ED8")
        page.cell(number, 2, sheet.table.help if sheet.table else sheet.module.help)
    page.column_dimensions["A"].width = 34
    page.column_dimensions["B"].width = 90
