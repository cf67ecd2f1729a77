"""A workbook as it was given, with what is wrong marked in its cells."""

import io
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from openpyxl.comments import Comment
from openpyxl.styles import PatternFill

from catalogue.exchange import archives, tables
from catalogue.exchange.dossier import CannotRead, Remark, Weight

MAX_BYTES = 50 * 2**20  # unpacked: to be written again a workbook is held in memory
_FILLS = {Weight.ERROR: "F8B4B4", Weight.REPAIR: "FDE68A", Weight.NOTE: "DBEAFE"}
_WORDS = {Weight.ERROR: "Error", Weight.REPAIR: "Repair?", Weight.NOTE: "Note"}


def annotate(path: Path, name: str, remarks: Iterable[Remark]) -> bytes:
    """The workbook with a comment and a fill at the place of each remark. Raises CannotRead if it is too large."""
    if sum(one.file_size for one in archives.entries(path, name)) > MAX_BYTES:
        raise CannotRead("This workbook is too large to be marked; its errors are listed in the page.", file=name)
    book = tables.open_workbook(path, name, values=False, read_only=False)
    order = list(_FILLS)
    by_place: dict[tuple[str, int, str], list[Remark]] = defaultdict(list)
    for remark in remarks:
        if remark.place.sheet in book.sheetnames:
            by_place[remark.place.sheet, remark.place.row or 1, remark.place.column or "A"].append(remark)
    for (sheet, row, column), some in by_place.items():
        cell = book[sheet][f"{column}{row}"]
        worst = min((remark.weight for remark in some), key=order.index)
        lines = [
            f"{_WORDS[one.weight]}: {one.message}" + (f" → {one.proposal}" if one.proposal else "") for one in some
        ]
        if not hasattr(cell, "hyperlink") or type(cell).__name__ == "MergedCell":
            continue
        cell.fill = PatternFill("solid", fgColor=_FILLS[worst])
        cell.comment = Comment("\n".join(lines)[:2000], "Vitrine", width=360, height=140)
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()
