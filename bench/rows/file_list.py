"""A file list of 100,000 rows with a plate, a well and five further columns: looked at, and taken over into a study."""

import csv
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.row import Row

ROWS, SECONDS = 100_000, 30.0
GENES, COMPOUNDS = 800, 60


def _write(path: Path) -> None:
    with path.open("w", newline="") as stream:
        table = csv.writer(stream)
        table.writerow(["path", "plate", "well", "gene", "compound", "dose", "replicate", "site"])
        for number in range(ROWS):
            well = number % 384
            table.writerow([f"plate{number // 384}/{number:06}.tif", f"P{number // 384}",
                            f"{'ABCDEFGHIJKLMNOP'[well // 24]}{well % 24 + 1:02}", f"gene{number % GENES}",
                            f"compound {number % COMPOUNDS}", number % 7 / 10, number % 3, number])  # fmt: skip


def _floor(path: Path) -> float:
    """Seconds of parsing the table alone."""
    start = time.perf_counter()
    with path.open(newline="") as stream:
        for _ in csv.reader(stream):
            pass
    return time.perf_counter() - start


def run() -> list[Row]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "list.csv"
        _write(path)
        floor = _floor(path)
        command = [sys.executable, "-m", "bench.list_site", str(Path(folder) / "site"), str(path), str(ROWS)]
        env = {name: value for name, value in os.environ.items() if not name.startswith("VITRINE_")}
        answer = subprocess.run(command, check=True, capture_output=True, env=env).stdout
        look, take, pairs, megabytes = json.loads(answer.splitlines()[-1])
    name = f"import a file list of {ROWS:,} rows"
    note = f"look {look:.1f} s, take over {take:.1f} s; {pairs:,} key-values"
    return [
        Row(name, "s", look + take, f"under {SECONDS:.0f} s", look + take < SECONDS, floor, "to parse it alone", note),
        Row(f"{name}, peak memory", "MB", megabytes, "reported", None),
    ]
