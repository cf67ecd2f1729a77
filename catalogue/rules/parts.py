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


# Fields whose texts are paths of files in the study.
_PATHS = {
    ("correlation", "image_pairs", "image"), ("correlation", "image_pairs", "related_image"),
    ("analysis", "inputs", "path"), ("analysis", "outputs", "path"), ("creation", "images", "path"),
    ("creation", "input_images", "path"), ("annotation", "source_image", ""), ("annotation", "path", ""),
}  # fmt: skip


def paths_in(document: Values) -> Iterator[tuple[str, str]]:
    """(path of the field, path of the file or folder that it names) throughout the document."""
    for key, name, column in sorted(_PATHS):
        for row in rows(key, document):
            if not column:
                cells: list[tuple[Path, Any]] = [(Path(key, row["id"], name), row.get(name))]
            else:
                cells = [(Path(key, row["id"], name, number, column), line.get(column))
                         for number, line in enumerate(lines(key, name, row))]  # fmt: skip
            yield from ((str(place), text_of(value)) for place, value in cells if text_of(value))


def is_filled(one: Field, row: Values) -> bool:
    value = row.get(one.name)
    return bool(value) if one.kind is Kind.ROWS else bool(text_of(value))


def module_rows(document: Values) -> Iterator[tuple[Module, list[Values]]]:
    for module in MODULES:
        yield module, rows_of(module, document)
