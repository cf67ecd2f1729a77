"""The embedded search index by itself, on the catalogue of bench/corpus.py, side by side with FTS5 and tsvector.

VITRINE_BENCH_IMAGES takes another number of images. PostgreSQL is that of `script/services`, if it runs.
"""

import json
import os
import subprocess
import sys
import tempfile

from bench.row import Row

IMAGES = os.environ.get("VITRINE_BENCH_IMAGES", "200000")

START = "import django, sys; django.setup(); from bench import index_site; index_site.main(int(sys.argv[1]))"


def run() -> list[Row]:
    with tempfile.TemporaryDirectory() as folder:
        env = {**os.environ, "VITRINE_DATA": folder, "DJANGO_SETTINGS_MODULE": "portal.settings"}
        made = subprocess.check_output([sys.executable, "-c", START, IMAGES], env=env)
    return [Row(**row) for row in json.loads(made)]
