"""What we write as OME-TIFF is what tifffile and our own reader find in it."""

import tempfile
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
import tifffile
import xmlschema
from hypothesis import given, settings
from hypothesis import strategies as st

from imaging.readers import read_facts
from imaging.source import open_source
from imaging.writing import TILE, WrittenChannel, write_ome_tiff
from tests.imaging.reading import whole

colours = st.tuples(*[st.integers(0, 255)] * 3)


@settings(deadline=None, max_examples=25)
@given(
    channels=st.lists(
        st.builds(WrittenChannel, st.text("abc µ<&\"'", min_size=1).map(str.strip), colours), min_size=1, max_size=4
    ),
    size=st.tuples(st.integers(1, 2 * TILE + 3), st.integers(1, 2 * TILE + 3)),
    dtype=st.sampled_from(["uint8", "uint16", "float32"]),
    pixel_size=st.none() | st.floats(0.01, 10),
)
def test_pixels_names_colours_and_sizes_come_back(
    channels: list[WrittenChannel], size: tuple[int, int], dtype: str, pixel_size: float | None
) -> None:
    pixels = np.random.default_rng(0).integers(0, 200, (len(channels), *size)).astype(dtype)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "written.ome.tif"
        write_ome_tiff(path, pixels, channels, name="Cells", pixel_size_um=pixel_size)
        (facts,) = read_facts(path).images
        with closing(open_source(path, 0)) as source:
            np.testing.assert_array_equal(whole(source)[0, :, 0], pixels)
        np.testing.assert_array_equal(tifffile.imread(path).reshape(pixels.shape), pixels)
    assert [one.name for one in facts.channels] == [one.name for one in channels]
    assert [one.color for one in facts.channels] == ["#{:02x}{:02x}{:02x}".format(*one.color) for one in channels]
    found = facts.physical_size_x
    assert (found.value if found else None) == pixel_size
    assert facts.level_count == 1 + (max(size) > TILE) + (max(size) > 2 * TILE)


def test_the_xml_is_valid_and_the_levels_are_halves(tmp_path: Path, shared: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 60_000, (2, 600, 900), dtype=np.uint16)
    path = tmp_path / "written.ome.tif"
    write_ome_tiff(path, pixels, [WrittenChannel("a", (1, 2, 3)), WrittenChannel("b", (255, 0, 9))], name="Cells")
    with tifffile.TiffFile(path) as tif:
        assert tif.ome_metadata is not None
        schema = xmlschema.XMLSchema(shared / "reference/ome/ome-2016-06.xsd")
        schema.validate(tif.ome_metadata)
        levels = [level.asarray() for level in tif.series[0].levels]
    assert [level.shape for level in levels] == [(2, 600, 900), (2, 300, 450), (2, 150, 225)]
    mean = pixels[0, :2, :2].mean()
    assert abs(float(levels[1][0, 0, 0]) - mean) <= 0.5


def test_pixels_without_their_channels_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="channels"):
        write_ome_tiff(tmp_path / "x.ome.tif", np.zeros((2, 4, 4)), [WrittenChannel("a", (0, 0, 0))], name="x")
