"""`vitrine convert` on a real file, and what it says where it cannot."""

from pathlib import Path

import numpy as np
import pytest
import tifffile
import zarr

from client.command import FAILED, WELL, main


def test_to_both_formats(shared: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = shared / "samples/01_fluorescence/cells3d/nuclei.tif"
    zarr_out, tiff_out = tmp_path / "nuclei.ome.zarr", tmp_path / "nuclei.ome.tif"
    assert main(["convert", str(path), str(zarr_out), "--chunk", "16,64,64", "--codec", "zstd"]) == WELL
    assert main(["convert", str(path), str(tiff_out), "--compression", "zstd"]) == WELL
    wanted = tifffile.imread(path)
    array = zarr.open_array(zarr_out / "0", mode="r")
    np.testing.assert_array_equal(np.asarray(array[...])[0, 0], wanted)
    assert array.chunks == (1, 1, 16, 64, 64)
    np.testing.assert_array_equal(tifffile.imread(tiff_out), wanted)
    assert "every pixel of it compared" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere.tif", "out.ome.zarr"], "nowhere.tif: file: is not there"),
        (["nowhere.tif", "out.png"], "ends neither in .ome.zarr nor in .ome.tif"),
        (["nowhere.tif", "out.ome.zarr", "--chunk", "1,100,100"], "multiples of 16"),
    ],
)
def test_what_cannot_be(
    arguments: list[str],
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["convert", *arguments]) == FAILED
    assert message in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
