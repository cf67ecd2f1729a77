"""One RDF graph of a version of a study, from which Turtle, RDF/XML and N-Triples are written.

DCAT 3 and Dublin Core for the dataset, PROV and schema.org for people and money, Darwin Core for organisms, OBO terms
where the depositor chose them, and our small REMBI vocabulary (/ns/rembi/v1) for the rest. No blank nodes: every node
has an IRI, so the same record always gives the same triples. Size does not grow with the number of images.
"""

import re
from dataclasses import fields, is_dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from rdflib import DCTERMS, FOAF, PROV, RDF, RDFS, XSD, Graph, Literal, Namespace, URIRef

from publishing.renditions import links
from publishing.shapes import (
    BioSample,
    ComponentRecord,
    Grant,
    Identifier,
    Link,
    Organisation,
    Organism,
    Person,
    RecordSet,
    RelatedPublication,
    Term,
    TermText,
)

# rdflib has closed lists of these two that are older than DCAT 3 and Bioschemas.
DCAT = Namespace("http://www.w3.org/ns/dcat#")
SDO = Namespace("https://schema.org/")
DWC = Namespace("http://rs.tdwg.org/dwc/terms/")
DWCIRI = Namespace("http://rs.tdwg.org/dwc/iri/")
OBO = Namespace("http://purl.obolibrary.org/obo/")
MATERIAL_SAMPLE = OBO.OBI_0000747
SPECIMEN = OBO.OBI_0100051
IANA = "https://www.iana.org/assignments/media-types/"

# Fields that Dublin Core or Darwin Core has a name for; every other one is rembi:<fieldInCamelCase>.
STANDARD = {
    "title": DCTERMS.title, "description": DCTERMS.description, "methods": DWCIRI.measurementMethod,
    "name": SDO.name, "value": SDO.value, "unit": SDO.unitText, "version": SDO.softwareVersion, "url": FOAF.page,
    "creation_time": DCTERMS.created,
}  # fmt: skip
# Fields that say the same as another one, of several things or under another name.
SAME_AS = {
    "further_biosamples": "biosample", "acquisitions": "acquisition", "specimens": "specimen",
    "method": "annotation_method", "authors": "annotator", "dimensions": "dimension", "image_pairs": "image_pair",
    "inputs": "input", "outputs": "output", "input_images": "input_image", "phenotypes": "phenotype",
    "quality_metrics": "quality_metric", "images": "created_image",
}  # fmt: skip
STANDARD_OF = {("Annotation", "version"): SDO.version}
# Fields that name other parts of the study, and which kind of part.
REFERENCES = {
    "biosample": "biosample", "specimen": "specimen", "acquisition": "acquisition", "correlation": "correlation",
    "analysis": "analysis", "annotation_method": "annotation-method", "component": "component",
    "method": "annotation-method", "further_biosamples": "biosample", "acquisitions": "acquisition",
    "specimens": "specimen",
}  # fmt: skip
NODES_OF_THEIR_OWN = {"organisms", "variables", "associations", "thumbnails", "identifiers"}
IN_LANGUAGE = {
    "title", "description", "growth_protocol", "sample_preparation", "image_acquisition_parameters", "overview",
    "spatial_and_temporal_alignment", "analysis_method", "funding_statement", "acknowledgements", "criteria",
    "processing_method", "quality_control", "protocol", "channel_information",
}  # fmt: skip
# DataCite's relations that Dublin Core or PROV has a name for; the others are a plain dcterms:relation.
RELATIONS = {
    "References": DCTERMS.references, "IsDerivedFrom": PROV.wasDerivedFrom, "IsPartOf": DCTERMS.isPartOf,
    "HasPart": DCTERMS.hasPart, "Requires": DCTERMS.requires, "IsIdenticalTo": SDO.sameAs,
}  # fmt: skip


def rembi() -> Namespace:
    return Namespace(links.absolute("/ns/rembi/v1#"))


def prefixes() -> dict[str, str]:
    return {
        "dcat": str(DCAT), "dcterms": str(DCTERMS), "dwc": str(DWC), "dwciri": str(DWCIRI), "foaf": str(FOAF),
        "obo": str(OBO), "prov": str(PROV), "rdfs": str(RDFS), "rembi": str(rembi()),
        "schema": str(SDO), "xsd": str(XSD),
    }  # fmt: skip


def graph_of(records: RecordSet) -> Graph:
    """The graph of a version, or of a draft under its urn:uuid."""
    return _Builder(records).build()


