"""The main job by the REST API: a real study deposited, returned, mended, published, found, looked at, harvested."""

import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import bagit
import httpx
import numpy as np
import pytest
import tifffile
import zarr

from tests.publishing.http_store import HttpStore
from tests.story.site import Site
from tests.story.studies import NF1
from tests.waiting import until


def _expect(answer: httpx.Response, status: int = 200) -> Any:
    assert answer.status_code == status, f"{answer.request.url}: {answer.status_code} {answer.text[:2000]}"
    return answer.json() if answer.content else None


def _upload(api: httpx.Client, study: str, files: list[tuple[Path, str]]) -> None:
    """By tuspy, in small pieces, so that an upload is many requests."""
    job = {
        "endpoint": str(api.base_url.join("/uploads/")),
        "authorization": api.headers["Authorization"],
        "study": study,
        "chunk_size": 300_000,
        "files": [(str(place), name) for place, name in files],
    }
    command = [sys.executable, str(Path(__file__).with_name("tus_upload.py"))]
    done = subprocess.run(command, input=json.dumps(job), capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr


def _await_reading(api: httpx.Client, study: str, count: int) -> list[dict[str, Any]]:
    def settled() -> bool:
        files = _expect(api.get(f"/api/v1/studies/{study}/files?limit=500"))["items"]
        return len(files) == count and all(f["state"] != "arrived" and f["sha256"] for f in files)

    until(settled, seconds=180, what=lambda: f"files to be read: {api.get(f'/api/v1/studies/{study}/files').text}")
    files: list[dict[str, Any]] = _expect(api.get(f"/api/v1/studies/{study}/files?limit=500"))["items"]
    return files


@pytest.fixture(scope="module")
def samples(shared: Path) -> Path:
    return shared / "samples"


@pytest.fixture(scope="module")
def published(site: Site, samples: Path) -> dict[str, Any]:
    """The nf1 set and others, published by way of one return."""
    ada, carla = site.api("ada"), site.api("carla")
    study = _expect(ada.post("/api/v1/studies", json=NF1), 201)["id"]
    base = f"/api/v1/studies/{study}"
    refused = _expect(ada.post(f"{base}/submit"), 400)
    assert any("images" in problem["path"] for problem in refused["problems"])

    images = sorted((samples / "01_fluorescence/nf1_cellpainting/Plate_2_images").glob("*.tif"))
    texts = [samples / "06_study_metadata/nf1" / name for name in ("platemap_NF1_plate2.csv", "LICENSE_DATA")]
    uploads = [(image, f"images/{image.name}") for image in images] + [(text, text.name) for text in texts]
    _upload(ada, study, uploads)
    in_place = [
        "05_multiplexed/mibi_breast/Point2203_pt1072_31606_41ch.ome.tif",
        "02_omezarr/v04_mitotic_plate_bioformats2raw.zarr",
        "02_omezarr/v05_cells3d_nuclei.zarr",
        "01_fluorescence/ometiff_from_nd2",
    ]
    for path in in_place:
        _expect(ada.post(f"{base}/files", json={"path": str(samples / path)}), 201)
    files = _await_reading(ada, study, len(uploads) + 5)
    assert {f["path"]: f["problem"] for f in files if f["state"] == "failed"} == {}
    component = _expect(ada.get(f"{base}/components"))[0]["id"]
    _expect(ada.post(f"{base}/files/assign", json={"files": [f["id"] for f in files], "component": component}), 204)

    _expect(ada.post(f"{base}/submit"))
    assert _expect(ada.post(f"{base}/submit"), 409)["status"] == 409
    locked = ada.patch(f"{base}/study", json={"title": "Changed while it is with the curators"})
    assert locked.status_code == 409
    assert study in {one["study"]["id"] for one in _expect(carla.get("/api/v1/review"))["items"]}
    path = "study/description"
    _expect(carla.post(f"{base}/comments", json={"path": path, "text": "Which genotypes?"}), 201)
    assert _expect(carla.post(f"{base}/return", json={"note": "One question."}))["state"] == "returned"

    comment = _expect(ada.get(f"{base}/comments"))["items"][0]
    assert (comment["path"], comment["author"]) == (path, "Carla Curator")
    description = NF1["study"]["description"] + " Genotypes are WT and Null."
    _expect(ada.patch(f"{base}/study", json={"description": description}))
    _expect(ada.post(f"{base}/comments/{comment['id']}/resolve"))
    _expect(ada.post(f"{base}/submit"))
    assert ada.post(f"{base}/approve", json={}).status_code == 403
    publication = _expect(carla.post(f"{base}/approve", json={"note": "Thank you."}), 201)
    accession = publication["accession"]
    until(
        lambda: _expect(ada.get("/api/v1/search", params={"q": accession, "type": "study"}))["total"] == 1,
        seconds=180,
        what=lambda: f"the study to be found\n{site.logs()}",
    )
    return {"study": study, "description": description, **publication}


def test_the_record_is_public_and_says_what_was_deposited(site: Site, published: dict[str, Any]) -> None:
    found = _expect(site.api("nobody").get(f"{site.url}/api/v1/publications/{published['accession']}"))
    assert (found["version"], found["doi_state"]) == (1, "local")
    text = str(found["record"])
    assert published["description"] in text
    assert "NCBITaxon:9606" in text
    assert "@example.org" not in text


def test_images_carry_what_their_files_say(site: Site, published: dict[str, Any]) -> None:
    address = f"{site.url}/api/v1/publications/{published['accession']}/images?limit=500"
    images = _expect(site.api("nobody").get(address))["items"]
    # 15 TIFFs, the 41-channel OME-TIFF, two OME-Zarrs and two OME-TIFFs
    assert len(images) == 20
    assert max(len(image["channels"]) for image in images) == 41


# Deflate in Zarr 3 goes by the name that numcodecs gave it; zarr-python reads it and warns.
@pytest.mark.filterwarnings("ignore:Numcodecs codecs are not in the Zarr version 3 specification")
def test_the_viewers_chunks_are_the_files_pixels(site: Site, published: dict[str, Any], samples: Path) -> None:
    address = f"{site.url}/api/v1/publications/{published['accession']}/images?limit=500"
    images = _expect(site.api("nobody").get(address))["items"]
    mibi = next(image for image in images if len(image["channels"]) == 41)
    with HttpStore(f"{site.url}/data/{mibi['id']}/ome-zarr-0.5") as store:
        pixels = np.asarray(zarr.open_array(store, path="0", mode="r", zarr_format=3)[0])
    path = samples / "05_multiplexed/mibi_breast/Point2203_pt1072_31606_41ch.ome.tif"
    np.testing.assert_array_equal(pixels[:, 0], tifffile.imread(path, level=0))


def test_every_rendition_answers(site: Site, published: dict[str, Any]) -> None:
    address = f"{site.url}/studies/{published['accession']}"
    for accept, expected in {
        "text/html": "text/html",
        "application/ld+json": "application/ld+json",
        "text/turtle": "text/turtle",
        "application/rdf+xml": "application/rdf+xml",
        "application/n-triples": "application/n-triples",
        "application/vnd.datacite.datacite+xml": "application/vnd.datacite.datacite+xml",
        "application/vnd.datacite.datacite+json": "application/vnd.datacite.datacite+json",
    }.items():
        answer = site.api("nobody").get(address, headers={"Accept": accept})
        assert answer.status_code == 200, accept
        assert answer.headers["Content-Type"].startswith(expected)
        assert "describedby" in answer.headers["Link"]
    assert published["accession"] in site.api("nobody").get(f"{site.url}/sitemap.xml").text or (
        "sitemap" in site.api("nobody").get(f"{site.url}/sitemap.xml").text
    )


def test_the_package_is_a_valid_bag(site: Site, published: dict[str, Any], tmp_path: Path) -> None:
    address = f"{site.url}/studies/{published['accession']}/v1/package.zip"
    with zipfile.ZipFile(io.BytesIO(site.api("nobody").get(address, timeout=120).content)) as archive:
        archive.extractall(tmp_path)
    (root,) = tmp_path.iterdir()
    bag = bagit.Bag(str(root))
    bag.validate()
    assert (root / "data" / "ro-crate-metadata.json").is_file()


def test_a_correction_is_a_second_version_and_the_first_stays(site: Site, published: dict[str, Any]) -> None:
    ada, carla = site.api("ada"), site.api("carla")
    base = f"/api/v1/studies/{published['study']}"
    first = site.api("nobody").get(f"{site.url}/studies/{published['accession']}/v1.ttl").text
    _expect(ada.post(f"{base}/new-version"))
    _expect(ada.patch(f"{base}/study", json={"title": NF1["study"]["title"] + ", corrected"}))
    assert "corrected" not in site.api("nobody").get(f"{site.url}/studies/{published['accession']}.ttl").text
    _expect(ada.post(f"{base}/submit"))
    assert _expect(carla.post(f"{base}/approve", json={}), 201)["version"] == 2
    assert "corrected" in site.api("nobody").get(f"{site.url}/studies/{published['accession']}.ttl").text
    assert site.api("nobody").get(f"{site.url}/studies/{published['accession']}/v1.ttl").text == first


def test_a_draft_is_seen_by_its_owner_only(site: Site) -> None:
    ada, carla = site.api("ada"), site.api("carla")
    study = _expect(ada.post("/api/v1/studies", json=NF1), 201)["id"]
    base = f"/api/v1/studies/{study}"
    _expect(ada.get(f"{base}/document"))
    for other in (carla, site.api("nobody")):
        assert other.get(base).status_code == 404
        assert other.get(f"{base}/document").status_code == 404
        assert other.patch(f"{base}/study", json={"title": "mine"}).status_code in {401, 404}
