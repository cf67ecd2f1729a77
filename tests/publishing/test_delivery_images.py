"""Images kept open for serving: bounded, and closed once nobody serves from them."""

import gc
import uuid
import weakref
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

from base.models import StoredFile
from base.storage import storage_for
from catalogue.models import Representation
from imaging.errors import ImageChanged
from imaging.representations.table import BY_KEY
from imaging.source import build_table
from publishing.delivery import places
from publishing.delivery.answer import Answer
from publishing.delivery.content import Content
from publishing.delivery.images import OPEN_IMAGES, OpenImage, OpenImages
from publishing.image_shapes import ImageRecord, RepresentationRecord
from tests import factory

pytestmark = pytest.mark.django_db


@pytest.fixture
def record(settings: object, tmp_path: Path) -> ImageRecord:
    """The record of a small tiled TIFF that lies in a folder of this test."""
    settings.REGISTER_ROOTS = [tmp_path]  # type: ignore[attr-defined]
    path = tmp_path / "tiled.tif"
    tifffile.imwrite(path, np.arange(64 * 64, dtype=np.uint16).reshape(64, 64), tile=(32, 32))
    stored = StoredFile.objects.create(backend=StoredFile.Backend.IN_PLACE, key=str(path), owner=factory.user())
    return ImageRecord(
        id="01890000-0000-7000-8000-000000000001",
        representations=(RepresentationRecord(str(stored.pk), "image/tiff", "0"),),
    )


def descriptors(folder: Path) -> int:
    """How many files below this folder the process holds open."""
    gc.collect()
    found = (entry.readlink() for entry in Path("/proc/self/fd").iterdir() if entry.is_symlink())
    return sum(target.is_relative_to(folder) for target in found)


def chunk(image: OpenImage) -> bytes:
    found = image.content(BY_KEY["ome-zarr-0.5"], "0/c/0/0/0/0/1", {})
    assert isinstance(found, Content)
    assert found.length
    return b"".join(found.read(0, found.length))


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="open files are counted in /proc: run this on Linux")
def test_the_least_recently_used_are_closed(record: ImageRecord, tmp_path: Path) -> None:
    kept = OpenImages()
    held = kept.keep(uuid.uuid4(), "v", OpenImage(record, ""))
    chunk(held)  # a file is opened when it is first read
    for _ in range(OPEN_IMAGES * 2):
        chunk(kept.keep(uuid.uuid4(), "v", OpenImage(record, "")))
    assert descriptors(tmp_path) == OPEN_IMAGES + 1  # those kept, and the one that is still served from
    expected = np.arange(64 * 64, dtype=np.uint16).reshape(64, 64)[:32, 32:].tobytes()
    assert chunk(held) == expected
    del held, kept
    assert descriptors(tmp_path) == 0


def test_a_version_is_found_by_its_own_record_only(record: ImageRecord) -> None:
    kept, key = OpenImages(), uuid.uuid4()
    image = kept.keep(key, "first", OpenImage(record, ""))
    assert kept.find(key, "first") is image
    assert kept.find(key, "second") is None


@pytest.mark.django_db(transaction=True)  # idle connections are closed
def test_an_open_image_whose_file_changes_is_kept_no_longer(
    record: ImageRecord, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(places, "STILL_THERE", 0.0)  # it is asked each time
    settings.DATA = tmp_path / "data"
    build_table(tmp_path / "tiled.tif", 0, tmp_path / "table")
    storage_for("store").adopt("images/a/table", tmp_path / "table")
    (form,) = record.representations
    record = replace(record, representations=(replace(form, table="images/a/table"),))
    kept, key = OpenImages(), uuid.uuid4()
    image = kept.keep(key, "v", OpenImage(record, ""))
    assert kept.find(key, "v") is image
    with (tmp_path / "tiled.tif").open("ab") as file:
        file.write(b"more")
    assert kept.find(key, "v") is None
    with pytest.raises(ImageChanged, match="has changed since it was registered"):
        OpenImage(record, "")


@pytest.mark.parametrize("path", ["0/c/0/0/0/0/1", "image.ome.tif"])
def test_an_image_is_not_closed_while_it_is_sent(record: ImageRecord, path: str) -> None:
    image = OpenImage(record, "")
    gone = weakref.ref(image)
    found = image.content(BY_KEY["ome-zarr-0.5" if path[0] == "0" else "ome-tiff"], path, {})
    assert found
    assert found.length
    del image
    gc.collect()
    assert gone()
    blocks = iter(found.read(0, found.length))
    if path == "image.ome.tif":
        next(blocks)
        length, found = found.length, None
        gc.collect()
        assert gone()
        assert b"".join(blocks)
        assert length
    found = None
    del blocks
    gc.collect()
    assert gone() is None


def test_no_control_character_comes_into_a_header() -> None:
    with pytest.raises(ValueError, match="ETag"):
        Answer(200, [("ETag", '"a\r\nSet-Cookie: b"')])


def test_a_form_in_the_archive_is_not_waited_for(record: ImageRecord, settings: Any, tmp_path: Path) -> None:
    settings.STORES = f"tape:archive={tmp_path}"
    image = factory.study(images=1).images.get()
    stored = StoredFile.objects.create(backend="tape", key="made", is_folder=True, owner=factory.user())
    Representation.objects.create(image=image, stored=stored, is_generated=True)
    assert chunk(OpenImage(replace(record, id=str(image.pk)), ""))


def test_its_own_file_is_in_use_while_another_form_is_served(record: ImageRecord, tmp_path: Path) -> None:
    """Else it would go to the archive, and the image be opened no more."""
    image, own = factory.study(images=1).images.get(), StoredFile.objects.get(pk=record.representations[0].stored)
    (tmp_path / "same.tif").write_bytes((tmp_path / "tiled.tif").read_bytes())
    stored = StoredFile.objects.create(backend=own.backend, key=str(tmp_path / "same.tif"), owner=factory.user())
    Representation.objects.create(image=image, stored=stored, series="0", is_generated=True)
    assert chunk(OpenImage(replace(record, id=str(image.pk)), ""))
    assert set(StoredFile.objects.filter(pk__in=(own.pk, stored.pk)).exclude(opened_at=None)) == {own, stored}
