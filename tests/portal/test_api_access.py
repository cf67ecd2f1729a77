"""Nothing of a draft, or of the later edits of a published study, is in any answer for people it is not shared with."""

import json
from collections.abc import Callable, Iterator
from io import BytesIO
from typing import Any

import numpy as np
import pytest
import tifffile
from django.core.wsgi import get_wsgi_application
from django.test import Client

from base import jobs, tokens
from catalogue import documents, files, services
from catalogue.access import Actor
from catalogue.models import Study, StudyComponent
from portal.errors import status_of
from publishing.delivery import DeliveryApp
from publishing.search import SearchIndex
from publishing.search.documents.making import all_documents
from tests import factory
from tests.portal.api_calls import TUS, bearer, call, problem_of
from tests.portal.publishing import publish, terms

pytestmark = pytest.mark.django_db

SECRET = "Unpublished-Xylophone"


def pixels() -> bytes:
    out = BytesIO()
    tifffile.imwrite(out, np.arange(64 * 64, dtype=np.uint16).reshape(64, 64), tile=(32, 32))
    return out.getvalue()


def filled(published: bool) -> Study:
    """A draft with a real image; if `published`, its version 1 is out and the draft of version 2 has secrets."""
    study = factory.study(images=0) if published else factory.study(images=0, title=SECRET)
    first = factory.upload(study, "first.tif", pixels())
    assert first is not None
    jobs.run_queued(study.pk)
    owner = Actor(study.owner)
    component = StudyComponent.objects.get(study=study)
    files.assign(actor=owner, study_id=study.pk, file_ids=[first.pk], component_id=component.pk)
    if published:
        services.submit(actor=owner, study_id=study.pk)
        publish(study)
        services.start_new_version(actor=owner, study_id=study.pk)
        study.refresh_from_db()
        document = documents.read(study)
        document["study"] |= {"title": SECRET, "description": f"{SECRET} {SECRET}"}
        document["biosamples"][0]["title"] = SECRET
        document["biosamples"][0]["organisms"][0]["organism"] = {"text": "Mammalia", "curie": "NCBITaxon:40674"}
        documents.write(owner, study, document)
        factory.upload(study, f"{SECRET}.tif", pixels())
        jobs.run_queued(study.pk)
    study.refresh_from_db()
    return study


@pytest.fixture
def indexed(index: SearchIndex) -> Callable[[], object]:
    """Puts what is published into the index."""
    return lambda: index.rebuild(all_documents())


def strangers(study: Study) -> Iterator[tuple[str, dict[str, str]]]:
    token, secret = tokens.issue(user=study.owner, name="revoked")
    tokens.revoke(user=study.owner, token_id=token.pk)
    yield "anonymous", dict(TUS)
    yield "somebody else", bearer(factory.user())
    yield "a curator", bearer(factory.curator())
    yield "a revoked token", {"Authorization": f"Bearer {secret}", **TUS}
    yield "a link that is none", dict(TUS)


def addresses(study: Study) -> list[str]:
    number = study.accession or "VIT-1"
    base = ["/", "/search?q=" + SECRET, "/search", "/sitemap.xml", "/terms/NCBITaxon:40674", "/terms/NCBITaxon:9606"]
    base += ["/api/v1/publications", "/api/v1/studies", "/api/v1/review"]
    for version in ("", "/v1", "/v2"):
        base += [f"/api/v1/publications/{number}{version}{rest}" for rest in ("", "/images", "/files")]
        base += [f"/studies/{number}{version}{rest}" for rest in ("", "/files", "/package.zip")]
        base += [f"/studies/{number}{version}.{end}" for end in ("ttl", "jsonld", "nt", "rdf", "datacite.xml")]
    for image in study.images.all():
        base += [f"/images/{image.pk}", f"/api/v1/images/{image.pk}"]
    base += [f"/deposit/{study.pk}/{step}" for step in ("study", "files", "check", "preview")]
    base += [f"/review/{study.pk}", f"/api/v1/studies/{study.pk}", f"/api/v1/studies/{study.pk}/document"]
    return base


@pytest.mark.parametrize("published", [False, True], ids=["never published", "later edits"])
def test_pages_and_api(published: bool, indexed: Callable[[], object]) -> None:
    terms()
    study = filled(published)
    indexed()
    for who, headers in strangers(study):
        for address in addresses(study):
            link = "?link=guess" if "link" in who and "?" not in address else ""
            answer = call("get", address + link, **headers)
            body = b"".join(answer) if answer.streaming else answer.content
            text = body.decode("utf-8", "replace").replace(f"q={SECRET}", "").replace(f'value="{SECRET}"', "")
            assert answer.status_code < 500, (who, address)
            if address.startswith("/search?q="):
                continue  # repeats what was asked for
            assert SECRET not in text, (who, address)


