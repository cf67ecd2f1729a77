"""Signposting links and sitemaps of published studies."""

import json
import re
from typing import Any

import pytest
from django.utils import timezone
from lxml import etree

from catalogue.access import Actor
from publishing import queries, record
from publishing.harvest.signposting import LINKSET_TYPE, header, image_links, linkset, study_header, study_links
from publishing.harvest.sitemap import NAMESPACE, START, sitemap_index, sitemap_page
from publishing.models import Publication
from publishing.renditions import RENDITIONS
from publishing.services import approve
from tests import factory

pytestmark = [pytest.mark.django_db, pytest.mark.both, pytest.mark.usefixtures("terms")]


def publish(images: int = 1) -> Publication:
    made = approve(actor=Actor(factory.curator()), study_id=factory.submitted(images=images).pk)
    assert made is not None
    return made


def parsed(value: str) -> list[tuple[str, dict[str, str]]]:
    return [
        (target, dict(re.findall(r'(\w+)="([^"]*)"', parameters)))
        for target, parameters in re.findall(r"<([^>]*)>((?:; \w+=\"[^\"]*\")*)", value)
    ]


def test_the_header_leads_to_everything(settings: Any) -> None:
    publication = publish()
    page = f"{settings.PUBLIC_URL}/studies/{publication.accession}/v1"
    value = study_header(publication)
    assert len(value) < 4096
    found = parsed(value)
    by_rel: dict[str, list[str]] = {}
    for target, parameters in found:
        by_rel.setdefault(parameters["rel"], []).append(target)
    assert by_rel["cite-as"] == [page]  # the DOI is a test that resolves nowhere
    assert by_rel["author"] == ["https://orcid.org/0000-0002-1825-0097"]
    assert by_rel["license"] == ["https://creativecommons.org/licenses/by/4.0/"]
    assert by_rel["describedby"] == [f"{page}.{it.extension}" for it in RENDITIONS]
    assert by_rel["item"] == [f"{page}/package.zip"]
    assert "https://schema.org/AboutPage" in by_rel["type"]
    assert (f"{page}/linkset.json", {"rel": "linkset", "type": LINKSET_TYPE}) in found
    types = {parameters["type"] for _, parameters in found if parameters["rel"] == "describedby"}
    assert types == {it.media_type for it in RENDITIONS}


def test_the_linkset_says_what_the_header_says_and_more(settings: Any) -> None:
    publication = publish(images=3)
    own, package, *others = json.loads(linkset(publication))["linkset"]
    in_header = {(link.rel, link.href) for link in study_links(publication)}
    in_set = {(rel, target["href"]) for rel, targets in own.items() if rel != "anchor" for target in targets}
    assert in_header <= in_set
    images = {f"{settings.PUBLIC_URL}/images/{image.id}" for image in record.images_of(publication)}
    assert images <= {target["href"] for target in own["item"]}
    assert package["collection"][0]["href"] == own["anchor"]
    assert [other["anchor"] for other in others] == [f"{own['anchor']}.{it.extension}" for it in RENDITIONS]


def test_an_image_leads_to_its_study() -> None:
    publication = publish()
    image = record.images_of(publication)[0]
    found = parsed(header(image_links(image, publication)))
    assert [target for target, parameters in found if parameters["rel"] == "collection"] == [
        target for target, parameters in parsed(study_header(publication)) if parameters["rel"] == "cite-as"
    ]


def test_sitemaps_page_by_keyset_and_leave_out_what_was_withdrawn(settings: Any) -> None:
    publications = [publish() for _ in range(5)]
    Publication.objects.filter(pk=publications[2].pk).update(withdrawn_at=timezone.now())
    index = etree.fromstring(sitemap_index(page=2))
    addresses = [loc.text or "" for loc in index.iter(f"{{{NAMESPACE}}}loc")]
    assert len(addresses) == 2
    seen = []
    for address in addresses:
        after = address.rpartition("after=")[2]
        page = etree.fromstring(sitemap_page(type(START)(after), page=2))
        seen += [loc.text for loc in page.iter(f"{{{NAMESPACE}}}loc")]
        assert all(re.fullmatch(r"\d{4}-\d\d-\d\d", it.text or "") for it in page.iter(f"{{{NAMESPACE}}}lastmod"))
    expected = [it for it in publications if it.pk != publications[2].pk]
    assert seen == [f"{settings.PUBLIC_URL}/studies/{it.accession}" for it in expected]


def test_the_sitemap_of_an_empty_site_is_valid() -> None:
    assert len(etree.fromstring(sitemap_index())) == 1
    assert len(etree.fromstring(sitemap_page(START))) == 0


def test_newest_first_by_keyset() -> None:
    publications = [publish() for _ in range(5)]
    first = list(queries.latest(limit=3))
    rest = list(queries.latest(limit=3, before=(first[-1].published_at, first[-1].pk)))
    assert [it.pk for it in first + rest] == [it.pk for it in reversed(publications)]
