"""Home, search and term pages over the embedded index."""

import pytest
from django.test import Client
from lxml import html
from pyoxigraph import Literal, NamedNode, RdfFormat, parse
from pytest_django import DjangoAssertNumQueries

from catalogue.access import Actor
from publishing import term_uses
from publishing.models import Publication
from publishing.search import SearchIndex, search_index
from publishing.search.documents.making import all_documents
from publishing.services import retract
from tests import factory
from tests.portal.publishing import next_version, published, terms

pytestmark = pytest.mark.django_db
HUMAN = "NCBITaxon:9606"


def reindex() -> None:
    search_index().rebuild(all_documents())
    term_uses.renew_all()
    term_uses.count()


@pytest.fixture
def studies(index: SearchIndex) -> list[Publication]:
    """Two published studies in the index."""
    terms()
    made = [
        published(images=2),
        published(title="Mitotic spindles & <i>chromosomes</i> in dividing cells", licence="CC0-1.0"),
    ]
    reindex()
    return made


def links_of(page: str, path: str) -> dict[str, str]:
    """Text of each link at an XPath, and where it leads."""
    found = html.fromstring(page).xpath(path)
    return {" ".join(it.text_content().split()): it.get("href") for it in found}


def hits(page: str) -> list[str]:
    return list(links_of(page, "//article//h3/a"))


def test_home_leads_to_what_is_there(client: Client, studies: list[Publication]) -> None:
    page = client.get("/").text
    pictures = html.fromstring(page).xpath("//a[@class='picture']/@href")
    assert pictures == [f"/studies/{it.accession}" for it in reversed(studies)]
    bars = links_of(page, "//ul[@class='bars']//a")
    assert set(bars) == {"Homo sapiens 2", "fluorescence microscopy 2"}
    for address in bars.values():
        assert len(hits(client.get(address).text)) == 2


def test_home_offers_a_deposit_to_the_signed_in(client: Client, studies: list[Publication]) -> None:
    assert "Deposit a study" not in client.get("/").text
    client.force_login(studies[0].study.owner)
    assert "My studies" in client.get("/").text


def test_words_find_and_are_marked(client: Client, studies: list[Publication]) -> None:
    page = client.get("/search", {"q": "spindle"}).text
    tree = html.fromstring(page)
    assert [it.text_content() for it in tree.xpath("//article//h3//mark")][:1] == ["spindles"]
    assert "&lt;i&gt;chromosomes&lt;/i&gt;" in page
    assert "“spindle”" in next(tree.iter("h1")).text_content()
    (box,) = tree.xpath("//input[@id='q']")
    assert box.get("value") == "spindle"


def test_facets_narrow_by_links_and_chips_undo_it(client: Client, studies: list[Publication]) -> None:
    page = client.get("/search?type=study").text
    facets = links_of(page, "//ul[@class='facet-values']//a")
    assert {"Homo sapiens 2", "CC0 1.0 1", "CC BY 4.0 1", "OME-TIFF 2"} <= set(facets)
    narrowed = client.get(facets["CC0 1.0 1"]).text
    assert len(hits(narrowed)) == 1
    chips = links_of(narrowed, "//a[@class='chip']")
    assert list(chips) == ["Remove filter: CC0 1.0"]
    # Alternatives of the same facet keep their counts, so that one can be added.
    assert "CC BY 4.0 1" in links_of(narrowed, "//ul[@class='facet-values']//a")
    assert len(hits(client.get(chips["Remove filter: CC0 1.0"]).text)) == 2


def test_facets_keep_the_words_whatever_they_are(client: Client, studies: list[Publication]) -> None:
    links = links_of(client.get("/search?q=NOT+any-value").text, "//ul[contains(@class, 'facet-values')]//a")
    assert links
    assert all("q=NOT+any-value" in address for address in links.values())


def test_a_group_of_organisms_is_a_filter_with_its_name(client: Client, studies: list[Publication]) -> None:
    page = client.get("/search?organism=NCBITaxon:40674&type=study").text
    assert len(hits(page)) == 2
    assert "Remove filter: Mammalia" in links_of(page, "//a[@class='chip']")


def test_a_study_whose_newest_version_is_withdrawn_is_linked_in_the_one_before(
    client: Client, studies: list[Publication]
) -> None:
    newer = next_version(studies[0], title="Words that the version before has not")
    retract(actor=Actor(factory.curator()), accession=newer.accession, version=2, reason="a mistake")
    reindex()
    assert (
        f"/studies/{newer.accession}/v1" in links_of(client.get("/search?type=study").text, "//article//h3/a").values()
    )


@pytest.mark.parametrize("view", ["list", "gallery", "table"])
def test_each_view_shows_every_hit(client: Client, studies: list[Publication], view: str) -> None:
    tree = html.fromstring(client.get("/search", {"view": view}).text)
    main = {href for href in tree.xpath("//section//a/@href") if href.startswith(("/images/", "/studies/"))}
    assert len([it for it in main if it.startswith("/images/")]) == 3
    if view != "table":
        assert len(tree.xpath("//section//img[contains(@src, 'thumbnail.jpg')]")) == 5


