"""What an imported document would change in a study's, and the document that comes of it."""

import enum
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from catalogue.exchange.dossier import Document
from catalogue.paths import Path
from catalogue.rules.fields import Field, Kind, Module
from catalogue.rules.formats import normalise
from catalogue.rules.rembi import BY_KEY, MODULES, STUDY

Values = dict[str, Any]
Ids = dict[tuple[str, str], str]  # (module key, id in the import) → id in the merged document

# By which fields a row of the import is known to be one that the study has: the first group that is filled decides.
_KNOWN_BY: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "contributor": (("orcid",), ("family_name", "given_name")),
    "organisation": (("ror",), ("name",)),
    "funding": (("funder_name", "identifier"),),
    "publication": (("doi",), ("pubmed_id",), ("title",)),
    "link": (("url",),),
    "channel": (("specimen", "content", "channel_label"),),
}
_BY_TITLE = (("title",),)


class Mode(enum.StrEnum):
    UPDATE = "update"  # the import fills and replaces what it has; the rest stays
    FILL = "fill"  # only empty fields are filled
    REPLACE = "replace"  # the study's metadata becomes that of the import; what the import lacks is emptied


@dataclass(frozen=True)
class Change:
    """One field that would change, or (field empty) a row that would be added or removed. Values as in documents."""

    path: str
    module: str
    field: str
    old: Any
    new: Any


@dataclass
class Merged:
    document: Document
    changes: list[Change] = field(default_factory=list)
    ids: Ids = field(default_factory=dict)

    def moved(self, path: str) -> str:
        """Where a path of the import, or the name of an entity in it, is in the merged document."""
        module, slash, rest = path.partition("/")
        key, more, tail = rest.partition("/")
        return f"{module}/{self.ids[module, key]}{more}{tail}" if slash and (module, key) in self.ids else path


def merge(current: Document, incoming: Document, mode: Mode) -> Merged:
    """Both documents are as in catalogue.documents; `current` has every field and ids of its own."""
    given = _canonical(incoming)
    there = _canonical(current)
    merged = Merged({})
    _know(there, given, merged.ids)
    _point(given, merged.ids)
    for module in MODULES:
        if module.repeated:
            merged.document[module.plural] = _rows(module, there, given, mode, merged)
        else:
            old = there[module.plural][0]
            row = _row(module, old, given[module.plural][0], mode, Path(module.key), merged)
            merged.document[module.plural] = {name: value for name, value in row.items() if name != "id"}
    return merged


def _rows(module: Module, there: dict[str, list[Values]], given: dict[str, list[Values]], mode: Mode,
          merged: Merged) -> list[Values]:  # fmt: skip
    """The rows of the study in their order, then those that the import adds."""
    by_id = {row["id"]: row for row in given[module.plural]}
    known = {row["id"]: row for row in there[module.plural]}
    rows: list[Values] = []
    if mode is Mode.REPLACE and module.plural in given:
        for key, row in known.items():
            if key not in by_id:
                merged.changes.append(Change(f"{module.key}/{key}", module.key, "", row, None))
        order = list(by_id)
    else:
        order = [*known, *(key for key in by_id if key not in known)]
    for key in order:
        path = Path(module.key, key)
        if key not in known:
            merged.changes.append(Change(str(path), module.key, "", None, by_id[key]))
            rows.append(by_id[key])
        elif key in by_id:
            rows.append(_row(module, known[key], by_id[key], mode, path, merged))
        else:
            rows.append(known[key])
    return rows


def _row(module: Module, old: Values, new: Values, mode: Mode, base: Path, merged: Merged) -> Values:
    row = dict(old)
    for one in module.fields:
        before, after = old.get(one.name), new.get(one.name)
        if mode is Mode.REPLACE:
            after = after if after is not None else empty(one)
        elif is_empty(after) or (mode is Mode.FILL and not is_empty(before)):
            continue
        if not _same(one, before, after):
            row[one.name] = after
            path = Path(base.module, base.entity, one.name)
            merged.changes.append(Change(str(path), module.key, one.name, before, after))
    return row


def _know(there: Mapping[str, list[Values]], given: Mapping[str, list[Values]], ids: Ids) -> None:
    """Tell which rows of the import the study has already: by id, by what they are known by, or by being alike."""
    for module in MODULES:
        if not module.repeated:
            continue
        free = {row["id"]: row for row in there[module.plural]}
        waiting: list[Values] = []
        for row in given[module.plural]:
            if row["id"] in free:
                ids[module.key, row["id"]] = row["id"]
                del free[row["id"]]
            else:
                waiting.append(row)
        names: dict[tuple[str, ...], list[str]] = {}
        for key, row in free.items():
            for name in _names(module, row, {}):
                names.setdefault(name, []).append(key)
        for row in waiting:
            found = next((key for name in _names(module, row, ids) for key in names.get(name, ()) if key in free), "")
            ids[module.key, row["id"]] = found or row["id"]
            free.pop(found, None)


