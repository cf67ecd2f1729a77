"""Private links: whatever a referee reaches by one names nobody; what others reach; and when it ends."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
from django.db.models import F
from django.test import Client
from django.utils import timezone
from lxml import html

from base.errors import Invalid, NotAllowed
from base.models import User
from catalogue import documents, services
from catalogue.access import Actor
from catalogue.exchange.dossier import Pair
from catalogue.models import (
    AccessGrant,
    Channel,
    File,
    Image,
    Study,
)
from catalogue.pairs import Writer
from portal.api.urls import urlpatterns as api_urls
from publishing.services import approve
from tests import factory

pytestmark = pytest.mark.django_db

# Whom the study names, in any writing that one would look for.
NAMES = (
    "Müller-Lüdenscheidt", "Mueller-Luedenscheidt", "Lüdenscheidt", "Henriette", "mueller", "0000-0002-1825-0097",
    "henriette.m@uni-kleinstadt.example", "henriette.m", "Kleinstadt", "03wmf1y16", "Okonkwo", "Chidi", "c.okonkwo",
    "Wu Li", "Curtis Curator", "Curtis", "Experimentalis", "101000000", "European Research Council",
    "10.1038/s41592-021-01166-8", "thank the core facility",
)  # fmt: skip


@pytest.fixture
def study() -> Study:
    """A study in review with its people named wherever there is a place for a name."""
    owner = factory.user("Chidi Okonkwo", orcid="0000-0001-5109-3700")
    User.objects.filter(pk=owner.pk).update(email="c.okonkwo@uni-kleinstadt.example")
    owner.refresh_from_db()
    document = factory.document(
        title="Schwann cells of the Müller-Lüdenscheidt laboratory, stained for actin",
        description="Imaged by Henriette Müller-Lüdenscheidt (H. Mueller-Luedenscheidt) and C. Okonkwo at the "
        "University of Kleinstadt; write to henriette.m@uni-kleinstadt.example.",
        keywords=[{"text": "cell painting"}, {"text": "Okonkwo staining"}],
        acknowledgements="We thank the core facility.",
        funding_statement="Paid by the European Research Council, 101000000.",
    )
    document["organisations"] = [
        {"id": "org", "name": "University of Kleinstadt", "ror": "https://ror.org/03wmf1y16", "address": "Kleinstadt 7"}
    ]
    document["contributors"] = [
        {"id": "h", "family_name": "Müller-Lüdenscheidt", "given_name": "Henriette", "orcid": "0000-0002-1825-0097",
         "email": "henriette.m@uni-kleinstadt.example", "affiliations": [{"organisation": "org"}],
         "roles": [{"role": "Author"}]},
        {"id": "w", "family_name": "Li", "given_name": "Wu", "affiliations": [{"organisation": "org"}],
         "roles": [{"role": "Author"}]},
    ]  # fmt: skip
    document["biosamples"][0]["description"] = "Given by Chidi OKONKWO; kept as okonkwo_17."
    document["acquisitions"][0]["image_acquisition_parameters"] = "Set by Wu Li: 20x, 100 ms."
    document["components"][0]["description"] = "Plate of mueller-luedenscheidt"
    made = services.create_study(actor=Actor(owner))
    documents.write(Actor(owner), made, document)
    for number in range(3):
        _image(made, number)
    services.submit(actor=Actor(owner), study_id=made.pk)
    curator = factory.curator("Curtis Curator")
    services.comment(actor=Actor(curator), study_id=made.pk, path="study/title", text="Henriette, which line?")
    made.refresh_from_db()
    return made


def _image(study: Study, number: int) -> Image:
    image = factory.image(study, channels=2)
    Image.objects.filter(pk=image.pk).update(name=f"OkonkwoLab_{number}.tif", description="by henriette.m")
    Channel.objects.filter(image=image, index=0).update(name="Actin, Okonkwo")
    file = image.image_files.get().file
    File.objects.filter(pk=file.pk).update(path=f"Henriette/2021_mueller-luedenscheidt/okonkwo-{number}.ome.tif")
    pairs = [Pair("test", *it) for it in (("Operator", "Experimentalis"), ("Power", "5 mW"), ("Remark", "by Chidi"))]
    for entity, pk in (("image", image.pk), ("file", file.pk)):
        Writer(study).put(entity, {pk: pairs})
    return image


def link_of(study: Study, **fields: Any) -> str:
    """The secret of a new link."""
    wanted = {"name": "Referees", "expires_at": timezone.now() + timedelta(days=30), **fields}
    return services.make_link(actor=Actor(study.owner), study_id=study.pk, **wanted)[1]


def fetch(client: Client, address: str) -> tuple[int, dict[str, str], str]:
    """Status, headers and body. Data is served by another application: tests/publishing/test_delivery.py."""
    if address.startswith("/data/"):
        return 200, {}, ""
    answer = client.get(address)
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content  # type: ignore[attr-defined]
    return answer.status_code, dict(answer.headers), body.decode("utf-8", "replace")


def addresses_in(page: str, base: str, secret: str) -> Iterator[str]:
    """The addresses on a page that carry the link's secret."""
    if "<html" not in page[:2000]:
        return
    tree = html.fromstring(page)
    for attribute in ("href", "src", "data-source"):
        for value in tree.xpath(f"//@{attribute}"):
            parts = urlsplit(urljoin(base, value))
            if secret in parts.query and not parts.netloc:
                yield f"{parts.path}?{parts.query}"


