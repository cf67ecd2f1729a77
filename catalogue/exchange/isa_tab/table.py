"""A study or assay table: each row a path of nodes (sources, protocols, samples, files), each with its attributes."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from catalogue.exchange.accessions import Fault, read_accession
from catalogue.exchange.dossier import Pair
from catalogue.exchange.isa_tab.labels import TABLE
from catalogue.exchange.terms import iri_of

UNIT, REF, ACCESSION = "Unit", "Term Source REF", "Term Accession Number"
SOURCE, SAMPLE, PROTOCOL = "Source Name", "Sample Name", "Protocol REF"
_NODE = re.compile(r"(?:[\w ]{1,60} )?(?:Name|File|REF)")
_SPACED = re.compile(r"^(Characteristics|Parameter Value|Factor Value|Comment)\s+\[")


@dataclass
class Node:
    label: str
    name: str
    attributes: list[Pair] = field(default_factory=list)

    @property
    def is_file(self) -> bool:
        return self.label.endswith(" File")


@dataclass(frozen=True)
class _Column:
    label: str
    unit: int | None = None
    ref: int | None = None
    accession: int | None = None


class Table:
    """The columns of a table. `faults` are those of terms, each once, with their column."""

    def __init__(self, header: Sequence[str]) -> None:
        names = [_SPACED.sub(r"\1[", name.strip()) or f"Column {at + 1}" for at, name in enumerate(header)]
        self.columns: dict[int, _Column] = {}
        self.faults: dict[tuple[str, Fault], None] = {}
        at = 0
        while at < len(names):
            found: dict[str, int] = {}
            after = at + 1
            while after < len(names) and names[after] in (UNIT, REF, ACCESSION) and names[after] not in found:
                found[names[after]] = after
                after += 1
            self.columns[at] = _Column(names[at], found.get(UNIT), found.get(REF), found.get(ACCESSION))
            at = after
        self.width = len(names)

    def labels(self) -> set[str]:
        return {column.label for column in self.columns.values()}

    def nodes(self, row: Sequence[str]) -> list[Node]:
        """The nodes of a row that have a name or attributes; what stands before the first is of a nameless one."""
        nodes = [Node("", "")]
        for at, column in self.columns.items():
            value = _cell(row, at)
            if is_node(column.label):
                nodes.append(Node(column.label, value.strip()))
            else:
                nodes[-1].attributes += self._attribute(column, row, value)
        nodes[-1].attributes += [
            Pair(TABLE, f"Column {at + 1}", row[at]) for at in range(self.width, len(row)) if row[at].strip()
        ]
        return [node for node in nodes if node.name or node.attributes]

    def _attribute(self, column: _Column, row: Sequence[str], value: str) -> Iterator[Pair]:
        unit, ref, accession = (_cell(row, at) for at in (column.unit, column.ref, column.accession))
        curie, kept = "", [(REF, ref), (ACCESSION, accession)]
        if not unit.strip() and value.strip():
            read = read_accession(ref, accession)
            curie = read.curie
            for fault in read.faults:
                where = column.label
                if not fault.of_term:
                    where += f" {REF if fault.value == ref else ACCESSION}"
                self.faults.setdefault((where, fault))
            if is_plain(curie, ref, accession):
                kept = []
        if value.strip() or unit.strip() or curie:
            yield Pair(TABLE, column.label, value, unit, curie)
        yield from (Pair(TABLE, f"{column.label} {name}", text) for name, text in kept if text.strip())


def is_node(label: str) -> bool:
    return bool(_NODE.fullmatch(label)) and label != REF


def is_plain(curie: str, ref: str, accession: str) -> bool:
    """Whether ontology and accession say no more than the CURIE."""
    return bool(curie) and (ref, accession) == term_cells(curie)


def term_cells(curie: str) -> tuple[str, str]:
    """(Term Source REF, Term Accession Number) of a CURIE: the prefix and the IRI; of none, two empty cells."""
    if not curie:
        return "", ""
    cells = curie.partition(":")[0], iri_of(curie)
    return cells if read_accession(*cells).curie == curie else ("", curie)


def _cell(row: Sequence[str], at: int | None) -> str:
    return row[at] if at is not None and at < len(row) else ""