def _names(module: Module, row: Values, ids: Ids) -> Iterator[tuple[str, ...]]:
    """By what a row may be known, the surest first; the last is all that it holds."""
    for group in _KNOWN_BY.get(module.key, _BY_TITLE):
        parts = [_word(module.field(name), row.get(name), ids) for name in group]
        if any(parts):
            yield (*group, *parts)
    everything = [(one.name, _word(one, row.get(one.name), ids)) for one in module.fields if one.kind is not Kind.ROWS]
    if any(word for _, word in everything):
        yield tuple(part for pair in everything for part in pair)


def _word(one: Field, value: Any, ids: Ids) -> str:
    if one.kind is Kind.REFERENCE:
        return ids.get((one.target, str(value or "")), str(value or ""))
    text = value["text"] or value["curie"] if isinstance(value, Mapping) else str(value or "")
    return " ".join(text.casefold().split())


def _point(given: Mapping[str, list[Values]], ids: Ids) -> None:
    """Let rows and their references have the ids of the merged document."""
    for module in MODULES:
        for row in given[module.plural]:
            if module.repeated:
                row["id"] = ids[module.key, row["id"]]
            for one in module.fields:
                if one.kind is Kind.REFERENCE and one.name in row:
                    row[one.name] = ids.get((one.target, row[one.name]), row[one.name])
                for line in row.get(one.name) or () if one.kind is Kind.ROWS else ():
                    for column in one.columns:
                        if column.kind is Kind.REFERENCE and column.name in line:
                            line[column.name] = ids.get((column.target, line[column.name]), line[column.name])


def _canonical(document: Document) -> dict[str, list[Values]]:
    """Each part as a list of rows with ids, each value in the form that documents.read gives it. What is of another
    shape stays as it is, for documents.write to refuse with its place."""
    parts: dict[str, list[Values]] = {}
    for module in MODULES:
        value = document.get(module.plural)
        rows = value if isinstance(value, list) else [] if module.repeated or value is None else [value]
        known = {one.name: one for one in module.fields}
        parts[module.plural] = []
        for number, row in enumerate(rows):
            fields = {name: canonical(known[name], cell) if name in known else cell for name, cell in row.items()}
            parts[module.plural].append({**fields, "id": str(row.get("id") or f"{module.key}-{number + 1}")})
    parts[STUDY.plural] = parts[STUDY.plural] or [{"id": ""}]
    return parts


def canonical(one: Field, value: Any) -> Any:
    """A field's value in the form that documents.read gives it."""
    if one.kind is Kind.ROWS:
        given = value if isinstance(value, list) else [] if is_empty(value) else [value]
        lines = [line if isinstance(line, Mapping) else {one.columns[0].name: line} for line in given]
        known = {column.name: column for column in one.columns}
        full = [
            {
                **{name: empty(column) for name, column in known.items()},
                **{name: canonical(known[name], cell) if name in known else cell for name, cell in line.items()},
            }
            for line in lines
        ]
        return [line for line in full if not all(is_empty(cell) for cell in line.values())]
    if one.kind is Kind.TERM:
        if isinstance(value, Mapping):
            return {"text": str(value.get("text") or ""), "curie": str(value.get("curie") or "")}
        return {"text": "" if value is None else str(value), "curie": ""}
    return normalise(one.kind, "" if value is None else str(value))


def empty(one: Field) -> Any:
    """What a field holds that holds nothing."""
    return [] if one.kind is Kind.ROWS else {"text": "", "curie": ""} if one.kind is Kind.TERM else ""


def is_empty(value: Any) -> bool:
    if isinstance(value, Mapping):
        return all(is_empty(part) for part in value.values())
    return value is None or value == [] or (isinstance(value, str) and not value.strip())


def _same(one: Field, old: Any, new: Any) -> bool:
    """Whether nothing is to change; a text without a term is the same as that text with one, which the site found."""
    if one.kind is Kind.ROWS:
        return len(old or ()) == len(new or ()) and all(
            _same(column, before.get(column.name), after.get(column.name))
            for before, after in zip(old or (), new or (), strict=True)
            for column in one.columns
        )
    if one.kind is Kind.TERM and isinstance(old, Mapping) and isinstance(new, Mapping):
        if old["curie"] and not new["curie"]:
            return bool(old["text"] == new["text"])
        if new["curie"] and not new["text"]:
            return bool(old["curie"] == new["curie"])
    return bool((is_empty(old) and is_empty(new)) or old == new)


def label_of(change: Change) -> str:
    """The field of a change in words."""
    module = BY_KEY[change.module]
    return module.field(change.field).label if change.field else module.label
