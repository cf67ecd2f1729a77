"""A study's address: its page, its renditions by Accept header and extension, old and withdrawn versions."""

import csv
import io
import json
import re
from itertools import pairwise

import pytest
from django.test import Client
from django.utils import timezone
from lxml import html
from pytest_django import DjangoAssertNumQueries

from catalogue import documents, services
from catalogue.access import Actor
from catalogue.models import Image
from publishing import record
from publishing.models import Publication
from publishing.renditions import RENDITIONS
from tests import factory
from tests.portal.publishing import next_version, published, terms

pytestmark = pytest.mark.django_db


@pytest.fixture
def publication() -> Publication:
    terms()
    return published()


def address(publication: Publication, rest: str = "") -> str:
    return f"/studies/{publication.accession}{rest}"


def test_the_page_says_what_one_needs_to_trust_and_use_it(client: Client, publication: Publication) -> None:
    page = client.get(address(publication))
    assert page.status_code == 200
    tree = html.fromstring(page.text)
    assert [it.text for it in tree.iter("h1")] == ["Cell Painting of Schwann cells with and without neurofibromin"]
    for text in (
        publication.accession,
        publication.doi,
        "test DOI",
        "Ada Depositor",
        "https://orcid.org/0000-0002-1825-0097",
        "https://ror.org/03wmf1y16",
        "Schwann cell",
        "Hoechst 33342",
        "Nikon Eclipse Ti2-E",
        "https://doi.org/10.1038/s41592-021-01166-8",
        "European Research Council",
    ):
        assert text in page.text
    links = {it.get("href") for it in tree.iter("a")}
    assert "https://creativecommons.org/licenses/by/4.0/" in links
    assert "/terms/NCBITaxon:9606" in links
    assert f"/images/{Image.objects.get().pk}" in links
    assert {f"{address(publication)}/v1.{it.extension}" for it in RENDITIONS} <= links
    (citation,) = tree.xpath("//*[@id='citation']")
    year = timezone.now().year
    assert citation.text_content() == (
        f"Depositor A ({year}): Cell Painting of Schwann cells with and without neurofibromin. Version 1. Vitrine. "
        f"http://127.0.0.1:8000/studies/{publication.accession}/v1"
    )


def test_headings_stand_in_order(client: Client, publication: Publication) -> None:
    for path in (address(publication), "/", "/search", f"/images/{Image.objects.get().pk}", "/health"):
        levels = [int(level) for level in re.findall(r"<h([1-6])", client.get(path).text)]
        assert levels[0] == 1 or path.startswith("/images/")
        assert levels.count(1) == 1
        assert all(after <= before + 1 for before, after in pairwise(levels)), path


def test_the_page_holds_its_json_ld(client: Client, publication: Publication) -> None:
    tree = html.fromstring(client.get(address(publication)).text)
    (script,) = tree.xpath("//script[@type='application/ld+json']")
    rendition = client.get(address(publication, "/v1.jsonld"))
    assert json.loads(script.text) == json.loads(rendition.content)


def test_what_is_typed_stays_text(client: Client) -> None:
    title = "</script><script>alert(1)</script> & “nuclei” 🧫 of <b>mice</b>"
    publication = published(title=title, description=f"A description: {title}")
    page = client.get(address(publication)).text
    assert "<script>alert" not in page
    tree = html.fromstring(page)
    assert next(tree.iter("h1")).text == title
    (script,) = tree.xpath("//script[@type='application/ld+json']")
    assert json.loads(script.text)["name"] == title


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        ("", "text/html"),
        ("*/*", "text/html"),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "text/html"),
        ("text/turtle", "text/turtle"),
        ("text/turtle;q=0.5, application/ld+json", "application/ld+json"),
        ("application/rdf+xml", "application/rdf+xml"),
        ("application/n-triples", "application/n-triples"),
        ("application/vnd.datacite.datacite+xml", "application/vnd.datacite.datacite+xml"),
        ("application/vnd.datacite.datacite+json", "application/vnd.datacite.datacite+json"),
    ],
)
@pytest.mark.parametrize("version", ["", "/v1"])
def test_the_accept_header_chooses(
    client: Client, publication: Publication, accept: str, media_type: str, version: str
) -> None:
    headers = {"Accept": accept} if accept else {}
    response = client.get(address(publication, version), headers=headers)
    assert response.status_code == 200
    assert response["Content-Type"].split(";")[0] == media_type
    assert "Accept" in response["Vary"]
    assert 'rel="cite-as"' in response["Link"]
    head = client.head(address(publication, version), headers=headers)
    assert (head.status_code, head["Content-Type"], head.content) == (200, response["Content-Type"], b"")


def test_what_cannot_be_had_is_told_in_words(client: Client, publication: Publication) -> None:
    response = client.get(address(publication), headers={"Accept": "image/png"})
    assert response.status_code == 406
    assert response["Vary"].split(",")[0] == "Accept"
    assert "text/turtle" in response.text


def test_every_rendition_has_its_extension(client: Client, publication: Publication) -> None:
    records = record.of_version(publication)
    for rendition in RENDITIONS:
        for version in ("", "/v1"):
            response = client.get(address(publication, f"{version}.{rendition.extension}"))
            assert response["Content-Type"] == rendition.media_type
            assert response.content == rendition.render(records)
            assert response["Content-Location"] == address(publication, f"/v1.{rendition.extension}")
    unknown = client.get(address(publication, ".pdf"))
    assert unknown.status_code == 404
    assert ".ttl" in unknown.text


