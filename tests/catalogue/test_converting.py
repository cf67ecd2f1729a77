"""Forms of an image made on somebody's wish: by whom, into what, gone on with, stopped, and gone with the image."""

import uuid
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
import zarr

from base import jobs
from base.errors import Conflict, NotAllowed, NotFound
from base.models import Job, StoredFile
from base.storage import path_of, storage_for
from catalogue import converting, files, stored_forms
from catalogue.access import Actor
from catalogue.models import AccessGrant, Annotation, Image, Representation
from catalogue.reading.staging import place_of_image, table_of
from catalogue.stored_forms import Form
from imaging.converting.ome_zarr import How, to_ome_zarr
from imaging.pixels import PixelSource, little_endian_codecs
from imaging.representations.view import About
from imaging.source import LEVELS, open_source
from imaging.sources.halves import half
from tests import factory
from tests.imaging.reading import whole

pytestmark = [pytest.mark.both, pytest.mark.django_db]

PIXELS = np.random.default_rng(0).integers(0, 60_000, (2, 1100, 1300), np.uint16)


def image_of(pixels: np.ndarray, tmp_path: Path, **options: Any) -> Image:
    """A draft with one image: strips of LZW, which have to be decoded for every chunk."""
    path = tmp_path / "cells.ome.tif"
    tifffile.imwrite(path, pixels, ome=True, metadata={"axes": "CYX"}, photometric="minisblack",
                     **{"compression": "lzw", "rowsperstrip": 16, **options})  # fmt: skip
    study = factory.study(images=0)
    factory.upload(study, path.name, path.read_bytes())
    jobs.run_queued()
    return Image.objects.get(study=study)


def opened(image: Image) -> PixelSource:
    original = Representation.objects.get(image=image, is_generated=False)
    return open_source(place_of_image(original), original.series, table_of(original))


def test_a_whole_ome_zarr(tmp_path: Path) -> None:
    image = image_of(PIXELS, tmp_path)
    converting.ask(actor=Actor(image.study.owner), image_id=image.pk, form=Form.OME_ZARR)
    assert stored_forms.forms_of(image).is_busy
    jobs.run_queued()
    forms = stored_forms.forms_of(image)
    assert forms.last
    assert (forms.last.state, forms.last.error, forms.made) == (Job.State.DONE, "", (Form.OME_ZARR,))
    made = Representation.objects.get(image=image, is_generated=True)
    folder = path_of(made.stored)
    np.testing.assert_array_equal(np.asarray(zarr.open_array(folder / "0", mode="r")[...])[0, :, 0], PIXELS)
    assert (folder / "OME/METADATA.ome.xml").is_file()
    assert made.stored.sha256
    with closing(opened(image)) as source, closing(open_source(folder)) as ours:
        assert (ours.levels, ours.codecs(0), ours.codecs(1)) == (source.levels, source.codecs(0), source.codecs(1))
        for level in range(len(source.levels)):
            np.testing.assert_array_equal(whole(ours, level), whole(source, level))
            assert ours.raw_chunk(level, (0, 0, 0, 0, 0)) is not None
    with pytest.raises(Conflict, match="made of the image already"):
        converting.ask(actor=Actor(image.study.owner), image_id=image.pk, form=Form.OME_ZARR)


def test_only_the_lower_levels(tmp_path: Path) -> None:
    image = image_of(PIXELS, tmp_path, compression="zlib", tile=(256, 256), rowsperstrip=None)
    converting.ask(actor=Actor(image.study.owner), image_id=image.pk, form=Form.LEVELS)
    with closing(opened(image)) as source:
        before = source.levels, [source.codecs(level) for level in range(3)]
    jobs.run_queued()
    assert stored_forms.forms_of(image).made == (Form.LEVELS,)
    with closing(opened(image)) as source:
        assert (source.levels, [source.codecs(level) for level in range(3)]) == before
        assert [level.shape[3:] for level in source.levels] == [(1100, 1300), (550, 650), (275, 325)]
        assert all(source.raw_chunk(level, (0, 0, 0, 0, 0)) is not None for level in range(3))
        np.testing.assert_array_equal(whole(source, 0)[0, :, 0], PIXELS)
        np.testing.assert_array_equal(whole(source, 1)[0, :, 0], half(PIXELS))


