"""Sets of which one file names the others as it likes: by real Java processes, on sets that are written
here as the formats are."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import tifffile

from imaging import limited
from imaging.errors import ImageError
from imaging.readers.bioformats import sidecar
from imaging.source import open_source, read_region

pytestmark = pytest.mark.usefixtures("bioformats")

PIXELS = np.arange(2 * 2 * 40 * 50, dtype=np.uint16).reshape(2, 2, 40, 50) * 3  # well, channel, y, x
WAVES = (("DAPI", "350", "455"), ("FITC", "490", "525"))


@pytest.fixture(scope="module", autouse=True)
def _no_java_is_left() -> Iterator[None]:
    yield
    sidecar.stop()


def write_incell(folder: Path, *, named: str = "plate") -> Path:
    """A plate of IN Cell Analyzer: wells B2 and B3 of one field and two channels, and a file that is none of it."""
    rows = []
    for well in range(2):
        for wave, (name, excitation, emission) in enumerate(WAVES):
            file = f"B - {well + 2}(fld 1 wv {name} - {name}).tif"
            tifffile.imwrite(folder / file, PIXELS[well, wave], photometric="minisblack")
            rows.append(
                f'<Image acquisition_time_ms="{1000 * wave}" filename="{file}" thumbnail="thumbs/{well}_{wave}.jpg">'
                f'<Well label="B - {well + 2}"><Row number="2"/><Column number="{well + 2}"/></Well>'
                f'<Identifier field_index="0" z_index="0" wave_index="{wave}" time_index="0"/><Exposure time="120"/>'
                f'<ExcitationFilter name="{name}" wavelength="{excitation}"/>'
                f'<EmissionFilter name="{name}" wavelength="{emission}"/><FocusPosition z="4.5"/></Image>'
            )
    waves = "".join(f'<Wavelength index="{n}" fusion_wave="false" imaging_mode="2-D"/>' for n in range(len(WAVES)))
    path = folder / f"{named}.xdce"
    path.write_text(
        '<?xml version="1.0" encoding="ISO-8859-1" standalone="no"?>\n<ImageStack>'
        '<Application name="IN Cell Analyzer 2000"/><Creation date="2010-11-17" time="20:23:53"/>'
        '<AutoLeadAcquisitionProtocol name="two waves"><Microscopy type="Fluorescence"/>'
        '<ObjectiveCalibration magnification="20.0" numerical_aperture="0.45" objective_name="Nikon_20X_Plan Fluor" '
        'pixel_height="0.325" pixel_width="0.65" refractive_index="1.0"/>'
        f'<Camera name="camera"><Size width="50" height="40"/></Camera><Wavelengths>{waves}</Wavelengths>'
        '<ZDimensionParameters number_of_slices="1"/>'
        '<Plate rows="8" columns="12"><NamingRows begin="A"/><NamingColumns begin="1"/></Plate>'
        '<PlateMap><offset_point index="0" x="10.5" y="-3"/></PlateMap></AutoLeadAcquisitionProtocol>'
        f'<Images number="{len(rows)}">{"".join(rows)}</Images></ImageStack>'
    )
    (folder / "notes.txt").write_text("the second plate")
    return path


def write_afi(folder: Path, *, named: str = "slide") -> Path:
    """A fluorescence slide of Aperio: an SVS for each channel, with thumbnail, label and macro picture."""
    said = "Aperio Image Library v12\r\n50x40 [0,0 50x40] (16x16) J2K\r\nAppMag = 20|MPP = 0.5|Exposure Time = 16"
    for wave, (name, _, _) in enumerate(WAVES):
        with tifffile.TiffWriter(folder / f"scan_{name}.svs") as tiff:
            tiff.write(PIXELS[0, wave], photometric="minisblack", description=said, metadata=None, tile=(16, 16))
            for text in (said, "label 1x1", "macro 1x1"):
                tiff.write(np.zeros((8, 8, 3), np.uint8), photometric="rgb", description=text, metadata=None)
    path = folder / f"{named}.afi"
    images = "".join(f"<Image><Path>scan_{name}.svs</Path><ID>{n}</ID></Image>" for n, (name, *_) in enumerate(WAVES))
    path.write_text(f"<ImageList>{images}</ImageList>")
    return path


def test_the_images_of_a_plate(tmp_path: Path) -> None:
    path = write_incell(tmp_path)
    facts = limited.read_facts(path)
    tiffs = sorted(one.name for one in tmp_path.glob("*.tif"))
    assert sorted(facts.beside) == tiffs
    assert [image.name for image in facts.images] == ["Well B-2, Field #1", "Well B-3, Field #1"]
    for image in facts.images:
        assert [(one.name, one.emission_wavelength and one.emission_wavelength.value) for one in image.channels] == [
            ("DAPI", 455), ("FITC", 525),
        ]  # fmt: skip
        assert image.physical_size_x
        assert image.physical_size_y
        assert image.planes
        assert (image.physical_size_x.value, image.physical_size_y.value) == (0.65, 0.325)
        assert image.planes.exposure_time.tolist() == [0.12, 0.12]
    tables = [tmp_path / "0.table", tmp_path / "1.table"]
    limited.make_tables(path, ["0", "1"], tables)
    for well in range(2):
        source = open_source(path, str(well), tables[well])
        for wave in range(2):
            np.testing.assert_array_equal(read_region(source, 0, 0, wave, 0, 0, 40, 0, 50), PIXELS[well, wave])


def test_the_channels_of_a_slide_are_its_other_files(tmp_path: Path) -> None:
    path = write_afi(tmp_path)
    facts = limited.read_facts(path)
    assert facts.beside == ("scan_DAPI.svs", "scan_FITC.svs")
    assert [channel.name for channel in facts.images[0].channels] == ["DAPI", "FITC"]
    assert {one.kind for one in facts.findings} == {"label", "macro"}
    limited.make_tables(path, ["0"], [tmp_path / "table"])
    source = open_source(path, "0", tmp_path / "table")
    np.testing.assert_array_equal(read_region(source, 0, 0, 1, 0, 0, 40, 0, 50), PIXELS[0, 1])
    (tmp_path / "scan_FITC.svs").unlink()
    with pytest.raises(ImageError, match=r"slide\.afi: .*scan_FITC\.svs"):
        limited.read_facts(path)


def test_a_set_that_names_files_elsewhere_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    path = write_afi(folder)
    (folder / "scan_FITC.svs").rename(tmp_path / "scan_FITC.svs")
    path.write_text(path.read_text().replace("scan_FITC.svs", "../scan_FITC.svs"))
    with pytest.raises(
        ImageError, match=r"slide\.afi: companion file: needs .*scan_FITC\.svs.* outside of its own folder"
    ):
        limited.read_facts(path)
