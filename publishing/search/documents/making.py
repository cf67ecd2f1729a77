"""From a publication's records to documents. Images are streamed, so that memory does not grow with a study."""

import logging
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from publishing import image_shapes
from publishing.image_shapes import FileRecord, ImageRecord
from publishing.models import Publication
from publishing.queries import standing
from publishing.record import files_named, images_of, of_version
from publishing.search.document import Document, FacetValue, KeyValue
from publishing.search.documents.gathered import Gathered
from publishing.search.documents.markers import Markers, MarkerTerms, accessions_of, markers_of, markers_said, names_of
from publishing.search.documents.measures import (
    ANNOTATIONS,
    PLATE,
    RESULTS,
    annotated_of,
    comes_with,
    dimensions_of,
    numbers_of,
)
from publishing.search.documents.of_terms import term_documents
from publishing.search.documents.parts import Part, Parts, described, facet_of_term, terms_in, texts_of
from publishing.search.documents.vocabulary import Vocabulary
from publishing.search.documents.wells import Wells
from publishing.search.fields import FACETS, FIELDS, Kind
from publishing.shapes import StudyRecord, TermText

logger = logging.getLogger(__name__)

BATCH = 500
LONGEST_VALUE = 1_000  # characters of a key-value that are indexed
AUTHORS_SHOWN = 5
CHANNELS_SHOWN, SHOWN = 8, 12
ON_CARDS = ("organism", "method", "marker")  # facets whose labels a hit shows
TERM_FACETS = tuple(name for name in FACETS if FIELDS[name].kind is Kind.TERM)
FORMATS = {
    "image/ome-tiff": "OME-TIFF", "image/tiff": "TIFF", "image/ome-zarr;version=0.1": "OME-Zarr 0.1",
    "image/ome-zarr;version=0.2": "OME-Zarr 0.2", "image/ome-zarr;version=0.3": "OME-Zarr 0.3",
    "image/ome-zarr;version=0.4": "OME-Zarr 0.4", "image/ome-zarr;version=0.5": "OME-Zarr 0.5",
    "application/dicom": "DICOM", "application/vnd.zeiss.czi": "Zeiss CZI", "application/x-hdf5": "HDF5",
    "application/x-n5": "N5", "image/j2c": "JPEG 2000", "image/jp2": "JPEG 2000", "image/jpeg": "JPEG",
    "image/nd2": "Nikon ND2", "image/png": "PNG", "image/vnd.3dhistech.mirax": "MIRAX",
    "image/vnd.akoya.qptiff": "Akoya QPTIFF", "image/vnd.aperio.svs": "Aperio SVS",
    "image/vnd.hamamatsu.ndpi": "Hamamatsu NDPI", "image/vnd.hamamatsu.vms": "Hamamatsu VMS",
    "image/vnd.leica.scn": "Leica SCN", "image/vnd.olympus.vsi": "Olympus VSI",
    "image/vnd.philips.tiff": "Philips TIFF",
    "image/vnd.sakura.svslide": "Sakura SVSLIDE", "image/vnd.trestle.tiff": "Trestle TIFF",
    "image/vnd.ventana.bif": "Ventana BIF", "image/x-bdv-hdf5": "BigDataViewer HDF5",
    "image/x-dm": "DigitalMicrograph", "image/x-imaris": "Imaris", "image/x-leica-lif": "Leica LIF",
    "image/x-mcd": "MCD", "image/x-mrc": "MRC", "image/x-olympus-oib": "Olympus OIB",
    "image/x-olympus-oif": "Olympus OIF", "text/x-file-pattern": "files as one image",
}  # fmt: skip

Facets = dict[str, tuple[FacetValue, ...]]


@dataclass(frozen=True)
class Sources:
    """What documents need besides Records; shared by the documents of many studies, it is looked up once."""

    vocabulary: Vocabulary = field(default_factory=Vocabulary)
    markers: MarkerTerms = field(default_factory=MarkerTerms)


def all_documents() -> Iterator[Document]:
    """Every published study's newest version that stands, its images, and each term that they use once."""
    sources, told = Sources(), set[str]()
    before: tuple[datetime, uuid.UUID] | None = None
    while page := list(standing(limit=100, before=before)):
        for publication in page:
            try:
                made = _Maker(publication, sources)
                yield from made.documents()
            except (KeyError, TypeError, AttributeError, ValueError):
                logger.exception("%s could not be read, and is left out of the index", publication)
                continue
            yield from term_documents(made.curies - told)
            told |= made.curies
        before = (page[-1].published_at, page[-1].id)


