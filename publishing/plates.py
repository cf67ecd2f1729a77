"""From catalogue's plates to records: where each image is, and what is said of each well."""

import uuid
from collections import defaultdict
from collections.abc import Iterator, Sequence

from django.db.models import Exists, F, OuterRef, QuerySet

from catalogue.models import ImageFile, KeyValue, Plate, Well, WellSample
from catalogue.models.ome import AnnotationRef, PlateRef
from catalogue.ome.write import EXTRA
from catalogue.wells import label_of
from publishing.image_shapes import PlateRecord, WellRecord, WellValues

BATCH = 500
PLATES = ((2, 3), (3, 4), (4, 6), (6, 8), (8, 12), (16, 24), (32, 48))  # rows and columns of those that are made
OME = "openmicroscopy.org/OME"
NOT_OF_WELLS = (EXTRA, "ngff", "omero")  # namespaces of what is said of pixels
MOST_TEXTS = 5  # of one name in a well: what differs more is of its images, not of the well
MOST_NAMES = 60
Key = tuple[str, str, str]  # namespace, name, unit
Said = dict[Key, dict[uuid.UUID, list[str]]]  # of each name, the texts of each well


def shown_plates(plates: QuerySet[Plate]) -> QuerySet[Plate]:
    """Those with an image that can be looked at."""
    return plates.filter(Exists(_samples().filter(well__plate=OuterRef("pk"))))


def plate_records(plates: QuerySet[Plate]) -> list[PlateRecord]:
    """The records of a batch of plates in its order, but of those without images. Queries grow with the batches."""
    return [_record(plate) for plate in shown_plates(plates)]


def _samples() -> QuerySet[WellSample]:
    return WellSample.objects.filter(image__removed_at=None, image__has_pixels=True)


def _record(plate: Plate) -> PlateRecord:
    images: dict[uuid.UUID, list[uuid.UUID]] = defaultdict(list)
    samples = _samples().filter(well__plate=plate).order_by(F("index").asc(nulls_last=True), "position", "id")
    for well, image in samples.values_list("well", "image"):
        images[well].append(image)
    wells = [
        well
        for well in Well.objects.filter(plate=plate).select_related("reagent").order_by("row", "column", "id")
        if well.row is not None and well.column is not None
    ]
    rows = 1 + max((well.row or 0 for well in wells), default=0)
    columns = 1 + max((well.column or 0 for well in wells), default=0)
    rows, columns = max(rows, plate.rows or 0), max(columns, plate.columns or 0)
    if plate.rows is None or plate.columns is None:
        rows, columns = next(((r, c) for r, c in PLATES if r >= rows and c >= columns), (rows, columns))
    screens = PlateRef.objects.filter(plate=plate).order_by("position").values_list("screen__name", flat=True)
    return PlateRecord(
        id=str(plate.pk),
        name=plate.name,
        description=plate.description,
        external_identifier=plate.external_identifier,
        screens=tuple(name for name in screens if name),
        rows=rows,
        columns=columns,
        rows_are_numbers=plate.row_naming_convention == "number",
        columns_are_letters=plate.column_naming_convention == "letter",
        wells=tuple(
            WellRecord(
                well.row or 0,
                well.column or 0,
                label_of(well.row or 0, well.column or 0),
                tuple(str(pk) for pk in images[well.pk]),
            )
            for well in wells
        ),
        values=tuple(_values(wells, images)),
    )


def _values(wells: Sequence[Well], images: dict[uuid.UUID, list[uuid.UUID]]) -> Iterator[WellValues]:
    """What is said of the wells, by name; not what tells the images of one well from each other."""
    said: Said = defaultdict(lambda: defaultdict(list))
    _of_ome(wells, said)
    _of_key_values("well", {well.pk: {well.pk} for well in wells}, said)
    at = {image: {well} for well, some in images.items() for image in some}
    files: dict[uuid.UUID, set[uuid.UUID]] = defaultdict(set)
    for part in _parts(list(at)):
        for file, image in ImageFile.objects.filter(image__in=part).values_list("file", "image"):
            files[file] |= at[image]
    _of_key_values("file", {file: some for file, some in files.items() if len(some) == 1}, said)
    _of_key_values("image", at, said)
    names = [key for key, texts in said.items() if max(map(len, texts.values())) <= MOST_TEXTS]
    for namespace, name, unit in names[:MOST_NAMES]:
        texts = said[namespace, name, unit]
        yield WellValues(namespace, name, tuple("; ".join(texts.get(well.pk, ())) for well in wells), unit)


def _of_ome(wells: Sequence[Well], said: Said) -> None:
    for well in wells:
        for name, text in (
            ("Reagent", well.reagent.name if well.reagent else ""),
            ("Type", well.type),
            ("External description", well.external_description),
            ("External identifier", well.external_identifier),
        ):
            if text:
                said[OME, name, ""][well.pk].append(text)
    for part in _parts([well.pk for well in wells]):
        references = AnnotationRef.objects.filter(owner__in=part, annotation__entries__isnull=False)
        columns = ("owner", "annotation__namespace", "annotation__entries__k", "annotation__entries__value")
        for well_id, namespace, name, text in references.order_by("position").values_list(*columns):
            _add(said, (namespace, name, ""), {well_id}, text)


def _of_key_values(entity: str, of: dict[uuid.UUID, set[uuid.UUID]], said: Said) -> None:
    """The key-values of entities, each of which belongs to wells."""
    columns = ("entity_id", "key__namespace", "key__name", "unit", "value__text")
    for part in _parts(list(of)):
        rows = KeyValue.objects.filter(entity=entity, entity_id__in=part).exclude(key__namespace__in=NOT_OF_WELLS)
        for entity_id, namespace, name, unit, text in rows.values_list(*columns):
            _add(said, (namespace, name, unit), of[entity_id], text)


def _add(said: Said, key: Key, wells: set[uuid.UUID], text: str) -> None:
    for well in wells:
        if text not in said[key][well]:
            said[key][well].append(text)


def _parts(ids: Sequence[uuid.UUID]) -> Iterator[Sequence[uuid.UUID]]:
    for start in range(0, len(ids), BATCH):
        yield ids[start : start + BATCH]
