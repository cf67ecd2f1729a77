"""Images and files are served the same wherever they lie: in the data folder, in S3, or fetched from an archive."""

import io
import json
from pathlib import Path
from typing import Any
from wsgiref.util import setup_testing_defaults

import django.test
import numpy as np
import pytest
import tifffile

from base import jobs, tokens
from base.ids import new_id
from base.models import Job, StoredFile, StoredMove
from base.storage import storage_for
from base.tiers import moves
from catalogue import converting, files, sets
from catalogue.access import Actor
from catalogue.models import File, Image, Representation, Study, StudyComponent
from catalogue.stored_forms import Form
from portal.errors import status_of
from publishing.delivery import DeliveryApp, places
from tests import factory
from tests.base.s3 import bucket_of, s3_options
from tests.publishing.delivered import CELLS_ZARR, MIBI, NF1, publish

pytestmark = pytest.mark.django_db(transaction=True)  # the delivery closes idle connections by itself
ZARR = ["zarr.json", "0/c/0/0/0/0/0", "1/c/0/0/0/0/0"]
Answered = tuple[int, dict[str, str], bytes]


class Client:
    """Asks the delivery as the depositor."""

    def __init__(self, study: Study) -> None:
        self.app = DeliveryApp(lambda environ, start: [b""], status_of)
        _, self.secret = tokens.issue(user=study.owner, name="test")

    def get(self, path: str, **environ: str) -> Answered:
        asked: dict[str, Any] = {}
        setup_testing_defaults(asked)
        asked |= {"PATH_INFO": path, "HTTP_AUTHORIZATION": f"Bearer {self.secret}", "wsgi.input": io.BytesIO()}
        said: list[Any] = []
        body = self.app(asked | environ, lambda line, headers: said.append((line, headers)))
        return int(said[0][0].split()[0]), dict(said[0][1]), b"".join(body)


@pytest.fixture
def study(shared: Path, settings: Any, tmp_path: Path, s3_url: str) -> Study:
    """A study with a TIFF of a plane, one of 41 channels, an OME-Zarr and a note, uploaded and read."""
    settings.DATA = tmp_path / "data"
    settings.STORE_OPTIONS = {f"COOL_{name.upper()}": value for name, value in s3_options(s3_url).items()}
    for name in ("cool", "tape"):
        (tmp_path / name).mkdir()
    settings.STORES = f"cool=s3://{bucket_of(s3_url)}/tests/{new_id()} tape:archive={tmp_path / 'tape'}"
    made, samples = factory.study(images=0), shared / "samples"
    for name in (NF1, MIBI):
        factory.upload(made, Path(name).name, (samples / name).read_bytes())
    factory.upload(made, "note.txt", bytes(range(256)) * 100)
    factory.upload_folder(made, "cells.zarr", samples / CELLS_ZARR)
    jobs.run_queued(made.pk)
    assert not Job.objects.exclude(state=Job.State.DONE).exists()
    component = StudyComponent.objects.get(study=made)
    ids = list(File.objects.filter(study=made).values_list("pk", flat=True))
    files.assign(actor=Actor(made.owner), study_id=made.pk, file_ids=ids, component_id=component.pk)
    return made


def move_all(study: Study, to: str) -> None:
    for stored in StoredFile.objects.filter(study_files__study=study):
        moves.start_move(stored_id=stored.pk, to=to, reason="a test")
        jobs.run_queued(stored.pk)
    assert set(StoredMove.objects.filter(to_store=to).values_list("state", flat=True)) == {StoredMove.State.DONE}


def addresses(study: Study) -> list[str]:
    images = Image.objects.filter(study=study).order_by("pk")
    found = [f"/data/{image.pk}/ome-zarr-0.5/{path}" for image in images for path in ZARR]
    return found + [f"/data/files/{file.pk}" for file in File.objects.filter(study=study, stored__is_folder=False)]


def all_of(study: Study) -> dict[str, tuple[int, str, bytes]]:
    client, found = Client(study), {}
    for address in addresses(study):
        status, headers, body = client.get(address)
        found[address] = (status, headers.get("ETag", ""), body)
    return found


