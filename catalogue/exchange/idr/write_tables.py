"""File lines → IDR's tables, and those that IDR has no table for → a list of files."""

from collections.abc import Iterable, Mapping, Sequence

from catalogue.exchange.accessions import columns_of
from catalogue.exchange.dossier import FileLine, Pair
from catalogue.exchange.idr import labels
from catalogue.exchange.idr.columns import DATASET, IMAGES, PLATE, WELL
from catalogue.exchange.idr.listed import listed_rows
from catalogue.exchange.idr.tables import ANNOTATION, ASSAYS, FILE_PATHS, FILES, LIBRARY, PLATES, PROCESSED
from catalogue.exchange.tab import to_text

Column = tuple[str, int]  # name, and which of several of this name
Record = list[Pair]
_EXTENSIONS = {ANNOTATION: "csv", LIBRARY: "txt", PROCESSED: "txt", ASSAYS: "txt", PLATES: "tsv", FILE_PATHS: "tsv"}


def table_files(
    lines: Sequence[FileLine],
    folders: Mapping[str, str],
    specimens: Mapping[str, int],
    accession: str,
    listed: set[int],
) -> dict[str, bytes]:
    """The tables by their names. `folders` names each component's; lines in `listed` (by number) go to the list."""
    files: dict[str, bytes] = {}
    for component in dict.fromkeys(line.component for line in lines):
        folder = folders.get(component, "")
        mine = [(number, line) for number, line in enumerate(lines) if line.component == component]
        native = [line for number, line in mine if number not in listed and _is_native(line)]
        others = [line for number, line in mine if number in listed or not _is_native(line)]
        base = f"{folder}/{accession}-{folder}" if folder else accession
        for kind, extension in _EXTENSIONS.items():
            rows = _list(native, kind) if kind in (PLATES, FILE_PATHS) else _table(native, kind)
            if rows:
                files[f"{base}-{kind}.{extension}"] = to_text(rows, delimiter="," if extension == "csv" else "\t")
        files |= _numbered(native)
        if others:
            files[f"{base}-{FILES}.tsv"] = to_text(listed_rows(others, specimens))
    return files


def _kind_of(pair: Pair) -> tuple[str, int]:
    """(kind, number of the row about the line) by a pair's namespace; nothing if it is of no table."""
    head, _, rest = pair.namespace.partition("/")
    kind, _, number = rest.partition("/")
    if head != labels.TABLES or kind not in _EXTENSIONS or (number and not (number.isascii() and number.isdigit())):
        return "", 0
    return kind, int(number) if number and len(number) < 9 else 1


def _is_native(line: FileLine) -> bool:
    """Whether IDR's tables can say all that the line does."""
    return (line.size is None and not line.sha256 and not line.specimen and bool(line.pairs)
            and all(_kind_of(pair)[0] and not pair.unit for pair in line.pairs))  # fmt: skip


def _records(line: FileLine, kind: str) -> list[Record]:
    """What each row of this kind says about the line."""
    rows: dict[int, Record] = {}
    for pair in line.pairs:
        of_kind, number = _kind_of(pair)
        if of_kind == kind:
            rows.setdefault(number, []).append(pair)
    return [rows[number] for number in sorted(rows)]


def _list(lines: Iterable[FileLine], kind: str) -> list[list[str]]:
    rows = []
    for line in lines:
        for record in _records(line, kind):
            cells = {pair.name: pair.value for pair in record}
            target = line.plate if kind == PLATES else f"Dataset:name:{line.path.rpartition('/')[0]}"
            width = max((int(name.split()[1]) for name in cells if name.startswith("Column ")), default=2)
            names = ["Path" if column == 2 else f"Column {column}" for column in range(2, width + 1)]
            rows.append([cells.get("Target", target), *(cells.get(name, "") for name in names)])
    return rows


