"""Images in a store elsewhere: parts that need several reads are read some at once."""

from contextlib import closing
from pathlib import Path
from threading import Barrier, Lock

import numpy as np
import pytest
import tifffile

from imaging.errors import ImageError
from imaging.objects import ObjectFiles
from imaging.pixels import read_box
from imaging.source import build_table, open_source

PLANES = 8
SPANS = ((0, 1), (0, PLANES), (0, 64), (0, 64))


class MeetingStore:
    """See imaging.objects.ObjectStore: one file. Each read waits for its `meeting`, if there is one."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.keep = path.stat().st_size  # bytes that are still there
        self.meeting: Barrier | None = None
        self._lock = Lock()
        self.reads = 0

    def stat(self, key: str) -> tuple[int, int]:
        stat = self.path.stat()
        return stat.st_size, stat.st_mtime_ns

    def pread(self, key: str, offset: int, length: int) -> bytes:
        if self.meeting:
            self.meeting.wait(60)
        with self._lock:
            self.reads += 1
        return self.path.read_bytes()[: self.keep][offset : offset + length]

    def first(self, key: str, length: int) -> tuple[bytes, int] | None:
        return self.path.read_bytes()[:length], self.path.stat().st_size


@pytest.fixture
def store(tmp_path: Path) -> MeetingStore:
    path = tmp_path / "stack.tif"
    pixels = np.random.default_rng(0).integers(0, 4000, (PLANES, 128, 128), np.uint16)
    tifffile.imwrite(path, pixels, tile=(64, 64), compression="zlib", metadata={"axes": "ZYX"})
    build_table(path, 0, tmp_path / "table")
    return MeetingStore(path)


def files(store: MeetingStore) -> ObjectFiles:
    return ObjectFiles(store, "stack.tif", is_folder=False, local=lambda: store.path)


def test_planes_of_a_volume_are_read_at_once(store: MeetingStore, tmp_path: Path) -> None:
    store.meeting = Barrier(2)
    with closing(open_source(files(store), table=tmp_path / "table")) as source:
        box = read_box(source, 0, 0, *SPANS)
    assert store.reads == PLANES
    np.testing.assert_array_equal(box[0], tifffile.imread(store.path)[:, :64, :64])


def test_one_that_was_cut_off_is_told(store: MeetingStore, tmp_path: Path) -> None:
    store.keep //= 2
    source = open_source(files(store), table=tmp_path / "table")
    with closing(source), pytest.raises(ImageError, match="cut off"):
        read_box(source, 0, 0, *SPANS)
