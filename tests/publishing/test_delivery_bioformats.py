"""Files that only Bio-Formats opens are deposited, published and served like any other, also a set of two."""

from pathlib import Path

import numpy as np
import pytest

from base import jobs
from catalogue import files
from catalogue.access import Actor
from catalogue.models import File, Image, StudyComponent
from catalogue.services import submit
from tests import factory
from tests.imaging.fuzz.corpus import PIXELS, files_of
from tests.portal.publishing import publish as approved
from tests.publishing.test_delivery_sets import pixels_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("bioformats")]


def test_their_chunks_are_served(tmp_path: Path) -> None:
    study = factory.study(images=0)
    (volume, _), (_,) = (files_of(name, tmp_path, tmp_path) for name in ("bioformats", "bioformats-sets"))
    for path in (volume, tmp_path / "small.ids", tmp_path / "small.ics"):
        factory.upload(study, f"in/{path.name}", path.read_bytes())
    jobs.run_queued(study.pk)
    found = {file.path: (file.state, file.problem) for file in File.objects.filter(study=study)}
    assert found == {
        "in/small.nrrd": (File.State.READ, ""), "in/small.ics": (File.State.READ, ""),
        "in/small.ids": (File.State.PLAIN, ""),
    }  # fmt: skip
    component = StudyComponent.objects.get(study=study)
    ids = list(File.objects.filter(study=study).values_list("pk", flat=True))
    files.assign(actor=Actor(study.owner), study_id=study.pk, file_ids=ids, component_id=component.pk)
    submit(actor=Actor(study.owner), study_id=study.pk)
    approved(study)
    images = Image.objects.filter(study=study)
    assert images.count() == 2
    for image in images:
        np.testing.assert_array_equal(np.squeeze(pixels_of(image)), PIXELS)
