"""Imaris, BigDataViewer and other HDF5 images: facts, pixels as h5py reads them, and what is refused."""

from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from imaging.errors import ImageError
from imaging.facts import Quantity, Window
from imaging.readers import read_facts
from imaging.representations.ome_zarr import OmeZarrView
from imaging.representations.view import About
from imaging.source import open_source
from tests.imaging.readers.damage import only_image_errors
from tests.imaging.reading import as_group, level_of, whole

IMS = "samples/03_vendor/ims/brain_crop3_lowres.ims"
VOLUME = np.random.default_rng(6).integers(0, 60_000, (2, 3, 5, 40, 50), np.uint16)  # t, c, z, y, x


def test_facts_of_imaris(shared: Path) -> None:
    facts = read_facts(shared / IMS)
    (image,) = facts.images
    assert facts.format == "image/x-imaris"
    assert (image.size_t, image.size_c, image.size_z, image.size_y, image.size_x) == (1, 2, 25, 158, 168)
    assert (image.pixel_type, image.level_count, image.chunk_shape) == ("uint16", 2, (1, 1, 32, 128, 128))
    assert image.acquisition_date == "2018-12-10T23:23:19"
    sizes = (image.physical_size_x, image.physical_size_y, image.physical_size_z)
    assert [(round(one.value, 4), one.unit) for one in sizes if one] == [
        (1.9943, "µm"), (2.0008, "µm"), (10.8732, "µm")]  # fmt: skip
    assert [channel.color for channel in image.channels] == ["#02ff00", "#ff0000"]
    assert image.channels[1].display == Window(767.0, 27493.0, 767.0, 27493.0)
    said = {pair.name: pair.value for pair in facts.key_values}
    assert len(facts.key_values) == 42
    assert said["ImarisDataSet/Creator"] == "Imaris x64"
    assert said["Image/OriginalFormat"] == "TIFF"
    assert said["Channel 0/GammaCorrection"] == "1.000"


def test_pixels_of_imaris_as_h5py_reads_them(shared: Path) -> None:
    source = open_source(shared / IMS)
    with h5py.File(shared / IMS) as file:
        for level in (0, 1):
            read = whole(source, level)
            _, _, z, y, x = read.shape
            for channel in (0, 1):
                peers = file[f"DataSet/ResolutionLevel {level}/TimePoint 0/Channel {channel}/Data"][:z, :y, :x]
                np.testing.assert_array_equal(read[0, channel], peers)
    assert source.raw_chunk(0, (0, 1, 0, 1, 1)) is not None, "deflated chunks are given as they are stored"
    assert source.codecs(0)[1]["name"] == "numcodecs.zlib"


def write_bdv(path: Path, *, kind: str = "int16") -> Path:
    """Two channels and an angle of one channel, two resolutions, two time points."""
    with h5py.File(path, "w") as file:
        for setup in range(3):
            file[f"s{setup:02d}/resolutions"] = np.array([[1.0, 1.0, 1.0], [2.0, 2.0, 1.0]])
            for time in (0, 1):
                pixels = VOLUME[time, setup].astype(kind)
                for level, volume in enumerate((pixels, pixels[:, ::2, ::2])):
                    file.create_dataset(
                        f"t{time:05d}/s{setup:02d}/{level}/cells", data=volume, chunks=(4, 16, 16), compression="gzip"
                    )
    return path


XML = """<?xml version="1.0" encoding="UTF-8"?>
<SpimData version="0.2"><BasePath type="relative">.</BasePath><SequenceDescription><ViewSetups>{setups}
<Attributes name="channel"><Channel><id>0</id><name>DAPI</name></Channel>
<Channel><id>1</id><name>GFP</name></Channel></Attributes>
<Attributes name="angle"><Angle><id>0</id><name>0 deg</name></Angle><Angle><id>1</id><name>90 deg</name></Angle>
</Attributes></ViewSetups></SequenceDescription><ViewRegistrations><ViewRegistration timepoint="0" setup="0">
<ViewTransform type="affine"><Name>calibration</Name><affine>1 0 0 0 0 1 0 0 0 0 2 0</affine></ViewTransform>
</ViewRegistration></ViewRegistrations></SpimData>"""
SETUP = """<ViewSetup><id>{0}</id><name>view {0}</name><size>50 40 5</size><voxelSize><unit>micrometer</unit>
<size>0.25 0.25 1.5</size></voxelSize><attributes><channel>{1}</channel><angle>{2}</angle></attributes></ViewSetup>"""


def test_bigdataviewer_with_its_xml(tmp_path: Path) -> None:
    path = write_bdv(tmp_path / "embryo.h5")
    setups = "".join(SETUP.format(*one) for one in ((0, 0, 0), (1, 1, 0), (2, 0, 1)))
    (tmp_path / "embryo.xml").write_text(XML.format(setups=setups))
    facts = read_facts(path)
    first, second = facts.images
    assert (first.series_path, second.series_path) == ("0", "2")
    assert [channel.name for channel in first.channels] == ["DAPI", "GFP"]
    assert (first.size_t, first.size_c, first.size_z, first.size_y, first.size_x) == (2, 2, 5, 40, 50)
    assert (first.pixel_type, first.level_count) == ("uint16", 2)
    assert first.physical_size_z == Quantity(1.5, "µm")
    said = {pair.name: pair.value for pair in first.key_values}
    assert said["set-up 0/time point 0/calibration"] == "1 0 0 0 0 1 0 0 0 0 2 0"
    assert said["angle"] == "0 deg"
    assert facts.beside == ("embryo.xml",)
    np.testing.assert_array_equal(whole(open_source(path, "0")), VOLUME[:, :2])
    np.testing.assert_array_equal(whole(open_source(path, "2"), 1), VOLUME[:, 2:, :, ::2, ::2])


