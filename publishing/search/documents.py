"""From a publication's records to documents. Images are streamed, so that memory does not grow with a study."""

import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import datetime
from typing import Any

from ontology.models import Synonym
from publishing.image_shapes import ImageRecord
from publishing.models import Publication
from publishing.queries import latest
from publishing.record import images_of, of_version
from publishing.search.document import Document, FacetValue, KeyValue
from publishing.shapes import ComponentRecord, FacetTerm, RecordSet, StudyRecord

BATCH = 500
LONGEST_VALUE = 1_000  # characters of a key-value that are indexed
AUTHORS_SHOWN = 5
FORMATS = {
    "image/ome-tiff": "OME-TIFF",
    "image/tiff": "TIFF",
    "image/ome-zarr;version=0.4": "OME-Zarr 0.4",
    "image/ome-zarr;version=0.5": "OME-Zarr 0.5",
}

Facets = dict[str, tuple[FacetValue, ...]]


def all_documents() -> Iterator[Document]:
    """Every published study's newest version, and its images."""
    before: tuple[datetime, uuid.UUID] | None = None
    while page := list(latest(limit=100, before=before)):
        for publication in page:
            yield from documents_of(publication)
        before = (page[-1].published_at, page[-1].id)


def documents_of(publication: Publication) -> Iterator[Document]:
    """The study's document, then one an image."""
    made = _Maker(publication)
    yield made.study()
    after: uuid.UUID | None = None
    while page := images_of(publication, after=after, limit=BATCH):
        yield from map(made.image, page)
        after = uuid.UUID(page[-1].id)


@dataclass(frozen=True)
class _Part:
    """What the images of a component share."""

    title: str
    organisms: tuple[FacetTerm, ...]
    methods: tuple[FacetTerm, ...]
    texts: tuple[str, ...]


class _Maker:
    """Makes the documents of one publication; what images share is worked out once."""

    def __init__(self, publication: Publication) -> None:
        self._publication = publication
        self._records = of_version(publication)
        self._record = self._records.study
        self._synonyms = _synonyms(self._record)
        self._authors = tuple(map(str, self._record.authors))
        self._whole = _Part("", self._record.facets.organisms, self._record.facets.methods, ())
        self._parts = {component.id: self._part(component) for component in self._records.components}

    def study(self) -> Document:
        record, counts = self._record, self._record.counts
        return self._document(
            self._whole,
            id=record.id,
            type="study",
            identifiers=tuple(filter(None, (record.accession, record.doi, record.study_doi))),
            title=record.title,
            description=record.description,
            keywords=record.keywords,
            channels=tuple(texts_of(record.channels)),
            context=tuple(texts_of(_described(self._records))),
            formats=record.facets.formats,
            channel_counts=record.facets.channel_counts,
            thumbnail=next(iter(record.thumbnails), None),
            card={"authors": self._authors[:AUTHORS_SHOWN], "images": counts.images, "version": record.version},
        )

    def image(self, image: ImageRecord) -> Document:
        part = self._parts.get(image.component, self._whole)
        record = self._record
        return self._document(
            part,
            id=image.id,
            type="image",
            title=image.name or image.id,
            description=image.description,
            channels=tuple(filter(None, (text for c in image.channels for text in (c.name, c.fluor)))),
            key_values=tuple(
                KeyValue(kv.name, f"{kv.value} {kv.unit}".strip()[:LONGEST_VALUE]) for kv in image.key_values
            ),
            context=(record.title, record.description, *record.keywords, *part.texts,
                     *(file.path for file in image.files)),
            formats=(image.format,) if image.format else (),
            channel_counts=(image.size_c,),
            thumbnail=image.id,
            card={"study_title": record.title, "component": part.title, "size": _size(image)},
        )  # fmt: skip

    def _document(
        self,
        part: _Part,
        *,
        formats: Iterable[str],
        channel_counts: Iterable[int],
        card: Mapping[str, Any],
        **own: Any,
    ) -> Document:
        record, year = self._record, str(self._publication.published_at.year)
        facets: Facets = {
            "organism": _values(part.organisms),
            "method": _values(part.methods),
            "licence": (FacetValue(record.licence, licence_label(record.licence)),) if record.licence else (),
            "year": (FacetValue(year, year),),
            "format": tuple(FacetValue(name, FORMATS.get(name, name)) for name in formats),
            "channels": tuple(FacetValue(str(count), str(count)) for count in channel_counts),
        }
        return Document(
            study=record.id,
            accession=record.accession,
            published=self._publication.published_at,
            authors=self._authors,
            terms=tuple(self._names((*part.organisms, *part.methods))),
            facets=facets,
            ancestors=_above((*part.organisms, *part.methods)),
            card={
                **card,
                "organisms": [term.label for term in part.organisms],
                "methods": [term.label for term in part.methods],
                "licence": licence_label(record.licence),
            },
            **own,
        )

    def _names(self, terms: Iterable[FacetTerm]) -> Iterator[str]:
        for term in terms:
            for curie, label in ((term.curie, term.label), *((it.curie, it.label) for it in term.ancestors)):
                yield label
                yield from self._synonyms.get(curie, ())

    def _part(self, component: ComponentRecord) -> _Part:
        record, made_from = self._record, component.associations
        samples = [one for one in record.biosamples if any(one.id == a.biosample for a in made_from)]
        set_ups = [one for one in record.acquisitions if any(one.id == a.acquisition for a in made_from)]
        specimens = [one for one in record.specimens if any(one.id == a.specimen for a in made_from)]
        organisms = {str(organism.organism) for sample in samples for organism in sample.organisms}
        methods = {str(method) for set_up in set_ups for method in set_up.methods}
        return _Part(
            component.title,
            tuple(term for term in record.facets.organisms if term.label in organisms),
            tuple(term for term in record.facets.methods if term.label in methods),
            tuple(texts_of((component.title, component.description, samples, specimens, set_ups))),
        )


