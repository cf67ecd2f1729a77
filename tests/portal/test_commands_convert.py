"""`manage.py convert`: into the store, and to files of their own."""

import io
from pathlib import Path

import numpy as np
import pytest
import tifffile
import zarr
from django.core.management import call_command
from django.core.management.base import CommandError

from catalogue.stored_forms import Form, forms_of
from tests.catalogue.test_converting import PIXELS, image_of

pytestmark = pytest.mark.django_db


def run(*arguments: str) -> str:
    out = io.StringIO()
    call_command("convert", *arguments, stdout=out)
    return out.getvalue()


def test_into_the_store_and_to_files(tmp_path: Path) -> None:
    image = image_of(PIXELS, tmp_path)
    assert "every pixel of it compared" in run(str(image.pk))
    run(str(image.pk), "--levels")
    assert forms_of(image).made == (Form.OME_ZARR, Form.LEVELS)
    assert "is removed" in run(str(image.pk), "--remove")
    assert forms_of(image).made == (Form.LEVELS,)
    run(str(image.pk), "--out", str(tmp_path / "out.ome.zarr"))
    run(str(image.pk), "--to", "ome-tiff", "--out", str(tmp_path / "out.ome.tif"))
    array = zarr.open_array(tmp_path / "out.ome.zarr/0", mode="r")
    np.testing.assert_array_equal(np.asarray(array[...])[0, :, 0], PIXELS)
    np.testing.assert_array_equal(tifffile.imread(tmp_path / "out.ome.tif"), PIXELS)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nothing"], "There is no image “nothing”"),
        (["{image}", "--remove", "--to", "ome-tiff"], "removed already"),
        (["{image}", "--remove", "--out", "x"], "leave --out away"),
        (["{image}", "--levels", "--out", "x"], "leave --out away"),
        (["{image}", "--out", "{folder}"], "is there already"),
        (["{image}", "--levels"], "needs no lower levels"),
    ],
)
def test_what_cannot_be(arguments: list[str], message: str, tmp_path: Path) -> None:
    image = image_of(PIXELS[:, :50, :50], tmp_path)
    with pytest.raises(CommandError, match=message):
        run(*(one.format(image=image.pk, folder=tmp_path) for one in arguments))
