"""The tables beside a study file: annotations, libraries, processed data, assays, lists of plates and of file paths.

Rows about one well, image or file meet in one line. A row of processed data that is about neither goes to the wells
of the gene or reagent that it names, and is else a line of its own: `<table>#row=<n>`, as RFC 7111 writes it.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from catalogue.exchange.building import Builder
from catalogue.exchange.dossier import CannotRead, FileLine, Pair, Weight
from catalogue.exchange.idr import labels
from catalogue.exchange.idr.columns import Cells, Columns
from catalogue.exchange.idr.listed import is_listed, read_listed
from catalogue.exchange.idr.parts import Part, add_channel, channels_in
from catalogue.exchange.tab import read_text, table_rows

ANNOTATION, LIBRARY, PROCESSED, ASSAYS = "annotation", "library", "processed", "assays"
PLATES, FILE_PATHS, FILES = "plates", "filePaths", "files"
ORDER = (FILE_PATHS, PLATES, ANNOTATION, LIBRARY, ASSAYS, PROCESSED, FILES)  # those that make lines come first
MAX_CHANNELS = 12  # more than an instrument has: then the column tells of something else
_KIND = re.compile(
    r"-(annotation|library|processed|assays?|plates|filePaths|files)[\w.-]*\.(csv|tsv|txt)", re.IGNORECASE
)
_SERIES = re.compile(r"\s*\[[^\[\]]{0,200}\]$")
_BY_LOWER = {kind.lower(): kind for kind in ORDER} | {"assay": ASSAYS}


@dataclass
class Lines:
    """The lines of one component, and where those of a path, or of a value in a column, are."""

    component: str
    by_path: dict[str, FileLine] = field(default_factory=dict)
    rows_of: dict[tuple[str, str], int] = field(default_factory=dict)  # (path, kind) → rows met so far
    indices: dict[str, dict[str, list[FileLine]]] = field(default_factory=dict)
    channels: dict[tuple[str, str], None] = field(default_factory=dict)

    def line(self, builder: Builder, path: str, plate: str = "", well: str = "") -> FileLine:
        if path not in self.by_path:
            self.by_path[path] = builder.line(path, self.component, plate=plate, well=well)
        return self.by_path[path]

    def having(self, column: str, value: str) -> list[FileLine]:
        """The lines that have this value in a column of this name, which an earlier table gave them."""
        if column not in self.indices:
            index = self.indices[column] = {}
            for line in self.by_path.values():
                for text in {pair.value for pair in line.pairs if pair.name == column}:
                    index.setdefault(text, []).append(line)
        return self.indices[column].get(value, [])


def read_tables(builder: Builder, files: Mapping[str, Path], parts: Sequence[Part]) -> None:
    """Read every table into lines. What is no table of IDR is told of."""
    tables = []
    for name in sorted(files):
        kind = _KIND.search(PurePosixPath(name).name)
        part = _part_of(name, parts)
        if kind is None:
            _pass_over(builder, name)
        else:
            tables.append((ORDER.index(_BY_LOWER[kind[1].lower()]), name, kind[2].lower(), part))
    lines: dict[str, Lines] = {}
    for order, name, extension, part in sorted(tables, key=lambda table: table[:2]):
        component = part.component if part else ""
        mine = lines.setdefault(component, Lines(component))
        delimiter = "," if extension == "csv" else "\t"
        try:
            text = read_text(files[name], name=name)
            for number in text.mixed[:1]:
                message = (
                    f"{len(text.mixed)} lines are not in UTF-8; they were read as Windows-1252. Check their accents."
                )
                builder.remark(Weight.NOTE, message, file=name, row=number)
            if ORDER[order] in (PLATES, FILE_PATHS):
                _list(builder, mine, ORDER[order], name, text.text, delimiter)
            elif ORDER[order] == FILES:
                _files(builder, component, name, text.text, delimiter)
            else:
                _table(builder, mine, ORDER[order], name, text.text, delimiter, part)
        except CannotRead as error:
            builder.remark(Weight.ERROR, error.reason, file=name, row=error.row)
    for part in parts:
        _channels(builder, part, lines.get(part.component))


def _part_of(name: str, parts: Sequence[Part]) -> Part | None:
    words = set(re.split(r"[-/]", name))
    found = [part for part in parts if part.folder in words]
    return found[0] if len(found) == 1 else parts[0] if len(parts) == 1 else None


def _pass_over(builder: Builder, name: str) -> None:
    what = "It is named as none of IDR's tables are; import it as a file list if it is one."
    if "bulkmap" in name:
        what = "It configures how OMERO shows the annotations, and holds no metadata of the study."
    builder.remark(Weight.NOTE, f"This file was not read. {what}", file=name)


def _list(builder: Builder, lines: Lines, kind: str, name: str, text: str, delimiter: str) -> None:
    """A list without headings: a plate or dataset, and where its images are in IDR's store."""
    for number, cells in table_rows(text, delimiter=delimiter, name=name):
        first = cells[0].strip()
        target = first.removeprefix("Dataset:name:")
        where = cells[1].strip() if len(cells) > 1 else ""
        if kind == PLATES:
            line = lines.line(builder, target, plate=target)
        else:
            line = lines.line(builder, f"{target}/{where.rpartition('/')[2]}".rstrip("/"))
        namespace = _namespace(lines, line, kind)
        raw = [("Target", cells[0])] if cells[0] != (target if kind == PLATES else f"Dataset:name:{target}") else []
        raw += [("Path" if column == 2 else f"Column {column}", cell) for column, cell in enumerate(cells[1:], 2)]
        line.pairs += [Pair(namespace, label, cell) for label, cell in raw if cell.strip()]
        if not where:
            builder.remark(Weight.NOTE, f"“{first}” has no path.", file=name, value=first, row=number)


