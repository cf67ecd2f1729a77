"""Studies with many rows: lists in pages, found by a word, and forms that do not hold every choice many times over."""

import re
from typing import Any

import pytest
from django.test import Client

from catalogue import documents, services
from catalogue.access import Actor
from catalogue.models import Study
from portal.deposit.forms import LONG_LIST
from portal.deposit.sections import FORMS
from tests import factory

pytestmark = pytest.mark.django_db
MANY = LONG_LIST + 20


@pytest.fixture
def study(client: Client) -> Study:
    """A draft with many samples, and one preparation of the last of them."""
    made = factory.draft()
    samples = [{"id": f"s{number}", "title": f"Sample {number:03d}"} for number in range(MANY)]
    document = {
        "biosamples": samples,
        "specimens": [{"id": "p", "title": "Slide", "biosample": f"s{MANY - 1}"}],
    }
    documents.write(Actor(made.owner), made, document)
    client.force_login(made.owner)
    return made


def titles(page: str) -> list[str]:
    return re.findall(r'<summary class="study-card-title">(?:<span[^>]*>)?([^<]+)', page)


def ids(study: Study) -> list[str]:
    return [row["id"] for row in documents.read(study)["biosamples"]]


def test_rows_come_a_page_at_a_time(client: Client, study: Study) -> None:
    page = client.get(f"/deposit/{study.pk}/samples").text
    assert len(titles(page)) == FORMS
    assert f"1–{FORMS} of {MANY}" in page
    after = re.search(r'href="\?([^"#]+)#biosamples">Next', page)
    assert after is not None
    page = client.get(f"/deposit/{study.pk}/samples?{after[1].replace('&amp;', '&')}").text
    assert titles(page)[0].strip() == f"Sample {FORMS:03d}"
    page = client.get(f"/deposit/{study.pk}/samples", {"biosamples-page": "9999"}).text
    assert titles(page)[-1].strip() == f"Sample {MANY - 1:03d}"


def test_a_row_is_found_by_a_word_and_opened_by_its_id(client: Client, study: Study) -> None:
    page = client.get(f"/deposit/{study.pk}/samples", {"biosamples-q": "SAMPLE 07"}).text
    assert [title.strip() for title in titles(page)] == [f"Sample {number:03d}" for number in range(70, 80)]
    assert "nothing has this word" in client.get(f"/deposit/{study.pk}/samples", {"biosamples-q": "yeti"}).text
    last = ids(study)[-1]
    page = client.get(f"/deposit/{study.pk}/samples", {"open": last}).text
    assert re.search(rf'id="f-biosample-{last}"[^>]* open', page)


def test_rows_are_moved_and_copied_across_pages(client: Client, study: Study) -> None:
    first = ids(study)[FORMS]
    page = client.get(f"/deposit/{study.pk}/samples", {"open": first}).text
    assert f'name="position" value="{FORMS - 1}"' in page, "places count in the whole list"
    answer = client.post(f"/deposit/{study.pk}/-/biosample/{first}/copy", follow=True)
    assert titles(answer.text)[-1].strip() == f"Sample {FORMS:03d}", "the copy is opened, on the last page"


def test_a_long_list_of_choices_stands_in_the_page_once(client: Client, study: Study) -> None:
    page = client.get(f"/deposit/{study.pk}/preparation").text
    assert page.count("Sample 050") == 1
    assert '<template id="list-biosample">' in page
    chosen = documents.read(study)["specimens"][0]["biosample"]
    assert f'<option value="{chosen}" selected>Sample {MANY - 1:03d}' in page


def test_saving_one_form_leaves_the_other_pages_alone(client: Client, study: Study) -> None:
    row: Any = ids(study)[3]
    client.post(f"/deposit/{study.pk}/-/biosample/{row}/save", {"title": "Changed"})
    found = [one["title"] for one in documents.read(study)["biosamples"]]
    assert found[3] == "Changed"
    assert len(found) == MANY
    assert services.check(study).findings
