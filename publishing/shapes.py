"""The frozen shapes of which Records are made (record_schema 1), in the words of REMBI and OME.

Empty text means "not given"; ids are UUIDs in text form; references name ids of the same study. No e-mail address and
no list of images stands in any of them.
"""

from dataclasses import dataclass

from publishing.process_shapes import (
    Annotation,
    AnnotationMethod,
    CreationProcess,
    ImageCorrelation,
    ImageData,
    Material,
    Software,
)

RECORD_SCHEMA = 1


@dataclass(frozen=True)
class Term:
    """An ontology term as it was when the version was published."""

    iri: str
    curie: str
    label: str
    ontology: str = ""  # CURIE prefix, e.g. NCBITaxon
    ontology_version: str = ""
    ontology_source: str = ""


@dataclass(frozen=True)
class TermText:
    """What was typed, and the term to which it was mapped, if it was."""

    text: str = ""
    term: Term | None = None

    def __str__(self) -> str:
        return self.term.label if self.term else self.text


@dataclass(frozen=True)
class TermRef:
    curie: str
    label: str


@dataclass(frozen=True)
class FacetTerm:
    """A term by which the study is found; `ancestors` nearest first, so that a search for a group finds its members."""

    curie: str  # empty if the text was not mapped
    label: str
    ancestors: tuple[TermRef, ...] = ()


@dataclass(frozen=True)
class Organisation:
    id: str
    name: str = ""
    ror: str = ""
    address: str = ""
    website: str = ""


@dataclass(frozen=True)
class Person:
    id: str
    family_name: str = ""
    given_name: str = ""
    orcid: str = ""
    affiliations: tuple[str, ...] = ()  # ids of organisations
    roles: tuple[str, ...] = ()

    def __str__(self) -> str:
        return " ".join(part for part in (self.given_name, self.family_name) if part)


@dataclass(frozen=True)
class Funder:
    name: str = ""
    identifier: str = ""  # ROR or Crossref funder id


@dataclass(frozen=True)
class Grant:
    id: str
    funder_name: str = ""
    funder_id: str = ""
    identifier: str = ""
    title: str = ""
    further_funders: tuple[Funder, ...] = ()

    @property
    def funders(self) -> tuple[Funder, ...]:
        return (Funder(self.funder_name, self.funder_id), *self.further_funders)


@dataclass(frozen=True)
class RelatedPublication:
    id: str
    title: str = ""
    doi: str = ""
    authors: str = ""
    year: str = ""
    pubmed_id: str = ""
    status: str = ""


@dataclass(frozen=True)
class Link:
    """A related thing: by address, or by archive (a key of catalogue.rules.archives) and accession."""

    id: str
    url: str = ""
    description: str = ""
    database: str = ""
    accession: str = ""
    relation: str = ""  # DataCite relationType


@dataclass(frozen=True)
class Identifier:
    """What a thing is called in another archive (a key of catalogue.rules.archives)."""

    database: str = ""
    accession: str = ""


@dataclass(frozen=True)
class Organism:
    organism: TermText
    common_name: str = ""


@dataclass(frozen=True)
class Variable:
    kind: str = ""
    name: str = ""
    value: TermText = TermText()
    unit: str = ""


@dataclass(frozen=True)
class BioSample:
    id: str
    title: str = ""
    organisms: tuple[Organism, ...] = ()
    biological_entity: TermText = TermText()
    strain: TermText = TermText()
    description: str = ""
    growth_protocol: str = ""
    variables: tuple[Variable, ...] = ()
    identifiers: tuple[Identifier, ...] = ()


@dataclass(frozen=True)
class Specimen:
    id: str
    title: str = ""
    biosample: str = ""
    sample_preparation: str = ""
    growth_protocol: str = ""
    experimental_status: str = ""
    location_within_biosample: str = ""
    further_biosamples: tuple[str, ...] = ()  # ids of biosamples


