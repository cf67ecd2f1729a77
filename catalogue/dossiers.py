"""A working copy as plain data, from which every road out is made."""

import uuid
from collections.abc import Iterator
from typing import TypeVar

from django.conf import settings
from django.db.models import QuerySet

from catalogue import documents
from catalogue.exchange.dossier import Dossier, FileLine, Origin, Pair
from catalogue.models import File, ImageFile, ListedFile, Study, WellSample
from catalogue.ome.export import export
from catalogue.pairs import FILE, LISTED_FILE, STUDY, pairs_of
from catalogue.rules.rembi import MODULES
from catalogue.wells import label_of

BATCH = 2000
QUERY = 500  # ids in one query
Row = TypeVar("Row", File, ListedFile)


def of_study(study: Study) -> Dossier:
    """Document, files (also listed ones that have not come yet) and all key-values, fetched in batches."""
    document = documents.read(study)
    origin = Origin(settings.PUBLIC_URL, settings.PUBLISHER, accession=study.accession or "")
    return Dossier(document, list(_files(study)), _pairs(study, document), origin, OmeOfFiles(study))


class OmeOfFiles:
    """The OME-XML of a study's files by path, each made when it is come to; without the names of people in it."""

    def __init__(self, study: Study) -> None:
        self.study = study

    def __iter__(self) -> Iterator[tuple[str, bytes]]:
        for page in _batches(File.objects.filter(study=self.study, ome_documents__isnull=False).distinct()):
            for file in page:
                yield file.path, export(file, people=False)


def _pairs(study: Study, document: dict[str, list[dict[str, str]]]) -> dict[str, list[Pair]]:
    found = {STUDY: pairs_of(study, STUDY, [study.pk])[study.pk]}
    for module in MODULES:
        if module.repeated:
            ids = [uuid.UUID(row["id"]) for row in document[module.plural]]
            found |= {f"{module.key}/{key}": pairs for key, pairs in pairs_of(study, module.key, ids).items()}
    return {entity: pairs for entity, pairs in found.items() if pairs}


def _files(study: Study) -> Iterator[FileLine]:
    for page in _batches(File.objects.filter(study=study).select_related("stored")):
        ids = [file.pk for file in page]
        pairs, wells, specimens = pairs_of(study, FILE, ids), _wells(ids), _specimens(ids)
        for file in page:
            plate, well = wells.get(file.pk, ("", ""))
            yield FileLine(
                file.path,
                str(file.component_id or ""),
                file.stored.bytes,
                file.stored.sha256,
                pairs.get(file.pk, []),
                plate,
                well,
                specimens.get(file.pk, ""),
            )
    for listed in _batches(ListedFile.objects.filter(study=study)):
        pairs = pairs_of(study, LISTED_FILE, [file.pk for file in listed])
        for one in listed:
            component, specimen = str(one.component_id or ""), str(one.specimen_id or "")
            some = pairs.get(one.pk, [])
            yield FileLine(one.path, component, one.bytes, one.sha256, some, one.plate, one.well, specimen)


def _wells(files: list[uuid.UUID]) -> dict[uuid.UUID, tuple[str, str]]:
    """Plate and well of the files that a list placed in one."""
    found: dict[uuid.UUID, tuple[str, str]] = {}
    for start in range(0, len(files), QUERY):
        rows = WellSample.objects.filter(file__in=files[start : start + QUERY])
        for file, plate, row, column in rows.values_list("file", "well__plate__name", "well__row", "well__column"):
            if file is not None and row is not None and column is not None:
                found[file] = plate, label_of(row, column)
    return found


def _specimens(files: list[uuid.UUID]) -> dict[uuid.UUID, str]:
    """The preparation of the images in each file, where they have one."""
    found: dict[uuid.UUID, str] = {}
    for start in range(0, len(files), QUERY):
        rows = ImageFile.objects.filter(file__in=files[start : start + QUERY], image__specimen__isnull=False)
        found |= {file: str(specimen) for file, specimen in rows.values_list("file", "image__specimen")}
    return found


def _batches(rows: QuerySet[Row]) -> Iterator[list[Row]]:
    """In the order of paths, so that the same study always gives the same file."""
    after = ""
    while page := list(rows.filter(path__gt=after).order_by("path")[:BATCH]):
        yield page
        after = page[-1].path