def test_what_lies_in_s3_is_served_as_before_and_without_a_copy(study: Study, settings: Any) -> None:
    before = all_of(study)
    assert [status for status, *_ in before.values()].count(200) >= 10
    move_all(study, "cool")
    for stored in StoredFile.objects.filter(study_files__study=study):
        storage_for("store").delete(stored.key)
    assert all_of(study) == before
    assert not (settings.DATA / "local-copies").exists()
    client = Client(study)
    note = File.objects.get(study=study, path="note.txt")
    status, headers, body = client.get(f"/data/files/{note.pk}", HTTP_RANGE="bytes=250-259")
    assert (status, headers["Content-Range"]) == (206, "bytes 250-259/25600")
    assert body == bytes([250, 251, 252, 253, 254, 255, 0, 1, 2, 3])


def test_a_reader_that_knows_only_paths_gets_a_copy_and_says_so(study: Study, settings: Any) -> None:
    image = Image.objects.filter(study=study).order_by("pk")[0]
    Representation.objects.filter(image=image).update(table="")  # opened by its path then
    address = f"/data/{image.pk}/ome-zarr-0.5/0/c/0/0/0/0/0"
    status, headers, before = Client(study).get(address)
    assert (status, headers.get("X-Vitrine-Copied")) == (200, None)
    visitor = django.test.Client()
    visitor.force_login(study.owner)
    assert "can only be read whole" not in visitor.get(f"/images/{image.pk}").text
    move_all(study, "cool")
    assert "can only be read whole" in visitor.get(f"/images/{image.pk}").text
    status, headers, body = Client(study).get(address)
    assert (status, headers["X-Vitrine-Copied"]) == (200, "local copy")
    assert body == before
    assert len(list((settings.DATA / "local-copies").glob("*/used"))) == 1


def test_a_file_in_s3_is_read_again_and_keeps_its_images(study: Study) -> None:
    file = File.objects.get(study=study, path=Path(MIBI).name)
    before = list(Image.objects.filter(image_files__file=file).values_list("pk", flat=True))
    move_all(study, "cool")
    storage_for("store").delete(file.stored.key)
    files.read_again(actor=Actor(study.owner), study_id=study.pk, file_id=file.pk)
    jobs.run_queued(study.pk)
    file.refresh_from_db()
    assert (file.state, file.problem) == (File.State.READ, "")
    assert list(Image.objects.filter(image_files__file=file).values_list("pk", flat=True)) == before


def test_an_open_image_follows_its_file(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "STILL_THERE", 0.0)
    client = Client(study)
    image = Image.objects.filter(study=study).order_by("pk")[0]
    address = f"/data/{image.pk}/ome-zarr-0.5/0/c/0/0/0/0/0"
    before = client.get(address)
    move_all(study, "cool")
    for stored in StoredFile.objects.filter(study_files__study=study):
        storage_for("store").delete(stored.key)
    assert client.get(address)[::2] == before[::2]


def test_what_lies_in_the_archive_is_fetched_and_the_viewer_is_told(study: Study) -> None:
    before = all_of(study)
    publish(study)
    assert not StoredFile.objects.filter(published_at=None).exists()
    move_all(study, "tape")
    client = Client(study)
    image = Image.objects.filter(study=study).order_by("pk")[0]
    availability = f"/data/{image.pk}/availability"
    assert json.loads(client.get(availability)[2])["state"] == "archived"
    address = f"/data/{image.pk}/ome-zarr-0.5/0/c/0/0/0/0/0"
    status, headers, body = client.get(address)
    assert (status, headers["Retry-After"], headers["Content-Type"]) == (503, "20", "application/problem+json")
    assert "being fetched from the archive" in json.loads(body)["detail"]
    assert client.get(address)[0] == 503
    status, headers, body = client.get(availability)
    assert (status, headers["Cache-Control"]) == (200, "no-store")
    assert json.loads(body)["state"] == "coming"
    assert json.loads(body)["total"] > 0
    assert Job.objects.filter(kind=moves.FETCH, state=Job.State.QUEUED).count() == 1
    jobs.run_queued()
    assert json.loads(client.get(availability)[2])["state"] == "here"
    status, _, body = client.get(address)
    assert (status, body) == (200, before[address][2])


