"""Rows by the hundred thousand: past the ORM's objects, in as few statements as the driver makes of them."""

import uuid
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

from django.db import connection, models

BATCH = 500  # values that one statement asks for
ROWS = 5000  # held in memory to be inserted


def insert_rows(
    model: type[models.Model], columns: Sequence[str], rows: Iterable[Sequence[Any]], *, unless_there: bool = False
) -> None:
    """Insert rows of plain values, in the order of `columns` (names of the model's fields). Other columns get their
    fields' defaults; ids that the database makes are not told. `unless_there` leaves out rows that break a constraint
    of uniqueness."""
    given: list[Any] = [model._meta.get_field(name) for name in columns]
    others = [one for one in model._meta.concrete_fields if one not in given and not isinstance(one, models.AutoField)]
    made = [one for one in others if one.has_default() and callable(one.default)]
    fixed = [one for one in others if one not in made]
    makers, rest = [one.default for one in made], [one.get_default() for one in fixed]
    fields = [*given, *made, *fixed]
    ids = _as_text([*given, *made])
    names = ", ".join(connection.ops.quote_name(one.column) for one in fields)
    sql = f"INSERT INTO {connection.ops.quote_name(model._meta.db_table)} ({names}) VALUES ({_marks(len(fields))})"
    sql += " ON CONFLICT DO NOTHING" if unless_there else ""
    left = iter(rows)
    with connection.cursor() as cursor:
        while part := [[*row, *(make() for make in makers), *rest] for row in islice(left, ROWS)]:
            for place in ids:
                for values in part:
                    if values[place] is not None:
                        values[place] = values[place].hex
            cursor.executemany(sql, part)


def find_rows(
    model: type[models.Model], columns: Sequence[str], by: str, wanted: Iterable[Any], **same: Any
) -> Iterator[tuple[Any, ...]]:
    """The `columns` (names of the model's fields) of those rows whose field `by` is one of `wanted` and whose other
    fields are as `same` says, in no order. UUIDs come as such, all else as the driver gives it."""
    fields: list[Any] = [model._meta.get_field(name) for name in columns]
    quote = connection.ops.quote_name
    key: Any = model._meta.get_field(by)
    others: dict[Any, Any] = {model._meta.get_field(name): value for name, value in same.items()}
    sql = f"SELECT {', '.join(quote(one.column) for one in fields)} FROM {quote(model._meta.db_table)} WHERE "
    sql += "".join(
        f"{quote(one.column)} {'IS NULL' if value is None else '= %s'} AND " for one, value in others.items()
    )
    sql += f"{quote(key.column)} IN "
    ids = _as_text(fields)
    values = _stored(wanted)
    first = _stored(value for value in others.values() if value is not None)
    for start in range(0, len(values), BATCH):
        part = values[start : start + BATCH]
        with connection.cursor() as cursor:
            cursor.execute(f"{sql}({_marks(len(part))})", [*first, *part])
            rows = cursor.fetchall()
        yield from (_with_ids(row, ids) for row in rows) if ids else rows


def _marks(count: int) -> str:
    return ", ".join(["%s"] * count)


def _as_text(fields: Sequence[Any]) -> list[int]:
    """The places of the UUIDs among these columns, if the database keeps UUIDs as text."""
    if connection.features.has_native_uuid_field:
        return []
    ends = [one.target_field if one.remote_field else one for one in fields]
    return [place for place, one in enumerate(ends) if isinstance(one, models.UUIDField)]


def _stored(values: Iterable[Any]) -> list[Any]:
    if connection.features.has_native_uuid_field:
        return list(values)
    return [value.hex if isinstance(value, uuid.UUID) else value for value in values]


def _with_ids(row: Sequence[Any], ids: Sequence[int]) -> tuple[Any, ...]:
    values = list(row)
    for place in ids:
        if values[place] is not None:
            values[place] = uuid.UUID(values[place])
    return tuple(values)
