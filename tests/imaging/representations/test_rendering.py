"""Pictures by address: against numpy's formula, against Pillow's reading of them, and what cannot be asked for."""

import io
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
import tifffile
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from imaging.errors import ImageBusy
from imaging.facts import ChannelFacts, Quantity, Window
from imaging.pixels import PixelSource
from imaging.readers import read_facts
from imaging.representations.rendering.compose import compose
from imaging.representations.rendering.few import AT_ONCE, LARGE, few_at_once
from imaging.representations.rendering.scale_bar import draw_scale_bar
from imaging.representations.rendering.view import Renderer, RenderView
from imaging.representations.thumbnail import ChannelSetting, composite
from imaging.representations.view import About, BadRequest
from imaging.source import open_source
from tests.imaging.reading import halved_in_z, one_level

SVS = "samples/03_vendor/wsi/CMU-1-Small-Region.svs"
SETTINGS = st.builds(
    ChannelSetting,
    on=st.just(True),
    color=st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}") | st.sampled_from(("#ff0000", "#ff8000")),
    minimum=st.floats(-1e3, 3e4) | st.integers(-1000, 30000).map(float),
    maximum=st.floats(-2e3, 65535) | st.integers(-2000, 65535).map(float),
    gamma=st.floats(0.2, 4) | st.just(1.0),
    inverted=st.booleans(),
)


def opened(body: object) -> np.ndarray:
    assert isinstance(body, bytes)
    return np.asarray(Image.open(io.BytesIO(body)).convert("RGB"))


def asked(view: RenderView, name: str, **query: str) -> bytes:
    part = view.get(name, query)
    assert part is not None
    assert isinstance(part.body, bytes)
    return part.body


@pytest.fixture
def stack(tmp_path: Path) -> tuple[np.ndarray, PixelSource]:
    """(t, z, c, y, x) = (2, 5, 3, 90, 70) of uint16 with a source of them."""
    pixels = np.random.default_rng(7).integers(0, 4096, (2, 5, 3, 90, 70), np.uint16)
    tifffile.imwrite(tmp_path / "stack.tif", pixels, imagej=True, metadata={"axes": "TZCYX"})
    return pixels, open_source(tmp_path / "stack.tif", 0)


ABOUT = About(
    "stack",
    tuple(
        ChannelFacts(index, color=color, display=Window(0, 4095, 100, 3000), active=True)
        for index, color in enumerate(("#ff0000", "#00ff00", "#3040ff"))
    ),
    {"x": Quantity(100, "nm")},
)
SHOWN = [ChannelSetting(True, color, 100, 3000) for color in ("#ff0000", "#00ff00", "#3040ff")]


@given(
    st.lists(SETTINGS, min_size=1, max_size=20),
    st.sampled_from(("u1", "i1", "u2", "i2", "b1")),
    st.integers(0, 2**32 - 1),
)
def test_composing_gives_what_the_formula_gives(settings: list[ChannelSetting], dtype: str, seed: int) -> None:
    random = np.random.default_rng(seed)
    planes = random.integers(0, 256, (len(settings), 5, 6 * np.dtype(dtype).itemsize), np.uint8).view(dtype)
    if dtype == "b1":
        planes = planes.view(np.uint8) > 127
    made, expected = compose(list(planes), settings)[:, :, :3].astype(int), composite(list(planes), settings)
    assert np.abs(made - expected).max() <= 1
    assert (made != expected).mean() < 0.1


LINEAR = st.builds(
    ChannelSetting,
    on=st.just(True),
    color=st.sampled_from(("#ff0000", "#00FF00", "#0000ff", "#ffffff", "#ff8000", "#000000")),
    minimum=st.integers(-128, 50).map(float),
    maximum=st.integers(51, 127).map(float),
    inverted=st.booleans(),
)


@given(st.lists(LINEAR, min_size=1, max_size=16), st.sampled_from(("u1", "i1", "u2", "i2")), st.data())
def test_whole_contrast_gives_what_the_formula_gives(
    settings: list[ChannelSetting], dtype: str, data: st.DataObject
) -> None:
    """Of every value of a small range, also where the least and the greatest of the type are the bounds."""
    if dtype[0] == "u":
        settings = [replace(setting, minimum=max(0.0, setting.minimum)) for setting in settings]
    if data.draw(st.booleans()):
        bounds = np.iinfo(dtype)
        settings[0] = replace(settings[0], minimum=float(bounds.min), maximum=float(bounds.max))
    values = np.arange(-128 if dtype[0] == "i" else 0, 128).astype(dtype)
    planes = [np.roll(values, 17 * number).reshape(8, -1) for number in range(len(settings))]
    exact = sum(
        setting.amounts(plane)[:, :, None] * np.asarray(setting.rgb) * 255
        for plane, setting in zip(planes, settings, strict=True)
    )
    made = compose(planes, settings)[:, :, :3].astype(float)
    # the more channels, the fewer fractions of a grey level each may count
    assert np.abs(made - np.minimum(exact, 255)).max() <= 0.51 + len(settings) ** 2 / 256


