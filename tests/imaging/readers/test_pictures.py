"""PNG, JPEG and JPEG 2000: pixels as Pillow reads them, and no names or places of who took them."""

from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from imaging.errors import ImageError
from imaging.readers import read_facts
from imaging.source import open_source
from tests.imaging.readers.damage import only_image_errors
from tests.imaging.reading import whole

STEPS = np.kron(np.random.default_rng(6).integers(0, 255, (7, 9, 3), np.uint8), np.ones((10, 10, 1), np.uint8))
GREY = STEPS[..., 0]


def save(path: Path, kind: str) -> Path:
    rgb = Image.fromarray(STEPS)
    match kind:
        case "rgb.png" | "rgb.jpg" | "rgb.jp2":
            rgb.save(path)
        case "grey.png" | "grey.jpg" | "grey.j2k":
            Image.fromarray(GREY).save(path)
        case "deep.png":
            Image.fromarray(GREY.astype(np.uint16) * 200).save(path)
        case "palette.png":
            rgb.quantize(16).save(path)
        case "clear-palette.png":
            rgb.quantize(16).save(path, transparency=3)
        case "bit.png":
            Image.fromarray(GREY > 100).save(path)
        case "alpha.png":
            Image.fromarray(np.dstack([STEPS, GREY])).save(path)
        case "progressive.jpg":
            rgb.save(path, progressive=True)
        case "tiled.jp2":
            rgb.save(path, tile_size=(32, 32))
        case "uncoded-colours.jpg":
            rgb.save(path, keep_rgb=True)
    return path


def as_pillow_reads(path: Path) -> np.ndarray:
    image: Image.Image = Image.open(path)
    if image.mode in ("P", "1"):
        image = image.convert("RGBA" if "transparency" in image.info else "RGB" if image.mode == "P" else "L")
    pixels = np.array(image)
    return pixels.reshape(*pixels.shape[:2], -1)


@pytest.mark.parametrize("kind", [
    "rgb.png", "grey.png", "deep.png", "palette.png", "clear-palette.png", "bit.png", "alpha.png", "rgb.jpg",
    "grey.jpg", "progressive.jpg", "uncoded-colours.jpg", "rgb.jp2", "grey.j2k",
    "tiled.jp2",
])  # fmt: skip
def test_pixels_as_pillow_reads_them(tmp_path: Path, kind: str) -> None:
    path = save(tmp_path / kind, kind)
    expected = as_pillow_reads(path)
    image = read_facts(path).images[0]
    assert (image.size_y, image.size_x, image.size_c) == expected.shape
    assert image.pixel_type == expected.dtype.name
    np.testing.assert_array_equal(whole(open_source(path))[0, :, 0].transpose(1, 2, 0), expected)


def test_how_it_was_taken_but_not_by_whom_and_where(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[271], exif[272], exif[315], exif[274], exif[37510] = "Leitz", "Camera 3", "Ada Lovelace", 6, "for Charles"
    exif.get_ifd(34665).update({36867: "2024:05:06 07:08:09", 33434: 0.02, 42032: "Ada Lovelace", 42033: "SN123"})
    exif.get_ifd(34853).update({1: "N", 2: (51.0, 30.0, 0.0)})
    path = tmp_path / "taken.jpg"
    Image.fromarray(STEPS).save(path, exif=exif)
    facts = read_facts(path)
    said = {pair.name: pair.value for pair in facts.images[0].key_values}
    assert said == {"Make": "Leitz", "Model": "Camera 3", "Orientation": "6", "DateTimeOriginal": "2024:05:06 07:08:09",
                    "ExposureTime": "0.02"}  # fmt: skip
    assert facts.images[0].acquisition_date == "2024-05-06T07:08:09"
    assert facts.instruments[0].detectors[0].model == "Camera 3"
    assert "is to be turned" in facts.warnings[0]
    for private in ("Ada", "Charles", "SN123", "51"):
        assert private not in repr(facts).replace(str(path), "")


@pytest.mark.parametrize(("name", "dpi", "size"), [
    ("fine.png", 254000, 0.1), ("coarse.png", 1016.3, 24.992502), ("print.png", 300, None),
    ("good-print.png", 600, None), ("screen.png", 72, None), ("print.jpg", 600, None), ("fine.jpg", 25400, 1.0),
])  # fmt: skip
def test_pixel_size_of_a_microscope_but_not_of_a_printer(
    tmp_path: Path, name: str, dpi: float, size: float | None
) -> None:
    Image.fromarray(GREY).save(tmp_path / name, dpi=(dpi, dpi))
    image = read_facts(tmp_path / name).images[0]
    said = [(pair.value, pair.unit) for pair in image.key_values if pair.name == "Resolution, no pixel size"]
    assert said == ([] if size else [(f"{dpi} x {dpi}", "dpi")])
    assert (image.physical_size_x and round(image.physical_size_x.value, 6)) == size


@pytest.mark.parametrize(("unit", "density", "size", "dpi"), [
    ("INCH", 254000 / 3, 0.3, []), ("CENTIMETER", 40000, 0.25, []), ("INCH", 600, None, ["600 x 600"]),
    ("CENTIMETER", 236.22, None, ["600 x 600"]), ("CENTIMETER", 118, None, ["299.7 x 299.7"]), ("NONE", 300, None, []),
])  # fmt: skip
def test_a_plain_tiff_too(tmp_path: Path, unit: str, density: float, size: float | None, dpi: list[str]) -> None:
    tifffile.imwrite(tmp_path / "a.tif", GREY, resolution=(density, density), resolutionunit=unit)
    image = read_facts(tmp_path / "a.tif").images[0]
    assert (image.physical_size_x and round(image.physical_size_x.value, 6)) == size
    assert [pair.value for pair in image.key_values if pair.name == "Resolution, no pixel size"] == dpi


@pytest.mark.parametrize("kind", ["rgb.png", "rgb.jpg", "progressive.jpg", "rgb.jp2", "grey.j2k", "tiled.jp2"])
def test_a_cut_picture_is_refused_as_it_is_read(tmp_path: Path, kind: str) -> None:
    path = save(tmp_path / kind, kind)
    data = path.read_bytes()
    for length in (len(data) * 2 // 5, len(data) * 9 // 10, len(data) - 3):
        path.write_bytes(data[:length])
        with pytest.raises(ImageError, match="it is truncated"):
            read_facts(path)


def test_what_is_refused(tmp_path: Path) -> None:
    Image.fromarray(np.dstack([STEPS, GREY]), "CMYK").save(tmp_path / "print.jpg")
    bomb = bytearray(save(tmp_path / "bomb.png", "grey.png").read_bytes())
    bomb[16:24] = (200_000).to_bytes(4, "big") * 2
    (tmp_path / "bomb.png").write_bytes(bomb)
    (tmp_path / "text.png").write_text("no picture")
    for name, said in (
        ("print.jpg", "4 colours of 8 bits"),
        ("bomb.png", "too many to unpack at once"),
        ("text.png", "neither PNG, JPEG nor JPEG 2000"),
    ):
        with pytest.raises(ImageError, match=said):
            read_facts(tmp_path / name)


@pytest.mark.parametrize("kind", ["rgb.png", "rgb.jpg", "rgb.jp2"])
def test_damaged_copies(tmp_path: Path, kind: str) -> None:
    said = only_image_errors(save(tmp_path / kind, kind), tmp_path, head=200)
    assert said
