"""Which class is which module, which property which field: ours, GIDE's (Bioschemas) and the BioImage Archive's.

The first of each is written; a field that is not here has its own name in the REMBI vocabulary, `rembi:…`.
"""

from catalogue.rules import BY_KEY, MODULES, Field, Kind, Module

NAMESPACE = "ro-crate"  # of pairs

OWN: dict[str, str] = {
    "study": "rembi:Study",
    "contributor": "rembi:Contributor",
    "organisation": "rembi:Organisation",
    "funding": "rembi:Grant",
    "publication": "rembi:Publication",
    "link": "rembi:Link",
    "biosample": "rembi:BioSample",
    "specimen": "rembi:Specimen",
    "channel": "rembi:SignalChannel",
    "acquisition": "rembi:ImageAcquisition",
    "correlation": "rembi:ImageCorrelation",
    "analysis": "rembi:AnalysedData",
    "annotation_method": "rembi:AnnotationMethod",
    "component": "rembi:StudyComponent",
    "image_data": "rembi:ImageData",
    "creation": "rembi:CreationProcess",
    "annotation": "rembi:Annotation",
}
# Beside our own class, written too.
ALSO: dict[str, str] = {
    "study": "schema:Dataset",
    "contributor": "schema:Person",
    "organisation": "schema:Organization",
    "funding": "schema:Grant",
    "publication": "schema:ScholarlyArticle",
    "link": "schema:WebPage",
    "biosample": "schema:BioSample",
    "specimen": "schema:CreativeWork",
    "channel": "schema:CreativeWork",
    "acquisition": "schema:LabProtocol",
    "correlation": "schema:HowTo",
    "analysis": "schema:HowTo",
    "annotation_method": "schema:HowTo",
    "component": "schema:Dataset",
    "image_data": "schema:CreativeWork",
    "creation": "schema:Action",
    "annotation": "schema:CreativeWork",
}
# Classes of other crates, first those that say most.
OTHERS: dict[str, str] = {
    "bia:Contributor": "contributor",
    "bia:Affiliation": "organisation",
    "bia:Grant": "funding",
    "bia:Publication": "publication",
    "bia:ExternalReference": "link",
    "bia:BioSample": "biosample",
    "bia:Specimen": "specimen",
    "bia:SpecimenImagingPreparationProtocol": "specimen",
    "bia:SignalChannel": "channel",
    "bia:ImageAcquisitionProtocol": "acquisition",
    "bia:ImageCorrelationMethod": "correlation",
    "bia:ImageAnalysisMethod": "analysis",
    "bia:AnnotationMethod": "annotation_method",
    "bia:Dataset": "component",
    "schema:BioSample": "biosample",
    "bioschemas:BioSample": "biosample",
    "bioschemas:terms/BioSample": "biosample",
    "schema:LabProtocol": "acquisition",
    "bioschemas:LabProtocol": "acquisition",
    "bioschemas:terms/LabProtocol": "acquisition",
    "schema:ScholarlyArticle": "publication",
    "schema:Grant": "funding",
    "schema:MonetaryGrant": "funding",
    "schema:Person": "contributor",
    "schema:Organization": "organisation",
    "schema:ResearchOrganization": "organisation",
    "schema:CollegeOrUniversity": "organisation",
}
FIELDS: dict[tuple[str, str], tuple[str, ...]] = {
    ("study", "title"): ("schema:name",),
    ("study", "description"): ("schema:description",),
    ("study", "keywords"): ("schema:keywords",),
    ("study", "licence"): ("schema:license",),
    ("study", "release_date"): ("rembi:releaseDate", "schema:datePublished"),
    ("study", "funding_statement"): ("rembi:fundingStatement", "bia:fundingStatement"),
    ("study", "acknowledgements"): ("rembi:acknowledgements", "bia:acknowledgement"),
    ("study", "language"): ("schema:inLanguage",),
    ("contributor", "family_name"): ("schema:familyName",),
    ("contributor", "given_name"): ("schema:givenName",),
    ("contributor", "orcid"): ("rembi:orcid", "bia:orcid"),
    ("contributor", "email"): ("schema:email",),
    ("contributor", "affiliations"): ("schema:affiliation", "schema:memberOf"),
    ("contributor", "roles"): ("rembi:role", "bia:role"),
    ("organisation", "name"): ("schema:name",),
    ("organisation", "ror"): ("rembi:ror", "bia:rorid"),
    ("organisation", "address"): ("schema:address",),
    ("organisation", "website"): ("schema:url", "bia:website"),
    ("funding", "title"): ("schema:name",),
    ("funding", "identifier"): ("schema:identifier",),
    ("publication", "title"): ("schema:name",),
    ("publication", "doi"): ("rembi:doi", "bia:doi"),
    ("publication", "authors"): ("rembi:authors", "bia:authorNames"),
    ("publication", "year"): ("schema:datePublished", "bia:yearPublished"),
    ("publication", "pubmed_id"): ("rembi:pubmedId", "bia:pubmedId"),
    ("publication", "status"): ("schema:creativeWorkStatus",),
    ("link", "url"): ("schema:url",),
    ("link", "description"): ("schema:description",),
    ("biosample", "title"): ("schema:name",),
    ("biosample", "description"): ("schema:description",),
    ("biosample", "organisms"): ("schema:taxonomicRange",),
    ("biosample", "biological_entity"): ("rembi:biologicalEntity", "bia:biologicalEntityDescription"),
    ("biosample", "strain"): ("rembi:strain", "bao:BAO_0002004"),
    ("biosample", "variables"): ("rembi:variable",),
    ("biosample", "growth_protocol"): ("rembi:growthProtocol", "bia:growthProtocol"),
    ("specimen", "title"): ("schema:name",),
    ("specimen", "biosample"): ("rembi:biosample",),
    ("specimen", "sample_preparation"): ("rembi:samplePreparation", "schema:description"),
    ("channel", "content"): ("rembi:content", "bia:channelContentDescription"),
    ("channel", "biological_entity"): ("rembi:biologicalEntity", "bia:channelBiologicalEntity"),
    ("channel", "contrast_mechanism"): ("rembi:contrastMechanism", "bia:signalContrastMechanismDescription"),
    ("acquisition", "title"): ("schema:name",),
    ("acquisition", "imaging_instrument"): ("schema:labEquipment", "bia:imagingInstrumentDescription"),
    ("acquisition", "image_acquisition_parameters"): ("schema:description",),
    ("acquisition", "methods"): ("schema:measurementTechnique",),
    ("correlation", "title"): ("schema:name",),
    ("correlation", "spatial_and_temporal_alignment"): ("rembi:spatialAndTemporalAlignment", "schema:description"),
    ("correlation", "fiducials_used"): ("rembi:fiducialsUsed", "bia:fiducialsUsed"),
    ("correlation", "transformation_matrix"): ("rembi:transformationMatrix", "bia:transformationMatrix"),
    ("analysis", "title"): ("schema:name",),
    ("analysis", "analysis_method"): ("rembi:analysisMethod", "schema:description"),
    ("analysis", "features_analysed"): ("rembi:featuresAnalysed", "bia:featuresAnalysed"),
    ("annotation_method", "title"): ("schema:name",),
    ("annotation_method", "overview"): ("rembi:overview", "schema:description"),
    ("annotation_method", "method_types"): ("rembi:methodTypes", "bia:annotationMethodType"),
    ("annotation_method", "criteria"): ("rembi:criteria", "bia:annotationCriteria"),
    ("annotation_method", "coverage"): ("rembi:coverage", "bia:annotationCoverage"),
    ("annotation_method", "spatial_information"): ("rembi:spatialInformation", "bia:spatialInformation"),
    ("component", "title"): ("schema:name",),
    ("component", "description"): ("schema:description",),
    ("component", "associations"): ("rembi:association",),
    ("image_data", "title"): ("schema:name",),
    ("creation", "title"): ("schema:name",),
    ("annotation", "title"): ("schema:name",),
}
COLUMNS: dict[tuple[str, str, str], tuple[str, ...]] = {
    ("biosample", "organisms", "organism"): ("dwc:scientificName", "schema:name"),
    ("biosample", "organisms", "common_name"): ("dwc:vernacularName",),
    ("biosample", "variables", "name"): ("schema:name",),
    ("biosample", "variables", "value"): ("schema:value",),
    ("biosample", "variables", "unit"): ("schema:unitText",),
    **{
        (module, "software", column): (term,)
        for module in ("analysis", "annotation_method")
        for column, term in {"name": "schema:name", "version": "schema:softwareVersion", "url": "schema:url"}.items()
    },
    ("annotation_method", "authors", "name"): ("schema:name",),
    ("funding", "further_funders", "name"): ("schema:name",),
    ("funding", "further_funders", "identifier"): ("schema:identifier",),
    ("image_data", "quality_metrics", "name"): ("schema:name",),
    ("image_data", "quality_metrics", "value"): ("schema:value",),
    ("image_data", "quality_metrics", "unit"): ("schema:unitText",),
}
# Classes of the rows of tables.
ROW_TYPES: dict[tuple[str, str], tuple[str, ...]] = {
    ("biosample", "organisms"): ("dwc:Taxon",),
    ("biosample", "variables"): ("schema:PropertyValue", "rembi:Variable"),
    ("component", "associations"): ("rembi:Association",),
    ("analysis", "software"): ("schema:SoftwareApplication", "rembi:Software"),
    ("annotation_method", "software"): ("schema:SoftwareApplication", "rembi:Software"),
    ("image_data", "dimensions"): ("rembi:ImageDimension",),
    ("image_data", "quality_metrics"): ("rembi:QualityMetric",),
    ("correlation", "image_pairs"): ("rembi:ImagePair",),
    ("annotation_method", "authors"): ("rembi:Annotator",),
}
# The component's links to what it is made from, in the BioImage Archive's crates: property → column.
MADE_FROM: dict[str, str] = {
    "bia:associatedBiologicalEntity": "biosample",
    "bia:associatedSubject": "specimen",
    "bia:associatedImagingPreparationProtocol": "specimen",
    "bia:associatedImageAcquisitionProtocol": "acquisition",
    "bia:associatedCorrelationMethod": "correlation",
    "bia:associatedAnalysisMethod": "analysis",
    "bia:associatedAnnotationMethod": "annotation_method",
}
# What a study's crate of ours says beside the fields, from them: read from the fields only.
DERIVED = {
    "study": {
        "schema:about", "schema:author", "schema:contributor", "schema:citation", "schema:datePublished",
        "schema:funder", "schema:hasPart", "schema:identifier", "schema:mentions", "schema:publisher", "schema:size",
        "schema:thumbnailUrl", "schema:url", "rdfs:seeAlso", "dwciri:measurementMethod",
    },
    "contributor": {"schema:name", "schema:memberOf"},
    **{key: {"schema:description"} for key in ("correlation", "analysis", "annotation_method")},
    "biosample": {"bao:BAO_0002004"},
    "component": {"schema:hasPart", "schema:license", "schema:datePublished"},
    "funding": {"schema:funder"},
}  # fmt: skip