def crawl(client: Client, start: str, secret: str) -> dict[str, tuple[int, dict[str, str], str]]:
    """Everything that is reached from an address by following addresses that carry the secret."""
    seen: dict[str, tuple[int, dict[str, str], str]] = {}
    waiting = [start]
    while waiting:
        address = waiting.pop()
        if address not in seen:
            seen[address] = fetch(client, address)
            waiting += addresses_in(seen[address][2], address, secret)
    return seen


def named_in(text: str) -> list[str]:
    return [name for name in NAMES if name.lower() in text.lower()]


def test_nothing_that_a_referee_reaches_names_anybody(client: Client, study: Study) -> None:
    secret = link_of(study)
    found = crawl(client, f"/private/{study.pk}?link={secret}", secret)
    kinds = {re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "ID", urlsplit(address).path) for address in found}
    assert {"/private/ID", "/private/ID/images", "/private/ID/files", "/images/ID", "/private/ID.ttl",
            "/private/ID.datacite.xml", "/private/ID.jsonld", "/data/ID/thumbnail.jpg"} <= kinds  # fmt: skip
    for address, (status, headers, body) in found.items():
        assert named_in(body.replace(secret, "")) == [], address
        assert named_in(" ".join(headers.values())) == [], address
        if not address.startswith("/data/"):
            assert status == 200, address
            assert "no-store" in headers["Cache-Control"], address
            assert "noindex" in headers["X-Robots-Tag"], address
            assert headers["Referrer-Policy"] == "same-origin", address
    page = found[f"/private/{study.pk}?link={secret}"][2]
    assert "Schwann cells of the [hidden] laboratory" in page
    assert "NF1 +/+" in page


def test_the_api_tells_a_referee_of_nobody_either(client: Client, study: Study) -> None:
    secret = link_of(study)
    image = Image.objects.filter(study=study).earliest("id")
    open_to_referees = set()
    for pattern in api_urls:
        path = "/" + str(pattern.pattern)
        path = path.replace("<uuid:study_id>", str(study.pk)).replace("<uuid:image_id>", str(image.pk))
        path = re.sub("<uuid:[a-z_]+>", str(image.pk), re.sub("<(?:str|slug|int):[a-z_]+>", "1", path))
        status, headers, body = fetch(client, f"{path}?link={secret}")
        assert named_in(body + " ".join(headers.values())) == [], path
        if status == 200 and str(study.pk) in path:
            open_to_referees.add(path)
    assert open_to_referees == {f"/api/v1/private/{study.pk}{rest}" for rest in ("", "/images", "/files")}


def test_pages_of_people_are_closed_to_a_referee(client: Client, study: Study) -> None:
    secret = link_of(study)
    for path in ("history", "diff", "links", "preview", "check", "people"):
        answer = client.get(f"/deposit/{study.pk}/{path}?link={secret}")
        assert answer.status_code in {302, 404}, path
    for path in ("", "/diff"):
        assert client.get(f"/review/{study.pk}{path}?link={secret}").status_code in {302, 404}