def test_versions_keep_their_addresses(client: Client, publication: Publication) -> None:
    next_version(publication, title="Cell Painting of peripheral nerve Schwann cells")
    newest = client.get(address(publication)).text
    assert "peripheral nerve" in newest
    assert "Changed: title." in newest
    assert "there is a newer one" not in newest
    old = client.get(address(publication, "/v1")).text
    assert "with and without neurofibromin" in old
    assert "there is a newer one" in old
    assert client.get(address(publication, "/v3")).status_code == 404


def test_a_withdrawn_study_leaves_its_name_and_the_reason(client: Client, publication: Publication) -> None:
    Publication.objects.filter(pk=publication.pk).update(
        withdrawn_at=timezone.now(), withdrawal_reason="Consent was revoked."
    )
    for path in (address(publication), address(publication, "/v1")):
        page = client.get(path)
        assert page.status_code == 410
        assert "Consent was revoked." in page.text
        assert publication.doi in page.text or "/v1" in page.text
        assert "Download" not in page.text
        problem = client.get(path, headers={"Accept": "application/json"})
        assert problem.status_code == 410
        assert problem["Content-Type"] == "application/problem+json"
    assert client.get(address(publication, ".ttl")).status_code == 410
    assert client.get(address(publication, "/files")).status_code == 410
    image = publication.study.images.first()
    assert image
    for path in (f"/images/{image.pk}", f"/api/v1/images/{image.pk}"):
        gone = client.get(path)
        assert gone.status_code == 410
        assert "Consent was revoked." in gone.text
    client.force_login(publication.study.owner)
    assert client.get(f"/images/{image.pk}").status_code == 200  # the working copy's


def test_a_draft_has_no_public_page_and_its_edits_do_not_leak(client: Client, publication: Publication) -> None:
    waiting = factory.submitted()
    assert client.get(f"/studies/{waiting.accession}").status_code == 404
    owner = Actor(publication.study.owner)
    study = services.start_new_version(actor=owner, study_id=publication.study_id)
    document = documents.read(study)
    document["study"]["title"] = "Secret words that nobody should read yet"
    documents.write(owner, study, document)
    for rest in ("", "/v1", "/images", "/files", *(f".{it.extension}" for it in RENDITIONS)):
        assert b"Secret words" not in client.get(address(publication, rest)).content


def test_queries_do_not_grow_with_images_components_or_versions(
    client: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    large = published(images=70)
    for number in range(3):
        next_version(large, title=f"Cell Painting of Schwann cells, writing number {number}")
    for rest in ("", "/v1", "/images", "/files"):
        with django_assert_max_num_queries(6):
            assert client.get(address(large, rest)).status_code == 200


def test_images_and_files_are_paged_by_plain_links(client: Client) -> None:
    publication = published(images=70)
    for part, pattern in (("images", r"/images/([0-9a-f-]{36})"), ("files", r"/data/files/([0-9a-f-]{36})")):
        seen: list[str] = []
        path: str | None = address(publication, f"/{part}")
        while path:
            tree = html.fromstring(client.get(path).text)
            seen += [m[1] for a in tree.xpath("//main//a/@href") if (m := re.match(pattern, a))]
            following = tree.xpath("//a[@rel='next']/@href")
            path = address(publication, f"/{part}{following[0]}") if following else None
        assert len(seen) == len(set(seen)) == 70
        assert seen == sorted(seen)


def test_images_of_one_component(client: Client, publication: Publication) -> None:
    component = record.of_version(publication).components[0]
    page = client.get(address(publication, f"/v1/images?component={component.id}"))
    assert component.title in page.text
    assert str(Image.objects.get().pk) in page.text
    wrong = client.get(address(publication, "/images?component=plate"))
    assert wrong.status_code == 400
    assert "plate" in wrong.text


def test_ticked_files_come_as_one_zip(client: Client, publication: Publication) -> None:
    page = html.fromstring(client.get(address(publication, "/v1/files")).text)
    (box, *_) = page.xpath("//form[contains(@action, 'files.zip')]//input[@name='f']")
    wanted = address(publication, f"/v1/files.zip?f={box.get('value')}")
    assert int(client.head(wanted)["Content-Length"]) > 1024
    for query, status in (("", 400), ("?f=x", 400), ("?f=01890000-0000-7000-8000-000000000000", 404)):
        assert client.get(address(publication, f"/v1/files.zip{query}")).status_code == status


def test_lists_for_programs(client: Client, publication: Publication) -> None:
    lines = b"".join(client.get(address(publication, "/v1/files.aria2"))).decode().splitlines()
    assert re.fullmatch(r"http://127.0.0.1:8000/data/files/[0-9a-f-]{36}", lines[0])
    assert lines[1].startswith(f"  out={publication.accession}-v1/image-")
    assert lines[2] == f"  checksum=sha-256={'0' * 64}"
    rows = list(csv.reader(io.StringIO(b"".join(client.get(address(publication, "/v1/files.csv"))).decode())))
    assert [lines[0], lines[1].removeprefix("  out=")] == rows[0]
    linkset = client.get(address(publication, "/v1/linkset.json"))
    assert linkset["Content-Type"] == "application/linkset+json"
    assert linkset.json()["linkset"][0]["anchor"].endswith(address(publication, "/v1"))
    package = client.head(address(publication, "/package.zip"))
    assert package["Content-Disposition"] == f'attachment; filename="{publication.accession}-v1.zip"'
    assert int(package["Content-Length"]) > 1024
