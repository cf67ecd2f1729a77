"""Deep Zoom: every level is the image at its size, and stored JPEG tiles are sent as they are."""

import io
from pathlib import Path

import numpy as np
import pytest
import tifffile
from lxml import etree
from PIL import Image

from imaging.errors import ImageError
from imaging.facts import ChannelFacts, Window
from imaging.pixels import PixelSource
from imaging.readers import read_facts
from imaging.representations.deep_zoom import DeepZoomView
from imaging.representations.rendering.view import RenderView
from imaging.representations.thumbnail import composite, contrast_defaults, default_settings
from imaging.representations.view import About, BadRequest, Part
from imaging.source import open_source
from tests.imaging.reading import whole

XMLNS = "{http://schemas.microsoft.com/deepzoom/2008}"


def body(part: Part | None) -> bytes:
    assert part is not None
    assert isinstance(part.body, bytes)
    return part.body


def level(view: DeepZoomView, number: int, ending: str = "png", query: dict[str, str] | None = None) -> np.ndarray:
    """A level put together of its tiles, as a viewer does."""
    root = etree.fromstring(body(view.get("image.dzi", query or {})))
    side, (about,) = int(root.attrib["TileSize"]), root.findall(f"{XMLNS}Size")
    full = int(about.attrib["Height"]), int(about.attrib["Width"])
    scale = 2 ** (max(side - 1 for side in full).bit_length() - number)
    height, width = (-(-size // scale) for size in full)
    rows = []
    for row in range(-(-height // side)):
        tiles = [view.get(f"image_files/{number}/{column}_{row}.{ending}", query or {})
                 for column in range(-(-width // side))]  # fmt: skip
        rows.append(np.hstack([np.asarray(Image.open(io.BytesIO(body(tile)))) for tile in tiles]))
    shown = np.vstack(rows)
    assert shown.shape == (height, width, 3)
    return shown


@pytest.fixture
def source(tmp_path: Path) -> PixelSource:
    path = tmp_path / "two.ome.tif"
    pixels = np.random.default_rng(1).integers(0, 4000, (2, 700, 901)).astype(np.uint16)
    tifffile.imwrite(path, pixels, ome=True, metadata={"axes": "CYX"}, tile=(256, 256))
    return open_source(path)


def test_the_highest_level_is_the_composite(source: PixelSource) -> None:
    planes = whole(source)[0, :, 0]
    settings = default_settings((), contrast_defaults(source))
    shown = level(DeepZoomView(source, About()), 10)
    assert np.abs(shown.astype(int) - composite(planes, settings)).max() <= 1


def test_all_levels_down_to_one_pixel(source: PixelSource) -> None:
    view = DeepZoomView(source, About())
    full = level(view, 10).mean(axis=(0, 1))
    for number in range(10):
        shown = level(view, number)
        assert np.abs(shown.mean(axis=(0, 1)) - full).max() < 4
    assert view.get("image_files/11/0_0.png", {}) is None


def test_settings_of_channels_hold_for_every_tile(source: PixelSource) -> None:
    shown = level(DeepZoomView(source, About()), 10, query={"channels": "1:ff0000:0:4000", "format": "png"})
    red = np.rint(whole(source)[0, 1, 0] / 4000 * 255)
    assert np.abs(shown[:, :, 0] - red).max() <= 1
    assert not shown[:, :, 1:].any()


def test_stored_jpeg_tiles_are_sent_as_they_are(shared: Path) -> None:
    path = shared / "samples/03_vendor/wsi/CMU-1-Small-Region.svs"
    source = open_source(path)
    view = DeepZoomView(source, About.of(read_facts(path).images[0]))
    stored = source.picture(0, 0, 0, 2, 3)
    assert stored is not None
    assert body(view.get("image_files/12/3_2.jpeg", {})) == stored.head + stored.stored.read()
    shown = level(view, 12, "jpeg")
    expected = whole(source)[0, :, 0].transpose(1, 2, 0)
    assert np.abs(shown.astype(int) - expected).mean() < 1


def test_stored_jpeg_tiles_in_another_quality(tmp_path: Path) -> None:
    """They show the same; one whose header says it is larger than a tile is refused."""
    rows = np.random.default_rng(4).integers(0, 256, (16, 16, 3), np.uint8)
    pixels = np.kron(rows, np.ones((32, 32, 1), np.uint8))
    path = tmp_path / "rgb.tif"
    tifffile.imwrite(path, pixels, tile=(256, 256), photometric="ycbcr", compression="jpeg",
                     compressionargs={"level": 90}, subsampling=(2, 2))  # fmt: skip
    source = open_source(path)
    view = DeepZoomView(source, About.of(read_facts(path).images[0]))
    stored = np.asarray(Image.open(io.BytesIO(body(view.get("image_files/9/1_1.jpg", {})))))
    for quality in ("60", "85", "95"):
        tile = body(view.get("image_files/9/1_1.jpg", {"quality": quality}))
        assert np.abs(np.asarray(Image.open(io.BytesIO(tile))).astype(int) - stored).mean() < 4
    with tifffile.TiffFile(path) as tiff:
        offset = tiff.pages[0].dataoffsets[3]
    whole = path.read_bytes()
    frame = whole.index(b"\xff\xc0", offset)
    path.write_bytes(whole[:frame] + b"\xff\xc0\x00\x11\x08\xff\xff\xff\xff" + whole[frame + 9 :])
    view = DeepZoomView(open_source(path), About.of(read_facts(path).images[0]))
    with pytest.raises(ImageError, match="tile 3: cannot be decoded"):
        view.get("image_files/9/1_1.jpg", {"quality": "85"})


def test_a_tile_is_known_by_what_it_shows(source: PixelSource) -> None:
    """Not by the words it was asked with, which may be any."""
    view = DeepZoomView(source, About())
    tags = set()
    for minimum in ("0", "0.0", "-0e1", "1"):
        part = view.get("image_files/0/0_0.png", {"channels": f"0:ff0000:{minimum}:4000"})
        assert part
        assert part.tag.isalnum()
        tags.add(part.tag)
        assert part.is_lasting
    assert len(tags) == 3  # -0.0 is another number


def test_what_is_shown_by_default_is_not_for_good(source: PixelSource) -> None:
    """It changes with what is said of the image, and has another tag then."""
    one, other = (
        DeepZoomView(source, About(channels=(ChannelFacts(0, color=color),))).get("image_files/0/0_0.png", {})
        for color in ("#ff0000", "#00ff00")
    )
    assert one
    assert other
    assert not one.is_lasting
    assert one.tag != other.tag


@pytest.mark.parametrize(
    ("path", "query", "reason"),
    [
        ("image.dzi", {"format": "tif"}, "format=tif is not known"),
        ("image.dzi", {"colour": "red"}, "“colour” means nothing here"),
        ("image_files/0/0_0.png", {"z": "9"}, "z is a whole number from 0 to 0"),
        ("image_files/0/0_0.png", {"region": "0,0,9,9"}, "“region” means nothing here"),
        ("image_files/0/0_0.png", {"channels": "2"}, "from 0 to 1"),
        ("image_files/0/0_0.png", {"channels": "0:ff0000:0:4000\r\nX: y"}, "say a number"),
        ("image_files/0/0_0.png", {"channels": "0:ff0000: 0:4000"}, "say a number"),
        ("image_files/0/0_0.png", {"channels": "0:ff0000:0:٤"}, "say a number"),
    ],
)
def test_what_cannot_be_is_said(source: PixelSource, path: str, query: dict[str, str], reason: str) -> None:
    with pytest.raises(BadRequest, match=reason):
        DeepZoomView(source, About()).get(path, query)


@pytest.mark.parametrize(
    "path", ["", "image", "image.dzi/", "image_files/10/4_0.png", "image_files/10/0_3.png", "image_files/10/0_0.tif"]
)
def test_what_is_not_there(source: PixelSource, path: str) -> None:
    assert DeepZoomView(source, About()).get(path, {}) is None


@pytest.mark.parametrize("width", [451, 450])
def test_tiles_show_the_pixels_of_their_place(tmp_path: Path, width: int) -> None:
    """Of a level that is half of all columns, and of one that was cut off short."""
    path, pixels = tmp_path / "levels.ome.tif", np.random.default_rng(3).integers(0, 255, (700, 901), np.uint8)
    with tifffile.TiffWriter(path) as tiff:
        tiff.write(pixels, tile=(256, 256), photometric="minisblack", subifds=1)
        tiff.write(pixels[::2, ::2][:, :width], tile=(256, 256), photometric="minisblack", subfiletype=1)
    about = About(channels=(ChannelFacts(0, color="#ffffff", display=Window(0, 255, 0, 255)),))
    view, by_region = DeepZoomView(open_source(path), about), RenderView(open_source(path), about)
    for row, column in np.ndindex(2, 2):
        tile = Image.open(io.BytesIO(body(view.get(f"image_files/9/{column}_{row}.png", {}))))
        asked = {"region": f"{column * 512},{row * 512},512,512", "size": f"{tile.width},{tile.height}"}
        expected = Image.open(io.BytesIO(body(by_region.get("image.png", asked))))
        np.testing.assert_array_equal(np.asarray(tile), np.asarray(expected))
    assert tile.size == (195, 94)
