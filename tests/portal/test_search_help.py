"""What helps while searching: mistakes with their place, suggestions, terms that are named, similar studies, the list
of fields, and words for a search that does not answer."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from lxml import html

from bench.corpus import documents, study_id
from catalogue import services
from catalogue.access import Actor
from catalogue.models import Channel
from ontology.models import Ontology, Synonym, Term
from portal.public.search.help import WAYS
from publishing import term_uses
from publishing.models import Publication
from publishing.search import FIELDS, SearchIndex, search_index
from publishing.search.documents.making import all_documents
from publishing.search.elastic_engine.client import Place
from publishing.search.elastic_engine.index import ElasticIndex
from publishing.search.language.reading import read
from tests import factory
from tests.portal.publishing import publish, published, terms
from tests.publishing.search_samples import BRAIN, CELLS, MAMMALS

pytestmark = pytest.mark.django_db
DOCS = Path(__file__).resolve().parents[2] / "docs" / "search.md"


@pytest.fixture
def corpus(index: SearchIndex) -> None:
    """Forty made-up studies with four hundred images in the index alone."""
    index.rebuild(documents(40, 400))


@pytest.fixture
def study(index: SearchIndex) -> Publication:
    terms()
    made = published(images=2)
    published(title="Dividing cells of another culture")
    term_uses.renew_all()
    term_uses.count()
    index.rebuild(all_documents())
    return made


def suggested(client: Client, **query: str) -> list[dict[str, Any]]:
    answer = client.get("/search/suggest", query)
    assert answer.status_code == 200
    return list(answer.json()["items"])


@pytest.mark.parametrize(
    ("q", "wrong", "said"),
    [
        ("cells pixel_size:<wide", "<wide", "is no number"),
        ('cells "unclosed', '"', "not closed"),
        ("cells AND", "AND", "missing after AND"),
        ("(cells", "(", "not closed"),
        ("orgnism:mouse", "orgnism", "organism"),
    ],
)
def test_a_mistake_is_underlined_and_the_words_are_searched(
    client: Client, study: Publication, q: str, wrong: str, said: str
) -> None:
    tree = html.fromstring(client.get("/search", {"q": q}).text)
    (problem,) = tree.xpath("//*[@id='problems']")
    assert [it.text_content() for it in problem.xpath(".//*[@class='wrong']")] == [wrong]
    assert problem.xpath("./p[@class='mono']")[0].text_content() == q
    assert said in problem.xpath(".//li")[0].text_content()
    if q.endswith("AND"):
        assert tree.xpath("//article")


def test_another_word_is_proposed(client: Client, study: Publication) -> None:
    tree = html.fromstring(client.get("/search?q=dividng&type=study").text)
    (link,) = tree.xpath("//*[@class='did-you-mean']/a")
    assert link.text_content() == "dividing"
    assert html.fromstring(client.get(link.get("href")).text).xpath("//article")


def test_terms_that_are_named_stand_above_the_hits(client: Client, study: Publication) -> None:
    tree = html.fromstring(client.get("/search?q=human+cells").text)
    (term,) = tree.xpath("//*[@class='fitting-terms']/li")
    assert " ".join(term.text_content().split()) == "Homo sapiens (human) NCBITaxon:9606 2 studies · 3 images"
    assert term.xpath("a/@href") == ["/terms/NCBITaxon:9606"]
    assert not html.fromstring(client.get("/search?q=cells").text).xpath("//*[@class='fitting-terms']")


def test_terms_can_be_searched_too(client: Client, study: Publication) -> None:
    tree = html.fromstring(client.get("/search?q=sapiens&type=term").text)
    assert tree.xpath("//article//h3/a/@href") == ["/terms/NCBITaxon:9606"]


def test_terms_of_a_facet_stand_below_those_above_them(client: Client, study: Publication) -> None:
    tree = html.fromstring(client.get("/search?organism=NCBITaxon:40674").text)
    (mammals,) = tree.xpath("//ul[contains(@class, 'with-tree')]/li[a[@aria-current]]")
    assert "Mammalia" in mammals.xpath("a")[0].text_content()
    (human,) = mammals.xpath("./details[@open]/ul/li/a")
    assert "Homo sapiens" in human.text_content()


@pytest.mark.parametrize(("q", "start"), [("cells hum", 6), ("organism:hum", 0), ("organism:", 0)])
def test_a_term_is_proposed_by_another_name_and_a_field_by_its_values(
    client: Client, study: Publication, q: str, start: int
) -> None:
    found = [it for it in suggested(client, q=q) if it["insert"] == 'organism:"Homo sapiens" ']
    (human,) = found
    assert (human["label"], human["start"]) == ("Homo sapiens" if q.endswith(":") else "Homo sapiens (human)", start)
    assert human["count"] > 0


def test_a_marker_is_proposed_by_names_that_no_channel_has_and_by_its_metal(client: Client, study: Publication) -> None:
    genes = Ontology.objects.create(prefix="HGNC", name="HGNC", version="2026-01", source="test")
    gene = Term.objects.create(ontology=genes, curie="HGNC:9666", iri="x", label="PTPRC", label_folded="ptprc")
    for name in ("CD45", "B220"):
        Synonym.objects.create(term=gene, text=name, text_folded=name.lower())
    stained = factory.study()
    Channel.objects.filter(image__study=stained).update(name="173Yb_CD45")
    publish(services.submit(actor=Actor(stained.owner), study_id=stained.pk).study)
    search_index().rebuild(all_documents())
    term_uses.renew_all()
    term_uses.count()
    for typed, label in (("cd45", "CD45"), ("B22", "B220"), ("Yb173", "Yb173")):
        (marker,) = (it for it in suggested(client, q=f"cells {typed}") if it["insert"] == "marker:PTPRC ")
        assert (marker["label"], marker["start"]) == (f"PTPRC ({label})", len("cells ")), typed
    assert any(it["label"] == "PTPRC" for it in suggested(client, q="ptp"))
    (term,) = html.fromstring(client.get("/search?q=CD45").text).xpath("//*[@class='fitting-terms']/li")
    assert "1 study" in term.text_content()


def test_suggestions_complete_what_is_typed(client: Client, corpus: None) -> None:
    (field,) = (it for it in suggested(client, q="cells pixel_s") if it["insert"] == "pixel_size:")
    assert field["start"] == len("cells ")
    (key,) = (it for it in suggested(client, q="cells gene sym") if it["label"] == "Gene Symbol")
    assert (key["insert"], key["start"]) == ('"Gene Symbol"=', len("cells "))
    value = suggested(client, q='cells "Gene Symbol"=A')[0]
    assert value["insert"].startswith('"Gene Symbol"=A')
    assert read("cells " + value["insert"]).problems == ()
    organism = suggested(client, q="organism:mus")[0]
    assert (organism["insert"], organism["kind"]) == ('organism:"Mus musculus" ', "Organism")
    assert suggested(client, q="") == suggested(client, q="cells ") == []


def test_suggestions_for_rows_are_names_and_values(client: Client, corpus: None) -> None:
    assert "Gene Symbol" in {it["label"] for it in suggested(client, name="gene")}
    assert suggested(client, name="pixel")[0]["label"] == "Pixel size"
    values = suggested(client, name="Gene Symbol", value="")
    assert len(values) == 8
    assert [int(it["count"]) for it in values] == sorted((int(it["count"]) for it in values), reverse=True)


@pytest.mark.parametrize("q", ['"', "(((", "x" * 10_000, "a:b:c", "\\", "%00", "“Gene", "é" * 300, '"" =', "=" * 50])
def test_nothing_typed_breaks_suggestions(client: Client, corpus: None, q: str) -> None:
    for query in ({"q": q}, {"name": q}, {"name": q, "value": q}):
        assert isinstance(suggested(client, **query), list)


def test_similar_studies_are_a_page_and_a_part_of_one(client: Client, study: Publication) -> None:
    page = client.get(f"/studies/{study.accession}").text
    (address,) = html.fromstring(page).xpath("//*[@hx-get]/@hx-get")
    assert address == f"/studies/{study.accession}/similar"
    part = client.get(address, headers={"HX-Request": "true"})
    assert "<html" not in part.text
    assert "Dividing cells of another culture" in part.text
    whole = html.fromstring(client.get(address).text)
    assert whole.xpath("//h1/a/@href") == [f"/studies/{study.accession}"]
    image = html.fromstring(client.get("/search?type=image").text).xpath("//article//h3/a/@href")[0]
    assert client.get(f"{image}/similar").status_code == 200
    assert client.get("/studies/VIT-999/similar").status_code == 404


def test_every_field_is_explained_and_its_example_can_be_read(client: Client) -> None:
    tree = html.fromstring(client.get("/search/help").text)
    examples = [it.text_content() for it in tree.xpath("//main//a[contains(@href, '/search?q=')]")]
    assert [read(it).problems for it in examples] == [()] * len(examples)
    assert {it.split(":")[0] for it in examples} >= set(FIELDS)
    documented = DOCS.read_text()
    assert {
        name for name, field in FIELDS.items() for name in (name, *field.aliases) if f"`{name}`" not in documented
    } == set()
    assert all(read(text).problems == () for text, _ in WAYS)


NOWHERE = "http://127.0.0.1:9"


@pytest.fixture
def away() -> Iterator[None]:
    """The search is by a server that is not there."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("publishing.search._embedded", lambda folder: ElasticIndex(Place(NOWHERE, prefix="test")))
        yield


