"""What a hit must fulfil, as data: what the query language is read into, and all that an engine has to translate."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Everything:
    """Fulfilled by every document."""


@dataclass(frozen=True)
class Text:
    """Words somewhere in a document, or in one field of kind TEXT: all of them, side by side if it is a `phrase`.

    With `begun`, the last word is the beginning of one ("chrom*"); with `unfinished` it may be one, if no document
    holds it: it is the last that was typed.
    """

    words: str
    phrase: bool = False
    begun: bool = False
    unfinished: bool = False
    field: str = ""


@dataclass(frozen=True)
class OneOf:
    """A field of kind VALUE or TERM, or a facet, has one of these values; case is ignored.

    A term is found by its CURIE, its label, and the CURIEs of the terms above it.
    """

    field: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Range:
    """A NUMBER in the field's unit, or a DATE as seconds since 1970 UTC, lies between; None is no bound.

    Of a field with several numbers (wavelengths) one must lie there.
    """

    field: str
    low: float | None = None
    high: float | None = None
    low_is_in: bool = True
    high_is_in: bool = True


@dataclass(frozen=True)
class Pair:
    """A key-value with this name and value, case ignored; any value if it is empty, a beginning of it if `begun`."""

    name: str
    value: str = ""
    begun: bool = False


@dataclass(frozen=True)
class Present:
    """The field has a value at all ("marker:*")."""

    field: str


@dataclass(frozen=True)
class And:
    parts: tuple["Clause", ...]


@dataclass(frozen=True)
class Or:
    parts: tuple["Clause", ...]


@dataclass(frozen=True)
class Not:
    part: "Clause"


Clause = Everything | Text | OneOf | Range | Pair | Present | And | Or | Not


def parts_of(clause: Clause) -> Iterator[Clause]:
    """The clause and all in it, but for what is excluded."""
    yield clause
    if isinstance(clause, And | Or):
        for part in clause.parts:
            yield from parts_of(part)


def replaced(clause: Clause, change: Callable[[Clause], Clause]) -> Clause:
    """The clause with each of its leaves changed."""
    if isinstance(clause, And):
        return And(tuple(replaced(part, change) for part in clause.parts))
    if isinstance(clause, Or):
        return Or(tuple(replaced(part, change) for part in clause.parts))
    if isinstance(clause, Not):
        return Not(replaced(clause.part, change))
    return change(clause)
