"""What others' programs read at the addresses of images: pixels and metadata are those of the file."""

import hashlib
import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zarr

from tests.publishing.delivery_judges.conftest import CELLS_ZARR, HCS, SHAPE, Images

HERE = Path(__file__).resolve().parent
ZARRITA = HERE.parents[2] / "viewer/node_modules/zarrita/dist/src/index.js"
ZARRS = ("ome-zarr-0.4", "ome-zarr-0.5")


Judge = Callable[[str, str], dict[str, Any]]


@pytest.fixture(scope="module")
def judge(imaging_judge: Path) -> Iterator[Judge]:
    """One process for all that is asked, for its clients take seconds to import."""
    command = [imaging_judge, HERE / "imaging_judge.py"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin
        assert process.stdout
        asked, answers = process.stdin, process.stdout

        def ask(client: str, address: str) -> dict[str, Any]:
            asked.write(f"{client} {address}\n")
            asked.flush()
            found = json.loads(answers.readline())
            assert isinstance(found, dict), found
            return found

        yield ask
        asked.close()


def printed(command: list[str | Path]) -> dict[str, Any]:
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr[-3000:]
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def digest(pixels: np.ndarray) -> str:
    little = np.ascontiguousarray(pixels, pixels.dtype.newbyteorder("<"))
    return hashlib.sha256(little.tobytes()).hexdigest()


@pytest.mark.parametrize("key", ZARRS)
def test_ome_zarr_models_finds_the_metadata_valid(judge: Judge, images: Images, key: str) -> None:
    found = judge("models", f"{images.stack}/{key}")
    assert found == {
        "axes": ["t", "c", "z", "y", "x"],
        "units": ["second", None, "micrometer", "micrometer", "micrometer"],
        "scale": [30.0, 1.0, 0.4, 0.1, 0.1],
        "channels": ["DNA", "Actin", "Tubulin"],
        "levels": 1,
    }
    assert judge("models", f"{images.slide}/{key}")["levels"] >= 2


@pytest.mark.parametrize("key", [*ZARRS, "ome-zarr-0.5-cubes"])
def test_tensorstore_reads_every_voxel(judge: Judge, images: Images, key: str) -> None:
    found = judge("tensorstore", f"{images.stack}/{key}")
    assert found == {"shape": list(SHAPE), "dtype": "uint16", "sha256": digest(images.pixels)}


def test_deflate_has_a_name_in_format_2_that_all_know(judge: Judge, node: Path, images: Images) -> None:
    expected = digest(images.pixels[1:, 2:])
    assert judge("tensorstore", f"{images.deflate}/ome-zarr-0.4")["sha256"] == expected
    for key in ZARRS:
        assert printed([node, HERE / "zarrita_judge.mjs", ZARRITA, f"{images.deflate}/{key}"])["sha256"] == expected


def test_tensorstore_reads_the_precomputed_volume(judge: Judge, images: Images) -> None:
    found = judge("tensorstore", f"{images.stack}/precomputed")
    assert found["shape"] == [260, 150, 20, 3]
    assert found["sha256"] == digest(images.pixels[0])
    later = judge("tensorstore", f"{images.stack}/precomputed/t1/c2")
    assert later["sha256"] == digest(images.pixels[1, 2:])


def test_cloudvolume_reads_the_precomputed_volume(judge: Judge, images: Images) -> None:
    found = judge("cloudvolume", f"{images.stack}/precomputed")
    assert found["resolution"] == [100, 100, 400]
    assert (found["type"], found["scales"]) == ("image", 1)
    assert found["sha256"] == digest(images.pixels[0])


def test_cloudvolume_reads_jpeg_chunks(judge: Judge, images: Images) -> None:
    found = judge("cloudvolume", f"{images.slide}/precomputed/jpeg")
    assert found["shape"] == [1300, 900, 1, 3]
    assert abs(found["mean"] - images.rgb.mean()) < 0.5


@pytest.mark.parametrize("key", ZARRS)
def test_napari_shows_the_channels(judge: Judge, images: Images, key: str) -> None:
    (layer,) = judge("napari", f"{images.stack}/{key}")["layers"]
    assert [name.rpartition(" ")[2] for name in layer["names"]] == ["DNA", "Actin", "Tubulin"]
    assert layer["sha256"] == digest(images.pixels)
    assert layer["scale"] == [30.0, 0.4, 0.1, 0.1]


@pytest.mark.parametrize("key", ZARRS)
def test_zarrita_reads_every_voxel(node: Path, images: Images, key: str) -> None:
    found = printed([node, HERE / "zarrita_judge.mjs", ZARRITA, f"{images.stack}/{key}"])
    assert found == {"shape": list(SHAPE), "dtype": "uint16", "sha256": digest(images.pixels)}


@pytest.mark.parametrize("key", ZARRS)
def test_a_stored_ome_zarr_is_the_same_in_both_formats(judge: Judge, images: Images, key: str) -> None:
    found = judge("tensorstore", f"{images.cells}/{key}")
    other = judge("napari", f"{images.cells}/ome-zarr-0.5")["layers"][0]
    assert found["sha256"] == other["sha256"]


@pytest.fixture(scope="module")
def nuclei(shared: Path) -> np.ndarray:
    """The label image (z, y, x) below `images.cells`."""
    stored: Any = zarr.open_group(shared / "samples" / CELLS_ZARR, mode="r")["labels/nuclei/s0"]
    return np.asarray(stored[...])


@pytest.mark.parametrize("key", ZARRS)
def test_labels_are_below_their_image(judge: Judge, images: Images, nuclei: np.ndarray, key: str) -> None:
    assert judge("labels", f"{images.cells}/{key}") == {"labels": ["nuclei"]}
    image, labels = judge("napari", f"{images.cells}/{key}")["layers"]
    assert (image["kind"], labels["kind"]) == ("image", "labels")
    assert labels["sha256"] == digest(nuclei)
    assert labels["scale"] == image["scale"]  # axis by axis, without that of channels
    assert len(labels["shape"]) == len(image["shape"]) - 1
    assert labels["shape"][-3:] == list(nuclei.shape)


@pytest.mark.parametrize("client", ["tensorstore", "cloudvolume"])
def test_labels_are_a_compressed_segmentation(judge: Judge, images: Images, nuclei: np.ndarray, client: str) -> None:
    found = judge(client, f"{images.cells}/precomputed/labels/nuclei/compressed")
    assert found["shape"] == [*nuclei.shape[::-1], 1]
    assert found["sha256"] == digest(nuclei.astype(np.uint32))
    assert client == "tensorstore" or found["type"] == "segmentation"


@pytest.mark.parametrize("key", ZARRS)
def test_a_plate_has_its_wells_and_fields(judge: Judge, images: Images, shared: Path, key: str) -> None:
    found = judge("plate", f"{images.plate}/{key}")
    stored: Any = zarr.open_group(shared / "samples" / HCS, mode="r")
    wells = [well["path"] for well in stored.attrs["plate"]["wells"]]
    assert sorted(found["wells"]) == sorted(wells)
    field = f"{found['wells'][0]}/0"
    level = stored[field].attrs["multiscales"][0]["datasets"][0]["path"]
    assert found["first"] == digest(np.asarray(stored[f"{field}/{level}"][...]))
