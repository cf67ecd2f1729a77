"""Facts of the real files, spelled out from their OME-XML, ImageJ descriptions and NGFF metadata."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from imaging.facts import FileFacts, ImageFacts, KeyValue, Quantity
from imaging.readers import can_read, read_facts

NEUBIAS = "01_fluorescence/neubias/"
NO_AXES = "The file does not say what its pages are; they are read as z-slices."


@dataclass(frozen=True)
class Expected:
    """What one image says: size is t, c, z, y, x; pixel in micrometres as x, z."""

    path: str
    format: str
    size: tuple[int, int, int, int, int]
    pixel_type: str
    pixel: tuple[float | None, float | None] = (None, None)
    names: tuple[str, ...] = ("",)
    colors: tuple[str | None, ...] = (None,)
    levels: int = 1
    chunk: tuple[int, ...] = ()
    warnings: tuple[str, ...] = ()


PLAIN, OME, V04, V05 = (
    "image/tiff",
    "image/ome-tiff",
    "image/ome-zarr;version=0.4",
    "image/ome-zarr;version=0.5",
)
BLANK2, BLANK3 = ("",) * 2, ("",) * 3
FILES = [
    Expected(
        NEUBIAS + "xyc_16bit__cell_dna_mts_actin.tif", PLAIN, (1, 3, 1, 350, 350), "uint16",
        (0.13249158777786302, None), BLANK3, ("#00ffff", "#ff00ff", "#ffff00"), chunk=(350, 350),
    ),
    Expected(
        NEUBIAS + "xyzc_16bit__dna_conf_wf.tif", PLAIN, (1, 2, 45, 130, 133), "uint16",
        (0.5118778700352326, 0.4994126016284111), BLANK2, ("#ff00ff", "#00ff00"), chunk=(130, 133),
    ),
    Expected(
        NEUBIAS + "xyc_16bit__hela-cells.tif", PLAIN, (1, 3, 1, 512, 672), "uint16",
        (0.05149313617092096, None), ("Red", "Green", "Blue"), ("#ff0000", "#00ff00", "#0000ff"), chunk=(512, 672),
    ),
    Expected(
        NEUBIAS + "xyc_16bit__nuclei_golgi.tif", PLAIN, (1, 2, 1, 220, 204), "uint16",
        (0.5157515686583961, None), BLANK2, ("#00ffff", "#ffffff"), chunk=(220, 204),
    ),
    Expected(
        NEUBIAS + "xyc_8bit__tub_h2b_cecog_battery.tif", PLAIN, (1, 2, 1, 1040, 1392), "uint8",
        names=BLANK2, colors=("#00ff00", "#ff00ff"), chunk=(1040, 1392),
    ),
    Expected(
        NEUBIAS + "xyz_8bit__chromosomes.tif", PLAIN, (1, 1, 40, 152, 126), "uint16",
        (0.03385416842990461, 0.1499999999996362), chunk=(152, 126),
    ),
    Expected(
        NEUBIAS + "xyz_8bit__mitotic_plate_calibrated.tif", PLAIN, (1, 1, 6, 263, 263), "uint8",
        (0.08519643016734027, 3.0), chunk=(263, 263),
    ),
    Expected(NEUBIAS + "xyt_8bit_polyp.tif", PLAIN, (3, 1, 1, 313, 313), "uint8", chunk=(313, 313)),
    Expected(
        "01_fluorescence/mitocheck_movie/EMBO_2012_Group3--empty--empty--W0002--P001--T00000--Z000--C.tif",
        PLAIN, (1, 1, 1, 190, 211), "uint8", chunk=(190, 211),
    ),
    Expected(
        "01_fluorescence/nf1_cellpainting/Plate_2_images/B7_01_1_3_DAPI_001.tif",
        PLAIN, (1, 1, 1, 904, 1224), "uint16", chunk=(26, 1224),
    ),
    Expected(
        "01_fluorescence/cells3d/nuclei.tif", PLAIN, (1, 1, 60, 256, 256), "uint16", chunk=(128, 256),
        warnings=(NO_AXES,),
    ),
    Expected(
        "01_fluorescence/ometiff_from_nd2/example-multichannel.ome.tif", OME, (1, 4, 1, 256, 256), "uint16",
        (0.323390342594048, None), ("Mono", "DAPI", "FITC BP", "TRITC BP"),
        ("#ffffff", "#0033ff", "#07ff00", "#ffbf00"), chunk=(256, 256),
        warnings=("The OME-XML calls this file 'example-multichannel_from_nd2.ome.tif'; it was renamed since.",),
    ),
    Expected(
        "01_fluorescence/ometiff_from_nd2/example-zstack.ome.tif", OME, (1, 1, 11, 128, 128), "uint16",
        (0.323390342594048, 6.0), ("FITC BP",), ("#07ff00",), chunk=(128, 128),
        warnings=("The OME-XML calls this file 'example-zstack_from_nd2.ome.tif'; it was renamed since.",),
    ),
    Expected(
        "04_labels_rois_tables/cells3d/nuclei_label.tif", PLAIN, (1, 1, 60, 256, 256), "uint32",
        chunk=(64, 256), warnings=(NO_AXES,),
    ),
    Expected(
        "04_labels_rois_tables/mitocheck/xy_8bit__mitocheck_incenp_t1.tif", PLAIN, (1, 1, 1, 364, 260), "uint8",
        (0.1, None), chunk=(364, 260),
    ),
    Expected("04_labels_rois_tables/stardist/img2d.tif", PLAIN, (1, 1, 1, 512, 512), "uint16", chunk=(512, 512)),
    Expected(
        "05_multiplexed/imc/imctools_ometiff_mockData2/20210305_NE_mockData2_s0_a1_ac.ome.tiff",
        OME, (1, 5, 1, 87, 103), "float", chunk=(87, 103), colors=(None,) * 5,
        names=("107Ag", "Cytoker_651((3356))Pr141", "Laminin_681((851))Sm147", "YBX1_2987((3532))Eu153",
               "H3K27Ac_1977((2242))Yb172"),
    ),
    Expected(
        "05_multiplexed/cycif_linked/vitessce_image.ome.tiff", PLAIN, (1, 1, 1, 300, 300), "uint16", chunk=(300, 300),
        warnings=("No OME-XML in vitessce_image.ome.tiff, though its name ends so; it is read as plain TIFF.",),
    ),
    Expected(
        "05_multiplexed/cycif_linked/vitessce_mask.tiff", PLAIN, (1, 1, 1, 300, 300), "int32", chunk=(300, 300)
    ),
    Expected(
        "02_omezarr/v04_mitotic_plate_bioformats2raw.zarr", V04, (1, 1, 6, 263, 263), "uint8",
        (0.08519643016734027, 3.0), ("Channel 0",), ("#808080",), levels=2, chunk=(1, 1, 1, 96, 96),
    ),
    Expected(
        "02_omezarr/v05_cells3d_nuclei.zarr", V05, (1, 1, 60, 256, 256), "uint16", levels=3, chunk=(30, 128, 128)
    ),
    Expected(
        "02_omezarr/v04_hcs_nf1_plate2.zarr", V04, (1, 3, 1, 904, 1224), "uint16",
        names=("DAPI (nuclei)", "GFP (endoplasmic reticulum)", "RFP (actin)"),
        colors=("#0000ff", "#00ff00", "#ff0000"), levels=3, chunk=(1, 452, 612),
    ),
]  # fmt: skip


def samples_of(shared: Path, path: str) -> FileFacts:
    return read_facts(shared / "samples" / path)


@pytest.mark.parametrize("expected", FILES, ids=lambda expected: Path(expected.path).name)
def test_real_file(shared: Path, expected: Expected) -> None:
    facts = samples_of(shared, expected.path)
    image = facts.images[0]
    assert facts.format == expected.format
    assert facts.warnings == expected.warnings
    assert (image.size_t, image.size_c, image.size_z, image.size_y, image.size_x) == expected.size
    assert image.pixel_type == expected.pixel_type
    assert (microns(image.physical_size_x), microns(image.physical_size_z)) == expected.pixel
    assert tuple(channel.name for channel in image.channels) == expected.names
    assert tuple(channel.color for channel in image.channels) == expected.colors
    assert (image.level_count, image.chunk_shape) == (expected.levels, expected.chunk)


def microns(size: Quantity | None) -> float | None:
    assert size is None or size.unit == "µm"
    return None if size is None else size.value


def test_every_image_among_the_samples_is_read(shared: Path) -> None:
    count = 0
    for folder in ("01_fluorescence", "02_omezarr", "04_labels_rois_tables", "05_multiplexed"):
        for path in sorted((shared / "samples" / folder).rglob("*.tif*")):
            assert can_read(path.name)
            assert len(read_facts(path).images) == 1
            count += 1
    assert count > 150


def test_mibi_has_41_named_channels_and_a_pyramid(shared: Path) -> None:
    folder = shared / "samples/05_multiplexed/mibi_breast"
    image = read_facts(folder / "Point2203_pt1072_31606_41ch.ome.tif").images[0]
    assert (image.size_c, image.size_y, image.size_x, image.pixel_type) == (41, 1024, 1024, "uint8")
    assert sorted(channel.name for channel in image.channels) == sorted(
        path.stem for path in (folder / "Point2203_pt1072_31606").glob("*.tif")
    )
    assert (image.level_count, image.chunk_shape, image.name) == (3, (256, 256), "Point2203_pt1072_31606")


def test_what_the_nd2_microscope_wrote(shared: Path) -> None:
    facts = samples_of(shared, "01_fluorescence/ometiff_from_nd2/example-multichannel.ome.tif")
    image = facts.images[0]
    assert image.acquisition_date == "2025-04-17T23:39:00.586996Z"
    assert image.physical_size_x == Quantity(0.323390342594048, "µm", "0.323390342594048")
    assert image.instrument_ref == facts.instruments[0].ome_id == "Instrument:0"
    assert image.objective_settings == (("ID", "Objective:0"), ("RefractiveIndex", "1.0"))
    objective, detector = facts.instruments[0].objectives[0], facts.instruments[0].detectors[0]
    assert objective.model == "Plan Apo λ 20x"
    assert objective.attributes == (("LensNA", "0.75"), ("NominalMagnification", "20.0"))
    assert (detector.model, detector.serial_number) == ("C14440-20UP", "Hamamatsu C14440-20UP SN:500651")
    dapi = image.channels[1]
    assert dapi.emission_wavelength == Quantity(450.0, "nm", "450.0")
    assert dapi.excitation_wavelength == Quantity(405.0, "nm", "405.0")
    assert (dapi.acquisition_mode, dapi.contrast_method) == ("WideField", "Fluorescence")
    assert dapi.illumination_type == "Epifluorescence"
    assert image.planes is not None
    np.testing.assert_array_equal(image.planes.exposure_time, [20, 1000, 1000, 1000])
    assert (image.planes.exposure_time_unit, image.planes.position_x_unit) == ("ms", "µm")
    np.testing.assert_array_equal(image.planes.the_c, [0, 1, 2, 3])


def test_bioformats2raw_joins_ome_xml_and_arrays(shared: Path) -> None:
    facts = samples_of(shared, "02_omezarr/v04_mitotic_plate_bioformats2raw.zarr")
    image = facts.images[0]
    assert (image.series_path, image.ome_id, facts.ome.version if facts.ome else "") == ("0", "Image:0", "2016-06")
    assert image.channels[0].display is not None
    assert (image.channels[0].display.low, image.channels[0].display.high) == (3.0, 162.0)
    assert len(facts.key_values) == 1333
    key = "Information|Image|S|Scene|Position|Y #1"
    assert KeyValue("openmicroscopy.org/OriginalMetadata", key, "1546.04") in facts.key_values
    assert KeyValue("ngff", "multiscales/metadata/version", "Bio-Formats 6.13.0") in image.key_values


def test_plate_with_wells_and_labels(shared: Path) -> None:
    facts = samples_of(shared, "02_omezarr/v04_hcs_nf1_plate2.zarr")
    assert [image.series_path for image in facts.images] == ["B/7/0", "D/6/0", "D/7/0", "F/7/0", "H/12/0"]
    assert facts.plate is not None
    assert (facts.plate.name, facts.plate.rows) == ("NF1 Cell Painting Plate_2 (subset)", ("B", "D", "F", "H"))
    assert [(well.path, well.row, well.column) for well in facts.plate.wells][-1] == ("H/12", 3, 2)
    assert {image.labels for image in facts.images} == {("nuclei",)}
    assert KeyValue("ngff", "well", "D/6") in facts.images[1].key_values
    assert facts.images[0].name == "B7 site 3"


def test_imagej_keys_and_ranges_are_kept(shared: Path) -> None:
    def one(path: str) -> ImageFacts:
        return samples_of(shared, NEUBIAS + path).images[0]

    golgi = one("xyc_16bit__nuclei_golgi.tif")
    assert KeyValue("imagej.net", "- Objective Lens name", "UPLSAPO 20") in golgi.key_values
    assert len(golgi.key_values) > 900
    actin = one("xyc_16bit__cell_dna_mts_actin.tif")
    shown = [(channel.display.low, channel.display.high) for channel in actin.channels if channel.display]
    assert shown == [(143, 465), (110, 509), (115, 5055)]


def test_imc_key_values_hold_the_vendor_document(shared: Path) -> None:
    facts = samples_of(shared, "05_multiplexed/imc/imctools_ometiff_mockData2/20210305_NE_mockData2_s0_a1_ac.ome.tiff")
    assert [channel.fluor for channel in facts.images[0].channels][:2] == ["Ag107", "Pr141"]
    assert facts.key_values[0].name == "MCD-XML"
    assert facts.key_values[0].value.startswith('<MCDSchema xmlns="http://www.fluidigm.com/IMC/MCDSchema_V2_0.xsd">')
