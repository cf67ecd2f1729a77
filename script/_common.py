"""What every script shares: where things are, plain words for a person, and running a command to its end.

Only the standard library may enter here: these scripts run before anything is installed.
"""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import FrameType


def _need_python_3_11() -> None:
    """Go on under a newer Python if this one is too old and a newer one is on the PATH."""
    if sys.version_info >= (3, 11):  # noqa: UP036  (the scripts may be started by an older Python)
        return
    for name in ("python3.13", "python3.12", "python3.11"):
        newer = shutil.which(name)
        if newer and subprocess.call([newer, "-c", ""], stderr=subprocess.DEVNULL) == 0:
            os.execv(newer, [newer, *sys.argv])
    sys.exit("Vitrine needs Python 3.11 or newer, and this is Python {}.{}.".format(*sys.version_info[:2]))


_need_python_3_11()

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build"
SERVICES = ROOT / ".services"
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"

Command = Sequence[str | Path]


class Problem(Exception):
    """Something a person can put right: shown as one plain message, without a traceback."""


def say(text: str) -> None:
    print(text, flush=True)


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def start(main: Callable[[], int | None]) -> None:
    """Run a script: a Problem ends it with status 1 and a message, an interrupt or SIGTERM with 130."""
    # Set by hand, because a shell starts background jobs with SIGINT ignored.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    try:
        sys.exit(main() or 0)
    except Problem as problem:
        print(f"{Path(sys.argv[0]).name}: {problem}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)


def end_group(process: "subprocess.Popen[str]", seconds: float = 10) -> None:
    """Ask a process that leads its own group to end; after `seconds` end whatever is left of the group."""
    if process.poll() is None:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(seconds)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def run(
    command: Command,
    *,
    doing: str,
    env: Mapping[str, str] | None = None,
    cwd: Path = ROOT,
    on_line: Callable[[str], None] = lambda line: None,
) -> None:
    """Run a command quietly; if it fails, raise Problem with its last lines.

    It leads its own process group, so that an interrupt leaves none of its children behind.
    """
    lines: list[str] = []
    with subprocess.Popen(
        [str(part) for part in command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        cwd=cwd,
        env=None if env is None else {**os.environ, **env},
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        try:
            for line in process.stdout:
                lines.append(line.rstrip())
                on_line(line)
            status = process.wait()
        except BaseException:
            end_group(process)
            raise
    if status:
        raise Problem(_explain(doing, lines))


def _explain(doing: str, lines: Sequence[str]) -> str:
    """The reason of a failure in plain words where it is a known one, and the command's last lines."""
    text = "\n".join(lines)
    reason = f"{doing} failed. Its last lines:"
    if "No space left on device" in text:
        reason = f"{doing} failed: the disk is full. Make room and start again. Its last lines:"
    elif any(sign in text for sign in ("Name or service not known", "Temporary failure in name resolution",
                                       "Failed to establish a new connection", "ENOTFOUND", "EAI_AGAIN",
                                       "ECONNREFUSED", "Network is unreachable")):  # fmt: skip
        reason = f"{doing} failed: no network. The first start downloads packages; later ones need none. Last lines:"
    return "\n".join([reason, *("    " + line for line in lines[-15:])])


def show(command: Command, *, env: Mapping[str, str] | None = None, cwd: Path = ROOT) -> int:
    """Run a command in view of the person and return its exit status."""
    with subprocess.Popen(
        [str(part) for part in command], cwd=cwd, env=None if env is None else {**os.environ, **env}
    ) as process:
        try:
            return process.wait()
        except BaseException:
            process.terminate()
            raise


def read_env(path: Path) -> dict[str, str]:
    """The NAME=VALUE lines of a file; none if there is no file."""
    if not path.exists():
        return {}
    return dict(line.split("=", 1) for line in path.read_text().splitlines() if "=" in line)


class Timer:
    """Seconds since it was made, in words."""

    def __init__(self) -> None:
        self._start = time.monotonic()

    def __str__(self) -> str:
        return f"{time.monotonic() - self._start:.0f} s"
