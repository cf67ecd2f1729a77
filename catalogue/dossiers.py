"""A working copy as plain data, from which every road out is made."""

import uuid
from collections.abc import Iterator
from typing import TypeVar

from django.db.models import QuerySet

from catalogue import documents
from catalogue.exchange.dossier import Dossier, FileLine, Pair
from catalogue.models import File, ListedFile, Study
from catalogue.pairs import FILE, LISTED_FILE, STUDY, pairs_of
from catalogue.rules.rembi import MODULES

BATCH = 2000
Row = TypeVar("Row", File, ListedFile)


def of_study(study: Study) -> Dossier:
    """Document, files (also listed ones that have not come yet) and all key-values, fetched in batches."""
    document = documents.read(study)
    return Dossier(document, list(_files(study)), _pairs(study, document))


def _pairs(study: Study, document: dict[str, list[dict[str, str]]]) -> dict[str, list[Pair]]:
    found = {STUDY: pairs_of(study, STUDY, [study.pk])[study.pk]}
    for module in MODULES:
        if module.repeated:
            ids = [uuid.UUID(row["id"]) for row in document[module.plural]]
            found |= {f"{module.key}/{key}": pairs for key, pairs in pairs_of(study, module.key, ids).items()}
    return {entity: pairs for entity, pairs in found.items() if pairs}


def _files(study: Study) -> Iterator[FileLine]:
    for page in _batches(File.objects.filter(study=study).select_related("stored")):
        pairs = pairs_of(study, FILE, [file.pk for file in page])
        for file in page:
            component = str(file.component_id or "")
            yield FileLine(file.path, component, file.stored.bytes, file.stored.sha256, pairs.get(file.pk, []))
    for listed in _batches(ListedFile.objects.filter(study=study)):
        pairs = pairs_of(study, LISTED_FILE, [file.pk for file in listed])
        for one in listed:
            yield FileLine(
                one.path, str(one.component_id or ""), one.bytes, one.sha256, pairs.get(one.pk, []), one.plate, one.well
            )


def _batches(rows: QuerySet[Row]) -> Iterator[list[Row]]:
    """In the order of paths, so that the same study always gives the same file."""
    after = ""
    while page := list(rows.filter(path__gt=after).order_by("path")[:BATCH]):
        yield page
        after = page[-1].path
