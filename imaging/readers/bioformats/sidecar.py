"""Bio-Formats in a Java process of its own, asked over its standard input and output: `Sidecar.java` says how.

It lives and ends with the limited process (`imaging.limited`) that asks it, under the same limits of memory and time.
"""

import atexit
import json
import os
import struct
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from imaging.errors import ImageError
from imaging.limited import LONGEST_MESSAGE, last_line
from imaging.readers.bioformats_endings import SETTING, is_there

SOURCE = Path(__file__).with_name("Sidecar.java")
LENGTH = struct.Struct(">i")
HEAP = "2g"  # of the 4 GiB of address space that a limited process has
# Little memory, a quick start, and nothing left beside the answers.
OPTIONS = (
    f"-Xmx{HEAP}", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:MaxMetaspaceSize=256m",
    "-XX:CompressedClassSpaceSize=64m", "-XX:ReservedCodeCacheSize=64m", "-XX:-UsePerfData",
    "-XX:-CreateCoredumpOnCrash", f"-XX:ErrorFile={os.devnull}", "-Djava.awt.headless=true",
)  # fmt: skip
NO_MEMORY = ("OutOfMemoryError",)
UNKNOWN = ("UnknownFormatException", "UnsupportedCompressionException", "MissingLibraryException")
NOT_THERE = ("FileNotFoundException", "NoSuchFileException")


class Stopped(Exception):
    """The Java process ended."""


class Sidecar:
    """One Java process."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="bioformats-", ignore_cleanup_errors=True)
        self._said = tempfile.TemporaryFile()  # noqa: SIM115  (closed when the process ends)
        environment = {key: value for key, value in os.environ.items() if not key.startswith(("JAVA_TOOL", "JDK_JAVA"))}
        environment["LC_ALL"] = "C.UTF-8"  # else Java finds no file whose name is not ASCII
        options = (*OPTIONS, f"-Djava.io.tmpdir={self._folder.name}", "-cp", os.environ[SETTING])
        self._process: subprocess.Popen[bytes] = subprocess.Popen(
            ["java", *options, str(SOURCE)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._said,
            env=environment, cwd=self._folder.name,
        )  # fmt: skip

    def ask(self, path: Path, request: dict[str, Any]) -> bytes:
        """The answer, with the byte in front that says what it is; raises ImageError."""
        assert self._process.stdin
        assert self._process.stdout
        text = json.dumps(request).encode()
        try:
            self._process.stdin.write(LENGTH.pack(len(text)) + text)
            self._process.stdin.flush()
            (length,) = LENGTH.unpack(self._exactly(LENGTH.size))
            answer = self._exactly(length)
        except (OSError, Stopped) as error:
            reason = f"made Bio-Formats stop ({self.end()}); it is damaged, or of another format than its name says."
            raise ImageError(path=str(path), field="file", reason=reason) from error
        except BaseException:  # it may still answer, and must not answer the next
            self.end()
            raise
        if answer[:1] == b"E":
            told = json.loads(answer[1:])
            if told.get("fatal"):
                self.end()
            raise _said(path, told)
        return answer

    def _exactly(self, length: int) -> bytes:
        assert self._process.stdout
        data: bytes = self._process.stdout.read(length)
        if len(data) != length:
            raise Stopped
        return data

    @property
    def is_alive(self) -> bool:
        """Whether it can be asked."""
        return self._process.poll() is None

    def end(self) -> str:
        """End the process; gives what it said last."""
        self._process.kill()
        self._process.communicate()
        self._folder.cleanup()
        if self._said.closed:
            return ""
        said = last_line(self._said)
        self._said.close()
        return said or f"signal {-self._process.returncode}"


_running: list[Sidecar] = []  # the one of this process


def sidecar_for(path: Path) -> Sidecar:
    """The process that is running, else a new one; raises ImageError about the file if there is no Bio-Formats."""
    if not is_there():
        reason = (
            f"needs Bio-Formats, which this machine does not have: set {SETTING} to the path of its jar "
            "(bioformats_package.jar) and install a JDK (Java 11 or later)."
        )
        raise ImageError(path=str(path), field="format", reason=reason)
    if _running and not _running[0].is_alive:
        _running.pop().end()
    if not _running:
        _running.append(Sidecar())
    return _running[0]


@atexit.register
def stop() -> None:
    """End the process, if one is running."""
    while _running:
        _running.pop().end()


class Opened:
    """A file that Bio-Formats has open. `about` is what the answer to "open" says: see Sidecar.java."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._sidecar = sidecar_for(path)
        answer = self._sidecar.ask(path, {"do": "open", "path": str(path.absolute())})
        self.about: dict[str, Any] = json.loads(answer[1:])

    def read(self, series: int, level: int, t: int, c: int, z: int, box: tuple[int, int, int, int]) -> np.ndarray:
        """The samples of plane (t, c, z) in the rows and columns box = y0, y1, x0, x1, as (sample, y, x)."""
        y0, y1, x0, x1 = box
        kind = self.about["series"][series]
        where = {"series": series, "level": level, "z": z, "c": c, "t": t}
        region = {"x": x0, "y": y0, "width": x1 - x0, "height": y1 - y0}
        answer = self._sidecar.ask(self._path, {"do": "read", "id": self.about["id"], **where, **region})
        are_together, is_little = answer[1], answer[2]
        found = np.frombuffer(answer, np.dtype(dtype_of(kind["type"])).newbyteorder("<" if is_little else ">"), -1, 3)
        rows, columns, samples = y1 - y0, x1 - x0, kind["samples"]
        if found.size != rows * columns * samples:
            reason = f"gave {found.size} values for {samples} x {rows} x {columns}; it is damaged: upload it again."
            raise ImageError(path=str(self._path), field=f"plane t={t}, c={c}, z={z}", reason=reason)
        if are_together:
            return found.reshape(rows, columns, samples).transpose(2, 0, 1)
        return found.reshape(samples, rows, columns)

    def close(self) -> None:
        """Give it back."""
        if self._sidecar.is_alive:
            self._sidecar.ask(self._path, {"do": "close", "id": self.about["id"]})


def dtype_of(pixel_type: str) -> str:
    """numpy's name of Bio-Formats' pixel type; a bit is given as a byte."""
    return {"float": "float32", "double": "float64", "bit": "uint8"}.get(pixel_type, pixel_type)


def _said(path: Path, told: dict[str, Any]) -> ImageError:
    """What Bio-Formats says of a file, in words, without folders of this machine."""
    message = told["message"].replace(f"{path.absolute().parent}{os.sep}", "").splitlines()
    said = ": ".join(part for part in (told["kind"], "".join(message[:1])[:LONGEST_MESSAGE]) if part)
    if told["kind"] in NO_MEMORY:
        reason = f"needs more than the {HEAP} of memory that Bio-Formats has here; save it in smaller planes."
    elif told["kind"] in UNKNOWN:
        reason = f"is of no kind that Bio-Formats reads ({said}), or a file that belongs to it is missing beside it."
    elif told["kind"] in NOT_THERE:
        reason = f"needs a file that is not there ({said}); upload it too, in the same folder."
    else:
        reason = f"cannot be read by Bio-Formats ({said}); it is damaged or cut off: upload or export it again."
    return ImageError(path=str(path), field="file", reason=reason)
