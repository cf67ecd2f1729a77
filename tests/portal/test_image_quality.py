"""The image page says in words how an image was taken, from what was measured of it."""

from pathlib import Path

import numpy as np
import pytest
import tifffile
from django.test import Client
from lxml import html

from base.models import StoredFile
from base.storage import storage_for
from catalogue.measuring import statistics_key
from catalogue.models import Image
from imaging.source import open_source
from imaging.statistics import measure
from portal.public.quality import HEIGHT, outline
from tests import factory

pytestmark = pytest.mark.django_db


def measured(folder: Path, pixels: np.ndarray) -> Image:
    """An image of a draft, of which these pixels (z, c, y, x) were measured."""
    image = factory.image(factory.study(images=0), channels=pixels.shape[1])
    tifffile.imwrite(folder / "a.tif", pixels, imagej=True, metadata={"axes": "ZCYX"})
    document = measure(open_source(folder / "a.tif", 0)).to_json()
    storage_for(StoredFile.Backend.STORE).write(statistics_key(image.pk), [document])
    return image


def text_of(client: Client, image: Image) -> tuple[str, html.HtmlElement]:
    client.force_login(image.study.owner)
    page = html.fromstring(client.get(f"/images/{image.pk}").content.decode())
    return " ".join(" ".join(page.itertext()).split()), page


def test_histograms_and_words(client: Client, tmp_path: Path) -> None:
    pixels = np.random.default_rng(4).normal(800, 20, (3, 2, 96, 96)).astype(np.uint16)
    pixels[:, 1, :30] = 4095
    pixels[1, 0, ::2] += 500
    image = measured(tmp_path, pixels)
    text, page = text_of(client, image)
    assert "Quality" in text
    assert "31 % of the pixels are as bright as can be recorded" in text
    assert "Sharpest plane z = 1" in text
    assert "Half of the pixels are below" in text
    drawn = page.xpath("//svg[@role='img']")
    assert len(drawn) == 2
    assert all("How many pixels of" in one.get("aria-label") for one in drawn)
    assert f"/data/{image.pk}/statistics.json" in {it.get("href") for it in page.iter("a")}


def test_nothing_is_said_of_what_was_not_measured(client: Client, tmp_path: Path) -> None:
    text, page = text_of(client, factory.image(factory.study(images=0)))
    assert "Measured from the pixels" not in text
    assert not page.xpath("//a[contains(@href, 'statistics.json')]")


def test_dark_and_even_pixels_have_words_too(client: Client, tmp_path: Path) -> None:
    text, _ = text_of(client, measured(tmp_path, np.zeros((1, 1, 32, 32), np.uint16)))
    assert "100 % of the pixels have the lowest value there is" in text
    assert "Noise none found" in text


@pytest.mark.parametrize(("bright", "said"), [(20, "99.5 %"), (1, "more than 99.9 %")])
def test_nearly_all_is_not_all(client: Client, tmp_path: Path, bright: int, said: str) -> None:
    pixels = np.zeros((1, 1, 64, 64), np.uint16)
    pixels.reshape(-1)[:bright] = 1000
    text, _ = text_of(client, measured(tmp_path, pixels))
    assert f"{said} of the pixels have the lowest value there is" in text


def test_an_outline_is_as_high_as_its_counts() -> None:
    path = outline([0, 9, 0])
    assert path == f"M0 {HEIGHT}V{HEIGHT}.0h1V0.0h1V{HEIGHT}.0h1V{HEIGHT}Z"


def test_a_scale_of_whole_numbers_ends_with_one_that_there_is(client: Client, tmp_path: Path) -> None:
    pixels = np.arange(64 * 64, dtype=np.uint16).reshape(1, 1, 64, 64).astype(np.uint8)
    text, _page = text_of(client, measured(tmp_path, pixels))
    assert "0 – 255" in text
    assert "0 – 256" not in text
