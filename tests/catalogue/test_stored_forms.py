"""An OME-TIFF as a stored form, and forms that are removed: what goes, what stays, and who may."""

from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

from base import jobs
from base.audit import history
from base.errors import NotAllowed, NotFound
from base.models import Job, StoredFile
from base.storage import path_of, storage_for
from catalogue import converting, stored_forms
from catalogue.access import Actor
from catalogue.models import AccessGrant, Image, Representation
from catalogue.stored_forms import MEDIA_TYPES, Form, forms_of
from imaging.readers import read_facts
from imaging.source import open_source
from tests import factory
from tests.catalogue.test_converting import PIXELS, image_of, opened
from tests.imaging.reading import whole

pytestmark = [pytest.mark.both, pytest.mark.django_db]
XML = """<?xml version="1.0" encoding="UTF-8"?><OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06">
<Experimenter ID="Experimenter:0" FirstName="Rosalind" LastName="Depositor" Email="rosalind@example.org"/>
<Image ID="Image:0" Name="Nuclei"><ExperimenterRef ID="Experimenter:0"/>
<Pixels ID="Pixels:0" DimensionOrder="XYCZT" Type="uint8" SizeX="700" SizeY="600" SizeC="3" SizeZ="1" SizeT="1"
PhysicalSizeX="0.5" PhysicalSizeY="0.5"><Channel ID="Channel:0:0" SamplesPerPixel="3"/><TiffData/></Pixels></Image>
</OME>"""


def made(image: Image, form: Form) -> Representation:
    job = converting.ask(actor=Actor(image.study.owner), image_id=image.pk, form=form)
    jobs.run_queued()
    job.refresh_from_db()
    assert (job.state, job.error) == (Job.State.DONE, "")
    return Representation.objects.get(image=image, is_generated=True, format=MEDIA_TYPES[form])


def test_an_ome_tiff(tmp_path: Path) -> None:
    image = image_of(PIXELS, tmp_path)
    form = made(image, Form.OME_TIFF)
    assert (form.document, form.level_count, form.stored.is_folder) == (image.document, 3, False)
    assert form.stored.sha256
    path = path_of(form.stored)
    np.testing.assert_array_equal(tifffile.imread(path), PIXELS)
    with closing(opened(image)) as own, closing(open_source(path)) as ours:
        for level in range(len(own.levels)):
            np.testing.assert_array_equal(whole(ours, level), whole(own, level))
    assert forms_of(image).made == (Form.OME_TIFF,)
    made(image, Form.OME_ZARR)
    assert forms_of(image).made == (Form.OME_ZARR, Form.OME_TIFF)


def test_colours_lie_apart_and_nobody_is_named(tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 255, (600, 700, 3), np.uint8)
    path = tmp_path / "colours.ome.tif"
    tifffile.imwrite(path, pixels, photometric="rgb", description=XML.encode(), metadata=None, tile=(256, 256))
    study = factory.study(images=0)
    factory.upload(study, path.name, path.read_bytes())
    jobs.run_queued()
    image = Image.objects.get(study=study)
    found = path_of(made(image, Form.OME_TIFF).stored)
    with tifffile.TiffFile(found) as tiff:
        assert tiff.pages.first.planarconfig == 2
        assert tiff.ome_metadata is not None
        assert "Rosalind" not in tiff.ome_metadata
        assert "rosalind@" not in tiff.ome_metadata
        assert 'Name="Nuclei"' in tiff.ome_metadata
        np.testing.assert_array_equal(np.moveaxis(tiff.asarray(), 0, -1), pixels)
    assert read_facts(found).images[0].size_c == 3
    converting.write_out(image, tmp_path / "out.ome.tif", to=Form.OME_TIFF, tell=lambda *_: None)
    converting.write_out(image, tmp_path / "out.ome.zarr", to=Form.OME_ZARR, tell=lambda *_: None)
    for file in (tmp_path / "out.ome.tif", tmp_path / "out.ome.zarr/OME/METADATA.ome.xml"):
        assert b"Rosalind" not in file.read_bytes()


