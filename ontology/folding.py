"""Texts compared in the database as `ontology.names.comparing.fold` does in memory: case and runs of spaces aside."""

from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Func, TextField

from ontology.names.comparing import fold

_SQLITE_NAME = "vitrine_fold"


class Folded(Func):
    """The folded text of a column, sorted by code points. (PostgreSQL's lower case differs from Python's folding in a
    few letters, such as the German sharp s; texts with those stand apart in a list and are mapped alike.)"""

    arity = 1
    output_field = TextField()

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.as_sql(compiler, connection, function=_SQLITE_NAME, **context)

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        template = r"""LOWER(BTRIM(REGEXP_REPLACE(%(expressions)s, '\s+', ' ', 'g'))) COLLATE "C" """
        return self.as_sql(compiler, connection, template=template, **context)


def teach_sqlite(connection: BaseDatabaseWrapper, **_signal: Any) -> None:
    """Give a new connection the function that `Folded` calls on SQLite."""
    if connection.vendor == "sqlite":
        connection.connection.create_function(_SQLITE_NAME, 1, _fold, deterministic=True)


def _fold(text: str | None) -> str | None:
    return None if text is None else fold(text)