@pytest.mark.parametrize("form", Form)
def test_what_is_said_to_hold_labels_keeps_their_numbers_in_lower_levels(tmp_path: Path, form: Form) -> None:
    image = image_of(PIXELS[:1], tmp_path)
    path = image.image_files.get().file.path
    Annotation.objects.create(study=image.study, path=path, held_in="label image", source_image="cells.tif")
    converting.ask(actor=Actor(image.study.owner), image_id=image.pk, form=form)
    jobs.run_queued()
    if form == Form.LEVELS:
        made = storage_for(StoredFile.Backend.STORE).local_path(stored_forms.levels_key(image.pk))
    else:
        made = path_of(Representation.objects.get(image=image, is_generated=True).stored)
    with closing(open_source(made)) as ours:
        lower = whole(ours, 0 if form == Form.LEVELS else 1)[0, 0, 0]
    np.testing.assert_array_equal(lower, half(PIXELS[0], labels=True))


def test_lower_levels_that_lie_otherwise_are_not_served(tmp_path: Path) -> None:
    """Their addresses would give other bytes than what clients have kept of them for good."""
    image = image_of(PIXELS, tmp_path)
    with closing(opened(image)) as source:
        original = Representation.objects.get(image=image, is_generated=False)
        to_ome_zarr(source, table_of(original).with_name(LEVELS), About(), How(chunk=None, codec="blosc", first=1))
    with closing(opened(image)) as source:
        assert source.raw_chunk(1, (0, 0, 0, 0, 0)) is None
        assert source.codecs(1) == little_endian_codecs(source.dtype)


def test_what_would_gain_nothing_is_refused(tmp_path: Path) -> None:
    image = image_of(PIXELS[:, :300, :300], tmp_path, compression="zlib", tile=(256, 256), rowsperstrip=None)
    for form, why in ((Form.LEVELS, "needs no lower levels"), (Form.OME_ZARR, "straight from the bytes of its file")):
        job = converting.ask(actor=Actor(image.study.owner), image_id=image.pk, form=form)
        jobs.run_queued()
        job.refresh_from_db()
        assert job.state == Job.State.FAILED
        assert why in job.error
    assert stored_forms.forms_of(image).made == ()


def test_who_may_ask(tmp_path: Path) -> None:
    image = image_of(PIXELS[:, :300, :300], tmp_path)
    stranger, viewer = factory.user("Sam Stranger"), factory.user("Vera Viewer")
    AccessGrant.objects.create(
        study=image.study, user=viewer, right=AccessGrant.Right.VIEW, granted_by=image.study.owner
    )
    for actor, error in ((Actor(), NotFound), (Actor(stranger), NotFound), (Actor(viewer), NotAllowed)):
        with pytest.raises(error):
            converting.ask(actor=actor, image_id=image.pk, form=Form.OME_ZARR)
    with pytest.raises(NotFound):
        converting.ask(actor=Actor(image.study.owner), image_id=uuid.uuid4(), form=Form.OME_ZARR)
    assert not Job.objects.filter(kind=stored_forms.CONVERT).exists()


def test_one_at_a_time_and_it_can_be_stopped(tmp_path: Path) -> None:
    image = image_of(PIXELS[:, :300, :300], tmp_path)
    actor = Actor(image.study.owner)
    converting.ask(actor=actor, image_id=image.pk, form=Form.OME_ZARR)
    with pytest.raises(Conflict, match="being converted already"):
        converting.ask(actor=actor, image_id=image.pk, form=Form.LEVELS)
    converting.cancel(actor=actor, image_id=image.pk)
    forms = stored_forms.forms_of(image)
    assert forms.last
    assert (forms.last.state, forms.made) == (Job.State.CANCELLED, ())
    converting.ask(actor=actor, image_id=image.pk, form=Form.OME_ZARR)


def test_what_was_made_goes_with_the_image(tmp_path: Path, django_capture_on_commit_callbacks) -> None:  # type: ignore[no-untyped-def]
    image = image_of(PIXELS[:, :300, :300], tmp_path)
    actor = Actor(image.study.owner)
    converting.ask(actor=actor, image_id=image.pk, form=Form.OME_ZARR)
    jobs.run_queued()
    made = Representation.objects.get(image=image, is_generated=True)
    folder = path_of(made.stored)
    (file,) = image.study.files.all()
    files.read_again(actor=actor, study_id=image.study_id, file_id=file.pk)
    jobs.run_queued()
    assert Representation.objects.filter(pk=made.pk).exists()  # the image is the same
    with django_capture_on_commit_callbacks(execute=True):
        files.remove(actor=actor, study_id=image.study_id, file_id=file.pk)
    assert not folder.exists()
    assert not StoredFile.objects.filter(pk=made.stored_id).exists()
