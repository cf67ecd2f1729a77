"""Saved searches: their page, their mail, their feed, and the API of all of it."""

from datetime import timedelta

import pytest
from django.core import mail
from django.http import QueryDict
from django.test import Client
from django.utils import timezone
from lxml import etree, html

from base.errors import Conflict, Invalid
from base.models import User
from publishing import saved_searches
from publishing.models import Publication, SavedSearch
from publishing.search import Query, SearchIndex, search_index
from publishing.search.documents.making import all_documents
from tests import factory
from tests.portal.api_calls import bearer, problem_of
from tests.portal.publishing import next_version, published, terms

pytestmark = pytest.mark.django_db
ATOM = "{http://www.w3.org/2005/Atom}"
A_DAY, A_WEEK = timedelta(days=1, minutes=1), timedelta(days=7, minutes=1)


@pytest.fixture
def study(index: SearchIndex) -> Publication:
    terms()
    made = published(images=2, title="Mitotic spindles in dividing cells")
    reindex()
    return made


def reindex() -> None:
    search_index().rebuild(all_documents())


def spindles(person: User, mail_: str = "daily") -> SavedSearch:
    return saved_searches.save(person=person, name="Spindles", query=Query("spindles"), mail=mail_)


def test_what_is_new_is_mailed_once_and_later_again(study: Publication) -> None:
    person = factory.user()
    spindles(person)
    now = timezone.now()
    assert saved_searches.mail_news(now + A_DAY) == 0, "what was there when it was saved is no news"

    newer = published(title="More <spindles> of other cells")
    published(title="Quiet cells that do nothing at all")
    reindex()
    assert saved_searches.mail_news(now + A_DAY / 2) == 0, "a day has not passed"
    assert saved_searches.mail_news(now + 2 * A_DAY) == 1
    assert saved_searches.mail_news(now + 2 * A_DAY) == 0
    assert saved_searches.mail_news(now + 3 * A_DAY) == 0

    (message,) = mail.outbox
    assert message.to == [person.email]
    assert "2 new hits: Spindles" in message.subject  # the study and its image
    assert "More <spindles> of other cells" in message.body
    assert f"/studies/{newer.accession}" in message.body
    assert study.accession not in message.body
    assert "Quiet" not in message.body

    next_version(study, description="A new version of these spindles is news again, and is told once.")
    reindex()
    assert saved_searches.mail_news(now + 4 * A_DAY) == 1
    assert f"/studies/{study.accession}" in mail.outbox[1].body
    assert mail.outbox[1].extra_headers["Message-ID"] != message.extra_headers["Message-ID"]


def test_mail_comes_when_it_is_wanted_and_to_whom_it_is_wanted(study: Publication) -> None:
    weekly, silent, gone = (factory.user() for _ in range(3))
    spindles(weekly, "weekly")
    spindles(silent, "")
    spindles(gone)
    User.objects.filter(pk=gone.pk).update(is_active=False)
    now = timezone.now()
    published(title="More spindles of other cells")
    reindex()
    assert saved_searches.mail_news(now + A_DAY) == 0
    assert saved_searches.mail_news(now + A_WEEK) == 1
    assert mail.outbox[0].to == [weekly.email]


def test_a_mail_that_is_refused_is_sent_later(study: Publication, settings: object) -> None:
    spindles(factory.user())
    now = timezone.now() + A_DAY
    published(title="More spindles of other cells")
    reindex()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"  # type: ignore[attr-defined]
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1  # type: ignore[attr-defined]  # nobody answers there
    assert saved_searches.mail_news(now) == 0
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"  # type: ignore[attr-defined]
    assert saved_searches.mail_news(now) == 1


def test_a_search_is_saved_once_and_only_if_it_can_be_read() -> None:
    person = factory.user()
    spindles(person)
    with pytest.raises(Conflict, match="Spindles"):
        spindles(person)
    with pytest.raises(Invalid) as wrong:
        saved_searches.save(person=person, name=" ", query=Query('"open'), mail="hourly")
    assert [problem.path for problem in wrong.value.problems] == ["q", "name", "mail"]
    with pytest.raises(Invalid) as wrong:
        saved_searches.save(person=person, name="Long", query=Query("ж" * 900), mail="")
    assert [problem.path for problem in wrong.value.problems] == ["q"]


