"""Labelled rows while they are written: cells by label, column and occurrence of the label."""

from collections.abc import Iterable, Sequence

from catalogue.exchange.accessions import columns_of
from catalogue.exchange.dossier import Pair
from catalogue.exchange.idr import labels


class Grid:
    def __init__(self) -> None:
        self._cells: dict[tuple[int, str], dict[int, str]] = {}  # (occurrence, label) → column → value

    def set(self, label: str, column: int, value: str, *, occurrence: int = 1) -> None:
        if value:
            self._cells.setdefault((occurrence, label), {})[column] = value

    def get(self, label: str, column: int = 1, occurrence: int = 1) -> str:
        return self._cells.get((occurrence, label), {}).get(column, "")

    def width(self, *names: str) -> int:
        return max((max(cells) for (_, label), cells in self._cells.items() if label in names), default=0)

    def set_term(self, label: str, column: int, value: str, curie: str, *, occurrence: int = 1) -> None:
        """A value and the term below it, unless that has been set as the input had it."""
        self.set(label, column, value, occurrence=occurrence)
        if not curie:
            return
        stem = term_stem(label)
        names = (stem + labels.REF, stem + labels.ACCESSION)
        if not any(self.get(name, column, occurrence) for name in names):
            for name, text in zip(names, columns_of(curie), strict=True):
                self.set(name, column, text, occurrence=occurrence)

    def set_pairs(self, pairs: Iterable[Pair]) -> None:
        """Put named values of IDR back where they stood."""
        placed = [(place, pair) for pair in pairs if (place := place_of(pair.namespace)) and _is_row(pair.name)]
        for (column, occurrence), pair in placed:
            self.set(pair.name, column, pair.value, occurrence=occurrence)
        for (column, occurrence), pair in placed:
            self.set_term(pair.name, column, pair.value, pair.curie, occurrence=occurrence)

    def rows(self, order: Sequence[str]) -> list[list[str]]:
        """The rows: those of `order` as they stand there, then the others."""
        position = {label: number for number, label in enumerate(order)}
        rows = []
        keys = sorted(self._cells, key=lambda key: (key[0], position.get(key[1], len(position)), key[1]))
        for key in keys:
            cells = self._cells[key]
            rows.append([key[1], *(cells.get(column, "") for column in range(1, max(cells) + 1))])
        return rows


def _is_row(label: str) -> bool:
    """Whether a row may begin with this and is not taken for something else."""
    return bool(label) and label == " ".join(label.split()) and label[0] not in '#"'


def term_stem(label: str) -> str:
    """What the labels of a value's term begin with."""
    if label + labels.ACCESSION in labels.KNOWN:
        return label
    for ending in (" Term Name", " Type"):
        stem = label.removesuffix(ending)
        if stem != label and stem + labels.ACCESSION in labels.KNOWN:
            return stem
    return label


def place_of(namespace: str) -> tuple[int, int] | None:
    """(column, occurrence) of a value in a study file, by its namespace; None if it is of none."""
    head, rest = namespace[: len(labels.NAMESPACE)], namespace[len(labels.NAMESPACE) :]
    if head != labels.NAMESPACE or (rest and not rest.startswith("/")):
        return None
    parts = rest.split("/")[1:]
    if len(parts) > 2 or not all(part.isascii() and part.isdigit() and 0 < len(part) < 6 for part in parts):
        return None
    numbers = [int(part) for part in parts] + [1, 1]
    return (numbers[0], numbers[1]) if parts else (1, 1)
