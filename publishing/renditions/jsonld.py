"""schema.org Dataset (Bioschemas Dataset 1.0 profile) as JSON-LD, also embedded in the study's page.

The context stands inside, so nothing has to be fetched to read it. `<`, `>` and `&` are written as escapes, so that
the text may stand in a <script> element as it is.
"""

import json
from typing import Any

from django.conf import settings

from publishing.renditions import links
from publishing.shapes import (
    BioSample,
    ComponentRecord,
    Grant,
    Identifier,
    Link,
    Organisation,
    Person,
    RecordSet,
    RelatedPublication,
    StudyRecord,
    TermText,
)

Node = dict[str, Any]
PROFILE = "https://bioschemas.org/profiles/Dataset/1.0-RELEASE"
COUNT = "http://purl.obolibrary.org/obo/UO_0000189"  # as GIDE's crates have them
BYTE = "http://purl.obolibrary.org/obo/UO_0000233"
_IRI = {"@type": "@id"}
CONTEXT: Node = {
    "@vocab": "https://schema.org/",
    "dcterms": "http://purl.org/dc/terms/",
    "dwc": "http://rs.tdwg.org/dwc/terms/",
    "conformsTo": {"@id": "dcterms:conformsTo", **_IRI},
    "scientificName": "dwc:scientificName",
    "vernacularName": "dwc:vernacularName",
    "contentUrl": _IRI,
    "license": _IRI,
    "sameAs": _IRI,
    "thumbnailUrl": _IRI,
    "url": _IRI,
}


def json_ld(records: RecordSet) -> bytes:
    return to_json(dataset(records))


def to_json(value: Any) -> bytes:
    """JSON that can stand in HTML."""
    text = json.dumps(value, ensure_ascii=False, indent=1)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026").encode()


def dataset(records: RecordSet) -> Node:
    study = records.study
    node: Node = {
        "@context": CONTEXT,
        "@id": links.version_iri(study),
        "@type": "Dataset",
        "conformsTo": PROFILE,
        "name": study.title,
        "description": study.description,
        "identifier": _identifiers(study),
        "version": str(study.version),
        "inLanguage": links.language_of(study.language),
        "keywords": _keywords(study),
        "license": links.licence_of(study.licence).url,
        "isAccessibleForFree": bool(study.published),
        "conditionsOfAccess": links.OPEN_ACCESS if study.published else "",
        "creator": [_person(study, person) for person in study.authors],
        "contributor": [_person(study, person) for person in study.contributors if person not in study.authors],
        "publisher": {"@id": links.absolute("/"), "@type": "Organization", "name": settings.PUBLISHER,
                      "url": links.absolute("/")},
        "funding": [_grant(study, grant) for grant in study.grants],
        "citation": [_article(study, publication) for publication in study.publications],
        "about": [_biosample(study, sample) for sample in study.biosamples],
        "measurementTechnique": _techniques(study),
        "variableMeasured": _measured(study),
        "hasPart": [_component(study, component) for component in records.components],
        "mentions": [_mention(link) for link in study.links if links.link_url(link)],
        "sameAs": [links.persistent_url(study) if study.published else "",
                   *(links.link_url(link) for link in study.links if link.relation == "IsIdenticalTo")],
        "isBasedOn": [links.link_url(link) for link in study.links if link.relation == "IsDerivedFrom"],
        "thumbnailUrl": [links.absolute(f"/data/{image}/thumbnail.jpg") for image in study.thumbnails],
        "size": [_quantity(study.counts.images, "images"), _quantity(study.counts.files, "files"),
                 _quantity(study.counts.bytes, "bytes")],
    }  # fmt: skip
    described: Node = without_empty(node | (_published(study) if study.published else {}))
    return described


_EMPTY: tuple[Any, ...] = ("", None, [], {})


def without_empty(node: Any) -> Any:
    """The node with its texts cleaned, without values that say nothing."""
    if isinstance(node, dict):
        items = ((name, without_empty(item)) for name, item in node.items())
        return {name: item for name, item in items if item not in _EMPTY}
    if isinstance(node, list):
        return [item for item in map(without_empty, node) if item not in _EMPTY]
    return links.clean(node) if isinstance(node, str) else node


def _published(study: StudyRecord) -> Node:
    return {
        "url": links.version_iri(study),
        "datePublished": study.published[:10],
        "isPartOf": {"@id": links.study_iri(study)},
        "includedInDataCatalog": {"@id": links.absolute("/#catalogue"), "@type": "DataCatalog",
                                  "name": settings.SITE_NAME, "url": links.absolute("/")},
        "distribution": {"@type": "DataDownload", "contentUrl": f"{links.version_iri(study)}/package.zip",
                         "encodingFormat": "application/zip",
                         "description": "RO-Crate 1.2 in a BagIt bag, with all files"},
    }  # fmt: skip


def _identifiers(study: StudyRecord) -> list[Any]:
    return [
        links.persistent_url(study),
        _property("test DOI, resolves nowhere" if study.doi_is_test else "doi", study.doi),
        _property("accession", study.accession),
    ]


