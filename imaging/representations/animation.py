"""Moving pictures along z or t, of channel settings in the address: animated WebP and PNG.

Frames are made one after the other and encoded at once; the file is put together of encoded frames (WebP container
specification, §Animation).
"""

import struct
from collections.abc import Iterator, Mapping
from dataclasses import replace

import imagecodecs
import numpy as np

from imaging.pixels import PixelSource
from imaging.representations.rendering.asked import QUALITY, Asked, real, span, whole
from imaging.representations.rendering.encoding import webp
from imaging.representations.rendering.few import few_at_once
from imaging.representations.rendering.scaling import Depth
from imaging.representations.rendering.view import Renderer
from imaging.representations.view import About, BadRequest, Part

MOST_FRAMES = 300
MOST_PIXELS = 1 << 25  # of all frames together
MOST_READ = 1 << 32  # pixels that all frames may be made of: 300 of three channels of 2048 x 2048
MOST_FPS = 60.0
LEAST_FPS = 1 / 60
FPS = 10.0
LONGEST = 512  # pixels of a side where no size is said
MEDIA_TYPES = {"webp": "image/webp", "png": "image/png"}


class AnimationView:
    """See View: z.webp, z.png, t.webp, t.png, and image.webp along what there is; the query is that of `render`, and
    frames=first-last, fps=."""

    def __init__(self, source: PixelSource, about: About) -> None:
        self._renderer = Renderer(source, about)
        self._sizes = {"t": source.levels[0].shape[0], "z": source.levels[0].shape[2]}

    def get(self, path: str, query: Mapping[str, str]) -> Part | None:
        """See View."""
        axis, _, ending = path.partition(".")
        if axis == "image":
            axis = "z" if self._sizes["z"] > 1 else "t"
        if axis not in self._sizes or ending not in MEDIA_TYPES:
            return None
        if axis in query or (axis == "z" and "projection" in query):
            raise BadRequest(f"{axis} cannot be said of a picture that moves along it; say frames=first-last.")
        given = dict(query)
        frames = self._frames(axis, given.pop("frames", ""))
        fps = real("fps", given.pop("fps", str(FPS)), least=0.0)
        if not LEAST_FPS <= fps <= MOST_FPS:
            raise BadRequest(f"fps={fps:g} cannot be: say 1 frame a minute (0.017) to {MOST_FPS:g} a second.")
        asked = self._renderer.ask({"size": str(LONGEST), **given}, ("frames", "fps"))
        height, width = asked.size
        if len(frames) * height * width > MOST_PIXELS:
            raise BadRequest(
                f"{len(frames)} frames of {width} x {height} pixels are too much: ask for a smaller size, or for fewer."
            )
        read = sum(self._renderer.pixels_read(one) for one in _along(asked, axis, frames))
        if read > MOST_READ:
            raise BadRequest(
                f"{len(frames)} frames of this image would be made of too many pixels: ask for fewer frames, channels "
                "or planes, or for a smaller region."
            )
        pictures = (self._renderer.picture(one) for one in _along(asked, axis, frames))
        milliseconds = max(1, round(1000 / fps))
        make = webp_animation if ending == "webp" else png_animation
        with few_at_once(self._renderer.about.name, read=read, made=len(frames) * height * width):
            return Part(MEDIA_TYPES[ending], make(pictures, milliseconds, asked.quality or QUALITY))

    def _frames(self, axis: str, text: str) -> range:
        size = self._sizes[axis]
        if size == 1:
            raise BadRequest(f"This image has only one {axis}: nothing moves along it.")
        first, last = span("frames", text, size - 1) if text else (0, min(size, MOST_FRAMES) - 1)
        whole("the number of frames", str(last - first + 1), 1, MOST_FRAMES)
        return range(first, last + 1)


def _along(asked: Asked, axis: str, frames: range) -> Iterator[Asked]:
    for frame in frames:
        yield replace(asked, t=frame) if axis == "t" else replace(asked, depth=Depth(frame, frame))


def webp_animation(pictures: Iterator[np.ndarray], milliseconds: int, quality: int) -> bytes:
    """An animated WebP that repeats for ever."""
    frames: list[bytes] = []
    height = width = 0
    for picture in pictures:
        height, width = picture.shape[:2]
        # a single picture's file is "RIFF", its length, "WEBP" and the chunk that a frame holds
        bitstream = webp(picture, quality)[12:]
        head = _three_bytes(0, 0, width - 1, height - 1, milliseconds) + b"\x02"  # do not blend
        frames.append(_chunk(b"ANMF", head + bitstream))
    canvas = _chunk(b"VP8X", struct.pack("<I", 0x02) + _three_bytes(width - 1, height - 1))  # has animation
    body = b"WEBP" + canvas + _chunk(b"ANIM", struct.pack("<IH", 0, 0)) + b"".join(frames)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def png_animation(pictures: Iterator[np.ndarray], milliseconds: int, quality: int) -> bytes:
    """An animated PNG, without loss whatever the quality, that repeats for ever."""
    frames = np.stack([picture[:, :, :3] for picture in pictures])
    return bytes(imagecodecs.apng_encode(frames, level=3, delay=milliseconds))


def _chunk(name: bytes, data: bytes) -> bytes:
    return name + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)


def _three_bytes(*numbers: int) -> bytes:
    return b"".join(number.to_bytes(3, "little") for number in numbers)
