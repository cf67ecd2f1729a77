"""What the site says about itself, and rules that hold for every page."""

import re
from datetime import timedelta
from urllib.robotparser import RobotFileParser

import pytest
from django.test import Client
from django.utils import timezone
from lxml import etree
from pyoxigraph import RdfFormat, parse

from base.models import Job
from publishing.renditions.vocabulary import VOCABULARIES
from tests.portal.publishing import published

pytestmark = pytest.mark.django_db
SITEMAP = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9"}


def test_the_site_map_leads_to_every_study(client: Client) -> None:
    publication = published()
    index = etree.fromstring(client.get("/sitemap.xml").content)
    (page,) = [str(it.text) for it in index.findall("s:sitemap/s:loc", SITEMAP)]
    urls = etree.fromstring(client.get(page.removeprefix("http://127.0.0.1:8000")).content)
    assert [it.text for it in urls.findall("s:url/s:loc", SITEMAP)] == [
        f"http://127.0.0.1:8000/studies/{publication.accession}"
    ]
    assert client.get("/sitemap.xml?after=nonsense").status_code == 404
    rules = RobotFileParser()
    rules.parse(client.get("/robots.txt").text.splitlines())
    assert rules.site_maps() == ["http://127.0.0.1:8000/sitemap.xml"]
    assert rules.can_fetch("bot", f"/studies/{publication.accession}")
    for address in ("/search?q=cells", "/search.csv", "/search.jsonld?q=a", "/search.ro-crate.json", "/search.atom"):
        assert not rules.can_fetch("bot", address)


def test_vocabularies_are_at_their_iris(client: Client) -> None:
    for vocabulary in VOCABULARIES:
        response = client.get(vocabulary.path)
        assert response["Content-Type"] == "text/turtle"
        assert list(parse(response.content, RdfFormat.TURTLE))
    assert client.get("/ns/rembi/v99").status_code == 404


def test_health_tells_what_waits(client: Client) -> None:
    assert client.get("/health").status_code == 200
    job = Job.objects.create(kind="read-file")
    Job.objects.filter(pk=job.pk).update(created_at=timezone.now() - timedelta(hours=1))
    page = client.get("/health")
    assert page.status_code == 503
    assert "See whether the Celery worker runs." in page.text
    body = client.get("/health", headers={"Accept": "application/json"}).json()
    assert body["state"] == "bad"
    assert {"part": "Database", "state": "good", "detail": "answers"} in body["parts"]


@pytest.mark.parametrize("path", ["/", "/search", "/health", "/accounts/login/", "/accounts/signup/", "/no-such-page"])
def test_every_page_has_its_frame(client: Client, path: str) -> None:
    response = client.get(path)
    page = response.text
    assert re.search(r"<html lang=\"en\"", page)
    assert page.count("<main ") == page.count("<header ") == page.count("<footer ") == 1
    assert page.index('class="skip-link"') < page.index("<header ")
    assert "'unsafe-eval'" not in response["Content-Security-Policy"]
    scripts = re.findall(r"<script(?![^>]*\bsrc=)(?![^>]*application/(?:ld\+)?json)", page)
    assert scripts == [], "the Content-Security-Policy lets no script stand in a page"
    assert not re.search(r"\son[a-z]+=", page)


@pytest.mark.parametrize("path", ["/", "/search"])
def test_pages_name_no_other_host(client: Client, path: str) -> None:
    published()
    page = client.get(path).text
    assert not re.findall(r"<(?:script|link|img|source|iframe)[^>]+(?:src|href)=\"(?:https?:)?//", page)