def _property(name: str, value: str) -> Node:
    return {"@type": "PropertyValue", "propertyID": name, "value": value} if value else {}


def _keywords(study: StudyRecord) -> list[Any]:
    terms = {term.curie: term for value in _mapped(study) if (term := value.term)}
    return [
        *(keyword for keyword in study.keywords),
        *(_defined_term(TermText(term.label, term)) for term in terms.values()),
    ]


def _mapped(study: StudyRecord) -> list[TermText]:
    """Terms that say what the images show, besides organism and method, which have properties of their own."""
    entities = [value for sample in study.biosamples for value in (sample.biological_entity, sample.strain)]
    return entities + [value for channel in study.channels for value in (channel.content, channel.biological_entity)]


def _defined_term(value: TermText) -> Node | str:
    if value.term is None or not (iri := links.web_address(value.term.iri)):
        return value.text
    return {"@id": iri, "@type": "DefinedTerm", "name": value.term.label, "termCode": value.term.curie, "url": iri}


def _techniques(study: StudyRecord) -> list[Any]:
    found: dict[str, Any] = {}
    for acquisition in study.acquisitions:
        for method in acquisition.methods:
            found.setdefault(str(method), _defined_term(method))
    return list(found.values())


def _measured(study: StudyRecord) -> list[Node]:
    """What the channels show, and what varies between samples."""
    named = [(str(channel.content), channel.content.term) for channel in study.channels]
    named += [(variable.name, None) for sample in study.biosamples for variable in sample.variables]
    found: dict[str, Node] = {}
    for name, term in named:
        iri = links.web_address(term.iri) if term else ""
        found.setdefault(name, {"@type": "PropertyValue", "name": name, "propertyID": iri} if name else {})
    return list(found.values())


def _person(study: StudyRecord, person: Person) -> Node:
    known = {organisation.id: organisation for organisation in study.organisations}
    return {
        "@id": links.person_iri(study, person),
        "@type": "Person",
        "name": str(person),
        "familyName": person.family_name,
        "givenName": person.given_name,
        "sameAs": links.orcid_url(person),
        "affiliation": [_organisation(study, known[key]) for key in person.affiliations if key in known],
    }


def _organisation(study: StudyRecord, organisation: Organisation) -> Node:
    return {
        "@id": links.organisation_iri(study, organisation),
        "@type": "Organization",
        "name": organisation.name,
        "address": organisation.address,
        "url": links.web_address(organisation.website),
    }


def _grant(study: StudyRecord, grant: Grant) -> Node:
    return {
        "@id": links.part_iri(study, "grant", grant.id),
        "@type": "Grant",
        "identifier": grant.identifier,
        "name": grant.title,
        "funder": [
            {"@type": "Organization", "@id": links.funder_url(funder), "name": funder.name} for funder in grant.funders
        ],
    }


def _mention(link: Link) -> Node:
    is_dataset = bool(link.accession)
    identifier = links.identifier_curie(Identifier(link.database, link.accession)) if is_dataset else ""
    return {
        "@type": "Dataset" if is_dataset else "WebPage",
        "url": links.link_url(link),
        "name": identifier,
        "identifier": identifier,
        "description": link.description,
    }


def _article(study: StudyRecord, publication: RelatedPublication) -> Node:
    url = links.publication_url(publication)
    return {
        "@id": url or links.part_iri(study, "publication", publication.id),
        "@type": "ScholarlyArticle",
        "name": publication.title,
        "author": publication.authors,
        "datePublished": publication.year,
        "url": url,
    }


def _biosample(study: StudyRecord, sample: BioSample) -> Node:
    return {
        "@id": links.part_iri(study, "biosample", sample.id),
        "@type": "BioSample",
        "name": sample.title,
        "description": sample.description,
        "identifier": [links.identifier_curie(it) for it in sample.identifiers],
        "sameAs": [links.identifier_url(it) for it in sample.identifiers],
        "taxonomicRange": [
            {
                "@id": links.web_address(it.organism.term.iri) if it.organism.term else "",
                "@type": "Taxon",
                "name": str(it.organism),
                "scientificName": str(it.organism),
                "vernacularName": it.common_name,
            }
            for it in sample.organisms
        ],
        "additionalProperty": [
            {
                "@type": "PropertyValue",
                "name": variable.name,
                "value": str(variable.value),
                "valueReference": links.web_address(variable.value.term.iri) if variable.value.term else "",
                "unitText": variable.unit,
            }
            for variable in sample.variables
        ],
    }


def _component(study: StudyRecord, component: ComponentRecord) -> Node:
    return {
        "@id": links.part_iri(study, "component", component.id),
        "@type": "Dataset",
        "name": component.title,
        "description": component.description,
        "license": links.licence_of(study.licence).url,
        "thumbnailUrl": [links.absolute(f"/data/{image}/thumbnail.jpg") for image in component.thumbnails],
        "size": [_quantity(component.counts.images, "images")],
    }


def _quantity(value: int, unit: str) -> Node:
    code = BYTE if unit == "bytes" else COUNT
    return {"@type": "QuantitativeValue", "value": value, "unitText": unit, "unitCode": code}
