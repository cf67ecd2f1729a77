"""What a limited process may send back, and what becomes of one that ends."""

import io
import os
import pickle
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

from imaging import limited
from imaging.errors import ImageError
from imaging.facts import FileFacts, KeyValue


class Named:
    """Pickles itself as a call of what has this name."""

    def __init__(self, module: str, name: str, *arguments: Any) -> None:
        self.opcodes = b"\x80\x04" + b"".join(b"\x8c" + bytes([len(one)]) + one.encode() for one in (module, name))
        self.opcodes += b"\x93" + pickle.dumps(arguments, protocol=4)[2:-1].replace(b"\x94", b"") + b"R."


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("pathlib", "Path.cwd"), ("pathlib", "Path.unlink"), ("os", "system"), ("builtins", "eval"),
        ("imaging.facts", "FileFacts.__init__.__builtins__.get"), ("imaging.facts", "np.load"),
        ("imaging.ome.columns", "Callable"), ("numpy", "ndarray.tofile"), ("imaging.facts", "dataclass"),
    ],
)  # fmt: skip
def test_code_is_not_taken_from_a_reader(module: str, name: str) -> None:
    with pytest.raises(pickle.UnpicklingError, match="not taken from a reader"):
        limited._Trusted(io.BytesIO(Named(module, name).opcodes)).load()


def test_facts_and_arrays_are_taken() -> None:
    facts = FileFacts("a", "image/tiff", (), key_values=(KeyValue("n", "name", "value"),))
    sent = pickle.dumps(("value", (facts, np.arange(6, dtype=">u2").reshape(2, 3))), protocol=5)
    kind, (read, array) = limited._Trusted(io.BytesIO(sent)).load()
    assert (kind, read) == ("value", facts)
    assert array.tolist() == [[0, 1, 2], [3, 4, 5]]


def test_a_process_that_ended_is_not_asked_again(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, np.zeros((8, 8), np.uint8))
    first = limited.read_facts(path)
    for process in limited._POOL._idle:
        os.kill(process._process.pid, signal.SIGKILL)
        process._process.wait()
    assert limited.read_facts(path) == first


def test_what_a_library_says_of_a_broken_file_is_an_error_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a.nd2"
    path.write_bytes(b"\xda\xce\xbe\x0a" + bytes(3000))
    with pytest.raises(ImageError, match=r"a\.nd2"):
        limited.read_facts(path)
