"""The curators' pages, as a browser without JavaScript uses them."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from catalogue import services
from catalogue.access import Actor
from catalogue.models import Comment, ReviewRound, Study
from tests import factory

pytestmark = pytest.mark.django_db


@pytest.fixture
def study(client: Client) -> Study:
    """A study that waits, a curator signed in."""
    made = factory.submitted()
    client.force_login(factory.curator())
    return made


def url(study: Study, rest: str = "") -> str:
    return f"/review/{study.pk}{rest}"


def title_row(client: Client, study: Study) -> str:
    return client.get(url(study)).text.split('id="f-study-title"')[1].split('class="review-row')[0]


def test_the_queue_is_for_curators(client: Client, study: Study) -> None:
    page = client.get("/review").text
    assert str(study.accession) in page
    assert url(study) in page
    client.force_login(study.owner)
    assert client.get("/review").status_code == 403
    assert client.get(url(study)).status_code == 403


def test_the_queue_is_filtered_by_words_age_and_decision(client: Client, study: Study) -> None:
    other = factory.submitted(title="Mitochondria of yeast, imaged while the cells divide")
    ReviewRound.objects.filter(study=other).update(submitted_at=timezone.now() - timedelta(days=8))

    def found(query: str) -> set[str]:
        return set(re.findall(r">(VIT-\d+)<", client.get(f"/review?{query}").text))

    assert found("") == {study.accession, other.accession}
    assert found("q=YEAST") == {other.accession}
    assert found(f"q={study.accession}") == {study.accession}
    assert found("days=7") == {other.accession}
    assert found("state=decided") == set()
    client.post(url(other, "/return"), {"note": "More words, please."})
    assert found("") == {study.accession}
    assert found("state=decided") == {other.accession}
    assert client.get("/review?after=nonsense").status_code == 400


def test_all_values_and_images_are_shown_with_a_margin(client: Client, study: Study) -> None:
    page = client.get(url(study)).text
    for words in (study.title, "NCBITaxon:9606", "Hoechst 33342", "CC BY 4.0", "University of Colorado Anschutz"):
        assert words in page
    image = study.images.get()
    assert f'href="/images/{image.pk}"' in page
    assert page.count('name="path" value="study/') >= 8
    for decision in ("Return with requests", "Yes, publish it", "Decide later"):
        assert decision in page


def test_a_comment_is_made_at_a_field_and_settled(client: Client, study: Study) -> None:
    answer = client.post(url(study, "/comment"), {"path": "study/title", "text": "Which line?"})
    assert answer["Location"] == url(study) + "#f-study-title"
    assert "Which line?" in title_row(client, study)
    comment = Comment.objects.get()
    client.post(url(study, f"/comments/{comment.pk}/reply"), {"path": "study/title", "text": "Or was it tissue?"})
    assert "Or was it tissue?" in title_row(client, study)
    client.post(url(study, f"/comments/{comment.pk}/resolve"))
    assert "Which line?" not in title_row(client, study)
    assert "1 settled remark" in client.get(url(study)).text
    client.post(url(study, f"/comments/{comment.pk}/reopen"))
    assert "Which line?" in title_row(client, study)
    assert "needs words" in client.post(url(study, "/comment"), {"path": "study/title", "text": " "}, follow=True).text


def test_a_study_is_returned_with_words_and_what_changed_is_marked(client: Client, study: Study) -> None:
    refused = client.post(url(study, "/return"), {"note": ""}, follow=True)
    assert "Say what is to be done" in refused.text
    client.post(url(study, "/return"), {"note": "Name the line."})
    study.refresh_from_db()
    assert study.state == Study.State.RETURNED
    owner = Actor(study.owner)
    values = {"title": "Cell Painting of Schwann cells of the line ipNF95.11bC"}
    services.save_fields(actor=owner, study_id=study.pk, module="study", entity_id=None, values=values, revision=None)
    services.submit(actor=owner, study_id=study.pk)
    page = client.get(url(study)).text
    assert re.findall(r'class="review-row changed" id="([^"]+)"', page) == ["f-study-title"]
    assert "round 2" in page
    assert "Name the line." in page


def test_approval_publishes_and_leads_to_the_page(client: Client, study: Study) -> None:
    answer = client.post(url(study, "/approve"), follow=True)
    assert answer.redirect_chain[-1][0] == f"/studies/{study.accession}/v1"
    assert answer.status_code == 200
    client.force_login(study.owner)
    page = client.get(f"/deposit/{study.pk}/study").text
    assert f"/studies/{study.accession}" in page
    assert "Correct it in a new version" in page
    client.post(f"/deposit/{study.pk}/-/new-version")
    study.refresh_from_db()
    assert (study.state, study.version) == (Study.State.DRAFT, 2)


@pytest.mark.parametrize("verb", ["return", "approve", "comment"])
def test_a_decision_on_a_withdrawn_draft_is_told_in_words(client: Client, study: Study, verb: str) -> None:
    services.withdraw(actor=Actor(study.owner), study_id=study.pk)
    for answer in (
        client.post(url(study, f"/{verb}"), {"note": "Too late.", "text": "Too late."}),
        client.get(url(study)),
    ):
        assert answer.status_code == 409
        assert "was withdrawn by Ada Depositor" in answer.text
    study.refresh_from_db()
    assert study.state == Study.State.DRAFT


def test_nobody_decides_on_a_study_of_their_own(client: Client) -> None:
    carla = factory.curator()
    study = factory.submitted(carla)
    client.force_login(carla)
    assert str(study.accession) not in client.get("/review").text
    assert client.get(url(study)).status_code == 403
    assert client.post(url(study, "/approve")).status_code == 403


def test_queries_do_not_grow(client: Client, study: Study, django_assert_max_num_queries: Any) -> None:
    factory.image(study)
    services.comment(actor=Actor(study.owner), study_id=study.pk, path="study/title", text="One remark")
    for address in ("/review", url(study)):
        client.get(address)
    with django_assert_max_num_queries(80) as queue:
        client.get("/review")
    with django_assert_max_num_queries(81) as page:
        client.get(url(study))
    large = factory.submitted(images=30)
    factory.submitted()
    for number in range(10):
        services.comment(actor=Actor(large.owner), study_id=large.pk, path="study/title", text=f"Remark {number}")
    with django_assert_max_num_queries(len(queue)):
        client.get("/review")
    with django_assert_max_num_queries(len(page)):
        client.get(url(large))