def test_a_region_without_loss_equals_numpy(stack: tuple[np.ndarray, PixelSource]) -> None:
    pixels, source = stack
    view = RenderView(source, ABOUT)
    expected = composite(list(pixels[1, 4][:, 20:60, 10:40]), SHOWN).astype(int)
    for name in ("image.png", "image.webp"):
        made = opened(asked(view, name, region="10,20,30,40", t="1", z="4", quality="100"))
        assert np.abs(made - expected).max() <= 1
        assert (made != expected).mean() < 0.05
    near = opened(asked(view, "image.jpg", region="10,20,30,40", t="1", z="4", quality="100"))
    assert np.abs(near - expected).mean() < 3
    avif = imagecodecs.avif_decode(asked(view, "image.avif", region="10,20,30,40", t="1", z="4", quality="100"))
    assert np.abs(avif.astype(int) - expected).mean() < 3


def test_webp_is_as_small_as_its_quality_says(stack: tuple[np.ndarray, PixelSource]) -> None:
    view = RenderView(stack[1], ABOUT)
    whole, good, poor = (asked(view, "image.webp", quality=quality) for quality in ("100", "85", "30"))
    assert len(poor) < len(good) < len(whole)
    assert opened(good).shape == opened(whole).shape


def test_large_pictures_are_made_few_at_a_time(stack: tuple[np.ndarray, PixelSource]) -> None:
    view, large = RenderView(stack[1], ABOUT), {"size": "4000,4000"}
    with ExitStack() as others:
        for _ in range(AT_ONCE):
            others.enter_context(few_at_once("another", read=LARGE, made=0))
        with pytest.raises(ImageBusy, match="ask again in a moment"):
            asked(view, "image.jpg", **large)
        assert asked(view, "image.jpg")
    assert asked(view, "image.jpg", **large)


def test_channels_colours_contrast_gamma_and_inversion(stack: tuple[np.ndarray, PixelSource]) -> None:
    pixels, source = stack
    view = RenderView(source, ABOUT)
    made = opened(asked(view, "image.png", channels="0:ffffff:500:2000:0.5:inverted,2::0", z="0")).astype(int)
    shown = [ChannelSetting(True, "#ffffff", 500, 2000, 0.5, inverted=True), ChannelSetting(True, "#3040ff", 0, 3000)]
    assert np.abs(made - composite([pixels[0, 0, 0], pixels[0, 0, 2]], shown)).max() <= 1


@pytest.mark.parametrize("projection", ["max", "mean"])
def test_projections_along_z(stack: tuple[np.ndarray, PixelSource], projection: str) -> None:
    pixels, source = stack
    view = RenderView(source, ABOUT)
    for z, first, last in (("1-3", 1, 3), ("", 0, 4)):
        query = {"projection": projection, **({"z": z} if z else {})}
        planes = getattr(np, projection)(pixels[0, first : last + 1].astype(np.float32), axis=0)
        made = opened(asked(view, "image.png", **query)).astype(int)
        assert np.abs(made - composite(list(planes), SHOWN)).max() <= 1


def test_smaller_by_the_mean_and_larger_by_the_nearest(stack: tuple[np.ndarray, PixelSource]) -> None:
    pixels, source = stack
    view = RenderView(source, ABOUT)
    means = pixels[0, 2].astype(np.float32).reshape(3, 45, 2, 35, 2).mean((2, 4))
    assert np.abs(opened(asked(view, "image.png", size="35,45")).astype(int) - composite(list(means), SHOWN)).max() <= 1
    doubled = pixels[0, 2].repeat(2, 1).repeat(2, 2)
    assert (
        np.abs(opened(asked(view, "image.png", size="140,")).astype(int) - composite(list(doubled), SHOWN)).max() <= 1
    )
    assert opened(asked(view, "image.png", size="45")).shape == (45, 35, 3)
    assert opened(asked(view, "image.png", size=",30")).shape == (30, 23, 3)
    assert opened(asked(view, "image.png", size="500")).shape == (90, 70, 3)  # the longest side enlarges nothing


