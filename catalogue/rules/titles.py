"""What a row of a module is called in lists."""

from collections.abc import Mapping
from typing import Any

from catalogue.rules.fields import Kind, Module


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