def _table(lines: Sequence[FileLine], kind: str) -> list[list[str]]:
    """The rows about wells and images; those that are about neither are in tables of their own."""
    records = [(line, record) for line in lines if "#row=" not in line.path for record in _records(line, kind)]
    if not records:
        return []
    wells = any(line.well for line, _ in records)
    full = [(line, [*_identity(line, record), *record]) for line, record in records]
    table = _laid_out([record for _, record in full])
    if not wells:
        return table
    head = [PLATE, WELL, *table[0]]
    return [head, *([line.plate, line.well, *cells] for (line, _), cells in zip(full, table[1:], strict=True))]


def _identity(line: FileLine, record: Record) -> Record:
    """What tells which image a row is about, where an earlier table has said it."""
    if line.well:
        return []
    names = {pair.name for pair in record}
    wanted: list[tuple[str, ...]] = [] if DATASET in names else [(DATASET,)]
    wanted += [] if names & set(IMAGES) else [IMAGES]
    found = (next((pair for pair in line.pairs if pair.name in some), None) for some in wanted)
    return [pair for pair in found if pair]


def _laid_out(records: Sequence[Record]) -> list[list[str]]:
    """Heading and rows, a term's ontology and accession beside its value."""
    columns: dict[Column, None] = {}
    terms: set[Column] = set()
    cells: list[dict[Column, Pair]] = []
    for record in records:
        row: dict[Column, Pair] = {}
        for pair in record:
            number = sum(name == pair.name for name, _ in row)
            row[pair.name, number] = pair
        cells.append(row)
        columns |= dict.fromkeys(row)
        terms |= {column for column, pair in row.items() if pair.curie}
    order = [column for column in columns if not _is_raw(column, columns)]
    raw = {column: [(f"{column[0]} Term Source {part}", 0) for part in ("REF", "Accession")] for column in order}
    has_term = {column for column in order if column in terms or any(name in columns for name in raw[column])}
    head = [name for column in order for name in (column[0], *_heads(column, has_term))]
    rows = [[cell for column in order for cell in _cells(column, row, raw[column], has_term)] for row in cells]
    return [head, *rows]


def _is_raw(column: Column, columns: Mapping[Column, None]) -> bool:
    """Whether it is part of another column's term, kept as the input had it."""
    for part in (" Term Source REF", " Term Source Accession"):
        owner = column[0].removesuffix(part)
        if owner != column[0]:
            return (owner, 0) in columns
    return False


def _heads(column: Column, has_term: set[Column]) -> list[str]:
    if column not in has_term:
        return []
    if column[0].endswith(" Term Name"):
        return [column[0].removesuffix("Name") + "Accession"]
    return ["Term Source REF", "Term Source Accession"]


def _cells(column: Column, row: Mapping[Column, Pair], raw: Sequence[Column], has_term: set[Column]) -> list[str]:
    pair = row.get(column)
    cells = [pair.value if pair else ""]
    if column not in has_term:
        return cells
    kept = [row[name].value if name in row else "" for name in raw]
    if not any(kept) and pair and pair.curie:
        kept = list(columns_of(pair.curie))
    return cells + (kept[1:] if column[0].endswith(" Term Name") else kept)


def _numbered(lines: Sequence[FileLine]) -> dict[str, bytes]:
    """Tables whose rows are lines of their own, each row where it stood."""
    rows: dict[str, dict[int, Record]] = {}
    for line in lines:
        name, mark, place = line.path.rpartition("#row=")
        if mark and place.isascii() and place.isdigit() and 1 < int(place) < 10_000_000 and line.pairs:
            rows.setdefault(name, {})[int(place)] = line.pairs
    files = {}
    for name, by_number in rows.items():
        table = _laid_out([by_number[number] for number in sorted(by_number)])
        padded, height = [table[0]], _height(table[0])
        for number, cells in zip(sorted(by_number), table[1:], strict=True):
            padded += [[]] * (number - 1 - height)
            padded.append(cells)
            height = max(height, number - 1) + _height(cells)
        files[name] = to_text(padded, delimiter="," if name.endswith(".csv") else "\t")
    return files


def _height(cells: Sequence[str]) -> int:
    """How many lines a row takes."""
    return 1 + sum(cell.count("\n") for cell in cells)
