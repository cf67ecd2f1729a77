"""Wells of plates from a study's file lists: which file is which well of which plate."""

import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Exists, OuterRef

from catalogue.bulk import insert_rows
from catalogue.models import Image, KeyValue, Plate, Study, Well, WellSample
from catalogue.wells import well_of

BATCH = 500
Line = tuple[uuid.UUID, str, str, int | None]  # file, plate's name, well's label, number of the field


@dataclass(frozen=True)
class Placed:
    """What came of placing: how many plates, wells and fields now stand for the lines; the labels that are none."""

    plates: int
    wells: int
    fields: int
    unclear: tuple[tuple[uuid.UUID, str], ...] = ()  # file and label


@transaction.atomic
def place_wells(*, study: Study, lines: Iterable[Line]) -> Placed:
    """Put files into wells, in place of where an earlier list put them. May be repeated.

    A file that is read later gets its image then. A file with several images gives its well as many fields. Without a
    number, fields are numbered in the order of the lines. The number of queries grows only with the batches.
    """
    wanted, unclear = _wanted(lines)
    files = [file for line in wanted.values() for file, _ in line]
    for start in range(0, len(files), BATCH):
        WellSample.objects.filter(file__in=files[start : start + BATCH]).delete()
    wells = _wells(study, list(wanted))
    samples = list(_samples(wanted, wells))
    insert_rows(WellSample, ("well", "file", "index", "position"), samples)
    for start in range(0, len(files), BATCH):
        attach_images(files[start : start + BATCH])
    _prune(study)
    return Placed(len({plate for plate, _, _ in wanted}), len(wanted), len(samples), tuple(unclear))


def attach_images(files: list[uuid.UUID]) -> None:
    """Give the fields that files were placed at the images that were read from them since."""
    images: dict[uuid.UUID, list[uuid.UUID]] = defaultdict(list)
    rows = Image.objects.filter(image_files__file__in=files).order_by("position", "id")
    for file, image in rows.values_list("image_files__file", "id"):
        images[file].append(image)
    changed, more = [], []
    for row in WellSample.objects.filter(file__in=list(images), image=None):
        assert row.file_id is not None  # it was asked for by its file
        first, *others = images[row.file_id]
        row.image_id = first
        changed.append(row)
        more += [
            WellSample(well_id=row.well_id, file_id=row.file_id, image_id=image, index=row.index, position=row.position)
            for image in others
        ]
    WellSample.objects.bulk_update(changed, ["image"], batch_size=BATCH)
    WellSample.objects.bulk_create(more, batch_size=BATCH)


def _wanted(
    lines: Iterable[Line],
) -> tuple[dict[tuple[str, int, int], list[tuple[uuid.UUID, int | None]]], list[tuple[uuid.UUID, str]]]:
    wanted: dict[tuple[str, int, int], list[tuple[uuid.UUID, int | None]]] = defaultdict(list)
    unclear = []
    for file, plate, label, field in lines:
        place = well_of(label)
        if place is None:
            unclear.append((file, label))
        else:
            wanted[plate.strip(), *place].append((file, field))
    return wanted, unclear


def _wells(study: Study, places: list[tuple[str, int, int]]) -> dict[tuple[str, int, int], Well]:
    """The wells at these places, made where there are none; those of a document are left to it."""
    plates = {plate.name: plate for plate in Plate.objects.filter(study=study, document=None)}
    new = [Plate(study=study, name=name) for name in dict.fromkeys(name for name, _, _ in places) if name not in plates]
    plates |= {plate.name: plate for plate in Plate.objects.bulk_create(new, batch_size=BATCH)}
    there = Well.objects.filter(plate__study=study, document=None).select_related("plate")
    wells = {(well.plate.name, well.row or 0, well.column or 0): well for well in there}
    made = {place: Well(plate=plates[place[0]], row=place[1], column=place[2])
            for place in sorted(places) if place not in wells}  # fmt: skip
    rows = ((well.pk, well.plate_id, well.row, well.column) for well in made.values())
    insert_rows(Well, ("id", "plate", "row", "column"), rows)
    return wells | made


def _samples(
    wanted: dict[tuple[str, int, int], list[tuple[uuid.UUID, int | None]]], wells: dict[tuple[str, int, int], Well]
) -> Iterator[tuple[uuid.UUID, uuid.UUID, int, int]]:
    for place, files in wanted.items():
        for position, (file, field) in enumerate(files):
            index = position if field is None else field
            yield wells[place].pk, file, index, position


def _prune(study: Study) -> None:
    """Wells and plates that lists made and that nothing is in any more."""
    used = WellSample.objects.filter(well=OuterRef("pk"))
    said = KeyValue.objects.filter(entity="well", entity_id=OuterRef("pk"))
    Well.objects.filter(~Exists(used), ~Exists(said), plate__study=study, document=None).delete()
    filled = Well.objects.filter(plate=OuterRef("pk"))
    Plate.objects.filter(~Exists(filled), study=study, document=None).delete()
