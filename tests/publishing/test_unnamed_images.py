"""An image that has no name is called as its file wherever it is shown, and stays without a name in OME-XML."""

import json
from pathlib import Path

import numpy as np
import pytest
import tifffile
from django.test import Client
from django.urls import reverse

from base import jobs
from catalogue.access import Actor
from catalogue.models import Image
from catalogue.ome.export import export_image
from imaging.representations.table import BY_KEY
from publishing.delivery.images import OpenImage
from publishing.manifests import manifest_of
from publishing.record import of_draft
from publishing.working_copy import image_records
from tests import factory

pytestmark = pytest.mark.django_db


def test_it_is_called_as_its_file(tmp_path: Path, client: Client) -> None:
    tifffile.imwrite(tmp_path / "B7.tif", np.zeros((40, 50), np.uint8))
    study = factory.study(images=0)
    factory.upload(study, "plate 1/B7.tif", (tmp_path / "B7.tif").read_bytes())
    jobs.run_queued(study.pk)
    image = Image.objects.get(study=study)
    Image.objects.filter(pk=image.pk).update(name="")
    (record,) = image_records(Image.objects.filter(pk=image.pk))
    client.force_login(study.owner)
    for name in ("image", "image-conversion"):
        page = client.get(reverse(name, args=[image.pk])).text
        assert "B7.tif</" in page
        assert "Unnamed image" not in page
    part = OpenImage(record, "").content(BY_KEY["ome-zarr-0.5"], "zarr.json", {})
    assert part
    assert part.length
    document = json.loads(b"".join(part.read(0, part.length)))
    assert document["attributes"]["ome"]["multiscales"][0]["name"] == "B7.tif"
    manifest = manifest_of(of_draft(study, Actor(study.owner)), [record], after=None, goes_on=False)
    assert manifest["items"][0]["label"] == {"none": ["B7.tif"]}
    assert image.document
    assert b"B7.tif" not in export_image(image.document, image.pk)
