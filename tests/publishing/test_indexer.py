"""The indexer: what is published is found, what is not is not, and nothing is lost on the way."""

import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.core.management import call_command
from django.test import Client

from base import outbox
from base.errors import Conflict
from base.models import Outbox
from catalogue.access import Actor
from catalogue.models import Image, Study
from catalogue.services import start_new_version, submit
from ontology.hierarchy import renumber
from ontology.models import Ontology, Parent, Synonym, Term
from publishing import indexer, rebuilding
from publishing.models import Publication
from publishing.search import Document, Query, SearchIndex, search_folder, search_index
from publishing.search.documents.making import all_documents
from publishing.services import TOPIC, approve
from tests import factory

pytestmark = pytest.mark.django_db


@pytest.fixture
def index(settings: object, tmp_path: Path) -> Iterator[SearchIndex]:
    """The site's index, in a folder of this test."""
    settings.DATA = tmp_path  # type: ignore[attr-defined]
    with indexer.writing() as writable:
        yield writable


@pytest.fixture
def mouse_terms() -> None:
    taxonomy = Ontology.objects.create(prefix="NCBITaxon", name="NCBI Taxonomy", version="1", source="test")
    human = _term(taxonomy, "NCBITaxon:9606", "Homo sapiens", "human")
    mammals = _term(taxonomy, "NCBITaxon:40674", "Mammalia", "mammals")
    Parent.objects.create(term=human, parent=mammals)
    renumber(taxonomy)


def _term(ontology: Ontology, curie: str, label: str, synonym: str) -> Term:
    term = Term.objects.create(ontology=ontology, curie=curie, iri=f"http://example.org/{curie}", label=label,
                               label_folded=label.casefold())  # fmt: skip
    Synonym.objects.create(term=term, text=synonym, text_folded=synonym)
    return term


def publish(study: Study) -> Publication:
    made = approve(actor=factory.actor(factory.curator()), study_id=study.pk)
    assert made is not None
    return made


def titles(index: SearchIndex, q: str = "", **filters: tuple[str, ...]) -> list[str]:
    return [hit.title for hit in index.search(Query(q=q, filters=filters)).hits]


def test_a_published_study_and_its_images_are_found(index: SearchIndex, mouse_terms: None) -> None:
    study = factory.submitted(images=2)
    publish(study)
    assert indexer.update(index) == 1
    assert not Outbox.objects.exists()
    results = index.search(Query("schwann cells"))
    assert results.total == 3
    assert results.hits[0].title == study.title
    assert results.hits[0].accession == study.accession
    assert results.hits[0].thumbnail in {str(pk) for pk in Image.objects.values_list("pk", flat=True)}
    assert len(titles(index, type=("image",))) == 2
    assert titles(index, study.accession or "")[0] == study.title
    labels = {facet: [(c.value, c.label, c.count) for c in counts] for facet, counts in results.facets.items()}
    assert labels["licence"] == [("CC-BY-4.0", "CC BY 4.0", 3)]
    assert labels["organism"] == [("NCBITaxon:9606", "Homo sapiens", 3)]
    assert labels["method"] == [("fluorescence microscopy", "fluorescence microscopy", 3)]
    assert labels["format"] == [("image/ome-tiff", "OME-TIFF", 3)]
    assert labels["channels"] == [("1", "1", 3)]


WORDS = ["Depositor", "Hoechst", "Nikon Eclipse", "neurofibromatosis", "European Research Council", "human", "mammals"]


@pytest.mark.parametrize("q", [*WORDS, "genotype", "plate 2"])
def test_a_study_is_found_by_all_that_is_said_of_it(index: SearchIndex, mouse_terms: None, q: str) -> None:
    study = factory.submitted()
    publish(study)
    indexer.update(index)
    assert study.title in titles(index, q)


def test_an_image_is_found_by_the_terms_above_its_sample(index: SearchIndex, mouse_terms: None) -> None:
    publish(factory.submitted())
    indexer.update(index)
    assert len(titles(index, organism=("NCBITaxon:40674",), type=("image",))) == 1