def documents_of(publication: Publication) -> Iterator[Document]:
    """One document an image, then the study's, then one for each term that they use."""
    made = _Maker(publication, Sources())
    yield from made.documents()
    yield from term_documents(made.curies)


@dataclass(frozen=True)
class _PartSaid:
    """What a part of a study says of all its images."""

    part: Part
    facets: Facets
    texts: tuple[str, ...]
    instruments: tuple[str, ...]
    key_values: tuple[KeyValue, ...]  # of the sample, if it is one


class _Maker:
    """Makes the documents of one publication; what images share is worked out once."""

    def __init__(self, publication: Publication, sources: Sources) -> None:
        self._publication, self._vocabulary, self._known = publication, sources.vocabulary, sources.markers
        self._records = of_version(publication)
        self._record = self._records.study
        self._parts, self._wells = Parts(self._records), Wells(publication)
        self._annotated = annotated_of(self._record)
        self._shared = _shared(self._record, publication)
        self._gathered = Gathered()
        self._labels = {term.curie: term.label for term in terms_in(self._record)}  # as they were frozen
        self._said: dict[tuple[str, str], _PartSaid] = {}  # by component and specimen
        self._shown: dict[Any, Markers] = {}  # by those and channels: the images of a plate are alike
        self.curies: set[str] = set()  # of the terms that are used, and of those above them

    def documents(self) -> Iterator[Document]:
        """One an image, then the study's, which is found by what its images show too."""
        self._vocabulary.learn(self._labels)
        self._learn(())
        page = images_of(self._publication, limit=BATCH)
        while page:
            self._learn(page)
            files = files_named(self._publication, {file.id for image in page for file in image.files})
            yield from (self._image(image, files) for image in page)
            is_last = len(page) < BATCH
            page = [] if is_last else images_of(self._publication, after=uuid.UUID(page[-1].id), limit=BATCH)
        yield self._study()

    def _learn(self, images: Iterable[ImageRecord]) -> None:
        """Look up all terms and names that these images need, and the study."""
        signals = self._record.channels
        names = {text for image in images for channel in image.channels for text in (channel.name, channel.fluor)}
        self._known.learn(names_of(signals, names), accessions_of(signals))
        pairs = (pair.term.curie for image in images for pair in image.key_values if pair.term)
        self._vocabulary.learn((*self._known.curies, *pairs))

    def _image(self, image: ImageRecord, files: Mapping[str, FileRecord]) -> Document:
        record, place = self._record, self._wells.of(image.id)
        said = self._of_image(image)
        markers = self._markers(image, said.part)
        has = comes_with(image, self._annotated) | ({PLATE} if place else set())
        own: Facets = {
            "marker": self._counted(markers),
            "dimensions": _same((dimensions_of(image),)),
            "channels": _same((str(image.size_c),)),
            "format": _formats((image.format,)),
            "has": _same(sorted(has | ({RESULTS} if said.part.analyses else set()))),
        }
        facets = _merged(said.facets, self._of_key_values(image), own)
        numbers, pixel_type = numbers_of(image), {"pixel_type": (image.pixel_type,)}
        names = tuple(filter(None, (text for channel in image.channels for text in (channel.name, channel.fluor))))
        texts = {**pixel_type, "channels": names, "marker": markers.written}
        self._gathered.add(facets, numbers, texts, markers.by_metal)
        return self._document(
            facets,
            markers,
            id=image.id,
            type="image",
            title=image.name or next((file.path for file in image.files), image.id),
            description=image.description,
            channels=names,
            files=tuple(file.path for file in image.files),
            instruments=(*_instruments(image), *said.instruments),
            key_values=_key_values(
                _pairs(image.key_values),
                *(_pairs(files[file.id].key_values) for file in image.files if file.id in files),
                place.key_values if place else (),
                said.key_values,
            ),
            context=(record.title, record.description, *said.texts),
            numbers=numbers,
            values=pixel_type,
            thumbnail=image.id,
            card={
                "component": said.part.title,
                "size": _size(image),
                "channels": names[:CHANNELS_SHOWN],
                **({"plate": place.plate, "well": place.well} if place else {}),
            },
        )

    def _study(self) -> Document:
        record, counts, gathered = self._record, self._record.counts, self._gathered
        said = self._of_part(self._parts.whole)
        markers = markers_said(record.channels, self._known)
        gathered.add({}, {}, {}, markers.by_metal)
        there = [PLATE] * bool(self._wells) + [ANNOTATIONS] * bool(record.annotations)
        own: Facets = {
            "marker": self._counted(markers),
            "format": _formats(record.facets.formats),
            "channels": _same(map(str, record.facets.channel_counts)),
            "has": _same((*there, *([RESULTS] * bool(record.analyses)))),
        }
        written = Markers(written=tuple(dict.fromkeys((*markers.written, *gathered.texts("marker")))))
        return self._document(
            _merged(said.facets, own, gathered.facets),
            written,
            id=record.id,
            type="study",
            identifiers=tuple(_identifiers(record)),
            title=record.title,
            description=record.description,
            channels=tuple(dict.fromkeys((*texts_of(record.channels), *gathered.texts("channels")))),
            instruments=said.instruments,
            context=tuple(texts_of(described(self._records))),
            numbers={**gathered.numbers, "images": (float(counts.images),), "bytes": (float(counts.bytes),)},
            values={"pixel_type": gathered.texts("pixel_type")},
            tags=tuple((metal, self._marker(curie)) for metal, curie in gathered.by_metal),
            thumbnail=next(iter(record.thumbnails), None),
            card={"images": counts.images, "bytes": counts.bytes},
        )

    def _document(
        self,
        facets: Facets,
        markers: Markers,
        *,
        numbers: Mapping[str, tuple[float, ...]],
        values: Mapping[str, tuple[str, ...]],
        card: Mapping[str, Any],
        **own: Any,
    ) -> Document:
        record, shared = self._record, self._shared
        above = self._above(facets)
        self.curies |= above.keys() | {one.value for some in above.values() for one in some}
        labels = (one.label for name in TERM_FACETS for one in facets.get(name, ()))
        return Document(
            study=record.id,
            accession=record.accession,
            published=self._publication.published_at,
            keywords=record.keywords,
            authors=shared.authors,
            terms=tuple(dict.fromkeys((*labels, *self._vocabulary.names(above)))),
            facets={**facets, **shared.facets},
            ancestors=above,
            numbers={**numbers, **shared.numbers},
            values={**values, **shared.values, "marker": markers.written},
            card={
                **card,
                **shared.card,
                **{f"{name}s": [one.label for one in facets.get(name, ())][:SHOWN] for name in ON_CARDS},
            },
            **own,
        )

    def _of_image(self, image: ImageRecord) -> _PartSaid:
        key = (image.component, image.specimen)
        if key not in self._said:
            self._said[key] = self._of_part(self._parts.of(*key))
        return self._said[key]

    def _of_part(self, part: Part) -> _PartSaid:
        instruments = tuple(one.imaging_instrument for one in part.acquisitions if one.imaging_instrument)
        facets = {name: tuple(map(self._value, some)) for name, some in part.terms(self._vocabulary).items()}
        variables = part.samples[0].variables if len(part.samples) == 1 else ()
        pairs = (KeyValue(it.name, f"{it.value} {it.unit}".strip()) for it in variables if it.name and str(it.value))
        return _PartSaid(part, facets, part.texts, instruments, tuple(pairs))

    def _markers(self, image: ImageRecord, part: Part) -> Markers:
        named = tuple((channel.name, channel.fluor) for channel in image.channels)
        key = (image.component, image.specimen, named)
        if key not in self._shown:
            if len(self._shown) > BATCH:
                self._shown.clear()
            self._shown[key] = markers_of(part.channels, image.channels, self._known)
        return self._shown[key]

    def _of_key_values(self, image: ImageRecord) -> Facets:
        """The facets of terms in an image's own key-values, such as its well's cell line."""
        found: dict[str, tuple[FacetValue, ...]] = {}
        for pair in image.key_values:
            if pair.term and (facet := facet_of_term(pair.term.curie, self._vocabulary)):
                value = self._value(TermText(pair.value, pair.term))
                found[facet] = (*found.get(facet, ()), value)
        return found

    def _value(self, text: TermText) -> FacetValue:
        """A term with its label of today, so that it is one value in all studies; a text without a term is itself."""
        if text.term is None:
            return FacetValue(text.text, text.text)
        known = self._vocabulary.find(text.term.curie)
        return FacetValue(text.term.curie, known.label if known else text.term.label)

    def _counted(self, markers: Markers) -> tuple[FacetValue, ...]:
        return (*map(self._marker, markers.terms), *(FacetValue(text, text) for text in markers.texts))

    def _marker(self, curie: str) -> FacetValue:
        known = self._vocabulary.find(curie)
        return FacetValue(curie, known.short if known else self._labels.get(curie, curie))

    def _above(self, facets: Facets) -> Facets:
        """By each term in the facets those above it; of terms that no ontology has any more as they were frozen."""
        frozen = {one.curie: one.ancestors for one in (*self._record.facets.organisms, *self._record.facets.methods)}
        found: Facets = {}
        for value in (one.value for name in TERM_FACETS for one in facets.get(name, ())):
            if self._vocabulary.find(value):
                found[value] = self._vocabulary.above(value)
            elif value in frozen:
                found[value] = tuple(FacetValue(one.curie, one.label) for one in frozen[value] if one.curie)
        return found


