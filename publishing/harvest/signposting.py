"""FAIR Signposting (signposting.org/FAIR, profile levels 1 and 2): typed links from a version's page to its parts.

Level 1: the links in the Link header, cut to what a header may hold. Level 2: all of them as a link set (RFC 9264).
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass

from publishing import record
from publishing.image_shapes import ImageRecord
from publishing.models import Publication
from publishing.queries import study_record
from publishing.renditions import RENDITIONS
from publishing.renditions.links import absolute, licence_of, orcid_url, persistent_url, study_iri, version_iri
from publishing.shapes import StudyRecord

LINKSET_TYPE = "application/linkset+json"
HEADER_AUTHORS = 10  # servers and proxies take about 8 KB of headers
LINKSET_ITEMS = 100


@dataclass(frozen=True)
class Link:
    rel: str
    href: str
    type: str = ""
    profile: str = ""


def study_links(publication: Publication, items: int = 0) -> list[Link]:
    """The links of a version's page; `items` images of it at most, beside the package with all."""
    study = study_record(publication)
    images = record.images_of(publication, limit=items) if items else []
    return [*_links(study), *(Link("item", absolute(image.path), "text/html") for image in images)]


def image_links(image: ImageRecord, publication: Publication) -> list[Link]:
    """The links of a published image's page."""
    study = study_record(publication)
    licence = licence_of(study.licence).url
    return [
        Link("collection", version_iri(study), "text/html"),
        Link("item", absolute(f"/data/{image.id}/ome-zarr-0.5/zarr.json"), "application/json"),
        Link("type", "https://schema.org/ImageObject"),
        *([Link("license", licence)] if licence else []),
    ]


def header(links: Iterable[Link], linkset: str = "") -> str:
    """The value of a Link header (RFC 8288), with the address of the link set."""
    kept, authors = [], 0
    for link in links:
        authors += link.rel == "author"
        if link.rel != "author" or authors <= HEADER_AUTHORS:
            kept.append(link)
    if linkset:
        kept.append(Link("linkset", linkset, LINKSET_TYPE))
    return ", ".join(_in_header(link) for link in kept)


def study_header(publication: Publication) -> str:
    """The Link header of a version's page."""
    return header(study_links(publication), linkset_address(publication))


def linkset_address(publication: Publication) -> str:
    return absolute(f"/studies/{publication.accession}/v{publication.version}/linkset.json")


def linkset(publication: Publication) -> bytes:
    """The link set (RFC 9264, section 4.2) of a version."""
    study = study_record(publication)
    own: dict[str, object] = {"anchor": version_iri(study)}
    for link in study_links(publication, LINKSET_ITEMS):
        targets = own.setdefault(link.rel, [])
        assert isinstance(targets, list)
        optional = {"type": link.type, "profile": link.profile}
        targets.append({"href": link.href} | {name: value for name, value in optional.items() if value})
    others: list[dict[str, object]] = [
        {"anchor": rendition, "describes": [{"href": version_iri(study), "type": "text/html"}]}
        for rendition in (f"{version_iri(study)}.{it.extension}" for it in RENDITIONS)
    ]
    package = {"anchor": _package(study), "collection": [{"href": version_iri(study), "type": "text/html"}]}
    return json.dumps({"linkset": [own, package, *others]}, indent=1).encode()


def _links(study: StudyRecord) -> list[Link]:
    page = version_iri(study)
    licence = licence_of(study.licence).url
    authors = dict.fromkeys(url for person in study.authors if (url := orcid_url(person)))
    return [
        Link("cite-as", persistent_url(study) or page),
        Link("type", "https://schema.org/Dataset"),
        Link("type", "https://schema.org/AboutPage"),
        *([Link("license", licence)] if licence else []),
        *(Link("author", url) for url in authors),
        *(Link("describedby", f"{page}.{it.extension}", it.media_type, it.profile) for it in RENDITIONS),
        Link("item", _package(study), "application/zip"),
        Link("latest-version", study_iri(study), "text/html"),
    ]


def _package(study: StudyRecord) -> str:
    return f"{version_iri(study)}/package.zip"


def _in_header(link: Link) -> str:
    """Addresses hold no `>` and no quote: every one of them has passed links.web_address or is our own."""
    parts = [f"<{link.href}>", f'rel="{link.rel}"']
    parts += [f'{name}="{value}"' for name, value in (("type", link.type), ("profile", link.profile)) if value]
    return "; ".join(parts)
