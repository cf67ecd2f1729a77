"""Elasticsearch as engine: the contract on a real node, and what is its own: a server that may be away or full."""

import ssl
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from elasticsearch import Elasticsearch

from base.ids import new_id
from publishing.search.document import Document
from publishing.search.elastic_engine.client import Place, make_client
from publishing.search.elastic_engine.index import ElasticIndex
from publishing.search.elastic_engine.schema import VERSION
from publishing.search.index import SearchUnavailable
from publishing.search.query import Query
from tests.publishing.line import Line
from tests.publishing.search_contract import SearchContract
from tests.publishing.search_samples import (
    BRAIN,
    CELLS,
    CONFOCAL,
    FISH,
    LIGHT_SHEET,
    MAMMALS,
    MOUSE,
    SOME,
    image_of,
    study,
)  # fmt: skip


@pytest.fixture
def place(elasticsearch_url: str) -> Iterator[Place]:
    """Where indices of a test's own may be made."""
    place = Place(elasticsearch_url, prefix=f"test-{new_id().hex}")
    yield place
    ElasticIndex(place).remove()


@pytest.fixture
def server(place: Place) -> Elasticsearch:
    return make_client(place)


@pytest.fixture
def line(place: Place) -> Iterator[Line]:
    """The way to the node, which the test may cut."""
    with Line(urlsplit(place.url).port or 0) as line:
        yield line


class TestElastic(SearchContract):
    @pytest.fixture
    def index(self, place: Place) -> ElasticIndex:
        return ElasticIndex(place)


def test_more_than_are_counted_exactly_are_estimated_and_said_to_be(place: Place) -> None:
    """4,000 images of mice and 1,000 of fishes, one of which is confocal; 2,000 documents are counted exactly."""
    fish = study(1, "Fishes", FISH, LIGHT_SHEET)
    mice = study(2, "Mice", MOUSE, LIGHT_SHEET)
    rare = replace(image_of(fish, 1, "rare.tif"), facets={**fish.facets, "method": (CONFOCAL,)})
    images = [
        image_of(of, number, "tissue.tif")
        for of, count in ((fish, 1000), (mice, 4001))
        for number in range(2, count + 1)
    ]
    index = ElasticIndex(place, exactly=2_000)
    index.rebuild([fish, mice, rare, *images])
    results = index.search(Query("tissue", filters={"method": (CONFOCAL.value, LIGHT_SHEET.value)}))
    assert results.is_estimated
    assert results.total == pytest.approx(5_002, rel=0.2)
    assert results.total % 100 == 0, "no more digits than an estimate has"
    organisms = {count.value: count for count in results.facets["organism"]}
    assert organisms[MOUSE.value].count == pytest.approx(4_001, rel=0.25)
    assert organisms[FISH.value].count == pytest.approx(1_001, rel=0.4)
    assert all(count.is_estimated for count in organisms.values())
    mammals = next(count for count in results.above["organism"] if count.value == MAMMALS.value)
    assert mammals.count == organisms[MOUSE.value].count
    types = {count.value: count for count in results.facets["type"]}
    assert (types["study"].count, types["study"].is_estimated) == (2, False), (
        "few studies beside many images are counted"
    )
    methods = {count.value: count for count in results.facets["method"]}
    assert (methods[CONFOCAL.value].count, methods[CONFOCAL.value].is_estimated) == (1, False), "as is what was chosen"
    assert methods[LIGHT_SHEET.value].is_estimated
    few = index.search(Query("rare"))
    assert (few.total, few.is_estimated) == (1, False)
    assert not any(count.is_estimated for counts in few.facets.values() for count in counts)


def by(line: Line, place: Place, **changes: Any) -> ElasticIndex:
    """An index that is reached by the line."""
    parts = urlsplit(place.url)
    return ElasticIndex(
        replace(place, url=f"{parts.scheme}://{parts.username}:{parts.password}@127.0.0.1:{line.port}", **changes)
    )


def found(index: ElasticIndex) -> int:
    return index.search(Query()).total


def test_a_server_that_is_away_is_told_and_comes_back_by_itself(line: Line, place: Place) -> None:
    index = by(line, place)
    index.rebuild(SOME)
    line.cut()
    asked: list[Callable[[], object]] = [
        index.exists, index.commit, lambda: found(index), lambda: index.count(Query()),
        lambda: list(index.scan(Query())),
        lambda: index.suggest("mu"), lambda: index.keys("do"), lambda: index.values("dose", ""),
        lambda: index.similar(BRAIN.id), lambda: index.index(SOME), lambda: index.delete_study(BRAIN.study),
        lambda: index.rebuild(SOME),
    ]  # fmt: skip
    for ask in asked:
        with pytest.raises(SearchUnavailable, match="does not answer"):
            ask()
    assert not index.health().is_well
    line.mend()
    assert found(index) == len(SOME)
    assert index.health().is_well


def test_a_server_that_says_nothing_is_not_waited_for(line: Line, place: Place) -> None:
    ElasticIndex(place).rebuild([])
    index = by(line, place, patience=0.3)
    line.fall_silent()
    with pytest.raises(SearchUnavailable):
        found(index)
    line.mend()
    assert found(by(line, place)) == 0


