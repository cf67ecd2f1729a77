"""How little is typed: of the REMBI and OME fields that a study of four real sets ends with, the share that a person
had to type. Images answer, tables are imported, and the rest is typed as far as a study needs it to be sent in."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from bench.row import Row

MOST = 0.10
ROOT = Path(__file__).resolve().parents[2]


def run() -> list[Row]:
    shared = Path(os.environ.get("VITRINE_SHARED") or ROOT.parent / "shared")
    env = {name: value for name, value in os.environ.items() if not name.startswith("VITRINE_")}
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "bench.typed_site", f"{folder}/site", str((shared / "samples").resolve())]
        answer = subprocess.run(command, check=True, capture_output=True, env=env).stdout
    return [_row(name, found) for name, found in json.loads(answer.splitlines()[-1]).items()]


def _row(name: str, found: dict[str, Any]) -> Row:
    filled = found["rembi"] + found["ome"]
    share = found["typed"] / filled
    note = (
        f"{found['typed']} typed of {found['rembi']} REMBI and {found['ome']} OME fields, {found['files']} files; "
        f"{found['pairs']} key-values; {len(found['lacking'])} required ones lacking"
    )
    return Row(
        f"typed, {name}", "%", share * 100, f"under {MOST:.0%}", share < MOST and not found["lacking"], note=note
    )
