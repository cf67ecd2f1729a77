"""Texts without a term and decisions on them, by the API and by commands."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.http import HttpResponse

from catalogue import documents, services
from catalogue.access import Actor
from catalogue.models import Study
from ontology.loading import load_starter
from ontology.mapping import decisions, sssom
from tests import factory
from tests.portal.api_calls import bearer, call, problem_of

pytestmark = pytest.mark.django_db

MOUSE = "NCBITaxon:10090"


@pytest.fixture(autouse=True)
def starter(db: Any) -> None:
    load_starter()


@pytest.fixture
def study() -> Study:
    """A study in review with three organisms that are no names."""
    made = factory.study()
    document = documents.read(made)
    document["biosamples"][0]["organisms"] = [{"organism": {"text": text}} for text in ("lab mouse", "b: rat", "c fly")]
    documents.write(Actor(made.owner), made, document)
    services.submit(actor=Actor(made.owner), study_id=made.pk)
    made.refresh_from_db()
    return made


def test_texts_are_listed_decided_and_given_back(study: Study) -> None:
    curator = bearer(factory.curator())
    keys, address = [], "/api/v1/unmapped?binding=organism&limit=2"
    while address:
        answer = of_json(call("get", address, **curator))
        keys += [item["key"] for item in answer["items"]]
        address = answer["next"]
    assert keys == ["organism:b: rat", "organism:c fly", "organism:lab mouse"]
    choices = [{"text": "LAB mouse", "binding": "organism", "curie": MOUSE, "predicate": "skos:closeMatch"},
               {"text": "c fly", "binding": "organism", "curie": None}]  # fmt: skip
    done = call("post", "/api/v1/decisions", {"choices": choices}, **curator)
    assert (done.status_code, of_json(done)["places"], of_json(done)["studies"]) == (201, 1, 1)
    rows = of_json(call("get", f"/api/v1/studies/{study.pk}/unmapped?binding=organism", **curator))["items"]
    assert [row["text"] for row in rows] == ["b: rat"]
    assert sssom.read(call("get", "/api/v1/mappings.sssom.tsv").content).literals == (), "the texts of a draft"
    decisions.make_public(["Lab Mouse"])  # as a published study says it
    public = call("get", "/api/v1/mappings.sssom.tsv")
    assert public["Content-Type"].startswith("text/tab-separated-values")
    found = sssom.read(public.content)
    assert {one.text: (one.curie, one.people) for one in found.literals} == {"LAB mouse": (MOUSE, ())}
    undone = of_json(call("post", f"/api/v1/decisions/{of_json(done)['id']}/undo", **curator))
    assert undone == {"places": 1, "left": 0}
    problem_of(call("post", f"/api/v1/decisions/{of_json(done)['id']}/undo", **curator), 409)


def test_what_is_wrong_is_told_with_its_place(study: Study) -> None:
    curator, owner = bearer(factory.curator()), bearer(study.owner)
    choice = {"text": "lab mouse", "binding": "organism", "curie": "NCBITaxon:0"}
    told = problem_of(call("post", "/api/v1/decisions", {"choices": [choice]}, **curator), 400)
    assert told["problems"][0]["path"] == "choices/0/curie"
    for query in ("binding=hue", "after=nonsense", "limit=0"):
        problem_of(call("get", f"/api/v1/unmapped?{query}", **curator), 400)
    problem_of(call("get", "/api/v1/unmapped", **owner), 403)
    problem_of(call("post", "/api/v1/decisions", {"choices": [{**choice, "curie": None}]}, **owner), 403)
    problem_of(call("get", f"/api/v1/studies/{study.pk}/unmapped", **owner), 409)
    assert not decisions.all_of().exists()


def of_json(answer: HttpResponse) -> Any:
    return json.loads(answer.content)


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("sssom", *arguments, stdout=out, stderr=out)
    return out.getvalue()


def test_sets_go_out_and_in_by_command(study: Study, tmp_path: Path) -> None:
    curator = factory.curator("Carla Curator")
    choices = [{"text": "lab mouse", "binding": "organism", "curie": MOUSE}]
    call("post", "/api/v1/decisions", {"choices": choices}, **bearer(curator))
    path = tmp_path / "out.sssom.tsv"
    run("export", str(path))
    assert run("export") == path.read_text()
    decisions.all_of().delete()
    assert "1 would be added" in run("import", str(path), "--curator", curator.email, "--dry-run")
    assert not decisions.all_of().exists()
    assert "1 added" in run("import", str(path), "--curator", curator.email)
    path.write_text(path.read_text().replace("10090", "10116").replace("skos:exactMatch", "owl:sameAs", 1))
    with pytest.raises(CommandError, match="Some lines were not taken"):
        run("import", str(path), "--curator", curator.email)
    with pytest.raises(CommandError, match="no-such"):
        run("import", str(tmp_path / "no-such"), "--curator", curator.email)
    with pytest.raises(CommandError, match="Only curators"):
        run("import", str(path), "--curator", study.owner.email)
    assert decisions.in_force().get().curie == MOUSE