def test_the_form_keeps_filters_and_view(client: Client, studies: list[Publication]) -> None:
    tree = html.fromstring(client.get("/search?organism=NCBITaxon:9606&view=table&page=2").text)
    kept = {it.get("name"): it.get("value") for it in tree.xpath("//main//form//input[@type='hidden']")}
    assert kept == {"organism": HUMAN, "view": "table"}


@pytest.mark.parametrize("start", ["/search?size=2", "/search?size=2&sort=oldest", "/search?q=cells&size=2"])
def test_pages_are_links(client: Client, studies: list[Publication], start: str) -> None:
    seen: list[str] = []
    address: str | None = start
    while address:
        page = client.get(address).text
        seen += hits(page)
        address = next(iter(html.fromstring(page).xpath("//a[@rel='next']/@href")), None)
    assert len(seen) == 5


def test_by_relevance_pages_have_numbers(client: Client, studies: list[Publication]) -> None:
    page = client.get("/search?q=cells&size=2").text
    numbers = links_of(page, "//ol[@class='page-numbers']//a")
    assert list(numbers) == ["Page 1", "Page 2", "Page 3"]
    assert numbers["Page 3"] == "/search?q=cells&page=3&size=2"
    assert links_of(client.get(numbers["Page 3"]).text, "//a[@aria-current='page']").keys() >= {"Page 3"}
    beyond = client.get("/search?q=cells&size=2&page=999")
    assert beyond.status_code == 200
    assert "There is no such page of hits." in beyond.text
    assert links_of(beyond.text, "//*[@class='empty-state']//a")["Go to the last one, page 3"] == numbers["Page 3"]


def test_nothing_found_helps_on(client: Client, studies: list[Publication]) -> None:
    page = client.get("/search?q=xylophone&licence=CC0-1.0").text
    ways = links_of(page, "//*[@class='empty-state']//a")
    assert len(hits(client.get(ways["Show everything that is published"]).text)) == 5
    assert ways["Keep the filters and drop the words"] == "/search?licence=CC0-1.0"
    assert ways["Search the same words without filters"] == "/search?q=xylophone"


@pytest.mark.parametrize(
    "query",
    [
        'q="unclosed',
        "q=(((:::*~^",
        "q=%00%FF&page=-3",
        "page=999999999999999&view=nonsense&sort=nonsense",
        "organism=&organism=<script>alert(1)</script>&channels=abc&year=x",
        "q=" + "a" * 3000,
    ],
)
def test_any_address_is_a_search(client: Client, studies: list[Publication], query: str) -> None:
    response = client.get(f"/search?{query}")
    assert response.status_code == 200
    assert "<script>alert" not in response.text


def test_an_empty_catalogue_says_how_studies_get_here(client: Client) -> None:
    assert "Nothing is published here yet." in client.get("/").text
    assert "Nothing is published here yet." in client.get("/search").text


def test_queries_do_not_grow_with_hits(
    client: Client, studies: list[Publication], django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(6):
        published(title=f"Another study of dividing cells, number {number}", images=3)
    reindex()
    with django_assert_max_num_queries(1):
        assert client.get("/").status_code == 200
    for address in ("/search?q=cells&organism=NCBITaxon:40674&organism=NCBITaxon:9606", "/search?size=100"):
        client.get(address)  # what stands above terms is kept from now on
        with django_assert_max_num_queries(3):
            assert client.get(address).status_code == 200


def test_a_term_says_what_it_is_and_what_uses_it(client: Client, studies: list[Publication]) -> None:
    page = client.get(f"/terms/{HUMAN}").text
    for text in ("Homo sapiens", "The human species.", "human", "Mammalia", "2026-01"):
        assert text in page
    for curie in (HUMAN, "NCBITaxon:40674"):
        used_by = html.fromstring(client.get(f"/terms/{curie}").text).xpath("//a[@class='picture']/@href")
        assert set(used_by) == {f"/studies/{it.accession}" for it in studies}


@pytest.mark.parametrize("media_type", ["text/turtle", "application/ld+json"])
def test_a_term_as_linked_data(client: Client, studies: list[Publication], media_type: str) -> None:
    response = client.get(f"/terms/{HUMAN}", headers={"Accept": media_type})
    assert response["Content-Type"] == media_type
    obo, skos = "http://purl.obolibrary.org/obo/", "http://www.w3.org/2004/02/skos/core#"
    triples = {
        (it.subject, it.predicate, it.object) for it in parse(response.content, RdfFormat.from_media_type(media_type))
    }
    human, mammals = NamedNode(f"{obo}NCBITaxon_9606"), NamedNode(f"{obo}NCBITaxon_40674")
    assert (human, NamedNode(f"{skos}prefLabel"), Literal("Homo sapiens")) in triples
    assert (human, NamedNode(f"{skos}broader"), mammals) in triples


def test_an_unknown_term(client: Client) -> None:
    assert client.get("/terms/NCBITaxon:1").status_code == 404
    assert client.get("/terms/nonsense").status_code == 404