class _Builder:
    def __init__(self, records: RecordSet) -> None:
        self.graph = Graph()
        self.records = records
        self.study = records.study
        self.language = links.language_of(records.study.language)
        self.people = {person.id: person for person in records.study.contributors}
        self.rembi = rembi()
        self.node = URIRef(links.version_iri(records.study))

    def build(self) -> Graph:
        self._dataset()
        self._publisher()
        study = self.study
        for position, person in enumerate(study.contributors, start=1):
            self._person(person, position)
        for organisation in study.organisations:
            self._organisation(organisation)
        for grant in study.grants:
            self._grant(grant)
        for publication in study.publications:
            self._publication(publication)
        for link in study.links:
            self._related(link)
        for sample in study.biosamples:
            self._biosample(sample)
        for kind, rows, name, also in (
            ("specimen", study.specimens, "Specimen", (SPECIMEN, PROV.Entity)),
            ("channel", study.channels, "SignalChannel", ()),
            ("acquisition", study.acquisitions, "ImageAcquisition", (PROV.Activity, SDO.LabProtocol)),
            ("correlation", study.correlations, "ImageCorrelation", ()),
            ("analysis", study.analyses, "AnalysedData", ()),
            ("annotation-method", study.annotation_methods, "AnnotationMethod", ()),
            ("annotation", study.annotations, "Annotation", (PROV.Entity,)),
            ("image-data", study.image_data, "ImageData", ()),
            ("creation", study.creations, "CreationProcess", (PROV.Activity,)),
        ):
            for row in rows:
                self._entity(self._part(kind, row.id), name, row, also)
        for component in self.records.components:
            self._component(component)
        return self.graph

    def _dataset(self) -> None:
        study, node = self.study, self.node
        for cls in (DCAT.Dataset, SDO.Dataset, self.rembi.Study):
            self._link(node, RDF.type, cls)
        self._text(node, DCTERMS.title, study.title, in_language=True)
        self._text(node, DCTERMS.description, study.description, in_language=True)
        self._text(node, DCTERMS.identifier, study.accession)
        if not self._link(node, DCTERMS.identifier, links.persistent_url(study)) and study.doi:
            self._text(node, DCTERMS.identifier, f"doi:{study.doi}")
        self._text(node, DCAT.version, str(study.version))
        self._text(node, DCTERMS.language, self.language)
        for name in ("funding_statement", "acknowledgements"):
            self._text(node, self._predicate(name), getattr(study, name), in_language=True)
        for keyword in study.keywords:
            self._text(node, DCAT.keyword, keyword, in_language=True)
        self._typed(node, DCTERMS.available, study.release_date, XSD.date)
        licence = links.licence_of(study.licence)
        if not self._link(node, DCTERMS.license, licence.url):
            self._text(node, DCTERMS.rights, licence.name)
        for name in ("images", "files", "bytes"):
            self._add(node, self.rembi[f"{name[:-1]}Count"], Literal(getattr(study.counts, name)))
        for image in study.thumbnails:
            self._link(node, SDO.thumbnailUrl, links.absolute(f"/data/{image}/thumbnail.jpg"))
        if study.published:
            self._published()

    def _published(self) -> None:
        study, node = self.study, self.node
        self._typed(node, DCTERMS.issued, study.published, XSD.dateTime)
        whole = URIRef(links.study_iri(study))
        self._link(node, DCTERMS.isVersionOf, whole)
        self._link(node, DCTERMS.accessRights, links.PUBLIC)
        self._link(node, DCAT.landingPage, node)
        self._link(whole, DCTERMS.hasVersion, node)
        self._link(whole, DCTERMS.identifier, "" if study.doi_is_test else links.doi_url(study.study_doi))
        if study.version > 1:
            self._link(node, DCAT.previousVersion, links.absolute(f"/studies/{study.accession}/v{study.version - 1}"))
        package = URIRef(f"{node}/package.zip")
        self._link(node, DCAT.distribution, package)
        self._link(package, RDF.type, DCAT.Distribution)
        self._link(package, DCAT.accessURL, node)
        self._link(package, DCAT.downloadURL, package)
        self._link(package, DCAT.mediaType, f"{IANA}application/zip")
        self._link(package, DCTERMS.license, links.licence_of(study.licence).url)
        self._link(package, DCTERMS.conformsTo, "https://w3id.org/ro/crate/1.2")

    def _publisher(self) -> None:
        publisher = links.absolute("/")
        self._link(self.node, DCTERMS.publisher, publisher)
        for cls in (FOAF.Organization, SDO.Organization):
            self._link(URIRef(publisher), RDF.type, cls)
        self._text(URIRef(publisher), FOAF.name, settings.PUBLISHER)

    def _person(self, person: Person, position: int) -> None:
        node = URIRef(links.person_iri(self.study, person))
        for cls in (FOAF.Person, SDO.Person, PROV.Agent):
            self._link(node, RDF.type, cls)
        self._text(node, FOAF.name, str(person))
        self._text(node, FOAF.familyName, person.family_name)
        self._text(node, FOAF.givenName, person.given_name)
        is_author = person in self.study.authors
        self._link(self.node, DCTERMS.creator if is_author else DCTERMS.contributor, node)
        attribution = self._part("attribution", person.id)
        self._link(self.node, PROV.qualifiedAttribution, attribution)
        self._link(attribution, RDF.type, PROV.Attribution)
        self._link(attribution, PROV.agent, node)
        self._add(attribution, SDO.position, Literal(position))
        for role in person.roles:
            if not self._link(attribution, self.rembi.role, links.role_url(role)):
                self._text(attribution, self.rembi.role, role)
        known = {organisation.id: organisation for organisation in self.study.organisations}
        for key in person.affiliations:
            if key in known:
                self._link(node, SDO.affiliation, links.organisation_iri(self.study, known[key]))

    def _organisation(self, organisation: Organisation) -> None:
        node = URIRef(links.organisation_iri(self.study, organisation))
        for cls in (FOAF.Organization, SDO.Organization):
            self._link(node, RDF.type, cls)
        self._text(node, FOAF.name, organisation.name)
        self._text(node, SDO.address, organisation.address)
        self._link(node, FOAF.homepage, organisation.website, otherwise=True)

    def _grant(self, grant: Grant) -> None:
        node = self._part("grant", grant.id)
        self._link(self.node, SDO.funding, node)
        self._link(node, RDF.type, SDO.Grant)
        self._text(node, SDO.identifier, grant.identifier)
        self._text(node, SDO.name, grant.title)
        for number, funder in enumerate(grant.funders):
            place = URIRef(links.funder_url(funder) or f"{node}-funder-{number}")
            self._link(node, SDO.funder, place)
            self._link(place, RDF.type, SDO.Organization)
            self._text(place, SDO.name, funder.name)

    def _related(self, link: Link) -> None:
        """A related thing under its address; one that has none stays text."""
        relation = RELATIONS.get(link.relation, DCTERMS.relation)
        identifier = links.identifier_curie(Identifier(link.database, link.accession))
        if address := links.link_url(link):
            self._link(self.node, relation, address)
            self._text(URIRef(address), RDFS.label, link.description)
            self._text(URIRef(address), DCTERMS.identifier, identifier)
        else:
            self._text(self.node, DCTERMS.relation, link.url or identifier)

    def _identifiers(self, node: URIRef, identifiers: tuple[Identifier, ...]) -> None:
        """What a part is called in other archives: the text, and where it leads."""
        for identifier in identifiers:
            self._text(node, DCTERMS.identifier, links.identifier_curie(identifier))
            self._link(node, RDFS.seeAlso, links.identifier_url(identifier))

    def _publication(self, publication: RelatedPublication) -> None:
        node = URIRef(links.publication_url(publication) or self._part("publication", publication.id))
        self._link(self.node, DCTERMS.isReferencedBy, node)
        self._link(node, RDF.type, SDO.ScholarlyArticle)
        self._text(node, DCTERMS.title, publication.title)
        self._text(node, DCTERMS.bibliographicCitation, publication.authors)
        self._text(node, SDO.datePublished, publication.year)
        self._text(node, SDO.creativeWorkStatus, publication.status)

    def _biosample(self, sample: BioSample) -> None:
        node = self._part("biosample", sample.id)
        self._entity(node, "BioSample", sample, (MATERIAL_SAMPLE, SDO.BioSample, PROV.Entity))
        for organism in sample.organisms:
            self._organism(node, organism)
        for number, variable in enumerate(sample.variables):
            row = URIRef(f"{node}-variable-{number}")
            self._link(node, self.rembi.variable, row)
            self._entity(row, "Variable", variable, (SDO.PropertyValue,))

    def _organism(self, sample: URIRef, organism: Organism) -> None:
        self._text(sample, DWC.scientificName, str(organism.organism))
        self._text(sample, DWC.vernacularName, organism.common_name)
        if term := organism.organism.term:
            taxon = self._term(sample, SDO.taxonomicRange, term)
            if taxon is not None:
                self._link(sample, DWCIRI.toTaxon, taxon)
                self._link(taxon, RDF.type, DWC.Taxon)
                self._text(taxon, DWC.scientificName, term.label)
                self._link(self.node, DCTERMS.subject, taxon)

    def _component(self, component: ComponentRecord) -> None:
        node = self._part("component", component.id)
        self._link(self.node, DCTERMS.hasPart, node)
        self._entity(node, "StudyComponent", component, (SDO.Dataset, PROV.Entity))
        for name in ("images", "files", "bytes"):
            self._add(node, self.rembi[f"{name[:-1]}Count"], Literal(getattr(component.counts, name)))
        for number, association in enumerate(component.associations):
            row = URIRef(f"{node}-association-{number}")
            self._link(node, self.rembi.association, row)
            self._entity(row, "Association", association, ())
            if association.acquisition:
                self._link(node, PROV.wasGeneratedBy, self._part("acquisition", association.acquisition))
            if association.specimen:
                self._link(node, PROV.wasDerivedFrom, self._part("specimen", association.specimen))

    def _entity(self, node: URIRef, name: str, row: Any, also: tuple[URIRef, ...]) -> None:
        """The fields of an entity of the model, each under its standard predicate or rembi's."""
        for cls in (self.rembi[name], *also):
            self._link(node, RDF.type, cls)
        for field in fields(row):
            value = getattr(row, field.name)
            predicate = STANDARD_OF.get((name, field.name)) or self._predicate(field.name)
            if field.name in REFERENCES:
                for key in value if isinstance(value, tuple) else (value,):
                    if key:
                        self._link(node, predicate, self._part(REFERENCES[field.name], key))
            elif field.name == "contributor":
                if value in self.people:
                    self._link(node, predicate, links.person_iri(self.study, self.people[value]))
            elif field.name == "identifiers":
                self._identifiers(node, value)
            elif field.name == "url":
                self._link(node, predicate, value, otherwise=True)
            elif isinstance(value, str) and field.name != "id":
                self._text(node, predicate, value, in_language=field.name in IN_LANGUAGE)
            elif isinstance(value, TermText):
                self._term_text(node, predicate, value)
            elif isinstance(value, tuple) and field.name not in NODES_OF_THEIR_OWN:
                for number, item in enumerate(value):
                    self._item(node, predicate, item, number)

    def _item(self, node: URIRef, predicate: URIRef, item: Any, number: int) -> None:
        if isinstance(item, str):
            self._text(node, predicate, item)
        elif isinstance(item, TermText):
            self._term_text(node, predicate, item)
        elif is_dataclass(item):
            name = type(item).__name__
            row = URIRef(f"{node}-{name.lower()}-{number}")
            self._link(node, predicate, row)
            self._entity(row, name, item, ())

    def _term_text(self, node: URIRef, predicate: URIRef, value: TermText) -> None:
        """The term if the text was mapped to one; the text as well where it says something else."""
        term = self._term(node, predicate, value.term) if value.term else None
        if term is None or value.term is None or value.text.casefold() != value.term.label.casefold():
            # dwciri: takes only IRIs; its twin dwc: takes texts (Darwin Core RDF guide)
            self._text(node, DWC.measurementMethod if predicate == DWCIRI.measurementMethod else predicate, value.text)

    def _term(self, node: URIRef, predicate: URIRef, term: Term) -> URIRef | None:
        iri = links.web_address(term.iri)
        if not iri:
            return None
        self._link(node, predicate, iri)
        self._text(URIRef(iri), RDFS.label, term.label)
        return URIRef(iri)

    def _part(self, kind: str, key: str) -> URIRef:
        return URIRef(links.part_iri(self.study, kind, key))

    def _predicate(self, name: str) -> URIRef:
        name = SAME_AS.get(name, name)
        return STANDARD.get(name) or self.rembi[re.sub(r"_(\w)", lambda match: match[1].upper(), name)]

    def _text(self, node: URIRef, predicate: URIRef, text: str, *, in_language: bool = False) -> None:
        if text := links.clean(text):
            self._add(node, predicate, Literal(text, lang=self.language or None if in_language else None))

    def _typed(self, node: URIRef, predicate: URIRef, lexical: str, datatype: URIRef) -> None:
        """A date or time; what is none, in a draft, stays text."""
        try:
            datetime.fromisoformat(lexical)
        except ValueError:
            self._text(node, predicate, lexical)
        else:
            self._add(node, predicate, Literal(lexical, datatype=datatype, normalize=False))

    def _link(self, node: URIRef, predicate: URIRef, address: str, *, otherwise: bool = False) -> bool:
        """A link, if it is an address; `otherwise` its text, so that nothing is lost."""
        iri = address if isinstance(address, URIRef) else links.web_address(address)
        if iri:
            self._add(node, predicate, URIRef(iri))
        elif otherwise:
            self._text(node, predicate, address)
        return bool(iri)

    def _add(self, node: URIRef, predicate: URIRef, value: URIRef | Literal) -> None:
        self.graph.add((node, predicate, value))
