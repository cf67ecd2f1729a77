"""`python -m bench [--full] [name …]`: run all measurements, or those whose module name holds one of the words given.

--full: images of full size, where a measurement has a smaller one by default.
"""

import importlib
import os
import pkgutil
import platform
import sys
import time

from bench import rows
from bench.pixel_data import FULL
from bench.row import Row

COLUMNS = ("measurement", "ours", "reference", "ratio", "target", "", "note")


def _cells(row: Row) -> tuple[str, ...]:
    reference = "" if row.reference is None else f"{row.reference:.4g} {row.unit} {row.reference_name}".rstrip()
    ratio = "" if row.ratio is None else f"{row.ratio:.2f}"
    meets = {True: "meets", False: "MISSES", None: ""}[row.meets]
    return row.name, f"{row.ours:.4g} {row.unit}", reference, ratio, row.target, meets, row.note


def table(measured: list[Row]) -> str:
    """The rows as a table in Markdown, aligned to be read in a terminal too."""
    lines = [COLUMNS, *map(_cells, measured)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(COLUMNS))]
    text = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |" for line in lines
    ]
    rule = "|" + "|".join("-" * (width + 2) for width in widths) + "|"
    return "\n".join([text[0], rule, *text[1:]])


def main(words: list[str]) -> int:
    names = [module.name for module in pkgutil.iter_modules(rows.__path__)]
    chosen = [name for name in names if not words or any(word in name for word in words)]
    if words and not chosen:
        print(f"No measurement is called so. There are: {', '.join(names) or 'none yet'}", file=sys.stderr)
        return 1
    measured: list[Row] = []
    for name in chosen:
        start = time.monotonic()
        print(f"{name} …", end=" ", file=sys.stderr, flush=True)
        measured += importlib.import_module(f"bench.rows.{name}").run()
        print(f"{time.monotonic() - start:.0f} s", file=sys.stderr)
    print(f"Python {platform.python_version()}, {platform.machine()}\n\n{table(measured)}")
    return int(any(row.meets is False for row in measured))


if "--full" in sys.argv:
    os.environ[FULL] = "1"
sys.exit(main([word for word in sys.argv[1:] if word != "--full"]))
