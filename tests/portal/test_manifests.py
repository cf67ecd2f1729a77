"""A study as a IIIF Presentation 3 manifest: its images as canvases, page by page where there are many."""

import dataclasses
import json
import subprocess
from pathlib import Path
from uuid import UUID

import pytest
from django.test import Client

from publishing.image_shapes import ChannelRecord, ImageRecord, RepresentationRecord
from publishing.manifests import manifest_of
from tests.portal.publishing import published
from tests.publishing import records

IMAGE = ImageRecord(
    id="0198c0de-0000-7000-8000-0000000000aa",
    name="Mitosis",
    size_x=640,
    size_y=480,
    size_c=2,
    physical_size_x=0.1,
    physical_size_x_unit="µm",
    channels=(ChannelRecord(0, name="DNA"), ChannelRecord(1, name="Tubulin")),
    representations=(RepresentationRecord("1", "image/tiff"),),
)


def test_a_canvas_for_each_image_with_its_service() -> None:
    manifest = manifest_of(records.full(licence="CC-BY-4.0"), [IMAGE], after=None, goes_on=False)
    (canvas,) = manifest["items"]
    assert (canvas["width"], canvas["height"]) == (640, 480)
    painting = canvas["items"][0]["items"][0]
    assert painting["target"] == canvas["id"]
    (service,) = painting["body"]["service"]
    assert service["id"].endswith(f"/data/{IMAGE.id}/iiif")
    assert service["type"] == "ImageService3"
    said = {pair["label"]["en"][0]: pair["value"]["none"] for pair in canvas["metadata"]}
    assert said["Channels"] == ["DNA", "Tubulin"]
    assert said["Width of a pixel"] == ["0.1 µm"]
    assert manifest["rights"] == "http://creativecommons.org/licenses/by/4.0/"
    assert manifest["thumbnail"][0]["id"].endswith(f"/data/{IMAGE.id}/thumbnail.jpg")


def test_many_images_lead_to_the_next_manifest() -> None:
    after = UUID(int=7)
    manifest = manifest_of(records.full(), [IMAGE], after=after, goes_on=True)
    assert manifest["id"].endswith(f"/manifest.json?after={after}")
    assert manifest["seeAlso"][-1]["id"].endswith(f"/manifest.json?after={IMAGE.id}")


def test_an_image_without_pixels_has_no_canvas() -> None:
    waiting = dataclasses.replace(IMAGE, representations=())
    assert manifest_of(records.full(), [waiting], after=None, goes_on=False)["items"] == []


@pytest.mark.django_db
def test_it_is_at_the_study_for_any_site(client: Client) -> None:
    publication = published(title="Movements of the spindle in mitosis")
    answer = client.get(f"/studies/{publication.accession}/manifest.json")
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("application/ld+json")
    assert answer["Access-Control-Allow-Origin"] == "*"
    manifest = json.loads(answer.content)
    assert manifest["type"] == "Manifest"
    assert list(manifest["label"].values()) == [["Movements of the spindle in mitosis"]]
    assert manifest["id"].endswith(f"/studies/{publication.accession}/v1/manifest.json")
    assert client.get(f"/studies/{publication.accession}/v1/manifest.json").content == answer.content
    assert client.get(f"/studies/{publication.accession}/manifest.json?after=x").status_code == 400
    assert client.get("/studies/NONE1/manifest.json").status_code == 404


def test_a_judge_finds_it_valid(imaging_judge: Path) -> None:
    manifest = manifest_of(records.full(licence="CC0-1.0"), [IMAGE], after=UUID(int=7), goes_on=True)
    read = (
        "import sys; from iiif_prezi3 import Manifest; print(len(Manifest.model_validate_json(sys.stdin.read()).items))"
    )
    done = subprocess.run(
        [imaging_judge, "-c", read],
        input=json.dumps(manifest),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.stdout.strip() == "1", done.stderr[-2000:]
