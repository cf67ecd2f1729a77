"""Real files converted whole: pixels as zarr-python and tifffile read them, metadata valid by the schema and kept."""

from contextlib import closing
from itertools import pairwise
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
import tifffile
import xmlschema
import zarr

from imaging.converting.files import Wanted, convert_file
from imaging.converting.ome_tiff import to_ome_tiff
from imaging.converting.ome_zarr import How
from imaging.errors import ImageError
from imaging.facts import ChannelFacts, FileFacts, ImageFacts, Quantity
from imaging.ome.of_facts import document_of
from imaging.ome.some_images import Written, only_images
from imaging.readers import read_facts
from imaging.source import open_source
from imaging.sources.halves import half
from tests.imaging.reading import whole

# A TIFF of ImageJ and one of OME, a label image, a movie, 41 channels, a slide in RGB, a set of OME-Zarr, and reals.
SAMPLES = (
    "01_fluorescence/neubias/xyzc_16bit__dna_conf_wf.tif",
    "01_fluorescence/neubias/xyt_8bit_polyp.tif",
    "01_fluorescence/ometiff_from_nd2/example-multichannel.ome.tif",
    "02_omezarr/v04_mitotic_plate_bioformats2raw.zarr",
    "03_vendor/wsi/CMU-1-Small-Region.svs",
    "03_vendor/em/EMD-3197.map",
    "04_labels_rois_tables/cells3d/nuclei_label.tif",
    "05_multiplexed/mibi_breast/Point2203_pt1072_31606_41ch.ome.tif",
)


@pytest.fixture(scope="module")
def schema(shared: Path) -> xmlschema.XMLSchema:
    return xmlschema.XMLSchema(shared / "reference/ome/ome-2016-06.xsd")


def pixels_of(path: Path, number: int = 0) -> np.ndarray:
    with closing(open_source(path, number)) as source:
        return whole(source)


@pytest.mark.parametrize("sample", SAMPLES)
def test_to_ome_zarr(sample: str, shared: Path, tmp_path: Path, schema: xmlschema.XMLSchema) -> None:
    path, out = shared / "samples" / sample, tmp_path / "out.ome.zarr"
    labels = "label" in sample
    assert convert_file(path, out, Wanted(images=(0,), labels=labels)) == [out]
    array = zarr.open_array(out / "0", mode="r")
    wanted = pixels_of(path)
    np.testing.assert_array_equal(np.asarray(array[...]), wanted)
    assert array.dtype == wanted.dtype
    schema.validate((out / "OME/METADATA.ome.xml").read_text())
    before, after = read_facts(path).images[0], read_facts(out).images[0]
    for name in ("name", "size_x", "size_c", "size_t", "pixel_type", "acquisition_date", "significant_bits"):
        assert getattr(after, name) == getattr(before, name)
    for name in ("physical_size_x", "physical_size_y", "physical_size_z", "time_increment"):
        ours, theirs = getattr(after, name), getattr(before, name)
        assert (ours and (pytest.approx(ours.value), ours.unit)) == (theirs and (theirs.value, theirs.unit))


@pytest.mark.parametrize("sample", SAMPLES)
@pytest.mark.parametrize("compression", ["deflate", "zstd"])
def test_to_ome_tiff(sample: str, compression: str, shared: Path, tmp_path: Path, schema: xmlschema.XMLSchema) -> None:
    path, out = shared / "samples" / sample, tmp_path / "out.ome.tif"
    labels = "label" in sample
    assert convert_file(path, out, Wanted("ome-tiff", (0,), compression=compression, labels=labels)) == [out]
    wanted = pixels_of(path)
    with tifffile.TiffFile(out) as file:
        assert file.is_ome
        assert file.is_bigtiff
        assert file.ome_metadata
        schema.validate(file.ome_metadata)
        levels = [level.asarray() for level in file.series[0].levels]
        is_colour = file.pages.first.samplesperpixel > 1
    if is_colour:
        levels = [np.moveaxis(level, -1, -3) for level in levels]
    np.testing.assert_array_equal(levels[0].ravel(), wanted.ravel())
    for upper, lower in pairwise(levels):
        np.testing.assert_array_equal(lower, half(upper, labels=labels))
    (facts,) = read_facts(out).images
    before = read_facts(path).images[0]
    assert facts.physical_size_x == before.physical_size_x or "neubias" in sample
    if sample.endswith("ome.tif"):
        assert [channel.name for channel in facts.channels] == [channel.name for channel in before.channels]