def deliver(path: str, headers: dict[str, str], method: str = "GET") -> tuple[int, dict[str, str], bytes]:
    app = DeliveryApp(get_wsgi_application(), status_of)
    seen: dict[str, Any] = {}

    def start(line: str, found: list[tuple[str, str]]) -> None:
        seen.update(status=int(line[:3]), headers=dict(found))

    environ = {
        "REQUEST_METHOD": method, "PATH_INFO": path, "QUERY_STRING": "", "wsgi.input": BytesIO(),
        "SERVER_NAME": "testserver", "SERVER_PORT": "80", "wsgi.url_scheme": "http",
        **{f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items()},
    }  # fmt: skip
    body = b"".join(app(environ, start))
    return seen["status"], seen["headers"], body


@pytest.mark.django_db(transaction=True)  # delivery closes old connections
@pytest.mark.parametrize("published", [False, True], ids=["never published", "later edits"])
def test_image_data(published: bool) -> None:
    study = filled(published)
    file = study.files.order_by("-id")[0]
    image = study.images.order_by("-id")[0]
    paths = ("zarr.json", "0/zarr.json", "0/c/0/0/0/0/0", "", "x")
    places = [f"/data/{image.pk}/ome-zarr-0.5/{path}" for path in paths]
    places += [f"/data/{image.pk}/thumbnail.jpg", f"/data/files/{file.pk}"]
    for who, headers in strangers(study):
        for place in places:
            for method in ("GET", "HEAD"):
                status, answered, body = deliver(place, headers, method)
                assert status == 404, (who, place)
                assert answered["Cache-Control"] == "no-store"
                assert "ETag" not in answered
                assert "Access-Control-Allow-Origin" not in answered
                assert SECRET.encode() not in body
    owner = bearer(study.owner)
    for place in places[:3] + places[-2:]:
        status, answered, _ = deliver(place, owner)
        assert status == 200, place
        assert answered["Cache-Control"] == "private, no-cache"
        assert {"Cookie", "Authorization"} <= {one.strip() for one in answered["Vary"].split(",")}
        assert "Access-Control-Allow-Origin" not in answered
        assert answered["X-Content-Type-Options"] == "nosniff"


def test_a_curator_sees_a_study_once_it_is_sent_in_and_not_before() -> None:
    study = factory.study()
    headers = bearer(factory.curator())
    address = f"/api/v1/studies/{study.pk}/document"
    problem_of(call("get", address, **headers), 404)
    services.submit(actor=Actor(study.owner), study_id=study.pk)
    assert call("get", address, **headers).status_code == 200
    services.withdraw(actor=Actor(study.owner), study_id=study.pk)
    problem_of(call("get", address, **headers), 404)


def test_drafts_are_not_kept_by_caches() -> None:
    study = factory.study()
    headers = bearer(study.owner)
    browser = Client()
    browser.force_login(study.owner)
    for address in (f"/api/v1/studies/{study.pk}/document", "/api/v1/studies", "/api/v1/me"):
        for answer in (call("get", address, **headers), browser.get(address)):
            assert answer.status_code == 200
            assert {"private"} & {one.strip() for one in answer["Cache-Control"].split(",")}, address
    for address in (f"/deposit/{study.pk}/study", f"/deposit/{study.pk}/files", "/deposit"):
        page = browser.get(address, follow=True)
        assert page.status_code == 200
        assert "private" in page.get("Cache-Control", ""), address


def test_curator_acts_on_a_withdrawn_draft_and_a_second_submit() -> None:
    study = factory.study()
    owner, curator = bearer(study.owner), bearer(factory.curator())
    base = f"/api/v1/studies/{study.pk}"
    assert call("post", f"{base}/submit", **owner).status_code == 200
    again = problem_of(call("post", f"{base}/submit", **owner), 409)
    assert "was sent to the curators by" in again["detail"]
    assert call("post", f"{base}/withdraw", **owner).status_code == 200
    for verb, body in (("approve", {}), ("return", {"note": "More."}), ("comments", {"text": "Hm", "path": ""})):
        found = problem_of(call("post", f"{base}/{verb}", body, **curator), 404, 409)
        assert found["detail"]
    study.refresh_from_db()
    assert study.state == Study.State.DRAFT
    rounds = list(study.review_rounds.values_list("decision", flat=True))
    assert rounds == ["withdrawn"]
    assert json.loads(call("get", f"{base}/comments", **owner).content)["items"] == []
