"""Pages read in short say the same as tifffile, which parses each in full."""

from pathlib import Path
from typing import Literal

import numpy as np
import pytest
import tifffile

from imaging.readers.tiff.pages import PageReader, full_page

LIKE = ("shape", "dtype", "compression", "photometric", "planarconfig", "is_tiled", "tile", "rowsperstrip", "predictor")


def check(path: Path) -> int:
    """Compare all pages; returns how many of them were parsed in full."""
    with tifffile.TiffFile(path) as tif:
        reader = PageReader(tif)
        assert len(reader) == len(tif.pages)
        keys = set()
        for number in range(len(reader)):
            page, full = reader.page(number), full_page(tif.pages[number])
            pairs = [(page, full)]
            for level in range(len(page.subifds)):
                assert full.pages is not None
                pairs.append((reader.sub_page(page, level), full_page(full.pages[level])))
            for found, wanted in pairs:
                assert (found.dataoffsets, found.databytecounts) == (wanted.dataoffsets, wanted.databytecounts)
                assert [getattr(found.key, name) for name in LIKE] == [getattr(wanted, name) for name in LIKE]
                keys.add(id(found.key))
        return len(keys)


def test_every_real_tiff(shared: Path) -> None:
    paths = sorted((shared / "samples").rglob("*.tif*"))
    assert len(paths) > 90
    for path in paths:
        check(path)


@pytest.mark.parametrize("bigtiff", [False, True])
@pytest.mark.parametrize("byteorder", ["<", ">"])
def test_pages_that_are_alike_are_parsed_once(tmp_path: Path, bigtiff: bool, byteorder: Literal["<", ">"]) -> None:
    path = tmp_path / "many.tif"
    with tifffile.TiffWriter(path, bigtiff=bigtiff, byteorder=byteorder) as tiff:
        for number in range(50):
            tiff.write(
                np.full((64, 64), number, "uint16"), tile=(16, 16), compression="zlib", contiguous=False, subifds=1,
                description=f"page {number}", metadata=None,
            )  # fmt: skip
            tiff.write(np.full((32, 32), number, "uint16"), tile=(16, 16), subfiletype=1, metadata=None)
    assert check(path) == 2


def test_pages_that_differ(tmp_path: Path) -> None:
    path = tmp_path / "mixed.tif"
    with tifffile.TiffWriter(path) as tiff:
        for dtype, shape, compression in (
            ("uint8", (8, 8), None), ("uint16", (8, 8), None), ("uint8", (8, 9), None), ("uint8", (8, 8), "zlib"),
            ("uint8", (8, 8, 3), None), ("uint8", (8, 8, 4), None), ("uint8", (8, 8), None),
        ):  # fmt: skip
            photometric = "rgb" if len(shape) == 3 else "minisblack"
            tiff.write(
                np.zeros(shape, dtype),
                compression=compression,
                metadata=None,
                contiguous=False,
                photometric=photometric,
            )
    assert check(path) == 6
