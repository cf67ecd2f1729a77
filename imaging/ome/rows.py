"""Builds `Columns` from the attributes of one element after another."""

import itertools
from array import array
from collections.abc import Sequence

import numpy as np

from imaging.ome.columns import NumberColumn, TextColumn
from imaging.ome.document import Columns, Extra, OmeElement
from imaging.ome.fragments import clark
from imaging.ome.model import ENTITIES, NUMERIC, Kind

BATCH = 256  # small enough that the garbage collector has little to look at


class ColumnsBuilder:
    """Rows of one entity. Those that follow each other with the same attributes, as nearly all do, cost least."""

    def __init__(self, entity: str) -> None:
        self.entity = entity
        self.kinds: dict[str, Kind] = {a.name: a.kind for a in ENTITIES[entity].attributes if not a.element}
        if entity == "TiffData":
            self.kinds |= {"UUID": Kind.TEXT, "UUID/FileName": Kind.TEXT}
        self.rest: dict[int, OmeElement] = {}
        self.count = 0  # rows so far, with those that wait
        self._done = 0
        self._waiting: list[list[str]] = []
        self._numbers: dict[str, list[str]] = {}
        self._codes: dict[str, array[int]] = {}
        self._values: dict[str, dict[str, int]] = {}

    def add(self, attributes: list[str]) -> None:
        """A row; `attributes` are names and values in turn, and may grow until the next row is added."""
        if len(self._waiting) == BATCH:
            self._flush()
        self._waiting.append(attributes)
        self.count += 1

    def rest_of_last(self) -> OmeElement:
        """Where to put what the row added last has beyond its columns."""
        return self.rest_of(self.count - 1)

    def rest_of(self, row: int) -> OmeElement:
        """Where to put what a row has beyond its columns."""
        return self.rest.setdefault(row, OmeElement(self.entity))

    def finish(self) -> Columns:
        """All rows."""
        self._flush()
        numbers = {
            name: NumberColumn(integer=self.kinds[name] is Kind.INTEGER, joined="\n".join(parts))
            for name, parts in self._numbers.items()
        }
        texts = {
            name: TextColumn(np.array(codes, np.int32), tuple(self._values[name]))
            for name, codes in self._codes.items()
        }
        return Columns(self.entity, self.count, numbers, texts, self.rest)

    def _flush(self) -> None:
        waiting, self._waiting = self._waiting, []
        try:
            transposed = list(zip(*waiting, strict=True))
            alike = all(names.count(names[0]) == len(names) for names in transposed[::2])
        except ValueError:  # some have more attributes than others
            alike = False
        if alike and waiting:
            columns: dict[str, Sequence[str]] = {
                names[0]: values for names, values in zip(transposed[::2], transposed[1::2], strict=True)
            }
            self._append(columns, len(waiting))
            return
        for names, rows in itertools.groupby(waiting, key=lambda row: row[::2]):
            values = [row[1::2] for row in rows]
            columns = dict(zip(names, zip(*values, strict=True), strict=True))
            self._append(columns, len(values))

    def _append(self, columns: dict[str, Sequence[str]], count: int) -> None:
        """Rows of the same attributes."""
        before = self._done
        for name, column in list(columns.items()):
            kind = self.kinds.get(name)
            if kind is None:
                self._set_aside(name, columns.pop(name), before)
            elif kind in NUMERIC:
                self._numbers.setdefault(name, ["\n" * (before - 1)] if before else [])
                if "" in column or "\n" in "".join(column):
                    columns[name] = self._without_odd(name, column, before)
            elif name not in self._codes:
                self._codes[name], self._values[name] = array("i", [-1]) * before, {}
        for name, parts in self._numbers.items():
            parts.append("\n".join(columns.get(name) or [""] * count))
        for name, codes in self._codes.items():
            codes.extend(self._coded(name, columns.get(name), count))
        self._done += count

    def _coded(self, name: str, column: Sequence[str] | None, count: int) -> "array[int]":
        if column is None:
            return array("i", [-1]) * count
        index = self._values[name]
        first = index.setdefault(column[0], len(index))
        if column.count(column[0]) == count:
            return array("i", [first]) * count
        return array("i", [index.setdefault(value, len(index)) for value in column])

    def _set_aside(self, name: str, column: Sequence[str], before: int) -> None:
        """Keep an attribute that the schema does not know."""
        for row, value in enumerate(column, before):
            rest = self.rest_of(row)
            rest.extra = rest.extra or Extra()
            rest.extra.attributes[clark(name)] = value

    def _without_odd(self, name: str, column: Sequence[str], before: int) -> list[str]:
        """The column without what cannot stand in one of numbers: an empty text, or one of several lines."""
        kept = []
        for row, value in enumerate(column, before):
            odd = value == "" or "\n" in value
            if odd:
                self.rest_of(row).values[name] = value
            kept.append("" if odd else value)
        return kept
