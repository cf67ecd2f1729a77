"""From a study's document, as catalogue.documents reads it, to a StudyRecord. Data in, data out; no queries."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from catalogue.rules import archives
from publishing.process_shapes import (
    Annotation,
    AnnotationMethod,
    Annotator,
    CreationProcess,
    ImageCorrelation,
    ImageData,
    ImageDimension,
    ImagePair,
    Material,
    QualityMetric,
    Software,
)
from publishing.shapes import (
    AnalysedData,
    BioSample,
    Facets,
    FacetTerm,
    Funder,
    Grant,
    Identifier,
    ImageAcquisition,
    Link,
    Organisation,
    Organism,
    Person,
    RelatedPublication,
    SignalChannel,
    Specimen,
    StudyRecord,
    Term,
    TermRef,
    TermText,
    Variable,
)

Document = Mapping[str, Any]
Terms = Mapping[str, Term]
Shape = TypeVar("Shape")

STUDY_TEXTS = (
    "title", "description", "licence", "release_date", "funding_statement", "acknowledgements", "language",
)  # fmt: skip


def curies_of(value: Any) -> Iterator[str]:
    """The CURIE of every term anywhere in a document."""
    if isinstance(value, Mapping):
        if "curie" in value:
            if value["curie"]:
                yield value["curie"]
        else:
            for item in value.values():
                yield from curies_of(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from curies_of(item)


def study_record(document: Document, terms: Terms, **fixed: Any) -> StudyRecord:
    """The record; `fixed` gives what is not in the document: id, accession, version, counts, DOIs and so on."""
    study = document.get("study", {})
    return StudyRecord(
        keywords=tuple(filter(None, (_text(row, "text") for row in _rows(study, "keywords")))),
        contributors=tuple(_person(row) for row in _rows(document, "contributors")),
        organisations=tuple(
            Organisation(**_texts(row, "id", "name", "ror", "address", "website"))
            for row in _rows(document, "organisations")
        ),
        grants=tuple(
            Grant(
                **_texts(row, "id", "funder_name", "funder_id", "identifier", "title"),
                further_funders=_each(Funder, row, "further_funders"),
            )
            for row in _rows(document, "grants")
        ),
        publications=tuple(
            RelatedPublication(**_texts(row, "id", "title", "doi", "authors", "year", "pubmed_id", "status"))
            for row in _rows(document, "publications")
        ),
        links=tuple(_link(row) for row in _rows(document, "links")),
        biosamples=tuple(_biosample(row, terms) for row in _rows(document, "biosamples")),
        specimens=tuple(
            Specimen(**_texts(row, "id", "title", "biosample", "sample_preparation", "growth_protocol",
                              "experimental_status", "location_within_biosample"),
                     further_biosamples=_references(row, "further_biosamples", "biosample"))
            for row in _rows(document, "specimens")
        ),
        channels=tuple(_channel(row, terms) for row in _rows(document, "channels")),
        acquisitions=tuple(
            ImageAcquisition(
                **_texts(row, "id", "title", "imaging_instrument", "image_acquisition_parameters"),
                methods=tuple(_term(method, "method", terms) for method in _rows(row, "methods")),
            )
            for row in _rows(document, "acquisitions")
        ),
        correlations=tuple(
            ImageCorrelation(**_texts(row, "id", "title", "spatial_and_temporal_alignment", "fiducials_used",
                                      "coordinates", "transformation_matrix", "related_images"),
                             image_pairs=_each(ImagePair, row, "image_pairs"))
            for row in _rows(document, "correlations")
        ),
        analyses=tuple(_analysis(row, terms) for row in _rows(document, "analyses")),
        annotation_methods=tuple(_annotation_method(row) for row in _rows(document, "annotation_methods")),
        annotations=_each(Annotation, document, "annotations"),
        image_data=tuple(
            ImageData(
                **_texts(row, "id", "title", "component", "type", "format_and_compression", "channel_information",
                         "processing_method", "contrast_inversion", "quality_control"),
                dimensions=_each(ImageDimension, row, "dimensions"),
                quality_metrics=_each(QualityMetric, row, "quality_metrics"),
            )
            for row in _rows(document, "image_data")
        ),
        creations=tuple(_creation(row) for row in _rows(document, "creations")),
        **_texts(study, *STUDY_TEXTS),
        **fixed,
    )  # fmt: skip


def facets_of(
    document: Document,
    terms: Terms,
    ancestors: Mapping[str, tuple[TermRef, ...]],
    *,
    formats: tuple[str, ...],
    channel_counts: tuple[int, ...],
) -> Facets:
    organisms = (
        _term(row, "organism", terms)
        for sample in _rows(document, "biosamples")
        for row in _rows(sample, "organisms")
    )  # fmt: skip
    methods = (
        _term(row, "method", terms)
        for acquisition in _rows(document, "acquisitions")
        for row in _rows(acquisition, "methods")
    )
    return Facets(
        organisms=_facet(organisms, ancestors),
        methods=_facet(methods, ancestors),
        formats=formats,
        channel_counts=channel_counts,
        licence=_text(document.get("study", {}), "licence"),
    )


def _facet(values: Iterator[TermText], ancestors: Mapping[str, tuple[TermRef, ...]]) -> tuple[FacetTerm, ...]:
    found: dict[str, FacetTerm] = {}
    for value in values:
        curie = value.term.curie if value.term else ""
        if curie or value.text:
            found.setdefault(curie or value.text, FacetTerm(curie, str(value), ancestors.get(curie, ())))
    return tuple(found.values())


def _person(row: Document) -> Person:
    return Person(
        **_texts(row, "id", "family_name", "given_name", "orcid"),
        affiliations=_references(row, "affiliations", "organisation"),
        roles=_references(row, "roles", "role"),
    )


def _biosample(row: Document, terms: Terms) -> BioSample:
    return BioSample(
        **_texts(row, "id", "title", "description", "growth_protocol"),
        organisms=tuple(
            Organism(_term(it, "organism", terms), _text(it, "common_name")) for it in _rows(row, "organisms")
        ),
        biological_entity=_term(row, "biological_entity", terms),
        strain=_term(row, "strain", terms),
        variables=tuple(
            Variable(**_texts(it, "kind", "name", "unit"), value=_term(it, "value", terms))
            for it in _rows(row, "variables")
        ),
        identifiers=_identifiers(row),
    )


def _channel(row: Document, terms: Terms) -> SignalChannel:
    return SignalChannel(
        **_texts(row, "id", "specimen", "channel_label"),
        content=_term(row, "content", terms),
        biological_entity=_term(row, "biological_entity", terms),
        contrast_mechanism=_term(row, "contrast_mechanism", terms),
        identifiers=_identifiers(row),
    )


def _link(row: Document) -> Link:
    """Accessions in their archive's spelling, if they are of it."""
    link = Link(**_texts(row, *Link.__dataclass_fields__))
    return replace(link, accession=archives.accession_of(link.database, link.accession) or link.accession)


