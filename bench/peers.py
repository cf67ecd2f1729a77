"""The same documents and searches in SQLite's FTS5 and PostgreSQL's tsvector, to be measured beside the embedded index.

Both are given the words as the embedded index makes them (folded, stemmed), so that all must find the same number.
"""

import os
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import psycopg

from publishing.search.clauses import And, Clause, Or, Pair, Text
from publishing.search.document import Document
from publishing.search.fields import TEXT_FIELDS
from publishing.search.tantivy_engine.query import stemming
from publishing.search.tantivy_engine.schema import fold

FACETS = ("organism", "method", "licence", "year", "format")
SHOWN = 24
BATCH = 2_000


@dataclass(frozen=True)
class Answer:
    """What a search gave: hits, the counts of five facets, and marked texts of the first hits."""

    total: int
    facets: dict[str, list[tuple[str, int]]]
    marked: list[str]


class Peer(Protocol):
    name: str

    def build(self, documents: Iterable[Document]) -> None: ...

    def search(self, clause: Clause) -> Answer: ...

    def count_pair(self, pair: Pair) -> int: ...


def stems_of(clause: Clause) -> tuple[str, list[str]]:
    """AND or OR, and the stems of the words. Raises ValueError for other clauses."""
    parts = clause.parts if isinstance(clause, And | Or) else (clause,)
    if not all(isinstance(part, Text) for part in parts):
        raise ValueError(f"not only words: {clause}")
    stems = [stem for part in parts if isinstance(part, Text) for stem in stemming.analyze(part.words)]
    return "OR" if isinstance(clause, Or) else "AND", stems


def words_of(document: Document) -> str:
    texts: list[str] = []
    for name in TEXT_FIELDS:
        value = getattr(document, name)
        if name == "key_values":
            value = [f"{pair.name} {pair.value}" for pair in value]
        texts += [value] if isinstance(value, str) else value
    return " ".join(stem for text in texts for stem in stemming.analyze(text))


def _facets_of(document: Document) -> tuple[str, ...]:
    return tuple(document.facets[name][0].value if document.facets.get(name) else "" for name in FACETS)


class _Pairs:
    """Key-values by a number for each that differs."""

    def __init__(self) -> None:
        self.numbers: dict[tuple[str, str], int] = {}

    def of(self, document: Document) -> set[int]:
        return {
            self.numbers.setdefault((fold(one.name), fold(one.value)), len(self.numbers)) for one in document.key_values
        }


class Fts5:
    """SQLite: a table for full-text search, one for facets, one of key-values."""

    name = "SQLite FTS5"

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(path)
        self._db.executescript(
            f"""
            PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -200000;
            CREATE VIRTUAL TABLE texts USING fts5(words, tokenize = 'unicode61');
            CREATE TABLE facets (id INTEGER PRIMARY KEY, {", ".join(f"{name} TEXT" for name in FACETS)});
            CREATE TABLE named (number INTEGER PRIMARY KEY, name TEXT, value TEXT, UNIQUE (name, value));
            CREATE TABLE said (pair INTEGER, document INTEGER, PRIMARY KEY (pair, document)) WITHOUT ROWID;
            """
        )

    def build(self, documents: Iterable[Document]) -> None:
        pairs = _Pairs()
        marks = ", ".join("?" * (1 + len(FACETS)))
        with self._db:
            for number, document in enumerate(documents, 1):
                self._db.execute("INSERT INTO texts (rowid, words) VALUES (?, ?)", (number, words_of(document)))
                self._db.execute(f"INSERT INTO facets VALUES ({marks})", (number, *_facets_of(document)))
                self._db.executemany("INSERT INTO said VALUES (?, ?)", ((one, number) for one in pairs.of(document)))
            rows = ((number, *pair) for pair, number in pairs.numbers.items())
            self._db.executemany("INSERT INTO named VALUES (?, ?, ?)", rows)
            self._db.execute("INSERT INTO texts (texts) VALUES ('optimize')")
        self._db.execute("ANALYZE")

    def search(self, clause: Clause) -> Answer:
        joint, stems = stems_of(clause)
        match = f" {joint} ".join(f'"{stem}"' for stem in stems)
        self._db.execute("DROP TABLE IF EXISTS temp.found")
        self._db.execute("CREATE TEMP TABLE found AS SELECT rowid AS id FROM texts WHERE texts MATCH ?", (match,))
        (total,) = self._db.execute("SELECT COUNT(*) FROM found").fetchone()
        facets = {
            name: self._db.execute(
                f"SELECT {name}, COUNT(*) FROM found JOIN facets USING (id) GROUP BY 1 ORDER BY 2 DESC LIMIT 100"
            ).fetchall()
            for name in FACETS
        }
        marked = self._db.execute(
            "SELECT snippet(texts, 0, '<mark>', '</mark>', '…', 30) FROM texts WHERE texts MATCH ? "
            f"ORDER BY rank LIMIT {SHOWN}",
            (match,),
        ).fetchall()
        return Answer(total, facets, [row[0] for row in marked])

    def count_pair(self, pair: Pair) -> int:
        found = self._db.execute(
            "SELECT COUNT(*) FROM said JOIN named ON number = pair WHERE name = ? AND value = ?",
            (fold(pair.name), fold(pair.value)),
        ).fetchone()
        return int(found[0])


