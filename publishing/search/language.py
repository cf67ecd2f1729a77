"""The query language: what is typed into the box, an address or the API, read into clauses.

mouse "light sheet" -fixed          words, a phrase, without a word
organism:Mammalia                   a field; a term finds those below it too
pixel_size:<0.2um  published:2024..2025-06   numbers with units and dates: < <= > >= and a range
"Gene Symbol"=NF1                   a key-value of an image
marker:(CD45 AND CD8) OR title:atlas         AND, OR, NOT and brackets
"""

from dataclasses import dataclass

from publishing.search.clauses import And, Clause, Everything, Text

LONGEST = 1_000  # characters


@dataclass(frozen=True)
class QueryProblem:
    """What is wrong with a query, and where: characters `start` to `end` of it."""

    message: str
    start: int
    end: int


@dataclass(frozen=True)
class Reading:
    """The clause that a hit must fulfil; if there are problems, that of all words as they stand."""

    clause: Clause
    problems: tuple[QueryProblem, ...] = ()

    @property
    def has_words(self) -> bool:
        """Whether there is anything by which hits can be ranked."""
        return any(isinstance(part, Text) for part in _all(self.clause))


def read(q: str) -> Reading:
    words = tuple(Text(word) for word in q.split())
    return Reading(And(words) if words else Everything())


def _all(clause: Clause) -> list[Clause]:
    return [clause, *(clause.parts if isinstance(clause, And) else ())]