def _files(builder: Builder, component: str, name: str, text: str, delimiter: str) -> None:
    rows = table_rows(text, delimiter=delimiter, name=name)
    _, header = next(rows, (0, []))
    if not is_listed(header):
        reason = "This list of files has no columns Path, Bytes, SHA-256, Plate, Well and Specimen."
        raise CannotRead(reason, file=name, row=1)
    for number, cells in rows:
        line = read_listed(header, cells, builder.ids("specimen"))
        if line is None:
            builder.remark(Weight.ERROR, "This row names no path.", file=name, value=" ".join(cells), row=number)
        else:
            line.component = component
            builder.imported.dossier.files.append(line)


def _namespace(lines: Lines, line: FileLine, kind: str) -> str:
    """The namespace for one more row of this kind about the line: the second has a number."""
    count = lines.rows_of[line.path, kind] = lines.rows_of.get((line.path, kind), 0) + 1
    return f"{labels.TABLES}/{kind}" + (f"/{count}" if count > 1 else "")


def _table(builder: Builder, lines: Lines, kind: str, name: str, text: str, delimiter: str, part: Part | None) -> None:
    rows = table_rows(text, delimiter=delimiter, name=name)
    _, header = next(rows, (0, []))
    columns = Columns(header, name)
    if kind in (ANNOTATION, LIBRARY) and (lacking := columns.lacking()):
        message = f"There is no column {lacking}, so the rows are kept by their number. Add it, and import again."
        builder.remark(Weight.ERROR, message, file=name, said=lacking, row=1)
    lines.indices.clear()
    width = 0
    for number, row in rows:
        if len(row) < len(header):
            width = width or number
        cells = columns.read(row)
        if kind in (ANNOTATION, LIBRARY):
            _note_channels(lines, cells)
        found = _lines_of(builder, lines, kind, name, number, cells, part)
        for line in found:
            _add(lines, line, kind, cells)
    if width:
        message = "From this row on there are fewer cells than columns. Is the file whole? What is there was read."
        builder.remark(Weight.NOTE if text.endswith("\n") else Weight.ERROR, message, file=name, row=width)
    for remark in columns.remarks():
        builder.imported.remarks.append(remark)


def _lines_of(
    builder: Builder, lines: Lines, kind: str, name: str, number: int, cells: Cells, part: Part | None
) -> list[FileLine]:
    """The lines that a row is about."""
    if cells.plate and cells.well:
        return [lines.line(builder, f"{cells.plate}/{cells.well}", cells.plate, cells.well)]
    image = _SERIES.sub("", cells.image)
    if image:
        return [lines.line(builder, f"{cells.dataset}/{image}" if cells.dataset else image)]
    if kind == PROCESSED:
        for column in (*(part.links if part else ()), *cells.names):
            if found := lines.having(column, cells.value(column)):
                return found
    path = cells.path or f"{name}#row={number}"
    return [lines.line(builder, path)]


def _add(lines: Lines, line: FileLine, kind: str, cells: Cells) -> None:
    """Give a line what a row says of it, but for what another table has said already."""
    if kind == ANNOTATION or "#row=" in line.path:
        namespace = _namespace(lines, line, kind)
        line.pairs += [Pair(namespace, pair.name, pair.value, pair.unit, pair.curie) for pair in cells.pairs]
        return
    known = {(pair.name, pair.value) for pair in line.pairs}
    new = [pair for pair in cells.pairs if (pair.name, pair.value) not in known]
    if new:
        namespace = _namespace(lines, line, kind)
        line.pairs += [Pair(namespace, pair.name, pair.value, pair.unit, pair.curie) for pair in new]


def _note_channels(lines: Lines, cells: Cells) -> None:
    if len(lines.channels) <= MAX_CHANNELS:
        lines.channels |= channels_in([cells.value("Channels")])


def _channels(builder: Builder, part: Part, lines: Lines | None) -> None:
    """The channels that the rows name, if they are the same few everywhere."""
    if lines and len(lines.channels) <= MAX_CHANNELS:
        for tag, content in lines.channels:
            add_channel(builder, part.specimen, tag, content, said="Channels")