@dataclass(frozen=True)
class SignalChannel:
    id: str
    specimen: str = ""
    content: TermText = TermText()
    biological_entity: TermText = TermText()
    channel_label: str = ""
    contrast_mechanism: TermText = TermText()
    identifiers: tuple[Identifier, ...] = ()


@dataclass(frozen=True)
class ImageAcquisition:
    id: str
    title: str = ""
    imaging_instrument: str = ""
    image_acquisition_parameters: str = ""
    methods: tuple[TermText, ...] = ()


@dataclass(frozen=True)
class AnalysedData:
    id: str
    title: str = ""
    analysis_result_type: str = ""
    analysis_method: str = ""
    features_analysed: str = ""
    software: tuple[Software, ...] = ()
    phenotypes: tuple[TermText, ...] = ()
    inputs: tuple[Material, ...] = ()
    outputs: tuple[Material, ...] = ()


@dataclass(frozen=True)
class Counts:
    images: int = 0
    files: int = 0
    bytes: int = 0


@dataclass(frozen=True)
class Facets:
    organisms: tuple[FacetTerm, ...] = ()
    methods: tuple[FacetTerm, ...] = ()
    formats: tuple[str, ...] = ()
    channel_counts: tuple[int, ...] = ()
    licence: str = ""


@dataclass(frozen=True)
class StudyRecord:
    """A version of a study but for its components, images and files, which are records of their own."""

    id: str
    accession: str
    version: int
    doi: str = ""  # of this version
    study_doi: str = ""  # of the study, all versions
    doi_is_test: bool = False  # both resolve nowhere
    published: str = ""  # ISO 8601 time in UTC; empty for a draft
    title: str = ""
    description: str = ""
    keywords: tuple[str, ...] = ()
    licence: str = ""  # SPDX id
    release_date: str = ""
    funding_statement: str = ""
    acknowledgements: str = ""
    language: str = ""  # BCP 47
    contributors: tuple[Person, ...] = ()
    organisations: tuple[Organisation, ...] = ()
    grants: tuple[Grant, ...] = ()
    publications: tuple[RelatedPublication, ...] = ()
    links: tuple[Link, ...] = ()
    biosamples: tuple[BioSample, ...] = ()
    specimens: tuple[Specimen, ...] = ()
    channels: tuple[SignalChannel, ...] = ()
    acquisitions: tuple[ImageAcquisition, ...] = ()
    correlations: tuple[ImageCorrelation, ...] = ()
    analyses: tuple[AnalysedData, ...] = ()
    annotation_methods: tuple[AnnotationMethod, ...] = ()
    annotations: tuple[Annotation, ...] = ()
    image_data: tuple[ImageData, ...] = ()
    creations: tuple[CreationProcess, ...] = ()
    counts: Counts = Counts()
    facets: Facets = Facets()
    thumbnails: tuple[str, ...] = ()  # ids of the first few images

    @property
    def path(self) -> str:
        """Address of this version, relative to the site."""
        return f"/studies/{self.accession}/v{self.version}"

    @property
    def authors(self) -> tuple[Person, ...]:
        """Those with the role Author, in order; if nobody has it, everybody."""
        return tuple(p for p in self.contributors if "Author" in p.roles) or self.contributors


@dataclass(frozen=True)
class Association:
    """Sample, preparation and imaging that made a component's images (REMBI "associations"): ids, or empty."""

    biosample: str = ""
    specimen: str = ""
    acquisition: str = ""
    correlation: str = ""
    analysis: str = ""
    annotation_method: str = ""


@dataclass(frozen=True)
class ComponentRecord:
    id: str
    title: str = ""
    description: str = ""
    position: int = 0
    associations: tuple[Association, ...] = ()
    counts: Counts = Counts()
    thumbnails: tuple[str, ...] = ()


@dataclass(frozen=True)
class RecordSet:
    """What a page or rendition of one version of a study is made from."""

    study: StudyRecord
    components: tuple[ComponentRecord, ...] = ()

    @property
    def is_draft(self) -> bool:
        return not self.study.published
