"""The index of names follows the tables, and what is typed is answered also while it cannot be used."""

import fcntl
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest
from django.utils import timezone

from ontology.loading import load_starter
from ontology.models import Ontology, Synonym, Term
from ontology.names import index as names_index
from ontology.names import search as names_search
from ontology.names import store as names_store
from ontology.names.store import State
from ontology.queries import suggest

pytestmark = [pytest.mark.django_db, pytest.mark.both]


@pytest.fixture(autouse=True)
def empty(db: None) -> Iterator[None]:
    _remove()
    yield
    _remove()


def _remove() -> None:
    shutil.rmtree(names_store.folder(), ignore_errors=True)


def offered(text: str, binding: str = "organism") -> list[str]:
    return [one.label for one in suggest(text, binding)]


def add_ontology(label: str, version: str = "2") -> Ontology:
    """Another version of the taxa, of one term with a synonym, which is now the current one."""
    Ontology.objects.filter(prefix="NCBITaxon").update(is_current=False)
    ontology = Ontology.objects.create(prefix="NCBITaxon", name="more", version=version, source="test")
    term = Term.objects.create(
        ontology=ontology, curie="NCBITaxon:0", iri="http://x", label=label, label_folded=label.casefold()
    )
    Synonym.objects.create(term=term, text="Quux", text_folded="quux", scope=Synonym.Scope.RELATED)
    return ontology


def test_what_is_loaded_is_offered_after_a_refresh_and_only_that_is_written() -> None:
    load_starter()
    first = names_index.refresh()
    assert first > 1500
    assert names_index.refresh() == 0
    assert "Danio rerio" in offered("danio")
    add_ontology("Zyx zyx")
    assert names_store.state() == State.STALE
    assert offered("zyx zyx") == []
    assert names_index.refresh() == 2
    assert names_store.state() == State.CURRENT
    assert offered("zyx") == offered("quu") == ["Zyx zyx"]
    assert offered("danio") == []  # of a version that is not current now
    assert offered("confocal", "imaging_method")[0] == "confocal microscopy"


def test_a_term_is_found_in_an_index_that_was_made_from_another_version() -> None:
    load_starter()
    names_index.refresh()
    add_ontology("Danio rerio")
    Term.objects.filter(curie="NCBITaxon:0").update(curie="NCBITaxon:7955")
    assert [(one.curie, one.iri) for one in suggest("danio", "organism")] == [("NCBITaxon:7955", "http://x")]


def test_names_that_an_ontology_has_lost_are_in_the_index_no_more() -> None:
    load_starter()
    names_index.refresh()
    Term.objects.filter(curie="NCBITaxon:7955").update(label="Rerio danio", label_folded="rerio danio")
    Ontology.objects.filter(prefix="NCBITaxon").update(loaded_at=timezone.now())
    names_index.refresh()
    taxa = names_search.names_of("organism")
    assert taxa is not None
    assert taxa.exact("danio rerio", 10) == []
    assert [name.curie for name in taxa.exact("rerio danio", 10)] == ["NCBITaxon:7955"]


def test_what_is_removed_is_offered_no_more() -> None:
    load_starter()
    names_index.refresh()
    Ontology.objects.filter(prefix="NCBITaxon").delete()
    assert offered("danio") == []
    assert names_index.refresh() == 0
    assert offered("danio") == []


def test_without_an_index_the_tables_are_asked_for_names_that_begin_so() -> None:
    load_starter()
    assert names_store.state() == State.MISSING
    assert offered("danio")[0] == offered("zebraf")[0] == offered("NCBITaxon:7955")[0] == "Danio rerio"
    assert offered("danio", "imaging_method") == []
    assert offered("100%_") == []


def test_a_broken_index_is_made_anew_and_nobody_meets_an_error(caplog: pytest.LogCaptureFixture) -> None:
    load_starter()
    count = names_index.refresh()
    assert offered("danio rerio") == ["Danio rerio"]
    for path in names_store.folder().glob("meta.json"):
        path.write_text("{")
    assert offered("danio rerio") == ["Danio rerio"]
    assert "cannot be read" in caplog.text
    Ontology.objects.filter(prefix="CL").update(loaded_at=timezone.now())
    assert names_index.refresh() == count
    assert offered("danio rerio") == ["Danio rerio"]


def test_an_index_that_was_not_finished_is_not_used() -> None:
    load_starter()
    count = names_index.refresh()
    (names_store.folder() / "made-of.json").unlink()
    assert names_store.state() == State.MISSING
    assert offered("danio rerio") == ["Danio rerio"]
    assert names_index.refresh() == count


def test_one_process_writes_at_a_time() -> None:
    load_starter()
    with (names_store.folder().parent / "writer.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert names_index.refresh(wait=False) == 0
        assert names_store.state() == State.MISSING
    assert names_index.refresh(wait=False) > 0


def test_a_killed_writer_leaves_the_index_as_it_was() -> None:
    load_starter()
    names_index.refresh()
    program = (
        "import os, sys; from pathlib import Path; import django; django.setup()\n"
        "from ontology.names import index as names_index\n"
        "writer = names_index.open_index(Path(sys.argv[1])).writer(names_index.WRITER_BYTES, 1)\n"
        "writer.delete_all_documents(); os._exit(9)"
    )
    command = [sys.executable, "-c", program, str(names_store.folder())]
    assert subprocess.run(command, check=False).returncode == 9
    assert offered("danio rerio") == ["Danio rerio"]
    add_ontology("Zyx zyx")
    assert names_index.refresh() == 2


def test_keeping_up_ends_when_it_is_told_to() -> None:
    load_starter()
    stop = threading.Event()
    stop.set()
    names_index.keep(stop)
    assert names_store.state() == State.MISSING


def test_one_ontology_is_searched_by_its_names() -> None:
    load_starter()
    keys = dict(Ontology.objects.filter(is_current=True).values_list("prefix", "pk"))

    def found(prefix: str, text: str) -> list[str]:
        return [one.curie for one in names_search.suggested_of(keys[prefix], text, 5)]

    assert found("NCBITaxon", "homo sap")[0] == "NCBITaxon:9606", "by the tables, while there is no index"
    names_index.refresh()
    assert found("NCBITaxon", "homo sapeins")[0] == "NCBITaxon:9606"
    assert found("FBbi", "Homo sapiens") == []
    assert all(curie.startswith("FBbi:") for curie in found("FBbi", "microscopy"))
