"""What an attacker tries from outside: forged forms, forged hosts, redirects elsewhere, script in every text."""

import json
import re
from typing import Any

import pytest
from django.test import Client

from catalogue import documents, services
from catalogue.access import Actor
from catalogue.models import Channel, File, Image, KeyName, KeyText, KeyValue, Study
from catalogue.rules.fields import Kind
from catalogue.rules.rembi import MODULES
from tests import factory
from tests.portal.publishing import publish

pytestmark = pytest.mark.django_db

ATTACK = "</script><script>alert(1)</script>\"'><img src=x onerror=alert(2)>{{7*7}}<!--"


def test_api_writes_of_a_session_need_the_csrf_token() -> None:
    study = factory.study()
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(study.owner)
    address = f"/api/v1/studies/{study.pk}/study"
    answer = browser.patch(address, json.dumps({"title": "Forged"}), content_type="application/json")
    assert (answer.status_code, answer["Content-Type"]) == (403, "application/problem+json")
    for method, place in (("post", "/api/v1/tokens"), ("post", "/uploads/"), ("delete", f"/api/v1/studies/{study.pk}")):
        forged = browser.generic(method.upper(), place, b"{}", "application/json", headers={"Tus-Resumable": "1.0.0"})
        assert forged.status_code == 403, place
    study.refresh_from_db()
    assert study.title != "Forged"


@pytest.mark.parametrize(
    "path", ["/", "/search", "/accounts/login/", "/no-such-page", "/api/v1/", "/api/v1/me", "/api/v1/no", "/uploads/",
             "/api/", "/api/v1/schema", "/sitemap.xml", "/data/x", "/deposit", "/search?page=x"],
)  # fmt: skip
def test_every_answer_has_the_safety_headers(client: Client, path: str) -> None:
    for method in ("GET", "POST", "DELETE"):
        answer = client.generic(method, path)
        assert answer.status_code < 500
        assert "default-src 'self'" in answer["Content-Security-Policy"], (method, path)
        assert "'unsafe-eval'" not in answer["Content-Security-Policy"]
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["X-Frame-Options"] == "DENY"
        assert answer["Referrer-Policy"] == "same-origin"


def test_links_do_not_follow_the_host_header(settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    settings.PUBLIC_URL = "https://vitrine.example.org"
    publication = publish(factory.submitted())
    client = Client(headers={"Host": "evil.example.com", "X-Forwarded-Host": "evil.example.com"})
    number = publication.accession
    places = ["/sitemap.xml", f"/studies/{number}", "/", "/search", "/api/v1/", f"/api/v1/publications/{number}"]
    places += [f"/studies/{number}.{end}" for end in ("ttl", "jsonld", "rdf", "nt")]
    for place in places:
        answer = client.get(place)
        body = b"".join(answer) if answer.streaming else answer.content
        assert b"evil.example.com" not in body, place
        assert "evil.example.com" not in str(answer.headers), place


def test_a_host_that_is_not_ours_is_refused() -> None:
    answer = Client(headers={"Host": "evil.example.com"}).get("/accounts/password/reset/")
    assert answer.status_code == 400


@pytest.mark.parametrize(
    "target",
    ["https://evil.example.com/", "//evil.example.com", "/\\evil.example.com", "javascript:alert(1)",
     "https:evil.example.com", " //evil.example.com"],
)  # fmt: skip
def test_sign_in_leads_nowhere_else(client: Client, target: str) -> None:
    person = factory.user()
    form = {"login": person.email, "password": "a long password", "next": target}
    answer = client.post("/accounts/login/", form)
    assert answer.status_code == 302
    assert answer["Location"].startswith("/")
    assert "evil" not in answer["Location"]
    assert "alert" not in answer["Location"]


def attacked() -> Study:
    """A study in which each text field, file, channel and key-value holds script."""
    study = factory.study(images=1)
    owner = Actor(study.owner)
    document = documents.read(study)
    for module in MODULES:
        rows = document[module.plural] if module.repeated else [document[module.plural]]
        for row in rows:
            for field in module.fields:
                if field.kind is Kind.LONGTEXT or field.name in {"title", "name", "family_name", "given_name"}:
                    row[field.name] = ATTACK
    document["study"] |= {"title": ATTACK, "description": ATTACK, "keywords": [{"text": ATTACK}]}
    documents.write(owner, study, document)
    File.objects.filter(study=study).update(path=f"{ATTACK}.tif")
    Image.objects.filter(study=study).update(name=ATTACK)
    image = study.images.get()
    Channel.objects.filter(image=image).update(name=ATTACK)
    key = KeyName.objects.create(namespace="x", name=ATTACK)
    value = KeyText.objects.create(digest=b"x", text=ATTACK)
    for entity, entity_id in (("image", image.pk), ("file", study.files.get().pk)):
        KeyValue.objects.create(study=study, entity=entity, entity_id=entity_id, key=key, value=value)
    study.refresh_from_db()
    return study


def harmless(page: str, address: str) -> None:
    assert "<script>alert" not in page, address
    assert "<img src=x" not in page, address
    assert "{{7*7}}" in page or "7*7" not in page, address
    for block in re.findall(r'<script type="application/[a-z+]*json"[^>]*>(.*?)</script>', page, re.DOTALL):
        json.loads(block)


def test_script_in_texts_stays_text() -> None:
    study = attacked()
    owner, curator = Client(), Client()
    owner.force_login(study.owner)
    curator.force_login(factory.curator(ATTACK))
    steps = [module.plural for module in MODULES] + ["files", "check", "preview", "study"]
    for address in [f"/deposit/{study.pk}/{step}" for step in steps] + ["/deposit"]:
        harmless(owner.get(address, follow=True).text, address)
    services.submit(actor=Actor(study.owner), study_id=study.pk)
    services.comment(actor=factory.actor(factory.curator()), study_id=study.pk, path="study/title", text=ATTACK)
    for address in ("/review", f"/review/{study.pk}"):
        page = curator.get(address)
        assert page.status_code == 200
        harmless(page.text, address)
    study.refresh_from_db()
    publication = publish(study)
    image = study.images.get()
    for address in ("/", f"/studies/{publication.accession}", f"/images/{image.pk}",
                    f"/studies/{publication.accession}/files", f"/search?q={ATTACK}"):  # fmt: skip
        page = Client().get(address)
        assert page.status_code == 200, address
        harmless(page.text, address)
    assert "alert(1)" in Client().get(f"/studies/{publication.accession}").text
