"""DataCite Metadata Schema 4.6 (doi:10.14454/mzv1-5b55), as XML and as DataCite JSON, from one description.

What DataCite requires and a draft lacks is written as ":unav" (unavailable), but for the year: it gives that in
which it would be published.
"""

import json
import re
from typing import Any

from django.conf import settings
from django.utils import timezone
from lxml import etree

from catalogue.rules.people import DATACITE_ROLES, RELATIONS
from publishing.renditions import links
from publishing.renditions.jsonld import without_empty
from publishing.shapes import Funder, Grant, Person, RecordSet, StudyRecord, Term

Node = dict[str, Any]
RELATION_TYPES = {relation for relation, _ in RELATIONS}
NAMESPACE = "http://datacite.org/schema/kernel-4"
LOCATION = f"{NAMESPACE} https://schema.datacite.org/meta/kernel-4.6/metadata.xsd"
UNAVAILABLE = ":unav"
# contributorType by a person's role; of CRediT's roles those that have one of nearly the same meaning.
CONTRIBUTOR_TYPES = {role: role for role, _ in DATACITE_ROLES} | {
    "data-curation": "DataCurator",
    "investigation": "DataCollector",
    "project-administration": "ProjectManager",
    "supervision": "Supervisor",
}
_XSI = "{http://www.w3.org/2001/XMLSchema-instance}schemaLocation"
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"


def describe(records: RecordSet) -> Node:
    """The description in the names of DataCite JSON; empty values are left out."""
    study = records.study
    language = links.language_of(study.language)
    doi = study.doi or UNAVAILABLE
    dates = [("Issued", study.published[:10]), ("Available", study.release_date)]
    subjects: list[Node] = [{"subject": links.clean(word), "lang": language} for word in study.keywords]
    description: Node = {
        "doi": doi,
        "url": links.version_iri(study) if study.published else "",
        "identifiers": [{"identifier": study.accession, "identifierType": settings.SITE_NAME + " accession"}],
        "creators": [_creator(study, person) for person in study.authors] or [{"name": UNAVAILABLE}],
        "titles": [{"title": links.clean(study.title) or UNAVAILABLE, "lang": language}],
        "publisher": {"name": settings.PUBLISHER},
        "publicationYear": _year(study),
        "types": {"resourceType": "Bioimaging study", "resourceTypeGeneral": "Dataset"},
        "subjects": [s for s in subjects if s["subject"]] + [_subject(term) for term in _terms(study)],
        "contributors": [
            {**_creator(study, person), "contributorType": kind}
            for person in study.contributors
            for kind in dict.fromkeys(CONTRIBUTOR_TYPES.get(role, "Other") for role in person.roles if role != "Author")
        ],
        "dates": [{"date": date, "dateType": kind} for kind, date in dates if links.clean(date)],
        "language": language,
        "relatedIdentifiers": _related(study),
        "sizes": [f"{study.counts.images} images", f"{study.counts.files} files", f"{study.counts.bytes} bytes"],
        "formats": list(study.facets.formats),
        "version": str(study.version),
        "rightsList": [*_licence(study), *_access(study)],
        "descriptions": [{"description": links.clean(study.description), "descriptionType": "Abstract",
                          "lang": language}],
        "fundingReferences": [_funding(grant, funder) for grant in study.grants for funder in grant.funders
                              if links.clean(funder.name)],
        "schemaVersion": NAMESPACE,
    }  # fmt: skip
    description["identifiers"] = description["identifiers"] if study.accession else []
    description["descriptions"] = description["descriptions"] if links.clean(study.description) else []
    described: Node = without_empty(description)
    return described


def datacite_json(records: RecordSet) -> bytes:
    return json.dumps(describe(records), ensure_ascii=False, indent=1).encode()