@dataclass(frozen=True)
class _Shared:
    """What all documents of a study have."""

    authors: tuple[str, ...]
    facets: Facets
    numbers: Mapping[str, tuple[float, ...]]
    values: Mapping[str, tuple[str, ...]]
    card: Mapping[str, Any]


def _shared(record: StudyRecord, publication: Publication) -> _Shared:
    authors, licence = tuple(map(str, record.authors)), licence_label(record.licence)
    at = publication.published_at
    funders = {one.name or one.identifier: one.identifier or one.name for it in record.grants for one in it.funders}
    return _Shared(
        authors,
        {
            "licence": (FacetValue(record.licence, licence),) if record.licence else (),
            "year": _same((str(at.year),)),
            "funder": tuple(FacetValue(value, label) for label, value in funders.items() if label),
        },
        {"published": (at.timestamp(),), "year": (float(at.year),)},
        {"accession": (record.accession,), "doi": tuple(filter(None, (record.doi, record.study_doi)))},
        {
            "study_title": record.title,
            "authors": authors[:AUTHORS_SHOWN],
            "version": record.version,
            "is_latest": publication.is_latest,  # else the newest is withdrawn
            "licence": licence,
            "spdx": record.licence,
            "doi": "" if record.doi_is_test else record.doi,
        },
    )


