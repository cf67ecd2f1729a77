"""What others' programs read at the addresses of images: pixels and metadata are those of the file."""

import hashlib
import json
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zarr

from tests.publishing.delivery_judges.conftest import HCS, SHAPE, Images

HERE = Path(__file__).resolve().parent
ZARRITA = HERE.parents[2] / "viewer/node_modules/zarrita/dist/src/index.js"
ZARRS = ("ome-zarr-0.4", "ome-zarr-0.5")


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


@pytest.mark.parametrize("key", ZARRS)
def test_a_plate_has_its_wells_and_fields(imaging_judge: Path, images: Images, shared: Path, key: str) -> None:
    found = judged(imaging_judge, "plate", f"{images.plate}/{key}")
    stored: Any = zarr.open_group(shared / "samples" / HCS, mode="r")
    wells = [well["path"] for well in stored.attrs["plate"]["wells"]]
    assert sorted(found["wells"]) == sorted(wells)
    field = f"{found['wells'][0]}/0"
    level = stored[field].attrs["multiscales"][0]["datasets"][0]["path"]
    assert found["first"] == digest(np.asarray(stored[f"{field}/{level}"][...]))
