"""Choices that need no person: a reference that must be made, where there is only one row to refer to."""

from collections.abc import Iterator, Mapping
from typing import Any

from catalogue.rules import BY_KEY, MODULES, Field, Kind, Level

Choice = tuple[str, str, str, Any]  # module, id, field, value as documents have it
Ids = Mapping[str, list[str]]


def only_choices(document: Mapping[str, Any]) -> Iterator[Choice]:
    """Required references of rows that are still empty, each with the only row that it can name.

    Among them tables of references, as one line; a study's only component is made with all set-ups that there are.
    """
    ids = {
        module.key: [str(row["id"]) for row in document.get(module.plural) or ()]
        for module in MODULES
        if module.repeated
    }
    for module in MODULES:
        for row in document.get(module.plural) or () if module.repeated else ():
            for one in module.fields:
                if one.level is Level.REQUIRED and not row.get(one.name):
                    is_only = len(ids[module.key]) == 1
                    if value := _line(one, ids, is_only) if one.kind is Kind.ROWS else _only(one, ids):
                        yield module.key, str(row["id"]), one.name, value


def _only(one: Field, ids: Ids) -> str:
    found = ids.get(one.target, [])
    return found[0] if one.kind is Kind.REFERENCE and len(found) == 1 else ""


def _line(one: Field, ids: Ids, is_only: bool) -> list[dict[str, str]]:
    """The rows of a table of references; several if one column of the only table of its kind has several to name."""
    required = [column for column in one.columns if column.level is Level.REQUIRED]
    if not required or any(column.kind is not Kind.REFERENCE or not ids.get(column.target) for column in required):
        return []
    several = [column.name for column in required if len(ids[column.target]) > 1]
    if len(several) > (1 if is_only and len(required) > 1 else 0):
        return []
    count = max(len(ids[column.target]) for column in required)
    return [
        {column.name: ids[column.target][number if column.name in several else 0] for column in required}
        for number in range(count)
    ]


def said_of(module: str, field: str) -> str:
    """Where such a value comes from, in words."""
    one = BY_KEY[module].field(field)
    targets = [one.target] if one.target else [column.target for column in one.columns if column.target]
    return f"the only {BY_KEY[targets[0]].label.lower()} of the study"
