"""Moving pictures: Pillow reads the frames, and each is the picture that `render` gives."""

import io
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from imaging.facts import ChannelFacts, Window
from imaging.representations.animation import AnimationView
from imaging.representations.rendering.view import RenderView
from imaging.representations.view import About, BadRequest
from imaging.source import open_source
from tests.imaging.reading import one_level

SHOWN = tuple(
    ChannelFacts(index, color=color, display=Window(0, 4000, 0, 4000), active=True)
    for index, color in enumerate(("#ff0000", "#00ff40"))
)


@pytest.fixture
def views(tmp_path: Path) -> tuple[AnimationView, RenderView]:
    """Of a stack of (t, z, c, y, x) = (3, 7, 2, 41, 60)."""
    pixels = np.random.default_rng(9).integers(0, 4096, (3, 7, 2, 41, 60), np.uint16)
    tifffile.imwrite(tmp_path / "a.tif", pixels, imagej=True, metadata={"axes": "TZCYX"})
    source, about = open_source(tmp_path / "a.tif", 0), About("a", SHOWN)
    return AnimationView(source, about), RenderView(source, about)


def body_of(view: AnimationView | RenderView, path: str, query: dict[str, str]) -> bytes:
    part = view.get(path, query)
    assert part is not None
    assert isinstance(part.body, bytes)
    return part.body


def picture(data: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))


@pytest.mark.parametrize("ending", ["webp", "png"])
@pytest.mark.parametrize(
    ("axis", "query", "frames"),
    [("z", {"t": "1"}, range(7)), ("z", {"frames": "2-4"}, range(2, 5)), ("t", {"z": "3", "size": "30"}, range(3))],
)
def test_each_frame_is_its_picture(
    views: tuple[AnimationView, RenderView], ending: str, axis: str, query: dict[str, str], frames: range
) -> None:
    moving, still = views
    made = Image.open(io.BytesIO(body_of(moving, f"{axis}.{ending}", {**query, "fps": "5", "quality": "100"})))
    assert made.n_frames == len(frames)  # type: ignore[attr-defined]
    plain = {name: value for name, value in query.items() if name != "frames"}
    for place, frame in enumerate(frames):
        made.seek(place)
        made.load()
        assert made.info["duration"] == 200
        expected = picture(body_of(still, "image.png", {**plain, axis: str(frame)}))
        np.testing.assert_array_equal(np.asarray(made.convert("RGB")), expected)
    assert made.info["loop"] == 0


def test_a_projection_may_move_along_t(views: tuple[AnimationView, RenderView]) -> None:
    moving, still = views
    made = Image.open(io.BytesIO(body_of(moving, "t.png", {"projection": "max"})))
    made.seek(2)
    expected = picture(body_of(still, "image.png", {"projection": "max", "t": "2"}))
    np.testing.assert_array_equal(np.asarray(made.convert("RGB")), expected)


@pytest.mark.parametrize(
    ("path", "query", "said"),
    [
        ("z.webp", {"z": "1"}, "frames=first-last"),
        ("z.webp", {"projection": "max"}, "frames=first-last"),
        ("z.webp", {"frames": "0-7"}, "from 0 to 6"),
        ("z.webp", {"fps": "0"}, "more than 0"),
        ("z.webp", {"fps": "61"}, "60"),
        ("z.webp", {"fps": "0.01"}, "1 frame a minute"),
        ("z.webp", {"fps": "1e-300"}, "1 frame a minute"),
        ("z.png", {"size": "4000,4000"}, "fewer"),
        ("t.webp", {"speed": "2"}, "frames, fps"),
    ],
)
def test_what_cannot_be(views: tuple[AnimationView, RenderView], path: str, query: dict[str, str], said: str) -> None:
    with pytest.raises(BadRequest) as caught:
        views[0].get(path, query)
    assert said in str(caught.value)


def test_all_frames_together_are_bounded(tmp_path: Path) -> None:
    view = AnimationView(one_level(tmp_path / "deep.zarr", (300, 4096, 4096)), About("a", SHOWN[:1]))
    with pytest.raises(BadRequest, match="300 frames of this image"):
        view.get("z.webp", {"size": "16"})
    assert body_of(view, "z.webp", {"size": "16", "frames": "7-8"})


def test_along_what_there_is(views: tuple[AnimationView, RenderView]) -> None:
    assert body_of(views[0], "image.webp", {}) == body_of(views[0], "z.webp", {})


def test_one_plane_does_not_move(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.tif", np.zeros((8, 8), np.uint8))
    view = AnimationView(open_source(tmp_path / "a.tif", 0), About())
    with pytest.raises(BadRequest, match="only one z"):
        view.get("z.webp", {})
    assert view.get("c.webp", {}) is None
    assert view.get("z.mp4", {}) is None
