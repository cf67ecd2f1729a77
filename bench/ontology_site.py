# ruff: noqa: E402  # Django must be set up before its models are imported
"""A site of its own that loads one ontology on SQLite; run by bench.rows.ontology_load.

Prints, as JSON, terms, the seconds of loading it, the MiB of memory at the most, and the seconds that the bare driver
takes to insert the same rows into the same empty tables with their indexes.
"""

import json
import os
import re
import sqlite3
import sys
import time
from pathlib import Path

os.environ["VITRINE_DATA"] = sys.argv[1]
os.environ["DJANGO_SETTINGS_MODULE"] = "portal.settings"

import django

django.setup()

from django.conf import settings
from django.core.management import call_command

from ontology.loading import load_file
from ontology.models import Parent, Span, Synonym, Term, Xref
from ontology.reading import Given

BATCH = 20_000


def peak() -> float:
    """MiB of memory at the most so far."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert found is not None
    return int(found[1]) / 1024


def floor(database: Path, empty: Path) -> float:
    """Seconds of `executemany` and commits alone."""
    seconds = 0.0
    tables = [model._meta.db_table for model in (Term, Synonym, Xref, Parent, Span)]
    source, copy = sqlite3.connect(database), sqlite3.connect(empty)
    copy.execute("PRAGMA journal_mode = WAL")
    for name in tables:
        for (sql,) in source.execute("SELECT sql FROM sqlite_master WHERE tbl_name = ? AND sql IS NOT NULL", [name]):
            copy.execute(sql)
    for name in tables:
        rows = source.execute(f"SELECT * FROM {name} ORDER BY id")
        while batch := rows.fetchmany(BATCH):
            start = time.perf_counter()
            copy.executemany(f"INSERT INTO {name} VALUES ({', '.join('?' * len(batch[0]))})", batch)
            copy.commit()
            seconds += time.perf_counter() - start
    return seconds


def main(path: Path) -> None:
    call_command("migrate", verbosity=0)
    start, processor = time.perf_counter(), time.process_time()
    loaded = load_file(path, Given())
    seconds, processor = time.perf_counter() - start, time.process_time() - processor
    memory = peak()
    database = Path(settings.DATABASES["default"]["NAME"])
    bare = floor(database, Path(sys.argv[1]) / "floor.sqlite3")
    print(json.dumps([loaded.ontology.term_count, seconds, processor, memory, bare]))


if __name__ == "__main__":
    main(Path(sys.argv[2]))
