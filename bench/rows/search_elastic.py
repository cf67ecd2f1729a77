"""Elasticsearch by itself, on the catalogue of bench/corpus.py: two million images, one node with a heap of 1 GB.

VITRINE_BENCH_IMAGES takes another number of images; without a node (`script/services`) there is nothing to measure.
"""

import json
import os
import subprocess
import sys
import tempfile

from bench.row import Row

IMAGES = os.environ.get("VITRINE_BENCH_IMAGES", "2000000")
TARGET = 50.0  # ms, p95


def run() -> list[Row]:
    if not os.environ.get("VITRINE_TEST_ELASTICSEARCH_URL"):
        print("no Elasticsearch: script/services", file=sys.stderr)
        return []
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "bench.elastic_site", IMAGES]
        made = json.loads(subprocess.check_output(command, env={**os.environ, "VITRINE_DATA": folder}))
    rate = made["documents"] / made["seconds"]
    note = f"{made['seconds']:.0f} s, {made['bytes'] / 1e9:.1f} GB on disk, {made['shards']} shards; with making them"
    name = f"Elasticsearch: {made['documents']:,} documents indexed"
    return [Row(name, "documents/s", rate, "reported", None, note=note)] + [
        Row(f"Elasticsearch: {name}, p95", "ms", p95, f"under {TARGET:.0f} ms", p95 < TARGET, note=f"p50 {p50:.1f} ms")
        for name, (p50, p95) in made["timings"].items()
    ]
