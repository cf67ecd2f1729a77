"""What differs between two documents of a study, in the order and words of its forms. Data in, data out; no queries.

Long texts are compared by word, tables by row, rows of modules by their id.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from catalogue.rules.fields import Field, Kind, Module
from catalogue.rules.rembi import MODULES
from catalogue.rules.titles import title_of

Values = Mapping[str, Any]
Named = Callable[[str, str], str]  # module and id → what the row is called

_TOKENS = re.compile(r"\s+|\w+|[^\w\s]")
_SENTENCES = re.compile(r"[^.\n]*(?:\.\s+|\n|$)")
_ALIKE = 0.2  # the part that two texts must share for their words to be told apart
_TEXTS = {Kind.TEXT, Kind.LONGTEXT}
_MOST_TOKENS = 3000  # of both texts together; longer ones are compared by sentence


@dataclass(frozen=True)
class Piece:
    """A stretch of text that is in both ("same"), only in the new one ("added") or only in the old one ("removed")."""

    kind: str
    text: str


@dataclass(frozen=True)
class RowChange:
    """A row of a table: added, removed, moved or changed, with its cells as pieces."""

    kind: str
    cells: tuple[tuple[Piece, ...], ...]


@dataclass(frozen=True)
class FieldChange:
    """A field with pieces or, if it is a table, the `columns`' labels and the rows that differ."""

    path: str
    label: str
    pieces: tuple[Piece, ...] = ()
    columns: tuple[str, ...] = ()
    rows: tuple[RowChange, ...] = ()


@dataclass(frozen=True)
class EntityChange:
    """A row of a module (or the study itself): added, removed, moved or changed. One may be moved and changed."""

    path: str
    kind: str
    title: str
    fields: tuple[FieldChange, ...] = ()
    is_moved: bool = False


@dataclass(frozen=True)
class ModuleChange:
    key: str
    label: str
    entities: tuple[EntityChange, ...]


def differences(old: Values, new: Values, modules: Sequence[Module] = MODULES) -> list[ModuleChange]:
    """Module by module what is different; nothing for those that are alike. A module that a document lacks is empty."""
    named_old, named_new = _names(old, modules), _names(new, modules)
    found = []
    for module in modules:
        entities = tuple(_entities(module, old, new, named_old, named_new))
        if entities:
            found.append(ModuleChange(module.key, module.plural_label if module.repeated else module.label, entities))
    return found


def changed_paths(changes: Iterable[ModuleChange]) -> set[str]:
    """The paths of all fields that differ, and of rows of modules that came, went or moved."""
    entities = [entity for module in changes for entity in module.entities]
    rows = {entity.path for entity in entities if entity.kind != "changed" or entity.is_moved}
    return rows | {field.path for entity in entities for field in entity.fields}


def words(old: str, new: str) -> tuple[Piece, ...]:
    """Two texts as pieces, compared by word."""
    if old == new:
        return (Piece("same", new),) if new else ()
    if not old or not new:
        return tuple(_change(old, new))
    before, after = _TOKENS.findall(old), _TOKENS.findall(new)
    if len(before) + len(after) > _MOST_TOKENS:
        before, after = _SENTENCES.findall(old), _SENTENCES.findall(new)
    pieces = tuple(_joined(_pieces(before, after)))
    shared = sum(len(piece.text.strip()) for piece in pieces if piece.kind == "same")
    return pieces if shared >= _ALIKE * max(len(old), len(new)) else whole(old, new)


def whole(old: str, new: str) -> tuple[Piece, ...]:
    """Two values that are no texts, or have little in common: the one for the other."""
    if old == new:
        return (Piece("same", new),) if new else ()
    return tuple(_change(old, new))


def _pieces(before: list[str], after: list[str]) -> Iterator[Piece]:
    for verb, old_from, old_to, new_from, new_to in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if verb == "equal":
            yield Piece("same", "".join(after[new_from:new_to]))
            continue
        if old_to > old_from:
            yield Piece("removed", "".join(before[old_from:old_to]))
        if new_to > new_from:
            yield Piece("added", "".join(after[new_from:new_to]))


def _joined(pieces: Iterable[Piece]) -> Iterator[Piece]:
    """Changes that only a space keeps apart read as one."""
    removed = added = ""
    for piece in pieces:
        if piece.kind == "same" and (piece.text.strip() or not (removed or added)):
            yield from _change(removed, added)
            removed = added = ""
            yield piece
        else:
            removed += piece.text if piece.kind != "added" else ""
            added += piece.text if piece.kind != "removed" else ""
    yield from _change(removed, added)


def _change(removed: str, added: str) -> Iterator[Piece]:
    if removed:
        yield Piece("removed", removed)
    if added:
        yield Piece("added", added)


