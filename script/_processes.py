"""Keeps the site's processes running: starts them, restarts one that dies, and ends them all together."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from _common import ROOT, Command, Problem, end_group, say

LOG_BYTES = 10_000_000
PR_SET_PDEATHSIG = 1


def _die_with_parent() -> None:
    """Linux: have the kernel send SIGTERM when the supervisor is gone, even by kill -9."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


class Process:
    """One supervised process with a log of its own; it leads its own process group."""

    def __init__(self, name: str, command: Command, *, env: Mapping[str, str], logs: Path) -> None:
        self.name = name
        self.log = logs / f"{name.replace(' ', '-')}.log"
        self._command = [str(part) for part in command]
        self._env = {**os.environ, **env}
        self._deaths: list[float] = []
        if self.log.exists() and self.log.stat().st_size > LOG_BYTES:
            self.log.replace(self.log.with_suffix(".old.log"))

    def start(self) -> None:
        with self.log.open("ab") as log:
            self._popen = subprocess.Popen(
                self._command,
                cwd=ROOT,
                env=self._env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                text=True,
                start_new_session=True,
                preexec_fn=_die_with_parent,
            )

    def exit_status(self) -> int | None:
        return self._popen.poll()

    def restart(self) -> None:
        """Start it again; Problem if that keeps failing (three deaths within 20 seconds)."""
        status = self.exit_status()
        end_group(self._popen)
        self._deaths = [*self._deaths[-2:], time.monotonic()]
        if len(self._deaths) == 3 and self._deaths[-1] - self._deaths[0] < 20:
            raise Problem(f"the {self.name} keeps stopping (status {status}). {self.last_words()}")
        say(f"The {self.name} stopped (status {status}); starting it again. Its log: {self.log}")
        self.start()

    def last_words(self) -> str:
        lines = self.log.read_text(errors="replace").splitlines()[-12:]
        return "\n".join([f"The end of {self.log}:", *("    " + line for line in lines)])

    def ask_to_end(self) -> None:
        if self._popen.poll() is None:
            self._popen.terminate()

    def end(self) -> None:
        end_group(self._popen)


def keep_running(processes: Sequence[Process]) -> None:
    """Restart whichever process dies, until interrupted."""
    while True:
        for process in processes:
            if process.exit_status() is not None:
                process.restart()
        time.sleep(0.5)


def end_all(processes: Sequence[Process]) -> None:
    """End every process, all asked at once; a second interrupt does not cut this short."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    for process in processes:
        with suppress(AttributeError, ProcessLookupError):
            process.ask_to_end()
    for process in processes:
        with suppress(AttributeError):
            process.end()
