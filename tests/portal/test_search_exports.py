"""All hits of a search as files, through the pages' addresses."""

import csv
import io
import json
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from django.test import Client
from pyoxigraph import NamedNode, RdfFormat, parse

from portal.public.search import exports as search_exports
from publishing.models import Publication
from publishing.search import Hit, Query, SearchIndex, search_index
from publishing.search.documents.making import all_documents
from tests.portal.publishing import published, terms

pytestmark = pytest.mark.django_db
ADDRESSES = ("/search.csv", "/search.jsonld", "/search.ro-crate.json")
SCHEMA = "https://schema.org/"


@pytest.fixture
def studies(index: SearchIndex) -> list[Publication]:
    """Two published studies in the index."""
    terms()
    made = [published(images=3), published(title='=HYPERLINK("x") & other dividing cells', licence="CC0-1.0")]
    index.rebuild(all_documents())
    return made


def content(client: Client, address: str, **query: str | list[str]) -> str:
    answer = client.get(address, query)
    assert answer.status_code == 200
    assert "attachment" in answer["Content-Disposition"]
    return answer.getvalue().decode()


def rows(client: Client, **query: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content(client, "/search.csv", **query), newline="")))


def test_csv_has_a_row_for_each_hit_and_no_formula(client: Client, studies: list[Publication]) -> None:
    found = rows(client)
    assert len(found) == 6
    by_type = [row["type"] for row in found]
    assert (by_type.count("study"), by_type.count("image")) == (2, 4)
    odd = next(row for row in found if row["type"] == "study" and row["accession"] == studies[1].accession)
    assert odd["title"].startswith("'=HYPERLINK")
    assert odd["licence"] == "CC0 1.0"
    assert odd["organisms"] == "Homo sapiens"
    assert odd["address"].endswith(f"/studies/{studies[1].accession}")
    image = next(row for row in found if row["type"] == "image")
    assert int(image["size_x"]) > 0
    assert image["thumbnail"].endswith("thumbnail.jpg")


def test_a_file_has_the_hits_of_its_search_whatever_the_page(client: Client, studies: list[Publication]) -> None:
    found = rows(client, type="study", licence="CC0-1.0", page="7", after="nonsense")
    assert [row["accession"] for row in found] == [studies[1].accession]
    assert rows(client, q="xylophone") == []


def test_json_ld_is_a_list_of_what_was_found(client: Client, studies: list[Publication]) -> None:
    text = content(client, "/search.jsonld")
    made = json.loads(text)
    assert made["@type"] == "ItemList"
    assert made["numberOfItems"] == len(made["itemListElement"]) == 6
    assert [it["position"] for it in made["itemListElement"]] == [1, 2, 3, 4, 5, 6]
    triples = list(parse(text.encode(), RdfFormat.JSON_LD))
    kinds = [it.object.value for it in triples if it.predicate.value.endswith("#type")]
    assert kinds.count(f"{SCHEMA}Dataset") == 2
    assert kinds.count(f"{SCHEMA}ImageObject") == 4
    licences = {it.object for it in triples if it.predicate == NamedNode(f"{SCHEMA}license")}
    assert all(isinstance(it, NamedNode) for it in licences)


def test_ro_crate_names_and_describes_each_part(client: Client, studies: list[Publication]) -> None:
    graph = {it["@id"]: it for it in json.loads(content(client, "/search.ro-crate.json", q="cells"))["@graph"]}
    descriptor = graph["ro-crate-metadata.json"]
    root = graph[descriptor["about"]["@id"]]
    assert root["@id"].endswith("/search?q=cells")
    assert {"name", "description", "datePublished", "license"} <= set(root)
    parts = [it["@id"] for it in root["hasPart"]]
    assert len(parts) == len(set(parts)) == search_index().search(Query("cells")).total > 0
    for part in parts:
        assert "Dataset" in graph[part]["@type"]
        if "license" in graph[part]:
            assert graph[graph[part]["license"]["@id"]]["@type"] == "CreativeWork"
    assert json.loads(content(client, "/search.ro-crate.json", q="xylophone"))["@graph"][1]["hasPart"] == []


class Changing(list[Hit]):
    """An index from which something is gone each time it is asked."""

    def scan(self, _query: Query) -> Iterator[Hit]:
        yield from self
        self.pop()


def test_a_crate_is_of_one_answer(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    card = {"spdx": "CC0-1.0", "licence": "CC0 1.0"}
    found = Changing(
        Hit(key, kind, "", f"VIT-{key}", "Cells", "", "", datetime(2025, 1, 1, tzinfo=UTC), card=card)
        for key, kind in (("1", "study"), ("2", "image"), ("GO:0005634", "term"), ("3", "study"))
    )
    monkeypatch.setattr(search_exports, "search_index", lambda: found)
    made = json.loads(content(client, "/search.ro-crate.json", type=["study", "image", "term"]))
    graph = {it["@id"]: it for it in made["@graph"]}
    assert len(graph) == len(made["@graph"]) == 2 + 4 + 3
    root = made["@graph"][1]
    assert ([len(root["hasPart"]), len(root["mentions"])]) == [3, 1]
    assert all(it["@id"] in graph for it in root["hasPart"] + root["mentions"])


class Endless:
    """An index of so many hits that they would be noticed in memory."""

    def scan(self, query: Query) -> Iterator[Hit]:
        for number in range(20_000):
            key = f"00000000-0000-7000-8000-{number:012}"
            yield Hit(
                key, "study", key, f"VIT-{number}", "Dividing cells " * 10, "", "", datetime(2025, 1, 1, tzinfo=UTC)
            )


@pytest.mark.parametrize("address", ADDRESSES)
def test_files_are_written_while_they_are_sent(client: Client, monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    monkeypatch.setattr(search_exports, "search_index", Endless)
    tracemalloc.start()
    try:
        size = sum(len(chunk) for chunk in client.get(address))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert size > 3_000_000
    assert peak < 2_000_000


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_head_and_a_client_that_hangs_up_are_fine(client: Client, studies: list[Publication], address: str) -> None:
    assert client.head(address).getvalue() == b""
    answer = client.get(address)
    next(iter(answer))
    answer.close()


@pytest.mark.parametrize("address", [*ADDRESSES, "/search.atom"])
def test_a_query_that_cannot_be_read_is_told_and_gives_no_other_hits(
    client: Client, studies: list[Publication], address: str
) -> None:
    answer = client.get(address, {"q": "dividing (cells"}, headers={"Accept": "application/problem+json"})
    assert answer.status_code == 400
    (problem,) = answer.json()["problems"]
    assert problem["path"] == "q"
    assert "Characters 10 to 10" in problem["message"]


def test_the_page_offers_no_file_of_a_query_that_it_cannot_read(client: Client, studies: list[Publication]) -> None:
    page = client.get("/search", {"q": "dividing (cells"}).content.decode()
    assert page.count("<article") > 0
    assert not [address for address in (*ADDRESSES, "/search.atom") if address in page]
