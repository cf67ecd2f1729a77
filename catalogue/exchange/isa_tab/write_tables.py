"""Samples and file lines → ISA-Tab's tables."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from catalogue.exchange.dossier import FileLine, Pair
from catalogue.exchange.isa_tab.assays import BYTES, DIGEST, PLATE, RAW, WELL
from catalogue.exchange.isa_tab.labels import TABLE
from catalogue.exchange.isa_tab.table import ACCESSION, PROTOCOL, REF, SAMPLE, SOURCE, UNIT, is_node, term_cells

Key = tuple[str, int]  # label, and which of several


@dataclass(frozen=True)
class Entry:
    """One row of the study table."""

    source: str
    sample: str
    protocols: Sequence[str]
    characteristics: Sequence[Pair]
    factors: Sequence[Pair]
    kept: Sequence[Pair]


def study_table(entries: Sequence[Entry]) -> list[list[str]]:
    """Source, what it is, protocols, sample, what is said of it, factors."""
    before = _Block([entry.characteristics for entry in entries])
    kept = [[(_is_between(pair), pair) for pair in entry.kept] for entry in entries]
    between = _Block([[pair for is_between, pair in pairs if is_between] for pairs in kept])
    after = _Block([[pair for is_between, pair in pairs if not is_between] for pairs in kept])
    factors = _Block([entry.factors for entry in entries])
    refs = max((len(entry.protocols) for entry in entries), default=0)
    head = [SOURCE, *before.head, *[PROTOCOL] * refs, *between.head, SAMPLE, *after.head, *factors.head]
    rows = [head]
    for number, entry in enumerate(entries):
        protocols = [*entry.protocols, *[""] * (refs - len(entry.protocols))]
        rows.append([entry.source, *before.cells(number), *protocols, *between.cells(number), entry.sample,
                     *after.cells(number), *factors.cells(number)])  # fmt: skip
    return rows


def _is_between(pair: Pair) -> bool:
    """Whether it belongs to what was done between source and sample."""
    return is_node(pair.name) or pair.name.startswith("Parameter Value[")


def assay_table(
    name: str,
    lines: Sequence[FileLine],
    samples: Mapping[str, str],
    protocols: Sequence[str],
    without_files: Sequence[str],
) -> list[list[str]]:
    """Sample, protocols, file and what is said of it; with no files, a row a sample."""
    native = [[pair for pair in line.pairs if _is_native(pair)] for line in lines]
    before = _Block([[pair for pair in pairs if not pair.name.startswith("Comment[")] for pairs in native])
    after = _Block([[pair for pair in pairs if pair.name.startswith("Comment[")] for pairs in native])
    foreign = _Block([list(_foreign(line)) for line in lines])
    own = [
        (label, [str(value) for value in values])
        for label, values in (
            (BYTES, ["" if line.size is None else line.size for line in lines]),
            (DIGEST, [line.sha256 for line in lines]),
            (PLATE, [line.plate for line in lines]), (WELL, [line.well for line in lines]),
        ) if any(values)
    ]  # fmt: skip
    head = [SAMPLE, *[PROTOCOL] * len(protocols), *before.head, RAW, *after.head, *(label for label, _ in own),
            *foreign.head]  # fmt: skip
    rows = [head]
    for number, line in enumerate(lines):
        path = "" if line.path == f"{name}#row={len(rows) + 1}" else line.path
        rows.append([samples.get(line.specimen, ""), *protocols, *before.cells(number), path, *after.cells(number),
                     *(values[number] for _, values in own), *foreign.cells(number)])  # fmt: skip
    there = {row[0] for row in rows[1:]}
    gap = [""] * (len(head) - 1 - len(protocols))
    rows += [[sample, *protocols, *gap] for sample in dict.fromkeys(without_files) if sample not in there]
    return rows


def _is_native(pair: Pair) -> bool:
    """Whether ISA has a column for it."""
    if pair.namespace != TABLE or pair.name in (SAMPLE, RAW, SOURCE):
        return False
    if is_node(pair.name):
        return not pair.unit and not pair.curie and not pair.name.endswith(" File")
    return pair.name.startswith(
        ("Parameter Value[", "Factor Value[", "Characteristics[", "Comment[")
    ) and pair.name.endswith("]")


def _foreign(line: FileLine) -> Iterable[Pair]:
    for pair in line.pairs:
        if _is_native(pair) or not pair.name:
            continue
        name = f"{pair.namespace} | {pair.name}"
        yield Pair(TABLE, f"Comment[{name}]", pair.value)
        if pair.unit:
            yield Pair(TABLE, f"Comment[{name} | unit]", pair.unit)
        if pair.curie:
            yield Pair(TABLE, f"Comment[{name} | term]", pair.curie)


class _Block:
    """Attributes of rows as columns: one a label, and unit or term beside it where a row has one."""

    def __init__(self, rows: Sequence[Sequence[Pair]]) -> None:
        self._rows: list[dict[Key, Pair]] = []
        columns: dict[Key, None] = {}
        for pairs in rows:
            row: dict[Key, Pair] = {}
            for pair in pairs:
                row[pair.name, sum(label == pair.name for label, _ in row)] = pair
            self._rows.append(row)
            columns |= dict.fromkeys(row)
        self._columns = list(columns)
        pairs_of = {key: [row[key] for row in self._rows if key in row] for key in self._columns}
        self._units = {key for key, pairs in pairs_of.items() if any(pair.unit for pair in pairs)}
        self._terms = {key for key, pairs in pairs_of.items() if any(pair.curie for pair in pairs)}
        self.head: list[str] = []
        for key in self._columns:
            self.head += [
                key[0],
                *([UNIT] if key in self._units else []),
                *([REF, ACCESSION] if key in self._terms else []),
            ]

    def cells(self, number: int) -> list[str]:
        cells: list[str] = []
        for key in self._columns:
            pair = self._rows[number].get(key, Pair("", "", ""))
            cells.append(pair.value)
            cells += [pair.unit] if key in self._units else []
            cells += term_cells(pair.curie) if key in self._terms else []
        return cells
