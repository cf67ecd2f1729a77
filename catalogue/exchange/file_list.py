"""File lists: a table with a path column and any others, and platemaps joined to them by well.

What each column is, is guessed from its heading and may be said: `{"path": column, "columns": {column: role}}`.
"""

import functools
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from catalogue.exchange import tables
from catalogue.exchange.dossier import CannotRead, Dossier, FileLine, Files, Imported, Pair, Remark, Weight

KEY = "file-list"
NAMESPACE = "file-list"
PATH, PLATE, WELL, COMPONENT, SPECIMEN = "path", "plate", "well", "component", "specimen"
SIZE, CHECKSUM, PAIR, IGNORE = "size", "sha256", "pair", "ignore"
ROLES = (PATH, PAIR, PLATE, WELL, COMPONENT, SPECIMEN, SIZE, CHECKSUM, IGNORE)
BOUND = "term:"  # before the name of a binding of ontology.bindings: a key-value whose values are terms

_GUESSES = {
    PATH: ("files", "file", "path", "filepath", "filename", "file name", "file path", "image file", "image",
           "image path", "relative path", "url", "uri"),
    PLATE: ("plate", "plate name", "plate id", "plate barcode", "barcode", "assay plate barcode", "metadata plate"),
    WELL: ("well", "well id", "well position", "well name", "metadata well"),
    COMPONENT: ("component", "study component", "dataset", "dataset name", "comment [dataset]"),
    SPECIMEN: ("specimen", "preparation"),
    SIZE: ("size", "bytes", "file size"),
    CHECKSUM: ("sha256", "sha-256", "checksum (sha256)"),
}  # fmt: skip
_WELL = re.compile(r"(?<![A-Za-z0-9])([A-P]|A[A-F])-?_?0{0,2}([1-9]\d?)(?![0-9])")
_PLAIN_WELL = re.compile(r"([A-Za-z]{1,2})[ _-]?0*([1-9]\d?)")


@dataclass(frozen=True)
class Column:
    """A column with what it is taken for, and the first values in it."""

    name: str
    role: str
    examples: tuple[str, ...] = ()


@dataclass
class Layout:
    """The tables of an import as the mapping page shows them: the list, and platemaps that are joined to it."""

    columns: list[Column] = field(default_factory=list)
    platemaps: list[str] = field(default_factory=list)
    has_paths: bool = False


def is_mine(files: Files) -> bool:
    """Tables in which some column is called as paths or wells are."""
    if not files or not all(tables.is_table(name) for name in files):
        return False
    try:
        found = [table for name, path in files.items() for table in tables.read(path, name)[:1]]
    except CannotRead:
        return False
    return any({PATH, WELL} & set(_guess(table.header).values()) for table in found)


def layout(files: Files, mapping: Mapping[str, Any]) -> Layout:
    """What each column of the given tables is taken for."""
    found = Layout()
    seen: set[str] = set()
    for table in _tables(files):
        roles = _roles(table.header, mapping)
        if PATH in roles.values():
            found.has_paths = True
        elif WELL in roles.values():
            found.platemaps.append(_name(table))
        first = [cells for _, cells in (row for row, _ in zip(table.rows, range(50), strict=False))]
        for place, name in enumerate(table.header):
            if name not in seen:
                seen.add(name)
                values = dict.fromkeys(cells[place] for cells in first if cells[place])
                found.columns.append(Column(name, roles[name], tuple(values)[:3]))
    return found


def read(files: Files, mapping: Mapping[str, Any] | None = None, paths: Iterable[str] = ()) -> Imported:
    """The lines of a file list, each with what its platemap says of its well. Raises CannotRead.

    `paths` are those of the study's files: where no table lists paths, its rows go to the files whose path names the
    well (and the plate, if there is a column for it).
    """
    mapping = mapping or {}
    imported = Imported(Dossier())
    listed: list[tuple[tables.Table, dict[str, str]]] = []
    maps: list[_Platemap] = []
    for table in _tables(files):
        roles = _roles(table.header, mapping)
        if PATH in roles.values():
            listed.append((table, roles))
        elif WELL in roles.values():
            maps.append(_platemap(table, roles, imported))
        else:
            message = "No column here names files or wells, so this table was left out. Say which column does."
            imported.remarks.append(Remark(Weight.ERROR, table.place(), message))
    if not listed and not maps:
        raise CannotRead(
            "No column names files or wells. Say which column holds the paths.", file=next(iter(files), "")
        )
    for table, roles in listed:
        _take(table, roles, maps, imported)
    if not listed:
        _spread(maps, paths, imported)
    _unused_wells(maps, imported)
    return imported


def _tables(files: Files) -> Iterator[tables.Table]:
    for name, path in files.items():
        yield from tables.read(path, name)


def _name(table: tables.Table) -> str:
    return f"{table.file}, {table.sheet}" if table.sheet else table.file


def _guess(header: list[str]) -> dict[str, str]:
    """What each column is, by its heading. Of each kind the likeliest column only; the rest are key-values."""
    roles = dict.fromkeys(header, PAIR)
    plain = {name: " ".join(re.sub(r"[_\W]+", " ", name.casefold()).split()) for name in header}
    for role, words in _GUESSES.items():
        found = next((name for word in words for name in header if plain[name] == word and roles[name] == PAIR), None)
        if found is not None:
            roles[found] = role
    return roles