def test_lower_levels_are_used_for_large_images(tmp_path: Path) -> None:
    y, x = np.mgrid[:3000, :2600]
    pixels = ((np.sin(y / 90) * np.cos(x / 70) + 1) * 120).astype(np.uint8)
    tifffile.imwrite(tmp_path / "large.tif", pixels, tile=(256, 256))
    source = open_source(tmp_path / "large.tif", 0)
    about = About("", (ChannelFacts(0, display=Window(0, 255, 0, 255)),))
    small = opened(asked(RenderView(source, about), "image.png", size="260,300"))[:, :, 0].astype(float)
    expected = pixels.astype(float).reshape(300, 10, 260, 10).mean((1, 3))
    assert np.abs(small - expected).max() < 4  # the levels between round, and 10 is no power of two
    whole = opened(asked(RenderView(source, about), "image.png", size="2600,3000"))[:, :, 0]
    np.testing.assert_array_equal(whole, pixels)  # composed in bands


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_what_is_no_number_darkens_only_its_own_place(tmp_path: Path, dtype: str) -> None:
    pixels = np.full((60, 90), 0.5, dtype)
    pixels[10, 20], pixels[11, 50], pixels[30, 30] = np.nan, np.inf, -np.inf
    tifffile.imwrite(tmp_path / "holes.tif", pixels)
    about = About("", (ChannelFacts(0, color="#ffffff", display=Window(0, 1, 0, 1)),))
    small = opened(asked(RenderView(open_source(tmp_path / "holes.tif", 0), about), "image.png", size="40,26"))
    assert 0 < (small[:, :, 0] != 128).sum() <= 12


def test_levels_with_fewer_planes_are_not_taken_for_pictures(tmp_path: Path) -> None:
    view = RenderView(halved_in_z(tmp_path / "z.zarr"), About("", (ChannelFacts(0, display=Window(0, 255, 0, 255)),)))
    for z in range(4):
        assert (opened(asked(view, "image.png", size="20,20", z=str(z))).max(2) == 50 * z).all()
    assert (opened(asked(view, "image.png", size="20,20", z="0-3", projection="max")).max(2) == 150).all()


def test_a_stored_jpeg_tile_is_not_given_for_some_of_its_channels(shared: Path) -> None:
    path = shared / SVS
    view = RenderView(open_source(path, 0), About.of(read_facts(path).images[0]))
    query = {"region": "480,240,240,240", "size": "240,240", "channels": "0:ffffff:0:255"}
    red = opened(asked(view, "image.png", **query))
    assert np.abs(opened(asked(view, "image.jpg", **query)).astype(int) - red).max() < 30


