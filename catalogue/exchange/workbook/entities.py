"""The rows of a workbook's sheets as the rows of a document."""

from dataclasses import dataclass, field
from typing import Any

from catalogue.exchange.checking import checked
from catalogue.exchange.dossier import Imported, Pair, Place, Remark, Weight
from catalogue.exchange.workbook import layout
from catalogue.exchange.workbook.grid import Grid
from catalogue.exchange.workbook.layout import Column, Sheet
from catalogue.exchange.workbook.names import Names
from catalogue.paths import Path
from catalogue.rules.fields import Kind, Level
from catalogue.rules.rembi import MODULES, STUDY


@dataclass
class Row:
    """One row of a sheet as it was read; cells by column, places by the column's place."""

    sheet: Sheet
    grid: Grid
    number: int
    cells: dict[Column, tuple[int, str]] = field(default_factory=dict)
    unknown: list[tuple[int, str, str]] = field(default_factory=list)  # (place, heading, text)
    id: str = ""
    owner: str = ""
    values: dict[str, Any] = field(default_factory=dict)


def entities(rows: list[Row], imported: Imported) -> Names:
    """The rows of the modules themselves, with ids; gives how they are called."""
    document = imported.dossier.document
    taken: set[tuple[str, str]] = set()
    for row in rows:
        if row.sheet.table:
            continue
        module = row.sheet.module
        if module.repeated:
            if (module.key, row.id) in taken:
                message = "This id is there twice, as happens when a row is copied; this row is taken as a new one."
                imported.remarks.append(Remark(Weight.NOTE, row.grid.place(row.number), message, row.id))
                row.id = ""
            row.id = (row.id or f"{module.key}-row{row.number}").replace("/", "-")
            taken.add((module.key, row.id))
            document.setdefault(module.plural, []).append({"id": row.id, **row.values})
            target = document[module.plural][-1]
        elif module.plural in document:
            message = "A study has one row here; what this one holds is kept beside the fields."
            imported.remarks.append(Remark(Weight.ERROR, row.grid.place(row.number), message))
            row.unknown += [(place, one.heading, text) for one, (place, text) in row.cells.items()]
            target = {}
        else:
            target = document.setdefault(module.plural, {})
        row.values = target
        entity = f"{module.key}/{row.id}" if module.repeated else STUDY.key
        _take_row(row, entity, imported)
        _point_merged(row, entity, imported)
    return Names(document)


def _take_row(row: Row, entity: str, imported: Imported) -> None:
    for one, (place, text) in row.cells.items():
        at = row.grid.place(row.number, place, one.heading)
        if one.is_term:
            continue
        path = f"{entity}/{one.name}"
        imported.sources[path] = at
        if one.many:
            row.values[one.name] = _lines(row, one, text, path, at, imported)
        else:
            row.values[one.name] = _value(row, one, text, path, at, imported)
    for one, (place, text) in row.cells.items():
        if one.is_term and one.name not in row.values:  # a term without words
            at = row.grid.place(row.number, place, one.heading)
            curies = text.split("\n")
            row.values[one.name] = (
                [{one.field.name: {"text": "", "curie": curie.strip()}} for curie in curies if curie.strip()]
                if one.many else {"text": "", "curie": text}
            )  # fmt: skip
            imported.sources[f"{entity}/{one.name}"] = at
    for _place, heading, text in row.unknown:
        if heading:
            imported.dossier.pairs.setdefault(entity, []).append(Pair(layout.KEY, heading, text))
    for one in row.sheet.columns:
        if one.level is Level.REQUIRED and not one.is_term and one not in row.cells and row.sheet.table is None:
            imported.remarks.append(Remark(Weight.NOTE, row.grid.place(row.number), f"“{one.heading}” is required.",
                                           path=f"{entity}/{one.name}"))  # fmt: skip


def _term_of(row: Row, one: Column) -> str:
    """What the column for the term of this column holds."""
    return next((text for other, (_, text) in row.cells.items() if other.is_term and other.name == one.name), "")


def _value(row: Row, one: Column, text: str, path: str, at: Place, imported: Imported) -> Any:
    if one.field.kind is Kind.TERM:
        return {"text": text, "curie": _term_of(row, one)}
    return checked(one.field, text, path, at, imported.remarks)


def _lines(row: Row, one: Column, text: str, path: str, at: Place, imported: Imported) -> list[dict[str, Any]]:
    """A cell that holds a table of one column, a line a row."""
    parts = [part.strip() for part in text.split("\n")]
    curies = [part.strip() for part in _term_of(row, one).split("\n")] if one.field.kind is Kind.TERM else []
    found: list[dict[str, Any]] = []
    for number in range(max(len(parts), len(curies))):
        part = parts[number] if number < len(parts) else ""
        curie = curies[number] if number < len(curies) else ""
        if not part and not curie:
            continue
        if one.field.kind is Kind.TERM:
            found.append({one.field.name: {"text": part, "curie": curie}})
        else:
            place = f"{path}/{len(found)}/{one.field.name}"
            found.append({one.field.name: checked(one.field, part, place, at, imported.remarks)})
    return found


