"""Pictures as files: JPEG, PNG, WebP, AVIF."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import imagecodecs
import numpy as np
import simplejpeg

FINE = 90  # quality from which JPEG keeps the colours of every pixel of an RGB picture
PNG_LEVEL = 3  # deflate: higher is a few per cent smaller, and several times slower
WEBP_METHOD = 0  # of WebP without loss: others are a few per cent smaller, and several times slower
AVIF_SPEED = 8


def jpeg(picture: np.ndarray, quality: int, opacity: np.ndarray | None = None) -> bytes:
    """Composites keep every pixel's colours, since single channels have pure ones, which 4:2:0 would smear. What is
    transparent is white, as JPEG has no transparency."""
    if opacity is not None:
        picture = np.where(opacity[:, :, None] > 0, picture, np.uint8(255))
    composed = picture.shape[2] == 4
    return bytes(
        simplejpeg.encode_jpeg(
            np.ascontiguousarray(picture),
            quality=quality,
            colorspace="RGBX" if composed else "RGB",
            colorsubsampling="444" if composed or quality >= FINE else "420",
            fastdct=True,
        )
    )


def recoded(stored: bytes, quality: int, size: tuple[int, int]) -> bytes | None:
    """An RGB JPEG of this size (height, width) in a quality below FINE; None if it has another size, or is damaged.

    Where four pixels have one colour it is given to each as it is: the mean of them, which is stored again, then is
    what it was. Smoothed, as to be looked at, it would be half as far again from the stored picture, in more time.
    """
    pixels = np.empty((*size, 3), np.uint8)  # bounds what a header can ask for
    try:
        decoded = simplejpeg.decode_jpeg(stored, "RGB", fastupsample=True, buffer=pixels)
    except ValueError:
        return None
    return jpeg(decoded, quality) if decoded.shape == pixels.shape else None


def png(picture: np.ndarray, quality: int, opacity: np.ndarray | None = None) -> bytes:
    """Without loss, whatever the quality."""
    return bytes(imagecodecs.png_encode(_plain(picture, opacity), level=PNG_LEVEL))


def webp(picture: np.ndarray, quality: int, opacity: np.ndarray | None = None) -> bytes:
    """Lossless at quality 100."""
    plain = _plain(picture, opacity)
    if quality == 100:
        return bytes(imagecodecs.webp_encode(plain, lossless=True, method=WEBP_METHOD))
    return bytes(imagecodecs.webp_encode(plain, level=quality, lossless=False))


def avif(picture: np.ndarray, quality: int, opacity: np.ndarray | None = None) -> bytes:
    return bytes(imagecodecs.avif_encode(_plain(picture, opacity), level=quality, speed=AVIF_SPEED, numthreads=1))


@dataclass(frozen=True)
class Format:
    """A kind of file that a picture can be had as; `encode` takes uint8 (y, x, 3), or 4 of which the last means
    nothing, a quality of 1 to 100, and for pictures that are transparent somewhere an opacity of 0 or 255 (y, x)."""

    media_type: str
    encode: Callable[[np.ndarray, int, np.ndarray | None], bytes]


# By the ending of the address.
FORMATS: Mapping[str, Format] = {
    "jpg": Format("image/jpeg", jpeg),
    "jpeg": Format("image/jpeg", jpeg),
    "png": Format("image/png", png),
    "webp": Format("image/webp", webp),
    "avif": Format("image/avif", avif),
}


def _plain(picture: np.ndarray, opacity: np.ndarray | None) -> np.ndarray:
    if opacity is not None:
        return np.dstack([picture[:, :, :3], opacity])
    return picture[:, :, :3].copy()  # of a single pixel, a view has strides that encoders refuse
