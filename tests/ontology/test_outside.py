"""What OLS, Zooma and BioPortal offer for a text, looked at again, and what is said when they fail."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connections
from django.test import Client

from base import asking, audit
from base.asking import LookupFailed
from base.errors import Conflict, Invalid, NotFound
from ontology import outside
from ontology.hierarchy import below, paths_of
from ontology.loading import load_starter
from ontology.mapping.candidates import How, Tier
from ontology.models import ImportedTerm, Ontology, Parent, Synonym, Term
from ontology.outside import ols
from ontology.queries import resolve
from ontology.reading import Header
from tests import factory
from tests.ontology.outside_fake import KEY, Services
from tests.portal.api_calls import bearer, call, problem_of

pytestmark = [pytest.mark.django_db, pytest.mark.both]


@pytest.fixture
def asked(settings: Any) -> Iterator[Services]:
    """The services, which the site asks; the starter sets are loaded."""
    cache.clear()
    load_starter()
    with Services() as server:
        settings.OLS_API = f"{server.address}/ols"
        settings.ZOOMA_API = f"{server.address}/zooma/"
        settings.BIOPORTAL_API, settings.BIOPORTAL_KEY = f"{server.address}/bioportal", KEY
        yield server
        assert server.faults == []
    cache.clear()


def test_a_name_is_believed_to_be_the_text_only_if_it_is(asked: Services) -> None:
    label = outside.candidates("Example  Microscopy", "imaging_method")[0]
    assert (label.curie, label.label, label.how) == ("FBbi:00009999", "example microscopy", How.LABEL)
    assert (label.score, label.tier, label.is_here) == (1.0, Tier.HIGH, False)
    assert label.definition == "A method for tests."
    assert label.source.service == "OLS"
    assert "/ols/search?" in label.source.url
    assert KEY not in label.source.url

    exact = outside.candidates("example imaging", "imaging_method")[0]
    assert (exact.curie, exact.how, exact.score, exact.tier) == ("FBbi:00009999", How.EXACT, 0.9, Tier.HIGH)
    related = outside.candidates("exemplary imaging", "imaging_method")[0]
    assert (related.how, related.tier) == (How.RELATED, Tier.GOOD)
    for one in outside.candidates("microscopy example of a kind", "imaging_method"):
        assert one.how == How.SIMILAR
        assert one.tier != Tier.HIGH


def test_what_zooma_is_sure_of_is_good_at_most(asked: Services) -> None:
    (found,) = outside.candidates("widefield fluo", "imaging_method")
    assert (found.curie, found.label, found.tier) == ("FBbi:00000246", "fluorescence microscopy", Tier.GOOD)
    assert (found.source.service, found.is_here) == ("Zooma", True)
    assert found.path[-1] in paths_of([Term.objects.get(curie="FBbi:00000246").pk]).popitem()[1]


def test_an_obsolete_term_is_never_high(asked: Services, settings: Any) -> None:
    settings.OLS_API = settings.ZOOMA_API = ""
    (found,) = outside.candidates("test neuron of the example", "biological_entity")
    assert (found.source.service, found.tier, found.how) == ("BioPortal", Tier.HIGH, How.LABEL)
    Term.objects.filter(curie="FBbi:00000246").update(obsolete=True)
    settings.ZOOMA_API = f"{asked.address}/zooma"
    (obsolete,) = outside.candidates("widefield fluo", "imaging_method")
    assert obsolete.obsolete
    assert obsolete.tier == Tier.MEDIUM


def test_terms_of_another_branch_are_not_offered(asked: Services) -> None:
    offered = {one.curie for one in outside.candidates("gone microscopy", "imaging_method")}
    assert "FBbi:00009999" in offered
    assert "FBbi:00009998" not in offered
    assert {one.ontology for one in outside.candidates("test cell", "biological_entity")} == {"CL"}
    assert outside.candidates("test cell", "organism") == []
    with pytest.raises(KeyError):
        outside.look("x", "no such binding")
    assert outside.look(" … ", "organism") == outside.Looked((), ())


def test_the_same_thing_is_asked_once_a_day(asked: Services) -> None:
    first = outside.candidates("example microscopy", "imaging_method")
    count = len(asked.asked)
    assert outside.candidates("example  microscopy", "imaging_method") == first
    assert len(asked.asked) == count


def test_nobody_is_asked_unless_the_site_says_so(settings: Any) -> None:
    assert outside.services_on() == []
    assert outside.look("cell", "biological_entity") == outside.Looked((), ())
    settings.BIOPORTAL_API = "http://127.0.0.1:9"
    assert outside.services_on() == [], "BioPortal wants a key"
    with pytest.raises(Conflict, match="does not ask OLS"):
        outside.import_term("FBbi:00009999", by=None)


@pytest.mark.parametrize(
    ("mood", "said"),
    [
        ("broken", r"answers with an error \(503\)"),
        ("nonsense", "does not understand"),
        ("html", "does not understand"),
        ("deep", "does not understand"),
        ("huge", "more than this site takes"),
        ("moved", r"answers with an error \(301\)"),
        ("limited", "asked too often"),
        ("forbidden", "does not let this site ask"),
    ],
)
def test_a_bad_answer_is_told_in_words(asked: Services, monkeypatch: pytest.MonkeyPatch, mood: str, said: str) -> None:
    monkeypatch.setattr(asking, "FIRST_WAIT", 0.01)
    asked.mood = mood
    with pytest.raises(LookupFailed, match=said):
        outside.candidates("example microscopy", "imaging_method")
    asked.mood = "well"
    assert outside.candidates("example microscopy", "imaging_method"), "a bad answer is not kept"


def test_odd_rows_are_left_out(asked: Services) -> None:
    asked.mood = "odd"
    looked = outside.look("example microscopy", "imaging_method")
    assert looked.found == ()
    assert len(looked.failed) == 1, "Zooma's is no list"


def test_one_that_is_busy_is_asked_again_when_it_says(asked: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "FIRST_WAIT", 0.01)
    asked.failing, asked.retry_after = 1, "1"
    begun = time.monotonic()
    assert outside.candidates("example microscopy", "imaging_method")
    assert time.monotonic() - begun >= 1
    cache.clear()
    asked.failing, asked.retry_after = 1, "3600"
    looked = outside.look("example microscopy", "imaging_method")
    assert len(looked.failed) == 1, "longer than a person waits"
    assert looked.found, "the others are asked all the same"


def test_one_that_keeps_failing_is_left_alone(asked: Services, monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    monkeypatch.setattr(asking, "FIRST_WAIT", 0.001)
    settings.ZOOMA_API = settings.BIOPORTAL_API = ""
    asked.mood = "broken"
    for number in range(asking.MOST_FAILURES):
        with pytest.raises(LookupFailed, match="503"):
            outside.candidates(f"example {number}", "organism")
    count = len(asked.asked)
    assert count == asking.MOST_FAILURES * asking.MOST_TRIES
    with pytest.raises(LookupFailed, match="a moment ago"):
        outside.candidates("another", "organism")
    assert len(asked.asked) == count


def test_one_that_is_slow_is_not_waited_for(asked: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "TOTAL_SECONDS", 0.3)
    asked.mood = "slow"
    begun = time.monotonic()
    with pytest.raises(LookupFailed, match=r"OLS does not answer now.*Zooma does not answer now.*BioPortal does not"):
        outside.candidates("example microscopy", "imaging_method")
    assert time.monotonic() - begun < 25


def test_a_term_is_imported_with_all_above_it(asked: Services) -> None:
    curator = factory.curator()
    before = Ontology.objects.get(prefix="FBbi", is_current=True)
    term = outside.import_term("FBbi_00009999", by=curator)
    assert (term.curie, term.label, term.ontology) == ("FBbi:00009999", "example microscopy", before)
    assert set(term.synonyms.values_list("scope", "text")) == {
        (Synonym.Scope.EXACT, "example imaging"),
        (Synonym.Scope.RELATED, "exemplary imaging"),
    }
    assert list(term.xrefs.values_list("curie", flat=True)) == ["Wikipedia:Microscopy"]
    assert below(["FBbi:00000222"]).filter(pk=term.pk).exists(), "what is asked of imaging methods finds it"
    assert paths_of([term.pk])[term.pk][-1] == "light microscopy"
    term.ontology.refresh_from_db()
    assert term.ontology.source.endswith("further terms from OLS")
    assert term.ontology.term_count == before.term_count + 1
    (event,) = audit.history(ImportedTerm.objects.get().pk)
    assert event.detail["curie"] == "FBbi:00009999"
    count = len(asked.asked)
    assert outside.import_term("FBbi:00009999", by=curator) == term
    assert len(asked.asked) == count
    offered = outside.candidates("example microscopy", "imaging_method")[0]
    assert (offered.curie, offered.is_here) == ("FBbi:00009999", True)


def test_parts_hang_by_what_they_are_part_of(asked: Services) -> None:
    term = outside.import_term("CL:9000001", by=None)
    links = set(term.parent_links.values_list("relation", "parent__curie"))
    assert links == {(Parent.Relation.SUBCLASS, "CL:9000000"), (Parent.Relation.PART_OF, "CL:9000002")}


def test_an_ontology_that_is_not_loaded_begins_with_the_term(asked: Services) -> None:
    term = outside.import_term("XAO:0000001", by=None)
    ontology = term.ontology
    assert (ontology.prefix, ontology.version, ontology.is_part) == ("XAO", "2025-05-05", True)
    assert (ontology.name, ontology.licence) == ("XAO of the test", "CC-BY-4.0")
    assert "ols/ontologies/xao" in ontology.source
    assert set(ontology.terms.values_list("curie", flat=True)) == {"XAO:0000000", "XAO:0000001"}


def test_an_import_outlives_the_next_load_of_its_ontology(asked: Services) -> None:
    outside.import_term("FBbi:00009999", by=None)
    Ontology.objects.filter(prefix="FBbi").delete()
    load_starter()
    assert resolve("FBbi:00009999") is None
    assert outside.keep_imported() == 1
    assert resolve("FBbi:00009999") is not None
    assert outside.keep_imported() == 0


def test_what_cannot_be_imported_is_refused_in_words(asked: Services) -> None:
    with pytest.raises(Invalid, match="no id of a term"):
        outside.import_term("not a curie", by=None)
    with pytest.raises(NotFound, match="OLS has no term"):
        outside.import_term("FBbi:00001111", by=None)
    Ontology.objects.filter(prefix="CL", is_current=True).update(is_part=False)
    with pytest.raises(Conflict, match="loaded here as a whole"):
        outside.import_term("CL:9000001", by=None)
    asked.mood = "broken"
    with pytest.raises(LookupFailed):
        outside.import_term("FBbi:00009999", by=None)
    assert not ImportedTerm.objects.exists()


def test_what_takes_too_long_is_no_longer_waited_for(asked: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(ols, "SECONDS_FOR_ALL", 0.0)
        with pytest.raises(LookupFailed, match=r"takes longer than .* Try again"):
            outside.import_term("FBbi:00009999", by=None)
    assert outside.import_term("FBbi:00009999", by=None).label == "example microscopy"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "curies",
    [("FBbi:00009999", "FBbi:00009999"), ("CL:9000001", "CL:9000002"), ("XAO:0000001", "XAO:0000000")],
    ids=["one term", "with the same above", "of a new ontology"],
)
def test_two_may_import_terms_at_once(
    asked: Services, monkeypatch: pytest.MonkeyPatch, curies: tuple[str, str]
) -> None:
    both, header_of = threading.Barrier(2, timeout=60), ols.ontology

    def meanwhile(prefix: str) -> Header:
        both.wait()
        return header_of(prefix)

    def imported(curie: str) -> str:
        try:
            return outside.import_term(curie, by=None).curie
        finally:
            connections.close_all()

    monkeypatch.setattr(ols, "ontology", meanwhile)
    with ThreadPoolExecutor(2) as pool:
        assert tuple(pool.map(imported, curies)) == curies
    assert [Term.objects.filter(curie=curie).count() for curie in curies] == [1, 1]


def test_people_ask_by_the_api(asked: Services, client: Client) -> None:
    address = "/api/v1/terms/outside?binding=imaging_method&text=example+microscopy"
    problem_of(call("get", address), 401)
    headers = bearer(factory.user())
    body = call("get", address, **headers)
    found = body.json()  # type: ignore[attr-defined]
    assert found["services"] == ["OLS", "Zooma", "BioPortal"]
    first = found["items"][0]
    assert (first["curie"], first["tier"], first["source"]["service"]) == ("FBbi:00009999", "high", "OLS")
    for wrong in ("binding=imaging_method&text=", "binding=x&text=y"):
        problem_of(call("get", f"/api/v1/terms/outside?{wrong}", **headers), 400)
    problem_of(call("post", "/api/v1/terms/import", {"curie": "FBbi:00009999"}, **headers), 403)
    imported = call("post", "/api/v1/terms/import", {"curie": "FBbi:00009999"}, **bearer(factory.curator()))
    assert imported.json()["label"] == "example microscopy"  # type: ignore[attr-defined]
    answers = [call("get", address, **headers) for _ in range(25)]
    problem_of(answers[-1], 429)


def test_people_ask_by_the_page_and_curators_bring_terms_in(asked: Services, client: Client) -> None:
    address = "/terms/outside?binding=imaging_method&text=example+microscopy"
    assert client.get(address)["Location"].startswith("/accounts/login/")
    client.force_login(factory.user())
    page = client.get(address).text
    assert "example microscopy" in page
    assert "curators can bring it in" in page
    assert client.post("/terms/outside/bring-in", {"curie": "FBbi:00009999"}).status_code == 403
    client.force_login(factory.curator())
    assert "Bring “example microscopy” in" in client.get(address).text
    after = client.post("/terms/outside/bring-in", {"curie": "FBbi:00009999"}, follow=True).text
    assert "is here now" in after
    assert "It is loaded here, and can be chosen." in client.get(address).text
    asked.mood = "broken"
    assert "answers with an error (503)" in client.get("/terms/outside?binding=organism&text=something").text
    answer = client.post("/terms/outside/bring-in", {"curie": "FBbi:00009998"})
    assert answer.status_code == 502
    assert "Another service did not help" in answer.text


def test_without_services_the_page_says_so(client: Client) -> None:
    client.force_login(factory.user())
    assert "asks no outside service" in client.get("/terms/outside?text=x&binding=organism").text