def test_the_levels_of_a_file_stay_its_own(tmp_path: Path) -> None:
    levels = [np.random.default_rng(n).integers(0, 60_000, (1100 // 3**n, 1300 // 3**n), np.uint16) for n in range(3)]
    path = tmp_path / "levels.ome.tif"
    with tifffile.TiffWriter(path, ome=True) as tiff:
        options = {"compression": "lzw", "tile": (256, 256), "photometric": "minisblack"}
        tiff.write(levels[0], subifds=2, metadata={"axes": "YX"}, **options)  # type: ignore[arg-type]
        for level in levels[1:]:
            tiff.write(level, subfiletype=1, **options)  # type: ignore[arg-type]
    study = factory.study(images=0)
    factory.upload(study, path.name, path.read_bytes())
    jobs.run_queued()
    with closing(open_source(path_of(made(Image.objects.get(study=study), Form.OME_TIFF).stored))) as ours:
        for number, level in enumerate(levels):
            np.testing.assert_array_equal(whole(ours, number)[0, 0, 0], level)


@pytest.mark.parametrize("form", list(Form))
def test_a_form_is_removed(tmp_path: Path, form: Form, django_capture_on_commit_callbacks: Any) -> None:
    image = image_of(PIXELS, tmp_path)
    actor, store = Actor(image.study.owner), storage_for(StoredFile.Backend.STORE)
    own = Representation.objects.get(image=image, is_generated=False)
    before = path_of(own.stored).read_bytes()
    converting.ask(actor=actor, image_id=image.pk, form=form)
    jobs.run_queued()
    rows = list(Representation.objects.select_related("stored").filter(image=image, is_generated=True))
    standing = stored_forms.standing(image, form)
    assert standing.bytes > 10_000
    assert not standing.is_only_one
    with django_capture_on_commit_callbacks(execute=True):
        assert stored_forms.remove(actor=actor, image_id=image.pk, form=form) == standing.bytes
    assert forms_of(image).made == ()
    for row in rows:
        assert not StoredFile.objects.filter(pk=row.stored_id).exists()
        assert not (store.local_path("conversions") / row.stored.key.split("/")[1]).exists()
    assert path_of(own.stored).read_bytes() == before
    with closing(opened(image)) as source:
        np.testing.assert_array_equal(whole(source)[0, :, 0], PIXELS)
    event = history(image.study_id)[0]
    assert (event.actor, event.verb) == (image.study.owner, "removed a stored form")
    assert event.detail == {"image": str(image.pk), "form": form, "bytes": standing.bytes}
    with pytest.raises(NotFound, match="removed already"):
        stored_forms.remove(actor=actor, image_id=image.pk, form=form)
    converting.ask(actor=actor, image_id=image.pk, form=form)  # it can be made again
    jobs.run_queued()
    assert forms_of(image).made == (form,)


def test_who_may_remove(tmp_path: Path) -> None:
    image = image_of(PIXELS[:, :300, :300], tmp_path)
    made(image, Form.OME_ZARR)
    viewer, curator = factory.user("Vera Viewer"), factory.curator()
    AccessGrant.objects.create(
        study=image.study, user=viewer, right=AccessGrant.Right.VIEW, granted_by=image.study.owner
    )
    refused = [(Actor(), NotFound), (Actor(factory.user()), NotFound), (Actor(viewer), NotAllowed)]
    for actor, error in [*refused, (Actor(curator), NotFound)]:  # a draft is nothing that curators know of
        with pytest.raises(error):
            stored_forms.remove(actor=actor, image_id=image.pk, form=Form.OME_ZARR)
    image.study.state = image.study.State.PUBLISHED
    image.study.save()
    assert stored_forms.remove(actor=Actor(curator), image_id=image.pk, form=Form.OME_ZARR)
