"""Images whose files were deposited each alone are served and published like any other."""

import io
from pathlib import Path
from typing import Any
from wsgiref.util import setup_testing_defaults

import numpy as np
import pytest
import tifffile
import zarr
from zarr.core.buffer import default_buffer_prototype
from zarr.storage import MemoryStore

from base import jobs
from base.models import StoredFile
from base.storage import path_of
from base.tiers import fixity
from catalogue import files, sets
from catalogue.access import Actor
from catalogue.models import File, Image, Study, StudyComponent
from catalogue.services import submit
from portal.errors import status_of
from publishing.delivery import DeliveryApp
from publishing.models import Publication
from tests import factory
from tests.portal.publishing import publish as approved

pytestmark = pytest.mark.django_db(transaction=True)  # the delivery closes idle connections by itself
PIXELS = np.random.default_rng(3).integers(0, 60000, (3, 40, 48), np.uint16)


def get(path: str, query: str = "") -> tuple[str, bytes]:
    """Status and body of an answer to everybody."""

    def fallback(environ: Any, start_response: Any) -> list[bytes]:
        start_response("404 Not Found", [])
        return []

    said: list[str] = []
    asked = {"PATH_INFO": path, "QUERY_STRING": query, "REQUEST_METHOD": "GET"}
    environ: dict[str, Any] = {**asked, "wsgi.input": io.BytesIO()}
    setup_testing_defaults(environ)
    body = b"".join(DeliveryApp(fallback, status_of)(environ, lambda line, _: said.append(line)))
    return said[0][:3], body


@pytest.fixture
def published(tmp_path: Path) -> tuple[Study, Publication]:
    """A study with one image of three files, a slice each."""
    study = factory.study(images=0)
    for z, plane in enumerate(PIXELS):
        tifffile.imwrite(tmp_path / f"cells_z{z}.tif", plane)
        factory.upload(study, f"in/cells_z{z}.tif", (tmp_path / f"cells_z{z}.tif").read_bytes())
    jobs.run_queued(study.pk)
    (offer,) = sets.offers(study)[0]
    sets.put_together(actor=Actor(study.owner), study_id=study.pk, folder=offer.folder, text=offer.text)
    jobs.run_queued(study.pk)
    component = StudyComponent.objects.get(study=study)
    ids = list(File.objects.filter(study=study).values_list("pk", flat=True))
    files.assign(actor=Actor(study.owner), study_id=study.pk, file_ids=ids, component_id=component.pk)
    submit(actor=Actor(study.owner), study_id=study.pk)
    return study, approved(study)


def pixels_of(image: Image) -> np.ndarray:
    """As zarr-python reads the image's OME-Zarr."""
    paths = ["zarr.json", "0/zarr.json", *(f"0/c/0/0/{z}/0/0" for z in range(3))]
    found = {path: get(f"/data/{image.pk}/ome-zarr-0.5/{path}") for path in paths}
    assert {status for status, _ in found.values()} == {"200"}
    objects = {path: default_buffer_prototype().buffer.from_bytes(body) for path, (_, body) in found.items()}
    array = zarr.open_group(MemoryStore(objects), mode="r")["0"]
    assert isinstance(array, zarr.Array)
    return np.asarray(array[...])


def test_a_published_set_is_served_and_outlives_its_draft(published: tuple[Study, Publication]) -> None:
    study, _ = published
    (image,) = Image.objects.filter(study=study)
    np.testing.assert_array_equal(pixels_of(image)[0, 0], PIXELS)
    assert get(f"/data/{image.pk}/thumbnail.jpg")[0] == "200"


def test_a_file_of_a_set_that_changed_is_refused_marked_and_told(
    published: tuple[Study, Publication], mailoutbox: list[Any]
) -> None:
    study, _ = published
    (image,) = Image.objects.filter(study=study)
    factory.user(is_staff=True)
    stored = File.objects.select_related("stored").get(study=study, path="in/cells_z1.tif").stored
    path = path_of(stored)
    path.write_bytes(path.read_bytes() + b"\0")
    for _ in range(2):
        status, body = get(f"/data/{image.pk}/ome-zarr-0.5/0/c/0/0/1/0/0")
        assert status == "500"
        assert b"has changed since it was registered" in body
    assert jobs.run_queued(stored.pk) == 1, "it is read once, and marked"
    assert StoredFile.objects.get(pk=stored.pk).is_damaged
    (mail,) = mailoutbox
    assert "1 damaged file" in mail.subject


def test_a_whole_file_that_changed_and_kept_its_size_is_refused(published: tuple[Study, Publication]) -> None:
    study, _ = published
    file = File.objects.select_related("stored").get(study=study, path="in/cells_z1.tif")
    address, path = f"/data/files/{file.pk}", path_of(file.stored)
    whole = path.read_bytes()
    assert get(address) == ("200", whole)
    path.write_bytes(whole[:-1] + b"!")
    assert get(address)[0] == "500"
    path.write_bytes(whole)  # a backup is put back, with a time of its own
    assert get(address)[0] == "500"
    fixity.check_one(file.stored)
    assert get(address) == ("200", whole)
    StoredFile.objects.filter(pk=file.stored_id).update(is_damaged=True)
    assert b"as the check of all files found" in get(address)[1]
