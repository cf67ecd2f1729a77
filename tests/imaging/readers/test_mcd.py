"""MCD of imaging mass cytometry: facts of the real files, pixels as readimc reads them, and what is refused."""

from pathlib import Path

import numpy as np
import pytest
import readimc

from imaging.errors import ImageError
from imaging.facts import Quantity
from imaging.readers import read_facts
from imaging.source import open_source, read_region
from tests.imaging.readers.damage import only_image_errors
from tests.imaging.reading import whole

RAW = "samples/05_multiplexed/imc/raw/20210305_NE_mockData{0}/20210305_NE_mockData{0}.mcd"
# Sizes (x, y) of the acquisitions, then of the panorama; when the first acquisition began.
SIZES = {
    1: ([(60, 60), (64, 51), (50, 43), (193, 162)], "2021-03-05T13:36:08.347382+01:00"),
    2: ([(103, 87), (59, 61), (53, 54), (313, 254)], "2021-03-05T14:34:09.442528+01:00"),
    4: ([(35, 29), (53, 45), (82, 54), (551, 453)], "2021-03-05T15:56:00.882066+01:00"),
}
CHANNELS = [
    ("107Ag", "Ag107"), ("Cytoker_651((3356))Pr141", "Pr141"), ("Laminin_681((851))Sm147", "Sm147"),
    ("YBX1_2987((3532))Eu153", "Eu153"), ("H3K27Ac_1977((2242))Yb172", "Yb172"),
]  # fmt: skip


@pytest.mark.parametrize("data", SIZES)
def test_facts(shared: Path, data: int) -> None:
    facts = read_facts(shared / RAW.format(data))
    sizes, began = SIZES[data]
    assert [(image.size_x, image.size_y) for image in facts.images] == sizes
    assert [image.series_path for image in facts.images] == [
        "acquisition 1", "acquisition 2", "acquisition 3", "panorama 1"]  # fmt: skip
    first, *_, panorama = facts.images
    assert (facts.format, facts.warnings, first.name) == ("image/x-mcd", (), "ROI_001")
    assert first.acquisition_date == began
    assert [(channel.name, channel.fluor) for channel in first.channels] == CHANNELS
    assert first.physical_size_x == first.physical_size_y == Quantity(1.0, "µm", "1")
    assert (first.pixel_type, panorama.pixel_type, panorama.size_c) == ("float", "uint8", 4)
    assert panorama.physical_size_x == Quantity(1.0, "µm")
    said = {pair.name: pair.value for pair in first.key_values}
    assert (said["AblationFrequency"], said["MovementType"], len(first.key_values)) == ("200", "XRaster", 25)
    about = {pair.name: pair.value for pair in facts.key_values}
    assert about["slide 0/SwVersion"] == "7.0.8493.0"
    assert about["slide 0/Filename"] == f"20210305_NE_mockData{data}.mcd"


@pytest.mark.parametrize("data", SIZES)
def test_pixels_as_readimc_reads_them(shared: Path, data: int) -> None:
    path = shared / RAW.format(data)
    with readimc.MCDFile(path) as file:
        (slide,) = file.slides
        for acquisition in slide.acquisitions:
            source = open_source(path, f"acquisition {acquisition.id}")
            peers = file.read_acquisition(acquisition)
            np.testing.assert_array_equal(whole(source)[0, :, 0], peers)
            np.testing.assert_array_equal(read_region(source, 0, 0, 3, 0, 5, 20, 7, 30), peers[3, 5:20, 7:30])
        panorama = file.read_panorama(slide.panoramas[0])
        assert panorama is not None
        read = whole(open_source(path, f"panorama {slide.panoramas[0].id}"))
        np.testing.assert_array_equal(read[0, :, 0].transpose(1, 2, 0), panorama)


def edited(path: Path, out: Path, old: str, new: str) -> Path:
    """The file with one text of its XML replaced by another of the same length."""
    data = path.read_bytes()
    assert len(old) == len(new)
    assert old.encode("utf-16-le") in data
    out.write_bytes(data.replace(old.encode("utf-16-le"), new.encode("utf-16-le")))
    return out


def test_an_acquisition_that_was_ended_early_has_zeros(shared: Path, tmp_path: Path) -> None:
    path = edited(shared / RAW.format(1), tmp_path / "short.mcd", "<DataEndOffset>171674", "<DataEndOffset>114074")
    facts = read_facts(path)
    assert facts.warnings == ("ROI_001 was ended before its last pixel: 1800 pixels are 0.",)
    read = whole(open_source(path, "acquisition 1"))[0, 0, 0]
    assert read[:30].any()
    assert not read[30:].any()


def test_what_is_refused(shared: Path, tmp_path: Path) -> None:
    path = shared / RAW.format(1)
    for number, (old, new, said) in enumerate((
        ("<DataEndOffset>171674", "<DataEndOffset>971674", "acquisition 1: ends at byte 971674|not pixels"),
        ("<DataEndOffset>171674", "<DataEndOffset>1716x4", "'1716x4'"),
        ("<DataEndOffset>171674", "<DataEndOffset>171673", "which are not pixels of 5 numbers"),
        ("<MaxX>60", "<MaxX>6e", "'6e'"),
    )):  # fmt: skip
        with pytest.raises(ImageError, match=said):
            read_facts(edited(path, tmp_path / f"{number}.mcd", old, new))
    (tmp_path / "text.mcd").write_text("no MCD")
    with pytest.raises(ImageError, match="cannot be read as MCD"):
        read_facts(tmp_path / "text.mcd")


def test_damaged_copies(shared: Path, tmp_path: Path) -> None:
    assert only_image_errors(shared / RAW.format(1), tmp_path, head=120_000)
