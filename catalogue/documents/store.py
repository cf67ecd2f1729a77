"""What saving one field and writing a whole document do alike: columns, tables of rows, values kept aside."""

import uuid
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from django.db.models import F, Model

from catalogue import registry
from catalogue.documents.values import Kept, Row
from catalogue.models import FieldSource, InvalidValue, Study
from catalogue.models.entity import Entity
from catalogue.paths import parse
from catalogue.rules.fields import Kind, Module

_SHORT = 20_000  # characters of a value in the audit log: all that people write, not a book put into a field
_MOST = 500  # changes in one event of it


def set_columns(module: Module, instance: Model, row: Row, *, blank: bool = False) -> None:
    """Put the columns on the instance; with `blank`, those that were not given get their default."""
    if blank:
        for field in registry.plain_fields(module):
            column = instance._meta.get_field(field.name)
            setattr(instance, column.attname, column.get_default())  # type: ignore[union-attr]
            if field.kind is Kind.TERM:
                setattr(instance, f"{field.name}_term", None)
    for name, value in row.columns.items():
        setattr(instance, name, value)


def store_tables(module: Module, rows: Sequence[tuple[uuid.UUID, Row]], *, all_of: Collection[uuid.UUID] = ()) -> None:
    """Replace the tables that each row gives; of the owners in `all_of`, also those that it does not give."""
    for field, model in registry.row_fields(module):
        owners = {pk for pk, row in rows if field.name in row.tables} | set(all_of)
        if not owners:
            continue
        manager: Any = model._default_manager
        manager.filter(owner__in=owners).delete()
        make: Any = model
        made = []
        for pk, row in rows:
            for position, cells in enumerate(row.tables.get(field.name, ())):
                made.append(make(owner_id=pk, position=position, **cells.columns))
        manager.bulk_create(made, batch_size=1000)


def keep(study: Study, kept: Iterable[Kept]) -> None:
    """Keep what columns could not hold, as typed."""
    rows = [InvalidValue(study=study, path=one.path, text=one.text, message=one.message) for one in kept]
    InvalidValue.objects.bulk_create(rows, batch_size=1000)


def forget_sources(study: Study, changed: Iterable[str]) -> None:
    """Forget where the values of these paths came from: of fields, or of whole rows that are no more."""
    paths = list(changed)
    fields = [path for path in paths if parse(path).field]
    sources = FieldSource.objects.filter(study=study)
    for start in range(0, len(fields), 500):
        sources.filter(path__in=fields[start : start + 500]).delete()
    if rows := {path for path in paths if not parse(path).field}:
        of_rows = [pk for pk, path in sources.values_list("pk", "path") if path.rpartition("/")[0] in rows]
        for start in range(0, len(of_rows), 500):
            sources.filter(pk__in=of_rows[start : start + 500]).delete()


def raise_revision(model: type[Entity], pks: Collection[uuid.UUID]) -> None:
    model._default_manager.filter(pk__in=pks).update(revision=F("revision") + 1)


def compact(changes: Sequence[list[Any]]) -> list[list[Any]]:
    """Changes as the audit log keeps them: long values cut short, and not more than it can show."""
    return [[path, _short(old), _short(new)] for path, old, new in changes[:_MOST]]


def _short(value: Any) -> Any:
    if isinstance(value, str):
        return value if len(value) <= _SHORT else f"{value[:_SHORT]}…"
    if isinstance(value, dict):
        return {name: _short(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_short(part) for part in value[:50]]
    return value
