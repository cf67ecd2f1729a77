"""Colours for channels that have none, and which channels are on at first; the same for viewer and thumbnail."""

from collections.abc import Sequence

# Additive primaries first, so that two or three channels overlap legibly; then their mixtures.
PALETTE = ("#00ff00", "#ff00ff", "#00aaff", "#ffff00", "#ff0000", "#00ffff", "#ff8000", "#8080ff")
ON_AT_FIRST = 4
RGB = ("#ff0000", "#00ff00", "#0000ff")


def color_of(color: str | None, index: int, count: int) -> str:
    """The channel's own colour "#rrggbb", else white for a single channel, else one of the palette."""
    if color:
        return color
    return "#ffffff" if count == 1 else PALETTE[index % len(PALETTE)]


def is_on(active: bool | None, index: int) -> bool:
    """Whether a channel is shown at first: as its file says, else the first few."""
    return index < ON_AT_FIRST if active is None else active


def is_rgb(colors: Sequence[str | None]) -> bool:
    """Whether the channels are the samples of RGB pixels, of which a fourth is alpha."""
    return len(colors) in (3, 4) and tuple(color and color.lower() for color in colors[:3]) == RGB
