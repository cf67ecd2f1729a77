"""What the site claims of its publications' FAIRness, held against what it really renders."""

import html
import json
import re
from typing import Any

import pytest
from django.test import Client
from rdflib import PROV, Graph, URIRef

from base.errors import Gone
from catalogue import documents, services
from catalogue.access import Actor
from publishing import fair, queries, record
from publishing.models import Publication
from tests import factory
from tests.portal.publishing import publish, published, terms

pytestmark = pytest.mark.django_db
DCTERMS = "http://purl.org/dc/terms/"


class Rendered:
    """A version as a harvester sees it."""

    def __init__(self, client: Client, publication: Publication) -> None:
        self.publication = publication
        self.address = f"/studies/{publication.accession}/v{publication.version}"
        self.page = client.get(self.address)
        text = self.page.content.decode()
        found = re.search(r'<script type="application/ld\+json">(.*?)</script>', text, re.DOTALL)
        assert found is not None
        self.json_ld: dict[str, Any] = json.loads(found[1])
        turtle = client.get(self.address, HTTP_ACCEPT="text/turtle")
        self.graph = Graph().parse(data=turtle.content, format="turtle")
        self.datacite = json.loads(client.get(f"{self.address}.datacite.json").content)
        self.links = self.page["Link"]
        index = client.get("/sitemap.xml").content.decode()
        part = html.unescape(re.findall("<loc>(.*?)</loc>", index)[-1])
        self.site_map = client.get(part[part.index("/sitemap") :]).content.decode()

    def has(self, predicate: str) -> bool:
        return any(self.graph.triples((None, URIRef(predicate), None)))

    @property
    def iris(self) -> set[str]:
        return {str(node) for triple in self.graph for node in triple if isinstance(node, URIRef)}


# By metric and check: whether the rendered publication bears it out. What no field or rendition shows is not here.
CLAIMS: dict[tuple[str, str], Any] = {
    ("FsF-F1-01D", "an identifier that is never given twice"): lambda it: it.json_ld["@id"].endswith(it.address),
    ("FsF-F1-02D", "an identifier that lasts and resolves"): lambda it: "doi.org" in str(it.json_ld.get("sameAs", "")),
    ("FsF-F2-01M", "metadata that programs find"): lambda it: 'rel="describedby"' in it.links,
    ("FsF-F2-01M", "who, what, when, by whom"): lambda it: all(
        it.json_ld.get(name) for name in ("creator", "name", "identifier", "publisher", "datePublished")
    ),
    ("FsF-F2-01M", "summary and keywords"): lambda it: it.json_ld.get("description") and it.json_ld.get("keywords"),
    ("FsF-F3-01M", "what the files are"): lambda it: it.json_ld["size"][0]["value"] > 0 and it.datacite["formats"],
    ("FsF-F3-01M", "where the files are"): lambda it: it.json_ld["distribution"]["contentUrl"].endswith("package.zip"),
    ("FsF-F4-01M", "metadata for search engines"): lambda it: it.publication.accession in it.site_map,
    ("FsF-F4-01M", "metadata in a registry"): lambda it: (
        not it.publication.study.doi.startswith("10.5072")
        and it.publication.doi_state == Publication.DoiState.REGISTERED
    ),
    ("FsF-A1-01M", "who may have the data"): lambda it: (
        it.has(f"{DCTERMS}accessRights")
        and "access_right" in it.json_ld["conditionsOfAccess"]
        and any(right["rights"] == "open access" for right in it.datacite["rightsList"])
    ),
    ("FsF-A1-02M", "metadata over the web"): lambda it: it.page.status_code == 200,
    ("FsF-A1-03D", "data over the web"): lambda it: it.json_ld["distribution"]["contentUrl"].startswith("http"),
    ("FsF-I1-01M", "structured metadata in the page"): lambda it: it.json_ld["@type"] == "Dataset",
    ("FsF-I1-01M", "metadata as a graph"): lambda it: len(it.graph) > 0,
    ("FsF-I2-01M", "terms of ontologies"): lambda it: any("/obo/NCBITaxon_" in iri for iri in it.iris),
    ("FsF-I3-01M", "links to what belongs to it"): lambda it: it.json_ld.get("citation") or it.json_ld.get("mentions"),
    ("FsF-R1-01MD", "what kind of thing it is"): lambda it: 'rel="type"' in it.links,
    ("FsF-R1-01MD", "what was measured"): lambda it: it.json_ld.get("variableMeasured"),
    ("FsF-R1-01MD", "type and size of each download"): lambda it: "contentSize" in it.json_ld["distribution"],
    ("FsF-R1.1-01M", "a licence"): lambda it: 'rel="license"' in it.links and it.json_ld.get("license"),
    ("FsF-R1.1-01M", "a licence that programs know"): lambda it: (
        it.datacite["rightsList"][0]["rightsIdentifier"] == "CC-BY-4.0"
        and it.json_ld["license"] == "https://creativecommons.org/licenses/by/4.0/"
    ),
    ("FsF-R1.2-01M", "who made it and when"): lambda it: it.has(f"{DCTERMS}creator") and it.has(f"{DCTERMS}issued"),
    ("FsF-R1.2-01M", "how it was made, in PROV"): lambda it: it.has(str(PROV.wasGeneratedBy)),
    ("FsF-R1.3-01M", "metadata as bioimaging wants it"): lambda it: any("/ns/rembi/v1#" in iri for iri in it.iris),
}
SHOWN_ELSEWHERE = {
    "metadata that outlives the data",  # test_what_a_withdrawn_version_leaves
    "measured as described",  # tests/catalogue/test_rules_across.py
    "formats that the field reads",  # tests/publishing/test_delivery_images.py
}


