"""Rows → document. Every field is there, also the empty ones, so that two documents can be compared."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import Model, Prefetch

from catalogue import registry
from catalogue.models import InvalidValue, Study
from catalogue.models.entity import Entity
from catalogue.paths import Path
from catalogue.rules.fields import Field, Kind, Module
from catalogue.rules.rembi import MODULES, STUDY

Values = dict[str, Any]


def read(study: Study) -> Values:
    """The whole document. The number of queries does not depend on how much there is."""
    invalid = _invalid_of(study)
    owner = _with_rows(Study.objects.filter(pk=study.pk), STUDY).get()
    document: Values = {STUDY.key: _values(STUDY, owner, STUDY.fields, invalid)}
    for module in MODULES:
        if module.repeated:
            rows = _with_rows(registry.ENTITIES[module.key]._default_manager.filter(study=study), module)
            document[module.plural] = [
                {"id": str(row.pk), **_values(module, row, module.fields, invalid)} for row in rows
            ]
    return document


def read_fields(module: Module, row: Study | Entity, names: Iterable[str] | None = None) -> Values:
    """The values of one row's fields, all or those named, as they are in the document."""
    wanted = set(names) if names is not None else {field.name for field in module.fields}
    fields = tuple(field for field in module.fields if field.name in wanted)
    fresh = _with_rows(type(row)._default_manager.filter(pk=row.pk), module, fields).get()
    study_id = row.pk if isinstance(row, Study) else row.study_id
    return _values(module, fresh, fields, _invalid_of(study_id, _path_of(module, row)))


def with_field(rows: Any, module: Module, field: Field) -> Any:
    """The queryset of a module's rows, with what `value_of` needs of one field fetched in a fixed number of queries."""
    return _with_rows(rows, module, (field,))


def value_of(module: Module, row: Model, field: Field, invalid: Mapping[str, str]) -> Any:
    """The value of one field of a row as it is in the document; `invalid` are values kept aside, by path."""
    return _values(module, row, (field,), invalid)[field.name]


def _path_of(module: Module, row: Model) -> Path:
    return Path(module.key, str(row.pk) if module.repeated else "")


def _invalid_of(study: Any, below: Path | None = None) -> dict[str, str]:
    rows = InvalidValue.objects.filter(study=study)
    if below is not None:
        rows = rows.filter(path__startswith=f"{below}/")
    return dict(rows.values_list("path", "text"))


def _with_rows(queryset: Any, module: Module, fields: tuple[Field, ...] | None = None) -> Any:
    """The queryset with terms and tables of rows fetched in a fixed number of queries."""
    fields = module.fields if fields is None else fields
    terms = registry.term_columns(fields)
    queryset = queryset.select_related(*terms) if terms else queryset
    for field in fields:
        if field.kind is Kind.ROWS:
            rows: Any = registry.ROWS[module.key, field.name]._default_manager.all()
            if columns := registry.term_columns(field.columns):
                rows = rows.select_related(*columns)
            queryset = queryset.prefetch_related(Prefetch(field.name, rows))
    return queryset


def _values(module: Module, row: Model, fields: tuple[Field, ...], invalid: Mapping[str, str]) -> Values:
    base = _path_of(module, row)
    values: Values = {}
    for field in fields:
        path = str(Path(base.module, base.entity, field.name))
        if field.kind is Kind.ROWS:
            values[field.name] = [
                {
                    column.name: _value(column, line, invalid.get(f"{path}/{n}/{column.name}"))
                    for column in field.columns
                }
                for n, line in enumerate(getattr(row, field.name).all())
            ]
        else:
            values[field.name] = _value(field, row, invalid.get(path))
    return values


def _value(field: Field, row: Model, as_typed: str | None) -> Any:
    if field.kind is Kind.TERM:
        term = getattr(row, f"{field.name}_term")
        return {"text": getattr(row, field.name), "curie": as_typed or (term.curie if term else "")}
    if as_typed is not None:
        return as_typed
    value = getattr(row, f"{field.name}_id" if field.kind is Kind.REFERENCE else field.name)
    return "" if value is None else str(value)


def changes(old: Values, new: Values, path: str) -> list[list[Any]]:
    """[path, old, new] for each field that differs between two values of one row."""
    return [[f"{path}/{name}", old.get(name), value] for name, value in new.items() if old.get(name) != value]


def document_changes(old: Values, new: Values) -> list[list[Any]]:
    """[path, old, new] for each field that differs between two documents; a row that came or went is one change."""
    found = changes(old[STUDY.key], new[STUDY.key], STUDY.key)
    for module in MODULES:
        if not module.repeated:
            continue
        before: dict[str, Values] = defaultdict(dict, {row["id"]: row for row in old[module.plural]})
        after = {row["id"]: row for row in new[module.plural]}
        for key, row in after.items():
            path = f"{module.key}/{key}"
            found += changes(before[key], row, path) if key in before else [[path, None, row]]
        found += [[f"{module.key}/{key}", row, None] for key, row in before.items() if row and key not in after]
    return found
