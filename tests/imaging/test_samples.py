"""Every sample is read as what it is, kept as it is, or refused with a message: the list of samples against ours."""

import csv
from pathlib import Path

import numpy as np
import pytest
import tifffile

from imaging.errors import ImageError
from imaging.readers import can_read, family_of, read_facts
from imaging.source import open_source, read_region

# By the beginning of a sample's path: the families that read its files, and how many images there are in all of them.
IMAGES = {
    "01_fluorescence/neubias/": ({"tiff"}, 1),
    "01_fluorescence/mitocheck_movie": ({"tiff"}, 30),
    "01_fluorescence/ometiff_from_nd2/": ({"tiff"}, 1),
    "01_fluorescence/nf1_cellpainting/Plate_2_images": ({"tiff"}, 15),
    "01_fluorescence/cells3d/nuclei.tif": ({"tiff"}, 1),
    "02_omezarr/v04_mitotic_plate_bioformats2raw.zarr": ({"zarr"}, 1),
    "02_omezarr/v04_hcs_nf1_plate2.zarr": ({"zarr"}, 5),
    "02_omezarr/v05_cells3d_nuclei.zarr": ({"zarr"}, 1),
    "03_vendor/czi/CellDivision": ({"czi"}, 1),
    "03_vendor/czi/WellD6-7_S2.czi": ({"czi"}, 2),
    "03_vendor/czi/LSM880_AiryScan.czi": ({"czi"}, 1),
    "03_vendor/czi/nuc_small.czi": ({"czi"}, 1),
    "03_vendor/czi/1_tileregion.czi": ({"czi"}, 1),
    "03_vendor/czi/neubias_xyz__multiple_images.czi": ({"czi"}, 2),
    "03_vendor/nd2/": ({"nd2"}, 1),
    "03_vendor/lif/LeicaLASX_wavelength-sweep_example.lif": ({"lif"}, 3),
    "03_vendor/ims/brain_crop3_lowres.ims": ({"imaris"}, 1),
    "03_vendor/wsi/": ({"slides"}, 1),
    "03_vendor/dicom/": ({"dicom"}, 1),
    "03_vendor/em/EMD-3197.map": ({"mrc"}, 1),
    "03_vendor/em/epu2.9_example_crop1024.mrc": ({"mrc"}, 1),
    "03_vendor/em/multi_signal.dm3": ({"dm"}, 1),
    "03_vendor/em/EELS_SI.dm4": ({"dm"}, 1),
    "03_vendor/em/c_elegans_em_series": ({"tiff"}, 21),
    "03_vendor/em/FOV7_HV110_P0500510000.ome.tiff": ({"tiff"}, 1),
    "04_labels_rois_tables/mitocheck/xy_8bit": ({"tiff"}, 1),
    "04_labels_rois_tables/stardist/img2d.tif": ({"tiff"}, 1),
    "04_labels_rois_tables/stardist/mask2d.tif": ({"tiff"}, 1),
    "04_labels_rois_tables/cells3d/nuclei_label.tif": ({"tiff"}, 1),
    "04_labels_rois_tables/nf1/Plate_2_masks": ({"tiff"}, 15),
    "05_multiplexed/mibi_breast/Point2203_pt1072_31606_41ch.ome.tif": ({"tiff"}, 1),
    "05_multiplexed/mibi_breast/Point2203_pt1072_31606": ({"tiff"}, 41),
    "05_multiplexed/imc/raw/": ({"mcd"}, 4),
    "05_multiplexed/imc/steinbock/masks_deepcell": ({"tiff"}, 15),
    "05_multiplexed/imc/steinbock/ome": ({"tiff"}, 15),
    "05_multiplexed/imc/imctools_ometiff_mockData2": ({"pictures", "tiff"}, 5),
    "05_multiplexed/cycif_linked/vitessce_image.ome.tiff": ({"tiff"}, 1),
    "05_multiplexed/cycif_linked/vitessce_mask.tiff": ({"tiff"}, 1),
    "06_study_metadata/nf1/plate2_platemap_figure.png": ({"pictures"}, 1),
}
REFUSED = {"04_labels_rois_tables/stardist/stardist_img2d_nuclei_RoiSet.zip": "this is not a Zarr group"}


def files_of(place: Path) -> list[Path]:
    """The files of a sample, or the folder that is one image."""
    if place.is_file() or place.name.endswith(".zarr"):
        return [place]
    return sorted(one for one in place.rglob("*") if one.is_file())


def rows(samples: Path) -> list[str]:
    with (samples / "MANIFEST.tsv").open(newline="") as file:
        return [row["path"] for row in csv.DictReader(file, delimiter="\t")]


def test_every_sample_is_read_kept_or_refused(shared: Path) -> None:
    samples, used = shared / "samples", set()
    for name in rows(samples):
        readable = [path for path in files_of(samples / name) if can_read(path.name)]
        start = next((start for start in IMAGES if name.startswith(start)), "")
        used.add(start)
        if name in REFUSED:
            with pytest.raises(ImageError, match=REFUSED[name]):
                read_facts(*readable)
        else:
            found = [(family_of(path).name, read_facts(path).images) for path in readable]
            count = sum(len(images) for _, images in found)
            assert ({family for family, _ in found}, count) == IMAGES.get(start, (set(), 0)), name
    assert used == {*IMAGES, ""}


def test_tiffs_among_the_samples_are_as_tifffile_reads_them(shared: Path) -> None:
    """First, middle and last plane of each; formats of vendors are compared in tests of their own."""
    names = [name for name in rows(shared / "samples") if name.lower().endswith((".tif", ".tiff"))]
    assert len(names) > 20
    for name in names:
        path = shared / "samples" / name
        source = open_source(path, 0)
        t, c, z, y, x = source.levels[0].shape
        with tifffile.TiffFile(path) as tif:
            pixels, axes = tif.series[0].asarray(), tif.series[0].axes
        if axes.endswith("S"):
            pixels, axes = np.moveaxis(pixels, -1, -3), axes[:-3] + "CYX"
        for at in {0, t * c * z // 2, t * c * z - 1}:
            place = dict(zip("TCZ", map(int, np.unravel_index(at, (t, c, z))), strict=True))
            place |= {"I": place["Z"], "Q": place["Z"]}  # pages of which the file does not say what they are
            theirs = pixels[tuple(place.get(axis, slice(None)) for axis in axes)]
            found = read_region(source, 0, place["T"], place["C"], place["Z"], 0, y, 0, x)
            np.testing.assert_array_equal(found, theirs, err_msg=name)
        source.close()


@pytest.mark.parametrize("name", ["ims/brain_crop3_lowres.ims", "lif/LeicaLASX_wavelength-sweep_example.lif",
                                  "nd2/example-zstack.nd2"])  # fmt: skip
def test_what_is_cut_off_or_something_else_is_told_in_words(shared: Path, tmp_path: Path, name: str) -> None:
    data = (shared / "samples/03_vendor" / name).read_bytes()
    path = tmp_path / name.rpartition("/")[2]
    for content, words in (
        (data[:5000], "ends too early: it is cut off"),
        (b"a text\n" * 900, "is no .* whatever its"),
    ):
        path.write_bytes(content)
        with pytest.raises(ImageError, match=words) as caught:
            read_facts(path)
        assert not {"Error", "0x", "sblock"} & set(caught.value.reason.split())