def property_of(module: Module, one: Field) -> str:
    """What is written for a field."""
    return FIELDS.get((module.key, one.name), (f"rembi:{_camel(one.name)}",))[0]


def column_property(module: Module, one: Field, column: Field) -> str:
    return COLUMNS.get((module.key, one.name, column.name), (f"rembi:{_camel(column.name)}",))[0]


def row_types(module: Module, one: Field) -> tuple[str, ...]:
    """The classes of a table's rows; `rembi:<Field>` where there is no other."""
    name = _camel(one.name)
    return ROW_TYPES.get((module.key, one.name), (f"rembi:{name[0].upper()}{name[1:]}",))


def fields_of(module: Module) -> dict[str, Field]:
    """The fields of a module by all properties that are read as one."""
    return _FIELDS[module.key]


def columns_of(module: Module, one: Field) -> dict[str, Field]:
    return {
        term: column
        for column in one.columns
        for term in (*COLUMNS.get((module.key, one.name, column.name), ()), f"rembi:{_camel(column.name)}")
    }


def module_of(types: tuple[str, ...]) -> Module | None:
    """The module that an entity of these classes is a row of: by the class that says most."""
    found = [rank for term in types if (rank := _RANKS.get(term))]
    return BY_KEY[min(found)[1]] if found else None


def is_ours(types: tuple[str, ...]) -> bool:
    return any(own in types for own in OWN.values())


def is_simple(one: Field) -> bool:
    """Whether a table has one column only, so that its rows are plain values."""
    return one.kind is Kind.ROWS and len(one.columns) == 1


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)


_FIELDS: dict[str, dict[str, Field]] = {
    module.key: {
        term: one
        for one in module.fields
        for term in (*FIELDS.get((module.key, one.name), ()), f"rembi:{_camel(one.name)}")
    }
    for module in MODULES
}
_RANKS: dict[str, tuple[int, str]] = {
    term: (rank, key) for rank, (term, key) in enumerate([*((own, key) for key, own in OWN.items()), *OTHERS.items()])
}