def texts_of(value: Any) -> Iterator[str]:
    """Every text for people in records, in order: not ids, and of terms their labels."""
    if isinstance(value, str):
        if value:
            yield value
    elif isinstance(value, list | tuple):
        for item in value:
            yield from texts_of(item)
    elif is_dataclass(value):
        for one in fields(value):
            if one.name not in _NO_TEXT:
                yield from texts_of(getattr(value, one.name))


# Ids, and where terms come from.
_NO_TEXT = {"id", "biosample", "specimen", "affiliations", "roles", "associations"} | {
    "further_biosamples", "specimens", "acquisitions", "analysis", "component", "contributor", "method",
    "iri", "ontology", "ontology_version", "ontology_source",
}  # fmt: skip


def _described(records: RecordSet) -> tuple[Any, ...]:
    """The parts of a study whose texts it is found by."""
    study = records.study
    return (records.components, study.biosamples, study.specimens, study.acquisitions, study.analyses,
            study.annotation_methods, study.annotations, study.image_data, study.creations, study.correlations,
            study.grants, study.publications, study.links, study.organisations)  # fmt: skip


def _synonyms(record: StudyRecord) -> dict[str, list[str]]:
    """Other names of the study's organisms, methods and the terms above them, so that "mouse" finds Mus musculus."""
    terms = (*record.facets.organisms, *record.facets.methods)
    curies = {term.curie for term in terms} | {above.curie for term in terms for above in term.ancestors}
    rows = Synonym.objects.filter(
        term__curie__in=curies, term__ontology__is_current=True, scope=Synonym.Scope.EXACT
    ).values_list("term__curie", "text")
    found: dict[str, list[str]] = {}
    for curie, text in rows:
        found.setdefault(curie, []).append(text)
    return found


def _values(terms: Iterable[FacetTerm]) -> tuple[FacetValue, ...]:
    return tuple(FacetValue(term.curie or term.label, term.label) for term in terms)


def _above(terms: Iterable[FacetTerm]) -> Facets:
    return {
        term.curie or term.label: tuple(FacetValue(ref.curie, ref.label) for ref in term.ancestors if ref.curie)
        for term in terms
    }


def licence_label(spdx: str) -> str:
    """An SPDX id as people write it: "CC BY 4.0"; ids of other families stay as they are."""
    return spdx.replace("-", " ") if spdx.startswith("CC") else spdx


def _size(image: ImageRecord) -> str:
    along = {"z": image.size_z, "t": image.size_t}
    more = "".join(f" × {size} {axis}" for axis, size in along.items() if size > 1)
    channels = f" · {image.size_c} channels" if image.size_c > 1 else ""
    return f"{image.size_x} × {image.size_y}{more}{channels}"
