"""What others' programs read at the addresses of images: pixels and metadata are those of the file."""

import hashlib
import json
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from django.conf import settings
from django.core.management import call_command
from pytest_django.plugin import DjangoDbBlocker

from catalogue.models import Image, Study
from tests import factory
from tests.publishing.delivered import deposit, publish
from tests.publishing.serving import served

HERE = Path(__file__).resolve().parent
ZARRITA = HERE.parents[2] / "viewer/node_modules/zarrita/dist/src/index.js"
CELLS_ZARR = "02_omezarr/v05_cells3d_nuclei.zarr"
ZARRS = ("ome-zarr-0.4", "ome-zarr-0.5")
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
def db(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """In place of pytest-django's: what is written is committed, so that the web server sees it, and all tests here."""
    with django_db_blocker.unblock():
        yield
        call_command("flush", interactive=False, verbosity=0)


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
        study = deposit(factory.user(), [stack, deflate, samples / CELLS_ZARR, slide])
        publish(study)
        with served([samples, own], own / "server.log") as url:
            yield Images(
                address(url, study, stack.name),
                address(url, study, deflate.name),
                address(url, study, Path(CELLS_ZARR).name),
                address(url, study, slide.name),
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


def judged(python: Path, judge: str, address: str) -> dict[str, Any]:
    return printed([python, HERE / "imaging_judge.py", judge, address])


def printed(command: list[str | Path]) -> dict[str, Any]:
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr[-3000:]
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def digest(pixels: np.ndarray) -> str:
    little = np.ascontiguousarray(pixels, pixels.dtype.newbyteorder("<"))
    return hashlib.sha256(little.tobytes()).hexdigest()


@pytest.mark.parametrize("key", ZARRS)
def test_ome_zarr_models_finds_the_metadata_valid(imaging_judge: Path, images: Images, key: str) -> None:
    found = judged(imaging_judge, "models", f"{images.stack}/{key}")
    assert found == {
        "axes": ["t", "c", "z", "y", "x"],
        "units": ["second", None, "micrometer", "micrometer", "micrometer"],
        "scale": [30.0, 1.0, 0.4, 0.1, 0.1],
        "channels": ["DNA", "Actin", "Tubulin"],
        "levels": 1,
    }
    assert judged(imaging_judge, "models", f"{images.slide}/{key}")["levels"] >= 2


@pytest.mark.parametrize("key", [*ZARRS, "ome-zarr-0.5-cubes"])
def test_tensorstore_reads_every_voxel(imaging_judge: Path, images: Images, key: str) -> None:
    found = judged(imaging_judge, "tensorstore", f"{images.stack}/{key}")
    assert found == {"shape": list(SHAPE), "dtype": "uint16", "sha256": digest(images.pixels)}


def test_deflate_has_a_name_in_format_2_that_all_know(imaging_judge: Path, node: Path, images: Images) -> None:
    expected = digest(images.pixels[1:, 2:])
    assert judged(imaging_judge, "tensorstore", f"{images.deflate}/ome-zarr-0.4")["sha256"] == expected
    for key in ZARRS:
        assert printed([node, HERE / "zarrita_judge.mjs", ZARRITA, f"{images.deflate}/{key}"])["sha256"] == expected


def test_tensorstore_reads_the_precomputed_volume(imaging_judge: Path, images: Images) -> None:
    found = judged(imaging_judge, "tensorstore", f"{images.stack}/precomputed")
    assert found["shape"] == [260, 150, 20, 3]
    assert found["sha256"] == digest(images.pixels[0])
    later = judged(imaging_judge, "tensorstore", f"{images.stack}/precomputed/t1/c2")
    assert later["sha256"] == digest(images.pixels[1, 2:])


def test_cloudvolume_reads_the_precomputed_volume(imaging_judge: Path, images: Images) -> None:
    found = judged(imaging_judge, "cloudvolume", f"{images.stack}/precomputed")
    assert found["resolution"] == [100, 100, 400]
    assert (found["type"], found["scales"]) == ("image", 1)
    assert found["sha256"] == digest(images.pixels[0])


def test_cloudvolume_reads_jpeg_chunks(imaging_judge: Path, images: Images) -> None:
    found = judged(imaging_judge, "cloudvolume", f"{images.slide}/precomputed/jpeg")
    assert found["shape"] == [1300, 900, 1, 3]
    assert abs(found["mean"] - images.rgb.mean()) < 0.5


@pytest.mark.parametrize("key", ZARRS)
def test_napari_shows_the_channels(imaging_judge: Path, images: Images, key: str) -> None:
    (layer,) = judged(imaging_judge, "napari", f"{images.stack}/{key}")["layers"]
    assert [name.rpartition(" ")[2] for name in layer["names"]] == ["DNA", "Actin", "Tubulin"]
    assert layer["sha256"] == digest(images.pixels)
    assert layer["scale"] == [30.0, 0.4, 0.1, 0.1]


@pytest.mark.parametrize("key", ZARRS)
def test_zarrita_reads_every_voxel(node: Path, images: Images, key: str) -> None:
    found = printed([node, HERE / "zarrita_judge.mjs", ZARRITA, f"{images.stack}/{key}"])
    assert found == {"shape": list(SHAPE), "dtype": "uint16", "sha256": digest(images.pixels)}


@pytest.mark.parametrize("key", ZARRS)
def test_a_stored_ome_zarr_is_the_same_in_both_formats(imaging_judge: Path, images: Images, key: str) -> None:
    found = judged(imaging_judge, "tensorstore", f"{images.cells}/{key}")
    other = judged(imaging_judge, "napari", f"{images.cells}/ome-zarr-0.5")["layers"][0]
    assert found["sha256"] == other["sha256"]
