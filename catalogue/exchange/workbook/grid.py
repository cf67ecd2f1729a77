"""The cells of a workbook's sheets as texts, with what is wrong with them as cells: formulas, errors, merged ones."""

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError

from openpyxl.utils import get_column_letter, range_boundaries

from catalogue.exchange import tables
from catalogue.exchange.dossier import CannotRead, Place, Remark, Weight
from catalogue.exchange.workbook import layout

MAX_ROWS = 200_000  # that hold something, in one sheet
_MERGED = re.compile(rb'<mergeCell [^>]*ref="([A-Z]+\d+:[A-Z]+\d+)"')
_RELATION = re.compile(r"<Relationship\b[^>]*>")
_SHEET = re.compile(r"<(?:\w+:)?sheet\b[^>]*>")


@dataclass
class Grid:
    """One sheet: its rows that hold something, each with its number; `merged` has the cells that a merged one hides."""

    file: str
    title: str
    rows: list[tuple[int, list[str]]]
    merged: dict[tuple[int, int], tuple[int, int]] = field(default_factory=dict)  # hidden (row, column) → the one shown

    def place(self, row: int | None = None, column: int | None = None, said: str = "") -> Place:
        """A place in the sheet; columns count from 0."""
        letter = "" if column is None else get_column_letter(column + 1)
        return Place(self.file, self.title, row, letter, said)


def headings(path: Path, name: str) -> list[Grid]:
    """The sheets of a workbook with their first rows only. Raises CannotRead."""
    book = tables.open_workbook(path, name)
    found = [Grid(name, sheet.title, []) for sheet in book.worksheets]
    for grid in found:
        grid.rows = list(islice(_rows(book[grid.title], None, grid, []), 1))
    return found


def grids(path: Path, name: str, remarks: list[Remark]) -> list[Grid]:
    """The sheets of a workbook. Raises CannotRead."""
    book = tables.open_workbook(path, name)
    formulas = tables.open_workbook(path, name, values=False) if tables.has_formulas(path, name) else None
    parts = _parts(path)
    found: list[Grid] = []
    for sheet in book.worksheets:
        if sheet.title == layout.LISTS:
            continue
        twin = formulas[sheet.title] if formulas is not None else None
        grid = Grid(name, sheet.title, [])
        grid.rows = list(_rows(sheet, twin, grid, remarks))
        grid.merged = _merged(path, parts.get(sheet.title, ""))
        found.append(grid)
    return found


def _rows(sheet: Any, twin: Any, grid: Grid, remarks: list[Remark]) -> Iterator[tuple[int, list[str]]]:
    sheet.reset_dimensions()
    pairs: Iterator[tuple[Any, Any]]
    if twin is not None:
        twin.reset_dimensions()
        pairs = zip(sheet.iter_rows(), twin.iter_rows(), strict=False)
    else:
        pairs = ((row, None) for row in sheet.iter_rows())
    held = 0
    try:
        for number, (row, formulas) in enumerate(pairs, start=1):
            if all(cell.value is None for cell in row) and not (formulas and any(f.data_type == "f" for f in formulas)):
                continue
            cells = [
                _cell(
                    cell, formulas[place] if formulas and place < len(formulas) else None, number, place, grid, remarks
                )
                for place, cell in enumerate(row)
            ]
            if any(cells):
                held += 1
                if held > MAX_ROWS:
                    raise CannotRead(f"The sheet “{grid.title}” has more than {MAX_ROWS} rows.", file=grid.file)
                yield number, cells
    except (ParseError, ValueError, KeyError, TypeError, zipfile.BadZipFile, EOFError) as error:
        raise CannotRead(f"The sheet “{grid.title}” is broken. Save the workbook again.", file=grid.file) from error


def _cell(cell: Any, twin: Any, number: int, place: int, grid: Grid, remarks: list[Remark]) -> str:
    if twin is not None and twin.data_type == "f":
        at = grid.place(number, place)
        if cell.value is None:
            message = "This is a formula whose value the workbook does not hold. Put the value itself here."
            remarks.append(Remark(Weight.ERROR, at, message, str(twin.value)[:200]))
        else:
            message = "This is a formula; it was not run, and the value that it last had was taken."
            remarks.append(Remark(Weight.NOTE, at, message, str(cell.value)[:200]))
    if cell.value is None:
        return ""
    if cell.data_type == "e":
        message = "This cell shows an error of a formula; it is taken as empty."
        remarks.append(Remark(Weight.ERROR, grid.place(number, place), message, str(cell.value)))
        return ""
    text = tables.cell_text(cell.value, cell.number_format or "")
    if len(text) > tables.MAX_CELL:
        raise CannotRead(f"A cell holds more than {tables.MAX_CELL} characters.", file=grid.file, row=number)
    return text if text.strip() else ""


def _parts(path: Path) -> dict[str, str]:
    """The file in the archive that each sheet is in, by its title (ECMA-376, part 1, 18.2.19)."""
    with zipfile.ZipFile(path) as archive:
        try:
            book = archive.read("xl/workbook.xml").decode("utf-8", "replace")
            relations = archive.read("xl/_rels/workbook.xml.rels").decode("utf-8", "replace")
        except KeyError:
            return {}
    targets = {_attribute(tag, "Id"): _attribute(tag, "Target") for tag in _RELATION.findall(relations)}
    return {
        _attribute(tag, "name"): "xl/"
        + targets.get(_attribute(tag, "r:id"), "").removeprefix("/xl/").removeprefix("xl/")
        for tag in _SHEET.findall(book)
    }


def _attribute(tag: str, name: str) -> str:
    found = re.search(rf'\s{re.escape(name)}="([^"]*)"', tag)
    text = found[1] if found else ""
    for escaped, plain in (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&apos;", "'"), ("&amp;", "&")):
        text = text.replace(escaped, plain)
    return text


def _merged(path: Path, part: str) -> dict[tuple[int, int], tuple[int, int]]:
    found: dict[tuple[int, int], tuple[int, int]] = {}
    with zipfile.ZipFile(path) as archive:
        if part not in archive.namelist():
            return found
        with archive.open(part) as stream:
            tail = b""
            while chunk := stream.read(1 << 20):
                data = tail + chunk
                for ref in _MERGED.findall(data):
                    left, top, right, bottom = (int(one or 0) for one in range_boundaries(ref.decode()))
                    if (right - left + 1) * (bottom - top + 1) > 10_000:
                        continue
                    cells = [(row, column - 1) for row in range(top, bottom + 1) for column in range(left, right + 1)]
                    found |= dict.fromkeys(cells[1:], cells[0])
                tail = data[-80:] if not data.endswith(b">") else b""
    return found
