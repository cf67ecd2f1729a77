"""The limited process: answers one call after the other until its input ends. Started by `imaging.limited`."""

import os
import pickle
import resource
import sys
from collections import OrderedDict
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from imaging.errors import ImageError, said_by
from imaging.limited import LENGTH
from imaging.pixels import Planes
from imaging.readers import BY_NAME
from imaging.source import make_tables

OPEN = 8  # images at once

_open: OrderedDict[str, Planes] = OrderedDict()


def save_tables(path: Path, series: Sequence[str], outs: Sequence[Path]) -> None:
    """Save the chunk tables of images; raises ImageError."""
    for table, out in zip(make_tables(path, series), outs, strict=True):
        table.save(out)


def read_planes(path: Path, header: dict[str, Any], box: tuple[int, ...]) -> np.ndarray:
    """Pixels (c, y, x) of an image that is kept open for the next call, while all its files stay the same ("state" of
    its header); raises ImageError."""
    stat = path.stat()
    key = repr((path, stat.st_size, stat.st_mtime_ns, header["family"], header["series"], header["state"]))
    planes = _open.get(key)
    if planes is None:
        while len(_open) >= OPEN:
            _open.popitem(last=False)[1].close()
        reader: Any = BY_NAME[header["family"]].reader
        planes = _open[key] = reader.open_planes(path, header)
    _open.move_to_end(key)
    level, t, c0, c1, z, y0, y1, x0, x1 = box
    return np.ascontiguousarray(planes.read(level, t, c0, c1, z, y0, y1, x0, x1))


def _answer(function: str, arguments: tuple[Any, ...]) -> tuple[str, Any]:
    """What goes back: a value, or what an ImageError says."""
    module, name = function.split(":")
    try:
        return "value", getattr(import_module(module), name)(*arguments)
    except ImageError as error:
        return "image-error", (error.path, error.field, error.reason)
    except MemoryError:
        reason = "needs more memory than a reader may have; save it in smaller tiles, or as OME-Zarr."
        return "image-error", (str(arguments[0]), "file", reason)
    except RecursionError:
        return "image-error", (str(arguments[0]), "file", "is nested too deep; export it again.")
    except Exception as error:  # a library's own, about bytes that are not what it expects
        reason = f"cannot be read ({said_by(error)}); it is damaged, or of another format than its name says."
        return "image-error", (str(arguments[0]), "file", reason)


def _exactly(stream: BinaryIO, length: int) -> bytes:
    data = stream.read(length)
    if len(data) != length:
        sys.exit(0)
    return data


def main() -> None:
    memory = int(sys.argv[1])
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints must not be taken for an answer
    requests = sys.stdin.buffer
    while True:
        (length,) = LENGTH.unpack(_exactly(requests, LENGTH.size))
        answer = pickle.dumps(_answer(*pickle.loads(_exactly(requests, length))), protocol=5)
        answers.write(LENGTH.pack(len(answer)))
        answers.write(answer)
        answers.flush()


if __name__ == "__main__":
    main()
