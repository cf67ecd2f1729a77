"""What one reading of a file says in OME's words, as rows; and their removal."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from catalogue.models import File, Image, KeyValue, OmeDocument, PlaneTable, Plate, Study, Well, WellSample
from catalogue.ome.tables import TABLES, snake
from catalogue.ome.write import DocumentWriter, KnownImage, Rows, column_table, fill_units
from catalogue.wells import well_of
from imaging.facts import FileFacts, PlanesFacts, PlateFacts
from imaging.ome.columns import NumberColumn, TextColumn
from imaging.ome.document import Columns
from imaging.ome.model import ENTITIES, Kind

BATCH = 500


def document_rows(
    document: OmeDocument,
    study: Study,
    found: FileFacts,
    images: Mapping[int, KnownImage],
) -> Rows:
    """All rows of a file: of its OME document, or of its facts alone where it has none."""
    if found.ome is not None:
        rows = DocumentWriter(document, study, images).rows_of(found.ome.root)
    else:
        rows = Rows()
        for known in images.values():
            _describe(document, known, rows)
        for image in found.images:
            if image.planes is not None:
                rows.add(column_table(PlaneTable, images[image.index].image, _planes(image.planes)))
    if found.plate is not None and Plate not in rows.by_model:
        series = {image.series_path: images[image.index].image for image in found.images}
        _add_plate(document, study, found.plate, series, rows)
    return rows


def delete_documents(file: File) -> None:
    """Delete what readings of a file left, but not its images that have pixels."""
    for document in file.ome_documents.all():
        marked = (document.as_written or {}).get("+", [])
        for start in range(0, len(marked), BATCH):
            KeyValue.objects.filter(entity_id__in=marked[start : start + BATCH]).delete()
        Image.everything.filter(document=document, has_pixels=False).delete()
        document.delete()


def _describe(document: OmeDocument, known: KnownImage, rows: Rows) -> None:
    """Make an image of a file without OME metadata one of its document, by the ids that OME would give it."""
    number = known.image.position
    known.image.document = document
    known.image.ome_id = known.image.ome_id or f"Image:{number}"
    known.pixels.ome_id = f"Pixels:{number}"
    rows.add(known.image)
    rows.add(known.pixels)
    for channel in known.channels:
        channel.position = channel.index
        channel.ome_id = channel.ome_id or f"Channel:{number}:{channel.index}"
        rows.add(channel)
    for entity, row in (("Pixels", known.pixels), *(("Channel", channel) for channel in known.channels)):
        for _ in fill_units(TABLES[entity], row):
            pass


def _planes(planes: PlanesFacts) -> Columns:
    numbers: dict[str, NumberColumn] = {}
    texts: dict[str, TextColumn] = {}
    for attribute in ENTITIES["Plane"].attributes:
        value: Any = getattr(planes, snake(attribute.name), None)
        if isinstance(value, str):
            texts[attribute.name] = TextColumn(np.zeros(len(planes.the_z), np.int32), (value,))
        elif attribute.kind is Kind.INTEGER and value is not None:
            numbers[attribute.name] = NumberColumn(integer=True, numbers=value.astype(np.int64))
        elif value is not None and not np.isnan(value).all():
            numbers[attribute.name] = NumberColumn(integer=False, numbers=value)
    return Columns("Plane", len(planes.the_z), numbers, texts, {})


def _add_plate(document: OmeDocument, study: Study, found: PlateFacts, series: Mapping[str, Image], rows: Rows) -> None:
    """The plate of an OME-NGFF (0.4 §plate) as OME has it."""
    places = [_place(found, one.row, one.column) for one in found.wells]
    by_name = None not in places
    plate = Plate(
        document=document, study=study, ome_id="Plate:0", name=found.name,
        row_naming_convention=_convention(found.rows), column_naming_convention=_convention(found.columns),
    )  # fmt: skip
    if not by_name:
        plate.rows, plate.columns = len(found.rows), len(found.columns)
    rows.add(plate)
    for position, (one, place) in enumerate(zip(found.wells, places, strict=True)):
        row, column = place if by_name and place else (one.row, one.column)
        well = Well(
            document=document, plate=plate, position=position, ome_id=f"Well:0:{row}:{column}", row=row, column=column
        )
        rows.add(well)
        for field, path in enumerate(one.images):
            sample = WellSample(document=document, well=well, position=field, index=field, image=series.get(path))
            sample.ome_id = f"WellSample:0:{row}:{column}:{field}"
            rows.add(sample)


def _place(found: PlateFacts, row: int, column: int) -> tuple[int, int] | None:
    """Where a well is on the plate by its names: NGFF lists only the rows and columns that have images."""
    return well_of(f"{found.rows[row]}{found.columns[column]}")


def _convention(names: tuple[str, ...]) -> str:
    """OME's word for how rows or columns are named, if it has one."""
    if all(name.isdecimal() for name in names):
        return "number"
    return "letter" if all(name.isalpha() for name in names) else ""
