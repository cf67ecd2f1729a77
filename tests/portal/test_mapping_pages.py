"""The page of texts without a term, as a browser without JavaScript uses it."""

import io
import re
from typing import Any

import pytest
from django.test import Client

from base.models import User
from catalogue import documents, services
from catalogue.access import Actor
from catalogue.models import MappingAct, Study
from ontology.loading import load_starter
from ontology.mapping import decisions
from ontology.models import Term
from tests import factory

pytestmark = pytest.mark.django_db

MOUSE = "NCBITaxon:10090"


@pytest.fixture(autouse=True)
def starter(db: Any) -> None:
    load_starter()


def with_organism(name: str, *, submit: bool = True) -> Study:
    made = factory.study()
    document = documents.read(made)
    document["biosamples"][0]["organisms"] = [{"organism": {"text": name, "curie": ""}}]
    documents.write(Actor(made.owner), made, document)
    if submit:
        services.submit(actor=Actor(made.owner), study_id=made.pk)
    made.refresh_from_db()
    return made


@pytest.fixture
def study(client: Client) -> Study:
    """A study that waits, with a text without a term; a curator signed in."""
    made = with_organism("Lab <b>mouse</b>")
    client.force_login(factory.curator("Carla Curator"))
    return made


def curie_of(study: Study) -> str:
    return str(documents.read(study)["biosamples"][0]["organisms"][0]["organism"]["curie"])


def fields(page: str, text: str) -> dict[str, str]:
    """What the form of the row with this text sends."""
    form = next(form for form in re.findall(r"<form.*?</form>", page, re.DOTALL) if f">{text}</h2>" in form)
    tags = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', form)
    return {name: value.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&") for name, value in tags}


def test_a_text_is_shown_decided_and_given_back(client: Client, study: Study) -> None:
    page = client.get("/review/terms?field=organism").text
    assert "Lab &lt;b&gt;mouse&lt;/b&gt;" in page
    assert "Sample: Organism" in page
    assert study.title[:40] in page
    row = fields(page, "Lab &lt;b&gt;mouse&lt;/b&gt;")
    row |= {f"choice-{row['row']}": "other", f"term-{row['row']}.curie": MOUSE}
    answer = client.post("/review/terms/decide", row, follow=True)
    assert answer.redirect_chain == [("/review/terms?field=organism", 302)]
    assert "stands for Mus musculus (NCBITaxon:10090): 1 value in 1 study." in answer.text
    assert curie_of(study) == MOUSE
    assert "What you decided last" in answer.text
    act = MappingAct.objects.get()
    assert "1 value is as before" in client.post(f"/review/terms/undo/{act.pk}", follow=True).text
    assert curie_of(study) == ""
    client.force_login(study.owner)
    assert f"/deposit/{study.pk}" in client.get(f"/deposit/{study.pk}/history").text


def test_a_script_gets_json(client: Client, study: Study) -> None:
    row = fields(client.get("/review/terms?field=organism").text, "Lab &lt;b&gt;mouse&lt;/b&gt;")
    as_json = {"Accept": "application/json"}
    refused = client.post("/review/terms/decide", row, headers=as_json)
    assert (refused.status_code, "Choose a term" in refused.json()["detail"]) == (400, True)
    done = client.post("/review/terms/decide", {**row, f"choice-{row['row']}": "none"}, headers=as_json).json()
    assert "No term fits" in done["said"]
    assert decisions.in_force().get().curie == ""
    assert client.post(done["undo"], headers=as_json).json()["said"] == "0 values are as before."
    again = client.post(done["undo"], headers=as_json)
    assert (again.status_code, again.json()["detail"]) == (400, "This was undone already.")


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ({}, "Decide on 1 to 200 texts at once"),
        ({"row": "1", "text-1": "mouse", "binding-1": "organism"}, "Choose a term for “mouse”"),
        (
            {"row": "1", "text-1": "mouse", "binding-1": "organism", "choice-1": "NCBITaxon:0"},
            "is no term of this site",
        ),
        ({"row": "1", "text-1": "mouse", "binding-1": "hue", "choice-1": "none"}, "There is no kind of field"),
        ({"row": "1", "text-1": " ", "binding-1": "organism", "choice-1": "none"}, "1 to 400 characters"),
        ({"row": "x\x00", "text-x\x00": "a\x00b", "binding-x\x00": "organism", "choice-x\x00": MOUSE}, ""),
    ],
)
def test_what_cannot_be_decided_is_said_in_words(
    client: Client, study: Study, sent: dict[str, str], words: str
) -> None:
    answer = client.post("/review/terms/decide", {**sent, "here": "//elsewhere.example/"}, follow=True)
    assert answer.redirect_chain[0][0] == "/review/terms"
    assert words in answer.text
    assert curie_of(study) == ""


def test_who_may(client: Client, study: Study) -> None:
    assert client.get(f"/review/{study.pk}/terms").status_code == 200
    own = with_organism("lab mouse", submit=False)
    assert client.get(f"/review/{own.pk}/terms").status_code == 404
    client.force_login(own.owner)
    assert client.get("/review/terms").status_code == 403
    page = client.get(f"/deposit/{own.pk}/-/terms").text
    row = fields(page, "lab mouse")
    row |= {f"choice-{row['row']}": MOUSE}
    answer = client.post(f"/deposit/{own.pk}/-/terms/decide", row, follow=True)
    assert "stands for Mus musculus" in answer.text
    assert curie_of(own) == MOUSE
    assert not decisions.in_force().exists()
    assert client.get(f"/deposit/{study.pk}/-/terms").status_code == 404
    client.logout()
    assert "/accounts/login" in client.get("/review/terms")["Location"]