def _roles(header: list[str], mapping: Mapping[str, Any]) -> dict[str, str]:
    said = mapping.get("columns")
    roles = _guess(header)
    if not isinstance(said, Mapping):
        return roles
    for name in header:
        role = said.get(name)
        if role in ROLES or (isinstance(role, str) and role.startswith(BOUND)):
            roles[name] = role
    return roles


@dataclass
class _Platemap:
    table: tables.Table
    rows: dict[tuple[str, str], list[Pair]]  # (plate or "", well) → its values
    used: set[tuple[str, str]] = field(default_factory=set)

    def of(self, plate: str, well: str) -> list[Pair]:
        for key in ((plate, well), ("", well)):
            if key in self.rows:
                self.used.add(key)
                return self.rows[key]
        return []


def _platemap(table: tables.Table, roles: Mapping[str, str], imported: Imported) -> _Platemap:
    found = _Platemap(table, {})
    for number, cells in table.rows:
        line = _line(table, roles, cells, number, imported)
        if not line.well:
            message = "This row has no well, so it could not be joined to files."
            imported.remarks.append(Remark(Weight.ERROR, table.place(number), message, " ".join(cells)[:200]))
        elif (line.plate, line.well) in found.rows:
            message = f"The well {line.well} is there more than once; all its values are taken."
            imported.remarks.append(Remark(Weight.NOTE, table.place(number), message))
            found.rows[line.plate, line.well] += line.pairs
        else:
            found.rows[line.plate, line.well] = line.pairs
    imported.remarks += table.remarks
    return found


def _take(table: tables.Table, roles: Mapping[str, str], maps: list[_Platemap], imported: Imported) -> None:
    lines = imported.dossier.files
    for number, cells in table.rows:
        line = _line(table, roles, cells, number, imported)
        if not line.path:
            message = "This row names no file; its values were left out."
            imported.remarks.append(Remark(Weight.ERROR, table.place(number), message, " ".join(cells)[:200]))
            continue
        if maps and not line.well:
            line.well = well_in(line.path)
        for platemap in maps if line.well else ():
            line.pairs = line.pairs + platemap.of(line.plate, line.well)
        lines.append(line)
    imported.remarks += table.remarks


def _line(table: tables.Table, roles: Mapping[str, str], cells: list[str], number: int, imported: Imported) -> FileLine:
    line = FileLine("")
    for name, text in zip(table.header, cells, strict=False):
        if not text:
            continue
        role = roles[name]
        if role == PATH:
            line.path = text
        elif role == PLATE:
            line.plate = sys.intern(text)
        elif role == WELL:
            line.well = well_of(text)
            if not _is_plain(text):
                message = "A well is written as a letter and a number, as in B07. It is kept as it stands."
                imported.remarks.append(Remark(Weight.ERROR, table.place(number, name), message, text))
        elif role == COMPONENT:
            line.component = _named(imported, "components", text)
        elif role == SPECIMEN:
            line.specimen = _named(imported, "specimens", text)
        elif role == SIZE and text.isdecimal():
            line.size = int(text[:15])
        elif role == CHECKSUM:
            line.sha256 = text.lower()
        elif role != IGNORE:
            line.pairs.append(_pair(name, text))
    if extra := [cell for cell in cells[len(table.header) :] if cell]:
        message = "This row has more cells than there are headings; the rest is kept under “no heading”."
        imported.remarks.append(Remark(Weight.ERROR, table.place(number), message, " ".join(extra)[:200]))
        line.pairs += [_pair("no heading", cell) for cell in extra]
    return line


def _named(imported: Imported, part: str, title: str) -> str:
    """The id of the component or preparation of this name, which the study has or gets."""
    rows = imported.dossier.document.setdefault(part, [])
    if not any(row["id"] == title for row in rows):
        rows.append({"id": title, "title": title})
    return sys.intern(title)


@functools.lru_cache(maxsize=100_000)
def _pair(name: str, text: str) -> Pair:
    """The same values come back often, and are held in memory once."""
    return Pair(NAMESPACE, name, text)


def _spread(maps: list[_Platemap], paths: Iterable[str], imported: Imported) -> None:
    """Platemaps without a list: each row to the files whose path names its well."""
    plates = {plate for platemap in maps for plate, _ in platemap.rows if plate}
    for path in paths:
        well = well_in(path)
        plate = next((one for one in plates if one in path), "")
        pairs = [pair for platemap in maps for pair in platemap.of(plate, well)] if well else []
        if pairs:
            imported.dossier.files.append(FileLine(path, pairs=pairs, plate=plate, well=well))


def _unused_wells(maps: list[_Platemap], imported: Imported) -> None:
    for platemap in maps:
        left = [" ".join(key).strip() for key in platemap.rows if key not in platemap.used]
        if left:
            message = f"{len(left)} wells of this platemap fit no file: {', '.join(left[:20])}"
            imported.remarks.append(Remark(Weight.ERROR, platemap.table.place(), message))


@functools.lru_cache(maxsize=10_000)
def _is_plain(text: str) -> bool:
    return _PLAIN_WELL.fullmatch(text) is not None


@functools.lru_cache(maxsize=10_000)
def well_of(text: str) -> str:
    """A well in one spelling (B7, b07 and B-07 are B07); any other text as it is."""
    found = _PLAIN_WELL.fullmatch(text.strip())
    return f"{found[1].upper()}{int(found[2]):02d}" if found else text.strip()


def well_in(path: str) -> str:
    """The well that a file's name, or else a folder's, begins with or names; empty if none does."""
    for part in reversed(path.split("/")):
        if found := _WELL.search(part):
            return f"{found[1]}{int(found[2]):02d}"
    return ""
