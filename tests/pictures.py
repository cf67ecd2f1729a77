"""What the viewer should draw, by numpy: planes in colours, and where they lie on its canvas."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from imaging.representations.thumbnail import ChannelSetting, composite


def channel_settings(channels: list[int], low: float, high: float, seed: int = 1) -> list[dict[str, Any]]:
    random = np.random.default_rng(seed)
    return [
        {
            "index": c,
            "on": True,
            # Dark colours, so that the sum of many does not simply saturate.
            "color": [int(v) for v in random.integers(0, 2 + 900 // len(channels), 3).clip(0, 255)],
            "min": float(low + random.random() * 0.2 * (high - low)),
            "max": float(high - random.random() * 0.2 * (high - low)),
            "gamma": float(random.choice([1, 0.5, 0.8, 1.7, 2.2])),
        }
        for c in channels
    ]


def picture_of(planes: NDArray[Any], settings: list[dict[str, Any]]) -> NDArray[np.uint8]:
    """(channel, y, x) → (y, x, 3), as the server composes its thumbnails."""
    return composite(
        planes,
        [
            ChannelSetting(
                on=True,
                color="#{:02x}{:02x}{:02x}".format(*channel["color"]),
                minimum=channel["min"],
                maximum=channel["max"],
                gamma=channel["gamma"],
            )
            for channel in settings
        ],
    )


def on_canvas(
    canvas: tuple[int, int], picture: NDArray[np.uint8], world: tuple[float, float], zoom: int, level: int
) -> NDArray[np.uint8]:
    """The level's picture on a canvas of (height, width): each canvas pixel takes the nearest one; black outside."""
    height, width = canvas
    step = 2.0 ** (-zoom - level)
    x = np.floor((world[0] / 2**level) + (np.arange(width) + 0.5 - width / 2) * step).astype(int)
    y = np.floor((world[1] / 2**level) + (np.arange(height) + 0.5 - height / 2) * step).astype(int)
    inside = ((y >= 0) & (y < picture.shape[0]))[:, None] & ((x >= 0) & (x < picture.shape[1]))[None]
    shown = picture[y.clip(0, picture.shape[0] - 1)][:, x.clip(0, picture.shape[1] - 1)]
    return np.where(inside[..., None], shown, 0)


def assert_equal_within_one(drawn: NDArray[np.uint8], expected: NDArray[np.uint8]) -> None:
    assert drawn.shape == expected.shape
    difference = np.abs(drawn.astype(int) - expected)
    assert difference.max() <= 1, f"up to {difference.max()} grey levels off, at {np.argwhere(difference > 1)[:3]}"
    assert expected.max() > 50, "the case must draw something"