def datacite_xml(records: RecordSet) -> bytes:
    """The same in the order and with the element names of kernel-4's metadata.xsd."""
    it = describe(records)
    root = etree.Element(f"{{{NAMESPACE}}}resource", {_XSI: LOCATION}, nsmap={
        None: NAMESPACE, "xsi": "http://www.w3.org/2001/XMLSchema-instance"})  # fmt: skip
    _add(root, "identifier", it["doi"], identifierType="DOI")
    creators = _add(root, "creators")
    for creator in it["creators"]:
        _person(_add(creators, "creator"), "creatorName", creator)
    titles = _add(root, "titles")
    for title in it["titles"]:
        _add(titles, "title", title["title"], lang=title.get("lang"))
    _add(root, "publisher", it["publisher"]["name"])
    _add(root, "publicationYear", it["publicationYear"])
    _add(root, "resourceType", it["types"]["resourceType"], resourceTypeGeneral=it["types"]["resourceTypeGeneral"])
    subjects = _group(root, it, "subjects")
    for subject in it.get("subjects", []):
        _add(subjects, "subject", subject["subject"], lang=subject.get("lang"),
             subjectScheme=subject.get("subjectScheme"), valueURI=subject.get("valueUri"))  # fmt: skip
    contributors = _group(root, it, "contributors")
    for contributor in it.get("contributors", []):
        node = _add(contributors, "contributor", contributorType=contributor["contributorType"])
        _person(node, "contributorName", contributor)
    dates = _group(root, it, "dates")
    for date in it.get("dates", []):
        _add(dates, "date", date["date"], dateType=date["dateType"])
    if "language" in it:
        _add(root, "language", it["language"])
    others = _group(root, it, "identifiers", "alternateIdentifiers")
    for other in it.get("identifiers", []):
        _add(others, "alternateIdentifier", other["identifier"], alternateIdentifierType=other["identifierType"])
    _xml_rest(root, it)
    etree.indent(root)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def _xml_rest(root: etree._Element, it: Node) -> None:
    related = _group(root, it, "relatedIdentifiers")
    for other in it.get("relatedIdentifiers", []):
        _add(related, "relatedIdentifier", other["relatedIdentifier"], relationType=other["relationType"],
             relatedIdentifierType=other["relatedIdentifierType"])  # fmt: skip
    for group, name in (("sizes", "size"), ("formats", "format")):
        parent = _group(root, it, group)
        for text in it.get(group, []):
            _add(parent, name, text)
    _add(root, "version", it["version"])
    rights = _group(root, it, "rightsList")
    for one in it.get("rightsList", []):
        _add(
            rights,
            "rights",
            one["rights"],
            rightsURI=one.get("rightsUri"),
            schemeURI=one.get("schemeUri"),
            rightsIdentifier=one.get("rightsIdentifier"),
            rightsIdentifierScheme=one.get("rightsIdentifierScheme"),
        )
    descriptions = _group(root, it, "descriptions")
    for one in it.get("descriptions", []):
        _add(descriptions, "description", one["description"], descriptionType="Abstract", lang=one.get("lang"))
    funding = _group(root, it, "fundingReferences")
    for one in it.get("fundingReferences", []):
        node = _add(funding, "fundingReference")
        _add(node, "funderName", one["funderName"])
        if "funderIdentifier" in one:
            _add(node, "funderIdentifier", one["funderIdentifier"], funderIdentifierType=one["funderIdentifierType"])
        for name in ("awardNumber", "awardTitle"):
            if name in one:
                _add(node, name, one[name])


def _person(node: etree._Element, name: str, person: Node) -> None:
    _add(node, name, person["name"], nameType=person.get("nameType"))
    for part in ("givenName", "familyName"):
        if part in person:
            _add(node, part, person[part])
    for one in person.get("nameIdentifiers", []):
        _add(node, "nameIdentifier", one["nameIdentifier"], schemeURI=one["schemeUri"],
             nameIdentifierScheme=one["nameIdentifierScheme"])  # fmt: skip
    for one in person.get("affiliation", []):
        _add(node, "affiliation", one["name"], schemeURI=one.get("schemeUri"),
             affiliationIdentifier=one.get("affiliationIdentifier"),
             affiliationIdentifierScheme=one.get("affiliationIdentifierScheme"))  # fmt: skip


def _add(parent: etree._Element, name: str, text: str | None = None, **attributes: str | None) -> etree._Element:
    node: etree._Element = etree.SubElement(parent, f"{{{NAMESPACE}}}{name}")
    for key, value in attributes.items():
        if value:
            node.set(_LANG if key == "lang" else key, value)
    node.text = text
    return node


