"""A workbook as a dossier, each value with its sheet, row and column."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from catalogue.exchange import archives
from catalogue.exchange.dossier import CannotRead, Dossier, Files, Imported, Remark, Weight
from catalogue.exchange.workbook import beside, layout
from catalogue.exchange.workbook.entities import Row, entities, references, table_rows
from catalogue.exchange.workbook.grid import Grid, grids, headings
from catalogue.exchange.workbook.layout import BY_TITLE, Column, Sheet
from catalogue.exchange.workbook.names import folded

_ALIKE = 0.6  # of a sheet's headings that another sheet must have to be taken for it


def is_mine(files: Files) -> bool:
    """One xlsx with a sheet of the workbook's that has one of its headings."""
    if len(files) != 1:
        return False
    name, path = next(iter(files.items()))
    if not name.lower().endswith((".xlsx", ".xlsm")) or not archives.is_zip(path):
        return False
    try:
        found = headings(path, name)
    except CannotRead:
        return False
    return any(_sheet_of(grid, {})[0] is not None for grid in found)


def read(files: Files) -> Imported:
    """Raises CannotRead. What is no field is kept; what is wrong in a cell is said with its place."""
    name, path = next(iter(files.items()))
    imported = Imported(Dossier())
    return read_grids(grids(path, name, imported.remarks), imported)


def read_grids(found: Iterable[Grid], imported: Imported) -> Imported:
    """The sheets' rows as a dossier, put into `imported`."""
    rows: list[Row] = []
    known: dict[str, Grid] = {}
    for grid in found:
        if grid.title in layout.OWN:
            known[grid.title] = grid
            continue
        sheet, remark = _sheet_of(grid, known)
        if remark:
            imported.remarks.append(remark)
        if sheet is None:
            beside.keep_all(grid, imported)
        else:
            known[sheet.title] = grid
            rows += _rows(sheet, grid, imported)
    long = beside.long_texts(known.get(layout.LONG))
    for row in rows:
        row.cells = {one: (place, long.get(text, text)) for one, (place, text) in row.cells.items()}
    names = entities(rows, imported)
    references(rows, names, imported)
    table_rows(rows, names, imported)
    beside.files(known.get(layout.FILES), names, imported)
    beside.pairs(known.get(layout.PAIRS), names, long, imported)
    return imported


def _sheet_of(grid: Grid, known: Mapping[str, Any]) -> tuple[Sheet | None, Remark | None]:
    """The sheet of the layout that this is: by its title, else by its headings."""
    if (found := BY_TITLE.get(grid.title.casefold())) is not None:
        return found, None
    if not grid.rows:
        return None, None
    headings = {folded(cell) for cell in grid.rows[0][1] if cell}
    best, most = None, _ALIKE
    for sheet in layout.SHEETS:
        wanted = {folded(one.heading) for one in sheet.columns} | ({folded(sheet.owner)} if sheet.table else set())
        share = len(wanted & headings) / len(wanted)
        if share > most and len(wanted & headings) > 1 and sheet.title not in known:
            best, most = sheet, share
    if best is None:
        message = f"There is no sheet “{grid.title}” in the workbook; what it holds is kept beside the fields."
        return None, Remark(Weight.NOTE, grid.place(), message)
    message = f"By its headings this sheet was taken for “{best.title}”."
    return best, Remark(Weight.NOTE, grid.place(), message)


def _rows(sheet: Sheet, grid: Grid, imported: Imported) -> Iterator[Row]:
    if not grid.rows:
        return
    columns = _headings(sheet, grid, imported)
    by_row = dict(grid.rows)
    for number, cells in grid.rows[1:]:
        if folded(cells[0]) in layout.MARKERS.values() and columns.get(0) == layout.MARKER:
            continue
        row = Row(sheet, grid, number)
        for place, what in columns.items():
            text = cells[place] if place < len(cells) else ""
            shown = grid.merged.get((number, place))
            if not text and shown and isinstance(what, Column) and shown[0] in by_row and shown[0] >= grid.rows[1][0]:
                _merged_cell(row, what, place, by_row[shown[0]][shown[1]], imported)
            if not text or what == layout.MARKER:
                continue
            if isinstance(what, Column):
                row.cells[what] = (place, text if what.many else text.strip())
            elif what == layout.ID:
                row.id = text.strip()
            elif what == sheet.owner:
                row.owner = text.strip()
            else:
                row.unknown.append((place, what, text.strip()))
        if row.cells or row.unknown or row.owner or row.id:
            yield row


def _headings(sheet: Sheet, grid: Grid, imported: Imported) -> dict[int, Column | str]:
    """What each column is, by its heading: the label, or the field's name."""
    wanted: dict[str, Column] = {}
    for one in reversed(sheet.columns):
        wanted[folded(one.name + (layout.TERM if one.is_term else ""))] = one
    wanted |= {folded(one.heading): one for one in sheet.columns}
    found: dict[int, Column | str] = {}
    number, cells = grid.rows[0]
    for place, cell in enumerate(cells):
        text = " ".join(cell.split())
        if not text:
            found[place] = f"column {place + 1}"
        elif place == 0 and folded(text) == layout.MARKER:
            found[place] = layout.MARKER
        elif folded(text) == layout.ID and sheet.module.repeated and not sheet.table:
            found[place] = layout.ID
        elif sheet.table and folded(text) == folded(sheet.owner):
            found[place] = sheet.owner
        elif folded(text) in wanted and wanted[folded(text)] not in found.values():
            found[place] = wanted[folded(text)]
        else:
            found[place] = text
            message = f"There is no field “{text}” in this sheet; what the column holds is kept beside the fields."
            imported.remarks.append(Remark(Weight.NOTE, grid.place(number, place, text), message))
    return found


def _merged_cell(row: Row, column: Column, place: int, text: str, imported: Imported) -> None:
    """A merged cell says its value for its first row only; whether it was meant for all is asked."""
    if text and not column.many and row.sheet.table is None:
        message = "This cell is merged with another one, so only the first row has the value."
        row.unknown.append((place, "", text))
        imported.remarks.append(Remark(Weight.REPAIR, row.grid.place(row.number, place), message, "", text,
                                       f"?{row.sheet.title}/{row.number}/{column.name}"))  # fmt: skip
