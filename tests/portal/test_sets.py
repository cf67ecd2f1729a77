"""Putting files together that look like one image: by the page, the API and the command."""

import io
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from django.core.management import call_command
from django.test import Client

from base import jobs, tokens
from catalogue.models import File, Image, Study
from tests import factory

pytestmark = pytest.mark.django_db


@pytest.fixture
def study(client: Client, tmp_path: Path) -> Study:
    """A draft with four files of two channels and two slices, its owner signed in."""
    made = factory.draft()
    client.force_login(made.owner)
    for channel in ("DAPI", "GFP"):
        for z in (1, 2):
            place = tmp_path / f"cells_{channel}_z{z}.tif"
            tifffile.imwrite(place, np.full((8, 9), 10 * z, "uint8"))
            factory.upload(made, f"in/{place.name}", place.read_bytes())
    jobs.run_queued(made.pk)
    return made


def hidden(page: str) -> dict[str, str]:
    """What the page's form would send as it stands."""
    form = page[page.index('name="folder"') - 40 :]
    fields = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form))
    fields = {name: value.replace("&lt;", "<").replace("&gt;", ">") for name, value in fields.items()}
    for number, chosen in enumerate(re.findall(r'<option value="(\w)" selected>', form)):
        fields[f"axis-{number}"] = chosen
    return fields


def test_the_page_offers_previews_and_puts_together(client: Client, study: Study) -> None:
    files = client.get(f"/deposit/{study.pk}/files").text
    assert "Some files look like parts of one image." in files
    page = client.get(f"/deposit/{study.pk}/-/sets").text
    assert "These 4 files look like one image with 2 channels × 2 slices in depth" in page
    assert re.search(
        r"cells_GFP_z2\.tif</td><td class=\"num\">1</td><td class=\"num\">2</td><td class=\"num\">2<", page
    )
    sent = hidden(page) | {"channels": "Nuclei\r\nMembranes", "name": "My cells"}
    assert sent["pattern"] == "cells_<DAPI,GFP>_z<1-2>.tif"
    answer = client.post(f"/deposit/{study.pk}/-/sets", sent, follow=True)
    assert "1 image is being put together." in answer.text
    jobs.run_queued(study.pk)
    (image,) = Image.objects.filter(study=study)
    assert (image.name, image.pixels.size_z) == ("My cells", 2)
    assert [channel.name for channel in image.channels.all()] == ["Nuclei", "Membranes"]
    page = client.get(f"/deposit/{study.pk}/files").text
    assert "part of an image" in page
    assert "look like parts" not in page
    pattern = File.objects.get(path="in/My cells.pattern")
    client.post(f"/deposit/{study.pk}/-/files/{pattern.pk}/remove")
    jobs.run_queued(study.pk)
    assert Image.objects.filter(study=study).count() == 4


def test_other_axes_and_all_at_once(client: Client, study: Study) -> None:
    address = f"/deposit/{study.pk}/-/sets"
    wrong = hidden(client.get(address).text) | {"axis-0": "t", "axis-1": "q"}
    assert "has to be t, c or z" in client.post(address, wrong, follow=True).text
    assert "1 image is being put together" in client.post(address, {"all": "1"}, follow=True).text
    assert "No files of this study look like parts" not in client.get(address).text  # they are still being read
    jobs.run_queued(study.pk)
    assert "No files of this study look like parts" in client.get(address).text


def test_strangers_are_kept_out(client: Client, study: Study) -> None:
    client.force_login(factory.user("Somebody Else"))
    assert client.get(f"/deposit/{study.pk}/-/sets").status_code == 404
    assert client.post(f"/deposit/{study.pk}/-/sets", {"all": "1"}).status_code == 404


def test_by_the_api(study: Study) -> None:
    _, secret = tokens.issue(user=study.owner, name="test")
    sent: dict[str, Any] = {"headers": {"Authorization": f"Bearer {secret}"}, "content_type": "application/json"}
    address = f"/api/v1/studies/{study.pk}/files/sets"
    answer = Client().get(address, headers=sent["headers"]).json()
    (offer,) = answer["items"]
    assert answer["complete"]
    assert (offer["folder"], offer["channels"], offer["certain"], len(offer["files"])) == (
        "in/",
        ["DAPI", "GFP"],
        True,
        4,
    )
    made = Client().post(address, {"folder": offer["folder"], "pattern": offer["pattern"]}, **sent)
    assert made.status_code == 201
    assert made.json()["path"] == "in/cells_z.pattern"
    jobs.run_queued(study.pk)
    assert Image.objects.filter(study=study).count() == 1
    refused = Client().post(address, {"folder": "in", "pattern": "cells.tif"}, **sent)
    assert (refused.status_code, "has no block" in refused.json()["detail"]) == (400, True)


def test_by_the_command(study: Study) -> None:
    said = io.StringIO()
    call_command("put_together", str(study.pk), stdout=said)
    assert "4 files  in/cells_<DAPI,GFP>_z<1-2>.tif" in said.getvalue()
    assert "Nothing was changed" in said.getvalue()
    assert Image.objects.filter(study=study).count() == 4
    call_command("put_together", str(study.pk), "--apply", stdout=said)
    assert "in/cells_z.pattern is one image of its files" in said.getvalue()
    assert Image.objects.filter(study=study).count() == 1
