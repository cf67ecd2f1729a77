"""Names of terms with whole ontologies loaded, two million names: suggestions while typing, and candidates for names
with a wrong letter, beside SQLite's trigrams with rapidfuzz."""

import json
import os
import statistics
import subprocess
import sys
import tempfile

from bench.row import Row

SUGGEST_TARGET = 30.0  # ms, p95
MAP_TARGET = 100.0  # ms, p95
HIT_TARGET = 0.9


def run() -> list[Row]:
    env = {name: value for name, value in os.environ.items() if not name.startswith("VITRINE_")}
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "bench.names_site", f"{folder}/site"]
        answer = subprocess.run(command, check=True, stdout=subprocess.PIPE, env=env).stdout
    measured = json.loads(answer.splitlines()[-1])
    built, suggested, mapped = measured["built"], measured["suggested"], measured["mapped"]
    p95, ours, peer = _p95(suggested), _p95(mapped["ours"]), _p95(mapped["peer"])
    count = len(mapped["ours"])
    hits, peer_hits = mapped["hits"] / count, mapped["peer_hits"] / count
    fts = "FTS5 trigrams + rapidfuzz"
    return [
        Row(f"index of {built['names']:,} names", "s", built["seconds"], "", None,
            note=f"{built['bytes'] / 1e6:.0f} MB on disk, {built['peak'] / 1e6:.0f} MB at most in memory"),
        Row("suggestions, all fields, p95", "ms", p95, f"under {SUGGEST_TARGET:.0f} ms", p95 < SUGGEST_TARGET,
            note=f"{len(suggested):,} beginnings of texts, p50 {statistics.median(suggested):.1f} ms"),
        Row(f"candidates of {mapped['names']:,} names, p95", "ms", ours, f"at most {MAP_TARGET:.0f} ms",
            ours <= MAP_TARGET, peer, fts, note=f"p50 {statistics.median(mapped['ours']):.1f} ms"),
        Row("one wrong letter: the term is among 5", "%", 100 * hits, f"at least {HIT_TARGET:.0%}", hits >= HIT_TARGET,
            100 * peer_hits, fts, note=f"{count} names of up to 60 letters"),
    ]  # fmt: skip


def _p95(milliseconds: list[float]) -> float:
    return statistics.quantiles(milliseconds, n=20, method="inclusive")[-1]
