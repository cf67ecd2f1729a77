"""Wells of plates from a study's file lists: which file is which well of which plate."""

import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Exists, OuterRef

from base.ids import new_id
from catalogue.bulk import find_rows, insert_rows
from catalogue.models import Image, ImageFile, KeyValue, Plate, Study, Well, WellSample
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
    old = [pk for (pk,) in find_rows(WellSample, ("id",), "file", files)]
    for start in range(0, len(old), BATCH):
        WellSample.objects.filter(pk__in=old[start : start + BATCH]).delete()
    samples = _samples(wanted, _wells(study, list(wanted)), _images_of(files))
    insert_rows(WellSample, ("well", "file", "index", "position", "image"), samples)
    _prune(study)
    return Placed(len({plate for plate, _, _ in wanted}), len(wanted), len(files), tuple(unclear))


def attach_images(files: list[uuid.UUID]) -> None:
    """Give the fields that files were placed at the images that were read from them since."""
    images = _images_of(files)
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


def _images_of(files: list[uuid.UUID]) -> dict[uuid.UUID, list[uuid.UUID]]:
    """The images that were read from each file, in their order."""
    pairs = list(find_rows(ImageFile, ("file", "image"), "file", files, is_part=False))
    there = find_rows(Image, ("id", "position"), "id", {image for _, image in pairs}, removed_at=None)
    positions = dict(there)
    images: dict[uuid.UUID, list[uuid.UUID]] = defaultdict(list)
    for file, image in pairs:
        if image in positions:
            images[file].append(image)
    for some in images.values():
        some.sort(key=lambda image: (positions[image], image))
    return images


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


def _wells(study: Study, places: list[tuple[str, int, int]]) -> dict[tuple[str, int, int], uuid.UUID]:
    """The wells at these places, made where there are none; those of a document are left to it."""
    plates = {plate.name: plate for plate in Plate.objects.filter(study=study, document=None)}
    new = [Plate(study=study, name=name) for name in dict.fromkeys(name for name, _, _ in places) if name not in plates]
    plates |= {plate.name: plate for plate in Plate.objects.bulk_create(new, batch_size=BATCH)}
    there = Well.objects.filter(plate__study=study, document=None)
    columns = there.values_list("pk", "plate__name", "row", "column")
    wells = {(plate, row or 0, column or 0): pk for pk, plate, row, column in columns}
    made = {place: new_id() for place in sorted(places) if place not in wells}
    rows = ((pk, plates[plate].pk, row, column) for (plate, row, column), pk in made.items())
    insert_rows(Well, ("id", "plate", "row", "column"), rows)
    return wells | made


def _samples(
    wanted: dict[tuple[str, int, int], list[tuple[uuid.UUID, int | None]]],
    wells: dict[tuple[str, int, int], uuid.UUID],
    images: Mapping[uuid.UUID, Sequence[uuid.UUID | None]],
) -> Iterator[tuple[uuid.UUID, uuid.UUID, int, int, uuid.UUID | None]]:
    for place, files in wanted.items():
        for position, (file, field) in enumerate(files):
            index = position if field is None else field
            for image in images.get(file, [None]):
                yield wells[place], file, index, position, image


def _prune(study: Study) -> None:
    """Wells and plates that lists made and that nothing is in any more."""
    used = WellSample.objects.filter(well=OuterRef("pk"))
    said = KeyValue.objects.filter(entity="well", entity_id=OuterRef("pk"))
    Well.objects.filter(~Exists(used), ~Exists(said), plate__study=study, document=None).delete()
    filled = Well.objects.filter(plate=OuterRef("pk"))
    Plate.objects.filter(~Exists(filled), study=study, document=None).delete()
