"""Columns of planes and TiffData blocks as one compressed value, and back."""

import io
import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from imaging.ome.columns import BadNumber, NumberColumn, TextColumn
from imaging.ome.document import Columns, Extra, OmeElement


def packed(columns: Columns) -> bytes:
    """A compressed .npz: of a number `name` and, where its texts differ, `name.texts`; of a text `name.codes` (-1 where
    it is not given) and `name.values`. Names are OME's; texts are UTF-8, one a line, and values JSON."""
    arrays: dict[str, np.ndarray] = {}
    for name, column in columns.numbers.items():
        texts = column.kept_texts
        if texts is not None:
            arrays[f"{name}.texts"] = np.frombuffer("\n".join(texts).encode(), np.uint8)
        try:
            arrays[name] = column.numbers
        except BadNumber:
            continue
    for name, text_column in columns.texts.items():
        arrays[f"{name}.codes"] = text_column.codes
        arrays[f"{name}.values"] = np.frombuffer(json.dumps(text_column.values).encode(), np.uint8)
    out = io.BytesIO()
    np.savez_compressed(out, **arrays)  # type: ignore[arg-type]
    return out.getvalue()


def unpacked(entity: str, count: int, data: bytes, rest: Mapping[str, Any] | None) -> Columns:
    """The columns that `packed` was given."""
    with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
        found = dict(arrays.items())
    numbers: dict[str, NumberColumn] = {}
    texts: dict[str, TextColumn] = {}
    for key in found:
        name, _, part = key.rpartition(".")
        if part == "texts":
            integer = name not in found or found[name].dtype.kind == "i"
            numbers[name] = NumberColumn(integer=integer, joined=found[key].tobytes().decode())
        elif part == "codes":
            texts[name] = TextColumn(found[key], tuple(json.loads(found[f"{name}.values"].tobytes())))
        elif not name and f"{key}.texts" not in found:
            numbers[key] = NumberColumn(integer=found[key].dtype.kind == "i", numbers=found[key])
    return Columns(entity, count, numbers, texts, {int(row): element_of(one) for row, one in (rest or {}).items()})


def plain(element: OmeElement) -> dict[str, Any]:
    """An element that few planes have, as JSON."""
    extra = element.extra
    found = {
        "entity": element.entity,
        "values": element.values,
        "text": element.text,
        "children": [plain(child) for child in element.children],
        "extra": extra and {"attributes": extra.attributes, "elements": extra.elements, "text": extra.text},
    }
    return {name: value for name, value in found.items() if value}


def element_of(found: Mapping[str, Any]) -> OmeElement:
    """The element that `plain` was given."""
    return OmeElement(
        found["entity"],
        dict(found.get("values", {})),
        [element_of(child) for child in found.get("children", [])],
        found.get("text", ""),
        extra=Extra(**found["extra"]) if "extra" in found else None,
    )
