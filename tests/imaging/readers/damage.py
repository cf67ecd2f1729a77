"""Damaged copies of real files: whatever a reader makes of them, it is an image or an ImageError."""

import random
from pathlib import Path

from imaging import limited
from imaging.errors import ImageError
from imaging.pixels import read_region
from imaging.source import open_source

MUTANTS = 3
BYTES_CHANGED = 24


def damaged_copies(path: Path, folder: Path, *, head: int = 4096, seed: int = 6) -> list[Path]:
    """A copy that is cut off, and some with bytes changed, most of them in the first `head` bytes."""
    data, chance = path.read_bytes(), random.Random(seed)
    cut = folder / f"cut-{path.name}"
    cut.write_bytes(data[: len(data) * 2 // 3])
    copies = [cut]
    for number in range(MUTANTS):
        changed = bytearray(data)
        for at in range(BYTES_CHANGED):
            changed[chance.randrange(head if at % 4 else len(data)) % len(data)] = chance.randrange(256)
        copies.append(folder / f"mutant{number}-{path.name}")
        copies[-1].write_bytes(changed)
    return copies


def only_image_errors(path: Path, folder: Path, *, head: int = 4096) -> list[str]:
    """Read facts, a table and a plane of each damaged copy, as the site does; gives what was said of those refused."""
    said = []
    for copy in damaged_copies(path, folder, head=head):
        try:
            facts = limited.read_facts(copy)
            table = copy.with_suffix(".table")
            limited.make_tables(copy, [facts.images[0].series_path], [table])
            source = open_source(copy, facts.images[0].series_path, table)
            _, _, _, y, x = source.levels[-1].shape
            read_region(source, len(source.levels) - 1, 0, 0, 0, 0, min(y, 64), 0, min(x, 64))
        except ImageError as error:
            said.append(str(error))
    return said