def _point_merged(row: Row, entity: str, imported: Imported) -> None:
    """Let the proposals for merged cells of this row name its fields."""
    prefix = f"?{row.sheet.title}/{row.number}/"
    for number, remark in enumerate(imported.remarks):
        if remark.path.startswith(prefix):
            path = f"{entity}/{remark.path.removeprefix(prefix)}"
            imported.remarks[number] = Remark(
                remark.weight, remark.place, remark.message, remark.value, remark.proposal, path
            )


def references(rows: list[Row], names: Names, imported: Imported) -> None:
    """Ids in place of names. A name that no row has stays, with what is wrong with it."""
    for row in rows:
        if row.sheet.table:
            continue
        for one, (place, _) in row.cells.items():
            if one.field.kind is not Kind.REFERENCE:
                continue
            at = row.grid.place(row.number, place, one.heading)
            if one.many:
                for line in row.values.get(one.name, ()):
                    line[one.field.name] = _meant(one, line[one.field.name], names, at, imported)
            elif row.values.get(one.name):
                row.values[one.name] = _meant(one, row.values[one.name], names, at, imported)


def _meant(one: Column, name: str, names: Names, at: Place, imported: Imported) -> str:
    key = names.meant(one.field.target, name)
    if name and not key:
        home = layout.SHEET_OF[one.field.target].title
        message = f"The sheet “{home}” has no row, or more than one, that is called so."
        imported.remarks.append(Remark(Weight.ERROR, at, message, name))
    return key or name


def table_rows(rows: list[Row], names: Names, imported: Imported) -> None:
    """The rows of tables that have sheets of their own, to the rows that they belong to."""
    owners = {(module.key, row["id"]): row for module in MODULES if module.repeated
              for row in imported.dossier.document.get(module.plural, ())}  # fmt: skip
    for row in rows:
        if row.sheet.table is None:
            continue
        module, table = row.sheet.module, row.sheet.table
        key = names.meant(module.key, row.owner) if module.repeated else ""
        owner = (
            owners.get((module.key, key)) if module.repeated else imported.dossier.document.setdefault(STUDY.key, {})
        )
        if owner is None:
            home = layout.SHEET_OF[module.key].title
            said = f"The sheet “{home}” has no row, or more than one, called “{row.owner}”" if row.owner else (
                f"This row does not say to which {module.label.lower()} it belongs")  # fmt: skip
            message = f"{said}; it is kept beside the study’s fields."
            imported.remarks.append(Remark(Weight.ERROR, row.grid.place(row.number), message, row.owner))
            _keep_row(row, imported)
            continue
        entity = f"{module.key}/{key}" if module.repeated else STUDY.key
        lines = owner.setdefault(table.name, [])
        base = Path(module.key, key, table.name, len(lines))
        imported.sources.setdefault(f"{entity}/{table.name}", row.grid.place(row.number, said=table.label))
        lines.append(_line(row, base, names, imported))
        for _place, heading, text in row.unknown:
            imported.dossier.pairs.setdefault(entity, []).append(Pair(layout.KEY, f"{table.label}: {heading}", text))


def _line(row: Row, base: Path, names: Names, imported: Imported) -> dict[str, Any]:
    line: dict[str, Any] = {}
    for one, (place, text) in row.cells.items():
        at = row.grid.place(row.number, place, one.heading)
        if one.is_term:
            line.setdefault(one.name, {"text": "", "curie": text})["curie"] = text
        elif one.field.kind is Kind.TERM:
            line[one.name] = {"text": text, "curie": line.get(one.name, {}).get("curie", "")}
        elif one.field.kind is Kind.REFERENCE:
            line[one.name] = _meant(one, text, names, at, imported)
        else:
            path = f"{base}/{one.name}"
            line[one.name] = checked(one.field, text, path, at, imported.remarks)
    return line


def _keep_row(row: Row, imported: Imported) -> None:
    pairs = imported.dossier.pairs.setdefault(STUDY.key, [])
    owner = [(0, row.sheet.owner, row.owner)] if row.owner else []
    cells = [(place, one.heading, text) for one, (place, text) in row.cells.items()]
    for _place, heading, text in [*owner, *cells, *row.unknown]:
        pairs.append(Pair(f"{layout.KEY}: {row.grid.title}, row {row.number}", heading, text))
