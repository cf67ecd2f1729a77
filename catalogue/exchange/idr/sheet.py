"""The rows of a study file or of one screen in it, whose cells are taken one by one until none is left."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from catalogue.exchange.accessions import Accession, read_accession
from catalogue.exchange.idr.labels import ACCESSION, REF
from catalogue.exchange.tab import Row


@dataclass(frozen=True)
class Cell:
    """One value. `column` and `occurrence` (of the label) count from 1, `number` is the line of the file."""

    label: str
    column: int
    occurrence: int
    number: int
    value: str


class Sheet:
    def __init__(self, rows: Sequence[Row]) -> None:
        self.rows = rows
        self._left: dict[tuple[str, int, int], Cell] = {}
        self._all: dict[tuple[str, int, int], Cell] = {}
        counts: dict[str, int] = {}
        for row in rows:
            counts[row.label] = counts.get(row.label, 0) + 1
            for column, value in enumerate(row.values, 1):
                if value.strip():
                    cell = Cell(row.label, column, counts[row.label], row.number, value)
                    self._all[row.label, column, cell.occurrence] = cell
        self._left = dict(self._all)

    def has(self, label: str) -> bool:
        return any(row.label == label for row in self.rows)

    def look(self, label: str, column: int = 1, occurrence: int = 1) -> str:
        """The value, which stays to be taken; nothing if there is none."""
        cell = self._all.get((label, column, occurrence))
        return cell.value if cell else ""

    def take(self, label: str, column: int = 1, occurrence: int = 1) -> Cell | None:
        return self._left.pop((label, column, occurrence), None)

    def width(self, *labels: str) -> int:
        """The last column in which one of these rows has a value."""
        return max((column for label, column, _ in self._all if label in labels), default=0)

    def left(self) -> Iterator[Cell]:
        """The cells that nothing took, by row, those of terms last, so that they can be taken with their values."""
        for key in sorted(self._left, key=lambda key: key[0].endswith((REF, ACCESSION))):
            if key in self._left:
                yield self._left.pop(key)

    def term(self, cell: Cell) -> tuple[Accession, list[Cell]]:
        """The term that stands below a value, and the cells that say it and that nothing else holds.

        If they say no more than the CURIE they count as taken; else they are left.
        """
        read, cells = self.term_beside(cell)
        if read.is_plain:
            for one in cells:
                self._left.pop((one.label, one.column, one.occurrence))
        return read, cells

    def term_beside(self, cell: Cell) -> tuple[Accession, list[Cell]]:
        """The same, with all cells left."""
        stem = self._stem(cell)
        ref = self._left.get((stem + REF, cell.column, cell.occurrence))
        accession = self._left.get((stem + ACCESSION, cell.column, cell.occurrence))
        read = read_accession(ref.value if ref else "", accession.value if accession else "")
        return read, [one for one in (ref, accession) if one]

    def _stem(self, cell: Cell) -> str:
        """What the labels of a value's term begin with: “Phenotype Term Name” has “Phenotype Term Accession”."""
        for ending in (" Term Name", " Type"):
            stem = cell.label.removesuffix(ending)
            if stem != cell.label and not self.has(cell.label + ACCESSION):
                return stem
        return cell.label
