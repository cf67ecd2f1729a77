"""Files made to harm: absurd sizes, directories that lead in circles, bombs, and names that are hard to handle."""

import resource
import struct
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
import tifffile

from imaging import limited
from imaging.errors import ImageError
from imaging.readers import read_facts
from imaging.source import open_source
from tests.imaging.reading import whole

ROOT = Path(__file__).resolve().parents[3]
SIZE = 1 << 31
NAMES = [
    "Zellkerne größe µm.tif",
    "细胞 核.tif",
    "a[1-3]{x}(y).tif",
    "100%25 #1?.tif",
    "-rf *.tif",
    "🔬.ome.tif",
    "'quoted\".tif",
]


def tiff_of(entries: list[tuple[int, int, int, int]], following: int = 0, big: bool = False) -> bytes:
    """A TIFF of one directory of (tag, type, count, value), and what its chain leads to."""
    if big:
        rows = b"".join(struct.pack("<HHQQ", *entry) for entry in entries)
        return struct.pack("<2sHHHQQ", b"II", 43, 8, 0, 16, len(entries)) + rows + struct.pack("<Q", following)
    rows = b"".join(struct.pack("<HHII", *entry) for entry in entries)
    return struct.pack("<2sHIH", b"II", 42, 8, len(entries)) + rows + struct.pack("<I", following)


def page(
    width: int, height: int, *, rows: int, offset: int, length: int, compression: int = 1
) -> list[tuple[int, int, int, int]]:
    return [
        (256, 4, 1, width), (257, 4, 1, height), (258, 3, 1, 8), (259, 3, 1, compression), (262, 3, 1, 1),
        (273, 4, 1, offset), (277, 3, 1, 1), (278, 4, 1, rows), (279, 4, 1, length),
    ]  # fmt: skip


def opened(path: Path) -> np.ndarray:
    read_facts(path)
    return open_source(path, "").read_chunk(0, (0, 0, 0, 0, 0))


def refused(path: Path, within: int = 64 << 20) -> ImageError:
    """The error that opening gives, here without a process of its own; memory grows by no more than `within`."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(ImageError) as caught:
        opened(path)
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024 < within
    return caught.value


@pytest.mark.parametrize("big", [False, True])
@pytest.mark.parametrize("rows", [1, 64, SIZE])
def test_a_tiff_of_200_bytes_that_says_2_to_the_31_by_2_to_the_31(tmp_path: Path, big: bool, rows: int) -> None:
    path = tmp_path / "huge.tif"
    data = tiff_of(page(SIZE, SIZE, rows=rows, offset=8, length=100), big=big)
    path.write_bytes(data.ljust(200, b"\0"))
    assert path.stat().st_size <= 212
    refused(path)
    with pytest.raises(ImageError):
        limited.read_facts(path)


def test_directories_that_lead_in_a_circle(tmp_path: Path) -> None:
    """To themselves, and by two directories to each other; also by a SubIFD."""
    entries = page(4, 3, rows=3, offset=200, length=12)
    path = tmp_path / "self.tif"
    path.write_bytes(tiff_of(entries, following=8).ljust(300, b"\1"))
    facts = read_facts(path)
    assert len(facts.images) == 1
    sub = tmp_path / "sub.tif"
    sub.write_bytes(tiff_of([*entries, (330, 4, 1, 8)]).ljust(300, b"\1"))
    with suppress(ImageError):
        assert len(read_facts(sub).images) == 1


PEAK = """
import resource, sys
from contextlib import suppress
from pathlib import Path
from imaging.errors import ImageError
from imaging.source import open_source
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
with suppress(ImageError):
    chunk = open_source(Path(sys.argv[1]), "").read_chunk(0, (0, 0, 0, 0, 0))
    assert not chunk.any()
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024)
"""


@pytest.mark.parametrize("compression", [8, 50000, 5])
def test_a_strip_that_swells(tmp_path: Path, compression: int) -> None:
    """128 MB of zeros behind a page of 64 x 64: no more is unpacked than the page has, in a measured process."""
    zeros = bytes(128 << 20)
    packers = {8: imagecodecs.deflate_encode, 50000: imagecodecs.zstd_encode, 5: imagecodecs.lzw_encode}
    packed = packers[compression](zeros)
    path = tmp_path / "bomb.tif"
    head = tiff_of(page(64, 64, rows=64, offset=200, length=len(packed), compression=compression))
    path.write_bytes(head.ljust(200, b"\0") + packed)
    done = subprocess.run([sys.executable, "-c", PEAK, str(path)], capture_output=True, text=True, check=True, cwd=ROOT)
    assert int(done.stdout) < 64 << 20


@pytest.mark.parametrize("name", NAMES)
def test_names_that_are_hard_to_handle(tmp_path: Path, name: str) -> None:
    pixels = np.arange(12, dtype=np.uint8).reshape(3, 4)
    path = tmp_path / "Ordner [alt] ü" / name
    path.parent.mkdir()
    tifffile.imwrite(path, pixels)
    facts = limited.read_facts(path)
    table = tmp_path / "table"
    limited.make_tables(path, [facts.images[0].series_path], [table])
    np.testing.assert_array_equal(whole(open_source(path, "", table))[0, 0, 0], pixels)
    path.write_bytes(path.read_bytes()[:60])
    with pytest.raises(ImageError) as caught:
        limited.read_facts(path)
    assert str(caught.value).startswith(f"{name}: ")


def test_files_of_a_set_with_such_names(tmp_path: Path) -> None:
    for number in (1, 2):
        tifffile.imwrite(tmp_path / f"größe [µ] {{1}} z{number}.tif", np.full((3, 4), number, np.uint8))
    path = tmp_path / "größe [µ].pattern"
    path.write_text("größe [µ] {1} z<1-2>.tif")
    assert limited.read_facts(path).images[0].size_z == 2
    assert whole(open_source(path))[0, 0, :, 0, 0].tolist() == [1, 2]


def test_a_file_that_changes_after_registration_is_refused_when_opened(tmp_path: Path) -> None:
    path, table = tmp_path / "a.tif", tmp_path / "table"
    tifffile.imwrite(path, np.zeros((3, 4), np.uint8))
    limited.make_tables(path, [""], [table])
    tifffile.imwrite(path, np.ones((3, 4), np.uint8))
    with pytest.raises(ImageError, match="has changed since it was registered; it is not read until"):
        open_source(path, "", table)
