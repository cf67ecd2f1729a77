"""The study page and the search page of a site with 1,000 published studies of 20 images, on SQLite."""

import json
import os
import subprocess
import sys
import tempfile

from bench.row import Row

TARGET = 100.0  # ms, p95
NAME = "page of 1,000 studies of 20 images, p95"


def run() -> list[Row]:
    with tempfile.TemporaryDirectory() as folder:
        own = {name: value for name, value in os.environ.items() if not name.startswith("VITRINE_")}
        env = {**own, "VITRINE_DATA": folder}
        command = [sys.executable, "-m", "bench.page_site"]
        answer = json.loads(
            subprocess.run(command, env=env, check=True, stdout=subprocess.PIPE).stdout.decode().splitlines()[-1]
        )
    study, large_study, search, large_search = answer["queries"]
    rows = [
        Row(f"{page} {NAME}", "ms", p95, f"under {TARGET:.0f} ms", p95 < TARGET, note=f"p50 {p50:.0f} ms")
        for page, (p50, p95) in (("study", answer["study"]), ("search", answer["search"]))
    ]
    return [
        *rows,
        Row(
            "study page, queries with 400 images", "", large_study, "as with 20", large_study <= study, study, "with 20"
        ),
        Row(
            "search page, queries with 100 hits",
            "",
            large_search,
            "as with 10",
            large_search <= search,
            search,
            "with 10",
        ),
    ]