def _group(root: etree._Element, it: Node, key: str, name: str = "") -> etree._Element:
    """The element around a list, which is there only if the list has items."""
    return _add(root, name or key) if it.get(key) else root


def _creator(study: StudyRecord, person: Person) -> Node:
    known = {organisation.id: organisation for organisation in study.organisations}
    family, given = links.clean(person.family_name), links.clean(person.given_name)
    affiliations: list[Node] = []
    for organisation in (known[key] for key in person.affiliations if key in known):
        ror = links.ror_url(organisation.ror)
        scheme = {"affiliationIdentifier": ror, "affiliationIdentifierScheme": "ROR", "schemeUri": "https://ror.org"}
        if name := links.clean(organisation.name):
            affiliations.append({"name": name} | (scheme if ror else {}))
    orcid = links.orcid_url(person)
    identifier = {"nameIdentifier": orcid, "nameIdentifierScheme": "ORCID", "schemeUri": "https://orcid.org"}
    return {
        "name": ", ".join(part for part in (family, given) if part) or UNAVAILABLE,
        "nameType": "Personal",
        "givenName": given,
        "familyName": family,
        "nameIdentifiers": [identifier] if orcid else [],
        "affiliation": affiliations,
    }


def _terms(study: StudyRecord) -> list[Term]:
    values = [organism.organism for sample in study.biosamples for organism in sample.organisms]
    values += [sample.biological_entity for sample in study.biosamples]
    values += [method for acquisition in study.acquisitions for method in acquisition.methods]
    return list(
        {value.term.curie: value.term for value in values if value.term and links.clean(value.term.label)}.values()
    )


def _subject(term: Term) -> Node:
    return {"subject": term.label, "subjectScheme": term.ontology, "valueUri": links.web_address(term.iri)}


def _related(study: StudyRecord) -> list[Node]:
    found: list[tuple[str, str, str]] = []
    if study.published and (whole := links.doi_of(study.study_doi)):
        found.append((whole, "DOI", "IsVersionOf"))
    if study.published and study.version > 1:
        former = links.absolute(f"/studies/{study.accession}/v{study.version - 1}")
        found.append((former, "URL", "IsNewVersionOf"))
    for publication in study.publications:
        if doi := links.doi_of(publication.doi):
            found.append((doi, "DOI", "IsSupplementTo"))
        elif url := links.publication_url(publication):
            found.append((url, "URL", "IsSupplementTo"))
    found += [
        (url, "URL", link.relation if link.relation in RELATION_TYPES else "References")
        for link in study.links
        if (url := links.link_url(link))
    ]
    return [
        {"relatedIdentifier": identifier, "relatedIdentifierType": kind, "relationType": relation}
        for identifier, kind, relation in found
    ]


def _licence(study: StudyRecord) -> list[Node]:
    licence = links.licence_of(study.licence)
    scheme = {"rightsIdentifierScheme": "SPDX", "schemeUri": "https://spdx.org/licenses/"}
    described = {"rights": licence.name, "rightsUri": licence.url, "rightsIdentifier": study.licence, **scheme}
    return [described] if licence.name else []


def _access(study: StudyRecord) -> list[Node]:
    """Who may have it, in the terms of COAR that harvesters know."""
    return [{"rights": "open access", "rightsUri": links.OPEN_ACCESS}] if study.published else []


def _year(study: StudyRecord) -> str:
    """Of publication; of a draft, that of its release date if it has one, else this year."""
    release = re.match(r"\d{4}(?=-)", study.release_date)
    return study.published[:4] or (release[0] if release else str(timezone.now().year))


def _funding(grant: Grant, funder: Funder) -> Node:
    address = links.funder_url(funder)
    kind = "ROR" if address.startswith("https://ror.org/") else "Crossref Funder ID"
    return {
        "funderName": funder.name,
        "funderIdentifier": address,
        "funderIdentifierType": kind if address else "",
        "awardNumber": grant.identifier,
        "awardTitle": grant.title,
    }
