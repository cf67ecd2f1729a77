"""Whole slides: facts and pixels of real and made files, against OpenSlide; JPEG tiles go out as they are stored."""

import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import openslide
import pytest
import tifffile
from PIL import Image as Pillow

from imaging.errors import ImageError
from imaging.facts import ComponentFacts, FileFacts, ImageFacts, Quantity
from imaging.pixels import PixelSource
from imaging.readers import family_of, read_facts
from imaging.source import build_table, open_source, read_region

WSI = "samples/03_vendor/wsi/"
SVS, NDPI = WSI + "CMU-1-Small-Region.svs", WSI + "test3-DAPI-2-(387).ndpi"
SCN = """<?xml version="1.0"?><scn xmlns="http://www.leica-microsystems.com/scn/2010/10/01">
<collection name="S:\\case 17" sizeX="26564529" sizeY="76734651"><barcode>MTIzNA==</barcode>
<image name="image_0000000001"><creationDate>2011-12-02T10:20:30.1Z</creationDate>
<device model="Leica SCN400;Leica SCN" version="1.4.0.9691"/>
<pixels sizeX="160" sizeY="96"><dimension sizeX="160" sizeY="96" r="0" ifd="0"/></pixels>
<view sizeX="26564529" sizeY="76734651" offsetX="0" offsetY="0"/>
<scanSettings><objectiveSettings><objective>0.60833</objective></objectiveSettings></scanSettings></image>
<image name="image_0000000002"><creationDate>2011-12-02T10:21:30.1Z</creationDate>
<device model="Leica SCN400;Leica SCN" version="1.4.0.9691"/>
<pixels sizeX="512" sizeY="256"><dimension sizeX="512" sizeY="256" r="0" ifd="1"/>
<dimension sizeX="256" sizeY="128" r="1" ifd="2"/></pixels>
<view sizeX="256000" sizeY="128000" offsetX="10" offsetY="10"/>
<scanSettings><objectiveSettings><objective>20</objective></objectiveSettings>
<illuminationSettings><numericalAperture>0.4</numericalAperture></illuminationSettings></scanSettings></image>
</collection></scn>"""
QPI = """<?xml version="1.0" encoding="utf-8"?><PerkinElmer-QPI-ImageDescription><Identifier>{number}</Identifier>
<SlideID>case 17</SlideID><OperatorName>A. Person</OperatorName><InstrumentType>Vectra Polaris</InstrumentType>
<AcquisitionSoftware>VectraScan 1.0.7</AcquisitionSoftware><ImageType>{kind}</ImageType><Objective>20x</Objective>
<Name>{name}</Name><Color>{color}</Color><ExposureTime>1500</ExposureTime><CameraName>C11440</CameraName>
<ScanProfile><root><CameraSettings><Gain>3</Gain></CameraSettings><BarcodeFormats>NoFormat</BarcodeFormats></root>
</ScanProfile></PerkinElmer-QPI-ImageDescription>"""


def picture(height: int, width: int, seed: int = 0) -> np.ndarray:
    """A smooth colour picture, so that lossy codecs stay near it."""
    y, x = np.mgrid[:height, :width]
    return np.stack([(x + seed) % 200, (y * 2 + seed) % 220, (x + y) % 180], -1).astype(np.uint8) // 8 * 8


def pixels(source: PixelSource, level: int, y0: int, y1: int, x0: int, x1: int) -> np.ndarray:
    """A region as (y, x, channel)."""
    channels = source.levels[level].shape[1]
    return np.stack([read_region(source, level, 0, c, 0, y0, y1, x0, x1) for c in range(channels)], -1)


def by_openslide(path: Path, level: int, y0: int, y1: int, x0: int, x1: int) -> np.ndarray:
    with openslide.OpenSlide(path) as slide:
        scale = round(slide.level_downsamples[level])
        return np.asarray(slide.read_region((x0 * scale, y0 * scale), level, (x1 - x0, y1 - y0)))[:, :, :3]


def said(facts: FileFacts) -> dict[str, str]:
    return {one.name: one.value for one in facts.key_values}


def place_of(image: ImageFacts) -> tuple[list[float], list[float], str]:
    """Where on the slide its planes are."""
    assert image.planes is not None
    assert image.planes.position_x_unit == image.planes.position_y_unit
    return image.planes.position_x.tolist(), image.planes.position_y.tolist(), image.planes.position_x_unit


