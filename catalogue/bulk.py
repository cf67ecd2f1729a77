"""Rows by the hundred thousand: past the ORM's objects, in as few statements as the driver makes of them."""

import uuid
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection, models


def insert_rows(model: type[models.Model], columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Insert rows of plain values, in the order of `columns` (names of the model's fields). Other columns get their
    fields' defaults; ids that the database makes are not told."""
    given: list[Any] = [model._meta.get_field(name) for name in columns]
    others = [one for one in model._meta.concrete_fields if one not in given and not isinstance(one, models.AutoField)]
    names = [connection.ops.quote_name(one.column) for one in (*given, *others)]
    marks = ", ".join(["%s"] * len(names))
    sql = f"INSERT INTO {connection.ops.quote_name(model._meta.db_table)} ({', '.join(names)}) VALUES ({marks})"
    rest = [one.get_default for one in others]
    native = connection.features.has_native_uuid_field
    filled = ((*row, *(default() for default in rest)) for row in rows)
    with connection.cursor() as cursor:
        cursor.executemany(
            sql,
            [[value.hex if not native and isinstance(value, uuid.UUID) else value for value in row] for row in filled],
        )
