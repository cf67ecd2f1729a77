"""What a workbook holds beside the fields: files, further values, long texts, and sheets of other kinds."""

from collections.abc import Mapping

from catalogue.exchange.dossier import FileLine, Imported, Pair, Remark, Weight
from catalogue.exchange.workbook import layout
from catalogue.exchange.workbook.grid import Grid
from catalogue.exchange.workbook.names import Names, folded
from catalogue.rules.rembi import MODULES, STUDY

_MOST_UNKNOWN = 20_000  # cells of unknown sheets that are kept


def keep_all(grid: Grid, imported: Imported) -> None:
    """The cells of a sheet that is none of the workbook's."""
    if not grid.rows:
        return
    kept = imported.dossier.pairs.setdefault(STUDY.key, [])
    headings = grid.rows[0][1]
    count = 0
    for number, cells in grid.rows[1:]:
        for place, text in enumerate(cells):
            if text.strip():
                count += 1
                heading = headings[place] if place < len(headings) and headings[place] else f"column {place + 1}"
                if count <= _MOST_UNKNOWN:
                    kept.append(Pair(f"{layout.KEY}: {grid.title}, row {number}", heading, text.strip()))
    if count > _MOST_UNKNOWN:
        message = (f"Of this sheet {_MOST_UNKNOWN} cells were kept; it has {count}. If it lists files, import it by "
                   "itself as a file list.")  # fmt: skip
        imported.remarks.append(Remark(Weight.ERROR, grid.place(), message))


def long_texts(grid: Grid | None) -> dict[str, str]:
    found: dict[str, str] = {}
    for _number, cells in grid.rows[1:] if grid else ():
        if len(cells) > 1:
            found[cells[0].strip()] = found.get(cells[0].strip(), "") + cells[1]
    return found


def files(grid: Grid | None, names: Names, imported: Imported) -> None:
    if grid is None or not grid.rows:
        return
    headings = [" ".join(cell.split()) for cell in grid.rows[0][1]]
    fixed = {folded(name): name for name in layout.FILE_COLUMNS}
    for number, cells in grid.rows[1:]:
        said: dict[str, str] = {}
        some: list[Pair] = []
        for place, heading in enumerate(headings):
            text = cells[place].strip() if place < len(cells) else ""
            if text and folded(heading) in fixed:
                said[fixed[folded(heading)]] = text
            elif text:
                some.append(Pair(layout.FILE_NAMESPACE, heading or f"column {place + 1}", text))
        path, component, specimen, plate, well, size, sha256 = (said.get(name, "") for name in layout.FILE_COLUMNS)
        if not path:
            message = "This row names no file; it was left out."
            imported.remarks.append(Remark(Weight.ERROR, grid.place(number), message, " ".join(cells)[:200]))
            continue
        imported.dossier.files.append(FileLine(
            path, names.meant("component", component), int(size[:18]) if size.isdecimal() else None, sha256, some,
            plate, well, names.meant("specimen", specimen),
        ))  # fmt: skip
        for name, column, module in ((component, 1, "component"), (specimen, 2, "specimen")):
            if name and not names.meant(module, name):
                message = f"The sheet “{layout.SHEET_OF[module].title}” has no row, or more than one, called so."
                imported.remarks.append(Remark(Weight.ERROR, grid.place(number, column), message, name))


def pairs(grid: Grid | None, names: Names, long: Mapping[str, str], imported: Imported) -> None:
    if grid is None:
        return
    modules = {folded(module.label): module for module in MODULES}
    listed = {line.path: line for line in imported.dossier.files}
    for number, cells in grid.rows[1:]:
        what, which, namespace, name, value, unit, curie = (
            (cells[place].strip() if place < len(cells) else "") for place in range(len(layout.PAIR_COLUMNS))
        )
        pair = Pair(namespace, name, long.get(value, value), unit, curie)
        module = modules.get(folded(what))
        if folded(what) == "file":
            if which not in listed:
                listed[which] = FileLine(which)
                imported.dossier.files.append(listed[which])
            listed[which].pairs.append(pair)
        elif module is not None and (not module.repeated or names.meant(module.key, which)):
            entity = f"{module.key}/{names.meant(module.key, which)}" if module.repeated else STUDY.key
            imported.dossier.pairs.setdefault(entity, []).append(pair)
        else:
            message = f"There is no {what or 'row'} “{which}”; this value is kept with the study."
            imported.remarks.append(Remark(Weight.ERROR, grid.place(number), message, value[:200]))
            imported.dossier.pairs.setdefault(STUDY.key, []).append(pair)
