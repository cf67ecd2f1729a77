"""A list of files with all that is known of them, for what IDR's own tables cannot say."""

from collections.abc import Mapping, Sequence

from catalogue.exchange.dossier import FileLine, Pair
from catalogue.exchange.idr.columns import PLATE, WELL

_HEAD = ["Path", "Bytes", "SHA-256", PLATE, WELL, "Specimen"]
_UNIT, _TERM = "Unit", "Term"


def listed_rows(lines: Sequence[FileLine], specimens: Mapping[str, int]) -> list[list[str]]:
    """The list: three columns a named value, if it has a unit or term. `specimens` gives the number of each."""
    columns: dict[tuple[str, str, int], None] = {}
    cells: list[dict[tuple[str, str, int], Pair]] = []
    for line in lines:
        row: dict[tuple[str, str, int], Pair] = {}
        for pair in line.pairs:
            number = sum((pair.namespace, pair.name) == key[:2] for key in row)
            row[pair.namespace, pair.name, number] = pair
        cells.append(row)
        columns |= dict.fromkeys(row)
    with_more = {key for row in cells for key, pair in row.items() if pair.unit or pair.curie}
    head = list(_HEAD)
    for key in columns:
        head += [f"{key[0]} | {key[1]}", *([_UNIT, _TERM] if key in with_more else [])]
    rows = [head]
    for line, row in zip(lines, cells, strict=True):
        values = [line.path, "" if line.size is None else str(line.size), line.sha256, line.plate, line.well]
        values.append(str(specimens.get(line.specimen, "")))
        for key in columns:
            held = row.get(key)
            values.append(held.value if held else "")
            if key in with_more:
                values += [held.unit, held.curie] if held else ["", ""]
        rows.append(values)
    return rows


def read_listed(header: Sequence[str], cells: Sequence[str], specimens: Sequence[str]) -> FileLine | None:
    """The line that a row of such a list holds; None if the row has no path."""
    row = [*cells, *[""] * (len(header) - len(cells))]
    path, size, digest, plate, well, number = row[: len(_HEAD)]
    if not path:
        return None
    pairs: list[Pair] = []
    for at in range(len(_HEAD), len(header)):
        if header[at] in (_UNIT, _TERM):
            continue
        namespace, _, name = header[at].partition(" | ")
        with_more = header[at + 1 : at + 3] == [_UNIT, _TERM]
        unit, curie = row[at + 1 : at + 3] if with_more else ("", "")
        if row[at] or unit or curie:
            pairs.append(Pair(namespace if name else "", name or namespace, row[at], unit, curie))
    at = int(number) if number.isascii() and number.isdigit() and len(number) < 9 else 0
    specimen = specimens[at - 1] if 0 < at <= len(specimens) else ""
    bytes_ = int(size) if size.isascii() and size.isdigit() and len(size) < 20 else None
    return FileLine(path, "", bytes_, digest, pairs, plate, well, specimen)


def is_listed(header: Sequence[str]) -> bool:
    return list(header[: len(_HEAD)]) == _HEAD