def test_a_search_that_does_not_answer_is_told_in_words(client: Client, study: Publication, away: None) -> None:
    answer = client.get("/search?q=cells&organism=NCBITaxon:9606")
    assert answer.status_code == 503
    assert int(answer["Retry-After"]) > 0
    assert "The search does not answer at the moment." in answer.text
    tree = html.fromstring(answer.text)
    assert tree.xpath("//input[@id='q']/@value") == ["cells"]
    for address in ("/", "/search/help", "/search/attributes", f"/studies/{study.accession}"):
        assert client.get(address).status_code == 200, address
    assert study.record.body["title"] in client.get("/").text
    for address in ("/search.csv", "/search.jsonld", "/search.ro-crate.json", "/search/suggest?q=mus"):
        assert client.get(address).status_code == 503, address
    part = client.get(f"/studies/{study.accession}/similar", headers={"HX-Request": "true"})
    assert (part.status_code, part.content) == (204, b"")


@pytest.mark.parametrize(
    "query",
    [
        {"q": "x" * 10_000},
        {"q": "(" * 400 + "a" + ")" * 400},
        {"q": "(a+)+$" * 100},
        {"q": "NOT " * 60 + "a"},
        {"q": 'marker:"'},
        {"q": "cells", "page": "417"},
        {"q": "cells", "page": "999999"},
        {"after": "nonsense", "before": "\x00\xff", "sort": "newest"},
        {"sort": "oldest", "after": "9" * 300},
        {"organism": "nothing of the kind", "year": "x", "type": "term,nonsense"},
        {"q": "published:>99999999999999", "size": "0"},
        {"q": "bytes:>1e999"},
        {"q": "\u0000\ud83d"},
    ],
)
@pytest.mark.parametrize("address", ["/search", "/search.csv", "/search/attributes"])
def test_whatever_is_asked_is_answered_in_words(
    client: Client, corpus: None, address: str, query: dict[str, str]
) -> None:
    safe = {name: value.encode("utf-8", "surrogatepass") for name, value in query.items()}
    answer = client.get(address, safe)
    if address == "/search.csv" and answer.status_code == 400:  # no file of what cannot be read
        assert "cannot be read" in answer.text
        return
    assert answer.status_code == 200
    if address != "/search.csv":
        tree = html.fromstring(answer.text)
        assert tree.xpath("//h1")[0].text_content()


def test_made_up_studies_are_found_by_their_attributes(client: Client, corpus: None) -> None:
    value = suggested(client, name="Gene Symbol", value="")[0]
    found = client.get(
        "/search/attributes", {"name-0": "Gene Symbol", "value-0": value["label"], "find": "1"}, follow=True
    )
    tree = html.fromstring(found.text)
    assert tree.xpath("//*[@id='hits-title']")[0].text_content().split()[0] == str(value["count"])
    assert set(tree.xpath("//article/@data-hit")) == {"image"}
    assert search_index().similar(study_id(0))


def test_a_term_stands_below_one_that_was_met_before_it(client: Client, index: SearchIndex) -> None:
    """What stands above terms is kept between searches."""
    terms()
    some_mammal = replace(BRAIN, facets={"organism": (MAMMALS,)}, ancestors={})
    index.rebuild([some_mammal])
    assert "Mammalia" in client.get("/search").text
    index.rebuild([some_mammal, CELLS])
    tree = html.fromstring(client.get("/search").text)
    (human,) = tree.xpath("//ul[contains(@class, 'with-tree')]/li[a/span='Mammalia']/details/ul/li/a")
    assert "Homo sapiens" in human.text_content()
