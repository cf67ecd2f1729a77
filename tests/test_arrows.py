"""The shape of the project: imports go one way, and files and functions stay small."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.arrows import imports_of, module_of

ROOT = Path(__file__).resolve().parent.parent

# room: the rooms that it may import, besides itself
ARROWS = {
    "imaging": set[str](),
    "base": set[str](),
    "ontology": {"base"},
    "catalogue": {"imaging", "base", "ontology"},
    "publishing": {"imaging", "base", "ontology", "catalogue"},
    "portal": {"imaging", "base", "ontology", "catalogue", "publishing"},
    "client": {"imaging", "catalogue"},
}
# library: the module prefixes in which alone it may be imported
CONFINED = {
    "rest_framework": ("portal.api",),
    "drf_spectacular": ("portal.api",),
    "elasticsearch": ("publishing.search",),
    "tantivy": ("publishing.search", "ontology"),
    "h5py": ("imaging",),
    "liffile": ("imaging",),
    "mrcfile": ("imaging",),
    "nd2": ("imaging",),
    "oiffile": ("imaging",),
    "openslide": ("imaging",),
    "pylibCZIrw": ("imaging",),
    "readimc": ("imaging",),
    "slideio": ("imaging",),
    "wsidicom": ("imaging",),
    "tifffile": ("imaging",),
    "zarr": ("imaging",),
    "imagecodecs": ("imaging",),
    "numcodecs": ("imaging",),
    "simplejpeg": ("imaging",),
    "pydicom": ("imaging",),
    "openpyxl": ("catalogue.exchange",),
    "skimage": ("portal.management.commands.demo", "portal.demo"),
}
DJANGO = {"django", "allauth", "celery", "rest_framework"}
WITHOUT_DJANGO = ("imaging", "catalogue.rules", "catalogue.exchange", "client")
CLIENTS = ("catalogue.rules", "catalogue.exchange", "catalogue.paths")  # of the catalogue, what the client has too

LINES_PER_FILE = 400
LINES_PER_FUNCTION = 60
SOURCES = {".py", ".ts", ".js", ".css", ".html", ".sh"}
HOSTS = ("pypi" + ".org", "pythonhosted" + ".org", "npmjs" + ".org", "golang" + ".org", "crates" + ".io",
         "maven" + ".org", "debian" + ".org")  # fmt: skip
MACHINE_PATH = re.compile(r"(?<![\w.~/:-])/(?:work|root|tmp)/[\w.-]")


def _tracked() -> list[Path]:
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    paths = [ROOT / name for name in listing.stdout.split("\0") if name]
    return [path for path in paths if path.is_file()]


TRACKED = _tracked()
PYTHON = [
    path
    for path in TRACKED
    if path.suffix == ".py"
    or (path.parent.name == "script" and path.read_bytes().startswith(b"#!/usr/bin/env python3"))
]


def _inside(module: str, prefix: str) -> bool:
    return module == prefix or module.startswith(prefix + ".")


def wrong_arrows(source: str, module: str, *, is_package: bool = False) -> list[str]:
    """What of a module's imports the rooms do not allow, as `line: reason`."""
    room = module.split(".")[0]
    wrong = []
    for line, name in imports_of(source, module, is_package=is_package):
        top = name.split(".")[0]
        if top in ARROWS and top != room and top not in ARROWS[room]:
            wrong.append(f"{line}: {room} imports {name}")
        if room == "client" and top == "catalogue" and not any(_inside(name, part) for part in CLIENTS):
            wrong.append(f"{line}: of the catalogue the client may import {', '.join(CLIENTS)} only, not {name}")
        if top in DJANGO and any(_inside(module, prefix) for prefix in WITHOUT_DJANGO):
            wrong.append(f"{line}: {name} in a part without Django")
        if top in CONFINED and not any(_inside(module, prefix) for prefix in CONFINED[top]):
            wrong.append(f"{line}: {name} outside {' and '.join(CONFINED[top])}")
    return wrong


