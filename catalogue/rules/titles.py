"""What rows of modules, and places in a document, are called in lists."""

from collections.abc import Mapping
from typing import Any

from catalogue.paths import FILES, Path, parse
from catalogue.rules.fields import Kind, Module
from catalogue.rules.rembi import BY_KEY


def title_of(module: Module, values: Mapping[str, Any]) -> str:
    """Its first filled text field; a person, the family name and the given name. Empty if there is none."""
    if module.key == "contributor":
        return ", ".join(name for key in ("family_name", "given_name") if (name := str(values.get(key) or "").strip()))
    for one in module.fields:
        value = values.get(one.name)
        if one.kind is Kind.REFERENCE:
            continue
        text = value.get("text", "") if isinstance(value, Mapping) else value
        if isinstance(text, str) and text.strip():
            return text.strip()
    return ""


def place_in_words(document: Mapping[str, Any], path: str) -> str:
    """Where a path (catalogue.paths) leads, e.g. Person “Curie, Marie”, Roles, row 2."""
    if path.startswith(FILES):
        return path
    at = parse(path)
    module = BY_KEY[at.module]
    parts = [_row_in_words(module, document, at)]
    one = next((one for one in module.fields if one.name == at.field), None)
    if one:
        parts.append(one.label)
    if one and at.row is not None:
        column = next((column.label for column in one.columns if column.name == at.column), "")
        parts += [f"row {at.row + 1}", column]
    return ", ".join(part for part in parts if part)


def _row_in_words(module: Module, document: Mapping[str, Any], at: Path) -> str:
    """The module's label, with the row's title or, if it has none, its number."""
    if not module.repeated or not at.entity:
        return module.label
    for number, row in enumerate(document.get(module.plural) or ()):
        if str(row.get("id") or number) == at.entity:
            title = title_of(module, row)
            return f"{module.label} “{title[:80]}”" if title else f"{module.label} {number + 1}"
    return module.label
