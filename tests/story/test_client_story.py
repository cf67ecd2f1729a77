"""The depositor's command line against a running site: deposited, killed, gone on with, changed, watched."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
import yaml

from client import Site as ClientSite
from tests.imaging import test_ome_tiff_sets as sets
from tests.imaging.ome.comparing import document
from tests.story.site import ROOT, Site
from tests.waiting import until

BIG_BYTES = 120 << 20


class Depositor:
    """ada's machine: her token, and a state folder of her own."""

    def __init__(self, site: Site, home: Path) -> None:
        self.site = site
        token = str(site.api("ada").headers["Authorization"]).split()[1]
        self.env = {**os.environ, "VITRINE_TOKEN": token, "XDG_STATE_HOME": str(home)}

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "client", *arguments, "--site", self.site.url]
        return subprocess.Popen(
            command, cwd=ROOT, env=self.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def deposit(self, folder: Path, *options: str, status: int | None = 1) -> dict[str, Any]:
        process = self.start("deposit", str(folder), "--json", *options)
        out, error = process.communicate(timeout=300)
        assert process.returncode == status, out + error
        said: dict[str, Any] = json.loads(out)
        return said

    def client(self) -> ClientSite:
        return ClientSite(self.site.url, self.env["VITRINE_TOKEN"])


@pytest.fixture
def ada(site: Site, tmp_path: Path) -> Depositor:
    return Depositor(site, tmp_path / "state")


@pytest.fixture
def folder(shared: Path, tmp_path: Path) -> Path:
    top = tmp_path / "plate"
    (top / "images").mkdir(parents=True)
    wells = sorted((shared / "samples/01_fluorescence/nf1_cellpainting/Plate_2_images").glob("*.tif"))[:3]
    for image in wells:
        (top / "images" / image.name).write_bytes(image.read_bytes())
    (top / "platemap.csv").write_text("well,gene\nA1,NF1\n")
    document = {
        "study": {"title": "Three fields of a plate of Schwann cells"},
        "components": [{"title": "Fields", "files": "images/*"}, {"title": "Tables", "files": ["*.csv"]}],
    }
    (top / "study.yaml").write_text(yaml.safe_dump(document))
    return top


def test_a_folder_is_deposited_and_only_changes_are_sent_again(ada: Depositor, folder: Path) -> None:
    first = ada.deposit(folder)
    assert (first["sent"], first["there"], first["failed"]) == (4, 0, [])
    with ada.client() as site:
        files = {file["path"]: file for file in site.files(first["study"])}
        components = {row["title"]: row["id"] for row in site.document(first["study"])["components"]}
        assert {path: file["component"] for path, file in files.items()} == {
            path: components["Tables" if path.endswith(".csv") else "Fields"] for path in files
        }
        assert all(file["state"] == "read" for path, file in files.items() if path.endswith(".tif"))
    (folder / "platemap.csv").write_text("well,gene\nA1,NF1\nA2,\n")
    second = ada.deposit(folder)
    assert (second["study"], second["sent"], second["there"]) == (first["study"], 1, 3)
    with ada.client() as site:
        after = {file["path"]: file["id"] for file in site.files(first["study"])}
        assert {path for path in after if after[path] != files[path]["id"]} == {"platemap.csv"}


def test_what_was_changed_on_the_site_is_not_written_over(ada: Depositor, folder: Path) -> None:
    study = ada.deposit(folder)["study"]
    ada.site.api("ada").patch(f"/api/v1/studies/{study}/study", json={"acknowledgements": "Thanks."}).raise_for_status()
    document = yaml.safe_load((folder / "study.yaml").read_text())
    document["study"]["funding_statement"] = "Funded."
    (folder / "study.yaml").write_text(yaml.safe_dump(document))
    assert "changed on the site" in ada.deposit(folder, status=2)["error"]
    ada.deposit(folder, "--overwrite")
    with ada.client() as site:
        assert site.document(study)["study"]["funding_statement"] == "Funded."


def test_a_killed_client_goes_on_where_it_stood(ada: Depositor, tmp_path: Path) -> None:
    top = tmp_path / "big"
    top.mkdir()
    with (top / "big.bin").open("wb") as big:
        big.truncate(BIG_BYTES)
    process = ada.start("deposit", str(top))
    uploads = ada.site.data / "uploads"

    def received() -> int:
        return sum(part.stat().st_size for part in uploads.glob("*.part"))

    until(lambda: received() > 0, seconds=180, what="the first bytes")
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=180)
    done = ada.deposit(top)
    assert done["sent"] == 1
    with ada.client() as site:
        [file] = site.files(done["study"])
        assert file["bytes"] == BIG_BYTES
        assert len(list(site.studies())) >= 1