def reduced() -> Publication:
    """A study as poor as may be published: no term, no article, no channel, no keyword."""
    study = factory.study()
    document = documents.read(study)
    document |= {"publications": [], "channels": [], "links": []}
    document["study"]["keywords"] = []
    sample = document["biosamples"][0]
    sample |= {"organisms": ["some beast"], "variables": [], "biological_entity": "some part"}
    document["acquisitions"][0]["methods"] = ["some method"]
    documents.write(Actor(study.owner), study, document)
    services.submit(actor=Actor(study.owner), study_id=study.pk)
    return publish(study)


@pytest.mark.parametrize("kind", ["full", "reduced"])
def test_each_claim_is_borne_out_by_what_is_rendered(client: Client, kind: str) -> None:
    terms()
    publication = published() if kind == "full" else reduced()
    report = fair.of_version(record.of_version(publication))
    it = Rendered(client, publication)
    seen = set()
    for point in report.points:
        for check in point.checks:
            if check.name not in SHOWN_ELSEWHERE:
                seen.add((point.key, check.name))
                assert bool(CLAIMS[point.key, check.name](it)) == check.verdict.passed, (point.key, check.name)
    assert seen == set(CLAIMS)
    lost = {point.key for point in report.points if point.earned < point.total}
    of_site = {"FsF-F1-02D", "FsF-F4-01M", "FsF-R1-01MD"}
    assert lost == of_site | ({"FsF-F2-01M", "FsF-I2-01M", "FsF-I3-01M"} if kind == "reduced" else set())


def test_a_draft_is_judged_as_it_is_then_published() -> None:
    terms()
    study = factory.submitted()
    document = documents.read(study)
    before = fair.of_draft(document, services.facts_of(study, document))
    after = fair.of_version(record.of_version(publish(study)))
    assert before.points == after.points


def test_what_a_withdrawn_version_leaves(client: Client) -> None:
    publication = published()
    Publication.objects.filter(pk=publication.pk).update(
        withdrawn_at=publication.published_at, withdrawal_reason="A mistake."
    )
    with pytest.raises(Gone):
        queries.by_accession(publication.accession, None)
    page = client.get(f"/studies/{publication.accession}", HTTP_ACCEPT="text/html")
    assert page.status_code == 410
    assert "Cell Painting of Schwann cells" in page.content.decode()


def test_the_page_shows_each_point_with_what_it_rests_on(client: Client) -> None:
    publication = published()
    text = client.get(f"/studies/{publication.accession}").content.decode()
    report = fair.of_version(record.of_version(publication))
    assert f"{report.earned:g} of {report.total:g} points" in text
    assert all(point.key in text for point in report.points)
    assert "This site gives test DOIs, which resolve nowhere." in text


def test_the_api_tells_it_for_drafts_and_publications(client: Client) -> None:
    study = factory.study()
    assert client.get(f"/api/v1/studies/{study.pk}/fair").status_code in {401, 403, 404}
    client.force_login(study.owner)
    told = client.get(f"/api/v1/studies/{study.pk}/fair").json()
    assert (len(told["points"]), told["total"]) == (17, 25)
    todo = [todo["path"] for point in told["points"] for check in point["checks"] for todo in check["todo"]]
    assert any(path.startswith("biosample/") for path in todo)
    assert {one["module"]: one["filled"] for one in told["modules"]}["study"] == 4
    publication = published()
    client.logout()
    for address in (publication.accession, f"{publication.accession}/v1"):
        assert client.get(f"/api/v1/publications/{address}/fair").json()["total"] == 25


def test_the_check_step_tells_what_is_required_first_and_equal_lines_once(client: Client) -> None:
    study = factory.study(images=0)
    document = documents.read(study)
    document["contributors"] += [{"family_name": name} for name in ("One", "Two", "Three")]
    document["study"]["licence"] = ""
    documents.write(Actor(study.owner), study, document)
    client.force_login(study.owner)
    text = client.get(f"/deposit/{study.pk}/check").content.decode()
    body = text[text.index('class="deposit-form"') : text.index('id="panel"')]
    assert body.index("Needed before it can be sent") < body.index("would help")
    assert body[: body.index("How FAIR it would be")].count("Affiliations are missing") == 1
    assert "in 3 places" in body
    assert "How FAIR it would be" in body
    assert "points if it were published now" in text[text.index('id="panel"') :]