class Tsvector:
    """PostgreSQL: a tsvector with a GIN index, columns of facets, a table of key-values, in a schema of its own."""

    name = "PostgreSQL"
    schema = "bench_search"

    def __init__(self, url: str) -> None:
        self._db = psycopg.connect(url, autocommit=True)
        self._run(f"DROP SCHEMA IF EXISTS {self.schema} CASCADE")
        self._run(f"CREATE SCHEMA {self.schema}")
        self._run(f"SET search_path TO {self.schema}")
        columns = ", ".join(f"{name} text" for name in FACETS)
        self._run(f"CREATE UNLOGGED TABLE documents (id int PRIMARY KEY, words text, vector tsvector, {columns})")
        self._run("CREATE UNLOGGED TABLE named (number int PRIMARY KEY, name text, value text)")
        self._run("CREATE UNLOGGED TABLE said (pair int, document int)")

    def build(self, documents: Iterable[Document]) -> None:
        pairs = _Pairs()
        said: list[tuple[int, int]] = []

        def rows() -> Iterator[tuple[Any, ...]]:
            for number, document in enumerate(documents, 1):
                said.extend((one, number) for one in pairs.of(document))
                yield number, words_of(document), *_facets_of(document)

        self._copy(f"documents (id, words, {', '.join(FACETS)})", rows())
        self._copy("named", ((number, *pair) for pair, number in pairs.numbers.items()))
        self._copy("said", said)
        self._run("UPDATE documents SET vector = to_tsvector('simple', words)")
        for index in ("documents USING gin (vector)", "named (name, value)", "said (pair, document)"):
            self._run(f"CREATE INDEX ON {index}")
        self._run("VACUUM ANALYZE documents, named, said")

    def search(self, clause: Clause) -> Answer:
        joint, stems = stems_of(clause)
        asked = (" | " if joint == "OR" else " & ").join(f"'{stem}'" for stem in stems)
        grouped = ", ".join(f"({name})" for name in FACETS)
        rows = self._run(
            f"SELECT GROUPING({', '.join(FACETS)}), {', '.join(FACETS)}, COUNT(*) FROM documents "
            f"WHERE vector @@ to_tsquery('simple', %s) GROUP BY GROUPING SETS ((), {grouped})",
            asked,
        )
        total = next(row[-1] for row in rows if row[0] == 2 ** len(FACETS) - 1)
        facets = {
            name: [(row[1 + place], row[-1]) for row in rows if not row[0] >> (len(FACETS) - 1 - place) & 1]
            for place, name in enumerate(FACETS)
        }
        marked = self._run(
            "SELECT ts_headline('simple', words, query) FROM (SELECT words, query FROM documents, "
            "to_tsquery('simple', %s) query WHERE vector @@ query "
            f"ORDER BY ts_rank(vector, query) DESC LIMIT {SHOWN}) best",
            asked,
        )
        return Answer(total, facets, [row[0] for row in marked])

    def count_pair(self, pair: Pair) -> int:
        asked = "SELECT COUNT(*) FROM said JOIN named ON number = pair WHERE name = %s AND value = %s"
        return int(self._run(asked, fold(pair.name), fold(pair.value))[0][0])

    def close(self) -> None:
        self._run(f"DROP SCHEMA {self.schema} CASCADE")
        self._db.close()

    def _copy(self, into: str, rows: Iterable[tuple[Any, ...]]) -> None:
        with self._db.cursor() as cursor, cursor.copy(f"COPY {into} FROM STDIN".encode()) as copy:
            for row in rows:
                copy.write_row(row)

    def _run(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        cursor = self._db.execute(statement.encode(), values or None)
        return cursor.fetchall() if cursor.description else []


def postgres_url() -> str:
    """Of the PostgreSQL that script/services started; "" without."""
    return os.environ.get("VITRINE_TEST_POSTGRES_URL", "")
