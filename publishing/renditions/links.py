"""Texts and addresses in a form that no output can be broken by."""

import re
from dataclasses import dataclass
from urllib.parse import quote

from django.conf import settings
from pyoxigraph import NamedNode

from catalogue.rules import archives
from catalogue.rules.people import CREDIT_ROLES
from publishing.shapes import Funder, Identifier, Link, Organisation, Person, RelatedPublication, StudyRecord

# What XML 1.0 (section 2.2, production Char) cannot hold; left out everywhere, so that all formats say the same.
_UNPRINTABLE = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ORCID = re.compile(r"\d{4}-\d{4}-\d{4}-\d{3}[\dX]")
_ROR = re.compile(r"0[a-hj-km-np-tv-z0-9]{6}\d{2}")
_DOI = re.compile(r"10\.\d{4,9}/\S+")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")


# Who may have what is published, in the terms of the EU's access rights (DCAT-AP 3.0) and of COAR (Access Rights 1.0).
PUBLIC = "http://publications.europa.eu/resource/authority/access-right/PUBLIC"
OPEN_ACCESS = "http://purl.org/coar/access_right/c_abf2"


@dataclass(frozen=True)
class Licence:
    name: str
    url: str


_CC = "https://creativecommons.org/"
LICENCES = {
    "CC0-1.0": Licence("Creative Commons Zero v1.0 Universal", _CC + "publicdomain/zero/1.0/"),
    "CC-BY-4.0": Licence("Creative Commons Attribution 4.0 International", _CC + "licenses/by/4.0/"),
    "CC-BY-SA-4.0": Licence("Creative Commons Attribution Share Alike 4.0 International", _CC + "licenses/by-sa/4.0/"),
    "CC-BY-NC-4.0": Licence("Creative Commons Attribution Non Commercial 4.0 International",
                            _CC + "licenses/by-nc/4.0/"),
}  # fmt: skip


def clean(text: str) -> str:
    """The text without characters that XML cannot hold, its ends trimmed, its line ends plain newlines."""
    return _UNPRINTABLE.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).strip()


def absolute(path: str) -> str:
    """The IRI of one of the site's own paths."""
    return settings.PUBLIC_URL + path


def web_address(text: str) -> str:
    """The text as an IRI if it is a web address, what must not stand in one percent-encoded; else empty."""
    text = clean(text)
    if not re.match(r"https?://[^\s/?#]", text, re.IGNORECASE):
        return ""
    iri = quote(text, safe="%/:?#[]@!$&'()*+,;=~-._")
    try:
        return NamedNode(iri).value
    except ValueError:
        return ""


def orcid_url(person: Person) -> str:
    found = _ORCID.search(person.orcid.upper())
    return f"https://orcid.org/{found.group()}" if found else ""


def ror_url(text: str) -> str:
    found = _ROR.fullmatch(text.strip().lower().rstrip("/").rsplit("/", 1)[-1])
    return f"https://ror.org/{found.group()}" if found else ""


def doi_of(text: str) -> str:
    """The bare DOI in a text, lower case (DOIs compare so); empty if there is none."""
    found = _DOI.search(clean(text))
    return found.group().lower() if found else ""


def doi_url(text: str) -> str:
    doi = doi_of(text)
    return web_address(f"https://doi.org/{quote(doi, safe='/:;().,_-~')}") if doi else ""


def persistent_url(study: StudyRecord) -> str:
    """The address by which a version is cited: its DOI's, unless that is a test that resolves nowhere."""
    return "" if study.doi_is_test else doi_url(study.doi)


def publication_url(publication: RelatedPublication) -> str:
    if url := doi_url(publication.doi):
        return url
    pubmed_id = publication.pubmed_id.strip()
    return f"https://pubmed.ncbi.nlm.nih.gov/{pubmed_id}/" if re.fullmatch(r"[0-9]{1,9}", pubmed_id) else ""


def funder_url(funder: Funder) -> str:
    """The funder's ROR or Crossref id as an IRI, if it is one."""
    return ror_url(funder.identifier) or doi_url(funder.identifier)


def link_url(link: Link) -> str:
    """Where a link leads: its own address, or its accession's in the archive."""
    return web_address(link.url) or identifier_url(Identifier(link.database, link.accession))


def identifier_url(identifier: Identifier) -> str:
    return web_address(archives.address_of(identifier.database, identifier.accession))


def identifier_curie(identifier: Identifier) -> str:
    """Archive and accession in one, e.g. geo:GSE63525."""
    if identifier.accession.startswith(f"{identifier.database}:"):  # as Software Heritage's do
        return identifier.accession
    return f"{identifier.database}:{identifier.accession}" if identifier.accession else ""


def role_url(role: str) -> str:
    """The address of a CRediT role; empty for any other role."""
    return f"https://credit.niso.org/contributor-roles/{role}/" if role in dict(CREDIT_ROLES) else ""


def licence_of(spdx: str) -> Licence:
    """Name and address of a licence by its SPDX id; one that we do not list by its page at spdx.org."""
    known = LICENCES.get(spdx)
    if known or not re.fullmatch(r"[A-Za-z0-9.+-]+", spdx):
        return known or Licence(clean(spdx), "")
    return Licence(spdx, f"https://spdx.org/licenses/{spdx}.html")


def language_of(tag: str) -> str:
    """The language tag if it is well-formed (BCP 47), else empty."""
    return tag if _LANGUAGE.fullmatch(tag) else ""


def version_iri(study: StudyRecord) -> str:
    """What a version is called in every output; a draft has no address, so it is named by its id."""
    return absolute(study.path) if study.published else f"urn:uuid:{study.id}"


def study_iri(study: StudyRecord) -> str:
    """The study in all its versions."""
    return absolute(f"/studies/{study.accession}")


def part_iri(study: StudyRecord, kind: str, key: str) -> str:
    """A part of a version that has no page of its own."""
    return f"{version_iri(study)}#{kind}-{key}"


def person_iri(study: StudyRecord, person: Person) -> str:
    return orcid_url(person) or part_iri(study, "contributor", person.id)


def organisation_iri(study: StudyRecord, organisation: Organisation) -> str:
    return ror_url(organisation.ror) or part_iri(study, "organisation", organisation.id)
