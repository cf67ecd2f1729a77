"""An OME document of 100,000 planes: parsed and taken into the catalogue's rows, in a process of its own."""

import json
import os
import subprocess
import sys
import tempfile

from bench.row import Row

PLANES, SECONDS, MEBIBYTES = 100_000, 3.0, 300


def run() -> list[Row]:
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "bench.ome_site", folder, str(PLANES)]
        env = {name: value for name, value in os.environ.items() if not name.startswith("VITRINE_")}
        answer = subprocess.run(command, check=True, capture_output=True, env=env).stdout
    parsing, storing, back, more = json.loads(answer.splitlines()[-1])
    name = f"OME-XML of {PLANES:,} planes into rows"
    note = f"parsing {parsing:.2f} s, rows {storing:.2f} s; as OME-XML again {back:.2f} s"
    seconds = parsing + storing
    return [
        Row(name, "s", seconds, f"under {SECONDS:.0f} s", seconds < SECONDS, note=note),
        Row(f"{name}, memory beyond a site at rest", "MiB", more, f"under {MEBIBYTES}", more < MEBIBYTES),
    ]