def test_a_stored_jpeg_tile_is_passed_through(shared: Path) -> None:
    path = shared / SVS
    facts = read_facts(path).images[0]
    view = RenderView(open_source(path, 0), About.of(facts))
    with tifffile.TiffFile(path) as tif:
        page = tif.pages[0]
        assert isinstance(page, tifffile.TiffPage)
        expected = page.asarray()[240:480, 480:720]
        tif.filehandle.seek(page.dataoffsets[1 * -(-page.imagewidth // 240) + 2] + 2)
        stored = tif.filehandle.read(page.databytecounts[1 * -(-page.imagewidth // 240) + 2] - 2)
    body = asked(view, "image.jpg", region="480,240,240,240", size="240,240")
    assert body.endswith(stored)
    assert np.abs(opened(body).astype(int) - expected).max() <= 3
    recoded = asked(view, "image.jpg", region="480,240,240,240", size="240,240", quality="95")
    assert not recoded.endswith(stored[-50:])
    assert np.abs(opened(recoded).astype(int) - expected).mean() < 3
    lossless = asked(view, "image.png", region="480,240,240,240")
    np.testing.assert_array_equal(opened(lossless), expected)  # RGB is shown as it is, without stretching


def test_alpha_is_no_light(tmp_path: Path) -> None:
    pixels = np.random.default_rng(8).integers(0, 256, (40, 50, 4), np.uint8)
    pixels[:, :, 3] = 255
    tifffile.imwrite(tmp_path / "rgba.tif", pixels, photometric="rgb", extrasamples=["unassalpha"], tile=(16, 16))
    view = RenderView(open_source(tmp_path / "rgba.tif", 0), About.of(read_facts(tmp_path / "rgba.tif").images[0]))
    for query in ({}, {"region": "16,16,16,16", "size": "16,16"}):
        cut = np.s_[16:32, 16:32] if query else np.s_[:, :]
        np.testing.assert_array_equal(opened(asked(view, "image.png", **query)), pixels[cut][:, :, :3])


@pytest.mark.parametrize("length", [9999.6e3, 0.0009996, 999.96, 1e9])
def test_any_length_has_words(length: float) -> None:
    with pytest.raises(BadRequest, match="does not fit"):
        draw_scale_bar(np.zeros((100, 100, 3), np.uint8), 1e-9, length)


def test_a_scale_bar_has_its_length(stack: tuple[np.ndarray, PixelSource]) -> None:
    _, source = stack
    view = RenderView(source, ABOUT)
    plain = opened(asked(view, "image.png", size="700,900", channels="0:000000"))
    barred = opened(asked(view, "image.png", size="700,900", channels="0:000000", scale_bar="2"))
    assert not plain.any()
    lengths = (barred == 255).all(axis=2).sum(axis=1)
    assert lengths.max() == 200  # 2 µm of 0.1 µm a pixel, shown ten times as large
    assert opened(asked(view, "image.png", size="700,900", channels="0:000000", scale_bar="auto")).any()
    with pytest.raises(BadRequest, match="does not fit"):
        view.get("image.png", {"scale_bar": "1000"})
    with pytest.raises(BadRequest, match="not known"):
        RenderView(source, About()).get("image.png", {"scale_bar": "auto"})


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"regoin": "full"}, "“regoin” means nothing"),
        ({"region": "1,2,3"}, "x,y,width,height"),
        ({"region": "70,0,5,5"}, "no pixel of this image, which is 70 x 90"),
        ({"region": "0,0,0,5"}, "no pixel"),
        ({"size": "-4"}, "size=-4"),
        ({"size": "a,b"}, "size=a,b"),
        ({"size": ","}, "size=,"),
        ({"size": "0,0"}, "at least one pixel"),
        ({"size": "9000,10"}, "too large"),
        ({"size": "8192,8192"}, "too large"),
        ({"size": "99999999999999999999"}, "size="),
        ({"t": "2"}, "from 0 to 1"),
        ({"z": "9"}, "from 0 to 4"),
        ({"z": "3-1", "projection": "max"}, "begins after it ends"),
        ({"z": "1-3"}, "projection=max"),
        ({"projection": "median"}, "max or mean"),
        ({"channels": "3"}, "from 0 to 2"),
        ({"channels": "0,0"}, "twice"),
        ({"channels": "0:red"}, "no colour"),
        ({"channels": "0::x"}, "minimum=x"),
        ({"channels": "0::nan"}, "minimum=nan"),
        ({"channels": "0::1:inf"}, "maximum=inf"),
        ({"channels": "0::::0"}, "more than 0"),
        ({"channels": "0:::::upside"}, "inverted"),
        ({"channels": "0::::::"}, "too much"),
        ({"quality": "101"}, "from 1 to 100"),
        ({"scale_bar": "long"}, "scale_bar=long"),
    ],
)
def test_what_cannot_be_is_said_in_words(
    stack: tuple[np.ndarray, PixelSource], query: dict[str, str], said: str
) -> None:
    with pytest.raises(BadRequest) as caught:
        RenderView(stack[1], ABOUT).get("image.jpg", query)
    assert said in str(caught.value)


def test_levels_that_the_file_lacks_are_counted_as_what_they_are_made_of(tmp_path: Path) -> None:
    about = About("", (ChannelFacts(0, display=Window(0, 255, 0, 255)),))
    view = RenderView(one_level(tmp_path / "wide.zarr", (2, 40_000, 40_000)), about)
    with pytest.raises(BadRequest, match="no smaller levels"):
        view.get("image.png", {"size": "64"})
    assert not opened(asked(view, "image.png", size="64", region="0,0,4096,4096")).any()


def test_only_what_is_all_said_never_changes(stack: tuple[np.ndarray, PixelSource]) -> None:
    view = RenderView(stack[1], ABOUT)
    tags = {}
    for query in ({"channels": "0:ff0000:1:9"}, {"channels": "0:ff0000:1:8"}, {"channels": "0:ff0000:1"}, {}):
        part = view.get("image.jpg", query)
        assert part is not None
        tags[query.get("channels", "")] = part.tag
    assert tags["0:ff0000:1:9"] != tags["0:ff0000:1:8"] != ""
    assert tags["0:ff0000:1"] == tags[""] == ""
    assert view.get("picture.jpg", {}) is None
    assert view.get("image.tif", {}) is None


def test_of_real_images(shared: Path) -> None:
    for path in sorted((shared / "samples/01_fluorescence/neubias").glob("*.tif"))[:8]:
        facts = read_facts(path).images[0]
        renderer = Renderer(open_source(path, 0), About.of(facts))
        made = renderer.picture(renderer.ask({"size": "64"}))
        assert max(made.shape[:2]) == 64
        assert made[:, :, :3].std() > 1, path.name
