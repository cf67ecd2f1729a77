"""The deposit's pages of one study with 10,000 images, and of one with 1,000 samples, on SQLite."""

import json
import os
import subprocess
import sys
import tempfile

from bench.row import Row

TARGET = 200.0  # ms, p95


def run() -> list[Row]:
    with tempfile.TemporaryDirectory() as folder:
        own = {name: value for name, value in os.environ.items() if not name.startswith("VITRINE_")}
        command = [sys.executable, "-m", "bench.deposit_site"]
        answer = subprocess.run(command, env={**own, "VITRINE_DATA": folder}, check=True, stdout=subprocess.PIPE).stdout
    return [_row(*found) for found in json.loads(answer.splitlines()[-1])]


def _row(study: str, page: str, p50: float, p95: float) -> Row:
    has_target = study == "10,000 images"
    target = f"under {TARGET:.0f} ms" if has_target else "reported"
    note = f"p50 {p50:.0f} ms"
    return Row(f"deposit, {page} of {study}, p95", "ms", p95, target, p95 < TARGET if has_target else None, note=note)