def _names(document: Values, modules: Sequence[Module]) -> Named:
    known = {
        (module.key, str(row.get("id"))): title_of(module, row) or f"{module.label} {number}"
        for module in modules
        if module.repeated
        for number, row in enumerate(document.get(module.plural) or (), start=1)
    }
    return lambda key, pk: known.get((key, pk), "")


def in_words(field: Field, value: Any, named: Named) -> str:
    """A value as a form shows it: a choice by its label, a reference by the name of its row, a term with its CURIE."""
    if value is None or value == "":
        return ""
    if isinstance(value, Mapping):
        curie = value.get("curie") or ""
        return f"{value.get('text') or ''} ({curie})" if curie else str(value.get("text") or "")
    text = str(value)
    if field.kind is Kind.REFERENCE:
        return named(field.target, text) or text
    return dict(field.choices).get(text, text)


def _entities(module: Module, old: Values, new: Values, named_old: Named, named_new: Named) -> Iterator[EntityChange]:
    if not module.repeated:
        fields = _fields(module, module.key, old.get(module.key) or {}, new.get(module.key) or {}, named_old, named_new)
        if fields:
            yield EntityChange(module.key, "changed", "", fields)
        return
    before = {str(row.get("id")): row for row in old.get(module.plural) or ()}
    after = {str(row.get("id")): row for row in new.get(module.plural) or ()}
    moved = _moved([key for key in before if key in after], [key for key in after if key in before])
    for key in [*after, *(key for key in before if key not in after)]:
        path = f"{module.key}/{key}"
        fields = _fields(module, path, before.get(key, {}), after.get(key, {}), named_old, named_new)
        title = (named_new if key in after else named_old)(module.key, key)
        if key not in before or key not in after:
            yield EntityChange(path, "removed" if key in before else "added", title, fields)
        elif fields or key in moved:
            yield EntityChange(path, "changed" if fields else "moved", title, fields, key in moved)


def _moved(before: list[str], after: list[str]) -> set[str]:
    """Which of the same things stand elsewhere in the order, told with as few as can be."""
    blocks = SequenceMatcher(None, before, after, autojunk=False).get_matching_blocks()
    stayed = {key for block in blocks for key in before[block.a : block.a + block.size]}
    return set(after) - stayed


def _fields(
    module: Module, path: str, old: Values, new: Values, named_old: Named, named_new: Named
) -> tuple[FieldChange, ...]:
    found = []
    for field in module.fields:
        before, after = old.get(field.name), new.get(field.name)
        if before == after:
            continue
        if field.kind is Kind.ROWS:
            rows = tuple(_rows(field, _table(field, before, named_old), _table(field, after, named_new)))
            if rows:
                columns = tuple(column.label for column in field.columns)
                found.append(FieldChange(f"{path}/{field.name}", field.label, columns=columns, rows=rows))
        else:
            told = words if field.kind in _TEXTS else whole
            pieces = told(in_words(field, before, named_old), in_words(field, after, named_new))
            if any(piece.kind != "same" for piece in pieces):
                found.append(FieldChange(f"{path}/{field.name}", field.label, pieces))
    return tuple(found)


Cells = tuple[str, ...]


def _table(field: Field, rows: Any, named: Named) -> list[Cells]:
    return [tuple(in_words(column, row.get(column.name), named) for column in field.columns) for row in rows or ()]


def _rows(field: Field, old: list[Cells], new: list[Cells]) -> Iterator[RowChange]:
    """The rows that differ; one that went at one place and came at another was moved."""
    removed: list[Cells] = []
    added: list[Cells] = []
    changed: list[tuple[Cells, Cells]] = []
    for verb, old_from, old_to, new_from, new_to in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if verb == "equal":
            continue
        before, after = old[old_from:old_to], new[new_from:new_to]
        pairs = [(a, b) for a, b in zip(before, after, strict=False) if a not in new and b not in old]
        alike = [(a, b) for a, b in pairs if any(x and x == y for x, y in zip(a, b, strict=True)) or len(a) == 1]
        changed += alike
        removed += [row for row in before if row not in {a for a, _ in alike}]
        added += [row for row in after if row not in {b for _, b in alike}]
    for before_row, after_row in changed:
        cells = zip(field.columns, before_row, after_row, strict=True)
        yield RowChange("changed", tuple((words if it.kind in _TEXTS else whole)(a, b) for it, a, b in cells))
    for row in added:
        kind = "moved" if row in removed else "added"
        if kind == "moved":
            removed.remove(row)
        yield RowChange(kind, tuple(_whole("same" if kind == "moved" else "added", cell) for cell in row))
    for row in removed:
        yield RowChange("removed", tuple(_whole("removed", cell) for cell in row))


def _whole(kind: str, text: str) -> tuple[Piece, ...]:
    return (Piece(kind, text),) if text else ()
