"""A plate's page: what stands where, how it is coloured, and who may see it."""

import json
import re
from typing import Any

import pytest
from django.test import Client
from lxml import html
from playwright.sync_api import Browser, expect
from pytest_django.live_server_helper import LiveServer

from catalogue import services
from catalogue.access import Actor
from catalogue.exchange.dossier import Pair
from catalogue.models import Image, Plate, Study, Well, WellSample
from catalogue.pairs import Writer
from catalogue.services.plates import place_wells
from catalogue.wells import label_of
from portal.public.plates import colours_of
from publishing.image_shapes import WellValues
from tests import factory
from tests.portal.publishing import publish

pytestmark = pytest.mark.django_db

GENES = ("NF1", "<WT> & co", "KRAS")


def with_plate(count: int = 6) -> tuple[Study, Plate]:
    """A study with this many images on one plate; their files have a gene and a dose."""
    study = factory.study(images=count)
    images = list(Image.objects.filter(study=study).order_by("id"))
    of_files = [image.image_files.get().file for image in images]
    place_wells(study=study, lines=[(f.pk, "Plate 2", label_of(n // 12, n % 12), None) for n, f in enumerate(of_files)])
    pairs = {
        f.pk: [Pair("", "gene", GENES[n % 3]), Pair("", "dose", str(n * 0.5), "µM"), Pair("", "all", "alike")]
        for n, f in enumerate(of_files)
    }
    Writer(study).put("file", pairs)
    return study, Plate.objects.get(study=study)


def published(count: int = 6) -> tuple[str, Plate]:
    study, plate = with_plate(count)
    services.submit(actor=Actor(study.owner), study_id=study.pk)
    study.refresh_from_db()
    return publish(study).accession, plate


def test_a_published_plate(client: Client) -> None:
    accession, plate = published()
    assert f"/studies/{accession}/v1/plates/{plate.pk}" in client.get(f"/studies/{accession}").text
    page = client.get(f"/studies/{accession}/plates/{plate.pk}")
    tree = html.fromstring(page.text)
    assert len(tree.xpath("//table//tbody/tr")) == 4  # of the smallest plate that is made with a row of six
    assert [th.text for th in tree.xpath("//thead//th")] == ["1", "2", "3", "4", "5", "6"]
    links = tree.xpath("//td//a")
    assert len(links) == 6
    assert links[1].get("title") == "A02 · gene: <WT> & co · dose (µM): 0.5 · all: alike"
    assert links[1].get("href").startswith("/images/")
    options = [option.text for option in tree.xpath("//select[@name='by']/option")]
    assert options == ["nothing", "gene", "dose (µM)"]
    legend = [li.text_content() for li in tree.xpath("//*[@id='plate-legend']/li")]
    assert [entry.split()[-1] for entry in legend] == ["2", "2", "2"]
    assert len({td.get("style") for td in tree.xpath("//td[@data-well]")}) == 3
    data = json.loads(tree.get_element_by_id("plate-data").text or "")
    assert data["values"][0]["texts"] == list(GENES)


def test_colours_by_number_and_by_nothing(client: Client) -> None:
    accession, plate = published()
    page = html.fromstring(client.get(f"/studies/{accession}/plates/{plate.pk}?by=1").text)
    legend = [li.text_content().strip() for li in page.xpath("//*[@id='plate-legend']/li")]
    assert (legend[0], legend[-1]) == ("0", "2.5")
    plain = html.fromstring(client.get(f"/studies/{accession}/plates/{plate.pk}?by=none").text)
    assert plain.xpath("//td[@data-well]/@style") == []
    assert client.get(f"/studies/{accession}/plates/{plate.pk}?by=99").status_code == 200


def test_a_draft_plate_is_for_those_who_may_see_it(client: Client) -> None:
    study, plate = with_plate()
    address = f"/deposit/{study.pk}/plates/{plate.pk}"
    assert client.get(address).status_code in (302, 404)
    client.force_login(factory.user("Bo Stranger"))
    assert client.get(address).status_code == 404
    client.force_login(study.owner)
    assert address in client.get(f"/deposit/{study.pk}/preview").text
    page = client.get(address)
    assert page.status_code == 200
    assert "no-store" in page["Cache-Control"]


def test_a_published_plate_stays_as_it_was(client: Client) -> None:
    accession, plate = published()
    before = client.get(f"/studies/{accession}/v1/plates/{plate.pk}").text
    Well.objects.filter(plate=plate).delete()
    assert client.get(f"/studies/{accession}/v1/plates/{plate.pk}").text == before
    assert client.get(f"/studies/{accession}/plates").status_code == 200
    assert client.get(f"/studies/{accession}/plates/{accession}").status_code == 404


def test_queries_do_not_grow_with_the_plate(client: Client, django_assert_max_num_queries: Any) -> None:
    accession, plate = published(40)
    with django_assert_max_num_queries(5):
        client.get(f"/studies/{accession}/plates/{plate.pk}")


def test_a_draft_plate_of_1536_wells(client: Client, django_assert_max_num_queries: Any) -> None:
    study, _plate = with_plate(1)
    image = Image.objects.get(study=study)
    large = Plate.objects.create(study=study, name="1536", rows=32, columns=48)
    wells = Well.objects.bulk_create(Well(plate=large, row=n // 48, column=n % 48) for n in range(1536))
    WellSample.objects.bulk_create(WellSample(well=well, image=image, index=0) for well in wells)
    client.force_login(study.owner)
    with django_assert_max_num_queries(30):
        page = client.get(f"/deposit/{study.pk}/plates/{large.pk}")
    assert page.text.count("<td data-well") == 1536


def test_rare_texts_share_a_colour() -> None:
    texts = (*(f"compound {n}" for n in range(100)), "", "compound 1")
    colours = colours_of(WellValues("", "compound", texts))
    assert len(colours.legend) == 25
    assert colours.legend[-1].count == 76
    assert colours.of_wells[-2] == ""
    assert not colours.is_scale


@pytest.mark.django_db(transaction=True)
def test_moving_and_colouring_with_a_script(live_server: LiveServer, browser: Browser) -> None:
    accession, plate = published()
    page = browser.new_page()
    page.goto(f"{live_server.url}/studies/{accession}/plates/{plate.pk}")
    page.locator("td a").first.focus()
    page.wait_for_function("() => document.querySelector('#plate-well h2')?.textContent === 'A01'")
    page.keyboard.press("ArrowRight")
    page.wait_for_function("() => document.querySelector('#plate-well h2')?.textContent === 'A02'")
    assert "<WT> & co" in page.locator("#plate-well").inner_text()
    page.select_option("#plate-by", label="dose (µM)")
    page.wait_for_function("() => document.querySelectorAll('#plate-legend li').length === 5")
    expect(page).to_have_url(re.compile(r"\?by=1$"))
    page.close()
