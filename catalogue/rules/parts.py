"""Looking things up in a study's document, whoever wrote it: ids may be left out, a bare value may stand for a row."""

from collections.abc import Iterator, Mapping
from typing import Any

from catalogue.paths import Path
from catalogue.rules.fields import Field, Kind, Module
from catalogue.rules.rembi import BY_KEY, MODULES

Values = Mapping[str, Any]


def rows_of(module: Module, document: Values) -> list[Values]:
    """The rows of a module, each with an id; documents that people write may leave ids out."""
    value = document.get(module.plural)
    if not module.repeated:
        return [value or {}]
    return [{**row, "id": str(row.get("id") or number)} for number, row in enumerate(value or [])]


def rows(key: str, document: Values) -> list[Values]:
    return rows_of(BY_KEY[key], document)


def lines_of(one: Field, row: Values) -> list[Values]:
    """The rows of a table; a bare value stands for its first column."""
    return [line if isinstance(line, Mapping) else {one.columns[0].name: line} for line in row.get(one.name) or ()]


def lines(key: str, name: str, row: Values) -> list[Values]:
    return lines_of(BY_KEY[key].field(name), row)


def place_of(module: Module, row: Values, name: str) -> Path:
    return Path(module.key, str(row["id"]) if module.repeated else "", name)


def text_of(value: Any) -> str:
    """The text of a value; of a term, as typed or else its CURIE."""
    if isinstance(value, Mapping):
        value = value.get("text") or value.get("curie")
    return "" if value is None else str(value).strip()


def named(key: str, row: Values) -> str:
    """A row as messages call it: its title, in quotes, or what it is."""
    title = text_of(row.get("title"))
    return f"“{title[:80]}”" if title else f"this {BY_KEY[key].label.lower()}"


# Fields whose texts are paths of files in the study, with the column of a table.
_PATHS = {
    ("correlation", "image_pairs"): ("image", "related_image"),
    ("analysis", "inputs"): ("path",),
    ("analysis", "outputs"): ("path",),
    ("creation", "images"): ("path",),
    ("creation", "input_images"): ("path",),
    ("annotation", "source_image"): ("",),
    ("annotation", "path"): ("",),
}


def paths_in(document: Values) -> Iterator[tuple[str, str]]:
    """(path of the field, path of the file or folder that it names) throughout the document."""
    for (key, name), columns in _PATHS.items():
        module = BY_KEY[key]
        for row in rows_of(module, document):
            for column in columns:
                cells = cells_of(module, row, module.field(name), column)
                yield from ((place, text_of(value)) for place, value in cells if text_of(value))


def cells_of(module: Module, row: Values, one: Field, column: str = "") -> Iterator[tuple[str, Any]]:
    """(path, value) of a field, or of each cell of a table in this column, the first unless another is named."""
    place = place_of(module, row, one.name)
    if one.kind is not Kind.ROWS:
        yield str(place), row.get(one.name)
        return
    name = column or one.columns[0].name
    for number, line in enumerate(lines_of(one, row)):
        yield str(Path(place.module, place.entity, one.name, number, name)), line.get(name)


def module_rows(document: Values) -> Iterator[tuple[Module, list[Values]]]:
    for module in MODULES:
        yield module, rows_of(module, document)