def test_no_draft_and_no_address_of_a_person_is_found(index: SearchIndex) -> None:
    factory.study()
    factory.submitted()
    published = factory.submitted()
    publish(published)
    indexer.update(index)
    assert {hit.study for hit in index.search(Query()).hits} == {str(published.pk)}
    assert titles(index, "ada@example.org") == []


def test_a_new_version_takes_the_place_of_the_old(index: SearchIndex) -> None:
    study = factory.submitted(images=2)
    publish(study)
    indexer.update(index)
    owner = Actor(study.owner)
    start_new_version(actor=owner, study_id=study.pk)
    gone = Image.objects.filter(study=study).order_by("pk")[0]
    gone.delete()
    Study.objects.filter(pk=study.pk).update(title="A wholly different title of the second version")
    indexer.update(index)
    assert titles(index, "different") == []
    study.refresh_from_db()
    submit(actor=owner, study_id=study.pk)
    publish(study)
    indexer.update(index)
    assert titles(index, "different", type=("study",)) == ["A wholly different title of the second version"]
    assert titles(index, "neurofibromin", type=("study",)) == []
    assert str(gone.pk) not in {hit.id for hit in index.search(Query()).hits}
    assert index.health().documents == 2


def test_a_withdrawn_study_is_no_longer_found(index: SearchIndex) -> None:
    publication = publish(factory.submitted())
    indexer.update(index)
    Publication.objects.update(withdrawn_at=publication.published_at)
    outbox.put(TOPIC, publication.pk)
    indexer.update(index)
    assert index.health().documents == 0


