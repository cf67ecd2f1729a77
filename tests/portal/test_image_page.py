"""An image's page: the viewer's settings, what is known of the image, and who may see a draft's."""

import json
from uuid import uuid4

import pytest
from django.test import Client
from lxml import html
from pytest_django import DjangoAssertNumQueries

from base.models import User
from catalogue import services
from catalogue.access import Actor
from catalogue.models import Annotation, Channel, Image, Instrument, Objective, OmeDocument, Pixels, Representation, ome
from catalogue.models.ome import ObjectiveSettings
from tests import factory
from tests.portal.publishing import publish, published

pytestmark = pytest.mark.django_db


def detailed(owner: User | None = None) -> Image:
    """An image in a submitted study, with channels, sizes and an objective."""
    study = factory.study(owner, images=0)
    image = factory.image(study, channels=2)
    document = OmeDocument.objects.create(file=image.image_files.get().file)
    instrument = Instrument.objects.create(document=document)
    objective = Objective.objects.create(
        document=document, instrument=instrument, model="Plan Apo λ 20x", lens_na=0.75, nominal_magnification=20
    )
    ObjectiveSettings.objects.create(document=document, image=image, objective=objective)
    Image.objects.filter(pk=image.pk).update(name="<Well B7> & friends", instrument=instrument)
    Pixels.objects.filter(image=image).update(
        size_z=5, physical_size_x=0.323, physical_size_y=0.323, physical_size_x_unit="µm", physical_size_y_unit="µm",
        physical_size_z=500, physical_size_z_unit="nm",
    )  # fmt: skip
    Channel.objects.filter(image=image, index=1).update(emission_wavelength=None, emission_wavelength_unit="nm")
    Channel.objects.filter(image=image, index=0).update(
        name="DAPI", color="#0000ff", window_start=100.5, window_end=2000, emission_wavelength=450,
        emission_wavelength_unit="nm",
    )  # fmt: skip
    services.submit(actor=Actor(study.owner), study_id=study.pk)
    return image


def test_the_page_shows_the_image_and_what_is_known_of_it(client: Client) -> None:
    image = detailed()
    publication = publish(image.study)
    response = client.get(f"/images/{image.pk}")
    assert response.status_code == 200
    assert 'rel="collection"' in response["Link"]
    tree = html.fromstring(response.text)
    assert next(tree.iter("h1")).text == "<Well B7> & friends"
    (viewer,) = tree.xpath("//*[@id='viewer']")
    assert viewer.get("data-source") == f"/data/{image.pk}/ome-zarr-0.5/"
    settings = json.loads(viewer.get("data-settings"))
    assert settings["channels"] == [
        {"index": 0, "on": True, "name": "DAPI", "color": "#0000ff", "min": 100.5, "max": 2000.0},
        {"index": 1, "on": True, "name": "Channel 1", "min": 0.0, "max": 100.0},
    ]
    for text in (
        "64 × 48 × 5 z",
        "2 channels",
        "0.323 µm × 0.323 µm × 500 nm",
        "450 nm",
        "Plan Apo λ 20x",
        "20×",
        "NA 0.75",
    ):
        assert text in response.text
    assert [cell.text_content().strip() for cell in tree.xpath("//td[@class='num']")][:4] == ["", "450 nm", "", ""]
    links = {it.get("href") for it in tree.iter("a")}
    assert f"/studies/{publication.accession}/v1" in links
    assert f"/data/files/{image.image_files.get().file_id}" in links
    assert f"http://127.0.0.1:8000/data/{image.pk}/ome-zarr-0.5" in response.text


