"""A published version as plain data, made from its Record only: every road out of catalogue.exchange starts here."""

from collections.abc import Iterator
from dataclasses import is_dataclass
from typing import Any

from django.conf import settings

from catalogue.exchange.dossier import Document, Dossier, FileLine, Origin, Pair
from catalogue.models import OmeDocument
from catalogue.ome.export import export_document
from catalogue.rules.fields import Field, Kind, Module
from catalogue.rules.rembi import MODULES, STUDY
from publishing import record
from publishing.image_shapes import KeyValue
from publishing.models import Publication
from publishing.record import RecordSet
from publishing.renditions import links
from publishing.shapes import StudyRecord, TermText


def of_publication(publication: Publication) -> Dossier:
    """Document and files with their key-values, as they were published."""
    records = record.of_version(publication)
    return Dossier(
        document_of(records), list(_files(publication)), origin=_origin(records.study), ome=OmeOfFiles(publication)
    )


class OmeOfFiles:
    """The OME-XML of a version's files by path, as they were read then, each made when it is come to."""

    def __init__(self, publication: Publication) -> None:
        self.publication = publication

    def __iter__(self) -> Iterator[tuple[str, bytes]]:
        for file in record.all_files(self.publication):
            if file.ome_document:
                yield file.path, export_document(OmeDocument.objects.get(pk=file.ome_document), people=False)


def _origin(study: StudyRecord) -> Origin:
    return Origin(
        site=settings.PUBLIC_URL,
        publisher=settings.PUBLISHER,
        address=links.version_iri(study),
        accession=study.accession,
        doi="" if study.doi_is_test else study.doi,
        published=study.published[:10],
        thumbnail=links.absolute(f"/data/{study.thumbnails[0]}/thumbnail.jpg") if study.thumbnails else "",
    )


def document_of(records: RecordSet) -> Document:
    """The document of a version, as catalogue.documents would read it; without what is never published."""
    document: Document = {STUDY.key: _values(STUDY, records.study)}
    for module in MODULES:
        if module.repeated:
            rows = records.components if module.key == "component" else getattr(records.study, module.plural)
            document[module.plural] = [{"id": row.id, **_values(module, row)} for row in rows]
    return document


def _values(module: Module, row: Any) -> dict[str, Any]:
    return {one.name: _value(one, getattr(row, one.name, "")) for one in module.fields}


def _value(one: Field, value: Any) -> Any:
    if one.kind is Kind.ROWS:
        return [_line(one, line) for line in value or ()]
    if one.kind is Kind.TERM:
        if not isinstance(value, TermText):
            return {"text": str(value or ""), "curie": ""}
        return {"text": value.text, "curie": value.term.curie if value.term else ""}
    return "" if value is None else str(value)


def _line(one: Field, line: Any) -> dict[str, Any]:
    """A row of a table; a bare value stands for its first column."""
    if is_dataclass(line) and not isinstance(line, TermText):
        return {column.name: _value(column, getattr(line, column.name, "")) for column in one.columns}
    first, *rest = one.columns
    return {first.name: _value(first, line), **{column.name: _value(column, "") for column in rest}}


def _files(publication: Publication) -> Iterator[FileLine]:
    for file in record.all_files(publication):
        yield FileLine(file.path, file.component, file.bytes, file.sha256, [_pair(one) for one in file.key_values])


def _pair(one: KeyValue) -> Pair:
    return Pair(one.namespace, one.name, one.value, one.unit, one.term.curie if one.term else "")