def test_imports_go_one_way() -> None:
    wrong = []
    for path in PYTHON:
        module = module_of(path, ROOT)
        if module.split(".")[0] in ARROWS:
            found = wrong_arrows(path.read_text(), module, is_package=path.name == "__init__.py")
            wrong += [f"{path.relative_to(ROOT)}:{line}" for line in found]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("base.jobs", "import imaging.source"),
        ("imaging.facts", "import django"),
        ("imaging.facts", "from base import ids"),
        ("ontology.terms", "from catalogue.models import Study"),
        ("catalogue.services", "def f():\n    from publishing import record"),
        ("catalogue.services", "from ..portal import urls"),
        ("catalogue.models.study", "models.ForeignKey('publishing.Publication', models.CASCADE)"),
        ("catalogue.models.study", "apps.get_model('portal', 'Page')"),
        ("catalogue.rules.engine", "from django.utils.translation import gettext"),
        ("portal.views", "from rest_framework.views import APIView"),
        ("publishing.record", "import tantivy"),
        ("publishing.delivery.app", "import zarr"),
        ("portal.pages", "import skimage.data"),
        ("client.deposit", "from catalogue.models import Study"),
    ],
)
def test_a_wrong_arrow_is_seen(module: str, source: str) -> None:
    assert wrong_arrows(source, module)


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("catalogue.files", "from imaging.facts import Image"),
        ("catalogue.rules.engine", "from .data import MODULES"),
        ("catalogue.rules", "from .data import MODULES"),
        ("catalogue.models.study", "models.ForeignKey('ontology.Term', models.PROTECT)"),
        ("portal.api.views", "from rest_framework.views import APIView"),
        ("publishing.search.embedded", "import tantivy"),
        ("portal.management.commands.demo", "import skimage.data"),
        ("client.deposit", "from catalogue.rules import evaluate"),
    ],
)
def test_a_right_arrow_is_let_through(module: str, source: str) -> None:
    assert not wrong_arrows(source, module, is_package=module == "catalogue.rules")


WITHOUT_DJANGO_PROGRAM = """
import importlib, pkgutil, sys
for name in sys.argv[1:]:
    package = importlib.import_module(name)
    for module in pkgutil.walk_packages(package.__path__, f"{name}."):
        importlib.import_module(module.name)
sys.exit("django is imported by " + " or ".join(sys.argv[1:]) if "django" in sys.modules else 0)
"""


@pytest.mark.parametrize("room", [name for name in WITHOUT_DJANGO if (ROOT / name.replace(".", "/")).is_dir()])
def test_part_runs_without_django(room: str) -> None:
    """Also through what it imports: the client installs these without Django."""
    command = [sys.executable, "-c", WITHOUT_DJANGO_PROGRAM, room]
    finished = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert not finished.returncode, finished.stderr


def test_files_stay_small() -> None:
    sources = [path for path in TRACKED if path.suffix in SOURCES and "migrations" not in path.parts]
    lengths = {path: len(path.read_text().splitlines()) for path in sources}
    long = [f"{path.relative_to(ROOT)}: {lines}" for path, lines in lengths.items() if lines > LINES_PER_FILE]
    assert not long, "\n".join(long)


def test_functions_stay_small() -> None:
    long = []
    for path in PYTHON:
        if "migrations" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or node.lineno) - node.lineno + 1
                if lines > LINES_PER_FUNCTION:
                    long.append(f"{path.relative_to(ROOT)}:{node.lineno}: {node.name} has {lines}")
    assert not long, "\n".join(long)


def test_no_registry_and_no_path_of_a_machine_is_named() -> None:
    found = []
    for path in TRACKED:
        try:
            text = path.read_text()
        except UnicodeDecodeError:
            continue
        for number, line in enumerate(text.splitlines(), 1):
            if MACHINE_PATH.search(line) or any(host in line for host in HOSTS):
                found.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()[:100]}")
    assert not found, "\n".join(found)