def test_facts_of_aperio(shared: Path) -> None:
    facts = read_facts(shared / SVS)
    (image,) = facts.images
    assert facts.format == "image/vnd.aperio.svs"
    assert (image.size_t, image.size_c, image.size_z, image.size_y, image.size_x) == (1, 3, 1, 2967, 2220)
    assert (image.pixel_type, image.level_count, image.chunk_shape) == ("uint8", 1, (240, 240))
    assert image.physical_size_x == image.physical_size_y == Quantity(0.499, "µm", "0.4990")
    assert image.acquisition_date == "2009-12-29T09:59:15"
    assert [channel.name for channel in image.channels] == ["Red", "Green", "Blue"]
    assert place_of(image) == ([25.691574] * 3, [23.449873] * 3, "mm")
    (scanner,) = facts.instruments
    assert scanner.microscope == ComponentFacts("Microscope", "", "Aperio", "", "CPAPERIOCS")
    assert scanner.objectives[0].attributes == (("NominalMagnification", "20"),)
    assert dict(image.objective_settings)["ID"] == scanner.objectives[0].ome_id
    assert len(facts.key_values) == 23
    assert said(facts)["associated image/label"] == "387 x 463"
    assert said(facts)["StripeWidth"] == "2040"
    assert "User" not in said(facts)
    assert "b414003d" not in repr(facts)
    assert facts.warnings == (
        "Values of the scanner's header that may name a person or a case were not taken over: Filename, User.",
    )


def test_facts_of_hamamatsu(shared: Path) -> None:
    facts = read_facts(shared / NDPI)
    (image,) = facts.images
    assert facts.format == "image/vnd.hamamatsu.ndpi"
    assert (image.size_t, image.size_c, image.size_z, image.size_y, image.size_x) == (1, 3, 1, 4864, 3968)
    assert (image.pixel_type, image.level_count) == ("uint8", 4)
    assert image.physical_size_x == Quantity(0.2281750559028887, "µm", "1/43826")
    assert image.acquisition_date == "2017-02-07T13:06:43"
    assert image.channels[2].name == "DAPI 2 (387) Blue"
    assert place_of(image) == ([12538720.0] * 3, [-96063.0] * 3, "nm")
    assert image.channels[2].emission_wavelength == Quantity(455.0, "nm")
    assert facts.instruments[0].microscope == ComponentFacts("Microscope", "", "Hamamatsu", "C9600-12", "950291")
    assert facts.instruments[0].objectives[0].attributes == (("NominalMagnification", "40"),)
    assert said(facts)["Objective.Lens.Magnificant"] == "35.16"
    assert said(facts)["associated image/macro"] == "1188 x 406"
    assert not facts.warnings


@pytest.mark.parametrize(
    ("name", "level", "box"),
    [
        (SVS, 0, (0, 500, 0, 500)), (SVS, 0, (2400, 2967, 1800, 2220)), (SVS, 0, (1190, 1450, 701, 1203)),
        (NDPI, 0, (2000, 2600, 1000, 1500)), (NDPI, 1, (0, 2432, 0, 1984)), (NDPI, 2, (500, 1216, 3, 992)),
        (NDPI, 3, (0, 608, 0, 496)),
    ],
)  # fmt: skip
def test_pixels_are_those_of_openslide(shared: Path, name: str, level: int, box: tuple[int, int, int, int]) -> None:
    source = open_source(shared / name)
    np.testing.assert_array_equal(pixels(source, level, *box), by_openslide(shared / name, level, *box))


@pytest.mark.parametrize(
    ("name", "picture_name"), [(SVS, "label"), (SVS, "macro"), (SVS, "thumbnail"), (NDPI, "macro")]
)
def test_pictures_beside_the_scan_are_series_of_their_names(shared: Path, name: str, picture_name: str) -> None:
    source = open_source(shared / name, picture_name)
    _, _, _, height, width = source.levels[0].shape
    with openslide.OpenSlide(shared / name) as slide:
        there = np.asarray(slide.associated_images[picture_name])[:, :, :3]
    np.testing.assert_array_equal(pixels(source, 0, 0, height, 0, width), there)


def test_jpeg_tiles_go_out_as_they_are_stored(shared: Path, tmp_path: Path) -> None:
    build_table(shared / SVS, "", tmp_path / "table")
    source = open_source(shared / SVS, "", tmp_path / "table")
    for row, column in [(0, 0), (5, 7), (11, 8)]:
        tile = source.picture(0, 0, 0, row, column)
        assert tile is not None
        assert tile.stored.length > 1000
        shown = np.asarray(Pillow.open(io.BytesIO(tile.head + tile.stored.read())).convert("RGB"))
        box = (row * 240, row * 240 + 240, column * 240, column * 240 + 240)
        np.testing.assert_array_equal(shown, by_openslide(shared / SVS, 0, *box))
    assert source.picture(0, 0, 0, 12, 9) is None  # padded beyond the edge