def test_bigdataviewer_without_its_xml(tmp_path: Path) -> None:
    facts = read_facts(write_bdv(tmp_path / "embryo.h5"))
    assert [image.size_c for image in facts.images] == [1, 1, 1]
    assert facts.warnings[0].startswith("embryo.xml is not beside it")
    np.testing.assert_array_equal(whole(open_source(tmp_path / "embryo.h5", "1")), VOLUME[:, 1:2])


@pytest.mark.parametrize("options", [
    {}, {"chunks": (1, 1, 2, 16, 16)}, {"chunks": (1, 2, 5, 20, 25), "compression": "gzip"},
    {"chunks": (1, 1, 5, 40, 50), "compression": "gzip", "shuffle": True, "fletcher32": True},
    {"chunks": (2, 3, 1, 40, 50), "compression": "lzf"},
])  # fmt: skip
@pytest.mark.parametrize("axes", ["tczyx", "tzcyx", "tzyxc"])
@pytest.mark.parametrize("order", ["<u2", ">u2"])
def test_datasets_in_any_order_of_axes(tmp_path: Path, options: dict[str, Any], axes: str, order: str) -> None:
    path = tmp_path / "data.h5"
    pixels = VOLUME // 256  # lzf leaves chunks as they are that it cannot make smaller
    with h5py.File(path, "w", userblock_size=512) as file:
        chunks = options.get("chunks")
        moved = {"chunks": tuple(chunks["tczyx".index(axis)] for axis in axes)} if chunks else {}
        dataset = file.create_dataset(
            "exported/data", data=pixels.transpose(["tczyx".index(axis) for axis in axes]).astype(order),
            **(options | moved),
        )  # fmt: skip
        dataset.attrs["DIMENSION_LABELS"] = list(axes)
        dataset.attrs["element_size_um"] = np.array([2.0, 0.5, 0.25])
        dataset.attrs["stain"] = "Hoechst"
    image = read_facts(path).images[0]
    assert image.series_path == "exported/data"
    assert (image.size_t, image.size_c, image.size_z, image.size_y, image.size_x) == pixels.shape
    assert (image.physical_size_x, image.physical_size_z) == (Quantity(0.25, "µm"), Quantity(2.0, "µm"))
    assert [(pair.name, pair.value) for pair in image.key_values if pair.name == "stain"] == [("stain", "Hoechst")]
    np.testing.assert_array_equal(whole(open_source(path, "exported/data")), pixels)


def test_axes_that_are_not_told_are_said_to_be_guessed(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "plain.h5", "w") as file:
        file["raw"], file["coordinates"] = VOLUME[0, 0], np.zeros((300, 3))
        file["colours"] = np.zeros((20, 30, 3), np.uint8)
    facts = read_facts(tmp_path / "plain.h5")
    assert {image.name: (image.size_z, image.size_c) for image in facts.images} == {"colours": (1, 3), "raw": (5, 1)}
    assert facts.warnings[1] == "The file does not say what the axes of raw are; they are read as zyx."
    np.testing.assert_array_equal(whole(open_source(tmp_path / "plain.h5", "raw"))[0, 0], VOLUME[0, 0])


def test_what_is_refused(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "elsewhere.h5", "w") as file:
        file["secret"] = VOLUME[0, 0]
    with h5py.File(tmp_path / "external.h5", "w") as file:
        data = file.create_dataset("raw", (16, 16), "u1", external=[("/etc/hostname", 0, h5py.h5f.UNLIMITED)])
        del data
    with h5py.File(tmp_path / "linked.ims", "w") as file:
        file["DataSet"] = h5py.ExternalLink("elsewhere.h5", "/")
    with h5py.File(tmp_path / "loop.h5", "w") as file:
        file["a"], file["loop"] = h5py.SoftLink("/loop"), h5py.SoftLink("/a")
        file.create_group("group")["back"] = file["/"]
    with h5py.File(tmp_path / "scaled.h5", "w") as file:
        file.create_dataset("raw", data=VOLUME[0, 0], chunks=(1, 16, 16), scaleoffset=0)
    (tmp_path / "text.h5").write_text("no HDF5")
    for name, said in (
        ("external.h5", "keeps its pixels in other files"),
        ("linked.ims", "is a link to another file, 'elsewhere.h5'"),
        ("loop.h5", "holds no image"),
        ("scaled.h5", "compressed by the filter scale-offset"),
        ("text.h5", "is no HDF5 file, whatever its name says"),
    ):
        with pytest.raises(ImageError, match=said):
            read_facts(tmp_path / name)


def test_damaged_copies(shared: Path, tmp_path: Path) -> None:
    assert only_image_errors(shared / IMS, tmp_path, head=20_000)
    assert only_image_errors(write_bdv(tmp_path / "embryo.h5"), tmp_path, head=20_000)


@pytest.mark.filterwarnings("ignore:Numcodecs codecs are not in the Zarr")
def test_imaris_is_an_ome_zarr_for_others(shared: Path) -> None:
    source = open_source(shared / IMS)
    group = as_group(OmeZarrView(source, About.of(read_facts(shared / IMS).images[0])), source)
    with h5py.File(shared / IMS) as file:
        for level, (z, y, x) in enumerate(((25, 158, 168), (12, 79, 84))):
            stored = file[f"DataSet/ResolutionLevel {level}/TimePoint 0/Channel 1/Data"][:z, :y, :x]
            np.testing.assert_array_equal(level_of(group, level)[0, 1], stored)
