"""What was made of an image is served in its place, downloaded as it is, and done without where damaged or gone."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from base import jobs
from base.storage import path_of
from base.tiers import fixity
from catalogue import converting, stored_forms
from catalogue.access import Actor
from catalogue.models import Image, Representation
from catalogue.stored_forms import Form
from imaging.representations.table import BY_KEY
from publishing.delivery import places
from publishing.delivery.content import Content
from publishing.delivery.images import OpenImage
from publishing.working_copy import image_records
from tests.catalogue.test_converting import PIXELS, image_of

pytestmark = pytest.mark.django_db
CHUNKS = [f"{level}/c/0/1/0/0/0" for level in range(3)]
WHOLE = "image.ome.tif"


@pytest.fixture
def image(tmp_path: Path) -> Image:
    """Strips of LZW: each chunk, and each lower level, has to be made."""
    return image_of(PIXELS, tmp_path)


def opened(image: Image, *, is_blind: bool = False) -> OpenImage:
    (record,) = image_records(Image.objects.filter(pk=image.pk))
    return OpenImage(record, "", "" if is_blind else str(image.document_id))


def body(found: Content | None) -> bytes:
    assert found
    assert found.length
    return b"".join(found.read(0, found.length))


def chunks(image: OpenImage) -> list[bytes]:
    return [body(image.content(BY_KEY["ome-zarr-0.5"], path, {})) for path in CHUNKS]


def make(image: Image, form: Form) -> Path:
    converting.ask(actor=Actor(image.study.owner), image_id=image.pk, form=form)
    jobs.run_queued(image.pk)
    return path_of(Representation.objects.get(image=image, is_generated=True).stored)


def test_an_ome_tiff_is_what_is_downloaded(image: Image) -> None:
    before, tiff = chunks(opened(image)), BY_KEY["ome-tiff"]
    made = make(image, Form.OME_TIFF)
    served = opened(image)
    assert chunks(served) == before
    found = served.content(tiff, WHOLE, {})
    assert found
    assert (found.path, body(found)) == (made, made.read_bytes())
    assert not found.unchanging
    for other in (served.content(tiff, WHOLE, {"c": "0"}), opened(image, is_blind=True).content(tiff, WHOLE, {})):
        assert other  # a part, and what referees get, are written when asked for
        assert other.path is None
    made.write_bytes(made.read_bytes()[:100_000])
    for damaged in (served, opened(image)):
        assert chunks(damaged) == before
        found = damaged.content(tiff, WHOLE, {})
        assert found
        assert found.path is None


def test_metadata_of_another_reading_is_not_downloaded(image: Image) -> None:
    make(image, Form.OME_TIFF)
    Representation.objects.filter(image=image, is_generated=True).update(document=None)
    found = opened(image).content(BY_KEY["ome-tiff"], WHOLE, {})
    assert found
    assert found.path is None


def lose_shards(folder: Path) -> None:
    for level in range(3):
        shutil.rmtree(folder / str(level) / "c")


@pytest.mark.parametrize("lose", [lose_shards, shutil.rmtree])
def test_a_damaged_ome_zarr_is_done_without(image: Image, lose: Callable[[Path], None]) -> None:
    wanted = chunks(opened(image))
    folder = make(image, Form.OME_ZARR)
    served = opened(image)
    assert chunks(served) == wanted
    lose(folder)
    assert chunks(served) == wanted
    assert chunks(opened(image)) == wanted


def test_what_the_check_finds_damaged_is_done_without(image: Image, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = chunks(opened(image))
    folder = make(image, Form.OME_ZARR)
    monkeypatch.setattr(places, "STILL_THERE", 0.0)
    monkeypatch.setattr(places, "close_old_connections", lambda: None)  # the test's own is in use
    served = opened(image)
    assert served.whereabouts.are_current()
    shard = next(path for path in sorted(folder.glob("0/c/**/*")) if path.is_file())
    body = bytearray(shard.read_bytes())
    body[20] ^= 1  # of what is sent as it lies there
    shard.write_bytes(body)
    made = Representation.objects.get(image=image, is_generated=True)
    assert "first file that differs: 0/c/" in fixity.check_one(made.stored).problem
    assert not served.whereabouts.are_current()  # so that it is opened anew
    assert chunks(opened(image)) == wanted


def test_a_removed_form_is_done_without(image: Image, django_capture_on_commit_callbacks: Any) -> None:
    wanted = chunks(opened(image))
    make(image, Form.OME_ZARR)
    served = opened(image)
    with django_capture_on_commit_callbacks(execute=True):
        stored_forms.remove(actor=Actor(image.study.owner), image_id=image.pk, form=Form.OME_ZARR)
    assert chunks(served) == wanted  # one that was open, for a minute
    assert chunks(opened(image)) == wanted
