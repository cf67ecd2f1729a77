"""What one reading of a file says in OME's words, as rows; and their removal."""

from collections.abc import Mapping

from catalogue.models import File, Image, KeyValue, OmeDocument, Plate, Study, Well, WellSample
from catalogue.ome.write import DocumentWriter, KnownImage, Rows
from catalogue.wells import well_of
from imaging.facts import FileFacts, PlateFacts
from imaging.ome.of_facts import document_of

BATCH = 500


def document_rows(
    document: OmeDocument,
    study: Study,
    found: FileFacts,
    images: Mapping[int, KnownImage],
) -> Rows:
    """All rows of a file: of its OME document, or of its facts alone where it has none."""
    rows = DocumentWriter(document, study, images).rows_of(document_of(found).root)
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
