"""From a study's document, as catalogue.documents reads it, to a StudyRecord. Data in, data out; no queries."""

from collections.abc import Iterator, Mapping
from typing import Any

from publishing.shapes import (
    AnalysedData,
    AnnotationMethod,
    BioSample,
    Facets,
    FacetTerm,
    Grant,
    ImageAcquisition,
    ImageCorrelation,
    Link,
    Organisation,
    Organism,
    Person,
    RelatedPublication,
    SignalChannel,
    Software,
    Specimen,
    StudyRecord,
    Term,
    TermRef,
    TermText,
    Variable,
)

Document = Mapping[str, Any]
Terms = Mapping[str, Term]

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
            Grant(**_texts(row, "id", "funder_name", "funder_id", "identifier", "title"))
            for row in _rows(document, "grants")
        ),
        publications=tuple(
            RelatedPublication(**_texts(row, "id", "title", "doi", "authors", "year", "pubmed_id", "status"))
            for row in _rows(document, "publications")
        ),
        links=tuple(Link(**_texts(row, "id", "url", "description")) for row in _rows(document, "links")),
        biosamples=tuple(_biosample(row, terms) for row in _rows(document, "biosamples")),
        specimens=tuple(
            Specimen(**_texts(row, "id", "title", "biosample", "sample_preparation", "growth_protocol",
                              "experimental_status", "location_within_biosample"))
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
                                      "coordinates", "transformation_matrix", "related_images"))
            for row in _rows(document, "correlations")
        ),
        analyses=tuple(
            AnalysedData(
                **_texts(row, "id", "title", "analysis_result_type", "analysis_method", "features_analysed"),
                software=tuple(Software(**_texts(it, "name", "version", "url")) for it in _rows(row, "software")),
            )
            for row in _rows(document, "analyses")
        ),
        annotation_methods=tuple(
            AnnotationMethod(
                **_texts(row, "id", "title", "overview", "annotation_source", "criteria", "coverage", "confidence",
                         "spatial_information"),
                method_types=tuple(_text(it, "method_type") for it in _rows(row, "method_types")),
            )
            for row in _rows(document, "annotation_methods")
        ),
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
        affiliations=tuple(filter(None, (_text(it, "organisation") for it in _rows(row, "affiliations")))),
        roles=tuple(filter(None, (_text(it, "role") for it in _rows(row, "roles")))),
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
    )


def _channel(row: Document, terms: Terms) -> SignalChannel:
    return SignalChannel(
        **_texts(row, "id", "specimen", "channel_label"),
        content=_term(row, "content", terms),
        biological_entity=_term(row, "biological_entity", terms),
        contrast_mechanism=_term(row, "contrast_mechanism", terms),
    )


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
