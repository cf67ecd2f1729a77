"""The client as its package: built, put where nothing else of the project is, and run."""

import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the package alone; what it depends on is that of this environment."""
    wheels, target = tmp_path_factory.mktemp("wheels"), tmp_path_factory.mktemp("installed")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
    subprocess.run([*pip, "wheel", "--quiet", "--no-build-isolation", "--no-deps", "-w", wheels, "./client"],
                   cwd=ROOT, check=True)  # fmt: skip
    [wheel] = wheels.glob("*.whl")
    subprocess.run([*pip, "install", "--quiet", "--no-deps", "--target", target, wheel], check=True)
    return target


def test_it_checks_a_folder_without_the_site(installed: Path, shared: Path, tmp_path: Path) -> None:
    (tmp_path / "study.yaml").write_text("study: {title: Cells}\n")
    image = next((shared / "samples/01_fluorescence/ometiff_from_nd2").glob("*.tif"))
    (tmp_path / image.name).write_bytes(image.read_bytes())
    program = """import sys; from client.command import main; status = main()
sys.exit(9 if "django" in sys.modules else status)"""
    env = {**os.environ, "PYTHONPATH": str(installed)}
    done = subprocess.run([sys.executable, "-P", "-c", program, "check", str(tmp_path), "--json"],
                          cwd=tmp_path, env=env, capture_output=True, text=True, check=False)  # fmt: skip
    assert done.returncode == 1, done.stderr
    said = json.loads(done.stdout)
    assert said["document"]["study"]["title"] == "Cells"
    assert said["images"] == 1


def test_it_holds_only_what_it_needs(installed: Path) -> None:
    rooms = {place.name for place in installed.iterdir() if place.is_dir() and not place.name.endswith(".dist-info")}
    assert rooms - {"bin"} == {"client", "imaging", "catalogue"}
    of_catalogue = {place.name for place in (installed / "catalogue").iterdir()} - {"__pycache__"}
    assert of_catalogue == {"__init__.py", "paths.py", "rules", "exchange"}


def test_what_it_depends_on_is_what_the_site_has_too() -> None:
    def names(file: Path) -> set[str]:
        listed = tomllib.loads(file.read_text())["project"]["dependencies"]
        return {one.split(">")[0].split("[")[0] for one in listed}

    assert names(ROOT / "client" / "pyproject.toml") <= names(ROOT / "pyproject.toml")
