"""A plate as OME-Zarr: its metadata and that of its wells; the fields are images, each with its own representation.

Source: NGFF 0.4 and 0.5, §plate and §well.
"""

import json
import re
from dataclasses import dataclass
from typing import Any

from catalogue.wells import letters_of
from publishing.image_shapes import PlateRecord, WellRecord

KEYS = ("ome-zarr-0.4", "ome-zarr-0.5")
BELOW = re.compile("([A-Za-z0-9]{1,9})/([A-Za-z0-9]{1,9})(?:/([0-9]{1,9})(?:/(.*))?)?", re.DOTALL)


@dataclass(frozen=True)
class Field:
    """A path of an image: `path` below its representation."""

    image: str
    path: str


def at(plate: PlateRecord, key: str, path: str) -> bytes | Field | None:
    """The document at a path of a plate, or the image that lies there; None if nothing does.

    Wells are "{row}/{column}" ("B/7"), their fields "{row}/{column}/{number from 0}".
    """
    folder, _, name = path.rpartition("/")
    is_3 = key == "ome-zarr-0.5"
    names = ("zarr.json",) if is_3 else (".zgroup", ".zattrs")
    if name in names:
        said = _said(plate, folder)
        if said is not None:
            return _document(name, said)
    match = BELOW.fullmatch(path)
    if match is None or match.group(3) is None:
        return None
    row, column, number, rest = match.groups()
    well = _wells(plate).get((row, column))
    if well is None or int(number) >= len(well.images):
        return None
    return Field(well.images[int(number)], rest or "")


def _said(plate: PlateRecord, folder: str) -> dict[str, Any] | None:
    """What the group of this folder says: the plate, a row, or a well; None if there is no such group."""
    wells = _wells(plate)
    if not folder:
        return {"plate": _plate(plate)}
    if folder in {row for row, _ in wells}:
        return {}
    row, _, column = folder.partition("/")
    well = wells.get((row, column))
    return None if well is None else {"well": {"images": [{"path": str(n)} for n in range(len(well.images))]}}


def _document(name: str, said: dict[str, Any]) -> bytes:
    document: dict[str, Any]
    if name == "zarr.json":
        attributes = {"ome": {"version": "0.5", **said}} if said else {}
        document = {"zarr_format": 3, "node_type": "group", "attributes": attributes}
    elif name == ".zgroup":
        document = {"zarr_format": 2}
    else:
        document = {kind: {"version": "0.4", **about} for kind, about in said.items()}
    return json.dumps(document, ensure_ascii=False).encode()


def _plate(plate: PlateRecord) -> dict[str, Any]:
    wells = sorted(_wells(plate).items(), key=lambda item: (item[1].row, item[1].column))
    return {
        "name": plate.name,
        "rows": [{"name": _row(plate, number)} for number in range(plate.rows)],
        "columns": [{"name": _column(plate, number)} for number in range(plate.columns)],
        "wells": [
            {"path": f"{row}/{column}", "rowIndex": well.row, "columnIndex": well.column}
            for (row, column), well in wells
        ],
        "field_count": max((len(well.images) for _, well in wells), default=1),
    }


def _wells(plate: PlateRecord) -> dict[tuple[str, str], WellRecord]:
    """The wells that have images, by the names of their row and column."""
    return {(_row(plate, well.row), _column(plate, well.column)): well for well in plate.wells if well.images}


def _row(plate: PlateRecord, number: int) -> str:
    return str(number + 1) if plate.rows_are_numbers else letters_of(number)


def _column(plate: PlateRecord, number: int) -> str:
    return letters_of(number) if plate.columns_are_letters else str(number + 1)