def test_a_page_beyond_the_end(client: Client, study: Study) -> None:
    page = client.get("/review/terms?after=zzzz&in=variable&field=organism")
    assert (page.status_code, "There is nothing more here" in page.text) == (200, True)
    assert client.get("/review/terms?after=%00&in=%ff&field=nonsense").status_code == 200


def test_decisions_are_listed_downloaded_and_brought_in(client: Client, study: Study) -> None:
    client.post("/review/terms/decide", {"row": "1", "text-1": "lab mouse", "binding-1": "organism", "choice-1": MOUSE})
    page = client.get("/review/terms/decisions?q=LAB").text
    assert "lab mouse" in page
    assert "Carla Curator" in page
    assert "No decision has this text" in client.get("/review/terms/decisions?q=nonsense%00&past=1").text
    data = client.get("/review/terms/decisions.sssom.tsv").content
    assert b"lab mouse\torganism\tskos:exactMatch\tNCBITaxon:10090\tMus musculus" in data
    other = data.replace(b"10090\tMus musculus", b"10116\tRat")
    for name, words in (("look", "What this file would change"), ("take", "What was taken from this file")):
        answer = client.post("/review/terms/take", {"file": io.BytesIO(other), name: "1"})
        assert words in answer.text
        assert "1 line says otherwise than a decision here, which stays" in answer.text
    assert decisions.in_force().get().curie == MOUSE
    client.post("/review/terms/take", {"file": io.BytesIO(other), "replace": "1"})
    assert decisions.in_force().get().curie == "NCBITaxon:10116"
    assert "taken back" not in client.get("/review/terms/decisions").text
    assert "replaced" in client.get("/review/terms/decisions?past=1").text
    client.post(f"/review/terms/undo/{MappingAct.objects.latest('pk').pk}")
    assert decisions.in_force().get().curie == MOUSE
    for given in (b"no set", b"\xff", b""):
        refused = client.post("/review/terms/take", {"file": io.BytesIO(given)})
        assert (refused.status_code, "alert-danger" in refused.text) == (400, True)
    refused = client.post("/review/terms/take", {"file": io.BytesIO(data + b"\n" * 20_001)})
    assert "more than 20000 lines" in refused.text
    assert "manage.py sssom import" in refused.text
    assert "Choose an SSSOM file first" in client.post("/review/terms/take").text
    assert client.get("/review/terms/decisions?after=nonsense").status_code == 400


def test_depositors_choices_are_taken_or_left(client: Client, study: Study) -> None:
    own = with_organism("lab rat", submit=False)
    carla = client.session["_auth_user_id"]
    client.force_login(own.owner)
    sent = {"row": "1", "text-1": "lab rat", "binding-1": "organism", "choice-1": "NCBITaxon:10116"}
    client.post(f"/deposit/{own.pk}/-/terms/decide", sent)
    assert client.get("/review/terms/proposals").status_code == 403
    other = with_organism("lab rat", submit=False)
    client.force_login(other.owner)
    page = client.get(f"/deposit/{other.pk}/-/terms").text
    assert "lab rat" in page
    assert 'data-tier="proposed"' not in page, "what others choose in their drafts"
    client.force_login(User.objects.get(pk=carla))
    (proposal,) = decisions.proposals()
    assert "Rattus norvegicus" in client.get("/review/terms/proposals").text
    answer = client.post(f"/review/terms/proposals/{proposal.pk}", {"accept": "1"}, follow=True)
    assert "“lab rat” stands for Rattus norvegicus" in answer.text
    assert "Nothing waits" in answer.text
    again = client.post(f"/review/terms/proposals/{proposal.pk}", {"decline": "1"}, follow=True)
    assert "not there any more" in again.text


def test_outdated_terms_are_replaced(client: Client, study: Study) -> None:
    mouse = with_organism("Mus musculus")
    assert "No term in use is outdated" in client.get("/review/terms/updates").text
    Term.objects.filter(curie=MOUSE).update(obsolete=True, replaced_by="NCBITaxon:10116", consider="NCBITaxon:9606")
    page = client.get("/review/terms/updates").text
    for words in ("Mus musculus", "obsolete", "its replacement", "Rattus norvegicus", "to consider", "Homo sapiens"):
        assert words in page
    refused = client.post("/review/terms/replace", {"row": "1", "curie-1": MOUSE, "term-1": "mouse"}, follow=True)
    assert "is no term of this site" in refused.text
    sent = {"row": "1", "curie-1": MOUSE, "choice-1": "NCBITaxon:10116"}
    answer = client.post("/review/terms/replace", sent, follow=True)
    assert "1 value in 1 study have another term now" in answer.text
    assert curie_of(mouse) == "NCBITaxon:10116"
    assert client.get(f"/review/{mouse.pk}/terms/updates").status_code == 200
    assert client.post("/review/terms/replace", {}, follow=True).status_code == 200
