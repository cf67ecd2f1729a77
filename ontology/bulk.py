"""Many rows into a table, past the ORM: NCBITaxon has five million."""

from collections.abc import Sequence
from typing import Any

from django.db import connection, models


def insert(
    model: type[models.Model], names: Sequence[str], rows: Sequence[tuple[Any, ...]], *, update_on: Sequence[str] = ()
) -> None:
    """Insert rows of these columns (`term_id`, not `term`). With `update_on`, a row that is there with the same values
    in these columns gets the other values."""
    if not rows:
        return
    quote = connection.ops.quote_name
    columns = ", ".join(quote(name) for name in names)
    conflict = ""
    if update_on:
        given = (f"{quote(name)} = excluded.{quote(name)}" for name in names if name not in update_on)
        conflict = f" ON CONFLICT ({', '.join(quote(name) for name in update_on)}) DO UPDATE SET {', '.join(given)}"
    into = f"INSERT INTO {quote(model._meta.db_table)} ({columns})"
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # One statement with an array a column; executemany sends a message a row and takes ten times as long.
            arrays = ", ".join(f"%s::{_array_type(model, name)}[]" for name in names)
            cursor.execute(
                f"{into} SELECT * FROM unnest({arrays}){conflict}", [list(c) for c in zip(*rows, strict=True)]
            )
        else:
            marks = ", ".join(["%s"] * len(names))
            cursor.executemany(f"{into} VALUES ({marks}){conflict}", rows)


def gather_statistics(*tables: type[models.Model]) -> None:
    """Have the database count what many new rows hold, so that it plans the next queries for them.

    PostgreSQL does so by itself only a minute later, and never within a transaction; until then a query may take it
    minutes instead of moments.
    """
    if connection.vendor != "postgresql":
        return
    names = ", ".join(connection.ops.quote_name(table._meta.db_table) for table in tables)
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {names}")


def _array_type(model: type[models.Model], name: str) -> str:
    """Without the length of a varchar, so that what is too long is an error and not cut."""
    field = model._meta.get_field(name.removesuffix("_id"))
    assert isinstance(field, models.Field)
    return str(field.db_type(connection)).partition("(")[0]