def _same(values: Iterable[str]) -> tuple[FacetValue, ...]:
    return tuple(FacetValue(value, value) for value in dict.fromkeys(values) if value)


def _formats(names: Iterable[str]) -> tuple[FacetValue, ...]:
    return tuple(FacetValue(name, FORMATS.get(name, name)) for name in names if name)


def _merged(*some: Mapping[str, tuple[FacetValue, ...]]) -> Facets:
    """All values of each facet, each once."""
    return {name: tuple(dict.fromkeys(one for facets in some for one in facets.get(name, ())))
            for name in dict.fromkeys(name for facets in some for name in facets)}  # fmt: skip


def _pairs(given: Iterable[image_shapes.KeyValue]) -> tuple[KeyValue, ...]:
    return tuple(KeyValue(one.name, f"{one.value} {one.unit}".strip()) for one in given)


def _key_values(*sources: tuple[KeyValue, ...]) -> tuple[KeyValue, ...]:
    """Those of an image, its files, its well and its sample; a name is taken from the first that has it."""
    found: dict[str, dict[KeyValue, None]] = {}
    for source in sources:
        new: dict[str, dict[KeyValue, None]] = {}
        for one in source:
            new.setdefault(one.name, {})[KeyValue(one.name, one.value[:LONGEST_VALUE])] = None
        found = {**new, **found}
    return tuple(one for some in found.values() for one in some)


def _instruments(image: ImageRecord) -> Iterator[str]:
    if stand := image.instrument:
        yield from filter(None, (f"{stand.manufacturer} {stand.model}".strip(), stand.microscope_type))
    if image.objective:
        yield from filter(None, (f"{image.objective.manufacturer} {image.objective.model}".strip(),))


def _identifiers(record: StudyRecord) -> Iterator[str]:
    """By what a study is found when it is typed exactly: its own and those of what belongs to it."""
    yield from filter(None, (record.accession, record.doi, record.study_doi))
    yield from (link.accession for link in record.links if link.accession)
    yield from (text for it in record.publications for text in (it.doi, it.pubmed_id) if text)
    given = (*(it.identifiers for it in record.biosamples), *(it.identifiers for it in record.channels))
    yield from (one.accession for some in given for one in some if one.accession)


def licence_label(spdx: str) -> str:
    """An SPDX id as people write it: "CC BY 4.0"; ids of other families stay as they are."""
    return spdx.replace("-", " ") if spdx.startswith("CC") else spdx


def _size(image: ImageRecord) -> str:
    along = {"z": image.size_z, "t": image.size_t}
    more = "".join(f" × {size} {axis}" for axis, size in along.items() if size > 1)
    channels = f" · {image.size_c} channels" if image.size_c > 1 else ""
    return f"{image.size_x} × {image.size_y}{more}{channels}"
