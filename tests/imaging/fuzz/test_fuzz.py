"""Every reader of the registry against damaged files: an image or an ImageError, in bounded memory, time and processes.

VITRINE_FUZZ_SEED and VITRINE_FUZZ_SAMPLES change what is tried; the seed is printed with what fails.
"""

import os
import random
import resource
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from imaging import limited
from imaging.errors import ImageError
from imaging.limits import MAX_CHUNK_BYTES
from imaging.readers import BY_NAME, FAMILIES
from imaging.source import open_source
from tests.imaging.fuzz.corpus import STAND_INS, damaged, files_of

SEED = int(os.environ.get("VITRINE_FUZZ_SEED", "20260"))
SAMPLES = int(os.environ.get("VITRINE_FUZZ_SAMPLES", "500"))
SECONDS = 60.0  # for one file; a reader that takes longer has lost itself
MEMORY = 1 << 30  # bytes that a reader's process may ever hold of these small files
GROWTH = 2 * MAX_CHUNK_BYTES  # bytes that this process may grow by decoding chunks


def members(path: Path) -> list[Path]:
    """The files that an image is made of: of a folder all, of another those beside it, also in a folder of its name.

    Not the SVS of an AFI: of a damaged one Bio-Formats may come to no end, but that its time is up.
    """
    if path.is_dir():
        return sorted(one for one in path.rglob("*") if one.is_file())
    if path.suffix == ".afi":
        return [path]
    try:
        beside = [path.parent / name for name in limited.read_facts(path).beside]
    except ImageError:
        beside = []
    return [path, *dict.fromkeys((*beside, *sorted(path.with_suffix("").glob("*"))))]


def tried(path: Path, table: Path) -> None:
    """All that the site does with a file before it shows it; raises ImageError."""
    facts = limited.read_facts(path)
    if not facts.images:
        return
    series = facts.images[-1].series_path
    limited.make_tables(path, [series], [table])
    source = open_source(path, series, table)
    try:
        for level in {0, len(source.levels) - 1}:
            chunk = source.read_chunk(level, (0, 0, 0, 0, 0))
            assert isinstance(chunk, np.ndarray)
    finally:
        source.close()


def fault_of(error: ImageError, folder: Path) -> str:
    """What is wrong with how a file was refused, "" if nothing."""
    if f"within {SECONDS:.0f} seconds" in error.reason:
        return f"took too long: {error}"
    if not error.field or error.reason.rstrip()[-1:] not in (".", "?") or str(folder) in str(error):
        return f"badly said: {error}"
    return ""


def peak_of(process: "limited._Process") -> int:
    """Bytes that a reader's process held at most."""
    status = Path(f"/proc/{process._process.pid}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]) * 1024


@pytest.fixture
def pool(monkeypatch: pytest.MonkeyPatch) -> Iterator["limited._Pool"]:
    """Processes of this test's own."""
    made = limited._Pool()
    monkeypatch.setattr(limited, "_POOL", made)
    yield made
    made.end()


@pytest.mark.parametrize("family", [family.name for family in FAMILIES])
def test_damaged_files(
    family: str, shared: Path, tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch,
    pool: "limited._Pool",
) -> None:  # fmt: skip
    if not BY_NAME[family].is_there():
        monkeypatch.setenv("VITRINE_BIOFORMATS_JAR", str(request.getfixturevalue("bioformats_jar")))
    chance = random.Random(f"{SEED} {family}")
    files = files_of(family, tmp_path, shared / "samples")
    assert files, f"no file to begin from for {family}: add one to corpus.py"
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    said: Counter[str] = Counter()
    table = tmp_path / "table"
    for path in files:
        if path.suffix not in STAND_INS:
            tried(path, table)  # whole, they are read
    made_of = {path: members(path) for path in files}
    for name in ("SECONDS_FACTS", "SECONDS_PIXELS"):  # now that the processes run
        monkeypatch.setattr(limited, name, SECONDS)
    for number in range(SAMPLES):
        path = files[number % len(files)]
        member = chance.choice(made_of[path])
        whole = member.read_bytes()
        member.write_bytes(damaged(whole, chance))
        try:
            tried(path, table)
            said["read"] += 1
        except ImageError as error:
            said[fault_of(error, tmp_path) or ("stopped" if "its reader stop" in error.reason else "refused")] += 1
        except Exception as error:
            kept = shutil.copy(member, tmp_path / f"fault-{member.name}")
            raise AssertionError(f"seed {SEED}, sample {number} of {path.name} ({kept}): {error!r}") from error
        finally:
            member.write_bytes(whole)
        assert len(pool._idle) + pool._busy <= limited.PROCESSES
    print(f"seed {SEED}, {family}: {dict(said)}")
    assert set(said) <= {"read", "refused", "stopped"}, f"seed {SEED}"
    assert sum(said.values()) == SAMPLES
    assert all(peak_of(process) < MEMORY for process in pool._idle)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < GROWTH // 1024