def test_an_image_that_cannot_be_fetched_says_why(study: Study) -> None:
    move_all(study, "tape")
    image = Image.objects.filter(study=study).order_by("pk")[0]
    stored = StoredFile.objects.get(representations__image=image)
    storage_for("tape").delete(stored.key)
    client, address = Client(study), f"/data/{image.pk}/ome-zarr-0.5/zarr.json"
    assert client.get(address)[0] == 503
    jobs.run_queued()
    status, headers, body = client.get(address)
    assert (status, headers["Retry-After"]) == (503, "300")
    assert "could not be fetched from the archive" in json.loads(body)["detail"]
    assert "no longer in the store" in json.loads(client.get(f"/data/{image.pk}/availability")[2])["message"]


@pytest.mark.parametrize("form", [Form.OME_ZARR, Form.OME_TIFF])
def test_what_was_made_of_an_image_is_served_while_its_file_is_archived(
    study: Study, tmp_path: Path, form: Form
) -> None:
    pixels = np.random.default_rng(0).integers(0, 60_000, (2, 700, 1300), np.uint16)
    tifffile.imwrite(tmp_path / "cells.ome.tif", pixels, ome=True, compression="lzw", rowsperstrip=16,
                     photometric="minisblack", metadata={"axes": "CYX"})  # fmt: skip
    file = factory.upload(study, "cells.ome.tif", (tmp_path / "cells.ome.tif").read_bytes())
    jobs.run_queued(study.pk)
    image = Image.objects.get(image_files__file=file)
    converting.ask(actor=Actor(study.owner), image_id=image.pk, form=form)
    jobs.run_queued(image.pk)
    chunk = f"/data/{image.pk}/ome-zarr-0.5/1/c/0/1/0/0/0"
    stored = Representation.objects.get(image=image, is_generated=False).stored
    before = Client(study).get(chunk)
    assert before[0] == 200
    moves.start_move(stored_id=stored.pk, to="tape", reason="a test")
    jobs.run_queued(stored.pk)
    client = Client(study)
    assert client.get(chunk)[::2] == before[::2]
    assert json.loads(client.get(f"/data/{image.pk}/availability")[2])["state"] == "here"
    assert client.get(f"/data/{image.pk}/listing.json")[0] == 503  # where its chunks lie in its own file
    assert StoredMove.objects.filter(stored=stored, from_store="tape").exists()


def test_all_files_of_a_set_are_fetched_at_once(study: Study, tmp_path: Path) -> None:
    for z in range(3):
        tifffile.imwrite(tmp_path / "plane.tif", np.full((40, 48), z, np.uint16))
        factory.upload(study, f"set/cells_z{z}.tif", (tmp_path / "plane.tif").read_bytes())
    jobs.run_queued(study.pk)
    (offer,) = sets.offers(study)[0]
    made = sets.put_together(actor=Actor(study.owner), study_id=study.pk, folder=offer.folder, text=offer.text)
    jobs.run_queued(study.pk)
    image = Image.objects.get(image_files__file=made)
    move_all(study, "tape")
    client, chunk = Client(study), f"/data/{image.pk}/ome-zarr-0.5/0/c/0/0/2/0/0"
    assert client.get(chunk)[0] == 503
    fetched = StoredMove.objects.filter(from_store="tape").values_list("stored__study_files__path", flat=True)
    assert sorted(fetched) == ["set/cells_z.pattern", "set/cells_z0.tif", "set/cells_z1.tif", "set/cells_z2.tif"]
    told = json.loads(client.get(f"/data/{image.pk}/availability")[2])
    assert (told["state"], told["done"]) == ("coming", 0)
    jobs.run_queued()
    assert client.get(chunk)[0] == 200
    StoredFile.objects.filter(study_files__path__startswith="set/").update(backend="tape")
    files.read_again(actor=Actor(study.owner), study_id=study.pk, file_id=made.pk)
    jobs.run_queued(study.pk)
    made.refresh_from_db()
    assert "3 more files lie in the archive. This is being fetched" in made.problem


def test_availability_is_for_those_who_may_see_the_image(study: Study) -> None:
    image = Image.objects.filter(study=study).order_by("pk")[0]
    asked = Client(study)
    asked.secret = "wrong"
    assert asked.get(f"/data/{image.pk}/availability")[0] in {403, 404}
