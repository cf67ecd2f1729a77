"""Label images of which an annotation tells, and not the file: served as what they are, and below their image."""

import json
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pytest
import tifffile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from base import jobs
from catalogue import converting
from catalogue.access import Actor
from catalogue.models import Annotation, Image, Representation, Study
from catalogue.stored_forms import Form
from imaging.representations.table import BY_KEY
from imaging.sources.halves import half
from publishing.delivery.content import Content
from publishing.delivery.images import OpenImage
from publishing.working_copy import image_records
from tests import factory

pytestmark = pytest.mark.django_db

CELLS = np.random.default_rng(1).integers(0, 60_000, (1100, 1300), np.uint16)
NUCLEI = np.repeat(np.repeat(np.random.default_rng(2).integers(0, 300, (275, 325), np.uint16), 4, 0), 4, 1)
NUCLEI[1::2, ::2] = 0  # no four pixels alike: the mean of them would be the number of some other nucleus


@pytest.fixture
def study(tmp_path: Path) -> Study:
    study = factory.study(images=0)
    for name, pixels in (
        ("cells.tif", CELLS),
        ("cells nuclei.tif", NUCLEI),
        ("colours.tif", np.zeros((9, 9, 3), "u1")),
    ):
        tifffile.imwrite(tmp_path / name, pixels)
        factory.upload(study, name, (tmp_path / name).read_bytes())
    jobs.run_queued()
    return study


def annotate(study: Study, path: str = "cells nuclei.tif", **said: Any) -> None:
    Annotation.objects.create(study=study, path=path, **{"source_image": "cells.tif", "held_in": "label image", **said})


def image(study: Study, path: str) -> Image:
    return Image.objects.get(study=study, image_files__file__path=path)


def opened(study: Study, path: str) -> OpenImage:
    (record,) = image_records(Image.objects.filter(pk=image(study, path).pk))
    return OpenImage(record, "")


def body(found: Content | None) -> bytes:
    assert found
    assert found.length
    return b"".join(found.read(0, found.length))


def document(image: OpenImage, path: str, key: str = "ome-zarr-0.5") -> Any:
    return json.loads(body(image.content(BY_KEY[key], path, {})))


def level(image: OpenImage, before: str, number: int, shape: tuple[int, int]) -> np.ndarray:
    """The upper left chunk of 512² at most."""
    chunk = body(
        image.content(BY_KEY["ome-zarr-0.5"], f"{before}{number}/c/" + "/".join("0" * (4 if before else 5)), {})
    )
    return np.frombuffer(imagecodecs.zstd_decode(chunk), "<u2").reshape(-1, shape[1])[: shape[0]]


def test_they_are_served_as_labels(study: Study) -> None:
    assert document(opened(study, "cells nuclei.tif"), "info", "precomputed")["type"] == "image"
    annotate(study)
    nuclei = opened(study, "cells nuclei.tif")
    assert document(nuclei, "info", "precomputed")["type"] == "segmentation"
    ome = document(nuclei, "zarr.json")["attributes"]["ome"]
    assert "omero" not in ome
    assert "image-label" in ome
    expected = half(NUCLEI, labels=True)
    edge = document(nuclei, "1/zarr.json")["chunk_grid"]["configuration"]["chunk_shape"][-2:]
    found = level(nuclei, "", 1, edge)
    np.testing.assert_array_equal(found, expected[: edge[0], : edge[1]])
    assert not np.array_equal(found, half(NUCLEI)[: edge[0], : edge[1]])


def test_they_lie_below_their_image(study: Study) -> None:
    annotate(study)
    cells = opened(study, "cells.tif")
    assert document(cells, "labels/zarr.json")["attributes"]["ome"]["labels"] == ["cells_nuclei"]
    about = document(cells, "labels/cells_nuclei/zarr.json")["attributes"]["ome"]
    assert about["image-label"]["source"] == {"image": "../../"}
    assert document(cells, "labels/cells_nuclei/info", "precomputed")["type"] == "segmentation"
    for other in ("labels/cells_nuclei/1/c/0/00/0/0", "labels/cells_nuclei/01/c/0/0/0/0", "labels/others/zarr.json"):
        assert cells.content(BY_KEY["ome-zarr-0.5"], other, {}) is None
    edge = document(cells, "labels/cells_nuclei/1/zarr.json")["chunk_grid"]["configuration"]["chunk_shape"][-2:]
    found = level(cells, "labels/cells_nuclei/", 1, edge)
    np.testing.assert_array_equal(found, half(NUCLEI, labels=True)[: edge[0], : edge[1]])


@pytest.mark.parametrize(
    "said",
    [
        {"held_in": "table"},
        {"path": "other.tif"},
        {"path": "colours.tif"},
        {"path": ""},
        {"source_image": "colours.tif"},
    ],
)
def test_what_cannot_be_is_no_label_image(study: Study, said: dict[str, Any]) -> None:
    annotate(study, **said)
    for path in ("cells.tif", "colours.tif"):
        assert opened(study, path).content(BY_KEY["ome-zarr-0.5"], "labels/zarr.json", {}) is None
    assert document(opened(study, "colours.tif"), "info", "precomputed")["type"] == "image"


@pytest.mark.parametrize("form", Form)
def test_forms_made_before_it_was_said_are_not_served(study: Study, form: Form) -> None:
    nuclei = image(study, "cells nuclei.tif")
    converting.ask(actor=Actor(study.owner), image_id=nuclei.pk, form=form)
    jobs.run_queued(nuclei.pk)
    assert form == Form.LEVELS or Representation.objects.filter(image=nuclei, is_generated=True).exists()
    annotate(study)
    again = opened(study, "cells nuclei.tif")
    edge = document(again, "1/zarr.json")["chunk_grid"]["configuration"]["chunk_shape"][-2:]
    np.testing.assert_array_equal(level(again, "", 1, edge), half(NUCLEI, labels=True)[: edge[0], : edge[1]])


def test_queries_do_not_grow_with_label_images(study: Study) -> None:
    counts = []
    for number in range(3):
        annotate(study, version=str(number))
        with CaptureQueriesContext(connection) as captured:
            image_records(Image.objects.filter(study=study))
        counts.append(len(captured))
    assert len(set(counts)) == 1
