"""Reading what others made in processes of their own, limited in memory and time: a file made to harm, or a fault of a
library, ends one of them and nothing else.

Functions are asked for by name; only what `_Trusted` lists comes back.
"""

import atexit
import io
import os
import pickle
import select
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from threading import Condition, Lock
from types import ModuleType
from typing import IO, Any

import numpy as np

from imaging import facts
from imaging.errors import ImageBusy, ImageError
from imaging.facts import FileFacts, Removed
from imaging.ome import columns, document

MEMORY = 4 << 30  # bytes of address space of a process
SECONDS_FACTS = 600.0  # to read the metadata of a file, or to make its chunk tables
SECONDS_PIXELS = 60.0  # to read one region
SECONDS_WAITING = 1200.0  # for a process that is free
SECONDS_WAITING_FOR_PIXELS = 15.0  # as people do
PROCESSES = 2  # at once, for each process that asks
CALLS = 2000  # after which a process is replaced, since libraries may leak
LENGTH = struct.Struct("<Q")
LONGEST_ANSWER = 2 << 30
LAST_WORDS = 4096
LONGEST_MESSAGE = 200


def read_facts(path: Path) -> FileFacts:
    """As `readers.read_facts`, in a limited process; raises ImageError."""
    found = _POOL.ask("imaging.readers:read_facts", (path,), path, SECONDS_FACTS)
    assert isinstance(found, FileFacts)
    return found


def make_tables(path: Path, series: Sequence[str], outs: Sequence[Path]) -> None:
    """Save the chunk tables of images to these files, in a limited process; raises ImageError."""
    _POOL.ask("imaging.limited_worker:save_tables", (path, tuple(series), tuple(outs)), path, SECONDS_FACTS)


def read_planes(path: Path, header: dict[str, Any], box: tuple[int, ...]) -> np.ndarray:
    """Pixels (c, y, x) by the `open_planes` of the family that the table's header names; raises ImageError.

    box: the arguments of pixels.Planes.read.
    """
    found = _POOL.ask("imaging.limited_worker:read_planes", (path, header, box), path, SECONDS_PIXELS)
    assert isinstance(found, np.ndarray)
    return found


def deidentify(path: Path, out: Path, salt: bytes) -> tuple[Removed, ...]:
    """As `deidentifying.deidentify`, in a limited process; raises ImageError."""
    found = _POOL.ask("imaging.deidentifying:deidentify", (path, out, salt), path, SECONDS_FACTS)
    assert isinstance(found, tuple)
    return found


def _classes(module: ModuleType) -> set[tuple[str, str]]:
    """The classes that a module has of its own, as pickles name them."""
    found = (value for value in vars(module).values() if isinstance(value, type))
    return {(one.__module__, one.__qualname__) for one in found if one.__module__ == module.__name__}


class _Trusted(pickle.Unpickler):
    """Takes facts, documents and arrays from a process that may have been taken over, by whole names, and no code."""

    NAMES = frozenset({
        *_classes(facts), *_classes(document), *_classes(columns),
        ("builtins", "set"), ("builtins", "frozenset"), ("builtins", "complex"), ("builtins", "bytearray"),
        ("collections", "OrderedDict"), ("numpy", "ndarray"), ("numpy", "dtype"), ("_codecs", "encode"),
        ("numpy._core.multiarray", "_reconstruct"), ("numpy._core.multiarray", "scalar"),
        ("numpy._core.numeric", "_frombuffer"), ("numpy.core.multiarray", "_reconstruct"),
        ("numpy.core.multiarray", "scalar"), ("numpy.core.numeric", "_frombuffer"),
    })  # fmt: skip

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) in self.NAMES:
            return super().find_class(module, name)
        raise pickle.UnpicklingError(f"{module}.{name} is not taken from a reader")