@pytest.mark.parametrize(("compression", "photometric"), [(33005, "rgb"), (33003, "ycbcr")])
def test_jpeg_2000_of_aperio(tmp_path: Path, compression: int, photometric: str) -> None:
    whole = picture(480, 720)
    stored = np.asarray(Pillow.fromarray(whole).convert("YCbCr")) if photometric == "ycbcr" else whole
    tiles = (
        bytes(imagecodecs.jpeg2k_encode(np.ascontiguousarray(stored[y : y + 240, x : x + 240]), codecformat="j2k",
                                        mct=False, reversible=True, level=0))
        for y in (0, 240) for x in (0, 240, 480)
    )  # fmt: skip
    path = tmp_path / "made.svs"
    head = "Aperio Image Library v1\n720x480 [0,0 720x480] (240x240) J2K/KDU Q=70|AppMag = 40|MPP = 0.25"
    with tifffile.TiffWriter(path) as tif:
        tif.write(tiles, shape=whole.shape, dtype="uint8", tile=(240, 240), photometric="rgb",
                  compression=compression, description=head, metadata=None)  # fmt: skip
    found = pixels(open_source(path), 0, 0, 480, 0, 720).astype(int)
    assert abs(found - by_openslide(path, 0, 0, 480, 0, 720)).max() <= 1
    assert abs(found - whole).max() <= (4 if photometric == "ycbcr" else 0)


def test_leica_scn(tmp_path: Path) -> None:
    path = tmp_path / "made.scn"
    with tifffile.TiffWriter(path, bigtiff=True) as tif:
        for height, width, text in ((96, 160, SCN), (256, 512, None), (128, 256, None)):
            tif.write(picture(height, width, width), tile=(64, 64), photometric="rgb", compression="deflate",
                      description=text, metadata=None)  # fmt: skip
    facts = read_facts(path)
    (image,) = facts.images
    assert (image.size_y, image.size_x, image.size_c, image.level_count) == (256, 512, 3, 2)
    assert image.physical_size_x == Quantity(0.5, "µm")
    assert image.acquisition_date == "2011-12-02T10:21:30.1Z"
    assert facts.instruments[0].objectives[0].attributes == (("NominalMagnification", "20"), ("LensNA", "0.4"))
    assert said(facts)["associated image/macro"] == "160 x 96"
    assert "case 17" not in repr(facts)
    assert "MTIzNA" not in repr(facts)
    np.testing.assert_array_equal(pixels(open_source(path), 1, 0, 128, 0, 256), picture(128, 256, 256))
    np.testing.assert_array_equal(pixels(open_source(path, "macro"), 0, 0, 96, 0, 160), picture(96, 160, 160))


def test_akoya_qptiff(tmp_path: Path) -> None:
    path = tmp_path / "made.qptiff"
    names = (("DAPI", "0,0,255"), ("Opal 520", "0,255,0"), ("Opal 690", "255,0,0"))
    planes = [picture(512, 768, number)[:, :, 0] for number in range(3)]
    with tifffile.TiffWriter(path, bigtiff=True) as tif:

        def page(data: np.ndarray, kind: str, name: str = "", color: str = "", *, tiled: bool = True) -> None:
            text = QPI.format(number=7, kind=kind, name=name, color=color)
            tif.write(data, tile=(256, 256) if tiled else None, description=text, metadata=None, compression="lzw",
                      software="PerkinElmer-QPI", datetime="2020:10:30 13:32:10",
                      resolution=(20000, 20000), resolutionunit="CENTIMETER",
                      photometric="rgb" if data.ndim == 3 else "minisblack")  # fmt: skip

        for plane, (name, color) in zip(planes, names, strict=True):
            page(plane, "FullResolution", name, color)
        page(picture(100, 150), "Thumbnail", tiled=False)
        for plane, (name, color) in zip(planes, names, strict=True):
            page(np.ascontiguousarray(plane[::2, ::2]), "ReducedResolution", name, color)
        page(picture(90, 60), "Overview", tiled=False)
        page(picture(40, 60), "Label", tiled=False)
    facts = read_facts(path)
    (image,) = facts.images
    assert facts.format == "image/vnd.akoya.qptiff"
    assert (image.size_c, image.size_y, image.size_x, image.level_count) == (3, 512, 768, 2)
    assert [(one.name, one.color) for one in image.channels] == [
        ("DAPI", "#0000ff"), ("Opal 520", "#00ff00"), ("Opal 690", "#ff0000"),
    ]  # fmt: skip
    assert image.planes is not None
    assert (image.planes.exposure_time.tolist(), image.planes.exposure_time_unit) == ([1500] * 3, "µs")
    assert image.acquisition_date == "2020-10-30T13:32:10"
    (instrument,) = facts.instruments
    assert ([one.model for one in instrument.objectives], instrument.detectors[0].model) == (["20x"], "C11440")
    assert said(facts)["ScanProfile/root/CameraSettings/Gain"] == "3"
    assert said(facts)["ScanProfile/root/BarcodeFormats"] == "NoFormat"
    assert image.physical_size_x is not None
    assert image.physical_size_x.value == pytest.approx(0.5)
    assert {"associated image/label", "associated image/macro", "associated image/thumbnail"} <= said(facts).keys()
    assert "A. Person" not in repr(facts)
    assert "case 17" not in repr(facts)
    found = pixels(open_source(path), 1, 0, 256, 0, 384)
    np.testing.assert_array_equal(found, np.stack(planes, -1)[::2, ::2])