def test_all_images_of_a_plate_in_one_folder(shared: Path, tmp_path: Path, schema: xmlschema.XMLSchema) -> None:
    path, out = shared / "samples/02_omezarr/v04_hcs_nf1_plate2.zarr", tmp_path / "out.ome.zarr"
    convert_file(path, out, Wanted(images=(0, 1, 4), how=How((1, 256, 256))))
    before, after = read_facts(path), read_facts(out)
    assert [image.series_path for image in after.images] == ["0", "1", "2"]
    for number, index in enumerate((0, 1, 4)):
        with closing(open_source(out, str(number))) as ours, closing(open_source(path, index)) as theirs:
            np.testing.assert_array_equal(whole(ours), whole(theirs))
        assert after.images[number].name == before.images[index].name
    schema.validate((out / "OME/METADATA.ome.xml").read_text())
    made = convert_file(path, tmp_path / "tiffs", Wanted("ome-tiff", images=(0, 4)))
    assert [file.name for file in made] == ["0.ome.tif", "1.ome.tif"]
    np.testing.assert_array_equal(pixels_of(made[1]), pixels_of(path, 4))


def test_what_cannot_be_is_refused(tmp_path: Path, shared: Path) -> None:
    pixels = np.zeros((40, 40), np.int64)
    tifffile.imwrite(tmp_path / "wide.tif", pixels)
    with pytest.raises(ImageError, match="no pixels of type int64; convert the image to OME-Zarr"):
        convert_file(tmp_path / "wide.tif", tmp_path / "out.ome.tif", Wanted("ome-tiff"))
    with pytest.raises(ImageError, match="there is no image 7; it has 1"):
        convert_file(tmp_path / "wide.tif", tmp_path / "out.ome.zarr", Wanted(images=(7,)))
    (tmp_path / "out.ome.tif").write_bytes(b"")
    with pytest.raises(ImageError, match="is there already"):
        convert_file(tmp_path / "wide.tif", tmp_path / "out.ome.tif", Wanted("ome-tiff"))
    assert sorted(one.name for one in tmp_path.iterdir()) == ["out.ome.tif", "wide.tif"]


def test_grey_with_transparency(tmp_path: Path) -> None:
    """The second sample of a pixel is told to be no colour, and the first channel of each pixel gives the name."""
    pixels = np.random.default_rng(1).integers(0, 99, (40, 50, 2), np.uint8)
    path = tmp_path / "grey.png"
    path.write_bytes(bytes(imagecodecs.png_encode(pixels)))
    source = open_source(path)
    to_ome_tiff(source, tmp_path / "out.ome.tif", lambda samples: b"")
    with tifffile.TiffFile(tmp_path / "out.ome.tif") as tif:
        page = tif.pages.first
        assert (page.samplesperpixel, page.extrasamples) == (2, (0,))


def test_channels_of_pixels_of_several_samples() -> None:
    """Six channels of which three lie together: the first of each three says the name."""
    channels = tuple(ChannelFacts(number, f"Channel:0:{number}", emission_wavelength=Quantity(400.0 + number, "nm"))
                     for number in range(6))  # fmt: skip
    image = ImageFacts(0, 4, 4, 1, 6, 1, "uint8", channels=channels)
    document = document_of(FileFacts("a", "image/a", (image,)))
    written = only_images(document, [0], Written((1, 6, 1, 4, 4), "uint8", 3))
    (one,) = written.root.all("Image")
    (found,) = one.all("Pixels")
    assert [channel.get("EmissionWavelength") for channel in found.all("Channel")] == ["400.0", "403.0"]