def test_what_a_crash_left_undone_is_done_again(index: SearchIndex, monkeypatch: pytest.MonkeyPatch) -> None:
    indexer.update(index)
    publish(factory.submitted())

    def fail() -> None:
        raise OSError("no space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(index, "commit", fail)
        with pytest.raises(OSError, match="no space"):
            indexer.update(index)
    index.close()
    assert Outbox.objects.count() == 1
    assert index.health().documents == 0
    indexer.update(index)
    assert index.health().documents == 2


def test_a_lost_index_is_built_from_the_records(client: Client, index: SearchIndex) -> None:
    publish(factory.submitted(images=3))
    indexer.update(index)
    index.close()
    shutil.rmtree(search_folder())
    assert index.health().documents == 0
    page = client.get("/search?q=cells")
    assert (page.status_code, "The search does not answer at the moment" in page.text) == (503, True)
    for address in ("/search.csv", "/search.jsonld", "/search.ro-crate.json", "/search.atom", "/search/suggest?q=ce",
                    "/api/v1/search", "/api/v1/search/suggest?text=ce", "/api/v1/search/keys?text="):  # fmt: skip
        answer = client.get(address)
        assert (answer.status_code, "Retry-After" in answer) == (503, True), address
        assert answer["Content-Type"] == "application/problem+json" or not address.startswith("/api/"), address
    with pytest.raises(Conflict, match="Another process"), indexer.writing():
        pass
    assert indexer.update(index) == 0
    assert index.health().documents == 4


def test_there_is_one_writer(index: SearchIndex) -> None:
    with pytest.raises(Conflict, match="Another process"), indexer.writing():
        pass


def test_reindex_without_an_indexer(settings: object, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings.DATA = tmp_path  # type: ignore[attr-defined]
    publish(factory.submitted(images=2))
    call_command("reindex")
    assert "Indexed 3 studies, images and terms." in capsys.readouterr().out
    assert search_index().health().documents == 3


def test_reindex_asks_the_running_indexer(index: SearchIndex) -> None:
    publish(factory.submitted(images=2))
    row = indexer.ask_to_rebuild()
    assert indexer.update(index) == 2
    assert not Outbox.objects.filter(pk=row).exists()
    assert index.health().documents == 3


def test_the_indexer_stops_when_told(settings: object, tmp_path: Path) -> None:
    settings.DATA = tmp_path  # type: ignore[attr-defined]
    stop = threading.Event()
    stop.set()
    indexer.run(stop)


def test_an_index_without_a_published_study_is_noticed_and_built_anew(index: SearchIndex) -> None:
    study = factory.submitted(images=2)
    publish(study)
    indexer.update(index)
    assert indexer.health(index).is_well
    index.delete_study(str(study.pk))
    index.commit()
    state = indexer.health(index)
    assert not state.is_well
    assert "0 studies, but 1" in state.message
    indexer.update(index)
    assert indexer.health(index).is_well
    assert study.title in titles(index)


def test_what_waits_to_be_written_is_no_difference(index: SearchIndex) -> None:
    indexer.update(index)
    publish(factory.submitted())
    assert indexer.difference(index) is None
    Outbox.objects.all().delete()
    assert indexer.difference(index) == (0, 1)


class Gate:
    """Lets the documents of a rebuild through one by one."""

    def __init__(self, documents: Callable[[], Iterator[Document]]) -> None:
        self._documents = documents
        self.reached, self.opened = threading.Event(), threading.Event()

    def __call__(self) -> Iterator[Document]:
        for document in self._documents():
            self.reached.set()
            assert self.opened.wait(60)
            yield document


@pytest.mark.django_db(transaction=True)
def test_what_is_published_and_withdrawn_during_a_rebuild_is_so_in_the_new_index(
    settings: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.DATA = tmp_path  # type: ignore[attr-defined]
    gate = Gate(all_documents)
    monkeypatch.setattr(rebuilding, "all_documents", gate)
    with indexer.writing() as index:
        gate.opened.set()
        kept, withdrawn = (publish(factory.submitted(images=2)) for _ in range(2))
        indexer.update(index)
        gate.opened.clear()
        gate.reached.clear()
        row = indexer.ask_to_rebuild()
        beside = indexer.Indexer(index, threading.Event())
        beside.step()
        assert gate.reached.wait(60)  # the rebuild is under way, and has read the first of what was published
        later = publish(factory.submitted())
        Publication.objects.filter(pk=withdrawn.pk).update(withdrawn_at=withdrawn.published_at)
        outbox.put(TOPIC, withdrawn.pk)
        beside.step()
        found = {str(kept.study_id), str(later.study_id)}
        assert {hit.study for hit in index.scan(Query())} == found  # in the present index at once
        assert not Outbox.objects.filter(topic=TOPIC).exists()
        assert Outbox.objects.filter(pk=row).exists()
        before = folders()
        gate.opened.set()
        beside.end()
        beside.step()
        assert folders() != before
        assert {hit.study for hit in index.scan(Query())} == found
        assert not Outbox.objects.exists()
        assert indexer.health(index).is_well


def folders() -> str:
    return (search_folder() / "current").read_text()


@pytest.mark.django_db(transaction=True)
def test_a_rebuild_that_fails_leaves_the_index_and_is_tried_again(
    settings: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.DATA = tmp_path  # type: ignore[attr-defined]
    monkeypatch.setattr(indexer, "SECONDS_AFTER_FAILURE", 0.0)
    with indexer.writing() as index:
        publish(factory.submitted())
        indexer.update(index)
        row = indexer.ask_to_rebuild()
        beside = indexer.Indexer(index, threading.Event())

        def broken() -> Iterator[Document]:
            raise OSError("no space left on device")
            yield

        with monkeypatch.context() as patch:
            patch.setattr(rebuilding, "all_documents", broken)
            beside.step()
            beside.end()
        assert index.health().documents == 2
        assert Outbox.objects.get(pk=row).payload == {"failed": "no space left on device"}
        beside.step()
        beside.step()
        beside.end()
        assert not Outbox.objects.exists()
        assert index.health().documents == 2


@pytest.mark.django_db(transaction=True)
def test_an_error_waits_for_a_rebuild_that_puts_its_index_in_place(
    settings: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.DATA = tmp_path  # type: ignore[attr-defined]
    is_last, may_end = threading.Event(), threading.Event()

    def held(_studies: object) -> Iterator[tuple[str, list[Document]]]:
        is_last.set()
        may_end.wait(60)
        yield from ()

    monkeypatch.setattr(rebuilding, "documents_now", held)
    publish(factory.submitted())
    with indexer.writing() as index:
        beside = indexer.Indexer(index, threading.Event())
        beside.step()
        assert is_last.wait(60)
        giving_up = threading.Thread(target=beside.give_up)
        giving_up.start()
        giving_up.join(0.1)
        assert giving_up.is_alive()
        may_end.set()
        giving_up.join(10)
        beside.end()
        assert index.health().documents == 2