def test_a_folder_that_is_one_image_arrives_as_one(ada: Depositor, shared: Path, tmp_path: Path) -> None:
    top = tmp_path / "zarr"
    source = shared / "samples/02_omezarr/v05_cells3d_nuclei.zarr"
    for place in source.rglob("*"):
        if place.is_file():
            target = top / source.name / place.relative_to(source)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(place.read_bytes())
    done = ada.deposit(top)
    with ada.client() as site:
        [file] = site.files(done["study"])
        assert (file["path"], file["state"]) == (source.name, "read")
    assert ada.deposit(top)["there"] == 1


def test_files_that_look_like_one_image_become_one(ada: Depositor, tmp_path: Path) -> None:
    """Channels and slices in files of their own, and an OME-TIFF of two files with its companion."""
    top = tmp_path / "sets"
    (top / "stack").mkdir(parents=True)
    (top / "ome").mkdir()
    for name in ("DAPI_z1", "DAPI_z2", "GFP_z1", "GFP_z2"):
        tifffile.imwrite(top / "stack" / f"cells_{name}.tif", np.full((8, 9), 7, "uint8"))
    (top / "ome" / "set.companion.ome").write_bytes(document(sets.image(0, ("a.ome.tif", 0), ("b.ome.tif", 1))))
    for name in ("a.ome.tif", "b.ome.tif"):
        sets.write(top / "ome" / name, 10, sets.binary_only(name))
    first = ada.deposit(top)
    assert (first["sent"], first["failed"], first["sets"]) == (7, [], [])
    assert first["offered"] == ["stack/cells_<DAPI,GFP>_z<1-2>.tif, 4 files"]
    second = ada.deposit(top, "--together")
    assert (second["study"], second["there"], second["offered"]) == (first["study"], 7, [])
    assert second["sets"] == first["offered"]

    def sizes() -> list[tuple[int, ...]]:
        images = ada.site.api("ada").get(f"/api/v1/studies/{first['study']}/images").json()["items"]
        return sorted(tuple(one[f"size_{axis}"] for axis in "xyzc") for one in images)

    until(lambda: sizes() == [(4, 3, 2, 1), (9, 8, 2, 2)], seconds=180, what=lambda: f"two images: {sizes()}")


def test_files_are_registered_where_they_lie(ada: Depositor, shared: Path) -> None:
    done = ada.deposit(shared / "samples/01_fluorescence/ometiff_from_nd2", "--in-place")
    with ada.client() as site:
        assert {file["state"] for file in site.files(done["study"])} == {"read"}


def test_a_watched_folder_is_sent_as_files_are_finished(ada: Depositor, tmp_path: Path) -> None:
    top = tmp_path / "microscope"
    top.mkdir()
    process = ada.start("watch", str(top), "--quiet", "1", "--every", "0.2", "--log", str(tmp_path / "watch.log"))
    log = tmp_path / "watch.log"
    try:
        until(lambda: log.exists() and "Watching" in log.read_text(), seconds=180, what="the watch to begin")
        (top / "one.csv").write_text("a,b\n")
        until(lambda: "one.csv is on the site" in log.read_text(), seconds=180, what=log.read_text)
    finally:
        process.send_signal(signal.SIGTERM)
        out, error = process.communicate(timeout=180)
    assert process.returncode == 0, out + error
    assert log.read_text().count("is on the site") == 1


def test_a_site_that_is_not_there_or_does_not_know_the_token_is_told_in_words(ada: Depositor, folder: Path) -> None:
    ada.env["VITRINE_TOKEN"] = "vit_wrong"
    assert "token" in ada.deposit(folder, status=2)["error"]
