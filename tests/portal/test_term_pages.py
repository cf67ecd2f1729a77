"""Terms and ontologies as pages for people and as linked data for programs."""

from urllib.parse import quote

import pyoxigraph as ox
import pytest
import rdflib
from django.test import Client
from lxml import html

from catalogue.access import Actor
from ontology.loading import load_starter
from ontology.mapping import decisions
from ontology.models import Ontology, Parent, Synonym, Term
from publishing import term_uses
from publishing.models import Publication
from publishing.services import retract
from tests import factory
from tests.portal.publishing import published

pytestmark = [pytest.mark.django_db, pytest.mark.both]

HUMAN, MAMMALS, ROOT = "NCBITaxon:9606", "NCBITaxon:40674", "NCBITaxon:1"
METHOD = "FBbi:00000222"
IRI = "http://purl.obolibrary.org/obo/NCBITaxon_9606"
SKOS = "http://www.w3.org/2004/02/skos/core#"
READERS = {
    "ttl": ("turtle", ox.RdfFormat.TURTLE),
    "jsonld": ("json-ld", ox.RdfFormat.JSON_LD),
    "rdf": ("xml", ox.RdfFormat.RDF_XML),
    "nt": ("nt", ox.RdfFormat.N_TRIPLES),
}


@pytest.fixture(autouse=True)
def starter(db: None) -> None:
    load_starter()


def counted() -> None:
    term_uses.renew_all()
    term_uses.count()


@pytest.fixture
def study() -> Publication:
    made = published(images=3)
    counted()
    return made


def texts(page: str, path: str) -> list[str]:
    return [" ".join(str(it.text_content()).split()) for it in html.fromstring(page).xpath(path)]


def labels(page: str) -> list[str]:
    return texts(page, "//a[contains(@class, 'tree-term')]")


def test_a_term_says_what_uses_it_or_what_is_below_it(client: Client, study: Publication) -> None:
    for curie in (HUMAN, MAMMALS, ROOT):
        page = client.get(f"/terms/{curie}").text
        (uses,) = texts(page, "//p[@class='term-uses']")
        assert uses == "1 study and 3 images with it, or with what is below it"
        assert texts(page, "//ul[contains(@class, 'term-fields')]/li") == ["Organism 1"]
        hrefs = html.fromstring(page).xpath("//p[@class='term-uses']/a/@href")
        assert hrefs == [f"/search?organism={quote(curie)}&type={kind}" for kind in ("study", "image")]
        assert study.accession in page
    assert "No published study uses it" in client.get("/terms/NCBITaxon:10090").text
    cell = client.get("/terms/CL:0002573").text
    assert "/search?cell=CL%3A0002573&amp;type=image" in cell
    method = client.get("/terms/FBbi:00000246").text
    assert "/search?method=FBbi%3A00000246" in method


def test_what_curators_took_for_a_term_once_a_published_study_says_it(client: Client, study: Publication) -> None:
    term = Term.objects.get(curie=HUMAN, ontology__is_current=True)
    curator = factory.curator("Carla Curator")
    decisions.remember([decisions.Choice(text, "organism", term) for text in ("Homo Sapiens", "H. sap.")], by=curator)
    assert "Homo Sapiens" not in client.get(f"/terms/{HUMAN}").text
    term_uses.renew([study.study_id])
    page = client.get(f"/terms/{HUMAN}").text
    (said,) = texts(page, "//section[@aria-labelledby='decisions']//li")
    assert said.startswith("“Homo Sapiens” (organism; 20")
    assert "H. sap." not in page, "the text of a draft"
    assert "Carla" not in page


def test_a_withdrawn_study_uses_nothing(client: Client, study: Publication) -> None:
    retract(actor=Actor(factory.curator()), accession=study.accession, reason="wrong")
    term_uses.renew([study.study_id])
    term_uses.count()
    assert "No published study uses it" in client.get(f"/terms/{HUMAN}").text


def test_the_tree_around_a_term(client: Client, study: Publication) -> None:
    shown = labels(client.get(f"/terms/{MAMMALS}").text)
    assert shown[0] == "root"
    place = shown.index("Mammalia")
    assert "Chordata" in shown[:place]
    assert len(shown) > place + 1
    assert labels(client.get(f"/ontologies/NCBITaxon?at={MAMMALS}").text) == shown


@pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated")  # rdflib's own reader of JSON-LD makes one
@pytest.mark.parametrize("extension", sorted(READERS))
def test_a_term_is_linked_data(client: Client, extension: str) -> None:
    answer = client.get(f"/terms/{HUMAN}.{extension}")
    rdflib_name, ox_format = READERS[extension]
    said = {str(triple) for triple in ox.parse(answer.content, ox_format)}
    graph = rdflib.Graph().parse(data=answer.content, format=rdflib_name)
    assert len(graph) == len(said) > 10
    subject = rdflib.URIRef(IRI)
    assert graph.value(subject, rdflib.SKOS.prefLabel) == rdflib.Literal("Homo sapiens")
    assert rdflib.Literal("human") in set(graph.objects(subject, rdflib.SKOS.altLabel))
    assert (subject, rdflib.RDF.type, rdflib.OWL.Class) in graph
    assert list(graph.objects(subject, rdflib.RDFS.subClassOf)) == list(graph.objects(subject, rdflib.SKOS.broader))
    again = client.get(f"/terms/{HUMAN}", headers={"Accept": answer["Content-Type"]})
    assert again.content == answer.content
    assert again["Content-Location"] == f"/terms/{HUMAN}.{extension}"
    assert "Accept" in again["Vary"]
    assert f'<{IRI}>; rel="describes"' in again["Link"]


def test_what_is_not_had_is_refused_in_words(client: Client) -> None:
    answer = client.get(f"/terms/{HUMAN}", headers={"Accept": "image/png"})
    assert answer.status_code == 406
    assert "text/turtle" in answer.text
    for address in ("/terms/NCBITaxon:0", "/terms/?iri=http://example.org/x", "/ontologies/XYZ", "/terms/x.ttl"):
        assert client.get(address).status_code == 404
    assert client.get(f"/terms/{HUMAN}.pdf").status_code == 404


def test_a_term_is_found_by_its_iri_and_other_spellings(client: Client) -> None:
    answer = client.get("/terms/", {"iri": IRI})
    assert (answer.status_code, answer["Location"]) == (303, f"/terms/{HUMAN}")
    for spelling in ("NCBITaxon_9606", "ncbitaxon:9606"):
        assert client.get(f"/terms/{spelling}")["Location"] == f"/terms/{HUMAN}"
    assert client.get("/terms/")["Location"] == "/ontologies"


def test_an_obsolete_term_says_what_took_its_place(client: Client) -> None:
    Term.objects.filter(curie=HUMAN).update(obsolete=True, replaced_by=MAMMALS, consider="NCBITaxon:10090 X:1")
    page = client.get(f"/terms/{HUMAN}").text
    (alert,) = texts(page, "//div[contains(@class, 'alert-warning')]")
    assert "obsolete" in alert
    assert "It was replaced by Mammalia NCBITaxon:40674" in alert
    assert "Mus musculus NCBITaxon:10090, X:1" in alert
    graph = rdflib.Graph().parse(data=client.get(f"/terms/{HUMAN}.ttl").content, format="turtle")
    assert (rdflib.URIRef(IRI), rdflib.OWL.deprecated, rdflib.Literal(True)) in graph
    replaced = rdflib.URIRef("http://purl.obolibrary.org/obo/IAO_0100001")
    assert str(graph.value(rdflib.URIRef(IRI), replaced)).endswith("NCBITaxon_40674")


def test_a_term_that_is_gone_is_shown_as_it_was(client: Client) -> None:
    old = Ontology.objects.create(prefix="OLD", name="Old", version="1", source="test", is_current=False)
    Term.objects.create(ontology=old, curie="OLD:1", iri="http://example.org/OLD_1", label="gone", label_folded="gone")
    page = client.get("/terms/OLD:1").text
    assert "no longer has this term" in page