def _identifiers(row: Document) -> tuple[Identifier, ...]:
    given = _each(Identifier, row, "identifiers")
    return tuple(
        replace(it, accession=archives.accession_of(it.database, it.accession) or it.accession) for it in given
    )


def _analysis(row: Document, terms: Terms) -> AnalysedData:
    return AnalysedData(
        **_texts(row, "id", "title", "analysis_result_type", "analysis_method", "features_analysed"),
        software=_each(Software, row, "software"),
        phenotypes=tuple(_term(it, "phenotype", terms) for it in _rows(row, "phenotypes")),
        inputs=_each(Material, row, "inputs"),
        outputs=_each(Material, row, "outputs"),
    )


def _annotation_method(row: Document) -> AnnotationMethod:
    return AnnotationMethod(
        **_texts(row, "id", "title", "overview", "annotation_source", "criteria", "coverage", "confidence",
                 "spatial_information"),
        method_types=tuple(_text(it, "method_type") for it in _rows(row, "method_types")),
        authors=_each(Annotator, row, "authors"),
        software=_each(Software, row, "software"),
    )  # fmt: skip


def _creation(row: Document) -> CreationProcess:
    return CreationProcess(
        **_texts(row, "id", "title", "protocol", "analysis"),
        images=_each(Material, row, "images"),
        input_images=_each(Material, row, "input_images"),
        acquisitions=_references(row, "acquisitions", "acquisition"),
        specimens=_references(row, "specimens", "specimen"),
    )


def _each(shape: type[Shape], row: Document, name: str) -> tuple[Shape, ...]:
    """The rows of a table whose columns are all texts and all in the shape."""
    return tuple(shape(**_texts(it, *shape.__dataclass_fields__)) for it in _rows(row, name))  # type: ignore[attr-defined]


def _references(row: Document, name: str, column: str) -> tuple[str, ...]:
    return tuple(filter(None, (_text(it, column) for it in _rows(row, name))))


def _rows(document: Document, name: str) -> list[Document]:
    return document.get(name) or []


def _text(row: Document, name: str) -> str:
    value = row.get(name)
    return "" if value is None else str(value)


def _texts(row: Document, *names: str) -> dict[str, Any]:
    return {name: _text(row, name) for name in names}


def _term(row: Document, name: str, terms: Terms) -> TermText:
    value = row.get(name)
    if isinstance(value, Mapping):
        return TermText(_text(value, "text"), terms.get(_text(value, "curie")))
    return TermText(_text(row, name))
