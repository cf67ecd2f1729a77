"""Copying from another study and lab templates, page by page, as a browser without JavaScript uses them."""

import re
from typing import Any

import pytest
from django.test import Client

from catalogue import documents, services
from catalogue.access import Actor
from catalogue.models import LabTemplate, Study
from tests import factory
from tests.portal import publishing

pytestmark = pytest.mark.django_db


def of(study: Study, part: str) -> Any:
    return documents.read(Study.objects.get(pk=study.pk))[part]


@pytest.fixture
def target(client: Client) -> Study:
    made = factory.draft()
    client.force_login(made.owner)
    return made


def preview(client: Client, target: Study, source: str, *paths: str, mode: str = "fill") -> tuple[str, dict[str, Any]]:
    """The page that shows what would change, and what its form would send."""
    fields = {"from": source, "path": paths, "mode": mode}
    page = client.post(f"/deposit/{target.pk}/-/copy/preview", fields).text
    shown = re.search(r'name="shown" value="(\w+)"', page)
    take = re.findall(r'name="take" value="([^"]+)" checked', page)
    return page, {**fields, "take": take, "shown": shown[1] if shown else ""}


def test_parts_of_a_study_are_chosen_seen_and_copied(client: Client, target: Study) -> None:
    source = factory.study(target.owner)
    page = client.get(f"/deposit/{target.pk}/-/copy").text
    assert f"?from=study:{source.pk}" in page
    page = client.get(f"/deposit/{target.pk}/-/copy", {"from": f"study:{source.pk}"}).text
    assert 'value="study/licence"' in page
    assert "Depositor, Ada" in page
    page, fields = preview(client, target, f"study:{source.pk}", "contributor", "study/licence")
    assert "University of Colorado Anschutz" in page, "people bring their organisations"
    assert "CC BY 4.0" in page
    assert of(target, "contributors") == []
    answer = client.post(f"/deposit/{target.pk}/-/copy/apply", fields, follow=True)
    assert "3 changes were made." in answer.text
    assert [row["family_name"] for row in of(target, "contributors")] == ["Depositor"]
    page = client.get(f"/deposit/{target.pk}/study").text
    assert f"copied from a study: the study “{source.title}”" in page
    client.post(f"/deposit/{target.pk}/-/study/save", {"licence": "CC0-1.0"})
    assert "copied from a study" not in client.get(f"/deposit/{target.pk}/study").text


def test_what_changed_since_is_shown_again(client: Client, target: Study) -> None:
    source = factory.study(target.owner)
    _page, fields = preview(client, target, f"study:{source.pk}", "study/title", mode="update")
    client.post(f"/deposit/{target.pk}/-/study/save", {"title": "typed meanwhile"})
    answer = client.post(f"/deposit/{target.pk}/-/copy/apply", fields)
    assert answer.status_code == 409
    assert "Nothing was copied" in answer.text
    assert "typed meanwhile" in answer.text
    assert of(target, "study")["title"] == "typed meanwhile"


def test_choosing_nothing_says_so(client: Client, target: Study) -> None:
    source = factory.study(target.owner)
    answer = client.post(f"/deposit/{target.pk}/-/copy/preview", {"from": f"study:{source.pk}"}, follow=True)
    assert "Choose what to copy." in answer.text


@pytest.mark.parametrize("source", ["study:{}", "template:{}", "study:x", "published:VIT-999", "nonsense", ""])
def test_what_one_may_not_see_cannot_be_copied(client: Client, target: Study, source: str) -> None:
    other = factory.study()
    kept = services.save_template(actor=Actor(other.owner), study_id=other.pk, name="theirs", paths=["acquisition"])
    source = source.format(other.pk if source.startswith("study") else kept.pk)
    fields = {"from": source, "path": ["acquisition"], "take": ["acquisition/1"], "shown": "x"}
    assert client.post(f"/deposit/{target.pk}/-/copy/preview", fields).status_code == 404
    assert client.post(f"/deposit/{target.pk}/-/copy/apply", fields).status_code == 404
    stranger = Client()
    stranger.force_login(other.owner)
    assert stranger.get(f"/deposit/{target.pk}/-/copy").status_code == 404


def test_a_template_is_kept_used_renamed_and_deleted(client: Client, target: Study) -> None:
    source = factory.study(target.owner)
    assert "acquisition" in client.get(f"/deposit/{source.pk}/-/template").text
    fields = {"name": "our microscope", "path": ["acquisition"]}
    assert "our microscope" in client.post(f"/deposit/{source.pk}/-/template/save", fields, follow=True).text
    kept = LabTemplate.objects.get()
    page, fields = preview(client, target, f"template:{kept.pk}", "acquisition")
    assert "Nothing is changed yet" in page
    client.post(f"/deposit/{target.pk}/-/copy/apply", fields)
    assert "from a lab template: the lab template “our microscope”" in client.get(f"/deposit/{target.pk}/imaging").text
    client.post(f"/deposit/templates/{kept.pk}/change", {"name": "the old microscope"})
    assert "the old microscope" in client.get("/deposit/templates").text
    assert "needs a name" in client.post(f"/deposit/templates/{kept.pk}/change", {"name": ""}, follow=True).text
    client.post(f"/deposit/templates/{kept.pk}/delete")
    assert not LabTemplate.objects.exists()


def test_a_published_study_of_others_is_copied_without_what_is_not_public(client: Client, target: Study) -> None:
    published = publishing.published()
    accession = published.accession
    page = client.get(f"/deposit/{target.pk}/-/copy", {"accession": f" {accession} "}).text
    assert f'value="published:{accession}"' in page
    page, fields = preview(client, target, f"published:{accession}", "contributor", "biosample", "specimen")
    assert "ada@example.org" not in page
    client.post(f"/deposit/{target.pk}/-/copy/apply", fields)
    assert [row["family_name"] for row in of(target, "contributors")] == ["Depositor"]
    (specimen,) = of(target, "specimens")
    (sample,) = of(target, "biosamples")
    assert specimen["biosample"] == sample["id"]