def test_a_scan_that_breaks_off_says_so(line: Line, place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("publishing.search.elastic_engine.results.SCANNED_AT_ONCE", 2)
    index = by(line, place)
    index.rebuild(SOME)
    hits = index.scan(Query())
    next(hits)
    line.cut()
    with pytest.raises(SearchUnavailable):
        list(hits)


def test_a_rebuild_that_breaks_off_leaves_the_present_index(place: Place, server: Elasticsearch) -> None:
    index = ElasticIndex(place)
    index.rebuild(SOME)

    def breaking() -> Iterator[Document]:
        yield CELLS
        raise ValueError("a record that cannot be read")

    with pytest.raises(ValueError, match="cannot be read"):
        index.rebuild(breaking())
    assert found(index) == len(SOME)
    assert len(server.indices.get(index=f"{place.prefix}-v*")) == 1


def test_what_a_dead_process_left_is_removed_with_the_next_rebuild(place: Place, server: Elasticsearch) -> None:
    server.indices.create(index=f"{place.prefix}-v0-20200101-000000-left")
    index = ElasticIndex(place)
    index.rebuild(SOME)
    assert len(server.indices.get(index=f"{place.prefix}-v*")) == 1


def test_a_full_disk_stops_writing_alone(place: Place, server: Elasticsearch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("publishing.search.elastic_engine.index.BULK_RETRIES", 1)
    index = ElasticIndex(place)
    index.rebuild(SOME)
    server.indices.put_settings(index=place.prefix, settings={"index.blocks.read_only_allow_delete": True})
    with pytest.raises(SearchUnavailable):
        index.index([replace(CELLS, id="more")])
    state = index.health()
    assert (state.is_well, state.documents) == (False, len(SOME))
    assert "no changes" in state.message
    assert found(index) == len(SOME)
    server.indices.put_settings(index=place.prefix, settings={"index.blocks.read_only_allow_delete": None})
    index.index([replace(CELLS, id="more")])
    index.commit()
    assert found(index) == len(SOME) + 1


def test_an_index_that_is_gone_is_noticed_and_made_anew(place: Place, server: Elasticsearch) -> None:
    index = ElasticIndex(place)
    index.rebuild(SOME)
    (name,) = server.indices.get(index=f"{place.prefix}-v*")
    server.indices.delete(index=name)
    assert not index.exists()
    with pytest.raises(SearchUnavailable, match="no search index"):
        found(index)
    assert not index.health().is_well
    index.index([CELLS])
    index.commit()
    assert found(index) == 1


def test_the_index_of_another_version_is_read_until_it_is_replaced(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    ElasticIndex(place).rebuild(SOME)
    monkeypatch.setattr("publishing.search.elastic_engine.index.VERSION", VERSION + 1)
    index = ElasticIndex(place)
    assert not index.exists()
    assert not index.health().is_well
    assert found(index) == len(SOME)
    index.rebuild([CELLS])
    assert index.exists()
    assert found(index) == 1


def test_a_wrong_password_is_told(place: Place) -> None:
    index = ElasticIndex(replace(place, url=place.url.replace("vitrine:", "vitrine:x")))
    with pytest.raises(SearchUnavailable):
        found(index)
    assert not index.health().is_well


def test_an_api_key_needs_the_privileges_that_the_documentation_names(place: Place, server: Elasticsearch) -> None:
    its = {"names": [place.prefix, f"{place.prefix}-v*"], "privileges": ["read", "write", "create_index", "manage"]}
    role: dict[str, Any] = {"site": {"cluster": ["monitor"], "indices": [its]}}
    made = server.security.create_api_key(name=place.prefix, role_descriptors=role)
    parts = urlsplit(place.url)
    index = ElasticIndex(replace(place, url=f"http://127.0.0.1:{parts.port}", api_key=made["encoded"]))
    index.rebuild([BRAIN])
    index.index([CELLS])
    index.delete_study(BRAIN.study)
    index.commit()
    assert [hit.title for hit in index.scan(Query())] == [CELLS.title]
    assert found(index) == 1
    assert index.health().is_well
    index.rebuild(SOME)
    assert found(index) == len(SOME)


def test_a_certificate_is_verified(place: Place, tmp_path: Path) -> None:
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
               "-days", "1", "-subj", "/CN=tests", "-addext", "subjectAltName=IP:127.0.0.1"]  # fmt: skip
    subprocess.run([*command, "-keyout", str(key), "-out", str(certificate)], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    parts = urlsplit(place.url)
    with Line(parts.port or 0, context) as line:
        https = replace(place, url=f"https://{parts.username}:{parts.password}@127.0.0.1:{line.port}")
        with pytest.raises(SearchUnavailable):
            ElasticIndex(https).exists()
        index = ElasticIndex(replace(https, ca_file=str(certificate)))
        index.rebuild(SOME)
        assert found(index) == len(SOME)


def test_a_document_that_is_not_taken_is_left_out_and_named(place: Place, caplog: pytest.LogCaptureFixture) -> None:
    index = ElasticIndex(place)
    index.rebuild([replace(CELLS, id="odd", numbers={"no_such_field": (1.0,)}), BRAIN])
    assert found(index) == 1
    assert "document odd is not taken" in caplog.text
