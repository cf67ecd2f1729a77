"""The view `render`: image.jpg, .png, .webp and .avif of what the query asks."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from functools import cached_property
from hashlib import sha256

import numpy as np

from imaging.pixels import PixelSource
from imaging.representations.rendering.asked import QUALITY, Asked, parse
from imaging.representations.rendering.compose import compose, is_as_stored
from imaging.representations.rendering.encoding import FINE, FORMATS, recoded
from imaging.representations.rendering.few import few_at_once
from imaging.representations.rendering.scale_bar import draw_scale_bar, micrometres
from imaging.representations.rendering.scaling import Place, bands, place_in_levels
from imaging.representations.thumbnail import ChannelSetting, contrast_defaults, default_settings
from imaging.representations.view import About, BadRequest, Part
from imaging.sources.pyramid import Pyramid

MOST_READ = 1 << 28  # pixels of all planes and channels that one picture may be made of
MOST_HALVED = 1 << 30  # pixels that are read for levels that the file lacks: an overview of 32768 x 32768


class Renderer:
    """Pictures of one image. `settings` are those of its channels where nothing is said."""

    def __init__(self, source: PixelSource, about: About) -> None:
        self.source = source
        self.about = about

    @cached_property
    def settings(self) -> tuple[ChannelSetting, ...]:
        """Of all channels: as the image is shown at first."""
        channels, count = self.about.channels, self.source.levels[0].shape[1]
        windows = [channel.display for channel in channels[:count]]
        known = [window for window in windows if window is not None]
        if len(known) == count:
            return default_settings(channels, known)
        return default_settings(channels, contrast_defaults(self.source, channels))

    def ask(self, query: Mapping[str, str], others: Sequence[str] = ()) -> Asked:
        """What a query asks of this image. Raises BadRequest."""
        return parse(query, self.source.levels[0].shape, lambda: self.settings, others)

    def picture(self, asked: Asked) -> np.ndarray:
        """The picture, uint8 (y, x, 3), or (y, x, 4) of which the fourth means nothing; not to be written to.

        Raises BadRequest if it would be made of more than MOST_READ pixels, or MOST_HALVED of the full image.
        """
        return self._picture(asked, self.place(asked))

    def place(self, asked: Asked) -> Place:
        """Where in the levels it lies."""
        return place_in_levels(self.source, asked.box, *asked.size)

    def _picture(self, asked: Asked, place: Place) -> np.ndarray:
        on, settings = self._shown(asked)
        if is_as_stored(self.source.dtype, settings) and (stored := self._tile(asked, place, on)) is not None:
            picture = stored
        else:
            picture = self._composed(asked, place, on, settings)
        if asked.scale_bar is None:
            return picture
        size = micrometres(self.about.sizes) * asked.box.width / asked.size[1]
        return draw_scale_bar(picture, size, asked.scale_bar)

    def pixels_read(self, asked: Asked) -> int:
        """Of all planes and channels; for a level that the file lacks, those of the full image it is made of."""
        return self._pixels_at(asked, self.place(asked))

    def _pixels_at(self, asked: Asked, place: Place) -> int:
        on, _ = self._shown(asked)
        return self._planes(asked, on) * place.frame.box.height * place.frame.box.width * self._full(place.level)

    def _planes(self, asked: Asked, on: list[int]) -> int:
        return len(on) * (asked.depth.last - asked.depth.first + 1)

    def _full(self, level: int) -> int:
        """How many pixels of the full image are read for one of this level."""
        return int(4**level) if isinstance(self.source, Pyramid) else 1

    def file(self, asked: Asked, ending: str, place: Place | None = None) -> bytes:
        """The picture as a file of this ending of `encoding.FORMATS`. A stored JPEG is given as it is where it is just
        this picture and no quality is asked for. `place`: where it lies, if that is known. Raises BadRequest."""
        wanted, place = FORMATS[ending], place or self.place(asked)
        may_be_stored = wanted.media_type == "image/jpeg" and self.may_be_stored(asked)
        stored = self.stored_jpeg(asked, place) if may_be_stored else None
        if stored is not None:
            return stored
        with self.taking_turns(asked, place):
            return wanted.encode(self._picture(asked, place), asked.quality or QUALITY, None)

    def taking_turns(self, asked: Asked, place: Place) -> AbstractContextManager[None]:
        """While a picture is made: large ones are made few at a time. Raises ImageBusy."""
        is_tile = place.chunk is not None and asked.depth.first == asked.depth.last
        read = 0 if is_tile else self._pixels_at(asked, place)
        return few_at_once(self.about.name, read=read, made=asked.size[0] * asked.size[1])

    def may_be_stored(self, asked: Asked) -> bool:
        """Whether stored JPEGs can hold what is asked for: all samples, just as they are."""
        if asked.scale_bar is not None or asked.depth.first != asked.depth.last:
            return False
        on, settings = self._shown(asked)
        return on == list(range(self.source.levels[0].shape[1])) and is_as_stored(self.source.dtype, settings)

    def stored_jpeg(self, asked: Asked, place: Place) -> bytes | None:
        """The stored JPEG at this place, if there is one, for what `may_be_stored`; in the quality asked for."""
        quality, is_rgb = asked.quality, self.source.levels[0].shape[1] == 3
        if place.chunk is None or (quality is not None and (quality >= FINE or not is_rgb)):
            return None
        found = self.source.picture(place.level, asked.t, asked.depth.first, *place.chunk)
        if found is None or found.media_type != "image/jpeg":
            return None
        stored = found.head + found.stored.read()
        height, width = self.source.levels[place.level].chunk[3:]
        return stored if quality is None else recoded(stored, quality, (height, width))

    def _shown(self, asked: Asked) -> tuple[list[int], list[ChannelSetting]]:
        """Numbers and settings of the channels that are on; the first one, in black, if none is."""
        settings = asked.settings or self.settings
        on = [channel for channel, setting in enumerate(settings) if setting.on]
        if on:
            return on, [settings[channel] for channel in on]
        return [0], [ChannelSetting(True, "#000000", 0, 1)]

    def _tile(self, asked: Asked, place: Place, on: list[int]) -> np.ndarray | None:
        """The interleaved tile that is this picture as it is, if one is."""
        if place.chunk is None or asked.depth.first != asked.depth.last or on != [0, 1, 2]:
            return None
        height, width = asked.size
        tile = self.source.tile(place.level, asked.t, asked.depth.first, *place.chunk)
        return None if tile is None or tile.shape[0] < height else tile[:height, :width, :3]

    def _composed(self, asked: Asked, place: Place, on: list[int], settings: Sequence[ChannelSetting]) -> np.ndarray:
        box, planes = place.frame.box, self._planes(asked, on)
        if planes * box.height * box.width > MOST_READ:
            raise BadRequest(
                f"This picture would be made of {planes} planes of {box.width} x {box.height} pixels, which is too "
                "much at once. Ask for a smaller size, fewer channels or planes, or several regions."
            )
        if planes * box.height * box.width * self._full(place.level) > MOST_HALVED:
            raise BadRequest(
                "The file of this image has no smaller levels, and this picture would be made of too many pixels of "
                "the full one. Ask for a smaller region, fewer channels or planes, or have lower levels made of it."
            )
        out: np.ndarray | None = None
        for first, found in bands(self.source, place, asked.t, asked.depth, asked.size, on):
            band = compose(found, settings)
            if band.shape[0] == asked.size[0]:
                return band
            if out is None:
                out = np.empty((*asked.size, band.shape[2]), np.uint8)
            out[first : first + band.shape[0]] = band
        assert out is not None
        return out


class RenderView:
    """See View: image.{jpg,png,webp,avif}."""

    def __init__(self, source: PixelSource, about: About) -> None:
        self._renderer = Renderer(source, about)

    def get(self, path: str, query: Mapping[str, str]) -> Part | None:
        """See View. What every setting is said for never changes, and is known by them; else names and colours of the
        image may change it."""
        name, _, ending = path.partition(".")
        wanted = FORMATS.get(ending)
        if name != "image" or wanted is None:
            return None
        asked = self._renderer.ask(query)
        tag = sha256(repr((ending, asked)).encode()).hexdigest()[:32] if is_complete(query) else ""
        return Part(wanted.media_type, self._renderer.file(asked, ending), tag=tag)


def is_complete(query: Mapping[str, str]) -> bool:
    """Whether colour and contrast of each channel are said, and nothing depends on what is said of the image."""
    channels = [one.split(":") for one in query.get("channels", "").split(",")]
    return "scale_bar" not in query and all(len(one) > 3 and all(one[1:4]) for one in channels)