def test_the_page_tells_how_it_was_taken_in_plain_words(client: Client) -> None:
    image = detailed()
    document = image.document or OmeDocument.objects.get()
    settings = ObjectiveSettings.objects.get(image=image)
    ObjectiveSettings.objects.filter(pk=settings.pk).update(medium="Oil", refractive_index=1.515)
    ome.ImagingEnvironment.objects.create(document=document, image=image, temperature=37, temperature_unit="°C")
    instrument = Instrument.objects.get()
    channel = image.channels.get(index=0)
    laser = ome.LightSource.objects.create(
        document=document, instrument=instrument, kind="Laser", model="OBIS", wavelength=488, wavelength_unit="nm"
    )
    ome.LightSourceSettings.objects.create(document=document, channel=channel, light_source=laser, attenuation=0.25)
    camera = ome.Detector.objects.create(document=document, instrument=instrument, model="Zyla", type="CMOS")
    ome.DetectorSettings.objects.create(document=document, channel=channel, detector=camera, gain=2, binning="2x2")
    green = ome.Filter.objects.create(document=document, instrument=instrument, model="ET525", type="BandPass")
    ome.TransmittanceRange.objects.create(document=document, filter=green, cut_in=500, cut_out=550, cut_in_unit="nm")
    path = ome.LightPath.objects.create(document=document, channel=channel)
    ome.FilterRef.objects.create(document=document, light_path=path, kind="EmissionFilterRef", filter=green)
    region = ome.ROI.objects.create(document=document)
    ome.ROIRef.objects.create(document=document, image=image, roi=region)
    publish(image.study)
    page = html.fromstring(client.get(f"/images/{image.pk}").content.decode())
    text = " ".join(" ".join(page.itertext()).split())
    for words in (
        "Medium Oil", "Refractive index 1.515", "Temperature 37 °C", "OBIS (Laser, 488 nm); dimmed by (0 to 1) 0.25",
        "Zyla (CMOS); gain 2 ; binning 2x2", "Emission filter ET525 (BandPass, 500–550 nm)", "Marked regions 1",
    ):  # fmt: skip
        assert words in text, words


def test_names_alone_are_a_line_and_dates_are_readable(client: Client) -> None:
    study = factory.study(images=0)
    image = factory.image(study, channels=40)
    Image.objects.filter(pk=image.pk).update(acquisition_date="2022-09-30T11:03:06.2168083Z")
    client.force_login(study.owner)
    tree = html.fromstring(client.get(f"/images/{image.pk}").content.decode())
    assert not tree.xpath("//aside//table | //details//table")
    assert [it.text_content() for it in tree.xpath("//*[@class='channel-names']/li")][-1] == "Channel 39"
    assert "2022-09-30 11:03 UTC" in tree.text_content()
    links = {it.get("href") for it in tree.iter("a")}
    assert f"http://127.0.0.1:8000/data/{image.pk}/ome-tiff/image.ome.tif" in links


def test_a_drafts_image_is_for_those_who_may_see_it(client: Client) -> None:
    image = detailed()
    address = f"/images/{image.pk}"
    for place in (address, f"/data/{image.pk}/thumbnail.jpg"):
        hidden, nothing = (client.get(place.replace(str(image.pk), str(one))) for one in (image.pk, uuid4()))
        assert (hidden.status_code, hidden.text) == (404, nothing.text)  # nobody learns that there is something
    client.force_login(factory.user("Bo Stranger"))
    assert client.get(address).status_code == 404
    client.force_login(image.study.owner)
    page = client.get(address)
    assert page.status_code == 200
    assert "no-store" in page["Cache-Control"]
    assert "not published" in page.text
    client.force_login(factory.curator())
    assert client.get(address).status_code == 200


def test_an_image_that_is_not_there(client: Client) -> None:
    assert client.get("/images/00000000-0000-7000-8000-000000000000").status_code == 404
    assert client.get("/images/no-id").status_code == 404


def test_queries_do_not_grow_with_the_study(
    client: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    published(images=30)
    with django_assert_max_num_queries(5):
        assert client.get(f"/images/{Image.objects.all()[7].pk}").status_code == 200


def test_an_image_and_its_label_image_name_each_other(client: Client) -> None:
    study = factory.study(images=2)
    client.force_login(study.owner)
    image, labels = Image.objects.filter(study=study).order_by("id")
    Pixels.objects.filter(image=labels).update(size_c=1)
    Representation.objects.create(image=labels, stored=labels.image_files.get().file.stored, format="image/tiff")
    paths = [one.image_files.get().file.path for one in (image, labels)]
    Annotation.objects.create(study=study, source_image=paths[0], path=paths[1], held_in="label image")
    tree = html.fromstring(client.get(f"/images/{image.pk}").text)
    (link,) = tree.xpath("//dt[.='Label image']/following-sibling::dd[1]/a")
    assert link.get("href") == f"/images/{labels.pk}"
    assert "numbers of objects" not in tree.text_content()
    assert "numbers of objects" in client.get(link.get("href")).text
