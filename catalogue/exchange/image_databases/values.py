"""What readers of JSON exports share: taking known values out, and naming all that is left by its place."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from catalogue.exchange import json_text
from catalogue.exchange.building import Builder, names_of
from catalogue.exchange.dossier import CannotRead, FileLine, Pair

Object = dict[str, Any]


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Every text, number and truth value, by its place: `a.b[2].c`."""
    if isinstance(value, Mapping):
        for key, part in value.items():
            yield from leaves(part, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list):
        for number, part in enumerate(value, 1):
            yield from leaves(part, f"{path}[{number}]" if number > 1 else path)
    elif isinstance(value, bool):
        yield path, "true" if value else "false"
    elif value is not None and str(value).strip():
        yield path, str(value)


def take(thing: Object, *names: str) -> str:
    """The first of these that is a text or number, taken out."""
    for name in names:
        if isinstance(value := thing.get(name), str | int | float) and not isinstance(value, bool):
            del thing[name]
            return str(value).strip()
    return ""


def keep(builder: Builder, module: str, key: str, thing: Any, prefix: str = "") -> None:
    """Whatever is left, as named values of an entity."""
    for name, value in leaves(thing, prefix):
        builder.pair(module, key, name, value)


def keep_with_file(builder: Builder, line: FileLine, thing: Any, prefix: str = "") -> None:
    line.pairs += [Pair(builder.namespace, name, value) for name, value in leaves(thing, prefix)]


def person(builder: Builder, *, given: str = "", family: str = "", full: str = "", role: str = "",
           email: str = "") -> str:  # fmt: skip
    """A person, who is there once. Gives the id, or nothing without a name."""
    if full and not family:
        family, given = names_of(full)
    if not family and not given:
        return ""
    for key in builder.ids("contributor"):
        row = builder.row("contributor", key)
        if (row.get("family_name", ""), row.get("given_name", "")) == (family, given):
            return key
    key = builder.add("contributor")
    for name, value in (("family_name", family), ("given_name", given), ("email", email)):
        builder.put("contributor", key, name, value)
    if role:
        builder.append("contributor", key, "roles", {"role": role})
    return key


def organisation(builder: Builder, name: str) -> str:
    for key in builder.ids("organisation"):
        if builder.row("organisation", key).get("name") == name:
            return key
    key = builder.add("organisation")
    builder.put("organisation", key, "name", name)
    return key


def component(builder: Builder, title: str, description: str = "", key: str = "") -> str:
    """A component with its sample, preparation and imaging, to be filled in."""
    made = builder.add("component", key)
    builder.put("component", made, "title", title)
    builder.put("component", made, "description", description)
    return made


def objects(path: Path, name: str) -> list[Object]:
    """The objects of a JSON file: one, a list, or those that a page of an API wraps. Raises CannotRead."""
    value = json_text.load(path, name)
    if isinstance(value, dict):
        for wrapper in ("objects", "collection", "results", "documents"):
            if isinstance(value.get(wrapper), list | dict):
                value = value[wrapper]
                value = value["documents"] if isinstance(value, dict) and "documents" in value else value
                break
    found = value if isinstance(value, list) else [value]
    if not all(isinstance(one, dict) for one in found):
        raise CannotRead(f"“{name}” is no list of objects. Is it an export of the database?", file=name)
    return found


def is_json(name: str) -> bool:
    return name.lower().endswith(".json")
