"""Published images on a real web server, for others' programs to open."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import tifffile
from django.conf import settings

from catalogue.models import Image, Plate, Study
from tests import factory
from tests.publishing.committed import committed  # noqa: F401  (the fixture db)
from tests.publishing.delivered import deposit, publish
from tests.publishing.serving import served

CELLS_ZARR = "02_omezarr/v05_cells3d_nuclei.zarr"
HCS = "02_omezarr/v04_hcs_nf1_plate2.zarr"
SHAPE = (2, 3, 20, 150, 260)  # t, c, z, y, x
SIZES = {"PhysicalSizeX": 0.1, "PhysicalSizeY": 0.1, "PhysicalSizeZ": 0.4, "TimeIncrement": 30.0}


@dataclass(frozen=True)
class Images:
    """Addresses of published images on a real web server, and pixels that were deposited: `pixels` (t, c, z, y, x) of
    `stack`, of which `deflate` is the last channel and time, `rgb` (y, x, 3) of the slide."""

    stack: str
    deflate: str
    cells: str
    slide: str
    plate: str
    pixels: np.ndarray
    rgb: np.ndarray


def stack_pixels() -> np.ndarray:
    """Smooth, so that pictures of it can be compared, and with every voxel telling where it is."""
    t, c, z, y, x = np.ogrid[tuple(slice(size) for size in SHAPE)]
    waves = np.sin(x / 17 + c) * np.cos(y / 11 + z / 5) * 900 + 1000 + 50 * t
    pixels: np.ndarray = (waves + 100 * c + z).astype(np.uint16)
    return pixels


def slide_pixels() -> np.ndarray:
    y, x = np.ogrid[:900, :1300]
    waves = [np.sin(x / 37 + y / 90), np.cos(y / 41 - x / 150), np.sin((x + y) / 60)]
    return np.stack([127 + 120 * wave for wave in waves], axis=-1).astype(np.uint8)


@pytest.fixture(scope="module")
def images(shared: Path, tmp_path_factory: pytest.TempPathFactory, db: None) -> Iterator[Images]:
    samples, own = shared / "samples", tmp_path_factory.mktemp("judged")
    stack, deflate, slide = (own / name for name in ("stack.ome.tif", "deflate.ome.tif", "slide.tif"))
    pixels, rgb = stack_pixels(), slide_pixels()
    tifffile.imwrite(slide, rgb, tile=(256, 256), compression="jpeg", photometric="rgb")
    names = {"Channel": {"Name": ["DNA", "Actin", "Tubulin"]}}
    tifffile.imwrite(stack, pixels, ome=True, tile=(64, 64), compression="zstd", photometric="minisblack",
                     metadata={"axes": "TCZYX", **SIZES, **names})  # fmt: skip
    tifffile.imwrite(deflate, pixels[1:, 2:], ome=True, tile=(64, 64), compression="zlib", photometric="minisblack",
                     metadata={"axes": "TCZYX"})  # fmt: skip
    before, settings.REGISTER_ROOTS = settings.REGISTER_ROOTS, [samples.resolve(), own.resolve()]
    try:
        study = deposit(factory.user(), [stack, deflate, samples / CELLS_ZARR, slide, samples / HCS])
        publish(study)
        with served([samples, own], own / "server.log") as url:
            yield Images(
                address(url, study, stack.name),
                address(url, study, deflate.name),
                address(url, study, Path(CELLS_ZARR).name),
                address(url, study, slide.name),
                f"{url}/data/plates/{Plate.objects.get(study=study).pk}",
                pixels,
                rgb,
            )
    finally:
        settings.REGISTER_ROOTS = before
        shutil.rmtree(settings.DATA / "store", ignore_errors=True)


def address(url: str, study: Study, name: str) -> str:
    """Of the first image of a file."""
    image = Image.objects.filter(study=study, image_files__file__path__endswith=name).order_by("pk").first()
    assert image
    return f"{url}/data/{image.pk}"
