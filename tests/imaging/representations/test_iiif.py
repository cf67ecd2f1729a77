"""The IIIF Image API 3.0 by its own rules (§4, §5): each parameter, what is an error, and what info.json says."""

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from PIL import Image

from imaging.facts import ChannelFacts
from imaging.pixels import PixelSource
from imaging.readers import read_facts
from imaging.representations.iiif import IiifView
from imaging.representations.view import About, BadRequest, Elsewhere, Part
from imaging.source import open_source
from tests.imaging.reading import whole

WIDTH, HEIGHT = 300, 200
ADDRESS = "https://images.example.org/data/1/iiif"


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> PixelSource:
    """An RGB image whose blocks of 10 x 10 pixels have each a colour of their own, as the validator's has."""
    path = tmp_path_factory.mktemp("iiif") / "rgb.tif"
    blocks = np.random.default_rng(5).integers(0, 256, (HEIGHT // 10, WIDTH // 10, 3), np.uint8)
    pixels = blocks.repeat(10, axis=0).repeat(10, axis=1)
    tifffile.imwrite(path, pixels, photometric="rgb", tile=(128, 128))
    return open_source(path)


@pytest.fixture
def view(source: PixelSource) -> IiifView:
    colors = ("#ff0000", "#00ff00", "#0000ff")
    channels = tuple(ChannelFacts(number, color=color) for number, color in enumerate(colors))
    return IiifView(source, About(channels=channels, address=ADDRESS))


def picture(part: Part | None) -> np.ndarray:
    assert part is not None
    assert isinstance(part.body, bytes)
    return np.asarray(Image.open(io.BytesIO(part.body)).convert("RGB"))


def info(view: IiifView, before: str = "") -> dict[str, Any]:
    part = view.get(f"{before}info.json", {})
    assert part is not None
    assert isinstance(part.body, bytes)
    assert part.media_type == 'application/ld+json;profile="http://iiif.io/api/image/3/context.json"'
    found: dict[str, Any] = json.loads(part.body)
    return found


REGIONS = {  # §4.1: the region, and its top, bottom, left and right
    "full": (0, 200, 0, 300),
    "square": (0, 200, 50, 250),
    "125,15,120,140": (15, 155, 125, 245),
    "125,15,200,200": (15, 200, 125, 300),
    "pct:41.6,7.5,40,70": (15, 155, 125, 245),
    "pct:41.6,7.5,66.6,100": (15, 200, 125, 300),
    "0,0,1,1": (0, 1, 0, 1),
    "299,199,9,9": (199, 200, 299, 300),
}


@pytest.mark.parametrize(("text", "box"), REGIONS.items())
def test_region(view: IiifView, source: PixelSource, text: str, box: tuple[int, int, int, int]) -> None:
    top, bottom, left, right = box
    shown = picture(view.get(f"{text}/max/0/default.png", {}))
    expected = whole(source)[0, :, 0, top:bottom, left:right].transpose(1, 2, 0)
    np.testing.assert_array_equal(shown, expected)


SIZES = {  # §4.2 for the full image of 300 x 200: width and height
    "max": (300, 200), "150,": (150, 100), ",150": (225, 150), "pct:50": (150, 100), "225,100": (225, 100),
    "!225,100": (150, 100), "!500,500": (300, 200), "!300,50": (75, 50), "300,200": (300, 200), "pct:100": (300, 200),
    "^360,": (360, 240), "^,240": (360, 240), "^pct:120": (360, 240), "^600,200": (600, 200), "^!450,450": (450, 300),
    "^150,": (150, 100), "1,1": (1, 1), "pct:0.5": (2, 1),
}  # fmt: skip


@pytest.mark.parametrize(("text", "wanted"), SIZES.items())
def test_size(view: IiifView, text: str, wanted: tuple[int, int]) -> None:
    assert picture(view.get(f"full/{text}/0/default.png", {})).shape == (*wanted[::-1], 3)


def test_max_enlarged_is_as_large_as_info_allows(view: IiifView) -> None:
    limits = info(view)
    shown = picture(view.get("0,0,40,20/^max/0/default.jpg", {}))
    height, width = shown.shape[:2]
    assert width <= limits["maxWidth"]
    assert height <= limits["maxHeight"]
    assert width * height <= limits["maxArea"]
    assert (width + 2) * (height + 1) > limits["maxArea"]


def test_a_smaller_size_is_the_mean(view: IiifView, source: PixelSource) -> None:
    shown = picture(view.get("10,10,280,180/28,18/0/default.png", {}))
    np.testing.assert_array_equal(shown, whole(source)[0, :, 0, 15:190:10, 15:290:10].transpose(1, 2, 0))


ROTATIONS = {"0": (0, False), "90": (3, False), "180": (2, False), "270": (1, False), "360": (0, False),
             "!0": (0, True), "!90": (3, True), "!180": (2, True), "90.0": (3, False)}  # fmt: skip


@pytest.mark.parametrize(("text", "turned"), ROTATIONS.items())
def test_rotation_is_clockwise_after_mirroring(
    view: IiifView, source: PixelSource, text: str, turned: tuple[int, bool]
) -> None:
    pixels = whole(source)[0, :, 0].transpose(1, 2, 0)
    expected = np.rot90(pixels[:, ::-1] if turned[1] else pixels, turned[0])
    np.testing.assert_array_equal(picture(view.get(f"full/max/{text}/color.png", {})), expected)


@pytest.mark.parametrize("text", ["45", "!22.5", "199"])
def test_rotation_by_any_angle_is_as_pillow_turns_it(view: IiifView, source: PixelSource, text: str) -> None:
    pixels = Image.fromarray(np.ascontiguousarray(whole(source)[0, :, 0].transpose(1, 2, 0)))
    given = pixels.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if text.startswith("!") else pixels
    turned = given.rotate(-float(text.removeprefix("!")), Image.Resampling.BILINEAR, expand=True)
    for ending in ("png", "webp", "avif", "jpg"):
        part = view.get(f"full/max/{text}/default.{ending}", {})
        assert part is not None
        assert isinstance(part.body, bytes)
        shown = Image.open(io.BytesIO(part.body))
        assert np.abs(np.subtract(shown.size, turned.size)).max() <= 2
        rgba = np.asarray(shown.convert("RGBA"))
        assert rgba[0, 0].tolist() == [255] * 4 if ending == "jpg" else rgba[0, 0, 3] == 0
        assert rgba[rgba.shape[0] // 2, rgba.shape[1] // 2, 3] == 255
        if ending == "png":  # Pillow's canvas may be larger by a pixel, so that all lies half a pixel elsewhere
            near = [
                np.asarray(each.convert("RGB").resize((75, 50), Image.Resampling.BOX), int) for each in (shown, turned)
            ]
            assert np.abs(near[0] - near[1]).mean() < 6


@pytest.mark.parametrize("quality", ["gray", "bitonal"])
def test_quality(view: IiifView, source: PixelSource, quality: str) -> None:
    pixels = whole(source)[0, :, 0].transpose(1, 2, 0)
    expected = np.asarray(Image.fromarray(pixels).convert("L")).astype(int)
    shown = picture(view.get(f"full/max/0/{quality}.png", {})).astype(int)
    assert (shown[:, :, 0] == shown[:, :, 2]).all()
    if quality == "bitonal":
        assert set(np.unique(shown)) == {0, 255}
        expected = np.where(expected >= 128, 255, 0)
    assert (np.abs(shown[:, :, 0] - expected) > 1).mean() < 0.01


@pytest.mark.parametrize(
    ("ending", "media_type"),
    [("jpg", "image/jpeg"), ("png", "image/png"), ("webp", "image/webp"), ("avif", "image/avif")],
)
def test_format(view: IiifView, ending: str, media_type: str) -> None:
    part = view.get(f"full/100,/0/default.{ending}", {})
    assert part is not None
    assert part.media_type == media_type


ERRORS = {
    "300,0,10,10/max/0/default.jpg": "holds no pixel",
    "0,0,0,10/max/0/default.jpg": "holds no pixel",
    "pct:101,0,10,10/max/0/default.jpg": "holds no pixel",
    "-1,0,10,10/max/0/default.jpg": "region “-1,0,10,10” cannot be",
    "all/max/0/default.jpg": "region “all” cannot be",
    "1,2,3/max/0/default.jpg": "region “1,2,3” cannot be",
    "full/full/0/default.jpg": "size “full” cannot be",  # IIIF 2 had it
    "full/301,/0/default.jpg": r"larger than the region of 300 x 200 pixels: \^ before it enlarges",
    "full/,201/0/default.jpg": "larger than the region",
    "full/pct:101/0/default.jpg": "larger than the region",
    "full/300,201/0/default.jpg": "larger than the region",
    "full/0,/0/default.jpg": "cannot be",
    "full/pct:0/0/default.jpg": "leaves no pixel",
    "full/,/0/default.jpg": "size “,” cannot be",
    "full/!100,/0/default.jpg": "two numbers",
    "full/^9000,/0/default.jpg": "too large",
    "full/^pct:999999999/0/default.jpg": "too large",
    "full/max/360.5/default.jpg": "rotation “360.5” cannot be: say 0 to 360",
    "full/max/-90/default.jpg": "rotation",
    "full/max/450/default.jpg": "rotation",
    "full/max/!/default.jpg": "rotation",
    "full/max/0/native.jpg": "quality “native” is not known",
    "full/max/0/default.tif": "format “tif” is not known",
    "full/max/0/default": "format “” is not known",
    "٣,0,10,10/max/0/default.jpg": "region",
}


@pytest.mark.parametrize(("path", "reason"), ERRORS.items())
def test_what_cannot_be_is_said(view: IiifView, path: str, reason: str) -> None:
    with pytest.raises(BadRequest, match=reason):
        view.get(path, {})


@pytest.mark.parametrize("path", ["info.xml", "full/max/0", "full/max/0/default.jpg/", "t1/info.json", "c3/info.json",
                                  "z1/full/max/0/default.jpg", "info.json/"])  # fmt: skip
def test_what_is_not_there(view: IiifView, path: str) -> None:
    assert view.get(path, {}) is None


def test_info_says_what_the_specification_asks(view: IiifView) -> None:
    about = info(view)
    assert about["@context"] == "http://iiif.io/api/image/3/context.json"
    assert about["id"] == ADDRESS
    assert (about["type"], about["protocol"], about["profile"]) == (
        "ImageService3", "http://iiif.io/api/image", "level2",
    )  # fmt: skip
    assert (about["width"], about["height"]) == (WIDTH, HEIGHT)
    assert about["tiles"] == [{"width": 128, "height": 128, "scaleFactors": [1, 2, 4]}]
    assert about["sizes"] == [{"width": 300, "height": 200}]


@pytest.mark.parametrize(("path", "leads"), [("", ""), ("t0", "/t0"), ("t0/c1/", "/t0/c1")])
def test_the_address_of_an_image_leads_to_its_info(view: IiifView, path: str, leads: str) -> None:
    with pytest.raises(Elsewhere) as found:
        view.get(path, {})
    assert found.value.address == f"{ADDRESS}{leads}/info.json"


def test_a_plane_or_channel_is_an_image_of_its_own(view: IiifView, source: PixelSource) -> None:
    assert info(view, "t0/z0/c1/")["id"] == f"{ADDRESS}/t0/z0/c1"
    shown = picture(view.get("c1/full/max/0/default.png", {}))
    np.testing.assert_array_equal(shown[:, :, 1], whole(source)[0, 1, 0])
    assert not shown[:, :, 0].any()


def test_tiles_of_info_put_together_are_the_image(view: IiifView, source: PixelSource) -> None:
    side = info(view)["tiles"][0]["width"]
    rows = []
    for y in range(0, HEIGHT, side):
        row = []
        for x in range(0, WIDTH, side):
            w, h = min(side, WIDTH - x), min(side, HEIGHT - y)
            row.append(picture(view.get(f"{x},{y},{w},{h}/{w},{h}/0/default.png", {})))
        rows.append(np.hstack(row))
    np.testing.assert_array_equal(np.vstack(rows), whole(source)[0, :, 0].transpose(1, 2, 0))


def test_stored_jpeg_tiles_are_sent_as_they_are(shared: Path) -> None:
    path = shared / "samples/03_vendor/wsi/CMU-1-Small-Region.svs"
    source = open_source(path)
    stored = source.picture(0, 0, 0, 2, 3)
    assert stored is not None
    part = IiifView(source, About.of(read_facts(path).images[0])).get("720,480,240,240/240,240/0/default.jpg", {})
    assert part is not None
    assert part.body == stored.head + stored.stored.read()


CANONICAL = {  # §4.7, of an image of 300 x 200
    "full/max/0/default.jpg": "full/max/0/default.jpg",
    "0,0,400,400/300,/360/color.jpg": "full/max/0/default.jpg",
    "square/pct:50/90.0/gray.png": "50,0,200,200/100,100/90/gray.png",
    "pct:0,0,50,50/!75,75/!0/default.webp": "0,0,150,100/75,50/!0/default.webp",
    "0,0,30,20/max/!022.50/default.png": "0,0,30,20/max/!22.5/default.png",
    "0,0,30,20/^60,/0/bitonal.jpg": "0,0,30,20/^60,40/0/bitonal.jpg",
}


@pytest.mark.parametrize(("given", "canonical"), CANONICAL.items())
def test_addresses_that_mean_the_same_name_one(view: IiifView, given: str, canonical: str) -> None:
    part = view.get(given, {})
    assert part is not None
    assert part.canonical == f"{info(view)['id']}/{canonical}"
    again = view.get(canonical, {})
    assert again is not None
    assert (again.body, again.canonical) == (part.body, part.canonical)