class _Process:
    """One limited process, asked by one thread at a time."""

    def __init__(self) -> None:
        self.calls = 0
        self.last: Path | None = None
        environment = os.environ | {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "2"}
        self._said = tempfile.TemporaryFile()  # noqa: SIM115  (closed when the process ends)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "imaging.limited_worker", str(MEMORY)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._said, bufsize=0, env=environment,
            cwd=Path(__file__).parent.parent,
        )  # fmt: skip

    def ask(self, function: str, arguments: tuple[Any, ...], path: Path, seconds: float) -> Any:
        """The function's value. Raises ImageError, also if the process ends or takes too long; it is then of no use."""
        self.calls += 1
        self.last = path
        assert self._process.stdin
        assert self._process.stdout
        request = pickle.dumps((function, arguments))
        until = time.monotonic() + seconds
        try:
            self._process.stdin.write(LENGTH.pack(len(request)) + request)
            (length,) = LENGTH.unpack(self._read(self._process.stdout, LENGTH.size, until))
            if length > LONGEST_ANSWER:
                raise OSError("its answer is too long")
            kind, value = _Trusted(io.BytesIO(self._read(self._process.stdout, length, until))).load()
        except TimeoutError as error:
            self.end()
            reason = f"could not be read within {seconds:.0f} seconds; it is damaged, or too large in one piece."
            raise ImageError(path=str(path), field="file", reason=reason) from error
        except Exception as error:  # whatever its answer was, it is none of ours
            said = self.end()
            said = (said or str(error)).replace(f"{path.parent}/", "")
            reason = f"made its reader stop ({said}); it is damaged, or of another format than its name says."
            raise ImageError(path=str(path), field="file", reason=reason) from error
        except BaseException:  # it may still answer, and must not answer somebody else
            self.end()
            raise
        if kind == "image-error":
            reason = value[2].replace(f"{path.parent}/", "")  # libraries name folders of the site
            raise ImageError(path=value[0], field=value[1], reason=reason)
        return value

    def _read(self, stream: IO[bytes], length: int, until: float) -> bytes:
        parts, left = [], length
        while left:
            ready, _, _ = select.select([stream], [], [], max(0.0, until - time.monotonic()))
            if not ready:
                raise TimeoutError
            part = os.read(stream.fileno(), min(left, 1 << 20))
            if not part:
                raise OSError("it ended")
            parts.append(part)
            left -= len(part)
        return b"".join(parts)

    @property
    def is_alive(self) -> bool:
        return self._process.poll() is None

    def end(self) -> str:
        """End the process; gives what it said last."""
        self._process.kill()
        self._process.communicate()
        said, signal = last_line(self._said), -self._process.returncode
        self._said.close()
        return said or (f"signal {signal}" if signal not in (0, 9) else "")


class _Pool:
    """As many processes as may run at once. Who asks for the file that one read last gets that one."""

    def __init__(self) -> None:
        self._owner = os.getpid()
        self._idle: list[_Process] = []
        self._busy = 0
        self._free = Condition(Lock())

    def ask(self, function: str, arguments: tuple[Any, ...], path: Path, seconds: float) -> Any:
        if os.getpid() != self._owner:  # a fork must not talk through its parent's pipes
            self.__init__()  # type: ignore[misc]
        process = self._take(path, seconds)
        try:
            return process.ask(function, arguments, path, seconds)
        finally:
            self._give(process)

    def _take(self, path: Path, seconds: float) -> _Process:
        with self._free:
            waits = SECONDS_WAITING if seconds > SECONDS_PIXELS else SECONDS_WAITING_FOR_PIXELS
            if not self._free.wait_for(lambda: self._busy < PROCESSES, waits):
                reason = "cannot be read now, since many others are; try again in a moment."
                raise ImageBusy(path=str(path), field="file", reason=reason)
            self._busy += 1
            for process in [one for one in self._idle if not one.is_alive]:
                self._idle.remove(process)
                process.end()
            for process in self._idle:
                if process.last == path:
                    self._idle.remove(process)
                    return process
            if self._idle and len(self._idle) + self._busy > PROCESSES:
                return self._idle.pop(0)
        try:
            return _Process()
        except BaseException as error:
            with self._free:
                self._busy -= 1
                self._free.notify()
            if not isinstance(error, OSError):
                raise
            reason = f"cannot be read now: no process could be started for it ({error.strerror})."
            raise ImageError(path=str(path), field="file", reason=reason) from error

    def end(self) -> None:
        """End all that are idle, as this process ends."""
        if os.getpid() == self._owner:
            with self._free:
                while self._idle:
                    self._idle.pop().end()

    def _give(self, process: _Process) -> None:
        with self._free:
            self._busy -= 1
            if process.is_alive and process.calls < CALLS:
                self._idle.append(process)
            self._free.notify()
        if process.is_alive and process.calls >= CALLS:
            process.end()


_POOL = _Pool()
atexit.register(_POOL.end)


def last_line(said: IO[bytes]) -> str:
    """What a program said last into a file, as short as a message should be; "" if nothing."""
    said.seek(max(0, said.seek(0, os.SEEK_END) - LAST_WORDS))
    lines = said.read().decode(errors="replace").strip().splitlines()
    return lines[-1][:LONGEST_MESSAGE] if lines else ""
