"""The page by which depositors and curators have other forms of an image made."""

from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

from base import jobs
from base.models import Job
from catalogue.stored_forms import Form, forms_of
from tests import factory
from tests.catalogue.test_converting import PIXELS, image_of

pytestmark = pytest.mark.django_db


def test_asking_stopping_and_having(tmp_path: Path, client: Client) -> None:
    image = image_of(PIXELS, tmp_path)
    address = reverse("image-conversion", args=[image.pk])
    client.force_login(image.study.owner)
    assert address in client.get(reverse("image", args=[image.pk])).text
    page = client.post(address, {"form": "levels"}, follow=True).text
    assert "It waits for its turn." in page
    Job.objects.filter(target=image.pk).update(done=22, total=88, message="Converting the image")
    assert "Converting the image: 25 %." in client.get(address).text
    assert 'hx-trigger="every 2s"' in page
    assert "is being converted already" in client.post(address, {"form": "ome-zarr"}, follow=True).text
    assert "It was stopped" in client.post(address, {"stop": "1"}, follow=True).text
    client.post(address, {"form": "ome-zarr"})
    jobs.run_queued()
    assert forms_of(image).made == (Form.OME_ZARR,)
    part = client.get(address, headers={"HX-Request": "true"}).text
    assert "<html" not in part
    assert "has been read again and compared" in part
    remove = reverse("image-form-remove", args=[image.pk, "ome-zarr"])
    assert remove in part
    assert "/ome-tiff/" not in part  # the download is of a form that was made
    page = client.get(remove).text
    assert "What goes" in page
    assert "The file as deposited, and every published version." in page
    assert forms_of(image).made == (Form.OME_ZARR,)
    for said in ("The form was removed", "removed already"):  # as from two windows
        assert said in client.post(remove, follow=True).text
    assert forms_of(image).made == ()
    assert client.get(reverse("image-form-remove", args=[image.pk, "gif"])).status_code == 404
    client.post(address, {"form": "ome-tiff"})
    jobs.run_queued()
    assert f'href="/data/{image.pk}/ome-tiff/image.ome.tif" download' in client.get(address).text


def test_what_gains_nothing_is_said(tmp_path: Path, client: Client) -> None:
    image = image_of(PIXELS[:, :90, :90], tmp_path)
    address = reverse("image-conversion", args=[image.pk])
    client.force_login(image.study.owner)
    client.post(address, {"form": "levels"})
    jobs.run_queued()
    assert "needs no lower levels" in client.get(address).text


def test_others_see_nothing_of_it(tmp_path: Path, client: Client) -> None:
    image = image_of(PIXELS[:, :90, :90], tmp_path)
    address = reverse("image-conversion", args=[image.pk])
    for person in (None, factory.user("Sam Stranger")):
        if person:
            client.force_login(person)
        assert client.get(address).status_code == 404
        assert client.get(address, headers={"HX-Request": "true"}).status_code == 204
        client.post(address, {"form": "levels"})
        assert client.post(f"{address}/levels/remove").status_code == 404
    assert forms_of(image).last is None
