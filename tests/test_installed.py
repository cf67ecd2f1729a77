"""What a site installs is enough for it: nothing that only tests and lint need is imported by the project."""

import json
import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
MARK = "# --- development ---\n"

# Imports every reader where modules that are there for development alone are not to be found, and prints what failed.
PROGRAM = """
import json, sys
from importlib import import_module
missing = set(json.load(sys.stdin))

class Gone:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in missing:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Gone())
from imaging.readers import FAMILIES
for family in FAMILIES:
    try:
        import_module(family.module)
    except ModuleNotFoundError as error:
        print(f"{family.name}: {error}")
"""


def for_development() -> list[str]:
    """The top-level modules of packages below the lock's mark."""
    text = (ROOT / "requirements.lock").read_text()
    runtime, development = (
        {canonicalize_name(line.split("==")[0]) for line in part.splitlines() if "==" in line and line[0].isalnum()}
        for part in text.split(MARK)
    )
    return [
        module
        for module, packages in packages_distributions().items()
        if {canonicalize_name(name) for name in packages} <= development - runtime
    ]


def test_readers_need_nothing_that_a_site_does_not_install() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], input=json.dumps(for_development()), capture_output=True, text=True, cwd=ROOT
    )
    assert done.stdout + done.stderr == ""