@pytest.mark.parametrize("compression", [34712, 33005, "deflate"])
def test_ome_tiffs_of_xenium_and_lunaphore(tmp_path: Path, compression: int | str) -> None:
    """Pyramids of 16-bit channels in SubIFDs: in JPEG 2000 tiles as 10x writes them, deflated as Lunaphore does."""
    planes = np.stack([picture(512, 768, seed)[:, :, 0].astype(np.uint16) * 130 for seed in (0, 9)])
    path = tmp_path / "morphology.ome.tif"
    coded: dict[str, Any] = {"compression": compression, "tile": (256, 256), "photometric": "minisblack"}
    if compression != "deflate":
        coded["compressionargs"] = {"level": 0, "reversible": True}
    with tifffile.TiffWriter(path, bigtiff=True, ome=True) as tif:
        names = {
            "axes": "CYX",
            "Channel": {"Name": ["DAPI", "18S"]},
            "PhysicalSizeX": 0.2125,
            "PhysicalSizeXUnit": "µm",
        }
        tif.write(planes, subifds=1, metadata=names, **coded)
        tif.write(np.ascontiguousarray(planes[:, ::2, ::2]), subfiletype=1, **coded)
    facts = read_facts(path)
    (image,) = facts.images
    assert family_of(path).name == "tiff"
    assert [one.name for one in image.channels] == ["DAPI", "18S"]
    assert image.level_count == 2
    source = open_source(path)
    for level, step in enumerate((1, 2)):
        with tifffile.TiffFile(path) as tif:
            peer = tif.series[0].levels[level].asarray()
        np.testing.assert_array_equal(peer, planes[:, ::step, ::step])
        found = pixels(source, level, 0, 512 // step, 0, 768 // step).transpose(2, 0, 1)
        np.testing.assert_array_equal(found, peer)


def test_other_tiffs_are_not_taken(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "plain.tif", picture(64, 64))
    assert family_of(tmp_path / "plain.tif").name == "tiff"
    (tmp_path / "plain.tif").rename(tmp_path / "plain.svs")
    with pytest.raises(ImageError, match=r"plain\.svs: .*no slide of a scanner"):
        read_facts(tmp_path / "plain.svs")


@pytest.mark.parametrize("name", [SVS, NDPI])
def test_damaged_slides_are_refused_in_words(shared: Path, tmp_path: Path, name: str) -> None:
    data = (shared / name).read_bytes()
    path = tmp_path / Path(name).name
    for part in (3, 7, 10):
        path.write_bytes(data[: len(data) * part // 11])
        with pytest.raises(ImageError):
            read_facts(path)
    rng = np.random.default_rng(5)
    for _ in range(12):
        changed = bytearray(data)
        for place in rng.integers(len(data) - 4000, len(data), 30):
            changed[place] = int(rng.integers(256))
        path.write_bytes(changed)
        try:
            facts = read_facts(path)
            assert replace(facts, warnings=()).images
            source = open_source(path)
            read_region(source, 0, 0, 0, 0, 0, 300, 0, 300)
        except ImageError as error:
            assert str(error).startswith(path.name)  # noqa: PT017  (most of the bytes do not matter)