def test_a_blind_link_stays_blind_once_the_study_is_public_and_for_its_own_people(client: Client, study: Study) -> None:
    secret = link_of(study)
    approve(actor=Actor(factory.curator()), study_id=study.pk)
    client.force_login(study.owner)
    image = Image.objects.filter(study=study).earliest("id")
    for address in (f"/private/{study.pk}?link={secret}", f"/images/{image.pk}?link={secret}"):
        main = html.fromstring(client.get(address).text).get_element_by_id("main").text_content()
        assert named_in(main) == []


def test_an_open_link_shows_the_study_whole(client: Client, study: Study) -> None:
    secret = link_of(study, is_blind=False)
    page = client.get(f"/private/{study.pk}?link={secret}").text
    assert "Henriette Müller-Lüdenscheidt" in page
    assert "/data/files/" in client.get(f"/private/{study.pk}/files?link={secret}").text


def test_a_link_ends_by_itself_or_when_it_is_ended(client: Client, study: Study) -> None:
    secret = link_of(study)
    address = f"/private/{study.pk}?link={secret}"
    assert client.get(address).status_code == 200
    link = AccessGrant.objects.get()
    AccessGrant.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    answer = client.get(address)
    assert (answer.status_code, "This link is over" in answer.text) == (410, True)
    AccessGrant.objects.update(expires_at=F("created_at") + timedelta(days=30))
    services.end_link(actor=Actor(study.owner), study_id=study.pk, link_id=link.pk)
    assert client.get(address).status_code == 410
    assert client.get(f"/private/{study.pk}?link=guessed").status_code == 404
    assert client.get(f"/private/{study.pk}").status_code == 404


def test_links_are_made_by_those_who_manage_the_study(client: Client, study: Study) -> None:
    until = timezone.now() + timedelta(days=1)
    with pytest.raises(NotAllowed):
        services.make_link(actor=Actor(factory.curator()), study_id=study.pk, name="x", expires_at=until)
    for name, ends in ((" ", until), ("x", timezone.now()), ("x", timezone.now() + timedelta(days=400))):
        with pytest.raises(Invalid):
            services.make_link(actor=Actor(study.owner), study_id=study.pk, name=name, expires_at=ends)
    client.force_login(study.owner)
    answer = client.post(f"/deposit/{study.pk}/links", {"name": "Referees of a journal", "days": "30", "kind": "blind"})
    found = re.search(r"/private/[0-9a-f-]+\?link=[\w-]+", answer.text)
    assert found
    assert Client().get(found.group()).status_code == 200
    assert "okonkwo-0.ome.tif" in answer.text  # where names are, for its people to see
    assert found.group() not in client.get(f"/deposit/{study.pk}/links").text
    client.post(f"/deposit/{study.pk}/-/links/{AccessGrant.objects.get().pk}/end")
    assert Client().get(found.group()).status_code == 410


def test_the_same_by_the_api(client: Client, study: Study) -> None:
    client.force_login(study.owner)
    made = client.post(
        f"/api/v1/studies/{study.pk}/links", {"name": "Referees", "days": 10}, content_type="application/json"
    )
    assert made.status_code == 201
    secret = made.json()["address"].rpartition("=")[2]
    record = Client().get(f"/api/v1/private/{study.pk}?link={secret}").json()
    assert record["is_blind"]
    assert "contributors" not in record["record"]["study"]
    ended = client.post(f"/api/v1/studies/{study.pk}/links/{made.json()['id']}/end")
    assert ended.status_code == 204
    assert Client().get(f"/api/v1/private/{study.pk}?link={secret}").status_code == 410


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Maximum projection of Max Planck's data", "Maximum projection of [hidden]'s data"),
        ("max intensity", "max intensity"),
        ("A. PLANCK, planck2020.tif", "A. [hidden], [hidden]2020.tif"),
        ("the Planck-Institute's microscope", "the [hidden]-Institute's microscope"),
        ("0190f7a4-ada0-7000-8000-00000000abcd", "0190f7a4-ada0-7000-8000-00000000abcd"),
    ],
)
def test_what_is_hidden_in_a_text(text: str, shown: str) -> None:
    owner = factory.user("Max Planck")
    study = factory.draft(owner, title=text)
    _link, secret = services.make_link(
        actor=Actor(owner), study_id=study.pk, name="x", expires_at=timezone.now() + timedelta(days=1)
    )
    record = Client().get(f"/api/v1/private/{study.pk}?link={secret}").json()["record"]
    assert record["study"]["title"] == shown