def test_the_page_saves_changes_and_removes(client: Client, study: Publication) -> None:
    assert client.get("/search/saved").status_code == 302, "only for those signed in"
    person = factory.user()
    client.force_login(person)
    assert "You have saved no searches" in client.get("/search/saved").text

    given = {"q": "spindles", "licence": ["CC-BY-4.0", "CC0-1.0"], "page": 3}
    given |= {"name": "All <spindles>", "mail": "weekly"}
    page = client.post("/search/saved", given, follow=True).text
    (link,) = html.fromstring(page).xpath("//tbody//th/a")
    assert link.text == "All <spindles>"
    assert Query.of(QueryDict(link.get("href").partition("?")[2])) == Query(
        "spindles", {"licence": ("CC-BY-4.0", "CC0-1.0")}
    )
    assert client.get(link.get("href")).status_code == 200

    saved = SavedSearch.objects.get()
    address = f"/search/saved/{saved.pk}"
    client.post(address, {"name": "Spindles", "mail": ""})
    saved.refresh_from_db()
    assert (saved.name, saved.mail) == ("Spindles", "")

    other = Client()
    other.force_login(factory.user())
    assert other.post(address, {"remove": "1"}).status_code == 404
    assert client.post("/search/saved", {"q": "(", "name": "wrong"}).status_code == 400
    client.post(address, {"remove": "1"})
    assert not SavedSearch.objects.exists()


def test_the_feed_lists_hits_newest_first_page_by_page(client: Client, study: Publication) -> None:
    newer = published(images=60, title="More <spindles> of other cells")
    Publication.objects.filter(pk=newer.pk).update(published_at=timezone.now() + timedelta(seconds=2))
    reindex()
    answer = client.get("/search.atom?q=spindles&sort=oldest&type=study,image")
    assert answer["Content-Type"] == "application/atom+xml; charset=utf-8"
    feed = etree.fromstring(answer.content)
    entries = feed.findall(f"{ATOM}entry")
    assert len(entries) == 50
    assert entries[0].findtext(f"{ATOM}title") == "More <spindles> of other cells"
    assert entries[0].find(f"{ATOM}link").get("href").endswith(f"/studies/{newer.accession}")  # type: ignore[union-attr]
    assert feed.findtext(f"{ATOM}id").endswith("/search.atom?q=spindles&type=study&type=image")  # type: ignore[union-attr]

    links = {link.get("rel"): link.get("href") for link in feed.findall(f"{ATOM}link")}
    following = etree.fromstring(client.get(str(links["next"])).content).findall(f"{ATOM}entry")
    assert len(following) == 61 + 3 - 50
    ids = {entry.findtext(f"{ATOM}id") for entry in (*entries, *following)}
    assert len(ids) == 64


def test_the_api_searches_with_the_same_language(client: Client, study: Publication) -> None:
    published(images=3, title="More spindles of other cells")
    reindex()
    answer = client.get("/api/v1/search?q=organism:Mammalia+spindles&size=2&sort=newest").json()
    assert answer["total"] == 7
    seen = [hit["id"] for hit in answer["hits"]]
    while answer["next"]:
        answer = client.get(answer["next"]).json()
        seen += [hit["id"] for hit in answer["hits"]]
    assert len(seen) == len(set(seen)) == 7
    assert client.get(answer["hits"][-1]["url"]).status_code == 200

    wrong = problem_of(client.get("/api/v1/search", {"q": "spindles pixel_size:<wide"}), 400)  # type: ignore[arg-type]
    (problem,) = wrong["problems"]
    assert problem["path"] == "q"
    assert "Characters 21 to 25: “<wide”" in problem["message"]


@pytest.mark.parametrize("wrong", ["type=images", "sort=best", "size=0", "size=x", "page=10001"])
def test_the_api_says_what_it_does_not_know(client: Client, wrong: str) -> None:
    told = problem_of(client.get(f"/api/v1/search?q=cells&{wrong}"), 400)  # type: ignore[arg-type]
    (problem,) = told["problems"]
    assert problem["path"] == wrong.partition("=")[0]
    assert wrong.partition("=")[2] in problem["message"]


def test_the_api_completes_what_is_typed(client: Client, study: Publication) -> None:
    (suggested, *_) = client.get("/api/v1/search/suggest", {"text": "homo"}).json()["items"]
    assert suggested["text"] == "Homo sapiens"
    assert client.get("/api/v1/search/keys", {"text": "zzz"}).json() == {"items": []}
    problem_of(client.get("/api/v1/search/values"), 400)  # type: ignore[arg-type]


def test_the_api_keeps_searches(client: Client, study: Publication) -> None:
    person = factory.user()
    headers = bearer(person)
    body = {"name": "Spindles", "parameters": "q=spindles&licence=CC-BY-4.0&page=7", "mail": "daily"}
    made = client.post("/api/v1/saved-searches", body, "application/json", headers=headers)
    assert made.status_code == 201
    assert made.json()["parameters"] == "q=spindles&licence=CC-BY-4.0"
    assert client.get("/api/v1/saved-searches", headers=headers).json() == [made.json()]
    address = f"/api/v1/saved-searches/{made.json()['id']}"
    problem_of(client.delete(address, headers=bearer(factory.user())), 404)  # type: ignore[arg-type]
    assert client.delete(address, headers=headers).status_code == 204
    problem_of(client.get("/api/v1/saved-searches"), 401)  # type: ignore[arg-type]
