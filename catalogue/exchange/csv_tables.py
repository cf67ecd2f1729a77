"""Our own CSV: a zip with one table a module, the same sheets and columns as the workbook's."""

import csv
import io
from collections.abc import Mapping

from catalogue.exchange import tables
from catalogue.exchange.dossier import CannotRead, Dossier, Files, Imported
from catalogue.exchange.workbook import layout
from catalogue.exchange.workbook.cells import sheets_of
from catalogue.exchange.workbook.grid import Grid
from catalogue.exchange.workbook.layout import BY_TITLE
from catalogue.exchange.workbook.read import read_grids


def is_mine(files: Files) -> bool:
    """CSV files that are named as the workbook's sheets."""
    known = {*BY_TITLE, layout.FILES.casefold(), layout.PAIRS.casefold()}
    return bool(files) and all(name.lower().endswith(".csv") and _title(name).casefold() in known for name in files)


def read(files: Files) -> Imported:
    """Raises CannotRead."""
    grids: list[Grid] = []
    for name, path in files.items():
        found = tables.text_rows(path, name)
        rows = [(number, [tables.bare_cell(cell) for cell in cells]) for number, cells in found]
        grids.append(Grid(name, _title(name), rows))
    if not any(grid.rows for grid in grids):
        raise CannotRead("These tables are empty.", file=next(iter(files)))
    return read_grids(grids, Imported(Dossier()))


def write(dossier: Dossier) -> Mapping[str, bytes]:
    """A CSV in UTF-8 for each sheet that holds something; no cell of it is a formula to a spreadsheet program."""
    made: dict[str, bytes] = {}
    for title, headings, rows in sheets_of(dossier):
        text = io.StringIO()
        table = csv.writer(text)
        table.writerow(headings)
        count = 0
        for row in rows:
            table.writerow([tables.safe_cell(cell) for cell in row])
            count += 1
        if count:
            made[f"{title}.csv"] = text.getvalue().encode("utf-8-sig")
    return made or {f"{layout.SHEETS[0].title}.csv": b""}


def _title(name: str) -> str:
    return name.rpartition("/")[2].rpartition(".")[0]