def test_an_ontology_as_a_tree(client: Client, study: Publication) -> None:
    assert labels(client.get("/ontologies/FBbi?used=1").text)[-1] == "fluorescence microscopy"
    whole = labels(client.get(f"/ontologies/FBbi?used=0&at={METHOD}").text)
    used = client.get(f"/ontologies/FBbi?used=1&at={METHOD}").text
    assert set(labels(used)) < set(whole)
    assert "1 study, 3 images" in texts(used, "//span[@class='tree-count']")
    assert client.get("/ontologies/fbbi")["Location"] == "/ontologies/FBbi"
    level = client.get("/ontologies/NCBITaxon/level", {"of": MAMMALS, "used": "1"}).text
    assert len(labels(f"<ul>{level}</ul>")) == 1
    found = texts(client.get("/ontologies/NCBITaxon", {"q": "Human"}).text, "//section//li")
    assert found[0].startswith("Homo sapiens NCBITaxon:9606 also called human")
    assert "There are none." in client.get("/ontologies/NCBITaxon", {"q": "<b>nothing"}).text
    assert "There are none." in client.get("/ontologies/FBbi", {"q": "Homo sapiens"}).text
    offered = client.get("/ontologies/NCBITaxon/names", {"q": "hum"}).json()["items"]
    assert offered[0] == {"curie": HUMAN, "label": "Homo sapiens", "name": "human"}
    assert client.get("/ontologies/NCBITaxon/names").json() == {"items": []}


def test_a_long_level_is_paged(client: Client) -> None:
    ontology = Ontology.objects.create(prefix="BIG", name="Big", version="1", source="test", term_count=251)
    terms = [
        Term(
            ontology=ontology,
            curie=f"BIG:{n}",
            iri=f"http://example.org/{n}",
            label=f"t{n:03}",
            label_folded=f"t{n:03}",
        )
        for n in range(251)
    ]
    root, *rest = Term.objects.bulk_create(terms)
    Parent.objects.bulk_create(Parent(term=term, parent=root) for term in rest)
    address, seen = "/ontologies/BIG?at=BIG:0", []
    while address:
        page = client.get(address).text
        seen += labels(page)[1:]
        address = next(iter(html.fromstring(page).xpath("//a[@data-after]/@href")), "")
    assert seen == [term.label for term in rest]


def test_the_list_of_ontologies(client: Client, study: Publication) -> None:
    rows = texts(client.get("/ontologies").text, "//tbody/tr")
    assert len(rows) == Ontology.objects.filter(is_current=True).count()
    (taxa,) = [row for row in rows if "NCBITaxon" in row]
    assert "organism" in taxa
    assert '/ontologies"' in client.get("/").text


def test_terms_by_api(client: Client, study: Publication) -> None:
    mammals = client.get(f"/api/v1/terms/{MAMMALS}").json()
    assert (mammals["label"], mammals["path"][0]) == ("Mammalia", "root")
    assert mammals["parents"][0]["relation"] == "rdfs:subClassOf"
    assert mammals["uses"] == {
        "studies": 1,
        "images": 3,
        "fields_of_studies": [{"field": "Organism", "studies": 1}],
        "newest": [study.accession],
    }
    pages = [client.get(f"/api/v1/terms/{MAMMALS}/children?limit=2").json()]
    while pages[-1]["next"]:
        pages.append(client.get(pages[-1]["next"]).json())
    children = [item["label"] for page in pages for item in page["items"]]
    assert children == sorted(children, key=str.casefold)
    assert len(children) == Parent.objects.filter(parent__curie=MAMMALS).count()
    (used,) = client.get(f"/api/v1/terms/{MAMMALS}/children?used=1").json()["items"]
    assert (used["studies"], used["images"], used["has_children"]) == (1, 3, True)
    assert [item["curie"] for item in client.get("/api/v1/ontologies/NCBITaxon/roots").json()["items"]] == [ROOT]
    (taxa,) = [one for one in client.get("/api/v1/ontologies").json()["items"] if one["prefix"] == "NCBITaxon"]
    assert (taxa["terms_used"], taxa["studies"], taxa["licence"]) == (1, 1, "CC0-1.0")
    assert client.get(f"/api/v1/terms/{MAMMALS}/children?used=x").status_code == 400
    assert client.get("/api/v1/terms/nonsense").status_code == 404


def test_queries_do_not_grow(client: Client, django_assert_max_num_queries: object) -> None:
    for _ in range(3):
        published()
    counted()
    Synonym.objects.bulk_create(
        Synonym(term=Term.objects.get(curie=MAMMALS), text=f"name {n}", text_folded=f"name {n}") for n in range(300)
    )
    client.get(f"/terms/{MAMMALS}")
    for address, most in ((f"/terms/{MAMMALS}", 20), (f"/ontologies/NCBITaxon?at={MAMMALS}", 14), ("/ontologies", 4)):
        with django_assert_max_num_queries(most):  # type: ignore[operator]
            assert client.get(address).status_code == 200
